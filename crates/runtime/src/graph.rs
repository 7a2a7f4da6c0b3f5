//! One shard's instance of the dataflow: operators, the alignment of their inputs, and where output goes.
//!
//! Rows are pushed depth-first, so on every edge they keep their order. A node's watermark is the minimum over its
//! channels that are not idle; a barrier passes when every channel has delivered it, and a channel that delivered it
//! early is held until the others have (Chandy and Lamport 1985, aligned variant).

use std::collections::VecDeque;
use std::sync::Arc;

use streamsql_core::{
    ChangeBatch, Context, Epoch, Error, KeyGroupRange, Lookup, Message, Operator, Port, Result, Schema,
    StateDelta, Watermark, processing_time,
};
use streamsql_plan::{Dataflow, Exchange, NodeId, NodeKind};

use crate::contract::Checked;
use crate::exchange::partition;
use crate::job::Constructors;

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

/// What a call of `Graph::receive` produced.
#[derive(Default)]
pub struct Output {
    pub envelopes: Vec<Envelope>,
    /// Rows for sinks and for the results of queries, with the epoch that they belong to.
    pub sinks: Vec<(NodeId, Epoch, ChangeBatch)>,
    pub deltas: Vec<(NodeId, Epoch, StateDelta)>,
    pub late_rows: u64,
    /// An entry for each node that passed a barrier.
    pub barriers: Vec<Epoch>,
}

struct Edge {
    node: NodeId,
    port: Port,
    exchange: Exchange,
}

struct Channel {
    watermark: Watermark,
    idle: bool,
    barrier: Option<Epoch>,
    held: VecDeque<Message>,
}

struct Slot {
    operator: Option<Box<dyn Operator>>,
    lookup: Option<Box<dyn Lookup>>,
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
}

