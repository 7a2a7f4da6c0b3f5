//! Operators that forget by event time hold no more after a hundred intervals than after ten, however many keys have come
//! by: neither rows nor bytes nor segments of the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::compute::cast;
use streamsql_core::{
    ChangeBatch, Context, Epoch, KeyGroupRange, LogicalType, Operator, Schema, SegmentId, Watermark,
};
use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

const TABLE: &str = "CREATE TABLE t (k STRING, v BIGINT, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', \
                     'path' = 't', 'format' = 'json');\n\
                     CREATE TABLE versions (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED) \
                     WITH ('connector' = 'filesystem', 'path' = 'versions', 'format' = 'json');\n";
/// Length of an interval, ms.
const INTERVAL: i64 = 10_000;
const INTERVALS: i64 = 100;
/// Keys of an interval.
const KEYS: i64 = 200;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Half of an interval's keys come again in the next one, and then never.
    New,
    /// All keys come in every interval.
    Same,
}

/// What all tables of an operator hold.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    rows: usize,
    bytes: usize,
    segments: usize,
}

fn operator(sql: &str, name: &str) -> (Box<dyn Operator>, Vec<Schema>) {
    let sql = format!("{TABLE}{sql}");
    let statements = load_script(&sql, "flat.sql", None, &[]).map_err(|e| e.render(false)).unwrap();
    let planned = plan_script(&statements).map_err(|e| e.render(false)).unwrap();
    let dataflow = planned.dataflows().last().unwrap();
    let node = dataflow.nodes.iter().rfind(|node| node.kind.name() == name).unwrap();
    let inputs: Vec<Schema> =
        node.inputs.iter().map(|input| dataflow.node(input.node).schema.clone()).collect();
    let schemas: Vec<&Schema> = inputs.iter().collect();
    (streamsql_operators::build(node, &schemas, KeyGroupRange::ALL).unwrap(), inputs)
}

/// A value of each column for each of some keys at a time: texts and numbers are the key; windows are named by their columns.
fn rows(schema: &Schema, keys: impl Iterator<Item = i64> + Clone, at: i64) -> ChangeBatch {
    let start = at - at.rem_euclid(INTERVAL);
    let columns = schema.columns.iter().map(|column| -> ArrayRef {
        let time = match column.name.as_str() {
            "window_start" => start,
            "window_end" => start + INTERVAL,
            "window_time" => start + INTERVAL - 1,
            _ => at,
        };
        let texts: Vec<String> = keys.clone().map(|key| format!("key-{key:06}")).collect();
        match &column.logical_type {
            logical if logical.is_timestamp() => {
                Arc::new(TimestampMillisecondArray::from(vec![time; texts.len()]))
            }
            LogicalType::BigInt => Arc::new(Int64Array::from_iter_values(keys.clone())),
            _ => Arc::new(StringArray::from(texts)),
        }
    });
    let arrow = schema.to_arrow();
    let columns =
        columns.zip(arrow.fields()).map(|(column, field)| cast(&column, field.data_type()).unwrap());
    let columns: Vec<ArrayRef> = columns.collect();
    ChangeBatch::inserts(RecordBatch::try_new(arrow, columns).unwrap())
}

/// What is held at the end of each interval.
fn held(sql: &str, name: &str, keys: Keys) -> Vec<Held> {
    let (mut operator, inputs) = operator(sql, name);
    let mut segments: BTreeSet<(usize, SegmentId)> = BTreeSet::new();
    let mut watermark = Watermark::MIN;
    let mut held = Vec::new();
    for interval in 0..INTERVALS {
        for step in 0..10 {
            let at = 100_000 + interval * INTERVAL + step * (INTERVAL / 10);
            let before = if keys == Keys::New { interval * KEYS / 2 } else { 0 };
            let first = before + step * (KEYS / 10);
            for (port, input) in inputs.iter().enumerate() {
                let mut cx = Context::new(at, watermark);
                operator.on_batch(port, rows(input, first..first + KEYS / 10, at), &mut cx).unwrap();
                assert_eq!(cx.late_rows, 0);
            }
            let mut cx = Context::new(at, watermark);
            watermark = Watermark(at);
            operator.on_watermark(watermark, &mut cx).unwrap();
            operator.on_tick(&mut Context::new(at, watermark)).unwrap();
        }
        let epoch = Epoch(interval as u64 + 1);
        let mut now = Held::default();
        for (number, table) in operator.tables().into_iter().enumerate() {
            if let Some(delta) = table.barrier(epoch, 0).unwrap() {
                if !delta.parts.is_empty() {
                    segments.insert((number, delta.id));
                }
                for released in delta.released {
                    segments.remove(&(number, released));
                }
            }
            now.rows += table.rows();
            now.bytes += table.bytes();
        }
        now.segments = segments.len();
        held.push(now);
    }
    held
}

