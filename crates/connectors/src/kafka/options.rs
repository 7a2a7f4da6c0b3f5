//! A Kafka table's options (Flink `KafkaConnectorOptions`), checked without contacting a broker.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::ClientConfig;
use streamsql_core::{Error, Result, Schema};

use super::properties::{PropertyNote, Translated, agree, of_table, translate};
use crate::SourceSpec;
use crate::on_error::OnError;
use crate::options::{check, duration_ms, required};

/// Options of the connector itself; formats and the client have prefixes.
const KNOWN: &[&str] = &[
    "topic",
    "topic-pattern",
    "value.format",
    "key.format",
    "key.fields",
    "key.fields-prefix",
    "value.fields-include",
    "scan.startup.mode",
    "scan.startup.specific-offsets",
    "scan.startup.timestamp-millis",
    "scan.bounded.mode",
    "scan.bounded.specific-offsets",
    "scan.bounded.timestamp-millis",
    "scan.topic-partition-discovery.interval",
    "sink.partitioner",
    "sink.semantic",
    "sink.delivery-guarantee",
    "sink.transactional-id-prefix",
    "sink.buffer-flush.max-rows",
    "sink.buffer-flush.interval",
    "on-error",
];

/// Which topics are read.
#[derive(Clone, Debug)]
pub enum Topics {
    Names(Vec<String>),
    /// Java regular expression that the whole name must match.
    Pattern(fancy_regex::Regex),
}

/// A point of a partition's log that is turned into an offset when the source opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    Earliest,
    Latest,
    /// What the group committed.
    Group,
    TimestampMillis(i64),
    /// Partition → offset, of the table's only topic.
    Offsets(BTreeMap<i32, i64>),
}

/// `properties.auto.offset.reset`: what `group-offsets` does where the group committed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    Earliest,
    Latest,
    Fail,
}

/// Everything about the table but its columns.
pub struct KafkaOptions {
    pub topics: Topics,
    pub start: Point,
    pub reset: Reset,
    /// Where reading stops; none reads for ever.
    pub end: Option<Point>,
    pub value_format: String,
    pub key_format: Option<String>,
    /// Names of the columns that the key holds.
    pub key_fields: Vec<String>,
    pub key_prefix: String,
    /// The value holds the key's columns too.
    pub value_has_key: bool,
    /// Rows replace each other by key, and a null value deletes the key's (connector `upsert-kafka`).
    pub upserts: bool,
    /// How often new partitions are looked for; none never.
    pub discovery: Option<Duration>,
    pub on_error: OnError,
    pub brokers: String,
    pub client: ClientConfig,
    /// What became of properties that were not taken as they are.
    pub notes: Vec<PropertyNote>,
    /// The property that each of the client's settings comes from.
    pub origins: BTreeMap<String, String>,
    /// Positions are not shown to the group.
    pub silent_group: bool,
}

