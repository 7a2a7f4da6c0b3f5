//! The result of `query` on stdout: JSON lines, a table, or CSV.

pub mod csv;
pub mod json;
pub mod table;

use std::io::Write;

use clap::ValueEnum;
use streamsql_core::{ChangeBatch, Error, Result, Schema};
use streamsql_runtime::QuerySink;

/// `--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// One `{"op":…,"row":{…}}` a line.
    Json,
    /// Columns in a frame, one line a change.
    #[default]
    Table,
    /// A header and one line a change, the kind in the first column.
    Csv,
}

/// Writes a text to stdout at once; false where whoever reads has enough.
///
/// # Errors
/// When stdout cannot be written to.
pub fn show(text: &str) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::failed(format!("cannot write to stdout: {error}"))),
    }
}

/// Makes the writer of this format over `out`.
pub fn writer(format: OutputFormat, out: Box<dyn Write + Send>) -> Box<dyn QuerySink> {
    match format {
        OutputFormat::Json => Box::new(json::JsonLines::new(out)),
        OutputFormat::Table => Box::new(table::Table::new(out)),
        OutputFormat::Csv => Box::new(csv::Csv::new(out)),
    }
}

/// Calls `line` for each change and writes what it left in the buffer.
fn write_lines(
    out: &mut dyn Write,
    batch: &ChangeBatch,
    mut line: impl FnMut(usize, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    let mut buffer = Vec::with_capacity(batch.num_rows() * 64);
    for row in 0..batch.num_rows() {
        line(row, &mut buffer)?;
        buffer.push(b'\n');
    }
    out.write_all(&buffer)
        .and_then(|()| out.flush())
        .map_err(|e| Error::failed(format!("cannot write the result: {e}")))
}

/// The Flink type of column `i`.
fn column_type(schema: &Schema, i: usize) -> &streamsql_core::LogicalType {
    &schema.columns[i].logical_type
}
