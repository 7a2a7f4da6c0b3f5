//! What a reader of a topic sees who waits for transactions to end.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::patience;
use crate::services::kafka::Kafka;

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub partition: i32,
    pub key: Option<String>,
    pub value: Option<String>,
    pub timestamp_ms: Option<i64>,
    pub headers: Vec<(String, Option<String>)>,
}

/// All records of a topic that are visible with `read_committed`, partition by partition in their order. A transaction
/// that is still open holds back what is behind it.
pub fn read_committed(kafka: &Kafka, topic: &str, partitions: i32) -> Vec<Found> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.bootstrap())
        .set("group.id", "readers")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .create()
        .expect("consumer");
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        all.add_partition_offset(topic, partition, Offset::Beginning).expect("partition");
    }
    consumer.assign(&all).expect("assignment");
    let (mut found, mut ended) = (Vec::new(), std::collections::BTreeSet::new());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    while ended.len() < partitions as usize {
        match consumer.poll(patience::HANG) {
            Some(Ok(message)) => found.push(Found {
                partition: message.partition(),
                key: message.key().map(text),
                value: message.payload().map(text),
                timestamp_ms: message.timestamp().to_millis(),
                headers: message.headers().map_or_else(Vec::new, |headers| {
                    headers.iter().map(|header| (header.key.to_owned(), header.value.map(text))).collect()
                }),
            }),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ended.insert(partition);
            }
            Some(Err(error)) => panic!("topic {topic}: {error}"),
            None => panic!("topic {topic}: nothing comes"),
        }
    }
    found.sort_by_key(|record| record.partition);
    found
}

/// The values of `read_committed`.
pub fn committed_values(kafka: &Kafka, topic: &str, partitions: i32) -> Vec<String> {
    let found = read_committed(kafka, topic, partitions);
    found.into_iter().map(|record| record.value.unwrap_or_default()).collect()
}
