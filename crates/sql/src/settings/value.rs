//! Values of settings and of table options: which texts Flink's `ConfigurationUtils` takes for each type.

use std::fmt;

use streamsql_core::java_parse;
use streamsql_core::units::{duration, memory_size};

/// The type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Flag,
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    Real,
    Duration,
    MemorySize,
    /// `a;b`, with quotes around an item that holds `;`.
    List,
    /// `key:value,key:value`.
    Map,
    /// A time zone's name.
    Zone,
    /// At least one, or -1 for the default.
    Parallelism,
    /// One of these names, in any case.
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// Whether Flink reads the text as a value of this type.
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Flag => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
            Self::Int => value.parse::<i32>().is_ok(),
            Self::Long => value.parse::<i64>().is_ok(),
            Self::Real => java_parse::double(value).is_some(),
            Self::Duration => duration(value).is_ok(),
            Self::MemorySize => memory_size(value).is_ok(),
            Self::List => split(value, ';').is_some(),
            Self::Map => map(value),
            Self::Zone => time_zone(value).is_some(),
            Self::Parallelism => value.parse::<i32>().is_ok_and(|number| number >= 1 || number == -1),
            Self::OneOf(choices) => choices.iter().any(|choice| choice.eq_ignore_ascii_case(value)),
        }
    }
}

/// What is expected, as in "it is `a duration such as 10 s`, not 'x'".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Flag => "true or false",
            Self::Int | Self::Long => "a whole number",
            Self::Real => "a number",
            Self::Duration => "a duration such as 10s",
            Self::MemorySize => "a size such as 128mb",
            Self::List => "a list such as a;b",
            Self::Map => "a map such as key:value,key:value",
            Self::Zone => "a time zone such as Europe/Berlin, UTC or GMT+05:30",
            Self::Parallelism => "a number of at least 1",
            Self::OneOf(choices) => return write!(f, "one of {}", choices.join(", ")),
        })
    }
}

/// The items of a list (Flink `StructuredOptionsSplitter`): quotes, single or double, stand around a whole item and are
/// doubled inside it. None where quotes are wrong.
fn split(text: &str, delimiter: char) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '\'' || first == '"' {
            let mut item = String::new();
            rest = &rest[1..];
            loop {
                let end = rest.find(first)?;
                item.push_str(&rest[..end]);
                rest = &rest[end + 1..];
                match rest.strip_prefix(first) {
                    Some(more) => {
                        item.push(first);
                        rest = more;
                    }
                    None => break,
                }
            }
            if !rest.is_empty() {
                rest = rest.strip_prefix(delimiter)?;
            }
            items.push(item);
        } else {
            let (item, more) = rest.split_once(delimiter).unwrap_or((rest, ""));
            items.push(item.to_owned());
            rest = more;
        }
    }
    Some(items)
}

fn map(text: &str) -> bool {
    let pair = |item: String| split(&item, ':').is_some_and(|parts| parts.len() == 2);
    split(text, ',').is_some_and(|items| items.into_iter().all(pair))
}

/// A zone by its name; `default` is UTC here, whatever the machine's.
pub(super) fn time_zone(name: &str) -> Option<streamsql_functions::Zone> {
    use streamsql_functions::Zone;
    if name == "default" { Some(Zone::UTC) } else { Zone::of_setting(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_takes_what_java_takes() {
        for (kind, good, bad) in [
            (Kind::Flag, vec!["true", "FALSE", "tRuE"], vec![" true", "1", "yes", "on", ""]),
            (
                Kind::Int,
                vec!["1", "-1", "+1", "2147483647"],
                vec![" 1", "1.0", "2147483648", "1_000", "", "1e3"],
            ),
            (Kind::Long, vec!["9223372036854775807"], vec!["9223372036854775808", "1L"]),
            (
                Kind::Real,
                vec![
                    "1", " 1 ", "1.5", "1e3", ".5", "5.", "-.5e-3", "1e400", "NaN", "Infinity", "1d", "3.5f",
                ],
                vec!["", "inf", "nan", "1,5", "abc", "."],
            ),
            (Kind::List, vec!["", "a", "a;b", "a;;b", "'a;b';c", "a'b;c"], vec!["'a", "'a'b;c"]),
            (
                Kind::Map,
                vec!["", "a:b", "a:b,c:d", "a:b,"],
                vec!["a", "a:b:c", "'a:x':b", "a:'b,c'", "'a", "a:,b:"],
            ),
            (Kind::Zone, vec!["default", "GMT+05:30", "Europe/Berlin"], vec!["UTC+05:30", "Mars/Base"]),
            (Kind::Parallelism, vec!["1", "-1"], vec!["0", "-3", "x"]),
            (Kind::OneOf(&["ERROR", "DROP"]), vec!["error", "Drop"], vec![" drop", "", "x"]),
        ] {
            for text in good {
                assert!(kind.accepts(text), "{kind:?} {text:?}");
            }
            for text in bad {
                assert!(!kind.accepts(text), "{kind:?} {text:?}");
            }
        }
    }
}
