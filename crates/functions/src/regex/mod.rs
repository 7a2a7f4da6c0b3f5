//! Java's regular expressions (`java.util.regex` of JDK 11 and 17) over `fancy_regex`.
//!
//! A pattern is parsed by Java's grammar and written anew with the same meaning; what has no exact counterpart is refused.
//! Two forms are kept: one for ASCII texts without line breaks, where `.`, `$` and `\b` are simple, and one for all texts.

mod blocks;
mod class;
mod fold;
mod similar;
mod translate;

use std::sync::OnceLock;

use fancy_regex::{Captures, Regex, RegexBuilder};

pub use similar::similar_pattern;

/// Steps after which a match is given up with an error.
const BACKTRACK_LIMIT: usize = 10_000_000;

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// Java refuses it too.
    Bad(String),
    /// Java has it, we do not.
    Unsupported(String),
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct JavaRegex {
    /// For ASCII texts without line breaks.
    plain: Regex,
    /// For all texts, where it differs; compiled when the first such text comes.
    full: Option<(String, OnceLock<Option<Regex>>)>,
    /// Only the first match of a text is right.
    only_first: bool,
}

impl JavaRegex {
    /// A pattern that is searched for.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        Self::compile(pattern, false)
    }

    /// A pattern that the whole text must match.
    pub fn whole(pattern: &str) -> Result<Self, PatternError> {
        Self::compile(pattern, true)
    }

    fn compile(pattern: &str, whole: bool) -> Result<Self, PatternError> {
        let build = |plain: bool| {
            let mut translated = translate::translate(pattern, plain)?;
            if whole {
                translated.pattern = format!("\\A(?:{})\\z", translated.pattern);
            }
            Ok(translated)
        };
        let (plain, full) = (build(true)?, build(false)?);
        let only_first = plain.after_last;
        let full = (plain != full).then(|| (full.pattern, OnceLock::new()));
        let plain = compiled(&plain.pattern).ok_or_else(|| {
            PatternError::Unsupported(format!("the regular expression '{pattern}' is not supported"))
        })?;
        Ok(Self { plain, full, only_first })
    }

    fn for_text(&self, text: &str) -> Result<&Regex, String> {
        match &self.full {
            Some((pattern, full))
                if !text.is_ascii() || memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some() =>
            {
                full.get_or_init(|| compiled(pattern)).as_ref().ok_or_else(|| {
                    "the regular expression is not supported for texts beyond ASCII".to_owned()
                })
            }
            _ => Ok(&self.plain),
        }
    }

    fn for_all_matches(&self, text: &str) -> Result<&Regex, String> {
        if self.only_first {
            return Err(
                "\\G in a regular expression is not supported where all matches are looked for".to_owned()
            );
        }
        self.for_text(text)
    }

    /// Whether it is found.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        self.for_text(text)?.is_match(text).map_err(|_| too_long())
    }

    /// The groups of the first match.
    pub fn captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, String> {
        self.for_text(text)?.captures(text).map_err(|_| too_long())
    }

    /// Replaces every match by a literal text, as `Matcher.replaceAll` walks: behind a match that is not empty an empty one
    /// may follow.
    pub fn replace_all(&self, text: &str, replacement: &str, out: &mut String) -> Result<(), String> {
        let regex = self.for_all_matches(text)?;
        let (mut from, mut copied) = (0, 0);
        while from <= text.len() {
            let Some(found) = regex.find_from_pos(text, from).map_err(|_| too_long())? else { break };
            out.push_str(&text[copied..found.start()]);
            out.push_str(replacement);
            copied = found.end();
            from = found.end();
            if found.start() == found.end() {
                from += text[from..].chars().next().map_or(1, char::len_utf8);
            }
        }
        out.push_str(&text[copied..]);
        Ok(())
    }

    /// The pieces between matches, as `String.split` gives them for `limit`: 0 drops empty pieces at the end, a positive
    /// one ends with the rest.
    pub fn split<'t>(&self, text: &'t str, limit: usize) -> Result<Vec<&'t str>, String> {
        let regex = self.for_all_matches(text)?;
        let (mut pieces, mut start, mut from) = (Vec::new(), 0, 0);
        while from <= text.len() && (limit == 0 || pieces.len() + 1 < limit) {
            let Some(found) = regex.find_from_pos(text, from).map_err(|_| too_long())? else { break };
            // An empty match at the start gives no empty piece.
            if found.end() > 0 {
                pieces.push(&text[start..found.start()]);
                start = found.end();
            }
            from = found.end();
            if found.start() == found.end() {
                from += text[from..].chars().next().map_or(1, char::len_utf8);
            }
        }
        pieces.push(&text[start..]);
        if limit == 0 && pieces.len() > 1 {
            while pieces.last().is_some_and(|piece| piece.is_empty()) {
                pieces.pop();
            }
        }
        Ok(pieces)
    }
}

/// A set of characters, written as a bracketed class of Rust's regular expressions.
pub struct Class {
    class: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Class {
    pub const fn new(class: &'static str) -> Self {
        Self { class, compiled: OnceLock::new() }
    }

    pub fn contains(&self, c: char) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(self.class).ok());
        compiled.as_ref().is_some_and(|set| set.is_match(c.encode_utf8(&mut [0; 4])).unwrap_or(false))
    }
}

/// Java's `Character.isDigit(char)`: a decimal digit of any script, in one UTF-16 unit.
pub fn is_digit(c: char) -> bool {
    static DIGIT: Class = Class::new(r"\p{Nd}");
    c.is_ascii_digit() || (!c.is_ascii() && c <= '\u{FFFF}' && DIGIT.contains(c))
}

