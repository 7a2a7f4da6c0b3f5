//! A scanner of one JSON object: finds the spans of wanted fields, checks the structure of all others, allocates nothing.

/// Deepest nesting.
const MAX_DEPTH: usize = 128;

/// Where a field's value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Missing,
    Null,
    True,
    False,
    /// Text between the quotes; `escaped` when it holds a backslash.
    Text {
        start: usize,
        end: usize,
        escaped: bool,
    },
    Number {
        start: usize,
        end: usize,
    },
    /// An object or array, whole.
    Composite {
        start: usize,
        end: usize,
    },
}

/// Scans `json`, an object, and stores the span of each of `names`; of a field that comes twice the last counts.
pub fn object(json: &str, names: &[String], spans: &mut [Span]) -> Result<(), String> {
    spans.fill(Span::Missing);
    let mut scanner = Scanner { bytes: json.as_bytes(), at: 0 };
    scanner.space();
    if scanner.peek() != Some(b'{') {
        return Err("the record is not a JSON object".to_owned());
    }
    scanner.at += 1;
    let mut expected = 0;
    scanner.space();
    if scanner.take(b'}') {
        return scanner.end();
    }
    loop {
        scanner.space();
        let (start, end, escaped) = scanner.string()?;
        scanner.space();
        scanner.expect(b':')?;
        scanner.space();
        let column = column_of(json, start, end, escaped, names, expected);
        let value = scanner.value(1)?;
        if let Some(column) = column {
            spans[column] = value;
            expected = column + 1;
        }
        scanner.space();
        if scanner.take(b'}') {
            return scanner.end();
        }
        scanner.expect(b',')?;
    }
}

/// Which column a key is. Producers write fields in one order, so the next column is tried first.
fn column_of(
    json: &str,
    start: usize,
    end: usize,
    escaped: bool,
    names: &[String],
    expected: usize,
) -> Option<usize> {
    let key = &json[start..end];
    if escaped {
        let key = unescape(key).ok()?;
        return names.iter().position(|name| *name == key);
    }
    if names.get(expected).is_some_and(|name| name == key) {
        return Some(expected);
    }
    names.iter().position(|name| name == key)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        if self.take(byte) { Ok(()) } else { Err(self.unexpected(&format!("'{}'", char::from(byte)))) }
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.peek() {
            None => format!("the record ends where {expected} is expected"),
            Some(_) => format!("expected {expected} at byte {}", self.at),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        self.space();
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(format!("there is more after the object, at byte {}", self.at))
        }
    }

    /// A string; returns what is between the quotes and whether it holds a backslash.
    fn string(&mut self) -> Result<(usize, usize, bool), String> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            let Some(offset) = memchr::memchr2(b'"', b'\\', &self.bytes[self.at..]) else {
                return Err("a text is not closed".to_owned());
            };
            let found = self.at + offset;
            if self.bytes[found] == b'"' {
                if self.bytes[start..found].iter().any(|b| *b < 0x20) {
                    return Err("a control character in a text is not escaped".to_owned());
                }
                self.at = found + 1;
                return Ok((start, found, escaped));
            }
            escaped = true;
            self.at = found + 2;
            if self.at > self.bytes.len() {
                return Err("a text is not closed".to_owned());
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Span, String> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string().map(|(start, end, escaped)| Span::Text { start, end, escaped }),
            Some(b'{' | b'[') => {
                self.composite(depth)?;
                Ok(Span::Composite { start, end: self.at })
            }
            Some(b't') => self.word("true", Span::True),
            Some(b'f') => self.word("false", Span::False),
            Some(b'n') => self.word("null", Span::Null),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Ok(Span::Number { start, end: self.at })
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, word: &str, span: Span) -> Result<Span, String> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(span);
        }
        Err(self.unexpected("a value"))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<(), String> {
        let _ = self.take(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(format!("a number is malformed at byte {}", self.at));
        }
        if self.take(b'.') && self.digits() == 0 {
            return Err(format!("a number is malformed at byte {}", self.at));
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let _ = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(format!("a number is malformed at byte {}", self.at));
            }
        }
        Ok(())
    }

    fn composite(&mut self, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("the record nests deeper than {MAX_DEPTH} levels"));
        }
        let is_object = self.take(b'{');
        if !is_object {
            self.expect(b'[')?;
        }
        let close = if is_object { b'}' } else { b']' };
        self.space();
        if self.take(close) {
            return Ok(());
        }
        loop {
            self.space();
            if is_object {
                self.string()?;
                self.space();
                self.expect(b':')?;
                self.space();
            }
            self.value(depth + 1)?;
            self.space();
            if self.take(close) {
                return Ok(());
            }
            self.expect(b',')?;
        }
    }
}

