//! An object or array as the text that Jackson prints of its tree: no spaces, numbers in Java's form, of a key that
//! comes twice the first place and the last value. Linear in time and without recursion, however deep the value.

use std::collections::HashMap;

use streamsql_core::text;

use super::scan::{Fault, Scanner};
use crate::java::BigDecimal;

/// How numbers with a fraction or exponent are held in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    /// As doubles: `2.50` is printed `2.5`, `1e5` is printed `100000.0`.
    Double,
    /// As decimals without trailing zeros, where the table has a DECIMAL column: `100.0` is printed `1E+2`.
    Decimal,
}

enum Piece<'a> {
    Open(u8),
    Close(u8),
    /// With the index behind the last piece of its value, once that is known.
    Key {
        raw: &'a str,
        escaped: bool,
        end: usize,
    },
    Text {
        raw: &'a str,
        escaped: bool,
    },
    Number {
        text: &'a str,
        is_float: bool,
    },
    Word(&'static str),
}

/// Reads the object or array at the scanner and appends its text.
pub fn compact(scanner: &mut Scanner<'_>, floats: Floats, out: &mut Vec<u8>) -> Result<(), Fault> {
    let pieces = read(scanner)?;
    let moved = moved_values(&pieces);
    print(&pieces, &moved, floats, out);
    Ok(())
}

/// A number as `compact` prints it.
pub fn write_number(number: &str, is_float: bool, floats: Floats, out: &mut Vec<u8>) {
    if !is_float {
        out.extend_from_slice(if number == "-0" { b"0" } else { number.as_bytes() });
        return;
    }
    let mut rendered = String::new();
    let double = number.parse::<f64>().unwrap_or(f64::NAN);
    match BigDecimal::parse(number) {
        Some(decimal) if floats == Floats::Decimal && double.is_finite() => {
            decimal.stripped().write(&mut rendered);
        }
        _ => text::java_double(double, &mut rendered),
    }
    out.extend_from_slice(rendered.as_bytes());
}

fn read<'a>(scanner: &mut Scanner<'a>) -> Result<Vec<Piece<'a>>, Fault> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    // Open containers, and the key that waits for its value's end in each.
    let mut open: Vec<(usize, Option<usize>)> = Vec::new();
    loop {
        match scanner.peek() {
            Some(byte @ (b'{' | b'[')) => {
                scanner.at += 1;
                open.push((pieces.len(), None));
                pieces.push(Piece::Open(byte));
                scanner.space();
                let close = if byte == b'{' { b'}' } else { b']' };
                if scanner.take(close) {
                    close_container(&mut pieces, &mut open, close);
                } else {
                    read_key(scanner, &mut pieces, &mut open)?;
                    continue;
                }
            }
            Some(b'"') => {
                let text = scanner.string()?;
                pieces.push(Piece::Text { raw: text.raw, escaped: text.escaped });
            }
            Some(b't') => push_word(scanner, &mut pieces, "true")?,
            Some(b'f') => push_word(scanner, &mut pieces, "false")?,
            Some(b'n') => push_word(scanner, &mut pieces, "null")?,
            Some(b'-' | b'0'..=b'9') => {
                let (text, is_float) = scanner.number()?;
                pieces.push(Piece::Number { text, is_float });
            }
            _ => return Err(scanner.unexpected("a value")),
        }
        loop {
            let end = pieces.len();
            let Some((start, key)) = open.last_mut() else { return Ok(pieces) };
            let is_object = matches!(pieces[*start], Piece::Open(b'{'));
            if let Some(key) = key.take()
                && let Piece::Key { end: value_end, .. } = &mut pieces[key]
            {
                *value_end = end;
            }
            scanner.space();
            if scanner.take(b',') {
                scanner.space();
                read_key(scanner, &mut pieces, &mut open)?;
                break;
            }
            let close = if is_object { b'}' } else { b']' };
            if !scanner.take(close) {
                return Err(scanner.unexpected(if is_object { "',' or '}'" } else { "',' or ']'" }));
            }
            close_container(&mut pieces, &mut open, close);
        }
    }
}

fn push_word(
    scanner: &mut Scanner<'_>,
    pieces: &mut Vec<Piece<'_>>,
    word: &'static str,
) -> Result<(), Fault> {
    scanner.word(word)?;
    pieces.push(Piece::Word(word));
    Ok(())
}

/// Reads a key where the innermost container is an object.
fn read_key<'a>(
    scanner: &mut Scanner<'a>,
    pieces: &mut Vec<Piece<'a>>,
    open: &mut [(usize, Option<usize>)],
) -> Result<(), Fault> {
    if let Some((start, waiting)) = open.last_mut()
        && matches!(pieces[*start], Piece::Open(b'{'))
    {
        let key = scanner.key()?;
        *waiting = Some(pieces.len());
        pieces.push(Piece::Key { raw: key.raw, escaped: key.escaped, end: 0 });
    }
    Ok(())
}

fn close_container(pieces: &mut Vec<Piece<'_>>, open: &mut Vec<(usize, Option<usize>)>, byte: u8) {
    open.pop();
    pieces.push(Piece::Close(byte));
}

