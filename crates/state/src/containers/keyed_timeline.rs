//! Key → rows ordered by event time, with a flag each and one timer a key (one side of an IntervalJoin).
//!
//! Delta: records `0 | key hash | key length | key | time | sequence -> flag | row` for rows, and
//! `1 | key hash | key length | key -> time` for timers. A row that came and went within an epoch leaves no trace.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use streamsql_core::{Error, KeyGroup, KeyGroupRange, Result};

use crate::containers::key_index::KeyIndex;
use crate::containers::row_store::{RowRef, RowStore};
use crate::delta::{DeltaReader, DeltaWriter, Record};

const ROW: u8 = 0;
const TIMER: u8 = 1;

/// A row in a timeline.
#[derive(Clone, Copy, Debug)]
pub struct TimedRow {
    /// Event time, ms.
    pub time: i64,
    /// Arrival order.
    pub sequence: u64,
    pub row: RowRef,
    /// Set by the operator: the row has been joined.
    pub flag: bool,
    dirty: bool,
    stored: bool,
}

struct Line {
    /// By (time, sequence). Rows come at the back and go at the front.
    rows: VecDeque<TimedRow>,
    timer: Option<i64>,
    timer_dirty: bool,
    frontier: i64,
}

impl Default for Line {
    fn default() -> Self {
        Self { rows: VecDeque::new(), timer: None, timer_dirty: false, frontier: i64::MAX }
    }
}

/// Rows by key and time, with timers.
pub struct KeyedTimeline {
    keys: KeyIndex<Line>,
    rows: RowStore,
    range: KeyGroupRange,
    /// (time, order of registration, slot): timers fire in time order, then in the order they were set.
    timers: BTreeMap<(i64, u64), u32>,
    registered: BTreeMap<u32, (i64, u64)>,
    next_registration: u64,
    next_sequence: u64,
    touched: BTreeSet<u32>,
    deleted: Vec<(KeyGroup, Vec<u8>)>,
    row_count: usize,
    /// Bytes of the last delta: the next one starts with that much room.
    last_delta: usize,
}

impl KeyedTimeline {
    pub fn new(schema: SchemaRef, range: KeyGroupRange) -> Result<Self> {
        Ok(Self {
            keys: KeyIndex::default(),
            rows: RowStore::new(schema)?,
            range,
            timers: BTreeMap::new(),
            registered: BTreeMap::new(),
            next_registration: 0,
            next_sequence: 0,
            touched: BTreeSet::new(),
            deleted: Vec::new(),
            row_count: 0,
            last_delta: 0,
        })
    }

    /// Takes a batch in; each row is to be inserted or released.
    pub fn take_in(&mut self, batch: RecordBatch) -> u32 {
        self.rows.add(batch)
    }

    pub fn release(&mut self, row: RowRef) {
        self.rows.release(row);
    }

    pub fn gather(&self, rows: &[RowRef]) -> Result<RecordBatch> {
        self.rows.gather(rows)
    }

