//! Words that the libraries beneath use and a user of Flink SQL does not know: no message may hold one.

const WORDS: &[&str] = &[
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt",
    "Float32",
    "Float64",
    "Utf8",
    "Decimal128",
    "Date32",
    "Time32",
    "Timestamp(",
    "Duration(",
    "DataFusion",
    "datafusion",
    "Arrow",
    "LogicalPlan",
    "Invalid window frame",
    "non-boolean predicate",
    "subquery should only return one column",
    "Error during planning",
    "Schema error",
    "SQL error",
    "sql parser error",
    "Internal error",
    "This feature is not implemented",
    "Physical plan",
    "ScalarSubquery",
    "WindowFunction",
    "coerce",
    "operator =",
    "No field named",
    "Unsupported ast",
    "could not be resolved from available columns",
    "UDF",
];

/// The first such word of a message; excerpts of the user's own files do not count.
pub fn of_libraries(message: &str) -> Option<&'static str> {
    let is_excerpt = |line: &str| {
        line.split_once(" |").is_some_and(|(number, _)| number.trim().bytes().all(|b| b.is_ascii_digit()))
    };
    let said: Vec<&str> = message.lines().filter(|line| !is_excerpt(line)).collect();
    WORDS.iter().copied().find(|word| said.iter().any(|line| line.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_may_hold_any_word() {
        assert_eq!(of_libraries("error: a is Int32\n1 | SELECT a"), Some("Int32"));
        assert_eq!(of_libraries("error: no\n  --> a.sql:1:1\n12 | SELECT Int32\n   | ^"), None);
    }
}
