//! Every key of Flink 1.18.1, with the type of its value and what it does here.
//!
//! [`HONOURED`] lists those that this program reads, [`FIXED`] those of which one value runs. The tables of the modules
//! hold the rest, by the class of Flink that defines them: they tune Flink's planner ([`table`]) or its cluster, change
//! no result, and have no effect here. Keys with a name of the user's in them are [`FAMILIES`].

mod deployment;
mod deprecated;
mod former;
mod job;
mod processes;
mod services;
mod table;

use super::value::Kind::{self, Duration, Flag, List, Long, Map, OneOf, Parallelism, Text, Zone};

/// Keys that change results or are read here.
const HONOURED: &[(&str, Kind)] = &[
    ("parallelism.default", Parallelism),
    ("pipeline.auto-watermark-interval", Duration),
    ("pipeline.name", Text),
    // Not Flink's.
    ("streamsql.broadcast-single-rows", Flag),
    ("table.dynamic-table-options.enabled", Flag),
    ("table.exec.interval-join.min-cleanup-interval", Duration),
    ("table.exec.legacy-cast-behaviour", OneOf(&["ENABLED", "DISABLED"])),
    // Read for Flink's checks alone: rows are passed on in batches whatever they say.
    ("table.exec.mini-batch.allow-latency", Duration),
    ("table.exec.mini-batch.enabled", Flag),
    ("table.exec.mini-batch.size", Long),
    ("table.exec.sink.not-null-enforcer", OneOf(&["ERROR", "DROP"])),
    ("table.exec.sink.rowtime-inserter", OneOf(&["ENABLED", "DISABLED"])),
    ("table.exec.sink.type-length-enforcer", OneOf(&["IGNORE", "TRIM_PAD"])),
    ("table.exec.sink.upsert-materialize", OneOf(&["AUTO", "NONE", "FORCE"])),
    ("table.exec.source.cdc-events-duplicate", Flag),
    ("table.exec.source.idle-timeout", Duration),
    ("table.exec.state.ttl", Duration),
    ("table.local-time-zone", Zone),
    ("table.optimizer.non-deterministic-update.strategy", OneOf(&["TRY_RESOLVE", "IGNORE"])),
    ("table.optimizer.reuse-sub-plan-enabled", Flag),
];

/// Keys of which one value runs here: the value, and why no other does.
const FIXED: &[(&str, &str, &str)] = &[
    ("execution.runtime-mode", "STREAMING", "jobs are streaming; a bounded source ends the job"),
    ("table.builtin-catalog-name", "default_catalog", "use CREATE CATALOG and USE CATALOG"),
    ("table.builtin-database-name", "default_database", "use CREATE DATABASE and USE"),
    ("table.sql-dialect", "DEFAULT", "there is no Hive dialect"),
];

/// Keys with names of the user's in them: `*` is such a name, `**` at the end whatever stands there.
const FAMILIES: &[(&str, Kind)] = &[
    ("containerized.master.env.**", Text),
    ("containerized.taskmanager.env.**", Text),
    ("external-resource.*.amount", Long),
    ("external-resource.*.driver-factory.class", Text),
    ("external-resource.*.kubernetes.config-key", Text),
    ("external-resource.*.param.**", Text),
    ("external-resource.*.yarn.config-key", Text),
    ("flink.hadoop.**", Text),
    ("flink.yarn.**", Text),
    ("fs.**", Text),
    ("metrics.reporter.*.factory.class", Text),
    ("metrics.reporter.*.filter.excludes", List),
    ("metrics.reporter.*.filter.includes", List),
    ("metrics.reporter.*.interval", Duration),
    ("metrics.reporter.*.scope.variables.additional", Map),
    ("metrics.reporter.*.**", Text),
    ("s3.**", Text),
    ("s3a.**", Text),
    ("security.delegation.token.provider.*.enabled", Flag),
    ("security.delegation.token.provider.**", Text),
    ("sql-gateway.endpoint.**", Text),
    ("table.catalog-store.**", Text),
];

