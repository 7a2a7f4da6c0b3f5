//! A typed scalar expression, ready to be evaluated over a batch.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use streamsql_core::{EvalContext, EvalError, Evaluate, LogicalType, first_failing};

/// An expression over the columns of a node's input.
#[derive(Clone)]
pub struct Expr {
    /// Flink-like text with column names, for EXPLAIN.
    pub text: String,
    /// Canonical text with column positions and types, for the plan's fingerprint: names and spelling do not count.
    pub canonical: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
    /// Whether it gives the same for the same row.
    pub deterministic: bool,
    pub evaluator: Arc<dyn Evaluate>,
    /// The input column, when the expression is a bare reference to one.
    pub column: Option<usize>,
    /// The input column whose values it tells apart as far as keys go: a bare reference, or an implicit cast of one
    /// (Flink `FlinkRelMdUniqueKeys`).
    pub key_column: Option<usize>,
}

impl Expr {
    /// One value a row; the array has `rows.num_rows()` entries and the Arrow type of `logical_type`.
    ///
    /// # Errors
    /// What Flink fails with at run time too (a CAST of a bad text, 1/0), of the first row that fails: what is told does
    /// not depend on the rows beside it.
    pub fn evaluate(&self, rows: &RecordBatch, cx: &EvalContext) -> Result<ArrayRef, EvalError> {
        if let Some(column) = self.column {
            return Ok(Arc::clone(rows.column(column)));
        }
        let failed = |error| first_error(rows, error, |rows| self.evaluator.evaluate(rows, cx).map(drop));
        self.evaluator.evaluate(rows, cx).map_err(failed)
    }

    /// For each row whether this condition is TRUE.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn holds(&self, rows: &RecordBatch, cx: &EvalContext) -> Result<BooleanArray, EvalError> {
        let failed = |error| first_error(rows, error, |rows| self.evaluator.holds(rows, cx).map(drop));
        self.evaluator.holds(rows, cx).map_err(failed)
    }

    /// Whether there are rows for which it has no value.
    pub fn can_fail(&self) -> bool {
        self.column.is_none() && self.evaluator.can_fail()
    }
}

/// The error of the first row that fails alone; `error`, that of all rows, where none does.
fn first_error(
    rows: &RecordBatch,
    error: EvalError,
    evaluate: impl Fn(&RecordBatch) -> Result<(), EvalError>,
) -> EvalError {
    let first = first_failing(rows.num_rows(), |from, length| evaluate(&rows.slice(from, length)));
    first.map_or(error, |(_, first)| first)
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.text, self.logical_type)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
