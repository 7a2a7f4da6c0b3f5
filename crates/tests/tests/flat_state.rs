//! Operators that forget by event time hold no more after a hundred intervals than after ten, however many keys have come
//! by: neither rows nor bytes.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use streamsql_core::{ChangeBatch, Context, Epoch, KeyGroupRange, Operator, Schema, Watermark};
use streamsql_planner::plan_script;
use streamsql_sql::load::load_script;

const TABLE: &str = "CREATE TABLE t (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', \
                     'path' = 't', 'format' = 'json');\n";
/// Length of an interval, ms.
const INTERVAL: i64 = 10_000;
const INTERVALS: i64 = 100;
/// Keys of an interval; half of them come again in the next one.
const KEYS: i64 = 200;

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

/// A value of each column for each of some keys at a time: texts are the key; windows are named by their columns.
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
        match column.logical_type.is_timestamp() {
            true => Arc::new(TimestampMillisecondArray::from(vec![time; texts.len()])),
            false => Arc::new(StringArray::from(texts)),
        }
    });
    let columns: Vec<ArrayRef> = columns.collect();
    ChangeBatch::inserts(RecordBatch::try_new(schema.to_arrow(), columns).unwrap())
}

/// Rows and bytes of all tables at the end of each interval.
fn held(sql: &str, name: &str) -> Vec<(usize, usize)> {
    let (mut operator, inputs) = operator(sql, name);
    let mut watermark = Watermark::MIN;
    let mut held = Vec::new();
    for interval in 0..INTERVALS {
        for step in 0..10 {
            let at = 100_000 + interval * INTERVAL + step * (INTERVAL / 10);
            let first = interval * KEYS / 2 + step * (KEYS / 10);
            for (port, input) in inputs.iter().enumerate() {
                let mut cx = Context::new(at, watermark);
                operator.on_batch(port, rows(input, first..first + KEYS / 10, at), &mut cx).unwrap();
                assert_eq!(cx.late_rows, 0);
            }
            let mut cx = Context::new(at, watermark);
            watermark = Watermark(at);
            operator.on_watermark(watermark, &mut cx).unwrap();
        }
        let epoch = Epoch(interval as u64 + 1);
        let mut tables = operator.tables();
        for table in &mut tables {
            table.barrier(epoch, 0).unwrap();
        }
        held.push((
            tables.iter().map(|table| table.rows()).sum(),
            tables.iter().map(|table| table.bytes()).sum(),
        ));
    }
    held
}

fn is_flat(sql: &str, name: &str) {
    let held = held(sql, name);
    let most = |range: std::ops::Range<usize>| {
        let rows = held[range.clone()].iter().map(|(rows, _)| *rows).max().unwrap();
        (rows, held[range].iter().map(|(_, bytes)| *bytes).max().unwrap())
    };
    let (early, late) = (most(5..20), most(80..100));
    println!("{name}: {early:?} rows and bytes at most after some intervals, {late:?} after a hundred");
    assert!(early.0 > 0, "{name} keeps nothing");
    assert!(late.0 <= early.0, "rows of {name} grow: {early:?}, {late:?}");
    assert!(late.1 <= early.1 + early.1 / 4, "bytes of {name} grow: {early:?}, {late:?}");
}

#[test]
fn over_a_range_of_an_interval() {
    is_flat(
        "SELECT k, ts, COUNT(*) OVER w, COUNT(DISTINCT k) OVER w, MAX(k) OVER w, LAST_VALUE(k) OVER w FROM t \
         WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW);",
        "OverAggregate",
    );
}

#[test]
fn a_window_join() {
    is_flat(
        "CREATE VIEW w AS SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)); \
         SELECT l.k, r.ts FROM w AS l FULL JOIN w AS r \
         ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;",
        "WindowJoin",
    );
}
