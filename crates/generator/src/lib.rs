//! Made-up loads, the same for the same seed on every machine: the web shop of the reference job, and the auctions of the
//! benchmark Nexmark (`nexmark`).
//!
//! Clicks come at a steady rate of event time; each is followed by 0, 1, 2, … checkouts of the same user, each next one
//! with probability ½. `Load` makes the shop's events, `record` writes them as JSON, `shop` holds the users and products
//! that they refer to; `destination` brings records of any load to Kafka, files or stdout.

mod destination;
mod event_time;
mod load;
pub mod nexmark;
mod pace;
mod record;
mod records;
mod rng;
pub mod shop;

pub use destination::{Destination, KafkaDestination, KafkaOptions, LinesDestination};
pub use event_time::{format_ms, parse_ms};
pub use load::{Counts, Disorder, Event, Kind, Load, LoadSpec};
pub use pace::{Pace, send};
pub use record::write_json;
pub use records::{Record, Records};
