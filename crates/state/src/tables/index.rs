//! Where the rows of keys are: one hash table a key group, so that growing one moves 1/128 of the keys.
//!
//! An entry is 24 bits of the key's hash and where its rows are; keys themselves stand in the records only.

use hashbrown::{HashMap, HashTable};
use streamsql_core::{KeyGroup, KeyGroupRange};

use super::pages::RowRef;

/// What a key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Found {
    Nothing,
    /// One row.
    Row(RowRef),
    /// A line of rows, by its number.
    Line(u32),
}

/// 24 bits of hash, a bit for lines, 39 bits of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry(u64);

const PLACE_BITS: u32 = 39;
const LINE: u64 = 1 << PLACE_BITS;
const TAG_SHIFT: u32 = PLACE_BITS + 1;
const TAG: u64 = 0xff_ffff;

impl Entry {
    fn new(hash: u64, found: Found) -> Self {
        let place = match found {
            Found::Row(row) => row.bits(),
            Found::Line(line) => LINE | u64::from(line),
            Found::Nothing => 0,
        };
        Self((hash & TAG) << TAG_SHIFT | place)
    }

    fn tag(self) -> u64 {
        self.0 >> TAG_SHIFT
    }

    fn found(self) -> Found {
        let place = self.0 & (LINE - 1);
        if self.0 & LINE != 0 { Found::Line(place as u32) } else { Found::Row(RowRef::from_bits(place)) }
    }

    /// The hash that the table places an entry by: low bits for the bucket, the highest seven for its filter.
    fn spread(tag: u64) -> u64 {
        tag | tag << 40
    }
}

/// Keys of some key groups.
pub(super) struct KeyIndex {
    range: KeyGroupRange,
    groups: Vec<HashTable<Entry>>,
    len: usize,
    bytes: usize,
    /// Changes of a batch that are not made yet: hash, from, to. Made together, they wait for memory many at a time.
    deferred: Vec<(u64, Found, Found)>,
}

impl KeyIndex {
    pub(super) fn new(range: KeyGroupRange) -> Self {
        let groups = (range.start..range.end).map(|_| HashTable::new()).collect::<Vec<_>>();
        let bytes = groups.capacity() * size_of::<HashTable<Entry>>();
        Self { range, groups, len: 0, bytes, deferred: Vec::new() }
    }

    /// All keys in one hash table.
    pub(super) fn of_one_group(range: KeyGroupRange) -> Self {
        Self {
            range,
            groups: vec![HashTable::new()],
            len: 0,
            bytes: size_of::<HashTable<Entry>>(),
            deferred: Vec::new(),
        }
    }

    fn group(&self, hash: u64) -> usize {
        let group = KeyGroup::of_hash(hash);
        usize::from(group.0.saturating_sub(self.range.start)).min(self.groups.len() - 1)
    }

    /// The first entry with the hash's bits; whether it is the key's must be checked.
    #[inline]
    pub(super) fn candidate(&self, hash: u64) -> Found {
        let tag = hash & TAG;
        let found = self.groups[self.group(hash)].find(Entry::spread(tag), |entry| entry.tag() == tag);
        found.map_or(Found::Nothing, |entry| entry.found())
    }

    /// The entry with the hash's bits for which `is` holds.
    pub(super) fn find(&self, hash: u64, mut is: impl FnMut(Found) -> bool) -> Found {
        let tag = hash & TAG;
        let found = self.groups[self.group(hash)]
            .find(Entry::spread(tag), |entry| entry.tag() == tag && is(entry.found()));
        found.map_or(Found::Nothing, |entry| entry.found())
    }

    /// What `take` makes of the first entry with the hash's bits that it takes, with the deferred changes.
    pub(super) fn find_map<R>(&self, hash: u64, mut take: impl FnMut(Found) -> Option<R>) -> Option<R> {
        let mut taken = None;
        if self.deferred.is_empty() {
            self.find(hash, |found| {
                taken = take(found);
                taken.is_some()
            });
            return taken;
        }
        let mut all = Vec::new();
        self.find(hash, |found| {
            all.push(found);
            false
        });
        for (_, from, to) in self.deferred.iter().filter(|(other, _, _)| *other == hash) {
            match all.iter_mut().find(|found| *found == from) {
                Some(found) => *found = *to,
                None => all.push(*to),
            }
        }
        all.into_iter().find_map(take)
    }

