//! `One`: key → one row.

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use streamsql_core::{
    Epoch, Error, KeyGroupRange, KeyGroups, LargestKeys, PageRange, Restores, Result, SegmentId, StateDelta,
    StateForm, StateLayout, StateTable, StoredRow,
};
use xxhash_rust::xxh3::xxh3_128;

use super::index::{Found, KeyIndex, Slot};
use super::keys::KeyBatch;
use super::largest::{KeySize, largest, piece};
use super::pages::{Directory, Limits, Pages, RowRef};
use super::part::Parts;
use super::prefetch::{self, PIECE};
use super::record::Shape;
use super::row::{Row, RowMut};

/// Key → one row.
pub struct OneTable {
    name: String,
    number: usize,
    pages: Pages,
    index: KeyIndex,
    nulls: Vec<u8>,
}

impl Directory for KeyIndex {
    fn prefetch(&self, hash: u64) -> u64 {
        KeyIndex::prefetch(self, hash)
    }

    fn moved(&mut self, hash: u64, _record: &[u8], from: RowRef, to: RowRef) {
        self.replace(hash, Found::Row(from), Found::Row(to));
    }

    fn expired(&mut self, hash: u64, _record: &[u8], at: RowRef) {
        self.remove(hash, Found::Row(at));
    }
}

/// Makes the pages of a table, whose form must be this.
pub(super) fn pages_of(layout: &StateLayout, form: StateForm, range: KeyGroupRange) -> Result<Pages> {
    if layout.form != form {
        return Err(Error::internal(format!(
            "a state table of form {:?} was opened as {form:?}",
            layout.form
        )));
    }
    Ok(Pages::new(Shape::new(layout)?, range))
}

impl OneTable {
    /// The table with this number among its operator's, for the keys of these groups.
    pub fn new(name: &str, number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        let pages = pages_of(layout, StateForm::One, range)?;
        let nulls = pages.shape.value.nulls();
        Ok(Self { name: name.to_owned(), number, pages, index: KeyIndex::new(range), nulls })
    }

    /// Sets the processing time of what follows, for the time-to-live.
    pub fn set_now(&mut self, now_ms: i64) {
        self.pages.now_ms = self.pages.now_ms.max(now_ms);
    }

    /// For tests: other limits of pages.
    #[doc(hidden)]
    pub fn set_limits(&mut self, limits: Limits) {
        self.pages.limits = limits;
    }

    /// Encodes the columns outside of the key, in the order of the layout, to be given to `put`.
    pub fn encode(&self, columns: &[ArrayRef], rows: usize, values: &mut Parts) -> Result<()> {
        self.pages.shape.value.encode(columns, rows, values)
    }

    /// Looks the keys up; `slots` then has one for each distinct key. Ends what earlier slots and row references were
    /// good for.
    pub fn probe(&mut self, keys: &KeyBatch, slots: &mut Vec<Slot>) -> Result<()> {
        self.index.settle();
        if self.pages.wants_tidying() {
            self.pages.tidy(&mut self.index)?;
        }
        slots.clear();
        prefetch::in_pieces(keys.len(), |ids| {
            // What has expired in the piece before.
            self.index.settle();
            let hashes = ids.clone().map(|id| keys.hash(id));
            let places = self.index.prefetch_piece(hashes.clone());
            let (mut rows, mut len) = ([RowRef::NULLS; PIECE], 0);
            slots.extend(hashes.map(|hash| {
                let slot = self.index.candidate(hash);
                if let Some(row) = self.get(&slot) {
                    rows[len] = row;
                    len += 1;
                }
                slot
            }));
            let records = prefetch::all(rows[..len].iter().map(|row| self.pages.prefetch(*row)));
            for id in ids {
                let Found::Row(row) = slots[id].found else { continue };
                let key = keys.key(id);
                if !self.pages.shape.has_key(self.pages.tail(row), key) {
                    slots[id] = self.find_row(slots[id].hash, key);
                }
                self.expire(&mut slots[id]);
            }
            places ^ records
        });
        Ok(())
    }

    fn find_row(&self, hash: u64, key: &[u8]) -> Slot {
        let is =
            |found| matches!(found, Found::Row(row) if self.pages.shape.has_key(self.pages.tail(row), key));
        self.index.find(hash, is)
    }

    /// Removes a row that has expired.
    fn expire(&mut self, slot: &mut Slot) {
        if self.pages.shape.ttl_ms > 0
            && let Found::Row(row) = slot.found
            && self.pages.is_expired(row)
        {
            self.remove(slot);
        }
    }

