//! Messages about expressions carry the place of what they are about.

use datafusion_expr::Expr;

/// Stands between a message and the line and column that it is about.
const PLACE: char = '\u{F0004}';

/// Appends the place of the first column of an expression, unless the message has one already.
pub(crate) fn with_place(message: String, expr: &Expr) -> String {
    if message.contains(PLACE) {
        return message;
    }
    let mut place = None;
    let _ = datafusion_common::tree_node::TreeNode::apply(expr, |part| {
        if let Expr::Column(column) = part
            && let Some(span) = column.spans.first()
        {
            place = Some(span.start);
            return Ok(datafusion_common::tree_node::TreeNodeRecursion::Stop);
        }
        Ok(datafusion_common::tree_node::TreeNodeRecursion::Continue)
    });
    match place {
        Some(at) => format!("{message}{PLACE}{} {}", at.line, at.column),
        None => message,
    }
}

/// Takes a message apart into its text and, where it has one, line and column of the rendered text.
pub fn message_and_place(message: &str) -> (String, Option<(u64, u64)>) {
    let Some(start) = message.find(PLACE) else { return (message.to_owned(), None) };
    let rest = &message[start + PLACE.len_utf8()..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ' ').unwrap_or(rest.len());
    let mut numbers = rest[..end].split(' ').filter_map(|n| n.parse().ok());
    let place = numbers.next().zip(numbers.next());
    (format!("{}{}", &message[..start], &rest[end..]), place)
}

/// A message without its place.
pub(crate) fn message_only(message: &str) -> String {
    message_and_place(message).0
}
