//! Operator scripts: the input of one operator and its expected output, interleaved, readable by who knows SQL.
//!
//! ```text
//! operator Deduplicate                       the node of the planned SQL that is played (the last of that name)
//! | CREATE TABLE t (…) WITH (…);             statements; lines that start with `|`
//! | SELECT …;
//! order matters                              optional: rows of two ports must not be interleaved otherwise
//! one shard                                  optional: the outcome may depend on which keys share a shard
//!
//! > batch                                    rows on port 0; `left` and `right` name the ports of joins, `port N` any
//!   +I  a  10:00:00  1                       kind, then the values of the operator's input; NULL is NULL
//!   < +I  a  10:00:00  1                     what comes out, in this order
//! > watermark 10:00:15                       `+inf` is the end of all inputs
//!   < watermark 10:00:15                     what is promised downstream, when it rises
//! > now 10:00:20                             processing time of what follows
//! > tick 10:00:30                            the same, and operators that wait for it hear of it
//! > table                                    new content of the dimension table of a LookupJoin
//! > barrier
//! > restart                                  rebuilt from base and deltas: nothing may change
//! ```
//! Times without a date are of 1970-01-01. `< late N` counts dropped rows, `< asked N` the keys asked of the dimension
//! table, `< error TEXT` ends a script. `#` starts a comment.

mod machine;
mod play;
mod values;

pub use play::{play, written};

/// A parsed script.
#[derive(Clone, Debug)]
pub struct Script {
    /// Flink's name of the operator.
    pub operator: String,
    pub sql: String,
    pub order_matters: bool,
    pub one_shard: bool,
    pub steps: Vec<Step>,
}

/// An input and what it must lead to.
#[derive(Clone, Debug)]
pub struct Step {
    pub input: Input,
    pub expected: Vec<String>,
    /// Number of the first line, from 1, and of the line behind the last one of the input.
    pub line: usize,
    pub end: usize,
}

/// What a script feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Rows as texts: the kind, then the values.
    Batch {
        port: usize,
        rows: Vec<Vec<String>>,
    },
    /// Event time, ms.
    Watermark(i64),
    /// Processing time, ms.
    Now(i64),
    /// Processing time that passes while no row comes, ms.
    Tick(i64),
    /// Content of the dimension table.
    Table(Vec<Vec<String>>),
    Barrier,
    Restart,
}

impl Script {
    /// # Errors
    /// A text with the line that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut script = Self {
            operator: String::new(),
            sql: String::new(),
            order_matters: false,
            one_shard: false,
            steps: Vec::new(),
        };
        for (index, raw) in text.lines().enumerate() {
            let line = raw.split('#').next().unwrap_or_default().trim();
            let bad = |what: &str| format!("line {}: {what}: {raw}", index + 1);
            if let Some(sql) = raw.strip_prefix('|') {
                script.sql.push_str(sql);
                script.sql.push('\n');
            } else if let Some(input) = line.strip_prefix('>') {
                let input = Input::parse(input.trim()).ok_or_else(|| bad("unknown input"))?;
                script.steps.push(Step { input, expected: Vec::new(), line: index + 1, end: index + 2 });
            } else if let Some(output) = line.strip_prefix('<') {
                let step = script.steps.last_mut().ok_or_else(|| bad("output before any input"))?;
                step.expected.push(words(output).join("  "));
            } else if let Some(name) = line.strip_prefix("operator ") {
                script.operator = name.trim().to_owned();
            } else if line == "order matters" {
                script.order_matters = true;
            } else if line == "one shard" {
                script.one_shard = true;
            } else if !line.is_empty() {
                let step = script.steps.last_mut().ok_or_else(|| bad("unknown header"))?;
                match &mut step.input {
                    Input::Batch { rows, .. } | Input::Table(rows) => rows.push(words(line)),
                    _ => return Err(bad("a row where none is expected")),
                }
                step.end = index + 2;
            }
        }
        if script.operator.is_empty() || script.steps.is_empty() {
            return Err("a script names its operator and has at least one input".to_owned());
        }
        Ok(script)
    }
}

impl Input {
    fn parse(text: &str) -> Option<Self> {
        let words = words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Some(match words.as_slice() {
            ["batch" | "left"] => Self::Batch { port: 0, rows: Vec::new() },
            ["right"] => Self::Batch { port: 1, rows: Vec::new() },
            ["port", number] => Self::Batch { port: number.parse().ok()?, rows: Vec::new() },
            ["watermark", time] => Self::Watermark(values::time_ms(time)?),
            ["now", time] => Self::Now(values::time_ms(time)?),
            ["tick", time] => Self::Tick(values::time_ms(time)?),
            ["table"] => Self::Table(Vec::new()),
            ["barrier"] => Self::Barrier,
            ["restart"] => Self::Restart,
            _ => return None,
        })
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
