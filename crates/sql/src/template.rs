//! Jinja templates: variables become part of one string literal and of nothing else.
//!
//! A variable is rendered as a mark of private-use characters; after tokenising, marks inside string literals are
//! replaced by the values, and a mark anywhere else is an error. So a value can hold quotes or semicolons without ever
//! changing a statement. Marks also lead back from rendered columns to columns of the template.

use std::collections::BTreeMap;

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};

use streamsql_core::secret::mask_source;

use crate::diagnostic::{Diagnostic, Place, suggestion};
use crate::lines::Lines;

/// Private-use characters that enclose a variable's number.
const OPEN: char = '\u{F0000}';
const CLOSE: char = '\u{F0001}';
const DIGIT_ZERO: u32 = 0xF0010;

/// Enclose the place of an expression behind the name of its function, in syntax trees only.
pub const PLACE_OPEN: char = '\u{F0006}';
pub const PLACE_CLOSE: char = '\u{F0007}';

/// The value of a variable that a faulty configuration does not tell.
pub const UNKNOWN: char = '\u{F0005}';

/// Names of the variables of a template.
pub(crate) fn variables_in(template: &str) -> Vec<String> {
    let expressions = template.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    expressions.map(|name| name.trim_matches(['-', '+', ' ', '\t', '\n', '\r']).to_owned()).collect()
}

/// Longest rendered file, in bytes.
const MAX_RENDERED: usize = 16 << 20;

/// Longest template, in bytes.
const MAX_TEMPLATE: usize = 8 << 20;

/// A template with its rendered text.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub file: String,
    /// The template as messages may show it: every character in its place, secrets as stars.
    shown: String,
    pub text: String,
    values: Vec<String>,
    /// Places are looked up often.
    shown_lines: Lines,
    text_lines: Lines,
    /// Where variables stand, in the order of the text.
    variables: Vec<VariablePlace>,
}

/// A variable's mark in a line (from 0) of the rendered text and what it stands for in the template: the first character
/// of each in its line (from 0) and the number of characters.
#[derive(Clone, Debug)]
struct VariablePlace {
    line: usize,
    mark: (usize, usize),
    expression: (usize, usize),
}

/// Renders a file. `variables` are those of the table that it describes.
pub fn render(
    file: &str,
    template: &str,
    variables: &BTreeMap<String, String>,
) -> Result<Rendered, Diagnostic> {
    // A byte order mark is no part of the text.
    let template = template.strip_prefix('\u{FEFF}').unwrap_or(template);
    if template.len() > MAX_TEMPLATE {
        return Err(Diagnostic::error(format!("{file} is longer than {} MiB", MAX_TEMPLATE >> 20)));
    }
    if let Some(mark) = template.chars().find(|c| is_mark(*c)) {
        return Err(Diagnostic::error(format!(
            "the file holds the reserved character U+{:X}",
            u32::from(mark)
        )));
    }
    only_names(file, template)?;
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(100_000));
    let mut values = Vec::with_capacity(variables.len());
    let context: BTreeMap<&str, Value> = variables
        .iter()
        .map(|(name, value)| {
            let mark = mark(values.len());
            values.push(value.clone());
            (name.as_str(), Value::from(mark))
        })
        .collect();
    let text = environment.render_named_str(file, template, &context).map_err(|error| {
        let unknown = unknown_variable(template, &error);
        let message = match &unknown {
            Some(name) => format!("unknown template variable '{name}'"),
            None => format!(
                "template: {}",
                error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
            ),
        };
        let start = error.range().map_or(0, |range| range.start);
        let hint = match unknown {
            Some(name) => suggestion(&name, variables.keys().map(String::as_str)).unwrap_or_else(|| {
                "define it in streamsql.yaml under tables: (the file's name without .sql) or defaults:"
                    .to_owned()
            }),
            None => "templates hold only {{ name }}".to_owned(),
        };
        Diagnostic::error(message).at(place_of_offset(file, template, start)).hint(hint)
    })?;
    if text.len() > MAX_RENDERED {
        return Err(Diagnostic::error(format!("{file} renders to more than {MAX_RENDERED} bytes")));
    }
    let shown = mask_source(template, false).into_owned();
    let (shown_lines, text_lines) = (Lines::of(&shown), Lines::of(&text));
    let variables = variable_places(template, &text);
    Ok(Rendered { file: file.to_owned(), shown, text, values, shown_lines, text_lines, variables })
}

impl Rendered {
    /// A text that is no template.
    pub fn plain(file: &str, text: &str) -> Self {
        let shown = mask_source(text, false).into_owned();
        Self {
            file: file.to_owned(),
            shown_lines: Lines::of(&shown),
            shown,
            text: text.to_owned(),
            values: Vec::new(),
            text_lines: Lines::of(text),
            variables: Vec::new(),
        }
    }

