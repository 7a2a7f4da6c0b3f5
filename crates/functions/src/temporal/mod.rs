//! Dates and times (Flink `DateTimeUtils`): the clock functions, EXTRACT, formats, arithmetic with intervals.

mod pattern;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, Int32Array, Int64Array, PrimitiveArray,
    StringArray, Time32MillisecondArray, TimestampMillisecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Int32Type, Int64Type, IntervalYearMonthType,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use streamsql_core::{LogicalType, processing_time, text};

use crate::call::{Arg, Eval};
use crate::cast::wall_time;
use crate::strings::str_at;

pub use pattern::{Dialect, Pattern};

const MS_PER_DAY: i64 = 86_400_000;

/// PROCTIME(), NOW(), CURRENT_TIMESTAMP and their like in the type that they have.
pub fn now(result: &LogicalType, zone: chrono_tz::Tz) -> Arc<Eval> {
    let result = result.clone();
    Arc::new(move |_, rows| {
        let instant = processing_time::get();
        let wall = wall_time(zone, instant.div_euclid(1_000)) * 1_000 + instant.rem_euclid(1_000);
        Ok(match &result {
            LogicalType::TimestampLtz(_) => {
                Arc::new(TimestampMillisecondArray::from(vec![instant; rows]).with_timezone("UTC"))
                    as ArrayRef
            }
            LogicalType::Timestamp(_) => Arc::new(TimestampMillisecondArray::from(vec![wall; rows])),
            LogicalType::Date => Arc::new(Date32Array::from(vec![wall.div_euclid(MS_PER_DAY) as i32; rows])),
            LogicalType::Time(_) => {
                // TIME(0): whole seconds.
                let ms = wall.rem_euclid(MS_PER_DAY) / 1_000 * 1_000;
                Arc::new(Time32MillisecondArray::from(vec![ms as i32; rows]))
            }
            other => return Err(format!("no clock of type {other}")),
        })
    })
}

/// CURRENT_WATERMARK(rowtime): NULL before the first.
pub fn current_watermark(zoned: bool) -> Arc<Eval> {
    Arc::new(move |_, rows| {
        let watermark = processing_time::watermark();
        let value = (watermark != streamsql_core::Watermark::MIN).then_some(watermark.0);
        let array = TimestampMillisecondArray::from(vec![value; rows]);
        Ok(if zoned { Arc::new(array.with_timezone("UTC")) } else { Arc::new(array) })
    })
}

/// Wall-clock milliseconds of a date, time or timestamp (an instant is read in `zone`).
pub fn wall_ms(array: &dyn Array, row: usize, zone: chrono_tz::Tz) -> Result<i64, String> {
    Ok(match array.data_type() {
        DataType::Date32 => i64::from(array.as_primitive::<Date32Type>().value(row)) * MS_PER_DAY,
        DataType::Time32(_) => i64::from(array.as_primitive::<Time32MillisecondType>().value(row)),
        DataType::Timestamp(unit, instant) => {
            let ticks = text::timestamp_ticks(array, row).map_err(|e| e.message)?;
            let per_second = text::ticks_per_second(*unit);
            let ms = if per_second >= 1_000 { ticks.div_euclid(per_second / 1_000) } else { ticks * 1_000 };
            if instant.is_some() {
                wall_time(zone, ms.div_euclid(1_000)) * 1_000 + ms.rem_euclid(1_000)
            } else {
                ms
            }
        }
        other => return Err(format!("{other} is no date or time")),
    })
}

/// The nanoseconds of a timestamp below its millisecond; 0 for other values.
fn nanos_below_ms(array: &dyn Array, row: usize) -> Result<i64, String> {
    let DataType::Timestamp(unit, _) = array.data_type() else { return Ok(0) };
    let per_second = text::ticks_per_second(*unit);
    let ticks = text::timestamp_ticks(array, row).map_err(|e| e.message)?;
    Ok(ticks.rem_euclid(per_second) * (1_000_000_000 / per_second) % 1_000_000)
}

