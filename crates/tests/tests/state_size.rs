//! What a row of state costs over its own values: at most 100 bytes, in each container.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder, TimestampMillisecondArray};
use streamsql_core::{Column, KeyGroupRange, LogicalType, Schema};
use streamsql_state::containers::{KeyCodec, KeyedRows, KeyedTimeline, RowStore};

const ROWS: usize = 100_000;
const BATCH: usize = 1_000;
const MOST_BYTES_A_ROW: usize = 100;

fn schema() -> Schema {
    let text = |name: &str| Column::new(name, LogicalType::STRING, true);
    Schema::new(vec![text("k"), text("v"), Column::new("ts", LogicalType::Timestamp(3), true)])
}

/// Rows `from..from + BATCH` of `keys` keys, and the bytes of their values.
fn batch(from: usize, keys: usize) -> (RecordBatch, usize) {
    let k: Vec<String> = (from..from + BATCH).map(|i| format!("user-{:06}", i % keys)).collect();
    let v: Vec<String> = (from..from + BATCH).map(|i| format!("some value of row {i:08}")).collect();
    let payload = k.iter().chain(&v).map(String::len).sum::<usize>() + BATCH * 8;
    let times = TimestampMillisecondArray::from_iter_values((from..from + BATCH).map(|i| i as i64));
    let columns: Vec<ArrayRef> = vec![texts(&k), texts(&v), Arc::new(times)];
    (RecordBatch::try_new(schema().to_arrow(), columns).unwrap(), payload)
}

fn texts(values: &[String]) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(values.len(), values.iter().map(String::len).sum());
    values.iter().for_each(|value| builder.append_value(value));
    Arc::new(builder.finish())
}

fn check(container: &str, held: usize, payload: usize) {
    let overhead = held.saturating_sub(payload) / ROWS;
    println!("{container}: {} bytes a row, {overhead} over the values", held / ROWS);
    assert!(held >= payload, "{container} counts {held} bytes for {payload} bytes of values");
    assert!(overhead <= MOST_BYTES_A_ROW, "{container}: {overhead} bytes a row over the values");
}

#[test]
fn a_timeline_row_is_small() {
    let schema = schema().to_arrow();
    let mut codec = KeyCodec::new(&schema, &[0]).unwrap();
    let mut timeline = KeyedTimeline::new(schema, KeyGroupRange::ALL).unwrap();
    let mut payload = 0;
    for from in (0..ROWS).step_by(BATCH) {
        let (rows, bytes) = batch(from, 10_000);
        payload += bytes;
        let keys = codec.keys(&rows).unwrap();
        let stored = timeline.take_in(rows);
        for index in 0..BATCH {
            let row = RowStore::row(stored, index);
            keys.with(index, |key| {
                timeline.insert(keys.hash(index), key, (from + index) as i64, row, false);
            });
        }
    }
    timeline.delta().unwrap();
    assert_eq!(timeline.len(), ROWS);
    check("KeyedTimeline", timeline.bytes(), payload);
}

#[test]
fn a_row_of_a_key_is_small() {
    let mut rows_by_key = KeyedRows::new(schema().to_arrow(), &[0], KeyGroupRange::ALL).unwrap();
    let mut payload = 0;
    for from in (0..ROWS).step_by(BATCH) {
        let (rows, bytes) = batch(from, ROWS);
        payload += bytes;
        let (keys, stored) = rows_by_key.take_in(&rows).unwrap();
        for index in 0..BATCH {
            rows_by_key.put(&keys, index, RowStore::row(stored, index), 0, 0);
        }
    }
    rows_by_key.delta().unwrap();
    check("KeyedRows", rows_by_key.bytes(), payload);
}
