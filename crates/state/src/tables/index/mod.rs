//! Where the rows of keys are: one array of entries a key group, so that growing one moves 1/128 of the keys. Keys
//! themselves stand in the records only.

pub(super) mod array;

use std::hint::black_box;

use streamsql_core::{KeyGroup, KeyGroupRange};

use self::array::{Entry, TAG, TAG_BITS, TagArray};
use super::pages::RowRef;
use super::prefetch::{self, PIECE};

/// What a key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Found {
    Nothing,
    /// One row.
    Row(RowRef),
    /// A line of rows, by its number.
    Line(u32),
}

/// What a table has for a key. Good until the table's next `probe` or barrier; methods that change the table through a
/// slot keep that slot up to date.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub(super) hash: u64,
    pub(super) found: Found,
    /// Where the key's entry stood in its group: looked at first when it is changed.
    place: u32,
}

impl Slot {
    /// A slot whose entry must be looked for.
    pub(super) fn new(hash: u64, found: Found) -> Self {
        Self { hash, found, place: 0 }
    }

    /// Whether the key has nothing.
    pub fn is_empty(&self) -> bool {
        self.found == Found::Nothing
    }
}

/// Keys of some key groups.
pub(super) struct KeyIndex {
    range: KeyGroupRange,
    groups: Vec<TagArray>,
    /// Changes that are not made yet: many are made together, so that memory is waited for at once.
    changes: Vec<Change>,
    len: usize,
    bytes: usize,
}

/// A key has something else.
#[derive(Clone, Copy)]
struct Change {
    hash: u64,
    from: Found,
    to: Found,
    /// Where its entry may stand.
    place: u32,
}

/// What was there and what is there now.
#[derive(Default)]
struct Changed(Vec<(Found, Found)>);

impl Changed {
    /// What is there now, given what the entries say.
    fn apply(self, entries: impl Iterator<Item = Found>) -> impl Iterator<Item = Found> {
        let new = self.0.iter().filter(|(from, _)| *from == Found::Nothing).map(|(_, now)| *now);
        let new: Vec<Found> = new.collect();
        let now = move |found| self.0.iter().find(|(from, _)| *from == found).map_or(found, |(_, now)| *now);
        entries.map(now).chain(new).filter(|found| *found != Found::Nothing)
    }
}

/// Changes that wait.
const MOST_CHANGES: usize = PIECE;

impl KeyIndex {
    pub(super) fn new(range: KeyGroupRange) -> Self {
        Self::of_groups(range, usize::from(range.end - range.start))
    }

    /// All keys in one array.
    pub(super) fn of_one_group(range: KeyGroupRange) -> Self {
        Self::of_groups(range, 1)
    }

    fn of_groups(range: KeyGroupRange, groups: usize) -> Self {
        let groups: Vec<TagArray> = (0..groups).map(|_| TagArray::of_tags(TAG_BITS)).collect();
        Self { range, bytes: groups.capacity() * size_of::<TagArray>(), groups, changes: Vec::new(), len: 0 }
    }

    #[inline]
    fn group(&self, hash: u64) -> usize {
        let group = KeyGroup::of_hash(hash);
        usize::from(group.0.saturating_sub(self.range.start)).min(self.groups.len() - 1)
    }

