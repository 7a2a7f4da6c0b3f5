//! Where CSV records and fields begin and end (Jackson `CsvDecoder` 2.14 as Flink sets it up).
//!
//! A quote counts only as the first character of a field; behind the closing quote only white space may follow.
//! Records end with LF, CR or CR LF. The escape character works in and outside quotes.

/// What a record looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: char,
    pub quote: Option<char>,
    pub escape: Option<char>,
    /// Lines whose first visible character is `#` are skipped, and empty ones.
    pub comments: bool,
    /// Between the elements of a list or row.
    pub elements: char,
}

/// Where a field's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// In the record as it is.
    Plain { start: usize, end: usize },
    /// In the scratch text, because quotes or escapes were taken out.
    Rewritten { start: usize, end: usize },
}

/// A record's fields.
#[derive(Debug, Default)]
pub struct Fields {
    fields: Vec<Field>,
    scratch: String,
}

impl Fields {
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// The text of a field of `record`.
    pub fn get<'a>(&'a self, record: &'a str, index: usize) -> Option<&'a str> {
        self.fields.get(index).map(|field| match *field {
            Field::Plain { start, end } => &record[start..end],
            Field::Rewritten { start, end } => &self.scratch[start..end],
        })
    }
}

/// The bytes of one record in a longer text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub start: usize,
    /// Behind the line end.
    pub end: usize,
}

impl Dialect {
    /// Finds the next record in `bytes`, after comments. `None` when it is not complete and more may come, and at the
    /// end when there is none.
    pub fn frame(&self, bytes: &[u8], at_end: bool) -> Option<Frame> {
        let start = self.skip_comments(bytes, at_end)?;
        if start == bytes.len() {
            return None;
        }
        let delimiter = Pattern::new(self.delimiter);
        let quote = self.quote.map(Pattern::new);
        let escape = self.escape.map(Pattern::new);
        let mut at = start;
        let mut field_start = true;
        while at < bytes.len() {
            let rest = &bytes[at..];
            if let Some(quote) = quote.as_ref().filter(|quote| field_start && quote.starts(rest)) {
                at = close_quote(bytes, at + quote.len(), quote, escape.as_ref());
                field_start = false;
                continue;
            }
            field_start = false;
            match rest[0] {
                b'\n' => return Some(Frame { start, end: at + 1 }),
                b'\r' if rest.len() == 1 && !at_end => return None,
                b'\r' => {
                    return Some(Frame { start, end: at + if rest.get(1) == Some(&b'\n') { 2 } else { 1 } });
                }
                _ => {}
            }
            if delimiter.starts(rest) {
                field_start = true;
                at += delimiter.len();
            } else if let Some(escape) = escape.as_ref().filter(|escape| escape.starts(rest)) {
                at += escape.len() + 1;
            } else {
                at += 1;
            }
        }
        at_end.then_some(Frame { start, end: bytes.len() })
    }

