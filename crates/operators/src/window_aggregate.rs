//! WindowAggregate, GroupWindowAggregate: aggregates of each group and window, given when the window is complete.
//!
//! Input       port 0; a window aggregate takes append-only input, a group window any
//! Output      append-only, one `+I` a group and window: keys, calls, start, end and time of the window
//! State       `windows`: (end of a slice, key) -> accumulators, until the last window over the slice is complete;
//!             `distinct-N`, `values-N`: (key, slice) -> values of calls that need them, as long; `progress`: how far
//!             windows were told, where they share slices
//! Watermark   in `w`: the windows that are complete at `w`, in the order of their ends, each in the order of its keys'
//!             hashes; out: `w`
//! End         all windows are told and stay, marked so: the next run tells those that get another row
//! Ticks       processing time only: at the end of the next window
//! Late rows   dropped and counted when the last window that they are in is complete; a row whose first windows are
//!             counts in the others
//! Cost        one update of a slice a row, whatever the number of windows; O(slices x keys) a window that hops, O(keys)
//!             one that cumulates
//! Errors      a rowtime that is NULL, where the windows are those of a table function; a group window counts such rows
//!             as late
//! Source      Flink `SlicingWindowOperator`, `AbstractWindowAggProcessor`, `SliceAssigners`, `WindowOperator`; its
//!             buffers, which lose rows where windows have an offset, and its panes by wall time, which lose a day of 23
//!             hours, have no part here
//! Tests       crates/tests/goldens/operators/{WindowAggregate,GroupWindowAggregate}.*.script,
//!             crates/tests/corpus/{window-aggregate,group-window}

pub mod firing;
mod placing;

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable, Watermark,
};
use streamsql_plan::WindowAggregate as WindowAggregateNode;
use streamsql_state::tables::{KeyBatch, KeyCodec, Parts, RowRef, WindowSlot, WindowsTable};

use self::placing::Placed;
use crate::aggregates::{self, Calls, Changes};
use crate::progress::Progress;

pub struct WindowAggregate {
    spec: OperatorSpec,
    node: WindowAggregateNode,
    output: SchemaRef,
    codec: KeyCodec,
    keys: KeyBatch,
    /// Keys in slices, one a group; only where values stand in tables of their own.
    windowed: KeyBatch,
    windows: WindowsTable,
    progress: Progress,
    calls: Calls,
    /// Columns of `windows`: whether the window was told, the number of rows, the accumulators.
    told: usize,
    accumulators: Vec<usize>,
    /// The watermark, or processing time: windows that are complete at it have been told.
    time: i64,
    /// When the next window is complete; none while there is none.
    due: Option<i64>,
    slots: Vec<WindowSlot>,
    parts: Parts,
}

impl WindowAggregate {
    pub fn new(
        spec: OperatorSpec,
        node: &WindowAggregateNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let tables = node.tables(input);
        let width = node.keys.len();
        let first = width + 1 + usize::from(node.input_updates);
        let calls = Calls::of_windows(node, input, &tables, range)?;
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            codec: KeyCodec::new(&input.to_arrow(), &node.keys)?,
            keys: KeyBatch::default(),
            windowed: KeyBatch::default(),
            windows: WindowsTable::new(&tables[0].name, 0, &tables[0].layout, range)?,
            progress: Progress::new(&tables[1].name, 1, &tables[1].layout, range)?,
            calls,
            told: width,
            accumulators: (first..tables[0].layout.columns.len()).collect(),
            time: i64::MIN,
            due: None,
            slots: Vec::new(),
            parts: Parts::default(),
            node: node.clone(),
        })
    }

    /// The numbers of rows of groups, where rows are taken back.
    fn load_rows(&self, rows: &[RowRef]) -> Result<Option<Vec<i64>>> {
        if !self.node.input_updates {
            return Ok(None);
        }
        let mut counts = Vec::new();
        aggregates::load_counts(&self.windows.gather(rows, &[self.told + 1])?[0], &mut counts)?;
        Ok(Some(counts))
    }

    /// Adds the rows of a batch to their slices.
    fn add(&mut self, batch: &ChangeBatch, placed: &Placed) -> Result<()> {
        let pairs: Vec<(i64, usize)> =
            placed.groups.iter().map(|(slice, id)| (*slice, *id as usize)).collect();
        self.windows.probe(&self.keys, &pairs, &mut self.slots)?;
        let is_new = self.slots.iter().any(WindowSlot::is_empty);
        let rows: Vec<RowRef> =
            self.slots.iter().map(|slot| self.windows.get(slot).unwrap_or(RowRef::NULLS)).collect();
        let loaded = self.windows.gather(&rows, &self.accumulators)?;
        if self.calls.keeps_values {
            self.keys.in_windows(&placed.groups, &mut self.windowed);
        }
        self.calls.begin(&self.windowed, &loaded)?;
        let retracts: Option<Vec<bool>> =
            batch.kinds().map(|kinds| kinds.iter().map(|kind| kind.is_retraction()).collect());
        let changes = Changes {
            batch: batch.rows(),
            rows: &placed.rows,
            groups: &placed.group_of_row,
            retracts: retracts.as_deref(),
        };
        self.calls.update(&self.windowed, &changes)?;
        let mut counts = self.load_rows(&rows)?;
        if let Some(counts) = &mut counts {
            for (_, group, sign) in changes.iter() {
                counts[group] += sign;
            }
        }
        let accumulators = self.calls.accumulators()?;
        self.store(&vec![false; placed.groups.len()], counts.as_deref(), accumulators)?;
        for (group, (_, id)) in pairs.into_iter().enumerate() {
            self.windows.put(&self.keys, id, &mut self.slots[group], &self.parts, group)?;
        }
        if is_new {
            self.due = self.next_end(None).map(|end| self.node.windowing.fires_at(end));
        }
        Ok(())
    }

    /// Makes the rows of groups ready to be put.
    fn store(&mut self, told: &[bool], counts: Option<&[i64]>, accumulators: Vec<ArrayRef>) -> Result<()> {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(BooleanArray::from(told.to_vec()))];
        columns.extend(counts.map(aggregates::count_array));
        columns.extend(accumulators);
        self.windows.encode(&columns, told.len(), &mut self.parts)
    }
}

impl Operator for WindowAggregate {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        if !self.node.windowing.by_event_time() {
            self.advance(cx.processing_time_ms, cx)?;
        }
        self.codec.encode(batch.rows(), &mut self.keys)?;
        let placed = self.place(batch.rows(), cx)?;
        cx.late_rows += placed.late;
        if placed.has_told_windows {
            // Told windows over a slice that is there again: they must not be told once more.
            self.progress.set(self.time);
        }
        if !placed.rows.is_empty() {
            self.add(&batch, &placed)?;
        }
        self.progress.store()
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        if self.node.windowing.by_event_time() {
            self.advance(watermark.0, cx)?;
        }
        Ok(watermark)
    }

    /// By processing time nothing is due at the end (Flink drops such timers).
    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.node.windowing.by_event_time() { self.tell_all(cx) } else { Ok(()) }
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.node.windowing.by_event_time() { Ok(()) } else { self.advance(cx.processing_time_ms, cx) }
    }

    fn next_tick(&self) -> Option<i64> {
        if self.node.windowing.by_event_time() { None } else { self.due }
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = vec![&mut self.windows, self.progress.table()];
        tables.extend(self.calls.tables());
        tables
    }

    fn restored(&mut self) -> Result<()> {
        self.progress.restored();
        self.time = self.progress.time();
        self.due = self.next_end(None).map(|end| self.node.windowing.fires_at(end));
        Ok(())
    }
}
