//! AND and OR with three truth values, from left to right: a part is evaluated where those before it leave it open.

use std::sync::Arc;

use arrow::array::{Array, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{and_kleene, or_kleene};
use streamsql_core::{EvalContext, EvalError};

use super::frame::{Frame, spread, spread_truth};
use super::{Expression, Kind, truths};
use crate::call::Arg;

pub(super) fn all(parts: &[Expression], frame: &Frame<'_>, cx: &EvalContext) -> Result<Arg, EvalError> {
    connect(parts, frame, cx, false)
}

pub(super) fn any(parts: &[Expression], frame: &Frame<'_>, cx: &EvalContext) -> Result<Arg, EvalError> {
    connect(parts, frame, cx, true)
}

/// A part that is `decisive` (FALSE in AND, TRUE in OR) settles a row.
fn connect(
    parts: &[Expression],
    frame: &Frame<'_>,
    cx: &EvalContext,
    decisive: bool,
) -> Result<Arg, EvalError> {
    let kernel = if decisive { or_kleene } else { and_kleene };
    let joined = |left: &BooleanArray, right: &BooleanArray| {
        kernel(left, right).map_err(|e| EvalError::new(e.to_string()))
    };
    let mut result: Option<BooleanArray> = None;
    for part in parts {
        let Some(known) = &result else {
            result = Some(truths(&part.evaluate_in(frame, cx)?, frame.rows())?);
            continue;
        };
        if part.is_cheap && !part.can_fail {
            result = Some(joined(known, &truths(&part.evaluate_in(frame, cx)?, frame.rows())?)?);
            continue;
        }
        let open = open(known, decisive);
        let count = open.count_set_bits();
        if count == 0 {
            break;
        }
        result = Some(if count == frame.rows() {
            joined(known, &truths(&part.evaluate_in(frame, cx)?, count)?)?
        } else {
            let values = truths(&part.evaluate_in(&frame.part(&open), cx)?, count)?;
            // What a settled row gets does not count any more; FALSE changes neither AND nor OR of it.
            joined(known, &spread_truth(&values, &open))?
        });
    }
    let result = result.unwrap_or_else(|| BooleanArray::from(vec![!decisive; frame.rows()]));
    Ok(Arg::column(Arc::new(result)))
}

/// The rows for which a condition is TRUE. A part of AND is evaluated where those before it are TRUE, one of OR where
/// none before it is.
pub(super) fn holds(
    condition: &Expression,
    frame: &Frame<'_>,
    cx: &EvalContext,
) -> Result<BooleanBuffer, EvalError> {
    let (parts, all) = match &condition.kind {
        Kind::And(parts) => (parts, true),
        Kind::Or(parts) => (parts, false),
        _ => {
            let values = truths(&condition.evaluate_in(frame, cx)?, frame.rows())?;
            return Ok(match values.nulls() {
                Some(nulls) => values.values() & nulls.inner(),
                None => values.values().clone(),
            });
        }
    };
    let mut open = BooleanBuffer::new_set(frame.rows());
    for part in parts {
        let count = open.count_set_bits();
        if count == 0 {
            break;
        }
        let simple = count == frame.rows() || (part.is_cheap && !part.can_fail);
        let holding = if simple {
            holds(part, frame, cx)?
        } else {
            spread(&holds(part, &frame.part(&open), cx)?, &open)
        };
        open = if all { &open & &holding } else { &open & &!&holding };
    }
    Ok(if all { open } else { !&open })
}

/// Rows that are not settled yet.
fn open(known: &BooleanArray, decisive: bool) -> BooleanBuffer {
    let settled = if decisive { known.values().clone() } else { !known.values() };
    let settled = match known.nulls() {
        Some(nulls) => &settled & nulls.inner(),
        None => settled,
    };
    !&settled
}
