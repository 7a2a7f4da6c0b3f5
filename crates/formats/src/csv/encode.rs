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
    /// Rows go to files, whose writer is another one in Flink: it writes `BigDecimal.toString`, as a text.
    of_files: bool,
    scratch: String,
}

impl CsvEncoder {
    pub fn new(options: &BTreeMap<String, String>, columns: &Schema) -> Result<Self> {
        let options = FormatOptions::new("csv", options, OPTIONS)?;
        supported(columns)?;
        Ok(Self {
            dialect: Dialect::parse(&options)?,
            null_literal: options.get("null-literal").unwrap_or_default().to_owned(),
            of_files: false,
            scratch: String::new(),
        })
    }

    /// The same for rows that go to files (Flink `CsvBulkWriter`).
    pub fn of_files(options: &BTreeMap<String, String>, columns: &Schema) -> Result<Self> {
        Ok(Self { of_files: true, ..Self::new(options, columns)? })
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
                Scalar::Decimal(decimal) if self.of_files => {
                    decimal.stripped().write(out);
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Decimal128Array, Int32Array};
    use streamsql_core::{Column, LogicalType};

    use super::*;

    /// Recorded from Flink's file sink.
    #[test]
    fn decimals_of_files_are_texts_with_exponents() {
        let columns = Schema::new(vec![
            Column::new("a", LogicalType::Decimal { precision: 20, scale: 10 }, true),
            Column::new("n", LogicalType::Int, true),
        ]);
        let values = [1_000_000_000_000, 0, 5_000_000_000, 10_000, 1_000, -15_000_000_000_000].map(Some);
        let decimals = Decimal128Array::from_iter(values).with_precision_and_scale(20, 10).unwrap();
        let numbers = Int32Array::from(vec![7; 6]);
        let rows = RecordBatch::try_new(columns.to_arrow(), vec![Arc::new(decimals), Arc::new(numbers)]);
        let rows = rows.unwrap();
        let lines = |delimiter: &str| -> Vec<String> {
            let options = BTreeMap::from([("csv.field-delimiter".to_owned(), delimiter.to_owned())]);
            let mut encoder = CsvEncoder::of_files(&options, &columns).unwrap();
            let line = |row| {
                let mut out = Vec::new();
                encoder.encode(&rows, row, &mut out).unwrap();
                String::from_utf8(out).unwrap()
            };
            (0..rows.num_rows()).map(line).collect()
        };
        let wanted = ["\"1E+2\",7", "0,7", "0.5,7", "0.000001,7", "1E-7,7", "\"-1.5E+3\",7"];
        assert_eq!(lines(","), wanted);
        assert_eq!(lines(";")[2..4], ["\"0.5\";7", "\"0.000001\";7"]);
    }
}
