//! OVER: named windows are written out where they are used, and the frame of a window becomes the last argument of the
//! call, together with the call's place: DataFusion would check and rewrite frames by rules of its own.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    NamedWindowDefinition, NamedWindowExpr, Query, Select, Spanned, Visit, VisitMut, VisitorMut,
    WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};
use streamsql_functions::is_over_function;
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::parse::expression::{FRAME, call, text, whole_number};

use super::calls::first_over;
use super::{Checked, Shape, foreign};
use crate::session::errors::is_aggregate;

impl Shape<'_> {
    /// Takes the windows of a SELECT's calls apart; behind this no name and no frame of a window is left.
    pub(super) fn windows(&self, select: &mut Select) -> Checked {
        self.no_windows(select.selection.as_ref(), "WHERE")?;
        self.no_windows(Some(&select.group_by), "GROUP BY")?;
        self.no_windows(select.having.as_ref(), "HAVING")?;
        let named = self.named_windows(std::mem::take(&mut select.named_window))?;
        let mut windows = Windows { shape: self, named, queries: 0, calls: 0 };
        match VisitMut::visit(&mut select.projection, &mut windows) {
            ControlFlow::Break(diagnostic) => Err(*diagnostic),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    fn no_windows(&self, clause: Option<&impl Visit>, name: &str) -> Checked {
        match clause.and_then(first_over) {
            Some(span) => {
                let error = Diagnostic::error(format!("a call OVER a window stands in {name}"));
                Err(self.at(error, span).hint("compute it in the SELECT of a subquery, and read its column"))
            }
            _ => Ok(()),
        }
    }

    /// The windows of WINDOW, each complete.
    fn named_windows(&self, definitions: Vec<NamedWindowDefinition>) -> Result<Vec<Named>, Diagnostic> {
        let mut named: Vec<Named> = Vec::with_capacity(definitions.len());
        for NamedWindowDefinition(name, window) in definitions {
            self.name(&name)?;
            if named.iter().any(|(known, _)| *known == name.value) {
                let error = Diagnostic::error(format!("the window '{}' is defined twice", name.value));
                return Err(self.at(error, name.span));
            }
            let spec = match window {
                NamedWindowExpr::NamedWindow(of) => {
                    return Err(self
                        .at(foreign("WINDOW … AS a name"), of.span)
                        .hint(format!("write ({}) in parentheses", of.value)));
                }
                NamedWindowExpr::WindowSpec(spec) => self.completed(spec, &named)?,
            };
            if let Some((known, _)) = named.iter().find(|(_, known)| *known == spec) {
                let error =
                    Diagnostic::error(format!("the windows '{known}' and '{}' are the same", name.value));
                return Err(self
                    .at(error, name.span)
                    .hint(format!("use '{known}' for both, as Flink wants it")));
            }
            named.push((name.value, spec));
        }
        Ok(named)
    }

    fn named<'n>(&self, name: &Ident, named: &'n [Named]) -> Result<&'n WindowSpec, Diagnostic> {
        let found = named.iter().find(|(known, _)| *known == name.value);
        found.map(|(_, spec)| spec).ok_or_else(|| {
            let error = Diagnostic::error(format!("the window '{}' is not defined", name.value));
            self.at(error, name.span)
                .hint("define it behind the SELECT: WINDOW w AS (PARTITION BY … ORDER BY …)")
        })
    }

    /// A window with what the one that it names has (SQL:2011 7.15).
    fn completed(&self, mut spec: WindowSpec, named: &[Named]) -> Result<WindowSpec, Diagnostic> {
        let Some(name) = spec.window_name.take() else { return Ok(spec) };
        let base = self.named(&name, named)?;
        let refused = |what: &str| {
            Err(self.at(Diagnostic::error(format!("the window '{}' {what}", name.value)), name.span))
        };
        if !spec.partition_by.is_empty() {
            return refused(
                "stands before PARTITION BY: a window that names another one takes its partitions",
            );
        }
        if !spec.order_by.is_empty() && !base.order_by.is_empty() {
            return refused("has an ORDER BY already");
        }
        if base.window_frame.is_some() {
            return refused("has a frame: only a window without one can be named by another one");
        }
        // Flink keeps the unit of a frame behind a window's name, but not its bounds (Calcite `SqlWindow.overlay`).
        if let Some(frame) = &mut spec.window_frame {
            self.ignored.borrow_mut().push(self.at(
                Diagnostic::warning(format!(
                    "Flink ignores the bounds of the frame behind the window '{}', and so do we: it is UNBOUNDED PRECEDING",
                    name.value
                ))
                .hint("write PARTITION BY and ORDER BY with the frame, without the name"),
                name.span,
            ));
            frame.start_bound = WindowFrameBound::Preceding(None);
            frame.end_bound = None;
        }
        spec.partition_by = base.partition_by.clone();
        if spec.order_by.is_empty() {
            spec.order_by = base.order_by.clone();
        }
        Ok(spec)
    }
}

