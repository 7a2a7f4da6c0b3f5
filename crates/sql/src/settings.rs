//! Flink's settings: those that change results, those that only tune a cluster, and errors for the rest.

use std::collections::BTreeMap;

use streamsql_functions::SessionSettings;

use crate::config::duration;
use crate::diagnostic::suggestion;

/// What a setting takes.
#[derive(Clone, Copy)]
enum Takes {
    Text,
    Flag,
    Number,
    Duration,
    Zone,
    OneOf(&'static [&'static str]),
    /// Only this value runs here; the text says why.
    Only(&'static str, &'static str),
}

use Takes::{Duration, Flag, Number, OneOf, Only, Text, Zone};

/// Settings that change results or are read here.
const HONOURED: &[(&str, Takes)] = &[
    ("execution.runtime-mode", Only("STREAMING", "jobs are streaming; a bounded source ends the job")),
    ("parallelism.default", Number),
    ("pipeline.auto-watermark-interval", Duration),
    ("pipeline.name", Text),
    ("table.dynamic-table-options.enabled", Flag),
    ("table.exec.interval-join.min-cleanup-interval", Duration),
    ("table.exec.legacy-cast-behaviour", OneOf(&["ENABLED", "DISABLED"])),
    ("table.exec.sink.not-null-enforcer", OneOf(&["ERROR", "DROP"])),
    ("table.exec.sink.rowtime-inserter", OneOf(&["ENABLED", "DISABLED"])),
    ("table.exec.sink.type-length-enforcer", OneOf(&["IGNORE", "TRIM_PAD"])),
    ("table.exec.sink.upsert-materialize", OneOf(&["AUTO", "NONE", "FORCE"])),
    ("table.exec.source.idle-timeout", Duration),
    ("table.exec.state.ttl", Duration),
    ("table.local-time-zone", Zone),
    ("table.sql-dialect", Only("DEFAULT", "there is no Hive dialect")),
];