impl Graph {
    /// Makes the operators and lookups of a shard; `committed` is the epoch that its state will be restored to.
    pub fn build(
        dataflow: &Dataflow,
        constructors: &Arc<dyn Constructors>,
        shard: usize,
        shards: usize,
        committed: Epoch,
    ) -> Result<Self> {
        let key_groups = KeyGroupRange::of_shard(shard, shards);
        let mut slots = Vec::with_capacity(dataflow.nodes.len());
        for id in dataflow.ids() {
            let node = dataflow.node(id);
            let inputs: Vec<&Schema> = node.inputs.iter().map(|i| &dataflow.node(i.node).schema).collect();
            let is_source = matches!(node.kind, NodeKind::TableSourceScan(_) | NodeKind::Values(_));
            let operator = match &node.kind {
                _ if is_source => None,
                NodeKind::Collect(_) => None,
                _ => Some(checked(constructors.operator(node, &inputs, key_groups)?, key_groups)?),
            };
            let lookup = match &node.kind {
                NodeKind::LookupJoin(join) => Some(constructors.lookup(join)?),
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
                terminal: matches!(node.kind, NodeKind::Sink(_) | NodeKind::Collect(_)),
                channels,
                consumers,
                watermark_in: Watermark::MIN,
                watermark_out: Watermark::MIN,
                idle_out: false,
                passed: committed,
            });
        }
        Ok(Self { shard, shards, slots, now_ms: 0 })
    }

    /// Number of nodes; a barrier is through when as many have passed it.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Reads one stored segment into a node's state.
    pub fn restore(&mut self, node: NodeId, table: usize, segment: &[u8]) -> Result<()> {
        let slot = self.slots.get_mut(node.0).and_then(|slot| slot.operator.as_mut());
        match slot {
            Some(operator) => operator.restore(table, segment),
            None => Err(Error::state(format!("stored state names node {}, which has none", node.0))),
        }
    }

    pub fn state_bytes(&self) -> usize {
        self.slots.iter().filter_map(|slot| slot.operator.as_ref()).map(|op| op.state_bytes()).sum()
    }

    /// Sets the processing time of what follows.
    pub fn set_processing_time(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
        processing_time::set(now_ms);
    }

    /// Takes a message on a channel of a node and pushes what follows from it as far as it goes.
    pub fn receive(
        &mut self,
        node: NodeId,
        port: Port,
        channel: usize,
        message: Message,
        out: &mut Output,
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
                self.align_watermark(node, out)
            }
            Message::Idle(idle) => {
                entry.idle = idle;
                self.align_watermark(node, out)
            }
            Message::Barrier(epoch) => {
                entry.barrier = Some(epoch);
                self.align_barrier(node, epoch, out)
            }
        }
    }

    fn on_batch(&mut self, node: NodeId, port: Port, batch: ChangeBatch, out: &mut Output) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let Some(operator) = &mut slot.operator else {
            return self.send_rows(node, batch, out);
        };
        processing_time::set_watermark(slot.watermark_in);
        let mut cx = Context { processing_time_ms: self.now_ms, ..Context::default() };
        cx.lookup = match &mut slot.lookup {
            Some(lookup) => Some(lookup.as_mut()),
            None => None,
        };
        operator.on_batch(port, batch, &mut cx)?;
        out.late_rows += cx.late_rows;
        for batch in std::mem::take(&mut cx.output) {
            self.send_rows(node, batch, out)?;
        }
        Ok(())
    }

    fn align_watermark(&mut self, node: NodeId, out: &mut Output) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let active = slot.channels.iter().filter_map(|channels| active_watermark(channels)).min();
        let idle = active.is_none();
        // While every input is idle event time stands still.
        let watermark = active.unwrap_or(slot.watermark_in);
        let idle_changed = idle != slot.idle_out;
        slot.idle_out = idle;
        if watermark > slot.watermark_in {
            slot.watermark_in = watermark;
            let promised = match &mut slot.operator {
                None => watermark,
                Some(operator) => {
                    let mut cx = Context { processing_time_ms: self.now_ms, ..Context::default() };
                    cx.lookup = match &mut slot.lookup {
                        Some(lookup) => Some(lookup.as_mut()),
                        None => None,
                    };
                    let promised = operator.on_watermark(watermark, &mut cx)?;
                    if promised > watermark {
                        return Err(Error::internal(format!(
                            "{} promised watermark {promised} after {watermark}",
                            operator.spec().name
                        )));
                    }
                    out.late_rows += cx.late_rows;
                    for batch in std::mem::take(&mut cx.output) {
                        self.send_rows(node, batch, out)?;
                    }
                    promised
                }
            };
            let slot = &mut self.slots[node.0];
            if promised > slot.watermark_out {
                slot.watermark_out = promised;
                self.broadcast(node, &Message::Watermark(promised), out)?;
            }
        }
        if idle_changed {
            self.broadcast(node, &Message::Idle(idle), out)?;
        }
        Ok(())
    }

    fn align_barrier(&mut self, node: NodeId, epoch: Epoch, out: &mut Output) -> Result<()> {
        let slot = &mut self.slots[node.0];
        if !slot.channels.iter().flatten().all(|c| c.barrier == Some(epoch)) {
            return Ok(());
        }
        if let Some(operator) = &mut slot.operator {
            let mut cx = Context { processing_time_ms: self.now_ms, ..Context::default() };
            operator.on_barrier(epoch, &mut cx)?;
            if !cx.output.is_empty() {
                return Err(Error::internal(format!("{} emitted rows at a barrier", operator.spec().name)));
            }
            out.deltas.extend(cx.state.into_iter().map(|delta| (node, epoch, delta)));
        }
        slot.passed = epoch;
        out.barriers.push(epoch);
        self.broadcast(node, &Message::Barrier(epoch), out)?;
        self.release_held(node, out)
    }

    /// Lets the messages through that came on a channel after its barrier.
    fn release_held(&mut self, node: NodeId, out: &mut Output) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let mut held = Vec::new();
        for (port, channels) in slot.channels.iter_mut().enumerate() {
            for (index, channel) in channels.iter_mut().enumerate() {
                channel.barrier = None;
                held.extend(channel.held.drain(..).map(|message| (port, index, message)));
            }
        }
        for (port, channel, message) in held {
            self.receive(node, port, channel, message, out)?;
        }
        Ok(())
    }

    fn send_rows(&mut self, node: NodeId, batch: ChangeBatch, out: &mut Output) -> Result<()> {
        let slot = &self.slots[node.0];
        if slot.terminal {
            out.sinks.push((node, slot.passed.next(), batch));
            return Ok(());
        }
        let consumers = self.slots[node.0].consumers.len();
        for index in 0..consumers {
            let Edge { node: to, port, exchange } = &self.slots[node.0].consumers[index];
            let (to, port) = (*to, *port);
            match exchange {
                Exchange::Forward => self.receive(to, port, 0, Message::Batch(batch.clone()), out)?,
                _ if self.shards == 1 => self.receive(to, port, 0, Message::Batch(batch.clone()), out)?,
                Exchange::Single => self.route(0, to, port, Message::Batch(batch.clone()), out)?,
                Exchange::Hash(keys) => {
                    let parts = partition(&batch, keys, self.shards)?;
                    for (shard, part) in parts.into_iter().enumerate() {
                        if let Some(part) = part {
                            self.route(shard, to, port, Message::Batch(part), out)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Sends a watermark, idleness or barrier to every shard that reads this node.
    fn broadcast(&mut self, node: NodeId, message: &Message, out: &mut Output) -> Result<()> {
        for index in 0..self.slots[node.0].consumers.len() {
            let Edge { node: to, port, exchange } = &self.slots[node.0].consumers[index];
            let (to, port) = (*to, *port);
            if *exchange == Exchange::Forward {
                self.receive(to, port, 0, message.clone(), out)?;
            } else {
                for shard in 0..self.shards {
                    self.route(shard, to, port, message.clone(), out)?;
                }
            }
        }
        Ok(())
    }

    fn route(
        &mut self,
        shard: usize,
        node: NodeId,
        port: Port,
        message: Message,
        out: &mut Output,
    ) -> Result<()> {
        if shard == self.shard {
            return self.receive(node, port, self.shard, message, out);
        }
        out.envelopes.push(Envelope { to_shard: shard, node, port, channel: self.shard, message });
        Ok(())
    }
}

/// The lowest watermark of a port's channels that are not idle; none where all are.
fn active_watermark(channels: &[Channel]) -> Option<Watermark> {
    channels.iter().filter(|channel| !channel.idle).map(|channel| channel.watermark).min()
}

/// In debug builds every operator is watched.
fn checked(operator: Box<dyn Operator>, key_groups: KeyGroupRange) -> Result<Box<dyn Operator>> {
    if cfg!(debug_assertions) { Ok(Box::new(Checked::new(operator, key_groups)?)) } else { Ok(operator) }
}

impl Channel {
    fn new() -> Self {
        Self { watermark: Watermark::MIN, idle: false, barrier: None, held: VecDeque::new() }
    }
}
