//! Places of expressions on their way through DataFusion, which keeps those of columns alone.
//!
//! The place of a call stands behind the function's name, enclosed in two characters that no file may hold. The
//! placeholders of functions take it along, and are equal whatever their places are: so are the keys of GROUP BY and
//! what SELECT repeats of them. An expression that is no call is put into one of [`AT`].

use std::borrow::Cow;

use datafusion_common::tree_node::TreeNode;
use datafusion_expr::Expr;
use streamsql_sql::template::{PLACE_CLOSE, PLACE_OPEN};

/// Name of the function that stands around an expression which has a place and is no call. It hides its type from
/// DataFusion, so that it is ours to say what does not fit.
pub const AT: &str = "$AT";

/// A name with the place of its call, `file:line:col`.
pub fn marked(name: &str, place: &str) -> String {
    format!("{name}{PLACE_OPEN}{place}{PLACE_CLOSE}")
}

/// The name alone, and the place behind it.
pub fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once(PLACE_OPEN) {
        Some((bare, place)) => (bare, Some(place.trim_end_matches(PLACE_CLOSE))),
        None => (name, None),
    }
}

/// A text without the places in it, for messages.
pub fn without_places(text: &str) -> Cow<'_, str> {
    if !text.contains(PLACE_OPEN) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(PLACE_OPEN) {
        out.push_str(&rest[..open]);
        let close = rest[open..].find(PLACE_CLOSE);
        rest = close.map_or("", |close| &rest[open + close + PLACE_CLOSE.len_utf8()..]);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// An expression with its casts, which DataFusion's names of columns leave out; none where it has none.
pub fn shown_cast(expression: &Expr) -> Option<String> {
    let is_cast = |expression: &Expr| Ok(matches!(expression, Expr::Cast(_) | Expr::TryCast(_)));
    let has_cast = expression.exists(is_cast).unwrap_or(false);
    has_cast.then(|| without_places(&expression.to_string()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_stands_behind_a_name_and_nowhere_else() {
        let name = marked("LOWER", "a b.sql:3:7");
        assert_eq!(split(&name), ("LOWER", Some("a b.sql:3:7")));
        assert_eq!(split("LOWER"), ("LOWER", None));
        let text = format!("{name}(x) and {}(y)", marked("UPPER", "c.sql:1:1"));
        assert_eq!(without_places(&text), "LOWER(x) and UPPER(y)");
        assert_eq!(without_places("LOWER(x)"), "LOWER(x)");
    }
}
