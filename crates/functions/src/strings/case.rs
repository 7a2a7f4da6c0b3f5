//! UPPER, LOWER and INITCAP.

use crate::regex::Class;

/// INITCAP: a word is a run of ASCII letters and digits; only ASCII letters change.
pub fn init_cap(s: &str, out: &mut String) {
    let mut in_word = false;
    for c in s.chars() {
        out.push(if in_word { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
        in_word = c.is_ascii_alphanumeric();
    }
}

/// UPPER and LOWER as `String.toUpperCase` and `toLowerCase` of Java change texts.
pub fn change_case(s: &str, upper: bool, out: &mut String) {
    if s.is_ascii() {
        let start = out.len();
        out.push_str(s);
        let changed = &mut out[start..];
        if upper { changed.make_ascii_uppercase() } else { changed.make_ascii_lowercase() }
    } else if upper {
        out.push_str(&s.to_uppercase());
    } else if s.contains('Σ') {
        let chars: Vec<char> = s.chars().collect();
        for (at, c) in chars.iter().enumerate() {
            match c {
                'Σ' => out.push(if ends_word(&chars, at) { 'ς' } else { 'σ' }),
                c => out.extend(c.to_lowercase()),
            }
        }
    } else {
        out.push_str(&s.to_lowercase());
    }
}

/// Whether the letter at `at` has letters with case before it and none behind it, in the same word (Java's
/// `ConditionalSpecialCasing.isFinalCased`).
fn ends_word(chars: &[char], at: usize) -> bool {
    let before = (1..=at).rev().take_while(|i| joined(chars, *i)).any(|i| is_cased(chars[i - 1]));
    let after = || (at + 1..chars.len()).take_while(|i| joined(chars, *i)).any(|i| is_cased(chars[i]));
    before && !after()
}

/// Whether Java's `BreakIterator` for words keeps the characters at `at - 1` and `at` together.
fn joined(chars: &[char], at: usize) -> bool {
    let is = |index: Option<usize>, set: &Class| {
        index.and_then(|index| chars.get(index)).is_some_and(|c| set.contains(*c))
    };
    let (before, c) = (Some(at - 1), Some(at));
    is(c, &IGNORED)
        || (is(before, &LETTER_OR_DIGIT) && is(c, &LETTER_OR_DIGIT))
        || (is(before, &LETTER_OR_DIGIT) && is(c, &INSIDE_WORD) && is(Some(at + 1), &LETTER_OR_DIGIT))
        || (is(before, &INSIDE_WORD) && is(c, &LETTER_OR_DIGIT) && is(at.checked_sub(2), &LETTER_OR_DIGIT))
}

static IGNORED: Class = Class::new(r"[\p{Mn}\p{Me}\p{Cf}]");
static LETTER_OR_DIGIT: Class =
    Class::new(r"[\p{L}\p{Mc}\p{N}&&[^\x{3005}\x{3041}-\x{30FE}\x{4E00}-\x{9FA5}\x{F900}-\x{FA2D}]]");
/// What may stand once between letters of a word.
static INSIDE_WORD: Class = Class::new(r#"[\p{Pd}\p{Pc}\x{AD}\x{2027}"'.]"#);

/// Whether a character has case, by the list of `ConditionalSpecialCasing`.
fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || matches!(c, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ' | '\u{1F88}'..='\u{1FFC}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sigma_of_a_word_is_final() {
        let lower = |s: &str| {
            let mut out = String::new();
            change_case(s, false, &mut out);
            out
        };
        // From Java's `toLowerCase`.
        assert_eq!(lower("ΑΣ ΑΣ. ΣΑ Σ"), "ας ας. σα σ");
        assert_eq!(lower("ΑΣ1 Α.Σ ΑΣ-Σ"), "ας1 α.ς ασ-ς");
        assert_eq!(lower("İSTANBUL É"), "i\u{307}stanbul é");
    }
}
