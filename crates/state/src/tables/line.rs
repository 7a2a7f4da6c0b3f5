//! Lines: the rows of one key in order. A short line is a list of its rows; a longer one also holds what orders them, so
//! that none need be read; a long one has blocks, so that it takes rows in and out anywhere in O(log n).

use super::blocks::{BLOCK, Block, Blocks, bound_from_end};
use super::hashed::HashedLine;
use super::pages::RowRef;
use super::prefetch;

/// A row in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Grows along the line.
    pub(super) rank: u64,
    /// Order of arrival among rows that are equal in the order columns.
    pub(super) number: u64,
    pub(super) row: RowRef,
}

/// A line with more rows is no short one.
const SHORT: usize = 8;

/// Rows in order.
#[derive(Debug)]
pub(super) enum Line {
    /// What stands beside the rows is read from their records: the `of` of the methods.
    Short(Vec<RowRef>),
    /// Not so few, with what is read from their records.
    Middle(Box<Items>),
    Long(Box<Blocks>),
    /// Not so few, whose ranks are hashes.
    Hashed(Box<HashedLine>),
}

/// The rows of a line of middle length. In a box, so that short lines, of which there are many, are small.
#[derive(Debug, Default)]
pub(super) struct Items(Vec<Item>);

/// Where a row stands in a line; good until the line changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) block: usize,
    pub(super) at: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self::Short(Vec::new())
    }
}

