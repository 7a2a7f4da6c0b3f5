//! What an expression is evaluated with, and what it says where it has no value.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};

use crate::{Error, Watermark};

/// What an evaluation knows beside its rows; constant within a batch. Nobody else tells an expression the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalContext {
    /// Processing time of the batch, ms since 1970.
    pub processing_time_ms: i64,
    /// The watermark of the operator that evaluates; `Watermark::MIN` before the first.
    pub watermark: Watermark,
}

/// Why a row has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// The part that failed as SQL, what is wrong, and the values that it got (clipped), as one sentence.
    pub message: String,
    /// `file:line:col` of that part, where it is known.
    pub place: Option<Arc<str>>,
}

impl EvalError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<EvalError> for Error {
    fn from(error: EvalError) -> Self {
        let failed = Error::failed(error.message);
        match error.place {
            Some(place) => failed.at(place.to_string()),
            None => failed,
        }
    }
}

/// The evaluable form of an expression.
pub trait Evaluate: Send + Sync {
    /// One value a row; the array has `rows.num_rows()` entries.
    ///
    /// # Errors
    /// Of several failing rows any may be the one that is told of; `first_failing` finds the first.
    fn evaluate(&self, rows: &RecordBatch, cx: &EvalContext) -> Result<ArrayRef, EvalError>;

    /// For each row whether a condition holds: an unknown one does not. Of AND, what follows an unknown part is not
    /// evaluated either.
    ///
    /// # Errors
    /// As `evaluate`.
    fn holds(&self, rows: &RecordBatch, cx: &EvalContext) -> Result<BooleanArray, EvalError>;

    /// Whether there are values for which it has none.
    fn can_fail(&self) -> bool;
}

/// The first of `rows` rows for which `evaluate` fails (it gets an offset and a length), and its error; `None` where it
/// fails for none of them alone. O(rows) work, O(log rows) calls.
pub fn first_failing<E>(
    rows: usize,
    mut evaluate: impl FnMut(usize, usize) -> Result<(), E>,
) -> Option<(usize, E)> {
    let (mut from, mut length) = (0, rows);
    while length > 1 {
        let half = length / 2;
        if evaluate(from, half).is_ok() {
            from += half;
            length -= half;
        } else {
            length = half;
        }
    }
    if length == 0 {
        return None;
    }
    evaluate(from, 1).err().map(|error| (from, error))
}

/// All of `rows` rows for which `evaluate` fails, ascending, with their errors.
pub fn all_failing<E>(
    rows: usize,
    mut evaluate: impl FnMut(usize, usize) -> Result<(), E>,
) -> Vec<(usize, E)> {
    let mut failing = Vec::new();
    let mut open = vec![(0, rows)];
    while let Some((from, length)) = open.pop() {
        let Some(error) = (if length == 0 { None } else { evaluate(from, length).err() }) else { continue };
        if length == 1 {
            failing.push((from, error));
            continue;
        }
        let half = length / 2;
        open.push((from + half, length - half));
        open.push((from, half));
    }
    failing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(bad: &'static [usize]) -> impl FnMut(usize, usize) -> Result<(), EvalError> {
        move |from, length| match bad.iter().find(|row| (from..from + length).contains(*row)) {
            Some(row) => Err(EvalError::new(row.to_string())),
            None => Ok(()),
        }
    }

    #[test]
    fn failing_rows_are_found_wherever_they_stand() {
        for rows in [1, 2, 3, 7, 8, 100] {
            for bad in [&[0][..], &[2], &[6, 7], &[0, 1, 2, 3], &[99, 5]] {
                let mut expected: Vec<usize> = bad.iter().copied().filter(|row| *row < rows).collect();
                expected.sort_unstable();
                let bad: &'static [usize] = Box::leak(bad.to_vec().into_boxed_slice());
                let found: Vec<usize> = all_failing(rows, failing(bad)).iter().map(|(row, _)| *row).collect();
                assert_eq!(found, expected);
                assert_eq!(first_failing(rows, failing(bad)).map(|(row, _)| row), expected.first().copied());
            }
        }
        assert!(first_failing(0, failing(&[0])).is_none() && all_failing(0, failing(&[0])).is_empty());
    }
}
