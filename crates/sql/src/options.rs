//! Options of tables: which a connector and its format know, and what values they take.
//!
//! Checked where a table is read or written, as Flink's `FactoryUtil` does: a table that only serves as the base of
//! LIKE may be incomplete.

use crate::catalog::{Table, TableColumnKind};
use crate::diagnostic::{Diagnostic, nearest, suggestion};
use crate::old_options;
use crate::settings::value::Kind::{self, Duration, Flag, Int, Long, MemorySize, OneOf, Real, Text};
use crate::template::UNKNOWN;

/// How a table is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableUse {
    Scan,
    Lookup,
    Sink,
}

type Options = &'static [(&'static str, Kind)];

/// Of every table.
const COMMON: Options = &[
    ("connector", Text),
    ("property-version", Int),
    ("scan.watermark.alignment.group", Text),
    ("scan.watermark.alignment.max-drift", Duration),
    ("scan.watermark.alignment.update-interval", Duration),
    ("scan.watermark.emit.strategy", OneOf(&["on-event", "on-periodic"])),
    ("scan.watermark.idle-timeout", Duration),
    ("scan.parallelism", Int),
    ("sink.parallelism", Int),
];

const KAFKA: Options = &[
    ("topic", Text),
    ("topic-pattern", Text),
    ("format", Text),
    ("key.format", Text),
    ("key.fields", Text),
    ("key.fields-prefix", Text),
    ("value.format", Text),
    ("value.fields-include", OneOf(&["ALL", "EXCEPT_KEY"])),
    (
        "scan.startup.mode",
        OneOf(&["earliest-offset", "latest-offset", "group-offsets", "timestamp", "specific-offsets"]),
    ),
    ("scan.startup.specific-offsets", Text),
    ("scan.startup.timestamp-millis", Long),
    (
        "scan.bounded.mode",
        OneOf(&["unbounded", "latest-offset", "group-offsets", "timestamp", "specific-offsets"]),
    ),
    ("scan.bounded.specific-offsets", Text),
    ("scan.bounded.timestamp-millis", Long),
    ("scan.topic-partition-discovery.interval", Duration),
    ("sink.partitioner", Text),
    ("sink.semantic", Text),
    ("sink.delivery-guarantee", OneOf(&["exactly-once", "at-least-once", "none"])),
    ("sink.transactional-id-prefix", Text),
    ("on-error", OneOf(&["fail", "dead-letter", "skip"])),
];

/// Keyed by the table's primary key and read from the beginning, so without options for either.
const UPSERT_KAFKA: Options = &[
    ("topic", Text),
    ("key.format", Text),
    ("key.fields-prefix", Text),
    ("value.format", Text),
    ("value.fields-include", OneOf(&["ALL", "EXCEPT_KEY"])),
    (
        "scan.bounded.mode",
        OneOf(&["unbounded", "latest-offset", "group-offsets", "timestamp", "specific-offsets"]),
    ),
    ("scan.bounded.specific-offsets", Text),
    ("scan.bounded.timestamp-millis", Long),
    ("sink.buffer-flush.max-rows", Int),
    ("sink.buffer-flush.interval", Duration),
    ("on-error", OneOf(&["fail", "dead-letter", "skip"])),
];

const JDBC: Options = &[
    ("url", Text),
    ("table-name", Text),
    ("driver", Text),
    ("username", Text),
    ("password", Text),
    ("connection.max-retry-timeout", Duration),
    ("scan.partition.column", Text),
    ("scan.partition.num", Int),
    ("scan.partition.lower-bound", Long),
    ("scan.partition.upper-bound", Long),
    ("scan.fetch-size", Int),
    ("scan.auto-commit", Flag),
    ("lookup.cache", OneOf(&["NONE", "PARTIAL"])),
    ("lookup.cache.max-rows", Long),
    ("lookup.cache.ttl", Duration),
    ("lookup.cache.caching-missing-key", Flag),
    ("lookup.max-retries", Int),
    ("lookup.on-error", OneOf(&["null", "fail"])),
    ("lookup.partial-cache.max-rows", Long),
    ("lookup.partial-cache.expire-after-write", Duration),
    ("lookup.partial-cache.expire-after-access", Duration),
    ("lookup.partial-cache.cache-missing-key", Flag),
    ("sink.buffer-flush.max-rows", Int),
    ("sink.buffer-flush.interval", Duration),
    ("sink.max-retries", Int),
];