/// A window by its name.
type Named = (String, WindowSpec);

/// Rewrites the calls OVER a window of one SELECT; those of its subqueries belong to their own SELECT.
struct Windows<'s, 'a> {
    shape: &'s Shape<'a>,
    named: Vec<Named>,
    /// Subqueries around.
    queries: usize,
    /// Calls OVER a window around.
    calls: usize,
}

impl VisitorMut for Windows<'_, '_> {
    type Break = Box<Diagnostic>;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Self::Break> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Self::Break> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        if self.queries > 0 || function.over.is_none() {
            return ControlFlow::Continue(());
        }
        self.calls += 1;
        if self.calls > 1 {
            let error = Diagnostic::error("a call OVER a window stands inside another one");
            let error = self.shape.at(error, function.name.span());
            return ControlFlow::Break(Box::new(error.hint("compute the inner one in a subquery")));
        }
        match self.rewritten(function) {
            Ok(()) => ControlFlow::Continue(()),
            Err(diagnostic) => ControlFlow::Break(Box::new(diagnostic)),
        }
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        if let Expr::Function(Function { over: Some(_), .. }) = expr
            && self.queries == 0
        {
            self.calls -= 1;
        }
        ControlFlow::Continue(())
    }
}

impl Windows<'_, '_> {
    fn rewritten(&self, function: &mut Function) -> Checked {
        if has_frame(function) {
            return Ok(());
        }
        let span = function.name.span();
        let wrong = |message: String| Err(self.shape.at(Diagnostic::error(message), span));
        let shown = function.name.to_string();
        if !is_aggregate(&shown) && !is_over_function(&shown.to_ascii_uppercase()) {
            return wrong(format!("{shown} is no aggregate function: OVER does not apply"));
        }
        if shown.to_ascii_uppercase().starts_with("JSON_") {
            return wrong(format!("{shown} does not stand before OVER, as in Flink 1.18"));
        }
        if function.null_treatment.is_some() {
            return wrong(format!(
                "{shown} takes no IGNORE NULLS or RESPECT NULLS before OVER, as in Flink 1.18"
            ));
        }
        if function.filter.is_some() {
            let error = Diagnostic::error(format!("{shown} takes no FILTER before OVER, as in Flink 1.18"));
            return Err(self
                .shape
                .at(error, span)
                .hint("use CASE WHEN condition THEN value END as its argument"));
        }
        let mut spec = match function.over.take() {
            None => return Ok(()),
            Some(WindowType::NamedWindow(name)) => self.shape.named(&name, &self.named)?.clone(),
            Some(WindowType::WindowSpec(spec)) => self.shape.completed(spec, &self.named)?,
        };
        let (units, lower, upper) = match spec.window_frame.take() {
            None => ("", None, None),
            Some(frame) => {
                let units = match frame.units {
                    WindowFrameUnits::Rows => "ROWS",
                    WindowFrameUnits::Range => "RANGE",
                    WindowFrameUnits::Groups => return Err(self.shape.at(foreign("GROUPS in OVER"), span)),
                };
                (
                    units,
                    Some(frame.start_bound),
                    Some(frame.end_bound.unwrap_or(WindowFrameBound::CurrentRow)),
                )
            }
        };
        let mut arguments = vec![text(units)];
        for end in [lower, upper] {
            let (kind, value) = match end {
                None => ("", None),
                Some(WindowFrameBound::CurrentRow) => ("CURRENT ROW", None),
                Some(WindowFrameBound::Preceding(None)) => ("UNBOUNDED PRECEDING", None),
                Some(WindowFrameBound::Following(None)) => ("UNBOUNDED FOLLOWING", None),
                Some(WindowFrameBound::Preceding(value)) => ("PRECEDING", value),
                Some(WindowFrameBound::Following(value)) => ("FOLLOWING", value),
            };
            arguments.push(text(kind));
            arguments.push(value.map_or_else(|| text(""), |value| *value));
        }
        arguments.push(whole_number(span.start.line));
        arguments.push(whole_number(span.start.column));
        function.over = Some(WindowType::WindowSpec(spec));
        let frame = FunctionArg::Unnamed(FunctionArgExpr::Expr(call(FRAME, arguments)));
        match &mut function.args {
            FunctionArguments::List(FunctionArgumentList { args, .. }) => args.push(frame),
            _ => return wrong(format!("{shown} needs parentheses before OVER")),
        }
        Ok(())
    }
}

/// Whether the frame of a call is its last argument already.
fn has_frame(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    match list.args.last() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(last)))) => {
            last.name.to_string() == FRAME
        }
        _ => false,
    }
}
