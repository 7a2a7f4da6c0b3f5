//! Calls where none may stand: of aggregate functions, and OVER windows.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{Expr, Function, Query, Spanned, Visit, Visitor};
use datafusion_sql::sqlparser::tokenizer::Span;

use crate::session::errors::is_aggregate;

/// Where the first aggregate function of a clause stands; subqueries are not looked into.
pub(super) fn first_aggregate(expr: &impl Visit) -> Option<Span> {
    first_call(expr, |call| call.over.is_none() && is_aggregate(&call.name.to_string()))
}

/// Where the first call OVER a window stands; subqueries are not looked into.
pub(super) fn first_over(clause: &impl Visit) -> Option<Span> {
    first_call(clause, |call| call.over.is_some())
}

fn first_call(clause: &impl Visit, is_one: impl Fn(&Function) -> bool) -> Option<Span> {
    match clause.visit(&mut Search { is_one, queries: 0 }) {
        ControlFlow::Break(span) => Some(span),
        ControlFlow::Continue(()) => None,
    }
}

struct Search<F> {
    is_one: F,
    /// How many subqueries are open.
    queries: usize,
}

impl<F: Fn(&Function) -> bool> Visitor for Search<F> {
    type Break = Span;

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<Span> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<Span> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Span> {
        match expr {
            Expr::Function(call) if self.queries == 0 && (self.is_one)(call) => {
                ControlFlow::Break(call.name.span())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
