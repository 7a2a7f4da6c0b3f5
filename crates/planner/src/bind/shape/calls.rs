//! Aggregate functions where none may stand.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{Expr, Query, Spanned, Visit, Visitor};
use datafusion_sql::sqlparser::tokenizer::Span;

use crate::session::errors::is_aggregate;

/// Where the first aggregate function of an expression stands; subqueries are not looked into.
pub(super) fn first_in(expr: &Expr) -> Option<Span> {
    struct Search {
        queries: usize,
    }

    impl Visitor for Search {
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
                Expr::Function(function)
                    if self.queries == 0
                        && function.over.is_none()
                        && is_aggregate(&function.name.to_string()) =>
                {
                    ControlFlow::Break(function.name.span())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }

    match expr.visit(&mut Search { queries: 0 }) {
        ControlFlow::Break(span) => Some(span),
        ControlFlow::Continue(()) => None,
    }
}
