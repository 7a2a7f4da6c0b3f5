//! Counters and gauges of a running job, read by the progress line and over HTTP.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::epoch_log::EpochLog;
use crate::node_metrics::{self, NodeSnapshot, ShardMetrics, ShardTimes};
use crate::source_metrics::{SourceMetrics, SourceSnapshot};
use crate::standing::JobStanding;
use crate::taps::Taps;

/// Shared between the driver, the shards and the commit thread.
#[derive(Debug)]
pub struct Metrics {
    pub records_in: AtomicU64,
    pub bytes_in: AtomicU64,
    /// Rows of sources that the shards have worked on.
    pub rows_done: AtomicU64,
    /// Bytes that left the shards for sinks, committed or not.
    pub bytes_out: AtomicU64,
    pub rows_out: AtomicU64,
    pub late_rows: AtomicU64,
    /// Records that gave no row because the table's options say so.
    pub skipped_records: AtomicU64,
    pub dead_letters: AtomicU64,
    pub epoch: AtomicU64,
    pub state_bytes: AtomicU64,
    /// Lowest watermark of the scans, ms; `i64::MIN` before the first.
    pub watermark_ms: AtomicI64,
    /// Duration of the last commit (state store and transaction), µs.
    pub commit_us: AtomicU64,
    /// Sum over the sources that know theirs.
    lag_records: AtomicU64,
    lag_is_known: AtomicBool,
    /// Of each shard, once they run.
    shards: OnceLock<Vec<Arc<ShardMetrics>>>,
    /// Of each scan, in the order of the dataflow; grows while they are opened.
    sources: Mutex<Vec<Arc<SourceMetrics>>>,
    pub epochs: EpochLog,
    pub standing: JobStanding,
    pub taps: Arc<Taps>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            records_in: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            rows_done: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            rows_out: AtomicU64::new(0),
            late_rows: AtomicU64::new(0),
            skipped_records: AtomicU64::new(0),
            dead_letters: AtomicU64::new(0),
            epoch: AtomicU64::new(0),
            state_bytes: AtomicU64::new(0),
            watermark_ms: AtomicI64::new(i64::MIN),
            commit_us: AtomicU64::new(0),
            lag_records: AtomicU64::new(0),
            lag_is_known: AtomicBool::new(false),
            shards: OnceLock::new(),
            sources: Mutex::default(),
            epochs: EpochLog::default(),
            standing: JobStanding::default(),
            taps: Arc::default(),
        }
    }
}

/// The values at one moment.
#[derive(Clone, Copy, Debug)]
pub struct MetricsSnapshot {
    pub records_in: u64,
    pub bytes_in: u64,
    pub rows_out: u64,
    pub late_rows: u64,
    pub skipped_records: u64,
    pub dead_letters: u64,
    pub epoch: u64,
    pub state_bytes: u64,
    pub watermark_ms: Option<i64>,
    pub commit_us: u64,
    /// Records that wait at the sources; none when no source knows.
    pub lag_records: Option<u64>,
}

impl Metrics {
    pub fn snapshot(&self) -> MetricsSnapshot {
        let watermark = self.watermark_ms.load(Ordering::Relaxed);
        MetricsSnapshot {
            records_in: self.records_in.load(Ordering::Relaxed),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            rows_out: self.rows_out.load(Ordering::Relaxed),
            late_rows: self.late_rows.load(Ordering::Relaxed),
            skipped_records: self.skipped_records.load(Ordering::Relaxed),
            dead_letters: self.dead_letters.load(Ordering::Relaxed),
            epoch: self.epoch.load(Ordering::Relaxed),
            state_bytes: self.state_bytes.load(Ordering::Relaxed),
            watermark_ms: (watermark != i64::MIN && watermark != i64::MAX).then_some(watermark),
            commit_us: self.commit_us.load(Ordering::Relaxed),
            lag_records: self
                .lag_is_known
                .load(Ordering::Relaxed)
                .then(|| self.lag_records.load(Ordering::Relaxed)),
        }
    }

    /// What each node of the running job does; empty before it runs.
    pub fn nodes(&self) -> Vec<NodeSnapshot> {
        let shards = self.shards.get().map_or(&[][..], Vec::as_slice);
        let mut nodes = node_metrics::nodes(shards);
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for source in sources {
            if let Some(node) = nodes.get_mut(source.node()) {
                // Its thread is one for all shards.
                node.blocked += source.blocked() * shards.len() as u32;
            }
        }
        nodes
    }

    /// For so long no more rows were let in because the sinks have to take what there is first.
    pub(crate) fn held(&self, time: std::time::Duration) {
        self.shards.get().into_iter().flatten().for_each(|shard| shard.held(time));
    }

    /// How the job's shards spend their time.
    pub fn times(&self) -> ShardTimes {
        node_metrics::times(self.shards.get().map_or(&[], Vec::as_slice))
    }

    /// What each scan has read; grows until all are open.
    pub fn sources(&self) -> Vec<SourceSnapshot> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sources.iter().map(|source| source.snapshot()).collect()
    }

    /// Takes in the counters of a scan that is about to be opened.
    pub fn opens(&self, source: &Arc<SourceMetrics>) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(source));
    }

    /// Takes in the counters of the shards that are about to run.
    pub fn run(&self, shards: Vec<Arc<ShardMetrics>>) {
        // A job runs once.
        let _ = self.shards.set(shards);
    }

    /// A source's lag was `from` and is `to` now.
    pub fn lag_changed(&self, from: u64, to: u64) {
        self.lag_records.fetch_add(to.wrapping_sub(from), Ordering::Relaxed);
        self.lag_is_known.store(true, Ordering::Relaxed);
    }
}
