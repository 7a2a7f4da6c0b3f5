//! SIMILAR TO: a regular expression of the SQL standard as a Java one (Calcite `Like.sqlToRegexSimilar`).

const SQL_SPECIALS: &str = "[]()|^-+*_%?{}";
const JAVA_SPECIALS: &str = "[]()|^-+*?{}$\\.";
const CLASSES: &[(&str, &str)] = &[
    ("ALPHA", "\\p{Alpha}"),
    ("UPPER", "\\p{Upper}"),
    ("LOWER", "\\p{Lower}"),
    ("DIGIT", "\\d"),
    ("SPACE", " "),
    ("WHITESPACE", "\\s"),
    ("ALNUM", "\\p{Alnum}"),
];

/// The Java pattern that a whole text must match. A `.` keeps Java's meaning, as in Flink.
pub fn similar_pattern(pattern: &str, escape: Option<char>) -> Result<String, String> {
    let chars: Vec<char> = pattern.chars().collect();
    let wrong = || format!("'{pattern}' is not a regular expression of SIMILAR TO");
    let misplaced = || "the escape character of SIMILAR TO stands before no special character".to_owned();
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut in_class = false;
    let mut at = 0;
    // Writes the character behind an escape.
    let special = |c: Option<&char>, out: &mut String| match c {
        Some(c) if SQL_SPECIALS.contains(*c) => {
            if JAVA_SPECIALS.contains(*c) {
                out.push('\\');
            }
            out.push(*c);
            Ok(())
        }
        Some(c) if Some(*c) == escape => {
            out.push(*c);
            Ok(())
        }
        _ => Err(misplaced()),
    };
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        if Some(c) == escape {
            special(chars.get(at), &mut out)?;
            at += 1;
        } else if in_class {
            let rest: String = chars[at - 1..].iter().take(16).collect();
            if c == ']' {
                in_class = false;
                out.push(']');
            } else if c == '-' || c == '^' {
                out.push(c);
            } else if let Some(name) = rest.strip_prefix("[:") {
                let found = CLASSES.iter().find_map(|(class, java)| {
                    let lower = class.to_ascii_lowercase();
                    let named = [*class, lower.as_str()]
                        .iter()
                        .any(|n| name.strip_prefix(n).is_some_and(|rest| rest.starts_with(":]")));
                    named.then_some((class.len(), *java))
                });
                let (length, java) = found.ok_or_else(wrong)?;
                out.push_str(java);
                at += length + 3;
            } else if SQL_SPECIALS.contains(c) {
                return Err(wrong());
            } else {
                out.push(c);
            }
        } else {
            match c {
                '_' => out.push('.'),
                '%' => out.push_str("(?s:.*)"),
                '[' => {
                    in_class = true;
                    out.push('[');
                }
                ']' => return Err(wrong()),
                '\\' => out.push_str("\\\\"),
                '$' => out.push_str("\\$"),
                other => out.push(other),
            }
        }
    }
    if in_class { Err(wrong()) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_patterns_become_java_ones() {
        assert_eq!(similar_pattern("a_c%", None).unwrap(), "a.c(?s:.*)");
        assert_eq!(similar_pattern("[[:DIGIT:]x]+", None).unwrap(), "[\\dx]+");
        assert_eq!(similar_pattern("!%!!", Some('!')).unwrap(), "%!");
        assert!(similar_pattern("a]", None).is_err() && similar_pattern("[a", None).is_err());
    }
}
