//! Numbers from texts as Java reads them: `Double.parseDouble`, `Float.parseFloat`.

/// `String.trim`: everything up to U+0020 goes.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// `Double.parseDouble`: also `NaN`, `Infinity`, a type suffix and hexadecimal digits.
pub fn double(text: &str) -> Option<f64> {
    let text = trim(text);
    parse_float(text).or_else(|| hexadecimal(text))
}

/// `Float.parseFloat`.
pub fn float(text: &str) -> Option<f32> {
    let text = trim(text);
    parse_float(text).or_else(|| hexadecimal(text).map(|value| value as f32))
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

#[cfg(test)]
mod tests {
    use super::*;

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
