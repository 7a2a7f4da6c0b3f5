//! What the planner of names says, in Flink's words: types, literals, constructs.

/// What a message begins with, and what it means.
const MEANINGS: &[(&str, &str)] = &[
    ("Invalid window frame", "the frame of OVER (ROWS or RANGE BETWEEN …) is not possible"),
    ("Window frame", "OVER with a frame (ROWS or RANGE BETWEEN …) is not supported yet"),
    ("RANGE requires", "RANGE in OVER needs exactly one column in ORDER BY"),
    ("GROUPS requires", "OVER with GROUPS does not exist in Flink SQL"),
    (
        "Too many columns! The subquery should only return one column",
        "the subquery must have exactly one column",
    ),
    ("Subquery must return", "the subquery must have exactly one column"),
    ("Physical plan does not support", "this form of SQL is not supported yet"),
    ("Unsupported ast node", "this form of SQL is not supported yet"),
    ("Unsupported SQL", "this form of SQL is not supported yet"),
    ("Internal error", "this form of SQL is not supported yet"),
    (
        "Aggregate functions are not allowed in the WHERE clause",
        "an aggregate function stands in WHERE; use HAVING",
    ),
    (
        "Column in HAVING must be in GROUP BY",
        "HAVING reads a column that is neither in GROUP BY nor in an aggregate function",
    ),
    (
        "Column in SELECT must be in GROUP BY",
        "a column of SELECT is neither in GROUP BY nor in an aggregate function",
    ),
    (
        "UNION queries have different number of columns",
        "the sides of UNION have different numbers of columns",
    ),
    (
        "Each UNION query must have the same number of columns",
        "the sides of UNION have different numbers of columns",
    ),
    (
        "Source table contains",
        "a list of column names, or of values before IN, is longer or shorter than the rows that it stands for",
    ),
    ("LATERAL syntax is not supported for", "RIGHT and FULL joins take no LATERAL table and no UNNEST"),
    ("Inconsistent data length across values list", "the rows of VALUES have different numbers of columns"),
    (
        "Projections require unique expression names",
        "two columns of SELECT have the same name; give one another with AS",
    ),
];

/// Types and names of the planner, and Flink's.
const NAMES: &[(&str, &str)] = &[
    ("LargeUtf8", "STRING"),
    ("Utf8View", "STRING"),
    ("Utf8", "STRING"),
    ("Boolean", "BOOLEAN"),
    ("Int8", "TINYINT"),
    ("Int16", "SMALLINT"),
    ("Int32", "INT"),
    ("Int64", "BIGINT"),
    ("UInt64", "BIGINT"),
    ("Float32", "FLOAT"),
    ("Float64", "DOUBLE"),
    ("Decimal128", "DECIMAL"),
    ("Date32", "DATE"),
    ("Time32", "TIME"),
    ("Binary", "BYTES"),
];

/// The message in Flink's words.
pub(crate) fn reworded(message: &str) -> String {
    if let Some((_, meaning)) = MEANINGS.iter().find(|(start, _)| message.starts_with(start)) {
        return (*meaning).to_owned();
    }
    if let Some(rest) = message.strip_prefix("Cannot create filter with non-boolean predicate '") {
        let (predicate, found) = rest.rsplit_once("' returning ").unwrap_or((rest, ""));
        return format!("a condition needs a BOOLEAN, '{}' is {}", names(predicate), names(found));
    }
    if let Some(found) = message.strip_prefix("Unary operator 'NOT' requires a boolean expression, got ") {
        return format!("NOT needs a BOOLEAN, found {}", names(found));
    }
    if message.starts_with("Unary operator '-' only supports") {
        return "'-' before a value needs a number or an interval".to_owned();
    }
    if message.starts_with("Unary operator '+' only supports") {
        return "'+' before a value needs a number or an interval".to_owned();
    }
    if let Some(rest) = message.strip_prefix("Aggregate function calls cannot be nested") {
        let inner = rest.split('\'').nth(1).map_or(String::new(), |inner| format!(": {}", names(inner)));
        return format!("an aggregate function stands inside another{inner}");
    }
    if let Some(column) = message.strip_prefix("Ambiguous reference to unqualified field ") {
        return format!(
            "column '{column}' is in more than one of the tables: write its table before it, as in t.{column}"
        );
    }
    if let Some(rest) = message.strip_prefix("Expression ") {
        let (expression, rest) =
            rest.split_once(" could not be resolved from available columns").unwrap_or((rest, ""));
        if !rest.is_empty() {
            return format!("{} is neither in GROUP BY nor in an aggregate function", names(expression));
        }
    }
    names(message)
}

/// Types by Flink's names, and literals as they are written: `Int64(1)`, `Utf8("a")`.
fn names(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (word, behind) = from.split_at(end);
        rest = behind;
        let Some((_, flink)) = NAMES.iter().find(|(name, _)| *name == word) else {
            out.push_str(word);
            continue;
        };
        let literal = behind.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        match literal {
            Some((value, behind)) if *flink != "DECIMAL" => {
                out.push_str(&value.replace('"', "'"));
                rest = behind;
            }
            _ => out.push_str(flink),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_literals_are_those_of_flink() {
        for (said, shown) in [
            ("cannot add Int32 and Utf8", "cannot add INT and STRING"),
            ("t.a = Int64(1)", "t.a = 1"),
            ("f(Utf8(\"x\"))", "f('x')"),
            ("Decimal128(10, 2)", "DECIMAL(10, 2)"),
            ("the column Int32x", "the column Int32x"),
            (
                "Cannot create filter with non-boolean predicate 't.a' returning Int32",
                "a condition needs a BOOLEAN, 't.a' is INT",
            ),
        ] {
            assert_eq!(reworded(said), shown);
        }
    }
}
