//! Forms of Flink's expressions that the SQL parser does not know: JSON functions with their clauses, `IS JSON`,
//! `TRIM(… FROM …)`, `SUBSTRING(… FROM …)`, `OVERLAY(… PLACING …)`.
//!
//! Each becomes a call of a function of the table (`streamsql_functions::catalog`) whose clauses are plain arguments.

use datafusion_sql::sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, ObjectNamePart, OrderByExpr, UnaryOperator,
    Value,
};
use datafusion_sql::sqlparser::dialect::{Dialect, Precedence};
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::Token;

use super::is_word;
use crate::dialect::FlinkDialect;

type Parsed<T> = Result<T, ParserError>;

/// Parses a form that starts with a word of ours; `None` leaves the tokens to the SQL parser.
pub fn prefix(parser: &mut Parser<'_>) -> Option<Parsed<Expr>> {
    let Token::Word(word) = &parser.peek_token_ref().token else { return None };
    if word.quote_style.is_some() {
        return None;
    }
    let name = word.value.to_ascii_uppercase();
    let next = &parser.peek_nth_token_ref(1).token;
    if *next != Token::LParen {
        // A function without parentheses goes before a column of its name, as in Calcite.
        let alone = !matches!(next, Token::Period);
        return match name.as_str() {
            "PI" if alone => {
                parser.next_token();
                Some(Ok(call("PI", Vec::new())))
            }
            _ => None,
        };
    }
    let form: fn(&mut Parser<'_>) -> Parsed<Expr> = match name.as_str() {
        "JSON_EXISTS" => json_exists,
        "JSON_VALUE" => json_value,
        "JSON_QUERY" => json_query,
        "JSON_OBJECT" => json_object,
        "JSON_ARRAY" => json_array,
        "JSON_OBJECTAGG" => json_object_aggregate,
        "JSON_ARRAYAGG" => json_array_aggregate,
        "TRIM" => trim,
        "SUBSTRING" | "SUBSTR" => substring,
        "OVERLAY" => overlay,
        "POSITION" => position,
        _ => return None,
    };
    let start = parser.next_token().span;
    parser.next_token();
    Some(form(parser).and_then(|mut expr| {
        parser.expect_token(&Token::RParen)?;
        if let Expr::Function(call) = &mut expr
            && let [ObjectNamePart::Identifier(name)] = call.name.0.as_mut_slice()
        {
            name.span = start;
        }
        if name.ends_with("AGG")
            && let Expr::Function(aggregate) = &mut expr
        {
            within_group(parser, aggregate)?;
            if is_word(&parser.peek_token_ref().token, "FILTER") {
                let expected = format!("the end of {name}, which takes no FILTER in Flink 1.18");
                return parser.expected_ref(&expected, parser.peek_token_ref());
            }
        }
        Ok(expr)
    }))
}

/// Parses an operator of ours behind `left`.
pub fn infix(parser: &mut Parser<'_>, left: &Expr) -> Option<Parsed<Expr>> {
    let at = |parser: &Parser<'_>, n: usize, word: &str| is_word(&parser.peek_nth_token_ref(n).token, word);
    if at(parser, 0, "IS") {
        let negated = usize::from(at(parser, 1, "NOT"));
        if at(parser, negated + 1, "JSON") {
            skip(parser, negated + 2);
            return Some(Ok(is_json(parser, left, negated == 1)));
        }
    }
    None
}

fn skip(parser: &mut Parser<'_>, tokens: usize) {
    for _ in 0..tokens {
        parser.next_token();
    }
}

fn is_json(parser: &mut Parser<'_>, left: &Expr, negated: bool) -> Expr {
    let kind = ["VALUE", "SCALAR", "ARRAY", "OBJECT"].into_iter().find(|kind| try_word(parser, kind));
    let test = call("IS_JSON", vec![left.clone(), text(kind.unwrap_or("VALUE"))]);
    if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(test) } } else { test }
}

fn json_exists(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let mut args = input_and_path(parser)?;
    let behaviour = ["TRUE", "FALSE", "UNKNOWN", "ERROR"].into_iter().find(|word| try_word(parser, word));
    if behaviour.is_some() {
        expect_words(parser, &["ON", "ERROR"])?;
    }
    args.push(text(behaviour.unwrap_or("FALSE")));
    Ok(call("JSON_EXISTS", args))
}

