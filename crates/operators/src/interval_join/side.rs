//! What an interval join keeps of one input, and how far each is cleaned.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, new_null_array};
use streamsql_core::{Error, KeyGroupRange, Port, Result, Schema, StateTable};
use streamsql_plan::IntervalJoin as IntervalJoinNode;
use streamsql_state::tables::{
    Due, Key, KeyBatch, KeyCodec, OneTable, OrderedTable, Parts, RowRef, Slot, Timers,
};

use crate::places::places;

/// A key whose timer is due, and what the tables have for it.
pub struct DueKey {
    key: Key,
    rows: Slot,
    timer: Slot,
}

/// One input and what is kept of it.
pub struct Side {
    codec: KeyCodec,
    /// The input's columns, the time in ms, and whether the row has been joined.
    pub rows: OrderedTable,
    /// Number of columns of the input.
    width: usize,
    /// Columns of the input outside of the key.
    value: Vec<usize>,
    pub time_column: usize,
    /// Rows of this side at time t join rows of the other side in [t − back, t + ahead].
    pub back: i64,
    pub ahead: i64,
    /// Whether rows without a match are padded.
    pub pads: bool,
    /// What the table has for the keys of the batch at hand.
    pub slots: Vec<Slot>,
    values: Parts,
    /// The values of a joined row of which only the time is kept, which is written into it.
    settled: Parts,
    /// Key and time at which it is cleaned next; the queue is derived from it.
    pub timer_times: OneTable,
    timer_column: usize,
    timer_slots: Vec<Slot>,
    timers: Timers,
    /// By a key of this side with rows: a time that the operator remembers.
    pub frontiers: HashMap<u128, i64, ahash::RandomState>,
}

impl Side {
    pub fn new(node: &IntervalJoinNode, port: Port, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        // left time in [right time + lower, right time + upper].
        let (left_size, right_size) = (node.lower_ms.saturating_neg(), node.upper_ms);
        let is_left = port == 0;
        let (back, ahead) = if is_left { (right_size, left_size) } else { (left_size, right_size) };
        let rows = node.rows_layout(port, input);
        let timers = node.timers_layout(port, input);
        let names = [["left", "left-timers"], ["right", "right-timers"]][port];
        let width = input.len();
        let value: Vec<usize> = rows.value().into_iter().filter(|column| *column < width).collect();
        let table = OrderedTable::new(names[0], port, &rows, range)?;
        Ok(Self {
            codec: KeyCodec::new(&input.to_arrow(), &rows.key)?,
            settled: settled(&table, input, &value)?,
            timer_column: timers.columns.len() - 2,
            rows: table,
            timer_times: OneTable::new(names[1], 2 + port, &timers, range)?,
            width,
            value,
            time_column: if is_left { node.left_time } else { node.right_time },
            back,
            ahead,
            pads: if is_left { node.kind.keeps_left() } else { node.kind.keeps_right() },
            slots: Vec::new(),
            values: Parts::default(),
            timer_slots: Vec::new(),
            timers: Timers::default(),
            frontiers: HashMap::default(),
        })
    }

    /// Takes the rows of a batch of this side in: their keys, and their values for `take`.
    pub fn encode(&mut self, batch: &RecordBatch, times: &[i64], keys: &mut KeyBatch) -> Result<()> {
        self.codec.encode(batch, keys)?;
        let mut columns: Vec<ArrayRef> = self.value.iter().map(|c| batch.column(*c).clone()).collect();
        columns.push(Arc::new(Int64Array::from(times.to_vec())));
        columns.push(Arc::new(BooleanArray::from(vec![false; times.len()])));
        self.rows.encode(&columns, times.len(), &mut self.values)
    }

    /// Looks keys up, of whichever side.
    pub fn probe(&mut self, keys: &KeyBatch) -> Result<()> {
        self.rows.probe(keys, &mut self.slots)?;
        self.timer_times.probe(keys, &mut self.timer_slots)
    }

    /// Makes a row of the batch readable; `keep` or `discard` it afterwards.
    pub fn take(&mut self, keys: &KeyBatch, id: usize, index: usize) -> Result<RowRef> {
        self.rows.take(keys, id, &self.values, index)
    }

