//! OverAggregate: functions over each row and the rows of its partition before it.
//!
//! Input       port 0, append-only
//! Output      append-only: each row with its values. By rowtime when the watermark reaches the row's time, in the order
//!             of time; by processing time at once, with a RANGE of an interval when the row's millisecond is over
//! State       `accumulators`: key -> what its frame has accumulated; `distinct-N`, `values-N` as in a GroupAggregate;
//!             `rows`: key -> rows that wait, and those that the frame holds; `times`: key -> when it is due, and how far
//!             it is worked off. A RANGE of an interval: until the watermark (or processing time) passes a key's last
//!             row by the interval, at most half as long again (`forgotten`, `announced`). `progress`: the watermark. Else for ever, or until no row
//!             came for `table.exec.state.ttl`, at most half as long again, and none waits
//! Watermark   passes, behind the rows that it releases
//! End         rows that wait go out; what was worked off is remembered
//! Ticks       processing time: when a millisecond with rows is over, when a key is to be forgotten
//! Late rows   dropped and counted: over all rows before those at or before the watermark, over some of them those at or
//!             before the last time that was worked off for their key
//! Cost        O(log rows of the key) a row that comes and one that leaves, O(rounds) a batch, a round being one step of
//!             every key; keys with many rows are worked off apart from those with few
//! Errors      what the functions fail with
//! Source      Flink `RowTimeRangeUnboundedPrecedingFunction`, `RowTimeRowsUnboundedPrecedingFunction`,
//!             `RowTimeRangeBoundedPrecedingFunction`, `RowTimeRowsBoundedPrecedingFunction` and their siblings of
//!             processing time
//! Tests       crates/tests/goldens/operators/OverAggregate.*.script, crates/tests/corpus/over-aggregate

mod frames;
mod steps;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{interleave, take_record_batch};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, Error, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateLayout,
    StateTable, Watermark, timestamps_ms,
};
use streamsql_plan::{OverAggregate as OverAggregateNode, OverFrame, TimeDomain};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OrderedTable, Parts, RowRef, Slot};

use self::frames::Frames;
use self::steps::{Steps, classes};
use crate::aggregates::Changes;
use crate::due::Due;
use crate::progress::Progress;

/// Most rows that are worked off, and go out, together.
const OUTPUT_ROWS: usize = 4_096;

pub struct OverAggregate {
    spec: OperatorSpec,
    node: OverAggregateNode,
    input: SchemaRef,
    output: SchemaRef,
    codec: KeyCodec,
    /// The keys of the rows at hand.
    keys: KeyBatch,
    frames: Frames,
    rows: Option<Rows>,
    times: Option<Due>,
    forgotten: Option<Due>,
    /// Key -> times at which it was to be forgotten: when they are over, rows at or before them are late, though the key
    /// is kept for longer by now (Flink keeps the timers that it set).
    announced: Option<OrderedTable>,
    /// The last watermark: rows that come behind it wait for the next one, also after a restart.
    progress: Option<Progress>,
}

/// Rows by key and time.
struct Rows {
    table: OrderedTable,
    /// Columns of the input, and of those the ones outside of the key.
    width: usize,
    value: Vec<usize>,
    values: Parts,
    slots: Vec<Slot>,
}

impl Rows {
    fn new(number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        let width = layout.columns.len() - 1;
        Ok(Self {
            table: OrderedTable::new("rows", number, layout, range)?,
            width,
            value: layout.value().into_iter().filter(|column| *column < width).collect(),
            values: Parts::default(),
            slots: Vec::new(),
        })
    }

    /// Takes the rows of a batch in, to be kept one by one.
    fn encode(&mut self, batch: &RecordBatch, times: &[i64], keys: &KeyBatch) -> Result<()> {
        let mut columns: Vec<ArrayRef> =
            self.value.iter().map(|c| ArrayRef::clone(batch.column(*c))).collect();
        columns.push(Arc::new(Int64Array::from(times.to_vec())));
        self.table.encode(&columns, times.len(), &mut self.values)?;
        self.table.probe(keys, &mut self.slots)
    }

