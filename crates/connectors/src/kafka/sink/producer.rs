//! The clients: one that sends and waits for acknowledgements, and one that sends in transactions with a marker.
//!
//! The marker of an epoch is an offset that the transaction commits for a group of the sink's own, on partition 0 of its
//! topic: the number of the epoch, not a place in the log. It becomes visible with the records or not at all. Making a
//! client for a transactional id ends what an earlier client of that id left open and shuts it out (Kafka KIP-98), so a
//! marker that is read afterwards is final.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use streamsql_core::{Epoch, Error, ErrorKind, Result, StopHandle};

use super::options::{Guarantee, KafkaSinkOptions, Partitioner};
use super::record::Records;

/// How long the broker may take to answer a request.
const ANSWER: Duration = Duration::from_secs(30);
/// How long it may take to acknowledge what was sent.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);
/// Deliveries are looked after once in so many records.
const POLL_EVERY: usize = 1_024;

/// Hears what became of records; keeps the first failure.
#[derive(Clone)]
struct Deliveries {
    table: String,
    failure: Arc<Mutex<Option<String>>>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: rdkafka::config::RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", "table {}: {level:?} {facility}: {message}", self.table);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", "table {}: {error}: {reason}", self.table);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert_with(|| error.to_string());
        }
    }
}

/// Sends records to the table's topic.
pub struct Plain {
    producer: BaseProducer<Deliveries>,
    deliveries: Deliveries,
    topic: String,
    partitioner: Partitioner,
    /// For `round-robin`: partitions of the topic, and the next one.
    partitions: i32,
    next: i32,
}

impl Plain {
    /// Makes the client; contacts nothing yet.
    pub fn connect(options: &KafkaSinkOptions) -> Result<Self> {
        Self::with(options, &options.client)
    }

    fn with(options: &KafkaSinkOptions, config: &ClientConfig) -> Result<Self> {
        let deliveries = Deliveries { table: options.table.clone(), failure: Arc::default() };
        let producer = config
            .create_with_context(deliveries.clone())
            .map_err(|e| Error::invalid(format!("table {}: Kafka client: {e}", options.table)))?;
        let (topic, partitioner) = (options.topic.clone(), options.partitioner);
        Ok(Self { producer, deliveries, topic, partitioner, partitions: 0, next: 0 })
    }

    /// Waits until the broker knows the topic, which it may create by itself.
    ///
    /// # Errors
    /// `Unreachable` when no broker answers or there is no such topic.
    pub fn check_topic(&self, options: &KafkaSinkOptions, halt: &StopHandle) -> Result<i32> {
        let KafkaSinkOptions { table, topic, brokers, .. } = options;
        let started = Instant::now();
        loop {
            let metadata = self.producer.client().fetch_metadata(Some(topic), ANSWER).map_err(|e| {
                Error::unreachable(format!(
                    "table {table}: no Kafka broker answers at {brokers} within {} s: {e}",
                    ANSWER.as_secs()
                ))
                .hint("is it running, and is this its address as seen from here?")
            })?;
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            match found.map(|found| (found.error(), found.partitions().len())) {
                Some((None, partitions)) if partitions > 0 => {
                    return Ok(i32::try_from(partitions).unwrap_or(i32::MAX));
                }
                answer => {
                    if started.elapsed() > ANSWER || halt.wait(PAUSE) {
                        let error = answer.and_then(|(error, _)| error).map(Code::from);
                        let why = error.map_or(String::new(), |error| format!(": {error}"));
                        return Err(Error::unreachable(format!(
                            "table {table}: topic {topic} cannot be written to at {brokers}{why}"
                        ))
                        .hint("create the topic first, or allow the broker to create it"));
                    }
                }
            }
        }
    }

    fn failed(&self, what: impl std::fmt::Display) -> Error {
        Error::failed(format!("table {}: topic {}: {what}", self.deliveries.table, self.topic))
    }

    /// The first record that the broker did not take.
    fn check(&self) -> Result<()> {
        let mut failure = self.deliveries.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.take() {
            Some(failure) => Err(self.failed(format!("Kafka did not take a record: {failure}"))),
            None => Ok(()),
        }
    }

    /// Hands records to the client, in order.
    pub fn send(&mut self, records: &Records) -> Result<()> {
        if self.partitioner == Partitioner::RoundRobin && self.partitions == 0 {
            let metadata = self
                .producer
                .client()
                .fetch_metadata(Some(&self.topic), ANSWER)
                .map_err(|error| self.failed(error))?;
            let topic = metadata.topics().iter().find(|topic| topic.name() == self.topic);
            self.partitions = topic.map_or(1, |topic| topic.partitions().len().max(1)) as i32;
        }
        for (sent, record) in records.iter().enumerate() {
            let record = record?;
            let started = Instant::now();
            let mut message = BaseRecord::<[u8], [u8]>::to(&self.topic);
            message.partition = match self.partitioner {
                Partitioner::Default => None,
                Partitioner::Fixed => Some(0),
                Partitioner::RoundRobin => Some(self.next),
            };
            if self.partitioner == Partitioner::RoundRobin {
                self.next = (self.next + 1) % self.partitions;
            }
            (message.key, message.payload, message.timestamp) = (record.key, record.value, record.timestamp);
            if !record.headers.is_empty() {
                let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                    headers.insert(Header { key, value: *value })
                });
                message.headers = Some(headers);
            }
            loop {
                match self.producer.send(message) {
                    Ok(()) => break,
                    Err((KafkaError::MessageProduction(Code::QueueFull), back)) => {
                        self.producer.poll(PAUSE);
                        self.check()?;
                        if started.elapsed() > PATIENCE {
                            return Err(self.failed("Kafka takes no records"));
                        }
                        message = back;
                    }
                    Err((error, _)) => {
                        return Err(self.failed(format!("Kafka does not take a record: {error}")));
                    }
                }
            }
            if sent % POLL_EVERY == 0 {
                self.producer.poll(Duration::ZERO);
                self.check()?;
            }
        }
        Ok(())
    }

    /// Waits until all that was sent is acknowledged.
    pub fn flush(&self) -> Result<()> {
        let flushed = self.producer.flush(PATIENCE);
        self.check()?;
        flushed.map_err(|error| self.failed(format!("Kafka did not take the last records: {error}")))
    }
}

