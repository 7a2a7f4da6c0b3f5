//! INTERVAL before a literal or a value, and CASTs of interval literals, whose units count.

use datafusion_sql::sqlparser::ast::{BinaryOperator, Expr, Ident};
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::Token;

use super::expression::{INTERVAL_MONTHS, INTERVAL_MS, Parsed, call, is_word, number, text};
use crate::literal;

/// `INTERVAL '…' unit [TO unit]`, `INTERVAL n unit`, or of any numeric value `INTERVAL (…) unit`, `INTERVAL column unit`.
pub fn prefix(parser: &mut Parser<'_>) -> Option<Parsed> {
    let signed = matches!(parser.peek_nth_token(1).token, Token::Minus | Token::Plus);
    match parser.peek_nth_token(1 + usize::from(signed)).token {
        Token::SingleQuotedString(_) | Token::Number(..) => Some(literal_interval(parser)),
        Token::LParen | Token::Word(_) => Some(units_of_value(parser)),
        _ => None,
    }
}

fn literal_interval(parser: &mut Parser<'_>) -> Parsed {
    let start = parser.next_token().span.start;
    let negative = parser.consume_token(&Token::Minus);
    if !negative {
        let _ = parser.consume_token(&Token::Plus);
    }
    let value = match parser.next_token().token {
        Token::SingleQuotedString(value) | Token::Number(value, _) => value,
        _ => String::new(),
    };
    let (from, to, precision) = qualifier(parser)?;
    let at = |message: String| ParserError::ParserError(format!("{message}{start}"));
    literal::interval(&value, negative, from, to, precision).map_err(at).map(amount)
}

/// `unit [TO unit]`, with the digits of the first unit.
pub fn qualifier(
    parser: &mut Parser<'_>,
) -> Result<(literal::IntervalUnit, Option<literal::IntervalUnit>, Option<u8>), ParserError> {
    let (from, precision) = unit(parser)?;
    let mut to = None;
    if is_word(&parser.peek_token().token, "TO") {
        parser.next_token();
        to = Some(unit(parser)?.0);
    }
    Ok((from, to, precision))
}

/// A unit and the digits behind it, those of a fraction left aside.
fn unit(parser: &mut Parser<'_>) -> Result<(literal::IntervalUnit, Option<u8>), ParserError> {
    const UNITS: &str = "YEAR, MONTH, DAY, HOUR, MINUTE or SECOND";
    let token = parser.next_token();
    let Token::Word(word) = &token.token else { return parser.expected(UNITS, token) };
    let Some(unit) = literal::IntervalUnit::parse(&word.value) else {
        return parser.expected(UNITS, token);
    };
    let mut precision = None;
    if parser.consume_token(&Token::LParen) {
        precision = Some(number(parser)?);
        if parser.consume_token(&Token::Comma) {
            number(parser)?;
        }
        parser.expect_token(&Token::RParen)?;
    }
    Ok((unit, precision))
}

/// `INTERVAL [sign] value unit` is the value times an interval of one unit (Calcite `SqlIntervalOperator`).
fn units_of_value(parser: &mut Parser<'_>) -> Parsed {
    let start = parser.next_token().span.start;
    let negative = parser.consume_token(&Token::Minus);
    if !negative {
        let _ = parser.consume_token(&Token::Plus);
    }
    let value = if parser.consume_token(&Token::LParen) {
        let value = parser.parse_expr()?;
        parser.expect_token(&Token::RParen)?;
        Expr::Nested(Box::new(value))
    } else {
        let mut names: Vec<Ident> = vec![parser.parse_identifier()?];
        while parser.consume_token(&Token::Period) {
            names.push(parser.parse_identifier()?);
        }
        if names.len() == 1 { Expr::Identifier(names.remove(0)) } else { Expr::CompoundIdentifier(names) }
    };
    let (unit, precision) = unit(parser)?;
    let at = |message: String| ParserError::ParserError(format!("{message}{start}"));
    let one = literal::interval("1", negative, unit, None, precision).map_err(at).map(amount)?;
    // Nested: what stands before or behind must not come between.
    let product =
        Expr::BinaryOp { left: Box::new(value), op: BinaryOperator::Multiply, right: Box::new(one) };
    Ok(Expr::Nested(Box::new(product)))
}

/// `[-]n AS INTERVAL unit)`: of a literal number Flink makes that many units, of any other value months or milliseconds.
pub fn of_number(parser: &mut Parser<'_>) -> Option<Parsed> {
    let start = parser.peek_token().span.start;
    let negative = parser.peek_token().token == Token::Minus;
    let first = usize::from(negative);
    let Token::Number(digits, _) = parser.peek_nth_token(first).token else { return None };
    let unit = match parser.peek_nth_token(first + 3).token {
        Token::Word(word) => literal::IntervalUnit::parse(&word.value)?,
        _ => return None,
    };
    let fits = digits.bytes().all(|b| b.is_ascii_digit())
        && is_word(&parser.peek_nth_token(first + 1).token, "AS")
        && is_word(&parser.peek_nth_token(first + 2).token, "INTERVAL")
        && parser.peek_nth_token(first + 4).token == Token::RParen;
    if !fits {
        return None;
    }
    for _ in 0..first + 5 {
        parser.next_token();
    }
    let at = |message: String| ParserError::ParserError(format!("{message}{start}"));
    Some(literal::interval(&digits, negative, unit, None, Some(10)).map_err(at).map(amount))
}

/// `[-]INTERVAL [sign] '…' unit AS`, which is not consumed: of an interval literal Flink's CAST to a number makes its
/// count of units. An interval of several units has no such cast.
pub fn count_of_operand(parser: &Parser<'_>) -> Option<Result<i64, String>> {
    let token = |at: usize| parser.peek_nth_token(at).token;
    let minus = token(0) == Token::Minus;
    let mut at = usize::from(minus);
    if !is_word(&token(at), "INTERVAL") {
        return None;
    }
    at += 1;
    let inner_minus = token(at) == Token::Minus;
    at += usize::from(inner_minus || token(at) == Token::Plus);
    let negative = minus != inner_minus;
    let Token::SingleQuotedString(value) = token(at) else { return None };
    let Token::Word(word) = token(at + 1) else { return None };
    let unit = literal::IntervalUnit::parse(&word.value)?;
    let behind = token(at + 2);
    if is_word(&behind, "TO") {
        return Some(Err("an INTERVAL of several units cannot be cast to a number".to_owned()));
    }
    if !is_word(&behind, "AS") {
        return None;
    }
    Some(literal::interval(&value, negative, unit, None, None).map(|amount| match amount {
        literal::Interval::Months(months) => i64::from(months) / unit.months().max(1),
        literal::Interval::Milliseconds(ms) => ms / unit.milliseconds().max(1),
    }))
}

fn amount(amount: literal::Interval) -> Expr {
    match amount {
        literal::Interval::Months(months) => call(INTERVAL_MONTHS, vec![text(months.to_string())]),
        literal::Interval::Milliseconds(ms) => call(INTERVAL_MS, vec![text(ms.to_string())]),
    }
}
