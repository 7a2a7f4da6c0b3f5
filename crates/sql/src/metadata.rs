//! Metadata columns that connectors offer for reading, and the types in which they come (Flink `SupportsReadingMetadata`).
//!
//! A column may be declared with any type that the key's own can be cast to; the scan casts (`DynamicSourceUtils`).

use streamsql_core::LogicalType;
use streamsql_functions::cast::is_castable;

use crate::connectors;
use crate::diagnostic::suggestion;

/// Type and nullability in which the connector delivers a key; none when it has no such key.
pub fn produced(connector: &str, key: &str) -> Option<(LogicalType, bool)> {
    keys(connector).into_iter().find(|(known, ..)| *known == key).map(|(_, t, nullable)| (t, nullable))
}

/// Checks a declared metadata column; the error is a message and a hint.
pub fn check(connector: &str, key: &str, declared: &LogicalType) -> Result<(), (String, Option<String>)> {
    let keys = keys(connector);
    if keys.is_empty() {
        // What other connectors offer is for them to say.
        return Ok(());
    }
    let Some((produced, _)) = produced(connector, key) else {
        let names: Vec<&str> = keys.iter().map(|(name, ..)| *name).collect();
        let meant = suggestion(key, names.iter().copied()).map(|text| format!("{text}; "));
        let hint = format!("{}keys for reading are {}", meant.unwrap_or_default(), names.join(", "));
        return Err((format!("metadata key '{key}' does not exist in connector '{connector}'"), Some(hint)));
    };
    if is_castable(&produced, declared) {
        return Ok(());
    }
    Err((
        format!("metadata '{key}' is {produced}, which cannot be cast to {declared}"),
        Some(format!("declare the column as {produced}")),
    ))
}

fn keys(connector: &str) -> Vec<(&'static str, LogicalType, bool)> {
    connectors::find(connector).map_or_else(Vec::new, |connector| (connector.metadata)())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_must_be_castable() {
        assert!(check("kafka", "offset", &LogicalType::STRING).is_ok());
        assert!(check("kafka", "timestamp", &LogicalType::Timestamp(6)).is_ok());
        assert!(check("kafka", "offset", &LogicalType::Date).unwrap_err().0.contains("DATE"));
        let (message, hint) = check("kafka", "time-stamp", &LogicalType::STRING).unwrap_err();
        assert!(message.contains("'time-stamp'") && hint.unwrap().contains("timestamp"));
        assert!(check("filesystem", "file.path", &LogicalType::STRING).is_ok());
    }
}