    /// The position behind leading comment lines; `None` when one is not complete. Where comments are allowed, white
    /// space and empty lines before a record go too.
    fn skip_comments(&self, bytes: &[u8], at_end: bool) -> Option<usize> {
        let mut at = 0;
        if !self.comments {
            return Some(at);
        }
        loop {
            let is_blank = |b: &&u8| matches!(b, b' ' | b'\n' | b'\r') && char::from(**b) != self.delimiter;
            at += bytes[at..].iter().take_while(is_blank).count();
            match bytes.get(at) {
                Some(b'#') => {}
                None if !at_end => return None,
                _ => return Some(at),
            }
            match memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
                Some(line) => at += line,
                None if at_end => return Some(bytes.len()),
                None => return None,
            }
        }
    }

    /// Splits the first record of `record` into fields.
    pub fn split(&self, record: &str, fields: &mut Fields) -> Result<(), String> {
        fields.fields.clear();
        fields.scratch.clear();
        let bytes = record.as_bytes();
        let mut at = self.skip_comments(bytes, true).unwrap_or(bytes.len());
        if at == bytes.len() {
            return Err("there is no record".to_owned());
        }
        let delimiter = Pattern::new(self.delimiter);
        let quote = self.quote.map(Pattern::new);
        let escape = self.escape.map(Pattern::new);
        loop {
            let quoted = quote.as_ref().filter(|quote| quote.starts(&bytes[at..]));
            let field = match quoted {
                Some(quote) => {
                    let field = quoted_field(record, &mut at, quote, escape.as_ref(), &mut fields.scratch)?;
                    while bytes.get(at).is_some_and(|b| *b <= b' ' && !matches!(b, b'\n' | b'\r'))
                        && !delimiter.starts(&bytes[at..])
                    {
                        at += 1;
                    }
                    field
                }
                None => plain_field(record, &mut at, &delimiter, escape.as_ref(), &mut fields.scratch)?,
            };
            fields.fields.push(field);
            match bytes.get(at) {
                None | Some(b'\n' | b'\r') => return Ok(()),
                Some(_) if delimiter.starts(&bytes[at..]) => at += delimiter.len(),
                Some(_) => {
                    return Err(format!("more text behind the closing quote, at byte {at}"));
                }
            }
        }
    }
}

/// A character as it stands in UTF-8.
struct Pattern {
    bytes: [u8; 4],
    len: usize,
}

