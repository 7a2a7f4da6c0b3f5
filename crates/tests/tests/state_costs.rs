//! What operators that keep rows by key cost: a row costs its matches, however many rows its key has, and a barrier what
//! changed, however many keys there are.
//!
//! Costs are processor time of this thread, those of two sizes against each other. What a barrier writes is counted.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use rustix::time::{ClockId, clock_gettime};
use streamsql_core::{
    ChangeBatch, Context, Epoch, KeyGroupRange, LogicalType, Operator, RowKind, Schema, Watermark,
};
use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

/// Caches, allocation, a logarithm, other work on the machine.
const ROOM: f64 = 4.0;
/// How often a cost is measured before it counts as too large; the smallest counts.
const MEASUREMENTS: usize = 3;
const BATCH: usize = 1_000;

const TABLES: &str = "
SET 'table.exec.state.ttl' = '1 d';
CREATE TABLE l (k STRING, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = 'l', 'format' = 'json');
CREATE TABLE r (k STRING, w BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = 'r', 'format' = 'json');
CREATE TABLE s (k STRING, v BIGINT, PRIMARY KEY (k) NOT ENFORCED)
  WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://127.0.0.1:1/x', 'table-name' = 's');
";

const JOIN: &str = "SELECT l.k, l.v, r.w FROM l LEFT JOIN r ON l.k = r.k";
const INTERVAL_JOIN: &str = "SELECT l.k, l.v, r.w FROM l LEFT JOIN r \
    ON l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '5' SECOND AND r.ts + INTERVAL '5' SECOND";
const LAST_ROW: &str = "SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM l) \
    WHERE n = 1";
/// Over rows that are taken back.
const AGGREGATE: &str = "SELECT k, MAX(v) AS m, COUNT(DISTINCT v) AS d, SUM(v) AS t FROM \
    (SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts DESC) AS n FROM l) WHERE n = 1) GROUP BY k";
/// Rows of which the sink's key is not that of the query.
const OTHER_KEY: &str = "INSERT INTO s SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY v ORDER BY ts DESC) \
    AS n FROM l) WHERE n = 1";

/// Processor time of this thread.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// An operator of a plan with what is around it.
struct Driven {
    operator: Box<dyn Operator>,
    inputs: Vec<Schema>,
    epoch: Epoch,
    sent: usize,
}

impl Driven {
    fn new(name: &str, query: &str) -> Self {
        let statements = load_script(&format!("{TABLES}{query};"), "q.sql", None, &[]).unwrap();
        let planned = plan_script(&statements).unwrap();
        let dataflow = planned.dataflows().last().expect("a query");
        let node = dataflow.nodes.iter().rfind(|node| node.kind.name() == name);
        let node = node.unwrap_or_else(|| panic!("no {name} in the plan of {query}"));
        let inputs: Vec<Schema> =
            node.inputs.iter().map(|input| dataflow.node(input.node).schema.clone()).collect();
        let schemas: Vec<&Schema> = inputs.iter().collect();
        let operator = streamsql_operators::build(node, &schemas, KeyGroupRange::ALL).unwrap();
        Self { operator, inputs, epoch: Epoch(0), sent: 0 }
    }

