//! The one value that `PROCTIME()`, `NOW()` and their like read: set by the driver, constant within a batch.
//!
//! Expressions are evaluated deep inside Arrow kernels that carry no context of ours, so the value rides in a
//! thread-local that only the driver sets. Nobody else reads a clock.

use std::cell::Cell;

use crate::Watermark;

thread_local! {
    static NOW_MS: Cell<i64> = const { Cell::new(0) };
    static WATERMARK: Cell<Watermark> = const { Cell::new(Watermark::MIN) };
}

/// Sets the processing time of this thread, in ms since the epoch.
pub fn set(now_ms: i64) {
    NOW_MS.with(|cell| cell.set(now_ms));
}

/// The processing time of the batch at hand, in ms since the epoch.
pub fn get() -> i64 {
    NOW_MS.with(Cell::get)
}

/// Sets what `CURRENT_WATERMARK` reads on this thread.
pub fn set_watermark(watermark: Watermark) {
    WATERMARK.with(|cell| cell.set(watermark));
}

/// The watermark of the operator that is being evaluated.
pub fn watermark() -> Watermark {
    WATERMARK.with(Cell::get)
}
