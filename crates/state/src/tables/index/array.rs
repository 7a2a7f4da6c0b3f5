//! Entries in the order of their tags: linear probing, ordered (Amble and Knuth 1974).
//!
//! An entry is 24 bits of the key's hash, its tag, and where its rows are. Entries stand in lines of eight, as memory has
//! them: a tag's home is the first place of a line, its entry stands in that line or right behind. A look-up reads one
//! line, seldom two, and an array grows by being copied from front to back.

use super::super::pages::RowRef;
use super::Found;

/// 24 bits of hash, a bit for lines of rows, 39 bits of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tables) struct Entry(pub(super) u64);

const PLACE_BITS: u32 = 39;
const OF_LINE: u64 = 1 << PLACE_BITS;
const TAG_SHIFT: u32 = PLACE_BITS + 1;
pub(in crate::tables) const TAG_BITS: u32 = 64 - TAG_SHIFT;
pub(super) const TAG: u64 = (1 << TAG_BITS) - 1;

impl Entry {
    /// No entry: greater than all. No line of rows has a number that makes one of it.
    pub(in crate::tables) const NONE: Self = Self(u64::MAX);

    pub(in crate::tables) fn new(hash: u64, found: Found) -> Self {
        let place = match found {
            Found::Row(row) => row.bits(),
            Found::Line(line) => OF_LINE | u64::from(line),
            Found::Nothing => return Self::NONE,
        };
        Self((hash & TAG) << TAG_SHIFT | place)
    }

    pub(in crate::tables) fn tag(self) -> u64 {
        self.0 >> TAG_SHIFT
    }

    pub(in crate::tables) fn found(self) -> Found {
        let place = self.0 & (OF_LINE - 1);
        match self {
            Self::NONE => Found::Nothing,
            _ if self.0 & OF_LINE != 0 => Found::Line(place as u32),
            _ => Found::Row(RowRef::from_bits(place)),
        }
    }
}

/// Entries that come from memory together.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([Entry; LINE]);

/// Entries of a line.
const LINE: usize = 8;

impl Line {
    const EMPTY: Self = Self([Entry::NONE; LINE]);
}

/// Entries by tag. No free place stands before an entry of its line: that one would stand closer to its home.
pub(in crate::tables) struct TagArray {
    /// `homes` lines and some behind them, for entries whose homes are the last ones.
    lines: Vec<Line>,
    homes: usize,
    /// So many lowest bits of the tags differ.
    bits: u32,
    len: usize,
}

/// Lines behind the homes.
const BEHIND: usize = 2;
/// Homes at first.
const SMALL: usize = 2;
/// Homes from which on arrays differ in size.
const MANY: usize = 32;

impl TagArray {
    /// For tags that differ in so many lowest bits.
    pub(in crate::tables) fn of_tags(bits: u32) -> Self {
        Self { lines: Vec::new(), homes: 0, bits, len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::tables) fn bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
    }

    /// Adds an entry to the array with this number.
    pub(super) fn add(&mut self, entry: Entry, number: usize) {
        self.add_behind(entry, 0, number);
    }

    /// Adds an entry behind so many that have its tag.
    pub(in crate::tables) fn add_behind(&mut self, entry: Entry, behind: usize, number: usize) {
        self.len += 1;
        // Up to three quarters of the places are used.
        if self.len * 4 > self.homes * LINE * 3 {
            // Arrays fill at the same pace: they get sixteen sizes, so that they do not all grow at once.
            let homes = match self.homes * 3 / 2 {
                homes if self.homes < MANY && homes >= MANY => MANY + number % 16,
                homes => homes.max(self.homes + 1).max(SMALL),
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
        if self.homes > MANY && self.len < self.homes {
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
        let old = std::mem::replace(&mut self.lines, Vec::with_capacity(homes + BEHIND));
        self.lines.resize(homes + BEHIND, Line::EMPTY);
        self.homes = homes;
        let mut next = 0;
        for entry in old.into_iter().flat_map(|line| line.0).filter(|entry| *entry != Entry::NONE) {
            next = next.max(self.home(entry.tag()));
            if next == self.lines.len() * LINE {
                self.add_line();
            }
            self.put(next, entry);
            next += 1;
        }
    }

    /// Places, free ones included.
    pub(in crate::tables) fn places(&self) -> usize {
        self.lines.len() * LINE
    }

    fn add_line(&mut self) {
        self.lines.reserve_exact(1);
        self.lines.push(Line::EMPTY);
    }

    #[inline]
    fn home(&self, tag: u64) -> usize {
        let differing = tag & ((1 << self.bits) - 1);
        (differing * self.homes as u64 >> self.bits) as usize * LINE
    }

    /// Reads the home of a tag. What it returns means nothing.
    #[inline]
    pub(in crate::tables) fn touch(&self, tag: u64) -> u64 {
        self.entry(self.home(tag)).0
    }

    #[inline]
    pub(in crate::tables) fn entry(&self, at: usize) -> Entry {
        self.lines.get(at / LINE).map_or(Entry::NONE, |line| line.0[at % LINE])
    }

    #[inline]
    fn put(&mut self, at: usize, entry: Entry) {
        if let Some(line) = self.lines.get_mut(at / LINE) {
            line.0[at % LINE] = entry;
        }
    }

    /// The first place whose entry has this tag or a greater one, or that is free.
    #[inline]
    pub(in crate::tables) fn seek(&self, tag: u64) -> usize {
        let mut at = self.home(tag);
        while let Some(line) = self.lines.get(at / LINE) {
            // Counted, since where in the line it is cannot be foretold.
            let before: u64 = line.0.iter().map(|entry| u64::from(entry.0 < tag << TAG_SHIFT)).sum();
            at += before as usize;
            if before < LINE as u64 {
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
        self.lines.iter().flat_map(|line| line.0).filter(|entry| *entry != Entry::NONE)
    }

    /// Puts an entry at its place; those from there on move.
    fn insert(&mut self, mut at: usize, entry: Entry) {
        let mut moved = entry;
        while moved != Entry::NONE {
            let Some(line) = self.lines.get_mut(at / LINE) else {
                self.add_line();
                continue;
            };
            let (first, last) = (at % LINE, line.0[LINE - 1]);
            line.0.copy_within(first..LINE - 1, first + 1);
            line.0[first] = moved;
            moved = last;
            at += LINE - first;
        }
    }

    /// Takes the entry at a place out; those behind it move closer to their homes.
    fn remove(&mut self, mut at: usize) {
        loop {
            let next = at - at % LINE + LINE;
            let entry = self.entry(next);
            let stays = entry == Entry::NONE || self.home(entry.tag()) == next;
            let Some(line) = self.lines.get_mut(at / LINE) else { return };
            line.0.copy_within(at % LINE + 1.., at % LINE);
            line.0[LINE - 1] = if stays { Entry::NONE } else { entry };
            if stays {
                return;
            }
            at = next;
        }
    }
}
