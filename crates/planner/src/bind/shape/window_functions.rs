//! Window table functions in FROM and group windows in GROUP BY: their arguments are checked here, where their places are
//! known.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, ObjectName,
    ObjectNamePart, OrderBy, OrderByKind, Query, Select, SelectItem, Spanned, TableFactor, TableWithJoins,
    UnaryOperator, Value, VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_plan::{WindowShape, WindowSpec};
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::parse::expression::{
    GROUP_WINDOW, INTERVAL_MONTHS, INTERVAL_MS, TABLE_ARGUMENT, call, text,
};

use super::stars::select_of;
use super::{Checked, Shape, foreign};
use crate::bind::names::window::{WindowCall, encode};

const MONTHS: &str = "Window aggregate only support SECOND, MINUTE, HOUR, DAY as the time unit. MONTH and YEAR time \
                      unit are not supported yet.";

/// A window table function: its name and those of its arguments behind the table, the time column first; the last one
/// may be left out where it is OFFSET.
const FUNCTIONS: [(&str, &[&str]); 4] = [
    ("TUMBLE", &["TIMECOL", "SIZE", "OFFSET"]),
    ("HOP", &["TIMECOL", "SLIDE", "SIZE", "OFFSET"]),
    ("CUMULATE", &["TIMECOL", "STEP", "SIZE", "OFFSET"]),
    ("SESSION", &["TIMECOL", "GAP"]),
];

