//! The form of a test file.
//!
//! ```yaml
//! given:                                   # before every test of the file
//!   - users: [{user_id: u1, name: Ann}]
//! tests:
//!   - name: a click within the hour counts
//!     now: "2026-01-01 10:00:00"           # processing time at the start
//!     given:
//!       - clicks: [{click_id: k1, user_id: u1, click_timestamp: "2026-01-01 09:30:00"}]
//!       - wait: 15s
//!       - watermark: {clicks: "2026-01-01 09:40:00"}
//!       - users: {-D: [{user_id: u1}]}
//!     end: false                           # the inputs stay open
//!     expect:
//!       attribution: [{checkout_id: c1, click_id: k1}]
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;
use streamsql_core::units::duration;
use streamsql_core::{Error, Result, RowKind};

/// The tests of a file.
#[derive(Debug)]
pub struct TestFile {
    pub path: PathBuf,
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Test {
    pub name: String,
    /// From 1.
    pub line: u32,
    /// Processing time at the start, as written.
    pub now: Option<String>,
    pub steps: Vec<Step>,
    /// Whether the inputs end behind the last step.
    pub ends: bool,
    /// By sink.
    pub expect: BTreeMap<String, Expected>,
    /// A text of the error that the job must end with.
    pub error: Option<String>,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Rows of a table: records of a source, changes of a table that is looked up.
    Rows { table: String, kind: RowKind, rows: Vec<Map<String, Value>>, line: u32 },
    /// Processing time passes.
    Wait(Duration),
    /// A source's watermark comes to this time.
    Watermark { table: String, time: String, line: u32 },
}

/// What a sink must hold, or what it must have got.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// In any order. Columns that no row names are not compared.
    Table(Vec<Map<String, Value>>),
    /// In this order.
    Changes(Vec<(RowKind, Map<String, Value>)>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    #[serde(default)]
    given: Vec<Spanned<Map<String, Value>>>,
    tests: Vec<Spanned<TestForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestForm {
    name: String,
    now: Option<String>,
    #[serde(default)]
    given: Vec<Spanned<Map<String, Value>>>,
    #[serde(default = "yes")]
    end: bool,
    #[serde(default)]
    expect: BTreeMap<String, Spanned<Value>>,
    error: Option<String>,
}

fn yes() -> bool {
    true
}

impl TestFile {
    /// Reads a file.
    ///
    /// # Errors
    /// `Invalid`, with the line: it is no YAML, or has another form.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::invalid(format!("cannot read {}: {e}", path.display())))?;
        Self::parse(&text, path)
    }

    /// The same of a text.
    ///
    /// # Errors
    /// As `read`.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let form: FileForm = serde_saphyr::from_str(text).map_err(|error| {
            let place = match error.location() {
                Some(at) => format!("{}:{}:{}", path.display(), at.line(), at.column()),
                None => path.display().to_string(),
            };
            // The first line says what is wrong, those behind it show the file.
            let message = error.to_string();
            Error::invalid(message.lines().next().unwrap_or_default().to_owned())
                .at(place)
                .hint("a file has `tests:`, each with `name:`, `given:` (steps) and `expect:` (rows by sink)")
        })?;
        let at = |line: u32| format!("{}:{line}", path.display());
        let mut before = Vec::new();
        for step in &form.given {
            let line = line_of(step);
            steps(&step.value, line, &mut before).map_err(|error| error.at(at(line)))?;
        }
        let mut tests: Vec<Test> = Vec::new();
        for spanned in form.tests {
            let line = line_of(&spanned);
            let form = spanned.value;
            let mut all = before.clone();
            for step in &form.given {
                let line = line_of(step);
                steps(&step.value, line, &mut all).map_err(|error| error.at(at(line)))?;
            }
            let mut expect = BTreeMap::new();
            for (table, value) in form.expect {
                let line = line_of(&value);
                let rows = expected(&table, &value.value).map_err(|error| error.at(at(line)))?;
                expect.insert(table, rows);
            }
            if expect.is_empty() && form.error.is_none() {
                return Err(Error::invalid(format!(
                    "test '{}' expects nothing, so it cannot fail",
                    form.name
                ))
                .at(at(line))
                .hint("expect: {sink: []} says that a table stays empty, `error: text` that the job fails"));
            }
            if tests.iter().any(|test| test.name == form.name) {
                return Err(Error::invalid(format!("two tests are called '{}'", form.name)).at(at(line)));
            }
            let TestForm { name, now, end: ends, error, .. } = form;
            tests.push(Test { name, line, now, steps: all, ends, expect, error });
        }
        Ok(Self { path: path.to_path_buf(), tests })
    }
}

fn line_of<T>(spanned: &Spanned<T>) -> u32 {
    u32::try_from(spanned.referenced.line()).unwrap_or(u32::MAX)
}

