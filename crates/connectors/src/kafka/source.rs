//! The `Source`: partitions assigned by hand, positions of its own, group offsets for display only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use streamsql_core::{Error, Result, Source, SourceEvent, Split, SplitStart};

use super::KafkaOptions;
use super::batch_queue::{BatchQueue, MessageBuffer};
use super::client::{consumer, serve_events};
use super::positions::{Cluster, PresentSplits, Range};
use super::reader::Reader;
use super::records::RecordDecoder;
use crate::SourceSpec;

/// Messages taken with one call.
const BATCH_MESSAGES: usize = 8_192;
/// Least time between two commits of group offsets, and how long one may stay unanswered.
const GROUP_COMMIT_INTERVAL: Duration = Duration::from_secs(1);
const GROUP_COMMIT_PATIENCE: Duration = Duration::from_secs(30);

/// How long the end of a job waits for the client to close.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// Reads the partitions of a table's topics.
pub struct KafkaSource {
    table: String,
    reader: Reader,
    queue: Option<BatchQueue>,
    buffer: MessageBuffer,
    next_discovery: Option<Instant>,
    group_offsets: GroupOffsets,
}

/// What is to be committed to the group.
#[derive(Default)]
struct GroupOffsets {
    waiting: BTreeMap<Split, i64>,
    last_commit: Option<Instant>,
}

impl KafkaSource {
    /// # Errors
    /// `Invalid`, naming the option or column.
    pub fn new(spec: &SourceSpec<'_>) -> Result<Self> {
        let options = KafkaOptions::parse(spec)?;
        let decoder = RecordDecoder::new(spec, &options)?;
        Ok(Self {
            table: spec.table.to_owned(),
            reader: Reader::new(spec.table, options, decoder),
            queue: None,
            buffer: MessageBuffer::new(BATCH_MESSAGES),
            next_discovery: None,
            group_offsets: GroupOffsets::default(),
        })
    }

    /// Looks for partitions that are new; they are read from their beginning.
    fn discover(&mut self) -> Result<()> {
        let (Some(due), Some(interval), Some(queue)) =
            (self.next_discovery, self.reader.options().discovery, &self.queue)
        else {
            return Ok(());
        };
        let now = Instant::now();
        if now < due {
            return Ok(());
        }
        self.next_discovery = Some(now + interval);
        let cluster = Cluster { consumer: queue.consumer(), options: self.reader.options() };
        if queue.consumer().context().is_unreachable() {
            return Ok(());
        }
        let known: BTreeSet<&Split> = self.reader.splits().collect();
        let found = match cluster.splits_now() {
            Some(PresentSplits::All(found)) => found,
            Some(PresentSplits::TopicMissing(topic)) => {
                let of_topic = known.iter().find(|split| *split.topic == *topic);
                return of_topic.map_or(Ok(()), |split| self.reader.check_existence(queue, split));
            }
            // No answer now: asked again later.
            None => return Ok(()),
        };
        if let Some(gone) = known.iter().find(|split| !found.contains(**split)) {
            self.reader.check_existence(queue, gone)?;
        }
        let mut ranges = Vec::new();
        for split in found.iter().filter(|split| !known.contains(split)).cloned() {
            let Ok((first, _)) = cluster.bounds(&split) else { continue };
            tracing::info!("table {}: new partition {split}, read from offset {first}", self.table);
            ranges.push(Range { split, start: first, end: None });
        }
        for Range { split, start, .. } in &ranges {
            let start = SplitStart { split: split.clone(), position: *start };
            self.reader.announce(SourceEvent::NewSplit(start));
        }
        self.reader.assign(queue, ranges)
    }

    fn commit_group_offsets(&mut self, last: bool) {
        let Some(queue) = &self.queue else { return };
        let log = queue.consumer().context();
        let offsets = &mut self.group_offsets;
        if offsets.waiting.is_empty() || log.is_unreachable() {
            return;
        }
        let since = offsets.last_commit.map_or(Duration::MAX, |last| last.elapsed());
        let may =
            last || (since >= GROUP_COMMIT_INTERVAL && log.start_commit()) || since >= GROUP_COMMIT_PATIENCE;
        if !may {
            return;
        }
        let mut list = TopicPartitionList::new();
        for (split, position) in std::mem::take(&mut offsets.waiting) {
            // Only for display: a position that cannot be told is left out.
            let _ = list.add_partition_offset(&split.topic, split.partition, Offset::Offset(position));
        }
        offsets.last_commit = Some(Instant::now());
        if let Err(error) = queue.consumer().commit(&list, CommitMode::Async) {
            log.finish_commit();
            tracing::debug!("table {}: group offsets were not committed: {error}", self.table);
        }
    }
}

impl Source for KafkaSource {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        let named = |error: Error| error.context(format!("table {}", self.table));
        let consumer = consumer(&self.table, self.reader.options()).map_err(named)?;
        let cluster = Cluster { consumer: &consumer, options: self.reader.options() };
        let ranges = cluster.ranges(restored).map_err(named)?;
        let starts: Vec<SplitStart> = ranges
            .iter()
            .map(|range| SplitStart { split: range.split.clone(), position: range.start })
            .collect();
        let queue = BatchQueue::new(consumer)
            .ok_or_else(|| Error::internal("librdkafka has no memory for a queue"))?;
        self.reader.assign(&queue, ranges).map_err(named)?;
        self.queue = Some(queue);
        self.next_discovery = self.reader.options().discovery.map(|interval| Instant::now() + interval);
        Ok(starts)
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        if let Some(event) = self.reader.next_event() {
            return Ok(event);
        }
        if self.reader.is_finished() {
            return Ok(SourceEvent::End);
        }
        self.discover()?;
        if let Some(event) = self.reader.next_event() {
            return Ok(event);
        }
        self.commit_group_offsets(false);
        let Some(queue) = &self.queue else {
            return Err(Error::internal("a Kafka source was polled before it was opened"));
        };
        serve_events(queue.consumer())?;
        let messages = queue.poll(timeout.as_millis() as i32, &mut self.buffer);
        if messages.len() > 0 {
            queue.consumer().context().reachable();
            self.reader.take(queue, &messages)?;
        }
        drop(messages);
        Ok(self.reader.next_event().unwrap_or(SourceEvent::Nothing))
    }

    fn lag(&self) -> Option<u64> {
        self.queue.as_ref()?.consumer().context().lag()
    }

    fn split_lags(&self) -> Vec<(Split, u64)> {
        let Some(queue) = &self.queue else { return Vec::new() };
        let lags = queue.consumer().context().partition_lags().into_iter();
        lags.map(|(topic, partition, lag)| (Split { topic: Arc::from(topic), partition }, lag)).collect()
    }

    fn committed(&mut self, positions: &BTreeMap<Split, i64>) {
        if self.reader.options().silent_group {
            return;
        }
        let positions = positions.iter().map(|(split, position)| (split.clone(), *position));
        self.group_offsets.waiting.extend(positions);
    }
}

impl Drop for KafkaSource {
    fn drop(&mut self) {
        self.commit_group_offsets(true);
        let Some(queue) = self.queue.take() else { return };
        // Closing sends what is under way. It waits for brokers that may never answer, so it gets a thread of its own,
        // which ends with the process.
        let (closed, closing) = std::sync::mpsc::channel();
        let close = move || {
            drop(queue);
            // Nobody listens any more when it took too long.
            let _ = closed.send(());
        };
        if std::thread::Builder::new().name("kafka-close".to_owned()).spawn(close).is_ok() {
            let _ = closing.recv_timeout(CLOSE_PATIENCE);
        }
    }
}
