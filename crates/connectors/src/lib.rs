//! Connectors: where rows come from and go to. Options are checked here; nothing is contacted before `open`.

pub mod blackhole;
pub mod datagen;
pub mod filesystem;
pub mod kafka;
pub mod lookup_retry;
pub mod on_error;
pub mod options;
pub mod postgres;
pub mod print;

use std::collections::BTreeMap;

use streamsql_core::{Column, Error, Result, Schema, Sink, Source};

/// What a source is made for.
pub struct SourceSpec<'a> {
    pub table: &'a str,
    pub options: &'a BTreeMap<String, String>,
    /// All physical columns, in wire order.
    pub physical: &'a Schema,
    /// Positions of the physical columns to read.
    pub read: &'a [usize],
    /// Metadata keys and the columns they fill, behind the physical ones.
    pub metadata: &'a [(String, Column)],
    /// Names of the physical columns whose values stand in the names of folders (PARTITIONED BY).
    pub partition_keys: &'a [String],
}

/// Makes the source of a table.
pub fn source(spec: &SourceSpec<'_>) -> Result<Box<dyn Source>> {
    let made: Result<Box<dyn Source>> = match connector(spec.options)? {
        "datagen" => datagen::DatagenSource::new(spec).map(|s| Box::new(s) as Box<dyn Source>),
        "filesystem" => filesystem::FileSource::new(spec).map(|s| Box::new(s) as Box<dyn Source>),
        "kafka" | "upsert-kafka" => kafka::KafkaSource::new(spec).map(|s| Box::new(s) as Box<dyn Source>),
        other => Err(unsupported(other, "read from")),
    };
    made.map_err(|error| error.context(format!("table {}", spec.table)))
}

/// Makes a sink that has no transactions of its own.
pub fn sink(table: &str, options: &BTreeMap<String, String>, columns: &Schema) -> Result<Box<dyn Sink>> {
    let made: Result<Box<dyn Sink>> = match connector(options)? {
        "print" => print::PrintSink::new(options).map(|s| Box::new(s) as Box<dyn Sink>),
        "blackhole" => blackhole::BlackholeSink::new(options).map(|s| Box::new(s) as Box<dyn Sink>),
        other => Err(unsupported(other, "written to")),
    };
    let _ = columns;
    made.map_err(|error| error.context(format!("table {table}")))
}

fn connector(options: &BTreeMap<String, String>) -> Result<&str> {
    let connector = options.get("connector").map(String::as_str);
    connector.ok_or_else(|| Error::invalid("the table has no option 'connector'"))
}

fn unsupported(connector: &str, how: &str) -> Error {
    const KNOWN: &[&str] = &[
        "kafka",
        "upsert-kafka",
        "jdbc",
        "filesystem",
        "print",
        "blackhole",
        "datagen",
        "elasticsearch-7",
        "hbase-2.2",
        "mongodb",
        "hive",
        "firehose",
        "kinesis",
        "dynamodb",
        "opensearch",
    ];
    if KNOWN.contains(&connector) {
        Error::invalid(format!("a table of connector '{connector}' cannot be {how} yet"))
            .hint("it comes with a later version; rows come from kafka, upsert-kafka, filesystem and datagen, and go to jdbc, print and blackhole")
    } else {
        Error::invalid(format!("connector '{connector}' does not exist"))
            .hint("connectors are kafka, upsert-kafka, jdbc, filesystem, datagen, print and blackhole")
    }
}