/// Year, month, day.
pub fn civil(days: i64) -> (i64, u32, u32) {
    let mut rendered = String::new();
    text::date(days, &mut rendered);
    let (year_month, day) = rendered.rsplit_once('-').unwrap_or(("1970-01", "01"));
    let (year, month) = year_month.rsplit_once('-').unwrap_or(("1970", "01"));
    (year.parse().unwrap_or(1970), month.parse().unwrap_or(1), day.parse().unwrap_or(1))
}

/// A unit of EXTRACT; `None` for a word that is none.
pub fn extract_ms(unit: &str, ms: i64) -> Option<i64> {
    let days = ms.div_euclid(MS_PER_DAY);
    let of_day = ms.rem_euclid(MS_PER_DAY);
    let (year, month, day) = civil(days);
    let weekday = (days + 3).rem_euclid(7); // Monday = 0
    let day_of_year = days - text::days_of(year, 1, 1).unwrap_or(days) + 1;
    Some(match unit {
        "YEAR" => year,
        "QUARTER" => i64::from((month - 1) / 3 + 1),
        "MONTH" => i64::from(month),
        "WEEK" => iso_week(days, weekday).1,
        "ISOYEAR" => iso_week(days, weekday).0,
        "DAY" | "DAYOFMONTH" => i64::from(day),
        "DOY" | "DAYOFYEAR" => day_of_year,
        "DOW" | "DAYOFWEEK" => (weekday + 1) % 7 + 1,
        "ISODOW" => weekday + 1,
        "HOUR" => of_day / 3_600_000,
        "MINUTE" => of_day / 60_000 % 60,
        "SECOND" => of_day / 1_000 % 60,
        "MILLISECOND" => of_day % 1_000,
        "MICROSECOND" => of_day % 1_000 * 1_000,
        "NANOSECOND" => of_day % 1_000 * 1_000_000,
        "EPOCH" => ms.div_euclid(1_000),
        "DECADE" => year.div_euclid(10),
        "CENTURY" => (year + 99).div_euclid(100),
        "MILLENNIUM" => (year + 999).div_euclid(1_000),
        _ => return None,
    })
}

fn iso_week(days: i64, weekday: i64) -> (i64, i64) {
    let thursday = days - weekday + 3;
    let (year, _, _) = civil(thursday);
    let first = text::days_of(year, 1, 1).unwrap_or(thursday);
    (year, (thursday - first) / 7 + 1)
}

/// EXTRACT(unit FROM x), BIGINT.
pub fn extract(unit: String, zone: chrono_tz::Tz) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let arg = &args[0];
        let mut out = Int64Array::builder(rows);
        for row in 0..rows {
            if arg.is_null(row) {
                out.append_null();
                continue;
            }
            let ms = wall_ms(arg.array.as_ref(), arg.index(row), zone)?;
            let value = extract_ms(&unit, ms).ok_or_else(|| format!("no unit {unit}"))?;
            let nanos = nanos_below_ms(arg.array.as_ref(), arg.index(row))?;
            out.append_value(match unit.as_str() {
                "MICROSECOND" => value + nanos / 1_000,
                "NANOSECOND" => value + nanos,
                _ => value,
            });
        }
        Ok(Arc::new(out.finish()))
    })
}

