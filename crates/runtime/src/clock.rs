//! The only place that reads clocks for what a job does. What it is measured and ended by has its own (`node_metrics`,
//! `fate`).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time as the driver sees it; tests put their own in.
pub trait Clock: Send + Sync {
    /// Wall time in ms since 1970, for processing time.
    fn now_ms(&self) -> i64;

    /// Time since some fixed moment; never falls. For intervals and idleness.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}
