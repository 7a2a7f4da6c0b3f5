//! Reading a format's options out of a table's.

use std::collections::BTreeMap;

use streamsql_core::{Error, Result};

/// The options of one format.
pub struct FormatOptions<'a> {
    prefix: &'static str,
    values: BTreeMap<&'a str, &'a str>,
}

impl<'a> FormatOptions<'a> {
    /// Takes those that start with `prefix.` or `value.prefix.`; one that is not `known` is an error.
    pub fn new(prefix: &'static str, options: &'a BTreeMap<String, String>, known: &[&str]) -> Result<Self> {
        let mut values = BTreeMap::new();
        for (key, value) in options {
            let key = key.strip_prefix("value.").unwrap_or(key);
            let Some(name) = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')) else {
                continue;
            };
            if !known.contains(&name) {
                return Err(Error::invalid(format!("unknown option '{prefix}.{name}'")).hint(format!(
                    "known are {}",
                    known.iter().map(|k| format!("{prefix}.{k}")).collect::<Vec<_>>().join(", ")
                )));
            }
            values.insert(name, value.as_str());
        }
        Ok(Self { prefix, values })
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.values.get(name).copied()
    }

    /// `true` or `false`; the default when it is not given.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(name) {
            None => Ok(default),
            Some(value) if value.eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Ok(false),
            Some(value) => Err(Error::invalid(format!(
                "option '{}.{name}' is true or false, not '{value}'",
                self.prefix
            ))),
        }
    }

    /// A single character.
    pub fn character(&self, name: &str, default: Option<u8>) -> Result<Option<u8>> {
        match self.get(name) {
            None => Ok(default),
            Some("\\t") => Ok(Some(b'\t')),
            Some(value) if value.len() == 1 => Ok(value.bytes().next()),
            Some(value) => Err(Error::invalid(format!(
                "option '{}.{name}' is a single character, not '{value}'",
                self.prefix
            ))),
        }
    }
}
