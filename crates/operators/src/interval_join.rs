//! IntervalJoin: pairs of rows with equal keys whose times are within bounds.
//!
//! Input       port 0 left, port 1 right, both append-only
//! Output      append-only, left ++ right columns; matches at once, outer rows padded when nothing can match any more
//! State       `left`, `right`: key -> rows by time with a flag "was joined" and one clean-up timer a key, until the
//!             watermark passes the row's time by the reach of the other side; `expiry`: how far each side is cleaned
//! Watermark   in `w`: fires clean-up timers up to `w`; out: `w` − max reach
//! End         rows without a match are padded and stay, marked as joined
//! Ticks       processing time only: at the first clean-up timer
//! Late rows   never dropped as such: a late row joins what is still kept and is not kept itself
//! Cost        O(matches + log rows of the key) a row; output is gathered in columns, at most 8,192 rows a batch; with
//!             `Matches::FirstOfLeftRow` one match a left row, whose columns are then no longer kept; with
//!             `Matches::EarliestOfKey` no pair for a left row that is not earlier than one paired before
//! Errors      what the residual condition fails with
//! Source      Flink `TimeIntervalJoin`, `RowTimeIntervalJoin`, `KeyedCoProcessOperatorWithWatermarkDelay`; matches come
//!             by ascending time (the order of its RocksDB backend); a NULL time counts as 0; one timer a key and side
//! Tests       crates/tests/goldens/operators/IntervalJoin.*.script, crates/tests/corpus

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, Epoch, Error, KeyGroup, KeyGroupRange, Operator, OperatorSpec, Port, Result,
    Schema, StateDelta, Watermark, timestamps_ms,
};
use streamsql_plan::{IntervalJoin as IntervalJoinNode, Matches, TimeDomain};
use streamsql_state::containers::{KeyCodec, KeyedTimeline, Keys, RowRef, RowStore, TimedRow};
use streamsql_state::delta::{DeltaReader, DeltaWriter, Record};

const LEFT: usize = 0;
const RIGHT: usize = 1;

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

/// One input and what is kept of it.
struct Side {
    codec: KeyCodec,
    state: KeyedTimeline,
    time_column: usize,
    /// Rows of this side at time t join rows of the other side in [t − back, t + ahead].
    back: i64,
    ahead: i64,
    /// Rows up to this time have been cleaned away (Flink `leftExpirationTime`, `rightExpirationTime`).
    expired: i64,
    expired_stored: i64,
    /// Whether rows without a match are padded.
    pads: bool,
}

/// A row that looks for its matches, whose times lie in `from..=to`.
#[derive(Clone, Copy)]
struct Arriving {
    port: Port,
    row: RowRef,
    time: i64,
    from: i64,
    to: i64,
}

/// A row that arrives: its place in the batch and in the store.
struct Arrival {
    index: usize,
    row: RowRef,
    time: i64,
    null_key: bool,
}

pub struct IntervalJoin {
    spec: OperatorSpec,
    schema: SchemaRef,
    node: IntervalJoinNode,
    sides: [Side; 2],
    /// Operator time: the watermark, at least 0; or processing time.
    time: i64,
    range: KeyGroupRange,
    /// Pairs waiting to be gathered.
    pending: [Vec<RowRef>; 2],
    /// Rows to be released once the pending pairs are out.
    released: [Vec<RowRef>; 2],
}

impl IntervalJoin {
    pub fn new(
        spec: OperatorSpec,
        node: &IntervalJoinNode,
        left: &Schema,
        right: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        // left time in [right time + lower, right time + upper].
        let (left_size, right_size) = (node.lower_ms.saturating_neg(), node.upper_ms);
        let side = |schema: &Schema, keys: &[usize], time_column, back, ahead, pads| -> Result<Side> {
            let schema = schema.to_arrow();
            Ok(Side {
                codec: KeyCodec::new(&schema, keys)?,
                state: KeyedTimeline::new(schema, range)?,
                time_column,
                back,
                ahead,
                expired: 0,
                expired_stored: 0,
                pads,
            })
        };
        Ok(Self {
            schema: spec.output.to_arrow(),
            spec,
            sides: [
                side(left, &node.left_keys, node.left_time, right_size, left_size, node.kind.keeps_left())?,
                side(
                    right,
                    &node.right_keys,
                    node.right_time,
                    left_size,
                    right_size,
                    node.kind.keeps_right(),
                )?,
            ],
            node: node.clone(),
            time: 0,
            range,
            pending: [Vec::new(), Vec::new()],
            released: [Vec::new(), Vec::new()],
        })
    }

