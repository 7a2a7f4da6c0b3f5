//! Lines: the rows of one key in order, in blocks, so that a long line takes rows in and out anywhere in O(log n).

use std::collections::VecDeque;

use super::pages::RowRef;

/// A row in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Grows along the line.
    pub(super) rank: u64,
    /// Order of arrival among rows that are equal in the order columns.
    pub(super) number: u64,
    pub(super) row: RowRef,
}

/// A block is cut in two at this length.
const BLOCK: usize = 256;

/// Rows in order.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Never empty, except for an empty line, which has none.
    blocks: VecDeque<Vec<Item>>,
    len: usize,
}

/// Where a row stands in a line; good until the line changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    block: usize,
    at: usize,
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.blocks.iter().flatten()
    }

    /// Rows from a position on.
    pub(super) fn from(&self, position: Position) -> impl Iterator<Item = &Item> {
        let first = self.blocks.get(position.block).map_or(&[][..], |block| &block[position.at..]);
        first.iter().chain(self.blocks.iter().skip(position.block + 1).flatten())
    }

    /// Rows before a position, backwards.
    pub(super) fn before(&self, position: Position) -> impl Iterator<Item = &Item> {
        let last = self.blocks.get(position.block).map_or(&[][..], |block| &block[..position.at]);
        last.iter().rev().chain(self.blocks.iter().take(position.block).rev().flat_map(|b| b.iter().rev()))
    }

    /// The first position whose row does not stand before the place that is looked for; `is_before` holds for rows up
    /// to there and for none after.
    pub(super) fn lower_bound(&self, mut is_before: impl FnMut(&Item) -> bool) -> Position {
        let block = self.blocks.partition_point(|block| block.last().is_some_and(&mut is_before));
        let at = self.blocks.get(block).map_or(0, |block| block.partition_point(is_before));
        Position { block, at }
    }

    pub(super) fn get(&self, position: Position) -> Option<&Item> {
        self.blocks.get(position.block)?.get(position.at)
    }

    /// The position after this one.
    pub(super) fn after(&self, position: Position) -> Position {
        let Position { block, at } = position;
        if self.blocks.get(block).is_some_and(|items| at + 1 < items.len()) {
            Position { block, at: at + 1 }
        } else {
            Position { block: block + 1, at: 0 }
        }
    }

    pub(super) fn set_row(&mut self, position: Position, row: RowRef) {
        if let Some(item) = self.blocks.get_mut(position.block).and_then(|block| block.get_mut(position.at)) {
            item.row = row;
        }
    }

    pub(super) fn insert(&mut self, position: Position, item: Item) {
        self.len += 1;
        // At the end of all blocks a row joins the last one.
        let (index, at) = match self.blocks.len() {
            0 => {
                self.blocks.push_back(Vec::new());
                (0, 0)
            }
            blocks if position.block >= blocks => (blocks - 1, self.blocks[blocks - 1].len()),
            _ => (position.block, position.at),
        };
        let block = &mut self.blocks[index];
        if block.len() == block.capacity() {
            // Most lines are short: they grow to what they need, not to the next power of two.
            block.reserve_exact((block.len() / 2).max(2));
        }
        block.insert(at, item);
        if block.len() >= BLOCK {
            // Rows that come at the end leave full blocks behind.
            let cut = if index + 1 == self.blocks.len() && at + 1 == BLOCK { BLOCK - 1 } else { BLOCK / 2 };
            let second = self.blocks[index].split_off(cut);
            self.blocks.insert(index + 1, second);
        }
    }

    pub(super) fn remove(&mut self, position: Position) -> Option<Item> {
        let block = self.blocks.get_mut(position.block)?;
        if position.at >= block.len() {
            return None;
        }
        self.len -= 1;
        let item = block.remove(position.at);
        if block.is_empty() {
            self.blocks.remove(position.block);
        }
        Some(item)
    }

    /// Takes the rows before a position away.
    pub(super) fn split_off_front(&mut self, position: Position) -> Vec<Item> {
        let mut front = Vec::new();
        for _ in 0..position.block.min(self.blocks.len()) {
            front.extend(self.blocks.pop_front().unwrap_or_default());
        }
        if position.at > 0
            && let Some(block) = self.blocks.front_mut()
        {
            front.extend(block.drain(..position.at));
            if block.is_empty() {
                self.blocks.pop_front();
            }
        }
        self.len -= front.len();
        front
    }

    /// Bytes allocated.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.capacity() * size_of::<Vec<Item>>()
            + self.blocks.iter().map(|block| block.capacity() * size_of::<Item>()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(rank: u64) -> Item {
        Item { rank, number: 0, row: RowRef::NULLS }
    }

    #[test]
    fn a_long_line_stays_in_order() {
        let mut line = Line::default();
        // A permutation of 0..5003.
        for step in 0..5_003u64 {
            let rank = step * 1_009 % 5_003;
            let position = line.lower_bound(|other| other.rank < rank);
            line.insert(position, item(rank));
        }
        assert!(line.iter().map(|i| i.rank).eq(0..5_003));
        let position = line.lower_bound(|other| other.rank < 1_234);
        assert!(line.from(position).map(|i| i.rank).eq(1_234..5_003));
        assert!(line.before(position).map(|i| i.rank).eq((0..1_234).rev()));
        let front = line.split_off_front(position);
        assert!(front.iter().map(|i| i.rank).eq(0..1_234));
        let mut left = line.len();
        while let Some(removed) = line.remove(line.lower_bound(|other| other.rank < 3_000)) {
            left -= 1;
            assert!(removed.rank >= 3_000);
        }
        assert_eq!((left, line.len()), (3_000 - 1_234, 3_000 - 1_234));
    }
}
