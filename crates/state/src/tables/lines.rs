//! Keys with several rows each: what `Ordered` and `Counted` have in common.

use std::hint::black_box;

use streamsql_core::{KeyGroupRange, Result};

use super::hashed::HashedLine;
use super::index::{Found, KeyIndex, Slot};
use super::keys::KeyBatch;
use super::largest::KeySize;
use super::line::{Item, Line, Position};
use super::one::Key;
use super::pages::{Directory, Pages, RowRef};
use super::prefetch;
use super::record::Shape;
use super::slab::Slab;

/// Where the rows of a table with several rows a key are.
pub(super) struct LineIndex {
    index: KeyIndex,
    slab: Slab,
    /// A copy of the table's shape, to tell the rank of a record.
    shape: Shape,
    exact: bool,
    is_hashed: bool,
}

/// A row of a key that is equal to a value, and where it stands among the key's rows, or where it would. Good until the
/// rows of the key change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) row: Option<RowRef>,
    position: Position,
}

impl Directory for LineIndex {
    fn prefetch(&self, hash: u64) -> u64 {
        self.index.prefetch(hash)
    }

    fn moved(&mut self, hash: u64, record: &[u8], from: RowRef, to: RowRef) {
        if self.index.replace(hash, Found::Row(from), Found::Row(to)) {
            return;
        }
        if let Some((line, position)) = self.locate(hash, record, from) {
            self.slab.get_mut(line).set_row(position, to);
        }
    }

    fn expired(&mut self, hash: u64, record: &[u8], at: RowRef) {
        if self.index.remove(hash, Found::Row(at)) {
            return;
        }
        if let Some((line, position)) = self.locate(hash, record, at) {
            self.take(hash, line, position);
        }
    }
}

impl LineIndex {
    pub(super) fn new(shape: &Shape, range: KeyGroupRange) -> Self {
        Self {
            index: KeyIndex::new(range),
            slab: Slab::default(),
            exact: shape.rank_is_exact(),
            is_hashed: shape.rank_is_hash(),
            shape: shape.clone(),
        }
    }

    /// Line and position of the row that stands at `at`.
    fn locate(&self, hash: u64, record: &[u8], at: RowRef) -> Option<(u32, Position)> {
        let item = Item { row: at, ..self.item_of(record, at) };
        self.index.with_hash(hash).find_map(|found| match found {
            Found::Line(line) => self.slab.get(line).find(&item, self.exact).map(|position| (line, position)),
            _ => None,
        })
    }

    /// Takes a row out of a line; what then is left of the line stands in the index.
    fn take(&mut self, hash: u64, line: u32, position: Position) -> Found {
        self.slab.change(line, |line| line.remove(position));
        self.reduce(hash, line)
    }

    /// A line of one row becomes that row, an empty one nothing.
    fn reduce(&mut self, hash: u64, number: u32) -> Found {
        let line = self.slab.get(number);
        let found = match (line.len(), line.first()) {
            (0, _) => Found::Nothing,
            (1, Some(only)) => Found::Row(only),
            _ => return Found::Line(number),
        };
        self.slab.remove(number);
        self.index.set(&mut Slot::new(hash, Found::Line(number)), found);
        found
    }

    /// The place of a row with this value: behind all rows that are not greater.
    fn upper_bound(&self, pages: &Pages, line: &Line, rank: u64, value: &[u8], number: u64) -> Position {
        if line.hashed().is_some() {
            return self.first_not_less(pages, line, value);
        }
        line.lower_bound(self.of(pages), |item| {
            item.rank < rank
                || item.rank == rank
                    && match self.exact {
                        true => item.number <= number,
                        false => match self.shape.compare(self.shape.value(pages.record(item.row)), value) {
                            std::cmp::Ordering::Less => true,
                            std::cmp::Ordering::Equal => item.number <= number,
                            std::cmp::Ordering::Greater => false,
                        },
                    }
        })
    }

    fn item(&self, pages: &Pages, row: RowRef) -> Item {
        self.item_of(pages.record(row), row)
    }

    fn item_of(&self, record: &[u8], row: RowRef) -> Item {
        item_of(&self.shape, self.counts(), record, row)
    }

    /// What stands beside a row in a line that is not short, read from its record.
    pub(super) fn of<'a>(&'a self, pages: &'a Pages) -> impl Fn(RowRef) -> Item + Copy + 'a {
        move |row| self.item(pages, row)
    }

    fn counts(&self) -> bool {
        self.shape.form == streamsql_core::StateForm::Counted
    }