    fn first_of_left_row(&self) -> bool {
        self.node.matches != Matches::All
    }

    fn never_matches(&self) -> bool {
        self.node.upper_ms < self.node.lower_ms
    }

    /// Emits a pair; `NULLS` pads.
    fn pair(&mut self, left: RowRef, right: RowRef, cx: &mut Context<'_>) -> Result<()> {
        self.pending[LEFT].push(left);
        self.pending[RIGHT].push(right);
        if self.pending[LEFT].len() >= OUTPUT_ROWS { self.flush(cx) } else { Ok(()) }
    }

    fn pad(&mut self, port: Port, row: RowRef, cx: &mut Context<'_>) -> Result<()> {
        if port == LEFT { self.pair(row, RowRef::NULLS, cx) } else { self.pair(RowRef::NULLS, row, cx) }
    }

    fn joined(&self, left: &[RowRef], right: &[RowRef]) -> Result<RecordBatch> {
        let left_rows = self.sides[LEFT].state.gather(left)?;
        let right_rows = self.sides[RIGHT].state.gather(right)?;
        let columns: Vec<ArrayRef> =
            left_rows.columns().iter().chain(right_rows.columns()).cloned().collect();
        let options = RecordBatchOptions::new().with_row_count(Some(left.len()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if !self.pending[LEFT].is_empty() {
            let batch = self.joined(&self.pending[LEFT], &self.pending[RIGHT])?;
            self.pending[LEFT].clear();
            self.pending[RIGHT].clear();
            cx.emit(ChangeBatch::inserts(batch));
        }
        for port in [LEFT, RIGHT] {
            for row in std::mem::take(&mut self.released[port]) {
                self.sides[port].state.release(row);
            }
        }
        Ok(())
    }

    /// One row arrives (Flink `TimeIntervalJoin.processElement1` and its mirror).
    fn arrive(&mut self, port: Port, keys: &Keys, arrival: Arrival, cx: &mut Context<'_>) -> Result<()> {
        let Arrival { index, row, time, null_key } = arrival;
        let other = 1 - port;
        let (back, ahead) = (self.sides[port].back, self.sides[port].ahead);
        let reach = time.saturating_add(ahead);
        let mut emitted = false;
        let mut earliest = self.earliest_paired(keys, index);
        let remembered = earliest;
        if self.sides[other].expired < reach {
            self.sides[other].expired = self.time.saturating_sub(back).saturating_sub(1);
            let slot = keys.with(index, |key| self.sides[other].state.find(keys.hash(index), key));
            if let Some(slot) = slot {
                if !null_key {
                    let arrival = Arriving { port, row, time, from: time.saturating_sub(back), to: reach };
                    emitted = self.join_with(arrival, slot, &mut earliest, cx)?;
                }
                self.clean(other, slot, cx)?;
            }
        }
        if self.time < reach {
            // A left row that has had its one match only keeps its place in time, which the timers go by.
            let kept = if emitted && port == LEFT && self.first_of_left_row() {
                self.released[LEFT].push(row);
                RowRef::NULLS
            } else {
                row
            };
            let slot = keys
                .with(index, |key| self.sides[port].state.insert(keys.hash(index), key, time, kept, emitted));
            if self.sides[port].state.timer(slot).is_none() {
                let timer = reach.saturating_add(self.node.min_cleanup_ms).saturating_add(1);
                self.sides[port].state.set_timer(slot, Some(timer));
            }
        } else {
            if !emitted && self.sides[port].pads {
                self.pad(port, row, cx)?;
            }
            self.released[port].push(row);
        }
        if earliest != remembered {
            let right = &mut self.sides[RIGHT].state;
            if let Some(slot) = keys.with(index, |key| right.find(keys.hash(index), key)) {
                right.set_frontier(slot, earliest);
            }
        }
        Ok(())
    }

    /// Time of the earliest left row known to have been paired under this key. Remembered with the right rows of the
    /// key, and no state: where it is forgotten, the Deduplicate behind drops the pairs that were not needed.
    fn earliest_paired(&self, keys: &Keys, index: usize) -> i64 {
        if self.node.matches != Matches::EarliestOfKey {
            return i64::MAX;
        }
        let right = &self.sides[RIGHT].state;
        let slot = keys.with(index, |key| right.find(keys.hash(index), key));
        slot.map_or(i64::MAX, |slot| right.frontier(slot))
    }

    /// Joins an arriving row with the kept rows of the other side in its range; true when there was a match.
    fn join_with(
        &mut self,
        arriving: Arriving,
        slot: u32,
        earliest: &mut i64,
        cx: &mut Context<'_>,
    ) -> Result<bool> {
        let Arriving { port, row, time, from, to } = arriving;
        let other = 1 - port;
        let first_only = self.first_of_left_row();
        let one_is_enough = first_only && port == LEFT && self.node.residual.is_none();
        let candidates: Vec<TimedRow> = self.sides[other]
            .state
            .between(slot, from, to)
            .filter(|kept| !(first_only && port == RIGHT && kept.flag))
            .take(if one_is_enough { 1 } else { usize::MAX })
            .copied()
            .collect();
        if candidates.is_empty() {
            return Ok(false);
        }
        let mut matched: Vec<TimedRow> = match &self.node.residual {
            None => candidates,
            Some(residual) => {
                let theirs: Vec<RowRef> = candidates.iter().map(|c| c.row).collect();
                let ours = vec![row; theirs.len()];
                let batch =
                    if port == LEFT { self.joined(&ours, &theirs)? } else { self.joined(&theirs, &ours)? };
                let holds = residual.holds(&batch, &cx.evaluation())?;
                candidates.into_iter().enumerate().filter(|(i, _)| holds.value(*i)).map(|(_, c)| c).collect()
            }
        };
        if first_only && port == LEFT {
            matched.truncate(1);
        }
        for candidate in &matched {
            if self.node.matches == Matches::EarliestOfKey {
                let left_time = if port == LEFT { time } else { candidate.time };
                if left_time >= *earliest {
                    continue;
                }
                *earliest = left_time;
            }
            let (left, right) = if port == LEFT { (row, candidate.row) } else { (candidate.row, row) };
            self.pair(left, right, cx)?;
        }
        // Only the flags of a side that pads are ever read, and those of left rows that have had their one match.
        let settles = first_only && other == LEFT;
        if (self.sides[other].pads || settles) && !matched.is_empty() {
            let hit = |kept: &TimedRow| matched.iter().any(|m| m.sequence == kept.sequence);
            self.sides[other].state.set_flags(slot, from, to, hit);
        }
        if settles {
            let sequences: Vec<u64> = matched.iter().map(|m| m.sequence).collect();
            let settled = self.sides[LEFT].state.forget_rows(slot, from, to, &sequences);
            self.released[LEFT].extend(settled);
        }
        Ok(!matched.is_empty())
    }

    /// Removes the rows of a key up to the side's expiry, padding those that never matched.
    fn clean(&mut self, port: Port, slot: u32, cx: &mut Context<'_>) -> Result<()> {
        let until = self.sides[port].expired;
        for gone in self.sides[port].state.remove_until(slot, until) {
            if !gone.flag && self.sides[port].pads {
                self.pad(port, gone.row, cx)?;
            }
            self.released[port].push(gone.row);
        }
        Ok(())
    }

    /// Fires the clean-up timers up to the operator's time, in order of time over both sides.
    fn fire_timers(&mut self, cx: &mut Context<'_>) -> Result<()> {
        loop {
            let due = [LEFT, RIGHT].map(|port| self.sides[port].state.due(self.time));
            let port = match (due[LEFT], due[RIGHT]) {
                (None, None) => return Ok(()),
                (Some(_), None) => LEFT,
                (None, Some(_)) => RIGHT,
                (Some((left, _)), Some((right, _))) => {
                    if left <= right {
                        LEFT
                    } else {
                        RIGHT
                    }
                }
            };
            let Some((_, slot)) = due[port] else { return Ok(()) };
            // Rows of this side wait for rows of the other up to `ahead` after them.
            let ahead = self.sides[port].ahead;
            let all = self.time == i64::MAX;
            self.sides[port].expired =
                if all { i64::MAX } else { self.time.saturating_sub(ahead).saturating_sub(1) };
            self.clean(port, slot, cx)?;
            let next = self.sides[port].state.earliest(slot);
            let timer = next.map(|time| {
                time.saturating_add(ahead).saturating_add(self.node.min_cleanup_ms).saturating_add(1)
            });
            self.sides[port].state.set_timer(slot, timer);
        }
    }

    fn advance(&mut self, time: i64, cx: &mut Context<'_>) -> Result<()> {
        if time > self.time {
            self.time = time;
            self.fire_timers(cx)?;
        }
        Ok(())
    }
}

impl Operator for IntervalJoin {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let by_event_time = self.node.domain == TimeDomain::EventTime;
        if !by_event_time {
            self.advance(cx.processing_time_ms, cx)?;
        }
        let rows = batch.rows();
        let times = if by_event_time {
            let times = timestamps_ms(rows.column(self.sides[port].time_column))?;
            times.map(|time| time.unwrap_or(0)).collect()
        } else {
            vec![cx.processing_time_ms; rows.num_rows()]
        };
        let keys = self.sides[port].codec.keys(rows)?;
        let stored = self.sides[port].state.take_in(rows.clone());
        for (index, time) in times.into_iter().enumerate() {
            let row = RowStore::row(stored, index);
            if self.never_matches() {
                if self.sides[port].pads {
                    self.pad(port, row, cx)?;
                }
                self.released[port].push(row);
                continue;
            }
            let null_key = self.sides[port].codec.has_null(rows, index);
            self.arrive(port, &keys, Arrival { index, row, time, null_key }, cx)?;
        }
        self.flush(cx)
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        match self.node.domain {
            TimeDomain::EventTime => self.advance(watermark.0, cx)?,
            TimeDomain::ProcessingTime => {
                self.advance(cx.processing_time_ms, cx)?;
                self.flush(cx)?;
                return Ok(watermark);
            }
        }
        self.flush(cx)?;
        let reach = self.sides[LEFT].back.max(self.sides[LEFT].ahead).max(0);
        Ok(watermark.minus(reach))
    }

    /// Rows that wait for a match are padded now and keep their place, as ones that have been joined: the next run may
    /// bring their match, but not their padding again. By processing time nothing is due (Flink drops such timers).
    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.node.domain == TimeDomain::EventTime {
            let timers =
                |port: Port| self.sides[port].state.timers().map(move |(time, slot)| (time, port, slot));
            let mut keys: Vec<(i64, Port, u32)> = timers(LEFT).chain(timers(RIGHT)).collect();
            keys.retain(|(_, port, _)| self.sides[*port].pads);
            keys.sort_by_key(|(time, port, _)| (*time, *port));
            for (_, port, slot) in keys {
                for row in self.sides[port].state.flag_all(slot) {
                    self.pad(port, row, cx)?;
                }
            }
        }
        self.flush(cx)
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.advance(cx.processing_time_ms, cx)?;
        self.flush(cx)
    }