/// Settings of the planner and the table runtime that change speed or the changelog, but not the result.
const TUNING: &[(&str, Takes)] = &[
    ("table.builtin-catalog-name", Only("default_catalog", "use CREATE CATALOG and USE CATALOG")),
    ("table.builtin-database-name", Only("default_database", "use CREATE DATABASE and USE")),
    ("table.column-expansion-strategy", Only("", "SELECT * gives all columns")),
    ("table.display.max-column-width", Number),
    ("table.dml-sync", Flag),
    ("table.exec.async-lookup.buffer-capacity", Number),
    ("table.exec.async-lookup.output-mode", OneOf(&["ORDERED", "ALLOW_UNORDERED"])),
    ("table.exec.async-lookup.timeout", Duration),
    ("table.exec.deduplicate.insert-update-after-sensitive-enabled", Flag),
    ("table.exec.deduplicate.mini-batch.compact-changes-enabled", Flag),
    ("table.exec.disabled-operators", Text),
    ("table.exec.legacy-transformation-uids", Flag),
    ("table.exec.local-hash-agg.adaptive.distinct-value-rate-threshold", Text),
    ("table.exec.local-hash-agg.adaptive.enabled", Flag),
    ("table.exec.local-hash-agg.adaptive.sampling-threshold", Number),
    ("table.exec.mini-batch.allow-latency", Duration),
    ("table.exec.mini-batch.enabled", Flag),
    ("table.exec.mini-batch.size", Number),
    ("table.exec.operator-fusion-codegen.enabled", Flag),
    ("table.exec.rank.topn-cache-size", Number),
    ("table.exec.resource.default-parallelism", Number),
    ("table.exec.simplify-operator-name-enabled", Flag),
    ("table.exec.sink.keyed-shuffle", OneOf(&["AUTO", "NONE", "FORCE"])),
    ("table.exec.sort.async-merge-enabled", Flag),
    ("table.exec.sort.default-limit", Number),
    ("table.exec.sort.max-num-file-handles", Number),
    ("table.exec.source.cdc-events-duplicate", Flag),
    ("table.exec.spill-compression.block-size", Text),
    ("table.exec.spill-compression.enabled", Flag),
    ("table.exec.uid.format", Text),
    ("table.exec.uid.generation", OneOf(&["PLAN_ONLY", "ALWAYS", "DISABLED"])),
    ("table.exec.window-agg.buffer-size-limit", Number),
    ("table.generated-code.max-length", Number),
    ("table.generated-code.max-members", Number),
    ("table.optimizer.agg-phase-strategy", OneOf(&["AUTO", "ONE_PHASE", "TWO_PHASE"])),
    ("table.optimizer.bushy-join-reorder-threshold", Number),
    ("table.optimizer.distinct-agg.split.bucket-num", Number),
    ("table.optimizer.distinct-agg.split.enabled", Flag),
    ("table.optimizer.dynamic-filtering.enabled", Flag),
    ("table.optimizer.incremental-agg-enabled", Flag),
    ("table.optimizer.join-reorder-enabled", Flag),
    ("table.optimizer.join.broadcast-threshold", Number),
    ("table.optimizer.multiple-input-enabled", Flag),
    ("table.optimizer.non-deterministic-update.strategy", OneOf(&["IGNORE", "TRY_RESOLVE"])),
    ("table.optimizer.reuse-optimize-block-with-digest-enabled", Flag),
    ("table.optimizer.reuse-source-enabled", Flag),
    ("table.optimizer.reuse-sub-plan-enabled", Flag),
    ("table.optimizer.runtime-filter.enabled", Flag),
    ("table.optimizer.runtime-filter.max-build-data-size", Text),
    ("table.optimizer.runtime-filter.min-filter-ratio", Text),
    ("table.optimizer.runtime-filter.min-probe-data-size", Text),
    ("table.optimizer.source.aggregate-pushdown-enabled", Flag),
    ("table.optimizer.source.predicate-pushdown-enabled", Flag),
    ("table.optimizer.source.report-statistics-enabled", Flag),
    ("table.optimizer.union-all-as-breakpoint-enabled", Flag),
    ("table.plan.compile.catalog-objects", Text),
    ("table.plan.force-recompile", Flag),
    ("table.plan.restore.catalog-objects", Text),
    ("table.resources.download-dir", Text),
    ("table.rtas-ctas.atomicity-enabled", Flag),
];

/// Prefixes of settings that tune a cluster and change no result.
const CLUSTER: &[&str] = &[
    "akka.",
    "blob.",
    "classloader.",
    "client.",
    "cluster.",
    "compiler.",
    "containerized.",
    "env.",
    "execution.",
    "external-resource",
    "fs.",
    "high-availability",
    "historyserver.",
    "io.tmp.dirs",
    "jobmanager.",
    "jobstore.",
    "kubernetes.",
    "metrics.",
    "parallelism.",
    "pekko.",
    "pipeline.",
    "plugin.",
    "process.",
    "python.",
    "queryable-state.",
    "resourcemanager.",
    "rest.",
    "restart-strategy",
    "security.",
    "slot.",
    "slotmanager.",
    "sql-client.",
    "sql-gateway.",
    "state.",
    "task.",
    "taskmanager.",
    "web.",
    "yarn.",
    "zookeeper.",
];

/// A session's settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<String, String>,
}

