//! Times that Oracle GoldenGate writes, as Flink reads them (`DateTimeUtils.parseTimestampData`): microseconds since 1970, as
//! if written in UTC.

use streamsql_core::{java_parse, text};

use crate::temporal;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// `op_ts`: a date, with a time or without; cut to milliseconds. None where it is neither.
pub fn event(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    local(date, time, Digits::Any)
}

/// `current_ts`: `yyyy-MM-ddTHH:mm:ss.SSSSSS`, cut to milliseconds; else what `java.sql` takes for a date or timestamp. None
/// where it is neither, which is a NULL.
pub fn ingestion(text: &str) -> Option<i64> {
    let fixed = text.split_once('T').and_then(|(date, time)| local(date, Some(time), Digits::All));
    if fixed.is_some() {
        return fixed;
    }
    let text = java_parse::trim(text);
    let Some((date, time)) = text.split_once(' ') else {
        return temporal::sql_date(text).map(|days| days * MICROS_PER_DAY);
    };
    let Time { hour, minute, second, nanos } = Time::parse(time, Digits::Any)?;
    Some(
        temporal::sql_date(date)? * MICROS_PER_DAY
            + ((hour * 60 + minute) * 60 + second) * 1_000_000
            + nanos / 1_000,
    )
}

/// How many digits a number has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Digits {
    /// Two, and six of the fraction.
    All,
    /// One or two, and up to nine of the fraction, which may be missing.
    Any,
}

/// A date and time of ISO's calendar. Day 29–31 of a shorter month is its last one, 24:00:00 the next midnight.
fn local(date: &str, time: Option<&str>, digits: Digits) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let year = parts.next().filter(|year| year.len() == 4)?;
    let year = number(year)?;
    let (month, day) = (part(parts.next()?, digits)?, part(parts.next()?, digits)?);
    if !(1..=31).contains(&day) {
        return None;
    }
    let days = (28.min(day)..=day).rev().find_map(|day| text::days_of(year, month as u32, day as u32))?;
    let Some(time) = time else { return Some(days * MICROS_PER_DAY) };
    let Time { hour, minute, second, nanos } = Time::parse(time, digits)?;
    let is_midnight = (hour, minute, second, nanos) == (24, 0, 0, 0);
    if (hour > 23 && !is_midnight) || minute > 59 || second > 59 {
        return None;
    }
    let millis = ((hour * 60 + minute) * 60 + second) * 1_000 + nanos / 1_000_000;
    Some(days * MICROS_PER_DAY + millis * 1_000)
}

struct Time {
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
}

impl Time {
    fn parse(text: &str, digits: Digits) -> Option<Self> {
        let (clock, fraction) = match text.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (text, None),
        };
        let mut parts = clock.splitn(3, ':');
        let mut next = || part(parts.next()?, digits);
        let (hour, minute, second) = (next()?, next()?, next()?);
        let nanos = match (fraction, digits) {
            (None, Digits::Any) => 0,
            (Some(fraction), Digits::Any) if (1..=9).contains(&fraction.len()) => {
                number(fraction)? * 10i64.pow(9 - fraction.len() as u32)
            }
            (Some(fraction), Digits::All) if fraction.len() == 6 => number(fraction)? * 1_000,
            _ => return None,
        };
        Some(Self { hour, minute, second, nanos })
    }
}

fn part(text: &str, digits: Digits) -> Option<i64> {
    match text.len() {
        2 => number(text),
        1 if digits == Digits::Any => number(text),
        _ => None,
    }
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from Apache Flink 1.18.1.
    #[test]
    fn times_are_read_as_flink_does() {
        let day = |day: i64| day * MICROS_PER_DAY;
        let time = |h: i64, m: i64, s: i64, micros: i64| ((h * 60 + m) * 60 + s) * 1_000_000 + micros;
        for (text, wanted) in [
            ("2020-05-13 15:40:06.123456", Some(day(18_395) + time(15, 40, 6, 123_000))),
            ("2020-05-13 15:40:06", Some(day(18_395) + time(15, 40, 6, 0))),
            ("2020-05-13", Some(day(18_395))),
            ("2020-5-3 1:2:3.5", Some(day(18_385) + time(1, 2, 3, 500_000))),
            ("2020-02-31 15:40:07.654321", Some(day(18_321) + time(15, 40, 7, 654_000))),
            ("2020-02-01 15:40:07.123456789", Some(day(18_293) + time(15, 40, 7, 123_000))),
            ("2020-05-13T15:40:07.654321", None),
            ("2020-02-01 15:40:07.6543210000", None),
            ("2020-02-01 15:40", None),
            ("", None),
            ("2020-1é-1", None),
        ] {
            assert_eq!(event(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("2020-05-13T15:40:07.654321", Some(day(18_395) + time(15, 40, 7, 654_000))),
            ("2020-05-13 15:40:07.654321", Some(day(18_395) + time(15, 40, 7, 654_321))),
            ("2020-02-30T24:00:00.000000", Some(day(18_322))),
            ("2020-05-13T15:40:07.654", None),
            ("2020-05-13T15:40:07", None),
        ] {
            assert_eq!(ingestion(text), wanted, "{text}");
        }
    }
}
