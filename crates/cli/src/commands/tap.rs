//! `tap`: rows of a running job as they leave an operator.

use std::cmp::Ordering;
use std::io::Write;

use clap::Args;
use serde_json::{Map, Value};
use streamsql_core::{Error, Result};
use streamsql_http::client::escaped;

use super::Failure;
use crate::http::ReachArgs;
use crate::output::OutputFormat;
use crate::output::csv::field;
use crate::output::table::Layout;

#[derive(Debug, Args)]
pub struct TapArgs {
    /// Number, address, table or kind of an operator; `top` shows them
    pub node: String,
    #[command(flatten)]
    pub reach: ReachArgs,
    /// End after so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Only rows of which this is true: a column, one of = != < <= > >=, a value; repeatable
    #[arg(long = "where", value_name = "CONDITION")]
    pub conditions: Vec<String>,
    /// Form of the rows
    #[arg(long, value_enum, default_value_t = OutputFormat::Json)]
    pub format: OutputFormat,
}

pub fn tap(args: &TapArgs) -> std::result::Result<u8, Failure> {
    let client = args.reach.client()?;
    let conditions: Vec<Condition<'_>> =
        args.conditions.iter().map(|text| Condition::read(text)).collect::<std::result::Result<_, _>>()?;
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
            print(&format!("op,{}\n", names.join(",")))?;
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
        print(&text)
    }
}

fn print(text: &str) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::failed(format!("cannot write a row: {error}"))),
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

/// `column < value`.
#[derive(Debug, PartialEq)]
struct Condition<'a> {
    column: &'a str,
    operator: &'static str,
    value: &'a str,
}

impl<'a> Condition<'a> {
    fn read(text: &'a str) -> std::result::Result<Self, Failure> {
        let first = |at: usize| {
            let operators = ["!=", "<=", ">=", "=", "<", ">"];
            operators.into_iter().find(|operator| text[at..].starts_with(operator))
        };
        let found = text.char_indices().find_map(|(at, _)| Some((at, first(at)?)));
        match found {
            Some((at, operator)) if !text[..at].trim().is_empty() => {
                Ok(Self { column: text[..at].trim(), operator, value: text[at + operator.len()..].trim() })
            }
            _ => Err(Failure::Usage(format!(
                "--where '{text}' is not a column, one of = != < <= > >=, and a value"
            ))),
        }
    }

    /// Numbers are compared as numbers where both sides are, else texts, which also orders times. `null` is NULL, which
    /// is neither less nor more than anything.
    fn holds(&self, row: &Value) -> bool {
        let none = Map::new();
        let value = row.as_object().unwrap_or(&none).get(self.column).unwrap_or(&Value::Null);
        if value.is_null() || self.value == "null" {
            let same = value.is_null() && self.value == "null";
            return match self.operator {
                "=" => same,
                "!=" => !same,
                _ => false,
            };
        }
        let text = text(value, "");
        let ordering = match (text.parse::<f64>(), self.value.parse::<f64>()) {
            (Ok(a), Ok(b)) if text != self.value => a.partial_cmp(&b),
            _ => Some(text.as_str().cmp(self.value)),
        };
        let Some(ordering) = ordering else { return self.operator == "!=" };
        match self.operator {
            "=" => ordering == Ordering::Equal,
            "!=" => ordering != Ordering::Equal,
            "<" => ordering == Ordering::Less,
            "<=" => ordering != Ordering::Greater,
            ">" => ordering == Ordering::Greater,
            _ => ordering != Ordering::Less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_compare_numbers_texts_and_nothing() {
        let row = serde_json::json!({"user": "u1", "n": 3, "price": "10.00", "gone": null, "ts": "2026-01-01 10:00:00"});
        for (text, wanted) in [
            ("user=u1", true),
            ("user != u1", false),
            ("n=3", true),
            ("n >= 3", true),
            ("n<20", true),
            ("n > 3", false),
            ("price=10", true),
            ("price < 9", false),
            ("gone=null", true),
            ("gone!=1", true),
            ("gone<1", false),
            ("user=null", false),
            ("ts>=2026-01-01 09:30:00", true),
            ("ts<2026-01-01", false),
        ] {
            assert_eq!(Condition::read(text).unwrap().holds(&row), wanted, "{text}");
        }
        assert_eq!(
            Condition::read("a<=b=c").unwrap(),
            Condition { column: "a", operator: "<=", value: "b=c" }
        );
        assert!(Condition::read("=1").is_err() && Condition::read("user").is_err());
    }
}
