//! Rank, SortLimit and Limit: the rows of each partition whose number in its order is within a range.
//!
//! Input       port 0; append-only (AppendFast), updates without `-U` by a key whose rows only move up (UpdateFast), or
//!             any changes with `-U` (Retract)
//! Output      with the number: a change of what stands at a number is `-U` `+U`, a number that comes or goes `+I` or
//!             `-D`; without: `-D` of the row that leaves, `+I` of the one that enters, `-U` `+U` where the row of a key
//!             changes or only the first row is shown
//! State       `rows`: partition -> its rows in order, at most as many as are shown; all of them under Retract; for ever,
//!             or for `table.exec.state.ttl` since the last write of a row; `bounds`: partition -> number of the last row
//!             shown, where a column says it
//! Watermark   passes
//! Late rows   processed like any other (Flink does not look at the watermark here)
//! Cost        AppendFast: one comparison for a row that is not shown; else, where numbers change, as many rows as are
//!             shown behind it; Retract and UpdateFast: up to the number of rows shown
//! Errors      none; a retraction of an unknown row is ignored, as in Flink
//! Source      Flink `AppendOnlyTopNFunction`, `FastTop1Function`, `UpdatableTopNFunction`, `RetractableTopNFunction`;
//!             equal rows stand in the order of their arrival, an equal newcomer does not displace
//! Tests       crates/tests/goldens/operators/{Rank,SortLimit,Limit}.*.script, crates/tests/corpus/{rank,sort-limit}

