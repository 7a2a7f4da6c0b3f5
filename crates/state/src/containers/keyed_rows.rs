//! Key → one row (Deduplicate).
//!
//! Delta: `key bytes -> last write ms (i64) | order (i64) | row`, for keys written since the last barrier; removed keys
//! as deletes.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use streamsql_core::{KeyGroup, KeyGroupRange, Result};

use crate::containers::key_index::{KeyCodec, KeyIndex, Keys, split_stored_key};
use crate::containers::row_store::{RowRef, RowStore};
use crate::delta::{DeltaReader, DeltaWriter, Record};

struct Value {
    row: RowRef,
    /// What the operator compares rows of the key by.
    order: i64,
    /// Processing time of the last write, ms.
    written_ms: i64,
    dirty: bool,
}

/// One row a key, with time-to-live by processing time.
pub struct KeyedRows {
    codec: KeyCodec,
    keys: KeyIndex<Value>,
    rows: RowStore,
    range: KeyGroupRange,
    dirty: Vec<u32>,
    /// Keys that were stored at the last barrier and are gone.
    removed: BTreeMap<(KeyGroup, Vec<u8>), ()>,
    /// Bytes of the last delta: the next one starts with that much room.
    last_delta: usize,
}

impl KeyedRows {
    pub fn new(schema: SchemaRef, key_columns: &[usize], range: KeyGroupRange) -> Result<Self> {
        Ok(Self {
            codec: KeyCodec::new(&schema, key_columns)?,
            keys: KeyIndex::default(),
            rows: RowStore::new(schema)?,
            range,
            dirty: Vec::new(),
            removed: BTreeMap::new(),
            last_delta: 0,
        })
    }

    /// The keys of a batch and its place in the store; `keep` or `RowStore::release` each row afterwards.
    pub fn take_in(&mut self, batch: &RecordBatch) -> Result<(Keys, u32)> {
        Ok((self.codec.keys(batch)?, self.rows.add(batch.clone())))
    }

    /// The row of a key and its order, unless it expired.
    pub fn get(&self, keys: &Keys, row: usize, now_ms: i64, ttl_ms: i64) -> Option<(RowRef, i64)> {
        let slot = keys.with(row, |key| self.keys.find(keys.hash(row), key))?;
        let value = self.keys.get(slot)?;
        let expired = ttl_ms > 0 && now_ms - value.written_ms >= ttl_ms;
        (!expired).then_some((value.row, value.order))
    }

    /// Writes the row of a key. The old row is returned and stays readable until it is released.
    pub fn put(&mut self, keys: &Keys, row: usize, new: RowRef, order: i64, now_ms: i64) -> Option<RowRef> {
        let mut created = false;
        let slot = keys.with(row, |key| {
            self.keys.find_or_insert(keys.hash(row), key, || {
                created = true;
                Value { row: new, order, written_ms: now_ms, dirty: false }
            })
        });
        let value = self.keys.get_mut(slot)?;
        let old = (!created).then_some(value.row);
        value.row = new;
        value.order = order;
        value.written_ms = now_ms;
        if !std::mem::replace(&mut value.dirty, true) {
            self.dirty.push(slot);
        }
        old
    }

    /// The rows themselves.
    pub fn rows(&mut self) -> &mut RowStore {
        &mut self.rows
    }

    /// Drops all keys not written for `ttl_ms`.
    pub fn expire(&mut self, now_ms: i64, ttl_ms: i64) {
        let expired: Vec<u32> = self
            .keys
            .slots()
            .filter(|slot| self.keys.get(*slot).is_some_and(|v| now_ms - v.written_ms >= ttl_ms))
            .collect();
        for slot in expired {
            self.removed.insert((self.keys.key_group(slot), self.keys.stored_key(slot)), ());
            if let Some(value) = self.keys.remove(slot) {
                self.rows.release(value.row);
            }
        }
    }

    /// What changed since the last call; empty when nothing did.
    pub fn delta(&mut self) -> Result<Vec<u8>> {
        let mut writer = DeltaWriter::with_capacity(self.last_delta);
        for ((group, key), ()) in std::mem::take(&mut self.removed) {
            writer.delete(group, &key);
        }
        let dirty: Vec<u32> = std::mem::take(&mut self.dirty)
            .into_iter()
            .filter(|slot| self.keys.get(*slot).is_some_and(|value| value.dirty))
            .collect();
        let rows: Vec<RowRef> = dirty.iter().filter_map(|slot| self.keys.get(*slot).map(|v| v.row)).collect();
        for (slot, encoded) in dirty.iter().zip(self.rows.encode(&rows)?) {
            let (group, key) = (self.keys.key_group(*slot), self.keys.stored_key(*slot));
            if let Some(value) = self.keys.get_mut(*slot) {
                value.dirty = false;
                let mut bytes = Vec::with_capacity(16 + encoded.len());
                bytes.extend_from_slice(&value.written_ms.to_le_bytes());
                bytes.extend_from_slice(&value.order.to_le_bytes());
                bytes.extend_from_slice(&encoded);
                writer.put(group, &key, &bytes);
            }
        }
        if self.rows.is_sparse() {
            self.rows.compact(self.keys.values_mut().map(|v| &mut v.row))?;
        }
        let delta = writer.take();
        self.last_delta = delta.len();
        Ok(delta)
    }

    pub fn restore(&mut self, segment: &[u8]) -> Result<()> {
        let mut puts: BTreeMap<Vec<u8>, (i64, i64, Vec<u8>)> = BTreeMap::new();
        for record in DeltaReader::new(segment)? {
            let record = record?;
            if !self.range.contains(record.key_group()) {
                continue;
            }
            match record {
                Record::Put { key, value, .. } => {
                    let (written_ms, rest) = value.split_first_chunk::<8>().ok_or_else(damaged)?;
                    let (order, row) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
                    let stored = (i64::from_le_bytes(*written_ms), i64::from_le_bytes(*order), row.to_vec());
                    puts.insert(key.to_vec(), stored);
                }
                Record::Delete { key, .. } => {
                    puts.remove(key);
                    let (hash, bytes) = split_stored_key(key)?;
                    if let Some(value) = self.keys.find(hash, bytes).and_then(|slot| self.keys.remove(slot)) {
                        self.rows.release(value.row);
                    }
                }
            }
        }
        if puts.is_empty() {
            return Ok(());
        }
        let rows: Vec<Vec<u8>> = puts.values().map(|(_, _, row)| row.clone()).collect();
        let batch_slot = self.rows.decode(&rows)?;
        let references: Vec<RowRef> = (0..rows.len()).map(|row| RowStore::row(batch_slot, row)).collect();
        for ((key, (written_ms, order, _)), row) in puts.into_iter().zip(references) {
            let (hash, bytes) = split_stored_key(&key)?;
            let slot = self.keys.find_or_insert(hash, bytes, || Value {
                row: RowRef::NULLS,
                order,
                written_ms,
                dirty: false,
            });
            if let Some(value) = self.keys.get_mut(slot) {
                let old = std::mem::replace(&mut value.row, row);
                (value.order, value.written_ms) = (order, written_ms);
                self.rows.release(old);
            }
        }
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.rows.bytes()
    }
}

fn damaged() -> streamsql_core::Error {
    streamsql_core::Error::state("damaged state segment: a row is cut")
}
