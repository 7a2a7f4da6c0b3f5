//! The stored form of keys, rows and segments (`docs/state-format.md`), frozen: state that a build has written is read by
//! the next one. Where a test here fails, the version in `tables::segment` must rise.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array,
    Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::datatypes::{DataType, Int32Type};
use streamsql_core::types::ElementType;
use streamsql_core::{
    Column, Epoch, KeyGroupRange, KeyGroups, LogicalType, Restores, Schema, StateForm, StateLayout,
    StateTable,
};
use streamsql_state::hash::hash_rows;
use streamsql_state::tables::{CountedTable, KeptSegments, KeyCodec, OneTable, Parts};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn column(name: &str, logical_type: LogicalType) -> Column {
    Column::new(name, logical_type, true)
}

/// Two rows of every type; the second is NULL throughout.
fn columns() -> (Vec<Column>, Vec<ArrayRef>) {
    let int_list = LogicalType::Array(ElementType::nullable(LogicalType::Int));
    let pair = LogicalType::Row(vec![column("x", LogicalType::Int), column("y", LogicalType::STRING)]);
    let columns = vec![
        column("text", LogicalType::STRING),
        column("bytes", LogicalType::BYTES),
        column("flag", LogicalType::Boolean),
        column("int", LogicalType::Int),
        column("bigint", LogicalType::BigInt),
        column("double", LogicalType::Double),
        column("decimal", LogicalType::Decimal { precision: 10, scale: 2 }),
        column("date", LogicalType::Date),
        column("list", int_list),
        column("row", pair),
    ];
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
    let DataType::List(item) = columns[8].logical_type.to_arrow() else { unreachable!("a list") };
    let list = ListArray::new(item, list.offsets().clone(), list.values().clone(), list.nulls().cloned());
    let DataType::Struct(fields) = columns[9].logical_type.to_arrow() else { unreachable!("a struct") };
    let members: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![None, None])),
        Arc::new(StringArray::from(vec![Some("z"), None])),
    ];
    let row = StructArray::new(fields, members, Some(vec![true, false].into()));
    let decimal = Decimal128Array::from(vec![Some(-150), None]).with_precision_and_scale(10, 2).unwrap();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("aé"), None])),
        Arc::new(BinaryArray::from(vec![Some(&[0xff_u8][..]), None])),
        Arc::new(BooleanArray::from(vec![Some(true), None])),
        Arc::new(Int32Array::from(vec![Some(-2), None])),
        Arc::new(Int64Array::from(vec![Some(258), None])),
        Arc::new(Float64Array::from(vec![Some(1.5), None])),
        Arc::new(decimal),
        Arc::new(Date32Array::from(vec![Some(1), None])),
        Arc::new(list),
        Arc::new(row),
    ];
    (columns, arrays)
}

#[test]
fn hashes_of_keys_are_frozen() {
    let (columns, arrays) = columns();
    let schema = Schema::new(columns).to_arrow();
    let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
    let all: Vec<usize> = (0..batch.num_columns()).collect();
    let mut found = vec![format!("all {:x?}", hash_rows(&batch, &all).unwrap())];
    for (column, field) in schema.fields().iter().enumerate() {
        found.push(format!("{} {:x?}", field.name(), hash_rows(&batch, &[column]).unwrap()));
    }
    found.push(format!("none {:x?}", hash_rows(&batch, &[]).unwrap()));
    assert_eq!(found.join("\n"), include_str!("state_format/hashes.txt").trim_end());
}

#[test]
fn a_table_writes_the_same_bytes_for_ever() {
    let (mut columns, arrays) = columns();
    columns.insert(0, column("k", LogicalType::STRING));
    let key: ArrayRef = Arc::new(StringArray::from(vec![Some("key"), None]));
    let layout = StateLayout {
        form: StateForm::One,
        columns: columns.clone(),
        key: vec![0],
        order: vec![],
        ttl_ms: 5,
    };
    let mut table = OneTable::new("t", 0, &layout, KeyGroupRange::ALL).unwrap();
    let mut codec = KeyCodec::new(&Schema::new(columns[..1].to_vec()).to_arrow(), &[0]).unwrap();
    let (mut keys, mut slots, mut values) = (Default::default(), Vec::new(), Parts::default());
    codec.encode_columns(std::slice::from_ref(&key), 2, &mut keys).unwrap();
    table.set_now(1_000);
    table.encode(&arrays, 2, &mut values).unwrap();
    table.probe(&keys, &mut slots).unwrap();
    for (row, slot) in slots.iter_mut().enumerate() {
        table.put(&keys, row, slot, &values, row).unwrap();
    }
    let first = table.barrier(Epoch(1), 1_000).unwrap().unwrap();
    table.probe(&keys, &mut slots).unwrap();
    table.remove(&mut slots[1]);
    let second = table.barrier(Epoch(2), 1_001).unwrap().unwrap();
    let written: Vec<String> = first.parts.iter().chain(&second.parts).map(|part| hex(part)).collect();
    assert_eq!(written.join("\n"), include_str!("state_format/one.txt").trim_end());

    // And what was written once is read.
    let mut read = OneTable::new("t", 0, &layout, KeyGroupRange::ALL).unwrap();
    let mut kept = KeptSegments::default();
    kept.write(first).unwrap();
    kept.write(second).unwrap();
    kept.restore(0, &mut read).unwrap();
    let rows: Vec<_> = read.all().collect();
    assert_eq!(rows.len(), 1);
    let all: Vec<usize> = (0..columns.len()).collect();
    let gathered = read.gather(&rows, &all).unwrap();
    let expected: Vec<ArrayRef> = std::iter::once(key).chain(arrays).map(|array| array.slice(0, 1)).collect();
    for (found, expected) in gathered.iter().zip(&expected) {
        assert_eq!(found.to_data(), expected.to_data());
    }
}

