//! WindowTableFunction: every row once for each of its windows.
//!
//! Input       port 0, append-only
//! Output      append-only: the row's columns with start, end and time of a window
//! State       none
//! Watermark   passes
//! Late rows   processed like any other
//! Cost        O(rows × windows of a row); at most 8,192 rows a batch
//! Errors      none
//! Source      Flink `WindowTableFunctionOperator`: a row without a time is in no window
//! Tests       crates/tests/goldens/operators/WindowTableFunction.*.script, crates/tests/corpus/window-tvf

use std::sync::Arc;

use arrow::array::{ArrayRef, TimestampMillisecondArray, UInt32Array};
use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Operator, OperatorSpec, Port, Result, timestamps_ms};
use streamsql_plan::{WindowProperty, WindowTableFunction as WindowTableFunctionNode};

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

pub struct WindowTableFunction {
    spec: OperatorSpec,
    node: WindowTableFunctionNode,
    output: SchemaRef,
}

impl WindowTableFunction {
    pub fn new(spec: OperatorSpec, node: &WindowTableFunctionNode) -> Self {
        Self { output: spec.output.to_arrow(), spec, node: node.clone() }
    }

    fn emit(
        &self,
        batch: &ChangeBatch,
        rows: &mut Vec<u32>,
        windows: &mut Vec<(i64, i64)>,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        let repeated = batch.take(&UInt32Array::from(std::mem::take(rows)))?;
        let mut columns = repeated.rows().columns().to_vec();
        for property in &self.node.properties {
            let value = |(start, end): &(i64, i64)| match property {
                WindowProperty::Start => *start,
                WindowProperty::End => *end,
                WindowProperty::Rowtime => self.node.windowing.time_of(*end),
                WindowProperty::Proctime => cx.processing_time_ms,
            };
            let times = TimestampMillisecondArray::from_iter_values(windows.iter().map(value));
            let data_type = self.output.field(columns.len()).data_type().clone();
            let times: ArrayRef = Arc::new(times.with_data_type(data_type));
            columns.push(times);
        }
        windows.clear();
        cx.emit(repeated.with_columns(Arc::clone(&self.output), columns)?);
        Ok(())
    }
}

impl Operator for WindowTableFunction {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let times = batch.rows().column(self.node.time);
        let (mut rows, mut windows, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for (row, time) in timestamps_ms(times)?.enumerate() {
            let Some(time) = time else { continue };
            self.node.windowing.spec.windows_of(self.node.windowing.wall_ms(time), &mut own);
            for window in &own {
                rows.push(row as u32);
                windows.push(*window);
                if rows.len() >= OUTPUT_ROWS {
                    self.emit(&batch, &mut rows, &mut windows, cx)?;
                }
            }
        }
        if rows.is_empty() { Ok(()) } else { self.emit(&batch, &mut rows, &mut windows, cx) }
    }
}