    /// Keeps a row that was taken.
    pub fn keep(&mut self, id: usize, row: RowRef, joined: bool) -> Result<()> {
        if joined {
            self.rows.row_mut(row)?.set_i64(self.width + 1, 1)?;
        }
        self.rows.keep(&mut self.slots[id], row);
        Ok(())
    }

    /// Keeps of a row only its place in time.
    pub fn keep_settled(&mut self, keys: &KeyBatch, id: usize, time: i64) -> Result<()> {
        self.settle(time)?;
        let row = self.rows.take(keys, id, &self.settled, 0)?;
        self.rows.keep(&mut self.slots[id], row);
        Ok(())
    }

    pub fn discard(&mut self, row: RowRef) {
        self.rows.discard(row);
    }

    /// Makes `settled` the values of a row of this time.
    fn settle(&mut self, time: i64) -> Result<()> {
        self.rows.unstored_mut(&mut self.settled, 0).set_i64(self.width, time)
    }

    pub fn time_of(&self, row: RowRef) -> i64 {
        self.rows.row(row).i64(self.width).unwrap_or(0)
    }

    fn is_joined(&self, row: RowRef) -> bool {
        self.rows.row(row).bool(self.width + 1) == Some(true)
    }

    /// Rows of a key with times in `from..=to`, ascending; `unsettled` leaves joined ones out.
    pub fn candidates(
        &self,
        id: usize,
        from: i64,
        to: i64,
        unsettled: bool,
    ) -> Result<impl Iterator<Item = RowRef> + '_> {
        let rows = self.rows.range(&self.slots[id], from, to)?;
        Ok(rows.filter(move |row| !(unsettled && self.is_joined(*row))))
    }

    /// Marks a row of a key as joined; a settled one gives its values up.
    pub fn mark_joined(&mut self, id: usize, row: RowRef, settled: bool) -> Result<()> {
        if settled {
            self.settle(self.time_of(row))?;
            self.rows.replace(&mut self.slots[id], row, &self.settled, 0)?;
        } else if !self.is_joined(row) {
            let row = self.rows.edit(&mut self.slots[id], row)?;
            self.rows.row_mut(row)?.set_i64(self.width + 1, 1)?;
        }
        Ok(())
    }

    /// Marks all rows of a key as joined and returns those that were not, ascending.
    pub fn mark_all(&mut self, key: &Key) -> Result<Vec<RowRef>> {
        let mut slot = self.rows.find(key);
        let waiting: Vec<RowRef> = self.rows.scan(&slot).filter(|row| !self.is_joined(*row)).collect();
        for row in &waiting {
            let row = self.rows.edit(&mut slot, *row)?;
            self.rows.row_mut(row)?.set_i64(self.width + 1, 1)?;
        }
        Ok(waiting)
    }

    /// Removes the rows of a key of the batch up to a time; returns those that must be padded, still readable.
    pub fn clean_slot(&mut self, id: usize, until: i64) -> Result<Vec<RowRef>> {
        let gone = self.rows.remove_until(&mut self.slots[id], until)?;
        Ok(self.to_pad(gone))
    }

    /// Removes the rows of a key whose timer fired up to a time; returns those that must be padded, still readable, and the
    /// time of the first row that is left.
    pub fn clean_due(&mut self, due: &mut DueKey, until: i64) -> Result<(Vec<RowRef>, Option<i64>)> {
        let gone = self.rows.remove_until(&mut due.rows, until)?;
        let next = self.rows.first_order(&due.rows)?;
        if next.is_none() && !self.frontiers.is_empty() {
            self.frontiers.remove(&due.key.identity());
        }
        Ok((self.to_pad(gone), next))
    }

    /// Those of the rows that go that have not been joined, where these are padded.
    fn to_pad(&self, mut gone: Vec<RowRef>) -> Vec<RowRef> {
        gone.retain(|row| self.pads && !self.is_joined(*row));
        gone
    }

    /// Sets the timer of a key of the batch that has none.
    pub fn set_first_timer(&mut self, keys: &KeyBatch, id: usize, time: i64) -> Result<()> {
        let slot = &mut self.timer_slots[id];
        if slot.is_empty() {
            let order = self.timers.set(time, keys.hash(id));
            let mut row = self.timer_times.edit(keys, id, slot)?;
            row.set_i64(self.timer_column, time)?;
            row.set_i64(self.timer_column + 1, order)?;
        }
        Ok(())
    }

    /// Sets the next timer of a key whose timer fired, or clears it.
    pub fn set_timer(&mut self, due: &mut DueKey, time: Option<i64>) -> Result<()> {
        match time {
            None => {
                self.timer_times.remove(&mut due.timer);
            }
            Some(time) => {
                let order = self.timers.set(time, due.key.hash());
                let mut row = self.timer_times.edit_key(&due.key, &mut due.timer)?;
                row.set_i64(self.timer_column, time)?;
                row.set_i64(self.timer_column + 1, order)?;
            }
        }
        Ok(())
    }

    pub fn first_timer(&self) -> Option<i64> {
        self.timers.first()
    }

    /// Takes the first timer that is due, for `find_due`.
    pub fn take_timer(&mut self, until: i64) -> Option<Due> {
        self.timers.take(until)
    }

    /// What the keys of timers have, looked up together; nothing for timers that were replaced.
    pub fn find_due(&mut self, due: &[Due]) -> Vec<Option<DueKey>> {
        let keys = Timers::keys(due, &mut self.timer_times, self.timer_column);
        let known: Vec<&Key> = keys.iter().flatten().map(|(key, _)| key).collect();
        let mut rows = self.rows.find_keys(&known).into_iter();
        let mut due_key = |(key, timer)| rows.next().map(|rows| DueKey { key, rows, timer });
        keys.into_iter().map(|found| found.and_then(&mut due_key)).collect()
    }

    /// All timers in the order in which they fire.
    pub fn timers(&self) -> impl Iterator<Item = (i64, Key)> + '_ {
        self.timers.iter(&self.timer_times, self.timer_column)
    }

    pub fn gather(&self, rows: &[RowRef]) -> Result<Vec<ArrayRef>> {
        let columns: Vec<usize> = (0..self.width).collect();
        self.rows.gather(rows, &columns)
    }

    pub fn restored(&mut self) {
        self.timers = Timers::of(&self.timer_times, self.timer_column);
    }
}

