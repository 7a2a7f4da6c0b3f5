//! CASE and COALESCE: each value is computed for the rows that take it, then they are put together.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::buffer::BooleanBuffer;
use arrow::compute::interleave;
use streamsql_core::{EvalContext, EvalError, LogicalType};

use super::frame::{Frame, spread};
use super::{Expression, truths};
use crate::call::Arg;
use crate::cast::retyped;

pub(super) fn case(
    branches: &[(Expression, Expression)],
    otherwise: Option<&Expression>,
    result: &LogicalType,
    frame: &Frame<'_>,
    cx: &EvalContext,
) -> Result<Arg, EvalError> {
    let mut pieces = Pieces::new(frame, result);
    for (when, then) in branches {
        let count = pieces.open.count_set_bits();
        if count == 0 {
            break;
        }
        let taken = {
            let part = pieces.open_part();
            let holds = truths(&when.evaluate_in(part.as_ref().unwrap_or(frame), cx)?, count)?;
            let holds = match holds.nulls() {
                Some(nulls) => holds.values() & nulls.inner(),
                None => holds.values().clone(),
            };
            if part.is_some() { spread(&holds, &pieces.open) } else { holds }
        };
        pieces.take(then, taken, cx)?;
    }
    if let Some(otherwise) = otherwise {
        let open = pieces.open.clone();
        pieces.take(otherwise, open, cx)?;
    }
    pieces.finish()
}

pub(super) fn coalesce(
    values: &[Expression],
    result: &LogicalType,
    frame: &Frame<'_>,
    cx: &EvalContext,
) -> Result<Arg, EvalError> {
    let mut pieces = Pieces::new(frame, result);
    for value in values {
        if pieces.open.count_set_bits() == 0 {
            break;
        }
        let open = pieces.open.clone();
        pieces.take(value, open, cx)?;
        pieces.reopen_nulls();
    }
    pieces.finish()
}

/// Values of some rows each, which make one column together.
struct Pieces<'a> {
    frame: &'a Frame<'a>,
    result: &'a LogicalType,
    /// Rows without a value.
    open: BooleanBuffer,
    /// NULL, then what was computed.
    arrays: Vec<ArrayRef>,
    /// For each row the array and the position in it.
    origin: Vec<(usize, usize)>,
    /// Rows that the last piece was made for.
    last: BooleanBuffer,
}

impl<'a> Pieces<'a> {
    fn new(frame: &'a Frame<'a>, result: &'a LogicalType) -> Self {
        Self {
            frame,
            result,
            open: BooleanBuffer::new_set(frame.rows()),
            arrays: vec![arrow::array::new_null_array(&result.to_arrow(), 1)],
            origin: Vec::new(),
            last: BooleanBuffer::new_unset(0),
        }
    }

    /// The open rows, unless that are all.
    fn open_part(&self) -> Option<Frame<'a>> {
        (self.open.count_set_bits() < self.open.len()).then(|| self.frame.part(&self.open))
    }

    /// Computes the value of `rows`, which are open.
    fn take(&mut self, value: &Expression, rows: BooleanBuffer, cx: &EvalContext) -> Result<(), EvalError> {
        let count = rows.count_set_bits();
        if count == 0 {
            return Ok(());
        }
        let everywhere = count == rows.len();
        let value = if everywhere {
            value.evaluate_in(self.frame, cx)?
        } else {
            value.evaluate_in(&self.frame.part(&rows), cx)?
        };
        let data_type = self.result.to_arrow();
        let array = match *value.array.data_type() == data_type {
            true => Arc::clone(&value.array),
            false => retyped(&value.array, &data_type).map_err(EvalError::new)?,
        };
        if self.origin.is_empty() {
            self.origin = vec![(0, 0); self.frame.rows()];
        }
        let piece = self.arrays.len();
        for (at, row) in rows.set_indices().enumerate() {
            self.origin[row] = (piece, if value.scalar { 0 } else { at });
        }
        self.arrays.push(array);
        self.open = &self.open & &!&rows;
        self.last = rows;
        Ok(())
    }

    /// Rows whose value of the last piece is NULL wait for another.
    fn reopen_nulls(&mut self) {
        let Some(nulls) = self.arrays.last().and_then(|array| array.logical_nulls()) else { return };
        if nulls.null_count() == 0 {
            return;
        }
        let origin = &self.origin;
        let last = &self.last;
        self.open =
            BooleanBuffer::collect_bool(last.len(), |row| last.value(row) && nulls.is_null(origin[row].1));
    }

    fn finish(self) -> Result<Arg, EvalError> {
        if self.origin.is_empty() {
            // No row took a branch.
            let nothing = arrow::array::new_null_array(&self.result.to_arrow(), self.frame.rows());
            return Ok(Arg::column(nothing));
        }
        if let [_, only] = self.arrays.as_slice()
            && self.last.count_set_bits() == self.frame.rows()
            && self.open.count_set_bits() == 0
        {
            return Ok(Arg { array: Arc::clone(only), scalar: only.len() != self.frame.rows() });
        }
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(AsRef::as_ref).collect();
        interleave(&arrays, &self.origin).map(Arg::column).map_err(|e| EvalError::new(e.to_string()))
    }
}