impl Shape<'_> {
    /// `TABLE(TUMBLE(…))`: its arguments become a [`WindowCall`]; there are no other table functions.
    pub(super) fn table_function(&mut self, expr: &mut Expr) -> Checked {
        if let Some(input) = WindowCall::input_of(expr) {
            return self.query(input);
        }
        let span = expr.span();
        let Expr::Function(function) = &*expr else { return Ok(()) };
        let upper = function.name.to_string().to_ascii_uppercase();
        let Some((name, parameters)) = FUNCTIONS.into_iter().find(|(known, _)| *known == upper) else {
            return Err(self.no_table_function(&function.name, &[], span));
        };
        let arguments = self.arguments(function, name, parameters, span)?;
        let call = self.window_call(name, parameters, arguments, span)?;
        *expr = call.into_expr();
        match WindowCall::input_of(expr) {
            Some(input) => self.query(input),
            None => Ok(()),
        }
    }

    /// A table function that there is not: `LATERAL TABLE(f(x))`, whose arguments are those of TABLE.
    pub(super) fn no_table_function(
        &self,
        name: &ObjectName,
        arguments: &[FunctionArg],
        span: Span,
    ) -> Diagnostic {
        let name = match arguments {
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(function)))]
                if name.to_string().eq_ignore_ascii_case("TABLE") =>
            {
                &function.name
            }
            _ => name,
        };
        if name.to_string().eq_ignore_ascii_case("UNNEST") {
            return self
                .at(foreign("LATERAL UNNEST"), span)
                .hint("write CROSS JOIN UNNEST(…) without LATERAL");
        }
        let error = format!(
            "the table function '{name}' does not exist: Flink 1.18 has TUMBLE, HOP and CUMULATE only, and those of users \
             are Java, Scala or Python classes, which cannot run here"
        );
        self.at(Diagnostic::error(error), span)
            .hint("CROSS JOIN UNNEST(…) gives a row for each element of an array, a map or a multiset")
    }

    /// The arguments in the order of the parameters, the table first.
    fn arguments(
        &self,
        function: &Function,
        name: &str,
        parameters: &[&str],
        span: Span,
    ) -> Result<Vec<Option<Expr>>, Diagnostic> {
        let wrong = |message: String| self.at(Diagnostic::error(message), span);
        let FunctionArguments::List(list) = &function.args else {
            return Err(wrong(format!("{name} takes a table and a DESCRIPTOR")));
        };
        let mut found: Vec<Option<Expr>> = vec![None; parameters.len() + 1];
        for (position, argument) in list.args.iter().enumerate() {
            let (position, value) = match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => (Some(position), value),
                FunctionArg::Named { name: parameter, arg: FunctionArgExpr::Expr(value), .. } => {
                    let upper = parameter.value.to_ascii_uppercase();
                    let at = std::iter::once(&"DATA").chain(parameters).position(|known| *known == upper);
                    if at.is_none() {
                        return Err(self.at(
                            Diagnostic::error(format!("{name} has no argument '{}'", parameter.value)),
                            parameter.span,
                        ));
                    }
                    (at, value)
                }
                _ => return Err(wrong(format!("{name} takes a table, a DESCRIPTOR and intervals"))),
            };
            match position.and_then(|position| found.get_mut(position)) {
                Some(place @ None) => *place = Some(value.clone()),
                Some(_) => return Err(wrong(format!("{name} has an argument twice"))),
                None => return Err(wrong(format!("{name} has too many arguments"))),
            }
        }
        let required = parameters.iter().filter(|parameter| **parameter != "OFFSET").count() + 1;
        if found[..required].iter().any(Option::is_none) {
            let error = format!(
                "Invalid number of arguments to function '{name}'. Was expecting {required} arguments"
            );
            let parameters = parameters.join(", ");
            return Err(wrong(error).hint(format!("{name}(DATA, {parameters})")));
        }
        Ok(found)
    }

    fn window_call(
        &self,
        name: &str,
        parameters: &[&str],
        mut arguments: Vec<Option<Expr>>,
        span: Span,
    ) -> Result<WindowCall, Diagnostic> {
        let wrong = |message: String| self.at(Diagnostic::error(message), span);
        let (input, partition) = match arguments[0].take() {
            Some(Expr::Subquery(query)) => (*query, Vec::new()),
            Some(expr) => table_argument(&expr).ok_or_else(|| {
                wrong(format!("the first argument of {name} is a table: {name}(TABLE t, …)"))
            })?,
            None => return Err(wrong(format!("{name} needs a table"))),
        };
        if !partition.is_empty() && name != "SESSION" {
            return Err(wrong(format!("{name} takes no PARTITION BY; group by the columns instead")));
        }
        let time = match arguments[1].take().as_ref().map(descriptor) {
            Some(Some(time)) => time,
            _ => return Err(wrong(format!("the second argument of {name} is DESCRIPTOR(column)"))),
        };
        self.name(&time)?;
        let mut lengths = Vec::with_capacity(3);
        for (parameter, argument) in parameters[1..].iter().zip(&arguments[2..]) {
            lengths.push(match argument {
                Some(interval) => interval_ms(interval).map_err(&wrong)?,
                None if *parameter == "OFFSET" => 0,
                None => return Err(wrong(format!("{name} needs {parameter}"))),
            });
        }
        let spec = spec(name, &lengths).map_err(wrong)?;
        Ok(WindowCall { input, time, spec, partition })
    }

    /// `GROUP BY TUMBLE(…)` becomes GROUP BY the bounds of the windows, and TUMBLE_START(…) and its kin one of them; so do
    /// those in the query's ORDER BY.
    pub(super) fn group_window(&mut self, select: &mut Select, order: Option<&mut OrderBy>) -> Checked {
        let mut window = None;
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            for (position, key) in keys.iter().enumerate() {
                let Some((name, function)) = group_function(key) else { continue };
                if window.is_some() {
                    let error =
                        Diagnostic::error("Only a single window group function may be used in GROUP BY");
                    return Err(self.at(error, function.span()));
                }
                let (spec, time) = self.group_spec(name, function)?;
                window = Some((position, GroupWindow { name, spec, time }));
            }
        }
        let mut properties = vec!["START", "END"];
        let having = select.having.iter_mut();
        let items = select.projection.iter_mut().filter_map(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        });
        let order = order.into_iter().flat_map(|order| match &mut order.kind {
            OrderByKind::Expressions(keys) => keys.as_mut_slice(),
            OrderByKind::All(_) => &mut [],
        });
        let window_of = window.as_ref().map(|(_, window)| window);
        let replace = |part: &mut Expr| match self.auxiliary(part, window_of) {
            Ok(Some((property, replaced))) => {
                *part = replaced;
                if !properties.contains(&property) {
                    properties.push(property);
                }
                ControlFlow::Continue(())
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        };
        let mut outside = OutsideQueries { depth: 0, replace };
        for expr in items.chain(having).chain(order.map(|key| &mut key.expr)) {
            if let ControlFlow::Break(error) = expr.visit(&mut outside) {
                return Err(error);
            }
        }
        let Some((position, window)) = window else { return Ok(()) };
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            let bounds: Vec<Expr> =
                properties.into_iter().map(|property| window.property(property)).collect();
            keys.splice(position..=position, bounds);
        }
        Ok(())
    }

    /// The windows of `TUMBLE(time, size)`, and the time.
    fn group_spec(&self, name: &str, function: &Function) -> Result<(WindowSpec, Expr), Diagnostic> {
        let wrong = |message: String| self.at(Diagnostic::error(message), function.span());
        let arguments = unnamed(function).unwrap_or_default();
        let lengths = if name == "HOP" { 2 } else { 1 };
        if arguments.len() != lengths + 1 {
            return Err(wrong(match arguments.len() == lengths + 2 {
                true => format!(
                    "{name} with an alignment does not exist in Flink; use the table function with an OFFSET"
                ),
                false => format!("{name} in GROUP BY takes a time and {lengths} interval(s)"),
            }));
        }
        let intervals = arguments[1..].iter().map(interval_ms).collect::<Result<Vec<_>, _>>();
        let intervals = intervals.map_err(&wrong)?;
        if intervals.iter().any(|interval| *interval <= 0) {
            return Err(wrong(format!("the intervals of {name} must be above 0")));
        }
        let shape = match (name, intervals.as_slice()) {
            ("TUMBLE", [size]) => WindowShape::Tumble { size: *size },
            ("HOP", [slide, size]) => WindowShape::Hop { slide: *slide, size: *size },
            (_, [gap, ..]) => WindowShape::Session { gap: *gap },
            _ => return Err(wrong(format!("{name} needs an interval"))),
        };
        Ok((WindowSpec { shape, offset: 0 }, arguments[0].clone()))
    }

    /// What `TUMBLE_START(…)` is.
    fn auxiliary(
        &self,
        expr: &Expr,
        window: Option<&GroupWindow>,
    ) -> Result<Option<(&'static str, Expr)>, Diagnostic> {
        let Expr::Function(function) = expr else { return Ok(None) };
        let upper = function.name.to_string().to_ascii_uppercase();
        let Some((name, property)) = upper.split_once('_').and_then(|(name, property)| {
            let name = ["TUMBLE", "HOP", "SESSION"].into_iter().find(|known| *known == name)?;
            let property = ["START", "END", "ROWTIME", "PROCTIME"].into_iter().find(|p| *p == property)?;
            Some((name, property))
        }) else {
            return Ok(None);
        };
        let unmatched = || {
            let error = format!(
                "Call to auxiliary group function '{upper}' must have matching call to group function '${name}' in GROUP \
                 BY clause"
            );
            self.at(Diagnostic::error(error), function.span())
        };
        let window = window.filter(|window| window.name == name).ok_or_else(unmatched)?;
        let (spec, time) = self.group_spec(name, function)?;
        if spec != window.spec || !same_column(&time, &window.time) {
            return Err(unmatched());
        }
        Ok(Some((property, window.property(property))))
    }
}

