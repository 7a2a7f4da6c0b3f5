//! INTERVAL before a literal or a value, and the units of intervals, which count where CAST makes a number of one.

use datafusion_sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, UnaryOperator,
};
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::Token;

use super::expression::{INTERVAL_MONTHS, INTERVAL_MS, MINUS_INTERVAL, Parsed, call, is_word, number, text};
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
    literal::interval(&value, negative, from, to, precision).map_err(at).map(|value| amount(value, from, to))
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
    let one = literal::interval("1", negative, unit, None, precision).map_err(at)?;
    let one = amount(one, unit, None);
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
    Some(
        literal::interval(&digits, negative, unit, None, Some(10))
            .map_err(at)
            .map(|value| amount(value, unit, None)),
    )
}

/// The one unit of an interval, which a literal or a difference says and arithmetic hands on; `None` for one of several
/// units and for a column, which has them all (Calcite `SqlIntervalQualifier`).
pub fn unit_of(expr: &Expr) -> Option<literal::IntervalUnit> {
    match expr {
        Expr::Nested(inner) | Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => unit_of(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Multiply, right } => {
            unit_of(left).or_else(|| unit_of(right))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right } => {
            unit_of(left).filter(|unit| unit_of(right) == Some(*unit))
        }
        Expr::Case { conditions, else_result, .. } => {
            let mut units =
                conditions.iter().map(|when| &when.result).chain(else_result.as_deref()).map(unit_of);
            let first = units.next()??;
            units.all(|unit| unit == Some(first)).then_some(first)
        }
        Expr::Function(function) => match (function.name.to_string().as_str(), &function.args) {
            (INTERVAL_MONTHS | INTERVAL_MS | MINUS_INTERVAL, FunctionArguments::List(list)) => {
                let said = if function.name.to_string() == MINUS_INTERVAL { 0 } else { 1 };
                match list.args.get(said)? {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => {
                        literal::IntervalUnit::parse(&value.value.clone().into_string()?)
                    }
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether this is an interval literal, with or without a sign.
pub fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) | Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => is_literal(inner),
        Expr::Function(function) => {
            matches!(function.name.to_string().as_str(), INTERVAL_MONTHS | INTERVAL_MS)
        }
        _ => false,
    }
}

/// A literal's form: its amount, and its unit where it is one.
fn amount(amount: literal::Interval, from: literal::IntervalUnit, to: Option<literal::IntervalUnit>) -> Expr {
    let (name, amount) = match amount {
        literal::Interval::Months(months) => (INTERVAL_MONTHS, months.to_string()),
        literal::Interval::Milliseconds(ms) => (INTERVAL_MS, ms.to_string()),
    };
    let unit = to.is_none().then(|| text(from.word()));
    call(name, std::iter::once(text(amount)).chain(unit).collect())
}