    pub fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        self.keys.find(hash, key)
    }

    /// Adds a row to the line of a key; returns the key's slot.
    pub fn insert(&mut self, hash: u64, key: &[u8], time: i64, row: RowRef, flag: bool) -> u32 {
        let slot = self.keys.find_or_insert(hash, key, Line::default);
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        if let Some(line) = self.keys.get_mut(slot) {
            let at = line.rows.partition_point(|r| r.time <= time);
            line.rows.insert(at, TimedRow { time, sequence, row, flag, dirty: true, stored: false });
            self.row_count += 1;
        }
        self.touched.insert(slot);
        slot
    }

    /// Rows of a key with time in `from..=to`, ascending by (time, arrival).
    pub fn between(&self, slot: u32, from: i64, to: i64) -> impl Iterator<Item = &TimedRow> {
        let rows = self.keys.get(slot).map(|line| &line.rows);
        rows.into_iter().flat_map(move |rows| {
            let start = rows.partition_point(|r| r.time < from);
            rows.range(start..).take_while(move |r| r.time <= to)
        })
    }

    /// A number that the operator remembers with a key for as long as the key is here: no state, it is not stored.
    /// `i64::MAX` until it is set.
    pub fn frontier(&self, slot: u32) -> i64 {
        self.keys.get(slot).map_or(i64::MAX, |line| line.frontier)
    }

    pub fn set_frontier(&mut self, slot: u32, frontier: i64) {
        if let Some(line) = self.keys.get_mut(slot) {
            line.frontier = frontier;
        }
    }

    /// Sets the flags of rows of a key by their sequence numbers.
    pub fn set_flags(&mut self, slot: u32, from: i64, to: i64, hit: impl Fn(&TimedRow) -> bool) {
        let mut changed = false;
        if let Some(line) = self.keys.get_mut(slot) {
            let start = line.rows.partition_point(|r| r.time < from);
            for row in line.rows.range_mut(start..).take_while(|r| r.time <= to) {
                if !row.flag && hit(row) {
                    row.flag = true;
                    row.dirty = true;
                    changed = true;
                }
            }
        }
        if changed {
            self.touched.insert(slot);
        }
    }

    /// Gives up the columns of these rows of a key: they keep their time, flag and place and read as NULLs. The rows are
    /// returned; `release` them when done.
    pub fn forget_rows(&mut self, slot: u32, from: i64, to: i64, sequences: &[u64]) -> Vec<RowRef> {
        let Some(line) = self.keys.get_mut(slot) else { return Vec::new() };
        let start = line.rows.partition_point(|r| r.time < from);
        let mut forgotten = Vec::with_capacity(sequences.len());
        for row in line.rows.range_mut(start..).take_while(|r| r.time <= to) {
            if sequences.contains(&row.sequence) {
                forgotten.push(std::mem::replace(&mut row.row, RowRef::NULLS));
                row.dirty = true;
            }
        }
        self.touched.insert(slot);
        forgotten
    }

    /// Removes the rows of a key with time up to `until` and returns them, ascending. `release` them when done.
    pub fn remove_until(&mut self, slot: u32, until: i64) -> Vec<TimedRow> {
        let Some(line) = self.keys.get_mut(slot) else { return Vec::new() };
        let end = line.rows.partition_point(|r| r.time <= until);
        if end == 0 {
            return Vec::new();
        }
        let removed: Vec<TimedRow> = line.rows.drain(..end).collect();
        self.row_count -= removed.len();
        for row in removed.iter().filter(|row| row.stored) {
            self.deleted.push((self.keys.key_group(slot), self.row_key(slot, row)));
        }
        self.drop_if_empty(slot);
        removed
    }

    /// The earliest time that a key still holds.
    pub fn earliest(&self, slot: u32) -> Option<i64> {
        self.keys.get(slot)?.rows.front().map(|row| row.time)
    }

    pub fn timer(&self, slot: u32) -> Option<i64> {
        self.keys.get(slot)?.timer
    }

    /// Sets or clears a key's timer.
    pub fn set_timer(&mut self, slot: u32, time: Option<i64>) {
        if let Some(registered) = self.registered.remove(&slot) {
            self.timers.remove(&registered);
        }
        if let Some(time) = time {
            let entry = (time, self.next_registration);
            self.next_registration += 1;
            self.timers.insert(entry, slot);
            self.registered.insert(slot, entry);
        }
        if let Some(line) = self.keys.get_mut(slot)
            && line.timer != time
        {
            line.timer = time;
            line.timer_dirty = true;
            self.touched.insert(slot);
        }
        self.drop_if_empty(slot);
    }

    /// The first timer at or before `until`: its time and key.
    pub fn due(&self, until: i64) -> Option<(i64, u32)> {
        let ((time, _), slot) = self.timers.first_key_value()?;
        (*time <= until).then_some((*time, *slot))
    }

    /// A key without rows and timer is forgotten.
    fn drop_if_empty(&mut self, slot: u32) {
        let empty = self.keys.get(slot).is_some_and(|line| line.rows.is_empty() && line.timer.is_none());
        if !empty {
            return;
        }
        if self.keys.get(slot).is_some_and(|line| line.timer_dirty) {
            self.deleted.push((self.keys.key_group(slot), self.timer_key(slot)));
        }
        self.touched.remove(&slot);
        self.keys.remove(slot);
    }

    fn prefix(&self, kind: u8, slot: u32) -> Vec<u8> {
        let key = self.keys.key(slot);
        let mut stored = Vec::with_capacity(29 + key.len());
        stored.push(kind);
        stored.extend_from_slice(&self.keys.hash(slot).to_le_bytes());
        stored.extend_from_slice(&(key.len() as u32).to_le_bytes());
        stored.extend_from_slice(key);
        stored
    }

    fn row_key(&self, slot: u32, row: &TimedRow) -> Vec<u8> {
        let mut stored = self.prefix(ROW, slot);
        stored.extend_from_slice(&row.time.to_le_bytes());
        stored.extend_from_slice(&row.sequence.to_le_bytes());
        stored
    }

    fn timer_key(&self, slot: u32) -> Vec<u8> {
        self.prefix(TIMER, slot)
    }

    /// What changed since the last call.
    pub fn delta(&mut self) -> Result<Vec<u8>> {
        let mut writer = DeltaWriter::with_capacity(self.last_delta);
        for (group, key) in std::mem::take(&mut self.deleted) {
            writer.delete(group, &key);
        }
        let mut keys = Vec::new();
        let mut rows = Vec::new();
        for slot in std::mem::take(&mut self.touched) {
            let group = self.keys.key_group(slot);
            let timer_key = self.timer_key(slot);
            let Some(line) = self.keys.get(slot) else { continue };
            if line.timer_dirty {
                match line.timer {
                    Some(time) => writer.put(group, &timer_key, &time.to_le_bytes()),
                    None => writer.delete(group, &timer_key),
                }
            }
            for row in line.rows.iter().filter(|row| row.dirty) {
                keys.push((group, self.row_key(slot, row), row.flag));
                rows.push(row.row);
            }
            if let Some(line) = self.keys.get_mut(slot) {
                line.timer_dirty = false;
                for row in line.rows.iter_mut().filter(|row| row.dirty) {
                    row.dirty = false;
                    row.stored = true;
                }
            }
        }
        let mut value = Vec::new();
        for ((group, key, flag), row) in keys.into_iter().zip(self.rows.encode(&rows)?) {
            value.clear();
            value.push(u8::from(flag));
            value.extend_from_slice(&row);
            writer.put(group, &key, &value);
        }
        if self.rows.is_sparse() {
            let live = self.keys.values_mut().flat_map(|line| line.rows.iter_mut().map(|row| &mut row.row));
            self.rows.compact(live)?;
        }
        let delta = writer.take();
        self.last_delta = delta.len();
        Ok(delta)
    }

    pub fn restore(&mut self, segment: &[u8]) -> Result<()> {
        let mut puts: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for record in DeltaReader::new(segment)? {
            let record = record?;
            if !self.range.contains(record.key_group()) {
                continue;
            }
            let stored = StoredKey::parse(record.key())?;
            match (record, stored.kind) {
                (Record::Put { key, value, .. }, ROW) => {
                    puts.insert(key.to_vec(), value.to_vec());
                }
                (Record::Put { value, .. }, _) => {
                    let time = value.try_into().map(i64::from_le_bytes).map_err(|_| damaged())?;
                    let slot = self.keys.find_or_insert(stored.hash, stored.key, Line::default);
                    self.set_timer(slot, Some(time));
                }
                (Record::Delete { key, .. }, ROW) => {
                    puts.remove(key);
                    self.delete_restored(&stored);
                }
                (Record::Delete { .. }, _) => {
                    if let Some(slot) = self.keys.find(stored.hash, stored.key) {
                        self.set_timer(slot, None);
                    }
                }
            }
        }
        self.insert_restored(puts)?;
        // What was just read is stored already.
        self.touched.clear();
        self.deleted.clear();
        for line in self.keys.values_mut() {
            line.timer_dirty = false;
        }
        Ok(())
    }

    fn delete_restored(&mut self, stored: &StoredKey<'_>) {
        let Some(slot) = self.keys.find(stored.hash, stored.key) else { return };
        let Some(line) = self.keys.get_mut(slot) else { return };
        let found = line.rows.iter().position(|r| (r.time, r.sequence) == (stored.time, stored.sequence));
        if let Some(row) = found.and_then(|at| line.rows.remove(at)) {
            self.row_count -= 1;
            self.rows.release(row.row);
        }
        self.drop_if_empty(slot);
    }

    fn insert_restored(&mut self, puts: BTreeMap<Vec<u8>, Vec<u8>>) -> Result<()> {
        if puts.is_empty() {
            return Ok(());
        }
        let rows = puts
            .values()
            .map(|v| v.get(1..).map(<[u8]>::to_vec).ok_or_else(damaged))
            .collect::<Result<Vec<_>>>()?;
        let batch = self.rows.decode(&rows)?;
        for (index, (key, value)) in puts.iter().enumerate() {
            let stored = StoredKey::parse(key)?;
            let row = TimedRow {
                time: stored.time,
                sequence: stored.sequence,
                row: RowStore::row(batch, index),
                flag: value.first() == Some(&1),
                dirty: false,
                stored: true,
            };
            self.next_sequence = self.next_sequence.max(stored.sequence + 1);
            let slot = self.keys.find_or_insert(stored.hash, stored.key, Line::default);
            let Some(line) = self.keys.get_mut(slot) else { continue };
            let order = (row.time, row.sequence);
            let at = line.rows.partition_point(|r| (r.time, r.sequence) < order);
            match line.rows.get_mut(at).filter(|r| (r.time, r.sequence) == order) {
                // A later delta only changed the flag.
                Some(existing) => {
                    let old = std::mem::replace(existing, row);
                    self.rows.release(old.row);
                }
                None => {
                    line.rows.insert(at, row);
                    self.row_count += 1;
                }
            }
        }
        Ok(())
    }

    /// Rows held.
    pub fn len(&self) -> usize {
        self.row_count
    }

    pub fn is_empty(&self) -> bool {
        self.row_count == 0
    }

    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.rows.bytes() + self.row_count * std::mem::size_of::<TimedRow>()
    }
}

struct StoredKey<'a> {
    kind: u8,
    hash: u64,
    key: &'a [u8],
    time: i64,
    sequence: u64,
}

impl<'a> StoredKey<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        let (kind, rest) = bytes.split_first().ok_or_else(damaged)?;
        let (hash, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (key, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
        let (mut time, mut sequence) = (0, 0);
        if *kind == ROW {
            let (t, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
            let (s, _) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
            (time, sequence) = (i64::from_le_bytes(*t), u64::from_le_bytes(*s));
        }
        Ok(Self { kind: *kind, hash: u64::from_le_bytes(*hash), key, time, sequence })
    }
}

fn damaged() -> Error {
    Error::state("damaged state segment: a timeline record is cut")
}