/// Visits the parts of an expression, but for those of subqueries in it: these have windows of their own.
struct OutsideQueries<F> {
    depth: usize,
    replace: F,
}

impl<F: FnMut(&mut Expr) -> ControlFlow<Diagnostic>> VisitorMut for OutsideQueries<F> {
    type Break = Diagnostic;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<Diagnostic> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Diagnostic> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Diagnostic> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        (self.replace)(expr)
    }
}

/// The window of a GROUP BY.
struct GroupWindow {
    name: &'static str,
    spec: WindowSpec,
    time: Expr,
}

impl GroupWindow {
    fn property(&self, property: &str) -> Expr {
        call(GROUP_WINDOW, vec![text(property), text(encode(&self.spec)), self.time.clone()])
    }
}

/// `TUMBLE(…)`, `HOP(…)` or `SESSION(…)`.
fn group_function(expr: &Expr) -> Option<(&'static str, &Function)> {
    let Expr::Function(function) = expr else { return None };
    let upper = function.name.to_string().to_ascii_uppercase();
    let name = ["TUMBLE", "HOP", "SESSION"].into_iter().find(|known| *known == upper)?;
    Some((name, function))
}

fn unnamed(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let value = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value.clone()),
        _ => None,
    };
    list.args.iter().map(value).collect()
}

