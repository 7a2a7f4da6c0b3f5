//! Records to Kafka topics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use streamsql_core::{Error, Result};

use super::{Destination, Record};

/// How long the broker may take to answer at the start.
const FIRST_ANSWER: Duration = Duration::from_secs(15);
/// How long it may take to create topics, and to take the last records at the end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Deliveries are looked after once in so many records.
const POLL_EVERY: u64 = 1_024;

#[derive(Clone, Debug)]
pub struct KafkaOptions {
    /// `host:port,…`
    pub bootstrap_servers: String,
    /// The topic of each stream; none: such records are left out.
    pub topics: Vec<Option<String>>,
    /// Creates missing topics with so many partitions; none: a missing topic is an error.
    pub create_partitions: Option<i32>,
    pub replication: i32,
    /// Further properties of the client, over ours.
    pub properties: Vec<(String, String)>,
}

/// Counts what the broker refused.
#[derive(Default)]
struct Deliveries {
    failed: AtomicU64,
    first: Mutex<Option<String>>,
}

#[derive(Clone, Default)]
struct Context(Arc<Deliveries>);

impl ClientContext for Context {}

impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.0.failed.fetch_add(1, Ordering::Relaxed);
            let mut first = self.0.first.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| error.to_string());
        }
    }
}

pub struct KafkaDestination {
    producer: BaseProducer<Context>,
    deliveries: Arc<Deliveries>,
    options: KafkaOptions,
    sent: u64,
}

impl KafkaDestination {
    /// Connects, and creates or looks for the topics.
    ///
    /// # Errors
    /// `Invalid` for a property that the client does not know; `Unreachable` when no broker answers or a topic is missing.
    pub fn open(options: KafkaOptions) -> Result<Self> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &options.bootstrap_servers)
            .set("client.id", "streamsql-gen")
            // A retry of the client must not add duplicates to those that were asked for.
            .set("enable.idempotence", "true")
            .set("linger.ms", "20")
            .set("batch.size", "1000000")
            .set("queue.buffering.max.messages", "200000")
            .set("queue.buffering.max.kbytes", "131072");
        for (name, value) in &options.properties {
            config.set(name, value);
        }
        let deliveries = Arc::new(Deliveries::default());
        let producer: BaseProducer<Context> = config
            .create_with_context(Context(Arc::clone(&deliveries)))
            .map_err(|e| Error::invalid(format!("Kafka client: {e}")))?;
        let destination = Self { producer, deliveries, options, sent: 0 };
        destination.prepare_topics(&config)?;
        Ok(destination)
    }

    fn prepare_topics(&self, config: &ClientConfig) -> Result<()> {
        let servers = &self.options.bootstrap_servers;
        // All topics at once: asking for one by name would make some brokers create it with their defaults.
        let metadata = self.producer.client().fetch_metadata(None, FIRST_ANSWER).map_err(|e| {
            Error::unreachable(format!(
                "no Kafka broker answers at {servers} within {} s: {e}",
                FIRST_ANSWER.as_secs()
            ))
            .hint("is it running, and is this its address as seen from here?")
        })?;
        let missing: Vec<&str> = self
            .options
            .topics
            .iter()
            .flatten()
            .map(String::as_str)
            .filter(|topic| !metadata.topics().iter().any(|known| known.name() == *topic))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let Some(partitions) = self.options.create_partitions else {
            return Err(Error::unreachable(format!("no topic {} at {servers}", missing.join(", ")))
                .hint("--create-topics PARTITIONS creates what is missing"));
        };
        create_topics(config, &missing, partitions, self.options.replication)
    }

    fn check(&self) -> Result<()> {
        let failed = self.deliveries.failed.load(Ordering::Relaxed);
        if failed == 0 {
            return Ok(());
        }
        let first = self.deliveries.first.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reason = first.unwrap_or_default();
        Err(Error::failed(format!("Kafka did not take {failed} records; the first: {reason}")))
    }
}

fn create_topics(config: &ClientConfig, topics: &[&str], partitions: i32, replication: i32) -> Result<()> {
    let failed =
        |topic: &str, reason: String| Error::unreachable(format!("cannot create topic {topic}: {reason}"));
    let mut admin_config = ClientConfig::new();
    for name in ["bootstrap.servers", "security.protocol", "sasl.mechanism", "sasl.username", "sasl.password"]
    {
        if let Some(value) = config.get(name) {
            admin_config.set(name, value);
        }
    }
    let admin: AdminClient<DefaultClientContext> =
        admin_config.create().map_err(|e| Error::invalid(format!("Kafka client: {e}")))?;
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|topic| NewTopic::new(topic, partitions, TopicReplication::Fixed(replication)))
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| failed(&topics.join(", "), e.to_string()))?;
    let results = runtime
        .block_on(admin.create_topics(&new, &options))
        .map_err(|e| failed(&topics.join(", "), e.to_string()))?;
    for result in results {
        match result {
            // Another generator was faster.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(failed(&topic, code.to_string())),
        }
    }
    Ok(())
}

impl Destination for KafkaDestination {
    fn send(&mut self, record: &Record) -> Result<()> {
        let Some(topic) = &self.options.topics[record.stream] else { return Ok(()) };
        loop {
            let mut message = BaseRecord::<[u8], [u8]>::to(topic).payload(&record.value);
            message.key = (!record.key.is_empty()).then_some(&record.key);
            match self.producer.send(message) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    self.producer.poll(Duration::from_millis(50));
                    self.check()?;
                }
                Err((error, _)) => {
                    return Err(Error::failed(format!("Kafka does not take a record: {error}")));
                }
            }
        }
        self.sent += 1;
        if self.sent.is_multiple_of(POLL_EVERY) {
            self.idle()?;
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<()> {
        self.producer.poll(Duration::ZERO);
        self.check()
    }

    fn finish(&mut self) -> Result<()> {
        self.producer
            .flush(PATIENCE)
            .map_err(|e| Error::failed(format!("Kafka did not take the last records: {e}")))?;
        self.check()
    }
}
