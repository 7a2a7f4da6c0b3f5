//! A job that catches up reads its sources in event time: a join need not keep what one of them is ahead of the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::datatypes::TimestampMillisecondType;
use streamsql_core::{
    ChangeBatch, Context, Epoch, Error, KeyGroupRange, Lookup, Operator, OperatorSpec, Port, Result, Schema,
    Sink, Source, SourceBatch, SourceEvent, Split, SplitStart, StateTable, StopHandle, Watermark,
};
use streamsql_plan::{Dataflow, LookupJoin, Node, NodeKind, TableSourceScan};
use streamsql_planner::plan_script;
use streamsql_runtime::{Clock, Constructors, Job, Metrics, RunOptions, SinkBinding, run_job};
use streamsql_sql::load::load_script;

use streamsql_state::store::StateStore;
use streamsql_state::store_committer::StoreCommitter;

const SQL: &str = "CREATE TABLE l (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'l', 'format' = 'json'); \
    CREATE TABLE r (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = 'r', 'format' = 'json'); \
    SELECT l.k, l.ts, r.ts AS rts FROM l JOIN r ON l.k = r.k AND l.ts BETWEEN r.ts AND r.ts + INTERVAL '10' SECOND;";

/// Seconds of event time in each source, a row and a batch each.
const SECONDS: i64 = 200;

/// A clock that stands: nobody's patience ends.
struct Standing;

impl Clock for Standing {
    fn now_ms(&self) -> i64 {
        1
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// What the join got: port and second, in order.
type Seen = Arc<Mutex<Vec<(Port, i64)>>>;

struct Parts {
    seen: Seen,
    /// Made when the left source has been read to its end.
    left_is_read: StopHandle,
}

impl Constructors for Parts {
    fn source(&self, scan: &TableSourceScan) -> Result<Box<dyn Source>> {
        let topic: Arc<str> = Arc::from(scan.table.name.as_str());
        let left_is_read = self.left_is_read.clone();
        Ok(Box::new(Backlog { topic, schema: scan.read_schema(), next: 0, left_is_read }))
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
        let inner = streamsql_operators::build(node, inputs, key_groups)?;
        let watched = matches!(node.kind, NodeKind::IntervalJoin(_));
        Ok(if watched { Box::new(Watched { inner, seen: Arc::clone(&self.seen) }) } else { inner })
    }
}

/// A topic with many records to read. The left one is read as quickly as it goes, the right one only after it.
struct Backlog {
    topic: Arc<str>,
    schema: Schema,
    next: i64,
    left_is_read: StopHandle,
}

impl Backlog {
    fn split(&self) -> Split {
        Split { topic: Arc::clone(&self.topic), partition: 0 }
    }
}

impl Source for Backlog {
    fn open(&mut self, _restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        Ok(vec![SplitStart { split: self.split(), position: 0 }])
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        let is_left = *self.topic == *"l";
        if !is_left && !self.left_is_read.wait(timeout) {
            return Ok(SourceEvent::Nothing);
        }
        if self.next == SECONDS {
            if is_left {
                self.left_is_read.stop();
            }
            return Ok(SourceEvent::End);
        }
        let times: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![self.next * 1_000]));
        let keys: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        let column = |name: &str| if name == "k" { keys.clone() } else { times.clone() };
        let columns = self.schema.columns.iter().map(|c| column(&c.name)).collect();
        self.next += 1;
        Ok(SourceEvent::Batch(SourceBatch {
            split: self.split(),
            batch: ChangeBatch::inserts(RecordBatch::try_new(self.schema.to_arrow(), columns)?),
            next_position: self.next,
            records: 1,
            skipped: 0,
            bytes: 0,
            dead_letters: Vec::new(),
            origins: None,
            cuts: Vec::new(),
        }))
    }

    fn lag(&self) -> Option<u64> {
        Some(1_000_000)
    }
}

struct Watched {
    inner: Box<dyn Operator>,
    seen: Seen,
}

impl Operator for Watched {
    fn spec(&self) -> &OperatorSpec {
        self.inner.spec()
    }

    fn on_batch(&mut self, port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let column =
            batch.rows().columns().iter().find_map(|c| c.as_primitive_opt::<TimestampMillisecondType>());
        let times = column.map(|column| column.values().to_vec()).unwrap_or_default();
        self.seen.lock().unwrap().extend(times.iter().map(|time| (port, time / 1_000)));
        self.inner.on_batch(port, batch, cx)
    }

    fn on_watermark(&mut self, watermark: Watermark, cx: &mut Context<'_>) -> Result<Watermark> {
        self.inner.on_watermark(watermark, cx)
    }

    fn on_end(&mut self, cx: &mut Context<'_>) -> Result<()> {
        self.inner.on_end(cx)
    }

    fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        self.inner.tables()
    }
}

struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, _epoch: Epoch, _changes: &[ChangeBatch]) -> Result<()> {
        Ok(())
    }
}

fn dataflow() -> Arc<Dataflow> {
    let statements = load_script(SQL, "job.sql", None, &[]).unwrap();
    let planned = plan_script(&statements).map_err(|refused| refused.render(false)).unwrap();
    Arc::new(planned.dataflows().last().cloned().unwrap())
}

#[test]
fn the_source_that_is_behind_is_read_first() {
    let dataflow = dataflow();
    let seen = Seen::default();
    let store = StateStore::in_memory("job").unwrap();
    let sinks = dataflow.ids().filter(|id| matches!(dataflow.node(*id).kind, NodeKind::Collect(_)));
    let job = Job {
        sinks: sinks.map(|id| (id, SinkBinding::Direct(Box::new(Nowhere)))).collect(),
        dataflow: Arc::clone(&dataflow),
        constructors: Arc::new(Parts { seen: Arc::clone(&seen), left_is_read: StopHandle::default() }),
        committer: Box::new(StoreCommitter::new(&store)),
        store,
        options: RunOptions { watermark_every_row: true, ..RunOptions::default() },
    };
    run_job(job, &Standing, &Arc::new(Metrics::default()), &StopHandle::default()).unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len() as i64, 2 * SECONDS);
    // Where each side has come to, in seconds, and how far one was ahead.
    let mut come = [0; 2];
    for (port, second) in seen.iter() {
        come[*port] = *second;
        let ahead = (come[0] - come[1]).abs();
        assert!(ahead <= 2, "one side is {ahead} s ahead: {come:?}");
    }
}
