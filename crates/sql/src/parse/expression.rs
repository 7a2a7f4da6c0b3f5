//! Forms of Flink's expressions that the SQL parser does not know or reads differently: typed literals, casts to
//! Flink's types, `MAP[…]`, `FLOOR(… TO unit)`, `BETWEEN SYMMETRIC`.
//!
//! They become calls of functions whose names start with `$`, which the typer turns into what they mean.

use datafusion_sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType as SqlDataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, UnaryOperator, Value,
};
use datafusion_sql::sqlparser::dialect::{Dialect, Precedence};
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::Token;

use streamsql_core::LogicalType;

use super::interval;
use super::types::parse_type;
use crate::dialect::FlinkDialect;
use crate::literal;

/// A number with a point or an exponent, or one too large for BIGINT: `$NUMBER('1E2')`.
pub const NUMBER: &str = "$NUMBER";
/// `DATE '…'`: `$DATE('…')`.
pub const DATE: &str = "$DATE";
/// `TIME '…'`.
pub const TIME: &str = "$TIME";
/// `TIMESTAMP '…'`.
pub const TIMESTAMP: &str = "$TIMESTAMP";
/// `INTERVAL '…' YEAR [TO MONTH]`: the number of months as a text, and the unit where it is one.
pub const INTERVAL_MONTHS: &str = "$INTERVAL_MONTHS";
/// `INTERVAL '…' DAY [TO SECOND]`: the number of milliseconds as a text, and the unit where it is one.
pub const INTERVAL_MS: &str = "$INTERVAL_MS";
/// `X'…'`: the hex digits.
pub const BINARY: &str = "$BINARY";
/// `UNKNOWN`.
pub const UNKNOWN: &str = "$UNKNOWN";
/// `FLOOR(x TO unit)` and `CEIL(x TO unit)`: unit and x.
pub const FLOOR_TO: &str = "$FLOOR_TO";
pub const CEIL_TO: &str = "$CEIL_TO";
/// How many units an interval has, whole ones: the interval and the unit as text.
pub const UNITS: &str = "$UNITS";
/// `(a - b) DAY [TO SECOND]`: the units as text, a and b.
pub const MINUS_INTERVAL: &str = "$MINUS_INTERVAL";
/// `x BETWEEN SYMMETRIC a AND b`.
pub const BETWEEN_SYMMETRIC: &str = "$BETWEEN_SYMMETRIC";
/// `a[i]`, `m['k']`.
pub const ITEM: &str = "$ITEM";
/// `r.f`: the row and the field's name.
pub const FIELD: &str = "$FIELD";
/// `a IS [NOT] DISTINCT FROM b`.
pub const DISTINCT: &str = "$DISTINCT";
pub const NOT_DISTINCT: &str = "$NOT_DISTINCT";
/// `+a`.
pub const PLUS: &str = "$PLUS";
/// `TABLE t [PARTITION BY k]` as an argument: the table's name as a column's, then the columns of PARTITION BY.
pub const TABLE_ARGUMENT: &str = "$TABLE";
/// A bound of the window of `GROUP BY TUMBLE(…)`: which one, the windows as a text, and the time.
pub const GROUP_WINDOW: &str = "$GROUP_WINDOW";
/// One value of a row of VALUES. It hides the value's type from DataFusion, which would otherwise want all rows alike.
pub const ROW_VALUE: &str = "$ROW_VALUE";
/// The frame of a call's window, as the last argument of the call: its unit, or an empty text without a frame; kind and
/// value of the lower bound, then of the upper one; line and column of the call.
pub const FRAME: &str = "$FRAME";

/// All of them: the planner must know their names.
pub const FORMS: &[&str] = &[
    NUMBER,
    DATE,
    TIME,
    TIMESTAMP,
    INTERVAL_MONTHS,
    INTERVAL_MS,
    BINARY,
    UNKNOWN,
    FLOOR_TO,
    CEIL_TO,
    UNITS,
    MINUS_INTERVAL,
    BETWEEN_SYMMETRIC,
    ITEM,
    FIELD,
    DISTINCT,
    NOT_DISTINCT,
    PLUS,
    GROUP_WINDOW,
    ROW_VALUE,
    FRAME,
];

