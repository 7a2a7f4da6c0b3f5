//! Shards: one inline on the driver's thread, or several threads with bounded exchanges between them.
//!
//! Rows between shards are taken before rows from sources, and source rows wait while too many bytes travel between
//! shards. So the exchanges are bounded without any shard ever blocking on another (which could deadlock).

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use streamsql_core::{ChangeBatch, Epoch, Message, Result, StateDelta};
use streamsql_plan::NodeId;

use crate::asking::Wake;
use crate::driver::{Event, Links};
use crate::fate::FatedThread;
use crate::graph::{Envelope, Graph, Outlet};
use crate::memory::TableSize;
use crate::metrics::Metrics;
use crate::node_metrics::ShardMetrics;
use crate::outbox::Outbox;
pub use crate::records::Records;
use crate::source_thread::ByteBudget;

/// What one shard contributes to an epoch.
#[derive(Debug, Default)]
pub struct EpochPart {
    pub shard: usize,
    pub epoch: Epoch,
    pub sinks: Vec<(NodeId, ChangeBatch)>,
    pub deltas: Vec<(NodeId, StateDelta)>,
    /// What is kept after it.
    pub state: Vec<TableSize>,
    /// Bytes for sinks.
    pub bytes: usize,
}

/// Messages of a scan for one shard.
pub struct SourceInput {
    pub node: NodeId,
    pub messages: Vec<Message>,
    pub now_ms: i64,
    /// The records that the messages were read from; none for what no record led to.
    pub records: Option<Records>,
    /// Given back to the source's budget when the shard is done with them.
    pub release: Option<(Arc<ByteBudget>, usize)>,
}

impl SourceInput {
    /// Rows in its messages.
    fn rows(&self) -> u64 {
        let rows = |message: &Message| match message {
            Message::Batch(batch) => batch.num_rows() as u64,
            _ => 0,
        };
        self.messages.iter().map(rows).sum()
    }
}

/// Gathers a graph's output into epochs.
struct Collector {
    shard: usize,
    nodes: usize,
    open: BTreeMap<Epoch, (EpochPart, usize)>,
    /// Parts whose barrier has passed every node.
    complete: Vec<EpochPart>,
    /// Messages for other shards.
    outbox: Outbox,
    metrics: Arc<Metrics>,
}

impl Collector {
    fn new(shard: usize, nodes: usize, metrics: Arc<Metrics>) -> Self {
        Self { shard, nodes, open: BTreeMap::new(), complete: Vec::new(), outbox: Outbox::default(), metrics }
    }

    /// The parts that barriers have completed.
    fn take_complete(&mut self, graph: &mut Graph) -> Vec<EpochPart> {
        let mut parts = std::mem::take(&mut self.complete);
        for part in &mut parts {
            part.state = graph.state_sizes();
        }
        parts
    }

    fn part(&mut self, epoch: Epoch) -> &mut (EpochPart, usize) {
        let shard = self.shard;
        self.open.entry(epoch).or_insert_with(|| (EpochPart { shard, epoch, ..EpochPart::default() }, 0))
    }
}

impl Outlet for Collector {
    fn route(&mut self, envelope: Envelope) {
        self.outbox.push(envelope);
    }

    fn rows(&mut self, node: NodeId, epoch: Epoch, batch: ChangeBatch) -> Result<()> {
        let bytes = batch.bytes();
        self.metrics.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
        let part = &mut self.part(epoch).0;
        part.bytes += bytes;
        part.sinks.push((node, batch));
        Ok(())
    }

    fn delta(&mut self, node: NodeId, epoch: Epoch, delta: StateDelta) {
        self.part(epoch).0.deltas.push((node, delta));
    }

    fn passed(&mut self, epoch: Epoch) {
        let nodes = self.nodes;
        let entry = self.part(epoch);
        entry.1 += 1;
        if entry.1 == nodes
            && let Some((part, _)) = self.open.remove(&epoch)
        {
            self.complete.push(part);
        }
    }

    fn late(&mut self, rows: u64) {
        count_late(&self.metrics, rows);
    }
}

fn count_late(metrics: &Metrics, rows: u64) {
    if rows > 0 {
        metrics.late_rows.fetch_add(rows, Ordering::Relaxed);
    }
}

