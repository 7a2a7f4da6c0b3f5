//! However a thread of a job ends, the job ends: with the first cause, and without waiting for ever for another thread.
//!
//! A source, an operator, a lookup, the committer or a sink fails, panics or never comes back. Where the runtime would
//! wait for ever these tests do not end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use streamsql_core::{
    ChangeBatch, CommittedEpoch, Context, DurableState, Epoch, EpochCommit, EpochCommitter, Error, ErrorKind,
    EvalContext, KeyGroupRange, Lookup, LookupKeys, LookupRows, Operator, OperatorSpec, Port, Result, Schema,
    Sink, Source, SourceBatch, SourceEvent, Split, SplitStart, StopHandle,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::{Constructors, Job, Metrics, RunOptions, SinkBinding, SystemClock, run_job};
use streamsql_sql::load::load_script;
use streamsql_state::store::StateStore;
use streamsql_state::store_committer::StoreCommitter;
use streamsql_tests::pipeline::Pipeline;

const SQL: &str = "CREATE TABLE s (k BIGINT, p AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 's', 'format' = 'json'); \
    CREATE TABLE d (k BIGINT, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'jdbc', \
    'url' = 'jdbc:postgresql://127.0.0.1:1/d', 'table-name' = 'd'); \
    SELECT s.k, d.v FROM s JOIN d FOR SYSTEM_TIME AS OF s.p AS d ON s.k = d.k;";

/// What goes wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    SourcePanicsAtOpening,
    SourcePanics,
    OperatorPanics,
    LookupPanics,
    CommitterPanics,
    SinkPanics,
    /// The source fails once the lookup waits for its service.
    SourceFailsWhileLookupWaits,
    /// The same, and the lookup does not even hear that the job ends.
    SourceFailsWhileLookupIsStuck,
    /// The source fails once the committer waits for its database.
    SourceFailsWhileCommitterIsStuck,
}

use Fault::*;

/// Set when somebody is stuck: the moment for the source to fail.
#[derive(Clone, Default)]
struct Meeting(StopHandle);

impl Meeting {
    /// Says that somebody waits now, and waits for ever.
    fn stuck(&self) -> ! {
        self.0.stop();
        loop {
            std::thread::park();
        }
    }
}

struct Parts {
    fault: Fault,
    meeting: Meeting,
}

impl Constructors for Parts {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        let schema = scan.read_schema();
        Ok(Box::new(FaultySource { fault: self.fault, meeting: self.meeting.clone(), schema, read: 0 }))
    }

    fn lookup(&self, join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        let physical = &join.table.physical;
        let columns = join.columns.iter().map(|i| physical.columns[*i].clone()).collect();
        let columns = Schema::new(columns);
        let halt = StopHandle::default();
        Ok(Box::new(FaultyLookup { fault: self.fault, meeting: self.meeting.clone(), columns, halt }))
    }

    fn operator(
        &self,
        node: &Node,
        inputs: &[&Schema],
        key_groups: KeyGroupRange,
    ) -> Result<Box<dyn Operator>> {
        let inner = streamsql_operators::build(node, inputs, key_groups)?;
        let panics = self.fault == OperatorPanics && matches!(node.kind, NodeKind::LookupJoin(_));
        Ok(if panics { Box::new(FaultyOperator(inner)) } else { inner })
    }
}

struct FaultySource {
    fault: Fault,
    meeting: Meeting,
    schema: Schema,
    read: i64,
}

fn split() -> Split {
    Split { topic: Arc::from("s"), partition: 0 }
}

impl Source for FaultySource {
    fn open(&mut self, _restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        assert!(self.fault != SourcePanicsAtOpening, "opening the source went wrong");
        Ok(vec![SplitStart { split: split(), position: 0 }])
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        assert!(self.fault != SourcePanics || self.read == 0, "reading the source went wrong");
        let fails = matches!(
            self.fault,
            SourceFailsWhileLookupWaits | SourceFailsWhileLookupIsStuck | SourceFailsWhileCommitterIsStuck
        );
        if self.read > 0 {
            // Nothing more comes, as from a quiet topic.
            return match self.meeting.0.wait(timeout) && fails {
                true => Err(Error::failed("the source is broken").at("s/0/1")),
                false => Ok(SourceEvent::Nothing),
            };
        }
        self.read = 1;
        let column: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let columns = vec![column; self.schema.len()];
        let rows = RecordBatch::try_new(self.schema.to_arrow(), columns)?;
        Ok(SourceEvent::Batch(SourceBatch {
            split: split(),
            batch: ChangeBatch::inserts(rows),
            next_position: 1,
            records: 1,
            skipped: 0,
            bytes: 8,
            dead_letters: Vec::new(),
            origins: None,
            cuts: Vec::new(),
        }))
    }
}

struct FaultyLookup {
    fault: Fault,
    meeting: Meeting,
    columns: Schema,
    halt: StopHandle,
}

impl Lookup for FaultyLookup {
    fn lookup(&mut self, keys: &RecordBatch, _now_ms: i64) -> Result<LookupRows> {
        match self.fault {
            LookupPanics => panic!("the lookup went wrong"),
            SourceFailsWhileLookupIsStuck => self.meeting.stuck(),
            SourceFailsWhileLookupWaits => {
                self.meeting.0.stop();
                self.halt.wait(Duration::MAX);
                return Err(Error::failed("the lookup was given up"));
            }
            _ => {}
        }
        let text: ArrayRef = Arc::new(StringArray::from(vec!["v"; keys.num_rows()]));
        let column = |name: &str| if name == "k" { keys.column(0).clone() } else { text.clone() };
        let columns = self.columns.columns.iter().map(|c| column(&c.name)).collect();
        let rows = RecordBatch::try_new(self.columns.to_arrow(), columns)?;
        Ok(LookupRows { rows, key_index: (0..keys.num_rows() as u32).collect() })
    }

