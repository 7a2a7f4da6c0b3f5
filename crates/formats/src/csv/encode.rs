//! Rows to CSV records (Flink `RowDataToCsvConverters`, Jackson `CsvEncoder`).

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use streamsql_core::{Encoder, Result, Schema};

use super::{Dialect, OPTIONS, supported};
use crate::options::FormatOptions;
use crate::render::{Scalar, scalar};
use crate::temporal::TimestampStandard;

/// Texts longer than this (in UTF-16 units) are quoted without a look at them.
const LONGEST_CHECKED: usize = 24;

/// Encodes rows as one line without its end.
pub struct CsvEncoder {
    dialect: Dialect,
    null_literal: String,
    scratch: String,
}

impl CsvEncoder {
    pub fn new(options: &BTreeMap<String, String>, columns: &Schema) -> Result<Self> {
        let options = FormatOptions::new("csv", options, OPTIONS)?;
        supported(columns)?;
        Ok(Self {
            dialect: Dialect::parse(&options)?,
            null_literal: options.get("null-literal").unwrap_or_default().to_owned(),
            scratch: String::new(),
        })
    }

    /// Appends a value; true when it is a text, which may need quotes.
    fn value(&self, array: &dyn Array, row: usize, out: &mut String) -> Result<bool> {
        if array.is_null(row) {
            out.push_str(&self.null_literal);
            return Ok(false);
        }
        let mut elements = |columns: &[(&dyn Array, usize)]| -> Result<bool> {
            for (i, (column, row)) in columns.iter().enumerate() {
                if i > 0 {
                    out.push(self.dialect.elements);
                }
                self.value(*column, *row, out)?;
            }
            Ok(true)
        };
        match array.data_type() {
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(row);
                let items = items.as_ref();
                elements(&(0..items.len()).map(|i| (items, i)).collect::<Vec<_>>())
            }
            DataType::Struct(_) => {
                let columns = array.as_struct().columns();
                elements(&columns.iter().map(|column| (column.as_ref(), row)).collect::<Vec<_>>())
            }
            _ => Ok(match scalar(array, row, TimestampStandard::Sql, out)? {
                Scalar::Text(text) => {
                    out.push_str(text);
                    true
                }
                Scalar::Decimal(decimal) => {
                    decimal.stripped().write_plain(out);
                    false
                }
                Scalar::Quoted => true,
                Scalar::Bare => false,
            }),
        }
    }

    fn needs_quotes(&self, text: &str) -> bool {
        let Some(quote) = self.dialect.quote else { return false };
        if text.chars().map(char::len_utf16).sum::<usize>() > LONGEST_CHECKED {
            return true;
        }
        let safe = quote.max(self.dialect.delimiter).max('\r');
        text.chars().any(|c| c <= safe || c == '\\' || self.dialect.escape == Some(c))
    }

    fn write_quoted(&self, text: &str, out: &mut Vec<u8>) {
        let Some(quote) = self.dialect.quote else { return };
        let mut push = |c: char| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        push(quote);
        for c in text.chars() {
            if c == quote || self.dialect.escape == Some(c) {
                push(c);
            }
            push(c);
        }
        push(quote);
    }
}

impl Encoder for CsvEncoder {
    fn encode(&mut self, rows: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<bool> {
        let mut rendered = std::mem::take(&mut self.scratch);
        for (i, column) in rows.columns().iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(self.dialect.delimiter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            rendered.clear();
            let is_text = self.value(column.as_ref(), row, &mut rendered)?;
            if is_text && self.needs_quotes(&rendered) {
                self.write_quoted(&rendered, out);
            } else {
                out.extend_from_slice(rendered.as_bytes());
            }
        }
        self.scratch = rendered;
        Ok(true)
    }
}
