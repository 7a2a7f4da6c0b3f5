//! ORDER BY, LIMIT, OFFSET and FETCH.

use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use datafusion_expr::logical_plan;

use super::{Binder, Bound};
use crate::error::PlanError;
use crate::logical::{Limit, Op, Rel, Relation, SortKey, computed_below};

/// What LIMIT says that is none; Flink knows none that is as large either.
pub const NO_LIMIT: u64 = i64::MAX as u64;

impl Binder<'_> {
    pub(super) fn sort(&self, sort: &logical_plan::Sort) -> Bound {
        let input = self.relation(&sort.input)?;
        let typer = self.typer(sort.input.schema(), &input.columns);
        let key = |key: &datafusion_expr::SortExpr| {
            let value = typer.typed(&key.expr)?;
            Ok(SortKey { value, ascending: key.asc, nulls_first: key.nulls_first })
        };
        let order = sort.expr.iter().map(key).collect::<Result<Vec<_>, PlanError>>()?;
        let columns = computed_below(&input.columns);
        Ok(Relation::new(Op::Sort(order), vec![input], columns))
    }

    pub(super) fn limit(&self, limit: &logical_plan::Limit) -> Bound {
        let input = self.relation(&limit.input)?;
        let offset = limit.skip.as_deref().map_or(Ok(0), |skip| number(skip, "OFFSET"))?;
        let fetch = limit.fetch.as_deref().map(|fetch| number(fetch, "LIMIT")).transpose()?;
        let fetch = fetch.filter(|fetch| *fetch != NO_LIMIT);
        if (offset, fetch) == (0, None) {
            return Ok(input);
        }
        Ok(limited(&input, &Limit { offset, fetch }))
    }
}

/// Where ORDER BY reads columns that are not selected, these are left out behind the sort: the limit belongs to the sort.
fn limited(input: &Rel, limit: &Limit) -> Rel {
    if let (Op::Project(_), [sorted]) = (&input.op, input.inputs.as_slice())
        && matches!(sorted.op, Op::Sort(_))
    {
        return input.over(vec![limited(sorted, limit)]);
    }
    Relation::new(Op::Limit(limit.clone()), vec![Rel::clone(input)], computed_below(&input.columns))
}

fn number(expr: &Expr, clause: &'static str) -> Result<u64, PlanError> {
    let value = match expr {
        Expr::Literal(ScalarValue::Int64(Some(value)), _) => u64::try_from(*value).ok(),
        Expr::Literal(ScalarValue::UInt64(Some(value)), _) => Some(*value),
        _ => None,
    };
    value.ok_or_else(|| {
        PlanError::new(format!("{clause} takes a whole number that is not negative")).about(clause)
    })
}