/// DATE_FORMAT(time, Java pattern).
pub fn date_format(zone: chrono_tz::Tz) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let (mut patterns, mut defaults) = (Patterns::default(), Patterns::default());
        let mut out = Vec::with_capacity(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.push(None);
                continue;
            }
            let ms = match args[0].array.data_type() {
                DataType::Utf8 => {
                    match defaults.get(DEFAULT_PATTERN, Dialect::Simple)?.parse(str_at(&args[0], row)) {
                        Some(ms) => ms,
                        None => {
                            out.push(None);
                            continue;
                        }
                    }
                }
                _ => wall_ms(args[0].array.as_ref(), args[0].index(row), zone)?,
            };
            let nanos = nanos_below_ms(args[0].array.as_ref(), args[0].index(row))?;
            let dialect = match args[0].array.data_type() {
                DataType::Utf8 => Dialect::Simple,
                _ => Dialect::Formatter,
            };
            let pattern = patterns.get(str_at(&args[1], row), dialect)?;
            let offset = match dialect {
                Dialect::Simple => offset(zone, ms),
                Dialect::Formatter => 0,
            };
            out.push(Some(pattern.format(ms, nanos, offset)?));
        }
        Ok(Arc::new(StringArray::from(out)))
    })
}

/// CONVERT_TZ(text, from, to): NULL for a text that is no `yyyy-MM-dd HH:mm:ss`; an unknown zone is GMT, as in Java.
pub fn convert_tz() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let zone = |name: &str| -> Result<chrono_tz::Tz, String> {
            let custom = ["GMT+", "GMT-", "UTC+", "UTC-", "+", "-"];
            if custom.iter().any(|prefix| name.starts_with(prefix)) {
                return Err(format!(
                    "the zone '{name}' is not supported; use a name such as 'Europe/Berlin'"
                ));
            }
            Ok(name.parse().unwrap_or(chrono_tz::UTC))
        };
        let mut defaults = Patterns::default();
        let mut out = Vec::with_capacity(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.push(None);
                continue;
            }
            let (from, to) = (zone(str_at(&args[1], row))?, zone(str_at(&args[2], row))?);
            let parsed = defaults.get(DEFAULT_PATTERN, Dialect::Simple)?.parse(str_at(&args[0], row));
            out.push(parsed.map(|ms| {
                let instant = crate::cast::instant(from, ms.div_euclid(1_000));
                let mut rendered = String::new();
                text::timestamp(wall_time(to, instant), 1, &mut rendered);
                rendered
            }));
        }
        Ok(Arc::new(StringArray::from(out)))
    })
}

/// EXTRACT of a unit of an interval; `None` where the family has no such unit.
pub fn extract_interval(unit: &str, months: bool) -> Option<Arc<Eval>> {
    let (divisor, modulus): (i64, i64) = match (unit, months) {
        ("YEAR", true) => (12, i64::MAX),
        ("MONTH", true) => (1, 12),
        ("QUARTER", true) => (3, 4),
        ("DECADE", true) => (120, i64::MAX),
        ("CENTURY", true) => (1_200, i64::MAX),
        ("MILLENNIUM", true) => (12_000, i64::MAX),
        ("DAY", false) => (MS_PER_DAY, i64::MAX),
        ("HOUR", false) => (3_600_000, 24),
        ("MINUTE", false) => (60_000, 60),
        ("SECOND", false) => (1_000, 60),
        _ => return None,
    };
    Some(Arc::new(move |args, rows| {
        let arg = &args[0];
        // Quarters are counted from 1.
        let first = i64::from(divisor == 3);
        let part = |value: i64| value / divisor % modulus + first;
        let array: Int64Array = (0..rows)
            .map(|row| {
                let i = arg.index(row);
                (!arg.is_null(row)).then(|| match arg.array.data_type() {
                    DataType::Interval(_) => {
                        part(arg.array.as_primitive::<IntervalYearMonthType>().value(i).into())
                    }
                    _ => part(arg.array.as_primitive::<DurationMillisecondType>().value(i)),
                })
            })
            .collect();
        Ok(Arc::new(array))
    }))
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
    let year = number(parts.next()?, 4, 4)?;
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

/// TO_TIMESTAMP(text[, pattern]): TIMESTAMP(3), NULL for what does not fit.
pub fn to_timestamp() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut patterns = Patterns::default();
        let array = (0..rows)
            .map(|row| parsed_ms(args, row, &mut patterns, Dialect::Formatter))
            .collect::<Result<TimestampMillisecondArray, String>>()?;
        Ok(Arc::new(array))
    })
}