#[test]
fn counts_are_stored_beside_their_rows() {
    let columns = vec![column("k", LogicalType::BigInt), column("v", LogicalType::Int)];
    let layout = StateLayout {
        form: StateForm::Counted,
        columns: columns.clone(),
        key: vec![0],
        order: vec![],
        ttl_ms: 0,
    };
    let mut table = CountedTable::new("t", 0, &layout, KeyGroupRange::ALL).unwrap();
    let mut codec = KeyCodec::new(&Schema::new(columns).to_arrow(), &[0]).unwrap();
    let (mut keys, mut slots, mut values) = (Default::default(), Vec::new(), Parts::default());
    codec.encode_columns(&[Arc::new(Int64Array::from(vec![7]))], 1, &mut keys).unwrap();
    table.encode(&[Arc::new(Int32Array::from(vec![Some(9)]))], 1, &mut values).unwrap();
    table.probe(&keys, &mut slots).unwrap();
    table.add(&keys, 0, &mut slots[0], &values, 0, 3).unwrap();
    let delta = table.barrier(Epoch(1), 0).unwrap().unwrap();
    // Length, count, no NULL, key; no NULL, value.
    assert_eq!(
        hex(&delta.parts[1]),
        "1a0000000300000000000000000700000000000000000900 0000".replace(' ', "")
    );
}

#[test]
fn a_head_of_another_version_is_refused() {
    let columns = vec![column("k", LogicalType::BigInt)];
    let layout = StateLayout { form: StateForm::One, columns, key: vec![0], order: vec![], ttl_ms: 0 };
    let mut table = OneTable::new("t", 0, &layout, KeyGroupRange::ALL).unwrap();
    let id = streamsql_core::SegmentId { epoch: 1, writer: 0 };
    for head in [&b"SSQD\x03\0"[..], b"SSQP\x05\0\0\0\0\0\0\0\0\0"] {
        let error = table.restore_head(id, head, KeyGroups::ALL).unwrap_err();
        assert_eq!(error.kind.exit_code(), 6);
        assert!(error.message.contains("this build reads 4"), "{error}");
        assert!(error.hint.is_some_and(|hint| hint.contains("new name in streamsql.yaml")));
    }
}

#[test]
fn a_table_with_other_columns_is_refused() {
    let layout = |logical_type| StateLayout {
        form: StateForm::One,
        columns: vec![column("k", logical_type)],
        key: vec![0],
        order: vec![],
        ttl_ms: 0,
    };
    let mut table = OneTable::new("t", 0, &layout(LogicalType::BigInt), KeyGroupRange::ALL).unwrap();
    let schema = Schema::new(vec![column("k", LogicalType::BigInt)]).to_arrow();
    let (mut keys, mut slots) = (Default::default(), Vec::new());
    let mut codec = KeyCodec::new(&schema, &[0]).unwrap();
    codec.encode_columns(&[Arc::new(Int64Array::from(vec![7]))], 1, &mut keys).unwrap();
    table.probe(&keys, &mut slots).unwrap();
    table.edit(&keys, 0, &mut slots[0]).unwrap();
    let delta = table.barrier(Epoch(1), 0).unwrap().unwrap();
    let mut other = OneTable::new("t", 0, &layout(LogicalType::Int), KeyGroupRange::ALL).unwrap();
    let error = other.restore_head(delta.id, &delta.parts[0], KeyGroups::ALL).unwrap_err();
    assert_eq!(error.kind.exit_code(), 6);
    assert!(error.message.contains("other columns"), "{error}");
}
