//! IntervalJoin: pairs of rows with equal keys whose times are within bounds.
//!
//! Input       port 0 left, port 1 right, both append-only
//! Output      append-only, left ++ right columns; matches at once, outer rows padded when nothing can match any more
//! State       `left`, `right`: key -> rows by time with a flag "was joined", until the watermark passes the row's time
//!             by the reach of the other side; `left-timers`, `right-timers`: key -> when it is cleaned next; `expiry`:
//!             how far each side is cleaned, one row a shard
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

mod side;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, Schema, StateTable, Watermark,
    timestamps_ms,
};
use streamsql_plan::{IntervalJoin as IntervalJoinNode, Matches, TimeDomain};
use streamsql_state::tables::{Due, KeyBatch, RowRef};

use self::side::{DueKey, Expiry, Side};

const LEFT: usize = 0;
const RIGHT: usize = 1;

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

/// Timers whose keys are looked up together.
const FIRED_TOGETHER: usize = 256;

/// A row of the batch that looks for its matches.
struct Arriving {
    port: Port,
    /// Its number in the batch and that of its key.
    index: usize,
    id: usize,
    time: i64,
    /// Where it can be read, once it was needed.
    row: Option<RowRef>,
}

pub struct IntervalJoin {
    spec: OperatorSpec,
    schema: SchemaRef,
    node: IntervalJoinNode,
    sides: [Side; 2],
    expiry: Expiry,
    /// Operator time: the watermark, at least 0; or processing time.
    time: i64,
    /// The keys of the batch at hand.
    keys: KeyBatch,
    /// Rows of the other side that may match the one at hand.
    candidates: Vec<RowRef>,
    /// Pairs waiting to be gathered.
    pending: [Vec<RowRef>; 2],
}

