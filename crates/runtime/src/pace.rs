//! How long an epoch stays open: no longer than the commit before takes, unless there is more to read than can be
//! committed one by one.

use std::time::Duration;

/// A batch of so many records was not waited for: more of them lie in the source. Then each epoch gathers many, since its
/// commit costs the same for few as for thousands, and no record would be visible earlier for it.
const BULK_RECORDS: u64 = 1_000;
/// Least time between the ends of two epochs while there is such a batch in each.
const BULK_INTERVAL: Duration = Duration::from_millis(100);

/// Decides from the ends of earlier epochs and what the open one holds.
pub(crate) struct Pace {
    /// Least time between the ends of two epochs.
    interval: Duration,
    last_close: Option<Duration>,
    is_bulk: bool,
}

impl Pace {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, last_close: None, is_bulk: false }
    }

    /// A batch of the open epoch.
    pub(crate) fn read(&mut self, records: u64) {
        self.is_bulk |= records >= BULK_RECORDS;
    }

    /// The epoch is closed at this time.
    pub(crate) fn closed(&mut self, now: Duration) {
        self.last_close = Some(now);
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
        pace.read(5_000);
        assert_eq!(pace.left(ms(0)), ms(0), "the first epoch has none to keep away from");
        pace.closed(ms(10));
        pace.read(3);
        assert_eq!((pace.left(ms(11)), pace.left(ms(12))), (ms(1), ms(0)));
        pace.read(1_000);
        assert_eq!((pace.left(ms(12)), pace.left(ms(110))), (ms(98), ms(0)));
        pace.closed(ms(110));
        assert_eq!(pace.left(ms(112)), ms(0), "the next epoch starts anew");
    }

    #[test]
    fn a_longer_interval_is_kept_in_bulk_too() {
        let mut pace = Pace::new(ms(500));
        pace.closed(ms(0));
        pace.read(1_000);
        assert_eq!(pace.left(ms(200)), ms(300));
    }
}
