//! Outer joins whose padded rows no condition above lets through are narrower joins (Calcite `RelOptUtil.simplifyJoin`).

use streamsql_plan::JoinKind;

use crate::logical::{Scalar, ScalarKind};

/// The kind that is left of a join under conditions over its left (`width` of them) and right columns.
pub fn simplified(kind: JoinKind, conditions: &[Scalar], width: usize) -> JoinKind {
    if kind.is_left_only() {
        return kind;
    }
    let rejects = |side: &dyn Fn(usize) -> bool| conditions.iter().any(|c| is_never_true(c, side));
    // Padded rows have NULL in all columns of the other side.
    let no_left_padding = kind.keeps_right() && rejects(&|column| column < width);
    let no_right_padding = kind.keeps_left() && rejects(&|column| column >= width);
    match (kind.keeps_left() && !no_right_padding, kind.keeps_right() && !no_left_padding) {
        (false, false) => JoinKind::Inner,
        (true, false) => JoinKind::Left,
        (false, true) => JoinKind::Right,
        (true, true) => JoinKind::Full,
    }
}

/// Whether a condition cannot be true where all columns of a side are NULL; false when that is not known.
fn is_never_true(condition: &Scalar, side: &dyn Fn(usize) -> bool) -> bool {
    match &condition.kind {
        ScalarKind::And(l, r) => is_never_true(l, side) || is_never_true(r, side),
        ScalarKind::Or(l, r) => is_never_true(l, side) && is_never_true(r, side),
        ScalarKind::Not(operand) => is_null(operand, side),
        ScalarKind::IsNull { operand, negated: true } => is_null(operand, side),
        _ => is_null(condition, side),
    }
}

/// Whether a value is NULL where all columns of a side are.
fn is_null(scalar: &Scalar, side: &dyn Fn(usize) -> bool) -> bool {
    const STRICT: &[&str] =
        &["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "CAST", "LIKE", "NOT LIKE"];
    match &scalar.kind {
        ScalarKind::Column(column) => side(*column),
        ScalarKind::Call(function, arguments) if STRICT.contains(&function.name.as_str()) => {
            arguments.iter().any(|argument| is_null(argument, side))
        }
        _ => false,
    }
}
