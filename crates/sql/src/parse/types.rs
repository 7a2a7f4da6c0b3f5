//! Flink's type names, in DDL and in CAST (flink-docs `dev/table/types`).

use datafusion_sql::sqlparser::ast::DataType as SqlDataType;
use datafusion_sql::sqlparser::parser::Parser;
use datafusion_sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use streamsql_core::types::{ElementType, MAX_LENGTH};
use streamsql_core::{Column, LogicalType};

use crate::dialect::FlinkDialect;

/// The Flink type of a CAST's target, which the SQL parser keeps in its own form. Its times have no fraction digits,
/// whatever it says.
pub fn logical_type_of_cast(data_type: &SqlDataType) -> Result<LogicalType, String> {
    let text = data_type.to_string();
    let dialect = FlinkDialect;
    let tokens = Tokenizer::new(&dialect, &text).tokenize_with_location().map_err(|e| e.to_string())?;
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(split_angles(tokens));
    let (logical_type, _) = parse_type(&mut parser)?;
    if parser.peek_token().token != Token::EOF {
        return Err(format!("'{text}' is not a type of Flink SQL"));
    }
    Ok(with_plain_times(logical_type))
}

fn with_plain_times(logical_type: LogicalType) -> LogicalType {
    let element = |e: ElementType| {
        Box::new(ElementType { logical_type: with_plain_times(e.logical_type), nullable: e.nullable })
    };
    match logical_type {
        LogicalType::Time(_) => LogicalType::Time(0),
        LogicalType::Array(of) => LogicalType::Array(element(*of)),
        LogicalType::Multiset(of) => LogicalType::Multiset(element(*of)),
        LogicalType::Map(key, value) => LogicalType::Map(element(*key), element(*value)),
        LogicalType::Row(fields) => {
            let plain = |f: Column| Column { logical_type: with_plain_times(f.logical_type), ..f };
            LogicalType::Row(fields.into_iter().map(plain).collect())
        }
        other => other,
    }
}

/// Most of ARRAY and MULTISET behind a type.
const MAX_SUFFIXES: usize = 64;

/// Parses a type and its nullability at the parser's place. The error says what was expected.
pub(super) fn parse_type(parser: &mut Parser<'_>) -> Result<(LogicalType, bool), String> {
    let mut depth = 0;
    let mut logical_type = base_type(parser)?;
    let mut nullable = nullability(parser)?;
    // `INT ARRAY`, `INT NOT NULL ARRAY MULTISET`: each makes a collection of what stands before it.
    loop {
        let element = |logical_type| Box::new(ElementType { logical_type, nullable });
        logical_type = if word(parser, "ARRAY") {
            LogicalType::Array(element(logical_type))
        } else if word(parser, "MULTISET") {
            LogicalType::Multiset(element(logical_type))
        } else {
            return Ok((logical_type, nullable));
        };
        depth += 1;
        if depth > MAX_SUFFIXES {
            return Err(format!("a type nests deeper than {MAX_SUFFIXES} levels"));
        }
        nullable = nullability(parser)?;
    }
}

/// The type of a column as Flink has it: what stands in a ROW that may be NULL may be NULL, too (Calcite
/// `JavaTypeFactoryImpl.createTypeWithNullability`).
pub(super) fn of_column(logical_type: LogicalType, nullable: bool) -> LogicalType {
    let element = |e: ElementType| {
        Box::new(ElementType { logical_type: of_column(e.logical_type, e.nullable), nullable: e.nullable })
    };
    match logical_type {
        LogicalType::Array(of) => LogicalType::Array(element(*of)),
        LogicalType::Multiset(of) => LogicalType::Multiset(element(*of)),
        LogicalType::Map(key, value) => LogicalType::Map(element(*key), element(*value)),
        LogicalType::Row(fields) => {
            let field = |f: Column| {
                let nullable = nullable || f.nullable;
                Column { logical_type: of_column(f.logical_type, nullable), nullable, ..f }
            };
            LogicalType::Row(fields.into_iter().map(field).collect())
        }
        other => other,
    }
}

/// Whether a type holds one that only expressions have: intervals and NULL (Flink's DDL has no words for them).
pub(super) fn only_in_expressions(logical_type: &LogicalType) -> bool {
    match logical_type {
        LogicalType::Null | LogicalType::IntervalDayTime | LogicalType::IntervalYearMonth => true,
        LogicalType::Array(of) | LogicalType::Multiset(of) => only_in_expressions(&of.logical_type),
        LogicalType::Map(key, value) => {
            only_in_expressions(&key.logical_type) || only_in_expressions(&value.logical_type)
        }
        LogicalType::Row(fields) => fields.iter().any(|field| only_in_expressions(&field.logical_type)),
        _ => false,
    }
}

