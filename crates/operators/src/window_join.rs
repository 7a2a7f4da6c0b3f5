//! WindowJoin: pairs of rows with equal keys in the same window, when that is complete.
//!
//! Input       port 0 left, port 1 right, both append-only, with start and end of a window in each row
//! Output      append-only, left ++ right columns, outer rows padded; of a semi or anti join left rows
//! State       `left`, `right`: key -> rows by the time at which their window is complete, until then; `times`: key -> when
//!             its next window is complete; `progress`: the watermark
//! Watermark   passes, behind the windows that it completes
//! End         windows that are not complete go out as far as they have come; their rows stay, marked as sent, so that a
//!             later run joins them with what comes then and sends nothing twice
//! Late rows   rows whose window is complete are dropped and counted
//! Cost        O(log rows of the key) a row; every pair of rows of one key and window is looked at once; output is gathered
//!             in columns, at most 8,192 rows a batch
//! Errors      what the residual condition fails with
//! Source      Flink `WindowJoinOperator`; a NULL key matches nothing
//! Tests       crates/tests/goldens/operators/WindowJoin.*.script, crates/tests/corpus/window-join

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable, Watermark,
    timestamps_ms,
};
use streamsql_plan::{JoinKind, WindowJoin as WindowJoinNode};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

use crate::due::Due;
use crate::progress::Progress;

const LEFT: usize = 0;
const RIGHT: usize = 1;

/// Most rows of one output batch, and most pairs whose condition is evaluated together.
const OUTPUT_ROWS: usize = 8_192;

/// What was told of a row when all inputs had ended.
const SENT_ALONE: i64 = 1;
const SENT_MATCHED: i64 = 2;

/// Rows of both sides in one window of one key, each with what was told of it.
type Sides = [Vec<(RowRef, i64)>; 2];

pub struct WindowJoin {
    spec: OperatorSpec,
    schema: SchemaRef,
    /// Of left ++ right columns, for the residual condition.
    both: SchemaRef,
    node: WindowJoinNode,
    sides: [Side; 2],
    times: Due,
    /// The last watermark: rows of windows that are complete are late, also after a restart.
    progress: Progress,
    keys: KeyBatch,
    /// Rows waiting to be gathered.
    pending: [Vec<RowRef>; 2],
}

/// One input and what is kept of it.
struct Side {
    codec: KeyCodec,
    /// The input's columns, the time at which the window is complete, what was told of the row.
    rows: OrderedTable,
    width: usize,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
    /// Column with the window's end.
    end: usize,
    keys: Vec<usize>,
}

impl Side {
    fn new(node: &WindowJoinNode, port: Port, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        let layout = node.rows_layout(port, input);
        let width = input.len();
        Ok(Self {
            codec: KeyCodec::new(&input.to_arrow(), &layout.key)?,
            rows: OrderedTable::new(["left", "right"][port], port, &layout, range)?,
            width,
            value: layout.value().into_iter().filter(|column| *column < width).collect(),
            values: Parts::default(),
            slots: Vec::new(),
            end: node.window(port).1,
            keys: layout.key,
        })
    }

    fn sent(&self, row: RowRef) -> i64 {
        self.rows.row(row).i64(self.width + 1).unwrap_or(0)
    }

    fn has_null_key(&self, row: RowRef) -> bool {
        self.keys.iter().any(|key| self.rows.row(row).is_null(*key))
    }

    fn gather(&self, rows: &[RowRef]) -> Result<Vec<ArrayRef>> {
        let columns: Vec<usize> = (0..self.width).collect();
        self.rows.gather(rows, &columns)
    }

    /// Rows by the end of their window.
    fn by_window(&self, rows: &[RowRef], port: Port, windows: &mut BTreeMap<i64, Sides>) -> Result<()> {
        let ends = self.rows.gather(rows, &[self.end])?;
        for (row, end) in rows.iter().zip(timestamps_ms(&ends[0])?) {
            windows.entry(end.unwrap_or(0)).or_default()[port].push((*row, self.sent(*row)));
        }
        Ok(())
    }
}

