//! Changelogs as JSON lines and the result table that they describe.
//!
//! `+I` and `+U` add a row, `-U` and `-D` remove an equal one. Two changelogs agree when their tables are equal as
//! multisets: integers and texts exactly, floating-point numbers by value.

use std::collections::BTreeMap;

use serde_json::Value;

/// The materialised result of a changelog: row → how often it stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub rows: BTreeMap<String, i64>,
    /// The first line that took back a row which was not there.
    pub bad_retraction: Option<String>,
}

/// Reads `{"op":…,"row":{…}}` lines.
///
/// # Errors
/// A text that says which line is not of that form.
pub fn materialise(text: &str) -> Result<Table, String> {
    let mut table = Table::default();
    for (number, line) in text.lines().enumerate() {
        let bad = |what: &str| format!("line {}: {what}: {line}", number + 1);
        let value: Value = serde_json::from_str(line).map_err(|e| bad(&e.to_string()))?;
        let op = value["op"].as_str().ok_or_else(|| bad("no op"))?;
        let row = value["row"].as_object().ok_or_else(|| bad("no row"))?;
        let fields: Vec<String> =
            row.iter().map(|(name, value)| format!("{name}={}", canonical(value))).collect();
        let row = fields.join("  ");
        let change = match op {
            "+I" | "+U" => 1,
            "-U" | "-D" => -1,
            _ => return Err(bad("unknown op")),
        };
        let count = table.rows.entry(row.clone()).or_default();
        *count += change;
        if *count < 0 && table.bad_retraction.is_none() {
            table.bad_retraction = Some(line.to_owned());
        }
        if *count == 0 {
            table.rows.remove(&row);
        }
    }
    Ok(table)
}

/// What differs, a line a row: `- wanted` and `+ got`, each with its count; empty when nothing does.
pub fn diff(wanted: &Table, got: &Table) -> String {
    let mut lines = String::new();
    for (row, count) in &wanted.rows {
        let missing = count - got.rows.get(row).copied().unwrap_or(0);
        if missing > 0 {
            lines.push_str(&format!("  - {missing} x {row}\n"));
        }
    }
    for (row, count) in &got.rows {
        let extra = count - wanted.rows.get(row).copied().unwrap_or(0);
        if extra > 0 {
            lines.push_str(&format!("  + {extra} x {row}\n"));
        }
    }
    if wanted.bad_retraction.is_none()
        && let Some(line) = &got.bad_retraction
    {
        lines.push_str(&format!("  takes back what is not there: {line}\n"));
    }
    lines
}

/// One text for equal values: floats by value, nested objects by sorted keys, everything else as written.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            match text.parse::<f64>() {
                Ok(float) if text.contains(['.', 'e', 'E']) => format!("{float:?}"),
                _ => text,
            }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, String> =
                fields.iter().map(|(name, value)| (name, canonical(value))).collect();
            let fields: Vec<String> =
                sorted.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_add_up() {
        let log = "{\"op\":\"+I\",\"row\":{\"a\":1}}\n{\"op\":\"-U\",\"row\":{\"a\":1}}\n{\"op\":\"+U\",\"row\":{\"a\":2}}\n";
        let table = materialise(log).unwrap();
        assert_eq!(table.rows, BTreeMap::from([("a=2".to_owned(), 1)]));
        assert_eq!(table.bad_retraction, None);
    }

    #[test]
    fn differences_are_told() {
        let one = materialise(r#"{"op":"+I","row":{"a":1.50,"b":"x"}}"#).unwrap();
        let same = materialise(r#"{"op":"+I","row":{"a":1.5,"b":"x"}}"#).unwrap();
        let other = materialise(r#"{"op":"+I","row":{"a":"1.5","b":"x"}}"#).unwrap();
        let bad = materialise(r#"{"op":"-D","row":{"a":1.5}}"#).unwrap();
        assert_eq!(diff(&one, &same), "");
        assert_eq!(diff(&one, &other), "  - 1 x a=1.5  b=\"x\"\n  + 1 x a=\"1.5\"  b=\"x\"\n");
        assert!(diff(&one, &bad).contains("takes back"));
    }

    #[test]
    fn integers_are_not_floats() {
        let integer = materialise(r#"{"op":"+I","row":{"a":9007199254740993}}"#).unwrap();
        let near = materialise(r#"{"op":"+I","row":{"a":9007199254740992}}"#).unwrap();
        assert_ne!(diff(&integer, &near), "");
    }
}
