//! `{"op":"+I","row":{…}}` a line: the fixed form that programs outside rely on.

use std::collections::BTreeMap;
use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalYearMonthType, Time32MillisecondType, UInt64Type,
};
use streamsql_connectors::print;
use streamsql_core::{ChangeBatch, Error, LogicalType, Result, Schema, text};
use streamsql_runtime::QuerySink;

use super::{column_type, write_lines};

/// Writes changes as JSON lines.
pub struct JsonLines {
    out: Box<dyn Write + Send>,
}

impl JsonLines {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl QuerySink for JsonLines {
    fn write(&mut self, _statement: usize, schema: &Schema, batch: &ChangeBatch) -> Result<()> {
        write(self.out.as_mut(), schema, batch)
    }
}

/// The changes of a batch, one a line.
pub fn write(out: &mut dyn Write, schema: &Schema, batch: &ChangeBatch) -> Result<()> {
    let keys: Vec<String> = schema.columns.iter().map(|c| quoted(&c.name)).collect();
    write_lines(out, batch, |row, line| {
        line.extend_from_slice(br#"{"op":""#);
        line.extend_from_slice(batch.kind(row).short().as_bytes());
        line.extend_from_slice(br#"","row":{"#);
        for (i, key) in keys.iter().enumerate() {
            if i > 0 {
                line.push(b',');
            }
            line.extend_from_slice(key.as_bytes());
            line.push(b':');
            value(batch.rows().column(i).as_ref(), column_type(schema, i), row, line)?;
        }
        line.extend_from_slice(b"}}");
        Ok(())
    })
}

/// Appends one value; maps and multisets as objects with sorted keys.
pub fn value(array: &dyn Array, logical_type: &LogicalType, row: usize, out: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Null => out.extend_from_slice(b"null"),
        DataType::Boolean => {
            let text: &[u8] = if array.as_boolean().value(row) { b"true" } else { b"false" };
            out.extend_from_slice(text);
        }
        DataType::Int8 => number(array.as_primitive::<Int8Type>().value(row), out),
        DataType::Int16 => number(array.as_primitive::<Int16Type>().value(row), out),
        DataType::Int32 => number(array.as_primitive::<Int32Type>().value(row), out),
        DataType::Int64 => number(array.as_primitive::<Int64Type>().value(row), out),
        DataType::UInt64 => number(array.as_primitive::<UInt64Type>().value(row), out),
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            // The digits that Java prints: a reader that takes them for a 64-bit number gets what it gets from Flink.
            let mut rendered = String::new();
            text::java_float(value, &mut rendered);
            let quote: &[u8] = if value.is_finite() { b"" } else { b"\"" };
            out.extend_from_slice(quote);
            out.extend_from_slice(rendered.as_bytes());
            out.extend_from_slice(quote);
        }
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            float(value, serde_json::Number::from_f64(value).map(serde_json::Value::Number), out);
        }
        DataType::Utf8 => out.extend_from_slice(quoted(array.as_string::<i32>().value(row)).as_bytes()),
        DataType::Binary => {
            out.push(b'"');
            for byte in array.as_binary::<i32>().value(row) {
                out.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
            out.push(b'"');
        }
        DataType::List(_) => {
            let element = match logical_type {
                LogicalType::Array(element) => &element.logical_type,
                other => return Err(mismatch(other, array)),
            };
            let items = array.as_list::<i32>().value(row);
            out.push(b'[');
            for i in 0..items.len() {
                if i > 0 {
                    out.push(b',');
                }
                value(items.as_ref(), element, i, out)?;
            }
            out.push(b']');
        }
        DataType::Map(_, _) => map(array, logical_type, row, out)?,
        DataType::Struct(fields) => {
            let LogicalType::Row(columns) = logical_type else { return Err(mismatch(logical_type, array)) };
            out.push(b'{');
            for (i, field) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(quoted(field.name()).as_bytes());
                out.push(b':');
                value(array.as_struct().column(i).as_ref(), &columns[i].logical_type, row, out)?;
            }
            out.push(b'}');
        }
        DataType::Time32(_) => {
            let ms = array.as_primitive::<Time32MillisecondType>().value(row);
            let mut rendered = String::with_capacity(12);
            text::time(i64::from(ms.div_euclid(1_000)) * 1_000_000_000, &mut rendered);
            if ms.rem_euclid(1_000) != 0 {
                rendered.push_str(&format!(".{:03}", ms.rem_euclid(1_000)));
            }
            out.extend_from_slice(quoted(&rendered).as_bytes());
        }
        DataType::Duration(_) => {
            let ms = array.as_primitive::<DurationMillisecondType>().value(row);
            out.extend_from_slice(quoted(&iso_duration(ms)).as_bytes());
        }
        DataType::Interval(_) => {
            let months = array.as_primitive::<IntervalYearMonthType>().value(row);
            let text = if months == 0 { "P0D".to_owned() } else { format!("P{months}M") };
            out.extend_from_slice(quoted(&text).as_bytes());
        }
        _ => {
            let mut rendered = String::with_capacity(24);
            text::scalar(array, row, &mut rendered)?;
            out.extend_from_slice(quoted(&rendered).as_bytes());
        }
    }
    Ok(())
}

/// An object, its members sorted by their names: the texts that Java gives the keys.
fn map(array: &dyn Array, logical_type: &LogicalType, row: usize, out: &mut Vec<u8>) -> Result<()> {
    let value_type = match logical_type {
        LogicalType::Map(_, value) => value.logical_type.clone(),
        LogicalType::Multiset(_) => LogicalType::Int,
        other => return Err(mismatch(other, array)),
    };
    let entries = array.as_map().value(row);
    let (keys, values) = (streamsql_core::map::entry_keys(&entries), entries.column(1));
    let mut sorted = BTreeMap::new();
    for i in 0..entries.len() {
        let mut key = String::new();
        print::value(keys.as_ref(), i, &mut key)?;
        sorted.insert(key, i);
    }
    out.push(b'{');
    for (position, (key, i)) in sorted.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        out.extend_from_slice(quoted(&key).as_bytes());
        out.push(b':');
        value(values.as_ref(), &value_type, i, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// An interval as ISO 8601 writes it, in hours, minutes and seconds (`java.time.Duration`).
fn iso_duration(ms: i64) -> String {
    if ms == 0 {
        return "PT0S".to_owned();
    }
    let (hours, minutes, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms % 60_000);
    let mut text = "PT".to_owned();
    if hours != 0 {
        text.push_str(&format!("{hours}H"));
    }
    if minutes != 0 {
        text.push_str(&format!("{minutes}M"));
    }
    if rest != 0 {
        let sign = if rest < 0 { "-" } else { "" };
        let (seconds, fraction) = (rest.unsigned_abs() / 1_000, rest.unsigned_abs() % 1_000);
        let fraction = format!(".{fraction:03}");
        text.push_str(&format!("{sign}{seconds}{}S", fraction.trim_end_matches('0').trim_end_matches('.')));
    }
    text
}

fn mismatch(logical_type: &LogicalType, array: &dyn Array) -> Error {
    Error::internal(format!("a value of {logical_type} is held as {}", array.data_type()))
}

fn number(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}

fn float(value: f64, finite: Option<serde_json::Value>, out: &mut Vec<u8>) {
    match finite {
        Some(number) => out.extend_from_slice(number.to_string().as_bytes()),
        None if value.is_nan() => out.extend_from_slice(b"\"NaN\""),
        None if value > 0.0 => out.extend_from_slice(b"\"Infinity\""),
        None => out.extend_from_slice(b"\"-Infinity\""),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