/// Hands rows on as they leave the graph; there are no epochs.
struct Immediate<'a> {
    rows: &'a mut dyn FnMut(NodeId, ChangeBatch) -> Result<()>,
    metrics: &'a Metrics,
}

impl Outlet for Immediate<'_> {
    fn route(&mut self, _envelope: Envelope) {}

    fn rows(&mut self, node: NodeId, _epoch: Epoch, batch: ChangeBatch) -> Result<()> {
        (self.rows)(node, batch)
    }

    fn delta(&mut self, _node: NodeId, _epoch: Epoch, _delta: StateDelta) {}

    fn passed(&mut self, _epoch: Epoch) {}

    fn late(&mut self, rows: u64) {
        count_late(self.metrics, rows);
    }
}

/// Where the dataflow runs.
pub enum Shards {
    Inline(Box<InlineShard>),
    Threads(ShardThreads),
}

impl Shards {
    /// One graph stays on the caller's thread, several get a thread each.
    pub(crate) fn start(mut graphs: Vec<Graph>, links: &Links) -> Result<Self> {
        for graph in &mut graphs {
            graph.show(&links.metrics.taps);
        }
        links.metrics.run(graphs.iter().map(|graph| Arc::clone(graph.metrics())).collect());
        if graphs.len() == 1
            && let Some(graph) = graphs.pop()
        {
            let metrics = Arc::clone(&links.metrics);
            return Ok(Self::Inline(Box::new(InlineShard {
                collector: Collector::new(0, graph.len(), Arc::clone(&metrics)),
                graph,
                metrics,
            })));
        }
        ShardThreads::start(graphs, links).map(Self::Threads)
    }

    pub fn count(&self) -> usize {
        match self {
            Self::Inline(_) => 1,
            Self::Threads(threads) => threads.queues.len(),
        }
    }

    /// The shards of a job: lookups are asked on threads of their own.
    pub(crate) fn start_job(mut graphs: Vec<Graph>, links: &Links) -> Result<Self> {
        if let [graph] = graphs.as_mut_slice() {
            let events = links.events.clone();
            let wake: Wake = Arc::new(move || {
                // Where nobody listens any more, the job is at its end.
                let _ = events.send(Event::Answered);
            });
            graph.ask_aside(links, &wake)?;
        }
        Self::start(graphs, links)
    }

    /// Goes on with what has waited for lookups. Inline only: threads are woken by themselves.
    pub fn take_answers(&mut self) -> Result<Vec<EpochPart>> {
        match self {
            Self::Inline(inline) => inline.take_answers(),
            Self::Threads(_) => Ok(Vec::new()),
        }
    }

    /// Hands a scan's messages to a shard. Inline: runs them and returns completed epoch parts.
    pub fn feed(&mut self, shard: usize, input: SourceInput) -> Result<Vec<EpochPart>> {
        match self {
            Self::Inline(inline) => inline.feed(input),
            Self::Threads(threads) => {
                threads.queues[shard].push_source(input);
                Ok(Vec::new())
            }
        }
    }

    /// Whether an operator waits for processing time to come to `now_ms`.
    pub fn tick_is_due(&self, now_ms: i64) -> bool {
        match self {
            Self::Inline(inline) => inline.tick_is_due(now_ms),
            Self::Threads(threads) => threads.queues.iter().any(|queue| queue.tick_is_due(now_ms)),
        }
    }

    /// Tells the shards that processing time is `now_ms`, where an operator waits for that.
    pub fn tick(&mut self, now_ms: i64) -> Result<Vec<EpochPart>> {
        match self {
            Self::Inline(inline) => inline.tick(now_ms),
            Self::Threads(threads) => {
                for queue in threads.queues.iter().filter(|queue| queue.tick_is_due(now_ms)) {
                    queue.push_tick(now_ms);
                }
                Ok(Vec::new())
            }
        }
    }
}

/// The only shard, on the driver's thread: no queue, no copy.
pub struct InlineShard {
    graph: Graph,
    collector: Collector,
    metrics: Arc<Metrics>,
}

impl InlineShard {
    fn feed(&mut self, input: SourceInput) -> Result<Vec<EpochPart>> {
        let rows = input.rows();
        take_input(&mut self.graph, input, &mut self.collector)?;
        self.metrics.rows_done.fetch_add(rows, Ordering::Relaxed);
        Ok(self.collector.take_complete(&mut self.graph))
    }

