//! `kafka`: reading topics with positions of our own, writing to them with a guarantee (Flink `KafkaDynamicSource`,
//! `KafkaDynamicSink`; flink-docs `connectors/table/kafka`).
//!
//! | file | holds |
//! |---|---|
//! | `options` | the table's options, checked without contacting anything |
//! | `properties` | `properties.*`: Java client settings as librdkafka's, within its limits |
//! | `client` | the consumer, its log and its errors |
//! | `positions` | topics to partitions, start modes and bounds to offsets |
//! | `batch_queue` | many messages with one call of librdkafka; the crate's only `unsafe` |
//! | `records`, `metadata` | messages to columns: value, key, what Kafka knows, dead letters |
//! | `reader` | the partitions being read: order, positions, ends, errors |
//! | `source` | the `Source` that ties them together |
//! | `sink` | the other way: rows to records, transactions |

mod batch_queue;
mod client;
mod metadata;
pub mod options;
mod positions;
mod properties;
mod reader;
mod records;
mod sink;
mod source;

use crate::registry::{Factory, MadeSink};

pub use options::KafkaOptions;
pub use properties::{PropertyNote, known as known_properties, leftover, notes as property_notes};
pub use sink::KafkaSink;
pub use source::KafkaSource;

pub const FACTORY: Factory = Factory {
    name: "kafka",
    source: Some(|spec| Ok(Box::new(KafkaSource::new(spec)?))),
    sink: Some(|spec| Ok(MadeSink::TwoPhase(Box::new(KafkaSink::new(spec)?)))),
    lookup: None,
};

/// Topics whose records replace each other by key.
pub const UPSERTS: Factory = Factory { name: "upsert-kafka", ..FACTORY };
