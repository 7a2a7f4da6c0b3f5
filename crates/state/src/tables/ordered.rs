//! `Ordered`: key → rows in order.

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use streamsql_core::{
    Epoch, Error, KeyGroupRange, KeyGroups, LargestKeys, PageRange, Restores, Result, SegmentId, StateDelta,
    StateForm, StateLayout, StateTable, StoredRow,
};

use super::index::Slot;
use super::keys::KeyBatch;
use super::largest::{largest, piece};
use super::lines::LineIndex;
use super::one::{Key, copy_values, gather, key_of, pages_of};
use super::pages::{Limits, Pages, RowRef};
use super::part::Parts;
use super::row::{Row, RowMut};

/// Key → rows in the order of the order columns, equal ones in the order of their arrival.
pub struct OrderedTable {
    name: String,
    number: usize,
    pages: Pages,
    index: LineIndex,
    /// Arrival number of the next row.
    next: u64,
}

impl OrderedTable {
    /// The table with this number among its operator's, for the keys of these groups.
    pub fn new(name: &str, number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        let pages = pages_of(layout, StateForm::Ordered, range)?;
        let index = LineIndex::new(&pages.shape, range);
        Ok(Self { name: name.to_owned(), number, pages, index, next: 0 })
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

    /// Encodes the columns outside of the key, in the order of the layout, to be given to `insert`.
    pub fn encode(&self, columns: &[ArrayRef], rows: usize, values: &mut Parts) -> Result<()> {
        self.pages.shape.value.encode(columns, rows, values)
    }

    /// Looks the keys up; `slots` then has one for each distinct key. Ends what earlier slots and row references were
    /// good for.
    pub fn probe(&mut self, keys: &KeyBatch, slots: &mut Vec<Slot>) -> Result<()> {
        self.begin()?;
        self.index.probe(&self.pages, keys, slots);
        Ok(())
    }

    /// Ends what slots and row references were good for; `probe` does it by itself.
    pub fn begin(&mut self) -> Result<()> {
        self.index.settle();
        if self.pages.wants_tidying() {
            self.pages.tidy(&mut self.index)?;
        }
        Ok(())
    }

    /// What the table has for one key.
    pub fn find(&self, key: &Key) -> Slot {
        self.index.find_key(&self.pages, key)
    }

    /// What the table has for each of several keys, looked up together.
    pub fn find_keys(&mut self, keys: &[&Key]) -> Vec<Slot> {
        self.index.settle();
        self.index.find_keys(&self.pages, keys)
    }

    pub fn row(&self, row: RowRef) -> Row<'_> {
        self.pages.shape.row(self.pages.record(row))
    }

    /// Whether a row is equal to row `at` of `values` in all columns outside of the key.
    pub fn has_values(&self, row: RowRef, values: &Parts, at: usize) -> bool {
        self.pages.shape.value(self.pages.record(row)) == values.get(at)
    }

    /// A number that grows with every row that arrives, also from one run to the next.
    pub fn arrival(&self, row: RowRef) -> u64 {
        self.pages.shape.number(self.pages.record(row))
    }

    /// The key of a row.
    pub fn key(&self, row: RowRef) -> Key {
        key_of(&self.pages, row)
    }

    /// Adds a row behind all rows that are not greater: the columns of key `id` and row `row` of `values`.
    pub fn insert(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut Slot,
        values: &Parts,
        row: usize,
    ) -> Result<RowRef> {
        let new = self.take(keys, id, values, row)?;
        self.keep(slot, new);
        Ok(new)
    }

    /// `insert` for a key that is not of a batch.
    pub fn insert_key(&mut self, key: &Key, slot: &mut Slot, values: &Parts, row: usize) -> Result<RowRef> {
        let new = self.take_part(&key.bytes, values, row)?;
        self.keep(slot, new);
        Ok(new)
    }

