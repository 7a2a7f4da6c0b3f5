//! The driver: sources, shards, exchanges, epochs and their commit.
//!
//! One driver thread takes decoded batches from the source threads, stamps processing time, derives watermarks
//! ([`ingest`]) and feeds the shards ([`graph`], [`shard`]). Epochs are closed by barriers; what they changed goes to
//! the commit thread ([`commit`]). Operators, connectors and the planner are not known here: the binary hands in
//! [`Constructors`].

mod asking;
pub mod checked_operator;
pub mod clock;
pub mod commit;
pub mod disorder;
pub mod driver;
pub mod epoch_log;
pub mod exchange;
pub mod fate;
pub mod graph;
pub mod huge_pages;
pub mod ingest;
mod intake;
pub mod job;
pub mod key_looks;
pub mod memory;
pub mod metrics;
pub mod node_metrics;
mod outbox;
mod pace;
pub mod query;
mod records;
mod reload_mistake;
pub mod restore;
pub mod row_checks;
mod scan;
pub mod shard;
pub mod source_metrics;
pub mod source_thread;
pub mod standing;
pub mod state_plan;
pub mod stepped;
pub mod taps;
mod throttle;
mod two_phase;
pub mod values_source;

pub use clock::{Clock, SystemClock};
pub use disorder::{DISORDER_MS, DisorderSnapshot};
pub use driver::run_job;
pub use epoch_log::{CLASSES_MS, EpochLog, EpochSnapshot, EpochSpan};
pub use job::{Constructors, Job, QuerySink, RunOptions, SinkBinding};
pub use key_looks::{KEYS_LOOKED_AT, KeyLook, KeyLooks, TableKeys};
pub use metrics::{Metrics, MetricsSnapshot};
pub use node_metrics::{LookupSnapshot, NodeSnapshot, ShardTimes};
pub use query::run_query;
#[doc(hidden)]
pub use reload_mistake::ReloadMistake;
pub use source_metrics::{SourceMetrics, SourceSnapshot, SplitSnapshot};
pub use standing::{JobStanding, JobState, RememberedLetter, StandingSnapshot};
pub use stepped::SteppedJob;
pub use streamsql_core::StopHandle;
pub use taps::{Tap, Taps};
