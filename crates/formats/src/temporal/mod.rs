//! Dates and times as Flink's formats read and write them (Flink `TimeFormats`, `java.time` and `java.sql`).
//!
//! `java.time` resolves in two styles. *Strict* takes only days and times that exist. *Smart*, which a formatter has
//! that is put together from parts, also takes day 29–31 of a shorter month for its last day and `24:00:00` for
//! midnight at the end of the day.

use std::fmt::Write;

use arrow::datatypes::TimeUnit;
use streamsql_core::text;
use streamsql_core::types::timestamp_unit;
use streamsql_core::{Error, Result};

use crate::java;

mod fixed;

const SECONDS_PER_DAY: i64 = 86_400;

/// How a format writes timestamps (`timestamp-format.standard`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampStandard {
    /// `yyyy-MM-dd HH:mm:ss[.fraction]`
    Sql,
    /// `yyyy-MM-ddTHH:mm[:ss[.fraction]]`
    Iso8601,
}

impl TimestampStandard {
    pub fn parse(value: Option<&str>) -> Result<Self> {
        match value {
            None | Some("SQL") => Ok(Self::Sql),
            Some("ISO-8601") => Ok(Self::Iso8601),
            Some(other) => {
                Err(Error::invalid(format!("timestamp-format.standard is SQL or ISO-8601, not '{other}'")))
            }
        }
    }

    /// What a timestamp should have looked like.
    pub fn expected(self, zoned: bool) -> &'static str {
        match (self, zoned) {
            (Self::Sql, false) => "yyyy-MM-dd HH:mm:ss[.fraction]",
            (Self::Sql, true) => "yyyy-MM-dd HH:mm:ss[.fraction]Z",
            (Self::Iso8601, false) => "yyyy-MM-ddTHH:mm[:ss[.fraction]]",
            (Self::Iso8601, true) => "yyyy-MM-ddTHH:mm[:ss[.fraction]]Z",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Strict,
    Smart,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self, most: usize) -> &[u8] {
        let rest = &self.bytes[self.at..];
        let count = rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        &rest[..count]
    }

    fn two(&mut self) -> Option<i64> {
        match self.digits(2) {
            [tens, ones] => Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0')),
            _ => None,
        }
    }

    fn at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// `ISO_LOCAL_DATE`: four digits of year, or a sign and 4–10 of them. Days since 1970.
    fn date(&mut self, style: Style) -> Option<i64> {
        let plus = self.take(b'+');
        let minus = !plus && self.take(b'-');
        let digits = self.digits(10);
        let fits = match digits.len() {
            4 => !plus,
            5..=10 => plus || minus,
            _ => false,
        };
        let year = digits.iter().fold(0i64, |n, d| n * 10 + i64::from(d - b'0'));
        if !fits || (minus && year == 0) || year > 999_999_999 {
            return None;
        }
        let year = if minus { -year } else { year };
        if !self.take(b'-') {
            return None;
        }
        let month = self.two()?;
        if !self.take(b'-') {
            return None;
        }
        let day = self.two()?;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let exact = text::days_of(year, month as u32, day as u32);
        if exact.is_some() || style == Style::Strict {
            return exact;
        }
        (28..day).rev().find_map(|last| text::days_of(year, month as u32, last as u32))
    }

    /// Seconds of the day (a whole day's for 24:00) and nanoseconds.
    fn time(&mut self, style: Style, seconds_optional: bool) -> Option<(i64, i64)> {
        let hour = self.two()?;
        if !self.take(b':') {
            return None;
        }
        let minute = self.two()?;
        let mut second = 0;
        let mut nanos = 0;
        if self.take(b':') {
            second = self.two()?;
            if self.take(b'.') {
                let digits = self.digits(9);
                nanos = digits.iter().fold(0i64, |n, d| n * 10 + i64::from(d - b'0'))
                    * 10i64.pow(9 - digits.len() as u32);
            }
        } else if !seconds_optional {
            return None;
        }
        let end_of_day = style == Style::Smart && hour == 24 && minute == 0 && second == 0 && nanos == 0;
        if (hour > 23 && !end_of_day) || minute > 59 || second > 59 {
            return None;
        }
        Some(((hour * 60 + minute) * 60 + second, nanos))
    }
}

