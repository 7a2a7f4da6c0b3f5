//! A query: one graph in the calling thread, nothing stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};

use streamsql_core::{DeadLetter, Epoch, Error, Result, Sink, SourceEvent};
use streamsql_plan::{Dataflow, NodeId, NodeKind};

use crate::clock::Clock;
use crate::driver::{Event, TICK};
use crate::graph::Graph;
use crate::job::{Constructors, QuerySink, RunOptions, StopHandle};
use crate::metrics::Metrics;
use crate::scan::open_scans;
use crate::shard::{Records, Shards, SourceInput};
use crate::source_thread::batch_bytes;

/// Runs a bounded or endless query in this thread; nothing is stored.
pub fn run_query(
    dataflow: &Arc<Dataflow>,
    constructors: &Arc<dyn Constructors>,
    mut sinks: BTreeMap<NodeId, Box<dyn Sink>>,
    results: &mut dyn QuerySink,
    options: &RunOptions,
    clock: &dyn Clock,
    stop: &StopHandle,
) -> Result<()> {
    let metrics = Arc::new(Metrics::default());
    let graph = Graph::build(dataflow, constructors, 0, 1, Epoch(0))?;
    let (sender, receiver) = channel();
    let mut scans = open_scans(dataflow, constructors, options, None, clock, &metrics, &sender)?;
    for sink in sinks.values_mut() {
        sink.open()?;
    }
    let Shards::Inline(mut shard) = Shards::start(vec![graph], metrics, &sender, Event::Shard)? else {
        return Err(Error::internal("one graph must run inline"));
    };
    for scan in &mut scans {
        scan.thread.start_reading();
    }
    let mut rows = |node: NodeId, batch: streamsql_core::ChangeBatch| -> Result<()> {
        match &dataflow.node(node).kind {
            NodeKind::Collect(collect) => {
                results.write(collect.statement, &dataflow.node(node).schema, &batch)
            }
            _ => match sinks.get_mut(&node) {
                Some(sink) => sink.write(Epoch(0), &[batch]),
                None => Err(Error::internal(format!("no sink for node {}", node.0))),
            },
        }
    };
    while scans.iter().any(|scan| !scan.ended) && !stop.is_stopped() {
        let event = match receiver.recv_timeout(TICK) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => {
                for scan in &mut scans {
                    let messages = scan.ingest.on_tick(clock.monotonic());
                    let input = SourceInput {
                        node: scan.node,
                        messages,
                        now_ms: clock.now_ms(),
                        records: None,
                        release: None,
                    };
                    shard.feed_immediate(input, &mut rows)?;
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let Event::Source(index, event) = event else { continue };
        let scan = &mut scans[index];
        let (records, release) = match &event {
            Ok(SourceEvent::Batch(batch)) => {
                (Records::of(batch), Some((Arc::clone(&scan.budget), batch_bytes(batch))))
            }
            _ => (None, None),
        };
        if let Ok(SourceEvent::Batch(batch)) = &event
            && let Some(bad) = batch.dead_letters.first()
        {
            return Err(dead_letter_error(bad));
        }
        let messages = scan.on_event(event?, clock)?;
        let input = SourceInput { node: scan.node, messages, now_ms: clock.now_ms(), records, release };
        shard.feed_immediate(input, &mut rows)?;
    }
    for sink in sinks.values_mut() {
        sink.flush()?;
    }
    Ok(())
}

/// The error that a record without a dead-letter table is.
pub(crate) fn dead_letter_error(bad: &DeadLetter) -> Error {
    let field = bad.field.as_ref().map_or(String::new(), |field| format!(", field '{field}'"));
    Error::failed(format!("cannot read the record{field}: {}", bad.error))
        .at(format!("{}/{}/{}", bad.split.topic, bad.split.partition, bad.offset))
}