/// TO_DATE(text[, pattern]).
pub fn to_date() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut patterns = Patterns::default();
        let mut day = |row| -> Result<Option<i32>, String> {
            if args.iter().any(|a| a.is_null(row)) {
                return Ok(None);
            }
            let days = match args.get(1) {
                // As CAST: what stands behind the day is not looked at.
                None => {
                    let trimmed = str_at(&args[0], row).trim();
                    text::parse_date(trimmed.split(' ').next().unwrap_or(trimmed))
                }
                Some(_) => {
                    parsed_ms(args, row, &mut patterns, Dialect::Simple)?.map(|ms| ms.div_euclid(MS_PER_DAY))
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
    patterns: &mut Patterns,
    dialect: Dialect,
) -> Result<Option<i64>, String> {
    if args.iter().any(|arg| arg.is_null(row)) {
        return Ok(None);
    }
    let input = str_at(&args[0], row);
    Ok(match args.get(1) {
        Some(pattern) => patterns.readable(str_at(pattern, row), dialect)?.parse(input),
        None => {
            text::parse_timestamp(input.trim()).map(|(seconds, nanos)| seconds * 1_000 + nanos / 1_000_000)
        }
    })
}

/// The offset in seconds of a zone from UTC when its clocks show `wall` milliseconds.
fn offset(zone: chrono_tz::Tz, wall: i64) -> i64 {
    wall.div_euclid(1_000) - crate::cast::instant(zone, wall.div_euclid(1_000))
}

/// The pattern of `SimpleDateFormat` where a call gives none.
const DEFAULT_PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

/// Remembers the pattern of the row before.
#[derive(Default)]
struct Patterns(Option<(String, Dialect, Pattern)>);

impl Patterns {
    fn get(&mut self, text: &str, dialect: Dialect) -> Result<&Pattern, String> {
        if !self.0.as_ref().is_some_and(|(known, class, _)| known == text && *class == dialect) {
            self.0 = Some((text.to_owned(), dialect, Pattern::new(text, dialect)?));
        }
        self.0.as_ref().map(|(_, _, pattern)| pattern).ok_or_else(|| "no pattern".to_owned())
    }

    fn readable(&mut self, text: &str, dialect: Dialect) -> Result<&Pattern, String> {
        let pattern = self.get(text, dialect)?;
        pattern.readable()?;
        Ok(pattern)
    }
}

/// TO_TIMESTAMP_LTZ(number, 0 for seconds or 3 for milliseconds).
pub fn to_timestamp_ltz() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let array: TimestampMillisecondArray = (0..rows)
            .map(|row| {
                if args.iter().any(|arg| arg.is_null(row)) {
                    return None;
                }
                let value = args[0].array.as_primitive::<Int64Type>().value(args[0].index(row));
                let precision =
                    args.get(1).map_or(3, |p| p.array.as_primitive::<Int32Type>().value(p.index(row)));
                match precision {
                    0 => value.checked_mul(1_000),
                    3 => Some(value),
                    _ => None,
                }
            })
            .collect();
        Ok(Arc::new(array.with_timezone("UTC")))
    })
}

/// FROM_UNIXTIME(seconds[, pattern]).
pub fn from_unixtime(zone: chrono_tz::Tz) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut patterns = Patterns::default();
        let mut out = Vec::with_capacity(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.push(None);
                continue;
            }
            let seconds = args[0].array.as_primitive::<Int64Type>().value(args[0].index(row));
            let wall = wall_time(zone, seconds);
            let ms = wall.checked_mul(1_000).ok_or("the time is out of range")?;
            let pattern = match args.get(1) {
                None => patterns.get(DEFAULT_PATTERN, Dialect::Simple)?,
                Some(arg) => patterns.get(str_at(arg, row), Dialect::Simple)?,
            };
            out.push(Some(pattern.format(ms, 0, wall - seconds)?));
        }
        Ok(Arc::new(StringArray::from(out)))
    })
}

