//! Sink: the last node before a connector; rows under the names of the table.
//!
//! Input       port 0, any kinds
//! Output      the same rows
//! State       none
//! Watermark   passes
//! Late rows   not looked at
//! Cost        none per row
//! Errors      none
//! Source      Flink `StreamExecSink`
//! Tests       crates/tests/goldens/operators/Sink.*.script, crates/tests/corpus

use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Operator, OperatorSpec, Port, Result};

pub struct Sink {
    spec: OperatorSpec,
    schema: SchemaRef,
}

impl Sink {
    pub fn new(spec: OperatorSpec) -> Self {
        let schema = spec.output.to_arrow();
        Self { spec, schema }
    }
}

impl Operator for Sink {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        cx.emit(batch.with_columns(self.schema.clone(), batch.rows().columns().to_vec())?);
        Ok(())
    }
}
