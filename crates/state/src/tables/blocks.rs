//! Blocks: the rows of a long line, in pieces of which each takes rows in and out by moving no more than its own.

use std::collections::VecDeque;

use super::line::{Item, Position};
use super::pages::RowRef;

/// A line of so many rows is long; a block is cut in two at this length.
pub(super) const BLOCK: usize = 256;

/// Rows in order.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// None of them is empty.
    pub(super) blocks: VecDeque<Block>,
    pub(super) len: usize,
}

#[derive(Debug)]
pub(super) struct Block {
    /// A copy of the last item: which block to look into is told without touching the others' items.
    pub(super) last: Item,
    pub(super) items: Vec<Item>,
}

impl Block {
    /// Nothing where there are no items.
    pub(super) fn new(items: Vec<Item>) -> Option<Self> {
        items.last().copied().map(|last| Self { last, items })
    }

    /// To be called when the last item may be another one.
    pub(super) fn tell_last(&mut self) {
        if let Some(last) = self.items.last() {
            self.last = *last;
        }
    }
}

impl Blocks {
    pub(super) fn items(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.blocks.iter().flat_map(|block| &block.items)
    }

    /// `Line::lower_bound`, looked for from the end on.
    pub(super) fn bound_from_end(&self, is_before: impl Fn(&Item) -> bool) -> Position {
        let blocks = &self.blocks;
        let block = gallop_back(blocks.len(), |i| is_before(&blocks[i].last));
        let at = blocks.get(block).map_or(0, |block| bound_from_end(&block.items, is_before));
        Position { block, at }
    }

    pub(super) fn insert(&mut self, position: Position, item: Item) {
        self.len += 1;
        // At the end of all blocks a row joins the last one.
        let index = position.block.min(self.blocks.len().saturating_sub(1));
        let Some(block) = self.blocks.get_mut(index) else {
            self.blocks.extend(Block::new(vec![item]));
            return;
        };
        let at = if position.block > index { block.items.len() } else { position.at };
        block.items.insert(at, item);
        if block.items.len() >= BLOCK {
            // Rows that come at the end leave full blocks behind.
            let at_end = index + 1 == self.blocks.len() && at + 1 == BLOCK;
            let block = &mut self.blocks[index];
            let second = block.items.split_off(if at_end { BLOCK - 1 } else { BLOCK / 2 });
            block.tell_last();
            if let Some(second) = Block::new(second) {
                self.blocks.insert(index + 1, second);
            }
        } else {
            block.tell_last();
        }
    }

    pub(super) fn remove(&mut self, position: Position) {
        let Some(block) = self.blocks.get_mut(position.block) else { return };
        if position.at < block.items.len() {
            self.len -= 1;
            block.items.remove(position.at);
            block.tell_last();
            if block.items.is_empty() {
                self.blocks.remove(position.block);
            }
        }
    }

    pub(super) fn split_off_front(&mut self, position: Position) -> Vec<RowRef> {
        let mut front = Vec::new();
        for _ in 0..position.block.min(self.blocks.len()) {
            front.extend(self.blocks.pop_front().into_iter().flat_map(|block| block.items));
        }
        if position.at > 0
            && let Some(block) = self.blocks.front_mut()
        {
            front.extend(block.items.drain(..position.at));
            if block.items.is_empty() {
                self.blocks.pop_front();
            }
        }
        self.len -= front.len();
        front.into_iter().map(|item| item.row).collect()
    }
}

/// The first item that does not stand before the place that is looked for, from the end on: what moves or goes is mostly
/// what came last.
pub(super) fn bound_from_end(items: &[Item], is_before: impl Fn(&Item) -> bool) -> usize {
    gallop_back(items.len(), |i| is_before(&items[i]))
}

/// The first of `len` positions for which `is_before` does not hold, looked for in growing steps from the end on.
fn gallop_back(len: usize, is_before: impl Fn(usize) -> bool) -> usize {
    // What stands before `low` is before the place, what stands from `high` on is not.
    let (mut low, mut high, mut step) = (0, len, 1);
    while high > 0 {
        let next = high.saturating_sub(step);
        if is_before(next) {
            low = next + 1;
            break;
        }
        high = next;
        step *= 2;
    }
    while low < high {
        let middle = low.midpoint(high);
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_from_the_end_find_every_place() {
        for len in [0_usize, 1, 2, 3, 7, 64, 255] {
            for place in 0..=len {
                assert_eq!(gallop_back(len, |at| at < place), place, "{len}");
            }
        }
    }
}