/// UNIX_TIMESTAMP(text[, pattern]): a bad text gives the least BIGINT, as Flink's does.
pub fn unix_timestamp(zone: chrono_tz::Tz) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        if args.is_empty() {
            return Ok(Arc::new(Int64Array::from(vec![processing_time::get().div_euclid(1_000); rows])));
        }
        let mut patterns = Patterns::default();
        let array = (0..rows)
            .map(|row| {
                if args.iter().any(|arg| arg.is_null(row)) {
                    return Ok(None);
                }
                let pattern = match args.get(1) {
                    None => patterns.get(DEFAULT_PATTERN, Dialect::Simple)?,
                    Some(arg) => patterns.readable(str_at(arg, row), Dialect::Simple)?,
                };
                let parsed = pattern.parse(str_at(&args[0], row));
                Ok(Some(parsed.map_or(i64::MIN, |ms| crate::cast::instant(zone, ms.div_euclid(1_000)))))
            })
            .collect::<Result<Int64Array, String>>()?;
        Ok(Arc::new(array))
    })
}

/// time ± interval and interval ± interval; `negative` subtracts. The result has the type of the first argument.
pub fn add_interval(negative: bool) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let (base, interval) = (&args[0], &args[1]);
        let sign = if negative { -1 } else { 1 };
        let ms_of = |row: usize| {
            interval.array.as_primitive::<DurationMillisecondType>().value(interval.index(row)) * sign
        };
        let months_of = |row: usize| {
            i64::from(interval.array.as_primitive::<IntervalYearMonthType>().value(interval.index(row)))
                * sign
        };
        let by_months = matches!(interval.array.data_type(), DataType::Interval(_));
        let shift = |row: usize, ticks: i64, per_ms: i64| -> i64 {
            if by_months {
                let day_ticks = MS_PER_DAY * per_ms;
                add_months(ticks.div_euclid(day_ticks), months_of(row)) * day_ticks
                    + ticks.rem_euclid(day_ticks)
            } else {
                ticks.wrapping_add(ms_of(row).wrapping_mul(per_ms))
            }
        };
        fn timestamps<T: ArrowPrimitiveType<Native = i64>>(
            base: &Arg,
            other: &Arg,
            rows: usize,
            f: impl Fn(usize, i64) -> i64,
        ) -> ArrayRef {
            let array = base.array.as_primitive::<T>();
            let result: PrimitiveArray<T> = (0..rows)
                .map(|row| {
                    (!base.is_null(row) && !other.is_null(row)).then(|| f(row, array.value(base.index(row))))
                })
                .collect();
            Arc::new(result.with_data_type(base.array.data_type().clone()))
        }
        let int = |f: &dyn Fn(usize, i32) -> i32, value: &dyn Fn(usize) -> i32| -> Vec<Option<i32>> {
            (0..rows)
                .map(|row| {
                    (!base.is_null(row) && !interval.is_null(row)).then(|| f(row, value(base.index(row))))
                })
                .collect()
        };
        use arrow::datatypes::TimeUnit;
        Ok(match base.array.data_type() {
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                timestamps::<TimestampMillisecondType>(base, interval, rows, |row, t| shift(row, t, 1))
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                timestamps::<TimestampMicrosecondType>(base, interval, rows, |row, t| shift(row, t, 1_000))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                timestamps::<TimestampNanosecondType>(base, interval, rows, |row, t| shift(row, t, 1_000_000))
            }
            DataType::Duration(_) => timestamps::<DurationMillisecondType>(base, interval, rows, |row, t| {
                t.wrapping_add(ms_of(row))
            }),
            DataType::Date32 => {
                let array = base.array.as_primitive::<Date32Type>();
                // Only the whole days of an interval move a date, towards both sides.
                let days = |row: usize, day: i32| {
                    if by_months {
                        add_months(i64::from(day), months_of(row)) as i32
                    } else {
                        i64::from(day).wrapping_add(ms_of(row) / MS_PER_DAY) as i32
                    }
                };
                Arc::new(Date32Array::from(int(&days, &|i| array.value(i))))
            }
            DataType::Time32(_) => {
                let array = base.array.as_primitive::<Time32MillisecondType>();
                // Months leave the time of day as it is.
                let time = |row: usize, t: i32| {
                    let moved = if by_months { 0 } else { ms_of(row) };
                    i64::from(t).wrapping_add(moved).rem_euclid(MS_PER_DAY) as i32
                };
                Arc::new(Time32MillisecondArray::from(int(&time, &|i| array.value(i))))
            }
            DataType::Interval(_) => {
                let array = base.array.as_primitive::<IntervalYearMonthType>();
                let months = |row: usize, m: i32| m.wrapping_add(months_of(row) as i32);
                Arc::new(PrimitiveArray::<IntervalYearMonthType>::from(int(&months, &|i| array.value(i))))
            }
            other => return Err(format!("cannot add an interval to {other}")),
        })
    })
}

