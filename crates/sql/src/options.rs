//! Options of tables: which a connector and its format know, and what values they take.
//!
//! Checked where a table is read or written, as Flink's `FactoryUtil` does: a table that only serves as the base of
//! LIKE may be incomplete.

use crate::catalog::Table;
use crate::connectors::{self, Connector};
use crate::diagnostic::{Diagnostic, nearest, suggestion};
use crate::formats::{self, FORMATS};
use crate::old_options;
use crate::settings::value::Kind::{self, Duration, Int, OneOf, Text};
use crate::template::UNKNOWN;

/// How a table is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableUse {
    Scan,
    Lookup,
    Sink,
}

/// Names of options and what values they take.
pub type Options = &'static [(&'static str, Kind)];

/// Of every table.
const COMMON: Options = &[
    ("connector", Text),
    ("property-version", Int),
    ("scan.watermark.alignment.group", Text),
    ("scan.watermark.alignment.max-drift", Duration),
    ("scan.watermark.alignment.update-interval", Duration),
    ("scan.watermark.emit.strategy", OneOf(&["on-event", "on-periodic"])),
    ("scan.watermark.idle-timeout", Duration),
    ("scan.parallelism", Int),
    ("sink.parallelism", Int),
];

const FORMAT_KEYS: [&str; 3] = ["format", "key.format", "value.format"];

/// What is wrong, how to mend it, and which option is wrong where one is.
pub struct Problem {
    message: String,
    hint: Option<String>,
    key: Option<String>,
}

