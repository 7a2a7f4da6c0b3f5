//! Reading memory ahead. What a batch needs of a large table stands in as many places as the batch has keys, and the
//! processor waits for each as long as for a hundred instructions; but it waits for a dozen at once where little stands
//! between the reads. So work is done in pieces: for each first only the reads, and then what is to be done with what was
//! read. These reads are plain ones, whose values mean nothing: they are combined and given to `black_box`, so that the
//! compiler leaves them in.

use std::hint::black_box;
use std::ops::Range;

/// Keys or rows of a piece: what it reads has room in the first-level cache.
pub(super) const PIECE: usize = 64;

/// Bytes that come together.
pub(super) const LINE_OF_MEMORY: usize = 64;

/// Does work on numbers below `len` in pieces; it returns anything made of all that it has only read ahead.
pub(super) fn in_pieces(len: usize, mut work: impl FnMut(Range<usize>) -> u64) {
    for start in (0..len).step_by(PIECE) {
        black_box(work(start..len.min(start + PIECE)));
    }
}

/// Reads many places, given what each has.
pub(super) fn all(read: impl Iterator<Item = u64>) -> u64 {
    read.fold(0, |all, read| all ^ read)
}
