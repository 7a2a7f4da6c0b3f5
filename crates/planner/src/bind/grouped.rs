//! Subqueries in HAVING and in the SELECT of a GROUP BY that read columns of the query around them.

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_expr::logical_plan::Aggregate as AggregatePlan;
use datafusion_expr::{Expr, LogicalPlan};

use super::subquery_parts::subquery_of;
use crate::error::PlanError;

/// The groups that a condition of HAVING or a SELECT stands over.
pub(super) fn groups_below(plan: &LogicalPlan) -> Option<&AggregatePlan> {
    match plan {
        LogicalPlan::Aggregate(aggregate) => Some(aggregate),
        LogicalPlan::Filter(filter) => groups_below(&filter.input),
        _ => None,
    }
}

/// Flink 1.18 reads an outer column by its place in FROM (Calcite `SqlToRelConverter`): over groups that is the column only
/// where GROUP BY has it at the same place. Elsewhere it fails over the types, or silently compares with another column.
///
/// # Errors
/// A subquery of the expressions reads a column that stands elsewhere.
pub(super) fn check_outer_columns(groups: &AggregatePlan, exprs: &[Expr]) -> Result<(), PlanError> {
    for expr in exprs {
        let mut wrong = None;
        let _ = expr.apply(|part| {
            let read = subquery_of(part).into_iter().flat_map(|subquery| &subquery.outer_ref_columns);
            wrong = read.filter_map(|read| misplaced(groups, read)).next();
            Ok(if wrong.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        });
        if let Some(error) = wrong {
            return Err(error.of(expr));
        }
    }
    Ok(())
}

fn misplaced(groups: &AggregatePlan, read: &Expr) -> Option<PlanError> {
    let Expr::OuterReferenceColumn(_, column) = read else { return None };
    let from = groups.input.schema().index_of_column(column).ok()?;
    let name = &column.name;
    let error = match groups.schema.index_of_column(column) {
        Ok(key) if key == from => return None,
        Ok(key) => format!(
            "a subquery over groups reads '{name}', which is column {} of FROM and key {} of GROUP BY; Flink 1.18 takes one \
             for the other",
            from + 1,
            key + 1
        ),
        Err(_) => format!("a subquery over groups reads '{name}', which is no key of GROUP BY"),
    };
    Some(PlanError::new(error).hint(
        "put SELECT … GROUP BY … into a subquery in FROM, and what reads its columns into the query around it",
    ))
}
