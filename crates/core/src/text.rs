//! Values as text and text as values, in Flink's forms: dates, times, timestamps, decimals, floats.

use std::fmt::Write;

use crate::digits::{self, POWERS_OF_TEN};
use crate::{Error, Result, java_float};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, IntervalYearMonthType,
    Time32MillisecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};

const MS_PER_DAY: i64 = 86_400_000;

/// Year, month and day of days since 1970, for any year (proleptic Gregorian calendar).
pub fn civil(days: i64) -> (i64, u32, u32) {
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u32, day as u32)
}

/// Appends `yyyy-MM-dd` of days since 1970.
pub fn date(days: i64, out: &mut String) {
    let (year, month, day) = civil(days);
    let sign = if year < 0 { "-" } else { "" };
    let _ = write!(out, "{sign}{:04}-{month:02}-{day:02}", year.abs());
}

/// Appends `HH:mm:ss` and a fraction without trailing zeros where there is one.
pub fn time(nanos_of_day: i64, out: &mut String) {
    let seconds = nanos_of_day / 1_000_000_000;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let nanos = nanos_of_day % 1_000_000_000;
    if nanos != 0 {
        let digits = format!("{nanos:09}");
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

/// Appends a timestamp of `ticks` with `per_second` ticks a second.
pub fn timestamp(ticks: i64, per_second: i64, out: &mut String) {
    let seconds = ticks.div_euclid(per_second);
    let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    date(seconds.div_euclid(86_400), out);
    out.push(' ');
    time(seconds.rem_euclid(86_400) * 1_000_000_000 + nanos, out);
}

/// Ticks a second of an Arrow time unit.
pub fn ticks_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Days since 1970 of a date; `None` where there is no such day.
pub fn days_of(year: i64, month: u32, day: u32) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get((month as usize).checked_sub(1)?)?;
    if day == 0 || day > length {
        return None;
    }
    // Howard Hinnant, days_from_civil.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year =
        (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// `yyyy-M-d` with one or two digits for month and day.
pub fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = few_digits(parts.next()?, 1, 4)?;
    let (month, day) = match (parts.next(), parts.next(), parts.next()) {
        (Some(month), Some(day), None) => (few_digits(month, 1, 2)?, few_digits(day, 1, 2)?),
        (Some(month), None, None) => (few_digits(month, 1, 2)?, 1),
        (None, None, None) => (1, 1),
        _ => return None,
    };
    days_of(year, month as u32, day as u32)
}

/// `H:m[:s[.fraction]]`; the fraction's digits beyond nanoseconds are dropped.
pub fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) =
        text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let hour = few_digits(parts.next()?, 1, 2)?;
    let minute = parts.next().map_or(Some(0), |part| few_digits(part, 1, 2))?;
    let second = parts.next().map_or(Some(0), |part| few_digits(part, 1, 2))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanos = match fraction {
        None => 0,
        Some(fraction) => {
            if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let kept = &fraction[..fraction.len().min(9)];
            kept.parse::<i64>().ok()? * 10i64.pow(9 - kept.len() as u32)
        }
    };
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanos)
}

/// `yyyy-M-d[ H:m:s[.fraction]]`: seconds since 1970 and nanoseconds of the second.
pub fn parse_timestamp(text: &str) -> Option<(i64, i64)> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, parse_time(time)?),
        None => (text, 0),
    };
    let days = parse_date(date)?;
    Some((days * 86_400 + time / 1_000_000_000, time % 1_000_000_000))
}

fn few_digits(text: &str, least: usize, most: usize) -> Option<i64> {
    let good = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if good { text.parse().ok() } else { None }
}

/// A text that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

/// The digits of a decimal text (sign, digits, point, exponent) at `scale`, HALF_UP.
///
/// `Err` when this is no number, `Ok(None)` when it has more than `precision` digits.
pub fn parse_decimal(text: &str, precision: u8, scale: u8) -> std::result::Result<Option<i128>, NotANumber> {
    match plain_decimal(text.as_bytes(), precision, scale) {
        Some(value) => Ok(value),
        None => any_decimal(text, precision, scale),
    }
}

