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

    /// The format's name.
    pub fn prefix(&self) -> &'static str {
        self.prefix
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

    /// A single character, as it stands.
    pub fn character(&self, name: &str) -> Result<Option<char>> {
        self.get(name).map(|value| self.single(name, value, value)).transpose()
    }

    /// A single character, which may be written as a Java escape: `\t`, `\\`, `\u0001`.
    pub fn escaped_character(&self, name: &str) -> Result<Option<char>> {
        self.get(name).map(|value| self.single(name, &unescape_java(value), value)).transpose()
    }

    fn single(&self, name: &str, value: &str, written: &str) -> Result<char> {
        let mut chars = value.chars();
        match (chars.next(), chars.next()) {
            // One UTF-16 unit, as Flink counts.
            (Some(c), None) if c.len_utf16() == 1 => Ok(c),
            _ => Err(Error::invalid(format!(
                "Option '{}.{name}' must be a string with single character, but was: {written}",
                self.prefix
            ))),
        }
    }
}

/// Resolves Java's escapes (commons-text `StringEscapeUtils.unescapeJava`): an unknown one loses its backslash.
fn unescape_java(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                while chars.next_if_eq(&'u').is_some() {}
                let digits: String = chars.by_ref().take(4).collect();
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(c) if digits.len() == 4 => out.push(c),
                    _ => out.push_str(&digits),
                }
            }
            Some(first @ '0'..='7') => {
                let mut code = first.to_digit(8).unwrap_or(0);
                let most = if first <= '3' { 2 } else { 1 };
                for _ in 0..most {
                    let Some(digit) = chars.next_if(|c| c.is_digit(8)) else { break };
                    code = code * 8 + digit.to_digit(8).unwrap_or(0);
                }
                out.extend(char::from_u32(code));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_may_be_escaped() {
        let single = |value: &str| {
            let options = BTreeMap::from([("csv.field-delimiter".to_owned(), value.to_owned())]);
            FormatOptions::new("csv", &options, &["field-delimiter"])
                .unwrap()
                .escaped_character("field-delimiter")
                .map(Option::unwrap_or_default)
        };
        for (written, meant) in
            [(r"\t", '\t'), (r"\u0001", '\u{1}'), (r"\\", '\\'), (r"\1", '\u{1}'), ("é", 'é'), (r"\x", 'x')]
        {
            assert_eq!(single(written).unwrap(), meant, "{written}");
        }
        for bad in ["", "ab", "😀", r"\\t"] {
            assert!(single(bad).is_err(), "{bad}");
        }
    }
}
