//! Shards: one inline on the driver's thread, or several threads with bounded exchanges between them.
//!
//! Rows between shards are taken before rows from sources, and source rows wait while too many bytes travel between
//! shards. So the exchanges are bounded without any shard ever blocking on another (which could deadlock).

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use streamsql_core::{ChangeBatch, Epoch, Error, ErrorKind, Message, Result, SourceBatch, Split, StateDelta};
use streamsql_plan::NodeId;

use crate::graph::{Envelope, Graph, Output};
use crate::metrics::Metrics;
use crate::source_thread::ByteBudget;

/// What one shard contributes to an epoch.
#[derive(Debug, Default)]
pub struct EpochPart {
    pub shard: usize,
    pub epoch: Epoch,
    pub sinks: Vec<(NodeId, ChangeBatch)>,
    pub deltas: Vec<(NodeId, StateDelta)>,
    pub state_bytes: usize,
}

/// What shard threads tell the driver.
#[derive(Debug)]
pub enum ShardEvent {
    Part(EpochPart),
    Failed(Error),
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

/// Records of a split that follow each other, for messages.
#[derive(Clone, Debug)]
pub struct Records {
    split: Split,
    first: i64,
    last: i64,
}

impl Records {
    /// The records of a batch; none for an empty one.
    pub fn of(batch: &SourceBatch) -> Option<Self> {
        let last = batch.next_position - 1;
        let first = batch.next_position.saturating_sub_unsigned(batch.records);
        (first <= last).then(|| Self { split: batch.split.clone(), first, last })
    }

    /// Hands a message that was read from them to the scan's node; a failure says which records led to it.
    fn receive(
        records: Option<&Self>,
        graph: &mut Graph,
        node: NodeId,
        message: Message,
        output: &mut Output,
    ) -> Result<()> {
        graph.receive(node, 0, 0, message, output).map_err(|error| Self::explain(records, error))
    }

    /// Says of a failure which records led to it.
    fn explain(records: Option<&Self>, mut error: Error) -> Error {
        if let (ErrorKind::Failed, Some(Self { split, first, last })) = (error.kind, records) {
            let range = if first == last { format!("{first}") } else { format!("{first}..{last}") };
            let before = error.place.take().map_or(String::new(), |place| format!("{place}, "));
            error.place = Some(format!("{before}records {split}/{range}"));
        }
        error
    }
}

/// Gathers a graph's output into epochs.
struct Collector {
    shard: usize,
    nodes: usize,
    open: BTreeMap<Epoch, (EpochPart, usize)>,
}

impl Collector {
    fn new(shard: usize, nodes: usize) -> Self {
        Self { shard, nodes, open: BTreeMap::new() }
    }

    /// Adds an output's rows and deltas; returns the parts that its barriers completed.
    fn add(&mut self, output: &mut Output, graph: &Graph) -> Vec<EpochPart> {
        for (node, epoch, batch) in output.sinks.drain(..) {
            self.part(epoch).0.sinks.push((node, batch));
        }
        for (node, epoch, delta) in output.deltas.drain(..) {
            self.part(epoch).0.deltas.push((node, delta));
        }
        let mut complete = Vec::new();
        for epoch in output.barriers.drain(..) {
            let nodes = self.nodes;
            let entry = self.part(epoch);
            entry.1 += 1;
            if entry.1 == nodes
                && let Some((mut part, _)) = self.open.remove(&epoch)
            {
                part.state_bytes = graph.state_bytes();
                complete.push(part);
            }
        }
        complete
    }

    fn part(&mut self, epoch: Epoch) -> &mut (EpochPart, usize) {
        let shard = self.shard;
        self.open.entry(epoch).or_insert_with(|| (EpochPart { shard, epoch, ..EpochPart::default() }, 0))
    }
}

/// Where the dataflow runs.
pub enum Shards {
    Inline(Box<InlineShard>),
    Threads(ShardThreads),
}

impl Shards {
    /// One graph stays on the caller's thread, several get a thread each.
    pub fn start<E: Send + 'static>(
        mut graphs: Vec<Graph>,
        metrics: Arc<Metrics>,
        events: &Sender<E>,
        wrap: impl Fn(ShardEvent) -> E + Send + Sync + Clone + 'static,
    ) -> Result<Self> {
        if graphs.len() == 1
            && let Some(graph) = graphs.pop()
        {
            return Ok(Self::Inline(Box::new(InlineShard {
                collector: Collector::new(0, graph.len()),
                graph,
                metrics,
            })));
        }
        ShardThreads::start(graphs, metrics, events, wrap).map(Self::Threads)
    }

