//! `kafka` and `upsert-kafka` (Flink `KafkaConnectorOptions`, `UpsertKafkaDynamicTableFactory`).

use streamsql_core::types::ElementType;
use streamsql_core::{ChangelogMode, LogicalType};

use super::{Connector, PLAIN, Takes};
use crate::catalog::{Table, TableColumnKind};
use crate::formats;
use crate::options::{Options, Problem, TableUse, need, together};
use crate::settings::value::Kind::{Duration, Int, Long, OneOf, Text};

const OPTIONS: Options = &[
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
const UPSERT_OPTIONS: Options = &[
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
    ("sink.delivery-guarantee", OneOf(&["exactly-once", "at-least-once", "none"])),
    ("sink.transactional-id-prefix", Text),
    ("sink.buffer-flush.max-rows", Int),
    ("sink.buffer-flush.interval", Duration),
    ("on-error", OneOf(&["fail", "dead-letter", "skip"])),
];

pub const CONNECTOR: Connector = Connector {
    name: "kafka",
    options: OPTIONS,
    client_properties: true,
    key_formats: true,
    required,
    reads: Some(ChangelogMode::INSERT_ONLY),
    is_split: true,
    metadata,
    writes: Some(Takes::Inserts),
    ..PLAIN
};

/// Topics whose records replace each other by key.
pub const UPSERTS: Connector = Connector {
    name: "upsert-kafka",
    options: UPSERT_OPTIONS,
    required: upserts_required,
    // What an upsert table says by being one.
    implied: |table| {
        vec![("key.fields", table.primary_key.join(";")), ("scan.startup.mode", "earliest-offset".to_owned())]
    },
    reads: Some(ChangelogMode::UPSERT),
    writes: Some(Takes::ByKey),
    ..CONNECTOR
};

fn required(table: &Table, used: TableUse) -> Result<(), Problem> {
    let has = |key: &str| table.options.contains_key(key);
    need(table, "properties.bootstrap.servers")?;
    if has("topic") == has("topic-pattern") {
        let message = "it needs one of the options 'topic' and 'topic-pattern'";
        return Err(match has("topic") {
            true => Problem::of("topic-pattern", message),
            false => Problem::of_table(message),
        });
    }
    if !has("format") && !has("value.format") {
        return Err(Problem::of_table("the option 'format' is missing"));
    }
    if used == TableUse::Sink && has("topic-pattern") {
        let message = "a table with 'topic-pattern' cannot be written to";
        return Err(Problem::of("topic-pattern", message));
    }
    rows_only(table, "key.format", "keys")?;
    together(table, &["key.format", "key.fields"])?;
    if let Some(fields) = table.options.get("key.fields") {
        let physical = |name: &str| {
            table.columns.iter().any(|c| c.name == name && matches!(c.kind, TableColumnKind::Physical))
        };
        if let Some(missing) = fields.split(';').find(|f| !f.is_empty() && !physical(f)) {
            let message = format!("'key.fields' names '{missing}', which is no physical column");
            return Err(Problem::of("key.fields", message));
        }
    }
    Ok(())
}

/// Refuses a format whose records tell what becomes of rows.
fn rows_only(table: &Table, key: &str, whose: &str) -> Result<(), Problem> {
    let format = table.options.get(key).and_then(|format| formats::find(format));
    match format.filter(|format| format.tells_changes) {
        None => Ok(()),
        Some(format) => {
            let message = format!("'{key}' = '{}': {whose} are rows, not changes of rows", format.name);
            Err(Problem::of(key, message)
                .hint("connector 'kafka' reads and writes changes as values".to_owned()))
        }
    }
}

fn upserts_required(table: &Table, _used: TableUse) -> Result<(), Problem> {
    need(table, "properties.bootstrap.servers")?;
    need(table, "topic")?;
    need(table, "key.format")?;
    need(table, "value.format")?;
    rows_only(table, "key.format", "keys")?;
    rows_only(table, "value.format", "values of connector 'upsert-kafka'")?;
    if table.primary_key.is_empty() {
        return Err(Problem::of_table("a table of connector 'upsert-kafka' needs a primary key")
            .hint("PRIMARY KEY (…) NOT ENFORCED names the columns that the records' keys hold".to_owned()));
    }
    Ok(())
}

/// Flink `KafkaDynamicSource.ReadableMetadata`.
fn metadata() -> Vec<(&'static str, LogicalType, bool)> {
    // Keys and values of the map are declared nullable, as in Flink, so that queries handle them easily.
    let element = |logical_type| Box::new(ElementType { logical_type, nullable: true });
    let headers = LogicalType::Map(element(LogicalType::STRING), element(LogicalType::BYTES));
    vec![
        ("topic", LogicalType::STRING, false),
        ("partition", LogicalType::Int, false),
        ("headers", headers, false),
        ("leader-epoch", LogicalType::Int, true),
        ("offset", LogicalType::BigInt, false),
        ("timestamp", LogicalType::TimestampLtz(3), false),
        ("timestamp-type", LogicalType::STRING, false),
    ]
}
