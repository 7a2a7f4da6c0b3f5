//! PostgreSQL behind the `jdbc` connector: look-ups, scans, and the commit of epochs in one transaction.
//!
//! | file | holds |
//! |---|---|
//! | `database`, `session` | how to reach it; one connection |
//! | `catalog`, `reading` | what the server says of a table; which types are read, looked for and written as which |
//! | `lookup`, `lookup_cache`, `cached_rows`, `values`, `key_text` | the questions, what is remembered, texts to values and keys to texts |
//! | `scan` | a table read once, row after row |
//! | `reader` | what people ask of a sink's table |
//! | `committer`, `job_table`, `sink_table`, `copy`, `dead_letters` | the transaction of an epoch |

mod cached_rows;
mod catalog;
mod committer;
mod copy;
mod database;
mod dead_letters;
mod factory;
mod fault;
mod ident;
mod job_table;
mod key_text;
mod lookup;
mod lookup_cache;
mod mistake;
mod reader;
mod reading;
mod scan;
mod session;
mod sink_table;
mod values;
mod wire;

use std::collections::BTreeMap;

use streamsql_core::{Error, LogicalType, Result, Schema};

use crate::options::{duration_ms, number};

pub use committer::PostgresCommitter;
pub use database::Database;
pub use factory::FACTORY;
pub use lookup::{PostgresLookup, SharedCache};
#[doc(hidden)]
pub use mistake::Mistake;
pub use reader::TableReader;
#[doc(hidden)]
pub use reading::{Fit, fits};
pub use sink_table::SinkTable;

/// Options of the `jdbc` connector (flink-docs `connectors/table/jdbc`).
const OPTIONS: &[&str] = &[
    "url",
    "table-name",
    "driver",
    "username",
    "password",
    "connection.max-retry-timeout",
    "lookup.cache",
    "lookup.partial-cache.max-rows",
    "lookup.partial-cache.expire-after-write",
    "lookup.partial-cache.expire-after-access",
    "lookup.partial-cache.cache-missing-key",
    "lookup.cache.max-rows",
    "lookup.cache.ttl",
    "lookup.cache.caching-missing-key",
    "lookup.max-retries",
    "lookup.on-error",
    "sink.buffer-flush.max-rows",
    "sink.buffer-flush.interval",
    "sink.max-retries",
    "sink.parallelism",
    "scan.fetch-size",
    "scan.auto-commit",
    "scan.partition.column",
    "scan.partition.num",
    "scan.partition.lower-bound",
    "scan.partition.upper-bound",
];

/// Cache and retry options of a lookup (Flink `LookupOptions`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupOptions {
    /// `None`: no cache.
    pub cache: Option<CacheOptions>,
    pub max_retries: u32,
    /// `lookup.on-error` (ours): a value that cannot be read stops the job instead of being NULL.
    pub fails: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheOptions {
    pub max_rows: Option<i64>,
    pub expire_after_write_ms: Option<i64>,
    pub expire_after_access_ms: Option<i64>,
    pub cache_missing_key: bool,
}

impl LookupOptions {
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Self> {
        let given = |key: &str| options.contains_key(key);
        let optional_number =
            |key: &str| if given(key) { number(options, key, 0).map(Some) } else { Ok(None) };
        let optional_duration =
            |key: &str| if given(key) { duration_ms(options, key, 0).map(Some) } else { Ok(None) };
        let flag = |key: &str| options.get(key).is_none_or(|v| !v.eq_ignore_ascii_case("false"));
        let legacy = given("lookup.cache.max-rows") || given("lookup.cache.ttl");
        let cache = match options.get("lookup.cache").map(|v| v.to_ascii_uppercase()).as_deref() {
            Some("PARTIAL") => {
                let cache = CacheOptions {
                    max_rows: optional_number("lookup.partial-cache.max-rows")?,
                    expire_after_write_ms: optional_duration("lookup.partial-cache.expire-after-write")?,
                    expire_after_access_ms: optional_duration("lookup.partial-cache.expire-after-access")?,
                    cache_missing_key: flag("lookup.partial-cache.cache-missing-key"),
                };
                if cache.max_rows.is_none()
                    && cache.expire_after_write_ms.is_none()
                    && cache.expire_after_access_ms.is_none()
                {
                    return Err(Error::invalid(
                        "lookup.cache = PARTIAL needs at least one of lookup.partial-cache.max-rows, \
                         .expire-after-write, .expire-after-access",
                    ));
                }
                Some(cache)
            }
            Some("FULL") => return Err(Error::invalid("lookup.cache = FULL does not exist for jdbc")),
            Some("NONE") => None,
            None if legacy => {
                if !(given("lookup.cache.max-rows") && given("lookup.cache.ttl")) {
                    return Err(Error::invalid("lookup.cache.max-rows and lookup.cache.ttl go together"));
                }
                Some(CacheOptions {
                    max_rows: optional_number("lookup.cache.max-rows")?,
                    expire_after_write_ms: optional_duration("lookup.cache.ttl")?,
                    expire_after_access_ms: None,
                    cache_missing_key: flag("lookup.cache.caching-missing-key"),
                })
            }
            None => None,
            Some(other) => {
                return Err(Error::invalid(format!("lookup.cache is NONE or PARTIAL, not '{other}'")));
            }
        };
        let max_retries = number(options, "lookup.max-retries", 3)?.clamp(0, 100) as u32;
        let fails = match options.get("lookup.on-error").map(String::as_str) {
            None | Some("null") => false,
            Some("fail") => true,
            Some(other) => {
                return Err(Error::invalid(format!("'lookup.on-error' is null or fail, not '{other}'")));
            }
        };
        Ok(Self { cache, max_retries, fails })
    }
}

/// Refuses columns that Flink's connector refuses for PostgreSQL (`PostgresDialect`); lists all.
pub fn check_columns(columns: &Schema) -> Result<()> {
    let refused: Vec<String> = columns
        .columns
        .iter()
        .filter_map(|column| match &column.logical_type {
            LogicalType::Timestamp(1..=6) => None,
            LogicalType::Timestamp(_) => Some(format!(
                "column {}: the precision of {} is not 1 to 6",
                column.name, column.logical_type
            )),
            LogicalType::TimestampLtz(_) => Some(format!(
                "column {}: {} cannot be read from or written to PostgreSQL; use TIMESTAMP",
                column.name, column.logical_type
            )),
            _ => None,
        })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(Error::invalid(refused.join("\n  "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut map: BTreeMap<String, String> =
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        map.insert("connector".into(), "jdbc".into());
        map
    }

    #[test]
    fn caches_need_a_bound() {
        assert_eq!(LookupOptions::from_options(&options(&[])).unwrap().cache, None);
        assert!(LookupOptions::from_options(&options(&[("lookup.cache", "PARTIAL")])).is_err());
        let bounded =
            options(&[("lookup.cache", "PARTIAL"), ("lookup.partial-cache.expire-after-write", "10 min")]);
        let cache = LookupOptions::from_options(&bounded).unwrap().cache.unwrap();
        assert_eq!(cache.expire_after_write_ms, Some(600_000));
    }
}
