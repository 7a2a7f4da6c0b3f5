//! Writes a Java pattern anew in the syntax of `fancy_regex`.
//!
//! All flags are resolved on the way: the result carries none but Unicode's case folding around single characters.

use std::collections::HashMap;

use super::PatternError;
use super::class::{predefined, property};

/// Deepest nesting of groups and classes.
const DEEPEST: usize = 100;
/// Matches nothing.
const NEVER: &str = "(?!)";
const WORD: &str = r"[\p{L}\p{Nd}_]";
const LINE_BREAKS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

type Translated = Result<String, PatternError>;

/// Translates; `plain` is for ASCII texts without line breaks.
pub fn translate(pattern: &str, plain: bool) -> Translated {
    let mut translator = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        plain,
        flags: Flags::default(),
        groups: 0,
        names: HashMap::new(),
        depth: 0,
    };
    let translated = translator.alternatives()?;
    match translator.peek() {
        None => Ok(translated),
        Some(_) => bad("unmatched closing ')'"),
    }
}

fn bad<T>(message: &str) -> Result<T, PatternError> {
    Err(PatternError::Bad(message.to_owned()))
}

fn unsupported<T>(what: &str) -> Result<T, PatternError> {
    Err(PatternError::Unsupported(format!("{what} in a regular expression is not supported")))
}

