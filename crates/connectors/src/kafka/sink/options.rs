//! What a table's options say of writing (Flink `KafkaConnectorOptions`, `KafkaConnectorOptionsUtil`).

use std::collections::BTreeMap;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use streamsql_core::{Error, Result, Schema};

use super::super::options::{formats, key_options};
use super::super::properties::{of_table, producer_setting, translate};
use crate::SinkSpec;
use crate::options::required;

/// `sink.delivery-guarantee`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarantee {
    None,
    AtLeastOnce,
    ExactlyOnce { transactional_id: String },
}

/// `sink.partitioner`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partitioner {
    /// By the hash of the key as the Java client does, or any.
    Default,
    /// One partition for each writer; there is one.
    Fixed,
    RoundRobin,
}

pub struct KafkaSinkOptions {
    pub table: String,
    pub topic: String,
    pub brokers: String,
    pub value_format: String,
    pub key_format: Option<String>,
    /// Names of the columns that the key holds.
    pub key_fields: Vec<String>,
    pub key_prefix: String,
    /// The value holds the key's columns too.
    pub value_has_key: bool,
    /// A deletion is a record without a value (connector `upsert-kafka`).
    pub upserts: bool,
    /// Records tell what becomes of rows.
    pub tells_changes: bool,
    pub guarantee: Guarantee,
    pub partitioner: Partitioner,
    /// Settings of the producer, without `transactional.id`.
    pub client: ClientConfig,
}

impl KafkaSinkOptions {
    /// # Errors
    /// `Invalid`, naming the option.
    pub fn parse(spec: &SinkSpec<'_>) -> Result<Self> {
        let options = spec.options;
        let get = |key: &str| options.get(key).map(String::as_str);
        let (value_format, key_format) = formats(options)?;
        let topic = required(options, "topic")?.trim().to_owned();
        if topic.is_empty() || topic.contains(';') {
            return Err(Error::invalid(format!("'topic' = '{topic}': a sink writes to one topic")));
        }
        let upserts = get("connector") == Some("upsert-kafka");
        let tells_changes = streamsql_formats::tells_changes(&value_format);
        if !upserts && !tells_changes && !spec.primary_key.is_empty() {
            return Err(Error::invalid(format!(
                "connector 'kafka' with format '{value_format}' takes no PRIMARY KEY: it only appends rows"
            ))
            .hint("leave the key out, or use connector 'upsert-kafka', which keeps the last row of a key"));
        }
        let physical = Schema::new(
            spec.columns
                .columns
                .iter()
                .enumerate()
                .filter(|(i, _)| spec.metadata.iter().all(|(_, column)| column != i))
                .map(|(_, column)| column.clone())
                .collect(),
        );
        let (key_fields, key_prefix, value_has_key) = key_options(options, &physical, key_format.is_some())?;
        let guarantee = guarantee(spec)?;
        let partitioner = match get("sink.partitioner").unwrap_or("default") {
            "default" => Partitioner::Default,
            "fixed" => Partitioner::Fixed,
            "round-robin" if key_format.is_some() => {
                return Err(Error::invalid(
                    "'sink.partitioner' = 'round-robin' is for records without keys, and 'key.fields' gives them keys",
                ));
            }
            "round-robin" => Partitioner::RoundRobin,
            class => {
                return Err(Error::invalid(format!(
                    "'sink.partitioner' = '{class}': classes of Java cannot run here"
                ))
                .hint("partitioners are default, fixed and round-robin"));
            }
        };
        Ok(Self {
            table: spec.table.to_owned(),
            topic,
            brokers: required(options, "properties.bootstrap.servers")?.to_owned(),
            value_format,
            key_format,
            key_fields,
            key_prefix,
            value_has_key,
            upserts,
            tells_changes,
            client: producer_config(options, &guarantee)?,
            guarantee,
            partitioner,
        })
    }

    /// The group whose offset is the number of the last epoch in the topic.
    pub fn marker_group(&self) -> String {
        match &self.guarantee {
            Guarantee::ExactlyOnce { transactional_id } => transactional_id.clone(),
            _ => String::new(),
        }
    }
}

fn guarantee(spec: &SinkSpec<'_>) -> Result<Guarantee> {
    let get = |key: &str| spec.options.get(key).map(String::as_str);
    let given = get("sink.delivery-guarantee").or(get("sink.semantic")).unwrap_or("at-least-once");
    match given.to_ascii_lowercase().as_str() {
        "none" => Ok(Guarantee::None),
        "at-least-once" => Ok(Guarantee::AtLeastOnce),
        "exactly-once" => {
            let Some(prefix) = get("sink.transactional-id-prefix").filter(|prefix| !prefix.is_empty()) else {
                return Err(Error::invalid(
                    "'sink.delivery-guarantee' = 'exactly-once' needs 'sink.transactional-id-prefix'",
                )
                .hint("a name of its own for each job that writes to this Kafka cluster"));
            };
            // Flink numbers its writers behind the prefix; here it is the INSERT.
            let transactional_id = format!("{prefix}-{}-{}-{}", spec.job, spec.path, spec.number);
            Ok(Guarantee::ExactlyOnce { transactional_id })
        }
        other => Err(Error::invalid(format!(
            "'sink.delivery-guarantee' is none, at-least-once or exactly-once, not '{other}'"
        ))),
    }
}

fn producer_config(options: &BTreeMap<String, String>, guarantee: &Guarantee) -> Result<ClientConfig> {
    let properties = of_table(options);
    let translated = translate(&properties)?;
    let mut config = ClientConfig::new();
    // As the Java client: many records at once where they come at once.
    config.set("partitioner", "murmur2_random");
    config.set("linger.ms", "0");
    config.set("queue.buffering.max.kbytes", "131072");
    config.set("reconnect.backoff.max.ms", "2000");
    // An epoch is sent and committed at once; the broker gives up only on what a dead process has left.
    config.set("transaction.timeout.ms", "300000");
    for (name, value) in &translated.settings {
        if !is_consumers(name) {
            config.set(name, value);
        }
    }
    for (name, value) in &properties {
        if let Some((name, value)) = producer_setting(name, value) {
            config.set(name, value);
        }
    }
    if *guarantee != Guarantee::None {
        // A retry of the client adds no duplicate, and an acknowledged record is on all replicas in sync.
        config.set("enable.idempotence", "true");
        config.set("acks", "all");
        config.remove("retries");
    }
    match config.create_native_config() {
        Ok(_) => Ok(config),
        Err(KafkaError::ClientConfig(_, reason, key, _)) => {
            let key = translated.origins.get(&key).unwrap_or(&key);
            Err(Error::invalid(format!("'properties.{key}' is not accepted by the Kafka client: {reason}"))
                .hint("client settings are those of librdkafka's CONFIGURATION.md"))
        }
        Err(error) => Err(Error::invalid(format!("the Kafka client refuses its settings: {error}"))),
    }
}

/// Settings of reading: a table may be read and written.
fn is_consumers(name: &str) -> bool {
    [
        "fetch.",
        "queued.",
        "check.crcs",
        "isolation.level",
        "auto.",
        "enable.auto",
        "receive.message",
        "client.rack",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}
