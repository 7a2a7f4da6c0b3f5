//! Bracketed classes: `[a-z&&[^b]]`.

use super::super::fold::{alike, alike_range};
use super::{DEEPEST, PatternError, Translated, Translator, bad, escaped, predefined, unsupported};

enum ClassEscape {
    Set(String),
    Character(Option<char>),
}

impl Translator {
    /// The inside of a class, behind its `[`, up to and with its `]`.
    pub(super) fn class(&mut self) -> Translated {
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
        if let Some(set) = predefined(c, self.flags.unicode_classes) {
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
            'N' => return self.named_character(),
            '1'..='9' => return bad("illegal escape sequence"),
            c => ClassEscape::Character(self.character(c)?),
        })
    }

    pub(super) fn class_character(&self, c: char) -> String {
        if self.flags.case_blind && self.flags.unicode_case {
            return alike(c).fold(escaped(c), |set, other| set + &escaped(other));
        }
        if self.flags.case_blind && c.is_ascii_alphabetic() {
            return format!("{}{}", c.to_ascii_lowercase(), c.to_ascii_uppercase());
        }
        // As a range it does not start what Rust's syntax takes for `[:alpha:]`.
        if c == ':' { ":-:".to_owned() } else { escaped(c) }
    }

    fn class_range(&self, low: char, high: char) -> Translated {
        let mut set = format!("{}-{}", escaped(low), escaped(high));
        if !self.flags.case_blind {
            return Ok(set);
        }
        if self.flags.unicode_case {
            return Ok(alike_range(low, high).fold(set, |set, other| set + &escaped(other)));
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