    fn keep(&mut self, keys: &KeyBatch, row: usize) -> Result<()> {
        let id = keys.id(row);
        self.table.insert(keys, id, &mut self.slots[id], &self.values, row)?;
        Ok(())
    }

    fn time_of(&self, row: RowRef) -> i64 {
        self.table.row(row).i64(self.width).unwrap_or(0)
    }

    fn gather(&self, rows: &[RowRef], schema: &SchemaRef) -> Result<RecordBatch> {
        let columns: Vec<usize> = (0..self.width).collect();
        Ok(RecordBatch::try_new(Arc::clone(schema), self.table.gather(rows, &columns)?)?)
    }
}

fn missing() -> Error {
    Error::internal("OVER without the table that it needs")
}

impl OverAggregate {
    pub fn new(
        spec: OperatorSpec,
        node: &OverAggregateNode,
        input: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let tables = node.tables(input);
        let mut number = tables.calls.len()..;
        let mut next = || number.next().unwrap_or_default();
        let rows = tables.rows.as_ref().map(|layout| Rows::new(next(), layout, range)).transpose()?;
        let mut due = |name: &str, layout: &Option<StateLayout>| {
            layout.as_ref().map(|layout| Due::new(name, next(), layout, range)).transpose()
        };
        let (times, forgotten) = (due("times", &tables.times)?, due("forgotten", &tables.forgotten)?);
        let announced = tables.announced.as_ref();
        let announced =
            announced.map(|layout| OrderedTable::new("announced", next(), layout, range)).transpose()?;
        let progress = tables.progress.as_ref();
        let progress = progress.map(|layout| Progress::new("progress", next(), layout, range)).transpose()?;
        Ok(Self {
            input: input.to_arrow(),
            output: spec.output.to_arrow(),
            spec,
            codec: KeyCodec::new(&input.to_arrow(), &node.keys)?,
            keys: KeyBatch::default(),
            frames: Frames::new(node, input, range)?,
            rows,
            times,
            forgotten,
            announced,
            progress,
            node: node.clone(),
        })
    }

    fn by_rowtime(&self) -> bool {
        self.node.domain == TimeDomain::EventTime
    }

    fn watermark(&self) -> i64 {
        self.progress.as_ref().map_or(i64::MIN, Progress::time)
    }

    /// Keeps the rows of a batch until their time comes; those that are late are counted.
    fn wait(&mut self, batch: &RecordBatch, times: &[i64], cx: &mut Context<'_>) -> Result<()> {
        self.codec.encode(batch, &mut self.keys)?;
        let watermark = self.watermark();
        let (Some(rows), Some(due)) = (&mut self.rows, &mut self.times) else { return Err(missing()) };
        rows.encode(batch, times, &self.keys)?;
        let keys: Vec<Key> = (0..self.keys.len()).map(|id| self.keys.to_key(id)).collect();
        let mut slots = Vec::new();
        due.table.probe(&self.keys, &mut slots)?;
        let by_rowtime = self.node.domain == TimeDomain::EventTime;
        let bounded = self.node.frame.is_bounded();
        // Rows at or before this time are late.
        let mut over: Vec<i64> = match (by_rowtime, bounded) {
            (true, true) => slots.iter().map(|slot| due.last(slot).unwrap_or(0)).collect(),
            (true, false) => vec![watermark; keys.len()],
            (false, _) => vec![i64::MIN; keys.len()],
        };
        if let Some(announced) = &mut self.announced {
            let mut of_keys = Vec::new();
            announced.probe(&self.keys, &mut of_keys)?;
            for (id, slot) in of_keys.iter_mut().enumerate() {
                let column = self.node.keys.len() + 1;
                let fired = announced.remove_until(slot, watermark)?;
                let time = |row: &RowRef| announced.row(*row).i64(column).unwrap_or(0);
                let Some(passed) = fired.iter().map(time).max() else { continue };
                if passed > over[id] {
                    over[id] = passed;
                    due.set_last(&keys[id], &mut slots[id], passed)?;
                }
            }
        }
        let mut kept = Vec::with_capacity(times.len());
        for (row, time) in times.iter().enumerate() {
            let id = self.keys.id(row);
            if *time <= over[id] {
                cx.late_rows += 1;
                continue;
            }
            rows.keep(&self.keys, row)?;
            if due.time(&slots[id]).is_none_or(|first| *time < first) {
                due.set(&keys[id], &mut slots[id], *time)?;
            }
            kept.push(row);
        }
        match self.node.frame {
            OverFrame::Range(Some(before)) => {
                for row in kept {
                    self.extend(&keys[self.keys.id(row)], times[row], before)?;
                }
                Ok(())
            }
            _ => self.touch(cx.processing_time_ms),
        }
    }

