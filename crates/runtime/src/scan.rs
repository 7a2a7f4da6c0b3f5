//! A scan: a table's source on its own thread, with the event time and the positions of its splits.

use std::sync::Arc;
use std::time::Duration;

use streamsql_core::{Message, Result, Source, SourceEvent, Split, Watermark};
use streamsql_plan::{Dataflow, NodeId, NodeKind};
use streamsql_state::manifest::{Manifest, SourceState, SplitState as StoredSplit};

use crate::clock::Clock;
use crate::driver::Links;
use crate::ingest::{Ingest, SplitState};
use crate::job::{Constructors, RunOptions};
use crate::row_checks::RowChecks;
use crate::source_thread::{ByteBudget, SourceThread};

/// A scan of the dataflow with its source and what is known of its splits.
pub(crate) struct Scan {
    pub node: NodeId,
    pub table: String,
    pub ingest: Ingest,
    pub budget: Arc<ByteBudget>,
    pub thread: SourceThread,
    pub ended: bool,
}

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
                Ok(vec![Message::Watermark(Watermark::MAX)])
            }
        }
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
        let (source, ingest, table): (Box<dyn Source>, Ingest, &str) = match &node.kind {
            NodeKind::TableSourceScan(scan) => {
                let ingest = Ingest::new(scan, node.schema.to_arrow(), options.watermark_every_row);
                let ingest = match scan.table.option("on-error") {
                    Some("dead-letter") => ingest.put_aside(RowChecks::above(dataflow, id)),
                    _ => ingest,
                };
                (constructors.source(scan)?, ingest, &scan.table.name)
            }
            NodeKind::Values(values) => {
                (constructors.values(&values.rows), Ingest::plain("VALUES", node.schema.to_arrow()), "VALUES")
            }
            _ => continue,
        };
        let mut ingest = ingest;
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
        let thread =
            SourceThread::start(table, index, source, ingest.positions(), Arc::clone(&budget), links)?;
        scans.push(Scan { node: id, table: table.to_owned(), ingest, budget, thread, ended: false });
    }
    for scan in &mut scans {
        for start in scan.thread.splits()? {
            scan.ingest.add_split(start, clock.monotonic());
        }
    }
    Ok(scans)
}
