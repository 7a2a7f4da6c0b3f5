//! One shard's instance of the dataflow: operators, the alignment of their inputs, and where output goes.
//!
//! Rows are pushed depth-first, so on every edge they keep their order. A node's watermark is the minimum over its
//! channels that are not idle; a barrier passes when every channel has delivered it, and a channel that delivered it
//! early is held until the others have (Chandy and Lamport 1985, aligned variant).

mod alignment;
mod routes;

use std::sync::Arc;

use streamsql_core::{
    ChangeBatch, Context, Epoch, Error, KeyGroupRange, Lookup, Message, Operator, Port, Result, Schema,
    StateDelta, StopHandle, Watermark,
};
use streamsql_plan::{Dataflow, Exchange, NodeId, NodeKind};

use self::alignment::Channel;
use crate::asking::{Answered, Asking, Waiting, Wake};
use crate::checked_operator::Checked;
use crate::driver::Links;
use crate::job::Constructors;
use crate::memory::TableSize;
use crate::node_metrics::{CountedLookup, ShardMetrics, Stopwatch};
use crate::records::Records;
use crate::taps::Taps;

/// A message on its way to another shard.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub to_shard: usize,
    pub node: NodeId,
    pub port: Port,
    /// Which of the port's channels: the sending shard.
    pub channel: usize,
    pub message: Message,
}

/// Takes what leaves a graph, while it is being made.
pub trait Outlet {
    /// A message for a node of another shard.
    fn route(&mut self, envelope: Envelope);

    /// Rows for a sink or for the result of a query, with the epoch that they belong to.
    fn rows(&mut self, node: NodeId, epoch: Epoch, batch: ChangeBatch) -> Result<()>;

    /// What a node's state changed in an epoch.
    fn delta(&mut self, node: NodeId, epoch: Epoch, delta: StateDelta);

    /// A node passed the barrier of an epoch.
    fn passed(&mut self, epoch: Epoch);

    /// Rows that came after the watermark and were dropped.
    fn late(&mut self, rows: u64);
}

struct Edge {
    node: NodeId,
    port: Port,
    exchange: Exchange,
}

struct Slot {
    operator: Option<Box<dyn Operator>>,
    lookup: Option<Box<dyn Lookup>>,
    may_ask_aside: bool,
    /// Where the lookup is asked beside other work: what waits for answers.
    asking: Option<Asking>,
    /// Whether output rows leave the graph here.
    terminal: bool,
    channels: Vec<Vec<Channel>>,
    consumers: Vec<Edge>,
    watermark_in: Watermark,
    watermark_out: Watermark,
    idle_out: bool,
    /// The last barrier that the node passed.
    passed: Epoch,
}

/// The dataflow on one shard.
pub struct Graph {
    shard: usize,
    shards: usize,
    slots: Vec<Slot>,
    now_ms: i64,
    /// The records that the messages at hand were read from, where that is known.
    records: Option<Records>,
    metrics: Arc<ShardMetrics>,
    stopwatch: Stopwatch,
    taps: Arc<Taps>,
}

impl Graph {
    /// Makes the operators and lookups of a shard; `committed` is the epoch that its state will be restored to, `halt` is
    /// made when the job fails.
    pub fn build(
        dataflow: &Dataflow,
        constructors: &Arc<dyn Constructors>,
        shard: usize,
        shards: usize,
        committed: Epoch,
        halt: &StopHandle,
    ) -> Result<Self> {
        let key_groups = KeyGroupRange::of_shard(shard, shards);
        let metrics = ShardMetrics::new(dataflow);
        let mut slots = Vec::with_capacity(dataflow.nodes.len());
        for id in dataflow.ids() {
            let node = dataflow.node(id);
            let inputs: Vec<&Schema> = node.inputs.iter().map(|i| &dataflow.node(i.node).schema).collect();
            let is_source = matches!(node.kind, NodeKind::TableSourceScan(_) | NodeKind::Values(_));
            let operator = match &node.kind {
                _ if is_source => None,
                NodeKind::Collect(_) => None,
                _ => Some(checked(constructors.operator(node, &inputs, key_groups)?)?),
            };
            let lookup = match &node.kind {
                NodeKind::LookupJoin(join) => {
                    let mut inner = constructors.lookup(join)?;
                    inner.halt_with(halt);
                    let lookup = CountedLookup { inner, metrics: Arc::clone(&metrics), node: id.0 };
                    Some(Box::new(lookup) as Box<dyn Lookup>)
                }
                _ => None,
            };
            let channels = if is_source {
                vec![vec![Channel::new()]]
            } else {
                node.inputs
                    .iter()
                    .map(|input| {
                        let count = if input.exchange == Exchange::Forward { 1 } else { shards };
                        (0..count).map(|_| Channel::new()).collect()
                    })
                    .collect()
            };
            let consumers = dataflow
                .consumers(id)
                .map(|(node, port)| Edge {
                    node,
                    port,
                    exchange: dataflow.node(node).inputs[port].exchange.clone(),
                })
                .collect();
            slots.push(Slot {
                operator,
                lookup,
                may_ask_aside: may_ask_aside(&node.kind),
                asking: None,
                terminal: matches!(node.kind, NodeKind::Sink(_) | NodeKind::Collect(_)),
                channels,
                consumers,
                watermark_in: Watermark::MIN,
                watermark_out: Watermark::MIN,
                idle_out: false,
                passed: committed,
            });
        }
        let stopwatch = Stopwatch::new(Arc::clone(&metrics));
        Ok(Self { shard, shards, slots, now_ms: 0, records: None, metrics, stopwatch, taps: Arc::default() })
    }