/// interval * count, the count as BIGINT; both families wrap.
pub fn times_interval() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let (interval, count) = (&args[0], &args[1]);
        let counts = count.array.as_primitive::<Int64Type>();
        let valid = |row: usize| !interval.is_null(row) && !count.is_null(row);
        Ok(match interval.array.data_type() {
            DataType::Interval(_) => {
                let months = interval.array.as_primitive::<IntervalYearMonthType>();
                let product = |row: usize| {
                    months.value(interval.index(row)).wrapping_mul(counts.value(count.index(row)) as i32)
                };
                let array: PrimitiveArray<IntervalYearMonthType> =
                    (0..rows).map(|row| valid(row).then(|| product(row))).collect();
                Arc::new(array) as ArrayRef
            }
            _ => {
                let ms = interval.array.as_primitive::<DurationMillisecondType>();
                let product =
                    |row: usize| ms.value(interval.index(row)).wrapping_mul(counts.value(count.index(row)));
                let array: PrimitiveArray<DurationMillisecondType> =
                    (0..rows).map(|row| valid(row).then(|| product(row))).collect();
                Arc::new(array)
            }
        })
    })
}

/// FLOOR or CEIL to a unit; `None` for a word that is no unit.
pub fn round_to(unit: &str, up: bool, zone: chrono_tz::Tz) -> Option<Arc<Eval>> {
    let unit = RoundUnit::parse(unit)?;
    Some(Arc::new(move |args, rows| {
        let arg = &args[0];
        let instant = matches!(arg.array.data_type(), DataType::Timestamp(_, Some(_)));
        let rounded = |ms: i64| {
            if !instant {
                return unit.round(ms, up);
            }
            let wall = wall_time(zone, ms.div_euclid(1_000)) * 1_000 + ms.rem_euclid(1_000);
            // Back by the offset of the instant itself, also where the rounded time has another one (as Flink does).
            unit.round(wall, up) - (wall - ms)
        };
        match arg.array.data_type() {
            DataType::Date32 => {
                let days = arg.array.as_primitive::<Date32Type>();
                let array: Date32Array = (0..rows)
                    .map(|row| {
                        (!arg.is_null(row)).then(|| {
                            let ms = i64::from(days.value(arg.index(row))) * MS_PER_DAY;
                            // The ceiling of a date's day is the next one (as Flink has it).
                            let next = i64::from(up && unit == RoundUnit::Fixed(MS_PER_DAY));
                            (rounded(ms).div_euclid(MS_PER_DAY) + next) as i32
                        })
                    })
                    .collect();
                Ok(Arc::new(array) as ArrayRef)
            }
            DataType::Time32(_) => {
                let times = arg.array.as_primitive::<Time32MillisecondType>();
                let array: Time32MillisecondArray = (0..rows)
                    .map(|row| {
                        (!arg.is_null(row)).then(|| {
                            rounded(i64::from(times.value(arg.index(row)))).rem_euclid(MS_PER_DAY) as i32
                        })
                    })
                    .collect();
                Ok(Arc::new(array))
            }
            DataType::Timestamp(time_unit, _) => {
                let per_ms = (text::ticks_per_second(*time_unit) / 1_000).max(1);
                let value = |row: usize| -> Result<Option<i64>, String> {
                    if arg.is_null(row) {
                        return Ok(None);
                    }
                    let ticks =
                        text::timestamp_ticks(arg.array.as_ref(), arg.index(row)).map_err(|e| e.message)?;
                    let ms = ticks.div_euclid(per_ms);
                    // A rest below a millisecond counts only when rounding up to milliseconds.
                    let rest = unit == RoundUnit::Fixed(1) && ticks.rem_euclid(per_ms) > 0;
                    let ms = if up && rest { ms + 1 } else { ms };
                    rounded(ms)
                        .checked_mul(per_ms)
                        .map(Some)
                        .ok_or_else(|| "the rounded time is out of range".to_owned())
                };
                let ticks = (0..rows).map(value).collect::<Result<Int64Array, String>>()?;
                arrow::compute::cast(&ticks, arg.array.data_type()).map_err(|e| e.to_string())
            }
            other => Err(format!("{other} is no date or time")),
        }
    }))
}

