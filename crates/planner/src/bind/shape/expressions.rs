//! Expressions: forms that Flink does not have are refused, calls of users' functions are replaced by their bodies.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    CastKind, DuplicateTreatment, Expr, Function, FunctionArguments, Ident, ObjectNamePart, Query, SetExpr,
    Spanned, Value, Values, VisitorMut,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_functions::is_over_function;
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::hints::{self, MARK};

use super::{Checked, Shape, foreign, places, reserved, width};
use crate::bind::names::context::name_parts;

/// Visits expressions. Queries inside them are walked as queries: their own expressions are not visited from here again,
/// since what stands for a window function after the walk is not what it is made of.
pub(super) struct Expressions<'s, 'a> {
    pub(super) shape: &'s mut Shape<'a>,
    /// How many nodes users' functions may still add.
    pub(super) budget: usize,
    /// Queries whose visit has begun.
    pub(super) walked: Vec<Query>,
}

impl Expressions<'_, '_> {
    fn check(&mut self, expr: &Expr) -> Checked {
        let no = |what: &str| Err(self.shape.at(foreign(what), expr.span()));
        match expr {
            Expr::Identifier(name) => self.shape.name(name),
            Expr::CompoundIdentifier(parts) if parts.iter().any(|part| part.value.starts_with(MARK)) => {
                Err(self.shape.at(hints::misplaced(), expr.span()))
            }
            Expr::CompoundIdentifier(parts) => parts.iter().try_for_each(|part| self.shape.name(part)),
            Expr::Function(function) => self.call(function, expr.span()),
            Expr::Value(value) => match &value.value {
                Value::Placeholder(_) => no("a placeholder"),
                _ => Ok(()),
            },
            Expr::Cast { kind, array, format, .. } => match kind {
                CastKind::SafeCast => no("SAFE_CAST"),
                CastKind::DoubleColon => no("the operator ::"),
                _ if *array || format.is_some() => no("a clause behind the type of a CAST"),
                _ => Ok(()),
            },
            Expr::Like { any: true, .. } | Expr::ILike { any: true, .. } => no("LIKE ANY"),
            Expr::Convert { .. } => no("CONVERT"),
            Expr::Collate { .. } => no("COLLATE"),
            Expr::Prefixed { prefix, .. } => no(&format!("the prefix {prefix} of a literal")),
            Expr::JsonAccess { .. } => no("a JSON path"),
            Expr::IsNormalized { .. } => no("IS NORMALIZED"),
            Expr::InUnnest { .. } => no("IN UNNEST"),
            Expr::RLike { .. } => no("RLIKE"),
            Expr::MatchAgainst { .. } => no("MATCH AGAINST"),
            Expr::Dictionary(_) => no("a dictionary literal"),
            Expr::Lambda(_) => no("a lambda"),
            Expr::Prior(_) => no("PRIOR"),
            Expr::OuterJoin(_) => no("the operator (+)"),
            _ => Ok(()),
        }
    }

