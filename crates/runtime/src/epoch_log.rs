//! What became of the epochs: counters, how long commits took, and a history of the last minutes.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Seconds of the history.
const SECONDS: usize = 900;

/// Upper bounds, ms, of the classes in which durations are counted; one class more holds what is longer.
pub const CLASSES_MS: [u64; 14] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

/// Written by the driver and the commit thread, read by anybody.
#[derive(Debug)]
pub struct EpochLog {
    completed: AtomicU64,
    failed: AtomicU64,
    classes: [AtomicU64; CLASSES_MS.len() + 1],
    sum_us: AtomicU64,
    /// When the last commit ended, and since when an epoch waits for its own; ms since 1970, 0 for none.
    committed_ms: AtomicI64,
    pending_ms: AtomicI64,
    /// State bytes that the last epoch wrote.
    size: AtomicU64,
    history: Mutex<VecDeque<EpochSpan>>,
}

/// An epoch that is durable and visible, by its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EpochRecord {
    pub epoch: u64,
    /// From the barrier at the sources to the last shard.
    pub barrier: Duration,
    /// Until the state is durable.
    pub state: Duration,
    /// The rest of the commit: the transaction, and sinks of their own.
    pub transaction: Duration,
    pub rows: u64,
    /// Of rows for sinks, and of state.
    pub bytes: u64,
    pub state_bytes: u64,
}

/// The epochs whose commit ended in one second; durations are those of the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSpan {
    /// End of the last commit, ms since 1970.
    pub ended_ms: i64,
    pub first: u64,
    pub last: u64,
    pub barrier: Duration,
    pub state: Duration,
    pub transaction: Duration,
    /// Sums.
    pub rows: u64,
    pub bytes: u64,
    pub state_bytes: u64,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochSnapshot {
    pub completed: u64,
    pub failed: u64,
    /// Commits whose duration fell into each class of [`CLASSES_MS`], and those that took longer.
    pub classes: Vec<u64>,
    pub sum: Duration,
    /// End of the last commit of this process, ms since 1970.
    pub committed_ms: Option<i64>,
    /// Since when an epoch waits for its commit, ms since 1970.
    pub pending_ms: Option<i64>,
    /// State bytes that the last epoch wrote.
    pub size: u64,
}

impl Default for EpochLog {
    fn default() -> Self {
        Self {
            completed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            classes: std::array::from_fn(|_| AtomicU64::new(0)),
            sum_us: AtomicU64::new(0),
            committed_ms: AtomicI64::new(0),
            pending_ms: AtomicI64::new(0),
            size: AtomicU64::new(0),
            history: Mutex::default(),
        }
    }
}

impl EpochLog {
    /// A barrier was sent.
    pub(crate) fn closed(&self, now_ms: i64) {
        self.pending_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn committed(&self, record: EpochRecord, now_ms: i64) {
        let took = record.state + record.transaction;
        let class = CLASSES_MS.iter().position(|bound| took.as_micros() <= u128::from(*bound) * 1_000);
        self.classes[class.unwrap_or(CLASSES_MS.len())].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
        self.completed.fetch_add(1, Ordering::Relaxed);
        self.committed_ms.store(now_ms, Ordering::Relaxed);
        self.pending_ms.store(0, Ordering::Relaxed);
        self.size.store(record.state_bytes, Ordering::Relaxed);
        // The job waits for nobody: where somebody just reads the history, this epoch is not in it.
        let Ok(mut history) = self.history.try_lock() else { return };
        match history.back_mut().filter(|span| span.ended_ms / 1_000 == now_ms / 1_000) {
            Some(span) => span.take(record, now_ms),
            None => {
                if history.len() == SECONDS {
                    history.pop_front();
                }
                history.push_back(EpochSpan::of(record, now_ms));
            }
        }
    }

    pub fn snapshot(&self) -> EpochSnapshot {
        let time = |ms: &AtomicI64| Some(ms.load(Ordering::Relaxed)).filter(|ms| *ms > 0);
        EpochSnapshot {
            completed: self.completed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            classes: self.classes.iter().map(|class| class.load(Ordering::Relaxed)).collect(),
            sum: Duration::from_micros(self.sum_us.load(Ordering::Relaxed)),
            committed_ms: time(&self.committed_ms),
            pending_ms: time(&self.pending_ms),
            size: self.size.load(Ordering::Relaxed),
        }
    }

    /// The last of the history, oldest first.
    pub fn history(&self, seconds: usize) -> Vec<EpochSpan> {
        let history = self.history.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        history.iter().skip(history.len().saturating_sub(seconds)).copied().collect()
    }
}

impl EpochSpan {
    fn of(record: EpochRecord, now_ms: i64) -> Self {
        let EpochRecord { epoch, barrier, state, transaction, rows, bytes, state_bytes } = record;
        Self {
            ended_ms: now_ms,
            first: epoch,
            last: epoch,
            barrier,
            state,
            transaction,
            rows,
            bytes,
            state_bytes,
        }
    }

    fn take(&mut self, record: EpochRecord, now_ms: i64) {
        self.ended_ms = now_ms;
        self.last = record.epoch;
        self.barrier = self.barrier.max(record.barrier);
        self.state = self.state.max(record.state);
        self.transaction = self.transaction.max(record.transaction);
        self.rows += record.rows;
        self.bytes += record.bytes;
        self.state_bytes += record.state_bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(epoch: u64, transaction_ms: u64) -> EpochRecord {
        let transaction = Duration::from_millis(transaction_ms);
        EpochRecord { epoch, transaction, rows: 2, state_bytes: 10, ..EpochRecord::default() }
    }

    #[test]
    fn epochs_of_one_second_are_one_span() {
        let log = EpochLog::default();
        log.closed(999);
        assert_eq!(log.snapshot().pending_ms, Some(999));
        for (epoch, took, now) in [(1, 3, 1_000), (2, 40, 1_500), (3, 7, 2_100)] {
            log.committed(record(epoch, took), now);
        }
        let spans: Vec<_> = log.history(10).iter().map(|span| (span.first, span.last, span.rows)).collect();
        assert_eq!(spans, [(1, 2, 4), (3, 3, 2)]);
        assert_eq!(log.history(10)[0].transaction, Duration::from_millis(40));
        assert_eq!(log.history(1)[0].first, 3);
        let now = log.snapshot();
        assert_eq!((now.completed, now.pending_ms, now.committed_ms), (3, None, Some(2_100)));
        // Classes up to 5 ms, 10 ms and 50 ms.
        assert_eq!((now.classes[2], now.classes[3], now.classes[5]), (1, 1, 1));
        assert_eq!(now.classes.iter().sum::<u64>(), 3);
        assert_eq!(now.sum, Duration::from_millis(50));
    }

    #[test]
    fn the_history_is_bounded() {
        let log = EpochLog::default();
        for second in 0..2 * SECONDS as i64 {
            log.committed(record(second as u64 + 1, 100_000), second * 1_000);
        }
        assert_eq!(log.history(usize::MAX).len(), SECONDS);
        assert_eq!(log.snapshot().classes[CLASSES_MS.len()], 2 * SECONDS as u64, "longer than any class");
    }
}
