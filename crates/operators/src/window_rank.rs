//! WindowRank, WindowDeduplicate: the first rows of each partition of a window, given when the window is complete.
//!
//! Input       port 0, append-only, with the start and the end of each row's window in two columns
//! Output      append-only: the rows of each partition in their order, with the number where it is shown
//! State       `rows`: (window, partition) -> as many rows as may be shown, in order, until the window is complete
//! Watermark   in `w`: the windows that are complete at `w`, in the order of their ends, each in the order of its keys'
//!             hashes; out: `w`
//! End         all windows are told and stay, marked so: the next run tells those that get another row
//! Late rows   dropped and counted when their window is complete, and where they have none: an outer join pads windows, too
//! Cost        one comparison for a row that is not kept, else one insertion into the order of its partition
//! Errors      none
//! Source      Flink `WindowRankProcessor`, `TopNRecordsCombiner`, `RowTimeWindowDeduplicateRecordsCombiner`: an equal
//!             newcomer is rejected; where the last row by time is kept, it replaces
//! Tests       crates/tests/goldens/operators/{WindowRank,WindowDeduplicate}.*.script, crates/tests/corpus/window-rank

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable, Watermark,
    timestamps_ms,
};
use streamsql_plan::{Keep, WindowRank as WindowRankNode};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

pub struct WindowRank {
    spec: OperatorSpec,
    node: WindowRankNode,
    output: SchemaRef,
    /// Columns of the input.
    width: usize,
    codec: KeyCodec,
    keys: KeyBatch,
    rows: OrderedTable,
    /// Columns of the table outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
    /// Keys by the end of their window.
    due: BTreeMap<(i64, u64, u128), Key>,
    /// Windows that are complete at this watermark have been told.
    watermark: i64,
}

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

/// Rows on their way out.
#[derive(Default)]
struct Output {
    rows: Vec<RowRef>,
    numbers: Vec<i64>,
}

impl WindowRank {
    pub fn new(
        spec: OperatorSpec,
        node: &WindowRankNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let layout = node.rows(input);
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            width: input.len(),
            codec: KeyCodec::new(&input.to_arrow(), &node.partition)?,
            keys: KeyBatch::default(),
            rows: OrderedTable::new("rows", 0, &layout, range)?,
            value: layout.value(),
            values: Parts::default(),
            slots: Vec::new(),
            due: BTreeMap::new(),
            watermark: i64::MIN,
            node: node.clone(),
        })
    }

    /// Takes a row in where it may be shown.
    fn take(&mut self, id: usize, row: usize) -> Result<()> {
        let most = usize::try_from(self.node.to.max(0)).unwrap_or(usize::MAX);
        let slot = &mut self.slots[id];
        let last = self.rows.scan(slot).next_back();
        let wins = match (self.node.keep, last) {
            (_, None) => most > 0,
            (Some(Keep::Last), Some(kept)) => {
                let wins = !self.rows.is_before(&self.values, row, kept);
                if wins {
                    self.rows.remove(slot, kept);
                }
                wins
            }
            (_, Some(last)) => self.rows.len(slot) < most || self.rows.is_before(&self.values, row, last),
        };
        if wins {
            self.rows.insert(&self.keys, id, slot, &self.values, row)?;
            let last = self.rows.scan(slot).next_back().filter(|_| self.rows.len(slot) > most);
            if let Some(last) = last {
                self.rows.remove(slot, last);
            }
        }
        Ok(())
    }

    /// Tells the partitions of windows that are complete at a watermark, and forgets them; at the end they stay.
    fn release(&mut self, until_ms: i64, ends: bool, cx: &mut Context<'_>) -> Result<()> {
        self.rows.begin()?;
        let mut out = Output::default();
        let mut kept = BTreeMap::new();
        while let Some((at, key)) = self.due.pop_first() {
            if self.node.windows.fires_at(at.0) > until_ms {
                self.due.insert(at, key);
                break;
            }
            let mut slot = self.rows.find(&key);
            let rows: Vec<RowRef> = self.rows.scan(&slot).collect();
            let told = self.width;
            if rows.iter().any(|row| self.rows.row(*row).is_null(told)) {
                for (row, number) in rows.iter().zip(1..).filter(|(_, number)| *number >= self.node.from) {
                    out.rows.push(*row);
                    out.numbers.push(number);
                }
            }
            if ends {
                for row in rows {
                    let row = self.rows.edit(&mut slot, row)?;
                    self.rows.row_mut(row)?.set_i64(told, 1)?;
                }
                kept.insert(at, key);
            } else {
                self.rows.clear(&mut slot);
            }
            if out.rows.len() >= OUTPUT_ROWS {
                self.send(&mut out, cx)?;
            }
        }
        self.due.append(&mut kept);
        self.send(&mut out, cx)
    }

    fn send(&self, out: &mut Output, cx: &mut Context<'_>) -> Result<()> {
        if out.rows.is_empty() {
            return Ok(());
        }
        let columns: Vec<usize> = (0..self.width).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(out.rows.len()));
        let mut columns = self.rows.gather(&out.rows, &columns)?;
        let numbers = std::mem::take(&mut out.numbers);
        if self.node.number {
            columns.push(Arc::new(Int64Array::from(numbers)));
        }
        out.rows.clear();
        let batch = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
        cx.emit(ChangeBatch::inserts(batch));
        Ok(())
    }
}

impl Operator for WindowRank {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let rows = batch.rows();
        self.codec.encode(rows, &mut self.keys)?;
        let told = new_null_array(&DataType::Int64, rows.num_rows());
        let column = |column: &usize| rows.columns().get(*column).unwrap_or(&told).clone();
        let columns: Vec<ArrayRef> = self.value.iter().map(column).collect();
        self.rows.encode(&columns, rows.num_rows(), &mut self.values)?;
        self.rows.probe(&self.keys, &mut self.slots)?;
        let ends: Vec<Option<i64>> = timestamps_ms(rows.column(self.node.end))?.collect();
        for (row, end) in ends.into_iter().enumerate() {
            let Some(end) = end.filter(|end| self.node.windows.fires_at(*end) > self.watermark) else {
                cx.late_rows += 1;
                continue;
            };
            let id = self.keys.id(row);
            if self.slots[id].is_empty() {
                let key = self.keys.to_key(id);
                self.due.insert((end, key.hash(), key.identity()), key);
            }
            self.take(id, row)?;
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        self.watermark = watermark.0;
        self.release(watermark.0, false, cx)?;
        Ok(watermark)
    }

    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.release(i64::MAX, true, cx)
    }

    fn restored(&mut self) -> Result<()> {
        let keys: Vec<RowRef> = self.rows.keys().collect();
        let ends = timestamps_ms(&self.rows.gather(&keys, &[self.node.end])?[0])?.collect::<Vec<_>>();
        for (row, end) in keys.into_iter().zip(ends) {
            let key = self.rows.key(row);
            self.due.insert((end.unwrap_or(0), key.hash(), key.identity()), key);
        }
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        vec![&mut self.rows]
    }
}
