//! Messages on their way to other shards: small batches of an edge are put together before they travel.
//!
//! Rows that are cut by key are cut again at every exchange; with many shards a batch soon is a few rows, and what a batch
//! costs whatever its size is paid again and again. A message that is no batch is not overtaken: it sends the rows of
//! its edge ahead of it.

use std::collections::BTreeMap;

use arrow::compute::concat_batches;
use streamsql_core::{ChangeBatch, Message, Port, Result};
use streamsql_plan::NodeId;

use crate::graph::Envelope;

/// Rows that are worth a journey of their own.
const ENOUGH_ROWS: usize = 1_024;

/// Where a batch goes: shard, node, port.
type Lane = (usize, NodeId, Port);

#[derive(Default)]
pub(crate) struct Outbox {
    /// The sender's channel and its small batches.
    waiting: BTreeMap<Lane, (usize, Vec<ChangeBatch>)>,
    ready: Vec<Envelope>,
}

impl Outbox {
    pub fn push(&mut self, envelope: Envelope) {
        let Envelope { to_shard, node, port, channel, message } = envelope;
        let lane = (to_shard, node, port);
        let batch = match message {
            Message::Batch(batch) if batch.num_rows() < ENOUGH_ROWS => batch,
            message => {
                self.send(lane);
                return self.ready.push(Envelope { to_shard, node, port, channel, message });
            }
        };
        let (_, waiting) = self.waiting.entry(lane).or_insert_with(|| (channel, Vec::new()));
        waiting.push(batch);
        if waiting.iter().map(ChangeBatch::num_rows).sum::<usize>() >= ENOUGH_ROWS {
            self.send(lane);
        }
    }

    /// What need not wait for more.
    pub fn take_ready(&mut self) -> Vec<Envelope> {
        std::mem::take(&mut self.ready)
    }

    /// Everything.
    pub fn take_all(&mut self) -> Vec<Envelope> {
        let lanes: Vec<Lane> = self.waiting.keys().copied().collect();
        for lane in lanes {
            self.send(lane);
        }
        self.take_ready()
    }

    fn send(&mut self, lane: Lane) {
        let Some((channel, batches)) = self.waiting.remove(&lane) else { return };
        let (to_shard, node, port) = lane;
        let batches = match joined(&batches) {
            Ok(joined) => vec![joined],
            // They travel one by one.
            Err(_) => batches,
        };
        self.ready.extend(batches.into_iter().map(|batch| {
            let message = Message::Batch(batch);
            Envelope { to_shard, node, port, channel, message }
        }));
    }
}

fn joined(batches: &[ChangeBatch]) -> Result<ChangeBatch> {
    if let [one] = batches {
        return Ok(one.clone());
    }
    let rows = concat_batches(&batches[0].schema(), batches.iter().map(ChangeBatch::rows))?;
    if batches.iter().all(|batch| batch.kinds().is_none()) {
        return Ok(ChangeBatch::inserts(rows));
    }
    let kinds = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.kind(row))).collect();
    ChangeBatch::new(rows, kinds)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
    use arrow::datatypes::Int64Type;
    use streamsql_core::{RowKind, Watermark};

    use super::*;

    fn batch(values: std::ops::Range<i64>, kind: RowKind) -> Message {
        let kinds = vec![kind; values.clone().count()];
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        let rows = RecordBatch::try_from_iter([("n", column)]).unwrap();
        Message::Batch(ChangeBatch::new(rows, kinds).unwrap())
    }

    fn push(outbox: &mut Outbox, to_shard: usize, message: Message) {
        outbox.push(Envelope { to_shard, node: NodeId(4), port: 0, channel: 2, message });
    }

    fn told(envelopes: Vec<Envelope>) -> Vec<String> {
        let told = |envelope: Envelope| match envelope.message {
            Message::Batch(batch) => {
                let values = batch.rows().column(0).as_primitive::<Int64Type>();
                let (first, last) = (values.value(0), values.value(values.len() - 1));
                let (one, other) = (batch.kind(0), batch.kind(batch.num_rows() - 1));
                format!("{}: {one}{first}..{other}{last}", envelope.to_shard)
            }
            other => format!("{}: {other:?}", envelope.to_shard),
        };
        envelopes.into_iter().map(told).collect()
    }

    #[test]
    fn small_batches_of_an_edge_travel_together() {
        let mut outbox = Outbox::default();
        for part in 0..3 {
            push(&mut outbox, 0, batch(part * 400..(part + 1) * 400, RowKind::Insert));
            push(
                &mut outbox,
                1,
                batch(part..part + 1, if part == 2 { RowKind::Delete } else { RowKind::Insert }),
            );
        }
        assert_eq!(told(outbox.take_ready()), ["0: +I0..+I1199"]);
        assert_eq!(told(outbox.take_all()), ["1: +I0..-D2"]);
        assert!(outbox.take_all().is_empty());
    }

    #[test]
    fn nothing_overtakes_on_an_edge() {
        let mut outbox = Outbox::default();
        push(&mut outbox, 0, batch(0..3, RowKind::Insert));
        push(&mut outbox, 1, batch(7..8, RowKind::Insert));
        push(&mut outbox, 0, Message::Watermark(Watermark(5)));
        push(&mut outbox, 0, batch(3..5, RowKind::Insert));
        push(&mut outbox, 0, batch(10..2_000, RowKind::Insert));
        assert_eq!(
            told(outbox.take_ready()),
            ["0: +I0..+I2", "0: Watermark(Watermark(5))", "0: +I3..+I4", "0: +I10..+I1999"]
        );
        assert_eq!(told(outbox.take_all()), ["1: +I7..+I7"]);
    }
}
