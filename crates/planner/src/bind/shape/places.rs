//! Writes into the syntax tree where its expressions stand, for what is said of a row that has no value
//! ([`crate::bind::names::places`]).

use datafusion_sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArguments, Ident, ObjectName, ObjectNamePart, Value,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_sql::parse::expression::call;
use streamsql_sql::template::{PLACE_OPEN, Rendered};

use crate::bind::names::places::{AT, marked, split};

/// Functions that have a value for every row, or that are known by their whole name: time attributes, constructors.
const UNMARKED: &[&str] = &[
    "ARRAY",
    "COALESCE",
    "IF",
    "IFNULL",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "MAP",
    "MULTISET",
    "NOW",
    "PROCTIME",
    "RAND",
    "RAND_INTEGER",
    "ROW",
    "ROW_NUMBER",
    "UUID",
];

/// Beginnings of names of functions that stand for times and windows.
const UNMARKED_FAMILIES: &[&str] = &["$", "CUMULATE", "CURRENT_", "HOP", "SESSION", "TUMBLE"];

/// Gives an expression whose parts were visited already its place, where it may fail.
pub(super) fn mark(expr: &mut Expr, file: &Rendered) {
    match expr {
        Expr::Function(function) => mark_call(function, file),
        Expr::BinaryOp { left, op, .. } if !is_logical(op) => {
            let place = start_of(left, file);
            if let Some(place) = place.filter(|_| !matches!(op, BinaryOperator::Custom(_))) {
                *op = BinaryOperator::Custom(marked(&op.to_string(), &place));
            }
        }
        // The parser of casts leaves the place of its word with the type.
        Expr::Cast { data_type: DataType::Custom(name, _), .. } => {
            let place =
                name.0.first().and_then(ObjectNamePart::as_ident).and_then(|n| place_at(n.span, file));
            wrap(expr, place);
        }
        Expr::Like { expr: operand, .. }
        | Expr::SimilarTo { expr: operand, .. }
        | Expr::Between { expr: operand, .. }
        | Expr::InList { expr: operand, .. }
        | Expr::Extract { expr: operand, .. }
        | Expr::Substring { expr: operand, .. }
        | Expr::Overlay { expr: operand, .. }
        | Expr::Position { expr: operand, .. } => {
            let place = start_of(operand, file);
            wrap(expr, place);
        }
        _ => {}
    }
}

/// Gives a condition its place. One that is no more than a column or a call is hidden from DataFusion, which would say
/// that it is not BOOLEAN in words of its own.
pub(super) fn mark_condition(condition: &mut Expr, file: &Rendered) {
    let bare = match condition {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) => true,
        Expr::Function(function) => !function.name.to_string().contains(PLACE_OPEN),
        _ => false,
    };
    let constant = matches!(condition, Expr::Value(value) if matches!(value.value, Value::Boolean(_)));
    if bare && !constant {
        let place = start_of(condition, file);
        wrap(condition, place);
    }
}

/// The name of a function that stands around an operand, with that operand's place.
pub(super) fn name_around(name: &str, operand: &Expr, file: &Rendered) -> String {
    match start_of(operand, file) {
        Some(place) => marked(name, &place),
        None => name.to_owned(),
    }
}

/// Gives what stands for a call of a user's function the place of that call; its body has places of its own.
pub(super) fn mark_inlined(expr: &mut Expr, call: Span, file: &Rendered) {
    let place = place_at(call, file);
    wrap(expr, place);
}

fn mark_call(function: &mut Function, file: &Rendered) {
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return };
    let upper = name.value.to_ascii_uppercase();
    let plain = function.over.is_none() && matches!(function.args, FunctionArguments::List(_));
    let known = streamsql_functions::function_names().contains(&upper.as_str())
        && !UNMARKED.contains(&upper.as_str())
        && !UNMARKED_FAMILIES.iter().any(|family| upper.starts_with(family));
    if !plain || !known {
        return;
    }
    if let Some(place) = place_at(name.span, file) {
        let name = Ident { value: marked(&upper, &place), quote_style: Some('`'), span: name.span };
        function.name = ObjectName::from(vec![name]);
    }
}

fn wrap(expr: &mut Expr, place: Option<String>) {
    let Some(place) = place else { return };
    let inner = std::mem::replace(expr, Expr::Value(Value::Null.into()));
    *expr = quoted(call(AT, vec![inner]), marked(AT, &place));
}

/// A call under another name, which is taken as it is.
pub(super) fn quoted(mut call: Expr, name: String) -> Expr {
    if let Expr::Function(function) = &mut call {
        function.name = ObjectName::from(vec![Ident::with_quote('`', name)]);
    }
    call
}

fn is_logical(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::And | BinaryOperator::Or)
}

fn place_at(span: Span, file: &Rendered) -> Option<String> {
    (span.start.line > 0).then(|| file.place_text(span.start.line, span.start.column))
}

/// Where an operand starts. Operands that were marked tell it, so that a chain is not gone through for each of its
/// operators.
fn start_of(expr: &Expr, file: &Rendered) -> Option<String> {
    match expr {
        Expr::BinaryOp { op: BinaryOperator::Custom(op), .. } => split(op).1.map(str::to_owned),
        Expr::BinaryOp { left: operand, .. }
        | Expr::Nested(operand)
        | Expr::UnaryOp { expr: operand, .. }
        | Expr::IsNull(operand)
        | Expr::IsNotNull(operand)
        | Expr::IsTrue(operand)
        | Expr::IsNotTrue(operand)
        | Expr::IsFalse(operand)
        | Expr::IsNotFalse(operand)
        | Expr::IsUnknown(operand)
        | Expr::IsNotUnknown(operand) => start_of(operand, file),
        Expr::Function(function) => {
            let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else { return None };
            match split(&name.value).1 {
                Some(place) => Some(place.to_owned()),
                None => place_at(name.span, file),
            }
        }
        Expr::Identifier(name) => place_at(name.span, file),
        Expr::CompoundIdentifier(parts) => parts.first().and_then(|name| place_at(name.span, file)),
        Expr::Value(value) => place_at(value.span, file),
        Expr::Case { case_token, .. } => place_at(case_token.0.span, file),
        Expr::Trim { expr, .. } | Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => start_of(expr, file),
        Expr::CompoundFieldAccess { root, .. } => start_of(root, file),
        _ => None,
    }
}
