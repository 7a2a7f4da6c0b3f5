//! The keys of a batch: encoded, hashed and told apart once, whatever number of tables they are then looked up in.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use streamsql_core::{KeyGroup, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::part::{PartLayout, Parts};

/// The hash of an encoded key: XXH3-64 with seed 0 of the key's part (`docs/state-format.md`). It places state in key
/// groups, so it never changes.
pub fn hash_key(part: &[u8]) -> u64 {
    xxh3_64(part)
}

/// The hash of a key in a window, given that of the key: the same key group, another place in it.
pub(super) fn hash_in_window(hash: u64, window: i64) -> u64 {
    let mixed = (window as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    hash ^ mixed
}

/// Makes [`KeyBatch`]es of some columns.
pub struct KeyCodec {
    columns: Vec<usize>,
    layout: PartLayout,
    /// Open addressing: number of a distinct key + 1.
    seen: Vec<u32>,
    rows: Parts,
}

/// The distinct keys of a batch, numbered in the order of their first rows.
#[derive(Default)]
pub struct KeyBatch {
    /// For each row the number of its key.
    ids: Vec<u32>,
    /// For each key its first row.
    firsts: Vec<u32>,
    hashes: Vec<u64>,
    keys: Parts,
    /// Columns of the key.
    columns: usize,
    /// Bytes at the start of a key that hold its null bits, and where values of variable width begin.
    null_bytes: usize,
    fixed: usize,
}

impl KeyCodec {
    /// `columns` are indices into `schema`.
    ///
    /// # Errors
    /// For types that state cannot hold.
    pub fn new(schema: &SchemaRef, columns: &[usize]) -> Result<Self> {
        let types = columns.iter().map(|column| schema.field(*column).data_type().clone()).collect();
        Ok(Self {
            columns: columns.to_vec(),
            layout: PartLayout::of_types(types)?,
            seen: Vec::new(),
            rows: Parts::default(),
        })
    }

    /// The keys of a batch; `keys` is overwritten, so that its memory is used again.
    pub fn encode(&mut self, batch: &RecordBatch, keys: &mut KeyBatch) -> Result<()> {
        let columns: Vec<ArrayRef> =
            self.columns.iter().map(|column| batch.column(*column).clone()).collect();
        self.encode_columns(&columns, batch.num_rows(), keys)
    }

    /// The keys made of these columns, in the order and of the types of the codec's columns.
    pub fn encode_columns(&mut self, columns: &[ArrayRef], rows: usize, keys: &mut KeyBatch) -> Result<()> {
        self.layout.encode(columns, rows, &mut self.rows)?;
        keys.columns = self.layout.columns();
        keys.null_bytes = keys.columns.div_ceil(8);
        keys.fixed = self.layout.fixed();
        keys.ids.clear();
        keys.firsts.clear();
        keys.hashes.clear();
        keys.keys.clear();
        let places = (rows * 2).next_power_of_two().max(16);
        self.seen.clear();
        self.seen.resize(places, 0);
        for row in 0..rows {
            let key = self.rows.get(row);
            let hash = hash_key(key);
            let mut place = hash as usize & (places - 1);
            let id = loop {
                match self.seen[place] {
                    0 => {
                        let id = keys.firsts.len() as u32;
                        self.seen[place] = id + 1;
                        keys.firsts.push(row as u32);
                        keys.hashes.push(hash);
                        keys.keys.push(key);
                        break id;
                    }
                    seen if keys.hashes[seen as usize - 1] == hash
                        && keys.keys.get(seen as usize - 1) == key =>
                    {
                        break seen - 1;
                    }
                    _ => place = (place + 1) & (places - 1),
                }
            };
            keys.ids.push(id);
        }
        Ok(())
    }

    /// The keys of a batch in memory of their own.
    pub fn keys(&mut self, batch: &RecordBatch) -> Result<KeyBatch> {
        let mut keys = KeyBatch::default();
        self.encode(batch, &mut keys)?;
        Ok(keys)
    }
}

impl KeyBatch {
    /// Rows of the batch.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Distinct keys.
    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }

    /// Number of the key of a row.
    pub fn id(&self, row: usize) -> usize {
        self.ids[row] as usize
    }

    /// For each row the number of its key.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The first row of a key.
    pub fn first_row(&self, id: usize) -> usize {
        self.firsts[id] as usize
    }

    pub fn hash(&self, id: usize) -> u64 {
        self.hashes[id]
    }

    pub fn key_group(&self, id: usize) -> KeyGroup {
        KeyGroup::of_hash(self.hashes[id])
    }

    /// Keys in windows, for tables whose key ends with a window (`StateLayout::WINDOW`): of each pair of a window and the
    /// number of a key one row, which is a key of its own. The pairs must differ.
    pub fn in_windows(&self, pairs: &[(i64, u32)], out: &mut KeyBatch) {
        out.ids.clear();
        out.firsts.clear();
        out.hashes.clear();
        out.keys.clear();
        out.columns = self.columns + 1;
        out.null_bytes = out.columns.div_ceil(8);
        out.fixed = self.fixed + (out.null_bytes - self.null_bytes) + 8;
        let mut bytes = Vec::new();
        for (row, (window, id)) in pairs.iter().enumerate() {
            let key = self.keys.get(*id as usize);
            bytes.clear();
            bytes.extend_from_slice(&key[..self.null_bytes]);
            bytes.resize(out.null_bytes, 0);
            bytes.extend_from_slice(&key[self.null_bytes..self.fixed]);
            bytes.extend_from_slice(&window.to_le_bytes());
            bytes.extend_from_slice(&key[self.fixed..]);
            out.keys.push(&bytes);
            out.hashes.push(hash_in_window(self.hashes[*id as usize], *window));
            out.ids.push(row as u32);
            out.firsts.push(row as u32);
        }
    }

    /// Whether a column of the key is NULL.
    pub fn has_null(&self, id: usize) -> bool {
        self.keys.get(id)[..self.null_bytes].iter().any(|bits| *bits != 0)
    }

    pub(super) fn key(&self, id: usize) -> &[u8] {
        self.keys.get(id)
    }
}
