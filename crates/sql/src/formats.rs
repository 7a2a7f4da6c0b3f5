//! What planning and validation must know of a format: its options, whether its records tell what becomes of rows, and what
//! they tell beside them. What reads and writes it is in `streamsql_formats`, under the same name.

use std::collections::BTreeMap;

use streamsql_core::LogicalType;
use streamsql_core::types::ElementType;

use crate::options::Options;
use crate::settings::value::Kind::{Flag, OneOf, Text};

/// All formats of this build.
pub const FORMATS: &[Format] = &[
    Format { options: JSON, ..PLAIN },
    Format { name: "csv", options: CSV, ..PLAIN },
    Format { name: "raw", options: RAW, ..PLAIN },
    Format { name: "debezium-json", options: DEBEZIUM, tells_changes: true, metadata: debezium },
    Format { name: "canal-json", options: CANAL, tells_changes: true, metadata: canal },
    Format { name: "maxwell-json", options: CHANGELOG, tells_changes: true, metadata: maxwell },
    Format { name: "ogg-json", options: CHANGELOG, tells_changes: true, metadata: ogg },
];

/// Flink's, but not offered yet.
pub const LATER: &[&str] =
    &["avro", "avro-confluent", "debezium-avro-confluent", "orc", "parquet", "protobuf"];

/// A format by what is known of it before anything runs.
#[derive(Clone, Copy)]
pub struct Format {
    /// Option `format`.
    pub name: &'static str,
    /// Behind the name.
    pub options: Options,
    /// Records are inserts, updates and deletions of rows, not rows.
    pub tells_changes: bool,
    /// Metadata keys for reading with their types; all may be NULL (Flink `DecodingFormat.listReadableMetadata`).
    pub metadata: fn() -> Vec<(&'static str, LogicalType)>,
}

const PLAIN: Format = Format { name: "json", options: &[], tells_changes: false, metadata: Vec::new };

const JSON: Options = &[
    ("fail-on-missing-field", Flag),
    ("ignore-parse-errors", Flag),
    ("timestamp-format.standard", STANDARD),
    ("map-null-key.mode", NULL_KEYS),
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

const STANDARD: crate::settings::value::Kind = OneOf(&["SQL", "ISO-8601"]);
const NULL_KEYS: crate::settings::value::Kind = OneOf(&["FAIL", "DROP", "LITERAL"]);

const CHANGELOG: Options = &[
    ("ignore-parse-errors", Flag),
    ("timestamp-format.standard", STANDARD),
    ("map-null-key.mode", NULL_KEYS),
    ("map-null-key.literal", Text),
    ("encode.decimal-as-plain-number", Flag),
];

const DEBEZIUM: Options = &[
    ("schema-include", Flag),
    ("ignore-parse-errors", Flag),
    ("timestamp-format.standard", STANDARD),
    ("map-null-key.mode", NULL_KEYS),
    ("map-null-key.literal", Text),
    ("encode.decimal-as-plain-number", Flag),
];

const CANAL: Options = &[
    ("database.include", Text),
    ("table.include", Text),
    ("ignore-parse-errors", Flag),
    ("timestamp-format.standard", STANDARD),
    ("map-null-key.mode", NULL_KEYS),
    ("map-null-key.literal", Text),
    ("encode.decimal-as-plain-number", Flag),
];

/// The format of that name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format of the rows of a table with these options; none where it has none, or one that does not exist.
pub fn of_rows(options: &BTreeMap<String, String>) -> Option<&'static Format> {
    find(options.get("value.format").or(options.get("format"))?)
}

/// Names of all formats, for a message.
pub fn listed() -> String {
    let [others @ .., last] = FORMATS else { return String::new() };
    let others: Vec<&str> = others.iter().map(|format| format.name).collect();
    format!("{} and {}", others.join(", "), last.name)
}

fn texts() -> LogicalType {
    LogicalType::Array(ElementType::nullable(LogicalType::STRING))
}

fn map_to(value: LogicalType) -> LogicalType {
    LogicalType::Map(ElementType::nullable(LogicalType::STRING), ElementType::nullable(value))
}

/// Flink `DebeziumJsonDecodingFormat.ReadableMetadata`.
fn debezium() -> Vec<(&'static str, LogicalType)> {
    vec![
        ("schema", LogicalType::STRING),
        ("ingestion-timestamp", LogicalType::TimestampLtz(3)),
        ("source.timestamp", LogicalType::TimestampLtz(3)),
        ("source.database", LogicalType::STRING),
        ("source.schema", LogicalType::STRING),
        ("source.table", LogicalType::STRING),
        ("source.properties", map_to(LogicalType::STRING)),
    ]
}

/// Flink `CanalJsonDecodingFormat.ReadableMetadata`.
fn canal() -> Vec<(&'static str, LogicalType)> {
    vec![
        ("database", LogicalType::STRING),
        ("table", LogicalType::STRING),
        ("sql-type", map_to(LogicalType::Int)),
        ("pk-names", texts()),
        ("ingestion-timestamp", LogicalType::TimestampLtz(3)),
        ("event-timestamp", LogicalType::TimestampLtz(3)),
    ]
}

/// Flink `MaxwellJsonDecodingFormat.ReadableMetadata`.
fn maxwell() -> Vec<(&'static str, LogicalType)> {
    vec![
        ("database", LogicalType::STRING),
        ("table", LogicalType::STRING),
        ("primary-key-columns", texts()),
        ("ingestion-timestamp", LogicalType::TimestampLtz(3)),
    ]
}

/// Flink `OggJsonDecodingFormat.ReadableMetadata`.
fn ogg() -> Vec<(&'static str, LogicalType)> {
    vec![
        ("table", LogicalType::STRING),
        ("primary-keys", texts()),
        ("ingestion-timestamp", LogicalType::TimestampLtz(6)),
        ("event-timestamp", LogicalType::TimestampLtz(6)),
    ]
}