/// For keys that come twice in an object: the key at which a value is printed, and where that value stands.
/// A value of 0 means that the key is not printed.
fn moved_values(pieces: &[Piece<'_>]) -> HashMap<usize, usize> {
    let mut moved = HashMap::new();
    let mut keys_of: Vec<HashMap<Vec<u8>, (usize, usize)>> = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Open(_) => keys_of.push(HashMap::new()),
            Piece::Close(_) => {
                keys_of.pop();
            }
            Piece::Key { raw, escaped, .. } => {
                let mut key = Vec::new();
                if *escaped {
                    super::scan::unescape(raw, &mut key);
                } else {
                    key.extend_from_slice(raw.as_bytes());
                }
                let Some(keys) = keys_of.last_mut() else { continue };
                if let Some((first, last)) = keys.get_mut(&key) {
                    moved.insert(*first, i);
                    if last != first {
                        moved.insert(*last, 0);
                    }
                    moved.insert(i, 0);
                    *last = i;
                } else {
                    keys.insert(key, (i, i));
                }
            }
            _ => {}
        }
    }
    moved
}

fn print(pieces: &[Piece<'_>], moved: &HashMap<usize, usize>, floats: Floats, out: &mut Vec<u8>) {
    // Ranges of pieces still to print, innermost last.
    let mut ranges = vec![(0, pieces.len())];
    let mut first = true;
    while let Some((at, end)) = ranges.last_mut() {
        if at == end {
            ranges.pop();
            continue;
        }
        let i = *at;
        *at += 1;
        match &pieces[i] {
            Piece::Open(byte) => {
                comma(&mut first, out);
                out.push(*byte);
                first = true;
            }
            Piece::Close(byte) => {
                out.push(*byte);
                first = false;
            }
            Piece::Key { raw, escaped, end } => {
                let source = moved.get(&i).copied();
                if source == Some(0) {
                    *at = *end;
                    continue;
                }
                comma(&mut first, out);
                write_text(raw, *escaped, out);
                out.push(b':');
                first = true;
                if let Some(source) = source
                    && let Piece::Key { end: source_end, .. } = &pieces[source]
                {
                    *at = *end;
                    ranges.push((source + 1, *source_end));
                }
            }
            Piece::Text { raw, escaped } => {
                comma(&mut first, out);
                write_text(raw, *escaped, out);
            }
            Piece::Number { text, is_float } => {
                comma(&mut first, out);
                let infinite = *is_float && text.parse::<f64>().is_ok_and(f64::is_infinite);
                if infinite {
                    out.push(b'"');
                }
                write_number(text, *is_float, floats, out);
                if infinite {
                    out.push(b'"');
                }
            }
            Piece::Word(word) => {
                comma(&mut first, out);
                out.extend_from_slice(word.as_bytes());
            }
        }
    }
}

fn comma(first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::replace(first, false) {
        out.push(b',');
    }
}

fn write_text(raw: &str, escaped: bool, out: &mut Vec<u8>) {
    if !escaped {
        return super::write_string(raw, out);
    }
    let mut text = Vec::with_capacity(raw.len());
    super::scan::unescape(raw, &mut text);
    super::write_string(&String::from_utf8_lossy(&text), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compacted(json: &str, floats: Floats) -> String {
        let mut out = Vec::new();
        compact(&mut Scanner::new(json), floats, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn trees_as_jackson_prints_them() {
        let doubles = |json| compacted(json, Floats::Double);
        assert_eq!(doubles("[ 1, 2.50, 1e5, -0, 1e400 ,null]"), r#"[1,2.5,100000.0,0,"Infinity",null]"#);
        assert_eq!(doubles(r#"{"a":1.0,"b":{"x":[1,2]},"a":2}"#), r#"{"a":2,"b":{"x":[1,2]}}"#);
        assert_eq!(doubles(r#"{"a":{"q":1},"a":[{}],"\u0061":{"z":[]}}"#), r#"{"a":{"z":[]}}"#);
        assert_eq!(doubles("[\"\\u00e9\\u001f\t\"]"), "[\"é\\u001F\\t\"]");
        assert_eq!(compacted("[100.0,2.50,1e-7]", Floats::Decimal), "[1E+2,2.5,1E-7]");
    }

    #[test]
    fn depth_and_repeated_keys_cost_linear_time() {
        let depth = 100_000;
        let json = format!("{}1{}", r#"{"a":0,"a":"#.repeat(depth), "}".repeat(depth));
        assert_eq!(compacted(&json, Floats::Double).len(), depth * 6 + 1);
        let keys: Vec<String> = (0..100_000).map(|i| format!("\"k{i}\":{i}")).collect();
        let json = format!("{{{}}}", keys.join(","));
        assert_eq!(compacted(&json, Floats::Double), json);
    }

    #[test]
    fn broken_values_are_refused() {
        for bad in ["[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":1,}", "[1 2]", "{\"a\":1]", "[}"] {
            let mut out = Vec::new();
            assert!(compact(&mut Scanner::new(bad), Floats::Double, &mut out).is_err(), "{bad}");
        }
    }
}
