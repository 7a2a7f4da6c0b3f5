//! Key → rows in arrival order, as encoded bytes (SinkMaterializer).
//!
//! Delta: `key -> (row length u32 | row)*`, the whole list of each key that changed; lists are short.

use std::collections::BTreeSet;

use streamsql_core::{KeyGroupRange, Result};

use crate::containers::key_index::{KeyIndex, Keys, split_stored_key};
use crate::delta::{DeltaReader, DeltaWriter, Record};

/// Lists of encoded rows by key.
pub struct KeyedList {
    keys: KeyIndex<Vec<Box<[u8]>>>,
    range: KeyGroupRange,
    dirty: BTreeSet<u32>,
    bytes: usize,
}

impl KeyedList {
    pub fn new(range: KeyGroupRange) -> Self {
        Self { keys: KeyIndex::default(), range, dirty: BTreeSet::new(), bytes: 0 }
    }

    /// The list of a key, to be changed.
    pub fn list(&mut self, keys: &Keys, row: usize) -> &mut Vec<Box<[u8]>> {
        let slot = keys.with(row, |key| self.keys.find_or_insert(keys.hash(row), key, Vec::new));
        self.dirty.insert(slot);
        static_list(self.keys.get_mut(slot))
    }

    /// What changed since the last call.
    pub fn delta(&mut self) -> Vec<u8> {
        let mut writer = DeltaWriter::default();
        for slot in std::mem::take(&mut self.dirty) {
            let (group, key) = (self.keys.key_group(slot), self.keys.stored_key(slot));
            let mut stored = Vec::new();
            let list = self.keys.get(slot).map(Vec::as_slice).unwrap_or_default();
            for row in list {
                stored.extend_from_slice(&(row.len() as u32).to_le_bytes());
                stored.extend_from_slice(row);
            }
            if list.is_empty() {
                writer.delete(group, &key);
                self.keys.remove(slot);
            } else {
                writer.put(group, &key, &stored);
            }
        }
        self.bytes =
            self.keys.slots().filter_map(|s| self.keys.get(s)).flatten().map(|row| row.len() + 16).sum();
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
                    let mut rest = value;
                    let mut list = Vec::new();
                    while !rest.is_empty() {
                        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
                        let row = after.get(..u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
                        list.push(Box::from(row));
                        rest = &after[row.len()..];
                    }
                    let slot = self.keys.find_or_insert(hash, key, Vec::new);
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
fn static_list(list: Option<&mut Vec<Box<[u8]>>>) -> &mut Vec<Box<[u8]>> {
    match list {
        Some(list) => list,
        None => unreachable!("the slot was just made"),
    }
}