    fn call(&self, function: &Function, span: Span) -> Checked {
        let Function { name, uses_odbc_syntax, parameters, args, filter, null_treatment, over, within_group } =
            function;
        let shown = name.to_string();
        let no = |what: &str| Err(self.shape.at(foreign(what), span));
        if *uses_odbc_syntax {
            return no("the ODBC form {fn …}");
        }
        if !matches!(parameters, FunctionArguments::None) {
            return no("a second list of arguments");
        }
        const NILADIC: [&str; 5] =
            ["CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"];
        let niladic = NILADIC.iter().any(|n| shown.eq_ignore_ascii_case(n));
        match args {
            FunctionArguments::None if niladic => {}
            FunctionArguments::None => return Err(self.shape.at(reserved(&shown), span)),
            FunctionArguments::List(_) if niladic => {
                let error = Diagnostic::error(format!("{shown} stands without parentheses in Flink SQL"));
                return Err(self.shape.at(error, span));
            }
            FunctionArguments::List(_) if over.is_none() && is_over_function(&shown.to_ascii_uppercase()) => {
                let error =
                    Diagnostic::error(format!("{shown} needs a window behind it: {shown}(…) OVER (…)"));
                return Err(self.shape.at(error, span));
            }
            FunctionArguments::List(list) => {
                let aggregate = crate::session::errors::is_aggregate(&shown) || over.is_some();
                let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
                if !aggregate && (distinct || filter.is_some() || !within_group.is_empty()) {
                    let error = format!(
                        "{shown} is no aggregate function: DISTINCT, FILTER and WITHIN GROUP do not apply"
                    );
                    return Err(self.shape.at(Diagnostic::error(error), span));
                }
                if !aggregate && null_treatment.is_some() {
                    return Err(self
                        .shape
                        .at(Diagnostic::error(format!("{shown} takes no IGNORE NULLS")), span));
                }
            }
            FunctionArguments::Subquery(_) => {}
        }
        Ok(())
    }
}

impl VisitorMut for Expressions<'_, '_> {
    type Break = Diagnostic;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Diagnostic> {
        if let Err(diagnostic) = self.shape.nested_query(query) {
            return ControlFlow::Break(diagnostic);
        }
        self.walked.push(std::mem::replace(query, nothing()));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Diagnostic> {
        if let Some(walked) = self.walked.pop() {
            *query = walked;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Diagnostic> {
        replace(expr);
        super::row_in::rewrite(expr);
        match self.check(expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(diagnostic) => ControlFlow::Break(diagnostic),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Diagnostic> {
        if let Expr::Subquery(query) = expr
            && width(&query.body).is_some_and(|columns| columns != 1)
        {
            let error = Diagnostic::error("the subquery must have exactly one column");
            return ControlFlow::Break(self.shape.at(error, query.body.span()));
        }
        let Expr::Function(call) = expr else {
            places::mark(expr, self.shape.file);
            return ControlFlow::Continue(());
        };
        let span = call.name.span();
        let catalog = self.shape.catalog;
        let Some(user) = catalog.function(&name_parts(&call.name)) else {
            places::mark(expr, self.shape.file);
            return ControlFlow::Continue(());
        };
        match user.inline(call, &mut self.budget) {
            Ok(inlined) => {
                *expr = inlined;
                places::mark_inlined(expr, span, self.shape.file);
                ControlFlow::Continue(())
            }
            Err(message) => ControlFlow::Break(self.shape.at(Diagnostic::error(message), span)),
        }
    }
}

/// A query without expressions.
fn nothing() -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Values(Values {
            explicit_row: false,
            value_keyword: false,
            rows: Vec::new(),
        })),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

/// Forms that the SQL parser takes for something else than Flink does.
fn replace(expr: &mut Expr) {
    /// Functions of the standard without parentheses that Flink does not have: its columns may have these names.
    const COLUMNS: [&str; 5] = ["USER", "CURRENT_USER", "SESSION_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA"];
    match expr {
        Expr::Function(Function { name, args: FunctionArguments::None, .. }) => {
            if let [ObjectNamePart::Identifier(word)] = name.0.as_slice()
                && COLUMNS.iter().any(|c| word.value.eq_ignore_ascii_case(c))
            {
                let column = Ident { quote_style: Some('`'), ..word.clone() };
                *expr = Expr::Identifier(column);
            }
        }
        // A number with an exponent is a DOUBLE.
        Expr::Value(value) => {
            if let Value::Number(digits, _) = &value.value
                && digits.contains(['e', 'E'])
            {
                let text = Value::SingleQuotedString(digits.to_string()).with_span(value.span);
                *expr = Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(Expr::Value(text)),
                    data_type: datafusion_sql::sqlparser::ast::DataType::Double(
                        datafusion_sql::sqlparser::ast::ExactNumberInfo::None,
                    ),
                    array: false,
                    format: None,
                };
            }
        }
        _ => {}
    }
}