fn nullability(parser: &mut Parser<'_>) -> Result<bool, String> {
    if word(parser, "NULL") {
        return Ok(true);
    }
    let is_not = matches!(&parser.peek_token().token, Token::Word(w) if w.value.eq_ignore_ascii_case("NOT"))
        && matches!(&parser.peek_nth_token(1).token, Token::Word(w) if w.value.eq_ignore_ascii_case("NULL"));
    if is_not {
        parser.next_token();
        parser.next_token();
    }
    Ok(!is_not)
}

fn base_type(parser: &mut Parser<'_>) -> Result<LogicalType, String> {
    let name = match &parser.peek_token().token {
        Token::Word(w) => w.value.to_ascii_uppercase(),
        other => return Err(format!("expected a type, found '{other}'")),
    };
    parser.next_token();
    Ok(match name.as_str() {
        "CHAR" | "CHARACTER" => {
            let varying = word(parser, "VARYING");
            let length = length(parser, 1)?;
            character_set(parser)?;
            if varying { LogicalType::Varchar(length) } else { LogicalType::Char(length) }
        }
        "VARCHAR" => {
            let length = length(parser, 1)?;
            character_set(parser)?;
            LogicalType::Varchar(length)
        }
        "STRING" => LogicalType::STRING,
        "BOOLEAN" => LogicalType::Boolean,
        "BINARY" => {
            if word(parser, "VARYING") {
                LogicalType::Varbinary(length(parser, 1)?)
            } else {
                LogicalType::Binary(length(parser, 1)?)
            }
        }
        "VARBINARY" => LogicalType::Varbinary(length(parser, 1)?),
        "BYTES" => LogicalType::BYTES,
        "DECIMAL" | "DEC" | "NUMERIC" => decimal(parser)?,
        "TINYINT" => LogicalType::TinyInt,
        "SMALLINT" => LogicalType::SmallInt,
        "INT" | "INTEGER" => LogicalType::Int,
        "BIGINT" => LogicalType::BigInt,
        "FLOAT" => LogicalType::Float,
        "DOUBLE" => {
            word(parser, "PRECISION");
            LogicalType::Double
        }
        "DATE" => LogicalType::Date,
        "TIME" => {
            let precision = precision(parser, 0)?;
            without_zone(parser)?;
            LogicalType::Time(precision)
        }
        "TIMESTAMP" => timestamp(parser)?,
        "TIMESTAMP_LTZ" => LogicalType::TimestampLtz(precision(parser, 6)?),
        "INTERVAL" => interval(parser)?,
        "ARRAY" => LogicalType::Array(element(parser)?),
        "MULTISET" => LogicalType::Multiset(element(parser)?),
        "MAP" => {
            expect(parser, &Token::Lt)?;
            let key = nested(parser)?;
            expect(parser, &Token::Comma)?;
            let value = nested(parser)?;
            close_angle(parser)?;
            LogicalType::Map(key, value)
        }
        "ROW" => row(parser)?,
        "NULL" => LogicalType::Null,
        "RAW" => return Err("RAW types hold serialised Java objects, which do not exist here".to_owned()),
        _ => return Err(format!("'{name}' is not a type of Flink SQL")),
    })
}

/// `CHARACTER SET name`: Flink reads it and keeps nothing of it.
fn character_set(parser: &mut Parser<'_>) -> Result<(), String> {
    if !word(parser, "CHARACTER") {
        return Ok(());
    }
    if !word(parser, "SET") {
        return Err(format!("expected SET behind CHARACTER, found '{}'", parser.peek_token().token));
    }
    match parser.next_token().token {
        Token::Word(_) => Ok(()),
        other => Err(format!("expected the name of a character set, found '{other}'")),
    }
}

fn decimal(parser: &mut Parser<'_>) -> Result<LogicalType, String> {
    let (mut precision, mut scale) = (10, 0);
    if parser.consume_token(&Token::LParen) {
        precision = number(parser)?;
        if parser.consume_token(&Token::Comma) {
            scale = number(parser)?;
        }
        expect(parser, &Token::RParen)?;
    }
    // Flink takes what it has at most for more.
    precision = precision.min(38);
    if precision == 0 || scale > precision {
        return Err(format!("DECIMAL({precision}, {scale}): precision is 1 to 38, scale 0 to precision"));
    }
    Ok(LogicalType::Decimal { precision: precision as u8, scale: scale as u8 })
}

fn timestamp(parser: &mut Parser<'_>) -> Result<LogicalType, String> {
    let precision = precision(parser, 6)?;
    if word(parser, "WITH") {
        if !word(parser, "LOCAL") {
            return Err("TIMESTAMP WITH TIME ZONE does not exist in Flink; use TIMESTAMP_LTZ".to_owned());
        }
        time_zone(parser)?;
        return Ok(LogicalType::TimestampLtz(precision));
    }
    without_zone(parser)?;
    Ok(LogicalType::Timestamp(precision))
}