impl KafkaOptions {
    /// # Errors
    /// `Invalid`, naming the option.
    pub fn parse(spec: &SourceSpec<'_>) -> Result<Self> {
        let options = spec.options;
        let get = |key: &str| options.get(key).map(String::as_str);
        let (value_format, key_format) = formats(options)?;

        let strategy = get("scan.watermark.emit.strategy").unwrap_or("on-periodic");
        if !matches!(strategy, "on-periodic" | "on-event") {
            return Err(Error::invalid(format!(
                "'scan.watermark.emit.strategy' is on-periodic or on-event, not '{strategy}'"
            )));
        }
        let topics = topics(get("topic"), get("topic-pattern"))?;
        let single = match &topics {
            Topics::Names(names) => names.len() == 1,
            Topics::Pattern(_) => false,
        };
        let start = start(options, single)?;
        let end = end(options, single)?;
        let (key_fields, key_prefix, value_has_key) =
            key_options(options, spec.physical, key_format.is_some())?;

        let properties = of_table(options);
        let brokers = required(options, "properties.bootstrap.servers")?.to_owned();
        let reset = match properties.get("auto.offset.reset").map(|v| v.to_ascii_lowercase()).as_deref() {
            None | Some("none") => Reset::Fail,
            Some("earliest") => Reset::Earliest,
            Some("latest") => Reset::Latest,
            Some(other) => {
                return Err(Error::invalid(format!(
                    "'properties.auto.offset.reset' is earliest, latest or none, not '{other}'"
                )));
            }
        };
        let translated = translate(&properties)?;
        let default_group = format!("KafkaSource-{}", spec.table);
        let group = properties.get("group.id").copied().unwrap_or(&default_group);
        let client = client_config(&translated, group)?;
        // Bounded reading has a fixed set of partitions; else Flink's default is five minutes.
        let interval = duration_ms(options, "scan.topic-partition-discovery.interval", 300_000)?;
        let discovery =
            (interval > 0 && end.is_none()).then(|| Duration::from_millis(interval.unsigned_abs()));
        Ok(Self {
            topics,
            start,
            reset,
            end,
            value_format,
            key_format,
            key_fields,
            key_prefix,
            value_has_key,
            upserts: get("connector") == Some("upsert-kafka"),
            discovery,
            on_error: OnError::parse(options)?,
            brokers,
            client,
            notes: translated.notes,
            origins: translated.origins,
            silent_group: translated.silent_group,
        })
    }
}

fn topics(names: Option<&str>, pattern: Option<&str>) -> Result<Topics> {
    match (names, pattern) {
        (Some(names), None) => {
            let names: BTreeSet<String> =
                names.split(';').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect();
            if names.is_empty() {
                return Err(Error::invalid("the option 'topic' names no topic"));
            }
            Ok(Topics::Names(names.into_iter().collect()))
        }
        (None, Some(pattern)) => fancy_regex::Regex::new(&format!("^(?:{pattern})$"))
            .map(Topics::Pattern)
            .map_err(|e| Error::invalid(format!("'topic-pattern' is no regular expression: {e}"))),
        _ => Err(Error::invalid("exactly one of 'topic' and 'topic-pattern' must be given")),
    }
}

fn start(options: &BTreeMap<String, String>, single_topic: bool) -> Result<Point> {
    let mode = options.get("scan.startup.mode").map_or("group-offsets", String::as_str);
    Ok(match mode {
        "earliest-offset" => Point::Earliest,
        "latest-offset" => Point::Latest,
        "group-offsets" => Point::Group,
        "timestamp" => Point::TimestampMillis(millis(options, "scan.startup.timestamp-millis")?),
        "specific-offsets" => {
            Point::Offsets(offsets(options, "scan.startup.specific-offsets", single_topic)?)
        }
        other => {
            return Err(Error::invalid(format!("'scan.startup.mode' = '{other}' does not exist")).hint(
                "modes are earliest-offset, latest-offset, group-offsets, timestamp, specific-offsets",
            ));
        }
    })
}

fn end(options: &BTreeMap<String, String>, single_topic: bool) -> Result<Option<Point>> {
    let mode = options.get("scan.bounded.mode").map_or("unbounded", String::as_str);
    Ok(Some(match mode {
        "unbounded" => return Ok(None),
        "latest-offset" => Point::Latest,
        "group-offsets" => Point::Group,
        "timestamp" => Point::TimestampMillis(millis(options, "scan.bounded.timestamp-millis")?),
        "specific-offsets" => {
            Point::Offsets(offsets(options, "scan.bounded.specific-offsets", single_topic)?)
        }
        other => {
            return Err(Error::invalid(format!("'scan.bounded.mode' = '{other}' does not exist"))
                .hint("modes are unbounded, latest-offset, group-offsets, timestamp, specific-offsets"));
        }
    }))
}

fn millis(options: &BTreeMap<String, String>, key: &str) -> Result<i64> {
    let text = required(options, key)?;
    text.trim()
        .parse()
        .map_err(|_| Error::invalid(format!("'{key}' is milliseconds since 1970, not '{text}'")))
}

