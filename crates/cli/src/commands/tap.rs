//! `tap`: rows of a running job as they leave an operator.

use std::cmp::Ordering;

use clap::Args;
use serde_json::{Map, Value};
use streamsql_core::{Error, Result};
use streamsql_http::client::escaped;

use super::Failure;
use crate::http::ReachArgs;
use crate::output::csv::field;
use crate::output::table::Layout;
use crate::output::{OutputFormat, show};

#[derive(Debug, Args)]
pub struct TapArgs {
    /// Number, address, table or kind of an operator; `top` shows them
    pub node: String,
    #[command(flatten)]
    pub reach: ReachArgs,
    /// End after so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Only rows of which this is true: a column, one of = != < <= > >= and a value, or IS NULL; AND joins several;
    /// repeatable
    #[arg(long = "where", value_name = "CONDITION")]
    pub conditions: Vec<String>,
    /// Form of the rows
    #[arg(long, value_enum, default_value_t = OutputFormat::Json)]
    pub format: OutputFormat,
}

pub fn tap(args: &TapArgs) -> std::result::Result<u8, Failure> {
    let client = args.reach.client()?;
    let mut conditions = Vec::new();
    for text in &args.conditions {
        conditions.extend(self::conditions(text)?);
    }
    let mut path = format!("/api/v1/tap?node={}", escaped(&args.node));
    // Rows that a condition leaves out do not count.
    if let Some(limit) = args.limit.filter(|_| conditions.is_empty()) {
        path.push_str(&format!("&limit={limit}"));
    }
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut rows = Rows::new(args.format);
    let mut wrong = None;
    client.follow(&path, |event, data| match event {
        "tap" => {
            let columns = columns(data);
            let unknown = conditions.iter().find(|condition| !columns.iter().any(|c| c == condition.column));
            wrong = unknown.map(|condition| {
                format!("there is no column '{}' in these rows: {}", condition.column, columns.join(", "))
            });
            rows.begin(columns)?;
            Ok(wrong.is_none())
        }
        "" => {
            let change: Value =
                serde_json::from_str(data).map_err(|e| Error::failed(format!("a row is no JSON: {e}")))?;
            if !conditions.iter().all(|condition| condition.holds(&change["row"])) {
                return Ok(true);
            }
            left -= 1;
            Ok(rows.write(data, &change)? && left > 0)
        }
        "missed" => {
            tracing::warn!("rows come faster than they are shown, {data} are missing here");
            Ok(true)
        }
        _ => Ok(true),
    })?;
    wrong.map_or(Ok(0), |message| Err(Failure::Usage(message)))
}