/// What most decimals look like: `[-]digits[.digits]`, none of them beyond `scale`, so that nothing is rounded.
/// `None` for all others, and for those that might not fit 38 digits.
#[inline]
fn plain_decimal(text: &[u8], precision: u8, scale: u8) -> Option<Option<i128>> {
    let (negative, unsigned) = match text {
        [b'-', unsigned @ ..] => (true, unsigned),
        unsigned => (false, unsigned),
    };
    let number = digits::plain(unsigned)?;
    let missing = usize::from(scale).checked_sub(number.fraction)?;
    if number.whole + usize::from(scale) > 38 {
        return None;
    }
    let value = if number.whole + usize::from(scale) <= 18 {
        i128::from(number.digits as i64 * POWERS_OF_TEN[missing] as i64)
    } else {
        // Below 10^38, as the number of digits says.
        number.digits as i128 * POWERS_OF_TEN[missing]
    };
    let fits = value < POWERS_OF_TEN[usize::from(precision.min(38))];
    Some(fits.then_some(if negative { -value } else { value }))
}

fn any_decimal(text: &str, precision: u8, scale: u8) -> std::result::Result<Option<i128>, NotANumber> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        None => (text, 0i32),
        // `parse` takes one sign, which is what Java takes.
        Some(at) => (&text[..at], text[at + 1..].parse().map_err(|_| NotANumber)?),
    };
    let (negative, unsigned) = match mantissa.as_bytes().first() {
        Some(b'-') => (true, &mantissa[1..]),
        Some(b'+') => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    if !all_digits || whole.len() + fraction.len() == 0 {
        return Err(NotANumber);
    }
    // Java's BigDecimal counts its scale in an int.
    if i32::try_from(fraction.len() as i64 - i64::from(exponent)).is_err() {
        return Err(NotANumber);
    }
    // The value is 0.d1d2d3… * 10^point with the digits of both parts.
    let point = whole.len() as i64 + i64::from(exponent);
    let kept = point + i64::from(scale);
    let mut value: i128 = 0;
    let mut round_up = false;
    for (i, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        let i = i as i64;
        if i < kept {
            value = match value.checked_mul(10).and_then(|v| v.checked_add(i128::from(digit - b'0'))) {
                Some(value) => value,
                None => return Ok(None),
            };
        } else {
            round_up = i == kept && digit >= b'5';
            break;
        }
    }
    let present = (whole.len() + fraction.len()) as i64;
    if value != 0 {
        for _ in present..kept {
            value = match value.checked_mul(10) {
                Some(value) => value,
                None => return Ok(None),
            };
        }
    }
    value += i128::from(round_up);
    let limit = 10i128.checked_pow(u32::from(precision)).unwrap_or(i128::MAX);
    Ok((value < limit).then_some(if negative { -value } else { value }))
}

/// Java's `Double.toString` (before Java 19): plain between 10^-3 and 10^7, else `1.0E10`; always with a fraction digit.
pub fn java_double(value: f64, out: &mut String) {
    java_text(value, || java_float::of_f64(value.abs()), out);
}

/// Java's `Float.toString`.
pub fn java_float(value: f32, out: &mut String) {
    java_text(f64::from(value), || java_float::of_f32(value.abs()), out);
}

fn java_text(value: f64, digits: impl Fn() -> java_float::Digits, out: &mut String) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    if value.is_infinite() {
        return out.push_str("Infinity");
    }
    if value == 0.0 {
        return out.push_str("0.0");
    }
    let java_float::Digits { digits, exponent } = digits();
    let mut digit = |d: Option<&u8>| out.push(char::from(b'0' + d.copied().unwrap_or(0)));
    match exponent {
        1..=7 => {
            let whole = exponent as usize;
            (0..whole).for_each(|i| digit(digits.get(i)));
            out.push('.');
            let fraction = digits.get(whole..).unwrap_or_default();
            out.extend(fraction.iter().map(|d| char::from(b'0' + d)));
            if fraction.is_empty() {
                out.push('0');
            }
        }
        -2..=0 => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize));
            out.extend(digits.iter().map(|d| char::from(b'0' + d)));
        }
        _ => {
            digit(digits.first());
            out.push('.');
            out.extend(digits[1..].iter().map(|d| char::from(b'0' + d)));
            if digits.len() == 1 {
                out.push('0');
            }
            let _ = write!(out, "E{}", exponent - 1);
        }
    }
}

/// Appends a decimal in plain notation with all `scale` digits.
pub fn decimal(value: i128, scale: u32, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    out.push_str(whole);
    if scale > 0 {
        out.push('.');
        out.push_str(fraction);
    }
}

/// The ticks of a timestamp in its own unit.
pub fn timestamp_ticks(array: &dyn Array, row: usize) -> Result<i64> {
    Ok(match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => array.as_primitive::<TimestampSecondType>().value(row),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            array.as_primitive::<TimestampMillisecondType>().value(row)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().value(row)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            array.as_primitive::<TimestampNanosecondType>().value(row)
        }
        other => return Err(Error::internal(format!("{other} is no timestamp"))),
    })
}

