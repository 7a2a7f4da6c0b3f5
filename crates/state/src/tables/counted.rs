//! `Counted`: key → distinct rows, each with a count.

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use streamsql_core::{
    Epoch, KeyGroupRange, KeyGroups, LargestKeys, PageRange, Restores, Result, SegmentId, StateDelta,
    StateForm, StateLayout, StateTable, StoredRow,
};

use super::keys::KeyBatch;
use super::largest::{largest, piece};
use super::lines::LineIndex;
use super::one::{Key, Slot, gather, key_of, pages_of};
use super::pages::{Limits, Pages, RowRef};
use super::part::Parts;
use super::row::Row;

/// Key → distinct rows, each with a count.
pub struct CountedTable {
    name: String,
    number: usize,
    pages: Pages,
    index: LineIndex,
}

impl CountedTable {
    /// The table with this number among its operator's, for the keys of these groups.
    pub fn new(name: &str, number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        let pages = pages_of(layout, StateForm::Counted, range)?;
        let index = LineIndex::new(&pages.shape, range);
        Ok(Self { name: name.to_owned(), number, pages, index })
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

    /// Encodes the columns outside of the key, in the order of the layout, to be given to `add`.
    pub fn encode(&self, columns: &[ArrayRef], rows: usize, values: &mut Parts) -> Result<()> {
        self.pages.shape.value.encode(columns, rows, values)
    }

    /// Looks the keys up; `slots` then has one for each distinct key. Ends what earlier slots and row references were
    /// good for.
    pub fn probe(&mut self, keys: &KeyBatch, slots: &mut Vec<Slot>) -> Result<()> {
        if self.pages.wants_tidying() {
            self.pages.tidy(&mut self.index)?;
        }
        self.index.probe(&self.pages, keys, slots);
        Ok(())
    }

    /// What the table has for one key.
    pub fn find(&self, key: &Key) -> Slot {
        self.index.find_key(&self.pages, key)
    }

    pub fn row(&self, row: RowRef) -> Row<'_> {
        self.pages.shape.row(self.pages.record(row))
    }

    /// The key of a row.
    pub fn key(&self, row: RowRef) -> Key {
        key_of(&self.pages, row)
    }

    /// How often a row is there; 0 when it is not.
    pub fn count(&self, row: RowRef) -> i64 {
        self.pages.shape.number(self.pages.record(row)) as i64
    }

    /// The row of a key that is equal to row `row` of `values` in all columns.
    pub fn equal(&mut self, slot: &mut Slot, values: &Parts, row: usize) -> Option<RowRef> {
        let found = self.index.equal(&self.pages, slot, values.get(row))?;
        if self.pages.is_expired(self.pages.record(found)) {
            self.remove(slot, found);
            return None;
        }
        Some(found)
    }

    /// Adds to the count of a row: the columns of key `id` and row `row` of `values`. A row whose count becomes 0 is
    /// removed; counts may be negative. Returns the new count and where the row stands, readable in any case.
    pub fn add(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut Slot,
        values: &Parts,
        row: usize,
        by: i64,
    ) -> Result<(i64, RowRef)> {
        match self.equal(slot, values, row) {
            None => Ok((by, self.insert(keys, id, slot, values, row, by)?)),
            Some(known) => self.add_to(slot, known, by),
        }
    }

    /// `add` for a row that the key does not have, as `equal` has told.
    pub fn insert(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut Slot,
        values: &Parts,
        row: usize,
        count: i64,
    ) -> Result<RowRef> {
        let new = self.pages.append(count as u64, keys.key(id), values.get(row))?;
        self.index.insert(&self.pages, slot, new);
        if count == 0 {
            self.remove(slot, new);
        }
        Ok(new)
    }

    /// `add` for a row that the key has, as `equal` has told.
    pub fn add_to(&mut self, slot: &mut Slot, row: RowRef, by: i64) -> Result<(i64, RowRef)> {
        let count = self.count(row).saturating_add(by);
        if count == 0 {
            self.remove(slot, row);
            return Ok((0, row));
        }
        let new = self.edit(slot, row)?;
        self.pages.set_number(new, count as u64)?;
        Ok((count, new))
    }

