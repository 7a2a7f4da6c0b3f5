//! Entries in the order of their tags: linear probing, ordered (Amble and Knuth 1974).
//!
//! An entry is 24 bits of the key's hash, its tag, and where its rows are. Entries stand in buckets of eight, which come from
//! memory together: a tag's home is the first place of a bucket, its entry stands in that one or right behind. A look-up
//! reads one bucket, seldom two, and an array grows by being copied from front to back.

use super::super::pages::RowRef;
use super::Found;

/// 24 bits of hash, a bit for lines of rows, 39 bits of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tables) struct Entry(pub(super) u64);

const PLACE_BITS: u32 = 39;
const IS_LINE: u64 = 1 << PLACE_BITS;
const TAG_SHIFT: u32 = PLACE_BITS + 1;
pub(in crate::tables) const TAG_BITS: u32 = 64 - TAG_SHIFT;
pub(super) const TAG: u64 = (1 << TAG_BITS) - 1;

impl Entry {
    /// No entry: greater than all. No line of rows has a number that makes one of it.
    pub(in crate::tables) const NONE: Self = Self(u64::MAX);

    pub(in crate::tables) fn new(hash: u64, found: Found) -> Self {
        let place = match found {
            Found::Row(row) => row.bits(),
            Found::Line(line) => IS_LINE | u64::from(line),
            Found::Nothing => return Self::NONE,
        };
        Self((hash & TAG) << TAG_SHIFT | place)
    }

    pub(in crate::tables) fn tag(self) -> u64 {
        self.0 >> TAG_SHIFT
    }

    pub(in crate::tables) fn found(self) -> Found {
        let place = self.0 & (IS_LINE - 1);
        match self {
            Self::NONE => Found::Nothing,
            _ if self.0 & IS_LINE != 0 => Found::Line(place as u32),
            _ => Found::Row(RowRef::from_bits(place)),
        }
    }
}

/// Entries that come from memory together.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket([Entry; PLACES]);

/// Places of a bucket.
const PLACES: usize = 8;

impl Bucket {
    const EMPTY: Self = Self([Entry::NONE; PLACES]);
}

/// Entries by tag. In a bucket no free place stands before an entry, which would stand closer to its home there.
pub(in crate::tables) struct TagArray {
    /// `homes` buckets and some behind them, for entries whose homes are the last ones.
    buckets: Vec<Bucket>,
    homes: usize,
    /// So many lowest bits of the tags differ.
    bits: u32,
    len: usize,
}

/// Homes from which on arrays differ in size.
const STAGGERED_HOMES: usize = 32;

impl TagArray {
    /// For tags that differ in so many lowest bits.
    pub(in crate::tables) fn of_tags(bits: u32) -> Self {
        Self { buckets: Vec::new(), homes: 0, bits, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::tables) fn bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<Bucket>()
    }

    /// Adds an entry to the array with this number.
    pub(super) fn add(&mut self, entry: Entry, number: usize) {
        self.add_behind(entry, 0, number);
    }

    /// Adds an entry behind so many that have its tag.
    pub(in crate::tables) fn add_behind(&mut self, entry: Entry, behind: usize, number: usize) {
        self.len += 1;
        // Up to three quarters of the places are used.
        if self.len * 4 > self.homes * PLACES * 3 {
            // Arrays fill at the same pace: they get sixteen sizes, so that they do not all grow at once.
            let homes = match self.homes * 3 / 2 {
                homes if self.homes < STAGGERED_HOMES && homes >= STAGGERED_HOMES => {
                    STAGGERED_HOMES + number % 16
                }
                homes => homes.max(self.homes + 1),
            };
            self.resize(homes);
        }
        self.insert(self.seek(entry.tag()) + behind, entry);
    }

    /// Takes an entry out; false when it is not there.
    pub(super) fn take(&mut self, entry: Entry) -> bool {
        let Some(at) = self.place_of(entry) else { return false };
        self.take_at(at);
        true
    }

    /// Takes the entry at a place out.
    pub(in crate::tables) fn take_at(&mut self, at: usize) {
        self.remove(at);
        self.len -= 1;
        // Memory is given back when an array has emptied.
        if self.homes > STAGGERED_HOMES && self.len < self.homes {
            self.resize(self.len / 4 + 1);
        }
    }

    /// Puts `to` where `from` stands; false when it stands nowhere. It is looked for at `place` first.
    #[inline]
    pub(in crate::tables) fn replace(&mut self, place: usize, from: Entry, to: Entry) -> bool {
        let at = if self.entry(place) == from { Some(place) } else { self.place_of(from) };
        at.inspect(|at| self.put(*at, to)).is_some()
    }

    fn resize(&mut self, homes: usize) {
        let old = std::mem::take(&mut self.buckets);
        self.homes = homes;
        self.add_buckets(homes + self.behind());
        let mut next = 0;
        for entry in old.into_iter().flat_map(|bucket| bucket.0).filter(|entry| *entry != Entry::NONE) {
            next = next.max(self.home(entry.tag()));
            if next == self.buckets.len() * PLACES {
                self.add_buckets(self.behind());
            }
            self.put(next, entry);
            next += 1;
        }
    }

    /// Places, free ones included.
    pub(in crate::tables) fn places(&self) -> usize {
        self.buckets.len() * PLACES
    }

    /// Buckets behind the homes; more where these do not suffice.
    fn behind(&self) -> usize {
        if self.homes < STAGGERED_HOMES { 1 } else { 4 }
    }