    fn take_answers(&mut self) -> Result<Vec<EpochPart>> {
        self.graph.take_answers(&mut self.collector)?;
        Ok(self.collector.take_complete(&mut self.graph))
    }

    fn tick(&mut self, now_ms: i64) -> Result<Vec<EpochPart>> {
        self.graph.set_processing_time(now_ms);
        self.graph.tick(&mut self.collector)?;
        Ok(self.collector.take_complete(&mut self.graph))
    }

    /// Whether an operator waits for processing time to come to `now_ms`.
    pub fn tick_is_due(&self, now_ms: i64) -> bool {
        self.next_tick().is_some_and(|next| next <= now_ms)
    }

    /// The processing time that an operator waits for first.
    pub fn next_tick(&self) -> Option<i64> {
        self.graph.next_tick()
    }

    /// Runs messages and hands every row that leaves the graph to `rows` (queries; there are no epochs).
    pub fn feed_immediate(
        &mut self,
        input: SourceInput,
        rows: &mut dyn FnMut(NodeId, ChangeBatch) -> Result<()>,
    ) -> Result<()> {
        take_input(&mut self.graph, input, &mut Immediate { rows, metrics: &self.metrics })
    }

    /// The same for a tick.
    pub fn tick_immediate(
        &mut self,
        now_ms: i64,
        rows: &mut dyn FnMut(NodeId, ChangeBatch) -> Result<()>,
    ) -> Result<()> {
        self.graph.set_processing_time(now_ms);
        self.graph.tick(&mut Immediate { rows, metrics: &self.metrics })
    }
}

/// Hands a scan's messages to a graph; a failure says which records led to it.
fn take_input(graph: &mut Graph, input: SourceInput, out: &mut dyn Outlet) -> Result<()> {
    graph.set_processing_time(input.now_ms);
    graph.set_records(input.records.clone());
    let rows_of = |message: &Message| match message {
        Message::Batch(batch) => batch.num_rows(),
        _ => 0,
    };
    let rows: usize = input.messages.iter().map(rows_of).sum();
    let mut from = 0;
    for message in input.messages {
        let length = rows_of(&message);
        graph
            .receive(input.node, 0, 0, message, out)
            .map_err(|error| Records::explain(input.records.as_ref(), error, from, rows))?;
        from += length;
    }
    graph.set_records(None);
    if let Some((budget, bytes)) = input.release {
        budget.release(bytes);
    }
    Ok(())
}

/// One thread a shard.
pub struct ShardThreads {
    queues: Vec<Arc<Inbox>>,
    /// Held until they have come home.
    _threads: Vec<FatedThread>,
}

/// Bytes between shards above which source rows wait.
const EXCHANGE_BYTES: usize = 32 << 20;

struct Inbox {
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
struct Parcel {
    now_ms: i64,
    bytes: usize,
    envelope: Envelope,
}

enum Work {
    Parcel(Parcel),
    Tick(i64),
    Answers,
    Source(SourceInput),
    Closed,
}

impl Inbox {
    fn push_source(&self, input: SourceInput) {
        self.lock().sources.push_back(input);
        self.arrived.notify_one();
    }

    fn push_envelope(&self, now_ms: i64, envelope: Envelope) {
        let bytes = match &envelope.message {
            Message::Batch(batch) => batch.bytes(),
            _ => 0,
        };
        self.travelling.fetch_add(bytes, Ordering::Relaxed);
        self.lock().parcels.push_back(Parcel { now_ms, bytes, envelope });
        self.arrived.notify_one();
    }

    /// Ticks do not queue up: the shard hears of the latest.
    fn push_tick(&self, now_ms: i64) {
        self.next_tick.store(i64::MAX, Ordering::Relaxed);
        self.lock().tick_ms = Some(now_ms);
        self.arrived.notify_one();
    }

    fn push_answer(&self) {
        self.lock().answered = true;
        self.arrived.notify_one();
    }

    /// Whether there is nothing to do.
    fn is_empty(&self) -> bool {
        let state = self.lock();
        !state.answered && state.parcels.is_empty() && state.sources.is_empty() && state.tick_ms.is_none()
    }

