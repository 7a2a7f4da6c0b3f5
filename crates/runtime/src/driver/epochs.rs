//! How the driver ends epochs: a barrier to every shard, their parts gathered, the commit, and what follows from it.

use std::sync::atomic::Ordering;

use streamsql_core::{Error, Message, Result};

use super::Driver;
use crate::commit::{Committed, EpochData};
use crate::epoch_log::EpochRecord;
use crate::huge_pages;
use crate::scan::Scan;
use crate::shard::EpochPart;

impl Driver<'_> {
    /// Whether the open epoch holds anything, and has waited or grown as far as it may.
    pub(super) fn may_close(&self, ended: bool) -> bool {
        if !self.changed {
            return false;
        }
        let interval_over = self.pace.left(self.clock.monotonic()).is_zero();
        ended || interval_over || self.records >= self.options.epoch_rows || self.throttle.is_full()
    }

    /// Whether rows that could be let in wait until an epoch is committed: the open one is full behind it.
    pub(super) fn is_held(&self) -> bool {
        let is_full = self.records >= self.options.epoch_rows || self.throttle.is_full();
        is_full && self.closed != self.committed && !self.intake.is_empty()
    }

    /// A shard has passed the barrier; with the last one's part the epoch is committed.
    pub(super) fn on_part(&mut self, part: EpochPart) -> Result<()> {
        self.parts.push(part);
        if self.parts.len() < self.shards.count() {
            return Ok(());
        }
        let mut parts = std::mem::take(&mut self.parts);
        // Shards finish in any order; the epoch does not depend on it.
        parts.sort_by_key(|part| part.shard);
        let Some((sources, dead_letters)) = self.closing.take() else {
            return Err(Error::internal("an epoch's parts came without its barrier"));
        };
        self.throttle.complete(parts.iter().map(|part| part.bytes as u64).sum());
        let bytes = self.memory.check(parts.iter().flat_map(|part| &part.state))?;
        self.metrics.state_bytes.store(bytes, Ordering::Relaxed);
        huge_pages::on_for(bytes);
        let mut data = EpochData {
            epoch: self.closed,
            sinks: Vec::new(),
            deltas: Vec::new(),
            sources,
            dead_letters,
            now_ms: self.now_ms,
            is_last: self.is_settled,
            input_ended: self.is_settled && self.input_ended,
        };
        self.gathered = EpochRecord {
            epoch: self.closed.0,
            barrier: self.clock.monotonic().saturating_sub(self.closed_at),
            bytes: parts.iter().map(|part| part.bytes as u64).sum(),
            ..EpochRecord::default()
        };
        for part in parts {
            data.sinks.extend(part.sinks);
            data.deltas
                .extend(part.deltas.into_iter().map(|(node, delta)| (node.0, part.shard as u16, delta)));
        }
        self.commit.commit(data)
    }

    /// An epoch is committed: sources may let go of what led to it.
    pub(super) fn on_committed(&mut self, committed: Committed) -> Result<()> {
        self.committed = committed.epoch;
        self.due_ms = committed.due_ms;
        self.metrics.epoch.store(committed.epoch.0, Ordering::Relaxed);
        self.metrics.rows_out.fetch_add(committed.rows_out, Ordering::Relaxed);
        self.metrics.commit_us.store(committed.took.as_micros() as u64, Ordering::Relaxed);
        let record = EpochRecord {
            state: committed.state,
            transaction: committed.took.saturating_sub(committed.state),
            rows: committed.rows_out,
            state_bytes: committed.state_bytes,
            ..self.gathered
        };
        self.metrics.epochs.committed(record, self.clock.now_ms());
        let positions = std::mem::take(&mut self.closed_positions);
        for (scan, positions) in self.scans.iter().zip(positions) {
            scan.thread.committed(positions);
        }
        Ok(())
    }

    /// Sends the barrier that ends the open epoch.
    pub(super) fn close_epoch(&mut self) -> Result<()> {
        // What the epoch says of event time is what its rows have heard.
        self.tell_watermarks()?;
        self.stamp();
        self.closed = self.closed.next();
        self.changed = false;
        self.records = 0;
        self.closed_at = self.clock.monotonic();
        self.pace.closed(self.closed_at);
        self.metrics.epochs.closed(self.now_ms);
        for scan in &self.scans {
            scan.publish();
        }
        let sources = self.scans.iter().map(Scan::stored).collect();
        self.closed_positions = self.scans.iter().map(|scan| scan.ingest.positions()).collect();
        self.closing = Some((sources, std::mem::take(&mut self.dead_letters)));
        for scan in 0..self.scans.len() {
            self.broadcast(scan, &[Message::Barrier(self.closed)])?;
        }
        Ok(())
    }
}
