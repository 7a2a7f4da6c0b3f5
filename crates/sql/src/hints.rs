//! Hints: `/*+ OPTIONS('k'='v') */` behind a table's name; `/*+ LOOKUP('table'='t', …) */` and
//! `/*+ STATE_TTL('t'='1d', …) */` behind SELECT.
//!
//! The SQL parser knows no table hints, so OPTIONS travels as one more, quoted part of the table's name
//! ([`TableHints::encode`]); it is taken off again wherever a name is resolved. Source: Flink `FlinkHintStrategies`,
//! `LookupJoinHintOptions`; flink-docs `sql/queries/hints`.

use datafusion_sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::diagnostic::{Diagnostic, Place};
use crate::dialect::FlinkDialect;

/// First character of a name's part that holds hints; no file may hold it.
pub const MARK: char = '\u{F0002}';

/// Hints in force for one table reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableHints {
    /// Options over those of the table's WITH.
    pub options: Vec<(String, String)>,
    /// Where the hint OPTIONS stands.
    pub place: Option<Place>,
    /// Options of LOOKUP for this table.
    pub lookup: Vec<(String, String)>,
    /// How long a join or an aggregate keeps rows of this table, over `table.exec.state.ttl`; 0 for ever.
    pub state_ttl_ms: Option<i64>,
}

/// One hint as written: name and what stands in its parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub name: String,
    /// Key and value of `'k' = 'v'`.
    pub options: Vec<(String, String)>,
    /// Arguments that are no pairs.
    pub arguments: Vec<String>,
}

impl TableHints {
    /// As a part of a name. Lengths are written out, so no value can be taken for structure.
    pub fn encode(&self) -> String {
        let mut out = String::from(MARK);
        if let Some(Place { file, line, column, source, skipped }) = &self.place {
            let position = format!("{line}:{column}:{skipped}:{}", source.as_deref().unwrap_or_default());
            out.push_str(&format!("p{}:{file}{}:{position}", file.len(), position.len()));
        }
        if let Some(ttl_ms) = self.state_ttl_ms {
            let text = ttl_ms.to_string();
            out.push_str(&format!("t0:{}:{text}", text.len()));
        }
        for (kind, pairs) in [('o', &self.options), ('l', &self.lookup)] {
            for (key, value) in pairs {
                out.push_str(&format!("{kind}{}:{key}{}:{value}", key.len(), value.len()));
            }
        }
        out
    }

    /// Takes the hints off a name whose last part holds some.
    pub fn split(mut parts: Vec<String>) -> (Vec<String>, Self) {
        let mut hints = Self::default();
        while let Some(last) = parts.last().and_then(|last| last.strip_prefix(MARK)) {
            hints.decode(last);
            parts.pop();
        }
        (parts, hints)
    }

    fn decode(&mut self, mut text: &str) {
        while let Some(kind) = text.chars().next() {
            text = &text[kind.len_utf8()..];
            let (Some(key), Some(value)) = (field(&mut text), field(&mut text)) else { return };
            match kind {
                'p' => self.place = place(key, &value),
                'l' => self.lookup.push((key, value)),
                't' => self.state_ttl_ms = value.parse().ok(),
                _ => self.options.push((key, value)),
            }
        }
    }
}

/// `line:column:skipped:source` in a file.
fn place(file: String, position: &str) -> Option<Place> {
    let mut parts = position.splitn(4, ':');
    let mut number = || parts.next()?.parse().ok();
    let (line, column, skipped) = (number()?, number()?, number()?);
    let source = parts.next().filter(|source| !source.is_empty()).map(str::to_owned);
    Some(Place { file, line, column, source, skipped })
}

/// `length:text` off the front.
fn field(text: &mut &str) -> Option<String> {
    let (length, rest) = text.split_once(':')?;
    let length: usize = length.parse().ok()?;
    let field = rest.get(..length)?.to_owned();
    *text = rest.get(length..)?;
    Some(field)
}

/// A hint stands where nothing takes it.
pub fn misplaced() -> Diagnostic {
    Diagnostic::error("a hint stands where none is allowed")
        .hint("OPTIONS stands right behind a table's name, before FOR SYSTEM_TIME and the alias; LOOKUP behind SELECT")
}

/// Parses the text of a hint comment (behind the `+`). `fill` puts a template's values into literals.
pub fn parse(text: &str, fill: &dyn Fn(&str) -> String) -> Result<Vec<Hint>, String> {
    let tokens = Tokenizer::new(&FlinkDialect, text).tokenize().map_err(|e| e.message)?;
    let mut tokens = tokens.into_iter().filter(|t| !matches!(t, Token::Whitespace(_))).peekable();
    let mut hints = Vec::new();
    while let Some(token) = tokens.next() {
        let Token::Word(name) = token else {
            return Err(format!("expected the name of a hint, found '{token}'"));
        };
        let mut hint =
            Hint { name: name.value.to_ascii_uppercase(), options: Vec::new(), arguments: Vec::new() };
        if tokens.next_if_eq(&Token::LParen).is_some() {
            loop {
                let key = match tokens.next() {
                    Some(Token::RParen) => break,
                    Some(Token::SingleQuotedString(text)) => fill(&text),
                    Some(Token::Word(word)) => word.value,
                    Some(Token::Number(number, _)) => number,
                    Some(other) => {
                        return Err(format!("expected 'key' = 'value' in the hint, found '{other}'"));
                    }
                    None => return Err("the hint has no ')'".to_owned()),
                };
                if tokens.next_if_eq(&Token::Eq).is_some() {
                    match tokens.next() {
                        Some(Token::SingleQuotedString(value)) => hint.options.push((key, fill(&value))),
                        _ => return Err(format!("the hint's '{key}' needs a value in single quotes")),
                    }
                } else {
                    hint.arguments.push(key);
                }
                match tokens.next() {
                    Some(Token::RParen) => break,
                    Some(Token::Comma) => {}
                    Some(other) => return Err(format!("expected ',' or ')' in the hint, found '{other}'")),
                    None => return Err("the hint has no ')'".to_owned()),
                }
            }
        }
        hints.push(hint);
        let _ = tokens.next_if_eq(&Token::Comma);
    }
    Ok(hints)
}