impl Line {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Short(rows) => rows.len(),
            Self::Middle(items) => items.0.len(),
            Self::Long(blocks) => blocks.len,
            Self::Hashed(hashed) => hashed.len(),
        }
    }

    /// Reads the memory of both ends; what it returns means nothing.
    pub(super) fn prefetch(&self) -> u64 {
        let ends = |items: &[Item]| {
            items.first().map_or(0, |item| item.rank) ^ items.last().map_or(0, |item| item.rank)
        };
        match self {
            Self::Short(rows) => rows.first().map_or(0, |row| row.bits()),
            Self::Middle(items) => ends(&items.0),
            Self::Long(blocks) => {
                let blocks = [blocks.blocks.front(), blocks.blocks.back()];
                prefetch::all(blocks.iter().flatten().map(|block| ends(&block.items)))
            }
            Self::Hashed(_) => 0,
        }
    }

    pub(super) fn first(&self) -> Option<RowRef> {
        match self {
            Self::Short(rows) => rows.first().copied(),
            Self::Middle(items) => items.0.first().map(|item| item.row),
            Self::Long(blocks) => Some(blocks.blocks.front()?.items.first()?.row),
            Self::Hashed(hashed) => hashed.rows().next(),
        }
    }

    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = RowRef> + '_ {
        let (short, middle, long) = self.parts();
        let items = middle.iter().chain(long.into_iter().flat_map(Blocks::items));
        let hashed = self.hashed().into_iter().flat_map(HashedLine::rows);
        short.iter().copied().chain(items.map(|item| item.row)).chain(hashed)
    }

    /// The rows of a short line, of a middle one, or the blocks of a long one.
    fn parts(&self) -> (&[RowRef], &[Item], Option<&Blocks>) {
        match self {
            Self::Short(rows) => (rows, &[], None),
            Self::Middle(items) => (&[], &items.0, None),
            Self::Long(blocks) => (&[], &[], Some(blocks)),
            Self::Hashed(_) => (&[], &[], None),
        }
    }

    /// What holds the rows of a line whose ranks are hashes, if it is not short.
    pub(super) fn hashed(&self) -> Option<&HashedLine> {
        match self {
            Self::Hashed(hashed) => Some(hashed),
            _ => None,
        }
    }

    /// Rows from a position on.
    pub(super) fn from<'l>(
        &'l self,
        position: Position,
        of: impl Fn(RowRef) -> Item + 'l,
    ) -> impl Iterator<Item = Item> + 'l {
        let (short, middle, long) = self.parts();
        let long = long.into_iter().flat_map(move |blocks| {
            let first =
                blocks.blocks.get(position.block).map_or(&[][..], |block| &block.items[position.at..]);
            let others = blocks.blocks.iter().skip(position.block + 1).flat_map(|block| &block.items);
            first.iter().chain(others).copied()
        });
        let hashed = self.hashed().into_iter().flat_map(move |hashed| hashed.from(position));
        let rows = short.iter().skip(position.at).copied().chain(hashed).map(of);
        rows.chain(middle.iter().skip(position.at).copied()).chain(long)
    }

    /// Rows before a position, backwards.
    pub(super) fn before(&self, position: Position) -> impl Iterator<Item = RowRef> + '_ {
        let (short, middle, long) = self.parts();
        let long = long.into_iter().flat_map(move |blocks| {
            let last = blocks.blocks.get(position.block).map_or(&[][..], |block| &block.items[..position.at]);
            let others =
                blocks.blocks.iter().take(position.block).rev().flat_map(|block| block.items.iter().rev());
            last.iter().rev().chain(others)
        });
        let items = middle[..position.at.min(middle.len())].iter().rev().chain(long).map(|item| item.row);
        let hashed = self
            .hashed()
            .into_iter()
            .flat_map(move |hashed| hashed.rows().rev().skip(hashed.from(position).count()));
        short[..position.at.min(short.len())].iter().rev().copied().chain(items).chain(hashed)
    }

    /// The first position whose row does not stand before the place that is looked for; `is_before` holds for rows up
    /// to there and for none after. What is looked for stands mostly at an end, since rows come and go in the order of
    /// time: the ends are tried before the middle.
    pub(super) fn lower_bound(
        &self,
        of: impl Fn(RowRef) -> Item,
        mut is_before: impl FnMut(&Item) -> bool,
    ) -> Position {
        match self {
            Self::Short(rows) => Position::at(bound(rows, |row| is_before(&of(*row)))),
            Self::Middle(items) => Position::at(bound(&items.0, is_before)),
            Self::Long(blocks) => {
                let blocks = &blocks.blocks;
                if !blocks.front().and_then(|block| block.items.first()).is_some_and(&mut is_before) {
                    return Position { block: 0, at: 0 };
                }
                if blocks.back().is_some_and(|block| is_before(&block.last)) {
                    return Position { block: blocks.len(), at: 0 };
                }
                let block = blocks.partition_point(|block| is_before(&block.last));
                let at = blocks.get(block).map_or(0, |block| block.items.partition_point(is_before));
                Position { block, at }
            }
            Self::Hashed(hashed) => hashed.place_of(|row| !is_before(&of(row))),
        }
    }

    /// Where a row stands; `rank_is_exact` says that rows of one rank are in the order of their numbers.
    pub(super) fn find(&self, item: &Item, rank_is_exact: bool) -> Option<Position> {
        let is_before = |other: &Item| {
            other.rank < item.rank || rank_is_exact && other.rank == item.rank && other.number < item.number
        };
        let position = match self {
            Self::Short(rows) => return rows.iter().position(|row| *row == item.row).map(Position::at),
            Self::Hashed(hashed) => {
                let mut candidates = hashed.candidates(item.rank);
                return candidates.find(|(_, row)| *row == item.row).map(|(position, _)| position);
            }
            Self::Middle(items) => Position::at(bound_from_end(&items.0, is_before)),
            Self::Long(blocks) => blocks.bound_from_end(is_before),
        };
        let (_, middle, long) = self.parts();
        let is_it = |items: &[Item], from: usize| {
            let equal = items.iter().skip(from).take_while(|other| other.rank == item.rank);
            equal.zip(from..).find(|(other, _)| other.row == item.row).map(|(_, at)| at)
        };
        let Some(blocks) = long else { return is_it(middle, position.at).map(Position::at) };
        let mut at = position.at;
        for (block, Block { items, last }) in blocks.blocks.iter().enumerate().skip(position.block) {
            if let Some(at) = is_it(items, at) {
                return Some(Position { block, at });
            }
            if last.rank != item.rank {
                return None;
            }
            at = 0;
        }
        None
    }

    pub(super) fn get(&self, position: Position) -> Option<RowRef> {
        match self {
            Self::Short(rows) => rows.get(position.at).copied(),
            Self::Middle(items) => items.0.get(position.at).map(|item| item.row),
            Self::Long(blocks) => {
                blocks.blocks.get(position.block)?.items.get(position.at).map(|item| item.row)
            }
            Self::Hashed(hashed) => hashed.get(position),
        }
    }

    pub(super) fn set_row(&mut self, position: Position, row: RowRef) {
        match self {
            Self::Short(rows) => {
                if let Some(place) = rows.get_mut(position.at) {
                    *place = row;
                }
            }
            Self::Middle(items) => {
                if let Some(item) = items.0.get_mut(position.at) {
                    item.row = row;
                }
            }
            Self::Long(blocks) => {
                if let Some(block) = blocks.blocks.get_mut(position.block)
                    && let Some(item) = block.items.get_mut(position.at)
                {
                    item.row = row;
                    block.tell_last();
                }
            }
            Self::Hashed(hashed) => hashed.set(position, row),
        }
    }

    /// Puts a row at a position; `is_hashed` says that ranks are hashes.
    pub(super) fn insert(
        &mut self,
        position: Position,
        item: Item,
        is_hashed: bool,
        of: impl Fn(RowRef) -> Item,
    ) {
        match self {
            Self::Short(rows) if rows.len() < SHORT => {
                if rows.len() == rows.capacity() {
                    // Most lines are short: they grow to what they need, not to the next power of two.
                    rows.reserve_exact((rows.len() / 2).max(2));
                }
                rows.insert(position.at, item.row);
            }
            Self::Short(rows) => {
                let mut items = Vec::with_capacity(SHORT * 2);
                items.extend(rows.iter().map(|row| of(*row)));
                items.insert(position.at, item);
                *self = if is_hashed {
                    let rows = items.iter().map(|item| (item.rank, item.row));
                    Self::Hashed(Box::new(HashedLine::new(rows)))
                } else {
                    Self::Middle(Box::new(Items(items)))
                };
            }
            Self::Middle(items) if items.0.len() + 1 < BLOCK => {
                let items = &mut items.0;
                if items.len() == items.capacity() {
                    items.reserve_exact(items.len() / 2);
                }
                items.insert(position.at, item);
            }
            Self::Middle(items) => {
                let items = std::mem::take(&mut items.0);
                let len = items.len();
                let mut blocks = Blocks { len, blocks: Block::new(items).into_iter().collect() };
                blocks.insert(position, item);
                *self = Self::Long(Box::new(blocks));
            }
            Self::Long(blocks) => blocks.insert(position, item),
            Self::Hashed(hashed) => hashed.insert(position, item.rank, item.row),
        }
    }

    pub(super) fn remove(&mut self, position: Position) {
        match self {
            Self::Short(rows) => {
                rows.remove(position.at);
            }
            Self::Middle(items) => {
                items.0.remove(position.at);
            }
            Self::Long(blocks) => blocks.remove(position),
            Self::Hashed(hashed) => hashed.remove(position),
        }
        self.shorten();
    }

    /// Takes the rows before a position away.
    pub(super) fn split_off_front(&mut self, position: Position) -> Vec<RowRef> {
        let front = match self {
            Self::Short(rows) => rows.drain(..position.at).collect(),
            Self::Middle(items) => items.0.drain(..position.at).map(|item| item.row).collect(),
            Self::Long(blocks) => blocks.split_off_front(position),
            Self::Hashed(hashed) => hashed.split_off_front(position),
        };
        self.shorten();
        front
    }

    /// A line becomes a shorter one once half of what that holds is left.
    fn shorten(&mut self) {
        if let Self::Long(blocks) = self
            && blocks.len <= BLOCK / 2
        {
            *self = Self::Middle(Box::new(Items(blocks.items().copied().collect())));
        }
        if let Self::Hashed(hashed) = self
            && hashed.len() <= SHORT / 2
        {
            *self = Self::Short(hashed.rows().collect());
        }
        if let Self::Middle(items) = self {
            let items = &mut items.0;
            if items.len() <= SHORT / 2 {
                *self = Self::Short(items.iter().map(|item| item.row).collect());
            } else if items.len() * 4 < items.capacity() {
                items.shrink_to(items.len() * 2);
            }
        }
    }

    /// Bytes allocated; for a long line a close estimate, since counting its blocks would cost what it has.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Short(rows) => rows.capacity() * size_of::<RowRef>(),
            Self::Middle(items) => size_of::<Items>() + items.0.capacity() * size_of::<Item>(),
            Self::Long(blocks) => {
                size_of::<Blocks>()
                    + blocks.blocks.capacity() * size_of::<Block>()
                    + blocks.len * size_of::<Item>() * 3 / 2
            }
            Self::Hashed(hashed) => hashed.bytes(),
        }
    }
}

