//! Rows of one key that have no order of their own, by a hash of their values: a long line of them.

use super::index::Found;
use super::index::array::{Entry, TAG_BITS, TagArray};
use super::line::Position;
use super::pages::RowRef;

/// Rows in the order of their ranks, which are hashes. A tag is the highest bits of a rank; rows of one tag are put in order by
/// who adds them.
pub(super) struct HashedLine {
    /// One, or many by the highest bits of the tags, so that growing one takes no long pause.
    arrays: Vec<TagArray>,
    len: usize,
}

/// With more rows a line has many arrays.
const ONE_ARRAY: usize = 1 << 16;
/// Bits of a tag that tell which of many arrays.
const ARRAY_BITS: u32 = 8;

fn tag(rank: u64) -> u64 {
    rank >> (64 - TAG_BITS)
}

impl HashedLine {
    /// Of rows with their ranks, in order.
    pub(super) fn new(rows: impl Iterator<Item = (u64, RowRef)>) -> Self {
        let mut line = Self { arrays: vec![TagArray::of_tags(TAG_BITS)], len: 0 };
        for (rank, row) in rows {
            let place = line.end_of(rank);
            line.insert(place, rank, row);
        }
        line
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        // Counting many arrays would cost what they have.
        let first = self.arrays.first().map_or(0, TagArray::bytes);
        size_of::<Self>() + self.arrays.len() * (size_of::<TagArray>() + first)
    }

    fn array(&self, tag: u64) -> usize {
        if self.arrays.len() == 1 { 0 } else { (tag >> (TAG_BITS - ARRAY_BITS)) as usize }
    }

    /// Reads the memory where a rank is looked for. What it returns means nothing.
    pub(super) fn prefetch(&self, rank: u64) -> u64 {
        let tag = tag(rank);
        self.arrays[self.array(tag)].prefetch(tag)
    }

    /// The rows that may have a rank, in order, each with its place.
    pub(super) fn candidates(&self, rank: u64) -> impl Iterator<Item = (Position, RowRef)> + '_ {
        let tag = tag(rank);
        let block = self.array(tag);
        let candidates = self.arrays[block].with_tag(tag);
        candidates.filter_map(move |(at, entry)| Some((Position { block, at }, row_of(entry)?)))
    }

    /// The place behind the rows that may have a rank.
    pub(super) fn end_of(&self, rank: u64) -> Position {
        let tag = tag(rank);
        let block = self.array(tag);
        let array = &self.arrays[block];
        Position { block, at: array.seek(tag) + array.with_tag(tag).count() }
    }

    pub(super) fn get(&self, place: Position) -> Option<RowRef> {
        row_of(self.arrays.get(place.block)?.entry(place.at))
    }

    pub(super) fn set(&mut self, place: Position, row: RowRef) {
        if let Some(array) = self.arrays.get_mut(place.block) {
            let old = array.entry(place.at);
            array.replace(place.at, old, Entry::new(old.tag(), Found::Row(row)));
        }
    }

    /// Adds a row at a place that `candidates` or `end_of` gave for its rank.
    pub(super) fn insert(&mut self, place: Position, rank: u64, row: RowRef) {
        let tag = tag(rank);
        let array = &mut self.arrays[place.block];
        let behind = place.at - array.seek(tag);
        array.add_behind(Entry::new(tag, Found::Row(row)), behind, place.block);
        self.len += 1;
        if self.len > ONE_ARRAY && self.arrays.len() == 1 {
            self.divide();
        }
    }

    fn divide(&mut self) {
        let entries: Vec<Entry> = self.arrays.iter().flat_map(TagArray::entries).collect();
        self.arrays = (0..1 << ARRAY_BITS).map(|_| TagArray::of_tags(TAG_BITS - ARRAY_BITS)).collect();
        self.add_all(entries);
    }

    pub(super) fn remove(&mut self, place: Position) {
        if let Some(array) = self.arrays.get_mut(place.block)
            && array.entry(place.at) != Entry::NONE
        {
            array.take_at(place.at);
            self.len -= 1;
        }
    }

    /// The rows from a place on.
    pub(super) fn from(&self, place: Position) -> impl Iterator<Item = RowRef> + '_ {
        self.places(place).map(|(_, row)| row)
    }

    fn places(&self, from: Position) -> impl Iterator<Item = (Position, RowRef)> + '_ {
        self.arrays.iter().enumerate().skip(from.block).flat_map(move |(block, array)| {
            let first = if block == from.block { from.at } else { 0 };
            let places = (first..array.places()).map(move |at| (Position { block, at }, array.entry(at)));
            places.filter_map(|(place, entry)| Some((place, row_of(entry)?)))
        })
    }

    /// The place of the first row for which this holds, or the end.
    pub(super) fn place_of(&self, mut is: impl FnMut(RowRef) -> bool) -> Position {
        let found = self.places(Position::default()).find(|(_, row)| is(*row));
        found.map_or(Position { block: self.arrays.len(), at: 0 }, |(place, _)| place)
    }

    /// Takes the rows before a place away.
    pub(super) fn split_off_front(&mut self, place: Position) -> Vec<RowRef> {
        let left = self.from(place).count();
        let front: Vec<RowRef> = self.rows().take(self.len - left).collect();
        let bits = if self.arrays.len() == 1 { TAG_BITS } else { TAG_BITS - ARRAY_BITS };
        let rest: Vec<Entry> = self.arrays.iter().flat_map(TagArray::entries).skip(front.len()).collect();
        self.arrays.iter_mut().for_each(|array| *array = TagArray::of_tags(bits));
        self.add_all(rest);
        self.len = left;
        front
    }

    /// Puts entries in their order into empty arrays.
    fn add_all(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            let number = self.array(entry.tag());
            let array = &mut self.arrays[number];
            array.add_behind(entry, array.with_tag(entry.tag()).count(), number);
        }
    }

    /// All rows in order.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = RowRef> + '_ {
        self.arrays.iter().flat_map(TagArray::entries).filter_map(row_of)
    }
}