/// Sends epochs in transactions.
pub struct Transactional {
    client: Plain,
    /// Knows the marker.
    consumer: BaseConsumer,
    group: ConsumerGroupMetadata,
}

impl Transactional {
    /// Connects and shuts out earlier clients of this transactional id; what they left open is taken back.
    pub fn connect(options: &KafkaSinkOptions) -> Result<Self> {
        let Guarantee::ExactlyOnce { transactional_id } = &options.guarantee else {
            return Err(Error::internal("transactions of a sink that has none"));
        };
        let mut config = options.client.clone();
        config.set("transactional.id", transactional_id);
        let client = Plain::with(options, &config)?;
        let mut reading = ClientConfig::new();
        for (name, value) in options.client.config_map() {
            let shared = ["bootstrap.", "security.", "sasl.", "ssl.", "socket.", "client.dns", "broker."];
            if shared.iter().any(|prefix| name.starts_with(prefix)) {
                reading.set(name, value);
            }
        }
        reading.set("group.id", options.marker_group());
        // Only markers of transactions that have ended.
        reading.set("isolation.level", "read_committed");
        let consumer: BaseConsumer = reading
            .create()
            .map_err(|e| Error::invalid(format!("table {}: Kafka client: {e}", options.table)))?;
        let group = consumer.group_metadata().ok_or_else(|| Error::internal("a consumer without a group"))?;
        client.producer.init_transactions(ANSWER).map_err(|error| {
            let failed = client.failed(format!("no transactions: {error}"));
            Error { kind: ErrorKind::Unreachable, ..failed }.hint(
                "is the broker reachable, and may this user write with this 'sink.transactional-id-prefix'?",
            )
        })?;
        Ok(Self { client, consumer, group })
    }

    fn partition(&self) -> (&str, i32) {
        (&self.client.topic, 0)
    }

    /// The last epoch whose records are in the topic.
    pub fn marker(&self) -> Result<Option<u64>> {
        let (topic, partition) = self.partition();
        let mut asked = TopicPartitionList::new();
        asked.add_partition(topic, partition);
        let answer = self
            .consumer
            .committed_offsets(asked, ANSWER)
            .map_err(|error| self.client.failed(format!("the marker cannot be read: {error}")))?;
        let offset = answer.find_partition(topic, partition).map(|found| found.offset());
        Ok(match offset {
            Some(Offset::Offset(epoch)) => u64::try_from(epoch).ok(),
            _ => None,
        })
    }

    /// Sends an epoch's records, or none, and moves the marker to it.
    ///
    /// # Errors
    /// `Fenced` when another instance uses the transactional id; after any error the client is of no more use.
    pub fn send(&mut self, epoch: Epoch, records: Option<&Records>) -> Result<bool> {
        self.begin(epoch, records).map_err(|error| self.explained(error))?;
        Ok(true)
    }

    fn begin(&mut self, epoch: Epoch, records: Option<&Records>) -> Result<()> {
        let failed = |client: &Plain, error: KafkaError| {
            let fenced = error.rdkafka_error_code().is_some_and(is_fencing);
            let described = client.failed(format!("the transaction of epoch {epoch}: {error}"));
            if fenced { fenced_out(&described) } else { described }
        };
        self.client.producer.begin_transaction().map_err(|error| failed(&self.client, error))?;
        if let Some(records) = records {
            self.client.send(records)?;
        }
        let (topic, partition) = self.partition();
        let mut marker = TopicPartitionList::new();
        let number = i64::try_from(epoch.0).map_err(|_| Error::internal("an epoch beyond all numbers"))?;
        marker
            .add_partition_offset(topic, partition, Offset::Offset(number))
            .map_err(|error| failed(&self.client, error))?;
        self.client
            .producer
            .send_offsets_to_transaction(&marker, &self.group, ANSWER)
            .map_err(|error| failed(&self.client, error))?;
        self.client.producer.commit_transaction(PATIENCE).map_err(|error| failed(&self.client, error))?;
        self.client.check()
    }

    /// A client that was shut out says so only when asked.
    fn explained(&self, error: Error) -> Error {
        match self.client.producer.client().fatal_error() {
            Some((code, _)) if is_fencing(code) => fenced_out(&error),
            _ => error,
        }
    }
}

fn is_fencing(code: Code) -> bool {
    matches!(code, Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch)
}

fn fenced_out(error: &Error) -> Error {
    Error::fenced(format!("{}: another instance writes with this transactional id", error.message)).hint(
        "one instance of a job runs at a time, and each job needs a 'sink.transactional-id-prefix' of its own",
    )
}
