//! What Kafka knows about a record beside key and value, as columns (Flink `KafkaDynamicSource.ReadableMetadata`).
//!
//! | key | type | |
//! |---|---|---|
//! | `topic` | STRING | |
//! | `partition` | INT | |
//! | `headers` | MAP<STRING, BYTES> | of several headers of one name the last counts |
//! | `leader-epoch` | INT | NULL where the log does not know it |
//! | `offset` | BIGINT | |
//! | `timestamp` | TIMESTAMP_LTZ(3) | -1 ms where there is none |
//! | `timestamp-type` | STRING | NoTimestampType, CreateTime, LogAppendTime |

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, Int32Builder, Int64Builder, MapBuilder, MapFieldNames, StringBuilder,
    TimestampMillisecondBuilder,
};
use arrow::datatypes::DataType;
use streamsql_core::{Column, Error, LogicalType, Result};

use super::batch_queue::{MessageRef, TimestampType};

/// The column of one metadata key.
pub enum MetadataBuilder {
    Topic(StringBuilder),
    Partition(Int32Builder),
    Headers(Box<MapBuilder<StringBuilder, BinaryBuilder>>),
    LeaderEpoch(Int32Builder),
    Offset(Int64Builder),
    Timestamp(TimestampMillisecondBuilder),
    TimestampType(StringBuilder),
}

impl MetadataBuilder {
    /// # Errors
    /// `Invalid` for a key that does not exist; `Internal` when the plan asks for another type than the key's.
    pub fn new(key: &str, column: &Column) -> Result<Self> {
        let arrow = column.logical_type.to_arrow();
        let (builder, expected) = match key {
            "topic" => (Self::Topic(StringBuilder::new()), DataType::Utf8),
            "partition" => (Self::Partition(Int32Builder::new()), DataType::Int32),
            "headers" => (Self::Headers(Box::new(headers_builder(&arrow)?)), arrow.clone()),
            "leader-epoch" => (Self::LeaderEpoch(Int32Builder::new()), DataType::Int32),
            "offset" => (Self::Offset(Int64Builder::new()), DataType::Int64),
            "timestamp" => {
                let timestamp = LogicalType::TimestampLtz(3).to_arrow();
                let builder = TimestampMillisecondBuilder::new().with_data_type(timestamp.clone());
                (Self::Timestamp(builder), timestamp)
            }
            "timestamp-type" => (Self::TimestampType(StringBuilder::new()), DataType::Utf8),
            other => {
                return Err(Error::invalid(format!(
                    "metadata key '{other}' of column '{}' does not exist in a Kafka table",
                    column.name
                ))
                .hint(
                    "keys are topic, partition, headers, leader-epoch, offset, timestamp, timestamp-type",
                ));
            }
        };
        if arrow != expected {
            return Err(Error::internal(format!(
                "metadata column '{}' is read as {}, which '{key}' is not",
                column.name, column.logical_type
            )));
        }
        Ok(builder)
    }

    /// Appends the message's value for each of its rows.
    pub fn append(&mut self, message: MessageRef<'_>, rows: usize) {
        for _ in 0..rows {
            match self {
                Self::Topic(b) => b.append_value(message.topic()),
                Self::Partition(b) => b.append_value(message.partition()),
                Self::Headers(b) => append_headers(b, message),
                Self::LeaderEpoch(b) => b.append_option(message.leader_epoch()),
                Self::Offset(b) => b.append_value(message.offset()),
                Self::Timestamp(b) => b.append_value(message.timestamp().0),
                Self::TimestampType(b) => b.append_value(match message.timestamp().1 {
                    TimestampType::None => "NoTimestampType",
                    TimestampType::Create => "CreateTime",
                    TimestampType::LogAppend => "LogAppendTime",
                }),
            }
        }
    }

    pub fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Topic(b) | Self::TimestampType(b) => Arc::new(b.finish()),
            Self::Partition(b) | Self::LeaderEpoch(b) => Arc::new(b.finish()),
            Self::Headers(b) => Arc::new(b.finish()),
            Self::Offset(b) => Arc::new(b.finish()),
            Self::Timestamp(b) => Arc::new(b.finish()),
        }
    }
}

/// A builder of this very map type: names and metadata of its fields are part of the type.
fn headers_builder(arrow: &DataType) -> Result<MapBuilder<StringBuilder, BinaryBuilder>> {
    let wrong = || Error::internal(format!("headers are read as {arrow}, not as MAP<STRING, BYTES>"));
    let DataType::Map(entries, _) = arrow else { return Err(wrong()) };
    let DataType::Struct(fields) = entries.data_type() else { return Err(wrong()) };
    let [key, value] = fields.as_ref() else { return Err(wrong()) };
    if key.data_type() != &DataType::Utf8 || value.data_type() != &DataType::Binary {
        return Err(wrong());
    }
    let names =
        MapFieldNames { entry: entries.name().clone(), key: key.name().clone(), value: value.name().clone() };
    Ok(MapBuilder::new(Some(names), StringBuilder::new(), BinaryBuilder::new())
        .with_keys_field(Arc::clone(key))
        .with_values_field(Arc::clone(value)))
}

fn append_headers(builder: &mut MapBuilder<StringBuilder, BinaryBuilder>, message: MessageRef<'_>) {
    let mut headers: Vec<(&str, Option<&[u8]>)> = Vec::new();
    message.for_each_header(|name, value| match headers.iter_mut().find(|(known, _)| *known == name) {
        Some(known) => known.1 = value,
        None => headers.push((name, value)),
    });
    for (name, value) in headers {
        builder.keys().append_value(name);
        builder.values().append_option(value);
    }
    // Keys and values always have equal lengths here, which is all that `append` checks.
    let _ = builder.append(true);
}
