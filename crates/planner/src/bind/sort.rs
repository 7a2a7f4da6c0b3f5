//! ORDER BY, LIMIT, OFFSET and FETCH.

use datafusion_common::{DFSchema, ScalarValue};
use datafusion_expr::{Expr, SortExpr, logical_plan};

use super::subquery::{first_columns, has_subquery};
use super::{Binder, Bound};
use crate::error::PlanError;
use crate::logical::{Limit, Op, Rel, Relation, SortKey, computed_below};

/// What LIMIT says that is none; Flink knows none that is as large either.
pub const NO_LIMIT: u64 = i64::MAX as u64;

impl Binder<'_> {
    pub(super) fn sort(&self, sort: &logical_plan::Sort) -> Bound {
        let input = self.relation(&sort.input)?;
        let values: Vec<&Expr> = sort.expr.iter().map(|key| &key.expr).collect();
        if !values.iter().any(|value| has_subquery(value)) {
            return self.sorted(input, sort.input.schema(), &sort.expr, &values);
        }
        // Values of subqueries are columns of a wider input, which are left out behind the sort.
        let width = input.columns.len();
        let extended = self.extended(input, sort.input.schema(), &values)?;
        let values: Vec<&Expr> = extended.exprs.iter().collect();
        let sorted = self.sorted(extended.input, &extended.names, &sort.expr, &values)?;
        Ok(first_columns(sorted, width))
    }

    /// An input in the order of values over it, with the directions of `keys`.
    fn sorted(&self, input: Rel, names: &DFSchema, keys: &[SortExpr], values: &[&Expr]) -> Bound {
        let typer = self.typer(names, &input.columns);
        let key = |(key, value): (&SortExpr, &&Expr)| {
            let value = typer.typed(value)?;
            Ok(SortKey { value, ascending: key.asc, nulls_first: key.nulls_first })
        };
        let order = keys.iter().zip(values).map(key).collect::<Result<Vec<_>, PlanError>>()?;
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
        && is_sorted(sorted)
    {
        return input.over(vec![limited(sorted, limit)]);
    }
    Relation::new(Op::Limit(limit.clone()), vec![Rel::clone(input)], computed_below(&input.columns))
}

fn is_sorted(rel: &Rel) -> bool {
    match &rel.op {
        Op::Project(_) => is_sorted(&rel.inputs[0]),
        op => matches!(op, Op::Sort(_)),
    }
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