/// A unit of FLOOR and CEIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoundUnit {
    /// Units of a fixed length, ms.
    Fixed(i64),
    /// From Sunday.
    Week,
    /// Whole months from January of year 1: 1, 3, 12, 120, 1200, 12000.
    Months(i64),
}

impl RoundUnit {
    fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "MILLISECOND" => Self::Fixed(1),
            "SECOND" => Self::Fixed(1_000),
            "MINUTE" => Self::Fixed(60_000),
            "HOUR" => Self::Fixed(3_600_000),
            "DAY" => Self::Fixed(MS_PER_DAY),
            "WEEK" => Self::Week,
            "MONTH" => Self::Months(1),
            "QUARTER" => Self::Months(3),
            "YEAR" => Self::Months(12),
            "DECADE" => Self::Months(120),
            "CENTURY" => Self::Months(1_200),
            "MILLENNIUM" => Self::Months(12_000),
            _ => return None,
        })
    }

    fn round(self, ms: i64, up: bool) -> i64 {
        let floor = self.floor(ms);
        // Weeks and longer units are rounded by the day alone: the time of the first day does not count.
        let reached = match self {
            Self::Fixed(_) => ms,
            Self::Week | Self::Months(_) => ms.div_euclid(MS_PER_DAY) * MS_PER_DAY,
        };
        // A decade is always left, also on its first day (as Flink does).
        if !up || (floor == reached && self != Self::Months(120)) {
            return floor;
        }
        match self {
            Self::Fixed(length) => floor + length,
            Self::Week => floor + 7 * MS_PER_DAY,
            Self::Months(months) => add_months(floor.div_euclid(MS_PER_DAY), months) * MS_PER_DAY,
        }
    }

    fn floor(self, ms: i64) -> i64 {
        match self {
            Self::Fixed(length) => ms.div_euclid(length) * length,
            Self::Week => {
                let days = ms.div_euclid(MS_PER_DAY);
                (days - (days + 4).rem_euclid(7)) * MS_PER_DAY
            }
            Self::Months(length) => {
                let (year, month, _) = civil(ms.div_euclid(MS_PER_DAY));
                // Centuries and millennia begin with a year that ends in 1.
                let shift = if length >= 1_200 { 12 } else { 0 };
                let months = year * 12 + i64::from(month) - 1 - shift;
                let first = months.div_euclid(length) * length + shift;
                let days = text::days_of(first.div_euclid(12), first.rem_euclid(12) as u32 + 1, 1);
                days.map_or(ms, |days| days * MS_PER_DAY)
            }
        }
    }
}