    /// Makes a row readable that may be kept later: the columns of key `id` and row `row` of `values`. It is to be given
    /// to `keep` or `discard` before the next `probe` or barrier.
    pub fn take(&mut self, keys: &KeyBatch, id: usize, values: &Parts, row: usize) -> Result<RowRef> {
        self.take_part(keys.key(id), values, row)
    }

    fn take_part(&mut self, key: &[u8], values: &Parts, row: usize) -> Result<RowRef> {
        let new = self.pages.append(self.next, key, values.get(row))?;
        self.next += 1;
        Ok(new)
    }

    /// Adds a row that was taken behind all rows that are not greater.
    pub fn keep(&mut self, slot: &mut Slot, row: RowRef) {
        self.index.insert(&self.pages, slot, row);
    }

    /// Lets a row go that was taken; it stays readable.
    pub fn discard(&mut self, row: RowRef) {
        self.pages.remove(row);
    }

    /// A row as it would be stored: the columns of key `id` and row `row` of `values`.
    pub fn unstored<'r>(&'r self, keys: &'r KeyBatch, id: usize, values: &'r Parts, row: usize) -> Row<'r> {
        self.pages.shape.unstored(keys.key(id), values.get(row))
    }

    /// Row `row` of `values`, whose values of fixed width are changed in place: one that was encoded once stands for many.
    pub fn unstored_mut<'r>(&'r self, values: &'r mut Parts, row: usize) -> RowMut<'r> {
        self.pages.shape.unstored_mut(values.get_mut(row))
    }

    /// Writes the only row with these order columns. The row that was there is returned and stays readable.
    pub fn put(
        &mut self,
        keys: &KeyBatch,
        id: usize,
        slot: &mut Slot,
        values: &Parts,
        row: usize,
    ) -> Result<Option<RowRef>> {
        let value = values.get(row);
        let Some(old) = self.equal(slot, values, row) else {
            self.insert(keys, id, slot, values, row)?;
            return Ok(None);
        };
        let number = self.pages.shape.number(self.pages.record(old));
        let new = self.pages.append(number, keys.key(id), value)?;
        self.index.replace(&self.pages, slot, old, new);
        self.pages.remove(old);
        Ok(Some(old))
    }

    /// The first row of a key that is equal to row `row` of `values` in the order columns.
    pub fn equal(&mut self, slot: &mut Slot, values: &Parts, row: usize) -> Option<RowRef> {
        loop {
            let found = self.index.equal(&self.pages, slot, values.get(row))?;
            if !self.pages.is_expired(found) {
                return Some(found);
            }
            self.remove(slot, found);
        }
    }

    /// The rows of a key that are equal to row `row` of `values` in the order columns, in order.
    pub fn equals<'t>(
        &'t self,
        slot: &Slot,
        values: &'t Parts,
        row: usize,
    ) -> impl Iterator<Item = RowRef> + 't {
        let equal = self.index.equals(&self.pages, slot, values.get(row));
        equal.filter(|row| !self.pages.is_expired(*row))
    }

    /// How two rows stand to each other in the order columns.
    pub fn compare(&self, one: RowRef, other: RowRef) -> std::cmp::Ordering {
        let shape = &self.pages.shape;
        shape.compare(shape.value(self.pages.record(one)), shape.value(self.pages.record(other)))
    }

    /// Whether row `row` of `values` is less than a row in the order columns.
    pub fn is_before(&self, values: &Parts, row: usize, other: RowRef) -> bool {
        let shape = &self.pages.shape;
        shape.compare(values.get(row), shape.value(self.pages.record(other))) == std::cmp::Ordering::Less
    }

    /// The rows of a key, in order; from both ends.
    pub fn scan(&self, slot: &Slot) -> impl DoubleEndedIterator<Item = RowRef> + '_ {
        self.index.scan(slot).filter(|row| !self.pages.is_expired(*row))
    }

    /// Rows of a key, expired ones included.
    pub fn len(&self, slot: &Slot) -> usize {
        self.index.len(slot)
    }

    /// Rows of a key whose first order column is in `from..=to`, in order. The column is an integer, date, time or
    /// timestamp that is never NULL, ascending.
    pub fn range(&self, slot: &Slot, from: i64, to: i64) -> Result<impl Iterator<Item = RowRef> + '_> {
        let (from, to) = (self.bound(from)?, self.bound(to)?);
        let (only, line) = match self.index.line(slot) {
            Ok(line) => {
                let of = self.index.of(&self.pages);
                (None, Some(line.from(line.lower_bound(of, |item| item.rank < from), of)))
            }
            Err(only) => {
                let within = |row: &RowRef| (from..=to).contains(&self.index.rank(&self.pages, *row));
                (only.filter(within), None)
            }
        };
        let of_line = line.into_iter().flatten().take_while(move |item| item.rank <= to).map(|item| item.row);
        Ok(only.into_iter().chain(of_line).filter(|row| !self.pages.is_expired(*row)))
    }

    /// The first order column of a key's first row; see `range`. Where the key has several rows, none is read.
    pub fn first_order(&self, slot: &Slot) -> Result<Option<i64>> {
        let bias = self.bound(0)?;
        let rank = match self.index.line(slot) {
            Ok(line) => {
                let mut items = line.from(Default::default(), self.index.of(&self.pages));
                items.find(|item| !self.pages.is_expired(item.row)).map(|item| item.rank)
            }
            Err(only) => {
                let only = only.filter(|row| !self.pages.is_expired(*row));
                only.map(|row| self.index.rank(&self.pages, row))
            }
        };
        Ok(rank.map(|rank| (rank ^ bias) as i64))
    }

    /// Rows of a key whose first order column is at most `to`, backwards; see `range`.
    pub fn backwards(&self, slot: &Slot, to: i64) -> Result<impl Iterator<Item = RowRef> + '_> {
        let to = self.bound(to)?;
        let (only, line) = match self.index.line(slot) {
            Ok(line) => {
                let of = self.index.of(&self.pages);
                (None, Some(line.before(line.lower_bound(of, |item| item.rank <= to))))
            }
            Err(only) => (only.filter(|row| self.index.rank(&self.pages, *row) <= to), None),
        };
        let of_line = line.into_iter().flatten();
        Ok(only.into_iter().chain(of_line).filter(|row| !self.pages.is_expired(*row)))
    }

    /// The rank of a value of the first order column.
    fn bound(&self, value: i64) -> Result<u64> {
        let shape = &self.pages.shape;
        match shape.order().first() {
            Some(order) if shape.is_integer(order.column) && !order.descending => {
                Ok((value as u64) ^ (1 << 63))
            }
            _ => Err(Error::internal(format!(
                "state table {} is not ordered by a number, ascending",
                self.name
            ))),
        }
    }

    /// Removes all rows of a key; they stay readable.
    pub fn clear(&mut self, slot: &mut Slot) {
        for row in self.scan(slot).collect::<Vec<_>>() {
            self.remove(slot, row);
        }
    }

    /// Removes a row of a key; it stays readable. False when the key does not have it.
    pub fn remove(&mut self, slot: &mut Slot, row: RowRef) -> bool {
        let removed = self.index.remove(&self.pages, slot, row);
        if removed {
            self.pages.remove(row);
        }
        removed
    }

    /// Removes the rows of a key whose first order column is at most `to` (see `range`) and returns them in order; they
    /// stay readable.
    pub fn remove_until(&mut self, slot: &mut Slot, to: i64) -> Result<Vec<RowRef>> {
        let to = self.bound(to)?;
        let removed = self.index.remove_until(&self.pages, slot, to);
        for row in &removed {
            self.pages.remove(*row);
        }
        Ok(removed)
    }

    /// Removes the rows of a key that have expired.
    pub fn remove_expired(&mut self, slot: &mut Slot) {
        if self.pages.shape.ttl_ms <= 0 {
            return;
        }
        let is_expired = |row: &RowRef| self.pages.is_expired(*row);
        let expired: Vec<RowRef> = self.index.scan(slot).filter(is_expired).collect();
        for row in expired {
            self.remove(slot, row);
        }
    }

    /// Counts as a write of every row of a key, for tables whose keys expire as a whole.
    pub fn touch(&mut self, slot: &mut Slot) -> Result<()> {
        let rows: Vec<RowRef> = self.scan(slot).collect();
        for row in rows {
            let row = self.edit(slot, row)?;
            self.row_mut(row)?;
        }
        Ok(())
    }

    /// Makes a row changeable in place with `row_mut`; returns where it then stands. Order columns must stay.
    pub fn edit(&mut self, slot: &mut Slot, row: RowRef) -> Result<RowRef> {
        if self.pages.is_open(row) {
            return Ok(row);
        }
        let new = self.pages.reopen(row)?;
        self.index.replace(&self.pages, slot, row, new);
        Ok(new)
    }

    /// A row that `edit` or `insert` returned, to be changed in place; that counts as a write.
    pub fn row_mut(&mut self, row: RowRef) -> Result<RowMut<'_>> {
        self.pages.edit(row)
    }

    /// Writes other columns into a row, with the same order columns and place; returns where it then stands. The old
    /// row stays readable.
    pub fn replace(&mut self, slot: &mut Slot, old: RowRef, values: &Parts, row: usize) -> Result<RowRef> {
        let record = self.pages.record(old);
        let (number, key) = (self.pages.shape.number(record), self.pages.shape.key(record).to_vec());
        let new = self.pages.append(number, &key, values.get(row))?;
        self.index.replace(&self.pages, slot, old, new);
        self.pages.remove(old);
        Ok(new)
    }

    /// The columns of rows outside of the key, as `encode` gives them.
    pub fn copy_values(&self, rows: &[RowRef], values: &mut Parts) {
        copy_values(&self.pages, rows, values);
    }

    /// Columns of these rows; `RowRef::NULLS` gives NULLs.
    pub fn gather(&self, rows: &[RowRef], columns: &[usize]) -> Result<Vec<ArrayRef>> {
        gather(&self.pages, rows, columns)
    }

    /// One row of each key, in no order: for what an operator derives from its state when it is restored.
    pub fn keys(&self) -> impl Iterator<Item = RowRef> + '_ {
        self.index.keys()
    }
}