    fn call(&mut self, run: impl FnOnce(&mut dyn Operator, &mut Context<'_>)) {
        let mut cx = Context::new(1_000, Watermark::MIN);
        run(self.operator.as_mut(), &mut cx);
        self.sent += cx.output.iter().map(ChangeBatch::num_rows).sum::<usize>();
    }

    /// Rows with these numbers: of one key, or each of its own.
    fn rows(&mut self, port: usize, kind: RowKind, numbers: impl Iterator<Item = usize>, hot: bool) {
        let numbers: Vec<usize> = numbers.collect();
        for part in numbers.chunks(BATCH) {
            let columns = self.inputs[port].columns.iter().map(|column| -> ArrayRef {
                match &column.logical_type {
                    LogicalType::BigInt => {
                        Arc::new(Int64Array::from_iter_values(part.iter().map(|n| *n as i64)))
                    }
                    LogicalType::Timestamp(_) => {
                        Arc::new(TimestampMillisecondArray::from_value(1_000_000, part.len()))
                    }
                    _ if hot => Arc::new(StringArray::from(vec!["hot"; part.len()])),
                    _ => Arc::new(StringArray::from_iter_values(part.iter().map(|n| format!("key-{n:07}")))),
                }
            });
            let rows = RecordBatch::try_new(self.inputs[port].to_arrow(), columns.collect()).unwrap();
            let batch = ChangeBatch::new(rows, vec![kind; part.len()]).unwrap();
            self.call(|operator, cx| operator.on_batch(port, batch, cx).unwrap());
        }
    }

    /// The bytes that a barrier writes.
    fn barrier(&mut self) -> usize {
        self.epoch = self.epoch.next();
        let mut written = 0;
        for table in self.operator.tables() {
            if let Some(delta) = table.barrier(self.epoch, 1_000 + self.epoch.0 as i64).unwrap() {
                written += delta.parts.iter().map(|part| part.len()).sum::<usize>();
            }
        }
        written
    }
}

/// Whether a cost grows at most with the size: `cost` gives it, as a number, for a size.
#[track_caller]
fn grows_at_most(what: &str, sizes: [usize; 2], factor: f64, mut cost: impl FnMut(usize) -> f64) {
    let mut least = [f64::INFINITY; 2];
    for _ in 0..MEASUREMENTS {
        for (least, size) in least.iter_mut().zip(sizes) {
            *least = least.min(cost(size));
        }
        if least[1] <= least[0] * factor {
            return;
        }
    }
    panic!("{what}: {least:?} for {sizes:?}, more than {factor} times as much");
}

/// The cost of `measured` behind `before`, with a key of so many rows.
fn hot_key(name: &str, query: &str, before: fn(&mut Driven, usize), measured: fn(&mut Driven, usize)) {
    const SIZES: [usize; 2] = [3_000, 48_000];
    let times = (SIZES[1] / SIZES[0]) as f64;
    grows_at_most(&format!("a hot key of {name}"), SIZES, times * ROOM, |rows| {
        let mut driven = Driven::new(name, query);
        before(&mut driven, rows);
        driven.sent = 0;
        let start = processor();
        measured(&mut driven, rows);
        let cost = processor() - start;
        assert!(driven.sent > 0, "{name} sent nothing");
        cost.as_secs_f64()
    });
}

fn left(driven: &mut Driven, rows: usize) {
    driven.rows(0, RowKind::Insert, 0..rows, true);
    driven.barrier();
}

#[test]
fn a_row_that_meets_all_rows_of_a_key_costs_as_many() {
    hot_key("Join", JOIN, left, |driven, rows| {
        driven.rows(1, RowKind::Insert, 0..1, true);
        assert_eq!(driven.sent, 2 * rows);
    });
    hot_key("IntervalJoin", INTERVAL_JOIN, left, |driven, rows| {
        driven.rows(1, RowKind::Insert, 0..1, true);
        assert_eq!(driven.sent, rows);
        driven.barrier();
        // All are forgotten at once.
        driven.call(|operator, cx| {
            operator.on_watermark(Watermark(9_000_000), cx).unwrap();
        });
        driven.barrier();
    });
}

#[test]
fn rows_of_a_key_that_nothing_meets_are_padded_and_forgotten_once() {
    hot_key("IntervalJoin", INTERVAL_JOIN, left, |driven, rows| {
        driven.call(|operator, cx| {
            operator.on_watermark(Watermark(9_000_000), cx).unwrap();
        });
        assert_eq!(driven.sent, rows);
        driven.barrier();
    });
}

#[test]
fn rows_of_a_key_cost_the_same_however_many_came_before() {
    let nothing: fn(&mut Driven, usize) = |_, _| {};
    hot_key("Join", JOIN, nothing, left);
    hot_key("IntervalJoin", INTERVAL_JOIN, nothing, |driven, rows| {
        left(driven, rows);
        driven.sent = rows;
    });
    hot_key("Deduplicate", LAST_ROW, nothing, left);
    hot_key("GroupAggregate", AGGREGATE, nothing, left);
}

#[test]
fn rows_of_a_group_are_taken_back_at_the_cost_of_adding_them() {
    // From the largest on: each takes the maximum away.
    hot_key("GroupAggregate", AGGREGATE, left, |driven, rows| {
        driven.rows(0, RowKind::UpdateBefore, (0..rows).rev(), true);
    });
    hot_key("GroupAggregate", AGGREGATE, left, |driven, rows| {
        driven.rows(0, RowKind::UpdateBefore, 0..rows, true);
    });
}

/// What a barrier costs behind one changed key, with so many keys.
fn changes(name: &str, query: &str) {
    const SIZES: [usize; 2] = [2_000, 64_000];
    const ROUNDS: usize = 50;
    let mut written = Vec::new();
    // Far from in proportion to the keys, of which there are 32 times as many.
    grows_at_most(&format!("a barrier of {name}"), SIZES, 6.0, |keys| {
        let mut driven = Driven::new(name, query);
        driven.rows(0, RowKind::Insert, 0..keys, false);
        if driven.inputs.len() > 1 {
            driven.rows(1, RowKind::Insert, 0..keys, false);
        }
        driven.barrier();
        let mut bytes = 0;
        let mut cost = Duration::ZERO;
        for round in 0..ROUNDS {
            driven.rows(0, RowKind::Insert, std::iter::once(round * 17 % keys), false);
            let start = processor();
            bytes += driven.barrier();
            cost += processor() - start;
        }
        assert!(bytes > 0, "{name} wrote nothing");
        written.push(bytes);
        cost.as_secs_f64()
    });
    assert!(written[1] <= 2 * written[0], "{name} writes {written:?} bytes for the same changes");
}

#[test]
fn a_barrier_costs_what_changed_however_many_keys_there_are() {
    changes("Join", JOIN);
    changes("IntervalJoin", INTERVAL_JOIN);
    changes("Deduplicate", LAST_ROW);
    changes("GroupAggregate", AGGREGATE);
    changes("SinkMaterializer", OTHER_KEY);
}
