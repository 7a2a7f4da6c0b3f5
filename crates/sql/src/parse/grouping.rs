//! What GROUP BY has beside the SQL parser's grammar: `GROUP BY ALL a`, `GROUP BY DISTINCT ROLLUP (a), ROLLUP (b)`, and
//! grouping sets inside of grouping sets.

use datafusion_sql::sqlparser::ast::Expr;
use datafusion_sql::sqlparser::keywords::Keyword;
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::is_word;

/// The name that stands as the first key behind `GROUP BY DISTINCT`.
pub const DISTINCT_SETS: &str = "$DISTINCT_SETS";

/// `ALL` behind `GROUP BY` says nothing and goes; `DISTINCT` becomes a key of its own.
pub fn quantifiers(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut before = [false, false];
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        if matches!(token.token, Token::Whitespace(_)) {
            out.push(token);
            continue;
        }
        let behind_by = before[1];
        before = [is_word(&token.token, "GROUP"), before[0] && is_word(&token.token, "BY")];
        if behind_by && is_word(&token.token, "ALL") {
            continue;
        }
        if behind_by && is_word(&token.token, "DISTINCT") {
            let word =
                Word { value: DISTINCT_SETS.to_owned(), quote_style: Some('`'), keyword: Keyword::NoKeyword };
            out.push(TokenWithSpan { token: Token::Word(word), span: token.span });
            out.push(TokenWithSpan { token: Token::Comma, span: token.span });
            continue;
        }
        out.push(token);
    }
    out
}

/// `GROUPING SETS (…)` where an expression may stand: inside of other grouping sets.
pub fn prefix(parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
    let is_sets = is_word(&parser.peek_token_ref().token, "GROUPING")
        && is_word(&parser.peek_nth_token_ref(1).token, "SETS")
        && parser.peek_nth_token_ref(2).token == Token::LParen;
    is_sets.then(|| {
        for _ in 0..3 {
            parser.next_token();
        }
        let sets = parser.parse_comma_separated(set)?;
        parser.expect_token(&Token::RParen)?;
        Ok(Expr::GroupingSets(sets))
    })
}

/// One set: `(a, b)`, `()`, or an element without parentheses.
fn set(parser: &mut Parser<'_>) -> Result<Vec<Expr>, ParserError> {
    if !parser.consume_token(&Token::LParen) {
        return Ok(vec![parser.parse_expr()?]);
    }
    let keys = parser.parse_comma_separated0(Parser::parse_expr, Token::RParen)?;
    parser.expect_token(&Token::RParen)?;
    Ok(keys)
}
