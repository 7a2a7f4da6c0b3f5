//! Predefined character classes and properties of Java's regular expressions, as the inside of a bracketed class.

use super::PatternError;
use super::blocks::block;

/// The set of `\d`, `\h`, `\s`, `\v`, `\w`; upper-case letters give the complement; `unicode` says that the flag `U` is on.
pub fn predefined(letter: char, unicode: bool) -> Option<String> {
    let set = match (letter.to_ascii_lowercase(), unicode) {
        ('d', false) => "0-9",
        ('d', true) => r"\p{Nd}",
        ('h', _) => r"\t\x20\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}",
        ('s', false) => r"\t\n\x0B\x0C\r\x20",
        ('s', true) => r"\p{White_Space}",
        ('v', _) => r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}",
        ('w', false) => "a-zA-Z0-9_",
        ('w', true) => UNICODE_WORD,
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() { format!("[^{set}]") } else { set.to_owned() })
}

/// `\w` under the flag `U`.
pub const UNICODE_WORD: &str = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}";

/// The property that a class of POSIX is under the flag `U`, or the name itself; `None` for what we do not have.
pub fn unicode_property(name: &str) -> Option<&str> {
    Some(match name {
        "Lower" => "IsLowercase",
        "Upper" => "IsUppercase",
        "Alpha" => "IsAlphabetic",
        "Digit" => "IsDigit",
        "Space" => "IsWhite_Space",
        "Punct" => "IsPunctuation",
        "Alnum" | "Graph" | "Print" | "Blank" | "Cntrl" | "XDigit" => return None,
        other => other,
    })
}

/// The set of `\p{name}`; `case_blind` says that the flag `i` is on.
pub fn property(name: &str, negated: bool, case_blind: bool) -> Result<String, PatternError> {
    let unsupported = || {
        Err(PatternError::Unsupported(format!(
            "the class \\p{{{name}}} of regular expressions is not supported"
        )))
    };
    let bad = || Err(PatternError::Bad(format!("unknown character property {{{name}}}")));
    let set = match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`{-~",
        "Graph" => "!-~",
        "Print" => r"\x20-~",
        "Blank" => r"\x20\t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r"\t\n\x0B\x0C\r\x20",
        "L1" => r"\x00-\x{FF}",
        "all" => r"\x00-\x{10FFFF}",
        "LD" | "javaLetterOrDigit" => r"\p{L}\p{Nd}",
        "LC" => r"\p{Lu}\p{Ll}\p{Lt}",
        "javaLowerCase" | "IsLowercase" => r"\p{Lowercase}",
        "javaUpperCase" | "IsUppercase" => r"\p{Uppercase}",
        "javaAlphabetic" | "IsAlphabetic" => r"\p{Alphabetic}",
        "IsIdeographic" | "javaIdeographic" => r"\p{Ideographic}",
        "IsWhite_Space" => r"\p{White_Space}",
        "IsLetter" | "javaLetter" => r"\p{L}",
        "IsDigit" | "javaDigit" => r"\p{Nd}",
        "IsPunctuation" => r"\p{P}",
        "IsTitlecase" | "javaTitleCase" => r"\p{Lt}",
        "javaWhitespace" => {
            r"\t-\r\x1C-\x1F\x20\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200A}\x{2028}\x{2029}\x{205F}\x{3000}"
        }
        "javaSpaceChar" => r"\p{Z}",
        "javaISOControl" => r"\x00-\x1F\x7F-\x{9F}",
        _ => "",
    };
    let set = if !set.is_empty() {
        set.to_owned()
    } else if let Some(category) = category(name.strip_prefix("Is").unwrap_or(name)) {
        format!("\\p{{{category}}}")
    } else if let Some((key, value)) = name.split_once('=') {
        match key.to_ascii_lowercase().as_str() {
            "gc" | "general_category" => match category(value) {
                Some(category) => format!("\\p{{{category}}}"),
                None => return bad(),
            },
            "sc" | "script" => match script(value) {
                Some(set) => set,
                None => return bad(),
            },
            "blk" | "block" => in_block(value)?,
            _ => return bad(),
        }
    } else if name.starts_with("java") {
        // Java's other character tests.
        return unsupported();
    } else if let Some(block) = name.strip_prefix("In") {
        in_block(block)?
    } else if let Some(script) = name.strip_prefix("Is").and_then(script) {
        script
    } else {
        return bad();
    };
    let has_case = ["Lower", "Upper", "LC", "{Lu}", "{Ll}", "{Lt}"].iter().any(|part| {
        set.contains(part) || (name.contains(part) && (name.len() < 6 || name.starts_with("java")))
    });
    if case_blind && has_case {
        return unsupported();
    }
    Ok(if negated { format!("[^{set}]") } else { set })
}

/// The set of a block of Unicode by its name.
fn in_block(name: &str) -> Result<String, PatternError> {
    match block(name) {
        None => Err(PatternError::Bad(format!("unknown character block name {{{name}}}"))),
        // Halves of surrogate pairs are no characters here.
        Some((0xD800..=0xDFFF, _)) => Err(PatternError::Unsupported(format!(
            "the block {name} of regular expressions is not supported"
        ))),
        Some((first, last)) => Ok(format!("\\x{{{first:X}}}-\\x{{{last:X}}}")),
    }
}

/// A general category of Unicode by its short name.
fn category(name: &str) -> Option<&str> {
    const CATEGORIES: &[&str] = &[
        "C", "Cc", "Cf", "Cn", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd",
        "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl",
        "Zp", "Zs",
    ];
    CATEGORIES.iter().find(|category| **category == name).copied()
}

/// A script by its name, when the regular expressions below know it.
fn script(name: &str) -> Option<String> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    let set = format!("\\p{{Script={name}}}");
    (plain && fancy_regex::Regex::new(&format!("[{set}]")).is_ok()).then_some(set)
}