const NO_EFFECT: &[&[(&str, Kind)]] =
    &[table::KEYS, job::KEYS, processes::KEYS, services::KEYS, deployment::KEYS];

/// What a key does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is read.
    Honoured,
    /// It tunes Flink's planner or cluster: values are checked, nothing changes.
    None,
    /// Only this value runs; the text says why.
    Only(&'static str, &'static str),
}

/// A key of Flink's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub kind: Kind,
    pub effect: Effect,
}

/// Today's name of a key.
pub(super) fn current(key: &str) -> &str {
    deprecated::KEYS.iter().find(|(old, _)| *old == key).map_or(key, |(_, current)| current)
}

/// What a key did that Flink 1.18 no longer has.
pub(super) fn former(key: &str) -> Option<String> {
    if find(current(key)).is_some() {
        return None;
    }
    former::what(key)
}

/// A key by its name of today.
pub(super) fn find(key: &str) -> Option<Key> {
    let of = |kind: Kind, effect: Effect| Key { kind, effect };
    let kind = |keys: &[(&str, Kind)]| keys.iter().find(|(known, _)| *known == key).map(|(_, kind)| *kind);
    if let Some(kind) = kind(HONOURED) {
        return Some(of(kind, Effect::Honoured));
    }
    if let Some((_, only, why)) = FIXED.iter().find(|(known, ..)| *known == key) {
        return Some(of(Text, Effect::Only(only, why)));
    }
    let plain = NO_EFFECT.iter().find_map(|keys| kind(keys));
    let family = || FAMILIES.iter().find(|(family, _)| matches(family, key)).map(|(_, kind)| *kind);
    // `map.key` gives one entry of the map (Flink `ConfigurationUtils.canBePrefixMap`).
    let entry = || {
        let maps = NO_EFFECT.iter().copied().flatten().filter(|(_, kind)| *kind == Map);
        let mut names = maps.filter_map(|(name, _)| key.strip_prefix(name)?.strip_prefix('.'));
        names.any(|entry| !entry.is_empty()).then_some(Text)
    };
    plain.or_else(family).or_else(entry).map(|kind| of(kind, Effect::None))
}

/// All keys without names of the user's in them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let plain = NO_EFFECT.iter().copied().chain([HONOURED]).flatten().map(|(name, _)| *name);
    plain.chain(FIXED.iter().map(|(name, ..)| *name))
}

fn matches(family: &str, key: &str) -> bool {
    let mut parts = key.split('.');
    for pattern in family.split('.') {
        match (pattern, parts.next()) {
            ("**", Some(part)) => return !part.is_empty(),
            ("*", Some(part)) if !part.is_empty() => {}
            (pattern, Some(part)) if pattern == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_key_stands_once_and_every_old_key_leads_to_one() {
        let mut seen = BTreeSet::new();
        for name in names() {
            assert!(seen.insert(name), "{name} stands twice");
            assert_eq!(current(name), name, "{name} is a key and an old key");
        }
        for (old, name) in deprecated::KEYS {
            assert!(seen.contains(name), "{old} leads to {name}, which is no key");
        }
        assert!(seen.len() > 750, "{}", seen.len());
    }

    #[test]
    fn families() {
        for key in [
            "metrics.reporter.prom.port",
            "metrics.reporter.prom.factory.class",
            "external-resource.gpu.amount",
            "flink.hadoop.dfs.replication",
            "kubernetes.jobmanager.labels.app",
            "pipeline.global-job-parameters.a.b",
        ] {
            assert_eq!(find(key).map(|key| key.effect), Some(Effect::None), "{key}");
        }
        assert_eq!(find("metrics.reporter.prom.interval").map(|key| key.kind), Some(Duration));
        for key in
            ["metrics.reporter.prom", "external-resource.gpu", "fs", "fs.", "kubernetes.labels", "pipeline"]
        {
            assert!(find(key).is_none(), "{key}");
        }
    }
}
