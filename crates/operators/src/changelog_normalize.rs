//! ChangelogNormalize: the whole changelog of a source that tells the last row of each key and which keys are gone.
//!
//! Input       port 0: rows by key (`+I`, `+U`), and `-D` of which only the key counts
//! Output      `+I` for a new key, `-U` (where wanted) and `+U` for another row of a key, `-D` of the row that was kept;
//!             an equal row sends nothing, unless it renews a time-to-live
//! State       `rows`: key -> row, until it is deleted or for `table.exec.state.ttl` since the last write
//! Watermark   passes
//! Late rows   not looked at
//! Cost        one hash lookup a key and batch; columns are copied only for rows that are kept and that go out
//! Errors      none; a delete of a key that is not there is ignored, as in Flink
//! Source      Flink `DeduplicateFunctionHelper.processLastRowOnChangelog`
//! Tests       crates/tests/goldens/operators/ChangelogNormalize.*.script, crates/tests/tests/kafka_upserts.rs

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema, StateTable,
};
use streamsql_plan::ChangelogNormalize as ChangelogNormalizeNode;
use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable, Parts, RowRef, Slot};

pub struct ChangelogNormalize {
    spec: OperatorSpec,
    output: SchemaRef,
    codec: KeyCodec,
    keys: KeyBatch,
    rows: OneTable,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
    emit_update_before: bool,
    ttl_ms: i64,
}

impl ChangelogNormalize {
    pub fn new(
        spec: OperatorSpec,
        node: &ChangelogNormalizeNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let layout = node.layout(input);
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            codec: KeyCodec::new(&input.to_arrow(), &node.keys)?,
            keys: KeyBatch::default(),
            rows: OneTable::new("rows", 0, &layout, range)?,
            value: layout.value(),
            values: Parts::default(),
            slots: Vec::new(),
            emit_update_before: node.emit_update_before,
            ttl_ms: node.ttl_ms,
        })
    }
}

impl Operator for ChangelogNormalize {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let rows = batch.rows();
        self.rows.set_now(cx.processing_time_ms);
        self.codec.encode(rows, &mut self.keys)?;
        let columns: Vec<ArrayRef> = self.value.iter().map(|column| rows.column(*column).clone()).collect();
        self.rows.encode(&columns, rows.num_rows(), &mut self.values)?;
        self.rows.probe(&self.keys, &mut self.slots)?;
        let (mut out, mut kinds): (Vec<RowRef>, Vec<RowKind>) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            let id = self.keys.id(row);
            let old = self.rows.get(&self.slots[id]);
            if batch.kind(row).is_retraction() {
                if let Some(old) = old {
                    self.rows.remove(&mut self.slots[id]);
                    out.push(old);
                    kinds.push(RowKind::Delete);
                }
                continue;
            }
            if self.ttl_ms == 0 && old.is_some_and(|old| self.rows.has_values(old, &self.values, row)) {
                continue;
            }
            self.rows.put(&self.keys, id, &mut self.slots[id], &self.values, row)?;
            if let Some(old) = old.filter(|_| self.emit_update_before) {
                out.push(old);
                kinds.push(RowKind::UpdateBefore);
            }
            out.push(self.rows.get(&self.slots[id]).unwrap_or(RowRef::NULLS));
            kinds.push(if old.is_some() { RowKind::UpdateAfter } else { RowKind::Insert });
        }
        if out.is_empty() {
            return Ok(());
        }
        let columns: Vec<usize> = (0..self.output.fields().len()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(out.len()));
        let columns = self.rows.gather(&out, &columns)?;
        let rows = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
        cx.emit(ChangeBatch::new(rows, kinds)?);
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        vec![&mut self.rows]
    }
}