    fn next_tick(&self) -> Option<i64> {
        if self.node.domain == TimeDomain::EventTime {
            return None;
        }
        self.sides.iter().filter_map(|side| side.state.timers().next()).map(|(time, _)| time).min()
    }

    fn on_barrier(&mut self, _epoch: Epoch, cx: &mut Context<'_>) -> Result<()> {
        for port in [LEFT, RIGHT] {
            let mut segment = self.sides[port].state.delta()?;
            let side = &mut self.sides[port];
            if side.expired != side.expired_stored {
                side.expired_stored = side.expired;
                // One record a shard; after a change of parallelism the furthest counts.
                let mut writer = DeltaWriter::default();
                writer.put(KeyGroup(self.range.start), EXPIRY_KEY, &side.expired.to_le_bytes());
                let record = writer.take();
                segment = if segment.is_empty() { record } else { joined_segments(segment, &record) };
            }
            if !segment.is_empty() {
                cx.state.push(StateDelta { table: port, segment });
            }
        }
        Ok(())
    }

    fn restore(&mut self, table: usize, segment: &[u8]) -> Result<()> {
        let side =
            self.sides.get_mut(table).ok_or_else(|| Error::state("an interval join has two state tables"))?;
        let mut rest = DeltaWriter::default();
        for record in DeltaReader::new(segment)? {
            match record? {
                Record::Put { key: EXPIRY_KEY, value, .. } => {
                    let expired = value
                        .try_into()
                        .map(i64::from_le_bytes)
                        .map_err(|_| Error::state("damaged expiry"))?;
                    side.expired = side.expired.max(expired);
                    side.expired_stored = side.expired;
                }
                Record::Put { key_group, key, value } => rest.put(key_group, key, value),
                Record::Delete { key_group, key } => rest.delete(key_group, key),
            }
        }
        side.state.restore(&rest.take())
    }

    fn state_bytes(&self) -> usize {
        self.sides.iter().map(|side| side.state.bytes()).sum()
    }
}

/// Key of the record that holds how far a side is cleaned; timeline keys start with 0 or 1.
const EXPIRY_KEY: &[u8] = &[2];

/// Appends the records of one segment to another; both have the same header.
fn joined_segments(mut first: Vec<u8>, second: &[u8]) -> Vec<u8> {
    const HEADER: usize = 6;
    first.extend_from_slice(second.get(HEADER..).unwrap_or_default());
    first
}
