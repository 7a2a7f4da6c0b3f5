//! What stands behind a backslash.

use super::super::class::{UNICODE_WORD, unicode_property};
use super::{NEVER, PatternError, Translated, Translator, bad, predefined, property, unsupported};

/// Behind a character of a word: a letter, a digit, '_', or (up to three) marks on a letter or digit.
const BEHIND_WORD: &str = r"(?:(?<=[\p{L}\p{Nd}_])|(?<=[\p{L}\p{Nd}]\p{Mn})|(?<=[\p{L}\p{Nd}]\p{Mn}{2})|(?<=[\p{L}\p{Nd}]\p{Mn}{3}))";
const BEFORE_WORD: &str = r"(?:(?=[\p{L}\p{Nd}_])|(?=\p{Mn})(?:(?<=[\p{L}\p{Nd}])|(?<=[\p{L}\p{Nd}]\p{Mn})|(?<=[\p{L}\p{Nd}]\p{Mn}{2})))";

/// An extended grapheme cluster (Unicode Standard Annex 29).
const CLUSTER: &str = concat!(
    r"(?>\r\n|[\p{gcb=Control}\r\n]|\p{gcb=Prepend}*(?:",
    r"\p{gcb=L}*(?:\p{gcb=V}+|\p{gcb=LV}\p{gcb=V}*|\p{gcb=LVT})\p{gcb=T}*|\p{gcb=L}+|\p{gcb=T}+|",
    r"\p{gcb=RI}{2}|\p{Extended_Pictographic}(?:\p{gcb=Extend}*\x{200D}\p{Extended_Pictographic})*|",
    r"[^\p{gcb=Control}\r\n])[\p{gcb=Extend}\x{200D}\p{gcb=SpacingMark}]*|[\x00-\x{10FFFF}])",
);