    /// A key is kept for so long after a time, and up to half as long again (Flink `registerCleanupTimer`,
    /// `registerProcessingCleanupTimer`).
    fn extend(&mut self, key: &Key, time: i64, keeps_ms: i64) -> Result<()> {
        let Some(forgotten) = &mut self.forgotten else { return Ok(()) };
        let mut slot = forgotten.table.find(key);
        let least = time.saturating_add(keeps_ms).saturating_add(1);
        if forgotten.time(&slot).is_some_and(|until| until >= least) {
            return Ok(());
        }
        let until = time.saturating_add((keeps_ms as f64 * 1.5) as i64).saturating_add(1);
        forgotten.set(key, &mut slot, until)?;
        // A timer that is set in the past fires with the next watermark.
        let fires = until.max(self.watermark().saturating_add(1));
        if let Some(announced) = &mut self.announced {
            let mut times = Parts::default();
            let values: [ArrayRef; 2] =
                [Arc::new(Int64Array::from(vec![fires])), Arc::new(Int64Array::from(vec![until]))];
            announced.encode(&values, 1, &mut times)?;
            announced.insert_key(key, &mut announced.find(key), &times, 0)?;
        }
        Ok(())
    }

    /// Renews the time-to-live of the keys at hand.
    fn touch(&mut self, now_ms: i64) -> Result<()> {
        if self.node.ttl_ms > 0 && !matches!(self.node.frame, OverFrame::Range(Some(_))) {
            for id in 0..self.keys.len() {
                let key = self.keys.to_key(id);
                self.extend(&key, now_ms, self.node.ttl_ms)?;
            }
        }
        Ok(())
    }

    /// Works off the rows that wait up to a time, in the order of time; those of one time in the order in which their
    /// keys became due.
    fn fire(&mut self, until: i64, cx: &mut Context<'_>) -> Result<()> {
        let (Some(rows), Some(times)) = (&mut self.rows, &mut self.times) else { return Ok(()) };
        let bounded = self.node.frame.is_bounded();
        let mut due: Vec<(i64, usize, RowRef)> = Vec::new();
        let mut keys = 0;
        while let Some(key) = times.pop(until) {
            let (mut slot, mut time) = (rows.table.find(&key), times.table.find(&key));
            let found: Vec<RowRef> = if bounded {
                let from = times.last(&time).map_or(i64::MIN, |last| last.saturating_add(1));
                rows.table.range(&slot, from, until)?.collect()
            } else {
                rows.table.remove_until(&mut slot, until)?
            };
            due.extend(found.into_iter().map(|row| (rows.time_of(row), keys, row)));
            let next = match until.checked_add(1) {
                Some(from) => rows.table.range(&slot, from, i64::MAX)?.next().map(|row| rows.time_of(row)),
                None => None,
            };
            match next {
                Some(next) => times.set(&key, &mut time, next)?,
                None if bounded => times.clear(&key, &mut time)?,
                None => {
                    times.table.remove(&mut time);
                }
            }
            if let Some((last, number, _)) = due.last()
                && bounded
                && *number == keys
            {
                times.set_last(&key, &mut time, *last)?;
            }
            keys += 1;
        }
        due.sort_by_key(|(time, key, _)| (*time, *key));
        let mut start = 0;
        while start < due.len() {
            let mut end = due.len().min(start + OUTPUT_ROWS);
            // Rows of one key and time see each other.
            while end < due.len() && (due[end].0, due[end].1) == (due[end - 1].0, due[end - 1].1) {
                end += 1;
            }
            let refs: Vec<RowRef> = due[start..end].iter().map(|(.., row)| *row).collect();
            let times: Vec<i64> = due[start..end].iter().map(|(time, ..)| *time).collect();
            let batch = self.rows.as_ref().ok_or_else(missing)?.gather(&refs, &self.input)?;
            self.emit(&batch, &times, cx)?;
            start = end;
        }
        Ok(())
    }

