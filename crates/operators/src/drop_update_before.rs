//! DropUpdateBefore: a changelog without the rows before updates, where nobody behind it needs them.
//!
//! Input       port 0, any kinds
//! Output      the same rows without `-U`
//! State       none
//! Watermark   passes
//! Late rows   not looked at
//! Cost        a batch with a `-U` is copied, one without passes as it is
//! Errors      none
//! Source      Flink `DropUpdateBeforeFunction`
//! Tests       crates/tests/goldens/operators/DropUpdateBefore.*.script, crates/tests/corpus/cdc_formats

use arrow::array::BooleanArray;
use streamsql_core::{ChangeBatch, Context, Operator, OperatorSpec, Port, Result, RowKind};

pub struct DropUpdateBefore {
    spec: OperatorSpec,
}

impl DropUpdateBefore {
    pub fn new(spec: OperatorSpec) -> Self {
        Self { spec }
    }
}

impl Operator for DropUpdateBefore {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let Some(kinds) = batch.kinds().filter(|kinds| kinds.contains(&RowKind::UpdateBefore)) else {
            cx.emit(batch);
            return Ok(());
        };
        let keep: BooleanArray = kinds.iter().map(|kind| Some(*kind != RowKind::UpdateBefore)).collect();
        let rest = batch.filter(&keep)?;
        if !rest.is_empty() {
            cx.emit(rest);
        }
        Ok(())
    }
}
