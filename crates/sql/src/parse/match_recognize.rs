//! MATCH_RECOGNIZE: what Flink's grammar has and the SQL parser's has not. Before parsing it is moved to where the SQL
//! parser takes it, a definition under a name that nobody can write; after parsing it goes back.
//!
//! * `PATTERN (…) WITHIN interval` becomes `DEFINE $WITHIN AS interval, …`.
//! * `(SELECT …) MATCH_RECOGNIZE (…)` becomes `$INPUT MATCH_RECOGNIZE (… DEFINE $INPUT AS (SELECT …), …)`.
//! * `AFTER MATCH SKIP TO v` is `AFTER MATCH SKIP TO LAST v`.
//! * `FINAL` in MEASURES says what holds anyway.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{Expr, Query, SymbolDefinition, TableFactor, VisitMut, VisitorMut};
use datafusion_sql::sqlparser::keywords::Keyword;
use datafusion_sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::tokens::is_word;
use crate::diagnostic::Diagnostic;
use crate::template::Rendered;

/// The definition that holds the interval of WITHIN.
pub const WITHIN: &str = "$WITHIN";
/// The definition that holds the query whose rows are matched, until [`restore`].
const INPUT: &str = "$INPUT";

/// `FIRST(x, n)` and `LAST(x, n)` as calls of functions that only MATCH_RECOGNIZE has.
pub const FIRST: &str = "$FIRST";
pub const LAST: &str = "$LAST";
/// `PREV(x, n)` and `NEXT(x, n)`.
pub const PREV: &str = "$PREV";
pub const NEXT: &str = "$NEXT";
/// `MATCH_ROWTIME()`, `MATCH_ROWTIME(x)`.
pub const ROWTIME: &str = "$MATCH_ROWTIME";

/// All of them: the planner must know their names.
pub const FORMS: &[&str] = &[FIRST, LAST, PREV, NEXT, ROWTIME];

/// Tells the tokens of PATTERN from others: `?` is a quantifier there.
#[derive(Default)]
pub(super) struct PatternClause {
    /// MATCH_RECOGNIZE was seen.
    expected: bool,
    /// PATTERN was the last word.
    begins: bool,
    /// Open parentheses.
    depth: usize,
}

impl PatternClause {
    /// Whether a token, the next one, is inside of PATTERN (…).
    pub(super) fn holds(&mut self, token: &Token) -> bool {
        match token {
            Token::Whitespace(_) => {}
            Token::LParen if self.depth > 0 || self.begins => self.depth += 1,
            Token::RParen if self.depth > 0 => self.depth -= 1,
            _ if self.depth > 0 => {}
            other => {
                self.expected |= is_word(other, "MATCH_RECOGNIZE");
                self.begins = self.expected && is_word(other, "PATTERN");
                return false;
            }
        }
        if !matches!(token, Token::Whitespace(_)) {
            self.begins = false;
        }
        self.depth > 0
    }
}

/// Moves what the SQL parser does not know.
///
/// # Errors
/// Clauses that Flink does not have.
pub(super) fn rewrite(
    mut tokens: Vec<TokenWithSpan>,
    file: &Rendered,
) -> Result<Vec<TokenWithSpan>, Diagnostic> {
    let mut from = 0;
    while let Some(word) = (from..tokens.len()).find(|i| is_word(&tokens[*i].token, "MATCH_RECOGNIZE")) {
        from = word + 1;
        let Some(open) = next(&tokens, word).filter(|i| tokens[*i].token == Token::LParen) else { continue };
        let Some(close) = closing(&tokens, open) else { continue };
        from = rewrite_one(&mut tokens, word, open, close, file)?;
    }
    Ok(tokens)
}