    /// The row of a key.
    #[inline]
    pub fn get(&self, slot: &Slot) -> Option<RowRef> {
        match slot.found {
            Found::Row(row) => Some(row),
            _ => None,
        }
    }

    #[inline]
    pub fn row(&self, row: RowRef) -> Row<'_> {
        self.pages.shape.row(self.pages.record(row))
    }

    /// Whether a row is equal to row `at` of `values` in all columns outside of the key.
    pub fn has_values(&self, row: RowRef, values: &Parts, at: usize) -> bool {
        self.pages.shape.value(self.pages.record(row)) == values.get(at)
    }

    /// Writes the row of key `id`: the key's columns and row `row` of `values`. The row that was there is returned and
    /// stays readable.
    pub fn put(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut Slot,
        values: &Parts,
        row: usize,
    ) -> Result<Option<RowRef>> {
        self.put_part(keys.key(id), slot, values.get(row))
    }

    fn put_part(&mut self, key: &[u8], slot: &mut Slot, value: &[u8]) -> Result<Option<RowRef>> {
        let new = self.pages.append(0, key, value)?;
        let old = self.get(slot);
        self.index.set(slot, Found::Row(new));
        if let Some(old) = old {
            self.pages.remove(old);
        }
        Ok(old)
    }

    /// The row of key `id`, to be changed in place; a row of NULLs is made where there is none. What the row was before
    /// cannot be read afterwards.
    #[inline]
    pub fn edit(&mut self, keys: &KeyBatch, id: usize, slot: &mut Slot) -> Result<RowMut<'_>> {
        self.edit_part(keys.key(id), slot)
    }

    /// The same for a key that is not of a batch.
    pub fn edit_key(&mut self, key: &Key, slot: &mut Slot) -> Result<RowMut<'_>> {
        self.edit_part(&key.bytes, slot)
    }

    #[inline]
    fn edit_part(&mut self, key: &[u8], slot: &mut Slot) -> Result<RowMut<'_>> {
        let row = match slot.found {
            Found::Row(row) if self.pages.is_open(row) => row,
            Found::Row(row) => {
                let new = self.pages.reopen(row)?;
                self.index.set(slot, Found::Row(new));
                new
            }
            _ => {
                let new = self.pages.append(0, key, &self.nulls)?;
                self.index.set(slot, Found::Row(new));
                new
            }
        };
        self.pages.edit(row)
    }

    /// Writes a value of variable width (texts and bytes as they are) or NULL; makes the row where there is none.
    pub fn set_bytes(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut Slot,
        column: usize,
        value: Option<&[u8]>,
    ) -> Result<()> {
        let shape = &self.pages.shape;
        let column = shape.value_column(column)?;
        let value = match slot.found {
            Found::Row(row) => {
                shape.value.with_variable(shape.value(self.pages.record(row)), column, value)?
            }
            _ => shape.value.with_variable(&self.nulls, column, value)?,
        };
        self.put_part(keys.key(id), slot, &value)?;
        Ok(())
    }

    /// Removes the row of a key; it stays readable.
    pub fn remove(&mut self, slot: &mut Slot) -> Option<RowRef> {
        let row = self.get(slot)?;
        self.index.set(slot, Found::Nothing);
        self.pages.remove(row);
        Some(row)
    }

    /// Columns of these rows; `RowRef::NULLS` gives NULLs.
    pub fn gather(&self, rows: &[RowRef], columns: &[usize]) -> Result<Vec<ArrayRef>> {
        gather(&self.pages, rows, columns)
    }

    /// All rows, in no order: for what an operator derives from its state when it is restored.
    pub fn all(&self) -> impl Iterator<Item = RowRef> + '_ {
        self.index.iter().filter_map(|found| match found {
            Found::Row(row) => Some(row),
            _ => None,
        })
    }

    /// The key of a row, to be looked up in tables with the same key.
    pub fn key(&self, row: RowRef) -> Key {
        key_of(&self.pages, row)
    }

    /// What the table has for one key.
    pub fn find(&mut self, key: &Key) -> Slot {
        self.index.settle();
        let mut slot = self.find_row(key.hash, &key.bytes);
        self.expire(&mut slot);
        slot
    }

    /// For each hash a row whose key may have it, all looked up together.
    pub(super) fn candidates(&mut self, hashes: &[u64]) -> Vec<Option<RowRef>> {
        self.index.settle();
        let mut rows = Vec::with_capacity(hashes.len());
        prefetch::in_pieces(hashes.len(), |piece| {
            let hashes = &hashes[piece.clone()];
            let places = self.index.prefetch_piece(hashes.iter().copied());
            rows.extend(hashes.iter().map(|hash| self.get(&self.index.candidate(*hash))));
            places ^ prefetch::all(rows[piece].iter().flatten().map(|row| self.pages.prefetch(*row)))
        });
        rows
    }

    /// The first row of a key with this hash for which `is` holds.
    pub fn with_hash(&self, hash: u64, is: impl Fn(&Row<'_>) -> bool) -> Option<RowRef> {
        self.index.with_hash(hash).find_map(|found| match found {
            Found::Row(row) if self.hash_of(row) == hash && is(&self.row(row)) => Some(row),
            _ => None,
        })
    }

    fn hash_of(&self, row: RowRef) -> u64 {
        self.pages.shape.hash(self.pages.shape.key(self.pages.record(row)))
    }
}

