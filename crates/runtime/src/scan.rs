//! A scan: a table's source on its own thread, with the event time and the positions of its splits.

use std::sync::Arc;
use std::time::Duration;

use streamsql_core::{Message, Result, SourceEvent, Split, Watermark};
use streamsql_plan::{Dataflow, NodeId, NodeKind};
use streamsql_state::manifest::{Manifest, SourceState, SplitState as StoredSplit};

use crate::clock::Clock;
use crate::driver::Links;
use crate::ingest::{Ingest, SplitState};
use crate::intake::Standing;
use crate::job::{Constructors, RunOptions};
use crate::row_checks::RowChecks;
use crate::source_metrics::SourceMetrics;
use crate::source_thread::{ByteBudget, SourceThread};

/// A scan of the dataflow with its source and what is known of its splits.
pub(crate) struct Scan {
    pub node: NodeId,
    pub table: String,
    pub ingest: Ingest,
    pub budget: Arc<ByteBudget>,
    pub thread: SourceThread,
    pub counters: Arc<SourceMetrics>,
    pub ended: bool,
    /// The watermark that the shards have not heard of yet, and when they last heard of one.
    untold: Option<Watermark>,
    told_at: Option<Duration>,
}

/// Least time between two watermarks of a scan while there is more to do.
const WATERMARK_EVERY: Duration = Duration::from_millis(5);

impl Scan {
    /// Messages that follow from a source's event, whose processing time is `now_ms`.
    pub(crate) fn on_event(
        &mut self,
        event: SourceEvent,
        clock: &dyn Clock,
        now_ms: i64,
    ) -> Result<Vec<Message>> {
        match event {
            SourceEvent::Batch(batch) => self.ingest.on_batch(batch, clock.monotonic(), now_ms),
            SourceEvent::NewSplit(start) => {
                self.ingest.add_split(start, clock.monotonic());
                Ok(Vec::new())
            }
            SourceEvent::SplitEnd(split) => Ok(self.ingest.on_split_end(&split)),
            SourceEvent::Nothing => Ok(Vec::new()),
            SourceEvent::End => {
                self.ended = true;
                // Event time first comes to where it stands: the end itself is not event time for what is kept.
                let mut messages: Vec<Message> = self.untold(clock.monotonic()).into_iter().collect();
                messages.push(Message::Watermark(Watermark::MAX));
                Ok(messages)
            }
        }
    }

    /// Keeps a watermark back that stands at the end of `messages` and follows another one shortly: it is told with the
    /// next, or when there is nothing else to do. Watermarks cross every edge, so they are not sent for every batch.
    pub(crate) fn thin_out(&mut self, messages: &mut Vec<Message>, now: Duration) {
        if self.ingest.is_every_row() {
            return;
        }
        if let Some(Message::Watermark(watermark)) = messages.last() {
            let soon = self.told_at.is_some_and(|told| now.saturating_sub(told) < WATERMARK_EVERY);
            self.untold = soon.then_some(*watermark);
            if soon {
                messages.pop();
            } else {
                self.told_at = Some(now);
            }
        }
    }

    /// The watermark that was kept back.
    pub(crate) fn untold(&mut self, now: Duration) -> Option<Message> {
        let watermark = self.untold.take()?;
        self.told_at = Some(now);
        Some(Message::Watermark(watermark))
    }

