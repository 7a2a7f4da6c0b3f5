//! Messages about expressions carry the place of what they are about.

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_expr::Expr;
use streamsql_sql::diagnostic::Place;

use crate::bind::names::places;

/// Stands between a message and the place that it is about.
const PLACE: char = '\u{F0004}';

/// Where the part of a statement stands that a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Line and column of the rendered text of the statement at hand, 1-based.
    Rendered(u64, u64),
    /// A place in the user's files.
    File(Place),
}

/// Appends the place of an expression, unless the message has one already: that of the first part of it that has one.
pub(crate) fn with_place(message: String, expr: &Expr) -> String {
    if message.contains(PLACE) {
        return message;
    }
    let mut place = None;
    let _ = expr.apply(|part| {
        place = match part {
            Expr::Column(column) => {
                column.spans.first().map(|span| format!("{} {}", span.start.line, span.start.column))
            }
            Expr::ScalarFunction(function) => places::split(function.func.name()).1.map(str::to_owned),
            _ => None,
        };
        Ok(if place.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    match place {
        Some(at) => format!("{message}{PLACE}{at}{PLACE}"),
        None => message,
    }
}

/// Takes a message apart into its text and, where it has one, its place.
pub fn message_and_place(message: &str) -> (String, Option<Spot>) {
    let mut parts = message.splitn(3, PLACE);
    let (before, place, behind) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let Some(place) = place else { return (message.to_owned(), None) };
    let rendered = place
        .split_once(' ')
        .and_then(|(line, column)| Some(Spot::Rendered(line.parse().ok()?, column.parse().ok()?)));
    let spot = rendered.or_else(|| Place::read(place).map(Spot::File));
    (format!("{before}{}", behind.unwrap_or_default()), spot)
}

/// A message without its place.
pub(crate) fn message_only(message: &str) -> String {
    message_and_place(message).0
}