    pub fn count(&self) -> usize {
        match self {
            Self::Inline(_) => 1,
            Self::Threads(threads) => threads.queues.len(),
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
}

/// The only shard, on the driver's thread: no queue, no copy.
pub struct InlineShard {
    graph: Graph,
    collector: Collector,
    metrics: Arc<Metrics>,
}

impl InlineShard {
    fn feed(&mut self, input: SourceInput) -> Result<Vec<EpochPart>> {
        let mut output = Output::default();
        self.graph.set_processing_time(input.now_ms);
        for message in input.messages {
            Records::receive(input.records.as_ref(), &mut self.graph, input.node, message, &mut output)?;
        }
        if let Some((budget, bytes)) = input.release {
            budget.release(bytes);
        }
        self.metrics.late_rows.fetch_add(output.late_rows, Ordering::Relaxed);
        Ok(self.collector.add(&mut output, &self.graph))
    }

    /// Runs messages and hands every row that leaves the graph to `rows` (queries; there are no epochs).
    pub fn feed_immediate(
        &mut self,
        input: SourceInput,
        rows: &mut dyn FnMut(NodeId, ChangeBatch) -> Result<()>,
    ) -> Result<()> {
        let mut output = Output::default();
        self.graph.set_processing_time(input.now_ms);
        for message in input.messages {
            Records::receive(input.records.as_ref(), &mut self.graph, input.node, message, &mut output)?;
            for (node, _, batch) in output.sinks.drain(..) {
                rows(node, batch)?;
            }
        }
        if let Some((budget, bytes)) = input.release {
            budget.release(bytes);
        }
        self.metrics.late_rows.fetch_add(output.late_rows, Ordering::Relaxed);
        Ok(())
    }
}

/// One thread a shard.
pub struct ShardThreads {
    queues: Vec<Arc<Inbox>>,
    handles: Vec<JoinHandle<()>>,
}

/// Bytes between shards above which source rows wait.
const EXCHANGE_BYTES: usize = 32 << 20;

struct Inbox {
    queue: Mutex<InboxState>,
    arrived: Condvar,
    /// Bytes travelling between all shards of the job.
    travelling: Arc<AtomicUsize>,
}

#[derive(Default)]
struct InboxState {
    envelopes: VecDeque<(i64, Envelope)>,
    sources: VecDeque<SourceInput>,
    closed: bool,
}

enum Work {
    Envelope(i64, Envelope),
    Source(SourceInput),
    Closed,
}

impl Inbox {
    fn push_source(&self, input: SourceInput) {
        self.lock().sources.push_back(input);
        self.arrived.notify_one();
    }

    fn push_envelope(&self, now_ms: i64, envelope: Envelope) {
        self.travelling.fetch_add(message_bytes(&envelope.message), Ordering::Relaxed);
        self.lock().envelopes.push_back((now_ms, envelope));
        self.arrived.notify_one();
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
            if let Some((now_ms, envelope)) = state.envelopes.pop_front() {
                self.travelling.fetch_sub(message_bytes(&envelope.message), Ordering::Relaxed);
                return Work::Envelope(now_ms, envelope);
            }
            let room = self.travelling.load(Ordering::Relaxed) < EXCHANGE_BYTES;
            if room && let Some(input) = state.sources.pop_front() {
                return Work::Source(input);
            }
            // Another shard may free room without telling us, so the wait is short while source rows wait.
            let wait =
                if state.sources.is_empty() { Duration::from_secs(3600) } else { Duration::from_millis(1) };
            state = self.arrived.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn message_bytes(message: &Message) -> usize {
    match message {
        Message::Batch(batch) => batch.rows().columns().iter().map(|c| c.get_buffer_memory_size()).sum(),
        _ => 0,
    }
}

impl ShardThreads {
    fn start<E: Send + 'static>(
        graphs: Vec<Graph>,
        metrics: Arc<Metrics>,
        events: &Sender<E>,
        wrap: impl Fn(ShardEvent) -> E + Send + Sync + Clone + 'static,
    ) -> Result<Self> {
        let travelling = Arc::new(AtomicUsize::new(0));
        let queues: Vec<_> = graphs
            .iter()
            .map(|_| {
                Arc::new(Inbox {
                    queue: Mutex::default(),
                    arrived: Condvar::new(),
                    travelling: Arc::clone(&travelling),
                })
            })
            .collect();
        let mut handles = Vec::with_capacity(graphs.len());
        for (shard, graph) in graphs.into_iter().enumerate() {
            let (queues, metrics) = (queues.clone(), Arc::clone(&metrics));
            let (events, wrap) = (events.clone(), wrap.clone());
            let handle = std::thread::Builder::new()
                .name(format!("shard-{shard}"))
                .spawn(move || {
                    if let Err(error) = shard_loop(shard, graph, &queues, &metrics, |part| {
                        let _ = events.send(wrap(ShardEvent::Part(part)));
                    }) {
                        let _ = events.send(wrap(ShardEvent::Failed(error)));
                    }
                })
                .map_err(|error| Error::failed(format!("cannot start shard {shard}: {error}")))?;
            handles.push(handle);
        }
        Ok(Self { queues, handles })
    }
}

impl Drop for ShardThreads {
    fn drop(&mut self) {
        for queue in &self.queues {
            queue.close();
        }
        for handle in self.handles.drain(..) {
            let _ = handle.join();
        }
    }
}

fn shard_loop(
    shard: usize,
    mut graph: Graph,
    queues: &[Arc<Inbox>],
    metrics: &Metrics,
    send_part: impl Fn(EpochPart),
) -> Result<()> {
    let mut collector = Collector::new(shard, graph.len());
    let mut output = Output::default();
    let mut now_ms = 0;
    loop {
        match queues[shard].next() {
            Work::Closed => return Ok(()),
            Work::Envelope(sent_ms, Envelope { node, port, channel, message, .. }) => {
                now_ms = sent_ms.max(now_ms);
                graph.set_processing_time(now_ms);
                graph.receive(node, port, channel, message, &mut output)?;
            }
            Work::Source(input) => {
                now_ms = input.now_ms.max(now_ms);
                graph.set_processing_time(now_ms);
                for message in input.messages {
                    Records::receive(input.records.as_ref(), &mut graph, input.node, message, &mut output)?;
                }
                if let Some((budget, bytes)) = input.release {
                    budget.release(bytes);
                }
            }
        }
        for envelope in output.envelopes.drain(..) {
            queues[envelope.to_shard].push_envelope(now_ms, envelope);
        }
        metrics.late_rows.fetch_add(std::mem::take(&mut output.late_rows), Ordering::Relaxed);
        for part in collector.add(&mut output, &graph) {
            send_part(part);
        }
    }
}
