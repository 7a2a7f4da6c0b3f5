//! Digests, BASE64, hexadecimal texts and charsets (Flink `SqlFunctionUtils`, `HashCodeCallGen`).

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryBuilder};
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::call::Eval;
use crate::strings::{any_null, bytes_at, fallible_text, int_at, str_at, text};

/// A digest of bytes, or of the text's UTF-8, as lower-case hexadecimal text.
pub fn digest<D: Digest>() -> Arc<Eval> {
    text(|args, row, out| {
        hexadecimal(&D::digest(bytes_at(&args[0], row)), false, out);
        true
    })
}

/// The digest of a name in SQL.
pub fn named(name: &str) -> Option<Arc<Eval>> {
    Some(match name {
        "MD5" => digest::<Md5>(),
        "SHA1" => digest::<Sha1>(),
        "SHA224" => digest::<Sha224>(),
        "SHA256" => digest::<Sha256>(),
        "SHA384" => digest::<Sha384>(),
        "SHA512" => digest::<Sha512>(),
        _ => return None,
    })
}

/// SHA2(text, bits): bits of a row.
pub fn sha2() -> Arc<Eval> {
    fallible_text(|args, row, out| {
        let bytes = bytes_at(&args[0], row);
        match int_at(&args[1], row) {
            224 => hexadecimal(&Sha224::digest(bytes), false, out),
            256 => hexadecimal(&Sha256::digest(bytes), false, out),
            384 => hexadecimal(&Sha384::digest(bytes), false, out),
            512 => hexadecimal(&Sha512::digest(bytes), false, out),
            _ => return Err("the digest length must be 224, 256, 384 or 512".to_owned()),
        }
        Ok(true)
    })
}

/// Appends two digits a byte.
pub fn hexadecimal(bytes: &[u8], upper: bool, out: &mut String) {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    for byte in bytes {
        out.push(char::from(digits[usize::from(byte >> 4)]));
        out.push(char::from(digits[usize::from(byte & 15)]));
    }
}

/// TO_BASE64 of bytes or of the text's UTF-8.
pub fn to_base64() -> Arc<Eval> {
    text(|args, row, out| {
        general_purpose::STANDARD.encode_string(bytes_at(&args[0], row), out);
        true
    })
}

/// FROM_BASE64: padding may be missing; other characters are an error, as in `Base64.getDecoder()`.
pub fn from_base64() -> Arc<Eval> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    fallible_text(move |args, row, out| {
        let bytes = engine.decode(str_at(&args[0], row)).map_err(|_| "the text is not BASE64".to_owned())?;
        out.push_str(&String::from_utf8_lossy(&bytes));
        Ok(true)
    })
}

/// A charset that ENCODE and DECODE know.
#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Ascii,
    Latin1,
    Utf16 { big: bool, mark: bool },
}

fn charset(name: &str) -> Result<Charset, String> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" | "UNICODE-1-1-UTF-8" => Charset::Utf8,
        "US-ASCII" | "ASCII" | "ISO646-US" | "ANSI_X3.4-1968" | "646" | "CP367" => Charset::Ascii,
        "ISO-8859-1" | "ISO8859-1" | "ISO8859_1" | "ISO_8859-1" | "ISO_8859_1" | "LATIN1" | "L1" | "819"
        | "CP819" | "8859_1" => Charset::Latin1,
        "UTF-16" | "UTF16" | "UTF_16" | "UNICODE" | "UNICODEBIG" => Charset::Utf16 { big: true, mark: true },
        "UTF-16BE" | "UTF_16BE" | "X-UTF-16BE" | "ISO-10646-UCS-2" | "UNICODEBIGUNMARKED" => {
            Charset::Utf16 { big: true, mark: false }
        }
        "UTF-16LE" | "UTF_16LE" | "X-UTF-16LE" | "UNICODELITTLEUNMARKED" => {
            Charset::Utf16 { big: false, mark: false }
        }
        _ => {
            return Err(format!(
                "charset '{name}' is not supported; there are UTF-8, US-ASCII, ISO-8859-1, UTF-16, UTF-16BE, UTF-16LE"
            ));
        }
    })
}

/// Refuses a charset that is not known, when planning.
pub fn check_charset(name: &str) -> Result<(), String> {
    charset(name).map(|_| ())
}

/// ENCODE(text, charset); `?` for what the charset has not.
pub fn encode() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut out = BinaryBuilder::with_capacity(rows, rows * 16);
        let mut buffer = Vec::new();
        for row in 0..rows {
            if any_null(args, row) {
                out.append_null();
                continue;
            }
            let s = str_at(&args[0], row);
            buffer.clear();
            match charset(str_at(&args[1], row))? {
                Charset::Utf8 => buffer.extend_from_slice(s.as_bytes()),
                Charset::Ascii => buffer.extend(s.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' })),
                Charset::Latin1 => buffer.extend(s.chars().map(|c| u8::try_from(c as u32).unwrap_or(b'?'))),
                Charset::Utf16 { big, mark } => {
                    if mark && !s.is_empty() {
                        buffer.extend([0xfe, 0xff]);
                    }
                    for unit in s.encode_utf16() {
                        buffer.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
                    }
                }
            }
            out.append_value(&buffer);
        }
        Ok(Arc::new(out.finish()) as ArrayRef)
    })
}

/// DECODE(bytes, charset); U+FFFD for what is no character.
pub fn decode() -> Arc<Eval> {
    fallible_text(|args, row, out| {
        let bytes = args[0].array.as_binary::<i32>().value(args[0].index(row));
        match charset(str_at(&args[1], row))? {
            Charset::Utf8 => out.push_str(&String::from_utf8_lossy(bytes)),
            Charset::Ascii => {
                out.extend(bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '\u{fffd}' }))
            }
            Charset::Latin1 => out.extend(bytes.iter().map(|b| char::from(*b))),
            Charset::Utf16 { mut big, mark } => {
                let mut rest = bytes;
                if mark && rest.len() >= 2 {
                    match rest[..2] {
                        [0xfe, 0xff] => rest = &rest[2..],
                        [0xff, 0xfe] => (big, rest) = (false, &rest[2..]),
                        _ => {}
                    }
                }
                let pairs = rest.chunks_exact(2);
                let odd = !pairs.remainder().is_empty();
                let units = pairs.map(|pair| {
                    if big {
                        u16::from_be_bytes([pair[0], pair[1]])
                    } else {
                        u16::from_le_bytes([pair[0], pair[1]])
                    }
                });
                out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')));
                if odd {
                    out.push('\u{fffd}');
                }
            }
        }
        Ok(true)
    })
}