impl Pattern {
    fn new(c: char) -> Self {
        let mut bytes = [0; 4];
        let len = c.encode_utf8(&mut bytes).len();
        Self { bytes, len }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn first(&self) -> u8 {
        self.bytes[0]
    }

    #[inline]
    fn starts(&self, text: &[u8]) -> bool {
        text.first() == Some(&self.bytes[0]) && text.starts_with(&self.bytes[..self.len])
    }
}

/// The position behind the closing quote, or the end of the text.
fn close_quote(bytes: &[u8], mut at: usize, quote: &Pattern, escape: Option<&Pattern>) -> usize {
    while at < bytes.len() {
        let rest = &bytes[at..];
        if quote.starts(rest) {
            at += quote.len();
            if !quote.starts(&bytes[at..]) {
                return at;
            }
            at += quote.len();
        } else if let Some(escape) = escape.filter(|escape| escape.starts(rest)) {
            at += escape.len() + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn quoted_field(
    record: &str,
    at: &mut usize,
    quote: &Pattern,
    escape: Option<&Pattern>,
    scratch: &mut String,
) -> Result<Field, String> {
    let bytes = record.as_bytes();
    *at += quote.len();
    let (start, scratch_start) = (*at, scratch.len());
    // From here on nothing was copied to the scratch text yet.
    let mut plain = *at;
    loop {
        let special = match escape {
            None => memchr::memchr(quote.first(), &bytes[*at..]),
            Some(escape) => memchr::memchr2(quote.first(), escape.first(), &bytes[*at..]),
        };
        let Some(special) = special else { return Err("a quote is not closed".to_owned()) };
        *at += special;
        let rest = &bytes[*at..];
        if quote.starts(rest) {
            let end = *at;
            *at += quote.len();
            if !quote.starts(&bytes[*at..]) {
                if plain == start {
                    return Ok(Field::Plain { start, end });
                }
                scratch.push_str(&record[plain..end]);
                return Ok(Field::Rewritten { start: scratch_start, end: scratch.len() });
            }
            scratch.push_str(&record[plain..*at]);
            *at += quote.len();
            plain = *at;
        } else if let Some(escape) = escape.filter(|escape| escape.starts(rest)) {
            scratch.push_str(&record[plain..*at]);
            *at += escape.len();
            push_escaped(record, at, scratch)?;
            plain = *at;
        } else {
            *at += 1;
        }
    }
}

fn plain_field(
    record: &str,
    at: &mut usize,
    delimiter: &Pattern,
    escape: Option<&Pattern>,
    scratch: &mut String,
) -> Result<Field, String> {
    let bytes = record.as_bytes();
    let (start, scratch_start) = (*at, scratch.len());
    let mut plain = *at;
    let mut rewritten = false;
    loop {
        let rest = &bytes[*at..];
        let length = rest.iter().position(|b| {
            *b == delimiter.first()
                || matches!(b, b'\n' | b'\r')
                || escape.is_some_and(|escape| escape.first() == *b)
        });
        *at += length.unwrap_or(rest.len());
        let rest = &bytes[*at..];
        let ends = matches!(rest.first(), None | Some(b'\n' | b'\r')) || delimiter.starts(rest);
        if ends && !rewritten {
            return Ok(Field::Plain { start, end: *at });
        }
        if ends {
            scratch.push_str(&record[plain..*at]);
            return Ok(Field::Rewritten { start: scratch_start, end: scratch.len() });
        }
        if let Some(escape) = escape.filter(|escape| escape.starts(rest)) {
            rewritten = true;
            scratch.push_str(&record[plain..*at]);
            *at += escape.len();
            push_escaped(record, at, scratch)?;
            plain = *at;
        } else {
            *at += 1;
        }
    }
}

fn push_escaped(record: &str, at: &mut usize, scratch: &mut String) -> Result<(), String> {
    let Some(c) = record[*at..].chars().next() else {
        return Err("the record ends behind an escape character".to_owned());
    };
    *at += c.len_utf8();
    scratch.push(match c {
        '0' => '\0',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect() -> Dialect {
        Dialect { delimiter: ',', quote: Some('"'), escape: None, comments: true, elements: ';' }
    }

    fn split(dialect: &Dialect, record: &str) -> Result<Vec<String>, String> {
        let mut fields = Fields::default();
        dialect.split(record, &mut fields)?;
        Ok((0..fields.len()).map(|i| fields.get(record, i).unwrap().to_owned()).collect())
    }

    #[test]
    fn fields() {
        let plain = dialect();
        assert_eq!(split(&plain, "1, \"x\",\"a\"\"b\" ,\n2").unwrap(), ["1", " \"x\"", "a\"b", ""]);
        assert_eq!(split(&plain, "# c\n#\r1").unwrap(), ["1"]);
        assert_eq!(split(&Dialect { comments: false, ..dialect() }, "\n").unwrap(), [""]);
        for bad in ["", "# c", "\"x", "\"x\"y", "1,\"a\\\"b\""] {
            assert!(split(&plain, bad).is_err(), "{bad}");
        }
        let escaped = Dialect { escape: Some('\\'), delimiter: 'é', ..dialect() };
        assert_eq!(split(&escaped, "a\\éb\\n\\tcé\"\\\"\\0é\"").unwrap(), ["aéb\n\tc", "\"\0é"]);
        assert!(split(&escaped, "a\\").is_err());
    }

    #[test]
    fn frames_of_a_text_cut_anywhere_are_the_same() {
        let text = "# first\na,\"x\ny\"\r\n\n\r  # second\r\n\"q\"\"\n\",1\rlast";
        let whole: Vec<&str> = frames(text, text.len());
        assert_eq!(whole, ["a,\"x\ny\"\r\n", "\"q\"\"\n\",1\r", "last"]);
        for piece in 1..text.len() {
            assert_eq!(frames(text, piece), whole, "pieces of {piece}");
        }
    }

    fn frames(text: &str, piece: usize) -> Vec<&str> {
        let (mut at, mut read, mut found) = (0, 0, Vec::new());
        loop {
            match dialect().frame(&text.as_bytes()[at..read], read == text.len()) {
                Some(frame) => {
                    found.push(&text[at + frame.start..at + frame.end]);
                    at += frame.end;
                }
                None if read == text.len() => return found,
                None => read = (read + piece).min(text.len()),
            }
        }
    }
}