impl WindowJoin {
    pub fn new(
        spec: OperatorSpec,
        node: &WindowJoinNode,
        left: &Schema,
        right: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let nullable = |schema: &Schema| {
            let columns = schema.columns.iter().cloned();
            columns.map(|column| streamsql_core::Column { nullable: true, ..column }).collect::<Vec<_>>()
        };
        let both = Schema::new([nullable(left), nullable(right)].concat());
        Ok(Self {
            schema: spec.output.to_arrow(),
            spec,
            both: both.to_arrow(),
            sides: [Side::new(node, LEFT, left, range)?, Side::new(node, RIGHT, right, range)?],
            times: Due::new("times", 2, &node.times_layout(left), range)?,
            progress: Progress::new("progress", 3, &node.progress_layout(), range)?,
            node: node.clone(),
            keys: KeyBatch::default(),
            pending: [Vec::new(), Vec::new()],
        })
    }

    fn pair(&mut self, left: RowRef, right: RowRef, cx: &mut Context<'_>) -> Result<()> {
        self.pending[LEFT].push(left);
        self.pending[RIGHT].push(right);
        if self.pending[LEFT].len() >= OUTPUT_ROWS { self.flush(cx) } else { Ok(()) }
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let [lefts, rights] = std::mem::take(&mut self.pending);
        if lefts.is_empty() {
            return Ok(());
        }
        let mut columns = self.sides[LEFT].gather(&lefts)?;
        if !self.node.kind.is_left_only() {
            columns.extend(self.sides[RIGHT].gather(&rights)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(lefts.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        cx.emit(ChangeBatch::inserts(batch));
        Ok(())
    }

    /// Which of some pairs the residual condition holds for.
    fn holds(&self, pairs: &[(usize, usize)], rows: &Sides, cx: &Context<'_>) -> Result<Vec<bool>> {
        let Some(residual) = &self.node.residual else { return Ok(vec![true; pairs.len()]) };
        let lefts: Vec<RowRef> = pairs.iter().map(|(left, _)| rows[LEFT][*left].0).collect();
        let rights: Vec<RowRef> = pairs.iter().map(|(_, right)| rows[RIGHT][*right].0).collect();
        let mut columns = self.sides[LEFT].gather(&lefts)?;
        columns.extend(self.sides[RIGHT].gather(&rights)?);
        let batch = RecordBatch::try_new(Arc::clone(&self.both), columns)?;
        let holds = residual.holds(&batch, &cx.evaluation())?;
        Ok((0..pairs.len()).map(|pair| holds.value(pair)).collect())
    }

    /// Joins the rows of one key in one window, and says which of either side have a match.
    fn join(&mut self, rows: &Sides, cx: &mut Context<'_>) -> Result<[Vec<bool>; 2]> {
        let kind = self.node.kind;
        let mut matched = [LEFT, RIGHT].map(|port| vec![false; rows[port].len()]);
        let comparable = !rows[LEFT].is_empty()
            && !rows[RIGHT].is_empty()
            && !self.sides[LEFT].has_null_key(rows[LEFT][0].0);
        if comparable {
            let width = rows[RIGHT].len();
            let all = rows[LEFT].len() * width;
            let mut start = 0;
            while start < all {
                let end = all.min(start + OUTPUT_ROWS);
                let pairs: Vec<(usize, usize)> =
                    (start..end).map(|pair| (pair / width, pair % width)).collect();
                for ((left, right), holds) in pairs.iter().zip(self.holds(&pairs, rows, cx)?) {
                    if !holds {
                        continue;
                    }
                    matched[LEFT][*left] = true;
                    matched[RIGHT][*right] = true;
                    let ((left, left_sent), (right, right_sent)) = (rows[LEFT][*left], rows[RIGHT][*right]);
                    if !kind.is_left_only() && (left_sent == 0 || right_sent == 0) {
                        self.pair(left, right, cx)?;
                    }
                }
                start = end;
            }
        }
        for ((row, sent), matched) in rows[LEFT].iter().zip(&matched[LEFT]) {
            let goes = match kind {
                JoinKind::Semi => *matched && *sent != SENT_MATCHED,
                JoinKind::Anti => !*matched && *sent == 0,
                _ => kind.keeps_left() && !*matched && *sent == 0,
            };
            if goes {
                self.pair(*row, RowRef::NULLS, cx)?;
            }
        }
        if kind.keeps_right() {
            for ((row, sent), matched) in rows[RIGHT].iter().zip(&matched[RIGHT]) {
                if !matched && *sent == 0 {
                    self.pair(RowRef::NULLS, *row, cx)?;
                }
            }
        }
        Ok(matched)
    }

    /// Joins the windows that are complete, in the order in which they become so, and drops their rows.
    fn fire(&mut self, until: i64, cx: &mut Context<'_>) -> Result<()> {
        while let Some(key) = self.times.pop(until) {
            let mut slot = self.times.table.find(&key);
            let Some(time) = self.times.time(&slot) else { continue };
            let mut windows = BTreeMap::new();
            let mut next = i64::MAX;
            for (port, side) in self.sides.iter_mut().enumerate() {
                let mut rows = side.rows.find(&key);
                let complete = side.rows.remove_until(&mut rows, time)?;
                side.by_window(&complete, port, &mut windows)?;
                let first = side.rows.scan(&rows).next();
                next = next.min(first.and_then(|row| side.rows.row(row).i64(side.width)).unwrap_or(i64::MAX));
            }
            match next {
                i64::MAX => {
                    self.times.table.remove(&mut slot);
                }
                next => self.times.set(&key, &mut slot, next)?,
            }
            for rows in windows.values() {
                self.join(rows, cx)?;
            }
        }
        self.flush(cx)
    }

    /// Remembers what was told of the rows of a key.
    fn mark(&mut self, key: &Key, port: Port, rows: &[(RowRef, i64)], matched: &[bool]) -> Result<()> {
        let side = &mut self.sides[port];
        let mut slot = side.rows.find(key);
        for ((row, sent), matched) in rows.iter().zip(matched) {
            let told = if *matched || *sent == SENT_MATCHED { SENT_MATCHED } else { SENT_ALONE };
            if told != *sent {
                let row = side.rows.edit(&mut slot, *row)?;
                side.rows.row_mut(row)?.set_i64(side.width + 1, told)?;
            }
        }
        Ok(())
    }
}

impl Operator for WindowJoin {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let batch = batch.rows();
        let side = &mut self.sides[port];
        let ends = timestamps_ms(batch.column(side.end))?;
        // A row whose window an outer join has padded is late for any.
        let fires_at = |end: Option<i64>| end.map_or(i64::MIN, |end| self.node.windowing.fires_at(end));
        let times: Vec<i64> = ends.map(fires_at).collect();
        side.codec.encode(batch, &mut self.keys)?;
        let mut columns: Vec<ArrayRef> =
            side.value.iter().map(|c| ArrayRef::clone(batch.column(*c))).collect();
        columns.push(Arc::new(Int64Array::from(times.clone())));
        columns.push(Arc::new(Int64Array::from(vec![0; times.len()])));
        side.rows.encode(&columns, times.len(), &mut side.values)?;
        side.rows.probe(&self.keys, &mut side.slots)?;
        let mut due = Vec::new();
        self.times.table.probe(&self.keys, &mut due)?;
        for (row, time) in times.iter().enumerate() {
            if *time <= self.progress.time() {
                cx.late_rows += 1;
                continue;
            }
            let id = self.keys.id(row);
            side.rows.insert(&self.keys, id, &mut side.slots[id], &side.values, row)?;
            if self.times.time(&due[id]).is_none_or(|first| *time < first) {
                self.times.set(&self.keys.to_key(id), &mut due[id], *time)?;
            }
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        self.progress.set(watermark.0);
        self.progress.store()?;
        self.fire(watermark.0, cx)?;
        Ok(watermark)
    }

    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let keys: Vec<Key> = self.times.all().map(|(_, key)| key).collect();
        for key in keys {
            let mut windows = BTreeMap::new();
            for (port, side) in self.sides.iter().enumerate() {
                let rows: Vec<RowRef> = side.rows.scan(&side.rows.find(&key)).collect();
                side.by_window(&rows, port, &mut windows)?;
            }
            for rows in windows.values() {
                let matched = self.join(rows, cx)?;
                self.flush(cx)?;
                for port in [LEFT, RIGHT] {
                    self.mark(&key, port, &rows[port], &matched[port])?;
                }
            }
        }
        Ok(())
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let [left, right] = &mut self.sides;
        vec![&mut left.rows, &mut right.rows, &mut self.times.table, self.progress.table()]
    }

    fn restored(&mut self) -> Result<()> {
        self.times.restored();
        self.progress.restored();
        Ok(())
    }
}
