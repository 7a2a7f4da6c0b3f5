//! Times from texts and numbers, and texts from times: DATE_FORMAT, CONVERT_TZ, TO_TIMESTAMP and their like.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Date32Array, Int64Array, StringArray, StringBuilder, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use streamsql_core::{EvalContext, Watermark, text};

use super::pattern::{Dialect, Offset, Pattern};
use super::{MS_PER_DAY, nanos_below_ms, wall_ms};
use crate::body::{Body, Constants, PerText, PerTextReader};
use crate::call::{Arg, Eval};
use crate::strings::str_at;
use crate::zone::Zone;

/// DATE_FORMAT(time, Java pattern). A text is a time in UTC, whatever the session's zone.
pub fn date_format(zone: Zone, dialect: Dialect) -> Body {
    Body::prepared(move |constants| -> Arc<Eval> {
        let patterns = patterns(constants, 1, dialect);
        let default = Pattern::new(DEFAULT_PATTERN, Dialect::Simple);
        Arc::new(move |args, rows| format_dates(args, rows, zone, &patterns, &default))
    })
}

fn format_dates(
    args: &[Arg],
    rows: usize,
    zone: Zone,
    patterns: &PerText<Result<Pattern, String>>,
    default: &Result<Pattern, String>,
) -> Result<ArrayRef, String> {
    let mut patterns = patterns.reader();
    let mut out = StringBuilder::with_capacity(rows, rows * DEFAULT_PATTERN.len());
    // Rows mostly come in the order of time: that of the row before often has the same text.
    let mut last: Option<(usize, i64, String)> = None;
    for row in 0..rows {
        if args.iter().any(|arg| arg.is_null(row)) {
            out.append_null();
            continue;
        }
        let array = args[0].array.as_ref();
        let ms = match array.data_type() {
            DataType::Utf8 => {
                let default = default.as_ref().map_err(Clone::clone)?;
                let Some(ms) = default.parse(str_at(&args[0], row), NO_CLOCK) else {
                    out.append_null();
                    continue;
                };
                ms
            }
            _ => wall_ms(array, args[0].index(row), zone)?,
        };
        let pattern = patterns.get(args, row).as_ref().map_err(Clone::clone)?;
        if let Some((of, at, text)) = &last
            && *of == args[1].index(row)
            && pattern.is_same(*at, ms)
        {
            out.append_value(text);
            continue;
        }
        let nanos = nanos_below_ms(array, args[0].index(row))?;
        let text = pattern.format(ms, nanos, Offset::default())?;
        out.append_value(&text);
        last = Some((args[1].index(row), ms, text));
    }
    Ok(Arc::new(out.finish()))
}

/// CONVERT_TZ(text, from, to): NULL for a text that is no `yyyy-MM-dd HH:mm:ss`; an unknown zone is GMT, as in Java.
pub fn convert_tz() -> Body {
    Body::prepared(|constants| -> Arc<Eval> {
        let (from, to) =
            (PerText::new(constants, 1, Zone::of_function), PerText::new(constants, 2, Zone::of_function));
        let default = Pattern::new(DEFAULT_PATTERN, Dialect::Simple);
        Arc::new(move |args, rows| {
            let (mut from, mut to) = (from.reader(), to.reader());
            let default = default.as_ref().map_err(Clone::clone)?;
            let mut out = Vec::with_capacity(rows);
            for row in 0..rows {
                if args.iter().any(|arg| arg.is_null(row)) {
                    out.push(None);
                    continue;
                }
                let (from, to) = (*from.get(args, row), *to.get(args, row));
                let parsed = default.parse(str_at(&args[0], row), NO_CLOCK);
                let converted = parsed.map(|ms| {
                    let wall = to.table_wall_time(from.table_instant(ms.div_euclid(1_000)));
                    default.format(wall * 1_000, 0, Offset::default())
                });
                out.push(converted.transpose()?);
            }
            Ok(Arc::new(StringArray::from(out)))
        })
    })
}

