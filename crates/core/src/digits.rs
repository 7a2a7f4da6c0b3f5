//! Runs of ASCII digits, read eight at a time.

/// Powers of ten that an `i128` can hold.
pub const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1i128; 39];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// For each byte that is no digit its highest bit; exact up to the first of them.
#[inline]
const fn strangers(digits: u64) -> u64 {
    // Ten or more reaches the highest bit; what carries into the next byte had that bit before.
    (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080
}

/// The bytes less `'0'` each, the first one lowest.
#[inline]
fn less_zero(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes) ^ 0x3030_3030_3030_3030
}

/// The number that eight digits write; `None` when one of the bytes is no digit.
#[inline]
pub fn eight(bytes: [u8; 8]) -> Option<u32> {
    let digits = less_zero(bytes);
    if strangers(digits) != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) as u32)
}

/// How many digits `text` begins with.
#[inline]
pub fn count(text: &[u8]) -> usize {
    let mut count = 0;
    while let Some((chunk, _)) = text[count..].split_first_chunk::<8>() {
        let strangers = strangers(less_zero(*chunk));
        if strangers != 0 {
            return count + strangers.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    count + text[count..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The number that the digits at the start of `text` write, and how many they are. The number is right up to 38
/// digits.
#[inline]
pub fn run(text: &[u8]) -> (u128, usize) {
    let (mut value, mut length) = (0u128, 0);
    while let Some(eight) = text[length..].split_first_chunk::<8>().and_then(|(chunk, _)| eight(*chunk)) {
        value = value.wrapping_mul(100_000_000).wrapping_add(u128::from(eight));
        length += 8;
    }
    let (mut tail, mut scale) = (0u64, 1u64);
    for byte in text[length..].iter().take_while(|byte| byte.is_ascii_digit()) {
        tail = tail * 10 + u64::from(byte - b'0');
        scale *= 10;
        length += 1;
    }
    if value == 0 {
        return (u128::from(tail), length);
    }
    (value.wrapping_mul(u128::from(scale)).wrapping_add(u128::from(tail)), length)
}

/// Digits with or without a point among them, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// The number that the digits write without their point; right up to 38 digits.
    pub digits: u128,
    pub whole: usize,
    pub fraction: usize,
}

/// Reads `digits[.digits]`, where one of the two may be empty.
#[inline]
pub fn plain(text: &[u8]) -> Option<Plain> {
    if text.len() <= 16 {
        return short_plain(text);
    }
    let (value, whole) = run(text);
    let (behind, fraction) = match &text[whole..] {
        [] => (0, 0),
        [b'.', fraction @ ..] => run(fraction),
        _ => return None,
    };
    let end = whole + fraction + usize::from(whole < text.len());
    if end < text.len() || whole + fraction == 0 {
        return None;
    }
    let power = POWERS_OF_TEN[fraction.min(38)] as u128;
    Some(Plain { digits: value.wrapping_mul(power).wrapping_add(behind), whole, fraction })
}

#[inline]
fn short_plain(text: &[u8]) -> Option<Plain> {
    let (mut digits, mut point) = (0u64, None);
    for (i, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            digits = digits * 10 + u64::from(digit);
        } else if *byte == b'.' && point.is_none() {
            point = Some(i);
        } else {
            return None;
        }
    }
    let whole = point.unwrap_or(text.len());
    let fraction = point.map_or(0, |point| text.len() - point - 1);
    (whole + fraction > 0).then_some(Plain { digits: u128::from(digits), whole, fraction })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_the_first_byte_that_is_no_digit() {
        let digits = "98765432101234567890123456789012345678";
        for length in 0..=digits.len() {
            for end in 0..=255u8 {
                let mut text = digits.as_bytes()[..length].to_vec();
                let after = if end.is_ascii_digit() {
                    Vec::new()
                } else {
                    vec![end, b'7', b'7', 0xff, end, b'1', b'2', b'3']
                };
                text.extend(after);
                assert_eq!(count(&text), length, "{text:?}");
                let value = digits[..length].parse().unwrap_or(0);
                assert_eq!(run(&text), (value, length), "{text:?}");
            }
        }
    }

    #[test]
    fn a_point_may_stand_anywhere_once() {
        for length in 1..=38 {
            let digits = "98765432101234567890123456789012345678"[..length].to_owned();
            for point in 0..=length {
                let text = format!("{}.{}", &digits[..point], &digits[point..]);
                let expected =
                    Plain { digits: digits.parse().unwrap(), whole: point, fraction: length - point };
                assert_eq!(plain(text.as_bytes()), Some(expected), "{text}");
                for other in [format!("{text}."), format!("{text}e"), format!("-{text}"), format!(".{text}")]
                {
                    assert_eq!(plain(other.as_bytes()), None, "{other}");
                }
            }
            let whole = Plain { digits: digits.parse().unwrap(), whole: length, fraction: 0 };
            assert_eq!(plain(digits.as_bytes()), Some(whole));
        }
        for other in ["", ".", "..", "                 ", "................."] {
            assert_eq!(plain(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn eight_digits_are_a_number() {
        assert_eq!(eight(*b"00000000"), Some(0));
        assert_eq!(eight(*b"99999999"), Some(99_999_999));
        assert_eq!(eight(*b"12345678"), Some(12_345_678));
        for position in 0..8 {
            for byte in (0..=255u8).filter(|byte| !byte.is_ascii_digit()) {
                let mut bytes = *b"99999999";
                bytes[position] = byte;
                assert_eq!(eight(bytes), None, "{bytes:?}");
            }
        }
    }
}