impl Translator {
    /// What stands behind a backslash outside of a class.
    pub(super) fn escape(&mut self) -> Translated {
        let Some(c) = self.next() else { return bad("unexpected internal error") };
        if let Some(set) = predefined(c, self.flags.unicode_classes) {
            return Ok(if set.starts_with("[^") { set } else { format!("[{set}]") });
        }
        Ok(match c {
            'A' => r"\A".to_owned(),
            'z' => r"\z".to_owned(),
            'Z' => self.dollar(false),
            'b' if self.peek() == Some('{') => return unsupported("\\b{g}"),
            'b' if self.plain => r"\b".to_owned(),
            'B' if self.plain => r"\B".to_owned(),
            'b' | 'B' => {
                let (behind, before) = if self.flags.unicode_classes {
                    (format!("(?<=[{UNICODE_WORD}])"), format!("(?=[{UNICODE_WORD}])"))
                } else {
                    (BEHIND_WORD.to_owned(), BEFORE_WORD.to_owned())
                };
                if c == 'b' {
                    format!("(?:{behind}(?!{before})|(?!{behind}){before})")
                } else {
                    format!("(?:{behind}{before}|(?!{behind})(?!{before}))")
                }
            }
            'R' => r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])".to_owned(),
            // Where the last match ended: the start of the text, as long as one match is looked for.
            'G' => {
                self.after_last = true;
                r"\A".to_owned()
            }
            'X' => CLUSTER.to_owned(),
            'N' => return self.named_character(),
            'Q' => {
                let mut out = String::new();
                let mut last = String::new();
                while self.peek().is_some() && !self.starts_with("\\E") {
                    out.push_str(&std::mem::take(&mut last));
                    if let Some(c) = self.next() {
                        last = self.literal(c);
                    }
                }
                if self.peek().is_some() {
                    self.at += 2;
                }
                // A quantifier binds to the last character.
                let last = self.quantified(last, false)?;
                out + &last
            }
            'E' => return bad("illegal escape sequence"),
            'k' => {
                if !self.eat('<') {
                    return bad("\\k is not followed by '<'");
                }
                let name = self.group_name()?;
                match self.names.get(&name) {
                    Some(group) => self.reference(*group)?,
                    None => return bad("named capturing group does not exist"),
                }
            }
            'p' | 'P' => format!("[{}]", self.property(c == 'P')?),
            '1'..='9' => {
                let mut group = c as usize - '0' as usize;
                while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer > self.groups {
                        break;
                    }
                    group = longer;
                    self.at += 1;
                }
                if group > self.groups { NEVER.to_owned() } else { self.reference(group)? }
            }
            _ => match self.character(c)? {
                Some(c) => self.literal(c),
                None => NEVER.to_owned(),
            },
        })
    }

    fn reference(&self, group: usize) -> Translated {
        if self.open.contains(&group) {
            return unsupported("a back reference inside of its own group");
        }
        Ok(match (self.flags.case_blind, self.flags.unicode_case || self.plain) {
            (false, _) => format!("(?:\\{group})"),
            (true, true) => format!("(?i:\\{group})"),
            // Without the flag u only letters of ASCII have cases.
            (true, false) => format!("(?:\\{group}|(?i:\\{group})(?<=[\\x00-\\x7F]))"),
        })
    }

    /// `\N{name}`, of whose names we know none.
    pub(super) fn named_character<T>(&self) -> Result<T, PatternError> {
        if self.peek() == Some('{') {
            unsupported("\\N{name}")
        } else {
            bad("illegal character name escape sequence")
        }
    }

    pub(super) fn property(&mut self, negated: bool) -> Translated {
        let name = if self.eat('{') {
            let mut name = String::new();
            loop {
                match self.next() {
                    Some('}') => break name,
                    Some(c) => name.push(c),
                    None => return bad("unclosed character family"),
                }
            }
        } else {
            match self.next() {
                Some(c) => c.to_string(),
                None => return bad("unknown character property"),
            }
        };
        let name = match unicode_property(&name) {
            _ if !self.flags.unicode_classes => name.as_str(),
            Some(name) => name,
            None => return unsupported("a class of POSIX under the flag U"),
        };
        property(name, negated, self.flags.case_blind)
    }

    /// The character of an escape that stands for one; `None` for half of a surrogate pair, which no text holds.
    pub(super) fn character(&mut self, c: char) -> Result<Option<char>, PatternError> {
        let code = match c {
            't' => 0x09,
            'n' => 0x0A,
            'r' => 0x0D,
            'f' => 0x0C,
            'a' => 0x07,
            'e' => 0x1B,
            '0' => {
                let mut code = None;
                for length in 0..3 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
                    // Three digits only up to \0377.
                    if length == 2 && code.unwrap_or(0) > 0o37 {
                        break;
                    }
                    self.at += 1;
                    code = Some(code.unwrap_or(0) * 8 + digit);
                }
                match code {
                    Some(code) => code,
                    None => return bad("illegal octal escape sequence"),
                }
            }
            'x' if self.eat('{') => {
                let mut code: u32 = 0;
                loop {
                    match self.next() {
                        Some('}') => break code,
                        Some(c) => match c.to_digit(16) {
                            Some(digit) if code <= 0x10_FFFF => code = code * 16 + digit,
                            _ => return bad("hexadecimal codepoint is too big or broken"),
                        },
                        None => return bad("unclosed hexadecimal escape sequence"),
                    }
                }
            }
            'x' => self.hexadecimal(2)?,
            'u' => {
                let unit = self.hexadecimal(4)?;
                if (0xD800..0xDC00).contains(&unit) && self.starts_with("\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hexadecimal(4)?;
                    if (0xDC00..0xE000).contains(&low) {
                        0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                    } else {
                        self.at = back;
                        unit
                    }
                } else {
                    unit
                }
            }
            'c' => match self.next() {
                Some(c) => c as u32 ^ 64,
                None => return bad("illegal control escape sequence"),
            },
            c if c.is_ascii_alphabetic() => return bad("illegal escape sequence"),
            c => c as u32,
        };
        if code > 0x10_FFFF {
            return bad("hexadecimal codepoint is too big");
        }
        Ok(char::from_u32(code))
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<u32, PatternError> {
        let mut code = 0;
        for _ in 0..digits {
            match self.next().and_then(|c| c.to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return bad("illegal hexadecimal escape sequence"),
            }
        }
        Ok(code)
    }
}
