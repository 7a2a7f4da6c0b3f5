//! TemporalSort: rows in the order of time, and of more columns among those of one time.
//!
//! Input       port 0, append-only
//! Output      `+I`; when the watermark has reached a row's time; by processing time when that is past
//! State       `rows`: those that wait; by rowtime `last`: time of the last row sent, and the watermark: rows behind it wait
//!             for the next one, also after a restart
//! Watermark   passes
//! Ticks       processing time only: 1 ms after the last rows
//! Late rows   a row whose time is not greater than that of the last row sent is dropped and counted
//! Cost        one insertion into an order a row
//! Errors      none
//! Source      Flink `RowTimeSortOperator`, `ProcTimeSortOperator`; NULL rowtime counts as 1970
//! Tests       crates/tests/goldens/operators/TemporalSort.*.script, crates/tests/corpus/sort-limit

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable, Watermark,
    timestamps_ms,
};
use streamsql_plan::{TemporalSort as TemporalSortNode, TimeDomain};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OneTable, OrderedTable, Parts, RowRef, Slot};

pub struct TemporalSort {
    spec: OperatorSpec,
    node: TemporalSortNode,
    output: SchemaRef,
    codec: KeyCodec,
    /// The key of all rows; none on a shard that gets no rows.
    place: Option<Key>,
    keys: KeyBatch,
    rows: OrderedTable,
    last: OneTable,
    values: Parts,
    slots: Vec<Slot>,
    last_slots: Vec<Slot>,
    /// When the rows that wait for processing time to pass are sent.
    due: Option<i64>,
}

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

impl TemporalSort {
    pub fn new(
        spec: OperatorSpec,
        node: &TemporalSortNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let mut codec = KeyCodec::new(&input.to_arrow(), &[])?;
        let mut keys = KeyBatch::default();
        codec.encode_columns(&[], 1, &mut keys)?;
        let place = range.contains(keys.key_group(0)).then(|| keys.to_key(0));
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            codec,
            place,
            keys,
            rows: OrderedTable::new("rows", 0, &node.rows(input), range)?,
            last: OneTable::new("last", 1, &node.last(), range)?,
            values: Parts::default(),
            slots: Vec::new(),
            last_slots: Vec::new(),
            due: None,
            node: node.clone(),
        })
    }

    /// Sends rows that are in order.
    fn send(&self, rows: &[RowRef], cx: &mut Context<'_>) -> Result<()> {
        let columns: Vec<usize> = (0..self.output.fields().len()).collect();
        for rows in rows.chunks(OUTPUT_ROWS) {
            let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
            let columns = self.rows.gather(rows, &columns)?;
            let batch = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
            cx.emit(ChangeBatch::inserts(batch));
        }
        Ok(())
    }

    /// Whether a watermark is a new one; after a restart the last one comes again.
    fn advance(&mut self, watermark: i64) -> Result<bool> {
        let Some(key) = &self.place else { return Ok(false) };
        let mut slot = self.last.find(key);
        let known = self.last.get(&slot).and_then(|row| self.last.row(row).i64(1));
        if known.is_some_and(|known| watermark <= known) {
            return Ok(false);
        }
        self.last.edit_key(key, &mut slot)?.set_i64(1, watermark)?;
        Ok(true)
    }

    /// Sends the rows up to a time; `advances` when later rows of that time are late.
    fn release(&mut self, until_ms: i64, advances: bool, cx: &mut Context<'_>) -> Result<()> {
        self.rows.begin()?;
        let Some(first) = self.rows.keys().next() else { return Ok(()) };
        let key = self.rows.key(first);
        let mut slot = self.rows.find(&key);
        let due = self.rows.remove_until(&mut slot, until_ms)?;
        let Some(last) = due.last() else { return Ok(()) };
        if advances {
            let time = self.rows.row(*last).i64(self.node.time()).unwrap_or(0);
            let mut slot = self.last.find(&key);
            self.last.edit_key(&key, &mut slot)?.set_i64(0, time)?;
        }
        self.send(&due, cx)
    }

    /// Sends all rows that wait.
    fn release_all(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.due = None;
        self.rows.begin()?;
        let Some(first) = self.rows.keys().next() else { return Ok(()) };
        let key = self.rows.key(first);
        let mut slot = self.rows.find(&key);
        let rows: Vec<RowRef> = self.rows.scan(&slot).collect();
        self.rows.clear(&mut slot);
        self.send(&rows, cx)
    }

    fn is_by_rowtime(&self) -> bool {
        self.node.domain == TimeDomain::EventTime
    }
}

impl Operator for TemporalSort {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        if self.due.is_some_and(|due| due <= cx.processing_time_ms) {
            self.release_all(cx)?;
        }
        let rows = batch.rows();
        self.codec.encode(rows, &mut self.keys)?;
        self.rows.encode(rows.columns(), rows.num_rows(), &mut self.values)?;
        self.rows.probe(&self.keys, &mut self.slots)?;
        if !self.is_by_rowtime() {
            for row in 0..rows.num_rows() {
                let id = self.keys.id(row);
                self.rows.insert(&self.keys, id, &mut self.slots[id], &self.values, row)?;
            }
            self.due = Some(cx.processing_time_ms.saturating_add(1));
            return Ok(());
        }
        let times: Vec<i64> =
            timestamps_ms(rows.column(self.node.time()))?.map(|time| time.unwrap_or(0)).collect();
        self.last.probe(&self.keys, &mut self.last_slots)?;
        for (row, time) in times.into_iter().enumerate() {
            let id = self.keys.id(row);
            let sent = self.last.get(&self.last_slots[id]);
            if sent.and_then(|sent| self.last.row(sent).i64(0)).is_some_and(|last| time <= last) {
                cx.late_rows += 1;
                continue;
            }
            self.rows.insert(&self.keys, id, &mut self.slots[id], &self.values, row)?;
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        if self.is_by_rowtime() && self.advance(watermark.0)? {
            self.release(watermark.0, true, cx)?;
        }
        Ok(watermark)
    }

    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.is_by_rowtime() { self.release(i64::MAX, false, cx) } else { self.release_all(cx) }
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.due.is_some_and(|due| due <= cx.processing_time_ms) { self.release_all(cx) } else { Ok(()) }
    }

    fn next_tick(&self) -> Option<i64> {
        self.due
    }

    /// The time of the rows that wait has passed.
    fn restored(&mut self) -> Result<()> {
        self.due = (!self.is_by_rowtime() && self.rows.rows() > 0).then_some(0);
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        match self.node.domain {
            TimeDomain::EventTime => vec![&mut self.rows, &mut self.last],
            TimeDomain::ProcessingTime => vec![&mut self.rows],
        }
    }
}
