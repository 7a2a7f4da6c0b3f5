//! Finds in a statement's text the construct that a message is about.

use crate::diagnostic::Place;
use crate::template::Rendered;

/// Words of messages that name types or say how to write something, and so no place.
const NO_CONSTRUCTS: &[&str] = &[
    "ARRAY",
    "BIGINT",
    "BINARY",
    "BOOLEAN",
    "BYTES",
    "CHAR",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "INT",
    "INTERVAL",
    "JSON",
    "MAP",
    "MULTISET",
    "SQL",
    "PROCTIME",
    "RAW",
    "ROW",
    "SELECT",
    "SMALLINT",
    "STRING",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
    "TINYINT",
    "VARBINARY",
    "VARCHAR",
];

/// Where a message begins to say what would be right instead.
const ADVICE: &[&str] = &["\n", "; ", ": write ", ", found", " expected ", "write ", "use ", "add "];

/// A word, name or text of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part<'t> {
    start: usize,
    kind: Kind,
    text: &'t str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// In backticks.
    Name,
    /// In quotes.
    Text,
}

/// What a message says of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clue<'m> {
    /// Something in quotes: a name or a text of the statement.
    Quoted(&'m str),
    /// Words in capital letters, one after the other.
    Words(&'m str),
}

impl Rendered {
    /// Where a word stands in the statement that begins at a line and column, when it stands there once.
    pub fn only_word(&self, statement: (usize, usize), word: &str) -> Option<Place> {
        let (start, parts) = self.parts(statement)?;
        self.only(start, &parts, Clue::Words(word))
    }

    /// Where a word stands last in the statement up to a line and column of the rendered text.
    pub fn last_word(&self, statement: (usize, usize), word: &str, until: (u64, u64)) -> Option<Place> {
        let (start, parts) = self.parts(statement)?;
        let end = self.byte_at(until.0 as usize, until.1 as usize)?;
        let found = parts.iter().take_while(|part| start + part.start <= end);
        let found =
            found.filter(|part| part.kind == Kind::Word && part.text.eq_ignore_ascii_case(word)).last();
        found.map(|part| self.place_at_byte(start + part.start))
    }

    /// Where the first thing stands that a message names and that the statement holds once.
    pub fn named_in(&self, statement: (usize, usize), message: &str) -> Option<Place> {
        let (start, parts) = self.parts(statement)?;
        clues(message).into_iter().find_map(|clue| self.only(start, &parts, clue))
    }

    fn only(&self, start: usize, parts: &[Part<'_>], clue: Clue<'_>) -> Option<Place> {
        let fits = |at: usize| match clue {
            Clue::Quoted(quoted) => parts[at].text == quoted,
            Clue::Words(words) => {
                let mut rest = parts[at..].iter();
                words.split(' ').all(|word| {
                    rest.next()
                        .is_some_and(|part| part.kind == Kind::Word && part.text.eq_ignore_ascii_case(word))
                })
            }
        };
        let mut found = (0..parts.len()).filter(|at| fits(*at));
        match (found.next(), found.next()) {
            (Some(at), None) => Some(self.place_at_byte(start + parts[at].start)),
            _ => None,
        }
    }

    /// The first byte of a statement and what it consists of.
    fn parts(&self, statement: (usize, usize)) -> Option<(usize, Vec<Part<'_>>)> {
        let start = self.byte_at(statement.0, statement.1)?;
        Some((start, parts(&self.text[start..])))
    }
}

/// The words, names and texts up to the end of a statement, without comments.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let behind = |end: &str| rest.find(end).map_or(rest.len(), |found| found + end.len());
        let length = match c {
            ';' => break,
            '-' if rest.starts_with("--") => behind("\n"),
            '/' if rest.starts_with("//") => behind("\n"),
            '/' if rest.starts_with("/*") && !rest.starts_with("/*+") => behind("*/"),
            '\'' | '`' => {
                let inner = rest[1..].find(c).unwrap_or(rest.len() - 1);
                let kind = if c == '`' { Kind::Name } else { Kind::Text };
                parts.push(Part { start: at, kind, text: &rest[1..=inner] });
                (inner + 2).min(rest.len())
            }
            c if is_part(c) => {
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                parts.push(Part { start: at, kind: Kind::Word, text: &rest[..end] });
                end
            }
            c => c.len_utf8(),
        };
        at += length;
    }
    parts
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What a message names, in its order.
fn clues(message: &str) -> Vec<Clue<'_>> {
    let end = ADVICE.iter().filter_map(|advice| message.find(advice)).min().unwrap_or(message.len());
    let message = &message[..end];
    let mut clues = Vec::new();
    let mut rest = message;
    while let Some(c) = rest.chars().next() {
        // The quote of "doesn't" and "table's" opens nothing.
        let is_open = !message[..message.len() - rest.len()].ends_with(is_part);
        let length = match c {
            '\'' if is_open => match rest[1..].find('\'') {
                Some(inner) => {
                    let quoted = &rest[1..=inner];
                    // Names of tables come with their catalog and database.
                    let own = quoted.strip_prefix("default_catalog.");
                    clues.push(Clue::Quoted(own.and_then(|path| path.rsplit('.').next()).unwrap_or(quoted)));
                    inner + 2
                }
                None => 1,
            },
            c if is_part(c) => {
                let words = capitals(rest);
                if words.len() > 1 && !words.split(' ').any(|word| NO_CONSTRUCTS.contains(&word)) {
                    clues.push(Clue::Words(words));
                }
                if words.is_empty() { rest.find(|c| !is_part(c)).unwrap_or(rest.len()) } else { words.len() }
            }
            c => c.len_utf8(),
        };
        rest = &rest[length..];
    }
    clues
}

