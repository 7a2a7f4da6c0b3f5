//! From rendered text to the tokens of each statement: values in literals, hints as parts of names, Flink's words.

use std::borrow::Cow;

use datafusion_sql::sqlparser::keywords::Keyword;
use datafusion_sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::match_recognize::{self, PatternClause};
use super::types::split_angles;
use crate::broken::Broken;
use crate::diagnostic::{Diagnostic, Diagnostics, shorten};
use crate::dialect::FlinkDialect;
use crate::hints::{self, MARK, TableHints};
use crate::limits::MAX_SELECTS;
use crate::template::Rendered;
use crate::words;

/// Most tokens of one statement.
const MAX_TOKENS: usize = 40_000;

/// Longest text literal, in bytes.
const MAX_TEXT: usize = 4 << 20;

/// Longest name, number and hint, in bytes.
const MAX_WORD: usize = 1_000;
const MAX_NUMBER: usize = 400;
const MAX_HINT: usize = 10_000;

/// Deepest nesting of parentheses, brackets, CASE and prefix operators.
const MAX_NESTING: usize = 64;

/// The tokens of one statement, without its `;`.
pub struct StatementTokens {
    pub tokens: Vec<TokenWithSpan>,
    pub warnings: Vec<Diagnostic>,
    /// What is missing when the statement cannot be parsed.
    pub defines: Broken,
}

/// Cuts a file into statements. Errors of the text itself (an open quote) end it; others are collected.
/// `broken` gets what the statements with errors would have defined.
pub fn statements(
    file: &Rendered,
    diagnostics: &mut Diagnostics,
    broken: &mut Broken,
) -> Vec<StatementTokens> {
    let mut cut = Vec::new();
    let mut current: Vec<TokenWithSpan> = Vec::new();
    let mut in_set = false;
    let (tokens, error) = tokenize(file);
    let complete = error.is_none();
    for token in tokens {
        if is_word(&token.token, "SET") && ends_with_word(&current, "STATEMENT") {
            in_set = true;
        }
        if is_word(&token.token, "END") && in_set && ends_with_semicolon_or_begin(&current) {
            in_set = false;
        }
        if token.token == Token::SemiColon && !in_set {
            cut.push(std::mem::take(&mut current));
        } else if is_blank(&token) && current.last().is_some_and(is_blank) {
            // The tokenizer makes a token of every space; one says as much as a million.
        } else {
            current.push(token);
        }
    }
    // Behind an open quote the last statement is not whole.
    if complete {
        cut.push(current);
    }
    let mut out = Vec::new();
    for tokens in cut {
        if tokens.iter().all(|t| matches!(t.token, Token::Whitespace(_))) {
            continue;
        }
        let mut defines = Broken::default();
        defines.note(&tokens);
        match refine(tokens, file) {
            Ok((tokens, warnings)) => out.push(StatementTokens { tokens, warnings, defines }),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                broken.merge(defines);
            }
        }
    }
    if let Some(error) = error {
        broken.merge(Broken::anything());
        diagnostics.push(error);
    }
    out
}

/// White space that is no comment.
fn is_blank(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab))
}