/// Checks the options of `LOOKUP` and gives the table that it is for (Flink `LookupJoinHintOptions`).
pub fn check_lookup(hint: &Hint) -> Result<String, String> {
    const KNOWN: &[&str] = &[
        "table",
        "async",
        "output-mode",
        "capacity",
        "timeout",
        "retry-predicate",
        "retry-strategy",
        "fixed-delay",
        "max-attempts",
    ];
    let get = |key: &str| hint.options.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    if !hint.arguments.is_empty() {
        return Err("the hint LOOKUP takes pairs of 'key' = 'value' only".to_owned());
    }
    for (key, value) in &hint.options {
        if !KNOWN.contains(&key.as_str()) {
            return Err(format!("the hint LOOKUP has no option '{key}'; known are {}", KNOWN.join(", ")));
        }
        let wrong = |expected: &str| Err(format!("the hint LOOKUP's '{key}' is {expected}, not '{value}'"));
        let one_of = |choices: &[&str]| choices.contains(&value.to_ascii_lowercase().as_str());
        match key.as_str() {
            "async" if !one_of(&["true", "false"]) => return wrong("true or false"),
            "output-mode" if !one_of(&["ordered", "allow_unordered"]) => {
                return wrong("ordered or allow_unordered");
            }
            "retry-predicate" if !one_of(&["lookup_miss"]) => return wrong("lookup_miss"),
            "retry-strategy" if !one_of(&["fixed_delay"]) => return wrong("fixed_delay"),
            "capacity" | "max-attempts" if !value.parse::<i32>().is_ok_and(|n| n > 0) => {
                return wrong("a positive number");
            }
            "timeout" | "fixed-delay" if streamsql_core::units::duration(value).is_err() => {
                return wrong("a duration such as 10s");
            }
            _ => {}
        }
    }
    let retry = ["retry-predicate", "retry-strategy", "fixed-delay", "max-attempts"];
    let given = retry.iter().filter(|key| get(key).is_some()).count();
    if given != 0 && given != retry.len() {
        return Err(format!("the hint LOOKUP needs all of {} together", retry.join(", ")));
    }
    get("table").map(str::to_owned).ok_or_else(|| "the hint LOOKUP needs the option 'table'".to_owned())
}

/// The tables of `STATE_TTL` with their times in ms (flink-docs 1.19 `sql/queries/hints`, state TTL hints).
pub fn check_state_ttl(hint: &Hint) -> Result<Vec<(String, i64)>, String> {
    if !hint.arguments.is_empty() || hint.options.is_empty() {
        return Err("the hint STATE_TTL takes pairs of 'table' = 'duration'".to_owned());
    }
    let side = |(table, ttl): &(String, String)| {
        let ttl = streamsql_core::units::duration(ttl)
            .map_err(|m| format!("the hint STATE_TTL's '{table}': {m}"))?;
        Ok((table.clone(), i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)))
    };
    hint.options.iter().map(side).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_survive_as_part_of_a_name() {
        let hints = TableHints {
            options: vec![("a".into(), "3:x'o1:".into())],
            place: Some(Place::in_line("a:b.sql", 3, 8, "FROM t /*+ OPTIONS('a'='3:x''o1:') */")),
            lookup: vec![("table".into(), "".into())],
            state_ttl_ms: Some(86_400_000),
        };
        let (parts, back) = TableHints::split(vec!["t".into(), hints.encode()]);
        assert_eq!((parts, back), (vec!["t".to_owned()], hints));
    }

    #[test]
    fn hints_are_parsed_and_checked() {
        let hints = parse(" LOOKUP('table'='u', 'async' = 'true'), BROADCAST(a, b)", &str::to_owned).unwrap();
        assert_eq!(hints[1].arguments, ["a", "b"]);
        assert_eq!(check_lookup(&hints[0]).unwrap(), "u");
        let retry = parse("LOOKUP('table'='u', 'retry-predicate'='lookup_miss')", &str::to_owned).unwrap();
        assert!(check_lookup(&retry[0]).unwrap_err().contains("together"));
        assert!(parse("OPTIONS('a'=)", &str::to_owned).is_err());
        let ttl = |text| check_state_ttl(&parse(text, &str::to_owned).unwrap()[0]);
        let both = vec![("a".to_owned(), 86_400_000), ("b".to_owned(), 1_000)];
        assert_eq!(ttl("STATE_TTL('a'='1d', 'b' = '1 s')"), Ok(both));
        for wrong in ["STATE_TTL(a)", "STATE_TTL()", "STATE_TTL('a'='soon')"] {
            assert!(ttl(wrong).is_err(), "{wrong}");
        }
    }
}
