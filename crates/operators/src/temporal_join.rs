//! TemporalJoin: each left row with the version of a table that was valid at its time.
//!
//! Input       port 0 left, append-only or updating; port 1 the versions: `+I` and `+U` begin one at their row's time, `-D`
//!             ends the one before, `-U` says nothing
//! Output      the kind of the left row; left columns, then those of its version, or NULLs for LEFT; a row that is taken
//!             back is the one that was sent, whatever its version has become
//! State       `left`: key -> rows by time, until the watermark reaches it; `right`: key -> one version a time, until the
//!             watermark reaches a later one; `timers`: key -> when it is looked at next; `sent`, where left rows are
//!             taken back: key -> rows that were sent; `cleanup`, with a time-to-live: key -> when all of it is dropped
//! Watermark   in `w`: the keys that have a timer up to `w` send their left rows up to `w`, in the order of their arrival
//! End         all left rows that wait leave, and are gone; versions stay
//! Ticks       with a time-to-live only: keys that nobody touched for it, and for half of it more, are dropped
//! Late rows   never dropped: a late left row leaves with the next watermark, with the versions that are still kept
//! Cost        O(log rows of the key) a row; a timer a key; columns are gathered for at most 8,192 rows at a time
//! Errors      what the residual condition fails with
//! Source      Flink `TemporalRowTimeJoinOperator`, `BaseTwoInputStreamOperatorWithStateRetention`; of versions with equal
//!             times the last to arrive counts; NULL keys are equal; a NULL time counts as 0; a version that does not
//!             satisfy the residual condition is none, earlier ones are not tried
//! Tests       crates/tests/goldens/operators/TemporalJoin.*.script, crates/tests/corpus/temporal-join

mod side;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, KeyGroupRange, Operator, OperatorSpec, Port, Result, RowKind, Schema, StateTable,
    Watermark, timestamps_ms,
};
use streamsql_plan::TemporalJoin as TemporalJoinNode;
use streamsql_state::tables::{Key, KeyBatch, RowRef};

use self::side::{Sent, Side};
use crate::key_timers::KeyTimers;

const LEFT: Port = 0;
const RIGHT: Port = 1;

/// Most rows of one output batch.
const OUTPUT_ROWS: usize = 8_192;

pub struct TemporalJoin {
    spec: OperatorSpec,
    output: SchemaRef,
    node: TemporalJoinNode,
    sides: [Side; 2],
    timers: KeyTimers,
    /// Rows that may be taken back, where left rows are.
    sent: Option<Sent>,
    /// When keys are dropped, with a time-to-live.
    cleanup: Option<KeyTimers>,
    /// The keys of the batch at hand.
    keys: KeyBatch,
    pending: Pending,
}

/// Left rows on their way out, with their versions; or rows that are taken back, with what was sent of them.
#[derive(Default)]
struct Pending {
    retracts: bool,
    left: Vec<RowRef>,
    right: Vec<RowRef>,
    kinds: Vec<RowKind>,
}

impl TemporalJoin {
    pub fn new(
        spec: OperatorSpec,
        node: &TemporalJoinNode,
        left: &Schema,
        right: &Schema,
        range: KeyGroupRange,
    ) -> Result<Self> {
        let sent = match node.left_updates {
            true => Some(Sent::new(node, &spec.output, left.len(), range)?),
            false => None,
        };
        let cleanup = match node.ttl_ms {
            0 => None,
            _ => {
                let number = 3 + usize::from(sent.is_some());
                Some(KeyTimers::new("cleanup", number, &node.cleanup_layout(left), range)?)
            }
        };
        Ok(Self {
            output: spec.output.to_arrow(),
            spec,
            sides: [Side::new(node, LEFT, left, range)?, Side::new(node, RIGHT, right, range)?],
            timers: KeyTimers::new("timers", 2, &node.timers_layout(left), range)?,
            sent,
            cleanup,
            keys: KeyBatch::default(),
            pending: Pending::default(),
            node: node.clone(),
        })
    }

    /// Sends the left rows of a key up to a time; drops the versions that no later left row can have; sets the next timer.
    fn fire(&mut self, key: &Key, watermark: i64, cx: &mut Context<'_>) -> Result<()> {
        self.send_until(key, watermark, cx)?;
        let [left, right] = &mut self.sides;
        right.keep_latest_until(key, watermark)?;
        let next = left.first_time(key);
        self.timers.set_key(key, next)?;
        let Some(cleanup) = &mut self.cleanup else { return Ok(()) };
        let empty = next.is_none() && right.first_time(key).is_none();
        let time = (!empty).then(|| touched(cleanup.of_key(key), self.node.ttl_ms, cx.processing_time_ms));
        if time.is_none() || time != cleanup.of_key(key) {
            cleanup.set_key(key, time)?;
        }
        Ok(())
    }

