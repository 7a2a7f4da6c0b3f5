//! The layouts that nearly all dates and times have: every part with all its digits, so that each stands at a fixed
//! place and eight bytes are read at once.
//!
//! `None` says no more than "not in this layout": whether the text is a value the general readers tell.

use streamsql_core::text;

/// Eight bytes where `layout` has `0` for a digit and any other byte for itself.
struct Layout {
    bytes: u64,
    /// What lifts a byte into its highest bit when it does not fit: ten for a digit, one for another byte.
    limits: u64,
}

impl Layout {
    const fn new(layout: [u8; 8]) -> Self {
        let mut limits = [0; 8];
        let mut i = 0;
        while i < 8 {
            limits[i] = if layout[i] == b'0' { 0x76 } else { 0x7f };
            i += 1;
        }
        Self { bytes: u64::from_le_bytes(layout), limits: u64::from_le_bytes(limits) }
    }

    /// The digits' values, each in its byte, when `bytes` has this layout.
    #[inline]
    fn digits(&self, bytes: [u8; 8]) -> Option<[u8; 8]> {
        let digits = u64::from_le_bytes(bytes) ^ self.bytes;
        // A byte too high to add to without a carry has its highest bit already.
        let misfits = (digits.wrapping_add(self.limits) | digits) & 0x8080_8080_8080_8080;
        (misfits == 0).then_some(digits.to_le_bytes())
    }
}

const DATE: Layout = Layout::new(*b"0000-00-");
const TIME: Layout = Layout::new(*b"00:00:00");

#[inline]
fn two(tens: u8, ones: u8) -> u32 {
    u32::from(tens) * 10 + u32::from(ones)
}

#[inline]
fn at(text: &[u8], from: usize) -> Option<[u8; 8]> {
    text.get(from..from + 8)?.try_into().ok()
}

#[inline]
fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

/// Year, month and day at the start of `text`; they need not be a day of the calendar.
#[inline]
fn leading_date(text: &[u8]) -> Option<(i64, u32, u32)> {
    let d = DATE.digits(at(text, 0)?)?;
    let [tens, ones] = *text.get(8..10)? else { return None };
    let year = two(d[0], d[1]) * 100 + two(d[2], d[3]);
    Some((i64::from(year), two(d[5], d[6]), two(digit(tens)?, digit(ones)?)))
}

/// Year, month and day of `yyyy-MM-dd`.
#[inline]
pub fn date(text: &[u8]) -> Option<(i64, u32, u32)> {
    if text.len() == 10 { leading_date(text) } else { None }
}

#[inline]
fn seconds_of_day(hour: u32, minute: u32, second: u32) -> Option<i64> {
    let exists = hour < 24 && minute < 60 && second < 60;
    exists.then(|| i64::from((hour * 60 + minute) * 60 + second))
}

/// Seconds of the day of `HH:mm:ss`.
#[inline]
pub fn time(text: &[u8]) -> Option<i64> {
    let t = TIME.digits(text.try_into().ok()?)?;
    seconds_of_day(two(t[0], t[1]), two(t[3], t[4]), two(t[6], t[7]))
}

/// Seconds since 1970 and nanoseconds of `yyyy-MM-dd?HH:mm:ss[.fraction]`, with up to nine digits of fraction and any
/// separator that is asked for.
#[inline]
pub fn timestamp(text: &[u8], separator: u8) -> Option<(i64, i64)> {
    if text.len() < 19 || text[10] != separator {
        return None;
    }
    let (year, month, day) = leading_date(text)?;
    let t = TIME.digits(at(text, 11)?)?;
    let seconds = seconds_of_day(two(t[0], t[1]), two(t[3], t[4]), two(t[6], t[7]))?;
    let days = text::days_of(year, month, day)?;
    let nanos = match &text[19..] {
        [] => 0,
        [b'.', fraction @ ..] => nanos(fraction)?,
        _ => return None,
    };
    Some((days * 86_400 + seconds, nanos))
}

#[inline]
fn nanos(fraction: &[u8]) -> Option<i64> {
    const SCALES: [i64; 10] =
        [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let scale = *SCALES.get(fraction.len())?;
    let mut value = 0;
    for byte in fraction {
        value = value * 10 + i64::from(digit(*byte)?);
    }
    Some(value * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_layout_is_taken() {
        assert_eq!(date(b"2024-03-01"), Some((2024, 3, 1)));
        assert_eq!(time(b"23:59:58"), Some(86_398));
        assert_eq!(timestamp(b"1970-01-02 00:00:01.25", b' '), Some((86_401, 250_000_000)));
        assert_eq!(timestamp(b"1970-01-02T00:00:01", b'T'), Some((86_401, 0)));
        assert_eq!(timestamp(b"1970-01-02T00:00:01", b' '), None);
        for other in ["24:00:00", "23:60:00", "1:00:00", "23:59:59.1"] {
            assert_eq!(time(other.as_bytes()), None, "{other}");
        }
        for other in ["1970-02-29 00:00:00", "1970-01-01 00:00:00.1234567890", "1970-01-01 00:00:00Z"] {
            assert_eq!(timestamp(other.as_bytes(), b' '), None, "{other}");
        }
    }

    #[test]
    fn every_byte_is_checked() {
        let good = b"1987-06-15 13:24:35.678";
        for position in 0..good.len() {
            for byte in 0..=255 {
                let mut text = *good;
                text[position] = byte;
                let fits = byte.is_ascii_digit() == good[position].is_ascii_digit()
                    && (byte.is_ascii_digit() || byte == good[position]);
                assert!(fits || timestamp(&text, b' ').is_none(), "{text:?}");
                assert!(fits || date(&text[..10]).is_none() || position >= 10, "{text:?}");
                assert!(fits || time(&text[11..19]).is_none() || !(11..19).contains(&position), "{text:?}");
            }
        }
    }
}
