//! A dataflow whose records and time its caller brings, step by step: one graph in the calling thread, no threads, no
//! clock, nothing stored. The same steps give the same rows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use streamsql_core::{
    ChangeBatch, DeadLetter, Epoch, Error, Message, Result, SourceBatch, Split, SplitStart, StopHandle,
    Watermark,
};
use streamsql_plan::{Dataflow, NodeId, NodeKind};

use crate::driver::Links;
use crate::fate::Fate;
use crate::graph::Graph;
use crate::ingest::Ingest;
use crate::job::{Constructors, RunOptions};
use crate::metrics::Metrics;
use crate::node_metrics::NodeSnapshot;
use crate::scan::ingest_of;
use crate::shard::{InlineShard, Shards, SourceInput};

/// A running dataflow and the processing time that it is told.
pub struct SteppedJob {
    shard: Box<InlineShard>,
    scans: BTreeMap<NodeId, Ingest>,
    metrics: Arc<Metrics>,
    start_ms: i64,
    now_ms: i64,
    rows: Vec<(NodeId, ChangeBatch)>,
    dead_letters: Vec<DeadLetter>,
}

impl SteppedJob {
    /// Makes the operators and lookups; sources are never asked for. Constant rows (`VALUES`) are read at once. Processing
    /// time is `now_ms`, in ms since 1970. A watermark follows every row that moves it.
    ///
    /// # Errors
    /// Those of the constructors, and of expressions over constant rows.
    pub fn start(
        dataflow: &Arc<Dataflow>,
        constructors: &Arc<dyn Constructors>,
        now_ms: i64,
    ) -> Result<Self> {
        let fate = Fate::new(RunOptions::default().shutdown_grace);
        let graph = Graph::build(dataflow, constructors, 0, 1, Epoch(0), fate.halt())?;
        // One graph stays in this thread, so nothing sends an event.
        let (events, _) = channel();
        let metrics = Arc::new(Metrics::default());
        let links = Links { metrics: Arc::clone(&metrics), fate, stop: StopHandle::default(), events };
        let Shards::Inline(shard) = Shards::start(vec![graph], &links)? else {
            return Err(Error::internal("one graph must run inline"));
        };
        let scans = dataflow.ids().filter_map(|id| Some((id, ingest_of(dataflow, id, true)?.0))).collect();
        let (rows, dead_letters) = (Vec::new(), Vec::new());
        let mut job = Self { shard, scans, metrics, start_ms: now_ms, now_ms, rows, dead_letters };
        for id in dataflow.ids() {
            if let NodeKind::Values(values) = &dataflow.node(id).kind {
                let rows = ChangeBatch::inserts(values.rows.clone());
                job.feed(id, vec![Message::Batch(rows), Message::Watermark(Watermark::MAX)])?;
                job.scans.remove(&id);
            }
        }
        Ok(job)
    }

    /// Rows of a scan's table: the columns of its `read_schema`, of one split.
    ///
    /// # Errors
    /// What the operators say, with the records as `topic/partition/offset`.
    pub fn records(&mut self, scan: NodeId, batch: SourceBatch) -> Result<()> {
        let now = self.monotonic();
        let ingest = scan_of(&mut self.scans, scan)?;
        if !ingest.splits().contains_key(&batch.split) {
            let start = SplitStart { split: batch.split.clone(), position: 0 };
            ingest.add_split(start, now);
        }
        let messages = ingest.on_batch(batch, now, self.now_ms)?;
        self.dead_letters.append(&mut ingest.take_dead_letters());
        self.feed(scan, messages)
    }

    /// Announces a split before it has records: event time waits for it.
    ///
    /// # Errors
    /// Internal, when the node is no scan.
    pub fn split(&mut self, scan: NodeId, split: Split) -> Result<()> {
        let now = self.monotonic();
        scan_of(&mut self.scans, scan)?.add_split(SplitStart { split, position: 0 }, now);
        Ok(())
    }

    /// Raises a scan's watermark, whatever its records said; one that is not higher changes nothing.
    ///
    /// # Errors
    /// What the operators say.
    pub fn watermark(&mut self, scan: NodeId, watermark: Watermark) -> Result<()> {
        let ingest = scan_of(&mut self.scans, scan)?;
        if watermark <= ingest.watermark() {
            return Ok(());
        }
        ingest.restore_watermark(watermark);
        self.feed(scan, vec![Message::Watermark(watermark)])
    }

    /// Lets processing time pass, moment by moment where an operator waits for one; splits that are silent too long become
    /// idle.
    ///
    /// # Errors
    /// What the operators say.
    pub fn pass(&mut self, time: Duration) -> Result<()> {
        let end = self.now_ms.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        loop {
            let next = self.shard.next_tick().filter(|next| *next <= end);
            self.now_ms = self.now_ms.max(next.unwrap_or(end));
            let now = self.monotonic();
            let nodes: Vec<NodeId> = self.scans.keys().copied().collect();
            for node in nodes {
                let messages = scan_of(&mut self.scans, node)?.on_tick(now);
                self.feed(node, messages)?;
            }
            if next.is_none() {
                return Ok(());
            }
            let rows = &mut self.rows;
            self.shard.tick_immediate(self.now_ms, &mut |node, batch| {
                rows.push((node, batch));
                Ok(())
            })?;
        }
    }

    /// All inputs end: event time comes to its end, what waits for it is given.
    ///
    /// # Errors
    /// What the operators say.
    pub fn end(&mut self) -> Result<()> {
        for node in std::mem::take(&mut self.scans).into_keys() {
            self.feed(node, vec![Message::Watermark(Watermark::MAX)])?;
        }
        Ok(())
    }

    /// Rows that came to sinks since the last call, in order.
    pub fn take_rows(&mut self) -> Vec<(NodeId, ChangeBatch)> {
        std::mem::take(&mut self.rows)
    }

    /// Records that were put aside since the last call.
    pub fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        std::mem::take(&mut self.dead_letters)
    }

    /// Processing time, ms since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// What each node did since the start.
    pub fn nodes(&self) -> Vec<NodeSnapshot> {
        self.metrics.nodes()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.now_ms.abs_diff(self.start_ms))
    }

    fn feed(&mut self, node: NodeId, messages: Vec<Message>) -> Result<()> {
        let input = SourceInput { node, messages, now_ms: self.now_ms, records: None, release: None };
        let rows = &mut self.rows;
        self.shard.feed_immediate(input, &mut |node, batch| {
            rows.push((node, batch));
            Ok(())
        })
    }
}

fn scan_of(scans: &mut BTreeMap<NodeId, Ingest>, id: NodeId) -> Result<&mut Ingest> {
    scans.get_mut(&id).ok_or_else(|| Error::internal(format!("node {} is no scan that still reads", id.0)))
}
