//! Messages that point into the user's files: what, where with the line and a caret, how to mend it.

use std::collections::BTreeSet;
use std::fmt::Write;

use streamsql_core::secret::{mask_source, mask_value};
use streamsql_core::{Error, ErrorKind};

/// A place in a template, 1-based; `length` in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// The line's text around the column, when known.
    pub source: Option<String>,
    /// Characters of the line that stand before `source`.
    pub skipped: usize,
}

impl Place {
    /// A place in a line of YAML; of a long line only what lies around the column is kept. Secrets are masked.
    pub fn in_line(file: &str, line: usize, column: usize, text: &str) -> Self {
        let text = mask_source(text, true);
        Self::excerpt(file, line, column, |skipped| text.chars().skip(skipped).take(WIDTH).collect())
    }

    /// A place from its text, `file:line:col`; nothing is known of its line.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, ':');
        let (column, line, file) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Self { file: file.to_owned(), line, column, source: None, skipped: 0 })
    }

    /// A place in a line that is not gone through, as it may be a megabyte long: `rest` gives it, with its secrets
    /// masked, behind so many characters.
    pub fn in_long_line<'t>(
        file: &str,
        line: usize,
        column: usize,
        rest: impl FnOnce(usize) -> &'t str,
    ) -> Self {
        Self::excerpt(file, line, column, |skipped| rest(skipped).chars().take(WIDTH).collect())
    }

    fn excerpt(file: &str, line: usize, column: usize, source: impl FnOnce(usize) -> String) -> Self {
        let skipped = (column.max(1) - 1).saturating_sub(BEFORE);
        Self { file: file.to_owned(), line, column, source: Some(source(skipped)), skipped }
    }
}

/// Most errors and warnings that are shown at once.
pub const MAX_SHOWN: usize = 100;

/// Characters shown before the caret, and in all.
const BEFORE: usize = 60;
const WIDTH: usize = 110;

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub message: String,
    pub place: Option<Box<Place>>,
    pub hint: Option<String>,
    pub warning: bool,
}

impl Diagnostic {
    pub fn error(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, hint: None, warning: false }
    }

    pub fn warning(message: impl Into<String>) -> Self {
        Self { warning: true, ..Self::error(message) }
    }

    pub fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert_with(|| Box::new(place));
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert(hint.into());
        self
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { message: error.message, place: None, hint: error.hint, warning: false }
    }
}

/// All that was found wrong, in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// In the order of files and lines; those without a place come first.
    pub fn sort(&mut self) {
        let place = |d: &Diagnostic| d.place.as_ref().map(|p| (p.file.clone(), p.line, p.column));
        self.0.sort_by_key(place);
        self.say_once();
    }

    /// Drops what is said of a place already.
    fn say_once(&mut self) {
        let mut said = BTreeSet::new();
        let key = |d: &Diagnostic| {
            (d.message.clone(), d.place.as_ref().map(|p| (p.file.clone(), p.line, p.column)))
        };
        self.0.retain(|diagnostic| said.insert(key(diagnostic)));
    }

    /// In the order of `files`, then of lines; those without a place come first.
    pub fn sort_by_files(&mut self, files: &[String]) {
        let rank = |file: &String| files.iter().position(|known| known == file).unwrap_or(files.len());
        let place =
            |d: &Diagnostic| d.place.as_ref().map(|p| (rank(&p.file), p.file.clone(), p.line, p.column));
        self.0.sort_by_key(place);
        self.say_once();
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| !d.warning)
    }

    /// The text that a user sees.
    pub fn render(&self, color: bool) -> String {
        let (red, yellow, blue, reset) =
            if color { ("\x1b[31;1m", "\x1b[33;1m", "\x1b[34;1m", "\x1b[0m") } else { ("", "", "", "") };
        let mut out = String::new();
        let errors = self.0.iter().filter(|d| !d.warning).count();
        for d in self.0.iter().take(MAX_SHOWN) {
            let (word, paint) = if d.warning { ("warning", yellow) } else { ("error", red) };
            let _ = writeln!(out, "{paint}{word}{reset}: {}", mask_value(&d.message));
            if let Some(place) = &d.place {
                let _ = writeln!(out, "  {blue}-->{reset} {}:{}:{}", place.file, place.line, place.column);
                if let Some(source) = &place.source {
                    let number = place.line.to_string();
                    let shown = source.replace('\t', " ");
                    let caret = (place.column.max(1) - 1).saturating_sub(place.skipped);
                    let _ = writeln!(out, "{blue}{number} |{reset} {shown}");
                    let _ =
                        writeln!(out, "{blue}{} |{reset} {}^", " ".repeat(number.len()), " ".repeat(caret));
                }
            }
            if let Some(hint) = &d.hint {
                let _ = writeln!(out, "  hint: {}", mask_value(hint));
            }
        }
        if self.0.len() > MAX_SHOWN {
            let _ = writeln!(out, "{} more are not shown; {errors} errors in all", self.0.len() - MAX_SHOWN);
        }
        out
    }

    /// As one error, for callers without a terminal.
    pub fn into_error(self) -> Error {
        Error::new(ErrorKind::Invalid, self.render(false).trim_end().to_owned())
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

/// The candidates nearest to a misspelt name, best first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = name.to_lowercase();
    let length = name.chars().count();
    let limit = (length / 3).max(1) + 1;
    let mut scored: Vec<_> = candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (edit_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    scored.sort();
    scored.into_iter().map(|(_, candidate)| candidate).take(3).collect()
}

/// `did you mean 'x'?`, when something is near.
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = nearest(name, candidates);
    let list: Vec<String> = near.iter().map(|n| format!("'{n}'")).collect();
    (!list.is_empty()).then(|| format!("did you mean {}?", list.join(" or ")))
}

/// Keeps messages readable when a token is a megabyte long.
pub fn shorten(text: &str) -> String {
    const LONGEST: usize = 200;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain("…".chars()).collect()
    }
}

/// Levenshtein distance.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_points_into_the_line() {
        let place = Place::in_line("a.sql", 3, 8, "SELECT usr FROM t");
        let text =
            Diagnostics::from(Diagnostic::error("no column 'usr'").at(place).hint("did you mean 'user'?"));
        assert_eq!(
            text.render(false),
            "error: no column 'usr'\n  --> a.sql:3:8\n3 | SELECT usr FROM t\n  |        ^\n  hint: did you mean 'user'?\n"
        );
    }

    #[test]
    fn near_names_are_suggested() {
        assert_eq!(nearest("user_idd", ["user_id", "product_id", "x"]), ["user_id"]);
        assert!(nearest("abc", ["xyzxyz"]).is_empty());
    }
}
