//! How far the records of a source are out of order, from a sample of every batch.
//!
//! What a record lies behind the latest one of its split is what a watermark's delay is for: who sees how often records are
//! how far behind knows which delay drops how many.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Upper bounds, ms, of the classes in which records are counted; one class more holds what is further behind.
pub const DISORDER_MS: [i64; 15] = [
    0, 10, 100, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 300_000, 900_000, 3_600_000,
    86_400_000,
];

/// Records of a batch that are looked at, about.
const SAMPLE: usize = 64;

/// Written by the driver, read by anybody.
#[derive(Debug)]
pub struct Disorder {
    classes: [AtomicU64; DISORDER_MS.len() + 1],
    late: AtomicU64,
    sum_ms: AtomicU64,
    /// What the watermark trails the record that it comes from by, ms; `i64::MIN` before the first.
    delay_ms: AtomicI64,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisorderSnapshot {
    /// Sampled records in each class of [`DISORDER_MS`], and those further behind.
    pub classes: Vec<u64>,
    /// Sampled records that were further behind than the watermark trails.
    pub late: u64,
    pub sum_ms: u64,
    pub delay_ms: Option<i64>,
}

impl DisorderSnapshot {
    pub fn sampled(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// The least bound that this share of the records keeps; none where there is none or nothing is known.
    pub fn bound_of(&self, share: f64) -> Option<i64> {
        let wanted = (self.sampled() as f64 * share).ceil() as u64;
        let mut kept = 0;
        let enough = |(_, count): &(&i64, &u64)| {
            kept += **count;
            kept >= wanted
        };
        let found = DISORDER_MS.iter().zip(&self.classes).find(enough);
        found.filter(|_| wanted > 0).map(|(bound, _)| *bound)
    }
}

impl Default for Disorder {
    fn default() -> Self {
        Self {
            classes: std::array::from_fn(|_| AtomicU64::new(0)),
            late: AtomicU64::new(0),
            sum_ms: AtomicU64::new(0),
            delay_ms: AtomicI64::new(i64::MIN),
        }
    }
}

impl Disorder {
    /// Looks at a batch: the watermark that each row proposes, the split's highest before, and how far the proposal of
    /// one row trails its time.
    pub(crate) fn sample(&self, marks: &[Option<i64>], before: i64, delay_ms: Option<i64>) {
        if let Some(delay) = delay_ms {
            self.delay_ms.store(delay, Ordering::Relaxed);
        }
        let delay = self.delay_ms.load(Ordering::Relaxed);
        let every = (marks.len() / SAMPLE).max(1);
        let mut highest = before;
        for (row, mark) in marks.iter().enumerate() {
            let Some(mark) = *mark else { continue };
            if row % every == 0 && highest != i64::MIN {
                let behind = highest.saturating_sub(mark).max(0);
                let class = DISORDER_MS.iter().position(|bound| behind <= *bound);
                self.classes[class.unwrap_or(DISORDER_MS.len())].fetch_add(1, Ordering::Relaxed);
                self.sum_ms.fetch_add(behind as u64, Ordering::Relaxed);
                if delay != i64::MIN && behind > delay {
                    self.late.fetch_add(1, Ordering::Relaxed);
                }
            }
            highest = highest.max(mark);
        }
    }

    pub fn snapshot(&self) -> DisorderSnapshot {
        DisorderSnapshot {
            classes: self.classes.iter().map(|class| class.load(Ordering::Relaxed)).collect(),
            late: self.late.load(Ordering::Relaxed),
            sum_ms: self.sum_ms.load(Ordering::Relaxed),
            delay_ms: Some(self.delay_ms.load(Ordering::Relaxed)).filter(|ms| *ms != i64::MIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_by_what_they_lie_behind_the_latest() {
        let disorder = Disorder::default();
        assert_eq!(disorder.snapshot().bound_of(0.999), None);
        // The first of all has nothing to be behind.
        disorder.sample(
            &[Some(10_000), None, Some(9_000), Some(20_000), Some(4_999)],
            i64::MIN,
            Some(15_000),
        );
        let seen = disorder.snapshot();
        assert_eq!((seen.classes[0], seen.classes[4], seen.classes[9]), (1, 1, 1));
        assert_eq!((seen.sampled(), seen.late, seen.sum_ms, seen.delay_ms), (3, 1, 16_001, Some(15_000)));
        assert_eq!(
            (seen.bound_of(0.3), seen.bound_of(0.6), seen.bound_of(1.0)),
            (Some(0), Some(1_000), Some(30_000))
        );
    }

    #[test]
    fn large_batches_are_sampled() {
        let disorder = Disorder::default();
        disorder.sample(&vec![Some(1); 64_000], 1, None);
        assert_eq!(disorder.snapshot().sampled(), SAMPLE as u64);
        disorder.sample(&[Some(-1_000_000_000_000)], 1, None);
        assert_eq!(disorder.snapshot().classes[DISORDER_MS.len()], 1);
        assert_eq!(disorder.snapshot().bound_of(1.0), None, "further behind than any bound");
    }
}
