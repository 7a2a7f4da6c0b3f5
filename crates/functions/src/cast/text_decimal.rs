//! Texts as decimals. Flink has two readers and takes the quick one for short texts and narrow decimals (Flink
//! `BinaryStringDataUtil.toDecimal`); it accepts more than the other, and unchanged queries may lean on that.

use streamsql_core::java_parse;

/// Decimals up to this precision, and texts up to this many bytes, are read by way of a long.
const LONG_DIGITS: usize = 18;

/// The digits of a text at `scale`; `None` where Flink's CAST fails, also for too many digits.
pub(super) fn from_text(text: &str, precision: u8, scale: u8) -> Option<i128> {
    if usize::from(precision) > LONG_DIGITS || text.len() > LONG_DIGITS {
        let digits = text.trim_matches(is_space);
        return java_parse::decimal(digits, precision, scale).ok().flatten();
    }
    from_short(text.as_bytes(), i32::from(precision), i32::from(scale)).map(i128::from)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\t')
}

/// Bytes taken one after another; the byte that ends a run of digits is used up, too, so one wrong sign at the end passes
/// (`1x` is 1), and no digit at all is zero.
fn from_short(bytes: &[u8], precision: i32, scale: i32) -> Option<i64> {
    let mut rest = without_spaces_ahead(bytes);
    let (sign, behind) = signed(rest)?;
    rest = behind;
    let (mut significand, mut length, mut point, mut last) = (0i64, 0, None, 0);
    while let [byte, behind @ ..] = rest {
        (last, rest) = (*byte, behind);
        match byte {
            b'0'..=b'9' => {
                significand = significand * 10 + i64::from(byte - b'0');
                length += 1;
            }
            b'.' if point.is_some() => return None,
            b'.' => point = Some(length),
            _ => break,
        }
    }
    let mut exponent = 0;
    if matches!(last, b'e' | b'E') && !rest.is_empty() {
        let (sign, behind) = signed(rest)?;
        rest = behind;
        while let [byte, behind @ ..] = rest {
            rest = behind;
            match byte {
                b'0'..=b'9' if exponent < LARGE_EXPONENT => {
                    exponent = exponent * 10 + i32::from(byte - b'0');
                }
                b'0'..=b'9' => {}
                _ => break,
            }
        }
        exponent *= sign as i32;
    }
    if !without_spaces_ahead(rest).is_empty() {
        return None;
    }
    let significand = sign * significand;
    let change = exponent - (length - point.unwrap_or(length)) + scale;
    if length + change > precision {
        return None;
    }
    if change >= 0 {
        return significand.checked_mul(power(change)?);
    }
    // HALF_UP, which may give one digit more than the precision.
    Some((significand + sign * 5 * power(-change - 1)?) / power(-change)?)
}

/// Beyond this an exponent's digits do not count: the value is too large or zero.
const LARGE_EXPONENT: i32 = 40;

/// The sign and what follows; `None` where nothing follows.
fn signed(bytes: &[u8]) -> Option<(i64, &[u8])> {
    match bytes {
        [] | [b'-' | b'+'] => None,
        [b'-', rest @ ..] => Some((-1, rest)),
        [b'+', rest @ ..] => Some((1, rest)),
        rest => Some((1, rest)),
    }
}

/// A power of ten of at most 18; Flink's table has no others.
fn power(exponent: i32) -> Option<i64> {
    u32::try_from(exponent).ok().filter(|e| *e as usize <= LONG_DIGITS).map(|e| 10i64.pow(e))
}

fn without_spaces_ahead(bytes: &[u8]) -> &[u8] {
    let spaces = bytes.iter().take_while(|byte| is_space(char::from(**byte))).count();
    &bytes[spaces..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_read_as_by_flink() {
        for (text, value) in [
            ("", None),
            (" ", None),
            ("-", None),
            ("--5", None),
            ("1 2", None),
            ("NaN", None),
            ("1..", None),
            ("\u{ff11}", None),
            ("1e-400", None),
            ("1e400", None),
            ("123456789.1", None),
            ("12345678.1", Some(123_456_781_000)),
            (".", Some(0)),
            ("e", Some(0)),
            ("e5", Some(0)),
            ("a", Some(0)),
            (" a", Some(0)),
            ("a1", None),
            ("1e", Some(10_000)),
            ("1x", Some(10_000)),
            ("5-", Some(50_000)),
            ("1e1x", Some(100_000)),
            ("\t-.5\n", Some(-5_000)),
            ("+5", Some(50_000)),
            ("1E-3", Some(10)),
            ("0.00005", Some(1)),
            ("-0.00005", Some(-1)),
            ("0.00004", Some(0)),
        ] {
            assert_eq!(from_text(text, 12, 4), value, "{text:?}");
        }
    }

    #[test]
    fn rounding_may_exceed_the_precision_and_long_texts_may_not() {
        assert_eq!(from_text("99.995", 4, 2), Some(10_000));
        assert_eq!(from_text("99.9950000000000000000", 4, 2), None);
        assert_eq!(from_text("12345", 4, 2), None);
        assert_eq!(from_text("x", 19, 2), None);
        assert_eq!(from_text(" 1.5\n", 19, 2), Some(150));
        assert_eq!(from_text("\u{a0}1", 19, 2), None);
        assert_eq!(from_text("\u{663}.\u{ff15}", 19, 2), Some(350));
    }
}
