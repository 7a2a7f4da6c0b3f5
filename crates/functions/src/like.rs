//! LIKE: `%` stands for any text, `_` for one character.

use std::sync::Arc;

use arrow::array::BooleanArray;
use memchr::memmem;

use crate::body::{Body, PerText};
use crate::call::Eval;
use crate::strings::{any_null, str_at};

/// A pattern taken apart.
enum Pattern {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Contains(Box<memmem::Finder<'static>>),
    General(Vec<Part>),
}

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    /// `_`.
    One,
    /// `%`.
    Any,
}

impl Pattern {
    fn new(pattern: &str, escape: Option<char>) -> Result<Self, String> {
        let parts = parts(pattern, escape)?;
        Ok(match parts.as_slice() {
            [] => Self::Exact(String::new()),
            [Part::Text(text)] => Self::Exact(text.clone()),
            [Part::Text(text), Part::Any] => Self::Prefix(text.clone()),
            [Part::Any, Part::Text(text)] => Self::Suffix(text.clone()),
            [Part::Any, Part::Text(text), Part::Any] => {
                Self::Contains(Box::new(memmem::Finder::new(text.as_bytes()).into_owned()))
            }
            _ => Self::General(parts),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::Contains(finder) => finder.find(text.as_bytes()).is_some(),
            Self::General(parts) => general(parts, text),
        }
    }
}

fn parts(pattern: &str, escape: Option<char>) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = if Some(c) == escape {
            match chars.next() {
                Some(next) if next == '%' || next == '_' || Some(next) == escape => next,
                _ => return Err("the escape character of LIKE stands before no wildcard".to_owned()),
            }
        } else if c == '_' {
            parts.push(Part::One);
            continue;
        } else if c == '%' {
            if parts.last() != Some(&Part::Any) {
                parts.push(Part::Any);
            }
            continue;
        } else {
            c
        };
        match parts.last_mut() {
            Some(Part::Text(text)) => text.push(literal),
            _ => parts.push(Part::Text(literal.to_string())),
        }
    }
    Ok(parts)
}

/// Tries to match part by part; after a failure it goes on one character behind the last `%`.
fn general(parts: &[Part], text: &str) -> bool {
    let (mut part, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let matched = match parts.get(part) {
            None => rest.is_empty(),
            Some(Part::Any) => {
                retry = Some((part + 1, rest));
                true
            }
            Some(Part::One) => match rest.chars().next() {
                // Flink's `_` is Java's `.`, which stops at line breaks.
                Some(c) if !matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') => {
                    rest = &rest[c.len_utf8()..];
                    true
                }
                _ => false,
            },
            Some(Part::Text(literal)) => match rest.strip_prefix(literal.as_str()) {
                Some(behind) => {
                    rest = behind;
                    true
                }
                None => false,
            },
        };
        if matched {
            if part == parts.len() {
                return true;
            }
            part += 1;
            continue;
        }
        let Some((next, from)) = retry else { return false };
        let Some(c) = from.chars().next() else { return false };
        let from = &from[c.len_utf8()..];
        retry = Some((next, from));
        (part, rest) = (next, from);
    }
}

/// `text LIKE pattern`; a pattern that stays the same is taken apart once.
pub fn like(escape: Option<char>, negated: bool) -> Body {
    Body::prepared(move |constants| -> Arc<Eval> {
        let patterns = PerText::new(constants, 1, move |text| Pattern::new(text, escape));
        Arc::new(move |args, rows| {
            let mut patterns = patterns.reader();
            let mut out = BooleanArray::builder(rows);
            for row in 0..rows {
                if any_null(args, row) {
                    out.append_null();
                    continue;
                }
                let pattern = patterns.get(args, row).as_ref().map_err(Clone::clone)?;
                out.append_value(pattern.matches(str_at(&args[0], row)) != negated);
            }
            Ok(Arc::new(out.finish()))
        })
    })
}

/// The same for every text, NULL for NULL.
pub fn always(value: bool) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: BooleanArray = (0..rows).map(|row| (!any_null(args, row)).then_some(value)).collect();
        Ok(Arc::new(array))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_patterns() {
        let run = |text: &str, pattern: &str| Pattern::new(pattern, Some('\\')).unwrap().matches(text);
        assert!(run("a.c", "a.c") && !run("abc", "a.c") && run("a\nb", "a%") && run("5%", "5\\%"));
        assert!(run("abcabd", "%ab_") && run("xaybz", "%a%b_") && !run("ab", "a_b") && run("", "%%"));
        assert!(run("日本", "__") && !run("a\nb", "a_b"));
    }
}
