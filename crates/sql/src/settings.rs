//! Flink's settings: those that change results, those that only tune a cluster, and errors for the rest.

use std::collections::BTreeMap;

use streamsql_functions::SessionSettings;

use crate::config::duration;
use crate::diagnostic::suggestion;

/// Settings that change results or are read here.
const HONOURED: &[&str] = &[
    "pipeline.auto-watermark-interval",
    "pipeline.name",
    "parallelism.default",
    "table.exec.interval-join.min-cleanup-interval",
    "table.exec.sink.not-null-enforcer",
    "table.exec.sink.rowtime-inserter",
    "table.exec.sink.type-length-enforcer",
    "table.exec.sink.upsert-materialize",
    "table.exec.source.idle-timeout",
    "table.exec.state.ttl",
    "table.local-time-zone",
];

/// Prefixes of settings that tune a cluster and change no result.
const TUNING: &[&str] = &[
    "akka.",
    "blob.",
    "cluster.",
    "env.",
    "execution.",
    "fs.",
    "high-availability.",
    "jobmanager.",
    "kubernetes.",
    "metrics.",
    "pekko.",
    "pipeline.",
    "rest.",
    "restart-strategy",
    "security.",
    "slotmanager.",
    "sql-client.",
    "state.",
    "table.dynamic-table-options.",
    "table.exec.async-lookup.",
    "table.exec.mini-batch.",
    "table.exec.resource.",
    "table.exec.spill",
    "table.optimizer.",
    "table.plan.",
    "table.generated-code.",
    "taskmanager.",
    "web.",
    "yarn.",
    "table.sql-dialect",
    "table.exec.disabled-operators",
    "table.exec.sort.",
    "table.exec.window-agg.",
    "table.exec.simplify-operator-name-enabled",
    "table.exec.uid.",
    "table.exec.deduplicate.",
];

/// A session's settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<String, String>,
}

impl Settings {
    /// Takes a setting; the error says what is wrong and what may have been meant.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), (String, Option<String>)> {
        let known = HONOURED.contains(&key) || TUNING.iter().any(|prefix| key.starts_with(prefix));
        if !known {
            return Err((format!("unknown setting '{key}'"), suggestion(key, HONOURED.iter().copied())));
        }
        check(key, value).map_err(|message| (format!("setting '{key}': {message}"), None))?;
        self.values.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    pub fn reset(&mut self, key: Option<&str>) {
        match key {
            Some(key) => {
                self.values.remove(key);
            }
            None => self.values.clear(),
        }
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// Milliseconds of a duration setting; 0 when it is not set.
    pub fn duration_ms(&self, key: &str) -> i64 {
        self.get(key).and_then(|value| duration(value).ok()).map_or(0, |d| d.as_millis() as i64)
    }

    /// What functions need.
    pub fn session(&self) -> SessionSettings {
        let zone = self.get("table.local-time-zone").and_then(time_zone);
        zone.map_or_else(SessionSettings::default, |time_zone| SessionSettings { time_zone })
    }
}

/// A zone by its name; `default` is UTC here, whatever the machine's.
fn time_zone(name: &str) -> Option<chrono_tz::Tz> {
    match name {
        "default" | "Z" | "GMT" => Some(chrono_tz::UTC),
        other => other.parse().ok(),
    }
}

fn check(key: &str, value: &str) -> Result<(), String> {
    let one_of = |choices: &[&str]| {
        if choices.contains(&value.to_ascii_uppercase().as_str()) {
            Ok(())
        } else {
            Err(format!("'{value}' is not one of {}", choices.join(", ")))
        }
    };
    match key {
        "table.local-time-zone" => time_zone(value)
            .map(|_| ())
            .ok_or_else(|| format!("'{value}' is not a time zone such as Europe/Berlin")),
        "table.exec.sink.not-null-enforcer" => one_of(&["ERROR", "DROP"]),
        "table.exec.sink.type-length-enforcer" => one_of(&["IGNORE", "TRIM_PAD"]),
        "table.exec.sink.upsert-materialize" => one_of(&["AUTO", "NONE", "FORCE"]),
        "table.exec.sink.rowtime-inserter" => one_of(&["ENABLED", "DISABLED"]),
        "table.exec.state.ttl"
        | "table.exec.source.idle-timeout"
        | "pipeline.auto-watermark-interval"
        | "table.exec.interval-join.min-cleanup-interval" => duration(value).map(|_| ()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_settings_are_errors_with_a_suggestion() {
        let mut settings = Settings::default();
        let (message, hint) = settings.set("table.exec.state.tll", "1 d").unwrap_err();
        assert_eq!(message, "unknown setting 'table.exec.state.tll'");
        assert_eq!(hint.unwrap(), "did you mean 'table.exec.state.ttl'?");
        settings.set("table.exec.state.ttl", "1 d").unwrap();
        assert_eq!(settings.duration_ms("table.exec.state.ttl"), 86_400_000);
        assert!(settings.set("table.local-time-zone", "Mars/Base").is_err());
        settings.set("taskmanager.memory.process.size", "4g").unwrap();
    }
}