/// `partition:0,offset:42;partition:1,offset:300`
fn offsets(options: &BTreeMap<String, String>, key: &str, single_topic: bool) -> Result<BTreeMap<i32, i64>> {
    let text = required(options, key)?;
    if !single_topic {
        return Err(Error::invalid(format!("'{key}' needs a table of exactly one topic")));
    }
    let bad =
        || Error::invalid(format!("'{key}' is not in the form partition:0,offset:42;partition:1,offset:300"));
    let mut out = BTreeMap::new();
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (partition, offset) = pair.split_once(',').ok_or_else(bad)?;
        let partition = partition.trim().strip_prefix("partition:").and_then(|n| n.trim().parse().ok());
        let offset = offset.trim().strip_prefix("offset:").and_then(|n| n.trim().parse().ok());
        let (Some(partition), Some(offset)) = (partition, offset) else { return Err(bad()) };
        out.insert(partition, offset);
    }
    if out.is_empty() { Err(bad()) } else { Ok(out) }
}

/// The formats of values and keys. Unknown options are refused.
pub(super) fn formats(options: &BTreeMap<String, String>) -> Result<(String, Option<String>)> {
    let get = |key: &str| options.get(key).map(String::as_str);
    let value_format = match (get("format"), get("value.format")) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid("'format' and 'value.format' mean the same; give one of them"));
        }
        (Some(format), None) | (None, Some(format)) => format.to_owned(),
        (None, None) => return Err(Error::invalid("the option 'format' is missing")),
    };
    let key_format = get("key.format").map(str::to_owned);
    let mut prefixes = vec!["properties.".to_owned()];
    prefixes.extend([format!("{value_format}."), format!("value.{value_format}.")]);
    prefixes.extend(key_format.iter().map(|format| format!("key.{format}.")));
    check(options, KNOWN, &prefixes.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok((value_format, key_format))
}

/// Key columns, the prefix of their names, and whether the value repeats them.
pub(super) fn key_options(
    options: &BTreeMap<String, String>,
    physical: &Schema,
    has_format: bool,
) -> Result<(Vec<String>, String, bool)> {
    let get = |key: &str| options.get(key).map(String::as_str);
    let fields: Vec<String> = get("key.fields")
        .unwrap_or("")
        .split(';')
        .map(str::trim)
        .filter(|f| !f.is_empty())
        .map(str::to_owned)
        .collect();
    if has_format == fields.is_empty() {
        return Err(Error::invalid("'key.format' and 'key.fields' go together; one of them is missing"));
    }
    for field in &fields {
        if physical.index_of(field).is_none() {
            return Err(Error::invalid(format!("'key.fields' names '{field}', which is no physical column"))
                .hint(format!("physical columns are {}", physical.names().join(", "))));
        }
    }
    let value_has_key = match get("value.fields-include").unwrap_or("ALL") {
        "ALL" => true,
        "EXCEPT_KEY" => false,
        other => {
            return Err(Error::invalid(format!(
                "'value.fields-include' is ALL or EXCEPT_KEY, not '{other}'"
            )));
        }
    };
    let prefix = get("key.fields-prefix").unwrap_or("").to_owned();
    if !prefix.is_empty() {
        if value_has_key {
            return Err(Error::invalid("'key.fields-prefix' needs 'value.fields-include' = 'EXCEPT_KEY'"));
        }
        if let Some(field) = fields.iter().find(|field| !field.starts_with(&prefix)) {
            return Err(Error::invalid(format!(
                "all 'key.fields' must start with the prefix '{prefix}'; '{field}' does not"
            )));
        }
    }
    Ok((fields, prefix, value_has_key))
}

