//! Writes a Java pattern anew in the syntax of `fancy_regex`.
//!
//! All flags are resolved on the way: the result carries none but Unicode's case folding around single characters.

mod class;
mod escape;

use std::collections::HashMap;

use super::PatternError;
use super::class::{predefined, property};

/// Deepest nesting of groups and classes.
const DEEPEST: usize = 100;
/// Matches nothing.
const NEVER: &str = "(?!)";
const LINE_BREAKS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

type Translated = Result<String, PatternError>;

/// A pattern in the syntax of `fancy_regex`.
#[derive(PartialEq, Eq)]
pub struct Translation {
    pub pattern: String,
    /// It has a `\G`: right for the first match of a text, not for later ones.
    pub after_last: bool,
}

/// Translates; `plain` is for ASCII texts without line breaks.
pub fn translate(pattern: &str, plain: bool) -> Result<Translation, PatternError> {
    let mut translator = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        plain,
        flags: Flags::default(),
        groups: 0,
        open: Vec::new(),
        names: HashMap::new(),
        depth: 0,
        after_last: false,
    };
    let pattern = translator.alternatives()?;
    match translator.peek() {
        None => Ok(Translation { pattern, after_last: translator.after_last }),
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
    unicode_classes: bool,
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
    /// Groups whose end was not read yet.
    open: Vec<usize>,
    names: HashMap<String, usize>,
    depth: usize,
    /// `\G` came.
    after_last: bool,
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
        // Java ends a repetition with the first round that matches nothing, and keeps that round's groups.
        if times != "?" && (capturing || has_choices(&atom)) && matches_nothing(&atom) {
            return unsupported("repeating what may match nothing");
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
        let (flags, before) = (self.flags, self.groups);
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
        let outer = self.open.len();
        if self.groups > before {
            self.open.push(self.groups);
        }
        let inner = self.alternatives()?;
        if !self.eat(')') {
            return bad("unclosed group");
        }
        self.open.truncate(outer);
        self.flags = flags;
        let varies = inner.contains(['|', '*', '+', ',']) || inner.replace("(?", "(").contains('?');
        if open.starts_with("(?<") && self.groups > before && varies {
            return unsupported("a capturing group in a look-behind of several lengths");
        }
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
                Some('U') => (self.flags.unicode_classes, self.flags.unicode_case) = (on, on),
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
        let set = self.class_character(c);
        if set == escaped(c) { set } else { format!("[{set}]") }
    }
}

/// Whether a translated atom may match nothing, in one of several surroundings; one that cannot be tried alone may.
fn matches_nothing(atom: &str) -> bool {
    // `\G` holds where the search starts: there the match must end too.
    fancy_regex::Regex::new(&format!("(?:{atom})\\G")).map_or(true, |regex| {
        ["", "a", "a b", "\n1\n"].iter().any(|text| {
            (0..=text.len()).any(|at| {
                regex
                    .find_from_pos(text, at)
                    .map_or(true, |found| found.is_some_and(|found| found.start() == at))
            })
        })
    })
}

/// Whether a translated atom can match in several ways, so that a round of nothing may come before one of something.
fn has_choices(atom: &str) -> bool {
    ["|", "??", "*?", "+?", "}?", "\\b", "\\B", "(?=", "(?!", "(?<"].iter().any(|part| atom.contains(part))
}

/// The character as a literal, in or out of a class.
fn escaped(c: char) -> String {
    if c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace() && !c.is_control()) {
        c.to_string()
    } else {
        format!("\\x{{{:X}}}", c as u32)
    }
}