/// DATE of JSON: `ISO_LOCAL_DATE`, strict. Days since 1970.
pub fn iso_date(value: &str) -> Option<i64> {
    if let Some((year, month, day)) = fixed::date(value.as_bytes()) {
        return text::days_of(year, month, day);
    }
    let mut cursor = Cursor { bytes: value.as_bytes(), at: 0 };
    cursor.date(Style::Strict).filter(|days| cursor.at_end() && i32::try_from(*days).is_ok())
}

/// DATE of CSV: `java.sql.Date.valueOf`, four digits of year, one or two of month and day; day 30 of February is a
/// day in March. Days since 1970.
pub fn sql_date(value: &str) -> Option<i64> {
    if let Some((year, month, day)) = fixed::date(value.as_bytes())
        && let Some(days) = text::days_of(year, month, day)
        && (year, month) > (1582, 10)
    {
        return Some(days);
    }
    let mut parts = value.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.chars().count() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    let (year, month, day) = (java::integer(year)?, java::integer(month)?, java::integer(day)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The old calendar class counts Julian before 15 October 1582, where every fourth year has a leap day, and moves
    // days that are missing into the next month. What it then has for year, month and day is the date; year 0 it
    // calls the first before Christ.
    if year == 1582 && month == 10 && (5..=14).contains(&day) {
        return text::days_of(1582, 10, day as u32).map(|days| days + 10);
    }
    let leap = year % 4 == 0 && (year < 1582 || year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let (month, day) = if day > length { (month + 1, day - length) } else { (month, day) };
    text::days_of(year.max(1), month as u32, day as u32)
}

/// TIME of JSON, in whole seconds: `HH:mm:ss[.fraction]`, the fraction is dropped. Milliseconds of the day.
pub fn json_time(value: &str) -> Option<i64> {
    if let Some(seconds) = fixed::time(value.as_bytes()) {
        return Some(seconds * 1_000);
    }
    let mut cursor = Cursor { bytes: value.as_bytes(), at: 0 };
    let (seconds, _) = cursor.time(Style::Smart, false)?;
    cursor.at_end().then_some(seconds % SECONDS_PER_DAY * 1_000)
}

/// TIME of CSV: `HH:mm[:ss[.fraction]]`, cut to `precision` ≤ 3 digits. Milliseconds of the day.
pub fn csv_time(value: &str, precision: u8) -> Option<i64> {
    if let Some(seconds) = fixed::time(value.as_bytes()) {
        return Some(seconds * 1_000);
    }
    let mut cursor = Cursor { bytes: value.as_bytes(), at: 0 };
    let (seconds, nanos) = cursor.time(Style::Strict, true)?;
    let step = 10i64.pow(3 - u32::from(precision.min(3)));
    cursor.at_end().then_some(seconds * 1_000 + nanos / 1_000_000 / step * step)
}

/// A timestamp as ticks of the unit that holds `precision`. Digits beyond the unit are cut, not those beyond
/// `precision`: Flink holds milliseconds for TIMESTAMP(0) too.
///
/// `zoned` values end in `Z`. `None` also for instants that the unit cannot reach.
#[inline]
pub fn timestamp(value: &str, precision: u8, standard: TimestampStandard, zoned: bool) -> Option<i64> {
    let local = if zoned { value.strip_suffix('Z')? } else { value };
    let separator = if standard == TimestampStandard::Sql { b' ' } else { b'T' };
    let (seconds, nanos) = match fixed::timestamp(local.as_bytes(), separator) {
        Some(parts) => parts,
        None => general_timestamp(local, standard, zoned)?,
    };
    match timestamp_unit(precision) {
        TimeUnit::Second => Some(seconds),
        TimeUnit::Millisecond => seconds.checked_mul(1_000)?.checked_add(nanos / 1_000_000),
        TimeUnit::Microsecond => seconds.checked_mul(1_000_000)?.checked_add(nanos / 1_000),
        TimeUnit::Nanosecond => seconds.checked_mul(1_000_000_000)?.checked_add(nanos),
    }
}

/// Seconds since 1970 and nanoseconds.
fn general_timestamp(local: &str, standard: TimestampStandard, zoned: bool) -> Option<(i64, i64)> {
    let mut cursor = Cursor { bytes: local.as_bytes(), at: 0 };
    // Only DateTimeFormatter.ISO_LOCAL_DATE_TIME is strict; the others are put together.
    let style = if standard == TimestampStandard::Iso8601 && !zoned { Style::Strict } else { Style::Smart };
    let days = cursor.date(style)?;
    let separated = match standard {
        TimestampStandard::Sql => cursor.take(b' '),
        TimestampStandard::Iso8601 => cursor.take(b'T') || (!zoned && cursor.take(b't')),
    };
    if !separated {
        return None;
    }
    let (seconds, nanos) = cursor.time(style, standard == TimestampStandard::Iso8601)?;
    cursor.at_end().then_some((days * SECONDS_PER_DAY + seconds, nanos))
}

/// Appends a date as `ISO_LOCAL_DATE` prints it.
pub fn write_date(days: i64, out: &mut String) {
    let start = out.len();
    text::date(days, out);
    sign_long_years(start, out);
}

/// Appends a timestamp of `ticks` in the unit that holds `precision`.
pub fn write_timestamp(ticks: i64, per_second: i64, standard: TimestampStandard, out: &mut String) {
    let seconds = ticks.div_euclid(per_second);
    let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    write_date(seconds.div_euclid(SECONDS_PER_DAY), out);
    out.push(if standard == TimestampStandard::Sql { ' ' } else { 'T' });
    text::time(seconds.rem_euclid(SECONDS_PER_DAY) * 1_000_000_000 + nanos, out);
}

/// Java puts a sign before years of more than four digits.
fn sign_long_years(start: usize, out: &mut String) {
    if out[start..].find('-').is_some_and(|length| length > 4) {
        out.insert(start, '+');
    }
}

/// Appends `HH:mm[:ss[.fraction]]` as `LocalTime.toString` does: fractions in groups of three digits.
pub fn write_java_time(nanos_of_day: i64, out: &mut String) {
    let seconds = nanos_of_day / 1_000_000_000;
    let nanos = nanos_of_day % 1_000_000_000;
    let _ = write!(out, "{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
    if seconds % 60 != 0 || nanos != 0 {
        let _ = write!(out, ":{:02}", seconds % 60);
    }
    if nanos != 0 {
        let _ = if nanos % 1_000_000 == 0 {
            write!(out, ".{:03}", nanos / 1_000_000)
        } else if nanos % 1_000 == 0 {
            write!(out, ".{:06}", nanos / 1_000)
        } else {
            write!(out, ".{nanos:09}")
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_of_both_standards() {
        let sql = |value| timestamp(value, 3, TimestampStandard::Sql, false);
        assert_eq!(sql("1970-01-02 00:00:00.5"), Some(86_400_500));
        assert_eq!(sql("1970-01-02 00:00:00.123"), Some(86_400_123));
        assert_eq!(sql("1970-01-02 24:00:00"), Some(2 * 86_400_000));
        assert_eq!(sql("1970-02-31 00:00:00"), sql("1970-02-28 00:00:00"));
        assert_eq!(timestamp("1970-01-01T00:01", 3, TimestampStandard::Iso8601, false), Some(60_000));
        assert_eq!(timestamp("1970-02-31T00:01", 3, TimestampStandard::Iso8601, false), None);
        assert_eq!(timestamp("1970-01-01 00:00:00.1234567", 6, TimestampStandard::Sql, false), Some(123_456));
        assert_eq!(timestamp("1970-01-01 00:00:00.19", 1, TimestampStandard::Sql, false), Some(190));
        for bad in [
            "1970-01-01",
            "1970-01-01 00:00",
            "1970-01-01  00:00:00",
            "1970-13-01 00:00:00.000",
            "1970-01-32 00:00:00",
            "1970-01-01 24:00:01",
            "1970-01-01 00:00:00.1234567890",
            "１970-01-01 00:00:00",
        ] {
            assert_eq!(sql(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_of_csv_roll_over() {
        assert_eq!(sql_date("2023-02-31"), text::days_of(2023, 3, 3));
        assert_eq!(sql_date("2020-1-2"), text::days_of(2020, 1, 2));
        assert_eq!(sql_date("1500-02-29"), None);
        assert_eq!(sql_date("1500-02-30"), text::days_of(1500, 3, 1));
        assert_eq!(sql_date("0000-01-01"), text::days_of(1, 1, 1));
        assert_eq!(sql_date("２０２４-03-01"), text::days_of(2024, 3, 1));
        assert_eq!(sql_date("20-01-01"), None);
    }
}