const FILESYSTEM: Options = &[
    ("path", Text),
    ("format", Text),
    ("source.monitor-interval", Duration),
    ("source.path.regex-pattern", Text),
    ("source.report-statistics", OneOf(&["ALL", "NONE"])),
    ("partition.default-name", Text),
    ("partition.time-extractor.kind", Text),
    ("partition.time-extractor.class", Text),
    ("partition.time-extractor.timestamp-pattern", Text),
    ("partition.time-extractor.timestamp-formatter", Text),
    ("sink.rolling-policy.file-size", MemorySize),
    ("sink.rolling-policy.rollover-interval", Duration),
    ("sink.rolling-policy.inactivity-interval", Duration),
    ("sink.rolling-policy.check-interval", Duration),
    ("sink.shuffle-by-partition.enable", Flag),
    ("sink.partition-commit.trigger", OneOf(&["process-time", "partition-time"])),
    ("sink.partition-commit.delay", Duration),
    ("sink.partition-commit.watermark-time-zone", Text),
    ("sink.partition-commit.policy.kind", Text),
    ("sink.partition-commit.policy.class", Text),
    ("sink.partition-commit.success-file.name", Text),
    ("auto-compaction", Flag),
    ("compaction.file-size", MemorySize),
    ("compaction.parallelism", Int),
    ("on-error", OneOf(&["fail", "dead-letter", "skip"])),
];

const DATAGEN: Options = &[("rows-per-second", Long), ("number-of-rows", Long)];

/// Behind `fields.NAME.`.
const DATAGEN_FIELD: Options = &[
    ("kind", OneOf(&["random", "sequence"])),
    ("min", Text),
    ("max", Text),
    ("length", Int),
    ("var-len", Flag),
    ("start", Text),
    ("end", Text),
    ("max-past", Duration),
    ("null-rate", Real),
];

const PRINT: Options = &[("print-identifier", Text), ("standard-error", Flag)];

const JSON: Options = &[
    ("fail-on-missing-field", Flag),
    ("ignore-parse-errors", Flag),
    ("timestamp-format.standard", OneOf(&["SQL", "ISO-8601"])),
    ("map-null-key.mode", OneOf(&["FAIL", "DROP", "LITERAL"])),
    ("map-null-key.literal", Text),
    ("encode.decimal-as-plain-number", Flag),
    ("decode.json-parser.enabled", Flag),
];

const CSV: Options = &[
    ("field-delimiter", Text),
    ("disable-quote-character", Flag),
    ("quote-character", Text),
    ("allow-comments", Flag),
    ("ignore-parse-errors", Flag),
    ("array-element-delimiter", Text),
    ("escape-character", Text),
    ("null-literal", Text),
    ("write-bigdecimal-in-scientific-notation", Flag),
];

const RAW: Options = &[("charset", Text), ("endianness", OneOf(&["big-endian", "little-endian"]))];

const FORMATS: &[(&str, Options)] = &[("json", JSON), ("csv", CSV), ("raw", RAW)];

const FORMAT_KEYS: [&str; 3] = ["format", "key.format", "value.format"];

/// Flink's, but not offered yet.
const LATER_FORMATS: &[&str] = &[
    "avro",
    "avro-confluent",
    "canal-json",
    "debezium-avro-confluent",
    "debezium-json",
    "maxwell-json",
    "ogg-json",
    "orc",
    "parquet",
    "protobuf",
];

const LATER_CONNECTORS: &[&str] = &[
    "elasticsearch-6",
    "elasticsearch-7",
    "opensearch",
    "hbase-1.4",
    "hbase-2.2",
    "mongodb",
    "hive",
    "firehose",
    "kinesis",
    "dynamodb",
];

/// What is wrong, how to mend it, and which option is wrong where one is.
struct Problem {
    message: String,
    hint: Option<String>,
    key: Option<String>,
}

