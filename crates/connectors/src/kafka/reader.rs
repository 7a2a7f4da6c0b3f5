//! The partitions being read: messages sorted by partition and decoded, positions moved, ends and errors noticed.

use std::collections::VecDeque;

use rdkafka::consumer::Consumer;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use streamsql_core::{Error, Result, SourceEvent, Split};

use super::KafkaOptions;
use super::batch_queue::{BatchQueue, MessageRef, Messages};
use super::positions::{Cluster, Range, gone};
use super::records::RecordDecoder;

/// Bytes after which a batch is handed on: far below what 32-bit offsets of a text column can hold.
const BATCH_BYTES: u64 = 4 << 20;
/// Fetches of one offset that may fail before the data counts as damaged.
const MOST_BAD_FETCHES: u32 = 5;

/// One batch a partition and poll.
pub struct Reader {
    table: String,
    options: KafkaOptions,
    decoder: RecordDecoder,
    partitions: Vec<Partition>,
    /// Indices of the present poll's messages, by partition.
    polled: Vec<Vec<u32>>,
    ready: VecDeque<SourceEvent>,
}

struct Partition {
    split: Split,
    /// Offset of the next record to read.
    position: i64,
    /// Exclusive.
    end: Option<i64>,
    ended: bool,
    bad_fetches: u32,
}

