//! JSON functions (Flink `SqlJsonUtils`): values as Jackson reads and writes them, paths as Jayway JsonPath walks them.

mod build;
mod filter;
mod path;
mod query;
mod walk;

use std::borrow::Cow;

use streamsql_core::text;

pub use build::{array, object, string};
pub use path::check_path;
pub use query::{ErrorOr, exists, is_json, query, value};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Int(i64),
    /// A number as written: a whole one beyond 64 bits, a decimal, a float.
    Number(String),
    Double(f64),
    Text(String),
    Array(Vec<Json>),
    /// Members in the order in which their keys came first; of a key that comes twice the last value counts.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads the first value of a text; what follows it is not looked at, as in Jackson.
    pub fn parse(text: &str) -> Option<Self> {
        let text = without_half_pairs(text);
        let mut values = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
        values.next()?.ok().map(Self::from_serde)
    }

    fn from_serde(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::number(&number.to_string()),
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => Self::Array(items.into_iter().map(Self::from_serde).collect()),
            serde_json::Value::Object(members) => {
                Self::Object(members.into_iter().map(|(key, value)| (key, Self::from_serde(value))).collect())
            }
        }
    }

    /// A number by its JSON text: with a point or an exponent a double, else whole.
    pub fn number(text: &str) -> Self {
        if text.contains(['.', 'e', 'E']) {
            return Self::Double(text.parse().unwrap_or(f64::NAN));
        }
        match text.parse() {
            Ok(number) => Self::Int(number),
            Err(_) => Self::Number(text.to_owned()),
        }
    }

    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_))
    }

    pub fn member(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A scalar as Java's `toString` gives it.
    pub fn plain(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Double(number) => text::java_double(*number, out),
            other => other.write(out),
        }
    }

    /// The value as JSON text without white space.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(number) => {
                let _ = std::fmt::Write::write_fmt(out, format_args!("{number}"));
            }
            Self::Number(digits) => out.push_str(digits),
            Self::Double(number) if number.is_finite() => text::java_double(*number, out),
            Self::Double(number) => {
                out.push('"');
                text::java_double(*number, out);
                out.push('"');
            }
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (i, (key, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// The document with `?` for escapes of half a surrogate pair: Java's texts can hold one, and print it so.
fn without_half_pairs(text: &str) -> Cow<'_, str> {
    /// The UTF-16 unit of an escape that the text starts with.
    fn unit(text: &str) -> Option<u16> {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    }
    let mut out = Cow::Borrowed("");
    let mut rest = text;
    let mut copied = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        rest = &rest[at..];
        let (half, length) = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (false, 12),
            (Some(0xD800..=0xDFFF), _) => (true, 6),
            // Not to take the second backslash of two for the start of an escape.
            _ => (false, 1 + rest[1..].chars().next().map_or(0, char::len_utf8)),
        };
        if half {
            let out = out.to_mut();
            out.push_str(&copied[..copied.len() - rest.len()]);
            out.push('?');
            copied = &rest[length..];
        }
        rest = &rest[length..];
    }
    if copied.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.to_mut().push_str(copied);
    out
}

/// A quoted text; only quotes, backslashes and control characters are escaped.
pub fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                let _ = std::fmt::Write::write_fmt(out, format_args!("\\u{:04X}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written() {
        let mut out = String::new();
        Json::parse(r#" {"b":1.50,"a":[1e3,null,"ä\n\"/"],"b":2} rest"#).unwrap().write(&mut out);
        assert_eq!(out, r#"{"b":2,"a":[1000.0,null,"ä\n\"/"]}"#);
        let text = |json: &str| Json::parse(json).unwrap();
        let halves = r#""\ud800\\uD83D\ude00\\ud800é\uDE00\ud83d\uD83D\uDE00""#;
        assert_eq!(text(halves), Json::Text(r"?\uD83D?\ud800é??😀".to_owned()));
        assert!(Json::parse("").is_none() && Json::parse("01x").is_none() && Json::parse("{a:1}").is_none());
        assert_eq!(Json::parse("12345678901234567890"), Some(Json::Number("12345678901234567890".into())));
    }
}
