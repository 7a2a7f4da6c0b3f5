//! Checking a table's options: unknown ones are errors with what may have been meant.

use std::collections::BTreeMap;

use streamsql_core::{Error, Result};

/// Options that every table may have.
const COMMON: &[&str] = &[
    "connector",
    "format",
    "property-version",
    "scan.parallelism",
    "scan.watermark.alignment.group",
    "scan.watermark.alignment.max-drift",
    "scan.watermark.alignment.update-interval",
    "scan.watermark.emit.strategy",
    "scan.watermark.idle-timeout",
    "sink.parallelism",
];

/// Refuses options that are neither common, nor `known`, nor start with one of `prefixes`.
pub fn check(options: &BTreeMap<String, String>, known: &[&str], prefixes: &[&str]) -> Result<()> {
    for key in options.keys() {
        let fine = COMMON.contains(&key.as_str())
            || known.contains(&key.as_str())
            || prefixes.iter().any(|prefix| key.starts_with(prefix));
        if !fine {
            let connector = options.get("connector").map(String::as_str).unwrap_or_default();
            return Err(Error::invalid(format!("unknown option '{key}' of connector '{connector}'"))
                .hint(format!("known are {}", known.join(", "))));
        }
    }
    Ok(())
}

/// An option that must be given.
pub fn required<'a>(options: &'a BTreeMap<String, String>, key: &str) -> Result<&'a str> {
    options
        .get(key)
        .map(String::as_str)
        .ok_or_else(|| Error::invalid(format!("the option '{key}' is missing")))
}

/// A whole number, or the default.
pub fn number(options: &BTreeMap<String, String>, key: &str, default: i64) -> Result<i64> {
    match options.get(key) {
        None => Ok(default),
        Some(text) => text
            .trim()
            .parse()
            .map_err(|_| Error::invalid(format!("option '{key}' is a whole number, not '{text}'"))),
    }
}

/// A duration in milliseconds (`10 s`, `5 min`), or the default.
pub fn duration_ms(options: &BTreeMap<String, String>, key: &str, default: i64) -> Result<i64> {
    let Some(text) = options.get(key) else { return Ok(default) };
    let duration = streamsql_core::units::duration(text).ok();
    duration
        .and_then(|duration| i64::try_from(duration.as_millis()).ok())
        .ok_or_else(|| Error::invalid(format!("option '{key}' is a duration such as 10s, not '{text}'")))
}

/// `true` or `false` in any case, or the default.
pub fn flag(options: &BTreeMap<String, String>, key: &str, default: bool) -> Result<bool> {
    match options.get(key).map(|text| text.trim()) {
        None => Ok(default),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) => Err(Error::invalid(format!("option '{key}' is true or false, not '{text}'"))),
    }
}

/// A decimal number, or the default.
pub fn double(options: &BTreeMap<String, String>, key: &str, default: f64) -> Result<f64> {
    match options.get(key) {
        None => Ok(default),
        Some(text) => text
            .trim()
            .parse()
            .map_err(|_| Error::invalid(format!("option '{key}' is a number, not '{text}'"))),
    }
}
