//! Texts as Java reads and writes them: `Integer.parseInt`, `BigDecimal`, Jackson's base64.

use std::fmt::Write;

pub use streamsql_core::java_parse::{ascii_digits, decimal, double, float, plain_double, plain_float, trim};

/// `Long.parseLong` and its narrower relatives: a sign and digits, nothing else.
#[inline]
pub fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    if !text.is_ascii() {
        return integer(&ascii_digits(text)?);
    }
    let mut value = 0i64;
    // What 18 digits write fits.
    if digits.len() <= 18 {
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
        }
        return Some(if negative { -value } else { value });
    }
    if digits.iter().all(u8::is_ascii_digit) { text.parse().ok() } else { None }
}

/// `Boolean.parseBoolean`: everything but `true` is false.
pub fn boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// Jackson's `MIME_NO_LINEFEEDS`: padding is required, white space is skipped between groups of four.
///
/// Appends to `out`; false when the text is not base64.
pub fn base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let whole = base64_groups(text, out);
    base64_rest(&text[whole..], out)
}

/// Decodes the groups of four digits at the start, as long as there are neither spaces nor padding: how many bytes of
/// the text they are.
fn base64_groups(text: &[u8], out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.resize(start + text.len() / 4 * 3, 0);
    let mut groups = 0;
    for (group, bytes) in text.chunks_exact(4).zip(out[start..].chunks_exact_mut(3)) {
        let digit = |i: usize| BASE64[usize::from(group[i])];
        let bits = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        if bits >= 1 << 24 {
            break;
        }
        bytes.copy_from_slice(&bits.to_be_bytes()[1..]);
        groups += 1;
    }
    out.truncate(start + groups * 3);
    groups * 4
}

/// The rest, group by group, with spaces and padding.
fn base64_rest(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = text;
    loop {
        let start = rest.iter().position(|b| *b > b' ').unwrap_or(rest.len());
        rest = &rest[start..];
        let Some((group, after)) = rest.split_at_checked(4) else { return rest.is_empty() };
        rest = after;
        let padding = group.iter().rev().take_while(|b| **b == b'=').count().min(2);
        let mut bits = 0u32;
        for byte in &group[..4 - padding] {
            let value = BASE64[usize::from(*byte)];
            if value == NO_DIGIT {
                return false;
            }
            bits = bits << 6 | value;
        }
        bits <<= 6 * padding as u32;
        let bytes = bits.to_be_bytes();
        out.extend_from_slice(&bytes[1..4 - padding]);
    }
}

/// True when a text that is no base64 ends behind the first digit of a group, or where a second `=` is missing.
pub fn base64_is_cut(text: &str) -> bool {
    let mut rest = text.as_bytes();
    loop {
        let start = rest.iter().position(|b| *b > b' ').unwrap_or(rest.len());
        rest = &rest[start..];
        let is_digit = |byte: &u8| BASE64[usize::from(*byte)] != NO_DIGIT;
        match rest {
            [only] => return is_digit(only),
            [a, b, b'='] => return is_digit(a) && is_digit(b),
            [a, b, b'=', b'=', after @ ..] if is_digit(a) && is_digit(b) => rest = after,
            [a, b, c, d, after @ ..]
                if [a, b, c].into_iter().all(is_digit) && (is_digit(d) || *d == b'=') =>
            {
                rest = after
            }
            _ => return false,
        }
    }
}

/// For a byte that is no digit: at each of the four places of a group one of these bits comes to stand above its 24.
const NO_DIGIT: u32 = 1 << 24 | 1 << 18 | 1 << 12 | 1 << 6;

/// The value of every byte as a digit of base64.
const BASE64: [u32; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NO_DIGIT; 256];
    let mut i = 0;
    while i < alphabet.len() {
        values[alphabet[i] as usize] = i as u32;
        i += 1;
    }
    values
};

/// A `BigDecimal` of any size, for printing: sign, digits without leading zeros, scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigDecimal {
    negative: bool,
    digits: String,
    scale: i64,
}

impl BigDecimal {
    /// Of an unscaled value.
    pub fn new(unscaled: i128, scale: u8) -> Self {
        Self { negative: unscaled < 0, digits: unscaled.unsigned_abs().to_string(), scale: i64::from(scale) }
    }

    /// Reads a JSON number (RFC 8259).
    pub fn parse(number: &str) -> Option<Self> {
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let exponent = integer(exponent)?;
        let negative = mantissa.starts_with('-');
        let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        Some(Self {
            negative: negative && digits != "0",
            digits: digits.to_owned(),
            scale: (fraction.len() as i64).checked_sub(exponent)?,
        })
    }

    /// `stripTrailingZeros`.
    pub fn stripped(mut self) -> Self {
        if self.digits == "0" {
            return Self { negative: false, digits: self.digits, scale: 0 };
        }
        let kept = self.digits.trim_end_matches('0').len();
        self.scale -= (self.digits.len() - kept) as i64;
        self.digits.truncate(kept);
        self
    }

    /// `toString`: with an exponent where the scale is negative or the number tiny.
    pub fn write(&self, out: &mut String) {
        let adjusted = -self.scale + self.digits.len() as i64 - 1;
        if self.scale >= 0 && adjusted >= -6 {
            return self.write_plain(out);
        }
        out.push_str(if self.negative { "-" } else { "" });
        out.push_str(&self.digits[..1]);
        if self.digits.len() > 1 {
            out.push('.');
            out.push_str(&self.digits[1..]);
        }
        if adjusted != 0 {
            let _ = write!(out, "E{adjusted:+}");
        }
    }

    /// `toPlainString`.
    pub fn write_plain(&self, out: &mut String) {
        out.push_str(if self.negative { "-" } else { "" });
        let scale = usize::try_from(self.scale).unwrap_or(0);
        if scale == 0 {
            out.push_str(&self.digits);
            let zeros = usize::try_from(self.scale.unsigned_abs()).unwrap_or(0);
            out.extend(std::iter::repeat_n('0', zeros.min(1 << 20)));
            return;
        }
        let padded = format!("{:0>width$}", self.digits, width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let _ = write!(out, "{whole}.{fraction}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_jackson_reads_it() {
        let decode = |text: &str| {
            let mut out = Vec::new();
            base64(text.as_bytes(), &mut out).then_some(out)
        };
        assert_eq!(decode(" aGk=\naGk="), Some(b"hihi".to_vec()));
        assert_eq!(decode("YR=="), Some(b"a".to_vec()));
        for bad in ["aGk", "aGk==", "a", "aG k=", "a-_z", "a=bc", "===="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn big_decimals_as_java_prints_them() {
        let stripped = |text: &str| {
            let mut out = String::new();
            BigDecimal::parse(text).unwrap().stripped().write(&mut out);
            out
        };
        assert_eq!(stripped("2.50"), "2.5");
        assert_eq!(stripped("100.0"), "1E+2");
        assert_eq!(stripped("1E-7"), "1E-7");
        assert_eq!(stripped("1e-5"), "0.00001");
        assert_eq!(stripped("-0.0"), "0");
        assert_eq!(stripped("-1.2345e20"), "-1.2345E+20");
        let mut out = String::new();
        BigDecimal::new(0, 8).write(&mut out);
        assert_eq!(out, "0E-8");
    }
}
