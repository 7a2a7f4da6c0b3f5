//! Conditions over columns of a subquery and of the query around it.

use arrow::array::{Array, AsArray};
use streamsql_core::{LogicalType, Schema};

use super::pull::OUTER;
use super::subquery::either;
use crate::logical::{Scalar, ScalarKind};

/// The outer and the inner side of an equality, and whether the outer one stands right. What a NULL satisfies is none: Flink
/// joins with the distinct outer values then.
pub(super) fn sides_of(condition: &Scalar) -> Option<(&Scalar, &Scalar, bool)> {
    signed_sides_of(condition).filter(|(outer, ..)| !hides_null(outer))
}

pub(super) fn signed_sides_of(condition: &Scalar) -> Option<(&Scalar, &Scalar, bool)> {
    match condition.as_call()? {
        ("=", [l, r]) if is_outer(l) && !reads_outer(r) => Some((l, r, false)),
        ("=", [l, r]) if is_outer(r) && !reads_outer(l) => Some((r, l, true)),
        _ => None,
    }
}

pub(super) fn outer_columns(scalar: &Scalar) -> Vec<usize> {
    scalar.columns().into_iter().filter_map(|column| column.checked_sub(OUTER)).collect()
}

pub(super) fn reads_outer(scalar: &Scalar) -> bool {
    scalar.columns().into_iter().any(|column| column >= OUTER)
}

/// A condition without the sides of its AND and OR that constants decide; what is NULL counts as FALSE.
pub(super) fn simplified(scalar: Scalar) -> Scalar {
    let (left, right, deciding) = match scalar.kind {
        ScalarKind::Or(left, right) => (simplified(*left), simplified(*right), true),
        ScalarKind::And(left, right) => (simplified(*left), simplified(*right), false),
        _ => return scalar,
    };
    match (truth(&left), truth(&right)) {
        (Some(holds), _) if holds == deciding => left,
        (_, Some(holds)) if holds == deciding => right,
        (Some(_), _) => right,
        (_, Some(_)) => left,
        (None, None) if deciding => either(left, right),
        (None, None) => {
            let nullable = left.nullable || right.nullable;
            Scalar::boolean(ScalarKind::And(Box::new(left), Box::new(right)), nullable)
        }
    }
}

/// Whether a condition holds that reads no column; none for others.
fn truth(scalar: &Scalar) -> Option<bool> {
    if !scalar.columns().is_empty() {
        return None;
    }
    let value = scalar.expression(&Schema::new(Vec::new())).ok()?.value()?.ok()?;
    let value = value.as_boolean_opt()?;
    Some(value.is_valid(0) && value.value(0))
}

/// Whether something computed of NULL may be a value.
fn hides_null(scalar: &Scalar) -> bool {
    let is_null_safe = |name: &str| matches!(name, "COALESCE" | "IFNULL" | "IF" | "CONCAT_WS");
    match &scalar.kind {
        ScalarKind::Case { .. } | ScalarKind::IsNull { .. } => true,
        ScalarKind::Call(function, _) if is_null_safe(&function.name) => true,
        _ => scalar.children().into_iter().any(hides_null),
    }
}

/// Whether an OR in a condition reads outer columns, as Calcite writes the condition (`RexSimplify`).
pub(super) fn has_outer_or(scalar: &Scalar) -> bool {
    has_or(scalar, false)
}

/// NOT takes AND and OR for each other.
fn has_or(scalar: &Scalar, negated: bool) -> bool {
    let is_or = match (scalar.as_call(), &scalar.kind) {
        (Some((name, [l, r])), _) if name.starts_with("IS NOT DISTINCT") || name == "IS DISTINCT FROM" => {
            l.nullable && r.nullable
        }
        // NULL where one of the operands is.
        (Some(("IS UNKNOWN", [operand])), _) => has_two_nulls(operand),
        (_, ScalarKind::IsNull { operand, negated: false }) => has_two_nulls(operand),
        (_, ScalarKind::Case { .. }) => scalar.logical_type == LogicalType::Boolean,
        _ => false,
    };
    if is_or && reads_outer(scalar) {
        return true;
    }
    match &scalar.kind {
        ScalarKind::Or(left, right) if !negated => {
            reads_outer(scalar) || has_or(left, negated) || has_or(right, negated)
        }
        ScalarKind::And(left, right) if negated => {
            reads_outer(scalar) || has_or(left, negated) || has_or(right, negated)
        }
        ScalarKind::Or(left, right) | ScalarKind::And(left, right) => {
            has_or(left, negated) || has_or(right, negated)
        }
        ScalarKind::Not(operand) => has_or(operand, !negated),
        ScalarKind::IsNull { operand, .. } => has_or(operand, false),
        ScalarKind::Call(_, arguments) => arguments.iter().any(|argument| has_or(argument, false)),
        ScalarKind::Case { branches, otherwise } => {
            let parts = branches.iter().flat_map(|(when, then)| [when, then]);
            parts.chain(otherwise.as_deref()).any(|part| has_or(part, false))
        }
        ScalarKind::Column(_) | ScalarKind::Literal(_) => false,
    }
}

fn has_two_nulls(scalar: &Scalar) -> bool {
    scalar.as_call().is_some_and(|(_, operands)| operands.iter().filter(|o| o.nullable).count() > 1)
}

/// Whether something is computed of outer columns alone.
pub(super) fn is_outer(scalar: &Scalar) -> bool {
    let columns = scalar.columns();
    !columns.is_empty() && columns.into_iter().all(|column| column >= OUTER)
}
