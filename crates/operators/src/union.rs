//! Union: UNION ALL, rows as they come.
//!
//! Input       any number of ports with equal types, any kinds
//! Output      the same rows; order between ports is that of arrival
//! State       none
//! Watermark   the minimum over the ports, which the driver computes
//! Late rows   not looked at
//! Cost        none per row
//! Errors      none
//! Source      Flink `StreamExecUnion`
//! Tests       crates/tests/goldens/operators/Union.*.script, crates/tests/corpus

use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Operator, OperatorSpec, Port, Result};

pub struct Union {
    spec: OperatorSpec,
    schema: SchemaRef,
}

impl Union {
    pub fn new(spec: OperatorSpec) -> Self {
        let schema = spec.output.to_arrow();
        Self { spec, schema }
    }
}

impl Operator for Union {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        // Only names and metadata may differ between the inputs.
        cx.emit(batch.with_columns(self.schema.clone(), batch.rows().columns().to_vec())?);
        Ok(())
    }
}
