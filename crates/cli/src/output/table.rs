//! Changes as a table for people: column widths follow the first batch, later wide values stretch their own line.

use std::io::Write;

use streamsql_core::{ChangeBatch, Error, Result, Schema};
use streamsql_runtime::QuerySink;

use super::csv::plain;

/// Longest a column is padded to.
const WIDEST: usize = 40;

/// Writes a header a statement, then a line a change.
pub struct Table {
    out: Box<dyn Write + Send>,
    widths: Option<(usize, Vec<usize>)>,
}

impl Table {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, widths: None }
    }
}

impl QuerySink for Table {
    fn write(&mut self, statement: usize, schema: &Schema, batch: &ChangeBatch) -> Result<()> {
        let mut cells = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let values = (0..schema.len())
                .map(|i| {
                    let null = arrow::array::Array::is_null(batch.rows().column(i), row);
                    if null { Ok("NULL".to_owned()) } else { plain(schema, batch, i, row) }
                })
                .collect::<Result<Vec<_>>>()?;
            cells.push(values);
        }
        let mut text = String::new();
        if self.widths.as_ref().is_none_or(|(of, _)| *of != statement) {
            let widths: Vec<usize> = (0..schema.len())
                .map(|i| {
                    let widest = cells.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
                    widest.max(schema.columns[i].name.chars().count()).min(WIDEST)
                })
                .collect();
            line(&mut text, "op", &schema.names(), &widths);
            let rules: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
            line(&mut text, "--", &rules, &widths);
            self.widths = Some((statement, widths));
        }
        if let Some((_, widths)) = &self.widths {
            for (row, values) in cells.iter().enumerate() {
                line(&mut text, batch.kind(row).short(), values, widths);
            }
        }
        self.out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush())
            .map_err(|e| Error::failed(format!("cannot write the result: {e}")))
    }
}

fn line(text: &mut String, op: &str, values: &[String], widths: &[usize]) {
    text.push_str(op);
    for (value, width) in values.iter().zip(widths) {
        let value = value.replace('\n', "\\n");
        text.push_str(&format!("  {value:<width$}"));
    }
    let trimmed = text.trim_end_matches(' ').len();
    text.truncate(trimmed);
    text.push('\n');
}
