//! When expressions are one: they evaluate the same function over the same columns.
//!
//! The text of an expression does not tell all (the escape character of LIKE is not in it), so two calls are one only
//! where they share what evaluates them: they come from one place of the statements, a view that several read.

use std::fmt::Write;

use crate::logical::{Scalar, ScalarKind};

/// A text that is equal for expressions that are one; none where one of them may give something else next time.
pub fn of<'s>(scalars: impl IntoIterator<Item = &'s Scalar>, condition: bool) -> Option<String> {
    let mut text = String::from(if condition { "where " } else { "" });
    for scalar in scalars {
        if !scalar.is_deterministic() {
            return None;
        }
        write(scalar, &mut text);
        text.push(';');
    }
    Some(text)
}

fn write(scalar: &Scalar, text: &mut String) {
    let mut all = |name: &str, parts: &[&Scalar]| {
        let _ = write!(text, "{name}(");
        for part in parts {
            write(part, text);
            text.push(',');
        }
        text.push(')');
    };
    match &scalar.kind {
        ScalarKind::Column(index) => all(&format!("${index}"), &[]),
        ScalarKind::Literal(value) => all(&format!("{value:?}"), &[]),
        ScalarKind::Call(function, arguments) => {
            let name = format!("{}@{:x}", function.name, function.body.address());
            all(&name, &arguments.iter().collect::<Vec<_>>());
        }
        ScalarKind::And(l, r) => all("AND", &[l, r]),
        ScalarKind::Or(l, r) => all("OR", &[l, r]),
        ScalarKind::Not(operand) => all("NOT", &[operand]),
        ScalarKind::IsNull { operand, negated } => all(&format!("NULL {negated}"), &[operand]),
        ScalarKind::Case { branches, otherwise } => {
            let pairs = branches.iter().flat_map(|(when, then)| [when, then]);
            all("CASE", &pairs.chain(otherwise.iter().map(Box::as_ref)).collect::<Vec<_>>());
        }
    }
    let _ = write!(text, ":{}{}", scalar.logical_type, if scalar.nullable { "?" } else { "" });
}
