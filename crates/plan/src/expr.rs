//! A typed scalar expression, ready to be evaluated over a batch.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use datafusion_physical_expr_common::physical_expr::PhysicalExpr;
use streamsql_core::{Error, LogicalType, Result};

/// An expression over the columns of a node's input.
#[derive(Clone)]
pub struct Expr {
    /// Flink-like text with column names, for EXPLAIN.
    pub text: String,
    /// Canonical text with column positions and types, for the plan's fingerprint: names and spelling do not count.
    pub canonical: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
    /// DataFusion's evaluator of it.
    pub physical: Arc<dyn PhysicalExpr>,
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
    /// `Failed` with the expression's text, for errors Flink has at run time too (a CAST of a bad text, 1/0).
    pub fn evaluate(&self, rows: &RecordBatch) -> Result<ArrayRef> {
        if let Some(column) = self.column {
            return Ok(Arc::clone(rows.column(column)));
        }
        self.physical
            .evaluate(rows)
            .and_then(|value| value.into_array(rows.num_rows()))
            .map_err(|error| Error::failed(format!("{} in {}", error.strip_backtrace(), self.text)))
    }
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
