//! What waits for a shard with a thread of its own: messages of other shards before rows of sources.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use streamsql_core::Message;

use super::SourceInput;
use crate::graph::Envelope;
use crate::node_metrics::ShardMetrics;

/// Bytes between shards above which source rows wait.
const EXCHANGE_BYTES: usize = 32 << 20;

pub(super) struct Inbox {
    queue: Mutex<InboxState>,
    arrived: Condvar,
    /// Bytes travelling between all shards of the job.
    travelling: Arc<AtomicUsize>,
    /// The processing time at which an operator of the shard wants a tick; `i64::MAX` while none does, or while one is
    /// on its way.
    next_tick: AtomicI64,
    metrics: Arc<ShardMetrics>,
}

#[derive(Default)]
struct InboxState {
    parcels: VecDeque<Parcel>,
    sources: VecDeque<SourceInput>,
    tick_ms: Option<i64>,
    /// Whether a lookup was answered.
    answered: bool,
    closed: bool,
}

/// A message between shards, with the sender's processing time and the bytes that it counts.
pub(super) struct Parcel {
    pub now_ms: i64,
    bytes: usize,
    pub envelope: Envelope,
}

pub(super) enum Work {
    Parcel(Parcel),
    Tick(i64),
    Answers,
    Source(SourceInput),
    Closed,
}

impl Inbox {
    /// An empty one; `travelling` is shared by all shards of the job.
    pub fn new(travelling: &Arc<AtomicUsize>, metrics: &Arc<ShardMetrics>) -> Self {
        Self {
            queue: Mutex::default(),
            arrived: Condvar::new(),
            travelling: Arc::clone(travelling),
            next_tick: AtomicI64::new(i64::MAX),
            metrics: Arc::clone(metrics),
        }
    }

    /// Says at which processing time an operator of the shard wants a tick.
    pub fn wants_tick(&self, next_ms: Option<i64>) {
        self.next_tick.store(next_ms.unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    pub fn push_source(&self, input: SourceInput) {
        self.lock().sources.push_back(input);
        self.arrived.notify_one();
    }

    pub fn push_envelope(&self, now_ms: i64, envelope: Envelope) {
        let bytes = match &envelope.message {
            Message::Batch(batch) => batch.bytes(),
            _ => 0,
        };
        self.travelling.fetch_add(bytes, Ordering::Relaxed);
        self.lock().parcels.push_back(Parcel { now_ms, bytes, envelope });
        self.arrived.notify_one();
    }

    /// Ticks do not queue up: the shard hears of the latest.
    pub fn push_tick(&self, now_ms: i64) {
        self.next_tick.store(i64::MAX, Ordering::Relaxed);
        self.lock().tick_ms = Some(now_ms);
        self.arrived.notify_one();
    }

    pub fn push_answer(&self) {
        self.lock().answered = true;
        self.arrived.notify_one();
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let state = self.lock();
        !state.answered && state.parcels.is_empty() && state.sources.is_empty() && state.tick_ms.is_none()
    }

    pub fn tick_is_due(&self, now_ms: i64) -> bool {
        self.next_tick.load(Ordering::Relaxed) <= now_ms
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, InboxState> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn next(&self) -> Work {
        let mut state = self.lock();
        loop {
            if state.closed {
                return Work::Closed;
            }
            if std::mem::take(&mut state.answered) {
                return Work::Answers;
            }
            if let Some(parcel) = state.parcels.pop_front() {
                self.travelling.fetch_sub(parcel.bytes, Ordering::Relaxed);
                return Work::Parcel(parcel);
            }
            if let Some(now_ms) = state.tick_ms.take() {
                return Work::Tick(now_ms);
            }
            let room = self.travelling.load(Ordering::Relaxed) < EXCHANGE_BYTES;
            if room && let Some(input) = state.sources.pop_front() {
                return Work::Source(input);
            }
            // Another shard may free room without telling us, so the wait is short while source rows wait.
            let blocked = state.sources.front().map(|input| input.node.0);
            let wait = if blocked.is_some() { Duration::from_millis(1) } else { Duration::from_secs(3600) };
            let began = Instant::now();
            state = self.arrived.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
            let waited = began.elapsed();
            match blocked {
                Some(scan) => self.metrics.blocked(scan, waited),
                None => self.metrics.idle(waited),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};

    use streamsql_core::ChangeBatch;
    use streamsql_plan::NodeId;

    use super::*;

    #[test]
    fn rows_that_travel_one_by_one_count_as_much_as_together() {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000));
        let rows = RecordBatch::try_from_iter([("n", column)]).unwrap();
        let batch = ChangeBatch::inserts(rows);
        let travelling = Arc::new(AtomicUsize::new(0));
        let inbox = Inbox::new(&travelling, &ShardMetrics::new(&streamsql_plan::Dataflow::default()));
        for row in 0..1_000 {
            let message = Message::Batch(batch.slice(row, 1));
            let envelope = Envelope { to_shard: 0, node: NodeId(0), port: 0, channel: 0, message };
            inbox.push_envelope(0, envelope);
        }
        assert_eq!(travelling.load(Ordering::Relaxed), 8_000);
        for _ in 0..1_000 {
            assert!(matches!(inbox.next(), Work::Parcel(_)));
        }
        assert_eq!(travelling.load(Ordering::Relaxed), 0);
    }
}