/// `//` begins a comment up to the line's end, as `--` does (Calcite's `SINGLE_LINE_COMMENT`): left out, which moves
/// nothing that follows.
fn slash_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("//") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['\'', '`', '"', '-', '/']) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        // Where what begins here ends, as an offset in `from`.
        let line = || from.find('\n').unwrap_or(from.len());
        let quoted = |quote: char| from[1..].find(quote).map_or(from.len(), |end| end + 2);
        let end = match from.as_bytes() {
            [b'/', b'/', ..] => {
                rest = &from[line()..];
                continue;
            }
            [b'-', b'-', ..] => line(),
            [b'/', b'*', ..] => from[2..].find("*/").map_or(from.len(), |end| end + 4),
            [b'\'', ..] => quoted('\''),
            [b'`', ..] => quoted('`'),
            [b'"', ..] => quoted('"'),
            _ => 1,
        };
        out.push_str(&from[..end]);
        rest = &from[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Gives spellings that the tokenizer takes for others, and Flink does not, tokens of their own: `!=` for `<>`, `0x1F` for
/// `X'1F'`.
fn mark_foreign(tokens: &mut [TokenWithSpan], text: &str) {
    let (mut rest, mut place) = (text.chars(), Location { line: 1, column: 1 });
    for token in tokens {
        if !matches!(token.token, Token::Neq | Token::HexStringLiteral(_)) {
            continue;
        }
        // The tokens come in the text's order: it is gone through once.
        let mut first = None;
        while place <= token.span.start {
            first = rest.next();
            match first {
                Some('\n') => place = Location { line: place.line + 1, column: 1 },
                Some(_) => place.column += 1,
                None => break,
            }
        }
        token.token = match (&token.token, first) {
            (Token::Neq, Some('!')) => Token::CustomBinaryOperator("!=".to_owned()),
            (Token::HexStringLiteral(digits), Some('0')) => Token::Placeholder(format!("0x{digits}")),
            _ => continue,
        };
    }
}

/// All tokens up to the first place that is none.
fn tokenize(file: &Rendered) -> (Vec<TokenWithSpan>, Option<Diagnostic>) {
    let dialect = FlinkDialect;
    // Grown step by step, a long text's tokens would be moved many times.
    let mut tokens = Vec::with_capacity(file.text.len().min(2 << 20));
    let text = slash_comments(&file.text);
    let result = Tokenizer::new(&dialect, &text).tokenize_with_location_into_buf(&mut tokens);
    mark_foreign(&mut tokens, &text);
    let error = result.err().map(|error| {
        let Location { line, column } = error.location;
        let message = match error.message.as_str() {
            "Unterminated string literal" => "the text in quotes is not closed".to_owned(),
            "Unexpected EOF while in a multi-line comment" => "the comment /* is not closed".to_owned(),
            other if other.starts_with("Expected close delimiter") => {
                "the name in backticks is not closed".to_owned()
            }
            other => shorten(other),
        };
        Diagnostic::error(message).at(file.place(line, column))
    });
    (tokens, error)
}

/// Makes the SQL parser's tokens of one statement mean what they mean in Flink.
fn refine(
    tokens: Vec<TokenWithSpan>,
    file: &Rendered,
) -> Result<(Vec<TokenWithSpan>, Vec<Diagnostic>), Diagnostic> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut warnings = Vec::new();
    let mut count = 0;
    let mut nesting = Nesting::default();
    let mut pattern = PatternClause::default();
    for mut token in tokens {
        let at = |diagnostic: Diagnostic| {
            let start = token.span.start;
            diagnostic.at(file.place(start.line, start.column))
        };
        let is_quantifier =
            pattern.holds(&token.token) && matches!(&token.token, Token::Placeholder(mark) if mark == "?");
        match &mut token.token {
            _ if is_quantifier => {}
            Token::SingleQuotedString(text) | Token::HexStringLiteral(text) => {
                *text = file.fill(text);
                if text.len() > MAX_TEXT {
                    return Err(at(Diagnostic::error(format!(
                        "the text is longer than {} MiB",
                        MAX_TEXT >> 20
                    ))));
                }
            }
            Token::UnicodeStringLiteral(text) | Token::NationalStringLiteral(text) => {
                token.token = Token::SingleQuotedString(file.fill(text));
            }
            Token::Whitespace(Whitespace::MultiLineComment(text)) if text.starts_with('+') => {
                let hint = text[1..].to_owned();
                if hint.len() > MAX_HINT {
                    return Err(at(Diagnostic::error(format!("the hint is longer than {MAX_HINT} bytes"))));
                }
                if hint.contains('\u{F0000}') && !hint.contains('\'') {
                    return Err(at(outside_literal()));
                }
                if hint.trim().is_empty() {
                    return Err(at(Diagnostic::error("the comment /*+ */ holds no hint")));
                }
                let before = out.iter().rev().find(|t| !matches!(t.token, Token::Whitespace(_)));
                if before.is_some_and(|t| is_word(&t.token, "SELECT")) {
                    // The SQL parser hands it on with the SELECT.
                } else if before
                    .is_some_and(|t| matches!(&t.token, Token::Word(w) if w.value.starts_with(MARK)))
                {
                    return Err(at(Diagnostic::error("a table has one comment with hints")
                        .hint("write them into one: /*+ A(…), B(…) */")));
                } else if before.is_some_and(|t| matches!(t.token, Token::Word(_))) {
                    let mut found = table_hints(&hint, file).map_err(|m| at(Diagnostic::error(m)))?;
                    warnings.extend(found.1.into_iter().map(|m| at(Diagnostic::warning(m))));
                    let start = token.span.start;
                    found.0.place = Some(file.place(start.line, start.column));
                    out.push(TokenWithSpan { token: Token::Period, span: token.span });
                    let word =
                        Word { value: found.0.encode(), quote_style: Some('`'), keyword: Keyword::NoKeyword };
                    out.push(TokenWithSpan { token: Token::Word(word), span: token.span });
                    continue;
                } else {
                    return Err(at(Diagnostic::error(
                        "a hint stands behind SELECT or behind a table's name",
                    )));
                }
            }
            // Literals go on behind a line's end.
            Token::Whitespace(Whitespace::Newline) => {}
            Token::Whitespace(Whitespace::SingleLineComment { .. }) => {
                token.token = Token::Whitespace(Whitespace::Newline);
            }
            // The SQL parser would take `/*x+` for a hint; here it is a comment.
            Token::Whitespace(_) => token.token = Token::Whitespace(Whitespace::Space),
            Token::DoubleQuotedString(_) => {
                return Err(at(Diagnostic::error("a double quote does not quote anything in Flink SQL")
                    .hint("write texts in single quotes and names in backticks")));
            }
            Token::Word(word) => {
                if Rendered::has_mark(&word.value) {
                    return Err(at(outside_literal()));
                }
                if word.value.len() > MAX_WORD {
                    return Err(at(Diagnostic::error(format!("a name has at most {MAX_WORD} bytes"))));
                }
                if word.quote_style.is_none()
                    && word.keyword != Keyword::NoKeyword
                    && !words::is_keyword(&word.value)
                {
                    word.keyword = Keyword::NoKeyword;
                }
            }
            Token::Number(digits, _) if digits.len() > MAX_NUMBER => {
                return Err(at(Diagnostic::error(format!("a number has at most {MAX_NUMBER} digits"))));
            }
            Token::Number(..) | Token::Comma | Token::LParen | Token::RParen | Token::Period | Token::Eq => {}
            other => {
                let text = other.to_string();
                let instead = match text.as_str() {
                    "==" => Some("="),
                    "!=" => Some("<>"),
                    _ => None,
                };
                if let Some(instead) = instead {
                    return Err(at(Diagnostic::error(format!("'{text}' does not exist in Flink SQL"))
                        .hint(format!("write '{instead}'"))));
                }
                if Rendered::has_mark(&text) {
                    return Err(at(outside_literal()));
                }
                let foreign = matches!(
                    other,
                    Token::EscapedStringLiteral(_)
                        | Token::SingleQuotedByteStringLiteral(_)
                        | Token::DoubleQuotedByteStringLiteral(_)
                        | Token::SingleQuotedRawStringLiteral(_)
                        | Token::DoubleQuotedRawStringLiteral(_)
                        | Token::DollarQuotedString(_)
                        | Token::Placeholder(_)
                );
                if foreign {
                    return Err(at(Diagnostic::error(format!(
                        "'{}' is not a literal of Flink SQL",
                        shorten(&text)
                    ))));
                }
            }
        }
        count += usize::from(!matches!(token.token, Token::Whitespace(_)));
        let too_much = if count > MAX_TOKENS {
            Some(format!("the statement has more than {MAX_TOKENS} words and signs"))
        } else {
            nesting.problem(&token.token)
        };
        if let Some(message) = too_much {
            let start = token.span.start;
            return Err(Diagnostic::error(message).at(file.place(start.line, start.column)));
        }
        out.push(token);
    }
    let mut out = super::grouping::quantifiers(super::explicit::explicit(split_angles(out)));
    quote_units(&mut out);
    names_by_what_follows(&mut out);
    Ok((match_recognize::rewrite(out, file)?, warnings))
}

