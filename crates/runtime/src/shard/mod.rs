//! Shards: one inline on the driver's thread, or several threads with bounded exchanges between them.
//!
//! Rows between shards are taken before rows from sources, and source rows wait while too many bytes travel between
//! shards. So the exchanges are bounded without any shard ever blocking on another (which could deadlock).

mod collector;
mod inbox;
mod threads;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamsql_core::{ChangeBatch, Message, Result};
use streamsql_plan::NodeId;

use self::collector::{Collector, Immediate};
use self::threads::ShardThreads;
use crate::asking::Wake;
use crate::driver::{Event, Links};
use crate::graph::{Graph, Outlet};
use crate::metrics::Metrics;
use crate::source_thread::ByteBudget;

pub use self::collector::EpochPart;
pub use crate::records::Records;

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
            Self::Threads(threads) => threads.count(),
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
                threads.feed(shard, input);
                Ok(Vec::new())
            }
        }
    }

    /// Whether an operator waits for processing time to come to `now_ms`.
    pub fn tick_is_due(&self, now_ms: i64) -> bool {
        match self {
            Self::Inline(inline) => inline.tick_is_due(now_ms),
            Self::Threads(threads) => threads.tick_is_due(now_ms),
        }
    }

    /// Tells the shards that processing time is `now_ms`, where an operator waits for that.
    pub fn tick(&mut self, now_ms: i64) -> Result<Vec<EpochPart>> {
        match self {
            Self::Inline(inline) => inline.tick(now_ms),
            Self::Threads(threads) => {
                threads.tick(now_ms);
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
