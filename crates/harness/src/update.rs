//! Expectations written anew, in place: whatever else stands in a file stays as it is.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use crate::file::{Expected, Test};
use crate::play::SinkRows;

/// The text of a file with the expectations of these tests as the job meets them; `None` where the `expect` of a test has
/// a form that cannot be told from the text (`expect: {…}` on one line).
pub fn updated(text: &str, tests: &[(&Test, &BTreeMap<String, SinkRows>)]) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut copied = 0;
    let mut tests: Vec<_> = tests.iter().filter(|(test, _)| !test.expect.is_empty()).collect();
    tests.sort_by_key(|(test, _)| test.line);
    for (test, sinks) in tests {
        let start = usize::try_from(test.line).ok()?.checked_sub(1)?;
        let (expect, indent) = expect_of(&lines, start)?;
        let end = (expect + 1..lines.len())
            .find(|line| !lines[*line].trim().is_empty() && indent_of(lines[*line]) <= indent)
            .unwrap_or(lines.len());
        // Blank lines behind the block belong to what follows.
        let end = (expect + 1..=end).rev().find(|line| !lines[line - 1].trim().is_empty()).unwrap_or(end);
        for line in &lines[copied..=expect] {
            out.push_str(line);
            out.push('\n');
        }
        for (table, expected) in &test.expect {
            let rows =
                sinks.iter().find(|(name, _)| *name == table || table.ends_with(&format!(".{name}")))?.1;
            block(&mut out, indent + 2, table, expected, rows);
        }
        copied = end;
    }
    for line in &lines[copied..] {
        out.push_str(line);
        out.push('\n');
    }
    Some(out)
}

/// The line of a test's `expect:` and its indentation; the test begins at `start` with `- `.
fn expect_of(lines: &[&str], start: usize) -> Option<(usize, usize)> {
    let dash = indent_of(lines.get(start)?);
    for (number, line) in lines.iter().enumerate().skip(start) {
        let body = if number == start { line.trim_start().strip_prefix("- ")? } else { line.trim_start() };
        let indent = line.len() - body.len();
        if number > start && !body.is_empty() && indent <= dash {
            return None;
        }
        if body.trim_end() == "expect:" && (number == start || indent > dash) {
            return Some((number, indent));
        }
    }
    None
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn block(out: &mut String, indent: usize, table: &str, expected: &Expected, rows: &SinkRows) {
    let before: Vec<&serde_json::Map<String, Value>> = match expected {
        Expected::Table(before) => before.iter().collect(),
        Expected::Changes(before) => before.iter().map(|(_, row)| row).collect(),
    };
    let were_numbers: Vec<&String> = rows
        .columns
        .iter()
        .filter(|name| before.iter().any(|row| row.get(*name).is_some_and(Value::is_number)))
        .collect();
    let named = |row: &[(usize, &String)]| {
        let cell = |(column, cell): &(usize, &String)| {
            let name = &rows.columns[*column];
            // A DECIMAL is a text in JSON. Who has written numbers goes on with numbers.
            let bare = cell.trim_matches('"');
            let is_number = were_numbers.contains(&name) && bare.parse::<f64>().is_ok_and(f64::is_finite);
            format!("{}: {}", key(name), if is_number { bare } else { cell })
        };
        let cells: Vec<String> = row.iter().map(cell).collect();
        format!("{{{}}}", cells.join(", "))
    };
    let columns = |names: &mut dyn Iterator<Item = &String>| -> Vec<usize> {
        let named: Vec<&String> = names.collect();
        let all = named.is_empty();
        (0..rows.columns.len()).filter(|column| all || named.contains(&&rows.columns[*column])).collect()
    };
    let shown = |columns: &[usize], row: &[String]| {
        let cells: Vec<(usize, &String)> = columns.iter().map(|column| (*column, &row[*column])).collect();
        named(&cells)
    };
    let lines: Vec<String> = match expected {
        Expected::Table(before) => {
            let columns = columns(&mut before.iter().flat_map(serde_json::Map::keys));
            rows.table().iter().map(|row| shown(&columns, row)).collect()
        }
        Expected::Changes(before) => {
            let columns = columns(&mut before.iter().flat_map(|(_, row)| row.keys()));
            let line = |(kind, row): &(streamsql_core::RowKind, Vec<String>)| {
                format!("{{{}: {}}}", kind.short(), shown(&columns, row))
            };
            rows.changes.iter().map(line).collect()
        }
    };
    let pad = " ".repeat(indent);
    if lines.is_empty() {
        let _ = writeln!(out, "{pad}{}: []", key(table));
        return;
    }
    let _ = writeln!(out, "{pad}{}:", key(table));
    for line in lines {
        let _ = writeln!(out, "{pad}  - {line}");
    }
}

/// A key of YAML, quoted where it is more than a word.
fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use streamsql_core::RowKind;

    use super::*;
    use crate::file::TestFile;

    #[test]
    fn only_expectations_change() {
        let text = "# why\ntests:\n  - name: a   # kept\n    expect:\n      out:\n        - {n: 1}\n\n  # about b\n  - name: b\n    \
                    given:\n      - t: []\n    expect:\n      out: []\n";
        let file = TestFile::parse(text, Path::new("t.yaml")).unwrap();
        let rows = SinkRows {
            columns: vec!["k".to_owned(), "n".to_owned()],
            primary_key: vec![0],
            changes: vec![(RowKind::Insert, vec!["\"x\"".to_owned(), "2".to_owned()])],
        };
        let first = BTreeMap::from([("out".to_owned(), rows)]);
        let second = BTreeMap::from([("out".to_owned(), SinkRows::default())]);
        let new = updated(text, &[(&file.tests[0], &first), (&file.tests[1], &second)]).unwrap();
        assert_eq!(new, text.replace("{n: 1}", "{n: 2}"));
    }

    #[test]
    fn a_decimal_stays_as_it_was_written() {
        let rows = || SinkRows {
            columns: vec!["a".to_owned(), "b".to_owned()],
            primary_key: Vec::new(),
            changes: vec![(RowKind::Insert, vec!["\"2.50\"".to_owned(), "\"3.50\"".to_owned()])],
        };
        let text = "tests:\n  - name: a\n    expect:\n      out:\n        - {a: 1.5, b: \"1.5\"}\n";
        let file = TestFile::parse(text, Path::new("t.yaml")).unwrap();
        let sinks = BTreeMap::from([("out".to_owned(), rows())]);
        let new = updated(text, &[(&file.tests[0], &sinks)]).unwrap();
        assert_eq!(new, text.replace("{a: 1.5, b: \"1.5\"}", "{a: 2.50, b: \"3.50\"}"));
    }
}
