//! What a sink got against what a test expects of it.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value};
use streamsql_core::{Error, Result, RowKind, Schema};

use crate::file::Expected;
use crate::play::{Rendered, SinkRows, texts};
use crate::values::rows_of;

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table, where one differs.
    pub table: Option<String>,
    /// Lines for a person, without colours.
    pub text: String,
}

impl Difference {
    pub(crate) fn failed(error: &Error) -> Self {
        Self { table: None, text: format!("the job failed: {error}\n") }
    }

    pub(crate) fn ran(expected: &str) -> Self {
        Self { table: None, text: format!("the job did not fail; expected an error with '{expected}'\n") }
    }
}

/// What differs in one table.
///
/// # Errors
/// `Invalid`: the expectation names a column that is not there, or has a value that its type cannot hold.
pub fn compare(
    table: &str,
    expected: &Expected,
    rows: &SinkRows,
    schema: &Schema,
    rendered: Rendered,
) -> Result<Option<Difference>> {
    // Columns are named as they are written to.
    let mut schema = schema.clone();
    for (column, name) in schema.columns.iter_mut().zip(&rows.columns) {
        column.name.clone_from(name);
    }
    let named = |maps: &mut dyn Iterator<Item = &Map<String, Value>>| -> Vec<usize> {
        let names: BTreeSet<&String> = maps.flat_map(Map::keys).collect();
        let all = names.is_empty();
        (0..schema.len()).filter(|column| all || names.contains(&schema.columns[*column].name)).collect()
    };
    let (columns, changes) = match expected {
        Expected::Table(rows) => (named(&mut rows.iter()), false),
        Expected::Changes(rows) => (named(&mut rows.iter().map(|(_, row)| row)), true),
    };
    let expected = expected_rows(table, expected, &schema, &columns, rendered)?;
    let cells = |row: &[String]| columns.iter().map(|column| row[*column].clone()).collect::<Vec<_>>();
    let got: Vec<(Option<RowKind>, Vec<String>)> = if changes {
        rows.changes.iter().map(|(kind, row)| (Some(*kind), cells(row))).collect()
    } else {
        rows.table().iter().map(|row| (None, cells(row))).collect()
    };
    let same = if changes { expected == got } else { sorted(&expected) == sorted(&got) };
    if same {
        return Ok(None);
    }
    let names: Vec<String> = columns.iter().map(|column| schema.columns[*column].name.clone()).collect();
    let key: Vec<usize> =
        rows.primary_key.iter().filter_map(|key| columns.iter().position(|column| column == key)).collect();
    let lines = if changes { in_order(&expected, &got) } else { paired(&expected, &got, &key) };
    Ok(Some(Difference { table: Some(table.to_owned()), text: shown(table, &names, &lines) }))
}

type Row = (Option<RowKind>, Vec<String>);

fn expected_rows(
    table: &str,
    expected: &Expected,
    schema: &Schema,
    columns: &[usize],
    rendered: Rendered,
) -> Result<Vec<Row>> {
    let (kinds, rows): (Vec<Option<RowKind>>, Vec<Map<String, Value>>) = match expected {
        Expected::Table(rows) => rows.iter().map(|row| (None, row.clone())).unzip(),
        Expected::Changes(rows) => rows.iter().map(|(kind, row)| (Some(*kind), row.clone())).unzip(),
    };
    let batch = rows_of(&format!("expect: {table}"), schema, &rows)?;
    let row = |(number, kind)| {
        let cells = texts(&batch, schema, number, rendered)?;
        Ok((kind, columns.iter().map(|column| cells[*column].clone()).collect()))
    };
    kinds.into_iter().enumerate().map(row).collect()
}

fn sorted(rows: &[Row]) -> Vec<&Row> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort();
    rows
}

