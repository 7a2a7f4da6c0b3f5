//! Keys to slots: one hash a row, computed once a batch and stable for ever (it also gives the key group).

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, Rows, SortField};
use hashbrown::HashTable;
use streamsql_core::{KeyGroup, Result};

use crate::hash::hash_rows;

/// Encodes key columns as bytes that are equal exactly when the keys are.
pub struct KeyCodec {
    columns: Vec<usize>,
    converter: RowConverter,
}

/// The keys of a batch.
pub struct Keys {
    rows: Option<Rows>,
    hashes: Vec<u64>,
}

impl KeyCodec {
    pub fn new(schema: &SchemaRef, columns: &[usize]) -> Result<Self> {
        let fields = columns.iter().map(|c| SortField::new(schema.field(*c).data_type().clone())).collect();
        Ok(Self { columns: columns.to_vec(), converter: RowConverter::new(fields)? })
    }

    pub fn keys(&mut self, batch: &RecordBatch) -> Result<Keys> {
        let columns: Vec<_> = self.columns.iter().map(|c| batch.column(*c).clone()).collect();
        let rows = if columns.is_empty() { None } else { Some(self.converter.convert_columns(&columns)?) };
        Ok(Keys { rows, hashes: hash_rows(batch, &self.columns)? })
    }

    /// Whether a key holds a NULL in row `row` of the batch.
    pub fn has_null(&self, batch: &RecordBatch, row: usize) -> bool {
        self.columns.iter().any(|c| batch.column(*c).is_null(row))
    }
}

impl Keys {
    pub fn hash(&self, row: usize) -> u64 {
        self.hashes[row]
    }

    /// Calls `f` with the key's bytes.
    pub fn with<R>(&self, row: usize, f: impl FnOnce(&[u8]) -> R) -> R {
        match &self.rows {
            Some(rows) => f(rows.row(row).as_ref()),
            None => f(&[]),
        }
    }
}

struct Entry<T> {
    hash: u64,
    key: Box<[u8]>,
    value: T,
}

/// Hash and bytes of a key as it stands in segments.
pub fn split_stored_key(stored: &[u8]) -> Result<(u64, &[u8])> {
    let (hash, key) = stored
        .split_first_chunk::<8>()
        .ok_or_else(|| streamsql_core::Error::state("damaged state segment: a key is cut"))?;
    Ok((u64::from_le_bytes(*hash), key))
}

/// A hash table from keys to values with stable slot numbers.
pub struct KeyIndex<T> {
    table: HashTable<u32>,
    entries: Vec<Option<Entry<T>>>,
    free: Vec<u32>,
    key_bytes: usize,
}

impl<T> Default for KeyIndex<T> {
    fn default() -> Self {
        Self { table: HashTable::new(), entries: Vec::new(), free: Vec::new(), key_bytes: 0 }
    }
}

impl<T> KeyIndex<T> {
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        let entries = &self.entries;
        let same =
            |slot: &u32| entries[*slot as usize].as_ref().is_some_and(|e| e.hash == hash && *e.key == *key);
        self.table.find(hash, same).copied()
    }

    /// The slot of a key, made with `value` where it is new.
    pub fn find_or_insert(&mut self, hash: u64, key: &[u8], value: impl FnOnce() -> T) -> u32 {
        if let Some(slot) = self.find(hash, key) {
            return slot;
        }
        let entry = Some(Entry { hash, key: key.into(), value: value() });
        self.key_bytes += key.len();
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot as usize] = entry;
                slot
            }
            None => {
                if self.entries.len() == self.entries.capacity() {
                    // Grows by an eighth: state is large, and doubling would leave a third of it empty on average.
                    self.entries.reserve_exact((self.entries.len() / 8).max(64));
                }
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        let entries = &self.entries;
        self.table.insert_unique(hash, slot, |s| entries[*s as usize].as_ref().map_or(0, |e| e.hash));
        slot
    }

    pub fn remove(&mut self, slot: u32) -> Option<T> {
        let entry = self.entries.get_mut(slot as usize)?.take()?;
        if let Ok(occupied) = self.table.find_entry(entry.hash, |s| *s == slot) {
            occupied.remove();
        }
        self.key_bytes -= entry.key.len();
        self.free.push(slot);
        Some(entry.value)
    }

    pub fn get(&self, slot: u32) -> Option<&T> {
        self.entries.get(slot as usize)?.as_ref().map(|e| &e.value)
    }

    pub fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.entries.get_mut(slot as usize)?.as_mut().map(|e| &mut e.value)
    }

    pub fn key(&self, slot: u32) -> &[u8] {
        self.entries.get(slot as usize).and_then(Option::as_ref).map_or(&[], |e| &e.key)
    }

    pub fn key_group(&self, slot: u32) -> KeyGroup {
        let hash = self.entries.get(slot as usize).and_then(Option::as_ref).map_or(0, |e| e.hash);
        KeyGroup::of_hash(hash)
    }

    pub fn hash(&self, slot: u32) -> u64 {
        self.entries.get(slot as usize).and_then(Option::as_ref).map_or(0, |e| e.hash)
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The key as it stands in segments: its hash, so that a restore finds it at once, and its bytes.
    pub fn stored_key(&self, slot: u32) -> Vec<u8> {
        let key = self.key(slot);
        let mut stored = Vec::with_capacity(8 + key.len());
        stored.extend_from_slice(&self.hash(slot).to_le_bytes());
        stored.extend_from_slice(key);
        stored
    }

    /// Slots in use, ascending.
    pub fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.entries.iter().enumerate().filter(|(_, e)| e.is_some()).map(|(slot, _)| slot as u32)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().flatten().map(|e| &mut e.value)
    }

    /// Bytes of keys and of the table itself.
    pub fn bytes(&self) -> usize {
        self.key_bytes
            + self.entries.capacity() * std::mem::size_of::<Option<Entry<T>>>()
            + self.table.capacity() * (std::mem::size_of::<u32>() + 1)
    }
}
