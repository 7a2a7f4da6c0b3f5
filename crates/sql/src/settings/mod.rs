//! Flink's settings: those that change results, those that only tune Flink, and errors for the rest.

mod keys;
pub mod value;

use std::collections::BTreeMap;

use streamsql_core::units::duration;
use streamsql_functions::SessionSettings;

use crate::diagnostic::{shorten, suggestion};
use keys::Effect;

/// A session's settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<String, String>,
}

impl Settings {
    /// Takes a setting; the error says what is wrong and what may have been meant.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), (String, Option<String>)> {
        let key = keys::current(key);
        let Some(known) = keys::find(key) else {
            if keys::former(key).is_some() {
                return Ok(());
            }
            return Err((format!("unknown setting '{}'", shorten(key)), suggestion(key, keys::names())));
        };
        let shown = shorten(value);
        match known.effect {
            Effect::Only(only, why) if !value.eq_ignore_ascii_case(only) => {
                return Err((format!("setting '{key}': '{shown}' is not supported: {why}"), None));
            }
            _ if !known.kind.accepts(value) => {
                return Err((format!("setting '{key}': '{shown}' is not {}", known.kind), None));
            }
            _ => {}
        }
        self.values.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// What a key of an older Flink did, when it is one: it has no effect any more.
    pub fn former(key: &str) -> Option<String> {
        let what = keys::former(key)?;
        Some(format!("the setting '{}' has no effect: {what}", shorten(key)))
    }

    pub fn reset(&mut self, key: Option<&str>) {
        match key {
            Some(key) => {
                self.values.remove(keys::current(key));
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

    /// Keys that are set and only tune Flink's planner or cluster: they have no effect here.
    pub fn without_effect(&self) -> impl Iterator<Item = &str> {
        let idle = |key: &&str| keys::find(key).is_none_or(|known| known.effect == Effect::None);
        self.values.keys().map(String::as_str).filter(idle)
    }

    /// Milliseconds of a duration setting; 0 when it is not set.
    pub fn duration_ms(&self, key: &str) -> i64 {
        let duration = self.get(key).and_then(|value| duration(value).ok());
        duration.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }

    /// A setting that is one of several words, in upper case; empty when it is not set.
    pub fn word(&self, key: &str) -> String {
        self.get(key).unwrap_or_default().to_ascii_uppercase()
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether hints may give options (`table.dynamic-table-options.enabled`, on by default).
    pub fn dynamic_options(&self) -> bool {
        self.flag("table.dynamic-table-options.enabled").unwrap_or(true)
    }

    /// Whether the only row of one side of a join goes to every shard (`streamsql.broadcast-single-rows`, on by default).
    pub fn broadcasts_single_rows(&self) -> bool {
        self.flag("streamsql.broadcast-single-rows").unwrap_or(true)
    }

    /// What Flink asks of mini-batches before it plans anything (`StreamCommonSubGraphBasedOptimizer`).
    ///
    /// # Errors
    /// Mini-batches are on without a latency.
    pub fn check_mini_batch(&self) -> Result<(), String> {
        if self.mini_batch() && self.duration_ms("table.exec.mini-batch.allow-latency") == 0 {
            return Err(
                "'table.exec.mini-batch.enabled' needs 'table.exec.mini-batch.allow-latency' of at least \
                        1 ms"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// What Flink asks of mini-batches where an operator collects them (`MinibatchUtil`).
    ///
    /// # Errors
    /// Mini-batches are on without a size.
    pub fn check_mini_batch_size(&self) -> Result<(), String> {
        let size = self.get("table.exec.mini-batch.size").and_then(|value| value.parse::<i64>().ok());
        if self.mini_batch() && size.unwrap_or(-1) <= 0 {
            return Err(
                "'table.exec.mini-batch.enabled' needs 'table.exec.mini-batch.size' of at least 1".to_owned()
            );
        }
        Ok(())
    }

    fn mini_batch(&self) -> bool {
        self.flag("table.exec.mini-batch.enabled").unwrap_or(false)
    }

    /// What functions need.
    pub fn session(&self) -> SessionSettings {
        let zone = self.get("table.local-time-zone").and_then(value::time_zone);
        let legacy = self.get("table.exec.legacy-cast-behaviour");
        SessionSettings {
            time_zone: zone.unwrap_or(SessionSettings::default().time_zone),
            legacy_cast: legacy.is_some_and(|value| value.eq_ignore_ascii_case("ENABLED")),
        }
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
        assert_eq!(settings.without_effect().collect::<Vec<_>>(), ["taskmanager.memory.process.size"]);
    }

    #[test]
    fn values_are_checked() {
        let mut settings = Settings::default();
        assert!(settings.set("execution.runtime-mode", "batch").unwrap_err().0.contains("streaming"));
        settings.set("execution.runtime-mode", "streaming").unwrap();
        assert!(settings.set("table.exec.mini-batch.enabled", "yes").is_err());
        assert!(settings.set("table.exec.sink.not-null-enforcer", "ignore").is_err());
        assert!(settings.set("table.exec.state.ttl", "1 fortnight").is_err());
        assert!(settings.set("execution.checkpointing.interval", "often").is_err());
    }

    #[test]
    fn old_keys_are_those_of_today() {
        let mut settings = Settings::default();
        settings.set("table.exec.topn-cache-size", "5").unwrap();
        assert_eq!(settings.get("table.exec.rank.topn-cache-size"), Some("5"));
        settings.reset(Some("table.exec.topn-cache-size"));
        assert!(settings.values().is_empty());
    }

    #[test]
    fn settings_of_older_versions_are_passed_over() {
        let mut settings = Settings::default();
        for key in ["table.planner", "execution.time-characteristic", "execution.planner"] {
            settings.set(key, "x").unwrap();
            assert!(Settings::former(key).is_some_and(|what| what.contains(key)), "{key}");
        }
        assert!(settings.values().is_empty());
        assert!(
            Settings::former("table.exec.state.ttl").is_none() && Settings::former("table.planer").is_none()
        );
        assert!(settings.set("execution.time-characteristics", "x").is_err());
    }

    #[test]
    fn mini_batches_need_a_latency() {
        let mut settings = Settings::default();
        settings.set("table.exec.mini-batch.enabled", "TRUE").unwrap();
        settings.set("table.exec.mini-batch.allow-latency", "1 ns").unwrap();
        assert!(settings.check_mini_batch().is_err() && settings.check_mini_batch_size().is_err());
        settings.set("table.exec.mini-batch.allow-latency", "1 s").unwrap();
        settings.set("table.exec.mini-batch.size", "10").unwrap();
        assert!(settings.check_mini_batch().is_ok() && settings.check_mini_batch_size().is_ok());
    }
}