/// How deep a statement nests at a token. Known before parsing, which is slow on deep texts that turn out wrong.
#[derive(Default)]
struct Nesting {
    open: usize,
    prefixes: usize,
    selects: usize,
    /// Length of a chain of subscripts: `a[1][2]` nests one in the other.
    subscripts: usize,
    /// Whether the last token was `]`.
    closed: bool,
}

impl Nesting {
    fn problem(&mut self, token: &Token) -> Option<String> {
        if matches!(token, Token::Whitespace(_)) {
            return None;
        }
        match (std::mem::replace(&mut self.closed, *token == Token::RBracket), token) {
            (true, Token::LBracket) => self.subscripts += 1,
            (true, Token::RBracket) | (false, _) => {}
            (true, _) => self.subscripts = 0,
        }
        let prefix = match token {
            Token::LParen | Token::LBracket => {
                self.open += 1;
                false
            }
            Token::RParen | Token::RBracket => {
                self.open = self.open.saturating_sub(1);
                false
            }
            Token::Minus | Token::Plus => true,
            word if is_word(word, "CASE") => {
                self.open += 1;
                false
            }
            word if is_word(word, "END") => {
                self.open = self.open.saturating_sub(1);
                false
            }
            word if is_word(word, "SELECT") => {
                self.selects += 1;
                false
            }
            word => is_word(word, "NOT"),
        };
        self.prefixes = if prefix { self.prefixes + 1 } else { 0 };
        if self.selects > MAX_SELECTS {
            return Some(crate::limits::too_large().message);
        }
        (self.open.max(self.prefixes).max(self.subscripts) > MAX_NESTING)
            .then(|| format!("the statement nests deeper than {MAX_NESTING} levels"))
    }
}

