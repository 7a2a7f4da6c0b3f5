//! What a row of state costs over its own values, in each form, all allocations counted: at most 60 bytes with up to two rows
//! a key, 80 with ten.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringBuilder};
use streamsql_core::{
    Column, Epoch, KeyGroupRange, LogicalType, OrderColumn, Schema, StateForm, StateLayout, StateTable,
};
use streamsql_state::tables::{CountedTable, KeyBatch, KeyCodec, OneTable, OrderedTable, Parts};

const ROWS: usize = 100_000;
const BATCH: usize = 1_000;

fn schema() -> Schema {
    let text = |name: &str| Column::new(name, LogicalType::STRING, true);
    Schema::new(vec![text("k"), text("v"), Column::new("time", LogicalType::BigInt, false)])
}

fn layout(form: StateForm) -> StateLayout {
    let order = if form == StateForm::Ordered { vec![OrderColumn::ascending(2)] } else { vec![] };
    StateLayout { form, columns: schema().columns, key: vec![0], order, ttl_ms: 0 }
}

/// Rows `from..from + BATCH` of `keys` keys, and the bytes of their values.
fn batch(from: usize, keys: usize) -> (RecordBatch, usize) {
    let k: Vec<String> = (from..from + BATCH).map(|i| format!("user-{:06}", i % keys)).collect();
    let v: Vec<String> = (from..from + BATCH).map(|i| format!("some value of row {i:08}")).collect();
    let payload = k.iter().chain(&v).map(String::len).sum::<usize>() + BATCH * 8;
    let times: ArrayRef = Arc::new(Int64Array::from_iter_values((from..from + BATCH).map(|i| i as i64)));
    let columns = vec![texts(&k), texts(&v), times];
    (RecordBatch::try_new(schema().to_arrow(), columns).unwrap(), payload)
}

fn texts(values: &[String]) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(values.len(), values.iter().map(String::len).sum());
    values.iter().for_each(|value| builder.append_value(value));
    Arc::new(builder.finish())
}

/// Fills a table with rows of `keys` keys, an epoch every ten batches, and compares what it holds with its values.
fn check<T: StateTable>(
    mut table: T,
    keys: usize,
    most: usize,
    mut add: impl FnMut(&mut T, &KeyBatch, &[ArrayRef]),
) {
    let mut codec = KeyCodec::new(&schema().to_arrow(), &[0]).unwrap();
    let mut payload = 0;
    for (number, from) in (0..ROWS).step_by(BATCH).enumerate() {
        let (rows, bytes) = batch(from, keys);
        payload += bytes;
        let batch_keys = codec.keys(&rows).unwrap();
        add(&mut table, &batch_keys, &rows.columns()[1..]);
        if number % 10 == 9 {
            table.barrier(Epoch(number as u64), 0).unwrap();
        }
    }
    assert_eq!(table.rows(), ROWS);
    let held = table.bytes();
    let overhead = held.saturating_sub(payload) / ROWS;
    println!("{keys} keys: {} bytes a row, {overhead} over the values", held / ROWS);
    assert!(held >= payload, "{held} bytes are counted for {payload} bytes of values");
    assert!(overhead <= most, "{overhead} bytes a row over the values");
}

#[test]
fn a_row_of_a_key_is_small() {
    let table = OneTable::new("t", 0, &layout(StateForm::One), KeyGroupRange::ALL).unwrap();
    let (mut slots, mut values) = (Vec::new(), Parts::default());
    check(table, ROWS, 60, |table, keys, columns| {
        table.encode(columns, keys.rows(), &mut values).unwrap();
        table.probe(keys, &mut slots).unwrap();
        for row in 0..keys.rows() {
            table.put(keys, keys.id(row), &mut slots[keys.id(row)], &values, row).unwrap();
        }
    });
}

#[test]
fn an_ordered_row_is_small() {
    let (mut slots, mut values) = (Vec::new(), Parts::default());
    for (keys, most) in [(10_000, 80), (ROWS, 60)] {
        let table = OrderedTable::new("t", 0, &layout(StateForm::Ordered), KeyGroupRange::ALL).unwrap();
        check(table, keys, most, |table, keys, columns| {
            table.encode(columns, keys.rows(), &mut values).unwrap();
            table.probe(keys, &mut slots).unwrap();
            for row in 0..keys.rows() {
                table.insert(keys, keys.id(row), &mut slots[keys.id(row)], &values, row).unwrap();
            }
        });
    }
}

#[test]
fn a_counted_row_is_small() {
    let (mut slots, mut values) = (Vec::new(), Parts::default());
    for (keys, most) in [(10_000, 80), (ROWS / 2, 60), (ROWS, 60)] {
        let table = CountedTable::new("t", 0, &layout(StateForm::Counted), KeyGroupRange::ALL).unwrap();
        check(table, keys, most, |table, keys, columns| {
            table.encode(columns, keys.rows(), &mut values).unwrap();
            table.probe(keys, &mut slots).unwrap();
            for row in 0..keys.rows() {
                table.add(keys, keys.id(row), &mut slots[keys.id(row)], &values, row, 1).unwrap();
            }
        });
    }
}
