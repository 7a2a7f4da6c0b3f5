//! How the driver hands to the shards what sources have read.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamsql_core::{Message, Result, SourceBatch, SourceEvent, Split};

use super::Driver;
use crate::intake::Taken;
use crate::shard::{Records, SourceInput};
use crate::source_thread::ByteBudget;

impl Driver<'_> {
    pub(super) fn on_source(&mut self, Taken { scan, event, release, records }: Taken) -> Result<()> {
        self.stamp();
        self.changed = true;
        self.pace.read(records);
        match event {
            SourceEvent::Batch(batch) => self.on_batch(scan, batch, release),
            other => {
                let messages = self.scans[scan].on_event(other, self.clock, self.now_ms)?;
                self.broadcast(scan, &messages)
            }
        }
    }

    fn on_batch(&mut self, scan: usize, mut batch: SourceBatch, release: usize) -> Result<()> {
        self.records += batch.records;
        self.metrics.records_in.fetch_add(batch.records, Ordering::Relaxed);
        self.metrics.bytes_in.fetch_add(batch.bytes, Ordering::Relaxed);
        self.metrics.skipped_records.fetch_add(batch.skipped, Ordering::Relaxed);
        self.metrics.dead_letters.fetch_add(batch.dead_letters.len() as u64, Ordering::Relaxed);
        self.metrics.standing.letters(&batch.dead_letters, self.now_ms);
        self.scans[scan].counters.read(&batch, self.now_ms);
        self.dead_letters.append(&mut batch.dead_letters);
        let records = Records::of(&batch);
        let split = batch.split.clone();
        let now = self.clock.monotonic();
        let scan_state = &mut self.scans[scan];
        let mut messages = scan_state.ingest.on_batch(batch, now, self.now_ms)?;
        let mut put_aside = scan_state.ingest.take_dead_letters();
        self.metrics.dead_letters.fetch_add(put_aside.len() as u64, Ordering::Relaxed);
        self.metrics.standing.letters(&put_aside, self.now_ms);
        scan_state.counters.put_aside(&split, put_aside.len() as u64);
        self.dead_letters.append(&mut put_aside);
        scan_state.thin_out(&mut messages, now);
        let rows = |message: &Message| match message {
            Message::Batch(batch) => batch.num_rows(),
            _ => 0,
        };
        self.throttle.feed(messages.iter().map(rows).sum());
        let release = Some((Arc::clone(&scan_state.budget), release));
        self.set_watermark_metric();
        if self.shards.count() == 1 {
            return self.feed(0, scan, messages, records, release);
        }
        // Rows go to one shard, chosen by split so that a partition's order is kept; the rest to all.
        let home = shard_of_split(&split, self.shards.count());
        let mut release = release;
        for shard in 0..self.shards.count() {
            let for_shard: Vec<Message> = messages
                .iter()
                .filter(|message| shard == home || !matches!(message, Message::Batch(_)))
                .cloned()
                .collect();
            let release = if shard == home { release.take() } else { None };
            self.feed(shard, scan, for_shard, records.clone(), release)?;
        }
        Ok(())
    }

    pub(super) fn broadcast(&mut self, scan: usize, messages: &[Message]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        for shard in 0..self.shards.count() {
            self.feed(shard, scan, messages.to_vec(), None, None)?;
        }
        Ok(())
    }

    fn feed(
        &mut self,
        shard: usize,
        scan: usize,
        messages: Vec<Message>,
        records: Option<Records>,
        release: Option<(Arc<ByteBudget>, usize)>,
    ) -> Result<()> {
        if messages.is_empty() && release.is_none() {
            return Ok(());
        }
        let input =
            SourceInput { node: self.scans[scan].node, messages, now_ms: self.now_ms, records, release };
        for part in self.shards.feed(shard, input)? {
            self.on_part(part)?;
        }
        Ok(())
    }

    fn set_watermark_metric(&self) {
        let lowest = self.scans.iter().map(|scan| scan.ingest.watermark().0).min().unwrap_or(i64::MIN);
        self.metrics.watermark_ms.store(lowest, Ordering::Relaxed);
    }
}

fn shard_of_split(split: &Split, shards: usize) -> usize {
    let topic: usize = split.topic.bytes().map(usize::from).sum();
    (topic + split.partition.max(0) as usize) % shards
}