    /// Puts `to` where `from` stands, or adds it where that is nothing, before the next look-up: `settle` does it.
    pub(super) fn defer(&mut self, hash: u64, from: Found, to: Found) {
        self.deferred.push((hash, from, to));
    }

    /// Makes the deferred changes.
    pub(super) fn settle(&mut self) {
        let mut deferred = std::mem::take(&mut self.deferred);
        for (hash, from, to) in deferred.drain(..) {
            if from == Found::Nothing {
                self.insert(hash, to);
            } else {
                self.replace(hash, from, to);
            }
        }
        self.deferred = deferred;
    }

    pub(super) fn insert(&mut self, hash: u64, found: Found) {
        let group = self.group(hash);
        let table = &mut self.groups[group];
        let by_tag = |entry: &Entry| Entry::spread(entry.tag());
        let (capacity, len) = (table.capacity(), table.len());
        // Groups fill at the same pace; each grows at another fill, so that they do not all grow in one batch.
        let early = capacity - capacity * (group % 16) / 64;
        if len >= early && capacity >= 64 {
            let before = table.allocation_size();
            table.reserve(capacity + 1 - len, by_tag);
            self.bytes = self.bytes + table.allocation_size() - before;
        }
        let before = table.allocation_size();
        table.insert_unique(Entry::spread(hash & TAG), Entry::new(hash, found), by_tag);
        self.bytes = self.bytes + table.allocation_size() - before;
        self.len += 1;
    }

    /// Puts `to` where `from` stands; false when it stands nowhere.
    pub(super) fn replace(&mut self, hash: u64, from: Found, to: Found) -> bool {
        let group = self.group(hash);
        let old = Entry::new(hash, from);
        match self.groups[group].find_mut(Entry::spread(hash & TAG), |entry| *entry == old) {
            Some(entry) => {
                *entry = Entry::new(hash, to);
                true
            }
            None => false,
        }
    }

    pub(super) fn remove(&mut self, hash: u64, found: Found) -> bool {
        self.settle();
        let group = self.group(hash);
        let old = Entry::new(hash, found);
        match self.groups[group].find_entry(Entry::spread(hash & TAG), |entry| *entry == old) {
            Ok(occupied) => {
                occupied.remove();
                self.len -= 1;
                self.shrink(group);
                true
            }
            Err(_) => false,
        }
    }

    /// Gives memory back where a group has emptied.
    fn shrink(&mut self, group: usize) {
        let table = &mut self.groups[group];
        if table.capacity() >= 256 && table.len() * 8 < table.capacity() {
            let before = table.allocation_size();
            let len = table.len();
            table.shrink_to(len * 2, |entry| Entry::spread(entry.tag()));
            self.bytes = self.bytes + table.allocation_size() - before;
        }
    }

    /// All entries, in no order, with the deferred changes.
    pub(super) fn iter(&self) -> impl Iterator<Item = Found> + '_ {
        let changed = self.deferred.iter().filter(|(_, from, _)| *from != Found::Nothing);
        let changed: HashMap<Found, Found> = changed.map(|(_, from, to)| (*from, *to)).collect();
        let added = self.deferred.iter().filter(|(_, from, _)| *from == Found::Nothing).map(|(_, _, to)| *to);
        let all = self.groups.iter().flat_map(|group| group.iter().map(|entry| entry.found())).chain(added);
        all.map(move |mut found| {
            while let Some(next) = changed.get(&found) {
                found = *next;
            }
            found
        })
    }

    /// The entries of these indices from number `from` on, in no order, without the deferred changes. What lies before
    /// is passed in pieces, so that it hardly costs: of one hash table no more than a million entries.
    pub(super) fn entries_from<'a>(
        indices: impl Iterator<Item = &'a Self>,
        from: usize,
    ) -> impl Iterator<Item = Found> {
        const MOST_PASSED: usize = 1 << 20;
        let mut left = from;
        indices.flat_map(|index| &index.groups).flat_map(move |group| {
            let passed = left.min(group.len());
            left -= passed;
            let rest = (passed < group.len()).then(|| group.iter().skip(passed.min(MOST_PASSED)));
            rest.into_iter().flatten().map(|entry| entry.found())
        })
    }

    /// Keys held.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.deferred.capacity() * size_of::<(u64, Found, Found)>()
    }
}
