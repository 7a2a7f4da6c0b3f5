//! Rows to JSON records (Flink `RowDataToJsonConverters`).

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use base64::Engine;
use streamsql_core::{Encoder, Error, Result, Schema, text};

use super::OPTIONS;
use crate::columns::TimestampStandard;
use crate::options::FormatOptions;

/// Encodes flat rows as objects, columns in order.
pub struct JsonEncoder {
    keys: Vec<String>,
    standard: TimestampStandard,
}

impl JsonEncoder {
    pub fn new(options: &BTreeMap<String, String>, columns: &Schema) -> Result<Self> {
        let options = FormatOptions::new("json", options, OPTIONS)?;
        let keys =
            columns.columns.iter().map(|c| serde_json::Value::from(c.name.as_str()).to_string()).collect();
        Ok(Self { keys, standard: TimestampStandard::parse(options.get("timestamp-format.standard"))? })
    }
}

impl Encoder for JsonEncoder {
    fn encode(&mut self, rows: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<bool> {
        out.push(b'{');
        for (i, key) in self.keys.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            out.push(b':');
            value(rows.column(i).as_ref(), row, self.standard, out)?;
        }
        out.push(b'}');
        Ok(true)
    }
}

fn value(array: &dyn Array, row: usize, standard: TimestampStandard, out: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    let mut rendered = String::new();
    let quoted = match array.data_type() {
        DataType::Boolean => {
            rendered.push_str(if array.as_boolean().value(row) { "true" } else { "false" });
            false
        }
        DataType::Int8 => number(array.as_primitive::<Int8Type>().value(row), &mut rendered),
        DataType::Int16 => number(array.as_primitive::<Int16Type>().value(row), &mut rendered),
        DataType::Int32 => number(array.as_primitive::<Int32Type>().value(row), &mut rendered),
        DataType::Int64 => number(array.as_primitive::<Int64Type>().value(row), &mut rendered),
        DataType::Float32 => {
            text::java_float(array.as_primitive::<Float32Type>().value(row), &mut rendered);
            false
        }
        DataType::Float64 => {
            text::java_double(array.as_primitive::<Float64Type>().value(row), &mut rendered);
            false
        }
        DataType::Decimal128(..) => {
            text::scalar(array, row, &mut rendered)?;
            false
        }
        DataType::Utf8 => {
            out.extend_from_slice(
                serde_json::Value::from(array.as_string::<i32>().value(row)).to_string().as_bytes(),
            );
            return Ok(());
        }
        DataType::Binary => {
            base64::engine::general_purpose::STANDARD
                .encode_string(array.as_binary::<i32>().value(row), &mut rendered);
            true
        }
        DataType::Timestamp(..) => {
            text::scalar(array, row, &mut rendered)?;
            if standard == TimestampStandard::Iso8601 {
                rendered = rendered.replacen(' ', "T", 1);
            }
            true
        }
        DataType::Date32 | DataType::Time32(_) => {
            text::scalar(array, row, &mut rendered)?;
            true
        }
        other => return Err(Error::invalid(format!("{other} cannot be written as JSON yet"))),
    };
    if quoted {
        out.push(b'"');
    }
    out.extend_from_slice(rendered.as_bytes());
    if quoted {
        out.push(b'"');
    }
    Ok(())
}

fn number(value: impl std::fmt::Display, out: &mut String) -> bool {
    use std::fmt::Write;
    let _ = write!(out, "{value}");
    false
}
