//! Key → rows ordered by event time, with a flag each and one timer a key (one side of an IntervalJoin).
//!
//! Delta: `0 | sequence -> key hash | key length | key | time | flag | row` for rows, whose sequence is unique within
//! their key group, so that the many deletes are short; `1 | key hash | key length | key -> time` for timers. A row that
//! came and went within an epoch leaves no trace.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

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

/// Where a restored row is.
#[derive(Clone, Copy)]
struct Place {
    slot: u32,
    time: i64,
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
    /// While state is restored: where the rows are, by key group and sequence.
    restored: HashMap<(KeyGroup, u64), Place>,
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
            restored: HashMap::new(),
            last_delta: 0,
        })
    }

    /// Takes a batch in; each row is to be inserted or released.
    pub fn take_in(&mut self, batch: RecordBatch) -> u32 {
        // Nothing is restored any more once rows come.
        self.restored = HashMap::new();
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

    /// Sets the flags of all rows of a key and returns the rows that had none, ascending.
    pub fn flag_all(&mut self, slot: u32) -> Vec<RowRef> {
        let Some(line) = self.keys.get_mut(slot) else { return Vec::new() };
        let mut flagged = Vec::new();
        for row in line.rows.iter_mut().filter(|row| !row.flag) {
            row.flag = true;
            row.dirty = true;
            flagged.push(row.row);
        }
        if !flagged.is_empty() {
            self.touched.insert(slot);
        }
        flagged
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
            self.deleted.push((self.keys.key_group(slot), row_key(row.sequence).to_vec()));
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

    /// All timers in the order in which they fire: their times and keys.
    pub fn timers(&self) -> impl Iterator<Item = (i64, u32)> {
        self.timers.iter().map(|((time, _), slot)| (*time, *slot))
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

    /// Appends the hash and the key of a slot.
    fn push_key(&self, slot: u32, out: &mut Vec<u8>) {
        let key = self.keys.key(slot);
        out.extend_from_slice(&self.keys.hash(slot).to_le_bytes());
        out.extend_from_slice(&(key.len() as u32).to_le_bytes());
        out.extend_from_slice(key);
    }

    fn timer_key(&self, slot: u32) -> Vec<u8> {
        let mut stored = Vec::with_capacity(13 + self.keys.key(slot).len());
        stored.push(TIMER);
        self.push_key(slot, &mut stored);
        stored
    }

    /// What changed since the last call.
    pub fn delta(&mut self) -> Result<Vec<u8>> {
        let mut writer = DeltaWriter::with_capacity(self.last_delta);
        for (group, key) in std::mem::take(&mut self.deleted) {
            writer.delete(group, &key);
        }
        let mut written: Vec<(u32, TimedRow)> = Vec::new();
        for slot in std::mem::take(&mut self.touched) {
            let Some(line) = self.keys.get(slot) else { continue };
            if line.timer_dirty {
                let (group, timer_key) = (self.keys.key_group(slot), self.timer_key(slot));
                match line.timer {
                    Some(time) => writer.put(group, &timer_key, &time.to_le_bytes()),
                    None => writer.delete(group, &timer_key),
                }
            }
            written.extend(line.rows.iter().filter(|row| row.dirty).map(|row| (slot, *row)));
            if let Some(line) = self.keys.get_mut(slot) {
                line.timer_dirty = false;
                for row in line.rows.iter_mut().filter(|row| row.dirty) {
                    row.dirty = false;
                    row.stored = true;
                }
            }
        }
        let rows: Vec<RowRef> = written.iter().map(|(_, row)| row.row).collect();
        let mut value = Vec::new();
        for ((slot, row), encoded) in written.into_iter().zip(self.rows.encode(&rows)?) {
            value.clear();
            self.push_key(slot, &mut value);
            value.extend_from_slice(&row.time.to_le_bytes());
            value.push(u8::from(row.flag));
            value.extend_from_slice(&encoded);
            writer.put(self.keys.key_group(slot), &row_key(row.sequence), &value);
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
        let mut puts: BTreeMap<(KeyGroup, u64), &[u8]> = BTreeMap::new();
        for record in DeltaReader::new(segment)? {
            let record = record?;
            let group = record.key_group();
            if !self.range.contains(group) {
                continue;
            }
            let (kind, key) = record.key().split_first().ok_or_else(damaged)?;
            if *kind == ROW {
                let sequence = key.try_into().map(u64::from_le_bytes).map_err(|_| damaged())?;
                match record {
                    Record::Put { value, .. } => {
                        puts.insert((group, sequence), value);
                    }
                    Record::Delete { .. } => {
                        puts.remove(&(group, sequence));
                        self.delete_restored(group, sequence);
                    }
                }
                continue;
            }
            let (key, _) = StoredKey::split(key)?;
            match record {
                Record::Put { value, .. } => {
                    let time = value.try_into().map(i64::from_le_bytes).map_err(|_| damaged())?;
                    let slot = self.keys.find_or_insert(key.hash, key.bytes, Line::default);
                    self.set_timer(slot, Some(time));
                }
                Record::Delete { .. } => {
                    if let Some(slot) = self.keys.find(key.hash, key.bytes) {
                        self.set_timer(slot, None);
                    }
                }
            }
        }
        self.insert_restored(&puts)?;
        // What was just read is stored already.
        self.touched.clear();
        self.deleted.clear();
        for line in self.keys.values_mut() {
            line.timer_dirty = false;
        }
        Ok(())
    }

    fn delete_restored(&mut self, group: KeyGroup, sequence: u64) {
        let Some(Place { slot, time }) = self.restored.remove(&(group, sequence)) else { return };
        let Some(line) = self.keys.get_mut(slot) else { return };
        let at = line.rows.partition_point(|r| (r.time, r.sequence) < (time, sequence));
        if line.rows.get(at).is_some_and(|r| r.sequence == sequence)
            && let Some(row) = line.rows.remove(at)
        {
            self.row_count -= 1;
            self.rows.release(row.row);
        }
        self.drop_if_empty(slot);
    }

    fn insert_restored(&mut self, puts: &BTreeMap<(KeyGroup, u64), &[u8]>) -> Result<()> {
        if puts.is_empty() {
            return Ok(());
        }
        let values = puts.values().map(|value| StoredRow::parse(value)).collect::<Result<Vec<_>>>()?;
        let rows: Vec<Vec<u8>> = values.iter().map(|value| value.row.to_vec()).collect();
        let batch = self.rows.decode(&rows)?;
        for (index, ((group, sequence), stored)) in puts.keys().zip(&values).enumerate() {
            let row = TimedRow {
                time: stored.time,
                sequence: *sequence,
                row: RowStore::row(batch, index),
                flag: stored.flag,
                dirty: false,
                stored: true,
            };
            self.next_sequence = self.next_sequence.max(sequence + 1);
            let slot = self.keys.find_or_insert(stored.key.hash, stored.key.bytes, Line::default);
            self.restored.insert((*group, *sequence), Place { slot, time: stored.time });
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

/// Key of a row's record.
fn row_key(sequence: u64) -> [u8; 9] {
    let mut key = [ROW; 9];
    key[1..].copy_from_slice(&sequence.to_le_bytes());
    key
}

/// A line's key in stored form.
struct StoredKey<'a> {
    hash: u64,
    bytes: &'a [u8],
}

impl<'a> StoredKey<'a> {
    /// The key at the start of `bytes`, and what follows it.
    fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let (hash, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (key, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
        Ok((Self { hash: u64::from_le_bytes(*hash), bytes: key }, rest))
    }
}

/// The value of a row's record.
struct StoredRow<'a> {
    key: StoredKey<'a>,
    time: i64,
    flag: bool,
    row: &'a [u8],
}

impl<'a> StoredRow<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        let (key, rest) = StoredKey::split(bytes)?;
        let (time, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (flag, row) = rest.split_first().ok_or_else(damaged)?;
        Ok(Self { key, time: i64::from_le_bytes(*time), flag: *flag == 1, row })
    }
}

fn damaged() -> Error {
    Error::state("damaged state segment: a timeline record is cut")
}