    /// Where the scan stands, for choosing among scans.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            watermark: self.ingest.has_watermark().then(|| self.ingest.watermark()),
            reads: !self.ended && !self.ingest.is_idle(),
            lag: self.thread.lag(),
        }
    }

    /// Shows where the scan stands to those who look.
    pub(crate) fn publish(&self) {
        let Self { ingest, ended, .. } = self;
        self.counters.stands(ingest.splits(), ingest.watermark(), ingest.is_idle(), *ended);
    }

    /// Messages that follow from time alone; an end is final.
    pub(crate) fn on_tick(&mut self, now: Duration) -> Vec<Message> {
        if self.ended { Vec::new() } else { self.ingest.on_tick(now) }
    }

    /// What a restart needs to know of the splits.
    pub(crate) fn stored(&self) -> SourceState {
        let splits = self
            .ingest
            .splits()
            .iter()
            .map(|(split, state)| StoredSplit {
                topic: split.topic.to_string(),
                partition: split.partition,
                position: state.position,
                watermark_ms: (state.watermark != Watermark::MIN).then_some(state.watermark.0),
                idle: state.idle,
            })
            .collect();
        let told = self.ingest.watermark();
        SourceState {
            node: self.node.0,
            table: self.table.clone(),
            splits,
            watermark_ms: (told != Watermark::MIN).then_some(told.0),
        }
    }
}

/// What happens to the batches of a scan of the dataflow, and the name of its table; none for other nodes.
pub(crate) fn ingest_of(dataflow: &Dataflow, id: NodeId, every_row: bool) -> Option<(Ingest, &str)> {
    let node = dataflow.node(id);
    match &node.kind {
        NodeKind::TableSourceScan(scan) => {
            let ingest = Ingest::new(scan, node.schema.to_arrow(), every_row);
            let ingest = match scan.table.option("on-error") {
                Some("dead-letter") => ingest.put_aside(RowChecks::above(dataflow, id)),
                _ => ingest,
            };
            Some((ingest, &scan.table.name))
        }
        NodeKind::Values(_) => Some((Ingest::plain("VALUES", node.schema.to_arrow()), "VALUES")),
        _ => None,
    }
}

/// Opens the sources of a dataflow, at the positions of the manifest where there is one.
///
/// # Errors
/// `Unreachable` and what else the sources say while they open.
pub(crate) fn open_scans(
    dataflow: &Dataflow,
    constructors: &Arc<dyn Constructors>,
    options: &RunOptions,
    manifest: Option<&Manifest>,
    clock: &dyn Clock,
    links: &Links,
) -> Result<Vec<Scan>> {
    let mut scans = Vec::new();
    for id in dataflow.ids() {
        let node = dataflow.node(id);
        let Some((mut ingest, table)) = ingest_of(dataflow, id, options.watermark_every_row) else {
            continue;
        };
        let source = match &node.kind {
            NodeKind::TableSourceScan(scan) => constructors.source(scan)?,
            NodeKind::Values(values) => constructors.values(&values.rows),
            _ => continue,
        };
        let stored = manifest.and_then(|m| m.sources.iter().find(|source| source.node == id.0));
        if let Some(told_ms) = stored.and_then(|source| source.watermark_ms) {
            ingest.restore_watermark(Watermark(told_ms));
        }
        for split in stored.iter().flat_map(|source| &source.splits) {
            let key = Split { topic: Arc::from(split.topic.as_str()), partition: split.partition };
            let state = SplitState {
                position: split.position,
                watermark: split.watermark_ms.map_or(Watermark::MIN, Watermark),
                idle: split.idle,
                ended: false,
            };
            ingest.restore_split(key, state);
        }
        let budget = ByteBudget::new(options.source_buffer_bytes);
        let index = scans.len();
        let counters = SourceMetrics::new(id.0, table);
        links.metrics.opens(&counters);
        ingest.show(&counters);
        let (positions, budget_of_thread) = (ingest.positions(), Arc::clone(&budget));
        let thread =
            SourceThread::start(table, index, source, positions, budget_of_thread, &counters, links)?;
        scans.push(Scan {
            node: id,
            table: table.to_owned(),
            ingest,
            budget,
            thread,
            counters,
            ended: false,
            untold: None,
            told_at: None,
        });
    }
    for scan in &mut scans {
        for start in scan.thread.splits()? {
            scan.ingest.add_split(start, clock.monotonic());
        }
        scan.publish();
    }
    Ok(scans)
}