/// A key apart from its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub(super) hash: u64,
    pub(super) bytes: Box<[u8]>,
}

impl Key {
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// A number that no other key has; it is not stored.
    pub fn identity(&self) -> u128 {
        xxh3_128(&self.bytes)
    }
}

impl KeyBatch {
    /// A key apart from its batch.
    pub fn to_key(&self, id: usize) -> Key {
        Key { hash: self.hash(id), bytes: self.key(id).into() }
    }

    /// `Key::identity` of a key.
    pub fn identity(&self, id: usize) -> u128 {
        xxh3_128(self.key(id))
    }
}

pub(super) fn key_of(pages: &Pages, row: RowRef) -> Key {
    let bytes = pages.shape.key(pages.record(row));
    Key { hash: pages.shape.hash(bytes), bytes: bytes.into() }
}

/// The values of rows, as `encode` gives them.
pub(super) fn copy_values(pages: &Pages, rows: &[RowRef], values: &mut Parts) {
    values.clear();
    rows.iter().for_each(|row| values.push(pages.shape.value(pages.record(*row))));
}

pub(super) fn gather(pages: &Pages, rows: &[RowRef], columns: &[usize]) -> Result<Vec<ArrayRef>> {
    let records: Vec<Option<&[u8]>> =
        rows.iter().map(|row| (*row != RowRef::NULLS).then(|| pages.record(*row))).collect();
    pages.shape.gather(&records, columns)
}

impl Restores for OneTable {
    fn restore_head(&mut self, id: SegmentId, head: &[u8], live: KeyGroups) -> Result<()> {
        self.pages.restore_head(id, head, live)
    }

    fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)> {
        self.pages.restore_wanted()
    }

    fn restore_page(&mut self, id: SegmentId, page: usize, bytes: Buffer) -> Result<()> {
        let index = &mut self.index;
        self.pages.restore_page(id, page, bytes, &mut |_, hash, row| {
            index.insert(hash, Found::Row(row));
            Ok(())
        })
    }

    fn restored(&mut self) -> Result<()> {
        self.index.settle();
        self.pages.restored();
        Ok(())
    }
}

impl StateTable for OneTable {
    fn name(&self) -> &str {
        &self.name
    }

    fn layout(&self) -> u64 {
        self.pages.shape.fingerprint
    }

    fn declared(&self) -> StateLayout {
        self.pages.shape.layout()
    }

    fn barrier(&mut self, epoch: Epoch, now_ms: i64) -> Result<Option<StateDelta>> {
        self.set_now(now_ms);
        self.index.settle();
        self.pages.barrier(self.number, epoch, &mut self.index)
    }

    fn adopt(&mut self, row: StoredRow<'_>) -> Result<()> {
        let hash = self.pages.shape.hash(row.key);
        let at = self.pages.adopt(row)?;
        self.index.insert(hash, Found::Row(at));
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.pages.bytes() + self.index.bytes()
    }

    fn rows(&self) -> usize {
        self.pages.rows()
    }

    fn largest_keys(&self, from: usize, look: usize, most: usize) -> Result<LargestKeys> {
        let found = |from| KeyIndex::entries_from(std::iter::once(&self.index), from);
        let rows = piece(found, self.index.len(), from, look).filter_map(|found| match found {
            Found::Row(row) => Some(KeySize::of_row(&self.pages, row)),
            _ => None,
        });
        largest(&self.pages, rows, most)
    }
}
