//! The lines of a table by number, each at a place that stays.

use super::line::Line;

/// Lines by number. A key with one row has none.
#[derive(Default)]
pub(super) struct Slab {
    /// In pieces, so that none moves when they become more.
    pieces: Vec<Vec<Line>>,
    free: Vec<u32>,
    /// Bytes of the lines' blocks.
    bytes: usize,
}

/// Lines of one piece of a slab.
const PIECE: usize = 4_096;

impl Slab {
    pub(super) fn get(&self, number: u32) -> &Line {
        &self.pieces[number as usize / PIECE][number as usize % PIECE]
    }

    pub(super) fn get_mut(&mut self, number: u32) -> &mut Line {
        &mut self.pieces[number as usize / PIECE][number as usize % PIECE]
    }

    pub(super) fn add(&mut self, line: Line) -> u32 {
        self.bytes += line.bytes();
        if let Some(number) = self.free.pop() {
            *self.get_mut(number) = line;
            return number;
        }
        if self.pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            // The first piece grows as it is used, the others are used soon.
            let room = if self.pieces.is_empty() { 0 } else { PIECE };
            self.pieces.push(Vec::with_capacity(room));
        }
        let pieces = self.pieces.len();
        let piece = &mut self.pieces[pieces - 1];
        piece.push(line);
        ((pieces - 1) * PIECE + piece.len() - 1) as u32
    }

    pub(super) fn change<R>(&mut self, number: u32, change: impl FnOnce(&mut Line) -> R) -> R {
        let line = self.get_mut(number);
        let before = line.bytes();
        let result = change(line);
        self.bytes = self.bytes + self.get(number).bytes() - before;
        result
    }

    pub(super) fn remove(&mut self, number: u32) -> Line {
        let line = std::mem::take(self.get_mut(number));
        self.bytes -= line.bytes();
        self.free.push(number);
        line
    }

    /// Bytes of all lines.
    pub(super) fn bytes(&self) -> usize {
        let pieces = self.pieces.iter().map(|piece| piece.capacity() * size_of::<Line>());
        self.bytes + pieces.sum::<usize>() + self.free.capacity() * 4
    }
}