    /// Reads the memory where the hash's entry is looked for. What it returns means nothing.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) -> u64 {
        self.groups[self.group(hash)].prefetch(hash & TAG)
    }

    /// `prefetch` for the hashes of a piece: where each is looked for is told first, so that nothing but the reads stands
    /// between the reads.
    pub(super) fn prefetch_piece(&self, hashes: impl Iterator<Item = u64>) -> u64 {
        let mut places = [(0, 0); PIECE];
        let mut len = 0;
        for (place, hash) in places.iter_mut().zip(hashes) {
            let group = self.group(hash);
            *place = (group, self.groups[group].bucket(hash & TAG));
            len += 1;
        }
        prefetch::all(
            places[..len].iter().map(|(group, bucket)| self.groups[*group].prefetch_bucket(*bucket)),
        )
    }

    /// What a key with this hash has: the first entry with its bits. Whether it is the key's must be checked.
    #[inline]
    pub(super) fn candidate(&self, hash: u64) -> Slot {
        if !self.changes.is_empty() {
            return self.find(hash, |_| true);
        }
        let group = &self.groups[self.group(hash)];
        let place = group.seek(hash & TAG);
        let entry = group.entry(place);
        let found = if entry.tag() == hash & TAG { entry.found() } else { Found::Nothing };
        Slot { hash, found, place: place as u32 }
    }

    /// What the keys with the hash's bits have.
    pub(super) fn with_hash(&self, hash: u64) -> impl Iterator<Item = Found> + '_ {
        let group = self.group(hash);
        let entries = self.groups[group].with_tag(hash & TAG);
        let is = |change: &Change| (change.hash ^ hash) & TAG == 0 && self.group(change.hash) == group;
        self.changed(is).apply(entries.map(|(_, entry)| entry.found()))
    }

    /// What these changes lead to, one after the other.
    fn changed(&self, which: impl Fn(&Change) -> bool) -> Changed {
        let mut changed = Changed::default();
        for Change { from, to, .. } in self.changes.iter().filter(|change| which(change)) {
            match changed.0.iter_mut().find(|(_, now)| now == from) {
                Some((_, now)) => *now = *to,
                None => changed.0.push((*from, *to)),
            }
        }
        changed
    }

    /// What a key with this hash has for which `is` holds.
    pub(super) fn find(&self, hash: u64, mut is: impl FnMut(Found) -> bool) -> Slot {
        Slot::new(hash, self.with_hash(hash).find(|found| is(*found)).unwrap_or(Found::Nothing))
    }

    /// Puts something in the place of what the key has.
    #[inline]
    pub(super) fn set(&mut self, slot: &mut Slot, to: Found) {
        let from = std::mem::replace(&mut slot.found, to);
        if from == to {
            return;
        }
        self.len = self.len + usize::from(from == Found::Nothing) - usize::from(to == Found::Nothing);
        self.changes.push(Change { hash: slot.hash, from, to, place: slot.place });
        if self.changes.len() == MOST_CHANGES {
            self.settle();
        }
    }

    pub(super) fn insert(&mut self, hash: u64, found: Found) {
        self.set(&mut Slot::new(hash, Found::Nothing), found);
    }

    /// Whether no change waits.
    pub(super) fn is_settled(&self) -> bool {
        self.changes.is_empty()
    }

    /// Makes the changes that wait.
    pub(super) fn settle(&mut self) {
        if self.changes.is_empty() {
            return;
        }
        let mut changes = std::mem::take(&mut self.changes);
        black_box(self.prefetch_piece(changes.iter().map(|change| change.hash)));
        for Change { hash, from, to, place } in changes.drain(..) {
            let made = self.make(hash, from, to, place);
            debug_assert!(made, "a key has what its slot says");
        }
        self.changes = changes;
    }

    /// Makes the changes that wait and gives the memory back in which they did.
    pub(super) fn settle_for_long(&mut self) {
        self.settle();
        self.changes = Vec::new();
    }

    /// Makes a change; false when `from` stands nowhere.
    #[inline]
    fn make(&mut self, hash: u64, from: Found, to: Found, place: u32) -> bool {
        let number = self.group(hash);
        let group = &mut self.groups[number];
        let (from, to) = (Entry::new(hash, from), Entry::new(hash, to));
        if from != Entry::NONE && to != Entry::NONE {
            return group.replace(place as usize, from, to);
        }
        let before = group.bytes();
        let made = if from != Entry::NONE {
            group.take(from)
        } else if to != Entry::NONE {
            group.add(to, number);
            true
        } else {
            false
        };
        self.bytes = self.bytes + group.bytes() - before;
        made
    }

    /// Puts `to` where `from` stands; false when it stands nowhere.
    #[inline]
    pub(super) fn replace(&mut self, hash: u64, from: Found, to: Found) -> bool {
        self.settle();
        self.make(hash, from, to, 0)
    }

    pub(super) fn remove(&mut self, hash: u64, found: Found) -> bool {
        self.settle();
        let removed = self.make(hash, found, Found::Nothing, 0);
        self.len -= usize::from(removed);
        removed
    }

    /// What all keys have, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Found> + '_ {
        self.changed(|_| true).apply(self.groups.iter().flat_map(TagArray::entries).map(Entry::found))
    }

    /// What the keys of these indices have, from number `from` on, in no order. What lies before is passed in pieces, so
    /// that it hardly costs: of one array no more than a million entries.
    pub(super) fn entries_from<'a>(
        indices: impl Iterator<Item = &'a Self>,
        from: usize,
    ) -> impl Iterator<Item = Found> {
        const MOST_PASSED: usize = 1 << 20;
        let mut left = from;
        indices.flat_map(move |index| {
            let mut rest = Vec::new();
            for group in &index.groups {
                let passed = left.min(group.len());
                left -= passed;
                if passed < group.len() {
                    rest.push(group.entries().skip(passed.min(MOST_PASSED)).map(Entry::found));
                }
            }
            let mut changed = index.changed(|_| true);
            if left > 0 {
                // Passed, too.
                let changes = changed.0.len();
                changed.0.retain(|(from, _)| *from != Found::Nothing);
                left = left.saturating_sub(changes - changed.0.len());
            }
            changed.apply(rest.into_iter().flatten())
        })
    }

    /// Keys held.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.changes.capacity() * size_of::<Change>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Hashes whose tags are few, the highest ones, or spread, in a few key groups.
    fn hash(step: u64) -> u64 {
        let mixed = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        match step % 3 {
            0 => mixed & 0x00ff_0000_0007,
            1 => (TAG - mixed % 5) | ((mixed & 3) << 32),
            _ => mixed,
        }
    }

    fn row(number: u64) -> Found {
        Found::Row(RowRef::from_bits(number))
    }

    fn check(index: &KeyIndex, known: &BTreeMap<u64, u64>) {
        assert_eq!(index.len(), known.len());
        for (number, stands) in known {
            assert!(index.with_hash(hash(*number)).any(|found| found == row(*stands)), "{number}");
        }
        let mut all: Vec<Found> = index.iter().collect();
        all.sort_by_key(|found| format!("{found:?}"));
        let mut expected: Vec<Found> = known.values().map(|stands| row(*stands)).collect();
        expected.sort_by_key(|found| format!("{found:?}"));
        assert_eq!(all, expected);
        let rest = KeyIndex::entries_from(std::iter::once(index), 3).count();
        assert!(rest + 3 == known.len() || !index.changes.is_empty());
        let buckets: usize = index.groups.iter().map(TagArray::bytes).sum();
        assert_eq!(index.bytes, buckets + index.groups.capacity() * size_of::<TagArray>());
        for group in &index.groups {
            let tags: Vec<u64> = group.entries().map(Entry::tag).collect();
            assert!(tags.is_sorted() && tags.len() == group.len());
        }
    }

    #[test]
    fn entries_come_move_and_go() {
        for mut index in [
            KeyIndex::new(KeyGroupRange::ALL),
            KeyIndex::new(KeyGroupRange { start: 0, end: 2 }),
            KeyIndex::of_one_group(KeyGroupRange::ALL),
        ] {
            let mut known = BTreeMap::new();
            for number in 0..6_000 {
                index.insert(hash(number), row(number));
                known.insert(number, number);
                if number % 3 == 0 {
                    assert!(index.replace(hash(number), row(number), row(number + 1_000_000)));
                    assert!(!index.replace(hash(number), row(number), row(number)));
                    known.insert(number, number + 1_000_000);
                }
                if let Some(stands) = known.get_mut(&(number * 7 / 8)) {
                    let place = (number % 4) as u32 * 100;
                    let mut slot =
                        Slot { place, ..index.find(hash(number * 7 / 8), |found| found == row(*stands)) };
                    *stands += 10_000_000;
                    index.set(&mut slot, row(*stands));
                }
                if number % 5 == 0 {
                    let gone = number / 2;
                    let removed = known.remove(&gone);
                    assert_eq!(index.remove(hash(gone), removed.map_or(row(gone), row)), removed.is_some());
                }
            }
            check(&index, &known);
            let full = index.bytes();
            for number in 0..5_990 {
                if let Some(stands) = known.remove(&number) {
                    assert!(index.remove(hash(number), row(stands)));
                }
            }
            check(&index, &known);
            assert!(index.bytes() < full);
        }
    }

    /// Readers see changes that wait as if they were made.
    #[test]
    fn changes_that_wait_are_seen() {
        // Two hashes with the bits of one entry, one beside them, one in another key group.
        let hashes = [5, 5 | 1 << 60, 6, 5 | 3 << 32];
        for seed in 0..200_u64 {
            let mut index = KeyIndex::new(KeyGroupRange::ALL);
            let mut known: Vec<(u64, Found)> = Vec::new();
            let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut next = move |below: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % below
            };
            for step in 0..150 {
                let new = if next(2) == 0 { row(step) } else { Found::Line(step as u32) };
                let chosen = (!known.is_empty()).then(|| next(known.len() as u64) as usize);
                match (next(4), chosen) {
                    (0 | 1, Some(chosen)) => {
                        let (hash, from) = known[chosen];
                        let mut slot = index.find(hash, |found| found == from);
                        slot.place = next(3) as u32;
                        index.set(&mut slot, new);
                        known[chosen].1 = new;
                    }
                    (2, Some(chosen)) => {
                        let (hash, from) = known.swap_remove(chosen);
                        index.set(&mut index.find(hash, |found| found == from), Found::Nothing);
                    }
                    _ => {
                        let hash = hashes[next(4) as usize];
                        index.insert(hash, new);
                        known.push((hash, new));
                    }
                }
                if next(40) == 0 {
                    index.settle();
                }
                let name = |found: &Found| format!("{found:?}");
                for hash in hashes {
                    let same =
                        |other: u64| other & TAG == hash & TAG && index.group(other) == index.group(hash);
                    let all = known.iter().filter(|(other, _)| same(*other));
                    let mut expected: Vec<Found> = all.map(|(_, found)| *found).collect();
                    let mut found: Vec<Found> = index.with_hash(hash).collect();
                    let candidate = index.candidate(hash).found;
                    assert!(found.contains(&candidate) || found.is_empty() && candidate == Found::Nothing);
                    expected.sort_by_key(name);
                    found.sort_by_key(name);
                    assert_eq!(found, expected, "seed {seed} step {step}");
                }
                assert_eq!((index.len(), index.iter().count()), (known.len(), known.len()));
            }
        }
    }
}
