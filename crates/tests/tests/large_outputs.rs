//! A row that becomes a thousand: outputs flow on in pieces, and an epoch closes by the bytes that leave.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, Int64Array, ListArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use streamsql_core::{
    ChangeBatch, Cut, Epoch, Error, KeyGroupRange, Lookup, Operator, Result, Schema, Sink, Source,
    SourceBatch, SourceEvent, Split, SplitStart, StopHandle,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::{Constructors, Job, Metrics, RunOptions, SinkBinding, SystemClock, run_job};
use streamsql_sql::load::load_script;

use streamsql_state::store::StateStore;
use streamsql_state::store_committer::StoreCommitter;

const SQL: &str = "CREATE TABLE s (k BIGINT, a ARRAY<INT>) WITH ('connector' = 'filesystem', 'path' = 's', 'format' = 'json'); \
    SELECT s.k, e FROM s CROSS JOIN UNNEST(s.a) AS u (e);";

/// Records of the source, all in one batch, and elements of each.
const RECORDS: usize = 768;
const ELEMENTS: usize = 1_000;
/// Bytes of an output row: a BIGINT and an INT, with their bits for NULLs.
const ROW_BYTES: usize = 13;
const EPOCH_BYTES: usize = 1 << 20;

struct Parts;

impl Constructors for Parts {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        Ok(Box::new(Lists { schema: scan.read_schema(), read: false }))
    }

    fn lookup(&self, _join: &LookupJoin) -> Result<Box<dyn Lookup>> {
        Err(Error::internal("no lookups here"))
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

/// One batch of records with their lists.
struct Lists {
    schema: Schema,
    read: bool,
}

fn split() -> Split {
    Split { topic: Arc::from("s"), partition: 0 }
}

impl Source for Lists {
    fn open(&mut self, _restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        Ok(vec![SplitStart { split: split(), position: 0 }])
    }

    fn poll(&mut self, _timeout: Duration) -> Result<SourceEvent> {
        if std::mem::replace(&mut self.read, true) {
            return Ok(SourceEvent::End);
        }
        let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(0..RECORDS as i64));
        let list = || Some((0..ELEMENTS as i32).map(Some));
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>((0..RECORDS).map(|_| list()));
        let lists = arrow::compute::cast(&lists, self.schema.to_arrow().field(1).data_type())?;
        let every = Cut::EVERY as usize;
        let cut = |rows: usize| Cut { rows, records: rows as u64, next_position: rows as i64 };
        Ok(SourceEvent::Batch(SourceBatch {
            split: split(),
            batch: ChangeBatch::inserts(RecordBatch::try_new(self.schema.to_arrow(), vec![keys, lists])?),
            next_position: RECORDS as i64,
            records: RECORDS as u64,
            skipped: 0,
            bytes: 0,
            dead_letters: Vec::new(),
            origins: None,
            cuts: (1..RECORDS / every).map(|number| cut(number * every)).collect(),
        }))
    }
}

/// What each epoch brought.
#[derive(Default)]
struct Counted {
    rows: AtomicUsize,
    sum: AtomicUsize,
    /// Bytes of each epoch, and rows of the largest batch.
    epochs: Mutex<BTreeMap<Epoch, usize>>,
    largest_batch: AtomicUsize,
}

struct Counter(Arc<Counted>);

impl Sink for Counter {
    fn write(&mut self, epoch: Epoch, changes: &[ChangeBatch]) -> Result<()> {
        for batch in changes {
            let elements: i64 =
                batch.rows().column(1).as_primitive::<Int32Type>().iter().flatten().map(i64::from).sum();
            let keys: i64 = batch.rows().column(0).as_primitive::<Int64Type>().iter().flatten().sum();
            self.0.sum.fetch_add((elements + keys) as usize, Ordering::Relaxed);
            self.0.rows.fetch_add(batch.num_rows(), Ordering::Relaxed);
            self.0.largest_batch.fetch_max(batch.num_rows(), Ordering::Relaxed);
            *self.0.epochs.lock().unwrap().entry(epoch).or_default() += batch.bytes();
        }
        Ok(())
    }
}

fn dataflow() -> Arc<Dataflow> {
    let statements = load_script(SQL, "job.sql", None, &[]).unwrap();
    let planned = plan_script(&statements).map_err(|refused| refused.render(false)).unwrap();
    Arc::new(planned.dataflows().last().cloned().unwrap())
}

fn counted(parallelism: usize) -> Arc<Counted> {
    let dataflow = dataflow();
    let counted = Arc::new(Counted::default());
    let store = StateStore::in_memory("job").unwrap();
    let committer = Box::new(StoreCommitter::new(&store));
    let sinks = dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Collect(_)));
    let sinks = sinks.map(|id| (id, SinkBinding::Direct(Box::new(Counter(Arc::clone(&counted))))));
    let job = Job {
        sinks: sinks.collect(),
        dataflow: Arc::clone(&dataflow),
        constructors: Arc::new(Parts),
        committer,
        store,
        options: RunOptions {
            parallelism,
            // Nothing but its size closes an epoch before the end.
            commit_interval: Duration::from_secs(3_600),
            epoch_bytes: EPOCH_BYTES as u64,
            ..RunOptions::default()
        },
    };
    run_job(job, &SystemClock::default(), &Arc::new(Metrics::default()), &StopHandle::default()).unwrap();
    counted
}

#[test]
fn an_epoch_of_a_large_output_stays_within_bounds() {
    for parallelism in [1, 2] {
        let counted = counted(parallelism);
        assert_eq!(counted.rows.load(Ordering::Relaxed), RECORDS * ELEMENTS);
        let keys = RECORDS * (RECORDS - 1) / 2 * ELEMENTS;
        let elements = ELEMENTS * (ELEMENTS - 1) / 2 * RECORDS;
        assert_eq!(counted.sum.load(Ordering::Relaxed), keys + elements);
        assert!(counted.largest_batch.load(Ordering::Relaxed) <= 8_192);
        let epochs = counted.epochs.lock().unwrap();
        // What became of the first rows is not known before: 256 of them, and then up to the next cut.
        let unknown = 256 * ELEMENTS * ROW_BYTES;
        let piece = Cut::EVERY as usize * ELEMENTS * ROW_BYTES;
        for (epoch, bytes) in epochs.iter() {
            let bound = EPOCH_BYTES + if epochs.keys().next() == Some(epoch) { unknown } else { 2 * piece };
            assert!(
                *bytes <= bound,
                "epoch {epoch} of {} at parallelism {parallelism}: {bytes}",
                epochs.len()
            );
        }
    }
}