fn outside_literal() -> Diagnostic {
    Diagnostic::error("a template variable outside a string literal")
        .hint("a variable can only be part of a literal: '{{ name }}'")
}

/// The hints behind a table's name, and warnings for those that are not known.
fn table_hints(text: &str, file: &Rendered) -> Result<(TableHints, Vec<String>), String> {
    let mut found = TableHints::default();
    let mut warnings = Vec::new();
    for hint in hints::parse(text, &|literal| file.fill(literal))? {
        match hint.name.as_str() {
            "OPTIONS" if !hint.arguments.is_empty() || hint.options.is_empty() => {
                return Err("the hint OPTIONS takes pairs of 'key' = 'value' only".to_owned());
            }
            "OPTIONS" => found.options.extend(hint.options),
            "LOOKUP" => return Err("the hint LOOKUP stands behind SELECT, not behind a table".to_owned()),
            other => warnings.push(format!("the hint {other} is unknown behind a table and has no effect")),
        }
    }
    Ok((found, warnings))
}

/// `TIMESTAMPDIFF(HOUR, …)`: the unit is a word of the grammar, which the SQL parser takes for a column.
fn quote_units(tokens: &mut [TokenWithSpan]) {
    let mut expected = 0;
    for token in tokens {
        expected = match &token.token {
            Token::Whitespace(_) => continue,
            found if is_word(found, "TIMESTAMPDIFF") || is_word(found, "TIMESTAMPADD") => 1,
            Token::LParen if expected == 1 => 2,
            Token::Word(unit) if expected == 2 => {
                token.token = Token::SingleQuotedString(unit.value.to_ascii_uppercase());
                0
            }
            _ => 0,
        };
    }
}

/// Words of the grammar are names where what makes them one does not follow.
fn names_by_what_follows(tokens: &mut [TokenWithSpan]) {
    let mut next = None;
    for token in tokens.iter_mut().rev() {
        match &mut token.token {
            Token::Whitespace(_) => {}
            Token::Word(word) => {
                if word.quote_style.is_none() && words::is_name_before(&word.value, next.as_deref()) {
                    word.keyword = Keyword::NoKeyword;
                }
                next = Some(word.value.clone());
            }
            _ => next = None,
        }
    }
}

/// Whether a token is this unquoted word.
pub(crate) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}

fn last_significant(tokens: &[TokenWithSpan]) -> Option<&Token> {
    tokens.iter().rev().map(|t| &t.token).find(|t| !matches!(t, Token::Whitespace(_)))
}

fn ends_with_word(tokens: &[TokenWithSpan], word: &str) -> bool {
    last_significant(tokens).is_some_and(|t| is_word(t, word))
}

fn ends_with_semicolon_or_begin(tokens: &[TokenWithSpan]) -> bool {
    last_significant(tokens).is_some_and(|t| *t == Token::SemiColon || is_word(t, "BEGIN"))
}