impl Problem {
    /// Of the table as a whole: something is missing.
    fn of_table(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, key: None }
    }

    fn of(key: &str, message: impl Into<String>) -> Self {
        Self { key: Some(key.to_owned()), ..Self::of_table(message) }
    }

    fn hint(self, hint: impl Into<Option<String>>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

/// The first thing that is wrong with a table's options for a use of it, at the option that is wrong.
pub fn check(table: &Table, used: TableUse) -> Result<(), Diagnostic> {
    if table.options.values().any(|value| value.contains(UNKNOWN)) {
        return Ok(());
    }
    problem(table, used).map_err(|Problem { message, hint, key }| {
        let diagnostic = Diagnostic::error(format!("table '{}': {message}", table.name));
        let diagnostic = diagnostic.at(table.place_of(key.as_deref()).clone());
        match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    })
}

fn problem(table: &Table, used: TableUse) -> Result<(), Problem> {
    let Some(connector) = table.options.get("connector") else {
        if let Some(legacy) = table.options.get("connector.type") {
            let message =
                format!("'connector.type' = '{legacy}' is of Flink's old connectors, which are gone");
            let steps: Vec<String> =
                table.options.keys().filter_map(|key| old_options::instead(key)).collect();
            return Err(Problem::of("connector.type", message).hint(steps.join("; ")));
        }
        return Err(
            Problem::of_table("it has no option 'connector'").hint("add WITH ('connector' = '…')".to_owned())
        );
    };
    if table.columns.is_empty() {
        return Err(Problem::of_table("it has no columns").hint("only LIKE can use it".to_owned()));
    }
    let error = |message: String| Problem::of("connector", message);
    let own: Options = match connector.as_str() {
        "kafka" => KAFKA,
        "upsert-kafka" => UPSERT_KAFKA,
        "jdbc" => JDBC,
        "filesystem" => FILESYSTEM,
        "datagen" => DATAGEN,
        "print" => PRINT,
        "blackhole" => &[],
        later if LATER_CONNECTORS.contains(&later) => {
            return Err(error(format!("connector '{later}' is not supported yet"))
                .hint("kafka, upsert-kafka, jdbc, filesystem, datagen, print and blackhole are".to_owned()));
        }
        "kafka-0.8" | "kafka-0.9" | "kafka-0.10" | "kafka-0.11" | "universal" => {
            return Err(error(format!("connector '{connector}' is gone from Flink"))
                .hint("write 'kafka', which reads brokers of all versions".to_owned()));
        }
        other => {
            let known = ["kafka", "upsert-kafka", "jdbc", "filesystem", "datagen", "print", "blackhole"];
            let hint =
                suggestion(other, known).unwrap_or_else(|| format!("connectors are {}", known.join(", ")));
            return Err(error(format!("connector '{other}' does not exist")).hint(hint));
        }
    };
    match (connector.as_str(), used) {
        ("print" | "blackhole", TableUse::Scan | TableUse::Lookup) => {
            return Err(error(format!("connector '{connector}' can only be written to")));
        }
        ("upsert-kafka", TableUse::Sink) => {
            return Err(error("connector 'upsert-kafka' can only be read so far".to_owned()));
        }
        ("datagen", TableUse::Sink) => return Err(error("connector 'datagen' can only be read".to_owned())),
        (_, TableUse::Lookup) if connector != "jdbc" => {
            return Err(error(format!("connector '{connector}' cannot be looked up")).hint(
                "a lookup join (FOR SYSTEM_TIME AS OF a processing time) reads a table of connector 'jdbc'"
                    .to_owned(),
            ));
        }
        _ => {}
    }
    // A format that is not there says more than its options, which are not known either.
    for key in FORMAT_KEYS.iter().filter(|key| own.iter().any(|(known, _)| known == *key)) {
        if let Some(value) = table.options.get(*key) {
            format(key, value)?;
        }
    }
    for (key, value) in &table.options {
        option(table, connector, own, key, value)?;
    }
    watermark_alignment(table)?;
    required(table, connector, used)
}

/// The group and how far a member may be ahead go together (Flink `FactoryUtil`).
fn watermark_alignment(table: &Table) -> Result<(), Problem> {
    let keys = ["scan.watermark.alignment.group", "scan.watermark.alignment.max-drift"];
    match keys.map(|key| table.options.contains_key(key)) {
        [true, false] => Err(Problem::of(keys[0], format!("the option '{}' needs '{}'", keys[0], keys[1]))),
        [false, true] => Err(Problem::of(keys[1], format!("the option '{}' needs '{}'", keys[1], keys[0]))),
        _ => Ok(()),
    }
}

fn option(table: &Table, connector: &str, own: Options, key: &str, value: &str) -> Result<(), Problem> {
    if let Some((_, kind)) = COMMON.iter().chain(own).find(|(known, _)| *known == key) {
        if FORMAT_KEYS.contains(&key) {
            return format(key, value);
        }
        return check_value(*kind, key, value);
    }
    let is_kafka = matches!(connector, "kafka" | "upsert-kafka");
    if is_kafka && key.starts_with("properties.") && key.len() > "properties.".len() {
        return Ok(());
    }
    if connector == "jdbc" && key.starts_with("properties.") {
        return Err(Problem::of(key, format!("the option '{key}' is not supported"))
            .hint("put it into the url".to_owned()));
    }
    if connector == "datagen"
        && let Some((field, rest)) = key.strip_prefix("fields.").and_then(|rest| rest.rsplit_once('.'))
    {
        let name = field.split('.').next().unwrap_or(field);
        if !table.columns.iter().any(|c| c.name == field || c.name == name) {
            let near = suggestion(name, table.columns.iter().map(|c| c.name.as_str()));
            return Err(Problem::of(key, format!("the option '{key}' names no column")).hint(near));
        }
        if let Some((_, kind)) = DATAGEN_FIELD.iter().find(|(known, _)| *known == rest) {
            return check_value(*kind, key, value);
        }
    }
    // Options of formats: `json.x`, `value.json.x`, `key.json.x`.
    let inner = key.strip_prefix("value.").or(key.strip_prefix("key.")).filter(|_| is_kafka).unwrap_or(key);
    if let Some((prefix, rest)) = inner.split_once('.')
        && let Some((_, options)) = FORMATS.iter().find(|(name, _)| *name == prefix)
    {
        let used = ["format", "value.format", "key.format"]
            .iter()
            .any(|k| table.options.get(*k).is_some_and(|f| f == prefix));
        if used {
            if let Some((_, kind)) = options.iter().find(|(known, _)| *known == rest) {
                return check_value(*kind, key, value);
            }
            let lead = &key[..key.len() - rest.len()];
            let options: Vec<String> = options.iter().map(|(known, _)| format!("{lead}{known}")).collect();
            let near = suggestion(key, options.iter().map(String::as_str));
            return Err(Problem::of(key, format!("unknown option '{key}' of format '{prefix}'")).hint(near));
        }
        return Err(Problem::of(
            key,
            format!("the option '{key}' is for format '{prefix}', which the table does not use"),
        ));
    }
    if let Some((prefix, _)) = inner.split_once('.')
        && LATER_FORMATS.contains(&prefix)
    {
        let message = format!("the option '{key}' is for format '{prefix}', which is not supported yet");
        return Err(Problem::of(key, message).hint("json, csv and raw are".to_owned()));
    }
    if let Some(instead) = old_options::instead(key) {
        return Err(
            Problem::of(key, format!("the option '{key}' is of Flink's old connectors")).hint(instead)
        );
    }
    let near = suggestion(key, COMMON.iter().chain(own).map(|(known, _)| *known));
    let known: Vec<&str> = own.iter().map(|(known, _)| *known).collect();
    let listed = (!known.is_empty()).then(|| format!("known are {}", known.join(", ")));
    Err(Problem::of(key, format!("unknown option '{key}' of connector '{connector}'")).hint(near.or(listed)))
}

fn format(key: &str, value: &str) -> Result<(), Problem> {
    if FORMATS.iter().any(|(name, _)| *name == value) {
        return Ok(());
    }
    if LATER_FORMATS.contains(&value) {
        return Err(Problem::of(key, format!("'{key}' = '{value}' is not supported yet"))
            .hint("json, csv and raw are".to_owned()));
    }
    let near = suggestion(value, FORMATS.iter().map(|(name, _)| *name));
    Err(Problem::of(key, format!("format '{value}' does not exist"))
        .hint(near.unwrap_or_else(|| "formats are json, csv and raw".to_owned())))
}

fn check_value(kind: Kind, key: &str, value: &str) -> Result<(), Problem> {
    if kind.accepts(value) {
        return Ok(());
    }
    let near = match kind {
        OneOf(choices) => suggestion(value, choices.iter().copied()),
        _ => None,
    };
    Err(Problem::of(key, format!("the option '{key}' is {kind}, not '{value}'")).hint(near))
}

/// What must be there, and what must be there together.
fn required(table: &Table, connector: &str, used: TableUse) -> Result<(), Problem> {
    let has = |key: &str| table.options.contains_key(key);
    let need = |key: &str| match has(key) {
        true => Ok(()),
        false => {
            let message = format!("the option '{key}' is missing");
            // `properties.bootstrap.server`: what was meant stands there under another name.
            let given = nearest(key, table.options.keys().map(String::as_str)).into_iter().next();
            let given =
                given.filter(|given| given.starts_with("properties.") && key.starts_with("properties."));
            Err(match given {
                Some(given) => {
                    Problem::of(given, message).hint(format!("write '{key}' instead of '{given}'"))
                }
                None => Problem::of_table(message),
            })
        }
    };
    let together = |keys: &[&str]| match keys.iter().find(|key| has(key)) {
        Some(given) if !keys.iter().all(|key| has(key)) => {
            Err(Problem::of(given, format!("the options {} go together", keys.join(", "))))
        }
        _ => Ok(()),
    };
    match connector {
        "kafka" => {
            need("properties.bootstrap.servers")?;
            if has("topic") == has("topic-pattern") {
                return Err(Problem {
                    key: has("topic").then(|| "topic-pattern".to_owned()),
                    ..Problem::of_table("it needs one of the options 'topic' and 'topic-pattern'")
                });
            }
            if !has("format") && !has("value.format") {
                return Err(Problem::of_table("the option 'format' is missing"));
            }
            if used == TableUse::Sink && has("topic-pattern") {
                let message = "a table with 'topic-pattern' cannot be written to";
                return Err(Problem::of("topic-pattern", message));
            }
            together(&["key.format", "key.fields"])?;
            if let Some(fields) = table.options.get("key.fields") {
                let physical = |name: &str| {
                    table
                        .columns
                        .iter()
                        .any(|c| c.name == name && matches!(c.kind, TableColumnKind::Physical))
                };
                if let Some(missing) = fields.split(';').find(|f| !f.is_empty() && !physical(f)) {
                    let message = format!("'key.fields' names '{missing}', which is no physical column");
                    return Err(Problem::of("key.fields", message));
                }
            }
            Ok(())
        }
        "upsert-kafka" => {
            need("properties.bootstrap.servers")?;
            need("topic")?;
            need("key.format")?;
            need("value.format")?;
            if table.primary_key.is_empty() {
                return Err(Problem::of_table("a table of connector 'upsert-kafka' needs a primary key")
                    .hint(
                        "PRIMARY KEY (…) NOT ENFORCED names the columns that the records' keys hold"
                            .to_owned(),
                    ));
            }
            Ok(())
        }
        "jdbc" => {
            need("url")?;
            need("table-name")?;
            together(&["username", "password"])?;
            together(&["lookup.cache.max-rows", "lookup.cache.ttl"])?;
            together(&[
                "scan.partition.column",
                "scan.partition.num",
                "scan.partition.lower-bound",
                "scan.partition.upper-bound",
            ])?;
            let partial =
                table.options.get("lookup.cache").is_some_and(|v| v.eq_ignore_ascii_case("PARTIAL"));
            let bounded = ["max-rows", "expire-after-write", "expire-after-access"];
            if partial && !bounded.iter().any(|key| has(&format!("lookup.partial-cache.{key}"))) {
                return Err(Problem::of(
                    "lookup.cache",
                    "'lookup.cache' = 'PARTIAL' needs one of lookup.partial-cache.max-rows, .expire-after-write \
                     and .expire-after-access",
                ));
            }
            Ok(())
        }
        "filesystem" => {
            need("path")?;
            need("format")
        }
        _ => Ok(()),
    }
}