    /// Sends the left rows of a key up to a time, in the order of their arrival.
    fn send_until(&mut self, key: &Key, until: i64, cx: &mut Context<'_>) -> Result<()> {
        let due = self.sides[LEFT].remove_until(key, until)?;
        let versions = self.sides[RIGHT].find(key);
        for row in due {
            let kind = self.sides[LEFT].kind(row);
            if kind.is_retraction() && self.sent.is_some() {
                self.take_back(row, kind, cx)?;
                continue;
            }
            let time = self.sides[LEFT].time(row);
            match self.sides[RIGHT].version(&versions, time)? {
                None if !self.node.kind.keeps_left() => {}
                version => self.push(false, row, version.unwrap_or(RowRef::NULLS), kind, cx)?,
            }
        }
        Ok(())
    }

    /// Takes a row back as it was sent; one that was not sent, because it had no version, is not taken back.
    fn take_back(&mut self, row: RowRef, kind: RowKind, cx: &mut Context<'_>) -> Result<()> {
        // The row may be among those that have yet to be sent.
        if !self.pending.retracts {
            self.flush(cx)?;
        }
        let columns = self.sides[LEFT].gather(&[row])?;
        let found = match &mut self.sent {
            Some(sent) => sent.take(&columns)?,
            None => None,
        };
        match found {
            Some(found) => self.push(true, RowRef::NULLS, found, kind, cx),
            None => Ok(()),
        }
    }

    fn push(
        &mut self,
        retracts: bool,
        left: RowRef,
        right: RowRef,
        kind: RowKind,
        cx: &mut Context<'_>,
    ) -> Result<()> {
        if retracts != self.pending.retracts {
            self.flush(cx)?;
            self.pending.retracts = retracts;
        }
        self.pending.left.push(left);
        self.pending.right.push(right);
        self.pending.kinds.push(kind);
        if self.pending.kinds.len() >= OUTPUT_ROWS { self.flush(cx) } else { Ok(()) }
    }

    fn flush(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let Pending { retracts, mut left, mut right, mut kinds } = std::mem::take(&mut self.pending);
        if kinds.is_empty() {
            return Ok(());
        }
        if retracts {
            if let Some(sent) = &self.sent {
                let rows = self.batch(sent.gather(&right)?, kinds.len())?;
                cx.emit(ChangeBatch::new(rows, kinds)?);
            }
            return Ok(());
        }
        if let Some(failing) = self.failing(&left, &right, cx)? {
            if self.node.kind.keeps_left() {
                for pair in failing {
                    right[pair] = RowRef::NULLS;
                }
            } else {
                let mut failing = failing.into_iter().peekable();
                let keeps: Vec<bool> =
                    (0..kinds.len()).map(|pair| failing.next_if_eq(&pair).is_none()).collect();
                retain(&mut left, &keeps);
                retain(&mut right, &keeps);
                retain(&mut kinds, &keeps);
            }
        }
        if kinds.is_empty() {
            return Ok(());
        }
        let rows = self.joined(&left, &right)?;
        if let Some(sent) = &mut self.sent {
            sent.add(&rows)?;
        }
        cx.emit(ChangeBatch::new(rows, kinds)?);
        Ok(())
    }

    /// The pairs that have a version which does not satisfy the residual condition, ascending.
    fn failing(&self, left: &[RowRef], right: &[RowRef], cx: &Context<'_>) -> Result<Option<Vec<usize>>> {
        let Some(residual) = &self.node.residual else { return Ok(None) };
        let paired: Vec<usize> = (0..right.len()).filter(|pair| right[*pair] != RowRef::NULLS).collect();
        let of = |rows: &[RowRef]| paired.iter().map(|pair| rows[*pair]).collect::<Vec<_>>();
        let rows = self.joined(&of(left), &of(right))?;
        let holds = residual.holds(&rows, &cx.evaluation())?;
        Ok(Some(
            paired.into_iter().enumerate().filter(|(i, _)| !holds.value(*i)).map(|(_, pair)| pair).collect(),
        ))
    }