impl Position {
    fn at(at: usize) -> Self {
        Self { block: 0, at }
    }
}

/// The first position that does not stand before the place that is looked for: the ends are tried first.
fn bound<T>(items: &[T], mut is_before: impl FnMut(&T) -> bool) -> usize {
    match items {
        [] => 0,
        [first, ..] if !is_before(first) => 0,
        [.., last] if is_before(last) => items.len(),
        [_, middle @ .., _] => 1 + middle.partition_point(is_before),
        [_] => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows are where their rank says.
    fn of(row: RowRef) -> Item {
        Item { rank: row.bits(), number: 0, row }
    }

    fn ranks(rows: impl Iterator<Item = RowRef>) -> Vec<u64> {
        rows.map(|row| row.bits()).collect()
    }

    fn expected(ranks: std::ops::Range<u64>) -> Vec<u64> {
        ranks.collect()
    }

    #[test]
    fn a_line_stays_in_order_while_it_grows_and_shrinks() {
        for size in [2, 7, 8, 9, 255, 256, 257, 5_003] {
            let mut line = Line::default();
            // A permutation: 1,009 shares no factor with any of the sizes.
            for step in 0..size {
                let item = of(RowRef::from_bits(step * 1_009 % size));
                let position = line.lower_bound(of, |other| other.rank < item.rank);
                line.insert(position, item, false, of);
            }
            assert_eq!(ranks(line.rows()), expected(0..size));
            assert!((0..size).all(|rank| line.find(&of(RowRef::from_bits(rank)), true).is_some()));
            let middle = size / 3;
            let position = line.lower_bound(of, |other| other.rank < middle);
            assert_eq!(ranks(line.from(position, of).map(|item| item.row)), expected(middle..size));
            let before: Vec<u64> = (0..middle).rev().collect();
            assert_eq!(ranks(line.before(position)), before);
            assert_eq!(ranks(line.split_off_front(position).into_iter()), expected(0..middle));
            for rank in (middle..size).rev() {
                let position = line.find(&of(RowRef::from_bits(rank)), true).unwrap();
                assert_eq!(line.get(position), Some(RowRef::from_bits(rank)));
                line.remove(position);
                assert_eq!(line.len() as u64, rank - middle);
            }
        }
    }

    /// Around the lengths at which a line changes its form.
    #[test]
    fn a_line_is_what_a_list_is() {
        let mut random = 1_u64;
        let mut next = move |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below as u64) as usize
        };
        let (mut line, mut list): (Line, Vec<u64>) = (Line::default(), Vec::new());
        for target in [9, 4, 10, 0, 130, 127, 256, 255, 300, 128, 127, 5, 600, 3] {
            while list.len() != target {
                let at = next(list.len() + 1);
                // Every second place is left free, so that all places can be asked for.
                if list.len() < target {
                    let low = at.checked_sub(1).map_or(0, |at| list[at]);
                    let high = list.get(at).copied().unwrap_or(1 << 38);
                    if high - low > 3 {
                        let rank = (low + (high - low) / 2) & !1;
                        let item = of(RowRef::from_bits(rank));
                        line.insert(line.lower_bound(of, |other| other.rank < rank), item, false, of);
                        list.insert(list.partition_point(|other| *other < rank), rank);
                    }
                } else if at < list.len() {
                    let rank = list.remove(at);
                    let position = line.find(&of(RowRef::from_bits(rank)), true).unwrap();
                    line.remove(position);
                }
                assert_eq!((line.len(), line.first().map(RowRef::bits)), (list.len(), list.first().copied()));
            }
            assert_eq!(ranks(line.rows()), list);
            for rank in list.iter().flat_map(|rank| [*rank, rank + 1]) {
                let (before, from) = list.split_at(list.partition_point(|other| *other < rank));
                let position = line.lower_bound(of, |other| other.rank < rank);
                assert_eq!(line.get(position).map(RowRef::bits), from.first().copied());
                assert_eq!(ranks(line.from(position, of).map(|item| item.row)), from);
                assert!(line.before(position).map(RowRef::bits).eq(before.iter().rev().copied()));
            }
            let half = list.len() / 2;
            let position =
                line.lower_bound(of, |other| list.get(half).is_some_and(|rank| other.rank < *rank));
            let front: Vec<u64> = list.drain(..half).collect();
            assert_eq!(ranks(line.split_off_front(position).into_iter()), front);
        }
    }

    #[test]
    fn a_line_is_small() {
        assert_eq!(size_of::<Line>(), 24);
    }
}