    fn halt_with(&mut self, halt: &StopHandle) {
        self.halt = halt.clone();
    }
}

struct FaultyOperator(Box<dyn Operator>);

impl Operator for FaultyOperator {
    fn spec(&self) -> &OperatorSpec {
        self.0.spec()
    }

    fn on_batch(&mut self, _port: Port, _batch: ChangeBatch, _cx: &mut Context<'_>) -> Result<()> {
        panic!("the operator went wrong")
    }

    fn lookup_keys(&self, batch: &ChangeBatch, cx: &EvalContext) -> Result<Option<LookupKeys>> {
        self.0.lookup_keys(batch, cx)
    }
}

struct FaultyCommitter {
    inner: StoreCommitter,
    fault: Fault,
    meeting: Meeting,
}

impl EpochCommitter for FaultyCommitter {
    fn peek(&mut self) -> Result<Option<CommittedEpoch>> {
        self.inner.peek()
    }

    fn take_over(&mut self) -> Result<CommittedEpoch> {
        self.inner.take_over()
    }

    fn commit(&mut self, commit: &EpochCommit, state: DurableState<'_>) -> Result<()> {
        match self.fault {
            CommitterPanics => panic!("the commit went wrong"),
            SourceFailsWhileCommitterIsStuck => self.meeting.stuck(),
            _ => self.inner.commit(commit, state),
        }
    }
}

struct FaultySink(Fault);

impl Sink for FaultySink {
    fn write(&mut self, _epoch: Epoch, _changes: &[ChangeBatch]) -> Result<()> {
        assert!(self.0 != SinkPanics, "the sink went wrong");
        Ok(())
    }
}

fn dataflow() -> Arc<Dataflow> {
    let statements = load_script(SQL, "job.sql", None, &[]).unwrap();
    let planned = plan_script(&statements).map_err(|refused| refused.render(false)).unwrap();
    Arc::new(planned.dataflows().last().cloned().unwrap())
}

/// What a job with this fault ends with.
fn ends_with(fault: Fault, parallelism: usize) -> Error {
    let dataflow = dataflow();
    let meeting = Meeting::default();
    let store = StateStore::in_memory("job").unwrap();
    let inner = StoreCommitter::new(&store);
    let sinks = dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Collect(_)));
    let sinks = sinks.map(|id| (id, SinkBinding::Direct(Box::new(FaultySink(fault)))));
    let job = Job {
        sinks: sinks.collect(),
        dataflow: Arc::clone(&dataflow),
        constructors: Arc::new(Parts { fault, meeting: meeting.clone() }),
        committer: Box::new(FaultyCommitter { inner, fault, meeting }),
        store,
        options: RunOptions {
            parallelism,
            commit_interval: Duration::ZERO,
            // Nobody who is stuck is waited for.
            shutdown_grace: Duration::ZERO,
            ..RunOptions::default()
        },
    };
    let metrics = Arc::new(Metrics::default());
    run_job(job, &SystemClock::default(), &metrics, &StopHandle::default()).unwrap_err()
}

#[test]
fn a_panic_in_any_thread_ends_the_job_with_its_cause() {
    for (fault, said) in [
        (SourcePanicsAtOpening, "thread source-s panicked: opening the source went wrong"),
        (SourcePanics, "thread source-s panicked: reading the source went wrong"),
        (OperatorPanics, "panicked: the operator went wrong"),
        (LookupPanics, "panicked: the lookup went wrong"),
        (CommitterPanics, "thread commit panicked: the commit went wrong"),
        (SinkPanics, "thread commit panicked: the sink went wrong"),
    ] {
        for parallelism in [1, 2] {
            let error = ends_with(fault, parallelism);
            assert!(error.message.contains(said), "{fault:?} at parallelism {parallelism}: {error}");
            assert_eq!((error.kind, error.kind.exit_code()), (ErrorKind::Internal, 1), "{fault:?}");
            let (place, hint) = (error.place.unwrap_or_default(), error.hint.unwrap_or_default());
            assert!(place.contains("job_threads.rs:"), "{fault:?}: {place}");
            assert!(hint.contains("report"), "{fault:?}: {hint}");
        }
    }
}

#[test]
fn a_failed_source_ends_the_job_while_a_service_is_away() {
    for fault in [SourceFailsWhileLookupWaits, SourceFailsWhileCommitterIsStuck] {
        for parallelism in [1, 2] {
            let error = ends_with(fault, parallelism);
            let told = (error.kind, error.message.as_str(), error.place.as_deref());
            let wanted = (ErrorKind::Failed, "the source is broken", Some("s/0/1"));
            assert_eq!(told, wanted, "{fault:?} at parallelism {parallelism}");
        }
    }
    // On the driver's own thread there is nobody to leave a stuck lookup behind; in a shard there is.
    let error = ends_with(SourceFailsWhileLookupIsStuck, 2);
    assert_eq!(error.message, "the source is broken");
}

#[test]
fn a_wrong_record_is_reported_as_before() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("t")).unwrap();
    std::fs::write(folder.path().join("t/1"), "{\"k\": 1}\n{\"k\": \"x\"}\n").unwrap();
    let sql = "CREATE TABLE t (k BIGINT) WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json'); SELECT k FROM t;";
    let error = fails(sql, folder.path());
    assert_eq!(error.kind, ErrorKind::Failed);
    assert!(!error.hint.unwrap_or_default().contains("report"));
}

fn fails(sql: &str, folder: &Path) -> Error {
    let run = streamsql_tests::pipeline::Run { parallelism: 2, stop_after: None };
    Pipeline::of(sql, folder).unwrap().run(run).unwrap_err()
}