pub(super) type Parsed = Result<Expr, ParserError>;

/// A call of a function by name.
pub fn call(name: &str, args: Vec<Expr>) -> Expr {
    let unnamed = |arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(unnamed).collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// A text literal.
pub fn text(value: impl Into<String>) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.into()).into())
}

/// A whole number.
pub fn whole_number(value: u64) -> Expr {
    Expr::Value(Value::Number(value.to_string(), false).into())
}

/// Where an operand may stand. `None` leaves it to the SQL parser.
pub fn prefix(parser: &mut Parser<'_>) -> Option<Parsed> {
    match parser.peek_token().token {
        Token::Number(digits, _) if digits.parse::<i64>().is_err() => {
            parser.next_token();
            Some(Ok(call(NUMBER, vec![text(digits)])))
        }
        Token::Minus => least_bigint(parser),
        Token::LParen if is_difference(parser) => Some(difference(parser)),
        Token::HexStringLiteral(digits) => {
            parser.next_token();
            Some(Ok(call(BINARY, vec![text(digits)])))
        }
        Token::UnicodeStringLiteral(decoded) | Token::SingleQuotedString(decoded)
            if is_word(&parser.peek_nth_token(1).token, "UESCAPE") =>
        {
            parser.next_token();
            Some(with_escape(parser, &decoded))
        }
        Token::UnicodeStringLiteral(decoded) => {
            parser.next_token();
            Some(Ok(text(decoded)))
        }
        Token::Word(word) if word.quote_style.is_none() => {
            let next = parser.peek_nth_token(1).token;
            let upper = word.value.to_ascii_uppercase();
            let quoted = matches!(next, Token::SingleQuotedString(_));
            match (upper.as_str(), next) {
                ("DATE" | "TIME" | "TIMESTAMP", _) if quoted => Some(date_or_time(parser, &upper)),
                ("INTERVAL", _) => interval::prefix(parser),
                ("TABLE", Token::Word(_)) => Some(table_argument(parser)),
                ("CAST" | "TRY_CAST", Token::LParen) => Some(cast(parser, upper == "TRY_CAST")),
                ("MAP" | "ARRAY" | "MULTISET", Token::LBracket) => Some(constructor(parser, &upper)),
                ("FLOOR" | "CEIL" | "CEILING", Token::LParen) => Some(floor_or_ceil(parser, &upper)),
                ("UNKNOWN", next) if !matches!(next, Token::LParen | Token::Period) => {
                    parser.next_token();
                    Some(Ok(call(UNKNOWN, Vec::new())))
                }
                ("_UTF8" | "_UTF16" | "_LATIN1" | "_ISO8859_1" | "N", Token::SingleQuotedString(value)) => {
                    parser.next_token();
                    parser.next_token();
                    Some(Ok(text(value)))
                }
                _ => None,
            }
        }
        Token::NationalStringLiteral(value) => {
            parser.next_token();
            Some(Ok(text(value)))
        }
        _ => None,
    }
}

/// `TABLE t`, or `TABLE t PARTITION BY (a, b)`, among the arguments of a table function.
fn table_argument(parser: &mut Parser<'_>) -> Parsed {
    parser.next_token();
    let column = |name: ObjectName| {
        let mut parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident()).cloned().collect();
        match parts.len() {
            1 => Expr::Identifier(parts.remove(0)),
            _ => Expr::CompoundIdentifier(parts),
        }
    };
    let mut arguments = vec![column(parser.parse_object_name(false)?)];
    if is_word(&parser.peek_token().token, "PARTITION") && is_word(&parser.peek_nth_token(1).token, "BY") {
        parser.next_token();
        parser.next_token();
        if parser.consume_token(&Token::LParen) {
            arguments.extend(
                parser.parse_comma_separated(Parser::parse_identifier)?.into_iter().map(Expr::Identifier),
            );
            parser.expect_token(&Token::RParen)?;
        } else {
            arguments.push(Expr::Identifier(parser.parse_identifier()?));
        }
    }
    Ok(call(TABLE_ARGUMENT, arguments))
}

