//! Digests, BASE64, hexadecimal texts (Flink `SqlFunctionUtils`, `HashCodeCallGen`).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::call::Eval;
use crate::strings::{bytes_at, fallible_text, int_at, str_at, text};

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