/// The steps of one entry of `given`, in the order in which they stand.
fn steps(entry: &Map<String, Value>, line: u32, out: &mut Vec<Step>) -> Result<()> {
    for (word, value) in entry {
        match (word.as_str(), value) {
            ("wait", Value::String(text)) => {
                let time = duration(text).map_err(|error| Error::invalid(format!("wait: {error}")))?;
                out.push(Step::Wait(time));
            }
            ("wait", _) => return Err(Error::invalid("wait needs a time").hint("wait: 15s")),
            ("watermark", Value::Object(tables)) => {
                for (table, time) in tables {
                    let Value::String(time) = time else {
                        return Err(Error::invalid(format!("the watermark of {table} is no text"))
                            .hint("watermark: {clicks: \"2026-01-01 10:00:00\"}"));
                    };
                    out.push(Step::Watermark { table: table.clone(), time: time.clone(), line });
                }
            }
            ("watermark", _) => {
                return Err(Error::invalid("watermark needs a time for each table")
                    .hint("watermark: {clicks: \"2026-01-01 10:00:00\"}"));
            }
            (table, Value::Array(rows)) => {
                let rows = objects(table, rows)?;
                out.push(Step::Rows { table: table.to_owned(), kind: RowKind::Insert, rows, line });
            }
            (table, Value::Object(changes)) => {
                for (op, rows) in changes {
                    let (Some(kind), Value::Array(rows)) = (kind_of(op), rows) else {
                        return Err(Error::invalid(format!(
                            "{table}: '{op}' is no kind of change with rows"
                        ))
                        .hint("a table has a list of rows, or lists by +I, -U, +U and -D"));
                    };
                    let rows = objects(table, rows)?;
                    out.push(Step::Rows { table: table.to_owned(), kind, rows, line });
                }
            }
            (other, _) => {
                return Err(Error::invalid(format!("'{other}' has no rows"))
                    .hint("a step is a table with its rows, `wait`, or `watermark`"));
            }
        }
    }
    Ok(())
}

fn objects(table: &str, rows: &[Value]) -> Result<Vec<Map<String, Value>>> {
    let row = |row: &Value| match row {
        Value::Object(row) => Ok(row.clone()),
        other => Err(Error::invalid(format!("{table}: {other} is no row")).hint("{column: value, …}")),
    };
    rows.iter().map(row).collect()
}

fn expected(table: &str, value: &Value) -> Result<Expected> {
    let Value::Array(rows) = value else {
        return Err(Error::invalid(format!("expect: {table} needs a list of rows"))
            .hint("[{column: value}] for what the table holds, [+I: {column: value}] for its changes"));
    };
    let rows = objects(table, rows)?;
    let change = |row: &Map<String, Value>| {
        let (op, value) = row.iter().next().filter(|_| row.len() == 1)?;
        Some((kind_of(op)?, value.as_object()?.clone()))
    };
    let changes: Vec<_> = rows.iter().map(change).collect();
    if changes.iter().all(Option::is_none) {
        return Ok(Expected::Table(rows));
    }
    match changes.into_iter().collect() {
        Some(changes) => Ok(Expected::Changes(changes)),
        None => Err(Error::invalid(format!("expect: {table} mixes rows and changes"))),
    }
}

/// The kind of change that `+I`, `-U`, `+U` or `-D` is.
fn kind_of(op: &str) -> Option<RowKind> {
    [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete]
        .into_iter()
        .find(|kind| kind.short() == op)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TestFile> {
        TestFile::parse(text, Path::new("t.yaml"))
    }

    #[test]
    fn steps_stand_in_order() {
        let file = parse(
            "given:\n  - users: [{id: 1}]\ntests:\n  - name: a\n    given:\n      - clicks: [{id: 2}]\n      - wait: 15s\n      \
             - watermark: {clicks: '2026-01-01 10:00:00'}\n      - users: {-D: [{id: 1}]}\n    expect:\n      out: []\n",
        )
        .unwrap();
        let test = &file.tests[0];
        assert_eq!((test.name.as_str(), test.line, test.ends), ("a", 4, true));
        assert_eq!(test.steps.len(), 5);
        assert_eq!(test.steps[2], Step::Wait(Duration::from_secs(15)));
        assert!(matches!(&test.steps[4], Step::Rows { kind: RowKind::Delete, line: 9, .. }), "{test:?}");
        assert_eq!(test.expect["out"], Expected::Table(Vec::new()));
    }

    #[test]
    fn changes_are_told_from_rows() {
        let file =
            parse("tests:\n  - name: a\n    expect:\n      out: [{+I: {n: 1}}, {-D: {n: 1}}]\n").unwrap();
        let Expected::Changes(changes) = &file.tests[0].expect["out"] else { panic!("{file:?}") };
        assert_eq!(changes[1].0, RowKind::Delete);
    }

    #[test]
    fn mistakes_have_a_line() {
        for (text, place, message) in [
            ("tests:\n  - name: a\n", "t.yaml:2", "expects nothing"),
            ("tests:\n  - nam: a\n", "t.yaml:2:5", "nam"),
            (
                "tests:\n  - name: a\n    given:\n      - wait: soon\n    expect: {o: []}\n",
                "t.yaml:4",
                "wait",
            ),
            ("tests:\n  - name: a\n    expect:\n      o: [{+I: {n: 1}}, {n: 2}]\n", "t.yaml:4", "mixes"),
            (
                "tests:\n  - {name: a, expect: {o: []}}\n  - {name: a, expect: {o: []}}\n",
                "t.yaml:3",
                "two tests",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
            assert_eq!(error.place.as_deref(), Some(place), "{text}: {error}");
        }
    }
}
