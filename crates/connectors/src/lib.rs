//! Connectors: where rows come from and go to. Options are checked here; nothing is contacted before `open`.
//!
//! A connector is a module with a [`Factory`], and a line in [`registry`]. What planning must know of it (options, the
//! changes that it takes) stands in `streamsql_sql::connectors`.

pub mod blackhole;
pub mod datagen;
pub mod filesystem;
pub mod kafka;
pub mod lookup_retry;
pub mod on_error;
pub mod options;
pub mod postgres;
pub mod print;
pub mod registry;

pub use registry::{Factory, LookupSpec, LookupTable, MadeSink, SinkSpec, SourceSpec, lookup, sink, source};
