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
    layout: Option<(usize, Layout)>,
}

impl Table {
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, layout: None }
    }
}

impl QuerySink for Table {
    fn write(&mut self, statement: usize, schema: &Schema, batch: &ChangeBatch) -> Result<()> {
        let mut rows = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let values = (0..schema.len())
                .map(|i| {
                    let null = arrow::array::Array::is_null(batch.rows().column(i), row);
                    Ok(if null { "NULL".to_owned() } else { plain(schema, batch, i, row)? })
                })
                .collect::<Result<Vec<_>>>()?;
            rows.push((batch.kind(row).short(), values));
        }
        let (_, mut layout) = self.layout.take().filter(|(of, _)| *of == statement).unwrap_or_else(|| {
            let usual = schema.columns.iter().map(|column| usual_width(&column.logical_type));
            (statement, Layout::new(schema.names(), usual.collect()))
        });
        let text = layout.lines(rows);
        self.layout = Some((statement, layout));
        self.out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush())
            .map_err(|e| Error::failed(format!("cannot write the result: {e}")))
    }
}

/// The columns of a table and how wide they are by now.
pub struct Layout {
    names: Vec<String>,
    widths: Vec<usize>,
    /// Whether a header of these widths was written.
    headed: bool,
}

impl Layout {
    /// `usual`: what most values of each column take.
    pub fn new(names: Vec<String>, usual: Vec<usize>) -> Self {
        let widths = names.iter().zip(usual).map(|(name, usual)| usual.max(name.chars().count())).collect();
        Self { names, widths, headed: false }
    }

    /// Changes as lines, each its kind and its values, behind a header where one is needed.
    pub fn lines(&mut self, mut rows: Vec<(&str, Vec<String>)>) -> String {
        for value in rows.iter_mut().flat_map(|(_, values)| values) {
            *value = value.replace('\n', "\\n");
        }
        let headed = self.headed;
        for i in 0..self.widths.len() {
            let widest = rows.iter().map(|(_, values)| values[i].chars().count()).max().unwrap_or(0);
            let wider = wider(headed, self.widths[i], widest);
            self.headed &= wider == self.widths[i];
            self.widths[i] = wider;
        }
        let mut text = String::new();
        if !self.headed {
            line(&mut text, "op", &self.names, &self.widths);
            let rules: Vec<String> = self.widths.iter().map(|w| "-".repeat(*w)).collect();
            line(&mut text, "--", &rules, &self.widths);
            self.headed = true;
        }
        for (op, values) in &rows {
            line(&mut text, op, values, &self.widths);
        }
        text
    }
}

/// The width of a column for values of this width, no smaller than before. Where a header stands above, a column that
/// grows takes half as much again, so that values that grow little by little do not bring a header each.
fn wider(headed: bool, before: usize, widest: usize) -> usize {
    match headed {
        true if widest > before && before < WIDEST => widest.max(before * 3 / 2).min(WIDEST),
        true => before,
        false => before.max(widest).min(WIDEST),
    }
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