fn is_flat(sql: &str, name: &str, keys: Keys) {
    let held = held(sql, name, keys);
    let most = |range: std::ops::Range<usize>| {
        held[range].iter().fold(Held::default(), |most, now| Held {
            rows: most.rows.max(now.rows),
            bytes: most.bytes.max(now.bytes),
            segments: most.segments.max(now.segments),
        })
    };
    let (early, late) = (most(5..40), most(60..100));
    println!("{name}: at most {early:?} after some intervals, {late:?} after a hundred");
    assert!(early.rows > 0, "{name} keeps nothing");
    assert!(late.rows <= early.rows, "rows of {name} grow: {early:?}, {late:?}");
    assert!(late.bytes <= early.bytes + early.bytes / 4, "bytes of {name} grow: {early:?}, {late:?}");
    assert!(late.segments <= early.segments + early.segments / 2, "segments of {name}: {early:?}, {late:?}");
}

#[test]
fn keys_that_are_kept_for_ever_are_noticed() {
    let sql = "SELECT k, ts, COUNT(*) OVER (PARTITION BY k ORDER BY ts ROWS UNBOUNDED PRECEDING) FROM t;";
    let held = held(sql, "OverAggregate", Keys::New);
    assert!(held[99].rows > 2 * held[39].rows, "{:?}, {:?}", held[39], held[99]);
    assert!(2 * held[99].bytes > 3 * held[39].bytes, "{:?}, {:?}", held[39], held[99]);
}

#[test]
fn over_a_range_of_an_interval() {
    is_flat(
        "SELECT k, ts, COUNT(*) OVER w, COUNT(DISTINCT k) OVER w, MAX(k) OVER w, LAST_VALUE(k) OVER w FROM t \
         WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW);",
        "OverAggregate",
        Keys::New,
    );
}

#[test]
fn a_window_join() {
    is_flat(
        "CREATE VIEW w AS SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)); \
         SELECT l.k, r.ts FROM w AS l FULL JOIN w AS r \
         ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;",
        "WindowJoin",
        Keys::New,
    );
}

#[test]
fn a_window_rank() {
    is_flat(
        "SELECT k, ts, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY k DESC) AS rn \
         FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '20' SECOND))) WHERE rn <= 2;",
        "WindowRank",
        Keys::New,
    );
}

#[test]
fn a_window_deduplication() {
    is_flat(
        "SELECT k, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts DESC) AS rn \
         FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn = 1;",
        "WindowDeduplicate",
        Keys::New,
    );
}

#[test]
fn an_interval_join() {
    is_flat(
        "SELECT l.k FROM t AS l FULL JOIN t AS r \
         ON l.k = r.k AND l.ts BETWEEN r.ts - INTERVAL '10' SECOND AND r.ts + INTERVAL '5' SECOND;",
        "IntervalJoin",
        Keys::New,
    );
}

/// The last version of each key stays, so that keys have to come again.
#[test]
fn a_temporal_join_keeps_the_last_version_of_each_key() {
    is_flat(
        "SELECT o.k, v.ts FROM t AS o LEFT JOIN versions FOR SYSTEM_TIME AS OF o.ts AS v ON o.k = v.k;",
        "TemporalJoin",
        Keys::Same,
    );
}

#[test]
fn a_temporal_join_with_a_ttl() {
    is_flat(
        "SET 'table.exec.state.ttl' = '20 s';
         SELECT o.k, v.ts FROM t AS o LEFT JOIN versions FOR SYSTEM_TIME AS OF o.ts AS v ON o.k = v.k;",
        "TemporalJoin",
        Keys::New,
    );
}

#[test]
fn a_temporal_sort() {
    is_flat("SELECT k FROM t ORDER BY ts, k DESC;", "TemporalSort", Keys::New);
}

