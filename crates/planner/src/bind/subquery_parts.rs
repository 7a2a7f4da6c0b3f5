//! What the values of subqueries are put together of.

use datafusion_common::ScalarValue;
use datafusion_common::tree_node::TreeNode;
use datafusion_expr::Expr;
use datafusion_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion_expr::logical_plan::Subquery;
use streamsql_core::LogicalType;

use super::aggregate::big_int;
use super::grouping_sets::null;
use super::pull::OUTER;
use crate::bind::names::places;
use crate::error::PlanError;
use crate::logical::{Aggregate, AggregateCall, Columns, Op, Rel, Relation, Scalar, ScalarKind, plain};

/// Flink's planner fails over a row left of IN that has a correlated subquery in it.
pub(super) fn check_row(expr: &Expr) -> Result<(), PlanError> {
    let Expr::InSubquery(InSubquery { expr: value, .. }) = expr else { return Ok(()) };
    let is_row = matches!(value.as_ref(), Expr::ScalarFunction(function)
        if places::split(function.func.name()).0.eq_ignore_ascii_case("ROW"));
    if is_row && has_correlated(value) {
        let error = "a row left of IN has a correlated subquery in it, which Flink's planner fails over";
        return Err(PlanError::new(error).hint("compute it as a column of a subquery in FROM").of(expr));
    }
    Ok(())
}

/// FALSE over nothing, TRUE where something was found, NULL where something unknown was met, else FALSE.
pub(super) fn three_valued(nothing: Scalar, found: Scalar, unknown: Scalar) -> Scalar {
    let constant =
        |value: bool| Scalar::boolean(ScalarKind::Literal(ScalarValue::Boolean(Some(value))), false);
    let branches =
        vec![(nothing, constant(false)), (found, constant(true)), (unknown, null(&LogicalType::Boolean))];
    let kind = ScalarKind::Case { branches, otherwise: Some(Box::new(constant(false))) };
    Scalar::boolean(kind, true)
}

/// Keys with their number of rows and what else is computed of them.
pub(super) fn counted(rel: &Rel, keys: Vec<Scalar>, further: Vec<AggregateCall>) -> Rel {
    let mut columns: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| plain(&format!("$key{i}"), key.logical_type.clone(), key.nullable))
        .collect();
    let mut calls = vec![count(Vec::new())];
    calls.extend(further);
    let computed =
        |(i, call): (usize, &AggregateCall)| plain(&format!("$count{i}"), call.result.clone(), call.nullable);
    columns.extend(calls.iter().enumerate().map(computed));
    Relation::new(Op::Aggregate(Aggregate { keys, calls, ttl_ms: None }), vec![Rel::clone(rel)], columns)
}

/// The value of the only row for each key: the value first, then the keys.
pub(super) fn single_value(rel: &Rel, value: Scalar, keys: Vec<Scalar>) -> Rel {
    let width = keys.len();
    let mut columns: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| plain(&format!("$key{i}"), key.logical_type.clone(), key.nullable))
        .collect();
    columns.push(plain("$value", value.logical_type.clone(), true));
    let call = AggregateCall {
        function: "SINGLE_VALUE".to_owned(),
        result: value.logical_type.clone(),
        nullable: true,
        ..count(vec![value])
    };
    let single = Relation::new(
        Op::Aggregate(Aggregate { keys, calls: vec![call], ttl_ms: None }),
        vec![Rel::clone(rel)],
        columns,
    );
    let (mut project, mut names) = (single.references(), single.names());
    project.rotate_left(width);
    names.rotate_left(width);
    Relation::project(single, project, names)
}

/// Whether a relation has at most one row, or one for each key of its correlation.
pub(super) fn is_single(rel: &Rel) -> bool {
    match &rel.op {
        Op::Aggregate(aggregate) => aggregate.keys.is_empty(),
        Op::Project(_) | Op::Filter(_) => is_single(&rel.inputs[0]),
        Op::Values(rows) => rows.len() <= 1,
        _ => false,
    }
}

/// What the only column of an aggregate without keys is over nothing, where that is not NULL: counts are 0 there.
pub(super) fn value_over_nothing(rel: &Rel) -> Option<Scalar> {
    match &rel.op {
        Op::Aggregate(aggregate) if aggregate.keys.is_empty() => {
            (aggregate.calls.first()?.function == "COUNT").then(|| big_int(0))
        }
        Op::Project(project) => {
            let Op::Aggregate(aggregate) = &rel.inputs[0].op else { return None };
            let value = project.first()?;
            if value.columns().last().is_some_and(|column| *column >= OUTER) {
                return None;
            }
            let counts = |column: &usize| aggregate.calls[*column].function == "COUNT";
            let is_count = aggregate.keys.is_empty() && value.columns().iter().any(counts);
            is_count.then(|| {
                value.replace(&|column| match aggregate.calls[column].function == "COUNT" {
                    true => big_int(0),
                    false => null(&aggregate.calls[column].result),
                })
            })
        }
        _ => None,
    }
}

/// Correlated conditions as those of a join with rows that are grouped by `keys`, columns of the subquery; the keys stand
/// from `base` on.
pub(super) fn placed(conditions: &[Scalar], keys: &[usize], base: usize) -> Vec<Scalar> {
    let moved = |column: usize| match column.checked_sub(OUTER) {
        Some(outer) => outer,
        None => base + keys.iter().position(|key| *key == column).unwrap_or(column),
    };
    conditions.iter().map(|condition| condition.shift(&moved)).collect()
}

/// Whether an expression has a subquery that reads columns of the query around it.
pub(super) fn has_correlated(expr: &Expr) -> bool {
    let is_correlated =
        |part: &Expr| subquery_of(part).is_some_and(|subquery| !subquery.outer_ref_columns.is_empty());
    expr.exists(|part| Ok(is_correlated(part))).unwrap_or(true)
}

pub(super) fn subquery_of(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::ScalarSubquery(subquery)
        | Expr::Exists(Exists { subquery, .. })
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. }) => Some(subquery),
        _ => None,
    }
}

pub(super) fn count(arguments: Vec<Scalar>) -> AggregateCall {
    AggregateCall {
        function: "COUNT".to_owned(),
        arguments,
        distinct: false,
        filter: None,
        result: LogicalType::BigInt,
        nullable: false,
    }
}
