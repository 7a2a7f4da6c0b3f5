//! Character sets by their Java names: those that need no table.

use streamsql_core::{Error, Result};

/// How text stands in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Ascii,
    Latin1,
    /// With a byte-order mark; without one big-endian.
    Utf16,
    Utf16Be,
    Utf16Le,
}

impl Charset {
    /// # Errors
    /// `Invalid` for other names.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "UTF-8" | "UTF8" => Self::Utf8,
            "US-ASCII" | "ASCII" => Self::Ascii,
            "ISO-8859-1" | "ISO8859_1" | "ISO8859-1" | "LATIN1" => Self::Latin1,
            "UTF-16" | "UTF16" => Self::Utf16,
            "UTF-16BE" => Self::Utf16Be,
            "UTF-16LE" => Self::Utf16Le,
            _ => {
                return Err(Error::invalid(format!("The 'raw.charset' '{name}' is not supported"))
                    .hint("supported are UTF-8, US-ASCII, ISO-8859-1, UTF-16, UTF-16BE and UTF-16LE"));
            }
        })
    }

    /// Bytes that are no character become U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => {
                bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '\u{fffd}' }).collect()
            }
            Self::Latin1 => bytes.iter().map(|b| char::from(*b)).collect(),
            Self::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
                [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
                _ => utf16(bytes, u16::from_be_bytes),
            },
            Self::Utf16Be => utf16(bytes, u16::from_be_bytes),
            Self::Utf16Le => utf16(bytes, u16::from_le_bytes),
        }
    }

    /// Characters that the set does not have become `?`.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) {
        let narrow = |c: char, last: u32| if u32::from(c) <= last { u32::from(c) as u8 } else { b'?' };
        match self {
            Self::Utf8 => out.extend_from_slice(text.as_bytes()),
            Self::Ascii => out.extend(text.chars().map(|c| narrow(c, 0x7f))),
            Self::Latin1 => out.extend(text.chars().map(|c| narrow(c, 0xff))),
            Self::Utf16 => {
                if !text.is_empty() {
                    out.extend([0xfe, 0xff]);
                }
                out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            }
            Self::Utf16Be => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Self::Utf16Le => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let pairs = bytes.chunks_exact(2);
    let cut = !pairs.remainder().is_empty();
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let mut text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
    if cut {
        text.push('\u{fffd}');
    }
    text
}
