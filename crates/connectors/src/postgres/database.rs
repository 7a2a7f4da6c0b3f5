//! How to reach a database: the URL of Flink's driver (pgjdbc), user and password.
//!
//! Several hosts stand for one database that fails over: every connection takes the first that answers and plays the role
//! that `targetServerType` asks for. Source: pgjdbc's documentation, "Connection Fail-over".

use std::collections::BTreeMap;

use streamsql_core::{Error, Result, Secret};

use super::OPTIONS;
use crate::options::{check, duration_ms, required};

/// How to reach a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// In the order of the URL; at least one.
    pub hosts: Vec<Host>,
    /// `targetServerType` of the URL.
    pub role: Role,
    /// `stringtype=unspecified` in the URL: a text is a value of whatever type the column has.
    pub untyped_strings: bool,
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

/// A server of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub name: String,
    pub port: u16,
}

/// What a server must be to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Any,
    /// One that takes writes.
    Primary,
    Secondary,
    /// A primary, or else any.
    PreferPrimary,
    PreferSecondary,
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

impl Database {
    /// Reads the options of a table; nothing is contacted.
    pub fn from_options(options: &BTreeMap<String, String>) -> Result<Self> {
        // Those of the hint LOOKUP stand beside the table's own; planning has checked them.
        check(options, OPTIONS, &["hint."])?;
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
        let (servers, name) = address.split_once('/').unwrap_or((address, ""));
        let hosts = servers
            .split(',')
            .map(|server| host(server).ok_or_else(|| refuse("the port is not a number")))
            .collect::<Result<Vec<Host>>>()?;
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
        let role = match parameter("targetServerType").as_deref() {
            None | Some("any") => Role::Any,
            Some("primary" | "master") => Role::Primary,
            Some("secondary" | "slave") => Role::Secondary,
            Some("preferPrimary") => Role::PreferPrimary,
            Some("preferSecondary" | "preferSlave") => Role::PreferSecondary,
            Some(other) => {
                return Err(refuse(&format!(
                    "targetServerType is any, primary, secondary, preferPrimary or preferSecondary, not '{other}'"
                )));
            }
        };
        let untyped_strings = match parameter("stringtype").as_deref() {
            None | Some("varchar") => false,
            Some("unspecified") => true,
            Some(other) => {
                return Err(refuse(&format!("stringtype is varchar or unspecified, not '{other}'")));
            }
        };
        let user = options.get("username").cloned().or_else(|| parameter("user"));
        let password = options.get("password").cloned().or_else(|| parameter("password"));
        if options.contains_key("username") != options.contains_key("password") {
            return Err(Error::invalid("options 'username' and 'password' go together"));
        }
        Ok(Self {
            hosts,
            role,
            untyped_strings,
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
        let way = Self {
            connect_timeout_ms: other.connect_timeout_ms,
            untyped_strings: other.untyped_strings,
            ..self.clone()
        };
        way == *other
    }

    /// The same, for a connection that writes: of several servers only one that takes writes will do.
    pub fn for_writing(&self) -> Self {
        let role = match self.role {
            Role::Any | Role::PreferPrimary if self.hosts.len() > 1 => Role::Primary,
            role => role,
        };
        Self { role, ..self.clone() }
    }

    /// Hosts, database and user, for messages.
    pub fn place(&self) -> String {
        let user = self.user.as_ref().map_or(String::new(), |user| format!(" as {user}"));
        let hosts: Vec<String> = self.hosts.iter().map(Host::to_string).collect();
        format!("postgresql {}/{}{user}", hosts.join(","), self.name)
    }
}

/// `host`, `host:port`, `[::1]:port`; an empty one is this machine.
fn host(text: &str) -> Option<Host> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !text.ends_with(']') => (name, port.parse().ok()?),
        _ => (text, 5432),
    };
    let name = if name.is_empty() { "localhost" } else { name.trim_matches(['[', ']']) };
    Some(Host { name: name.to_owned(), port })
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
    fn options_of_a_hint_are_not_the_tables() {
        let given = options(&[("url", "jdbc:postgresql://x/y"), ("hint.retry-predicate", "lookup_miss")]);
        assert!(Database::from_options(&given).is_ok());
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
    fn several_hosts_and_their_roles() {
        let database = |rest: &str| {
            let url = format!("jdbc:postgresql://{rest}");
            Database::from_options(&options(&[("url", url.as_str())]))
        };
        let several = database("a:5433,b,[::1]:1,[::2]/shop?targetServerType=preferSecondary").unwrap();
        let hosts: Vec<String> = several.hosts.iter().map(Host::to_string).collect();
        assert_eq!(hosts, ["a:5433", "b:5432", "::1:1", "::2:5432"]);
        assert_eq!(several.role, Role::PreferSecondary);
        assert_eq!(several.place(), "postgresql a:5433,b:5432,::1:1,::2:5432/shop");
        assert_eq!(database("a,b/shop").unwrap().for_writing().role, Role::Primary);
        assert_eq!(database("a/shop").unwrap().for_writing().role, Role::Any);
        assert_eq!(database("/shop").unwrap().hosts[0].name, "localhost");
        for wrong in ["a:b/shop", "a,b:x/shop", "a/shop?targetServerType=leader", "a/shop?stringtype=text"] {
            assert!(database(wrong).is_err(), "{wrong}");
        }
        assert!(database("a/shop?stringtype=unspecified").unwrap().untyped_strings);
    }
}