    fn add_buckets(&mut self, more: usize) {
        self.buckets.reserve_exact(more);
        self.buckets.resize(self.buckets.len() + more, Bucket::EMPTY);
    }

    #[inline]
    fn home(&self, tag: u64) -> usize {
        let differing = tag & ((1 << self.bits) - 1);
        ((differing * self.homes as u64) >> self.bits) as usize * PLACES
    }

    /// The number of a tag's bucket.
    #[inline]
    pub(super) fn bucket(&self, tag: u64) -> usize {
        self.home(tag) / PLACES
    }

    /// Reads a bucket. What it returns means nothing.
    #[inline]
    pub(super) fn prefetch_bucket(&self, number: usize) -> u64 {
        self.buckets.get(number).map_or(0, |bucket| bucket.0[0].0)
    }

    /// Reads the home of a tag. What it returns means nothing.
    #[inline]
    pub(in crate::tables) fn prefetch(&self, tag: u64) -> u64 {
        self.prefetch_bucket(self.bucket(tag))
    }

    #[inline]
    pub(in crate::tables) fn entry(&self, at: usize) -> Entry {
        self.buckets.get(at / PLACES).map_or(Entry::NONE, |bucket| bucket.0[at % PLACES])
    }

    #[inline]
    fn put(&mut self, at: usize, entry: Entry) {
        if let Some(bucket) = self.buckets.get_mut(at / PLACES) {
            bucket.0[at % PLACES] = entry;
        }
    }

    /// The first place whose entry has this tag or a greater one, or that is free.
    #[inline]
    pub(in crate::tables) fn seek(&self, tag: u64) -> usize {
        let mut at = self.home(tag);
        while let Some(bucket) = self.buckets.get(at / PLACES) {
            // Counted, since where in the bucket it is cannot be foretold.
            let before: u64 = bucket.0.iter().map(|entry| u64::from(entry.0 < tag << TAG_SHIFT)).sum();
            at += before as usize;
            if before < PLACES as u64 {
                break;
            }
        }
        at
    }

    /// The entries with a tag, each with its place.
    #[inline]
    pub(in crate::tables) fn with_tag(&self, tag: u64) -> impl Iterator<Item = (usize, Entry)> + '_ {
        let from = self.seek(tag)..;
        let is = move |(_, entry): &(usize, Entry)| entry.tag() == tag && *entry != Entry::NONE;
        from.map(|at| (at, self.entry(at))).take_while(is)
    }

    #[inline]
    fn place_of(&self, entry: Entry) -> Option<usize> {
        self.with_tag(entry.tag()).find(|(_, other)| *other == entry).map(|(at, _)| at)
    }

    /// All entries, in the order of their tags.
    pub(in crate::tables) fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> + '_ {
        self.buckets.iter().flat_map(|bucket| bucket.0).filter(|entry| *entry != Entry::NONE)
    }

    /// Puts an entry at its place; those from there on move.
    fn insert(&mut self, mut at: usize, entry: Entry) {
        let mut moved = entry;
        while moved != Entry::NONE {
            let Some(bucket) = self.buckets.get_mut(at / PLACES) else {
                self.add_buckets(self.behind());
                continue;
            };
            let (first, last) = (at % PLACES, bucket.0[PLACES - 1]);
            bucket.0.copy_within(first..PLACES - 1, first + 1);
            bucket.0[first] = moved;
            moved = last;
            at += PLACES - first;
        }
    }

    /// Takes the entry at a place out; those behind it move closer to their homes.
    fn remove(&mut self, mut at: usize) {
        loop {
            let next = at - at % PLACES + PLACES;
            let entry = self.entry(next);
            let stays = entry == Entry::NONE || self.home(entry.tag()) == next;
            let Some(bucket) = self.buckets.get_mut(at / PLACES) else { return };
            bucket.0.copy_within(at % PLACES + 1.., at % PLACES);
            bucket.0[PLACES - 1] = if stays { Entry::NONE } else { entry };
            if stays {
                return;
            }
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that a look-up relies on: order, no gap in a bucket, no free place between an entry and its home.
    fn check(array: &TagArray) {
        let tags: Vec<u64> = array.entries().map(Entry::tag).collect();
        assert!(tags.is_sorted() && tags.len() == array.len());
        for at in 0..array.places() {
            let entry = array.entry(at);
            if entry != Entry::NONE {
                let home = array.home(entry.tag());
                assert!(home <= at && (home..at).all(|before| array.entry(before) != Entry::NONE));
            }
        }
    }

    #[test]
    fn an_array_keeps_its_order_whatever_comes_and_goes() {
        let tags: [fn(u64) -> u64; 4] =
            [|_| TAG, |n| n % 2 * TAG, |n| n.wrapping_mul(0x9e37_79b9) & TAG, |n| TAG - n % 5];
        for tag in tags {
            let entry = |n: u64| Entry::new(tag(n), Found::Row(RowRef::from_bits(n)));
            let mut array = TagArray::of_tags(TAG_BITS);
            assert!(!array.take(entry(0)) && !array.replace(0, entry(0), entry(1)));
            assert_eq!((array.entry(0), array.with_tag(tag(0)).count()), (Entry::NONE, 0));
            for n in 0..500 {
                array.add(entry(n), n as usize);
                check(&array);
            }
            for n in (0..500).filter(|n| n % 3 == 0).chain((0..500).rev().filter(|n| n % 3 == 1)) {
                assert!(array.take(entry(n)) && !array.take(entry(n)));
                check(&array);
            }
            assert!((0..500).filter(|n| n % 3 == 2).all(|n| array.replace(7, entry(n), entry(n))));
        }
    }
}