    /// Rows go out with their values.
    fn emit(&mut self, batch: &RecordBatch, times: &[i64], cx: &mut Context<'_>) -> Result<()> {
        let mut columns = batch.columns().to_vec();
        columns.extend(self.values(batch, times, cx.processing_time_ms)?);
        cx.emit(ChangeBatch::inserts(RecordBatch::try_new(Arc::clone(&self.output), columns)?));
        Ok(())
    }

    /// The values of rows, a column a call.
    fn values(&mut self, batch: &RecordBatch, times: &[i64], now_ms: i64) -> Result<Vec<ArrayRef>> {
        self.codec.encode(batch, &mut self.keys)?;
        let classes = classes(&self.keys);
        if classes.len() == 1 {
            return self.values_of_class(batch, times, now_ms);
        }
        let mut parts = Vec::with_capacity(classes.len());
        let mut places = vec![(0, 0); batch.num_rows()];
        for (class, rows) in classes.iter().enumerate() {
            let part = take_record_batch(batch, &UInt32Array::from(rows.clone()))?;
            let part_times: Vec<i64> = rows.iter().map(|row| times[*row as usize]).collect();
            self.codec.encode(&part, &mut self.keys)?;
            parts.push(self.values_of_class(&part, &part_times, now_ms)?);
            for (at, row) in rows.iter().enumerate() {
                places[*row as usize] = (class, at);
            }
        }
        gathered(&parts, &places, self.node.calls.len())
    }

    fn values_of_class(&mut self, batch: &RecordBatch, times: &[i64], now_ms: i64) -> Result<Vec<ArrayRef>> {
        let ties = self.node.waits() && matches!(self.node.frame, OverFrame::Range(_));
        let mut steps = Steps::of(&self.keys, ties.then_some(times));
        self.frames.begin(&self.keys)?;
        let leaving = self.leave(&mut steps, times)?;
        let rounds = steps.rounds(batch, leaving.as_ref())?;
        let mut results = Vec::with_capacity(rounds.len());
        for round in &rounds {
            let rows: Vec<u32> = (0..round.batch.num_rows() as u32).collect();
            let retracts = leaving.is_some().then_some(round.retracts.as_slice());
            let changes = Changes { batch: &round.batch, rows: &rows, groups: &round.groups, retracts };
            self.frames.update(&self.keys, &changes)?;
            results.push(self.frames.results()?);
        }
        self.frames.store(&self.keys)?;
        self.touch(now_ms)?;
        let mut places = vec![(0, 0); batch.num_rows()];
        for (key, steps) in steps.0.iter().enumerate() {
            for (round, step) in steps.iter().enumerate() {
                step.coming.iter().for_each(|row| places[*row as usize] = (round, key));
            }
        }
        gathered(&results, &places, self.node.calls.len())
    }