    fn tick_is_due(&self, now_ms: i64) -> bool {
        self.next_tick.load(Ordering::Relaxed) <= now_ms
    }

    fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, InboxState> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Work {
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

impl ShardThreads {
    fn start(graphs: Vec<Graph>, links: &Links) -> Result<Self> {
        let travelling = Arc::new(AtomicUsize::new(0));
        let queues: Vec<_> = graphs
            .iter()
            .map(|graph| {
                Arc::new(Inbox {
                    queue: Mutex::default(),
                    arrived: Condvar::new(),
                    travelling: Arc::clone(&travelling),
                    next_tick: AtomicI64::new(i64::MAX),
                    metrics: Arc::clone(graph.metrics()),
                })
            })
            .collect();
        let mut threads = Vec::with_capacity(graphs.len());
        for (shard, mut graph) in graphs.into_iter().enumerate() {
            let inbox = Arc::clone(&queues[shard]);
            let wake: Wake = Arc::new(move || inbox.push_answer());
            graph.ask_aside(links, &wake)?;
            let (queues, links_of_shard) = (queues.clone(), links.clone());
            threads.push(links.spawn(format!("shard-{shard}"), move || {
                let Links { metrics, events, .. } = links_of_shard;
                shard_loop(shard, graph, &queues, metrics, |part| {
                    // Where nobody listens any more, the job is at its end.
                    let _ = events.send(Event::Part(part));
                })
            })?);
        }
        Ok(Self { queues, _threads: threads })
    }

    fn close(&self) {
        for queue in &self.queues {
            queue.close();
        }
    }
}

impl Drop for ShardThreads {
    fn drop(&mut self) {
        self.close();
    }
}

fn shard_loop(
    shard: usize,
    mut graph: Graph,
    queues: &[Arc<Inbox>],
    metrics: Arc<Metrics>,
    send_part: impl Fn(EpochPart),
) -> Result<()> {
    let inbox = &queues[shard];
    let mut collector = Collector::new(shard, graph.len(), metrics);
    let mut now_ms = 0;
    loop {
        // Restored state may wait for processing time before anything comes.
        inbox.next_tick.store(graph.next_tick().unwrap_or(i64::MAX), Ordering::Relaxed);
        match inbox.next() {
            Work::Closed => return Ok(()),
            Work::Parcel(Parcel { now_ms: sent_ms, envelope, .. }) => {
                let Envelope { node, port, channel, message, .. } = envelope;
                now_ms = sent_ms.max(now_ms);
                graph.set_processing_time(now_ms);
                graph.receive(node, port, channel, message, &mut collector)?;
            }
            Work::Answers => graph.take_answers(&mut collector)?,
            Work::Tick(tick_ms) => {
                now_ms = tick_ms.max(now_ms);
                graph.set_processing_time(now_ms);
                graph.tick(&mut collector)?;
            }
            Work::Source(mut input) => {
                now_ms = input.now_ms.max(now_ms);
                input.now_ms = now_ms;
                let rows = input.rows();
                take_input(&mut graph, input, &mut collector)?;
                collector.metrics.rows_done.fetch_add(rows, Ordering::Relaxed);
            }
        }
        // Rows wait for more only while there is other work: an idle shard holds nothing back.
        let mut ready = collector.outbox.take_ready();
        if inbox.is_empty() {
            ready.extend(collector.outbox.take_all());
        }
        for envelope in ready {
            queues[envelope.to_shard].push_envelope(now_ms, envelope);
        }
        for part in collector.take_complete(&mut graph) {
            send_part(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};

    use super::*;

    #[test]
    fn rows_that_travel_one_by_one_count_as_much_as_together() {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000));
        let rows = RecordBatch::try_from_iter([("n", column)]).unwrap();
        let batch = ChangeBatch::inserts(rows);
        let travelling = Arc::new(AtomicUsize::new(0));
        let inbox = Inbox {
            queue: Mutex::default(),
            arrived: Condvar::new(),
            travelling: Arc::clone(&travelling),
            next_tick: AtomicI64::new(i64::MAX),
            metrics: ShardMetrics::new(&streamsql_plan::Dataflow::default()),
        };
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
