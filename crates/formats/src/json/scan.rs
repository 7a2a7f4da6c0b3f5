//! A scanner of JSON text that allocates nothing and never recurses.
//!
//! Grammar as Jackson 2.14 with `ALLOW_UNESCAPED_CONTROL_CHARS`, which is how Flink sets it up: RFC 8259, and control
//! characters may stand in texts as they are.

use std::borrow::Cow;

use streamsql_core::digits;
use wide::u8x16;

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The text is no JSON; nothing after this place can be trusted.
    Syntax(String),
    /// A value does not fit its column; `path` is that of a nested field, inside the column.
    Value { path: Option<String>, reason: Cow<'static, str> },
}

impl Fault {
    pub fn value(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Value { path: None, reason: reason.into() }
    }

    /// The same fault, seen from the row that holds `field`.
    pub fn inside(self, field: &str) -> Self {
        match self {
            Self::Value { path: None, reason } => Self::Value { path: Some(field.to_owned()), reason },
            Self::Value { path: Some(path), reason } => {
                Self::Value { path: Some(format!("{field}.{path}")), reason }
            }
            syntax => syntax,
        }
    }
}

/// A text between its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    pub raw: &'a str,
    /// It holds at least one backslash.
    pub escaped: bool,
}

impl<'a> Text<'a> {
    /// The text itself.
    pub fn unescaped(self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut out = Vec::with_capacity(self.raw.len());
        unescape(self.raw, &mut out);
        Cow::Owned(String::from_utf8(out).unwrap_or_default())
    }
}

/// Which containers are open: one bit each, set for an object.
#[derive(Default)]
struct Nesting {
    bits: Vec<u64>,
    depth: usize,
}

impl Nesting {
    fn push(&mut self, is_object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if word == self.bits.len() {
            self.bits.push(0);
        }
        self.bits[word] = self.bits[word] & !(1 << bit) | u64::from(is_object) << bit;
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth -= 1;
    }

    fn in_object(&self) -> bool {
        let last = self.depth - 1;
        self.bits[last / 64] >> (last % 64) & 1 == 1
    }
}