/// A joined row without values: only its place in time is to be written.
fn settled(rows: &OrderedTable, input: &Schema, value: &[usize]) -> Result<Parts> {
    let null = |column: &usize| new_null_array(&input.columns[*column].logical_type.to_arrow(), 1);
    let mut columns: Vec<ArrayRef> = value.iter().map(null).collect();
    columns.push(Arc::new(Int64Array::from(vec![0])));
    columns.push(Arc::new(BooleanArray::from(vec![true])));
    let mut parts = Parts::default();
    rows.encode(&columns, 1, &mut parts)?;
    Ok(parts)
}

/// How far each side is cleaned: rows up to this time are gone (Flink `leftExpirationTime`, `rightExpirationTime`). Known
/// per shard, not per key; after a change of parallelism the furthest counts.
pub struct Expiry {
    times: [i64; 2],
    stored: [i64; 2],
    table: OneTable,
    /// A key whose key group is the first of the shard.
    place: Key,
}

impl Expiry {
    pub fn new(node: &IntervalJoinNode, range: KeyGroupRange) -> Result<Self> {
        let layout = node.expiry_layout();
        let place = places(range)?.into_iter().next();
        let place = place.ok_or_else(|| Error::internal("a shard without key groups"))?;
        let table = OneTable::new("expiry", 4, &layout, range)?;
        Ok(Self { times: [0; 2], stored: [0; 2], table, place })
    }

    pub fn of(&self, port: Port) -> i64 {
        self.times[port]
    }

    pub fn set(&mut self, port: Port, time: i64) {
        self.times[port] = time;
    }

    /// Writes what changed into the table.
    pub fn store(&mut self) -> Result<()> {
        if self.times == self.stored {
            return Ok(());
        }
        let mut slot = self.table.find(&self.place);
        let mut row = self.table.edit_key(&self.place, &mut slot)?;
        row.set_i64(1, self.times[0])?;
        row.set_i64(2, self.times[1])?;
        self.stored = self.times;
        Ok(())
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        &mut self.table
    }

    pub fn restored(&mut self) {
        for row in self.table.all() {
            let row = self.table.row(row);
            for (port, time) in self.times.iter_mut().enumerate() {
                *time = (*time).max(row.i64(1 + port).unwrap_or(0));
            }
        }
        self.stored = self.times;
    }
}