    fn joined(&self, left: &[RowRef], right: &[RowRef]) -> Result<RecordBatch> {
        let mut columns = self.sides[LEFT].gather(left)?;
        columns.extend(self.sides[RIGHT].gather(right)?);
        self.batch(columns, left.len())
    }

    fn batch(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)?)
    }

    /// Drops the keys whose time of processing has come.
    fn expire(&mut self, now_ms: i64) -> Result<()> {
        let Some(cleanup) = &mut self.cleanup else { return Ok(()) };
        while let Some(key) = cleanup.pop(now_ms) {
            cleanup.set_key(&key, None)?;
            self.timers.set_key(&key, None)?;
            self.sides.iter_mut().for_each(|side| side.clear(&key));
            if let Some(sent) = &mut self.sent {
                sent.clear(&key);
            }
        }
        Ok(())
    }
}

/// When a key is dropped that is touched now: not before the time-to-live has passed, and set anew no more often than
/// every half of it (Flink `BaseTwoInputStreamOperatorWithStateRetention.registerProcessingCleanupTimer`).
fn touched(before: Option<i64>, ttl_ms: i64, now_ms: i64) -> i64 {
    match before {
        Some(time) if now_ms.saturating_add(ttl_ms) <= time => time,
        _ => now_ms.saturating_add(ttl_ms.saturating_add(ttl_ms / 2)),
    }
}

fn retain<T>(items: &mut Vec<T>, keeps: &[bool]) {
    let mut keeps = keeps.iter();
    items.retain(|_| keeps.next().copied().unwrap_or(true));
}

impl Operator for TemporalJoin {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        self.expire(cx.processing_time_ms)?;
        let batch = if port == RIGHT { without_update_before(batch)? } else { batch };
        let rows = batch.rows();
        let side = &mut self.sides[port];
        let times: Vec<i64> =
            timestamps_ms(rows.column(side.time_column))?.map(|time| time.unwrap_or(0)).collect();
        side.encode(&batch, &times, &mut self.keys)?;
        self.timers.probe(&self.keys)?;
        // What is late waits for the next watermark, also where the one that there was is told once more after a restart.
        let next_watermark = cx.watermark.0.saturating_add(1);
        for (row, time) in times.into_iter().enumerate() {
            let id = self.keys.id(row);
            if port == RIGHT {
                side.put(&self.keys, id, row)?
            } else {
                side.insert(&self.keys, id, row)?
            }
            let due = time.max(next_watermark);
            if self.timers.of(id).is_none_or(|timer| due < timer) {
                self.timers.set(&self.keys, id, due)?;
            }
        }
        if let Some(cleanup) = &mut self.cleanup {
            cleanup.probe(&self.keys)?;
            for id in 0..self.keys.len() {
                let time = touched(cleanup.of(id), self.node.ttl_ms, cx.processing_time_ms);
                if cleanup.of(id) != Some(time) {
                    cleanup.set(&self.keys, id, time)?;
                }
            }
        }
        Ok(())
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        self.expire(cx.processing_time_ms)?;
        while let Some(key) = self.timers.pop(watermark.0) {
            self.fire(&key, watermark.0, cx)?;
        }
        self.flush(cx)?;
        Ok(watermark)
    }

    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        for key in self.timers.keys() {
            self.send_until(&key, i64::MAX, cx)?;
        }
        self.flush(cx)
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.expire(cx.processing_time_ms)
    }

    fn next_tick(&self) -> Option<i64> {
        self.cleanup.as_ref().and_then(KeyTimers::first)
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let [left, right] = &mut self.sides;
        let mut tables: Vec<&mut dyn StateTable> = vec![&mut left.rows, &mut right.rows, self.timers.table()];
        tables.extend(self.sent.as_mut().map(|sent| &mut sent.rows as &mut dyn StateTable));
        tables.extend(self.cleanup.as_mut().map(KeyTimers::table));
        tables
    }

    fn restored(&mut self) -> Result<()> {
        self.timers.restored();
        self.cleanup.iter_mut().for_each(KeyTimers::restored);
        Ok(())
    }
}

/// Versions begin with the rows that come, so the rows that they replace tell nothing.
fn without_update_before(batch: ChangeBatch) -> Result<ChangeBatch> {
    if !batch.kinds().is_some_and(|kinds| kinds.contains(&RowKind::UpdateBefore)) {
        return Ok(batch);
    }
    let kept = (0..batch.num_rows()).filter(|row| batch.kind(*row) != RowKind::UpdateBefore);
    batch.take(&UInt32Array::from_iter_values(kept.map(|row| row as u32)))
}