    /// Puts a row that stands in the pages among the rows of its key.
    pub(super) fn insert(&mut self, pages: &Pages, slot: &mut Slot, row: RowRef) {
        let item = self.item(pages, row);
        match slot.found {
            Found::Nothing => {
                self.index.set(slot, Found::Row(row));
            }
            Found::Row(first) => {
                let of = self.of(pages);
                let mut line = Line::default();
                line.insert(line.lower_bound(of, |_| true), self.item(pages, first), self.is_hashed, of);
                let value = self.shape.value(pages.record(row));
                let position = self.upper_bound(pages, &line, item.rank, value, item.number);
                line.insert(position, item, self.is_hashed, of);
                let found = Found::Line(self.slab.add(line));
                self.index.set(slot, found);
            }
            Found::Line(number) => {
                let value = self.shape.value(pages.record(row));
                let position = self.upper_bound(pages, self.slab.get(number), item.rank, value, item.number);
                let (shape, counts, is_hashed) = (&self.shape, self.counts(), self.is_hashed);
                let of = |row: RowRef| item_of(shape, counts, pages.record(row), row);
                self.slab.change(number, |line| line.insert(position, item, is_hashed, of));
            }
        }
    }

    /// The slot of the key of a record, whatever else has its hash.
    pub(super) fn find(&self, pages: &Pages, hash: u64, key: &[u8]) -> Slot {
        self.index.find(hash, |found| self.has_key(pages, found, key))
    }

    fn has_key(&self, pages: &Pages, found: Found, key: &[u8]) -> bool {
        self.first(found).is_some_and(|row| self.shape.has_key(pages.tail(row), key))
    }

    /// The first row of what a key has.
    fn first(&self, found: Found) -> Option<RowRef> {
        match found {
            Found::Nothing => None,
            Found::Row(row) => Some(row),
            Found::Line(line) => self.slab.get(line).first(),
        }
    }

    /// Makes the changes of the index that wait: look-ups are quicker then.
    pub(super) fn settle(&mut self) {
        self.index.settle();
    }

    pub(super) fn probe(&self, pages: &Pages, keys: &KeyBatch, slots: &mut Vec<Slot>) {
        self.look_up(pages, keys.len(), |id| (keys.hash(id), keys.key(id)), slots);
    }

    pub(super) fn find_keys(&self, pages: &Pages, keys: &[&Key]) -> Vec<Slot> {
        let mut slots = Vec::new();
        self.look_up(pages, keys.len(), |id| (keys[id].hash, &keys[id].bytes), &mut slots);
        slots
    }

    /// Of each piece first all places, then all lines, then the ends of these, then the first rows' records.
    fn look_up<'k>(
        &self,
        pages: &Pages,
        len: usize,
        key: impl Fn(usize) -> (u64, &'k [u8]),
        slots: &mut Vec<Slot>,
    ) {
        slots.clear();
        let mut firsts = Vec::new();
        prefetch::in_pieces(len, |ids| {
            let hashes = ids.clone().map(|id| key(id).0);
            let places = self.index.prefetch_piece(hashes.clone());
            slots.extend(hashes.map(|hash| self.index.candidate(hash)));
            let found = &mut slots[ids.clone()];
            let lines = prefetch::all(found.iter().map(|slot| self.len(slot) as u64));
            let ends = prefetch::all(found.iter().map(|slot| self.line(slot).map_or(0, Line::prefetch)));
            firsts.clear();
            firsts.extend(found.iter().map(|slot| self.first(slot.found)));
            let records = prefetch::all(firsts.iter().flatten().map(|row| pages.prefetch(*row)));
            for ((slot, first), id) in found.iter_mut().zip(&firsts).zip(ids) {
                let key = key(id).1;
                if first.is_some_and(|row| !self.shape.has_key(pages.tail(row), key)) {
                    *slot = self.find(pages, slot.hash, key);
                }
            }
            places ^ lines ^ ends ^ records
        });
    }

    pub(super) fn find_key(&self, pages: &Pages, key: &Key) -> Slot {
        self.find(pages, key.hash, &key.bytes)
    }