impl std::fmt::Debug for HashedLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.rows()).finish()
    }
}

fn row_of(entry: Entry) -> Option<RowRef> {
    match entry.found() {
        Found::Row(row) => Some(row),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks that share tags, in fours.
    fn rank(number: u64) -> u64 {
        ((number / 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) & !0xff) | (number % 4)
    }

    #[test]
    fn rows_stand_in_order_however_they_come_and_go() {
        for size in [9, 1_000, 70_000] {
            let mut line = HashedLine::new(std::iter::empty());
            // A permutation: 1,009 shares no factor with any of the sizes.
            for step in 0..size {
                let number = step * 1_009 % size;
                let mut candidates = line.candidates(rank(number));
                let place =
                    candidates.find(|(_, row)| rank(row.bits()) > rank(number)).map(|(place, _)| place);
                drop(candidates);
                let place = place.unwrap_or_else(|| line.end_of(rank(number)));
                line.insert(place, rank(number), RowRef::from_bits(number));
            }
            let mut expected: Vec<u64> = (0..size).collect();
            expected.sort_by_key(|number| rank(*number));
            assert_eq!(line.rows().map(|row| row.bits()).collect::<Vec<_>>(), expected);
            assert_eq!(line.rows().next_back().map(|row| row.bits()), expected.last().copied());
            for number in 0..size {
                let place = line.candidates(rank(number)).find(|(_, row)| row.bits() == number).unwrap().0;
                if number % 3 == 0 {
                    line.set(place, RowRef::from_bits(number + size));
                    assert_eq!(line.get(place), Some(RowRef::from_bits(number + size)));
                } else {
                    line.remove(place);
                }
            }
            expected.retain(|number| number % 3 == 0);
            expected.iter_mut().for_each(|number| *number += size);
            assert_eq!(line.rows().map(|row| row.bits()).collect::<Vec<_>>(), expected);
            assert_eq!(line.len(), expected.len());
            let middle = line.place_of(|row| row.bits() == expected[expected.len() / 3]);
            let front: Vec<u64> = line.split_off_front(middle).iter().map(|row| row.bits()).collect();
            assert_eq!(front, expected[..expected.len() / 3]);
            assert_eq!(line.rows().map(|row| row.bits()).collect::<Vec<_>>(), expected[front.len()..]);
            assert_eq!(line.len(), expected.len() - front.len());
        }
    }
}