/// A string's text with its escapes resolved (RFC 8259 section 7); a lone surrogate is an error.
pub fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied();
        rest = rest.get(at + 2..).unwrap_or("");
        match escape {
            Some(b'"') => out.push('"'),
            Some(b'\\') => out.push('\\'),
            Some(b'/') => out.push('/'),
            Some(b'b') => out.push('\u{8}'),
            Some(b'f') => out.push('\u{c}'),
            Some(b'n') => out.push('\n'),
            Some(b'r') => out.push('\r'),
            Some(b't') => out.push('\t'),
            Some(b'u') => {
                let unit = hex(rest)?;
                rest = &rest[4..];
                let code = if (0xd800..0xdc00).contains(&unit) {
                    let low = rest.strip_prefix("\\u").ok_or("half a surrogate pair")?;
                    let low_unit = hex(low)?;
                    if !(0xdc00..0xe000).contains(&low_unit) {
                        return Err("half a surrogate pair".to_owned());
                    }
                    rest = &low[4..];
                    0x10000 + ((unit - 0xd800) << 10) + (low_unit - 0xdc00)
                } else {
                    unit
                };
                out.push(char::from_u32(code).ok_or("half a surrogate pair")?);
            }
            _ => return Err("an unknown escape in a text".to_owned()),
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn hex(text: &str) -> Result<u32, String> {
    let digits = text.get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
    digits
        .and_then(|d| u32::from_str_radix(d, 16).ok())
        .ok_or_else(|| "\\u needs four hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(json: &str) -> Result<Vec<Span>, String> {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let mut spans = vec![Span::Missing; 2];
        object(json, &names, &mut spans).map(|()| spans)
    }

    #[test]
    fn wanted_fields_are_found_in_any_order() {
        let spans = scan(r#" {"x":[1,{"y":"]"}],"b" : "t","a":-1.5e3} "#).unwrap();
        assert_eq!(spans[0], Span::Number { start: 34, end: 40 });
        assert!(matches!(spans[1], Span::Text { escaped: false, .. }));
        assert_eq!(scan("{}").unwrap(), [Span::Missing, Span::Missing]);
        assert_eq!(scan(r#"{"a":1,"a":null}"#).unwrap()[0], Span::Null);
        assert_eq!(scan(r#"{"\u0061":true}"#).unwrap()[0], Span::True);
    }

    #[test]
    fn malformed_records_are_refused_wherever_the_fault_is() {
        let long = format!("{{\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
        let bad = [
            "",
            "[]",
            "1",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":-}",
            "{\"x\":tru}",
            "{\"a\":1} x",
            "{\"a\":\"\n\"}",
            "{\"a\":\"",
            "{\"a\":\"\\",
            "{a:1}",
            "{\"x\":{\"y\":1]}",
            &long,
        ];
        for json in bad {
            assert!(scan(json).is_err(), "{json}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(r"a\n\u00e9\ud83d\ude00\/").unwrap(), "a\né😀/");
        for bad in [r"\ud800", r"\u12", r"\x", r"\ud800\u0041"] {
            assert!(unescape(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn agrees_with_a_full_parser_on_damaged_records() {
        let good = r#"{"a":"t\"x","b":[1,2.5,{"c":null}],"x":true}"#;
        for position in 0..good.len() {
            for byte in *b"{}[]\",:0a\\ " {
                let mut bytes = good.as_bytes().to_vec();
                bytes[position] = byte;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                let parsed = serde_json::from_str::<serde_json::Value>(&text);
                let is_object = parsed.as_ref().is_ok_and(serde_json::Value::is_object);
                // Escapes in skipped fields are not resolved, so only there may the scanner accept more.
                if is_object {
                    assert!(scan(&text).is_ok(), "{text}");
                } else if !text.contains('\\') {
                    assert!(scan(&text).is_err(), "{text}");
                }
            }
        }
    }
}
