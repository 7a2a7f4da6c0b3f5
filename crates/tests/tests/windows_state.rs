//! The state of windows is bounded by what the SQL says: over 100 windows neither what is held in memory grows nor the
//! number of segments that are still needed.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray, TimestampMillisecondArray};
use streamsql_core::{ChangeBatch, Context, Epoch, KeyGroupRange, Operator, SegmentId, Watermark};
use streamsql_plan::NodeKind;
use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

const TABLE: &str = "CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) \
     WITH ('connector' = 'filesystem', 'path' = 't', 'format' = 'json');\n";
const CALLS: &str = "COUNT(*) AS c, SUM(v) AS s, COUNT(DISTINCT v) AS d, COLLECT(v) AS l, MAX(v) AS m";
const LAST: &str = "SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v ORDER BY ts DESC) AS n FROM t) WHERE n = 1";
const KEYS: usize = 200;
const WINDOWS: i64 = 100;
/// Ms from one window's rows to the next ones.
const STEP: i64 = 10_000;

/// The window aggregate of a query; its input has the columns of the table that it reads, in their order.
fn operator(query: &str) -> (Box<dyn Operator>, Vec<String>) {
    let statements = load_script(&format!("{TABLE}{query};\n"), "q.sql", None, &[]).unwrap();
    let planned = plan_script(&statements).unwrap();
    let dataflow = planned.dataflows().next().unwrap();
    let node = dataflow.nodes.iter().find(|node| matches!(node.kind, NodeKind::WindowAggregate(_))).unwrap();
    let input = &dataflow.node(node.inputs[0].node).schema;
    let names = input.columns.iter().map(|column| column.name.clone()).collect();
    (streamsql_operators::build(node, &[input], KeyGroupRange::ALL).unwrap(), names)
}

/// Rows of one window: each key several times.
fn rows(window: i64, names: &[String]) -> ChangeBatch {
    let all: Vec<usize> = (0..KEYS * 3).collect();
    let column = |name: &String| -> ArrayRef {
        match name.as_str() {
            "k" => Arc::new(StringArray::from_iter_values(all.iter().map(|i| format!("key {}", i % KEYS)))),
            "v" => Arc::new(Int32Array::from_iter_values(all.iter().map(|i| (i % 7) as i32))),
            _ => Arc::new(TimestampMillisecondArray::from_iter_values(
                all.iter().map(|i| window * STEP + (i % 3) as i64 * 1_000),
            )),
        }
    };
    let columns: Vec<(String, ArrayRef)> = names.iter().map(|name| (name.clone(), column(name))).collect();
    let columns = columns.iter().map(|(name, column)| (name.as_str(), Arc::clone(column), true));
    ChangeBatch::inserts(RecordBatch::try_from_iter_with_nullable(columns).unwrap())
}

/// Rows and bytes held, and segments that are needed, after each window.
fn run(query: &str) -> Vec<[usize; 3]> {
    let (mut operator, names) = operator(query);
    let mut segments: BTreeMap<(usize, SegmentId), ()> = BTreeMap::new();
    let (mut held, mut told) = (Vec::new(), 0);
    for window in 0..WINDOWS {
        let before = Watermark(window * STEP - 1);
        let mut cx = Context::new(0, before);
        operator.on_batch(0, rows(window, &names), &mut cx).unwrap();
        let watermark = Watermark(window * STEP + 5_000);
        operator.on_watermark(watermark, &mut cx).unwrap();
        told += cx.output.iter().map(ChangeBatch::num_rows).sum::<usize>();
        assert_eq!(cx.late_rows, 0);
        let mut now = [0; 3];
        for (number, table) in operator.tables().into_iter().enumerate() {
            if let Some(delta) = table.barrier(Epoch(window as u64 + 1), 0).unwrap() {
                if !delta.parts.is_empty() {
                    segments.insert((number, delta.id), ());
                }
                for released in delta.released {
                    segments.remove(&(number, released));
                }
            }
            now[0] += table.rows();
            now[1] += table.bytes();
        }
        now[2] = segments.len();
        held.push(now);
    }
    assert!(told >= KEYS * (WINDOWS as usize - 10), "{query}: only {told} rows were given");
    held
}

#[test]
fn state_stays_flat_over_a_hundred_windows() {
    let of = |function: &str| {
        format!("SELECT k, window_end, {CALLS} FROM TABLE({function}) GROUP BY k, window_start, window_end")
    };
    let queries = [
        of("TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)"),
        of("HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '50' SECOND)"),
        of("CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '50' SECOND)"),
        of("SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' SECOND)"),
        format!("SELECT k, {CALLS} FROM t GROUP BY k, SESSION(ts, INTERVAL '2' SECOND)"),
        format!("SELECT k, {CALLS} FROM t GROUP BY k, HOP(ts, INTERVAL '10' SECOND, INTERVAL '50' SECOND)"),
        format!("SELECT k, {CALLS} FROM t GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND)"),
        // Over the last row of each key: rows that may be taken back.
        format!("SELECT k, {CALLS} FROM ({LAST}) GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND)"),
        format!(
            "SELECT k, {CALLS} FROM ({LAST}) GROUP BY k, HOP(ts, INTERVAL '10' SECOND, INTERVAL '50' SECOND)"
        ),
        format!("SELECT k, {CALLS} FROM ({LAST}) GROUP BY k, SESSION(ts, INTERVAL '2' SECOND)"),
    ];
    for query in queries {
        let held = run(&query);
        for (what, slack) in [(0, 0), (1, 10), (2, 50)] {
            let most = |windows: &[[usize; 3]]| windows.iter().map(|now| now[what]).max().unwrap_or(0);
            let (early, late) = (most(&held[20..60]), most(&held[60..]));
            let name = ["rows", "bytes", "segments"][what];
            assert!(
                late <= early + early * slack / 100,
                "{query}: {early} {name} in windows 20 to 60, {late} after them"
            );
        }
    }
}
