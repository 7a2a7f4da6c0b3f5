//! Sink constraints: NOT NULL columns and text lengths, checked before rows leave.
//!
//! Input       port 0, any kinds
//! Output      the same rows, without those that a DROP enforcer removes
//! State       none
//! Watermark   passes
//! Late rows   not looked at
//! Cost        a look at the null count of each NOT NULL column per batch
//! Errors      `Failed`, a NULL in a NOT NULL column under the default enforcer
//! Source      Flink `ConstraintEnforcer`
//! Tests       crates/tests/goldens/operators/Sink.*.script, crates/tests/corpus

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{and, is_not_null};
use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Error, LogicalType, Operator, OperatorSpec, Port, Result};
use streamsql_plan::{NotNullEnforcer, SinkNode};

pub struct SinkConstraint {
    spec: OperatorSpec,
    schema: SchemaRef,
    not_null: NotNullEnforcer,
    enforce_length: bool,
}

impl SinkConstraint {
    pub fn new(spec: OperatorSpec, node: &SinkNode) -> Self {
        let schema = spec.output.to_arrow();
        Self { spec, schema, not_null: node.not_null, enforce_length: node.enforce_length }
    }

    fn lengths(&self, rows: &RecordBatch) -> Vec<ArrayRef> {
        let fit = |(array, column): (&ArrayRef, &streamsql_core::Column)| match column.logical_type {
            LogicalType::Char(n) => resized(array, n as usize, true),
            LogicalType::Varchar(n) if column.logical_type != LogicalType::STRING => {
                resized(array, n as usize, false)
            }
            _ => Arc::clone(array),
        };
        rows.columns().iter().zip(&self.spec.output.columns).map(fit).collect()
    }
}

/// Cut to `length` characters; CHAR is padded.
fn resized(array: &ArrayRef, length: usize, pad: bool) -> ArrayRef {
    let fitted = array.as_string::<i32>().iter().map(|text| {
        text.map(|text| {
            let mut fitted: String = text.chars().take(length).collect();
            if pad {
                let present = fitted.chars().count();
                fitted.extend(std::iter::repeat_n(' ', length - present));
            }
            fitted
        })
    });
    Arc::new(fitted.collect::<StringArray>())
}

impl Operator for SinkConstraint {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let mut keep: Option<BooleanArray> = None;
        for (array, column) in batch.rows().columns().iter().zip(&self.spec.output.columns) {
            if column.nullable || array.null_count() == 0 {
                continue;
            }
            if self.not_null == NotNullEnforcer::Error {
                return Err(Error::failed(format!(
                    "Column '{}' is NOT NULL, however, a null value is being written into it. You can set job \
                     configuration 'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such \
                     records silently.",
                    column.name
                )));
            }
            let present = is_not_null(array)?;
            keep = Some(match keep {
                None => present,
                Some(before) => and(&before, &present)?,
            });
        }
        let batch = match keep {
            Some(keep) => batch.filter(&keep)?,
            None => batch,
        };
        let columns =
            if self.enforce_length { self.lengths(batch.rows()) } else { batch.rows().columns().to_vec() };
        let rows = RecordBatch::try_new(self.schema.clone(), columns)?;
        cx.emit(batch.with_rows(rows)?);
        Ok(())
    }
}