fn columns(head: &str) -> Vec<String> {
    let head: Value = serde_json::from_str(head).unwrap_or_default();
    let names = head["columns"].as_array().into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Rows to stdout.
struct Rows {
    format: OutputFormat,
    columns: Vec<String>,
    layout: Layout,
}

impl Rows {
    fn new(format: OutputFormat) -> Self {
        Self { format, columns: Vec::new(), layout: Layout::new(Vec::new(), Vec::new()) }
    }

    fn begin(&mut self, columns: Vec<String>) -> Result<()> {
        self.layout = Layout::new(columns.clone(), vec![1; columns.len()]);
        self.columns = columns;
        if self.format == OutputFormat::Csv {
            let names: Vec<String> = self.columns.iter().map(|name| field(name)).collect();
            show(&format!("op,{}\n", names.join(",")))?;
        }
        Ok(())
    }

    /// False where whoever reads has enough.
    fn write(&mut self, data: &str, change: &Value) -> Result<bool> {
        let op = change["op"].as_str().unwrap_or_default();
        let text = match self.format {
            OutputFormat::Json => format!("{data}\n"),
            OutputFormat::Csv => {
                let values: Vec<String> =
                    self.columns.iter().map(|name| field(&text(&change["row"][name], ""))).collect();
                format!("{op},{}\n", values.join(","))
            }
            OutputFormat::Table => {
                let values = self.columns.iter().map(|name| text(&change["row"][name], "NULL")).collect();
                self.layout.lines(vec![(op, values)])
            }
        };
        show(&text)
    }
}

/// A value without JSON's quotes.
fn text(value: &Value, null: &str) -> String {
    match value {
        Value::Null => null.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `column < value`, `column IS NULL`.
#[derive(Debug, PartialEq)]
struct Condition<'a> {
    column: &'a str,
    test: Test,
}

#[derive(Debug, PartialEq)]
enum Test {
    Null(bool),
    Compared(&'static str, Literal),
}

#[derive(Debug, PartialEq)]
struct Literal {
    text: String,
    /// Whether it stood in quotes: then it is no number.
    quoted: bool,
}

/// The conditions of an argument, which AND joins.
fn conditions(text: &str) -> std::result::Result<Vec<Condition<'_>>, Failure> {
    let wrong = || {
        Failure::Usage(format!(
            "--where \"{text}\" is not read: write a column, one of = != <> < <= > >= and a value, or IS NULL; AND joins several"
        ))
    };
    let mut found = Vec::new();
    let (mut begin, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        quoted ^= c == '\'';
        let is_and = !quoted && text[at..].get(..5).is_some_and(|word| word.eq_ignore_ascii_case(" and "));
        if is_and {
            found.push(Condition::read(&text[begin..at]).ok_or_else(wrong)?);
            begin = at + 5;
        }
    }
    found.push(Condition::read(&text[begin..]).ok_or_else(wrong)?);
    Ok(found)
}

impl<'a> Condition<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        for (words, null) in [(" is not null", false), (" is null", true)] {
            let cut = text.len().checked_sub(words.len()).filter(|cut| text.is_char_boundary(*cut));
            if let Some((column, end)) = cut.map(|cut| text.split_at(cut))
                && end.eq_ignore_ascii_case(words)
            {
                return Some(Self { column: column.trim(), test: Test::Null(null) });
            }
        }
        let operators = ["!=", "<>", "<=", ">=", "=", "<", ">"];
        let operator = |at: usize| operators.into_iter().find(|operator| text[at..].starts_with(operator));
        let (at, operator) = text.char_indices().find_map(|(at, _)| Some((at, operator(at)?)))?;
        let (column, value) = (text[..at].trim(), text[at + operator.len()..].trim());
        // Nothing behind the operator, or a quote that does not end, would be a text that no row has.
        let is_cut =
            value.is_empty() || value.starts_with('\'') && (value.len() < 2 || !value.ends_with('\''));
        if column.is_empty() || is_cut {
            return None;
        }
        let inner = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        let test = match (inner, operator) {
            (None, "=") if value == "null" => Test::Null(true),
            (None, "!=" | "<>") if value == "null" => Test::Null(false),
            (Some(inner), _) => {
                Test::Compared(operator, Literal { text: inner.replace("''", "'"), quoted: true })
            }
            (None, _) => Test::Compared(operator, Literal { text: value.to_owned(), quoted: false }),
        };
        Some(Self { column, test })
    }

    /// Numbers are compared as numbers where both sides are, else texts, which also orders times. As in SQL, NULL is
    /// neither equal to anything nor different, less or more.
    fn holds(&self, row: &Value) -> bool {
        let none = Map::new();
        let value = row.as_object().unwrap_or(&none).get(self.column).unwrap_or(&Value::Null);
        let (operator, wanted) = match &self.test {
            Test::Null(null) => return value.is_null() == *null,
            Test::Compared(..) if value.is_null() => return false,
            Test::Compared(operator, wanted) => (*operator, wanted),
        };
        let text = text(value, "");
        let ordering = match (text.parse::<f64>(), wanted.text.parse::<f64>()) {
            (Ok(a), Ok(b)) if !wanted.quoted && text != wanted.text => a.partial_cmp(&b),
            _ => Some(text.as_str().cmp(&wanted.text)),
        };
        match operator {
            "=" => ordering == Some(Ordering::Equal),
            "!=" | "<>" => ordering != Some(Ordering::Equal),
            "<" => ordering == Some(Ordering::Less),
            "<=" => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
            ">" => ordering == Some(Ordering::Greater),
            _ => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_compare_numbers_texts_and_nothing() {
        let row = serde_json::json!({"user": "u1", "n": 3, "price": "10.00", "gone": null, "zip": "0123",
            "name": "O'Neil and son", "ts": "2026-01-01 10:00:00"});
        for (text, wanted) in [
            ("user=u1", true),
            ("user != u1", false),
            ("user = 'u1' AND n > 2", true),
            ("user = 'u1' and n > 3", false),
            ("n=3", true),
            ("n >= 3", true),
            ("n<20", true),
            ("n <> 3", false),
            ("price=10", true),
            ("price < 9", false),
            ("price = '10'", false),
            ("zip = '0123'", true),
            ("gone=null", true),
            ("gone IS NULL", true),
            ("user is not null", true),
            ("gone!=1", false),
            ("gone<1", false),
            ("user=null", false),
            ("name = 'O''Neil and son'", true),
            ("ts>=2026-01-01 09:30:00", true),
            ("ts<2026-01-01", false),
        ] {
            let holds = conditions(text).unwrap().iter().all(|condition| condition.holds(&row));
            assert_eq!(holds, wanted, "{text}");
        }
        let compared = Test::Compared("<=", Literal { text: "b=c".to_owned(), quoted: false });
        assert_eq!(conditions("a<=b=c").unwrap(), [Condition { column: "a", test: compared }]);
        for wrong in ["=1", "user", "a = 1 and ", "ü", "a =", "a = 'x", "a = '"] {
            assert!(conditions(wrong).is_err(), "{wrong}");
        }
    }
}
