//! When epochs end: as soon as the one before is committed and something changed, and not before. No clock takes part:
//! the job's stands still.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use streamsql_core::{
    ChangeBatch, CommittedEpoch, DurableState, Epoch, EpochCommit, EpochCommitter, KeyGroupRange, Lookup,
    Operator, Result, Schema, Sink, Source, SourceBatch, SourceEvent, Split, SplitStart, StopHandle,
};
use streamsql_plan::{LookupJoin, Node, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::{Clock, Constructors, Job, Metrics, RunOptions, SinkBinding, run_job};
use streamsql_sql::load::load_script;
use streamsql_state::store::StateStore;
use streamsql_state::store_committer::StoreCommitter;

const ROWS: i64 = 50;

struct Standing;

impl Clock for Standing {
    fn now_ms(&self) -> i64 {
        0
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// A row comes when the one before is committed.
    OneByOne,
    /// All rows come while the first epoch is being committed.
    DuringACommit,
}

/// A source of `ROWS` batches of one row.
struct Rows {
    flow: Flow,
    schema: Schema,
    read: i64,
    committed: i64,
}

fn split() -> Split {
    Split { topic: Arc::from("s"), partition: 0 }
}

impl Source for Rows {
    fn open(&mut self, _restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        Ok(vec![SplitStart { split: split(), position: 0 }])
    }

    fn poll(&mut self, _timeout: Duration) -> Result<SourceEvent> {
        if self.read == ROWS {
            return Ok(SourceEvent::End);
        }
        if self.flow == Flow::OneByOne && self.committed < self.read {
            return Ok(SourceEvent::Nothing);
        }
        self.read += 1;
        let column: ArrayRef = Arc::new(Int64Array::from(vec![self.read]));
        let rows = RecordBatch::try_new(self.schema.to_arrow(), vec![column])?;
        Ok(SourceEvent::Batch(SourceBatch {
            split: split(),
            batch: ChangeBatch::inserts(rows),
            next_position: self.read,
            records: 1,
            skipped: 0,
            bytes: 8,
            cuts: Vec::new(),
            dead_letters: Vec::new(),
            origins: None,
        }))
    }

    fn committed(&mut self, positions: &BTreeMap<Split, i64>) {
        self.committed = positions.values().copied().max().unwrap_or(0);
    }
}

struct Parts {
    flow: Flow,
}

impl Constructors for Parts {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        Ok(Box::new(Rows { flow: self.flow, schema: scan.read_schema(), read: 0, committed: 0 }))
    }

    fn lookup(&self, _join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        unreachable!("the query has no lookup")
    }

    fn operator(
        &self,
        node: &Node,
        inputs: &[&Schema],
        key_groups: KeyGroupRange,
    ) -> Result<Box<dyn Operator>> {
        streamsql_operators::build(node, inputs, key_groups)
    }
}

/// Commits the first epoch once all rows have reached the driver, where they come meanwhile.
struct Patient {
    inner: StoreCommitter,
    flow: Flow,
    metrics: Arc<Metrics>,
}

impl EpochCommitter for Patient {
    fn peek(&mut self) -> Result<Option<CommittedEpoch>> {
        self.inner.peek()
    }

    fn take_over(&mut self) -> Result<CommittedEpoch> {
        self.inner.take_over()
    }

    fn commit(&mut self, commit: &EpochCommit, state: DurableState<'_>) -> Result<()> {
        if self.flow == Flow::DuringACommit && commit.epoch == Epoch(1) {
            while self.metrics.records_in.load(Ordering::Relaxed) < ROWS as u64 {
                std::thread::yield_now();
            }
        }
        self.inner.commit(commit, state)
    }
}

struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, _epoch: Epoch, _changes: &[ChangeBatch]) -> Result<()> {
        Ok(())
    }
}

/// How many epochs a job of `ROWS` rows commits.
fn epochs(flow: Flow, parallelism: usize) -> u64 {
    let sql = "CREATE TABLE s (k BIGINT) WITH ('connector' = 'filesystem', 'path' = 's', 'format' = 'json'); \
        SELECT k FROM s;";
    let statements = load_script(sql, "job.sql", None, &[]).unwrap();
    let planned = plan_script(&statements).map_err(|refused| refused.render(false)).unwrap();
    let dataflow = Arc::new(planned.dataflows().last().cloned().unwrap());
    let metrics = Arc::new(Metrics::default());
    let store = StateStore::in_memory("job").unwrap();
    let inner = StoreCommitter::new(&store);
    let sinks = dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Collect(_)));
    let sinks = sinks.map(|id| (id, SinkBinding::Direct(Box::new(Nowhere) as Box<dyn Sink>)));
    let job = Job {
        sinks: sinks.collect(),
        dataflow: Arc::clone(&dataflow),
        constructors: Arc::new(Parts { flow }),
        committer: Box::new(Patient { inner, flow, metrics: Arc::clone(&metrics) }),
        store,
        options: RunOptions { parallelism, commit_interval: Duration::ZERO, ..RunOptions::default() },
    };
    run_job(job, &Standing, &metrics, &StopHandle::default()).unwrap();
    assert_eq!(metrics.records_in.load(Ordering::Relaxed), ROWS as u64);
    metrics.epoch.load(Ordering::Relaxed)
}

/// Where an epoch waited for anything but the commit before, this would not end.
#[test]
fn a_row_is_committed_when_the_one_before_is() {
    for parallelism in [1, 2] {
        let epochs = epochs(Flow::OneByOne, parallelism);
        assert!(epochs > ROWS as u64, "{epochs} epochs at parallelism {parallelism}");
    }
}

#[test]
fn what_comes_during_a_commit_shares_the_next_one() {
    for parallelism in [1, 2] {
        let epochs = epochs(Flow::DuringACommit, parallelism);
        assert!(epochs <= 3, "{epochs} epochs at parallelism {parallelism}");
    }
}