/// Settings under which a wrong position is an error, transactions are respected, and memory is bounded.
fn client_config(given: &Translated, group: &str) -> Result<ClientConfig> {
    let mut settings = defaults();
    settings.extend(given.settings.iter().map(|(name, value)| (name.clone(), value.clone())));
    agree(&mut settings);
    let mut config = ClientConfig::new();
    for (name, value) in settings {
        config.set(name, value);
    }
    // What must hold.
    config.set("group.id", group);
    config.set("enable.auto.commit", "false");
    config.set("enable.auto.offset.store", "false");
    config.set("auto.offset.reset", "error");
    config.set("allow.auto.create.topics", "false");
    // The end of a partition tells positions behind control records.
    config.set("enable.partition.eof", "true");
    // Back-pressure may keep us from polling; there is no group to fall out of.
    config.set("max.poll.interval.ms", "86400000");
    match config.create_native_config() {
        Ok(_) => Ok(config),
        Err(rdkafka::error::KafkaError::ClientConfig(_, reason, key, _)) => {
            // The value may be a secret, so it is not repeated.
            let key = given.origins.get(&key).unwrap_or(&key);
            Err(Error::invalid(format!("'properties.{key}' is not accepted by the Kafka client: {reason}"))
                .hint("client settings are those of librdkafka's CONFIGURATION.md"))
        }
        Err(error) => Err(Error::invalid(format!("the Kafka client refuses its settings: {error}"))),
    }
}

