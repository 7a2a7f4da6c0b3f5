//! SinkMaterializer: per sink key the rows in arrival order; the sink shows the last.
//!
//! Input       port 0, any kinds
//! Output      `+I` for a key's first row, `+U` for a newer or restored one, `-D` when none is left; never `-U`
//! State       `rows`: key -> list of rows, until all are taken back or for `table.exec.state.ttl` since the last write
//!             of the key
//! Watermark   passes
//! Late rows   not looked at
//! Cost        O(rows of the key) a row; lists are short
//! Errors      none; a retraction of an unknown row is ignored, as in Flink
//! Source      Flink `SinkUpsertMaterializer`
//! Tests       crates/tests/goldens/operators/SinkMaterializer.*.script

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema, StateTable,
};
use streamsql_plan::SinkMaterializer as SinkMaterializerNode;
use streamsql_state::tables::{KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

pub struct SinkMaterializer {
    spec: OperatorSpec,
    schema: SchemaRef,
    codec: KeyCodec,
    keys: KeyBatch,
    /// The columns by which rows replace each other; all where no upsert key is known.
    identity: Vec<usize>,
    by_key: bool,
    rows: OrderedTable,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
    ttl_ms: i64,
}

impl SinkMaterializer {
    pub fn new(
        spec: OperatorSpec,
        node: &SinkMaterializerNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let schema = input.to_arrow();
        let layout = node.layout(input);
        Ok(Self {
            spec,
            codec: KeyCodec::new(&schema, &node.keys)?,
            keys: KeyBatch::default(),
            identity: node.upsert_key.clone().unwrap_or_else(|| (0..input.len()).collect()),
            by_key: node.upsert_key.is_some(),
            rows: OrderedTable::new("rows", 0, &layout, range)?,
            value: layout.value(),
            values: Parts::default(),
            slots: Vec::new(),
            ttl_ms: node.ttl_ms,
            schema,
        })
    }

    /// The first kept row of a key that row `row` of the batch stands for.
    fn position(&self, id: usize, row: usize) -> Option<RowRef> {
        let new = self.rows.unstored(&self.keys, id, &self.values, row);
        self.rows.scan(&self.slots[id]).find(|kept| {
            let kept = self.rows.row(*kept);
            self.identity.iter().all(|column| kept.bytes(*column) == new.bytes(*column))
        })
    }
}

impl Operator for SinkMaterializer {
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
        let (mut shown, mut kinds): (Vec<RowRef>, Vec<RowKind>) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            let id = self.keys.id(row);
            // A list that was not written for so long is gone as a whole.
            self.rows.remove_expired(&mut self.slots[id]);
            let found = self.position(id, row);
            let slot = &mut self.slots[id];
            if !batch.kind(row).is_retraction() {
                kinds.push(if slot.is_empty() { RowKind::Insert } else { RowKind::UpdateAfter });
                shown.push(match found {
                    Some(old) if self.by_key => self.rows.replace(slot, old, &self.values, row)?,
                    _ => self.rows.insert(&self.keys, id, slot, &self.values, row)?,
                });
            } else {
                let Some(found) = found else { continue };
                let was_last = self.rows.scan(slot).next_back() == Some(found);
                self.rows.remove(slot, found);
                match self.rows.scan(slot).next_back() {
                    None => {
                        shown.push(found);
                        kinds.push(RowKind::Delete);
                    }
                    Some(last) if was_last => {
                        shown.push(last);
                        kinds.push(RowKind::UpdateAfter);
                    }
                    Some(_) => {}
                }
            }
            if self.ttl_ms > 0 {
                self.rows.touch(&mut self.slots[id])?;
            }
        }
        if !shown.is_empty() {
            let columns: Vec<usize> = (0..self.schema.fields().len()).collect();
            let options = RecordBatchOptions::new().with_row_count(Some(shown.len()));
            let columns = self.rows.gather(&shown, &columns)?;
            let rows = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?;
            cx.emit(ChangeBatch::new(rows, kinds)?);
        }
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        vec![&mut self.rows]
    }
}
