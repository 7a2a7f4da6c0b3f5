//! Changes as CSV (RFC 4180), the kind in the first column `op`; NULL is an empty field.

use std::io::Write;

use streamsql_core::{ChangeBatch, Result, Schema};
use streamsql_runtime::QuerySink;

use super::{column_type, json, write_lines};

/// Writes a header, then a line a change.
pub struct Csv {
    out: Box<dyn Write + Send>,
    header_of: Option<usize>,
}

impl Csv {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, header_of: None }
    }
}

impl QuerySink for Csv {
    fn write(&mut self, statement: usize, schema: &Schema, batch: &ChangeBatch) -> Result<()> {
        let mut header = (self.header_of != Some(statement)).then(|| {
            let names: Vec<String> = schema.columns.iter().map(|c| field(&c.name)).collect();
            format!("op,{}\n", names.join(","))
        });
        self.header_of = Some(statement);
        write_lines(self.out.as_mut(), batch, |row, line| {
            line.extend_from_slice(header.take().unwrap_or_default().as_bytes());
            line.extend_from_slice(batch.kind(row).short().as_bytes());
            for i in 0..schema.len() {
                line.push(b',');
                line.extend_from_slice(field(&plain(schema, batch, i, row)?).as_bytes());
            }
            Ok(())
        })
    }
}

/// The value without JSON's quotes; NULL is empty.
pub fn plain(schema: &Schema, batch: &ChangeBatch, column: usize, row: usize) -> Result<String> {
    let array = batch.rows().column(column);
    if arrow::array::Array::is_null(array, row) {
        return Ok(String::new());
    }
    let mut value = Vec::new();
    json::value(array.as_ref(), column_type(schema, column), row, &mut value)?;
    let text = String::from_utf8_lossy(&value).into_owned();
    Ok(serde_json::from_str::<String>(&text).unwrap_or(text))
}

/// A text as a field, quoted where it must be.
pub fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