    /// Number of nodes; a barrier is through when as many have passed it.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What its nodes do.
    pub fn metrics(&self) -> &Arc<ShardMetrics> {
        &self.metrics
    }

    /// Lets those look at its rows who look at the job.
    pub(crate) fn show(&mut self, taps: &Arc<Taps>) {
        self.taps = Arc::clone(taps);
    }

    /// The operator of a node, to have its state tables restored.
    pub fn operator(&mut self, node: NodeId) -> Option<&mut (dyn Operator + 'static)> {
        self.slots.get_mut(node.0)?.operator.as_deref_mut()
    }

    /// The size of every state table.
    pub fn state_sizes(&mut self) -> Vec<TableSize> {
        let mut sizes = Vec::new();
        for (node, slot) in self.slots.iter_mut().enumerate() {
            let tables = slot.operator.as_mut().map(|operator| operator.tables()).unwrap_or_default();
            sizes.extend(tables.iter().enumerate().map(|(table, state)| TableSize {
                node: NodeId(node),
                table,
                rows: state.rows(),
                bytes: state.bytes(),
            }));
        }
        sizes
    }

    /// Sets the processing time of what follows.
    pub fn set_processing_time(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
    }

    /// Says which records the messages that follow were read from.
    pub(crate) fn set_records(&mut self, records: Option<Records>) {
        self.records = records;
    }

    /// Lets lookups be asked beside other work; `wake` tells when `take_answers` has something to do.
    pub(crate) fn ask_aside(&mut self, links: &Links, wake: &Wake) -> Result<()> {
        for (node, slot) in self.slots.iter_mut().enumerate() {
            if !slot.may_ask_aside {
                continue;
            }
            let Some(lookup) = slot.lookup.take() else { continue };
            let name = format!("lookup-{}-{node}", self.shard);
            slot.asking = Some(Asking::start(lookup, name, links, Arc::clone(wake))?);
        }
        Ok(())
    }

    /// Goes on with what has waited for answers that are there.
    pub(crate) fn take_answers(&mut self, out: &mut dyn Outlet) -> Result<()> {
        for node in 0..self.slots.len() {
            self.advance(NodeId(node), false, out)?;
        }
        Ok(())
    }