/// Rewrites the clauses between `open` and `close`; returns where to go on.
fn rewrite_one(
    tokens: &mut Vec<TokenWithSpan>,
    word: usize,
    open: usize,
    close: usize,
    file: &Rendered,
) -> Result<usize, Diagnostic> {
    let at = |diagnostic: Diagnostic, token: &TokenWithSpan| {
        diagnostic.at(file.place(token.span.start.line, token.span.start.column))
    };
    let clauses = top_level(tokens, open, close);
    let find = |name: &str| clauses.iter().copied().find(|i| is_word(&tokens[*i].token, name));
    let (Some(pattern), Some(define)) = (find("PATTERN"), find("DEFINE")) else { return Ok(open + 1) };
    let pattern_end = next(tokens, pattern).and_then(|i| closing(tokens, i)).unwrap_or(pattern);
    for i in pattern..pattern_end {
        if tokens[i].token == Token::LBrace
            && next(tokens, i).is_some_and(|next| tokens[next].token == Token::Minus)
        {
            let error = "rows are left out of the result with {- … -}, which Flink does not have yet";
            return Err(at(Diagnostic::error(error), &tokens[i]));
        }
    }
    if let Some(subset) = find("SUBSET").filter(|i| *i > pattern_end) {
        let error = "SUBSET has no effect in Flink 1.18: values of its variables are NULL";
        return Err(at(Diagnostic::error(error), &tokens[subset]));
    }
    let mut moved: Vec<TokenWithSpan> = Vec::new();
    let name = |value: &str, like: &TokenWithSpan| TokenWithSpan {
        token: Token::Word(Word {
            value: value.to_owned(),
            quote_style: Some('`'),
            keyword: Keyword::NoKeyword,
        }),
        span: like.span,
    };
    let keyword = |value: &str, keyword: Keyword, like: &TokenWithSpan| TokenWithSpan {
        token: Token::Word(Word { value: value.to_owned(), quote_style: None, keyword }),
        span: like.span,
    };
    let mut definition = |what: &str, tokens: &[TokenWithSpan], like: &TokenWithSpan| {
        moved.push(name(what, like));
        moved.push(keyword("AS", Keyword::AS, like));
        moved.extend(tokens.iter().cloned());
        moved.push(TokenWithSpan { token: Token::Comma, span: like.span });
    };
    // From the end of the text on, so that places before stay.
    let mut cuts: Vec<(usize, usize, Vec<TokenWithSpan>)> = Vec::new();
    if let Some(within) = find("WITHIN").filter(|i| *i > pattern_end && *i < define) {
        definition(WITHIN, &tokens[within + 1..define], &tokens[within]);
        cuts.push((within, define, Vec::new()));
    }
    let skip = clauses.windows(3).find(|three| {
        is_word(&tokens[three[0]].token, "SKIP")
            && is_word(&tokens[three[1]].token, "TO")
            && three[0] < pattern
    });
    // Cuts go on from here to the front.
    if let Some(&[_, _, target]) = skip {
        let behind = next(tokens, target).map(|i| &tokens[i].token);
        let names = |token: Option<&Token>| {
            matches!(token, Some(Token::Word(_))) && !token.is_some_and(|t| is_word(t, "PATTERN"))
        };
        let told = ["FIRST", "LAST", "NEXT"].iter().any(|word| is_word(&tokens[target].token, word));
        if matches!(tokens[target].token, Token::Word(_)) && !(told && names(behind)) {
            cuts.push((target, target, vec![keyword("LAST", Keyword::LAST, &tokens[target])]));
        }
    }
    let measures = find("MEASURES").filter(|i| *i < pattern);
    if let Some(measures) = measures {
        let finals = (measures..pattern).rev().filter(|i| {
            let call = next(tokens, *i).and_then(|name| Some((name, next(tokens, name)?)));
            is_word(&tokens[*i].token, "FINAL")
                && call.is_some_and(|(name, paren)| {
                    matches!(tokens[name].token, Token::Word(_)) && tokens[paren].token == Token::LParen
                })
        });
        cuts.extend(finals.map(|i| (i, i + 1, Vec::new())));
    }
    if let Some((start, end)) = derived(tokens, word) {
        definition(INPUT, &tokens[start..=end], &tokens[start]);
        cuts.push((start, end + 1, vec![name(INPUT, &tokens[start])]));
    }
    let before = tokens.len();
    tokens.splice(define + 1..define + 1, moved);
    let added = tokens.len() - before;
    let mut shift = added as isize;
    for (start, end, instead) in cuts {
        shift += instead.len() as isize - (end - start) as isize;
        tokens.splice(start..end, instead);
    }
    // Queries that were moved into the clauses have been rewritten already.
    Ok(close.saturating_add_signed(shift))
}

/// The tokens of a query in parentheses before MATCH_RECOGNIZE, behind which an alias may stand.
fn derived(tokens: &[TokenWithSpan], word: usize) -> Option<(usize, usize)> {
    let mut end = previous(tokens, word)?;
    if let Token::Word(_) = tokens[end].token {
        end = previous(tokens, end)?;
        if is_word(&tokens[end].token, "AS") {
            end = previous(tokens, end)?;
        }
    }
    if tokens[end].token != Token::RParen {
        return None;
    }
    let mut depth = 0;
    let start = (0..=end).rev().find(|i| {
        match tokens[*i].token {
            Token::RParen => depth += 1,
            Token::LParen => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let first = &tokens[next(tokens, start)?].token;
    ["SELECT", "WITH", "VALUES"].iter().any(|query| is_word(first, query)).then_some((start, end))
}

/// The next token that is no white space.
fn next(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    (from + 1..tokens.len()).find(|i| !matches!(tokens[*i].token, Token::Whitespace(_)))
}

fn previous(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    (0..from).rev().find(|i| !matches!(tokens[*i].token, Token::Whitespace(_)))
}

/// The parenthesis that closes the one at `open`.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// The tokens between two parentheses that stand in no others.
fn top_level(tokens: &[TokenWithSpan], open: usize, close: usize) -> Vec<usize> {
    let mut depth = 0usize;
    let mut out = Vec::new();
    for (i, token) in tokens.iter().enumerate().take(close).skip(open + 1) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Whitespace(_) => {}
            _ if depth == 0 => out.push(i),
            _ => {}
        }
    }
    out
}

/// Puts queries back before their MATCH_RECOGNIZE.
pub(super) fn restore(query: &mut Query) {
    struct Inputs;
    impl VisitorMut for Inputs {
        type Break = ();

        fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
            let TableFactor::MatchRecognize { table, symbols, .. } = factor else {
                return ControlFlow::Continue(());
            };
            let input = symbols.iter().position(|definition| definition.symbol.value == INPUT);
            if let Some(input) = input
                && let SymbolDefinition { definition: Expr::Subquery(subquery), .. } = symbols.remove(input)
            {
                let alias = match table.as_mut() {
                    TableFactor::Table { alias, .. } => alias.take(),
                    _ => None,
                };
                **table = TableFactor::Derived { lateral: false, subquery, alias, sample: None };
            }
            ControlFlow::Continue(())
        }
    }
    let _ = query.visit(&mut Inputs);
}
