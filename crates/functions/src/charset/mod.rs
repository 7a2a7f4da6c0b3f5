//! ENCODE and DECODE: texts as bytes of a charset and back, as `java.nio.charset` does it.

mod double_byte;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryBuilder};
use encoding_rs::Encoding;

use crate::call::Arg;
use crate::call::Eval;
use crate::strings::{TextBuilder, any_null, str_at};
use double_byte::DoubleByte;

/// A charset that ENCODE and DECODE know.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Ascii,
    Latin1,
    /// Two bytes a unit; with `mark` a byte order mark is written and read.
    Utf16 {
        big: bool,
        mark: bool,
    },
    /// Four bytes a character; with `mark` a byte order mark is read.
    Utf32 {
        big: bool,
        mark: bool,
    },
    Single(SingleByte),
    Double(&'static DoubleByte),
}

/// A charset of one byte a character: the table of the WHATWG without the bytes that Java leaves undefined.
#[derive(Clone, Copy)]
struct SingleByte {
    table: &'static Encoding,
    undefined: &'static [u8],
}

/// Names and aliases of Java, the table's name, and the bytes from 0x80 on that the table defines and Java does not.
/// ISO-8859-9 and KOI8-U differ from their tables in other bytes too and are not here.
const SINGLE_BYTE: &[(&[&str], &str, &[u8])] = &[
    (&["WINDOWS-1250", "CP1250", "CP5346"], "windows-1250", &[0x81, 0x83, 0x88, 0x90, 0x98]),
    (&["WINDOWS-1251", "CP1251", "CP5347", "ANSI-1251"], "windows-1251", &[0x98]),
    (
        &["WINDOWS-1252", "CP1252", "CP5348", "IBM-1252", "IBM1252"],
        "windows-1252",
        &[0x81, 0x8d, 0x8f, 0x90, 0x9d],
    ),
    (
        &["WINDOWS-1253", "CP1253", "CP5349"],
        "windows-1253",
        &[0x81, 0x88, 0x8a, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x98, 0x9a, 0x9c, 0x9d, 0x9e, 0x9f],
    ),
    (&["WINDOWS-1254", "CP1254", "CP5350"], "windows-1254", &[0x81, 0x8d, 0x8e, 0x8f, 0x90, 0x9d, 0x9e]),
    (
        &["WINDOWS-1255", "CP1255"],
        "windows-1255",
        &[0x81, 0x8a, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x9a, 0x9c, 0x9d, 0x9e, 0x9f, 0xca],
    ),
    (&["WINDOWS-1256", "CP1256"], "windows-1256", &[]),
    (
        &["WINDOWS-1257", "CP1257", "CP5353"],
        "windows-1257",
        &[0x81, 0x83, 0x88, 0x8a, 0x8c, 0x90, 0x98, 0x9a, 0x9c, 0x9f],
    ),
    (&["WINDOWS-1258", "CP1258"], "windows-1258", &[0x81, 0x8a, 0x8d, 0x8e, 0x8f, 0x90, 0x9a, 0x9d, 0x9e]),
    (
        &["X-WINDOWS-874", "WINDOWS-874", "MS874", "MS-874"],
        "windows-874",
        &[
            0x81, 0x82, 0x83, 0x84, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x98,
            0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f,
        ],
    ),
    (&["KOI8-R", "KOI8_R", "KOI8", "CSKOI8R"], "KOI8-R", &[]),
    (&["IBM866", "CP866", "866", "IBM-866", "CSIBM866"], "IBM866", &[]),
    (&["ISO-8859-2", "ISO8859-2", "ISO8859_2", "ISO_8859-2", "8859_2", "LATIN2", "L2"], "ISO-8859-2", &[]),
    (&["ISO-8859-3", "ISO8859-3", "ISO8859_3", "ISO_8859-3", "8859_3", "LATIN3", "L3"], "ISO-8859-3", &[]),
    (&["ISO-8859-4", "ISO8859-4", "ISO8859_4", "ISO_8859-4", "8859_4", "LATIN4", "L4"], "ISO-8859-4", &[]),
    (&["ISO-8859-5", "ISO8859-5", "ISO8859_5", "ISO_8859-5", "8859_5", "CYRILLIC"], "ISO-8859-5", &[]),
    (&["ISO-8859-6", "ISO8859-6", "ISO8859_6", "ISO_8859-6", "8859_6", "ARABIC"], "ISO-8859-6", &[]),
    (&["ISO-8859-7", "ISO8859-7", "ISO8859_7", "ISO_8859-7", "8859_7", "GREEK"], "ISO-8859-7", &[]),
    (&["ISO-8859-8", "ISO8859-8", "ISO8859_8", "ISO_8859-8", "8859_8", "HEBREW"], "ISO-8859-8", &[]),
    (&["ISO-8859-13", "ISO8859-13", "ISO8859_13", "ISO_8859-13", "8859_13"], "ISO-8859-13", &[]),
    (
        &["ISO-8859-15", "ISO8859-15", "ISO8859_15", "ISO_8859-15", "8859_15", "LATIN9", "LATIN-9", "L9"],
        "ISO-8859-15",
        &[],
    ),
    (&["ISO-8859-16", "ISO8859_16", "ISO_8859-16", "LATIN10", "L10"], "ISO-8859-16", &[]),
];