/// The words in capital letters that a text begins with.
fn capitals(text: &str) -> &str {
    let mut end = 0;
    loop {
        let from = if end == 0 { 0 } else { end + 1 };
        let Some(rest) = text.get(from..).filter(|_| end == 0 || text[end..].starts_with(' ')) else { break };
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        let is_capital =
            word.contains(|c: char| c.is_ascii_uppercase()) && !word.contains(char::is_lowercase);
        if !is_capital {
            break;
        }
        end = from + length;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str, message: &str) -> Option<(usize, usize)> {
        let rendered = Rendered::plain("a.sql", sql);
        rendered.named_in((1, 1), message).map(|place| (place.line, place.column))
    }

    #[test]
    fn what_a_message_names_is_found_once() {
        let sql = "SELECT 'it; is' AS x, -- IS TRUE\n  COALESCE(a, 'b') IS TRUE FROM `t` /* t */";
        assert_eq!(found(sql, "IS TRUE needs a BOOLEAN, found INT"), Some((2, 20)));
        assert_eq!(found(sql, "COALESCE: no common type"), Some((2, 3)));
        assert_eq!(found(sql, "table 'default_catalog.default_database.t' takes no updates"), Some((2, 33)));
        assert_eq!(found(sql, "no common type of INT and CHAR(1); write CAST(x AS INT)"), None);
        assert_eq!(found(sql, "the table's key 'b' doesn't do"), Some((2, 15)));
        assert_eq!(found("SELECT MAX(MAX(x))", "MAX(INT) does not exist"), None);
        assert_eq!(found("SELECT 1; SELECT a", "column 'a' does not exist"), None);
    }

    #[test]
    fn the_last_word_before_a_place() {
        let rendered = Rendered::plain("a.sql", "SELECT x FROM UNNEST(a) AS u(x), UNNEST(b) AS v(y)");
        let place = |until| rendered.last_word((1, 1), "unnest", (1, until)).map(|place| place.column);
        assert_eq!((place(22), place(41), place(10)), (Some(15), Some(34), None));
    }
}