/// A key comes twice, so that no match is ever complete: what is kept for it ends with `WITHIN`.
#[test]
fn partial_matches_within_an_interval() {
    is_flat(
        "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts \
         MEASURES FIRST(A.ts) AS first_time, COUNT(B.k) AS n, C.k AS last_key \
         PATTERN (A B+? C) WITHIN INTERVAL '20' SECOND DEFINE B AS B.k LIKE 'key%') AS m;",
        "Match",
        Keys::New,
    );
}

/// A greedy variable takes every row of its key, until `WITHIN` ends it.
#[test]
fn matches_of_rows_that_all_fit() {
    is_flat(
        "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts \
         MEASURES COUNT(A.k) AS n, B.k AS last_key AFTER MATCH SKIP PAST LAST ROW \
         PATTERN (A+ B) WITHIN INTERVAL '30' SECOND DEFINE B AS B.k = 'none') AS m;",
        "Match",
        Keys::Same,
    );
}

#[test]
fn over_a_range_of_processing_time() {
    is_flat(
        "SELECT k, COUNT(*) OVER w, MAX(v) OVER w FROM t \
         WINDOW w AS (PARTITION BY k ORDER BY pt RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW);",
        "OverAggregate",
        Keys::New,
    );
}

#[test]
fn over_rows_with_a_ttl() {
    for frame in ["ROWS UNBOUNDED PRECEDING", "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW"] {
        let sql = format!(
            "SET 'table.exec.state.ttl' = '20 s'; \
             SELECT k, ts, SUM(v) OVER (PARTITION BY k ORDER BY ts {frame}) FROM t;"
        );
        is_flat(&sql, "OverAggregate", Keys::New);
    }
}

#[test]
fn an_interval_join_by_processing_time() {
    is_flat(
        "SELECT l.k FROM t AS l JOIN t AS r \
         ON l.k = r.k AND l.pt BETWEEN r.pt - INTERVAL '10' SECOND AND r.pt + INTERVAL '5' SECOND;",
        "IntervalJoin",
        Keys::New,
    );
}

#[test]
fn window_joins_of_every_kind() {
    let window = "CREATE VIEW w AS SELECT * FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)); ";
    for kind in ["JOIN", "LEFT JOIN", "RIGHT JOIN"] {
        let join = format!(
            "{window}SELECT l.k, r.ts FROM w AS l {kind} w AS r \
             ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end AND l.v < r.v;"
        );
        is_flat(&join, "WindowJoin", Keys::New);
    }
    for test in ["IN", "NOT IN"] {
        let join = format!(
            "{window}SELECT l.k FROM w AS l WHERE l.k {test} (SELECT r.k FROM w AS r \
             WHERE l.window_start = r.window_start AND l.window_end = r.window_end);"
        );
        is_flat(&join, "WindowJoin", Keys::New);
    }
}

#[test]
fn rows_of_sessions() {
    is_flat(
        "SELECT k, ts, window_start FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '3' SECOND));",
        "WindowTableFunction",
        Keys::New,
    );
}

#[test]
fn a_first_row_of_each_window() {
    is_flat(
        "SELECT k, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY ts) AS rn \
         FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND))) WHERE rn = 1;",
        "WindowDeduplicate",
        Keys::New,
    );
}

#[test]
fn the_extremes_of_windows_before_a_join() {
    is_flat(
        "SELECT t.k, w.e FROM t JOIN (SELECT MAX(v) AS most, window_end AS e FROM \
         TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end) AS w \
         ON t.v = w.most AND t.ts < w.e AND t.ts >= w.e - INTERVAL '10' SECOND;",
        "WindowExtremeFilter",
        Keys::New,
    );
}

#[test]
fn deduplications_with_a_ttl() {
    for (time, way) in [("ts", "ASC"), ("ts", "DESC"), ("pt", "ASC"), ("pt", "DESC")] {
        let sql = format!(
            "SET 'table.exec.state.ttl' = '20 s'; \
             SELECT k, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY {time} {way}) AS rn FROM t) WHERE rn = 1;"
        );
        is_flat(&sql, "Deduplicate", Keys::New);
    }
}

/// The best pair of a key is all that stays of its rows on the side that decides.
#[test]
fn a_join_whose_reader_looks_at_the_best_pairs() {
    is_flat(
        "SELECT k, v FROM (SELECT l.k, r.v, ROW_NUMBER() OVER (PARTITION BY l.k ORDER BY r.v DESC, r.ts) AS rn \
         FROM versions AS l JOIN t AS r ON l.k = r.k) WHERE rn = 1;",
        "Join",
        Keys::Same,
    );
}
