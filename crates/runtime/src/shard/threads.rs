//! Several shards: a thread each, with bounded exchanges between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use streamsql_core::Result;

use super::collector::{Collector, EpochPart};
use super::inbox::{Inbox, Parcel, Work};
use super::{SourceInput, take_input};
use crate::asking::Wake;
use crate::driver::{Event, Links};
use crate::fate::FatedThread;
use crate::graph::{Envelope, Graph};
use crate::metrics::Metrics;

/// One thread a shard.
pub struct ShardThreads {
    queues: Vec<Arc<Inbox>>,
    /// Held until they have come home.
    _threads: Vec<FatedThread>,
}

impl ShardThreads {
    pub(crate) fn start(graphs: Vec<Graph>, links: &Links) -> Result<Self> {
        let travelling = Arc::new(AtomicUsize::new(0));
        let queues: Vec<_> =
            graphs.iter().map(|graph| Arc::new(Inbox::new(&travelling, graph.metrics()))).collect();
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

    /// How many shards there are.
    pub fn count(&self) -> usize {
        self.queues.len()
    }

    /// Hands a scan's messages to a shard.
    pub fn feed(&self, shard: usize, input: SourceInput) {
        self.queues[shard].push_source(input);
    }

    /// Whether an operator of any shard waits for processing time to come to `now_ms`.
    pub fn tick_is_due(&self, now_ms: i64) -> bool {
        self.queues.iter().any(|queue| queue.tick_is_due(now_ms))
    }

    /// Tells the shards that wait for it that processing time is `now_ms`.
    pub fn tick(&self, now_ms: i64) {
        for queue in self.queues.iter().filter(|queue| queue.tick_is_due(now_ms)) {
            queue.push_tick(now_ms);
        }
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
        inbox.wants_tick(graph.next_tick());
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
