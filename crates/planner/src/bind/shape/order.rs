//! ORDER BY, LIMIT, OFFSET and FETCH of a query.

use datafusion_sql::sqlparser::ast::{Expr, Fetch, LimitClause, OrderBy, OrderByKind, Query, Spanned, Value};
use datafusion_sql::sqlparser::tokenizer::Span;

use streamsql_sql::diagnostic::Diagnostic;

use super::{Checked, Shape, foreign};
use crate::bind::sort::NO_LIMIT;

/// The query of a view as one that is read: its ORDER BY stays, which that of a subquery does not.
pub fn of_view(query: &Query) -> Query {
    let mut query = query.clone();
    if query.order_by.is_some() && query.limit_clause.is_none() {
        let all = Expr::Value(Value::Number(NO_LIMIT.to_string(), false).into());
        let limit = LimitClause::LimitOffset { limit: Some(all), offset: None, limit_by: Vec::new() };
        query.limit_clause = Some(limit);
    }
    query
}

impl Shape<'_> {
    /// A query inside another one. The order of its rows means nothing there, unless it says which of them there are
    /// (Calcite `SqlToRelConverter.Config.isRemoveSortInSubQuery`).
    pub fn nested_query(&mut self, query: &mut Query) -> Checked {
        self.query(query)?;
        if query.limit_clause.is_none() {
            query.order_by = None;
        }
        Ok(())
    }

    pub(super) fn order_by(&mut self, order_by: &mut Option<OrderBy>, span: Span) -> Checked {
        let Some(order_by) = order_by else { return Ok(()) };
        if order_by.interpolate.is_some() {
            return Err(self.at(foreign("INTERPOLATE"), span));
        }
        let OrderByKind::Expressions(keys) = &mut order_by.kind else {
            return Err(self.at(foreign("ORDER BY ALL"), span));
        };
        for key in keys {
            if key.with_fill.is_some() {
                return Err(self.at(foreign("WITH FILL"), key.expr.span()));
            }
            self.expr(&mut key.expr)?;
        }
        Ok(())
    }

    /// FETCH is another word for LIMIT.
    pub(super) fn limit(
        &mut self,
        limit: &mut Option<LimitClause>,
        fetch: &mut Option<Fetch>,
        span: Span,
    ) -> Checked {
        match limit {
            Some(LimitClause::OffsetCommaLimit { .. }) => {
                let error = self.at(foreign("LIMIT with two numbers"), span);
                return Err(error.hint("write LIMIT n OFFSET m"));
            }
            Some(LimitClause::LimitOffset { limit_by, .. }) if !limit_by.is_empty() => {
                return Err(self.at(foreign("LIMIT BY"), span));
            }
            _ => {}
        }
        let Some(Fetch { with_ties, percent, quantity }) = fetch.take() else { return Ok(()) };
        for (given, what) in [(with_ties, "FETCH WITH TIES"), (percent, "FETCH PERCENT")] {
            if given {
                return Err(self.at(foreign(what), span));
            }
        }
        let Some(fetched) = quantity.map(Some) else {
            let error = self.at(Diagnostic::error("FETCH does not say how many rows"), span);
            return Err(error.hint("write FETCH FIRST 1 ROWS ONLY"));
        };
        match limit {
            Some(LimitClause::LimitOffset { limit, .. }) => *limit = fetched,
            _ => {
                *limit = Some(LimitClause::LimitOffset { limit: fetched, offset: None, limit_by: Vec::new() })
            }
        }
        Ok(())
    }
}
