//! `jdbc` (flink-docs `connectors/table/jdbc`).

use streamsql_core::ChangelogMode;

use super::{Connector, PLAIN, Takes};
use crate::catalog::Table;
use crate::options::{Options, Problem, TableUse, need, together};
use crate::settings::value::Kind::{Duration, Flag, Int, Long, OneOf, Text};

const OPTIONS: Options = &[
    ("url", Text),
    ("table-name", Text),
    ("driver", Text),
    ("username", Text),
    ("password", Text),
    ("connection.max-retry-timeout", Duration),
    ("scan.partition.column", Text),
    ("scan.partition.num", Int),
    ("scan.partition.lower-bound", Long),
    ("scan.partition.upper-bound", Long),
    ("scan.fetch-size", Int),
    ("scan.auto-commit", Flag),
    ("lookup.cache", OneOf(&["NONE", "PARTIAL"])),
    ("lookup.cache.max-rows", Long),
    ("lookup.cache.ttl", Duration),
    ("lookup.cache.caching-missing-key", Flag),
    ("lookup.max-retries", Int),
    ("lookup.on-error", OneOf(&["null", "fail"])),
    ("lookup.partial-cache.max-rows", Long),
    ("lookup.partial-cache.expire-after-write", Duration),
    ("lookup.partial-cache.expire-after-access", Duration),
    ("lookup.partial-cache.cache-missing-key", Flag),
    ("sink.buffer-flush.max-rows", Int),
    ("sink.buffer-flush.interval", Duration),
    ("sink.max-retries", Int),
];

pub const CONNECTOR: Connector = Connector {
    name: "jdbc",
    options: OPTIONS,
    required,
    reads: Some(ChangelogMode::INSERT_ONLY),
    is_looked_up: true,
    writes: Some(Takes::ByKey),
    ..PLAIN
};

fn required(table: &Table, _used: TableUse) -> Result<(), Problem> {
    let has = |key: &str| table.options.contains_key(key);
    need(table, "url")?;
    need(table, "table-name")?;
    together(table, &["username", "password"])?;
    together(table, &["lookup.cache.max-rows", "lookup.cache.ttl"])?;
    together(
        table,
        &[
            "scan.partition.column",
            "scan.partition.num",
            "scan.partition.lower-bound",
            "scan.partition.upper-bound",
        ],
    )?;
    let partial = table.options.get("lookup.cache").is_some_and(|v| v.eq_ignore_ascii_case("PARTIAL"));
    let bounded = ["max-rows", "expire-after-write", "expire-after-access"];
    if partial && !bounded.iter().any(|key| has(&format!("lookup.partial-cache.{key}"))) {
        return Err(Problem::of(
            "lookup.cache",
            "'lookup.cache' = 'PARTIAL' needs one of lookup.partial-cache.max-rows, .expire-after-write \
             and .expire-after-access",
        ));
    }
    Ok(())
}
