//! How long an epoch stays open: no longer than the commit before takes, unless records come so fast that the cost of a
//! commit for each few of them would count.

use std::time::Duration;

/// From so many records a millisecond on epochs become longer: each twice as long as the one before, as long as records
/// keep coming as fast, so that what was held up for a moment only is not held up further.
const FAST: u128 = 100;
/// Longest least time between the ends of two epochs, unless more is asked for.
const LONGEST: Duration = Duration::from_millis(100);
/// From where doubling starts at the latest.
const SHORTEST: Duration = Duration::from_millis(1);

/// Decides from the end of the last epoch and what came since.
pub(crate) struct Pace {
    /// Least time between the ends of two epochs, as asked for.
    interval: Duration,
    /// That of the open epoch.
    current: Duration,
    last_close: Option<Duration>,
    /// Records of the open epoch.
    records: u64,
}

impl Pace {
    pub(crate) fn new(interval: Duration) -> Self {
        Self { interval, current: interval, last_close: None, records: 0 }
    }

    /// Records came into the open epoch.
    pub(crate) fn read(&mut self, records: u64) {
        self.records += records;
    }

    /// The epoch is closed at this time.
    pub(crate) fn closed(&mut self, now: Duration) {
        // In no time at all nothing is fast: a clock may stand still.
        let open = self.last_close.map(|last| now.saturating_sub(last)).filter(|open| !open.is_zero());
        let is_fast = open.is_some_and(|open| u128::from(self.records) * 1_000 > open.as_micros() * FAST);
        self.current = if is_fast {
            (self.current * 2).clamp(SHORTEST, LONGEST).max(self.interval)
        } else {
            self.interval
        };
        self.last_close = Some(now);
        self.records = 0;
    }

    /// How long the open epoch still has to wait.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        self.last_close.map_or(Duration::ZERO, |last| (last + self.current).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Closes each epoch as soon as it may be, at so many records a millisecond; the lengths of the epochs in ms.
    fn lengths(pace: &mut Pace, epochs: usize, start: u64, rate: u64) -> Vec<u64> {
        let mut last = start;
        (0..epochs)
            .map(|_| {
                let length = pace.left(ms(last)).as_millis() as u64;
                pace.read(length * rate);
                last += length;
                pace.closed(ms(last));
                length
            })
            .collect()
    }

    #[test]
    fn epochs_grow_only_while_records_keep_coming_fast() {
        let mut pace = Pace::new(ms(2));
        pace.read(5_000);
        assert_eq!(pace.left(ms(0)), ms(0), "the first epoch has none to keep away from");
        pace.closed(ms(0));
        assert_eq!(lengths(&mut pace, 3, 0, 5), [2, 2, 2]);
        assert_eq!(lengths(&mut pace, 9, 6, 500), [2, 4, 8, 16, 32, 64, 100, 100, 100]);
        assert_eq!(lengths(&mut pace, 3, 432, 5), [100, 2, 2]);
    }

    #[test]
    fn what_was_held_up_once_is_not_held_up_further() {
        let mut pace = Pace::new(ms(2));
        pace.closed(ms(0));
        // A second's worth of records at once.
        pace.read(5_000);
        assert_eq!(pace.left(ms(2)), ms(0));
        pace.closed(ms(2));
        assert_eq!(pace.left(ms(2)), ms(4));
    }

    #[test]
    fn the_interval_that_is_asked_for_is_kept() {
        let mut slow = Pace::new(ms(500));
        slow.closed(ms(0));
        assert_eq!(lengths(&mut slow, 3, 0, 500), [500, 500, 500]);
        let mut at_once = Pace::new(ms(0));
        at_once.closed(ms(0));
        at_once.read(1_000);
        at_once.closed(ms(0));
        assert_eq!(at_once.left(ms(0)), ms(0));
        at_once.read(1_000);
        at_once.closed(ms(1));
        assert_eq!(at_once.left(ms(1)), ms(1));
    }
}