/// A line of a difference.
enum Line<'a> {
    Same(&'a Row),
    Missing(&'a Row),
    Unexpected(&'a Row),
    /// The columns in which the two lines before differ.
    Marks(Vec<bool>),
}

/// A missing row with the unexpected one that it most likely is.
fn pair<'a>(missing: &'a Row, unexpected: &'a Row, lines: &mut Vec<Line<'a>>) {
    lines.push(Line::Missing(missing));
    lines.push(Line::Unexpected(unexpected));
    lines.push(Line::Marks(missing.1.iter().zip(&unexpected.1).map(|(a, b)| a != b).collect()));
}

fn paired<'a>(expected: &'a [Row], got: &'a [Row], key: &[usize]) -> Vec<Line<'a>> {
    let mut unexpected: Vec<&Row> = got.iter().collect();
    let mut missing = Vec::new();
    for row in expected {
        match unexpected.iter().position(|got| *got == row) {
            Some(same) => drop(unexpected.remove(same)),
            None => missing.push(row),
        }
    }
    let mut lines = Vec::new();
    for row in missing {
        let alike = |other: &Row| row.1.iter().zip(&other.1).filter(|(a, b)| a == b).count();
        let same_key = |other: &Row| !key.is_empty() && key.iter().all(|k| row.1[*k] == other.1[*k]);
        let by_key = unexpected.iter().position(|other| same_key(other));
        let nearest = (0..unexpected.len())
            .max_by_key(|other| alike(unexpected[*other]))
            .filter(|other| key.is_empty() && 2 * alike(unexpected[*other]) >= row.1.len());
        match by_key.or(nearest) {
            Some(other) => pair(row, unexpected.remove(other), &mut lines),
            None => lines.push(Line::Missing(row)),
        }
    }
    lines.extend(unexpected.into_iter().map(Line::Unexpected));
    lines
}

fn in_order<'a>(expected: &'a [Row], got: &'a [Row]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for number in 0..expected.len().max(got.len()) {
        match (expected.get(number), got.get(number)) {
            (Some(row), Some(other)) if row == other => lines.push(Line::Same(row)),
            (Some(row), Some(other)) => pair(row, other, &mut lines),
            (Some(row), None) => lines.push(Line::Missing(row)),
            (None, Some(other)) => lines.push(Line::Unexpected(other)),
            (None, None) => {}
        }
    }
    lines
}

/// A table of the lines: `-` expected and missing, `+` not expected, `^` below what differs.
fn shown(table: &str, names: &[String], lines: &[Line<'_>]) -> String {
    let cells = |row: &Row| {
        let kind = row.0.map(|kind| kind.short().to_owned());
        kind.into_iter().chain(row.1.iter().map(|cell| plain(cell))).collect::<Vec<_>>()
    };
    let rows = |line: &Line<'_>| match line {
        Line::Same(row) | Line::Missing(row) | Line::Unexpected(row) => Some(cells(row)),
        Line::Marks(_) => None,
    };
    let has_kind = lines.iter().filter_map(rows).any(|row| row.len() > names.len());
    let mut head: Vec<String> = names.to_vec();
    if has_kind {
        head.insert(0, "op".to_owned());
    }
    let mut widths: Vec<usize> = head.iter().map(|name| name.chars().count()).collect();
    for row in lines.iter().filter_map(rows) {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = format!("{table} differs (- expected, + came):\n");
    let mut put = |mark: &str, cells: &[String]| {
        let mut line = format!("  {mark} ");
        for (cell, width) in cells.iter().zip(&widths) {
            let padding = width - cell.chars().count();
            let _ = write!(line, "{cell}{}  ", " ".repeat(padding));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    };
    put(" ", &head);
    for line in lines {
        match line {
            Line::Same(row) => put(" ", &cells(row)),
            Line::Missing(row) => put("-", &cells(row)),
            Line::Unexpected(row) => put("+", &cells(row)),
            Line::Marks(differ) => {
                let shift = usize::from(has_kind);
                let marks: Vec<String> = (0..widths.len())
                    .map(|column| match column.checked_sub(shift).and_then(|column| differ.get(column)) {
                        Some(true) => "^".repeat(widths[column]),
                        _ => String::new(),
                    })
                    .collect();
                if differ.iter().any(|differs| *differs) {
                    put(" ", &marks);
                }
            }
        }
    }
    out
}

/// A text without its quotes where that cannot be taken for something else.
fn plain(cell: &str) -> String {
    match serde_json::from_str(cell) {
        Ok(Value::String(text)) if !text.is_empty() && text != "null" => text.replace('\n', "\\n"),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        (None, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_are_paired_by_their_key() {
        let expected = [row(&["1", "\"a\""]), row(&["2", "\"b\""])];
        let got = [row(&["2", "\"c\""]), row(&["1", "\"a\""]), row(&["3", "\"d\""])];
        let names = ["id".to_owned(), "name".to_owned()];
        let text = shown("t", &names, &paired(&expected, &got, &[0]));
        let wanted = [
            "t differs (- expected, + came):",
            "    id  name",
            "  - 2   b",
            "  + 2   c",
            "        ^^^^",
            "  + 3   d",
            "",
        ];
        assert_eq!(text, wanted.join("\n"));
    }

    #[test]
    fn without_a_key_the_nearest_row_is_the_pair() {
        let expected = [row(&["1", "2", "3"])];
        let got = [row(&["9", "9", "9"]), row(&["1", "2", "4"])];
        let lines = paired(&expected, &got, &[]);
        assert!(matches!(&lines[1], Line::Unexpected(row) if row.1[2] == "4"));
        assert_eq!(lines.len(), 4);
    }
}