/// Whether both name the same column, as far as that is known: with and without its table.
fn same_column(one: &Expr, other: &Expr) -> bool {
    let last = |expr: &Expr| match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.clone()),
        _ => None,
    };
    match (last(one), last(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.to_string() == other.to_string(),
    }
}

/// The query and the columns of PARTITION BY of `TABLE t PARTITION BY k`.
fn table_argument(expr: &Expr) -> Option<(Query, Vec<Ident>)> {
    let Expr::Function(function) = expr else { return None };
    if function.name.to_string() != TABLE_ARGUMENT {
        return None;
    }
    let mut arguments = unnamed(function)?.into_iter();
    let parts = match arguments.next()? {
        Expr::Identifier(name) => vec![name],
        Expr::CompoundIdentifier(parts) => parts,
        _ => return None,
    };
    let partition = arguments.filter_map(|column| match column {
        Expr::Identifier(name) => Some(name),
        _ => None,
    });
    let relation = TableFactor::Table {
        name: ObjectName(parts.into_iter().map(ObjectNamePart::Identifier).collect()),
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    };
    let star = SelectItem::Wildcard(WildcardAdditionalOptions::default());
    let query = select_of(vec![star], vec![TableWithJoins { relation, joins: Vec::new() }]);
    Some((query, partition.collect()))
}

/// The first column of `DESCRIPTOR(column, …)`; Flink takes more and looks at none of them.
fn descriptor(expr: &Expr) -> Option<Ident> {
    let Expr::Function(function) = expr else { return None };
    if !function.name.to_string().eq_ignore_ascii_case("DESCRIPTOR") {
        return None;
    }
    match unnamed(function)?.as_slice() {
        [Expr::Identifier(name), others @ ..] => {
            others.iter().all(|other| matches!(other, Expr::Identifier(_))).then(|| name.clone())
        }
        _ => None,
    }
}

/// The length of an interval literal, in ms.
fn interval_ms(expr: &Expr) -> Result<i64, String> {
    match expr {
        Expr::Nested(inner) => interval_ms(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => interval_ms(expr).map(i64::wrapping_neg),
        Expr::Function(function) if function.name.to_string() == INTERVAL_MONTHS => Err(MONTHS.to_owned()),
        Expr::Function(function) if function.name.to_string() == INTERVAL_MS => {
            let amount = unnamed(function).and_then(|arguments| match arguments.first() {
                Some(Expr::Value(value)) => match &value.value {
                    Value::SingleQuotedString(text) => text.parse().ok(),
                    _ => None,
                },
                _ => None,
            });
            amount.ok_or_else(|| "an interval that is out of range".to_owned())
        }
        _ => Err("Only constant window descriptors are supported.".to_owned()),
    }
}

/// The windows of a table function, as Flink takes them.
fn spec(name: &str, lengths: &[i64]) -> Result<WindowSpec, String> {
    let shape = match (name, lengths) {
        ("TUMBLE", [size, ..]) if *size <= 0 => {
            return Err(format!("TUMBLE must satisfy size > 0, found {size} ms"));
        }
        ("TUMBLE", [size, ..]) => WindowShape::Tumble { size: *size },
        ("HOP" | "CUMULATE", [step, size, ..]) if *step <= 0 || *size <= 0 => {
            return Err(format!(
                "{name} must satisfy size > 0 and a step > 0, found {size} ms and {step} ms"
            ));
        }
        ("HOP", [slide, size, ..]) => WindowShape::Hop { slide: *slide, size: *size },
        ("CUMULATE", [step, size, ..]) if size % step != 0 => {
            return Err(format!(
                "CUMULATE requires size must be an integral multiple of step, found {size} ms and {step} ms"
            ));
        }
        ("CUMULATE", [step, size, ..]) => WindowShape::Cumulate { step: *step, size: *size },
        ("SESSION", [gap]) if *gap > 0 => WindowShape::Session { gap: *gap },
        ("SESSION", [gap]) => return Err(format!("SESSION must satisfy gap > 0, found {gap} ms")),
        _ => return Err(format!("{name} needs intervals")),
    };
    let offset = match name {
        "TUMBLE" => lengths.get(1),
        "HOP" | "CUMULATE" => lengths.get(2),
        _ => None,
    };
    Ok(WindowSpec { shape, offset: offset.copied().unwrap_or(0) })
}