/// Java's `Character.isLetter(char)`: a letter in one UTF-16 unit.
pub fn is_letter(c: char) -> bool {
    static LETTER: Class = Class::new(r"\p{L}");
    c.is_ascii_alphabetic() || (!c.is_ascii() && c <= '\u{FFFF}' && LETTER.contains(c))
}

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).backtrack_limit(BACKTRACK_LIMIT).build().ok()
}

fn too_long() -> String {
    "the regular expression takes too many steps on a text".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(pattern: &str, text: &str) -> Option<String> {
        let captures = JavaRegex::new(pattern).unwrap().captures(text).unwrap()?;
        captures.get(0).map(|m| m.as_str().to_owned())
    }

    #[test]
    fn java_syntax() {
        assert_eq!(first("a++b", "aaab").as_deref(), Some("aaab"));
        assert_eq!(first("a++ab", "aaab"), None);
        assert_eq!(first("[a-z&&[^b]]+", "bcd").as_deref(), Some("cd"));
        assert_eq!(first("[[:alpha:]]", "xyl:").as_deref(), Some("l"));
        assert_eq!(first(r"\Qa.b\E+", "a.bb").as_deref(), Some("a.bb"));
        assert_eq!(first(r"\w+", "é1"), Some("1".to_owned()));
        assert_eq!(first(r"(?i)ä", "Ä"), None);
        assert_eq!(first(r"(?iu)ä", "Ä").as_deref(), Some("Ä"));
        assert_eq!(first(r"c$", "abc\n").as_deref(), Some("c"));
        assert_eq!(first(r".+", "ab\u{2028}c").as_deref(), Some("ab"));
        assert_eq!(first(r"(?<x>a)\k<x>", "baab").as_deref(), Some("aa"));
        assert_eq!(first(r"\uD83D\uDE00", "x😀").as_deref(), Some("😀"));
        assert_eq!(first(r"(a)\11", "aa1").as_deref(), Some("aa1"));
        assert_eq!(first(r"\Gb", "ab"), None);
        assert_eq!(first(r"(?i)(ab)\1", "xAbaBc").as_deref(), Some("AbaB"));
        assert_eq!(first(r"(?i)(.)\1", "Ää"), None);
        assert_eq!(first(r"(?iu)(.)\1", "Ää").as_deref(), Some("Ää"));
        assert_eq!(first(r"(?<=\w{2,4})-", "a-bc-").as_deref(), Some("-"));
        assert_eq!(first("(?iu)[α-ω]+k", "ΑβΓ\u{212a}").as_deref(), Some("ΑβΓ\u{212a}"));
        assert_eq!(first(r"(?U)\b\w+\b", "-éa\u{301}٣-").as_deref(), Some("éa\u{301}٣"));
        assert_eq!(first(r"^\X", "e\u{301}\u{301}x").as_deref(), Some("e\u{301}\u{301}"));
        assert_eq!(first(r"\p{InGreek}+\P{InCyrillic}", "aαβ.").as_deref(), Some("αβ."));
        assert_eq!(first("e\u{301}\\b.", "e\u{301}!").as_deref(), Some("e\u{301}!"));
    }

    #[test]
    fn bad_patterns_are_told_from_unsupported_ones() {
        for pattern in
            ["(", "[", "*a", "a**", "a{,2}", r"\y", ")", "[z-a]", "\\", r"\p{Nope}", "(?<1>a)", r"\N"]
        {
            assert!(matches!(JavaRegex::new(pattern), Err(PatternError::Bad(_))), "{pattern}");
        }
        for pattern in [r"\N{DIGIT ONE}", r"(?U)\p{Graph}", "(?<=(a|bc))d", "(a*)*", "(?:|a)+", r"(a|b\1)+"] {
            assert!(matches!(JavaRegex::new(pattern), Err(PatternError::Unsupported(_))), "{pattern}");
        }
    }

    #[test]
    fn replacing_and_splitting_walk_as_in_java() {
        let replace = |pattern: &str, text: &str| {
            let mut out = String::new();
            JavaRegex::new(pattern).unwrap().replace_all(text, "-", &mut out).unwrap();
            out
        };
        assert_eq!(replace("x*", "axb"), "-a--b-");
        assert_eq!(replace("$", "ab"), "ab-");
        let split = |pattern: &str, text: &'static str, limit| {
            JavaRegex::new(pattern).unwrap().split(text, limit).unwrap()
        };
        assert_eq!(split(",", "a,b,,", 0), ["a", "b"]);
        assert_eq!(split("=", "a=b=c", 2), ["a", "b=c"]);
        assert_eq!(split("", "abc", 0), ["a", "b", "c"]);
    }

    #[test]
    fn no_pattern_panics() {
        const PIECES: &[&str] = &[
            "a", "b", "[", "]", "(", ")", "{", "}", "*", "+", "?", "|", "^", "$", "\\", ".", "-", "&&", ",",
            "1", "2", "\\d", "\\b", "\\p{L}", "\\Q", "\\E", "\\k<x>", "(?<x>", "(?i)", "(?:", "(?<!", "(?>",
            "\\1", "\\x{", "é", "😀", "[^", "#", " ", "\\u00", "~~", "--", "\\R", "(?x)",
        ];
        let mut random = crate::random::JavaRandom::new(7);
        for _ in 0..600 {
            let length = 1 + random.next_int(9);
            let pattern: String =
                (0..length).map(|_| PIECES[random.next_int(PIECES.len() as i32) as usize]).collect();
            if let Ok(regex) = JavaRegex::new(&pattern) {
                for text in ["", "ab", "aé😀\r\n", "a1 2\n"] {
                    let mut out = String::new();
                    let _ = regex.replace_all(text, "-", &mut out);
                    let _ = regex.split(text, 0);
                }
            }
        }
    }
}
