//! A made-up web shop: the load of the reference job, the same for the same seed on every machine.
//!
//! Clicks come at a steady rate of event time; each is followed by 0, 1, 2, … checkouts of the same user, each next one
//! with probability ½. `Load` makes the events, `record` writes them as JSON, `destination` brings them to Kafka, files
//! or stdout, `shop` holds the users and products that they refer to.

mod destination;
mod event_time;
mod load;
mod pace;
mod record;
mod rng;
pub mod shop;

pub use destination::{Destination, KafkaDestination, KafkaOptions, LinesDestination};
pub use event_time::{format_ms, parse_ms};
pub use load::{Counts, Disorder, Event, Kind, Load, LoadSpec};
pub use pace::{Pace, send};
pub use record::write_json;