    /// Takes a message on a channel of a node and pushes what follows from it as far as it goes: where answers are
    /// outstanding, behind what waits for them.
    pub fn receive(
        &mut self,
        node: NodeId,
        port: Port,
        channel: usize,
        message: Message,
        out: &mut dyn Outlet,
    ) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let Some(asking) = slot.asking.as_mut().filter(|asking| !asking.is_empty()) else {
            return self.take(node, port, channel, message, out);
        };
        let is_held = slot.channels[port][channel].barrier.is_some();
        match message {
            Message::Batch(batch) if asking.may_ask() && !is_held => self.ask(node, port, batch, false)?,
            other => asking.wait(Waiting::Message(port, channel, other)),
        }
        while self.slots[node.0].asking.as_ref().is_some_and(Asking::is_full) {
            self.advance(node, true, out)?;
        }
        Ok(())
    }

    /// Asks for the keys of a batch; what it leads to waits for the answer.
    fn ask(&mut self, node: NodeId, port: Port, batch: ChangeBatch, first: bool) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let (Some(operator), Some(asking)) = (&slot.operator, &mut slot.asking) else {
            return Err(Error::internal(format!("node {} does not ask", node.0)));
        };
        let evaluation = Context::new(self.now_ms, slot.watermark_in).evaluation();
        let asked = operator.lookup_keys(&batch, &evaluation)?;
        let asked =
            asked.ok_or_else(|| Error::internal(format!("node {} has no keys to ask for", node.0)))?;
        asking.ask(Waiting::Batch(port, batch, asked, self.records.clone()), self.now_ms, first)
    }

    /// Works off what waits at a node, up to the first batch without an answer; that one, too, where it `waits`.
    fn advance(&mut self, node: NodeId, waits: bool, out: &mut dyn Outlet) -> Result<()> {
        let mut waits = waits;
        loop {
            let Some(asking) = &mut self.slots[node.0].asking else { return Ok(()) };
            let Some((waiting, answer)) = asking.next(waits)? else { return Ok(()) };
            waits = false;
            asking.advancing = true;
            match waiting {
                Waiting::Message(port, channel, message) => self.take(node, port, channel, message, out)?,
                Waiting::Batch(port, batch, asked, records) => {
                    self.slots[node.0].lookup = Some(Box::new(Answered(answer)));
                    let result = self.call(node, out, |operator, cx| {
                        cx.asked = Some(asked);
                        operator.on_batch(port, batch, cx)
                    });
                    self.slots[node.0].lookup = None;
                    result.map_err(|error| Records::explain(records.as_ref(), error, 0, 0))?;
                }
            }
            if let Some(asking) = &mut self.slots[node.0].asking {
                asking.advancing = false;
            }
        }
    }

    /// Takes a message whose turn it is.
    fn take(
        &mut self,
        node: NodeId,
        port: Port,
        channel: usize,
        message: Message,
        out: &mut dyn Outlet,
    ) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let entry = &mut slot.channels[port][channel];
        if entry.barrier.is_some() {
            entry.held.push_back(message);
            return Ok(());
        }
        match message {
            Message::Batch(batch) => self.on_batch(node, port, batch, out),
            Message::Watermark(watermark) => {
                if watermark > entry.watermark {
                    entry.watermark = watermark;
                }
                if entry.has_ended() {
                    entry.idle = false;
                }
                self.align_watermark(node, out)
            }
            Message::Idle(idle) => {
                entry.idle = idle && !entry.has_ended();
                self.align_watermark(node, out)
            }
            Message::Barrier(epoch) => {
                entry.barrier = Some(epoch);
                self.align_barrier(node, epoch, out)
            }
        }
    }

    fn on_batch(&mut self, node: NodeId, port: Port, batch: ChangeBatch, out: &mut dyn Outlet) -> Result<()> {
        if self.slots[node.0].operator.is_none() {
            return self.send_rows(node, batch, out);
        }
        if self.slots[node.0].asking.is_some() {
            return self.ask(node, port, batch, true);
        }
        self.call(node, out, |operator, cx| operator.on_batch(port, batch, cx))
    }

    /// Calls the operator of a node; what it sends goes downstream while it goes on.
    fn call<R>(
        &mut self,
        node: NodeId,
        out: &mut dyn Outlet,
        run: impl FnOnce(&mut dyn Operator, &mut Context<'_>) -> Result<R>,
    ) -> Result<R> {
        let slot = &mut self.slots[node.0];
        // No edge leads back here, so nobody else calls the operator meanwhile.
        let taken = slot.operator.take();
        let mut operator =
            taken.ok_or_else(|| Error::internal(format!("node {} has no operator", node.0)))?;
        let mut lookup = slot.lookup.take();
        let caller = self.stopwatch.switch(Some(node.0));
        let (now_ms, watermark) = (self.now_ms, slot.watermark_in);
        let mut send = |batch| self.send_rows(node, batch, out).map_err(|error| Error { row: None, ..error });
        let mut cx = Context {
            downstream: Some(&mut send),
            lookup: match &mut lookup {
                Some(lookup) => Some(lookup.as_mut()),
                None => None,
            },
            ..Context::new(now_ms, watermark)
        };
        let result = run(operator.as_mut(), &mut cx);
        let (failed, late_rows) = (cx.failed.take(), cx.late_rows);
        drop(cx);
        let slot = &mut self.slots[node.0];
        slot.operator = Some(operator);
        slot.lookup = lookup;
        self.stopwatch.switch(caller);
        self.metrics.late(node.0, late_rows);
        out.late(late_rows);
        match failed {
            Some(error) => Err(error),
            None => result,
        }
    }

    /// The processing time at which an operator wants a tick; none while none does.
    pub fn next_tick(&self) -> Option<i64> {
        self.slots.iter().filter_map(|slot| slot.operator.as_ref()?.next_tick()).min()
    }

    /// Tells the operators that wait for it that processing time has come to where it was set.
    pub fn tick(&mut self, out: &mut dyn Outlet) -> Result<()> {
        for index in 0..self.slots.len() {
            let next = self.slots[index].operator.as_ref().and_then(|operator| operator.next_tick());
            if next.is_some_and(|next| next <= self.now_ms) {
                self.call(NodeId(index), out, |operator, cx| operator.on_tick(cx))?;
            }
        }
        Ok(())
    }
}

/// Whether a node asks for the same keys whenever it is asked for them.
fn may_ask_aside(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::LookupJoin(join) if join.keys.iter().all(|key| key.value.deterministic))
}

/// In debug builds every operator is watched.
fn checked(operator: Box<dyn Operator>) -> Result<Box<dyn Operator>> {
    if cfg!(debug_assertions) { Ok(Box::new(Checked::new(operator)?)) } else { Ok(operator) }
}