/// Arguments: input, path, a NULL of the result type, behaviour and default on empty, the same on error.
fn json_value(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let mut args = input_and_path(parser)?;
    args.push(if try_word(parser, "RETURNING") { cast(null(), parser.parse_data_type()?) } else { null() });
    let mut on_empty = (text("NULL"), null());
    let mut on_error = (text("NULL"), null());
    loop {
        let behaviour = if try_word(parser, "NULL") {
            (text("NULL"), null())
        } else if try_word(parser, "ERROR") {
            (text("ERROR"), null())
        } else if try_word(parser, "DEFAULT") {
            (text("DEFAULT"), parser.parse_expr()?)
        } else {
            break;
        };
        expect_words(parser, &["ON"])?;
        if try_word(parser, "EMPTY") {
            on_empty = behaviour;
        } else {
            expect_words(parser, &["ERROR"])?;
            on_error = behaviour;
        }
    }
    args.extend([on_empty.0, on_empty.1, on_error.0, on_error.1]);
    Ok(call("JSON_VALUE", args))
}

/// Arguments: input, path, wrapper, behaviour on empty, behaviour on error.
fn json_query(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let mut args = input_and_path(parser)?;
    let wrapper = if try_word(parser, "WITHOUT") {
        let _ = try_word(parser, "ARRAY");
        expect_words(parser, &["WRAPPER"])?;
        "WITHOUT"
    } else if try_word(parser, "WITH") {
        let conditional = try_word(parser, "CONDITIONAL");
        let _ = conditional || try_word(parser, "UNCONDITIONAL");
        let _ = try_word(parser, "ARRAY");
        expect_words(parser, &["WRAPPER"])?;
        if conditional { "CONDITIONAL" } else { "UNCONDITIONAL" }
    } else {
        "WITHOUT"
    };
    let (mut on_empty, mut on_error) = ("NULL", "NULL");
    loop {
        let behaviour = if try_word(parser, "NULL") {
            "NULL"
        } else if try_word(parser, "ERROR") {
            "ERROR"
        } else if try_word(parser, "EMPTY") {
            if try_word(parser, "ARRAY") {
                "EMPTY ARRAY"
            } else {
                expect_words(parser, &["OBJECT"])?;
                "EMPTY OBJECT"
            }
        } else {
            break;
        };
        expect_words(parser, &["ON"])?;
        if try_word(parser, "EMPTY") {
            on_empty = behaviour;
        } else {
            expect_words(parser, &["ERROR"])?;
            on_error = behaviour;
        }
    }
    args.extend([text(wrapper), text(on_empty), text(on_error)]);
    Ok(call("JSON_QUERY", args))
}

fn input_and_path(parser: &mut Parser<'_>) -> Parsed<Vec<Expr>> {
    let input = parser.parse_expr()?;
    parser.expect_token(&Token::Comma)?;
    Ok(vec![input, parser.parse_expr()?])
}

/// Arguments: what to do with NULLs, room for which values are JSON already (the typer's to fill), then keys and values in
/// turn.
fn json_object(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let mut values = Vec::new();
    let mut nulls = null_clause(parser)?;
    while nulls.is_none() && parser.peek_token_ref().token != Token::RParen {
        let (key, value) = json_member(parser)?;
        values.extend([key, value]);
        if !parser.consume_token(&Token::Comma) {
            nulls = null_clause(parser)?;
            break;
        }
    }
    let args = [text(nulls.unwrap_or("NULL")), text("")].into_iter().chain(values).collect();
    Ok(call("JSON_OBJECT", args))
}

/// Arguments: what to do with NULLs, room for which values are JSON already, then the values. Without values Flink's
/// grammar has no clause.
fn json_array(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let (mut values, mut nulls) = (Vec::new(), None);
    while nulls.is_none() && parser.peek_token_ref().token != Token::RParen {
        values.push(parser.parse_expr()?);
        if !parser.consume_token(&Token::Comma) {
            nulls = null_clause(parser)?;
            break;
        }
    }
    let args = [text(nulls.unwrap_or("ABSENT")), text("")].into_iter().chain(values).collect();
    Ok(call("JSON_ARRAY", args))
}

fn json_object_aggregate(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let (key, value) = json_member(parser)?;
    let absent = null_clause(parser)? == Some("ABSENT");
    let name = if absent { "JSON_OBJECTAGG_ABSENT_ON_NULL" } else { "JSON_OBJECTAGG_NULL_ON_NULL" };
    Ok(call(name, vec![key, value]))
}

fn json_array_aggregate(parser: &mut Parser<'_>) -> Parsed<Expr> {
    if is_word(&parser.peek_token_ref().token, "DISTINCT") {
        return parser.expected_ref("a value: JSON_ARRAYAGG takes no DISTINCT", parser.peek_token_ref());
    }
    let value = parser.parse_expr()?;
    let order = order_clause(parser)?;
    let kept = null_clause(parser)? == Some("NULL");
    let name = if kept { "JSON_ARRAYAGG_NULL_ON_NULL" } else { "JSON_ARRAYAGG_ABSENT_ON_NULL" };
    let mut aggregate = call(name, vec![value]);
    if let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = &mut aggregate {
        list.clauses.extend(order.map(FunctionArgumentClause::OrderBy));
    }
    Ok(aggregate)
}