/// The day `months` later; the 31st becomes the last day of a shorter month.
pub fn add_months(days: i64, months: i64) -> i64 {
    let (year, month, day) = civil(days);
    let total = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    (1..=day).rev().find_map(|d| text::days_of(year, month, d)).unwrap_or(days)
}

/// time − time, as milliseconds.
pub fn difference(zone: chrono_tz::Tz) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut out = PrimitiveArray::<DurationMillisecondType>::builder(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.append_null();
                continue;
            }
            let left = wall_ms(args[0].array.as_ref(), args[0].index(row), zone)?;
            let right = wall_ms(args[1].array.as_ref(), args[1].index(row), zone)?;
            out.append_value(left - right);
        }
        Ok(Arc::new(out.finish()))
    })
}

/// TIMESTAMPDIFF(unit, t1, t2): whole units from t1 to t2, INT.
pub fn timestamp_diff(unit: String, zone: chrono_tz::Tz) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut out = Int32Array::builder(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.append_null();
                continue;
            }
            let from = wall_ms(args[0].array.as_ref(), args[0].index(row), zone)?;
            let to = wall_ms(args[1].array.as_ref(), args[1].index(row), zone)?;
            let units = match unit.as_str() {
                "SECOND" => (to - from) / 1_000,
                "MINUTE" => (to - from) / 60_000,
                "HOUR" => (to - from) / 3_600_000,
                "DAY" => (to - from) / MS_PER_DAY,
                "WEEK" => (to - from) / (7 * MS_PER_DAY),
                "MONTH" => months_between(from, to),
                "QUARTER" => months_between(from, to) / 3,
                "YEAR" => months_between(from, to) / 12,
                other => return Err(format!("no unit {other}")),
            };
            out.append_value(units as i32);
        }
        Ok(Arc::new(out.finish()))
    })
}

/// Whole months from `from` to `to` (Flink `DateTimeUtils.subtractMonths`): by the days, and one less when the last day is
/// reached too early in the day.
fn months_between(from: i64, to: i64) -> i64 {
    let (first, last) = (from.div_euclid(MS_PER_DAY), to.div_euclid(MS_PER_DAY));
    let months = if last < first { -months_of_days(last, first) } else { months_of_days(first, last) };
    let early = to.rem_euclid(MS_PER_DAY) < from.rem_euclid(MS_PER_DAY);
    if add_months(first, months) == last && early { months - 1 } else { months }
}

fn months_of_days(first: i64, last: i64) -> i64 {
    let ((y1, m1, _), (y2, m2, _)) = (civil(first), civil(last));
    let months = (y2 - y1) * 12 + i64::from(m2) - i64::from(m1);
    if add_months(first, months) > last { months - 1 } else { months }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_a_day() {
        let ms = text::days_of(2024, 12, 30).unwrap() * MS_PER_DAY + 45_296_789;
        assert_eq!(extract_ms("WEEK", ms), Some(1));
        assert_eq!(extract_ms("ISOYEAR", ms), Some(2025));
        assert_eq!(extract_ms("DAYOFWEEK", ms), Some(2));
        assert_eq!(extract_ms("HOUR", ms), Some(12));
        assert_eq!(extract_ms("HOUR", -1), Some(23));
    }

    #[test]
    fn months_end_early_in_short_months() {
        let day = text::days_of(2024, 1, 31).unwrap();
        assert_eq!(add_months(day, 1), text::days_of(2024, 2, 29).unwrap());
        assert_eq!(months_between(day * MS_PER_DAY, text::days_of(2024, 2, 28).unwrap() * MS_PER_DAY), 0);
    }
}