    /// The rows of a key, in order.
    pub(super) fn scan(&self, slot: &Slot) -> impl DoubleEndedIterator<Item = RowRef> + '_ {
        let (only, line) = match slot.found {
            Found::Nothing => (None, None),
            Found::Row(row) => (Some(row), None),
            Found::Line(line) => (None, Some(self.slab.get(line))),
        };
        only.into_iter().chain(line.into_iter().flat_map(Line::rows))
    }

    pub(super) fn len(&self, slot: &Slot) -> usize {
        match slot.found {
            Found::Nothing => 0,
            Found::Row(_) => 1,
            Found::Line(line) => self.slab.get(line).len(),
        }
    }

    /// The line of a key with several rows; else its only row.
    pub(super) fn line(&self, slot: &Slot) -> Result<&Line, Option<RowRef>> {
        match slot.found {
            Found::Nothing => Err(None),
            Found::Row(row) => Err(Some(row)),
            Found::Line(line) => Ok(self.slab.get(line)),
        }
    }

    /// Rank of a row.
    pub(super) fn rank(&self, pages: &Pages, row: RowRef) -> u64 {
        self.item(pages, row).rank
    }

    /// Reads ahead what is needed to find many values of these slots.
    pub(super) fn prefetch<'v>(&self, pages: &Pages, values: impl Iterator<Item = (&'v Slot, &'v [u8])>) {
        if !self.is_hashed {
            return;
        }
        let mut lines: Vec<(&HashedLine, u64)> = Vec::new();
        let mut read = 0;
        for (slot, value) in values {
            match self.line(slot) {
                Err(only) => read ^= only.map_or(0, |row| pages.prefetch(row)),
                Ok(line) => match line.hashed() {
                    Some(hashed) => lines.push((hashed, self.shape.rank(value, 0))),
                    None => read ^= prefetch::all(line.rows().map(|row| pages.prefetch(row))),
                },
            }
        }
        let places = prefetch::all(lines.iter().map(|(line, rank)| line.prefetch(*rank)));
        let first = |(line, rank): &(&HashedLine, u64)| line.candidates(*rank).next();
        let records = lines.iter().filter_map(first).map(|(_, row)| pages.prefetch(row));
        black_box(read ^ places ^ prefetch::all(records));
    }

    /// The first row of a key that is equal to this value: in the order columns, or for counted rows in all.
    pub(super) fn equal(&self, pages: &Pages, slot: &Slot, value: &[u8]) -> Option<RowRef> {
        self.place(pages, slot, value).row
    }

    /// `equal` with its place.
    pub(super) fn place(&self, pages: &Pages, slot: &Slot, value: &[u8]) -> Place {
        let (found, position) = match slot.found {
            Found::Nothing => (None, Position::default()),
            Found::Row(row) => (Some(row), Position::default()),
            Found::Line(line) => {
                let line = self.slab.get(line);
                let position = self.first_not_less(pages, line, value);
                (line.get(position), position)
            }
        };
        Place { row: found.filter(|row| self.is_equal(pages, *row, value)), position }
    }

    /// Puts a row at the place where `place` has found none that is equal.
    pub(super) fn insert_at(&mut self, pages: &Pages, slot: &mut Slot, place: Place, row: RowRef) {
        let Found::Line(number) = slot.found else {
            self.insert(pages, slot, row);
            return;
        };
        let item = self.item(pages, row);
        let (shape, counts, is_hashed) = (&self.shape, self.counts(), self.is_hashed);
        let of = |row: RowRef| item_of(shape, counts, pages.record(row), row);
        self.slab.change(number, |line| line.insert(place.position, item, is_hashed, of));
    }

    /// Puts `to` where `place` has found an equal row.
    pub(super) fn replace_at(&mut self, slot: &mut Slot, place: Place, to: RowRef) {
        match slot.found {
            Found::Line(line) => self.slab.get_mut(line).set_row(place.position, to),
            _ => self.index.set(slot, Found::Row(to)),
        }
    }

    /// Takes the equal row out that `place` has found.
    pub(super) fn remove_at(&mut self, slot: &mut Slot, place: Place) {
        match slot.found {
            Found::Line(line) => slot.found = self.take(slot.hash, line, place.position),
            _ => self.index.set(slot, Found::Nothing),
        }
    }

    /// All rows of a key that are equal to this value, in order; see `equal`.
    pub(super) fn equals<'i>(
        &'i self,
        pages: &'i Pages,
        slot: &Slot,
        value: &'i [u8],
    ) -> impl Iterator<Item = RowRef> + 'i {
        let (only, line) = match self.line(slot) {
            Err(only) => (only, None),
            Ok(line) => {
                let position = self.first_not_less(pages, line, value);
                (None, Some(line.from(position, self.of(pages))))
            }
        };
        let of_line = line.into_iter().flatten().map(|item| item.row);
        only.into_iter().chain(of_line).take_while(move |row| self.is_equal(pages, *row, value))
    }

    fn is_equal(&self, pages: &Pages, row: RowRef, value: &[u8]) -> bool {
        if self.exact && !self.shape.order().is_empty() {
            return self.rank(pages, row) == self.shape.rank(value, 0);
        }
        self.shape.compare(self.shape.value(pages.record(row)), value) == std::cmp::Ordering::Equal
    }

    /// The place of the first row that is not less than this value.
    fn first_not_less(&self, pages: &Pages, line: &Line, value: &[u8]) -> Position {
        let rank = self.shape.rank(value, 0);
        if let Some(hashed) = line.hashed() {
            // Two values hardly ever share a tag.
            let is_less = |row: RowRef| {
                let other = self.shape.value(pages.record(row));
                other != value && (self.shape.rank(other, 0), other) < (rank, value)
            };
            let mut candidates = hashed.candidates(rank);
            let found = candidates.find(|(_, row)| !is_less(*row));
            return found.map_or_else(|| hashed.end_of(rank), |(position, _)| position);
        }
        line.lower_bound(self.of(pages), |item| {
            item.rank < rank
                || item.rank == rank
                    && !self.exact
                    && self.shape.compare(self.shape.value(pages.record(item.row)), value)
                        == std::cmp::Ordering::Less
        })
    }

    /// Puts `to` where `from` stands; both are equal in order columns and arrival.
    pub(super) fn replace(&mut self, pages: &Pages, slot: &mut Slot, from: RowRef, to: RowRef) {
        match slot.found {
            Found::Line(line) => {
                let item = Item { row: from, ..self.item(pages, to) };
                if let Some(position) = self.slab.get(line).find(&item, self.exact) {
                    self.slab.get_mut(line).set_row(position, to);
                }
            }
            _ => self.index.set(slot, Found::Row(to)),
        }
    }

    /// Takes a row out; false when the key does not have it.
    pub(super) fn remove(&mut self, pages: &Pages, slot: &mut Slot, row: RowRef) -> bool {
        match slot.found {
            Found::Line(line) => {
                let item = self.item(pages, row);
                let Some(position) = self.slab.get(line).find(&item, self.exact) else {
                    return false;
                };
                slot.found = self.take(slot.hash, line, position);
                true
            }
            found => {
                let is = found == Found::Row(row);
                if is {
                    self.index.set(slot, Found::Nothing);
                }
                is
            }
        }
    }

    /// Takes the rows up to a rank out.
    pub(super) fn remove_until(&mut self, pages: &Pages, slot: &mut Slot, rank: u64) -> Vec<RowRef> {
        match slot.found {
            Found::Nothing => Vec::new(),
            Found::Row(row) if self.rank(pages, row) <= rank => {
                self.index.set(slot, Found::Nothing);
                vec![row]
            }
            Found::Row(_) => Vec::new(),
            Found::Line(number) => {
                let position = self.slab.get(number).lower_bound(self.of(pages), |item| item.rank <= rank);
                if position == Position::default() {
                    return Vec::new();
                }
                let gone = self.slab.change(number, |line| line.split_off_front(position));
                if !gone.is_empty() {
                    slot.found = self.reduce(slot.hash, number);
                }
                gone
            }
        }
    }

    /// Keys held.
    pub(super) fn key_count(&self) -> usize {
        self.index.len()
    }

    /// Keys, each by one of its rows, in no order.
    pub(super) fn keys(&self) -> impl Iterator<Item = RowRef> + '_ {
        self.index.iter().filter_map(|found| self.first(found))
    }

    /// Keys from number `from` on with what they have, in no order; bytes as some rows of each let expect.
    pub(super) fn sizes<'a>(&'a self, pages: &'a Pages, from: usize) -> impl Iterator<Item = KeySize> + 'a {
        const SOME: usize = 8;
        KeyIndex::entries_from(std::iter::once(&self.index), from).filter_map(move |found| match found {
            Found::Nothing => None,
            Found::Row(row) => Some(KeySize::of_row(pages, row)),
            Found::Line(line) => {
                let line = self.slab.get(line);
                let row = line.rows().next()?;
                let bytes: usize = line.rows().take(SOME).map(|row| pages.record(row).len()).sum();
                let (rows, seen) = (line.len() as u64, line.len().min(SOME) as u64);
                Some(KeySize { row, rows, bytes: bytes as u64 * rows / seen.max(1) })
            }
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.index.bytes() + self.slab.bytes()
    }
}

fn item_of(shape: &Shape, counts: bool, record: &[u8], row: RowRef) -> Item {
    // The number of a counted row is no place.
    let number = if counts { 0 } else { shape.number(record) };
    Item { rank: shape.rank(shape.value(record), number), number, row }
}
