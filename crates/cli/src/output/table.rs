//! Changes as a table for people: columns are as wide as the widest value so far; where one grows, a new header follows
//! that fits it.

use std::io::Write;

use streamsql_core::{ChangeBatch, Error, LogicalType, Result, Schema};
use streamsql_runtime::QuerySink;

use super::csv::plain;

/// Longest a column is padded to; a longer value moves the rest of its own line only.
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
                    let value = if null { "NULL".to_owned() } else { plain(schema, batch, i, row)? };
                    Ok(value.replace('\n', "\\n"))
                })
                .collect::<Result<Vec<_>>>()?;
            cells.push(values);
        }
        let mut text = String::new();
        let before = self.widths.take().filter(|(of, _)| *of == statement).map(|(_, widths)| widths);
        let widths = widths(before.as_deref(), schema, &cells);
        if before.as_ref() != Some(&widths) {
            line(&mut text, "op", &schema.names(), &widths);
            let rules: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
            line(&mut text, "--", &rules, &widths);
        }
        for (row, values) in cells.iter().enumerate() {
            line(&mut text, batch.kind(row).short(), values, &widths);
        }
        self.widths = Some((statement, widths));
        self.out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush())
            .map_err(|e| Error::failed(format!("cannot write the result: {e}")))
    }
}

/// The width of each column for these rows, no smaller than before. A column that grows takes half as much again, so that
/// values that grow little by little do not bring a header each.
fn widths(before: Option<&[usize]>, schema: &Schema, cells: &[Vec<String>]) -> Vec<usize> {
    let width = |i: usize| {
        let column = &schema.columns[i];
        let name = column.name.chars().count();
        let least = before.map_or(usual_width(&column.logical_type).max(name), |widths| widths[i]);
        let widest = cells.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
        match before {
            Some(widths) if widest > widths[i] && widths[i] < WIDEST => {
                widest.max(widths[i] * 3 / 2).min(WIDEST)
            }
            Some(_) => least,
            None => least.max(widest).min(WIDEST),
        }
    };
    (0..schema.len()).map(width).collect()
}

/// What most values of a type take.
fn usual_width(logical_type: &LogicalType) -> usize {
    match logical_type {
        LogicalType::Boolean => 5,
        LogicalType::Date => 10,
        LogicalType::Time(_) => 8,
        LogicalType::Timestamp(0) => 19,
        LogicalType::Timestamp(precision) => 20 + usize::from(*precision),
        LogicalType::TimestampLtz(0) => 20,
        LogicalType::TimestampLtz(precision) => 21 + usize::from(*precision),
        logical_type if logical_type.is_numeric() => 6,
        _ => 1,
    }
}

fn line(text: &mut String, op: &str, values: &[String], widths: &[usize]) {
    text.push_str(op);
    for (value, width) in values.iter().zip(widths) {
        text.push_str(&format!("  {value:<width$}"));
    }
    let trimmed = text.trim_end_matches(' ').len();
    text.truncate(trimmed);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
    use streamsql_core::Column;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Rows come one by one, as a query with a watermark after every row gives them.
    #[test]
    fn rows_line_up_under_the_header_before_them() {
        let schema = Schema::new(vec![
            Column::new("name", LogicalType::STRING, true),
            Column::new("n", LogicalType::Int, true),
        ]);
        let written = Written::default();
        let mut table = Table::new(Box::new(written.clone()));
        let longer_than_all = "x".repeat(WIDEST + 5);
        let names =
            ["a", "bcd", "a name", "a longer one", "a", "a much much longer name", &longer_than_all, "b"];
        for (number, name) in names.iter().enumerate() {
            let columns: Vec<ArrayRef> = vec![
                Arc::new(StringArray::from(vec![*name])),
                Arc::new(Int32Array::from(vec![number as i32 + 100])),
            ];
            let rows = RecordBatch::try_new(schema.to_arrow(), columns).unwrap();
            table.write(0, &schema, &ChangeBatch::inserts(rows)).unwrap();
        }
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let mut column = 0;
        let mut headers = 0;
        for line in text.lines() {
            if line.starts_with("op") {
                column = line.rfind('n').unwrap();
                headers += 1;
            } else if line.starts_with("+I") && !line.contains(&longer_than_all) {
                assert_eq!(line.find(" 10").unwrap() + 1, column, "{text}");
            }
        }
        assert!((2..=5).contains(&headers), "{text}");
    }
}
