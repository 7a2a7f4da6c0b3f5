//! Users' functions with a body in SQL (ours; Flink's are classes). A call is replaced by the body with the arguments
//! in place of the parameters, cast to the declared types, and cast to the declared result.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    Visit, VisitMut, Visitor, VisitorMut,
};
use streamsql_core::LogicalType;

/// Most nodes that users' functions may add to one expression.
pub const MAX_INLINED: usize = 20_000;

/// Functions whose value differs from call to call; an argument that calls one is not written twice.
const VOLATILE: &[&str] = &["RAND", "RAND_INTEGER", "UUID"];

/// A registered function.
#[derive(Clone, Debug)]
pub struct SqlFunction {
    pub name: String,
    pub parameters: Vec<(String, LogicalType)>,
    pub returns: LogicalType,
    /// Over the parameters; calls of other users' functions are inlined in it.
    pub body: Expr,
    /// Nodes of `body`.
    pub size: usize,
}

impl SqlFunction {
    /// The call's value as an expression over its arguments.
    ///
    /// # Errors
    /// A wrong number of arguments, or an expression that grows beyond `budget`.
    pub fn inline(&self, call: &Function, budget: &mut usize) -> Result<Expr, String> {
        let FunctionArguments::List(list) = &call.args else {
            return Err(format!("{} needs its arguments in parentheses", self.name));
        };
        let arguments = list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr.clone()),
                _ => Err(format!("{} takes plain arguments", self.name)),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if arguments.len() != self.parameters.len() {
            return Err(format!(
                "{} takes {} arguments, found {}",
                self.name,
                self.parameters.len(),
                arguments.len()
            ));
        }
        let mut cast_arguments = Vec::with_capacity(arguments.len());
        for (argument, (name, logical_type)) in arguments.into_iter().zip(&self.parameters) {
            let uses = uses(&self.body, name);
            if uses > 1 && is_volatile(&argument) {
                return Err(format!(
                    "{} uses its parameter '{name}' {uses} times, but the argument differs from call to call",
                    self.name
                ));
            }
            let grown = size(&argument).saturating_mul(uses);
            *budget = budget.checked_sub(grown).ok_or_else(|| self.too_large())?;
            cast_arguments.push(cast(argument, logical_type));
        }
        *budget = budget.checked_sub(self.size).ok_or_else(|| self.too_large())?;
        let mut body = self.body.clone();
        let mut substitution = Substitution { parameters: &self.parameters, arguments: &cast_arguments };
        let _ = VisitMut::visit(&mut body, &mut substitution);
        Ok(cast(body, &self.returns))
    }

    fn too_large(&self) -> String {
        format!("with {} put in, the expression has more than {MAX_INLINED} parts", self.name)
    }
}

fn cast(expr: Expr, logical_type: &LogicalType) -> Expr {
    // The type's text is read back by our own parser of types.
    let name = ObjectName::from(vec![Ident::new(logical_type.to_string())]);
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(Expr::Nested(Box::new(expr))),
        data_type: DataType::Custom(name, Vec::new()),
        array: false,
        format: None,
    }
}

/// Replaces parameters on the way up, so that arguments are not looked into.
struct Substitution<'a> {
    parameters: &'a [(String, LogicalType)],
    arguments: &'a [Expr],
}

impl VisitorMut for Substitution<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(name) = expr
            && let Some(index) = self.parameters.iter().position(|(p, _)| *p == name.value)
        {
            *expr = self.arguments[index].clone();
        }
        ControlFlow::Continue(())
    }
}

/// Counts what a closure accepts.
fn count(expr: &Expr, accept: impl Fn(&Expr) -> bool) -> usize {
    struct Count<F>(F, usize);
    impl<F: Fn(&Expr) -> bool> Visitor for Count<F> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.1 += usize::from((self.0)(expr));
            ControlFlow::Continue(())
        }
    }
    let mut counter = Count(accept, 0);
    let _ = expr.visit(&mut counter);
    counter.1
}

/// Number of nodes.
pub fn size(expr: &Expr) -> usize {
    count(expr, |_| true)
}

fn uses(body: &Expr, parameter: &str) -> usize {
    count(body, |expr| matches!(expr, Expr::Identifier(name) if name.value == parameter))
}

fn is_volatile(expr: &Expr) -> bool {
    let volatile =
        |function: &Function| VOLATILE.iter().any(|v| function.name.to_string().eq_ignore_ascii_case(v));
    count(expr, |expr| matches!(expr, Expr::Function(function) if volatile(function))) > 0
}

/// Whether an expression calls a function of this name.
pub fn calls(expr: &Expr, name: &str) -> bool {
    let called = |function: &Function| {
        function
            .name
            .0
            .last()
            .and_then(|part| part.as_ident())
            .is_some_and(|i| i.value.eq_ignore_ascii_case(name))
    };
    count(expr, |expr| matches!(expr, Expr::Function(function) if called(function))) > 0
}

/// Classes that users' files name and that are offered here: parameters, result and body.
///
/// Nexmark's `count_char` counts the bytes of a text that equal the first one of the second argument.
pub fn known_class(class: &str) -> Option<(&'static [&'static str], LogicalType, &'static str)> {
    (class == "com.github.nexmark.flink.udf.CountChar").then_some((
        &["s", "c"],
        LogicalType::BigInt,
        "CASE WHEN s IS NULL THEN 0 ELSE CHAR_LENGTH(s) - CHAR_LENGTH(REPLACE(s, SUBSTRING(c FROM 1 FOR 1), '')) END",
    ))
}

/// Whether an expression reads a column of this name.
pub fn reads(expr: &Expr, column: &str) -> bool {
    uses(expr, column) > 0
}

/// The names in an expression that may be those of columns, each once.
pub fn names_in(expr: &Expr) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl Visitor for Names {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(name) => self.0.extend([name.value.clone()]),
                Expr::CompoundIdentifier(parts) => self.0.extend(parts.iter().map(|part| part.value.clone())),
                _ => {}
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(BTreeSet::new());
    let _ = expr.visit(&mut names);
    names.0
}
