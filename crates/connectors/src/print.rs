//! `print`: a line a change, `[identifier> ]+I[a, b, null]`, as Flink's `PrintTableSinkFactory` writes it.

use std::collections::BTreeMap;
use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use streamsql_core::{ChangeBatch, Epoch, Error, Result, Sink, text};

use crate::options::check;

/// Writes to stdout or stderr.
pub struct PrintSink {
    prefix: String,
    standard_error: bool,
}

impl PrintSink {
    pub fn new(options: &BTreeMap<String, String>) -> Result<Self> {
        check(options, &["print-identifier", "standard-error"], &[])?;
        let prefix = options.get("print-identifier").map(|id| format!("{id}> ")).unwrap_or_default();
        let standard_error = options.get("standard-error").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        Ok(Self { prefix, standard_error })
    }
}

impl Sink for PrintSink {
    fn write(&mut self, _epoch: Epoch, changes: &[ChangeBatch]) -> Result<()> {
        let mut out = String::new();
        for batch in changes {
            for row in 0..batch.num_rows() {
                out.push_str(&self.prefix);
                out.push_str(batch.kind(row).short());
                out.push('[');
                for (i, column) in batch.rows().columns().iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    value(column.as_ref(), row, &mut out)?;
                }
                out.push_str("]\n");
            }
        }
        let written = if self.standard_error {
            std::io::stderr().write_all(out.as_bytes())
        } else {
            std::io::stdout().write_all(out.as_bytes())
        };
        written.map_err(|e| Error::failed(format!("cannot print: {e}")))
    }
}

fn value(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    use std::fmt::Write;
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    let _ = match array.data_type() {
        DataType::Utf8 => write!(out, "{}", array.as_string::<i32>().value(row)),
        DataType::Boolean => write!(out, "{}", array.as_boolean().value(row)),
        DataType::Int8 => write!(out, "{}", array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => write!(out, "{}", array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => write!(out, "{}", array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => {
            text::java_float(array.as_primitive::<Float32Type>().value(row), out);
            Ok(())
        }
        DataType::Float64 => {
            text::java_double(array.as_primitive::<Float64Type>().value(row), out);
            Ok(())
        }
        DataType::Binary => write!(out, "{:?}", array.as_binary::<i32>().value(row)),
        DataType::Timestamp(..) => {
            // As java.time prints it: `T` between date and time, seconds only where they are not zero.
            let mut rendered = String::new();
            text::scalar(array, row, &mut rendered)?;
            let iso = rendered.replacen(' ', "T", 1);
            let zone = iso.ends_with('Z');
            let short = iso.trim_end_matches('Z').strip_suffix(":00").filter(|s| s.len() == 16);
            out.push_str(if zone { &iso } else { short.unwrap_or(&iso) });
            Ok(())
        }
        _ => {
            text::scalar(array, row, out)?;
            Ok(())
        }
    };
    Ok(())
}
