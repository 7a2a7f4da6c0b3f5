//! A query: one graph in the calling thread, nothing stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};

use streamsql_core::panics::caught;
use streamsql_core::{ChangeBatch, DeadLetter, Epoch, Error, Result, Sink, SourceEvent, StopHandle};
use streamsql_plan::{Collect, Dataflow, Node, NodeId, NodeKind, NotNullEnforcer};

use crate::clock::Clock;
use crate::driver::{Event, Links, TICK};
use crate::fate::Fate;
use crate::graph::Graph;
use crate::job::{Constructors, QuerySink, RunOptions};
use crate::scan::open_scans;
use crate::shard::{Records, Shards, SourceInput};
use crate::source_thread::batch_bytes;

/// Runs a bounded or endless query in this thread; nothing is stored.
pub fn run_query(
    dataflow: &Arc<Dataflow>,
    constructors: &Arc<dyn Constructors>,
    sinks: BTreeMap<NodeId, Box<dyn Sink>>,
    results: &mut dyn QuerySink,
    options: &RunOptions,
    clock: &dyn Clock,
    stop: &StopHandle,
) -> Result<()> {
    let fate = Fate::new(options.shutdown_grace);
    let query = Query { dataflow, constructors, options, clock, stop };
    let result = caught("the query", || query.run(sinks, results, &fate));
    if result.is_ok() {
        fate.done();
    }
    fate.verdict(result)
}

/// A query with what it runs in.
struct Query<'a> {
    dataflow: &'a Arc<Dataflow>,
    constructors: &'a Arc<dyn Constructors>,
    options: &'a RunOptions,
    clock: &'a dyn Clock,
    stop: &'a StopHandle,
}

impl Query<'_> {
    fn run(
        &self,
        mut sinks: BTreeMap<NodeId, Box<dyn Sink>>,
        results: &mut dyn QuerySink,
        fate: &Fate,
    ) -> Result<()> {
        let Self { dataflow, constructors, options, clock, stop } = *self;
        let graph = Graph::build(dataflow, constructors, 0, 1, Epoch(0), fate.halt())?;
        let (events, receiver) = channel();
        let links = Links { metrics: Arc::default(), fate: fate.clone(), stop: stop.clone(), events };
        let mut scans = open_scans(dataflow, constructors, options, None, clock, &links)?;
        for sink in sinks.values_mut() {
            sink.open()?;
        }
        let Shards::Inline(mut shard) = Shards::start(vec![graph], &links)? else {
            return Err(Error::internal("one graph must run inline"));
        };
        for scan in &mut scans {
            scan.thread.start_reading();
        }
        let mut rows = |id: NodeId, batch: ChangeBatch| -> Result<()> {
            let node = dataflow.node(id);
            match &node.kind {
                NodeKind::Collect(collect) => results.write(
                    collect.statement,
                    &node.schema,
                    &without_forbidden_nulls(node, collect, batch)?,
                ),
                _ => match sinks.get_mut(&id) {
                    Some(sink) => sink.write(Epoch(0), &[batch]),
                    None => Err(Error::internal(format!("no sink for node {}", id.0))),
                },
            }
        };
        let mut last_tick = clock.monotonic();
        let mut now_ms = clock.now_ms();
        while scans.iter().any(|scan| !scan.ended) && !stop.is_stopped() {
            let event = receiver.recv_timeout(TICK);
            // Processing time never falls, whatever the wall clock does.
            now_ms = now_ms.max(clock.now_ms());
            let now = clock.monotonic();
            if event.is_err() || now - last_tick >= TICK {
                last_tick = now;
                for scan in &mut scans {
                    let messages = scan.on_tick(now);
                    let input =
                        SourceInput { node: scan.node, messages, now_ms, records: None, release: None };
                    shard.feed_immediate(input, &mut rows)?;
                }
                if shard.tick_is_due(now_ms) {
                    shard.tick_immediate(now_ms, &mut rows)?;
                }
            }
            let event = match event {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let (index, event) = match event {
                Event::Source(index, event) => (index, event),
                Event::Failed => return Err(Error::internal("a thread failed without a cause")),
                Event::Part(_) | Event::Answered | Event::Committed(_) => continue,
            };
            let scan = &mut scans[index];
            let (records, release) = match &event {
                SourceEvent::Batch(batch) => {
                    (Records::of(batch), Some((Arc::clone(&scan.budget), batch_bytes(batch))))
                }
                _ => (None, None),
            };
            if let SourceEvent::Batch(batch) = &event
                && let Some(bad) = batch.dead_letters.first()
            {
                return Err(dead_letter_error(bad));
            }
            let messages = scan.on_event(event, clock, now_ms)?;
            if let Some(bad) = scan.ingest.take_dead_letters().first() {
                return Err(dead_letter_error(bad));
            }
            let input = SourceInput { node: scan.node, messages, now_ms, records, release };
            shard.feed_immediate(input, &mut rows)?;
        }
        for sink in sinks.values_mut() {
            sink.flush()?;
        }
        Ok(())
    }
}

/// The error that a record without a dead-letter table is.
pub(crate) fn dead_letter_error(bad: &DeadLetter) -> Error {
    let field = bad.field.as_ref().map_or(String::new(), |field| format!(", field '{field}'"));
    Error::failed(format!("cannot read the record{field}: {}", bad.error))
        .at(format!("{}/{}/{}", bad.split.topic, bad.split.partition, bad.offset))
}

/// Flink's `ConstraintEnforcer` before the sink of a SELECT.
pub fn without_forbidden_nulls(node: &Node, collect: &Collect, batch: ChangeBatch) -> Result<ChangeBatch> {
    let columns = &node.schema.columns;
    let not_null: Vec<usize> = (0..columns.len()).filter(|column| !columns[*column].nullable).collect();
    let column = match (batch.first_with_null(&not_null), collect.on_null) {
        (None, _) => return Ok(batch),
        (Some(_), NotNullEnforcer::Drop) => return batch.without_nulls(&not_null),
        (Some(column), NotNullEnforcer::Error) => &columns[column].name,
    };
    let error = Error::failed(format!(
        "Column '{column}' is NOT NULL, however, a null value is being written into it"
    ))
    .hint(
        "filter such rows out, or drop them silently with SET 'table.exec.sink.not-null-enforcer' = 'DROP'",
    );
    Err(match &node.location {
        Some(location) => error.at(location.to_string()),
        None => error,
    })
}
