//! `Counted`: key → distinct rows, each with a count, in order where the table has order columns.

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use streamsql_core::{
    Epoch, KeyGroupRange, KeyGroups, LargestKeys, PageRange, Restores, Result, SegmentId, StateDelta,
    StateForm, StateLayout, StateTable, StoredRow,
};

use super::index::Slot;
use super::keys::KeyBatch;
use super::largest::{largest, piece};
use super::lines::{LineIndex, Place};
use super::one::{Key, copy_values, gather, key_of, pages_of};
use super::pages::{Limits, Pages, RowRef};
use super::part::Parts;
use super::row::Row;

/// Key → distinct rows, each with a count. Rows that are equal in the order columns are one; without order columns, those that
/// are equal in all.
pub struct CountedTable {
    name: String,
    number: usize,
    pages: Pages,
    index: LineIndex,
}

/// What a key has of a value.
#[derive(Clone, Copy, Debug)]
pub struct FoundValue {
    /// Its row among the values.
    row: usize,
    place: Place,
}

impl FoundValue {
    /// Where it is stored.
    pub fn stored(&self) -> Option<RowRef> {
        self.place.row
    }
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
        self.index.settle();
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

    /// Reads ahead what `find_value` needs for some dozens of rows of `values`, each with the number of its key's slot.
    pub fn prefetch(&self, slots: &[Slot], rows: impl Iterator<Item = (usize, usize)>, values: &Parts) {
        self.index.prefetch(&self.pages, rows.map(|(row, slot)| (&slots[slot], values.get(row))));
    }

    /// The row of a key that is equal to row `row` of `values`, and its place.
    pub fn find_value(&mut self, slot: &mut Slot, values: &Parts, row: usize) -> FoundValue {
        let mut place = self.index.place(&self.pages, slot, values.get(row));
        if let Some(found) = place.row
            && self.pages.is_expired(found)
        {
            self.remove(slot, found);
            place = self.index.place(&self.pages, slot, values.get(row));
        }
        FoundValue { row, place }
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
        let value = self.find_value(slot, values, row);
        self.add_to(keys, id, slot, values, value, by)
    }

    /// `add` for what `find_value` has found, nothing having changed in between.
    pub fn add_to(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut Slot,
        values: &Parts,
        value: FoundValue,
        by: i64,
    ) -> Result<(i64, RowRef)> {
        let Some(known) = value.stored() else {
            let new = self.pages.append(by as u64, keys.key(id), values.get(value.row))?;
            if by == 0 {
                self.pages.remove(new);
            } else {
                self.index.insert_at(&self.pages, slot, value.place, new);
            }
            return Ok((by, new));
        };
        let count = self.count(known).saturating_add(by);
        if count == 0 {
            self.index.remove_at(slot, value.place);
            self.pages.remove(known);
            return Ok((0, known));
        }
        let mut at = known;
        if !self.pages.is_open(known) {
            at = self.pages.reopen(known)?;
            self.index.replace_at(slot, value.place, at);
        }
        self.pages.set_number(at, count as u64)?;
        Ok((count, at))
    }

    /// Adds to keys what others have: of each pair the first key's counts to those of the second. The first one keeps what it
    /// has.
    pub fn add_all(&mut self, keys: &KeyBatch, slots: &mut [Slot], pairs: &[(u32, u32)]) -> Result<()> {
        let mut values = Parts::default();
        for (from, into) in pairs {
            let (from, into) = (*from as usize, *into as usize);
            let rows: Vec<RowRef> = self.scan(&slots[from]).collect();
            let counts: Vec<i64> = rows.iter().map(|row| self.count(*row)).collect();
            self.copy_values(&rows, &mut values);
            for (row, count) in counts.into_iter().enumerate() {
                self.add(keys, into, &mut slots[into], &values, row, count)?;
            }
        }
        Ok(())
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

    /// The rows of a key in the order of the order columns; without, in one that depends on the rows only.
    pub fn scan(&self, slot: &Slot) -> impl DoubleEndedIterator<Item = RowRef> + '_ {
        self.index.scan(slot).filter(|row| !self.pages.is_expired(*row))
    }

    /// Distinct rows of a key, expired ones included.
    pub fn len(&self, slot: &Slot) -> usize {
        self.index.len(slot)
    }

    /// The columns of rows outside of the key, as `encode` gives them.
    pub fn copy_values(&self, rows: &[RowRef], values: &mut Parts) {
        copy_values(&self.pages, rows, values);
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
            index.settle();
            let mut slot = index.find(pages, hash, pages.shape.key(pages.record(row)));
            index.insert(pages, &mut slot, row);
            Ok(())
        })
    }

    fn restored(&mut self) -> Result<()> {
        self.index.settle();
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
        self.index.settle();
        self.pages.barrier(self.number, epoch, &mut self.index)
    }

    fn adopt(&mut self, row: StoredRow<'_>) -> Result<()> {
        let hash = self.pages.shape.hash(row.key);
        self.index.settle();
        let mut slot = self.index.find(&self.pages, hash, row.key);
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