impl Reader {
    pub fn new(table: &str, options: KafkaOptions, decoder: RecordDecoder) -> Self {
        Self {
            table: table.to_owned(),
            options,
            decoder,
            partitions: Vec::new(),
            polled: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    pub fn options(&self) -> &KafkaOptions {
        &self.options
    }

    pub fn splits(&self) -> impl Iterator<Item = &Split> {
        self.partitions.iter().map(|partition| &partition.split)
    }

    /// What the source has to tell next.
    pub fn next_event(&mut self) -> Option<SourceEvent> {
        self.ready.pop_front()
    }

    pub fn announce(&mut self, event: SourceEvent) {
        self.ready.push_back(event);
    }

    /// Whether a bounded table is read.
    pub fn is_finished(&self) -> bool {
        self.options.end.is_some() && self.partitions.iter().all(|partition| partition.ended)
    }

    /// Starts reading partitions.
    pub fn assign(&mut self, queue: &BatchQueue, ranges: Vec<Range>) -> Result<()> {
        let mut list = TopicPartitionList::new();
        for range in ranges {
            let ended = range.end.is_some_and(|end| range.start >= end);
            if ended {
                self.ready.push_back(SourceEvent::SplitEnd(range.split.clone()));
            } else {
                let Split { topic, partition } = &range.split;
                if !queue.route(topic, *partition) {
                    return Err(Error::internal(format!("librdkafka has no queue for {}", range.split)));
                }
                list.add_partition_offset(topic, *partition, Offset::Offset(range.start))
                    .map_err(|error| Error::internal(error.to_string()))?;
            }
            let Range { split, start: position, end } = range;
            self.partitions.push(Partition { split, position, end, ended, bad_fetches: 0 });
            self.polled.push(Vec::new());
        }
        if list.count() > 0 {
            let assigned = queue.consumer().incremental_assign(&list);
            assigned.map_err(|error| Error::failed(format!("Kafka partitions cannot be read: {error}")))?;
        }
        Ok(())
    }

    /// Takes a poll's messages in, partition by partition; within one in their order.
    pub fn take(&mut self, queue: &BatchQueue, messages: &Messages<'_>) -> Result<()> {
        let mut last = (usize::MAX, i32::MAX, 0);
        for index in 0..messages.len() {
            let message = messages.get(index);
            if (message.topic_handle(), message.partition()) != (last.0, last.1) {
                let Some(slot) = self.slot(message) else {
                    self.on_stray(message);
                    continue;
                };
                last = (message.topic_handle(), message.partition(), slot);
            }
            self.polled[last.2].push(index as u32);
        }
        for slot in 0..self.partitions.len() {
            if self.polled[slot].is_empty() {
                continue;
            }
            let mut indices = std::mem::take(&mut self.polled[slot]);
            let taken = self.take_partition(queue, slot, messages, &indices);
            indices.clear();
            self.polled[slot] = indices;
            taken?;
        }
        Ok(())
    }

    fn take_partition(
        &mut self,
        queue: &BatchQueue,
        slot: usize,
        messages: &Messages<'_>,
        indices: &[u32],
    ) -> Result<()> {
        // Whether something was taken in that no batch tells of yet.
        let mut open = false;
        for index in indices {
            let message = messages.get(*index as usize);
            if let Some(error) = message.error() {
                open |= self.on_error(queue, slot, message, error)?;
                continue;
            }
            let partition = &mut self.partitions[slot];
            let offset = message.offset();
            if partition.ended || offset < partition.position {
                continue;
            }
            if partition.end.is_some_and(|end| offset >= end) {
                open |= partition.reach(offset);
                break;
            }
            self.decoder.append(&partition.split, message)?;
            partition.position = offset + 1;
            open = true;
            if self.decoder.bytes() >= BATCH_BYTES {
                let batch = self.decoder.finish(partition.split.clone(), partition.position)?;
                self.ready.push_back(SourceEvent::Batch(batch));
                open = false;
            }
        }
        let partition = &mut self.partitions[slot];
        if open {
            partition.bad_fetches = 0;
            let batch = self.decoder.finish(partition.split.clone(), partition.position)?;
            self.ready.push_back(SourceEvent::Batch(batch));
        }
        self.end_if_reached(queue, slot)
    }

    /// A bounded partition that stands at its end is let go.
    fn end_if_reached(&mut self, queue: &BatchQueue, slot: usize) -> Result<()> {
        let partition = &mut self.partitions[slot];
        if partition.ended || partition.end.is_none_or(|end| partition.position < end) {
            return Ok(());
        }
        partition.ended = true;
        self.ready.push_back(SourceEvent::SplitEnd(partition.split.clone()));
        let mut list = TopicPartitionList::new();
        list.add_partition(&partition.split.topic, partition.split.partition);
        let released = queue.consumer().incremental_unassign(&list);
        released.map_err(|error| Error::failed(format!("Kafka partition cannot be released: {error}")))
    }

    fn slot(&self, message: MessageRef<'_>) -> Option<usize> {
        let (topic, partition) = (message.topic(), message.partition());
        self.partitions.iter().position(|p| p.split.partition == partition && *p.split.topic == *topic)
    }

    fn on_stray(&self, message: MessageRef<'_>) {
        if let Some(error) = message.error() {
            let text = String::from_utf8_lossy(message.value().unwrap_or_default());
            tracing::warn!("table {}: Kafka: {error}: {text}", self.table);
        }
    }

    /// Deals with an error report; true when it moved the partition's position.
    fn on_error(
        &mut self,
        queue: &BatchQueue,
        slot: usize,
        message: MessageRef<'_>,
        error: RDKafkaErrorCode,
    ) -> Result<bool> {
        let text = || String::from_utf8_lossy(message.value().unwrap_or_default()).into_owned();
        let partition = &mut self.partitions[slot];
        match error {
            // The end may lie behind records that nobody sees: of aborted transactions, or their markers.
            RDKafkaErrorCode::PartitionEOF => return Ok(partition.reach(message.offset())),
            RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange => {
                return Err(self.lost_data(queue, slot));
            }
            RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownPartition => {
                let split = partition.split.clone();
                self.check_existence(queue, &split)?;
            }
            RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::GroupAuthorizationFailed => {
                return Err(Error::failed(format!(
                    "{} may not be read any more: {}",
                    partition.split,
                    text()
                )));
            }
            RDKafkaErrorCode::BadMessage | RDKafkaErrorCode::BadCompression => {
                partition.bad_fetches += 1;
                if partition.bad_fetches >= MOST_BAD_FETCHES {
                    let Split { topic, partition: number } = &partition.split;
                    return Err(Error::failed(format!("the log is damaged: {}", text()))
                        .at(format!("{topic}/{number}/{}", partition.position)));
                }
            }
            // Everything else is for librdkafka to try again.
            _ => tracing::debug!("table {}: {}: {error}: {}", self.table, partition.split, text()),
        }
        Ok(false)
    }

    fn lost_data(&self, queue: &BatchQueue, slot: usize) -> Error {
        let Partition { split, position, .. } = &self.partitions[slot];
        match (Cluster { consumer: queue.consumer(), options: &self.options }).bounds(split) {
            Ok(bounds) => gone(split, *position, bounds),
            Err(error) => Error::failed(format!("{split}: offset {position} is not available: {error}")),
        }
    }

    /// Fails when a partition that is read does not exist any more.
    /// A broker that just started may not know its topics yet; so the cluster is asked before the job gives up.
    pub fn check_existence(&self, queue: &BatchQueue, split: &Split) -> Result<()> {
        let cluster = Cluster { consumer: queue.consumer(), options: &self.options };
        if cluster.confirms_missing(split)? {
            return Err(Error::failed(format!("partition {split} does not exist any more"))
                .at(format!("{}/{}", split.topic, split.partition))
                .hint("the topic was deleted while it was read; what was committed stays"));
        }
        Ok(())
    }
}

impl Partition {
    /// Moves the position forward over records that give nothing; true when it moved.
    fn reach(&mut self, offset: i64) -> bool {
        let reached = self.end.map_or(offset, |end| offset.min(end));
        let moves = !self.ended && reached > self.position;
        if moves {
            self.position = reached;
        }
        moves
    }
}
