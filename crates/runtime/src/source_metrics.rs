//! What each scan has read, split by split: written by the driver and the source's thread, read by anybody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use streamsql_core::{SourceBatch, Split, Watermark};

use crate::disorder::{Disorder, DisorderSnapshot};
use crate::ingest::SplitState;
use crate::node_metrics::Nanoseconds;

/// A scan's counters.
#[derive(Debug)]
pub struct SourceMetrics {
    node: usize,
    table: String,
    /// Told to the shards.
    watermark_ms: AtomicI64,
    idle: AtomicBool,
    ended: AtomicBool,
    /// Time in which its thread could not hand on what it had read.
    blocked: Nanoseconds,
    pub(crate) disorder: Disorder,
    /// Replaced when a split appears. Whoever looks holds the lock only to take the list.
    splits: Mutex<Arc<BTreeMap<Split, Arc<SplitCounters>>>>,
}

#[derive(Debug)]
struct SplitCounters {
    records: AtomicU64,
    bytes: AtomicU64,
    skipped: AtomicU64,
    dead_letters: AtomicU64,
    position: AtomicI64,
    watermark_ms: AtomicI64,
    idle: AtomicBool,
    ended: AtomicBool,
    /// When its last record was taken, ms since 1970; 0 before the first.
    last_record_ms: AtomicI64,
    /// `u64::MAX` while it is not known.
    lag: AtomicU64,
}

/// A scan at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSnapshot {
    /// The scan's position in the dataflow.
    pub node: usize,
    pub table: String,
    /// What the shards were told; none before the first.
    pub watermark_ms: Option<i64>,
    /// No split speaks, and it was said.
    pub idle: bool,
    pub ended: bool,
    pub disorder: DisorderSnapshot,
    pub splits: Vec<SplitSnapshot>,
}

/// A split at one moment; counters are since the start of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitSnapshot {
    pub split: Split,
    pub records: u64,
    pub bytes: u64,
    pub skipped: u64,
    pub dead_letters: u64,
    /// Of the next record.
    pub position: i64,
    pub watermark_ms: Option<i64>,
    pub idle: bool,
    pub ended: bool,
    /// When its last record was taken, ms since 1970.
    pub last_record_ms: Option<i64>,
    /// Records that wait at the source.
    pub lag: Option<u64>,
}

impl SourceSnapshot {
    /// Sum over the splits.
    pub fn records(&self) -> u64 {
        self.splits.iter().map(|split| split.records).sum()
    }

    /// Sum over the splits that know theirs; none when no split does.
    pub fn lag(&self) -> Option<u64> {
        let known: Vec<u64> = self.splits.iter().filter_map(|split| split.lag).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    }
}

impl SourceMetrics {
    pub fn new(node: usize, table: &str) -> Arc<Self> {
        Arc::new(Self {
            node,
            table: table.to_owned(),
            watermark_ms: AtomicI64::new(i64::MIN),
            idle: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            blocked: Nanoseconds::default(),
            disorder: Disorder::default(),
            splits: Mutex::default(),
        })
    }

    /// The scan's position in the dataflow.
    pub(crate) fn node(&self) -> usize {
        self.node
    }

    /// Its thread waits with what it has read.
    pub(crate) fn blocks(&self, time: Duration) {
        self.blocked.add(time);
    }

    pub(crate) fn blocked(&self) -> Duration {
        self.blocked.get()
    }

    fn splits(&self) -> Arc<BTreeMap<Split, Arc<SplitCounters>>> {
        Arc::clone(&self.splits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn split(&self, split: &Split) -> Arc<SplitCounters> {
        let splits = self.splits();
        if let Some(known) = splits.get(split) {
            return Arc::clone(known);
        }
        let counters = Arc::new(SplitCounters::new());
        let mut with_it = (*splits).clone();
        with_it.insert(split.clone(), Arc::clone(&counters));
        *self.splits.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(with_it);
        counters
    }

    /// A batch was taken at this time, ms since 1970.
    pub(crate) fn read(&self, batch: &SourceBatch, now_ms: i64) {
        let split = self.split(&batch.split);
        split.records.fetch_add(batch.records, Ordering::Relaxed);
        split.bytes.fetch_add(batch.bytes, Ordering::Relaxed);
        split.skipped.fetch_add(batch.skipped, Ordering::Relaxed);
        split.dead_letters.fetch_add(batch.dead_letters.len() as u64, Ordering::Relaxed);
        if batch.records > 0 {
            split.last_record_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// Records of a split were put aside because an expression failed for them.
    pub(crate) fn put_aside(&self, split: &Split, records: u64) {
        if records > 0 {
            self.split(split).dead_letters.fetch_add(records, Ordering::Relaxed);
        }
    }

    /// Where the scan stands.
    pub(crate) fn stands(
        &self,
        splits: &BTreeMap<Split, SplitState>,
        told: Watermark,
        idle: bool,
        ended: bool,
    ) {
        self.watermark_ms.store(told.0, Ordering::Relaxed);
        self.idle.store(idle, Ordering::Relaxed);
        self.ended.store(ended, Ordering::Relaxed);
        for (split, state) in splits {
            let counters = self.split(split);
            counters.position.store(state.position, Ordering::Relaxed);
            counters.watermark_ms.store(state.watermark.0, Ordering::Relaxed);
            counters.idle.store(state.idle, Ordering::Relaxed);
            counters.ended.store(state.ended, Ordering::Relaxed);
        }
    }

    /// What waits at the source.
    pub(crate) fn lags(&self, lags: Vec<(Split, u64)>) {
        for (split, lag) in lags {
            self.split(&split).lag.store(lag, Ordering::Relaxed);
        }
    }

    pub fn snapshot(&self) -> SourceSnapshot {
        SourceSnapshot {
            node: self.node,
            table: self.table.clone(),
            watermark_ms: time(&self.watermark_ms),
            idle: self.idle.load(Ordering::Relaxed),
            ended: self.ended.load(Ordering::Relaxed),
            disorder: self.disorder.snapshot(),
            splits: self.splits().iter().map(|(split, counters)| counters.snapshot(split)).collect(),
        }
    }
}

impl SplitCounters {
    fn new() -> Self {
        Self {
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            dead_letters: AtomicU64::new(0),
            position: AtomicI64::new(0),
            watermark_ms: AtomicI64::new(i64::MIN),
            idle: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            last_record_ms: AtomicI64::new(0),
            lag: AtomicU64::new(u64::MAX),
        }
    }

    fn snapshot(&self, split: &Split) -> SplitSnapshot {
        SplitSnapshot {
            split: split.clone(),
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            skipped: self.skipped.load(Ordering::Relaxed),
            dead_letters: self.dead_letters.load(Ordering::Relaxed),
            position: self.position.load(Ordering::Relaxed),
            watermark_ms: time(&self.watermark_ms),
            idle: self.idle.load(Ordering::Relaxed),
            ended: self.ended.load(Ordering::Relaxed),
            last_record_ms: Some(self.last_record_ms.load(Ordering::Relaxed)).filter(|ms| *ms > 0),
            lag: Some(self.lag.load(Ordering::Relaxed)).filter(|lag| *lag != u64::MAX),
        }
    }
}

/// None for the time before all times and the one after them.
fn time(ms: &AtomicI64) -> Option<i64> {
    Some(ms.load(Ordering::Relaxed)).filter(|ms| *ms != i64::MIN && *ms != i64::MAX)
}