fn interval(parser: &mut Parser<'_>) -> Result<LogicalType, String> {
    let year_month = ["YEAR", "MONTH"];
    let day_time = ["DAY", "HOUR", "MINUTE", "SECOND"];
    let mut family = None;
    while let Token::Word(word_token) = &parser.peek_token().token {
        let unit = word_token.value.to_ascii_uppercase();
        if year_month.contains(&unit.as_str()) {
            family = Some(LogicalType::IntervalYearMonth);
        } else if day_time.contains(&unit.as_str()) {
            family = Some(LogicalType::IntervalDayTime);
        } else {
            break;
        }
        parser.next_token();
        precision(parser, 0)?;
        if !word(parser, "TO") {
            break;
        }
    }
    family.ok_or_else(|| "expected YEAR, MONTH, DAY, HOUR, MINUTE or SECOND after INTERVAL".to_owned())
}

fn row(parser: &mut Parser<'_>) -> Result<LogicalType, String> {
    let angle = parser.consume_token(&Token::Lt);
    if !angle {
        expect(parser, &Token::LParen)?;
    }
    let mut columns: Vec<Column> = Vec::new();
    loop {
        let name = match parser.next_token().token {
            Token::Word(w) => w.value,
            other => return Err(format!("expected a field name in ROW, found '{other}'")),
        };
        let (logical_type, nullable) = parse_type(parser)?;
        if let Token::SingleQuotedString(_) = parser.peek_token().token {
            parser.next_token();
        }
        if columns.iter().any(|column| column.name == name) {
            return Err(format!("the ROW has two fields '{name}'"));
        }
        columns.push(Column::new(name, logical_type, nullable));
        if !parser.consume_token(&Token::Comma) {
            break;
        }
    }
    if angle {
        close_angle(parser)?
    } else {
        expect(parser, &Token::RParen)?
    }
    Ok(LogicalType::Row(columns))
}

fn element(parser: &mut Parser<'_>) -> Result<Box<ElementType>, String> {
    expect(parser, &Token::Lt)?;
    let element = nested(parser)?;
    close_angle(parser)?;
    Ok(element)
}

fn nested(parser: &mut Parser<'_>) -> Result<Box<ElementType>, String> {
    let (logical_type, nullable) = parse_type(parser)?;
    Ok(Box::new(ElementType { logical_type, nullable }))
}

/// Nested types end in `>>`, which the tokenizer reads as an operator that Flink does not have.
pub(super) fn split_angles(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let split = |token: TokenWithSpan| match token.token {
        Token::ShiftRight => vec![TokenWithSpan::new(Token::Gt, token.span); 2],
        _ => vec![token],
    };
    tokens.into_iter().flat_map(split).collect()
}

fn close_angle(parser: &mut Parser<'_>) -> Result<(), String> {
    expect(parser, &Token::Gt)
}

fn without_zone(parser: &mut Parser<'_>) -> Result<(), String> {
    if word(parser, "WITHOUT") { time_zone(parser) } else { Ok(()) }
}

fn time_zone(parser: &mut Parser<'_>) -> Result<(), String> {
    if word(parser, "TIME") && word(parser, "ZONE") { Ok(()) } else { Err("expected TIME ZONE".to_owned()) }
}

fn length(parser: &mut Parser<'_>, default: u32) -> Result<u32, String> {
    if !parser.consume_token(&Token::LParen) {
        return Ok(default);
    }
    let length = number(parser)?;
    expect(parser, &Token::RParen)?;
    if length <= MAX_LENGTH { Ok(length) } else { Err(format!("a length is 0 to {MAX_LENGTH}")) }
}

fn precision(parser: &mut Parser<'_>, default: u8) -> Result<u8, String> {
    if !parser.consume_token(&Token::LParen) {
        return Ok(default);
    }
    let precision = number(parser)?;
    expect(parser, &Token::RParen)?;
    // Flink takes what it has at most for more.
    Ok(u8::try_from(precision).unwrap_or(9).min(9))
}

fn number(parser: &mut Parser<'_>) -> Result<u32, String> {
    let token = parser.next_token().token;
    match &token {
        Token::Number(digits, _) => digits.parse().map_err(|_| format!("'{digits}' is too large")),
        other => Err(format!("expected a number, found '{other}'")),
    }
}

fn word(parser: &mut Parser<'_>, expected: &str) -> bool {
    let found = matches!(&parser.peek_token().token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(expected));
    if found {
        parser.next_token();
    }
    found
}

fn expect(parser: &mut Parser<'_>, token: &Token) -> Result<(), String> {
    if parser.consume_token(token) {
        Ok(())
    } else {
        Err(format!("expected '{token}', found '{}'", parser.peek_token().token))
    }
}
