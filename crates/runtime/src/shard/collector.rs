//! What leaves a shard's graph: gathered into the epochs of a job, or handed on at once to a query.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamsql_core::{ChangeBatch, Epoch, Result, StateDelta};
use streamsql_plan::NodeId;

use crate::graph::{Envelope, Graph, Outlet};
use crate::memory::TableSize;
use crate::metrics::Metrics;
use crate::outbox::Outbox;

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

/// Gathers a graph's output into epochs.
pub(super) struct Collector {
    shard: usize,
    nodes: usize,
    open: BTreeMap<Epoch, (EpochPart, usize)>,
    /// Parts whose barrier has passed every node.
    complete: Vec<EpochPart>,
    /// Messages for other shards.
    pub outbox: Outbox,
    pub metrics: Arc<Metrics>,
}

impl Collector {
    pub fn new(shard: usize, nodes: usize, metrics: Arc<Metrics>) -> Self {
        Self { shard, nodes, open: BTreeMap::new(), complete: Vec::new(), outbox: Outbox::default(), metrics }
    }

    /// The parts that barriers have completed.
    pub fn take_complete(&mut self, graph: &mut Graph) -> Vec<EpochPart> {
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
pub(super) struct Immediate<'a> {
    pub rows: &'a mut dyn FnMut(NodeId, ChangeBatch) -> Result<()>,
    pub metrics: &'a Metrics,
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
