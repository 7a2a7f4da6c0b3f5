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
    ArrayRef, BinaryBuilder, Int32Builder, Int64Builder, MapBuilder, StringBuilder,
    TimestampMillisecondBuilder,
};
use arrow::datatypes::DataType;
use streamsql_core::{Column, Error, LogicalType, Result, map};

use super::batch_queue::{MessageRef, TimestampType};

/// The column of one metadata key.
pub enum MetadataBuilder {
    Topic(StringBuilder),
    Partition(Int32Builder),
    Headers(Box<Headers>, DataType),
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
            "headers" => (Self::Headers(Box::new(headers_builder(&arrow)?), arrow.clone()), arrow.clone()),
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
                Self::Headers(b, _) => append_headers(b, message),
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

    pub fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Topic(b) | Self::TimestampType(b) => Arc::new(b.finish()),
            Self::Partition(b) | Self::LeaderEpoch(b) => Arc::new(b.finish()),
            Self::Headers(b, arrow) => finish_headers(b, arrow)?,
            Self::Offset(b) => Arc::new(b.finish()),
            Self::Timestamp(b) => Arc::new(b.finish()),
        })
    }
}

/// Headers as entries of a map.
type Headers = MapBuilder<StringBuilder, BinaryBuilder>;

/// A builder of headers, when the column's type is that of headers.
fn headers_builder(arrow: &DataType) -> Result<Headers> {
    match map::entry_types(arrow) {
        Some((DataType::Utf8, DataType::Binary)) => {
            Ok(MapBuilder::new(None, StringBuilder::new(), BinaryBuilder::new()))
        }
        _ => Err(Error::internal(format!("headers are read as {arrow}, not as MAP<STRING, BYTES>"))),
    }
}

/// The headers under the type of the column.
fn finish_headers(builder: &mut Headers, arrow: &DataType) -> Result<ArrayRef> {
    let (_, offsets, entries, nulls, _) = builder.finish().into_parts();
    let (keys, values) = (Arc::clone(entries.column(0)), Arc::clone(entries.column(1)));
    Ok(Arc::new(map::array(arrow, offsets, keys, values, nulls)?))
}

fn append_headers(builder: &mut Headers, message: MessageRef<'_>) {
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