impl IntervalJoin {
    pub fn new(
        spec: OperatorSpec,
        node: &IntervalJoinNode,
        left: &Schema,
        right: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        Ok(Self {
            schema: spec.output.to_arrow(),
            spec,
            sides: [Side::new(node, LEFT, left, range)?, Side::new(node, RIGHT, right, range)?],
            expiry: Expiry::new(node, range)?,
            node: node.clone(),
            time: 0,
            keys: KeyBatch::default(),
            candidates: Vec::new(),
            pending: [Vec::new(), Vec::new()],
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
        let mut columns: Vec<ArrayRef> = self.sides[LEFT].gather(left)?;
        columns.extend(self.sides[RIGHT].gather(right)?);
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
        Ok(())
    }

    /// One row arrives (Flink `TimeIntervalJoin.processElement1` and its mirror).
    fn arrive(&mut self, port: Port, index: usize, time: i64, cx: &mut Context<'_>) -> Result<()> {
        let other = 1 - port;
        let id = self.keys.id(index);
        let mut arriving = Arriving { port, index, id, time, row: None };
        let (back, ahead) = (self.sides[port].back, self.sides[port].ahead);
        let reach = time.saturating_add(ahead);
        let mut emitted = false;
        let mut earliest = self.earliest_paired(id);
        let remembered = earliest;
        if self.expiry.of(other) < reach {
            self.expiry.set(other, self.time.saturating_sub(back).saturating_sub(1));
            if !self.sides[other].slots[id].is_empty() {
                if !self.keys.has_null(id) {
                    emitted = self.join_with(&mut arriving, &mut earliest, cx)?;
                }
                for gone in self.sides[other].clean_slot(id, self.expiry.of(other))? {
                    self.pad(other, gone, cx)?;
                }
            }
        }
        if self.time < reach {
            // A left row that has had its one match only keeps its place in time, which the timers go by.
            if emitted && port == LEFT && self.first_of_left_row() {
                self.sides[port].keep_settled(&self.keys, id, time)?;
                self.let_go(&arriving);
            } else {
                let row = self.taken(&mut arriving)?;
                self.sides[port].keep(id, row, emitted)?;
            }
            let timer = reach.saturating_add(self.node.min_cleanup_ms).saturating_add(1);
            self.sides[port].set_first_timer(&self.keys, id, timer)?;
        } else {
            if !emitted && self.sides[port].pads {
                let row = self.taken(&mut arriving)?;
                self.pad(port, row, cx)?;
            }
            self.let_go(&arriving);
        }
        if earliest != remembered && !self.sides[RIGHT].slots[id].is_empty() {
            self.sides[RIGHT].frontiers.insert(self.keys.identity(id), earliest);
        }
        Ok(())
    }

    /// Makes the arriving row readable.
    fn taken(&mut self, arriving: &mut Arriving) -> Result<RowRef> {
        match arriving.row {
            Some(row) => Ok(row),
            None => {
                let row = self.sides[arriving.port].take(&self.keys, arriving.id, arriving.index)?;
                Ok(*arriving.row.insert(row))
            }
        }
    }

    /// The arriving row is not kept.
    fn let_go(&mut self, arriving: &Arriving) {
        if let Some(row) = arriving.row {
            self.sides[arriving.port].discard(row);
        }
    }

    /// Time of the earliest left row known to have been paired under this key. Remembered with the right rows of the
    /// key, and no state: where it is forgotten, the Deduplicate behind drops the pairs that were not needed.
    fn earliest_paired(&self, id: usize) -> i64 {
        if self.node.matches != Matches::EarliestOfKey || self.sides[RIGHT].slots[id].is_empty() {
            return i64::MAX;
        }
        self.sides[RIGHT].frontiers.get(&self.keys.identity(id)).copied().unwrap_or(i64::MAX)
    }

    /// Joins an arriving row with the kept rows of the other side in its range; true when there was a match.
    fn join_with(
        &mut self,
        arriving: &mut Arriving,
        earliest: &mut i64,
        cx: &mut Context<'_>,
    ) -> Result<bool> {
        let Arriving { port, id, time, .. } = *arriving;
        let (other, ours) = (1 - port, &self.sides[port]);
        let (from, to) = (time.saturating_sub(ours.back), time.saturating_add(ours.ahead));
        let first_only = self.first_of_left_row();
        let mut matched = std::mem::take(&mut self.candidates);
        matched.clear();
        let candidates = self.sides[other].candidates(id, from, to, first_only && port == RIGHT)?;
        match &self.node.residual {
            None if first_only && port == LEFT => matched.extend(candidates.take(1)),
            _ => matched.extend(candidates),
        }
        if !matched.is_empty() && self.node.residual.is_some() {
            self.match_residual(arriving, &mut matched, cx)?;
        }
        if first_only && port == LEFT {
            matched.truncate(1);
        }
        for candidate in &matched {
            if self.node.matches == Matches::EarliestOfKey {
                let left_time = if port == LEFT { time } else { self.sides[other].time_of(*candidate) };
                if left_time >= *earliest {
                    continue;
                }
                *earliest = left_time;
            }
            let row = self.taken(arriving)?;
            let (left, right) = if port == LEFT { (row, *candidate) } else { (*candidate, row) };
            self.pair(left, right, cx)?;
        }
        // Only the flags of a side that pads are ever read, and those of left rows that have had their one match.
        let settles = first_only && other == LEFT;
        if self.sides[other].pads || settles {
            for candidate in &matched {
                self.sides[other].mark_joined(id, *candidate, settles)?;
            }
        }
        let has_matched = !matched.is_empty();
        self.candidates = matched;
        Ok(has_matched)
    }

    /// Leaves of the candidates those for which the residual condition holds.
    fn match_residual(
        &mut self,
        arriving: &mut Arriving,
        candidates: &mut Vec<RowRef>,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        let ours = vec![self.taken(arriving)?; candidates.len()];
        let Some(residual) = &self.node.residual else { return Ok(()) };
        let batch = if arriving.port == LEFT {
            self.joined(&ours, candidates)?
        } else {
            self.joined(candidates, &ours)?
        };
        let holds = residual.holds(&batch, &cx.evaluation())?;
        let mut row = 0..;
        candidates.retain(|_| row.next().is_some_and(|row| holds.value(row)));
        Ok(())
    }

    /// Fires the clean-up timers up to the operator's time, in order of time over both sides.
    fn fire_timers(&mut self, cx: &mut Context<'_>) -> Result<()> {
        loop {
            // A timer that is set below is never due yet, so that many can be taken before the first fires.
            let (ports, due) = self.take_timers();
            if ports.is_empty() {
                return Ok(());
            }
            let [left, right] = due;
            let mut found = [
                self.sides[LEFT].find_due(&left).into_iter(),
                self.sides[RIGHT].find_due(&right).into_iter(),
            ];
            for port in ports {
                if let Some(due) = found[port].next().flatten() {
                    self.fire(port, due, cx)?;
                }
            }
        }
    }

    /// The next timers that are due: their sides in order, and for each side its timers in order.
    fn take_timers(&mut self) -> (Vec<Port>, [Vec<Due>; 2]) {
        let (mut ports, mut taken) = (Vec::new(), [Vec::new(), Vec::new()]);
        while ports.len() < FIRED_TOGETHER {
            // Of equal times the left one is first.
            let timers =
                [LEFT, RIGHT].into_iter().filter_map(|port| Some((self.sides[port].first_timer()?, port)));
            let Some((_, port)) = timers.min() else { break };
            let Some(due) = self.sides[port].take_timer(self.time) else { break };
            ports.push(port);
            taken[port].push(due);
        }
        (ports, taken)
    }

    fn fire(&mut self, port: Port, mut due: DueKey, cx: &mut Context<'_>) -> Result<()> {
        // Rows of this side wait for rows of the other up to `ahead` after them.
        let ahead = self.sides[port].ahead;
        let all = self.time == i64::MAX;
        self.expiry.set(port, if all { i64::MAX } else { self.time.saturating_sub(ahead).saturating_sub(1) });
        let (gone, next) = self.sides[port].clean_due(&mut due, self.expiry.of(port))?;
        for row in gone {
            self.pad(port, row, cx)?;
        }
        let timer = next.map(|time| {
            time.saturating_add(ahead).saturating_add(self.node.min_cleanup_ms).saturating_add(1)
        });
        self.sides[port].set_timer(&mut due, timer)
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
            self.flush(cx)?;
        }
        let rows = batch.rows();
        let times: Vec<i64> = if by_event_time {
            let times = timestamps_ms(rows.column(self.sides[port].time_column))?;
            times.map(|time| time.unwrap_or(0)).collect()
        } else {
            vec![cx.processing_time_ms; rows.num_rows()]
        };
        self.sides[port].encode(rows, &times, &mut self.keys)?;
        for port in [LEFT, RIGHT] {
            self.sides[port].probe(&self.keys)?;
        }
        for (index, time) in times.into_iter().enumerate() {
            if !self.never_matches() {
                self.arrive(port, index, time, cx)?;
            } else if self.sides[port].pads {
                let row = self.sides[port].take(&self.keys, self.keys.id(index), index)?;
                self.pad(port, row, cx)?;
                self.sides[port].discard(row);
            }
        }
        self.expiry.store()?;
        self.flush(cx)
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        let by_event_time = self.node.domain == TimeDomain::EventTime;
        self.advance(if by_event_time { watermark.0 } else { cx.processing_time_ms }, cx)?;
        self.expiry.store()?;
        self.flush(cx)?;
        let reach = self.sides[LEFT].back.max(self.sides[LEFT].ahead).max(0);
        Ok(if by_event_time { watermark.minus(reach) } else { watermark })
    }

    /// Rows that wait for a match are padded now and keep their place, as ones that have been joined: the next run may
    /// bring their match, but not their padding again. By processing time nothing is due (Flink drops such timers).
    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        if self.node.domain == TimeDomain::EventTime {
            let timers = |port: Port| self.sides[port].timers().map(move |(time, key)| (time, port, key));
            let mut keys: Vec<_> = timers(LEFT).chain(timers(RIGHT)).collect();
            keys.retain(|(_, port, _)| self.sides[*port].pads);
            keys.sort_by_key(|(time, port, _)| (*time, *port));
            for (_, port, key) in keys {
                for row in self.sides[port].mark_all(&key)? {
                    self.pad(port, row, cx)?;
                }
            }
        }
        self.flush(cx)
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.advance(cx.processing_time_ms, cx)?;
        self.expiry.store()?;
        self.flush(cx)
    }

    fn next_tick(&self) -> Option<i64> {
        if self.node.domain == TimeDomain::EventTime {
            return None;
        }
        self.sides.iter().filter_map(Side::first_timer).min()
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let [left, right] = &mut self.sides;
        vec![
            &mut left.rows,
            &mut right.rows,
            &mut left.timer_times,
            &mut right.timer_times,
            self.expiry.table(),
        ]
    }

    fn restored(&mut self) -> Result<()> {
        self.sides.iter_mut().for_each(Side::restored);
        self.expiry.restored();
        Ok(())
    }
}