/// Where an operator may stand.
pub fn infix(parser: &mut Parser<'_>, operand: &Expr) -> Option<Parsed> {
    let at = |n: usize, word: &str| is_word(&parser.peek_nth_token(n).token, word);
    let negated = at(0, "NOT");
    let offset = usize::from(negated);
    if !at(offset, "BETWEEN") {
        return None;
    }
    let symmetric = at(offset + 1, "SYMMETRIC");
    if !symmetric && !at(offset + 1, "ASYMMETRIC") {
        return None;
    }
    for _ in 0..offset + 2 {
        parser.next_token();
    }
    Some(between(parser, operand, negated, symmetric))
}

fn between(parser: &mut Parser<'_>, operand: &Expr, negated: bool, symmetric: bool) -> Parsed {
    let precedence = FlinkDialect.prec_value(Precedence::Between);
    let low = parser.parse_subexpr(precedence)?;
    let token = parser.peek_token();
    if !is_word(&token.token, "AND") {
        return parser.expected("AND", token);
    }
    parser.next_token();
    let high = parser.parse_subexpr(precedence)?;
    if !symmetric {
        return Ok(Expr::Between {
            expr: Box::new(operand.clone()),
            negated,
            low: Box::new(low),
            high: Box::new(high),
        });
    }
    let inside = call(BETWEEN_SYMMETRIC, vec![operand.clone(), low, high]);
    Ok(if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(inside) } } else { inside })
}

/// `-9223372036854775808` is one literal: without its sign it would be out of range.
fn least_bigint(parser: &mut Parser<'_>) -> Option<Parsed> {
    match parser.peek_nth_token(1).token {
        Token::Number(digits, _) if digits == "9223372036854775808" => {
            parser.next_token();
            parser.next_token();
            Some(Ok(Expr::Value(Value::Number(format!("-{digits}"), false).into())))
        }
        _ => None,
    }
}

/// `U&'…' UESCAPE '!'`: the tokenizer has decoded `\`, which the text has only where it is no escape.
fn with_escape(parser: &mut Parser<'_>, source: &str) -> Parsed {
    parser.next_token();
    let token = parser.next_token();
    let Token::SingleQuotedString(escape) = &token.token else {
        return parser.expected("an escape character in single quotes", token);
    };
    let mut characters = escape.chars();
    let (Some(escape), None) = (characters.next(), characters.next()) else {
        return parser.expected("one escape character", token);
    };
    match literal::unescape(source, escape) {
        Ok(decoded) => Ok(text(decoded)),
        Err(message) => Err(ParserError::ParserError(format!("{message}{}", token.span.start))),
    }
}

fn date_or_time(parser: &mut Parser<'_>, kind: &str) -> Parsed {
    let start = parser.next_token().span.start;
    let value = string(parser)?;
    let (name, checked) = match kind {
        "DATE" => (DATE, literal::date(&value).map(|_| ())),
        "TIME" => (TIME, literal::time(&value).map(|_| ())),
        _ => (TIMESTAMP, literal::timestamp(&value).map(|_| ())),
    };
    checked.map_err(|message| ParserError::ParserError(format!("{message}{start}")))?;
    Ok(call(name, vec![text(value)]))
}