impl Settings {
    /// Takes a setting; the error says what is wrong and what may have been meant.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), (String, Option<String>)> {
        let key = deprecated(key);
        if let Some((_, takes)) = HONOURED.iter().chain(TUNING).find(|(known, _)| *known == key) {
            takes.check(value).map_err(|message| (format!("setting '{key}': {message}"), None))?;
        } else if !CLUSTER.iter().any(|prefix| key.starts_with(prefix)) {
            let known = HONOURED.iter().chain(TUNING).map(|(known, _)| *known);
            return Err((format!("unknown setting '{key}'"), suggestion(key, known)));
        }
        self.values.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    pub fn reset(&mut self, key: Option<&str>) {
        match key {
            Some(key) => {
                self.values.remove(deprecated(key));
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

    /// Keys that are set and only tune a cluster or the planner: they have no effect here.
    pub fn without_effect(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str).filter(|key| !HONOURED.iter().any(|(known, _)| known == key))
    }

    /// Milliseconds of a duration setting; 0 when it is not set.
    pub fn duration_ms(&self, key: &str) -> i64 {
        let duration = self.get(key).and_then(|value| duration(value).ok());
        duration.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }

    /// Whether hints may give options (`table.dynamic-table-options.enabled`, on by default).
    pub fn dynamic_options(&self) -> bool {
        !self.get("table.dynamic-table-options.enabled").is_some_and(|v| v.eq_ignore_ascii_case("false"))
    }

    /// What functions need.
    pub fn session(&self) -> SessionSettings {
        let zone = self.get("table.local-time-zone").and_then(time_zone);
        let legacy = self.get("table.exec.legacy-cast-behaviour");
        SessionSettings {
            time_zone: zone.unwrap_or(SessionSettings::default().time_zone),
            legacy_cast: legacy.is_some_and(|value| value.eq_ignore_ascii_case("ENABLED")),
        }
    }
}

/// Today's key of one that Flink still accepts.
fn deprecated(key: &str) -> &str {
    match key {
        "table.exec.shuffle-mode" => "execution.batch-shuffle-mode",
        "sql-client.execution.runtime-mode" => "execution.runtime-mode",
        other => other,
    }
}

/// A zone by its name; `default` is UTC here, whatever the machine's.
fn time_zone(name: &str) -> Option<streamsql_functions::Zone> {
    use streamsql_functions::Zone;
    if name == "default" { Some(Zone::UTC) } else { Zone::of_setting(name) }
}

impl Takes {
    fn check(self, value: &str) -> Result<(), String> {
        match self {
            Text => Ok(()),
            Flag => match value.to_ascii_lowercase().as_str() {
                "true" | "false" => Ok(()),
                _ => Err(format!("'{value}' is not true or false")),
            },
            Number => value
                .trim()
                .parse::<i64>()
                .map(|_| ())
                .map_err(|_| format!("'{value}' is not a whole number")),
            Duration => duration(value).map(|_| ()),
            Zone => time_zone(value).map(|_| ()).ok_or_else(|| {
                format!("'{value}' is not a time zone such as Europe/Berlin, UTC or GMT+05:30")
            }),
            OneOf(choices) => {
                if choices.contains(&value.to_ascii_uppercase().as_str()) {
                    Ok(())
                } else {
                    Err(format!("'{value}' is not one of {}", choices.join(", ")))
                }
            }
            Only(only, why) => {
                if value.eq_ignore_ascii_case(only) {
                    Ok(())
                } else {
                    Err(format!("'{value}' is not supported: {why}"))
                }
            }
        }
    }
}

/// `128mb`, `64 kb`, `1g`, in bytes (Flink `MemorySize`).
pub fn memory_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().map_err(|_| format!("'{text}' is not a size such as 128mb"))?;
    let shift = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => 0,
        "k" | "kb" | "kibibytes" => 10,
        "m" | "mb" | "mebibytes" => 20,
        "g" | "gb" | "gibibytes" => 30,
        "t" | "tb" | "tebibytes" => 40,
        unit => return Err(format!("'{unit}' is not a unit of size (b, kb, mb, gb, tb)")),
    };
    number.checked_mul(1 << shift).ok_or_else(|| format!("'{text}' is too large"))
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
    }

    #[test]
    fn zones_and_sizes() {
        assert_eq!(time_zone("GMT+05:30"), Some(streamsql_functions::Zone::Fixed(19_800)));
        assert!(time_zone("UTC+05:30").is_none());
        assert_eq!(memory_size("128mb").unwrap(), 128 << 20);
        assert!(memory_size("1 x").is_err());
    }
}