/// Appends the text of a temporal, interval or decimal value.
///
/// # Errors
/// Internal, for other types.
pub fn scalar(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    match array.data_type() {
        DataType::Decimal128(_, scale) => {
            decimal(array.as_primitive::<Decimal128Type>().value(row), (*scale).max(0) as u32, out);
        }
        DataType::Date32 => date(i64::from(array.as_primitive::<Date32Type>().value(row)), out),
        DataType::Time32(TimeUnit::Millisecond) => {
            let ms = i64::from(array.as_primitive::<Time32MillisecondType>().value(row));
            time(ms.rem_euclid(MS_PER_DAY) * 1_000_000, out);
        }
        DataType::Timestamp(unit, zone) => {
            timestamp(timestamp_ticks(array, row)?, ticks_per_second(*unit), out);
            if zone.is_some() {
                out.push('Z');
            }
        }
        DataType::Duration(TimeUnit::Millisecond) => {
            let ms = array.as_primitive::<DurationMillisecondType>().value(row);
            let sign = if ms < 0 { "-" } else { "+" };
            let ms = ms.unsigned_abs();
            let _ = write!(
                out,
                "{sign}{} {:02}:{:02}:{:02}.{:03}",
                ms / 86_400_000,
                ms / 3_600_000 % 24,
                ms / 60_000 % 60,
                ms / 1_000 % 60,
                ms % 1_000
            );
        }
        DataType::Interval(_) => {
            let months = array.as_primitive::<IntervalYearMonthType>().value(row);
            let sign = if months < 0 { "-" } else { "+" };
            let months = months.unsigned_abs();
            let _ = write!(out, "{sign}{}-{:02}", months / 12, months % 12);
        }
        other => return Err(Error::internal(format!("no text form for {other}"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(days: i64) -> String {
        let mut out = String::new();
        date(days, &mut out);
        out
    }

    #[test]
    fn dates_across_the_calendar() {
        assert_eq!(dated(0), "1970-01-01");
        assert_eq!(dated(-1), "1969-12-31");
        assert_eq!(dated(11_016), "2000-02-29");
        assert_eq!(dated(-719_162), "0001-01-01");
        assert_eq!(dated(2_932_896), "9999-12-31");
    }

    #[test]
    fn decimals_keep_all_digits() {
        let mut out = String::new();
        decimal(-5, 2, &mut out);
        out.push(' ');
        decimal(1000, 2, &mut out);
        out.push(' ');
        decimal(7, 0, &mut out);
        assert_eq!(out, "-0.05 10.00 7");
    }

    #[test]
    fn texts_become_values() {
        assert_eq!(parse_decimal("12.345", 6, 2), Ok(Some(1235)));
        assert_eq!(parse_decimal("-0.005", 6, 2), Ok(Some(-1)));
        assert_eq!(parse_decimal("1e3", 6, 2), Ok(Some(100_000)));
        assert_eq!(parse_decimal("9999.995", 6, 2), Ok(None));
        assert_eq!(parse_decimal("1e-50", 6, 2), Ok(Some(0)));
        assert!(parse_decimal("1.2.3", 6, 2).is_err() && parse_decimal("", 6, 2).is_err());
        assert_eq!(parse_timestamp("1970-1-2 0:0:1.5"), Some((86_401, 500_000_000)));
        assert_eq!(parse_timestamp("2023-02-29 00:00:00"), None);
        assert_eq!(parse_date("1969-12-31"), Some(-1));
    }

    #[test]
    fn doubles_as_java_prints_them() {
        let text = |v: f64| {
            let mut out = String::new();
            java_double(v, &mut out);
            out
        };
        assert_eq!(text(1e10), "1.0E10");
        assert_eq!(text(0.001), "0.001");
        assert_eq!(text(123.0), "123.0");
        assert_eq!(text(-1.5e-5), "-1.5E-5");
        assert_eq!(text(9_999_999.0), "9999999.0");
        assert_eq!(text(f64::NEG_INFINITY), "-Infinity");
        assert_eq!(text(5e-324), "4.9E-324");
        assert_eq!(text(2e-323), "2.0E-323");
    }

    #[test]
    fn timestamps_print_only_the_fraction_they_have() {
        let mut out = String::new();
        timestamp(-1, 1_000, &mut out);
        out.push('|');
        timestamp(1_500, 1_000, &mut out);
        assert_eq!(out, "1969-12-31 23:59:59.999|1970-01-01 00:00:01.5");
    }
}