impl Restores for OrderedTable {
    fn restore_head(&mut self, id: SegmentId, head: &[u8], live: KeyGroups) -> Result<()> {
        self.pages.restore_head(id, head, live)
    }

    fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)> {
        self.pages.restore_wanted()
    }

    fn restore_page(&mut self, id: SegmentId, page: usize, bytes: Buffer) -> Result<()> {
        let (index, next) = (&mut self.index, &mut self.next);
        self.pages.restore_page(id, page, bytes, &mut |pages, hash, row| {
            let record = pages.record(row);
            *next = (*next).max(pages.shape.number(record).saturating_add(1));
            index.settle();
            let mut slot = index.find(pages, hash, pages.shape.key(record));
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

impl StateTable for OrderedTable {
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
        self.next = self.next.max(row.number.saturating_add(1));
        let known = match self.pages.shape.times() {
            Some(times) => self.index.equal(&self.pages, &slot, row.value).map(|known| (times, known)),
            None => None,
        };
        let mut value = row.value.to_vec();
        let mut all = row;
        // Rows that differed in columns that are gone are one.
        if let Some((times, known)) = known {
            let shape = &self.pages.shape;
            let record = self.pages.record(known);
            let of_both = [shape.row(record), shape.unstored(row.key, row.value)].map(|row| row.i64(times));
            let sum = of_both.into_iter().flatten().fold(0, i64::saturating_add);
            shape.unstored_mut(&mut value).set_i64(times, sum)?;
            all.number = row.number.min(shape.number(record));
            all.written_ms = row.written_ms.max(shape.written_ms(record));
            self.remove(&mut slot, known);
        }
        let at = self.pages.adopt(StoredRow { value: &value, ..all })?;
        self.index.insert(&self.pages, &mut slot, at);
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
