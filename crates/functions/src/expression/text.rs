//! Expressions and values as an error shows them.

use std::fmt::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use streamsql_core::{LogicalType, text};

use super::{Call, Expression, Kind};
use crate::call::Arg;
use crate::compare::{Comparison, UNLIKE_NOT_DISTINCT};

/// Characters of an expression or a value that an error shows.
const MOST: usize = 80;

/// A call in Flink's manner; `operands` are the texts of operands in brackets where they need some, `list` those of
/// arguments.
pub fn call_text(
    name: &str,
    arguments: usize,
    result: &LogicalType,
    operand: impl Fn(usize) -> String,
    argument: impl Fn(usize) -> String,
) -> String {
    let name = if name == UNLIKE_NOT_DISTINCT { Comparison::NotDistinct.symbol() } else { name };
    match arguments {
        2 if is_symbol(name) => format!("{} {name} {}", operand(0), operand(1)),
        1 if name == "-" => format!("-{}", operand(0)),
        1 if name == "CAST" || name == "TRY_CAST" => format!("{name}({} AS {result})", argument(0)),
        _ => {
            let list: Vec<String> = (0..arguments).map(argument).collect();
            format!("{name}({})", list.join(", "))
        }
    }
}

/// Whether a function is written between its operands.
pub fn is_symbol(name: &str) -> bool {
    name.starts_with(|c: char| !c.is_ascii_alphanumeric() && c != '_') || name.starts_with("IS ")
}

/// The first characters of a text.
pub(super) fn clipped(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// `; a = 1, b = 'x'`: the arguments that are no constants, of the one row at hand.
pub(super) fn values(expressions: &[Expression], arguments: &[Arg]) -> String {
    let mut out = String::new();
    for (expression, argument) in expressions.iter().zip(arguments) {
        if expression.value_of_constant().is_some() || argument.array.is_empty() {
            continue;
        }
        out.push_str(if out.is_empty() { "; " } else { ", " });
        let name = clipped(&expression.operand_text());
        let _ = write!(out, "{name} = {}", clipped(&sql_text(argument.array.as_ref(), 0)));
    }
    out
}

/// A value as a literal would write it.
fn sql_text(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "NULL".to_owned();
    }
    match array.data_type() {
        DataType::Utf8 => format!("'{}'", clipped(&array.as_string::<i32>().value(row).replace('\'', "''"))),
        DataType::Binary => {
            let bytes = array.as_binary::<i32>().value(row).iter().take(MOST / 2);
            bytes.fold(String::from("x'"), |out, byte| out + &format!("{byte:02x}")) + "'"
        }
        data_type if data_type.is_nested() => "…".to_owned(),
        data_type if data_type.is_integer() || data_type.is_floating() || *data_type == DataType::Boolean => {
            arrow::util::display::array_value_to_string(array, row).unwrap_or_default().to_uppercase()
        }
        _ => {
            let mut out = String::new();
            match text::scalar(array, row, &mut out) {
                Ok(()) => out,
                Err(_) => "…".to_owned(),
            }
        }
    }
}

impl Call {
    pub(super) fn text(&self) -> String {
        // The clauses of the JSON functions are arguments here, which nobody wrote like that.
        let written = match self.function.name.as_str() {
            "JSON_EXISTS" | "JSON_VALUE" | "JSON_QUERY" => Some(2),
            "JSON_OBJECT" | "JSON_ARRAY" => Some(0),
            _ => None,
        };
        if let Some(written) = written.filter(|written| *written < self.arguments.len()) {
            let arguments = self.arguments.iter().take(written).map(|argument| argument.text() + ", ");
            return format!("{}({}…)", self.function.name, arguments.collect::<String>());
        }
        call_text(
            &self.function.name,
            self.arguments.len(),
            &self.logical_type,
            |i| self.arguments[i].operand_text(),
            |i| self.arguments[i].text(),
        )
    }
}

impl Expression {
    fn operand_text(&self) -> String {
        let bracketed = match &self.kind {
            Kind::And(_) | Kind::Or(_) => true,
            Kind::Call(call) => is_symbol(&call.function.name),
            _ => false,
        };
        if bracketed { format!("({})", self.text()) } else { self.text() }
    }

    /// As SQL; constants that were computed stand for what they were computed from.
    fn text(&self) -> String {
        let chain = |parts: &[Expression], word: &str| {
            parts.iter().map(Self::operand_text).collect::<Vec<_>>().join(word)
        };
        match &self.kind {
            Kind::Column { name, .. } => name.to_string(),
            Kind::Constant(value) => sql_text(value.as_ref(), 0),
            Kind::Call(call) => call.text(),
            Kind::And(parts) => chain(parts, " AND "),
            Kind::Or(parts) => chain(parts, " OR "),
            Kind::Not(operand) => format!("NOT {}", operand.operand_text()),
            Kind::IsNull { operand, negated } => {
                format!("{} IS {}NULL", operand.operand_text(), if *negated { "NOT " } else { "" })
            }
            Kind::Case { .. } => "CASE … END".to_owned(),
            Kind::Coalesce(values, _) => {
                format!("COALESCE({})", values.iter().map(Self::text).collect::<Vec<_>>().join(", "))
            }
        }
    }
}
