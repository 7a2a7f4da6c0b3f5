//! `a = ANY (VALUES 1, 2)`: the SQL parser knows subqueries behind ANY, SOME and ALL that begin with SELECT only.

use datafusion_sql::sqlparser::ast::{BinaryOperator, Expr};
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::Token;

use super::is_word;

/// Parses a comparison with rows of constants behind `left`.
pub fn infix(parser: &mut Parser<'_>, left: &Expr) -> Option<Result<Expr, ParserError>> {
    let at = |n: usize, word: &str| is_word(&parser.peek_nth_token_ref(n).token, word);
    let is_quantified = ["ANY", "SOME", "ALL"].iter().any(|word| at(1, word))
        && parser.peek_nth_token_ref(2).token == Token::LParen
        && at(3, "VALUES");
    if !is_quantified {
        return None;
    }
    let compare_op = match parser.peek_token_ref().token {
        Token::Eq => BinaryOperator::Eq,
        Token::Neq => BinaryOperator::NotEq,
        Token::Lt => BinaryOperator::Lt,
        Token::LtEq => BinaryOperator::LtEq,
        Token::Gt => BinaryOperator::Gt,
        Token::GtEq => BinaryOperator::GtEq,
        _ => return None,
    };
    let every = at(1, "ALL");
    for _ in 0..3 {
        parser.next_token();
    }
    Some(parser.parse_query().and_then(|query| {
        parser.expect_token(&Token::RParen)?;
        let (left, right) = (Box::new(left.clone()), Box::new(Expr::Subquery(query)));
        Ok(match every {
            true => Expr::AllOp { left, compare_op, right },
            false => Expr::AnyOp { left, compare_op, right, is_some: false },
        })
    }))
}
