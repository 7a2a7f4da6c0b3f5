//! Where the channels of a node meet: its watermark is their least, a barrier passes when all have delivered it.

use std::collections::VecDeque;

use streamsql_core::{Epoch, Error, Message, Result, Watermark};
use streamsql_plan::NodeId;

use super::{Graph, Outlet};

/// One input of a port: what one shard of the node before sends.
pub(super) struct Channel {
    pub watermark: Watermark,
    /// Never of a channel that has ended: its last watermark counts, whatever was said before or comes after.
    pub idle: bool,
    pub barrier: Option<Epoch>,
    pub held: VecDeque<Message>,
}

impl Channel {
    pub fn new() -> Self {
        Self { watermark: Watermark::MIN, idle: false, barrier: None, held: VecDeque::new() }
    }

    pub fn has_ended(&self) -> bool {
        self.watermark == Watermark::MAX
    }
}

impl Graph {
    pub(super) fn align_watermark(&mut self, node: NodeId, out: &mut dyn Outlet) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let mut channels = slot.channels.iter().flatten();
        let ended = channels.clone().all(Channel::has_ended);
        let active = channels.by_ref().filter(|c| !c.idle && !c.has_ended()).map(|c| c.watermark).min();
        let idle = active.is_none() && !ended;
        // While every input is idle event time stands still; also where others have ended, for an idle one may speak
        // again, and its rows are not late.
        let watermark = if ended { Watermark::MAX } else { active.unwrap_or(slot.watermark_in) };
        let idle_changed = idle != slot.idle_out;
        slot.idle_out = idle;
        if watermark > slot.watermark_in {
            slot.watermark_in = watermark;
            self.metrics.watermark(node.0, watermark);
            let promised = if slot.operator.is_none() {
                watermark
            } else if ended {
                self.call(node, out, |operator, cx| operator.on_end(cx))?;
                watermark
            } else {
                self.call(node, out, |operator, cx| {
                    let promised = operator.on_watermark(watermark, cx)?;
                    if promised > watermark {
                        return Err(Error::internal(format!(
                            "{} promised watermark {promised} after {watermark}",
                            operator.spec().name
                        )));
                    }
                    Ok(promised)
                })?
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

    pub(super) fn align_barrier(&mut self, node: NodeId, epoch: Epoch, out: &mut dyn Outlet) -> Result<()> {
        let slot = &mut self.slots[node.0];
        if !slot.channels.iter().flatten().all(|c| c.barrier == Some(epoch)) {
            return Ok(());
        }
        if let Some(operator) = &mut slot.operator {
            let caller = self.stopwatch.switch(Some(node.0));
            let (mut bytes, mut keys) = (0, 0);
            for table in operator.tables() {
                if let Some(delta) = table.barrier(epoch, self.now_ms)? {
                    out.delta(node, epoch, delta);
                }
                bytes += table.bytes();
                keys += table.keys();
            }
            self.metrics.state(node.0, bytes, keys);
            if self.taps.keys.is_asked() {
                self.taps.keys.answer(node.0, self.shard, operator.tables());
            }
            self.stopwatch.switch(caller);
        }
        slot.passed = epoch;
        out.passed(epoch);
        self.broadcast(node, &Message::Barrier(epoch), out)?;
        self.release_held(node, out)
    }

    /// Lets the messages through that came on a channel after its barrier.
    fn release_held(&mut self, node: NodeId, out: &mut dyn Outlet) -> Result<()> {
        let slot = &mut self.slots[node.0];
        let mut held = Vec::new();
        for (port, channels) in slot.channels.iter_mut().enumerate() {
            for (index, channel) in channels.iter_mut().enumerate() {
                channel.barrier = None;
                held.extend(channel.held.drain(..).map(|message| (port, index, message)));
            }
        }
        if let Some(asking) = &mut slot.asking {
            // They came before what waits.
            let advancing = asking.advancing;
            asking.wait_first(held);
            return if advancing { Ok(()) } else { self.advance(node, false, out) };
        }
        for (port, channel, message) in held {
            self.receive(node, port, channel, message, out)?;
        }
        Ok(())
    }
}