/// What the user may override.
fn defaults() -> BTreeMap<String, String> {
    const DEFAULTS: &[(&str, &str)] = &[
        ("isolation.level", "read_committed"),
        ("fetch.message.max.bytes", "2097152"),
        ("queued.min.messages", "200000"),
        // All partitions of a table share this many KiB. What waits here longer than a moment leaves the caches and is read
        // from memory again; four fetches are enough to keep the broker and us busy at the same time.
        ("queued.max.messages.kbytes", "8192"),
        // A full queue is looked at again soon, not after librdkafka's second.
        ("fetch.queue.backoff.ms", "5"),
        ("fetch.wait.max.ms", "100"),
        ("check.crcs", "true"),
        // A single record may be larger than any fetch; only Kafka's own limit holds.
        ("receive.message.max.bytes", "1000000000"),
        ("reconnect.backoff.max.ms", "2000"),
        ("log.connection.close", "false"),
    ];
    DEFAULTS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use streamsql_core::{Column, LogicalType, Schema};

    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<KafkaOptions> {
        let mut options: BTreeMap<String, String> = [
            ("connector", "kafka"),
            ("topic", "t"),
            ("properties.bootstrap.servers", "127.0.0.1:9"),
            ("format", "json"),
        ]
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
        for (key, value) in pairs {
            if value.is_empty() {
                options.remove(*key);
            } else {
                options.insert((*key).to_owned(), (*value).to_owned());
            }
        }
        let physical = Schema::new(vec![
            Column::new("k_id", LogicalType::STRING, true),
            Column::new("v", LogicalType::Int, true),
        ]);
        KafkaOptions::parse(&SourceSpec {
            partition_keys: &[],
            table: "clicks",
            options: &options,
            physical: &physical,
            read: &[0, 1],
            metadata: &[],
        })
    }

    #[test]
    fn defaults_are_flinks() {
        let options = parse(&[]).unwrap();
        assert_eq!(options.start, Point::Group);
        assert_eq!(options.end, None);
        assert_eq!(options.reset, Reset::Fail);
        assert_eq!(options.discovery, Some(Duration::from_secs(300)));
        assert_eq!(options.client.get("group.id"), Some("KafkaSource-clicks"));
        assert_eq!(options.client.get("auto.offset.reset"), Some("error"));
    }

    #[test]
    fn specific_offsets() {
        let options = parse(&[
            ("scan.startup.mode", "specific-offsets"),
            ("scan.startup.specific-offsets", "partition:0,offset:42;partition:1,offset:300"),
        ])
        .unwrap();
        assert_eq!(options.start, Point::Offsets(BTreeMap::from([(0, 42), (1, 300)])));
    }

    #[test]
    fn wrong_options_are_named() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[("topic", "")], "'topic-pattern'"),
            (&[("topic-pattern", "x")], "'topic-pattern'"),
            (&[("format", "")], "'format'"),
            (&[("properties.bootstrap.servers", "")], "bootstrap.servers"),
            (&[("scan.startup.mode", "earliest")], "scan.startup.mode"),
            (&[("scan.startup.mode", "timestamp")], "timestamp-millis"),
            (&[("scan.startup.mode", "specific-offsets"), ("scan.startup.specific-offsets", "0:1")], "form"),
            (&[("key.format", "json")], "key.fields"),
            (&[("key.format", "json"), ("key.fields", "nope")], "nope"),
            (&[("key.format", "json"), ("key.fields", "k_id"), ("key.fields-prefix", "k_")], "EXCEPT_KEY"),
            (&[("scan.startup-mode", "x")], "scan.startup-mode"),
            (&[("csv.ignore-parse-errors", "true")], "csv.ignore-parse-errors"),
            (&[("properties.fetch.max.wait.ms", "soon")], "'properties.fetch.max.wait.ms'"),
            (&[("properties.interceptor.classes", "a.B")], "a.B"),
            (&[("properties.auto.offset.reset", "sometimes")], "auto.offset.reset"),
            (&[("on-error", "ignore")], "on-error"),
        ];
        for (pairs, part) in cases {
            let error = parse(pairs).err().unwrap_or_else(|| panic!("{pairs:?} was accepted")).to_string();
            assert!(error.contains(part), "{pairs:?}: {error}");
        }
    }

    /// Values that the Java client takes; the client is made, which checks what must agree.
    #[test]
    fn limits_of_this_client_only_do_not_stop_a_job() {
        let cases: &[&[(&str, &str)]] = &[
            &[("fetch.max.bytes", "5000")],
            &[("fetch.max.bytes", "1")],
            &[("fetch.max.bytes", "2147483647")],
            &[("message.max.bytes", "99999999"), ("fetch.max.bytes", "1048576")],
            &[("max.partition.fetch.bytes", "0"), ("fetch.min.bytes", "0")],
            &[("max.partition.fetch.bytes", "2147483647"), ("fetch.max.wait.ms", "600000")],
            &[("session.timeout.ms", "120000"), ("max.poll.interval.ms", "10000")],
            &[("session.timeout.ms", "999999999"), ("heartbeat.interval.ms", "0")],
            &[("group.protocol", "consumer"), ("heartbeat.interval.ms", "500")],
            &[("reconnect.backoff.ms", "9000"), ("retry.backoff.ms", "0")],
            &[("reconnect.backoff.ms", "9000"), ("reconnect.backoff.max.ms", "10")],
            &[("request.timeout.ms", "900000"), ("connections.max.idle.ms", "-1")],
            &[("receive.buffer.bytes", "-1"), ("send.buffer.bytes", "-1")],
            &[("metadata.max.age.ms", "9999999999"), ("socket.connection.setup.timeout.ms", "10")],
            &[("acks", "all"), ("transaction.timeout.ms", "1"), ("enable.idempotence", "true")],
            &[("ssl.truststore.location", "/t.jks"), ("sasl.mechanism", "GSSAPI")],
            &[("client.dns.lookup", "default"), ("zookeeper.connect", "z:2181"), ("my.own", "x")],
        ];
        for pairs in cases {
            let pairs: Vec<(String, &str)> =
                pairs.iter().map(|(key, value)| (format!("properties.{key}"), *value)).collect();
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), *value)).collect();
            let made = parse(&pairs).and_then(|options| super::super::client::consumer("t", &options));
            assert!(made.is_ok(), "{pairs:?}: {}", made.err().unwrap());
        }
    }

    #[test]
    fn what_the_client_does_not_come_up_with_is_named_as_written() {
        let options = parse(&[
            ("properties.security.protocol", "SSL"),
            ("properties.ssl.truststore.type", "PEM"),
            ("properties.ssl.truststore.location", "/nowhere/ca.pem"),
        ]);
        let error = super::super::client::consumer("t", &options.unwrap()).err().unwrap().to_string();
        assert!(error.contains("'properties.ssl.truststore.location'"), "{error}");
    }

    #[test]
    fn refused_settings_do_not_repeat_secrets() {
        let error =
            parse(&[("properties.sasl.password", "hunter2"), ("properties.security.protocol", "nope")]);
        let error = error.err().unwrap().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
