//! DropUpdateBefore: removes `-U` rows, which the consumer does not need.
//!
//! Input       port 0, any kinds
//! Output      the rows that are not `-U`
//! State       none
//! Watermark   passes
//! Late rows   not looked at
//! Cost        O(rows) per batch with kinds, nothing for inserts
//! Errors      none
//! Source      Flink `StreamExecDropUpdateBefore`
//! Tests       crates/tests/goldens/operators/DropUpdateBefore.*.script, crates/tests/corpus

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
        let batch = match batch.kinds() {
            None => batch,
            Some(kinds) => {
                let keep: BooleanArray =
                    kinds.iter().map(|kind| Some(*kind != RowKind::UpdateBefore)).collect();
                batch.filter(&keep)?
            }
        };
        cx.emit(batch);
        Ok(())
    }
}
