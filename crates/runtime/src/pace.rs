//! How long an epoch stays open: no longer than the commit before takes, unless there is more to read than can be
//! committed one by one.

use std::time::Duration;

/// A batch of so many records was not waited for: more of them lie in the source. So do where as many, in whatever
/// batches, came faster than `BULK_RATE`. Then each epoch gathers many, since its commit costs the same for few as for
/// thousands, and no record would be visible earlier for it.
const BULK_RECORDS: u64 = 1_000;
/// Records a millisecond.
const BULK_RATE: u64 = 100;
/// Least time between the ends of two such epochs.
const BULK_INTERVAL: Duration = Duration::from_millis(100);

/// Decides from the ends of earlier epochs and what the open one holds.
pub(crate) struct Pace {
    /// Least time between the ends of two epochs.
    interval: Duration,
    last_close: Option<Duration>,
    /// Records of the open epoch.
    records: u64,
    is_bulk: bool,
}

impl Pace {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, last_close: None, records: 0, is_bulk: false }
    }

    /// A batch of the open epoch came at this time.
    pub(crate) fn read(&mut self, records: u64, now: Duration) {
        self.records += records;
        let open_ms = now.saturating_sub(self.last_close.unwrap_or(now)).as_millis() as u64;
        let is_fast = self.records >= BULK_RECORDS && self.records > open_ms.saturating_mul(BULK_RATE);
        self.is_bulk |= records >= BULK_RECORDS || is_fast;
    }

    /// The epoch is closed at this time.
    pub(crate) fn closed(&mut self, now: Duration) {
        self.last_close = Some(now);
        self.records = 0;
        self.is_bulk = false;
    }

    /// How long the open epoch still has to wait.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        let interval = if self.is_bulk { self.interval.max(BULK_INTERVAL) } else { self.interval };
        self.last_close.map_or(Duration::ZERO, |last| (last + interval).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn few_records_wait_for_the_interval_only_and_many_gather() {
        let mut pace = Pace::new(ms(2));
        pace.read(5_000, ms(0));
        assert_eq!(pace.left(ms(0)), ms(0), "the first epoch has none to keep away from");
        pace.closed(ms(10));
        pace.read(3, ms(11));
        assert_eq!((pace.left(ms(11)), pace.left(ms(12))), (ms(1), ms(0)));
        pace.read(1_000, ms(12));
        assert_eq!((pace.left(ms(12)), pace.left(ms(110))), (ms(98), ms(0)));
        pace.closed(ms(110));
        assert_eq!(pace.left(ms(112)), ms(0), "the next epoch starts anew");
    }

    #[test]
    fn many_small_batches_gather_when_they_come_fast() {
        let mut pace = Pace::new(ms(2));
        pace.closed(ms(0));
        // 50,000 a second: each is to be visible soon.
        for time in 1..=40 {
            pace.read(50, ms(time));
        }
        assert_eq!(pace.left(ms(40)), ms(0));
        pace.closed(ms(40));
        // A million a second.
        for _ in 0..2 {
            pace.read(900, ms(42));
        }
        assert_eq!(pace.left(ms(42)), ms(98));
    }

    #[test]
    fn a_longer_interval_is_kept_in_bulk_too() {
        let mut pace = Pace::new(ms(500));
        pace.closed(ms(0));
        pace.read(1_000, ms(1));
        assert_eq!(pace.left(ms(200)), ms(300));
    }
}
