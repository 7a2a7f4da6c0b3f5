//! Key → rows in arrival order, as encoded bytes (SinkMaterializer).
//!
//! Delta: `key -> last write ms (i64) | (row length u32 | row)*`, the whole list of each key that changed; lists are
//! short.

use std::collections::BTreeSet;

use streamsql_core::{KeyGroupRange, Result};

use crate::containers::key_index::{KeyIndex, Keys, split_stored_key};
use crate::delta::{DeltaReader, DeltaWriter, Record};

/// The rows of a key.
#[derive(Default)]
struct List {
    rows: Vec<Box<[u8]>>,
    /// Processing time of the last write, ms.
    written_ms: i64,
}

/// Lists of encoded rows by key, with time-to-live by processing time.
pub struct KeyedList {
    keys: KeyIndex<List>,
    range: KeyGroupRange,
    dirty: BTreeSet<u32>,
    bytes: usize,
}

impl KeyedList {
    pub fn new(range: KeyGroupRange) -> Self {
        Self { keys: KeyIndex::default(), range, dirty: BTreeSet::new(), bytes: 0 }
    }

    /// The list of a key, to be changed; empty when it was not written for `ttl_ms` (0 = kept for ever). A change is
    /// to be told with `written`.
    pub fn list(&mut self, keys: &Keys, row: usize, now_ms: i64, ttl_ms: i64) -> &mut Vec<Box<[u8]>> {
        let slot = keys.with(row, |key| self.keys.find_or_insert(keys.hash(row), key, List::default));
        let list = static_list(self.keys.get_mut(slot));
        if ttl_ms > 0 && now_ms - list.written_ms >= ttl_ms {
            list.rows.clear();
        }
        self.dirty.insert(slot);
        &mut list.rows
    }

    /// Renews the time-to-live of a key.
    pub fn written(&mut self, keys: &Keys, row: usize, now_ms: i64) {
        if let Some(slot) = keys.with(row, |key| self.keys.find(keys.hash(row), key))
            && let Some(list) = self.keys.get_mut(slot)
        {
            list.written_ms = now_ms;
        }
    }

    /// Drops all keys not written for `ttl_ms`.
    pub fn expire(&mut self, now_ms: i64, ttl_ms: i64) {
        let is_old = |list: &List| now_ms - list.written_ms >= ttl_ms;
        let old: Vec<u32> =
            self.keys.slots().filter(|slot| self.keys.get(*slot).is_some_and(is_old)).collect();
        for slot in old {
            static_list(self.keys.get_mut(slot)).rows.clear();
            self.dirty.insert(slot);
        }
    }

    /// What changed since the last call.
    pub fn delta(&mut self) -> Vec<u8> {
        let mut writer = DeltaWriter::default();
        for slot in std::mem::take(&mut self.dirty) {
            let (group, key) = (self.keys.key_group(slot), self.keys.stored_key(slot));
            let Some(list) = self.keys.get(slot) else { continue };
            let mut stored = list.written_ms.to_le_bytes().to_vec();
            for row in &list.rows {
                stored.extend_from_slice(&(row.len() as u32).to_le_bytes());
                stored.extend_from_slice(row);
            }
            if list.rows.is_empty() {
                writer.delete(group, &key);
                self.keys.remove(slot);
            } else {
                writer.put(group, &key, &stored);
            }
        }
        self.bytes = self
            .keys
            .slots()
            .filter_map(|s| self.keys.get(s))
            .flat_map(|l| &l.rows)
            .map(|row| row.len() + 16)
            .sum();
        writer.take()
    }

    pub fn restore(&mut self, segment: &[u8]) -> Result<()> {
        let damaged = || streamsql_core::Error::state("damaged state segment: a list is cut");
        for record in DeltaReader::new(segment)? {
            let record = record?;
            if !self.range.contains(record.key_group()) {
                continue;
            }
            match record {
                Record::Put { key, value, .. } => {
                    let (hash, key) = split_stored_key(key)?;
                    let (written, mut rest) = value.split_first_chunk::<8>().ok_or_else(damaged)?;
                    let mut list = List { written_ms: i64::from_le_bytes(*written), ..List::default() };
                    while !rest.is_empty() {
                        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
                        let row = after.get(..u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
                        list.rows.push(Box::from(row));
                        rest = &after[row.len()..];
                    }
                    let slot = self.keys.find_or_insert(hash, key, List::default);
                    *static_list(self.keys.get_mut(slot)) = list;
                }
                Record::Delete { key, .. } => {
                    let (hash, bytes) = split_stored_key(key)?;
                    if let Some(slot) = self.keys.find(hash, bytes) {
                        self.keys.remove(slot);
                    }
                }
            }
        }
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        self.bytes + self.keys.bytes()
    }
}

/// The slot was made or found just before, so it is there.
fn static_list(list: Option<&mut List>) -> &mut List {
    match list {
        Some(list) => list,
        None => unreachable!("the slot was just made"),
    }
}
