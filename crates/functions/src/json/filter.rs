//! Filters of JSON paths, `[?(@.price > 10 && @.name)]`.

use super::Json;
use super::path::{FunctionKind, Mode, Path, PathError, PathParser};
use super::walk::read_or_none;
use crate::regex::{JavaRegex, PatternError};

/// A condition on an element.
#[derive(Clone, Debug)]
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// The path is there.
    Exists(Operand),
    Compare(Operand, Relation, Operand),
    In(Operand, Vec<Json>, bool),
    /// `=~ /pattern/`: the whole value as a text; no pattern never matches.
    Matches(Operand, Option<Box<JavaRegex>>),
    Contains(Operand, Operand),
    /// The length of a text or array.
    Size(Operand, Operand),
    Empty(Operand, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    /// `===`: of one type, too.
    Same,
    NotSame,
}

#[derive(Clone, Debug)]
pub enum Operand {
    Literal(Json),
    /// From the element (`@`) or from the document (`$`).
    Path {
        from_root: bool,
        path: Path,
    },
}

/// Where a filter is tried.
pub(super) struct Surroundings<'a> {
    pub element: &'a Json,
    pub root: &'a Json,
    /// In lax mode a path that leads nowhere gives null.
    pub missing_is_null: bool,
}

/// Parses `(…)` behind `?`.
pub(super) fn parse_filter(parser: &mut PathParser) -> Result<Filter, PathError> {
    parser.skip_space();
    if !parser.eat('(') {
        return Err(parser.invalid());
    }
    let filter = any(parser, 0)?;
    parser.skip_space();
    if parser.eat(')') { Ok(filter) } else { Err(parser.invalid()) }
}

fn any(parser: &mut PathParser, depth: usize) -> Result<Filter, PathError> {
    let mut filters = vec![all(parser, depth)?];
    while operator(parser, "||") {
        filters.push(all(parser, depth)?);
    }
    Ok(if filters.len() == 1 { filters.swap_remove(0) } else { Filter::Or(filters) })
}

fn all(parser: &mut PathParser, depth: usize) -> Result<Filter, PathError> {
    let mut filters = vec![single(parser, depth)?];
    while operator(parser, "&&") {
        filters.push(single(parser, depth)?);
    }
    Ok(if filters.len() == 1 { filters.swap_remove(0) } else { Filter::And(filters) })
}

fn operator(parser: &mut PathParser, text: &str) -> bool {
    parser.skip_space();
    let found = text.chars().enumerate().all(|(i, c)| parser.chars.get(parser.at + i) == Some(&c));
    if found {
        parser.at += text.chars().count();
    }
    found
}

