//! `One`: key → one row.

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use streamsql_core::{
    Epoch, Error, KeyGroupRange, KeyGroups, LargestKeys, PageRange, Restores, Result, SegmentId, StateDelta,
    StateForm, StateLayout, StateTable, StoredRow,
};
use xxhash_rust::xxh3::xxh3_128;

use super::index::{Found, KeyIndex};
use super::keys::KeyBatch;
use super::largest::{KeySize, largest, piece};
use super::pages::{Directory, Limits, Pages, RowRef};
use super::part::Parts;
use super::record::Shape;
use super::row::{Row, RowMut};

/// What a table has for a key. Good until the table's next `probe` or barrier; methods that change the table through a
/// slot keep that slot up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub(super) hash: u64,
    pub(super) found: Found,
}

impl Slot {
    /// Whether the key has nothing.
    pub fn is_empty(&self) -> bool {
        self.found == Found::Nothing
    }
}

/// Key → one row.
pub struct OneTable {
    name: String,
    number: usize,
    pages: Pages,
    index: KeyIndex,
    nulls: Vec<u8>,
}

impl Directory for KeyIndex {
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
        // First all places, then all records: each loop waits for memory many times at once.
        slots.extend((0..keys.len()).map(|id| {
            let hash = keys.hash(id);
            Slot { hash, found: self.index.candidate(hash) }
        }));
        for (id, slot) in slots.iter_mut().enumerate() {
            let Found::Row(row) = slot.found else { continue };
            let key = keys.key(id);
            if !self.pages.shape.has_key(self.pages.tail(row), key) {
                let (pages, shape) = (&self.pages, &self.pages.shape);
                let is = |found| matches!(found, Found::Row(row) if shape.has_key(pages.tail(row), key));
                slot.found = self.index.find(slot.hash, is);
            }
            self.expire(slot);
        }
        Ok(())
    }

    /// Removes a row that has expired.
    fn expire(&mut self, slot: &mut Slot) {
        if self.pages.shape.ttl_ms > 0
            && let Found::Row(row) = slot.found
            && self.pages.is_expired(self.pages.record(row))
        {
            self.remove(slot);
        }
    }

    /// The row of a key.
    pub fn get(&self, slot: &Slot) -> Option<RowRef> {
        match slot.found {
            Found::Row(row) => Some(row),
            _ => None,
        }
    }

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
        self.index.defer(slot.hash, slot.found, Found::Row(new));
        if let Some(old) = old {
            self.pages.remove(old);
        }
        slot.found = Found::Row(new);
        Ok(old)
    }

    /// The row of key `id`, to be changed in place; a row of NULLs is made where there is none. What the row was before
    /// cannot be read afterwards.
    pub fn edit(&mut self, keys: &KeyBatch, id: usize, slot: &mut Slot) -> Result<RowMut<'_>> {
        self.edit_part(keys.key(id), slot)
    }

    /// The same for a key that is not of a batch.
    pub fn edit_key(&mut self, key: &Key, slot: &mut Slot) -> Result<RowMut<'_>> {
        self.edit_part(&key.bytes, slot)
    }

    fn edit_part(&mut self, key: &[u8], slot: &mut Slot) -> Result<RowMut<'_>> {
        let row = match slot.found {
            Found::Row(row) if self.pages.is_open(row) => row,
            Found::Row(row) => {
                let new = self.pages.reopen(row)?;
                self.index.defer(slot.hash, slot.found, Found::Row(new));
                new
            }
            _ => {
                let new = self.pages.append(0, key, &self.nulls)?;
                self.index.defer(slot.hash, Found::Nothing, Found::Row(new));
                new
            }
        };
        slot.found = Found::Row(row);
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
        self.index.remove(slot.hash, slot.found);
        self.pages.remove(row);
        slot.found = Found::Nothing;
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
        let (pages, shape) = (&self.pages, &self.pages.shape);
        let is = |found| matches!(found, Found::Row(row) if shape.has_key(pages.tail(row), &key.bytes));
        let mut slot = Slot { hash: key.hash, found: self.index.find(key.hash, is) };
        self.expire(&mut slot);
        slot
    }

    /// For each hash a row whose key may have it: the places of all are looked up together.
    pub(super) fn candidates(&mut self, hashes: impl Iterator<Item = u64>) -> Vec<Option<RowRef>> {
        self.index.settle();
        hashes.map(|hash| self.get(&Slot { hash, found: self.index.candidate(hash) })).collect()
    }

    /// The first row of a key with this hash for which `is` holds.
    pub fn with_hash(&self, hash: u64, is: impl Fn(&Row<'_>) -> bool) -> Option<RowRef> {
        self.index.find_map(hash, |found| match found {
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
