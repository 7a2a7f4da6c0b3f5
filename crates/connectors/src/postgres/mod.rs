//! PostgreSQL behind the `jdbc` connector: look-ups, and the commit of epochs in one transaction.

mod catalog;
mod committer;
mod copy;
mod dead_letters;
mod fault;
mod ident;
mod job_table;
mod lookup;
mod lookup_cache;
mod mistake;
mod session;
mod sink_table;
mod wire;

use std::collections::BTreeMap;

use streamsql_core::{Error, LogicalType, Result, Schema, Secret};

use crate::options::{check, duration_ms, number, required};

pub use committer::PostgresCommitter;
pub use lookup::{PostgresLookup, SharedCache};
#[doc(hidden)]
pub use mistake::Mistake;
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

/// How to reach a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    pub host: String,
    pub port: u16,
    pub name: String,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// `sslmode` of the URL; none: encrypted where the server offers it, as Flink's driver does.
    pub ssl_mode: Option<String>,
    /// `sslrootcert` of the URL: a file.
    pub ssl_root_cert: Option<String>,
    /// `currentSchema` of the URL: where unqualified names are looked for.
    pub current_schema: Option<String>,
    /// How long to try at start, ms.
    pub connect_timeout_ms: i64,
}

impl Database {
    /// Reads the options of a table; nothing is contacted.
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Self> {
        check(options, OPTIONS, &[])?;
        let url = required(options, "url")?;
        let refuse = |what: &str| {
            Error::invalid(format!("option 'url': {what}")).hint("write jdbc:postgresql://host:5432/database")
        };
        let rest = match url.strip_prefix("jdbc:postgresql://") {
            Some(rest) => rest,
            None if url.starts_with("jdbc:") => return Err(refuse("only PostgreSQL is supported yet")),
            None => return Err(refuse("it does not start with jdbc:postgresql://")),
        };
        let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (host_port, name) = address.split_once('/').unwrap_or((address, ""));
        if host_port.contains(',') {
            return Err(refuse("several hosts are not supported yet"));
        }
        let (host, port) = match host_port.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| refuse("the port is not a number"))?),
            None => (host_port, 5432),
        };
        let parameters: BTreeMap<&str, String> = parameters
            .split('&')
            .filter_map(|parameter| parameter.split_once('='))
            .map(|(key, value)| (key, percent_decoded(value)))
            .collect();
        let parameter = |key: &str| parameters.get(key).cloned();
        let ssl_mode = parameter("sslmode").or_else(|| {
            let ssl = parameter("ssl").is_some_and(|value| value.is_empty() || value == "true");
            ssl.then(|| "verify-full".to_owned())
        });
        const MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
        if let Some(mode) = ssl_mode.as_deref().filter(|mode| !MODES.contains(mode)) {
            return Err(refuse(&format!("sslmode is one of {}, not '{mode}'", MODES.join(", "))));
        }
        let user = options.get("username").cloned().or_else(|| parameter("user"));
        let password = options.get("password").cloned().or_else(|| parameter("password"));
        if options.contains_key("username") != options.contains_key("password") {
            return Err(Error::invalid("options 'username' and 'password' go together"));
        }
        let host = if host.is_empty() { "localhost" } else { host };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            name: if name.is_empty() {
                user.clone().unwrap_or_else(|| "postgres".to_owned())
            } else {
                name.to_owned()
            },
            user,
            password: password.map(Secret::new),
            ssl_mode,
            ssl_root_cert: parameter("sslrootcert"),
            current_schema: parameter("currentSchema"),
            connect_timeout_ms: duration_ms(options, "connection.max-retry-timeout", 10_000)?.min(60_000),
        })
    }

    /// Whether two tables are reached in one way and can share a connection and its transaction.
    pub fn is_same(&self, other: &Self) -> bool {
        let way = Self { connect_timeout_ms: other.connect_timeout_ms, ..self.clone() };
        way == *other
    }

    /// `host:port/name` and the user, for messages.
    pub fn place(&self) -> String {
        let user = self.user.as_ref().map_or(String::new(), |user| format!(" as {user}"));
        format!("postgresql {}:{}/{}{user}", self.host, self.port, self.name)
    }
}

/// Cache and retry options of a lookup (Flink `LookupOptions`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupOptions {
    /// `None`: no cache.
    pub cache: Option<CacheOptions>,
    pub max_retries: u32,
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
        Ok(Self { cache, max_retries })
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

/// `%2F` and the like in a URL's parameter.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
    fn urls_and_secrets() {
        let given = options(&[
            ("url", "jdbc:postgresql://db:5433/shop?sslmode=require"),
            ("username", "u"),
            ("password", "geheim"),
        ]);
        let database = Database::from_options(&given).unwrap();
        assert_eq!(database.place(), "postgresql db:5433/shop as u");
        assert!(!format!("{database:?}").contains("geheim"));
        assert!(Database::from_options(&options(&[("url", "jdbc:mysql://x/y")])).is_err());
        assert!(
            Database::from_options(&options(&[("url", "jdbc:postgresql://x/y"), ("tabel-name", "z")]))
                .is_err()
        );
    }

    #[test]
    fn one_transaction_needs_one_way_to_the_database() {
        let database = |user: &str, more: &str| {
            let url = format!("jdbc:postgresql://db/shop{more}");
            Database::from_options(&options(&[("url", url.as_str()), ("username", user), ("password", "p")]))
                .unwrap()
        };
        assert!(database("a", "").is_same(&database("a", "")));
        assert!(!database("a", "").is_same(&database("b", "")));
        assert!(!database("a", "").is_same(&database("a", "?sslmode=require")));
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
