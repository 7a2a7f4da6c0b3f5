//! `kafka`: reading topics with positions of our own (Flink `KafkaDynamicSource`; flink-docs `connectors/table/kafka`).
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

mod batch_queue;
mod client;
mod metadata;
pub mod options;
mod positions;
mod properties;
mod reader;
mod records;
mod source;

pub use options::KafkaOptions;
pub use properties::{PropertyNote, known as known_properties, leftover, notes as property_notes};
pub use source::KafkaSource;