/// `ORDER BY …` among the arguments of an aggregate function.
fn order_clause(parser: &mut Parser<'_>) -> Parsed<Option<Vec<OrderByExpr>>> {
    if !is_word(&parser.peek_token_ref().token, "ORDER")
        || !is_word(&parser.peek_nth_token_ref(1).token, "BY")
    {
        return Ok(None);
    }
    skip(parser, 2);
    Ok(Some(parser.parse_comma_separated(Parser::parse_order_by_expr)?))
}

/// `WITHIN GROUP (ORDER BY …)` behind JSON_ARRAYAGG: the same as the order among its arguments.
fn within_group(parser: &mut Parser<'_>, aggregate: &mut Function) -> Parsed<()> {
    let is_array = aggregate.name.to_string().starts_with("JSON_ARRAYAGG");
    if !is_array || !is_word(&parser.peek_token_ref().token, "WITHIN") {
        return Ok(());
    }
    expect_words(parser, &["WITHIN", "GROUP"])?;
    parser.expect_token(&Token::LParen)?;
    let order = order_clause(parser)?;
    parser.expect_token(&Token::RParen)?;
    if let FunctionArguments::List(list) = &mut aggregate.args {
        list.clauses.extend(order.map(FunctionArgumentClause::OrderBy));
    }
    Ok(())
}

/// `[KEY] k VALUE v` or `k : v`.
fn json_member(parser: &mut Parser<'_>) -> Parsed<(Expr, Expr)> {
    let next = &parser.peek_nth_token_ref(1).token;
    let is_key_word =
        !matches!(next, Token::LParen | Token::Comma | Token::Period) && !is_word(next, "VALUE");
    if is_key_word {
        let _ = try_word(parser, "KEY");
    }
    let key = parser.parse_subexpr(FlinkDialect.prec_value(Precedence::Colon))?;
    if !parser.consume_token(&Token::Colon) {
        expect_words(parser, &["VALUE"])?;
    }
    Ok((key, parser.parse_expr()?))
}

/// `{NULL | ABSENT} ON NULL`.
fn null_clause(parser: &mut Parser<'_>) -> Parsed<Option<&'static str>> {
    if !is_word(&parser.peek_nth_token_ref(1).token, "ON") {
        return Ok(None);
    }
    let found = ["NULL", "ABSENT"].into_iter().find(|word| try_word(parser, word));
    if found.is_some() {
        expect_words(parser, &["ON", "NULL"])?;
    }
    Ok(found)
}

/// Arguments: the ends, the characters, the text.
fn trim(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let ends = ["BOTH", "LEADING", "TRAILING"].into_iter().find(|word| try_word(parser, word));
    let space = text(" ");
    let (characters, of) = if ends.is_some() && try_word(parser, "FROM") {
        (space, parser.parse_expr()?)
    } else {
        let first = parser.parse_expr()?;
        if try_word(parser, "FROM") {
            (first, parser.parse_expr()?)
        } else if ends.is_some() {
            expect_words(parser, &["FROM"])?;
            (space, first)
        } else {
            (space, first)
        }
    };
    Ok(call("TRIM", vec![text(ends.unwrap_or("BOTH")), characters, of]))
}

fn substring(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let mut args = vec![parser.parse_expr()?];
    for word in ["FROM", "FOR"] {
        if try_word(parser, word) || parser.consume_token(&Token::Comma) {
            args.push(parser.parse_expr()?);
        }
    }
    Ok(call("SUBSTRING", args))
}

fn overlay(parser: &mut Parser<'_>) -> Parsed<Expr> {
    let mut args = vec![parser.parse_expr()?];
    expect_words(parser, &["PLACING"])?;
    args.push(parser.parse_expr()?);
    expect_words(parser, &["FROM"])?;
    args.push(parser.parse_expr()?);
    if try_word(parser, "FOR") {
        args.push(parser.parse_expr()?);
    }
    Ok(call("OVERLAY", args))
}

fn position(parser: &mut Parser<'_>) -> Parsed<Expr> {
    // `IN` ends the text that is looked for: only operators that bind stronger belong to it.
    let sought = parser.parse_subexpr(FlinkDialect.prec_value(Precedence::Between))?;
    expect_words(parser, &["IN"])?;
    let mut args = vec![sought, parser.parse_expr()?];
    if try_word(parser, "FROM") {
        args.push(parser.parse_expr()?);
    }
    Ok(call("POSITION", args))
}

fn try_word(parser: &mut Parser<'_>, word: &str) -> bool {
    let found = is_word(&parser.peek_token_ref().token, word);
    if found {
        parser.next_token();
    }
    found
}

fn expect_words(parser: &mut Parser<'_>, words: &[&str]) -> Parsed<()> {
    for word in words {
        if !try_word(parser, word) {
            return parser.expected_ref(word, parser.peek_token_ref());
        }
    }
    Ok(())
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn text(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_owned()).into())
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

fn cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}