fn cast(parser: &mut Parser<'_>, try_cast: bool) -> Parsed {
    let word = parser.next_token().span;
    parser.expect_token(&Token::LParen)?;
    if !try_cast && let Some(interval) = interval::of_number(parser) {
        return interval;
    }
    let mut expr = parser.parse_expr()?;
    let token = parser.next_token();
    if !is_word(&token.token, "AS") {
        return parser.expected("AS", token);
    }
    let start = parser.peek_token().span.start;
    let (logical_type, _) =
        parse_type(parser).map_err(|message| ParserError::ParserError(format!("{message}{start}")))?;
    parser.expect_token(&Token::RParen)?;
    if logical_type.is_integer()
        && !try_cast
        && let Some(unit) = interval::unit_of(&expr)
    {
        if matches!(logical_type, LogicalType::TinyInt | LogicalType::SmallInt) && interval::is_literal(&expr)
        {
            let message = format!("a cast from an INTERVAL literal to {logical_type} does not exist");
            return Err(ParserError::ParserError(format!("{message}{start}")));
        }
        expr = call(UNITS, vec![expr, text(unit.word())]);
    }
    // The type planner reads the name again; it is one word for the SQL parser. A cast itself has no place.
    let name = Ident::with_span(word, logical_type.to_string());
    let data_type = SqlDataType::Custom(ObjectName::from(vec![name]), Vec::new());
    let kind = if try_cast { CastKind::TryCast } else { CastKind::Cast };
    Ok(Expr::Cast { kind, expr: Box::new(expr), data_type, array: false, format: None })
}

fn constructor(parser: &mut Parser<'_>, name: &str) -> Parsed {
    parser.next_token();
    parser.expect_token(&Token::LBracket)?;
    if parser.consume_token(&Token::RBracket) {
        return Ok(call(name, Vec::new()));
    }
    let items = parser.parse_comma_separated(Parser::parse_expr)?;
    parser.expect_token(&Token::RBracket)?;
    Ok(call(name, items))
}

fn floor_or_ceil(parser: &mut Parser<'_>, name: &str) -> Parsed {
    parser.next_token();
    parser.expect_token(&Token::LParen)?;
    let expr = parser.parse_expr()?;
    if !is_word(&parser.peek_token().token, "TO") {
        parser.expect_token(&Token::RParen)?;
        return Ok(call(if name == "FLOOR" { "FLOOR" } else { "CEIL" }, vec![expr]));
    }
    parser.next_token();
    let token = parser.next_token();
    let Token::Word(unit) = &token.token else {
        return parser.expected("a unit of time", token);
    };
    let unit = unit.value.to_ascii_uppercase();
    parser.expect_token(&Token::RParen)?;
    Ok(call(if name == "FLOOR" { FLOOR_TO } else { CEIL_TO }, vec![text(unit), expr]))
}

/// Whether `(… - …)` with a unit of time behind it begins here.
fn is_difference(parser: &Parser<'_>) -> bool {
    /// Most tokens of the two times.
    const MOST: usize = 200;
    let (mut depth, mut minus) = (0, false);
    for n in 0..MOST {
        match parser.peek_nth_token_ref(n).token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            Token::Minus if depth == 1 => minus = true,
            Token::Comma if depth == 1 => return false,
            Token::EOF => return false,
            _ => {}
        }
        if depth == 0 {
            let units = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];
            let behind = &parser.peek_nth_token_ref(n + 1).token;
            return minus && units.iter().any(|unit| is_word(behind, unit));
        }
    }
    false
}

/// `(a - b) unit [TO unit]`.
fn difference(parser: &mut Parser<'_>) -> Parsed {
    let start = parser.next_token();
    let expr = parser.parse_expr()?;
    parser.expect_token(&Token::RParen)?;
    let Expr::BinaryOp { left, op: BinaryOperator::Minus, right } = expr else {
        return parser.expected("a difference of two times before a unit of time", start);
    };
    // Digits are said and change nothing.
    let (from, to, _) = interval::qualifier(parser)?;
    let second = to.map_or(String::new(), |to| format!(" TO {}", to.word()));
    Ok(call(MINUS_INTERVAL, vec![text(from.word() + &second), *left, *right]))
}

fn string(parser: &mut Parser<'_>) -> Result<String, ParserError> {
    let token = parser.next_token();
    match token.token {
        Token::SingleQuotedString(value) => Ok(value),
        _ => parser.expected("a text in single quotes", token),
    }
}

pub(super) fn number(parser: &mut Parser<'_>) -> Result<u8, ParserError> {
    let token = parser.next_token();
    match &token.token {
        Token::Number(digits, _) if digits.parse::<u8>().is_ok() => Ok(digits.parse().unwrap_or(0)),
        _ => parser.expected("a small number", token),
    }
}

pub(super) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}