    /// Makes a row's count changeable in place; returns where it then stands.
    fn edit(&mut self, slot: &mut Slot, row: RowRef) -> Result<RowRef> {
        if self.pages.is_open(row) {
            return Ok(row);
        }
        let new = self.pages.reopen(row)?;
        self.index.replace(&self.pages, slot, row, new);
        Ok(new)
    }

    /// Removes all rows of a key; they stay readable.
    pub fn clear(&mut self, slot: &mut Slot) {
        for row in self.scan(slot).collect::<Vec<_>>() {
            self.remove(slot, row);
        }
    }

    /// Removes a row whatever its count; it stays readable. False when the key does not have it.
    pub fn remove(&mut self, slot: &mut Slot, row: RowRef) -> bool {
        let removed = self.index.remove(&self.pages, slot, row);
        if removed {
            self.pages.remove(row);
        }
        removed
    }

    /// The rows of a key, in an order that depends on the rows only.
    pub fn scan(&self, slot: &Slot) -> impl DoubleEndedIterator<Item = RowRef> + '_ {
        self.index.scan(slot).filter(|row| !self.pages.is_expired(self.pages.record(*row)))
    }

    /// Distinct rows of a key, expired ones included.
    pub fn len(&self, slot: &Slot) -> usize {
        self.index.len(slot)
    }

    /// Columns of these rows; `RowRef::NULLS` gives NULLs.
    pub fn gather(&self, rows: &[RowRef], columns: &[usize]) -> Result<Vec<ArrayRef>> {
        gather(&self.pages, rows, columns)
    }

    /// One row of each key, in no order.
    pub fn keys(&self) -> impl Iterator<Item = RowRef> + '_ {
        self.index.keys()
    }
}

impl Restores for CountedTable {
    fn restore_head(&mut self, id: SegmentId, head: &[u8], live: KeyGroups) -> Result<()> {
        self.pages.restore_head(id, head, live)
    }

    fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)> {
        self.pages.restore_wanted()
    }

    fn restore_page(&mut self, id: SegmentId, page: usize, bytes: Buffer) -> Result<()> {
        let index = &mut self.index;
        self.pages.restore_page(id, page, bytes, &mut |pages, hash, row| {
            let found = index.find(pages, hash, pages.shape.key(pages.record(row)));
            index.insert(pages, &mut Slot { hash, found }, row);
            Ok(())
        })
    }

    fn restored(&mut self) -> Result<()> {
        self.pages.restored();
        Ok(())
    }
}

impl StateTable for CountedTable {
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
        self.pages.barrier(self.number, epoch, &mut self.index)
    }

    fn adopt(&mut self, row: StoredRow<'_>) -> Result<()> {
        let hash = self.pages.shape.hash(row.key);
        let found = self.index.find(&self.pages, hash, row.key);
        let mut slot = Slot { hash, found };
        let mut all = row;
        // Rows that differed in columns that are gone are one.
        if let Some(known) = self.index.equal(&self.pages, &slot, row.value) {
            let record = self.pages.record(known);
            all.number = (self.count(known).saturating_add(row.number as i64)) as u64;
            all.written_ms = row.written_ms.max(self.pages.shape.written_ms(record));
            self.remove(&mut slot, known);
        }
        if all.number != 0 {
            let at = self.pages.adopt(all)?;
            self.index.insert(&self.pages, &mut slot, at);
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.pages.bytes() + self.index.bytes()
    }

    fn rows(&self) -> usize {
        self.pages.rows()
    }

    fn keys(&self) -> usize {
        self.index.key_count()
    }

    fn largest_keys(&self, from: usize, look: usize, most: usize) -> Result<LargestKeys> {
        let keys = |from| self.index.sizes(&self.pages, from);
        largest(&self.pages, piece(keys, self.index.key_count(), from, look), most)
    }
}