/// Walks over one JSON text.
pub struct Scanner<'a> {
    text: &'a str,
    pub at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// The text from `start` up to here.
    pub fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    pub fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    #[inline]
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes the end of an object, when it is next.
    pub fn ends_object(&mut self) -> bool {
        self.space();
        self.take(b'}')
    }

    #[inline]
    pub fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.take(byte) { Ok(()) } else { Err(self.unexpected(&format!("'{}'", char::from(byte)))) }
    }

    #[cold]
    pub fn unexpected(&self, expected: &str) -> Fault {
        Fault::Syntax(match self.peek() {
            None => format!("the record ends where {expected} is expected"),
            Some(_) => format!("expected {expected} at byte {}", self.at),
        })
    }

    /// A text with its quotes; its escapes are checked.
    #[inline]
    pub fn string(&mut self) -> Result<Text<'a>, Fault> {
        match self.plain_string() {
            Some(raw) => Ok(Text { raw, escaped: false }),
            None => self.escaped_string(),
        }
    }

    /// A text without escapes; `None`, and nothing passed, for anything else.
    #[inline]
    pub fn plain_string(&mut self) -> Option<&'a str> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let end = start + quote_or_backslash(&bytes[start..])?;
        if bytes[end] != b'"' {
            return None;
        }
        self.at = end + 1;
        Some(&self.text[start..end])
    }

    #[inline(never)]
    fn escaped_string(&mut self) -> Result<Text<'a>, Fault> {
        self.expect(b'"')?;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        loop {
            let Some(offset) = quote_or_backslash(&bytes[self.at..]) else {
                self.at = bytes.len();
                return Err(Fault::Syntax("a text is not closed".to_owned()));
            };
            let found = self.at + offset;
            if bytes[found] == b'"' {
                self.at = found + 1;
                return Ok(Text { raw: &self.text[start..found], escaped });
            }
            escaped = true;
            self.at = found + 1;
            self.escape()?;
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let digits = self.rest().get(1..5);
                if !digits.is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(Fault::Syntax(format!(
                        "\\u needs four hexadecimal digits, at byte {}",
                        self.at
                    )));
                }
                self.at += 5;
            }
            None => return Err(Fault::Syntax("a text is not closed".to_owned())),
            Some(_) => {
                return Err(Fault::Syntax(format!("an unknown escape in a text, at byte {}", self.at)));
            }
        }
        Ok(())
    }

    /// A key and the colon behind it.
    #[inline]
    pub fn key(&mut self) -> Result<Text<'a>, Fault> {
        let key = self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Ok(key)
    }

    /// `true`, `false` or `null`, after its first letter was seen.
    #[inline]
    pub fn word(&mut self, word: &str) -> Result<(), Fault> {
        if self.rest().starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.unexpected("a value"))
    }

    #[inline]
    fn digits(&mut self) -> usize {
        let count = digits::count(self.rest());
        self.at += count;
        count
    }

    /// A whole number of at most 18 digits within bounds; `None`, and nothing passed, for any other.
    #[inline]
    pub fn short_integer(&mut self, low: i64, high: i64) -> Option<i64> {
        let text = self.rest();
        let sign = usize::from(text.first() == Some(&b'-'));
        let (mut value, mut length) = (0i64, sign);
        while let Some(digit) =
            text.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9)
        {
            if length == sign + 18 {
                return None;
            }
            value = value * 10 + i64::from(digit);
            length += 1;
        }
        let value = if sign == 1 { -value } else { value };
        let is_number = length == sign + 1 || (length > sign && text[sign] != b'0');
        let goes_on = matches!(text.get(length), Some(b'.' | b'e' | b'E'));
        if !is_number || goes_on || value < low || value > high {
            return None;
        }
        self.at += length;
        Some(value)
    }

    /// A number without exponent in units of the last of `scale` decimal places, of at most `precision` and 18 digits with
    /// those; `None`, and nothing passed, for any other.
    #[inline]
    pub fn short_decimal(&mut self, precision: u8, scale: u8) -> Option<i64> {
        let text = self.rest();
        let sign = usize::from(text.first() == Some(&b'-'));
        let (mut value, mut digits, mut point, mut at) = (0i64, 0, None, sign);
        while let Some(byte) = text.get(at) {
            match byte {
                b'0'..=b'9' if digits < 18 => {
                    value = value * 10 + i64::from(byte - b'0');
                    digits += 1;
                }
                b'.' if point.is_none() && digits > 0 => point = Some(at),
                b'0'..=b'9' | b'.' | b'e' | b'E' => return None,
                _ => break,
            }
            at += 1;
        }
        let places = point.map_or(0, |point| at - point - 1);
        let leading_zero = text.get(sign) == Some(&b'0') && digits - places > 1;
        let missing = usize::from(scale).checked_sub(places)?;
        let ends_in_point = point.is_some() && places == 0;
        if digits == 0 || leading_zero || ends_in_point || digits + missing > usize::from(precision.min(18)) {
            return None;
        }
        self.at += at;
        let units = value * 10_i64.pow(missing as u32);
        Some(if sign == 1 { -units } else { units })
    }

    /// A number's text, and whether it has a fraction or an exponent.
    #[inline]
    pub fn number(&mut self) -> Result<(&'a str, bool), Fault> {
        let start = self.at;
        let mut is_float = false;
        let _ = self.take(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.malformed());
        }
        if self.take(b'.') {
            is_float = true;
            if self.digits() == 0 {
                return Err(self.malformed());
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            is_float = true;
            self.at += 1;
            let _ = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(self.malformed());
            }
        }
        Ok((self.since(start), is_float))
    }

    #[cold]
    fn malformed(&self) -> Fault {
        Fault::Syntax(format!("a number is malformed at byte {}", self.at))
    }

    /// Passes over a value of any depth and checks that it is JSON.
    #[inline]
    pub fn skip(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{' | b'[') => self.skip_nested(),
            _ => self.skip_literal(),
        }
    }

    fn skip_literal(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn skip_nested(&mut self) -> Result<(), Fault> {
        let mut open = Nesting::default();
        loop {
            // At a value.
            let mut closed = match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    open.push(true);
                    self.space();
                    let empty = self.take(b'}');
                    if !empty {
                        self.key()?;
                        continue;
                    }
                    empty
                }
                Some(b'[') => {
                    self.at += 1;
                    open.push(false);
                    self.space();
                    if !self.take(b']') {
                        continue;
                    }
                    true
                }
                Some(b'"') => {
                    self.string()?;
                    false
                }
                _ => {
                    self.skip_literal()?;
                    false
                }
            };
            // Behind a value, or behind the end of a container.
            loop {
                if closed {
                    open.pop();
                    if open.depth == 0 {
                        return Ok(());
                    }
                }
                self.space();
                let is_object = open.in_object();
                if self.take(b',') {
                    self.space();
                    if is_object {
                        self.key()?;
                    }
                    break;
                }
                if !self.take(if is_object { b'}' } else { b']' }) {
                    return Err(self.unexpected(if is_object { "',' or '}'" } else { "',' or ']'" }));
                }
                closed = true;
            }
        }
    }
}

/// Where the first quote or backslash is. Sixteen bytes at a time: most texts are so short that a call to find out which
/// wider registers there are costs more than those save.
#[inline]
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    while let Some((chunk, behind)) = rest.split_first_chunk::<16>() {
        let chunk = u8x16::new(*chunk);
        let found = chunk.simd_eq(u8x16::splat(b'"')) | chunk.simd_eq(u8x16::splat(b'\\'));
        let found = found.to_bitmask();
        if found != 0 {
            return Some(bytes.len() - rest.len() + found.trailing_zeros() as usize);
        }
        rest = behind;
    }
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(bytes.len() - rest.len() + found)
}

/// Appends a checked text with its escapes resolved (RFC 8259, section 7). Half a surrogate pair becomes `?`, which
/// is what Flink's texts hold for it (Flink `StringUtf8Utils`).
pub fn unescape(raw: &str, out: &mut Vec<u8>) {
    let bytes = raw.as_bytes();
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'\\', &bytes[at..]) {
        out.extend_from_slice(&bytes[at..at + offset]);
        let escape = bytes.get(at + offset + 1).copied().unwrap_or(b'\\');
        at = (at + offset + 2).min(bytes.len());
        match escape {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let unit = hexadecimal(bytes, at);
                at = (at + 4).min(bytes.len());
                let mut code = unit;
                if (0xd800..0xdc00).contains(&unit) && bytes.get(at..at + 2) == Some(b"\\u") {
                    let low = hexadecimal(bytes, at + 2);
                    if (0xdc00..0xe000).contains(&low) {
                        code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                        at += 6;
                    }
                }
                let c = char::from_u32(code).unwrap_or('?');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(&bytes[at..]);
}

fn hexadecimal(bytes: &[u8], at: usize) -> u32 {
    let digits = bytes.get(at..at + 4).unwrap_or_default();
    digits.iter().fold(0, |n, d| n << 4 | char::from(*d).to_digit(16).unwrap_or(0))
}

#[cfg(test)]
mod tests;