impl SingleByte {
    fn named(name: &str) -> Option<Self> {
        let (_, table, undefined) = SINGLE_BYTE.iter().find(|(names, ..)| names.contains(&name))?;
        Some(Self { table: Encoding::for_label(table.as_bytes())?, undefined })
    }

    fn decode(self, bytes: &[u8], out: &mut String) {
        for byte in bytes {
            if self.undefined.contains(byte) {
                out.push('\u{fffd}');
            } else {
                out.push_str(&self.table.decode_without_bom_handling(&[*byte]).0);
            }
        }
    }

    fn encode(self, s: &str, out: &mut Vec<u8>) {
        let mut encoder = self.table.new_encoder();
        for c in s.chars() {
            let mut byte = [0; 4];
            let mut buffer = [0; 4];
            let text = c.encode_utf8(&mut buffer);
            let (result, _, written) = encoder.encode_from_utf8_without_replacement(text, &mut byte, false);
            let known = result == encoding_rs::EncoderResult::InputEmpty
                && written == 1
                && !self.undefined.contains(&byte[0]);
            out.push(if known { byte[0] } else { b'?' });
        }
    }
}

impl Charset {
    /// Finds a charset by a name or alias of Java, in any case.
    fn named(name: &str) -> Result<Self, String> {
        let upper = name.to_ascii_uppercase();
        Ok(match upper.as_str() {
            "UTF-8" | "UTF8" | "UNICODE-1-1-UTF-8" => Self::Utf8,
            "US-ASCII" | "ASCII" | "ISO646-US" | "ANSI_X3.4-1968" | "646" | "CP367" => Self::Ascii,
            "ISO-8859-1" | "ISO8859-1" | "ISO8859_1" | "ISO_8859-1" | "ISO_8859_1" | "LATIN1" | "L1"
            | "819" | "CP819" | "8859_1" => Self::Latin1,
            "UTF-16" | "UTF16" | "UTF_16" | "UNICODE" | "UNICODEBIG" => Self::Utf16 { big: true, mark: true },
            "UTF-16BE" | "UTF_16BE" | "X-UTF-16BE" | "ISO-10646-UCS-2" | "UNICODEBIGUNMARKED" => {
                Self::Utf16 { big: true, mark: false }
            }
            "UTF-16LE" | "UTF_16LE" | "X-UTF-16LE" | "UNICODELITTLEUNMARKED" => {
                Self::Utf16 { big: false, mark: false }
            }
            "UTF-32" | "UTF32" | "UTF_32" | "ISO-10646-UCS-4" => Self::Utf32 { big: true, mark: true },
            "UTF-32BE" | "UTF_32BE" | "X-UTF-32BE" => Self::Utf32 { big: true, mark: false },
            "UTF-32LE" | "UTF_32LE" | "X-UTF-32LE" => Self::Utf32 { big: false, mark: false },
            other => match (SingleByte::named(other), DoubleByte::named(other)) {
                (Some(single), _) => Self::Single(single),
                (_, Some(double)) => Self::Double(double),
                _ => {
                    return Err(format!(
                        "charset '{name}' is not supported; there are UTF-8, UTF-16 and UTF-32 (also BE and LE), US-ASCII, \
                         ISO-8859-1 to -8, -13, -15 and -16, windows-1250 to -1258, windows-874, KOI8-R, IBM866, GBK, \
                         GB2312, Big5, Shift_JIS, windows-31j, EUC-KR, MS949"
                    ));
                }
            },
        })
    }

