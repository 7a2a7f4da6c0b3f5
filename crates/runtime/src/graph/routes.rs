//! Where the output of a node goes: to the nodes that read it, on this shard and on others.

use streamsql_core::{ChangeBatch, Message, Port, Result};
use streamsql_plan::{Exchange, NodeId};

use super::{Edge, Envelope, Graph, Outlet};
use crate::exchange::{owner_of_all, partition};

impl Graph {
    pub(super) fn send_rows(&mut self, node: NodeId, batch: ChangeBatch, out: &mut dyn Outlet) -> Result<()> {
        let slot = &self.slots[node.0];
        self.metrics.sent(node.0, batch.num_rows(), batch.bytes());
        self.taps.pass(node.0, &batch);
        if slot.terminal {
            return out.rows(node, slot.passed.next(), batch);
        }
        let consumers = self.slots[node.0].consumers.len();
        for index in 0..consumers {
            let Edge { node: to, port, exchange } = &self.slots[node.0].consumers[index];
            let (to, port) = (*to, *port);
            match exchange {
                Exchange::Forward => self.receive(to, port, 0, Message::Batch(batch.clone()), out)?,
                _ if self.shards == 1 => self.receive(to, port, 0, Message::Batch(batch.clone()), out)?,
                Exchange::Single => {
                    self.route(owner_of_all(self.shards), to, port, Message::Batch(batch.clone()), out)?;
                }
                Exchange::Broadcast => {
                    for shard in 0..self.shards {
                        self.route(shard, to, port, Message::Batch(batch.clone()), out)?;
                    }
                }
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
    pub(super) fn broadcast(&mut self, node: NodeId, message: &Message, out: &mut dyn Outlet) -> Result<()> {
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
        out: &mut dyn Outlet,
    ) -> Result<()> {
        if shard == self.shard {
            return self.receive(node, port, self.shard, message, out);
        }
        out.route(Envelope { to_shard: shard, node, port, channel: self.shard, message });
        Ok(())
    }
}
