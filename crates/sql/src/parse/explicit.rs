//! Query forms of the standard that the SQL parser reads wrongly, put into the forms that it reads: `TABLE t` becomes
//! `SELECT * FROM t`, `VALUES 1, 2` becomes `VALUES (1), (2)` (Calcite's ExplicitTable and TableConstructor).

use datafusion_sql::sqlparser::keywords::Keyword;
use datafusion_sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::tokens::is_word;

/// Rewrites the tokens of one statement.
pub(super) fn explicit(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let given = |word: &str| tokens.iter().any(|t| is_word(&t.token, word));
    let (tables, values) = (given("TABLE"), given("VALUES"));
    let tokens = if tables { tables_as_queries(tokens) } else { tokens };
    if values { rows_in_parentheses(tokens) } else { tokens }
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(_))
}

/// Positions of the tokens that are no white space.
fn significant(tokens: &[TokenWithSpan]) -> Vec<usize> {
    (0..tokens.len()).filter(|i| !is_blank(&tokens[*i].token)).collect()
}

fn keyword(text: &str, keyword: Keyword, like: &TokenWithSpan) -> [TokenWithSpan; 2] {
    let space = Token::Whitespace(datafusion_sql::sqlparser::tokenizer::Whitespace::Space);
    let word = Word { value: text.to_owned(), quote_style: None, keyword };
    [TokenWithSpan::new(Token::Word(word), like.span), TokenWithSpan::new(space, like.span)]
}

fn tables_as_queries(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let places = significant(&tokens);
    let starts: Vec<usize> = (0..places.len())
        .filter(|at| {
            let token = |offset: isize| {
                at.checked_add_signed(offset).and_then(|i| places.get(i)).map(|i| &tokens[*i].token)
            };
            let named = || {
                matches!(token(1), Some(Token::Word(word)) if word.quote_style.is_some()
                    || !crate::words::is_reserved(&word.value))
            };
            token(0).is_some_and(|t| is_word(t, "TABLE")) && named() && starts_query(&token)
        })
        .map(|at| places[at])
        .collect();
    let mut out = Vec::with_capacity(tokens.len() + 6 * starts.len());
    for (i, token) in tokens.into_iter().enumerate() {
        if starts.binary_search(&i).is_err() {
            out.push(token);
            continue;
        }
        out.extend(keyword("SELECT", Keyword::SELECT, &token));
        out.push(TokenWithSpan::new(Token::Mul, token.span));
        out.extend(keyword("FROM", Keyword::FROM, &token));
    }
    out
}

/// Whether a query may stand at `token(0)`, to judge by the tokens before it.
fn starts_query<'t>(token: &impl Fn(isize) -> Option<&'t Token>) -> bool {
    let word = |offset: isize, words: &[&str]| {
        token(offset).is_some_and(|t| words.iter().any(|word| is_word(t, word)))
    };
    match token(-1) {
        None | Some(Token::SemiColon) => true,
        // A query in parentheses; behind another word they hold arguments, as in TUMBLE(TABLE t, …).
        Some(Token::LParen) => {
            const QUERIES: &[&str] =
                &["AS", "FROM", "JOIN", "IN", "EXISTS", "ALL", "UNION", "INTERSECT", "EXCEPT"];
            !matches!(token(-2), Some(Token::Word(_))) || word(-2, QUERIES)
        }
        // Behind the list of columns of INSERT, or the last query of WITH.
        Some(Token::RParen) => true,
        Some(Token::Word(_)) if word(-1, &["AS", "ALL", "UNION", "INTERSECT", "EXCEPT", "EXPLAIN"]) => true,
        Some(Token::Word(_)) if word(-1, &["FOR"]) => word(-2, &["PLAN"]),
        Some(Token::Word(_))
            if word(-1, &["ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"]) =>
        {
            word(-2, &["EXPLAIN"]) || token(-2) == Some(&Token::Comma)
        }
        Some(Token::Word(_)) => {
            // INSERT INTO a.b.c TABLE t
            let mut offset = -2;
            while token(offset) == Some(&Token::Period) {
                offset -= 2;
            }
            word(offset, &["INTO"])
        }
        _ => false,
    }
}

fn rows_in_parentheses(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let places = significant(&tokens);
    // Tokens before which a parenthesis opens, and behind which one closes.
    let mut opens = vec![false; tokens.len()];
    let mut closes = vec![false; tokens.len()];
    let mut at = 0;
    while at < places.len() {
        if is_word(&tokens[places[at]].token, "VALUES") {
            let mut start = at + 1;
            loop {
                let (end, comma) = row_end(&tokens, &places, start);
                if end > start && !is_parenthesised(&tokens, &places[start..end]) {
                    opens[places[start]] = true;
                    closes[places[end - 1]] = true;
                }
                if !comma {
                    break;
                }
                start = end + 1;
            }
        }
        at += 1;
    }
    let mut out = Vec::with_capacity(tokens.len());
    for (i, token) in tokens.into_iter().enumerate() {
        let span = token.span;
        if opens[i] {
            out.push(TokenWithSpan::new(Token::LParen, span));
        }
        out.push(token);
        if closes[i] {
            out.push(TokenWithSpan::new(Token::RParen, span));
        }
    }
    out
}

/// Behind the last token of a row of VALUES, and whether a comma stands there.
fn row_end(tokens: &[TokenWithSpan], places: &[usize], start: usize) -> (usize, bool) {
    const BEHIND: &[&str] = &["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH"];
    let mut depth = 0_usize;
    for (at, place) in places.iter().enumerate().skip(start) {
        match &tokens[*place].token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => return (at, false),
            Token::RParen | Token::RBracket => depth -= 1,
            Token::Comma if depth == 0 => return (at, true),
            Token::SemiColon => return (at, false),
            word if depth == 0 && BEHIND.iter().any(|behind| is_word(word, behind)) => return (at, false),
            _ => {}
        }
    }
    (places.len(), false)
}

/// Whether a row is `( … )` as a whole.
fn is_parenthesised(tokens: &[TokenWithSpan], row: &[usize]) -> bool {
    if tokens[row[0]].token != Token::LParen {
        return false;
    }
    let mut depth = 0_usize;
    for (i, place) in row.iter().enumerate() {
        match &tokens[*place].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + 1 == row.len();
        }
    }
    false
}