    /// Appends the bytes of a text; `?` for what the charset has not.
    fn encode(self, s: &str, out: &mut Vec<u8>) {
        match self {
            Self::Utf8 => out.extend_from_slice(s.as_bytes()),
            Self::Ascii => out.extend(s.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' })),
            Self::Latin1 => out.extend(s.chars().map(|c| u8::try_from(c as u32).unwrap_or(b'?'))),
            Self::Utf16 { big, mark } => {
                if mark && !s.is_empty() {
                    out.extend([0xfe, 0xff]);
                }
                for unit in s.encode_utf16() {
                    out.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
                }
            }
            Self::Utf32 { big, .. } => {
                for c in s.chars().map(|c| c as u32) {
                    out.extend(if big { c.to_be_bytes() } else { c.to_le_bytes() });
                }
            }
            Self::Single(single) => single.encode(s, out),
            Self::Double(double) => double.encode(s, out),
        }
    }

    /// Appends the text of bytes; U+FFFD for what is no character.
    fn decode(self, bytes: &[u8], out: &mut String) {
        match self {
            Self::Utf8 => out.push_str(&String::from_utf8_lossy(bytes)),
            Self::Ascii => {
                out.extend(bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '\u{fffd}' }));
            }
            Self::Latin1 => out.extend(bytes.iter().map(|b| char::from(*b))),
            Self::Utf16 { mut big, mark } => {
                let mut rest = bytes;
                match rest {
                    [0xfe, 0xff, behind @ ..] if mark => rest = behind,
                    [0xff, 0xfe, behind @ ..] if mark => (big, rest) = (false, behind),
                    _ => {}
                }
                let pairs = rest.chunks_exact(2);
                let odd = !pairs.remainder().is_empty();
                let units = pairs.map(|pair| {
                    let pair = [pair[0], pair[1]];
                    if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
                });
                out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')));
                if odd {
                    out.push('\u{fffd}');
                }
            }
            Self::Utf32 { mut big, mark } => {
                let mut rest = bytes;
                match rest {
                    [0, 0, 0xfe, 0xff, behind @ ..] if mark => rest = behind,
                    [0xff, 0xfe, 0, 0, behind @ ..] if mark => (big, rest) = (false, behind),
                    _ => {}
                }
                for four in rest.chunks(4) {
                    let code = <[u8; 4]>::try_from(four)
                        .ok()
                        .map(|four| if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) });
                    out.push(match code {
                        // Java keeps half of a surrogate pair, which no UTF-8 can hold.
                        Some(0xd800..=0xdfff) => '?',
                        code => code.and_then(char::from_u32).unwrap_or('\u{fffd}'),
                    });
                }
            }
            Self::Single(single) => single.decode(bytes, out),
            Self::Double(double) => double.decode(bytes, out),
        }
    }
}

/// Refuses a charset that is not known, when planning.
pub fn check_charset(name: &str) -> Result<(), String> {
    Charset::named(name).map(|_| ())
}

/// The charset of the last row, which is mostly that of the next.
#[derive(Default)]
struct LastCharset(Option<(String, Charset)>);

