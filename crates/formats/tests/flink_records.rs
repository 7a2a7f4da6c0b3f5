//! Decoders and encoders against records whose answers were recorded from Apache Flink 1.18.1.
//!
//! A line of `tests/flink/*.jsonl` holds a format, a row type, options, records (hexadecimal where `hex` is true) and
//! for each record what Flink made of it: `row`, the `changes` of a changelog, `skip`, `error`, or with `encode` the `text`
//! (or `hex`) of the row written again.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use serde_json::{Map, Value, json};
use streamsql_core::{ChangeBatch, Column, DecodedRecord, LogicalType, Schema, text};
use streamsql_formats::{DecoderSpec, decoder, encoder, tells_changes};

mod row_type;

#[test]
fn records_are_read_and_written_as_flink_does() {
    let folder = std::env::var("FLINK_RECORDS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/flink").to_owned());
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut checked, mut wrong) = (0, Vec::new());
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "jsonl")) {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            checked += check(&case, &mut wrong);
        }
    }
    assert!(checked > 3_000, "only {checked} records were found");
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(case: &Value, wrong: &mut Vec<String>) -> usize {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let schema = row_type::parse(text("schema"));
    let title = format!("{} {} {} {}", text("format"), text("schema"), case["options"], case["encode"]);
    let options = options(text("format"), &case["options"]);
    let read: Vec<usize> = (0..schema.len()).collect();
    let spec = DecoderSpec {
        format: text("format"),
        options: &options,
        physical: &schema,
        read: &read,
        metadata: &[],
    };
    let target = case.get("encode").map(|encode| {
        let format = encode["format"].as_str().unwrap();
        (format, self::options(format, &encode["options"]))
    });
    let made = decoder(&spec).and_then(|decoder| {
        target.map(|(format, o)| encoder(format, &o, &schema)).transpose().map(|e| (decoder, e))
    });
    let (mut decoder, mut encoder) = match (made, case.get("error")) {
        (Ok(made), None) => made,
        (Err(_), Some(_)) => return 1,
        (Ok(_), Some(error)) => {
            wrong.push(format!("{title}: accepted, Flink says {error}"));
            return 1;
        }
        (Err(error), None) => {
            wrong.push(format!("{title}: refused: {error}"));
            return 1;
        }
    };
    let records = case["records"].as_array().unwrap();
    for (record, expected) in records.iter().zip(case["results"].as_array().unwrap()) {
        let bytes = record.as_str().map(|record| {
            if case["hex"] == json!(true) { unhex(record) } else { record.as_bytes().to_vec() }
        });
        let found = match decoder.decode(bytes.as_deref()).unwrap() {
            DecodedRecord::Skipped => json!({"skip": true}),
            DecodedRecord::Bad { .. } => json!({"error": true}),
            DecodedRecord::Rows(_) => {
                let batch = decoder.finish().unwrap();
                match &mut encoder {
                    None if tells_changes(text("format")) => {
                        let changes = (0..batch.num_rows()).map(|at| {
                            let mut change = Map::new();
                            change.insert(batch.kind(at).short().to_owned(), row(&schema, &batch, at));
                            Value::Object(change)
                        });
                        json!({"changes": changes.collect::<Vec<_>>()})
                    }
                    None => json!({"row": row(&schema, &batch, 0)}),
                    Some(encoder) => {
                        let mut out = Vec::new();
                        match encoder.encode(batch.rows(), 0, &mut out).unwrap() {
                            false => json!({"bytes": null}),
                            true if case["hex"] == json!(true) => json!({"hex": hex(&out)}),
                            true => json!({"text": String::from_utf8(out).unwrap()}),
                        }
                    }
                }
            }
        };
        let same =
            if expected.get("error").is_some() { found.get("error").is_some() } else { found == *expected };
        if !same {
            wrong.push(format!("{title}\n    {record}\n    ours  {found}\n    Flink {expected}"));
        }
    }
    records.len()
}

fn options(format: &str, given: &Value) -> BTreeMap<String, String> {
    let given = given.as_object().cloned().unwrap_or_default();
    given.iter().map(|(k, v)| (format!("{format}.{k}"), v.as_str().unwrap().to_owned())).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn row(schema: &Schema, batch: &ChangeBatch, at: usize) -> Value {
    let columns = schema.columns.iter().zip(batch.rows().columns());
    Value::Object(columns.map(|(c, array)| (c.name.clone(), value(array.as_ref(), at))).collect())
}

fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int8 => json!(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => json!(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => json!(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => {
            let mut out = String::new();
            text::java_float(array.as_primitive::<Float32Type>().value(row), &mut out);
            json!(out)
        }
        DataType::Float64 => {
            let mut out = String::new();
            text::java_double(array.as_primitive::<Float64Type>().value(row), &mut out);
            json!(out)
        }
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::Binary => json!(hex(array.as_binary::<i32>().value(row))),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Value::Array((0..items.len()).map(|i| value(items.as_ref(), i)).collect())
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let keys = streamsql_core::map::entry_keys(&entries).as_string::<i32>();
            let pairs = (0..entries.len())
                .map(|i| (keys.value(i).to_owned(), value(entries.column(1).as_ref(), i)))
                .collect::<BTreeMap<_, _>>();
            Value::Object(pairs.into_iter().collect())
        }
        DataType::Struct(fields) => {
            let columns = fields.iter().zip(array.as_struct().columns());
            let pairs = columns.map(|(field, column)| (field.name().clone(), value(column.as_ref(), row)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        _ => {
            let mut out = String::new();
            text::scalar(array, row, &mut out).unwrap();
            json!(out)
        }
    }
}

#[test]
fn columns_that_are_not_read_cost_no_error() {
    let physical = Schema::new(vec![
        Column::new("a", LogicalType::Int, true),
        Column::new("b", LogicalType::STRING, true),
        Column::new("c", LogicalType::Int, true),
    ]);
    let options = BTreeMap::new();
    for (format, record) in [("json", r#"{"a":"bad","b":"x","c":"bad"}"#), ("csv", "bad,x,bad")] {
        let spec = DecoderSpec { format, options: &options, physical: &physical, read: &[1], metadata: &[] };
        let mut decoder = decoder(&spec).unwrap();
        assert_eq!(decoder.decode(Some(record.as_bytes())).unwrap(), DecodedRecord::Rows(1), "{format}");
        let batch = decoder.finish().unwrap();
        assert_eq!(batch.rows().column(0).as_string::<i32>().value(0), "x");
    }
}