fn single(parser: &mut PathParser, depth: usize) -> Result<Filter, PathError> {
    if depth > 50 {
        return Err(PathError::Unsupported("a filter nested this deep is not supported".to_owned()));
    }
    parser.skip_space();
    if parser.eat('!') {
        parser.skip_space();
        let grouped = matches!(parser.peek(), Some('(' | '!'));
        let filter = single(parser, depth + 1)?;
        // Jayway forgets the '!' before a comparison without parentheses.
        let counts = grouped || matches!(filter, Filter::Exists(_));
        return Ok(if counts { Filter::Not(Box::new(filter)) } else { filter });
    }
    if parser.eat('(') {
        let inner = any(parser, depth + 1)?;
        parser.skip_space();
        return if parser.eat(')') { Ok(inner) } else { Err(parser.invalid()) };
    }
    let left = operand(parser)?;
    let relations = [
        ("===", Relation::Same),
        ("!==", Relation::NotSame),
        ("==", Relation::Eq),
        ("!=", Relation::NotEq),
        ("<=", Relation::LtEq),
        (">=", Relation::GtEq),
        ("<", Relation::Lt),
        (">", Relation::Gt),
    ];
    if let Some((_, relation)) = relations.iter().find(|(text, _)| operator(parser, text)) {
        return Ok(Filter::Compare(left, *relation, operand(parser)?));
    }
    if operator(parser, "=~") {
        return Ok(Filter::Matches(left, pattern(parser)?));
    }
    parser.skip_space();
    let word: String = parser.chars[parser.at..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    parser.at += word.len();
    match word.to_ascii_lowercase().as_str() {
        "in" | "nin" => Ok(Filter::In(left, list(parser)?, word.eq_ignore_ascii_case("nin"))),
        "contains" => Ok(Filter::Contains(left, operand(parser)?)),
        "size" => Ok(Filter::Size(left, operand(parser)?)),
        "empty" => Ok(Filter::Empty(left, operand(parser)?)),
        "" => match left {
            Operand::Path { .. } => Ok(Filter::Exists(left)),
            Operand::Literal(_) => Err(parser.invalid()),
        },
        "all" | "anyof" | "noneof" | "subsetof" | "type" | "matches" => {
            Err(PathError::Unsupported(format!("'{word}' in a filter of a JSON path is not supported")))
        }
        _ => Err(parser.invalid()),
    }
}

/// `/pattern/flags` behind `=~`; `None` for any other value.
fn pattern(parser: &mut PathParser) -> Result<Option<Box<JavaRegex>>, PathError> {
    parser.skip_space();
    if !parser.eat('/') {
        return operand(parser).map(|_| None);
    }
    let mut pattern = String::new();
    loop {
        match parser.peek() {
            Some('/') => break,
            Some('\\') => {
                pattern.push('\\');
                parser.at += 1;
                pattern.extend(parser.peek());
            }
            Some(c) => pattern.push(c),
            None => return Err(parser.invalid()),
        }
        parser.at += 1;
    }
    parser.at += 1;
    let flags: String = parser.chars[parser.at..].iter().take_while(|c| "dixmsuU".contains(**c)).collect();
    parser.at += flags.len();
    if !flags.is_empty() {
        pattern.insert_str(0, &format!("(?{flags})"));
    }
    match JavaRegex::whole(&pattern) {
        Ok(regex) => Ok(Some(Box::new(regex))),
        Err(PatternError::Unsupported(message)) => Err(PathError::Unsupported(message)),
        Err(PatternError::Bad(_)) => Err(parser.invalid()),
    }
}

fn operand(parser: &mut PathParser) -> Result<Operand, PathError> {
    parser.skip_space();
    match parser.peek() {
        Some(start @ ('@' | '$')) => {
            parser.at += 1;
            let (tokens, function) = parser.tokens()?;
            if function.as_ref().is_some_and(|function| function.kind != FunctionKind::Length) {
                return Err(PathError::Unsupported(
                    "a function other than length() in a filter of a JSON path is not supported".to_owned(),
                ));
            }
            Ok(Operand::Path { from_root: start == '$', path: Path { mode: Mode::Strict, tokens, function } })
        }
        _ => literal(parser).map(Operand::Literal),
    }
}

pub(super) fn literal(parser: &mut PathParser) -> Result<Json, PathError> {
    parser.skip_space();
    match parser.peek() {
        Some('\'' | '"') => parser.quoted().map(Json::Text),
        Some('/' | '[' | '{') => {
            Err(PathError::Unsupported("this literal in a filter of a JSON path is not supported".to_owned()))
        }
        _ => {
            let start = parser.at;
            if parser.peek() == Some('+') {
                return Err(parser.invalid());
            }
            while parser.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')) {
                parser.at += 1;
            }
            let word: String = parser.chars[start..parser.at].iter().collect();
            match word.as_str() {
                "true" => Ok(Json::Bool(true)),
                "false" => Ok(Json::Bool(false)),
                "null" => Ok(Json::Null),
                number if number.parse::<f64>().is_ok() => Ok(Json::number(number)),
                _ => Err(parser.invalid()),
            }
        }
    }
}

fn list(parser: &mut PathParser) -> Result<Vec<Json>, PathError> {
    parser.skip_space();
    if !parser.eat('[') {
        return match operand(parser)? {
            // What is no list holds nothing.
            Operand::Literal(_) => Ok(Vec::new()),
            Operand::Path { .. } => {
                Err(PathError::Unsupported("'in' with a path in a filter is not supported".to_owned()))
            }
        };
    }
    let mut items = Vec::new();
    loop {
        parser.skip_space();
        if items.is_empty() && parser.eat(']') {
            return Ok(items);
        }
        items.push(literal(parser)?);
        parser.skip_space();
        if parser.eat(']') {
            return Ok(items);
        }
        if !parser.eat(',') {
            return Err(parser.invalid());
        }
    }
}