    /// Replaces the marks in a literal's text by the values.
    pub fn fill(&self, literal: &str) -> String {
        if !literal.contains(OPEN) {
            return literal.to_owned();
        }
        let mut out = String::with_capacity(literal.len());
        let mut rest = literal;
        while let Some(start) = rest.find(OPEN) {
            out.push_str(&rest[..start]);
            let after = &rest[start + OPEN.len_utf8()..];
            let end = after.find(CLOSE).unwrap_or(after.len());
            let number = after[..end].chars().fold(0, |n, c| n * 10 + (u32::from(c) - DIGIT_ZERO) as usize);
            out.push_str(self.values.get(number).map_or("", String::as_str));
            rest = after.get(end + CLOSE.len_utf8()..).unwrap_or("");
        }
        out.push_str(rest);
        out
    }

    /// Whether a text holds a mark.
    pub fn has_mark(text: &str) -> bool {
        text.contains(OPEN)
    }

    /// The text between two places, values put in. Lines and columns count from 1; the end is not part of it.
    pub fn between(&self, from: (u64, u64), to: (u64, u64)) -> String {
        let cut = |number: u64| {
            let start = if number == from.0 { from.1.saturating_sub(1) as usize } else { 0 };
            let end = if number == to.0 { to.1.saturating_sub(1) as usize } else { usize::MAX };
            let rest = self.text_lines.rest_of_line(&self.text, number as usize - 1, start);
            rest.chars().take(end.saturating_sub(start)).collect::<String>()
        };
        let lines: Vec<String> = (from.0.max(1)..=to.0).map(cut).collect();
        self.fill(&lines.join("\n"))
    }

    /// The template's place of a line and column (1-based) of the rendered text.
    pub fn place(&self, line_number: u64, column: u64) -> Place {
        let line = line_number.max(1) as usize - 1;
        let column = self.template_column(line, column.max(1) as usize - 1) + 1;
        let rest = |skipped| self.shown_lines.rest_of_line(&self.shown, line, skipped);
        Place::in_long_line(&self.file, line + 1, column, rest)
    }

    /// A place of this file with the text of its line.
    pub fn with_source(&self, place: Place) -> Place {
        if place.source.is_some() || place.file != self.file {
            return place;
        }
        let line = place.line.max(1) - 1;
        let rest = |skipped| self.shown_lines.rest_of_line(&self.shown, line, skipped);
        Place::in_long_line(&self.file, place.line, place.column, rest)
    }

    /// `file:line:col` of a line and column (1-based) of the rendered text.
    pub fn place_text(&self, line_number: u64, column: u64) -> String {
        let line = line_number.max(1) as usize - 1;
        let column = self.template_column(line, column.max(1) as usize - 1) + 1;
        format!("{}:{}:{column}", self.file, line + 1)
    }

    /// The byte of the rendered text at a line and column, 1-based.
    pub(crate) fn byte_at(&self, line: usize, column: usize) -> Option<usize> {
        self.text_lines.byte_at(&self.text, line.max(1) - 1, column.max(1) - 1)
    }

    /// The place of a byte of the rendered text.
    pub(crate) fn place_at_byte(&self, byte: usize) -> Place {
        let (line, start) = self.text_lines.line_of(byte);
        self.place(line as u64 + 1, self.text[start..byte].chars().count() as u64 + 1)
    }

    /// Behind a variable a line goes on as in the template; within its mark all places are the variable's.
    fn template_column(&self, line: usize, column: usize) -> usize {
        let behind = self.variables.partition_point(|v| (v.line, v.mark.0) <= (line, column));
        match self.variables[..behind].last() {
            Some(VariablePlace { line: of, mark, expression }) if *of == line => {
                match column.checked_sub(mark.0 + mark.1) {
                    Some(further) => expression.0 + expression.1 + further,
                    None => expression.0,
                }
            }
            _ => column,
        }
    }
}

/// Goes along the lines of both texts: a mark of the rendered one stands where `{{…}}` stands in the template.
fn variable_places(template: &str, rendered: &str) -> Vec<VariablePlace> {
    let mut found = Vec::new();
    for (line, (source, text)) in template.split('\n').zip(rendered.split('\n')).enumerate() {
        if !text.contains(OPEN) {
            continue;
        }
        let (source, text): (Vec<char>, Vec<char>) = (source.chars().collect(), text.chars().collect());
        let (mut s, mut t) = (0, 0);
        while t < text.len() {
            let (mut marked, mut written) = (1, 1);
            if text[t] == OPEN {
                marked = text[t..].iter().position(|c| *c == CLOSE).map_or(1, |p| p + 1);
                let rest = source.get(s..).unwrap_or_default();
                written = rest.windows(2).position(|pair| pair == ['}', '}']).map_or(1, |p| p + 2);
                found.push(VariablePlace { line, mark: (t, marked), expression: (s, written) });
            }
            t += marked;
            s += written;
        }
    }
    found
}