impl LastCharset {
    fn of(&mut self, name: &Arg, row: usize) -> Result<Charset, String> {
        let name = str_at(name, row);
        match &self.0 {
            Some((known, charset)) if known == name => Ok(*charset),
            _ => {
                let charset = Charset::named(name)?;
                self.0 = Some((name.to_owned(), charset));
                Ok(charset)
            }
        }
    }
}

/// ENCODE(text, charset).
pub fn encode() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut out = BinaryBuilder::with_capacity(rows, rows * 16);
        let (mut charset, mut buffer) = (LastCharset::default(), Vec::new());
        let (bound, mut total) = (crate::strings::Bounds::current().batch, 0);
        for row in 0..rows {
            if any_null(args, row) {
                out.append_null();
                continue;
            }
            buffer.clear();
            charset.of(&args[1], row)?.encode(str_at(&args[0], row), &mut buffer);
            total += buffer.len();
            if total > bound {
                return Err("the bytes of a batch get longer than 2 GiB together".to_owned());
            }
            out.append_value(&buffer);
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

/// DECODE(bytes, charset).
pub fn decode() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut out = TextBuilder::new(rows, 16);
        let (mut charset, mut buffer) = (LastCharset::default(), String::new());
        for row in 0..rows {
            if any_null(args, row) {
                out.append_null();
                continue;
            }
            buffer.clear();
            let bytes = args[0].array.as_binary::<i32>().value(args[0].index(row));
            charset.of(&args[1], row)?.decode(bytes, &mut buffer);
            out.append(&buffer)?;
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_javas() {
        let decoded = |name: &str, bytes: &[u8]| {
            let mut out = String::new();
            Charset::named(name).unwrap().decode(bytes, &mut out);
            out
        };
        let encoded = |name: &str, s: &str| {
            let mut out = Vec::new();
            Charset::named(name).unwrap().encode(s, &mut out);
            out
        };
        // From Java; 0x81 and 0x90 of windows-1252 are undefined there.
        assert_eq!(decoded("windows-1252", &[0x80, 0x81, 0x90, 0xe4]), "€\u{fffd}\u{fffd}ä");
        assert_eq!(encoded("Cp1252", "€ä\u{81}Ж"), [0x80, 0xe4, b'?', b'?']);
        assert_eq!(encoded("koi8-r", "Жd"), [0xf6, b'd']);
        assert_eq!(decoded("ISO-8859-15", &[0xa4]), "€");
        assert_eq!(encoded("UTF-32", "a"), [0, 0, 0, b'a']);
        assert_eq!(decoded("UTF-32", &[0xff, 0xfe, 0, 0, b'a', 0, 0, 0, 1]), "a\u{fffd}");
        assert_eq!(decoded("GBK", b"\xd6\xd0\x80\xff\xce"), "中\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(encoded("gb2312", "中ǹ€a"), b"\xd6\xd0??a");
        assert_eq!(encoded("GBK", "€ǹ\u{e7c8}"), b"\xa2\xe3?\xa8\xbf");
        assert_eq!(encoded("MS932", "①¥\u{2212}～ｱ"), b"\x87\x40\\?\x81\x60\xb1");
        assert_eq!(encoded("Shift_JIS", "①〜"), b"?\x81\x60");
        assert_eq!(decoded("Shift_JIS", b"\x81\xe9a\x87\x40"), "\u{fffd}\u{994c}\u{fffd}@");
        assert_eq!(decoded("MS949", b"\xb0\xa1\x81\x41"), "가갂");
        assert_eq!(decoded("EUC-KR", b"\xb0\xa1\x81\x41"), "가\u{fffd}A");
        assert_eq!(encoded("Big5", "あ中№"), b"\xc6\xa6\xa4\xa4?");
        assert!(Charset::named("EUC-JP").is_err() && Charset::named("nonsense").is_err());
        for (names, ..) in SINGLE_BYTE {
            for name in *names {
                assert!(Charset::named(name).is_ok(), "{name}");
            }
        }
    }
}
