//! Rank by processing time: the rows of each partition in the order of their arrival, which only must be counted.
//!
//! Input       port 0, append-only
//! Output      `+I` of each row whose number is within the range, never taken back
//! State       `counts`: partition -> rows so far, up to the last number shown; for ever, or for `table.exec.state.ttl`
//!             since the last row that counted; `bounds` as those of Rank
//! Watermark   passes
//! Late rows   processed like any other
//! Cost        one hash lookup a partition and batch
//! Errors      none
//! Source      Flink `AppendOnlyFirstNFunction`
//! Tests       crates/tests/goldens/operators/Rank.by_proctime.script, crates/tests/corpus/rank

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable,
};
use streamsql_plan::Rank as RankNode;
use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable, Slot};

use super::bounds::Bounds;

pub struct CountedRank {
    spec: OperatorSpec,
    output: SchemaRef,
    number: bool,
    codec: KeyCodec,
    keys: KeyBatch,
    counts: OneTable,
    /// Column of the counts.
    at: usize,
    slots: Vec<Slot>,
    bounds: Bounds,
}

impl CountedRank {
    pub fn new(spec: OperatorSpec, node: &RankNode, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            number: node.number,
            codec: KeyCodec::new(&input.to_arrow(), &node.partition)?,
            keys: KeyBatch::default(),
            counts: OneTable::new("counts", 0, &node.numbers(input), range)?,
            at: node.partition.len(),
            slots: Vec::new(),
            bounds: Bounds::new(node, input, 1, range)?,
        })
    }
}

impl Operator for CountedRank {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let rows = batch.rows();
        self.codec.encode(rows, &mut self.keys)?;
        self.counts.set_now(cx.processing_time_ms);
        self.counts.probe(&self.keys, &mut self.slots)?;
        self.bounds.begin(&self.keys, rows, cx.processing_time_ms)?;
        let (mut shown, mut numbers) = (Vec::new(), Vec::new());
        for row in 0..rows.num_rows() {
            let id = self.keys.id(row);
            let window = self.bounds.window(&self.keys, id, row)?;
            let counted = self.counts.get(&self.slots[id]);
            let count = counted.and_then(|kept| self.counts.row(kept).i64(self.at)).unwrap_or(0);
            if usize::try_from(count).is_ok_and(|count| count >= window.end) {
                continue;
            }
            self.counts.edit(&self.keys, id, &mut self.slots[id])?.set_i64(self.at, count + 1)?;
            if usize::try_from(count).is_ok_and(|count| count >= window.first) {
                shown.push(row as u32);
                numbers.push(count + 1);
            }
        }
        let shown = UInt32Array::from(shown);
        let columns = rows.columns().iter().map(|column| take(column, &shown, None));
        let mut columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(numbers.len()));
        if self.number {
            columns.push(Arc::new(Int64Array::from(numbers)));
        }
        let rows = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
        cx.emit(ChangeBatch::inserts(rows));
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = vec![&mut self.counts];
        tables.extend(self.bounds.table());
        tables
    }
}