/// Refuses all of Jinja but `{{ name }}`, comments and `{% raw %}`. A value stands for a mark until the statement is
/// cut into words, so an expression over it (a comparison, a part of it) would compute with the mark.
fn only_names(file: &str, template: &str) -> Result<(), Diagnostic> {
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let offset = template.len() - rest.len() + start;
        let tag = &rest[start..];
        let error = |what: &str| {
            Err(Diagnostic::error(what.to_owned())
                .at(place_of_offset(file, template, offset))
                .hint("templates hold only {{ name }}; the values stand in streamsql.yaml"))
        };
        let inner =
            |close: &str| tag.get(2..).and_then(|t| t.find(close)).map(|end| (&tag[2..2 + end], 2 + end + 2));
        let next = if tag.starts_with("{#") {
            inner("#}").map(|(_, end)| end)
        } else if tag.starts_with("{%") {
            match inner("%}") {
                Some((word, end)) if word.trim_matches(['-', '+', ' ', '\t', '\n', '\r']) == "raw" => {
                    let close = tag[end..].find("endraw").map(|at| end + at);
                    close.and_then(|at| tag[at..].find("%}").map(|end| at + end + 2))
                }
                Some(_) => return error("the template holds a block {% … %}"),
                None => None,
            }
        } else if tag.starts_with("{{") {
            match inner("}}") {
                Some((name, end)) => {
                    let name = name.trim_matches(['-', '+', ' ', '\t', '\n', '\r']);
                    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
                    if !plain || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                        return error("the template holds an expression that is not a variable's name");
                    }
                    Some(end)
                }
                None => None,
            }
        } else {
            Some(1)
        };
        // What is not closed is for the template engine to report.
        let Some(next) = next else { return Ok(()) };
        rest = &tag[next..];
    }
    Ok(())
}

fn mark(number: usize) -> String {
    let digits = number.to_string();
    let digits = digits.chars().filter_map(|c| char::from_u32(DIGIT_ZERO + c.to_digit(10)?));
    std::iter::once(OPEN).chain(digits).chain(std::iter::once(CLOSE)).collect()
}

fn is_mark(c: char) -> bool {
    c == OPEN
        || c == CLOSE
        || c == UNKNOWN
        || c == PLACE_OPEN
        || c == PLACE_CLOSE
        || c == crate::hints::MARK
        || (DIGIT_ZERO..DIGIT_ZERO + 10).contains(&u32::from(c))
}

/// The variable's name, when the error is an undefined one: the text of the expression that failed.
fn unknown_variable(template: &str, error: &minijinja::Error) -> Option<String> {
    if error.kind() != minijinja::ErrorKind::UndefinedError {
        return None;
    }
    let range = error.range()?;
    let text = template.get(range)?.trim().trim_start_matches("{{").trim_end_matches("}}").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn place_of_offset(file: &str, text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let shown = mask_source(text, false);
    Place::in_line(file, line, column, shown.lines().nth(line - 1).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> BTreeMap<String, String> {
        BTreeMap::from([("topic".to_owned(), "a'; DROP".to_owned())])
    }

    #[test]
    fn values_fill_literals_only_through_marks() {
        let rendered = render("a.sql", "WITH ('topic' = 'x{{ topic }}y')", &variables()).unwrap();
        assert!(!rendered.text.contains("DROP"));
        let literal = rendered.text.split('\'').nth(3).unwrap();
        assert_eq!(rendered.fill(literal), "xa'; DROPy");
    }

    #[test]
    fn unknown_variables_are_named_with_their_place() {
        let error = render("a.sql", "x\n  '{{ topc }}'", &variables()).unwrap_err();
        assert_eq!(error.message, "unknown template variable 'topc'");
        let place = error.place.unwrap();
        assert_eq!(place.line, 2);
        assert_eq!(error.hint.unwrap(), "did you mean 'topic'?");
    }

    #[test]
    fn only_names_are_rendered() {
        for template in [
            "{% if topic == 'a' %}x{% endif %}",
            "'{{ topic[0] }}'",
            "'{{ topic | upper }}'",
            "'{{ topic ~ 1 }}'",
            "{{ }}",
            "{{ 1 }}",
        ] {
            assert!(render("a.sql", template, &variables()).is_err(), "{template}");
        }
        let fine = render("a.sql", "{# no #}{% raw %}{{ x }}{% endraw %} '{{- topic -}}' { }", &variables())
            .unwrap();
        assert!(fine.text.contains("{{ x }}"));
    }

    #[test]
    fn columns_lead_back_to_the_template() {
        let rendered = render("a.sql", "'{{ topic }}', oops", &variables()).unwrap();
        let column = rendered.text.chars().position(|c| c == 'o').unwrap() + 1;
        assert_eq!(rendered.place(1, column as u64).column, 16);
    }
}
