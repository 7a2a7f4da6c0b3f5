//! What the binary hands to the driver: the dataflow, constructors for its parts, and how to run it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use streamsql_core::{
    ChangeBatch, EpochCommitter, KeyGroupRange, Lookup, Operator, Result, Schema, Sink, Source, TwoPhaseSink,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeId, TableSourceScan};
use streamsql_state::store::StateStore;

use crate::reload_mistake::ReloadMistake;
use crate::values_source::ValuesSource;

/// Makes the parts of a dataflow. Called once a shard for operators and lookups, once for sources.
pub trait Constructors: Send + Sync {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>>;

    /// The source of constant rows.
    fn values(&self, rows: &RecordBatch) -> Box<dyn Source> {
        Box::new(ValuesSource::new(rows.clone()))
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>>;
    fn operator(
        &self,
        node: &Node,
        inputs: &[&Schema],
        key_groups: KeyGroupRange,
    ) -> Result<Box<dyn Operator>>;
}

/// Where the rows of a sink node go.
pub enum SinkBinding {
    /// Into the committer's transaction, under this index.
    Transactional(usize),
    /// To a sink of its own, after the epoch is durable.
    Direct(Box<dyn Sink>),
    /// To a sink that prepares them before the epoch's commit and makes them visible after it; the name is what its
    /// token is stored under.
    TwoPhase(String, Box<dyn TwoPhaseSink>),
}

/// Receives the rows of a query's Collect nodes as they are made.
pub trait QuerySink: Send {
    fn write(&mut self, statement: usize, schema: &Schema, batch: &ChangeBatch) -> Result<()>;
}

/// How a job is run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Shards, 1..=128.
    pub parallelism: usize,
    /// Least time between the ends of two epochs. Beyond it an epoch ends as soon as the one before is committed and
    /// something changed; where more than 100,000 records a second come, epochs grow up to 100 ms.
    pub commit_interval: Duration,
    /// An epoch is closed early at this many rows, so that memory stays bounded.
    pub epoch_rows: u64,
    /// An epoch is closed early when so many bytes have left for its sinks, whatever they came from.
    pub epoch_bytes: u64,
    /// Bytes of decoded rows that one source may have in flight.
    pub source_buffer_bytes: usize,
    /// Bytes that all state tables together may take; a job that needs more ends. None: as many as there are.
    pub state_memory: Option<u64>,
    /// `pipeline.auto-watermark-interval` = 0: a watermark after every row that moves it, instead of every batch.
    pub watermark_every_row: bool,
    /// Whether a start under another plan may drop state that the plan does not keep.
    pub allow_drop: bool,
    /// For tests that must notice it.
    #[doc(hidden)]
    pub reload_mistake: Option<ReloadMistake>,
    /// How long the job's threads have to come home when it ends; one that does not is left behind.
    pub shutdown_grace: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            parallelism: 1,
            commit_interval: Duration::from_millis(2),
            epoch_rows: 200_000,
            epoch_bytes: 64 << 20,
            source_buffer_bytes: 16 << 20,
            state_memory: None,
            watermark_every_row: false,
            allow_drop: false,
            reload_mistake: None,
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// A job that is ready to be driven.
pub struct Job {
    pub dataflow: Arc<Dataflow>,
    pub constructors: Arc<dyn Constructors>,
    pub committer: Box<dyn EpochCommitter>,
    pub store: StateStore,
    pub sinks: BTreeMap<NodeId, SinkBinding>,
    pub options: RunOptions,
}