    /// Takes the rows out of the table that leave the frames before the steps; the frames' counts go along.
    fn leave(&mut self, steps: &mut Steps, times: &[i64]) -> Result<Option<RecordBatch>> {
        if !self.node.frame.is_bounded() {
            return Ok(None);
        }
        let rows = self.rows.as_mut().ok_or_else(missing)?;
        let mut gone: Vec<RowRef> = Vec::new();
        for (id, steps) in steps.0.iter_mut().enumerate() {
            let mut slot = rows.table.find(&self.keys.to_key(id));
            let coming: usize = steps.iter().map(|step| step.coming.len()).sum();
            let inside = &mut self.frames.counts[id];
            let base = gone.len();
            match self.node.frame {
                OverFrame::Rows(Some(before)) => {
                    let size = before.saturating_add(1);
                    let leaving = (*inside + coming as i64 - size).max(0);
                    gone.extend(rows.table.scan(&slot).take(leaving as usize));
                    for row in &gone[base..] {
                        rows.table.remove(&mut slot, *row);
                    }
                    for (number, step) in steps.iter_mut().enumerate() {
                        // The frame is full: its first row makes room.
                        if let Ok(first) = usize::try_from(*inside + number as i64 - size) {
                            step.leaving = base + first..base + first + 1;
                        }
                    }
                    *inside += coming as i64 - leaving;
                }
                OverFrame::Range(Some(before)) => {
                    let first_kept = |step: &steps::Step| {
                        step.coming
                            .first()
                            .map_or(i64::MIN, |row| times[*row as usize].saturating_sub(before))
                    };
                    let last = steps.last().map_or(i64::MIN, first_kept);
                    gone.extend(rows.table.remove_until(&mut slot, last.saturating_sub(1))?);
                    let mut at = base;
                    for step in steps.iter_mut() {
                        let (start, first) = (at, first_kept(step));
                        while at < gone.len() && rows.time_of(gone[at]) < first {
                            at += 1;
                        }
                        step.leaving = start..at;
                    }
                    *inside += coming as i64 - (gone.len() - base) as i64;
                }
                OverFrame::Rows(None) | OverFrame::Range(None) => {}
            }
        }
        if gone.is_empty() {
            return Ok(None);
        }
        Ok(Some(rows.gather(&gone, &self.input)?))
    }

    /// Forgets the keys whose time for that has come; those of which rows wait are kept on.
    fn forget(&mut self, until: i64) -> Result<()> {
        let mut keys = Vec::new();
        while let Some(key) = self.forgotten.as_mut().and_then(|forgotten| forgotten.pop(until)) {
            if self.has_waiting(&key)? {
                let forgotten = self.forgotten.as_mut().ok_or_else(missing)?;
                let mut slot = forgotten.table.find(&key);
                let keeps = (self.node.ttl_ms as f64 * 1.5) as i64;
                forgotten.set(&key, &mut slot, until.saturating_add(keeps).saturating_add(1))?;
            } else {
                keys.push(key);
            }
        }
        if keys.is_empty() {
            return Ok(());
        }
        let forgotten = self.forgotten.as_mut().ok_or_else(missing)?;
        let mut gone = Vec::with_capacity(keys.len());
        for key in &keys {
            let mut slot = forgotten.table.find(key);
            gone.extend(forgotten.table.remove(&mut slot));
        }
        let columns: Vec<usize> = (0..self.node.keys.len()).collect();
        let values = forgotten.table.gather(&gone, &columns)?;
        self.codec.encode_columns(&values, gone.len(), &mut self.keys)?;
        self.frames.forget(&self.keys)?;
        for key in &keys {
            if let Some(rows) = &mut self.rows {
                let mut slot = rows.table.find(key);
                rows.table.clear(&mut slot);
            }
            if let Some(times) = &mut self.times {
                let mut slot = times.table.find(key);
                times.table.remove(&mut slot);
            }
            if let Some(announced) = &mut self.announced {
                let mut slot = announced.find(key);
                announced.clear(&mut slot);
            }
        }
        Ok(())
    }

