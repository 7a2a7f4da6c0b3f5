//! Metadata columns that connectors offer for reading, and the types in which they come (Flink `SupportsReadingMetadata`).
//!
//! A column may be declared with any type that the key's own can be cast to; the scan casts (`DynamicSourceUtils`).

use std::collections::BTreeMap;

use streamsql_core::LogicalType;
use streamsql_functions::cast::is_castable;

use crate::connectors;
use crate::diagnostic::suggestion;
use crate::formats;

/// Type and nullability in which a table's connector or format delivers a key; none when it has no such key.
pub fn produced(options: &BTreeMap<String, String>, key: &str) -> Option<(LogicalType, bool)> {
    connectors::metadata(options)
        .into_iter()
        .find(|(known, ..)| *known == key)
        .map(|(_, t, nullable)| (t, nullable))
}

/// Checks a declared metadata column; the error is a message and a hint.
pub fn check(
    options: &BTreeMap<String, String>,
    key: &str,
    declared: &LogicalType,
) -> Result<(), (String, Option<String>)> {
    let keys = connectors::metadata(options);
    if keys.is_empty() {
        // What other connectors offer is for them to say.
        return Ok(());
    }
    let Some((produced, _)) = produced(options, key) else {
        let names: Vec<&str> = keys.iter().map(|(name, ..)| name.as_str()).collect();
        let connector = options.get("connector").map(String::as_str).unwrap_or_default();
        let place = match formats::of_rows(options).filter(|format| format.tells_changes) {
            Some(format) => format!("connector '{connector}' with format '{}'", format.name),
            None => format!("connector '{connector}'"),
        };
        let meant = suggestion(key, names.iter().copied()).map(|text| format!("{text}; "));
        let hint = format!("{}keys for reading are {}", meant.unwrap_or_default(), names.join(", "));
        return Err((format!("metadata key '{key}' does not exist in {place}"), Some(hint)));
    };
    if is_castable(&produced, declared) {
        return Ok(());
    }
    Err((
        format!("metadata '{key}' is {produced}, which cannot be cast to {declared}"),
        Some(format!("declare the column as {produced}")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_must_be_castable() {
        let check = |connector: &str, key: &str, declared: &LogicalType| {
            super::check(&options(connector, "json"), key, declared)
        };
        assert!(check("kafka", "offset", &LogicalType::STRING).is_ok());
        assert!(check("kafka", "timestamp", &LogicalType::Timestamp(6)).is_ok());
        assert!(check("kafka", "offset", &LogicalType::Date).unwrap_err().0.contains("DATE"));
        let (message, hint) = check("kafka", "time-stamp", &LogicalType::STRING).unwrap_err();
        assert!(message.contains("'time-stamp'") && hint.unwrap().contains("timestamp"));
        assert!(check("filesystem", "file.path", &LogicalType::STRING).is_ok());
    }

    #[test]
    fn keys_of_the_format_stand_behind_value() {
        let check = |format: &str, key: &str| check(&options("kafka", format), key, &LogicalType::STRING);
        assert!(check("debezium-json", "value.source.table").is_ok());
        assert!(check("canal-json", "value.database").is_ok());
        assert!(check("debezium-json", "offset").is_ok());
        let (message, hint) = check("debezium-json", "source.table").unwrap_err();
        assert!(message.contains("format 'debezium-json'"), "{message}");
        assert!(hint.unwrap().contains("value.source.table"));
        assert!(check("json", "value.source.table").is_err());
    }

    fn options(connector: &str, format: &str) -> BTreeMap<String, String> {
        [("connector", connector), ("format", format)].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }
}
