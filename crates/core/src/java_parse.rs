//! Numbers from texts as Java reads them: `Double.parseDouble`, `Float.parseFloat`, `new BigDecimal`.

use crate::digits;
use crate::text::{self, NotANumber};

/// `String.trim`: everything up to U+0020 goes.
#[inline]
pub fn trim(text: &str) -> &str {
    let is_kept = |byte: &u8| *byte > b' ';
    match text.as_bytes() {
        [] => text,
        [only] if is_kept(only) => text,
        [first, .., last] if is_kept(first) && is_kept(last) => text,
        bytes => {
            let start = bytes.iter().position(is_kept).unwrap_or(bytes.len());
            let end = bytes.iter().rposition(is_kept).map_or(start, |last| last + 1);
            &text[start..end]
        }
    }
}

/// `Double.parseDouble`: also `NaN`, `Infinity`, a type suffix and hexadecimal digits.
pub fn double(text: &str) -> Option<f64> {
    let text = trim(text);
    plain_double(text).or_else(|| parse_float(text)).or_else(|| hexadecimal(text))
}

/// `Float.parseFloat`.
pub fn float(text: &str) -> Option<f32> {
    let text = trim(text);
    plain_float(text).or_else(|| parse_float(text)).or_else(|| hexadecimal(text).map(|value| value as f32))
}

/// `[-]digits[.digits]` as sign, digits without their point, and how many stand behind the point.
#[inline]
fn plain_number(text: &str) -> Option<(bool, u64, usize)> {
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', unsigned @ ..] => (true, unsigned),
        unsigned => (false, unsigned),
    };
    let number = digits::plain(unsigned)?;
    let short = number.whole + number.fraction <= 19;
    short.then_some((negative, number.digits as u64, number.fraction))
}

/// A number whose digits and whose power of ten a DOUBLE holds exactly, so that one division rounds once, as it
/// should (Clinger, "How to read floating point numbers accurately"). `None` for others.
#[inline]
pub fn plain_double(text: &str) -> Option<f64> {
    const POWERS: [f64; 20] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19,
    ];
    let (negative, digits, fraction_digits) = plain_number(text)?;
    if digits > 1 << 53 {
        return None;
    }
    let value = digits as f64 / POWERS[fraction_digits];
    Some(if negative { -value } else { value })
}

/// The same for FLOAT.
#[inline]
pub fn plain_float(text: &str) -> Option<f32> {
    let value = plain_double(text)?;
    // Rounded twice is rounded once, unless the first rounding ended halfway between two FLOATs.
    let halfway = value.to_bits() & 0x1fff_ffff == 0x1000_0000;
    (!halfway).then_some(value as f32)
}

fn parse_float<T: std::str::FromStr>(text: &str) -> Option<T> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "NaN" || unsigned == "Infinity" {
        return text.parse().ok();
    }
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    // Rust also takes `inf` and `nan`, Java does not.
    let is_decimal =
        text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if is_decimal { text.parse().ok() } else { None }
}

/// `[sign]0x[digits][.digits]p[sign]digits[suffix]` (Java language specification, section 3.10.2).
fn hexadecimal(text: &str) -> Option<f64> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let unsigned = unsigned.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(unsigned);
    let digits = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"))?;
    let (mantissa, exponent) = digits.split_once(['p', 'P'])?;
    let exponent = whole_number(exponent)?.clamp(-1 << 20, 1 << 20) as i32;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    // 53 bits are held exactly; what lies beyond only has to leave a mark for the rounding.
    let (mut value, mut shift) = (0u64, 0i32);
    for (i, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        if value < 1 << 58 {
            value = value << 4 | digit;
        } else {
            value |= u64::from(digit != 0);
            shift = shift.saturating_add(4);
        }
        if i >= whole.chars().count() {
            shift = shift.saturating_sub(4);
        }
    }
    let scaled = scale_by_power_of_two(value as f64, exponent.saturating_add(shift));
    Some(if negative { -scaled } else { scaled })
}

fn scale_by_power_of_two(mut value: f64, mut exponent: i32) -> f64 {
    while exponent > 1_000 && value.is_finite() && value != 0.0 {
        value *= 2f64.powi(1_000);
        exponent -= 1_000;
    }
    while exponent < -1_000 && value != 0.0 {
        value *= 2f64.powi(-1_000);
        exponent += 1_000;
    }
    value * 2f64.powi(exponent.clamp(-1_000, 1_000))
}

/// A sign and digits; what does not fit is as far away as can be.
fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let beyond = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(beyond))
}

/// A text with the decimal digits of any script as ASCII digits, as `Character.digit` reads them; `None` when it holds
/// other characters beyond ASCII.
pub fn ascii_digits(text: &str) -> Option<String> {
    let ascii = |c: char| {
        if c.is_ascii() {
            return Some(c);
        }
        let code = u32::from(c);
        let zero = ZEROS.iter().copied().find(|zero| (*zero..*zero + 10).contains(&code))?;
        char::from_digit(code - zero, 10)
    };
    text.chars().map(ascii).collect()
}

/// The digit zero of every script of the basic plane (Unicode 10, which Java 11 has).
const ZEROS: [u32; 36] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6,
    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0,
    0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// `new BigDecimal(text)` at a scale; as `text::parse_decimal`.
pub fn decimal(text: &str, precision: u8, scale: u8) -> Result<Option<i128>, NotANumber> {
    if text.is_ascii() {
        return text::parse_decimal(text, precision, scale);
    }
    text::parse_decimal(&ascii_digits(text).ok_or(NotANumber)?, precision, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_are_read_as_the_general_way_reads_them() {
        let mut seed = 1u64;
        for _ in 0..200_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digits = seed >> 11 >> (seed % 53);
            let text = digits.to_string();
            let point = (seed >> 7) as usize % (text.len() + 1);
            let text =
                format!("{}{}.{}", if seed & 64 == 0 { "" } else { "-" }, &text[..point], &text[point..]);
            if let Some(value) = plain_double(&text) {
                assert_eq!(Ok(value), text.parse(), "{text}");
            }
            if let Some(value) = plain_float(&text) {
                assert_eq!(Ok(value), text.parse(), "{text}");
            }
        }
        assert_eq!(plain_double("9007199254740992"), Some(9_007_199_254_740_992.0));
        assert_eq!(plain_double("9007199254740993"), None);
        assert_eq!(plain_float("16777217.0"), None);
        assert_eq!(plain_float("16777217.000001"), Some(16_777_218.0));
        assert!(plain_double("-0").is_some_and(|zero| zero.is_sign_negative()));
        for other in ["", "-", ".", "+1", "1e5", "1.2.3", " 1", "NaN", "00000000000000000000"] {
            assert_eq!(plain_double(other), None, "{other}");
        }
    }

    #[test]
    fn doubles_as_java_reads_them() {
        assert_eq!(double(" 1d "), Some(1.0));
        assert_eq!(double("0x1.8p-1"), Some(0.75));
        assert_eq!(double("-0x1p3f"), Some(-8.0));
        assert_eq!(double("0x1p-1074"), Some(f64::from_bits(1)));
        assert_eq!(double("0x1.fffffffffffff8p0"), Some(2.0));
        assert_eq!(double("5."), Some(5.0));
        assert!(double("NaN").is_some_and(f64::is_nan));
        for bad in ["inf", "nan", "infinity", "", "d", "1_0", "0x10", "1L", "."] {
            assert_eq!(double(bad), None, "{bad}");
        }
    }
}