/// A text of CAST to a timestamp: `yyyy-M-d[ H:m:s[.f…]]` with a year of four digits, a day of up to 31 in any
/// month and 24:00:00 as the next day (Flink `DateTimeUtils.parseTimestampData`). Seconds since 1970 and nanoseconds.
pub fn parse_timestamp(input: &str) -> Option<(i64, i64)> {
    let (date, clock) = input.split_once(' ').map_or((input, None), |(date, clock)| (date, Some(clock)));
    let number = |digits: &str, least: usize, most: usize| -> Option<i64> {
        let good = (least..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if good { digits.parse().ok() } else { None }
    };
    let mut parts = date.splitn(3, '-');
    // There is no year 0 of an era.
    let year = number(parts.next()?, 4, 4).filter(|year| *year > 0)?;
    let (month, day) = (number(parts.next()?, 1, 2)?, number(parts.next()?, 1, 2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = (1..=day as u32).rev().find_map(|day| text::days_of(year, month as u32, day))?;
    let Some(clock) = clock else { return Some((days * 86_400, 0)) };
    let (clock, fraction) = clock.split_once('.').map_or((clock, ""), |(clock, fraction)| (clock, fraction));
    let mut parts = clock.splitn(3, ':');
    let hour = number(parts.next()?, 1, 2)?;
    let (minute, second) = (number(parts.next()?, 1, 2)?, number(parts.next()?, 1, 2)?);
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    let end_of_day = hour == 24 && minute == 0 && second == 0 && nanos == 0;
    if (hour > 23 && !end_of_day) || minute > 59 || second > 59 {
        return None;
    }
    Some((days * 86_400 + (hour * 60 + minute) * 60 + second, nanos))
}

/// A number as the readers of dates and times take it: digits with spaces around them.
fn whole(text: &str) -> Option<i64> {
    let digits = text.trim_matches(|c| c <= ' ');
    let good = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if good { digits.parse::<i32>().ok().map(i64::from) } else { None }
}

/// A text of CAST to DATE: `y[-M[-d]]`, spaces around each number; what stands behind a space that is not the first
/// character does not count (Flink `DateTimeUtils.parseDate`). Days since 1970.
pub fn parse_date(input: &str) -> Option<i64> {
    let date = match input.find(' ') {
        Some(at) if at > 0 => &input[..at],
        _ => input,
    };
    let mut parts = date.splitn(3, '-').map(whole);
    let (year, month, day) =
        (parts.next()??, parts.next().unwrap_or(Some(1))?, parts.next().unwrap_or(Some(1))?);
    let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    if year > 9999 { None } else { text::days_of(year, month, day) }
}

/// A text of CAST to TIME: `H[:m[:s[.f]]]` and an offset, which is added; minutes and seconds may run over, the fraction
/// is rounded (Flink `DateTimeUtils.parseTime`). Milliseconds of the day, `None` beyond it.
pub fn parse_time(input: &str) -> Option<i64> {
    let (clock, offset, sign) = match input.split_once('-') {
        Some((clock, offset)) => (clock, Some(offset), -1),
        None => input.split_once('+').map_or((input, None, 1), |(clock, offset)| (clock, Some(offset), 1)),
    };
    let minutes =
        |hours: &str, minutes: Option<&str>| Some(whole(hours)? * 60 + minutes.map_or(Some(0), whole)?);
    let offset =
        match offset.map(|offset| offset.split_once(':').map_or((offset, None), |(h, m)| (h, Some(m)))) {
            Some((hours, rest)) => sign * minutes(hours, rest)?,
            None => 0,
        };
    let mut parts = clock.splitn(3, ':');
    let minutes = minutes(parts.next()?, parts.next())? + offset;
    let (second, fraction) = match parts.next() {
        Some(rest) => rest.split_once('.').map_or((rest, ""), |(second, fraction)| (second, fraction)),
        None => ("0", ""),
    };
    let digit = |at: usize| match fraction.trim().as_bytes().get(at) {
        Some(byte @ b'0'..=b'9') => i64::from(byte - b'0'),
        _ => 0,
    };
    let ms = digit(0) * 100 + digit(1) * 10 + digit(2) + i64::from(digit(3) >= 5);
    let ms = (minutes * 60 + whole(second)?) * 1_000 + ms;
    (0..MS_PER_DAY).contains(&ms).then_some(ms)
}

/// TO_TIMESTAMP(text[, pattern]): TIMESTAMP(3), NULL for what does not fit.
pub fn to_timestamp() -> Body {
    reading(Dialect::Formatter, |args, rows, patterns, cx| {
        let mut patterns = patterns.reader();
        let array = (0..rows)
            .map(|row| parsed_ms(args, row, &mut patterns, Dialect::Formatter, cx))
            .collect::<Result<TimestampMillisecondArray, String>>()?;
        Ok(Arc::new(array))
    })
}

/// TO_DATE(text[, pattern]).
pub fn to_date() -> Body {
    reading(Dialect::Simple, |args, rows, patterns, cx| {
        let mut patterns = patterns.reader();
        let mut day = |row| -> Result<Option<i32>, String> {
            if args.iter().any(|a| a.is_null(row)) {
                return Ok(None);
            }
            let days = match args.get(1) {
                None => parse_date(str_at(&args[0], row)),
                Some(_) => {
                    let ms = parsed_ms(args, row, &mut patterns, Dialect::Simple, cx)?;
                    ms.map(|ms| ms.div_euclid(MS_PER_DAY))
                }
            };
            Ok(days.map(|d| d as i32))
        };
        let array = (0..rows).map(&mut day).collect::<Result<Date32Array, String>>()?;
        Ok(Arc::new(array))
    })
}

fn parsed_ms(
    args: &[Arg],
    row: usize,
    patterns: &mut PerTextReader<'_, Result<Pattern, String>>,
    dialect: Dialect,
    cx: &EvalContext,
) -> Result<Option<i64>, String> {
    if args.iter().any(|arg| arg.is_null(row)) {
        return Ok(None);
    }
    let input = str_at(&args[0], row);
    Ok(match args.get(1) {
        Some(_) => {
            let pattern = patterns.get(args, row).as_ref().map_err(Clone::clone)?;
            let parsed = pattern.parse_zoned(input, cx.processing_time_ms);
            match (parsed, dialect) {
                (Some((ms, offset)), _) => Some(ms - offset.unwrap_or(0) * 1_000),
                (None, Dialect::Formatter) => jdbc_timestamp(input.trim()),
                (None, Dialect::Simple) => None,
            }
        }
        None => parse_timestamp(input).map(|(seconds, nanos)| seconds * 1_000 + nanos / 1_000_000),
    })
}

/// Milliseconds of `yyyy-M-d` or `yyyy-M-d H:m:s[.f]` with values that may run over (`java.sql.Timestamp.valueOf`), to
/// which Flink turns when a pattern does not fit.
fn jdbc_timestamp(input: &str) -> Option<i64> {
    let (date, clock) = input.split_once(' ').map_or((input, None), |(date, clock)| (date, Some(clock)));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    let (year, month, day): (i64, i64, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The year before year 1 loses its era.
    let days = text::days_of(year.max(1), month as u32, 1)? + day - 1;
    let Some(clock) = clock else { return Some(days * MS_PER_DAY) };
    let mut parts = clock.splitn(3, ':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (second, fraction) = second.split_once('.').map_or((second, None), |(s, f)| (s, Some(f)));
    let ms = match fraction {
        None => 0,
        Some(digits) if !(1..=9).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) => {
            return None;
        }
        Some(digits) => format!("{digits:0<9}").parse::<i64>().ok()? / 1_000_000,
    };
    let (hour, minute, second): (i32, i32, i32) =
        (hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?);
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Some(days * MS_PER_DAY + seconds * 1_000 + ms)
}

/// The pattern of `SimpleDateFormat` where a call gives none.
const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

/// The time for patterns that do not look at it: years of all their digits.
const NO_CLOCK: i64 = 0;

/// The patterns of an argument to write by; [`DEFAULT_PATTERN`] where the call has none.
fn patterns(
    constants: &Constants<'_>,
    argument: usize,
    dialect: Dialect,
) -> PerText<Result<Pattern, String>> {
    PerText::or_default(constants, argument, DEFAULT_PATTERN, move |text| Pattern::new(text, dialect))
}

/// A function that reads its first argument by the pattern that is the second one. Only a pattern with years of two
/// digits needs the time.
fn reading(
    dialect: Dialect,
    read: impl Fn(&[Arg], usize, &PerText<Result<Pattern, String>>, &EvalContext) -> Result<ArrayRef, String>
    + Send
    + Sync
    + 'static,
) -> Body {
    let read = Arc::new(read);
    Body::prepared(move |constants| {
        let read = Arc::clone(&read);
        let patterns = PerText::or_default(constants, 1, DEFAULT_PATTERN, move |text| {
            let pattern = Pattern::new(text, dialect)?;
            pattern.readable()?;
            Ok(pattern)
        });
        let timeless =
            patterns.constant().is_some_and(|pattern| !pattern.as_ref().is_ok_and(Pattern::reads_clock));
        if timeless {
            let cx = EvalContext { processing_time_ms: NO_CLOCK, watermark: Watermark::MIN };
            let eval: Arc<Eval> = Arc::new(move |args, rows| read(args, rows, &patterns, &cx));
            return Body::from(eval);
        }
        Body::in_context(move |args, rows, cx| read(args, rows, &patterns, cx))
    })
}

/// TO_TIMESTAMP_LTZ(number, 0 for seconds or 3 for milliseconds): BIGINT, DOUBLE or DECIMAL without its fraction
/// (seconds of a DOUBLE keep milliseconds); NULL outside the years 0 to 9999 (Flink `DateTimeUtils.toTimestampData`).
pub fn to_timestamp_ltz() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let value = |row: usize| -> Result<Option<i64>, String> {
            if args.iter().any(|arg| arg.is_null(row)) {
                return Ok(None);
            }
            let seconds = match args.get(1).map(|p| p.array.as_primitive::<Int32Type>().value(p.index(row))) {
                Some(0) => true,
                None | Some(3) => false,
                Some(precision) => {
                    return Err(format!(
                        "TO_TIMESTAMP_LTZ: the precision {precision} is neither 0 (seconds) nor 3 (milliseconds)"
                    ));
                }
            };
            let (array, i) = (args[0].array.as_ref(), args[0].index(row));
            let ms = match array.data_type() {
                DataType::Float64 => {
                    let number = array.as_primitive::<Float64Type>().value(i);
                    match seconds {
                        true if !(YEARS.0 as f64 / 1e3..=(YEARS.1 / 1_000) as f64).contains(&number) => {
                            return Ok(None);
                        }
                        true => (number * 1e3) as i64,
                        false => number as i64,
                    }
                }
                DataType::Decimal128(_, scale) => {
                    let unscaled = array.as_primitive::<Decimal128Type>().value(i);
                    let whole = unscaled / 10i128.pow((*scale).max(0) as u32);
                    // Java keeps the low 64 bits.
                    (whole as i64).wrapping_mul(if seconds { 1_000 } else { 1 })
                }
                _ => {
                    let number = array.as_primitive::<Int64Type>().value(i);
                    if seconds { number.saturating_mul(1_000) } else { number }
                }
            };
            Ok((YEARS.0..=YEARS.1).contains(&ms).then_some(ms))
        };
        let array = (0..rows).map(value).collect::<Result<TimestampMillisecondArray, String>>()?;
        Ok(Arc::new(array.with_timezone("UTC")))
    })
}

/// The first and the last millisecond of the years 0 to 9999.
const YEARS: (i64, i64) = (-62_167_219_200_000, 253_402_300_799_999);

/// FROM_UNIXTIME(seconds[, pattern]).
pub fn from_unixtime(zone: Zone) -> Body {
    Body::prepared(move |constants| -> Arc<Eval> {
        let patterns = patterns(constants, 1, Dialect::Simple);
        Arc::new(move |args, rows| {
            let mut patterns = patterns.reader();
            let mut out = Vec::with_capacity(rows);
            for row in 0..rows {
                if args.iter().any(|arg| arg.is_null(row)) {
                    out.push(None);
                    continue;
                }
                let seconds = args[0].array.as_primitive::<Int64Type>().value(args[0].index(row));
                // More milliseconds than a long holds wrap, as Java multiplies.
                let utc = seconds.wrapping_mul(1_000);
                let seconds = utc.div_euclid(1_000);
                let wall = zone.table_wall_time(seconds);
                let ms = (wall - seconds).saturating_mul(1_000).saturating_add(utc);
                let pattern = patterns.get(args, row).as_ref().map_err(Clone::clone)?;
                out.push(Some(pattern.format(ms, 0, Offset::of(zone, seconds, wall - seconds))?));
            }
            Ok(Arc::new(StringArray::from(out)))
        })
    })
}

/// UNIX_TIMESTAMP(): the seconds of now.
pub fn unix_now() -> Body {
    Body::in_context(|_, rows, cx| {
        Ok(Arc::new(Int64Array::from(vec![cx.processing_time_ms.div_euclid(1_000); rows])))
    })
}

/// UNIX_TIMESTAMP(text[, pattern]): a bad text gives the least BIGINT, as Flink's does.
pub fn unix_timestamp(zone: Zone) -> Body {
    reading(Dialect::Simple, move |args, rows, patterns, cx| {
        let mut patterns = patterns.reader();
        let array = (0..rows)
            .map(|row| {
                if args.iter().any(|arg| arg.is_null(row)) {
                    return Ok(None);
                }
                let pattern = patterns.get(args, row).as_ref().map_err(Clone::clone)?;
                let parsed = pattern.parse_zoned(str_at(&args[0], row), cx.processing_time_ms);
                Ok(Some(parsed.map_or(i64::MIN, |(ms, offset)| {
                    let wall = ms.div_euclid(1_000);
                    let instant = offset.map_or_else(|| zone.table_instant(wall), |offset| wall - offset);
                    // Seconds before 1970 are cut towards it, as Java divides.
                    (instant * 1_000 + ms.rem_euclid(1_000)) / 1_000
                })))
            })
            .collect::<Result<Int64Array, String>>()?;
        Ok(Arc::new(array))
    })
}
