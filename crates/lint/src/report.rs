//! Findings for programs: JSON lines, and SARIF 2.1.0 (OASIS, `sarif-schema-2.1.0.json`).

use serde_json::{Map, Value, json as value};
use streamsql_core::secret::mask_value;
use streamsql_sql::diagnostic::{Diagnostic, Place};

use crate::{Finding, RULES};

/// What is not found by a rule: the code, its name, what it says.
const INVALID: (&str, &str, &str) = ("E000", "invalid", "The job cannot be planned.");
const WARNED: (&str, &str, &str) = ("W000", "warned", "Planning warns of something.");

/// A line of a report: what a rule has found, or what planning says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub code: &'static str,
    pub name: &'static str,
    pub is_error: bool,
    pub message: String,
    pub hint: Option<String>,
    pub place: Option<Place>,
}

impl From<&Finding> for Reported {
    fn from(finding: &Finding) -> Self {
        let Finding { code, name, message, hint, place } = finding.clone();
        Self { code, name, is_error: false, message, hint: Some(hint), place }
    }
}

impl From<&Diagnostic> for Reported {
    fn from(diagnostic: &Diagnostic) -> Self {
        let (code, name, _) = if diagnostic.warning { WARNED } else { INVALID };
        Self {
            code,
            name,
            is_error: !diagnostic.warning,
            message: mask_value(&diagnostic.message).into_owned(),
            hint: diagnostic.hint.as_deref().map(|hint| mask_value(hint).into_owned()),
            place: diagnostic.place.as_deref().cloned(),
        }
    }
}

impl Reported {
    fn level(&self) -> &'static str {
        if self.is_error { "error" } else { "warning" }
    }
}

/// One object a line.
pub fn json(reported: &[Reported]) -> String {
    let line = |one: &Reported| {
        let place = one.place.as_ref();
        let object = value!({
            "level": one.level(),
            "code": one.code,
            "rule": one.name,
            "message": one.message,
            "hint": one.hint,
            "file": place.map(|place| place.file.clone()),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
        });
        format!("{object}\n")
    };
    reported.iter().map(line).collect()
}

/// SARIF 2.1.0, as code hosts read it.
pub fn sarif(reported: &[Reported]) -> String {
    let mut known: Vec<(&str, &str, &str)> =
        RULES.iter().map(|rule| (rule.code, rule.name, rule.about)).collect();
    known.extend([INVALID, WARNED]);
    let rules: Vec<Value> = known
        .iter()
        .map(|(code, name, about)| value!({"id": code, "name": name, "shortDescription": {"text": about}}))
        .collect();
    let result = |one: &Reported| {
        let text = match &one.hint {
            Some(hint) => format!("{}. {hint}", one.message.trim_end_matches('.')),
            None => one.message.clone(),
        };
        let mut result = Map::new();
        result.insert("ruleId".to_owned(), value!(one.code));
        if let Some(index) = known.iter().position(|(code, ..)| *code == one.code) {
            result.insert("ruleIndex".to_owned(), value!(index));
        }
        result.insert("level".to_owned(), value!(one.level()));
        result.insert("message".to_owned(), value!({ "text": text }));
        let locations: Vec<Value> = one.place.iter().map(location).collect();
        result.insert("locations".to_owned(), value!(locations));
        Value::Object(result)
    };
    let report = value!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "streamsql", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": reported.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    format!("{report:#}\n")
}

/// A place that has no line of its own, such as a whole file, has no region.
fn location(place: &Place) -> Value {
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), value!({ "uri": uri(&place.file) }));
    if place.line > 0 && place.column > 0 {
        let region = value!({ "startLine": place.line, "startColumn": place.column });
        physical.insert("region".to_owned(), region);
    }
    value!({ "physicalLocation": physical })
}

/// A path as a URI reference (RFC 3986): relative ones stay so, and a first segment is never taken for a scheme.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris() {
        for (path, wanted) in [
            ("sql/source/clicks.sql", "sql/source/clicks.sql"),
            ("/srv/my job/a.sql", "file:///srv/my%20job/a.sql"),
            ("a:b/ü.sql", "a%3Ab/%C3%BC.sql"),
            ("<command line>", "%3Ccommand%20line%3E"),
        ] {
            assert_eq!(uri(path), wanted);
        }
    }

    #[test]
    fn secrets_are_stars_and_errors_say_so() {
        let error = Diagnostic::error("cannot read jdbc:postgresql://x/d?password=geheim");
        let text = sarif(&[Reported::from(&error)]);
        assert!(!text.contains("geheim") && text.contains("\"level\": \"error\""), "{text}");
        assert!(!json(&[Reported::from(&error)]).contains("geheim"));
    }
}