#[derive(Clone, Copy, Default)]
struct Flags {
    case_blind: bool,
    unicode_case: bool,
    multi_line: bool,
    dot_all: bool,
    unix_lines: bool,
    comments: bool,
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    plain: bool,
    flags: Flags,
    groups: usize,
    names: HashMap<String, usize>,
    depth: usize,
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.peek_at(i) == Some(c))
    }

    /// Whitespace and comments that the flag `x` lets in.
    fn skip_comments(&mut self) {
        while self.flags.comments {
            match self.peek() {
                Some(c) if c.is_ascii_whitespace() || c == '\x0B' => self.at += 1,
                Some('#') => {
                    while self.peek().is_some_and(|c| !"\n\r\u{85}\u{2028}\u{2029}".contains(c)) {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn alternatives(&mut self) -> Translated {
        self.depth += 1;
        if self.depth > DEEPEST {
            return unsupported("nesting this deep");
        }
        let mut out = self.sequence()?;
        while self.eat('|') {
            out.push('|');
            out.push_str(&self.sequence()?);
        }
        self.depth -= 1;
        Ok(out)
    }

    fn sequence(&mut self) -> Translated {
        let mut out = String::new();
        loop {
            self.skip_comments();
            match self.peek() {
                None | Some('|' | ')') => return Ok(out),
                Some('*' | '+' | '?') => return bad("dangling meta character"),
                Some(_) => {
                    let groups = self.groups;
                    let atom = self.atom()?;
                    out.push_str(&self.quantified(atom, self.groups > groups)?);
                }
            }
        }
    }

    /// Puts the quantifier that follows behind an atom; `capturing` says that it holds groups.
    fn quantified(&mut self, atom: String, capturing: bool) -> Translated {
        self.skip_comments();
        let times = match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                c.to_string()
            }
            Some('{') => {
                self.at += 1;
                self.counts()?
            }
            _ => return Ok(atom),
        };
        // Java's last round may be an empty one that empties the group.
        let matches_nothing = || {
            let alone = fancy_regex::Regex::new(&format!("\\A(?:{atom})\\z"));
            alone.is_ok_and(|regex| regex.is_match("").unwrap_or(true))
        };
        if capturing && times != "?" && matches_nothing() {
            return unsupported("repeating a group that may match nothing");
        }
        // An inline flag or an empty quotation stands for nothing.
        let atom = if atom.is_empty() { "(?:)".to_owned() } else { atom };
        Ok(match self.peek() {
            Some('?') => {
                self.at += 1;
                format!("{atom}{times}?")
            }
            Some('+') => {
                self.at += 1;
                format!("(?>{atom}{times})")
            }
            _ => format!("{atom}{times}"),
        })
    }

    /// What stands behind `{`.
    fn counts(&mut self) -> Translated {
        let Some(least) = self.number()? else { return bad("illegal repetition") };
        let most = if self.eat(',') {
            match self.peek() {
                Some('}') => None,
                _ => match self.number()? {
                    Some(most) => Some(most),
                    None => return bad("illegal repetition range"),
                },
            }
        } else {
            Some(least)
        };
        if !self.eat('}') {
            return bad("unclosed counted closure");
        }
        match most {
            Some(most) if most < least => bad("illegal repetition range"),
            Some(most) => Ok(format!("{{{least},{most}}}")),
            None => Ok(format!("{{{least},}}")),
        }
    }

    fn number(&mut self) -> Result<Option<u32>, PatternError> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            let next = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit));
            match next.filter(|n| *n <= i32::MAX as u32) {
                Some(next) => number = Some(next),
                None => return bad("illegal repetition range"),
            }
        }
        Ok(number)
    }

    fn atom(&mut self) -> Translated {
        match self.next() {
            Some('(') => self.group(),
            Some('[') => {
                let class = self.class()?;
                Ok(format!("[{class}]"))
            }
            Some('.') => Ok(self.dot()),
            Some('^') => Ok(self.caret()),
            Some('$') => Ok(self.dollar(self.flags.multi_line)),
            Some('\\') => self.escape(),
            // Only digits may follow; a stray one repeats nothing.
            Some('{') => {
                self.at -= 1;
                Ok(String::new())
            }
            Some(c) => Ok(self.literal(c)),
            None => Ok(String::new()),
        }
    }

    fn dot(&self) -> String {
        if self.plain || self.flags.dot_all {
            r"[\x00-\x{10FFFF}]".to_owned()
        } else if self.flags.unix_lines {
            r"[^\n]".to_owned()
        } else {
            format!("[^{LINE_BREAKS}]")
        }
    }

    fn caret(&self) -> String {
        if !self.flags.multi_line {
            return r"\A".to_owned();
        }
        // Not at the end of the input, even where a line would start there.
        if self.plain {
            r"(?:\A(?!\z))".to_owned()
        } else if self.flags.unix_lines {
            r"(?:(?!\z)(?:\A|(?<=\n)))".to_owned()
        } else {
            r"(?:(?!\z)(?:\A|(?<=[\n\x{85}\x{2028}\x{2029}])|(?<=\r)(?!\n)))".to_owned()
        }
    }

    /// The end of the input, before a last line break, or of a line; never between `\r` and `\n`.
    fn dollar(&self, multi_line: bool) -> String {
        if self.plain {
            return r"\z".to_owned();
        }
        match (self.flags.unix_lines, multi_line) {
            (true, false) => r"(?:\z|(?=\n\z))",
            (true, true) => r"(?:\z|(?=\n))",
            (false, false) => r"(?:\z|(?=[\r\x{85}\x{2028}\x{2029}]\z)|(?=\r\n\z)|(?<!\r)(?=\n\z))",
            (false, true) => r"(?:\z|(?=[\r\x{85}\x{2028}\x{2029}])|(?<!\r)(?=\n))",
        }
        .to_owned()
    }

    fn group(&mut self) -> Translated {
        let flags = self.flags;
        let mut open = "(".to_owned();
        if self.eat('?') {
            match self.next() {
                Some(c @ (':' | '=' | '!' | '>')) => open = format!("(?{c}"),
                Some('<') => match self.peek() {
                    Some(c @ ('=' | '!')) => {
                        self.at += 1;
                        open = format!("(?<{c}");
                    }
                    _ => {
                        let name = self.group_name()?;
                        self.groups += 1;
                        if self.names.insert(name, self.groups).is_some() {
                            return bad("a named capturing group is already defined");
                        }
                    }
                },
                Some(_) => {
                    self.at -= 1;
                    if !self.inline_flags()? {
                        // `(?i)` lasts to the end of the enclosing group.
                        return Ok(String::new());
                    }
                    open = "(?:".to_owned();
                }
                None => return bad("unknown inline modifier"),
            }
        } else {
            self.groups += 1;
        }
        let inner = self.alternatives()?;
        if !self.eat(')') {
            return bad("unclosed group");
        }
        self.flags = flags;
        Ok(format!("{open}{inner})"))
    }

    fn group_name(&mut self) -> Translated {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_alphanumeric) {
            self.at += 1;
            name.push(c);
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !self.eat('>') {
            return bad("a group name must be letters and digits in '<' and '>'");
        }
        Ok(name)
    }

    /// Reads the flags behind `(?`; true when a group follows.
    fn inline_flags(&mut self) -> Result<bool, PatternError> {
        let mut on = true;
        loop {
            match self.next() {
                Some('-') if on => on = false,
                Some('i') => self.flags.case_blind = on,
                Some('u') => self.flags.unicode_case = on,
                Some('m') => self.flags.multi_line = on,
                Some('s') => self.flags.dot_all = on,
                Some('d') => self.flags.unix_lines = on,
                Some('x') => self.flags.comments = on,
                Some('U') => return unsupported("the flag U"),
                Some(')') => return Ok(false),
                Some(':') => return Ok(true),
                _ => return bad("unknown inline modifier"),
            }
        }
    }

    fn literal(&self, c: char) -> String {
        if !self.flags.case_blind {
            return escaped(c);
        }
        if c.is_ascii_alphabetic() && !self.flags.unicode_case {
            return format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase());
        }
        if self.flags.unicode_case && c.is_alphabetic() { format!("(?i:{})", escaped(c)) } else { escaped(c) }
    }

    /// What stands behind a backslash outside of a class.
    fn escape(&mut self) -> Translated {
        let Some(c) = self.next() else { return bad("unexpected internal error") };
        if let Some(set) = predefined(c) {
            return Ok(if set.starts_with("[^") { set } else { format!("[{set}]") });
        }
        Ok(match c {
            'A' => r"\A".to_owned(),
            'z' => r"\z".to_owned(),
            'Z' => self.dollar(false),
            'b' if self.peek() == Some('{') => return unsupported("\\b{g}"),
            'b' if self.plain => r"\b".to_owned(),
            'B' if self.plain => r"\B".to_owned(),
            'b' => format!("(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))"),
            'B' => format!("(?:(?<={WORD})(?={WORD})|(?<!{WORD})(?!{WORD}))"),
            'R' => r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])".to_owned(),
            'G' | 'X' | 'N' => return unsupported(&format!("\\{c}")),
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
        if self.flags.case_blind {
            return unsupported("a back reference under the flag i");
        }
        Ok(format!("(?:\\{group})"))
    }

    fn property(&mut self, negated: bool) -> Translated {
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
        property(&name, negated, self.flags.case_blind)
    }

    /// The character of an escape that stands for one; `None` for half of a surrogate pair, which no text holds.
    fn character(&mut self, c: char) -> Result<Option<char>, PatternError> {
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

    /// The inside of a class, behind its `[`, up to and with its `]`.
    fn class(&mut self) -> Translated {
        self.depth += 1;
        if self.depth > DEEPEST {
            return unsupported("nesting this deep");
        }
        let mut out = String::new();
        if self.eat('^') {
            out.push('^');
        }
        let mut items = String::new();
        let mut empty = true;
        loop {
            self.skip_class_comments();
            match self.next() {
                None => return bad("unclosed character class"),
                Some(']') if !empty => break,
                Some('[') => {
                    let inner = self.class()?;
                    items.push_str(&format!("[{inner}]"));
                }
                Some('&') if self.peek() == Some('&') => {
                    while self.eat('&') {}
                    if empty || self.peek() == Some(']') {
                        return unsupported("an empty side of &&");
                    }
                    items.push_str("&&");
                }
                Some(c) => items.push_str(&self.class_item(c)?),
            }
            empty = false;
        }
        self.depth -= 1;
        Ok(out + &items)
    }

    fn skip_class_comments(&mut self) {
        while self.flags.comments && self.peek().is_some_and(|c| c.is_ascii_whitespace() || c == '\x0B') {
            self.at += 1;
        }
    }

    /// A character, a range or a set inside of a class.
    fn class_item(&mut self, c: char) -> Translated {
        let low = match c {
            '\\' => match self.class_escape()? {
                ClassEscape::Set(set) => return Ok(set),
                ClassEscape::Character(c) => c,
            },
            c => Some(c),
        };
        self.skip_class_comments();
        let range = self.peek() == Some('-') && !matches!(self.peek_at(1), Some(']' | '[') | None);
        if !range {
            return Ok(low.map_or(String::new(), |c| self.class_character(c)));
        }
        self.at += 1;
        self.skip_class_comments();
        let high = match self.next() {
            Some('\\') => match self.class_escape()? {
                ClassEscape::Set(_) => return bad("illegal character range"),
                ClassEscape::Character(c) => c,
            },
            other => other,
        };
        match (low, high) {
            (Some(low), Some(high)) if low <= high => Ok(self.class_range(low, high)?),
            (Some(_), Some(_)) => bad("illegal character range"),
            _ => unsupported("a range of surrogates"),
        }
    }

    fn class_escape(&mut self) -> Result<ClassEscape, PatternError> {
        let Some(c) = self.next() else { return bad("unclosed character class") };
        if let Some(set) = predefined(c) {
            return Ok(ClassEscape::Set(set));
        }
        Ok(match c {
            'p' | 'P' => ClassEscape::Set(self.property(c == 'P')?),
            'Q' => {
                let mut set = String::new();
                while self.peek().is_some() && !self.starts_with("\\E") {
                    if let Some(c) = self.next() {
                        set.push_str(&self.class_character(c));
                    }
                }
                self.at += 2;
                ClassEscape::Set(set)
            }
            'N' => return unsupported("\\N"),
            '1'..='9' => return bad("illegal escape sequence"),
            c => ClassEscape::Character(self.character(c)?),
        })
    }

    fn class_character(&self, c: char) -> String {
        if self.flags.case_blind
            && (c.is_ascii_alphabetic() || (self.flags.unicode_case && c.is_alphabetic()))
        {
            if !self.flags.unicode_case {
                return format!("{}{}", c.to_ascii_lowercase(), c.to_ascii_uppercase());
            }
            let mut set = escaped(c);
            for other in c.to_lowercase().chain(c.to_uppercase()).filter(|other| *other != c) {
                set.push_str(&escaped(other));
            }
            return set;
        }
        escaped(c)
    }

    fn class_range(&self, low: char, high: char) -> Translated {
        let mut set = format!("{}-{}", escaped(low), escaped(high));
        if !self.flags.case_blind {
            return Ok(set);
        }
        if self.flags.unicode_case && !high.is_ascii() {
            return unsupported("a range of letters beyond ASCII under the flags iu");
        }
        for (from, to, shift) in [('a', 'z', -32i32), ('A', 'Z', 32)] {
            let (start, end) = (low.max(from), high.min(to));
            if start <= end {
                let moved = |c: char| char::from((c as i32 + shift) as u8);
                set.push_str(&format!("{}-{}", moved(start), moved(end)));
            }
        }
        Ok(set)
    }
}

enum ClassEscape {
    Set(String),
    Character(Option<char>),
}

/// The character as a literal, in or out of a class.
fn escaped(c: char) -> String {
    if c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control()) {
        c.to_string()
    } else {
        format!("\\x{{{:X}}}", c as u32)
    }
}
