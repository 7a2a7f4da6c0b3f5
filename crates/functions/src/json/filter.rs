//! Filters of JSON paths, `[?(@.price > 10 && @.name)]`.

use super::Json;
use super::path::{PathError, PathParser, Token};
use super::walk::read_or_none;

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}

#[derive(Clone, Debug)]
pub enum Operand {
    Literal(Json),
    /// From the element (`@`) or from the document (`$`).
    Path {
        from_root: bool,
        tokens: Vec<Token>,
    },
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
        return Ok(Filter::Not(Box::new(single(parser, depth + 1)?)));
    }
    if parser.eat('(') {
        let inner = any(parser, depth + 1)?;
        parser.skip_space();
        return if parser.eat(')') { Ok(inner) } else { Err(parser.invalid()) };
    }
    let left = operand(parser)?;
    let relations = [
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
    parser.skip_space();
    let word: String = parser.chars[parser.at..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    match word.to_ascii_lowercase().as_str() {
        "in" | "nin" => {
            parser.at += word.len();
            Ok(Filter::In(left, list(parser)?, word.eq_ignore_ascii_case("nin")))
        }
        "" if parser.peek() == Some('=') => {
            Err(PathError::Unsupported("'=~' in a filter of a JSON path is not supported".to_owned()))
        }
        "" => match left {
            Operand::Path { .. } => Ok(Filter::Exists(left)),
            Operand::Literal(_) => Err(parser.invalid()),
        },
        other => {
            Err(PathError::Unsupported(format!("'{other}' in a filter of a JSON path is not supported")))
        }
    }
}

fn operand(parser: &mut PathParser) -> Result<Operand, PathError> {
    parser.skip_space();
    match parser.peek() {
        Some(start @ ('@' | '$')) => {
            parser.at += 1;
            let (tokens, function) = parser.tokens()?;
            if function.is_some() {
                return Err(PathError::Unsupported(
                    "a function in a filter of a JSON path is not supported".to_owned(),
                ));
            }
            Ok(Operand::Path { from_root: start == '$', tokens })
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
        return Err(PathError::Unsupported("'in' without a list in a filter is not supported".to_owned()));
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
    pub fn holds(&self, element: &Json, root: &Json) -> bool {
        match self {
            Self::And(filters) => filters.iter().all(|filter| filter.holds(element, root)),
            Self::Or(filters) => filters.iter().any(|filter| filter.holds(element, root)),
            Self::Not(filter) => !filter.holds(element, root),
            Self::Exists(operand) => operand.value(element, root).is_some(),
            Self::Compare(left, relation, right) => {
                let (left, right) = (left.value(element, root), right.value(element, root));
                let order = || match (&left, &right) {
                    (Some(left), Some(right)) => order(left, right),
                    _ => None,
                };
                let equal = || matches!((&left, &right), (Some(left), Some(right)) if equal(left, right));
                match relation {
                    Relation::Eq => equal(),
                    Relation::NotEq => !equal(),
                    Relation::Lt => order().is_some_and(|o| o.is_lt()),
                    Relation::LtEq => order().is_some_and(|o| o.is_le()),
                    Relation::Gt => order().is_some_and(|o| o.is_gt()),
                    Relation::GtEq => order().is_some_and(|o| o.is_ge()),
                }
            }
            Self::In(operand, list, negated) => {
                let value = operand.value(element, root);
                let found = value.is_some_and(|value| list.iter().any(|item| equal(&value, item)));
                found != *negated
            }
        }
    }
}

impl Operand {
    fn value(&self, element: &Json, root: &Json) -> Option<Json> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Path { from_root, tokens } => read_or_none(tokens, if *from_root { root } else { element }),
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