impl Filter {
    pub(super) fn holds(&self, at: &Surroundings<'_>) -> bool {
        match self {
            Self::And(filters) => filters.iter().all(|filter| filter.holds(at)),
            Self::Or(filters) => filters.iter().any(|filter| filter.holds(at)),
            Self::Not(filter) => !filter.holds(at),
            Self::Exists(operand) => operand.find(at).is_some(),
            Self::Compare(left, relation, right) => relation.holds(left.value(at), right.value(at)),
            Self::In(operand, list, negated) => {
                let value = operand.value(at);
                let found = value.is_some_and(|value| list.iter().any(|item| equal(&value, item)));
                found != *negated
            }
            Self::Matches(operand, pattern) => {
                let mut text = String::new();
                if let Some(value) =
                    operand.value(at).filter(|value| value.is_scalar() && *value != Json::Null)
                {
                    value.plain(&mut text);
                }
                // A pattern that takes too many steps is not found.
                pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text).unwrap_or(false))
            }
            Self::Contains(operand, part) => match (operand.value(at), part.value(at)) {
                (Some(Json::Text(text)), Some(Json::Text(part))) => text.contains(&part),
                (Some(Json::Array(items)), Some(part)) => items.iter().any(|item| equal(item, &part)),
                _ => false,
            },
            Self::Size(operand, size) => {
                let length = match operand.value(at) {
                    Some(Json::Text(text)) => text.encode_utf16().count(),
                    Some(Json::Array(items)) => items.len(),
                    _ => return false,
                };
                size.value(at) == Some(Json::Int(length as i64))
            }
            Self::Empty(operand, expected) => {
                let empty = match operand.value(at) {
                    Some(Json::Text(text)) => text.is_empty(),
                    Some(Json::Array(items)) => items.is_empty(),
                    _ => return false,
                };
                expected.value(at) == Some(Json::Bool(empty))
            }
        }
    }
}

impl Relation {
    fn holds(self, left: Option<Json>, right: Option<Json>) -> bool {
        let (Some(left), Some(right)) = (left, right) else {
            return matches!(self, Self::NotEq | Self::NotSame);
        };
        let same = || is_number(&left) == is_number(&right) && equal(&left, &right);
        let order = || order(&left, &right);
        match self {
            Self::Eq => equal(&left, &right),
            Self::NotEq => !equal(&left, &right),
            Self::Lt => order().is_some_and(|o| o.is_lt()),
            Self::LtEq => order().is_some_and(|o| o.is_le()),
            Self::Gt => order().is_some_and(|o| o.is_gt()),
            Self::GtEq => order().is_some_and(|o| o.is_ge()),
            Self::Same => same(),
            Self::NotSame => !same(),
        }
    }
}

impl Operand {
    fn value(&self, at: &Surroundings<'_>) -> Option<Json> {
        self.find(at).or(at.missing_is_null.then_some(Json::Null))
    }

    /// Nothing when a part of the path is missing.
    fn find(&self, at: &Surroundings<'_>) -> Option<Json> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Path { from_root, path } => {
                read_or_none(path, if *from_root { at.root } else { at.element })
            }
        }
    }
}

fn as_number(value: &Json) -> Option<f64> {
    match value {
        Json::Int(number) => Some(*number as f64),
        Json::Double(number) => Some(*number),
        Json::Number(text) | Json::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn is_number(value: &Json) -> bool {
    matches!(value, Json::Int(_) | Json::Number(_) | Json::Double(_))
}

/// A number and a text are equal when they name the same number.
fn equal(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Int(l), Json::Int(r)) => l == r,
        (l, r) if is_number(l) || is_number(r) => {
            matches!((as_number(l), as_number(r)), (Some(l), Some(r)) if l == r)
        }
        (l, r) => l == r,
    }
}

fn order(left: &Json, right: &Json) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Json::Int(l), Json::Int(r)) => Some(l.cmp(r)),
        (l, r) if is_number(l) && is_number(r) => as_number(l)?.partial_cmp(&as_number(r)?),
        (Json::Text(l), Json::Text(r)) => Some(l.encode_utf16().cmp(r.encode_utf16())),
        _ => None,
    }
}