mod bounds;
mod counted;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use std::sync::Arc;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema, StateTable,
};
use streamsql_plan::{Rank as RankNode, RankStrategy};
use streamsql_state::tables::{KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

use bounds::{Bounds, Window};
pub use counted::CountedRank;

pub struct Rank {
    spec: OperatorSpec,
    node: RankNode,
    output: SchemaRef,
    /// Columns of the input.
    width: usize,
    codec: KeyCodec,
    keys: KeyBatch,
    rows: OrderedTable,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
    bounds: Bounds,
    out: Output,
}

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

/// Changes on their way out.
#[derive(Default)]
struct Output {
    rows: Vec<RowRef>,
    kinds: Vec<RowKind>,
    numbers: Vec<i64>,
    update_before: bool,
}

impl Output {
    /// The row at a position, from 0.
    fn push(&mut self, kind: RowKind, row: RowRef, position: usize) {
        if kind == RowKind::UpdateBefore && !self.update_before {
            return;
        }
        self.rows.push(row);
        self.kinds.push(kind);
        self.numbers.push(position as i64 + 1);
    }

    fn update(&mut self, old: RowRef, new: RowRef, position: usize) {
        self.push(RowKind::UpdateBefore, old, position);
        self.push(RowKind::UpdateAfter, new, position);
    }
}

impl Rank {
    pub fn new(spec: OperatorSpec, node: &RankNode, input: &Schema, range: KeyGroupRange) -> Result<Self> {
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
            bounds: Bounds::new(node, input, 1, range)?,
            out: Output { update_before: node.emit_update_before, ..Output::default() },
            node: node.clone(),
        })
    }

    /// The first rows of a partition and the one behind them.
    fn first(&self, id: usize, rows: usize) -> Vec<RowRef> {
        self.rows.scan(&self.slots[id]).take(rows).collect()
    }

    fn insert(&mut self, id: usize, row: usize) -> Result<RowRef> {
        self.rows.insert(&self.keys, id, &mut self.slots[id], &self.values, row)
    }

    /// Whether a row would stand among those that are kept, given how many that are at most.
    fn is_wanted(&self, id: usize, row: usize, most: usize) -> bool {
        let slot = &self.slots[id];
        self.rows.len(slot) < most
            || self
                .rows
                .scan(slot)
                .next_back()
                .is_none_or(|last| self.rows.is_before(&self.values, row, last))
    }

    /// Lets the last rows go until so many are left.
    fn shorten(&mut self, id: usize, rows: usize) {
        while self.rows.len(&self.slots[id]) > rows {
            let Some(last) = self.rows.scan(&self.slots[id]).next_back() else { return };
            self.rows.remove(&mut self.slots[id], last);
        }
    }

    /// The first row alone: a better one takes its place, whatever its key (Flink `FastTop1Function`).
    fn replace_first(&mut self, id: usize, row: usize) -> Result<()> {
        let old = self.rows.scan(&self.slots[id]).next();
        match old {
            Some(old) if !self.rows.is_before(&self.values, row, old) => {}
            Some(old) => {
                self.rows.remove(&mut self.slots[id], old);
                let new = self.insert(id, row)?;
                self.out.update(old, new, 0);
            }
            None => {
                let new = self.insert(id, row)?;
                self.out.push(RowKind::Insert, new, 0);
            }
        }
        Ok(())
    }

    /// A row that is never taken back.
    fn append(&mut self, id: usize, row: usize, window: Window) -> Result<()> {
        if !self.is_wanted(id, row, window.kept) {
            return Ok(());
        }
        let new = self.insert(id, row)?;
        if self.node.number || window.first > 0 {
            let rows = self.first(id, window.end.saturating_add(1));
            self.inserted(&rows, new, window);
        } else if self.rows.len(&self.slots[id]) > window.end {
            let last = self.rows.scan(&self.slots[id]).next_back().filter(|last| *last != new);
            if let Some(last) = last {
                self.out.push(RowKind::Delete, last, window.end);
                self.out.push(RowKind::Insert, new, 0);
            }
        } else {
            self.out.push(RowKind::Insert, new, 0);
        }
        self.shorten(id, window.end);
        Ok(())
    }

    /// A row that takes the place of the one with its key.
    fn update(&mut self, id: usize, row: usize, key: &[usize], window: Window) -> Result<()> {
        let plain = !self.node.number && window.first == 0;
        let new = self.rows.unstored(&self.keys, id, &self.values, row);
        let has_key = |kept: &RowRef| {
            let kept = self.rows.row(*kept);
            key.iter().all(|column| kept.bytes(*column) == new.bytes(*column))
        };
        let old = self.rows.scan(&self.slots[id]).find(has_key);
        if old.is_none() && !self.is_wanted(id, row, window.kept) {
            return Ok(());
        }
        let before = if plain { Vec::new() } else { self.first(id, window.end) };
        let new = match old {
            // It keeps its place among equal ones.
            Some(old) if self.rows.equals(&self.slots[id], &self.values, row).any(|kept| kept == old) => {
                self.rows.replace(&mut self.slots[id], old, &self.values, row)?
            }
            Some(old) => {
                self.rows.remove(&mut self.slots[id], old);
                self.insert(id, row)?
            }
            None => self.insert(id, row)?,
        };
        if plain {
            let last = self.rows.scan(&self.slots[id]).next_back();
            let overflows = self.rows.len(&self.slots[id]) > window.end;
            match (old, last) {
                (Some(old), _) => self.out.update(old, new, 0),
                (None, Some(last)) if overflows && last == new => {}
                (None, Some(last)) if overflows => {
                    self.out.push(RowKind::Delete, last, window.end);
                    self.out.push(RowKind::Insert, new, 0);
                }
                (None, _) => self.out.push(RowKind::Insert, new, 0),
            }
            self.shorten(id, window.end);
            return Ok(());
        }
        let mut after = self.first(id, window.end.saturating_add(1));
        // Flink keeps the row behind the last number, with those that are equal to it, too.
        if let Some(behind) = after.get(window.end).copied() {
            let equal = self.rows.scan(&self.slots[id]).skip(window.end);
            let equal = equal.take_while(|row| self.rows.compare(*row, behind).is_eq()).count();
            self.shorten(id, window.end + equal);
        }
        after.truncate(window.end);
        self.changed(&before, &after, window);
        Ok(())
    }

    /// A row of a partition of which all rows are kept.
    fn accumulate(&mut self, id: usize, row: usize, window: Window) -> Result<()> {
        let new = self.insert(id, row)?;
        let rows = self.first(id, window.end.saturating_add(1));
        self.inserted(&rows, new, window);
        Ok(())
    }

    fn retract(&mut self, id: usize, row: usize, window: Window) {
        let mut equal = self.rows.equals(&self.slots[id], &self.values, row);
        let Some(old) = equal.find(|kept| self.rows.has_values(*kept, &self.values, row)) else { return };
        drop(equal);
        let rows = self.first(id, window.end.saturating_add(1));
        self.removed(&rows, old, window);
        self.rows.remove(&mut self.slots[id], old);
    }

    /// Tells what a new row moves; `rows` are the first ones with it.
    fn inserted(&mut self, rows: &[RowRef], new: RowRef, window: Window) {
        let Some(at) = rows.iter().position(|row| *row == new).filter(|at| *at < window.end) else { return };
        let at = at.max(window.first);
        if !self.node.number {
            if let Some(gone) = rows.get(window.end) {
                self.out.push(RowKind::Delete, *gone, window.end);
            }
            if let Some(come) = rows.get(at) {
                self.out.push(RowKind::Insert, *come, at);
            }
            return;
        }
        for position in at..rows.len().min(window.end) {
            match rows.get(position + 1) {
                Some(was) => self.out.update(*was, rows[position], position),
                None => self.out.push(RowKind::Insert, rows[position], position),
            }
        }
    }

    /// Tells what moves when a row goes; `rows` are the first ones, still with it.
    fn removed(&mut self, rows: &[RowRef], old: RowRef, window: Window) {
        let Some(at) = rows.iter().position(|row| *row == old).filter(|at| *at < window.end) else { return };
        let at = at.max(window.first);
        if !self.node.number {
            if let Some(gone) = rows.get(at) {
                self.out.push(RowKind::Delete, *gone, at);
            }
            if let Some(come) = rows.get(window.end) {
                self.out.push(RowKind::Insert, *come, window.end);
            }
            return;
        }
        for position in at..rows.len().min(window.end) {
            match rows.get(position + 1) {
                Some(comes) => self.out.update(rows[position], *comes, position),
                None => self.out.push(RowKind::Delete, rows[position], position),
            }
        }
    }

    /// Tells how the rows at the numbers differ.
    fn changed(&mut self, before: &[RowRef], after: &[RowRef], window: Window) {
        let shown = |rows: &[RowRef]| rows.get(window.first..).unwrap_or_default().to_vec();
        let (before, after) = (shown(before), shown(after));
        if !self.node.number {
            for row in before.iter().filter(|row| !after.contains(row)) {
                self.out.push(RowKind::Delete, *row, 0);
            }
            for row in after.iter().filter(|row| !before.contains(row)) {
                self.out.push(RowKind::Insert, *row, 0);
            }
            return;
        }
        for index in 0..before.len().max(after.len()) {
            let position = window.first + index;
            match (before.get(index), after.get(index)) {
                (Some(old), Some(new)) if old != new => self.out.update(*old, *new, position),
                (Some(old), None) => self.out.push(RowKind::Delete, *old, position),
                (None, Some(new)) => self.out.push(RowKind::Insert, *new, position),
                _ => {}
            }
        }
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.out.rows.is_empty() {
            return Ok(());
        }
        let columns: Vec<usize> = (0..self.width).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.out.rows.len()));
        let mut columns: Vec<ArrayRef> = self.rows.gather(&self.out.rows, &columns)?;
        let numbers = std::mem::take(&mut self.out.numbers);
        if self.node.number {
            columns.push(Arc::new(Int64Array::from(numbers)));
        }
        let batch = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
        self.out.rows.clear();
        cx.emit(ChangeBatch::new(batch, std::mem::take(&mut self.out.kinds))?);
        Ok(())
    }
}

impl Operator for Rank {
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
        self.bounds.begin(&self.keys, rows, cx.processing_time_ms)?;
        let strategy = self.node.strategy.clone();
        for row in 0..batch.num_rows() {
            let id = self.keys.id(row);
            let window = self.bounds.window(&self.keys, id, row)?;
            if window.is_empty() {
                continue;
            }
            self.rows.remove_expired(&mut self.slots[id]);
            match &strategy {
                RankStrategy::AppendFast | RankStrategy::UpdateFast(_) if self.node.is_first() => {
                    self.replace_first(id, row)?;
                }
                RankStrategy::AppendFast => self.append(id, row, window)?,
                RankStrategy::UpdateFast(key) => self.update(id, row, key, window)?,
                RankStrategy::Retract if batch.kind(row).is_retraction() => self.retract(id, row, window),
                RankStrategy::Retract => self.accumulate(id, row, window)?,
            }
            if self.out.rows.len() >= OUTPUT_ROWS {
                self.flush(cx)?;
            }
        }
        self.flush(cx)
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = vec![&mut self.rows];
        tables.extend(self.bounds.table());
        tables
    }
}