impl Problem {
    /// Of the table as a whole: something is missing.
    pub fn of_table(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, key: None }
    }

    pub fn of(key: &str, message: impl Into<String>) -> Self {
        Self { key: Some(key.to_owned()), ..Self::of_table(message) }
    }

    pub fn hint(self, hint: impl Into<Option<String>>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

/// The first thing that is wrong with a table's options for a use of it, at the option that is wrong.
pub fn check(table: &Table, used: TableUse) -> Result<(), Diagnostic> {
    if table.options.values().any(|value| value.contains(UNKNOWN)) {
        return Ok(());
    }
    problem(table, used).map_err(|Problem { message, hint, key }| {
        let diagnostic = Diagnostic::error(format!("table '{}': {message}", table.name));
        let diagnostic = diagnostic.at(table.place_of(key.as_deref()).clone());
        match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    })
}

fn problem(table: &Table, used: TableUse) -> Result<(), Problem> {
    let Some(connector) = table.options.get("connector") else {
        if let Some(legacy) = table.options.get("connector.type") {
            let message =
                format!("'connector.type' = '{legacy}' is of Flink's old connectors, which are gone");
            let steps: Vec<String> =
                table.options.keys().filter_map(|key| old_options::instead(key)).collect();
            return Err(Problem::of("connector.type", message).hint(steps.join("; ")));
        }
        return Err(
            Problem::of_table("it has no option 'connector'").hint("add WITH ('connector' = '…')".to_owned())
        );
    };
    if table.columns.is_empty() {
        return Err(Problem::of_table("it has no columns").hint("only LIKE can use it".to_owned()));
    }
    let error = |message: String| Problem::of("connector", message);
    let known = match (connectors::find(connector), connector.as_str()) {
        (Some(known), _) => known,
        (None, later) if connectors::LATER.contains(&later) => {
            return Err(error(format!("connector '{later}' is not supported yet"))
                .hint(format!("{} are", listed("and"))));
        }
        (None, "kafka-0.8" | "kafka-0.9" | "kafka-0.10" | "kafka-0.11" | "universal") => {
            return Err(error(format!("connector '{connector}' is gone from Flink"))
                .hint("write 'kafka', which reads brokers of all versions".to_owned()));
        }
        (None, other) => {
            let hint = suggestion(other, connectors::names())
                .unwrap_or_else(|| format!("connectors are {}", listed(",")));
            return Err(error(format!("connector '{other}' does not exist")).hint(hint));
        }
    };
    match used {
        TableUse::Scan | TableUse::Lookup if known.reads.is_none() && !known.is_looked_up => {
            return Err(error(format!("connector '{connector}' can only be written to")));
        }
        TableUse::Sink if known.writes.is_none() => {
            return Err(error(format!("connector '{connector}' can only be read")));
        }
        TableUse::Lookup if !known.is_looked_up => {
            let looked_up: Vec<&str> =
                connectors::CONNECTORS.iter().filter(|c| c.is_looked_up).map(|c| c.name).collect();
            return Err(error(format!("connector '{connector}' cannot be looked up")).hint(format!(
                "a lookup join (FOR SYSTEM_TIME AS OF a processing time) reads a table of connector '{}'",
                looked_up.join("' or '")
            )));
        }
        _ => {}
    }
    let own = known.options;
    // A format that is not there says more than its options, which are not known either.
    for key in FORMAT_KEYS.iter().filter(|key| own.iter().any(|(known, _)| known == *key)) {
        if let Some(value) = table.options.get(*key) {
            format(key, value)?;
        }
    }
    for (key, value) in &table.options {
        option(table, known, key, value)?;
    }
    watermark_alignment(table)?;
    (known.required)(table, used)
}

/// All connectors, for a message.
fn listed(last: &str) -> String {
    let names: Vec<&str> = connectors::names().collect();
    match names.split_last() {
        Some((name, others)) if last == "and" => format!("{} and {name}", others.join(", ")),
        _ => names.join(", "),
    }
}

/// The group and how far a member may be ahead go together (Flink `FactoryUtil`).
fn watermark_alignment(table: &Table) -> Result<(), Problem> {
    let keys = ["scan.watermark.alignment.group", "scan.watermark.alignment.max-drift"];
    match keys.map(|key| table.options.contains_key(key)) {
        [true, false] => Err(Problem::of(keys[0], format!("the option '{}' needs '{}'", keys[0], keys[1]))),
        [false, true] => Err(Problem::of(keys[1], format!("the option '{}' needs '{}'", keys[1], keys[0]))),
        _ => Ok(()),
    }
}

fn option(table: &Table, connector: &Connector, key: &str, value: &str) -> Result<(), Problem> {
    let own = connector.options;
    if let Some((_, kind)) = COMMON.iter().chain(own).find(|(known, _)| *known == key) {
        if FORMAT_KEYS.contains(&key) {
            return format(key, value);
        }
        return check_value(*kind, key, value);
    }
    if let Some(property) = key.strip_prefix("properties.") {
        if connector.client_properties && !property.is_empty() {
            return Ok(());
        }
        if connector.options.iter().any(|(known, _)| *known == "url") {
            return Err(Problem::of(key, format!("the option '{key}' is not supported"))
                .hint("put it into the url".to_owned()));
        }
    }
    if let Some(kind) = (connector.column_option)(table, key) {
        return check_value(kind?, key, value);
    }
    // Options of formats: `json.x`, `value.json.x`, `key.json.x`.
    let inner = key.strip_prefix("value.").or(key.strip_prefix("key."));
    let inner = inner.filter(|_| connector.key_formats).unwrap_or(key);
    if let Some((prefix, rest)) = inner.split_once('.')
        && let Some(formats::Format { options, .. }) = formats::find(prefix)
    {
        let used = ["format", "value.format", "key.format"]
            .iter()
            .any(|k| table.options.get(*k).is_some_and(|f| f == prefix));
        if used {
            if let Some((_, kind)) = options.iter().find(|(known, _)| *known == rest) {
                return check_value(*kind, key, value);
            }
            let lead = &key[..key.len() - rest.len()];
            let options: Vec<String> = options.iter().map(|(known, _)| format!("{lead}{known}")).collect();
            let near = suggestion(key, options.iter().map(String::as_str));
            return Err(Problem::of(key, format!("unknown option '{key}' of format '{prefix}'")).hint(near));
        }
        return Err(Problem::of(
            key,
            format!("the option '{key}' is for format '{prefix}', which the table does not use"),
        ));
    }
    if let Some((prefix, _)) = inner.split_once('.')
        && formats::LATER.contains(&prefix)
    {
        let message = format!("the option '{key}' is for format '{prefix}', which is not supported yet");
        return Err(Problem::of(key, message).hint(format!("{} are", formats::listed())));
    }
    if let Some(instead) = old_options::instead(key) {
        return Err(
            Problem::of(key, format!("the option '{key}' is of Flink's old connectors")).hint(instead)
        );
    }
    let near = suggestion(key, COMMON.iter().chain(own).map(|(known, _)| *known));
    let known: Vec<&str> = own.iter().map(|(known, _)| *known).collect();
    let listed = (!known.is_empty()).then(|| format!("known are {}", known.join(", ")));
    Err(Problem::of(key, format!("unknown option '{key}' of connector '{}'", connector.name))
        .hint(near.or(listed)))
}

fn format(key: &str, value: &str) -> Result<(), Problem> {
    if formats::find(value).is_some() {
        return Ok(());
    }
    if formats::LATER.contains(&value) {
        return Err(Problem::of(key, format!("'{key}' = '{value}' is not supported yet"))
            .hint(format!("{} are", formats::listed())));
    }
    let near = suggestion(value, FORMATS.iter().map(|format| format.name));
    Err(Problem::of(key, format!("format '{value}' does not exist"))
        .hint(near.unwrap_or_else(|| format!("formats are {}", formats::listed()))))
}

fn check_value(kind: Kind, key: &str, value: &str) -> Result<(), Problem> {
    if kind.accepts(value) {
        return Ok(());
    }
    let near = match kind {
        OneOf(choices) => suggestion(value, choices.iter().copied()),
        _ => None,
    };
    Err(Problem::of(key, format!("the option '{key}' is {kind}, not '{value}'")).hint(near))
}

/// Refuses a table without an option.
pub fn need(table: &Table, key: &str) -> Result<(), Problem> {
    if table.options.contains_key(key) {
        return Ok(());
    }
    let message = format!("the option '{key}' is missing");
    // `properties.bootstrap.server`: what was meant stands there under another name.
    let given = nearest(key, table.options.keys().map(String::as_str)).into_iter().next();
    let given = given.filter(|given| given.starts_with("properties.") && key.starts_with("properties."));
    Err(match given {
        Some(given) => Problem::of(given, message).hint(format!("write '{key}' instead of '{given}'")),
        None => Problem::of_table(message),
    })
}

/// Refuses a table with some of these options and not all.
pub fn together(table: &Table, keys: &[&str]) -> Result<(), Problem> {
    let has = |key: &str| table.options.contains_key(key);
    match keys.iter().find(|key| has(key)) {
        Some(given) if !keys.iter().all(|key| has(key)) => {
            Err(Problem::of(given, format!("the options {} go together", keys.join(", "))))
        }
        _ => Ok(()),
    }
}