    /// Whether rows of a key wait that its time-to-live must not take.
    fn has_waiting(&mut self, key: &Key) -> Result<bool> {
        match &mut self.times {
            Some(times) if !matches!(self.node.frame, OverFrame::Range(Some(_))) => {
                let slot = times.table.find(key);
                Ok(times.time(&slot).is_some())
            }
            _ => Ok(false),
        }
    }

    /// Processing time goes on.
    fn pass(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let now = cx.processing_time_ms;
        if !self.by_rowtime() {
            self.fire(now.saturating_sub(1), cx)?;
        }
        let by_processing_time = !self.by_rowtime() || !matches!(self.node.frame, OverFrame::Range(Some(_)));
        if by_processing_time { self.forget(now) } else { Ok(()) }
    }
}

/// For each row the value at its place among the parts, a column a call.
fn gathered(parts: &[Vec<ArrayRef>], places: &[(usize, usize)], calls: usize) -> Result<Vec<ArrayRef>> {
    let column = |call: usize| {
        let arrays: Vec<&dyn Array> = parts.iter().map(|part| part[call].as_ref()).collect();
        Ok(interleave(&arrays, places)?)
    };
    (0..calls).map(column).collect()
}

impl Operator for OverAggregate {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        self.pass(cx)?;
        let batch = batch.rows();
        if self.by_rowtime() {
            let times: Vec<i64> =
                timestamps_ms(batch.column(self.node.time))?.map(|time| time.unwrap_or(0)).collect();
            return self.wait(batch, &times, cx);
        }
        let times = vec![cx.processing_time_ms; batch.num_rows()];
        if self.node.waits() {
            return self.wait(batch, &times, cx);
        }
        if let Some(rows) = &mut self.rows {
            self.codec.encode(batch, &mut self.keys)?;
            rows.encode(batch, &times, &self.keys)?;
            for row in 0..batch.num_rows() {
                rows.keep(&self.keys, row)?;
            }
        }
        let mut start = 0;
        while start < batch.num_rows() {
            let length = OUTPUT_ROWS.min(batch.num_rows() - start);
            self.emit(&batch.slice(start, length), &times[start..start + length], cx)?;
            start += length;
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        self.pass(cx)?;
        let Some(progress) = self.progress.as_mut().filter(|progress| progress.time() < watermark.0) else {
            return Ok(watermark);
        };
        progress.set(watermark.0);
        progress.store()?;
        self.fire(watermark.0, cx)?;
        if matches!(self.node.frame, OverFrame::Range(Some(_))) {
            self.forget(watermark.0)?;
        }
        Ok(watermark)
    }

    /// Rows that wait for the watermark go out. By processing time nothing is due (Flink drops such timers).
    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.by_rowtime() { self.fire(i64::MAX, cx) } else { Ok(()) }
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.pass(cx)
    }

    fn next_tick(&self) -> Option<i64> {
        let by_rowtime = self.by_rowtime();
        let is_range = matches!(self.node.frame, OverFrame::Range(Some(_)));
        let rows = self.times.as_ref().filter(|_| !by_rowtime).and_then(Due::first);
        let forgotten = self.forgotten.as_ref().filter(|_| !(by_rowtime && is_range)).and_then(Due::first);
        rows.map(|time| time.saturating_add(1)).into_iter().chain(forgotten).min()
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables = self.frames.tables();
        tables.extend(self.rows.as_mut().map(|rows| &mut rows.table as &mut dyn StateTable));
        tables.extend(self.times.as_mut().map(|times| &mut times.table as &mut dyn StateTable));
        tables.extend(self.forgotten.as_mut().map(|forgotten| &mut forgotten.table as &mut dyn StateTable));
        tables.extend(self.announced.as_mut().map(|announced| announced as &mut dyn StateTable));
        tables.extend(self.progress.as_mut().map(Progress::table));
        tables
    }

    fn restored(&mut self) -> Result<()> {
        self.times.iter_mut().chain(&mut self.forgotten).for_each(Due::restored);
        self.progress.iter_mut().for_each(Progress::restored);
        Ok(())
    }
}
