//! CAST, TRY_CAST and the implicit casts (flink-docs `dev/table/types`, Flink `casting/*`).
//!
//! A bad value fails CAST and is NULL for TRY_CAST; a decimal with too many digits is NULL in both.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Decimal128Array, PrimitiveArray,
    StringBuilder,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType,
};
use chrono::{Offset, TimeZone};
use streamsql_core::types::{MAX_LENGTH, timestamp_unit};
use streamsql_core::{LogicalType, text};

use crate::SessionSettings;
use crate::arithmetic::{POWERS, fit, round};
use crate::call::{Arg, Eval};

/// The evaluation of a cast, or why there is none.
pub fn cast(
    from: &LogicalType,
    to: &LogicalType,
    try_cast: bool,
    session: &SessionSettings,
) -> Result<Arc<Eval>, String> {
    let (from, to, zone) = (from.clone(), to.clone(), session.time_zone);
    if !is_castable(&from, &to) {
        return Err(format!("a cast from {from} to {to} does not exist"));
    }
    Ok(Arc::new(move |args, rows| {
        let cast = Cast { arg: &args[0], rows, from: &from, to: &to, try_cast, zone };
        cast.run()
    }))
}

/// Whether Flink has the cast.
pub fn is_castable(from: &LogicalType, to: &LogicalType) -> bool {
    use LogicalType::{Date, Null, Time};
    if from == to || *from == Null {
        return true;
    }
    let temporal = |t: &LogicalType| matches!(t, Date | Time(_)) || t.is_timestamp();
    match (from, to) {
        (f, t) if f.is_character() && t.is_character() => true,
        (f, t) if t.is_character() => {
            f.is_numeric()
                || temporal(f)
                || matches!(f, LogicalType::Boolean)
                || f.is_binary()
                || f.is_interval()
        }
        (f, t) if f.is_character() => {
            t.is_numeric() || temporal(t) || matches!(t, LogicalType::Boolean) || t.is_binary()
        }
        (f, t) if f.is_binary() && t.is_binary() => true,
        (f, t) if f.is_numeric() && t.is_numeric() => true,
        (LogicalType::Boolean, t) => t.is_numeric(),
        (f, LogicalType::Boolean) => f.is_numeric(),
        (Date, t) => t.is_timestamp(),
        (Time(_), t) => t.is_timestamp() || matches!(t, Time(_)),
        (f, t) if f.is_timestamp() => t.is_timestamp() || matches!(t, Date | Time(_)),
        _ => false,
    }
}

struct Cast<'a> {
    arg: &'a Arg,
    rows: usize,
    from: &'a LogicalType,
    to: &'a LogicalType,
    try_cast: bool,
    zone: chrono_tz::Tz,
}

type Cell<T> = Result<Option<T>, String>;

impl Cast<'_> {
    fn run(&self) -> Result<ArrayRef, String> {
        let array = &self.arg.array;
        if *self.from == LogicalType::Null || array.data_type() == &DataType::Null {
            return Ok(arrow::array::new_null_array(&self.to.to_arrow(), self.rows));
        }
        if self.from == self.to {
            return Ok(Arc::clone(array));
        }
        match self.to {
            LogicalType::Char(_) | LogicalType::Varchar(_) => self.to_text(),
            LogicalType::Boolean => self.to_boolean(),
            LogicalType::TinyInt => self.to_integer::<Int8Type>(|v| v as i8, i8::MIN.into(), i8::MAX.into()),
            LogicalType::SmallInt => {
                self.to_integer::<Int16Type>(|v| v as i16, i16::MIN.into(), i16::MAX.into())
            }
            LogicalType::Int => self.to_integer::<Int32Type>(|v| v as i32, i32::MIN.into(), i32::MAX.into()),
            LogicalType::BigInt => self.to_integer::<Int64Type>(|v| v, i64::MIN, i64::MAX),
            LogicalType::Float => self.to_float::<Float32Type>(|v| v as f32),
            LogicalType::Double => self.to_float::<Float64Type>(|v| v),
            LogicalType::Decimal { precision, scale } => self.to_decimal(*precision, *scale),
            LogicalType::Date => {
                let array = self.primitive::<Date32Type>(|row| {
                    Ok(self.seconds_nanos(row)?.map(|(s, _)| s.div_euclid(86_400) as i32))
                })?;
                Ok(Arc::new(array))
            }
            LogicalType::Time(precision) => self.to_time(*precision),
            LogicalType::Timestamp(precision) | LogicalType::TimestampLtz(precision) => {
                self.to_timestamp(*precision)
            }
            LogicalType::Binary(_) | LogicalType::Varbinary(_) => self.to_binary(),
            other => Err(format!("a cast from {} to {other} does not exist", self.from)),
        }
    }

    /// One value a row; a bad one is an error, or NULL in TRY_CAST.
    fn primitive<T: ArrowPrimitiveType>(
        &self,
        value: impl Fn(usize) -> Cell<T::Native>,
    ) -> Result<PrimitiveArray<T>, String> {
        let rows = self.arg.array.len();
        let mut out = PrimitiveArray::<T>::builder(rows);
        for row in 0..rows {
            if self.arg.array.is_null(row) {
                out.append_null();
            } else {
                out.append_option(self.settle(value(row))?);
            }
        }
        Ok(out.finish())
    }

    fn settle<T>(&self, cell: Cell<T>) -> Cell<T> {
        match cell {
            Err(_) if self.try_cast => Ok(None),
            other => other,
        }
    }

    fn bad<T>(&self) -> Cell<T> {
        Err(format!("a value of type {} cannot be cast to {}", self.from, self.to))
    }

    fn str(&self, row: usize) -> &str {
        self.arg.array.as_string::<i32>().value(row)
    }

    /// Any integer value.
    fn integer(&self, row: usize) -> Option<i64> {
        let array = &self.arg.array;
        Some(match array.data_type() {
            DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
            DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
            DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
            DataType::Int64 => array.as_primitive::<Int64Type>().value(row),
            DataType::Boolean => array.as_boolean().value(row).into(),
            _ => return None,
        })
    }

    fn float(&self, row: usize) -> Option<f64> {
        let array = &self.arg.array;
        match array.data_type() {
            DataType::Float32 => Some(array.as_primitive::<Float32Type>().value(row).into()),
            DataType::Float64 => Some(array.as_primitive::<Float64Type>().value(row)),
            _ => None,
        }
    }

    fn decimal(&self, row: usize) -> Option<(i128, u8)> {
        match self.from {
            LogicalType::Decimal { scale, .. } => {
                Some((self.arg.array.as_primitive::<Decimal128Type>().value(row), *scale))
            }
            _ => None,
        }
    }

    fn to_integer<T: ArrowPrimitiveType>(
        &self,
        narrow: impl Fn(i64) -> T::Native,
        min: i64,
        max: i64,
    ) -> Result<ArrayRef, String> {
        let array = self.primitive::<T>(|row| {
            if let Some(value) = self.integer(row) {
                return Ok(Some(narrow(value)));
            }
            if let Some(value) = self.float(row) {
                // Java narrows floats to int or long, saturating, and from there wraps.
                return Ok(Some(narrow(if max > i64::from(i32::MAX) {
                    value as i64
                } else {
                    i64::from(value as i32)
                })));
            }
            if let Some((value, scale)) = self.decimal(row) {
                return Ok(Some(narrow((value / POWERS[usize::from(scale)]) as i64)));
            }
            let trimmed = self.str(row).trim();
            let whole = trimmed.split_once('.').map_or(trimmed, |(whole, fraction)| {
                if fraction.bytes().all(|b| b.is_ascii_digit()) { whole } else { "" }
            });
            match whole.parse::<i64>() {
                Ok(value) if (min..=max).contains(&value) => Ok(Some(narrow(value))),
                _ => self.bad(),
            }
        })?;
        Ok(Arc::new(array))
    }

    fn to_float<T: ArrowPrimitiveType>(&self, narrow: impl Fn(f64) -> T::Native) -> Result<ArrayRef, String> {
        let array = self.primitive::<T>(|row| {
            if let Some(value) = self.integer(row) {
                return Ok(Some(narrow(value as f64)));
            }
            if let Some(value) = self.float(row) {
                return Ok(Some(narrow(value)));
            }
            if let Some((value, scale)) = self.decimal(row) {
                let mut rendered = String::new();
                text::decimal(value, scale.into(), &mut rendered);
                return Ok(rendered.parse().ok().map(&narrow));
            }
            match self.str(row).trim() {
                "Infinity" | "+Infinity" => Ok(Some(narrow(f64::INFINITY))),
                "-Infinity" => Ok(Some(narrow(f64::NEG_INFINITY))),
                number if number.bytes().any(|b| b.is_ascii_digit()) => match number.parse() {
                    Ok(value) => Ok(Some(narrow(value))),
                    Err(_) => self.bad(),
                },
                "NaN" => Ok(Some(narrow(f64::NAN))),
                _ => self.bad(),
            }
        })?;
        Ok(Arc::new(array))
    }

    fn to_decimal(&self, precision: u8, scale: u8) -> Result<ArrayRef, String> {
        let array: Decimal128Array = self.primitive::<Decimal128Type>(|row| {
            if let Some(value) = self.integer(row) {
                return Ok(i128::from(value)
                    .checked_mul(POWERS[usize::from(scale)])
                    .and_then(|v| fit(v, precision)));
            }
            if let Some((value, from)) = self.decimal(row) {
                return Ok(round(value, from.into(), scale.into(), precision));
            }
            let rendered;
            let number = match self.float(row) {
                Some(value) if !value.is_finite() => return self.bad(),
                Some(value) => {
                    rendered = value.to_string();
                    rendered.as_str()
                }
                None => self.str(row).trim(),
            };
            text::parse_decimal(number, precision, scale).or_else(|_| self.bad())
        })?;
        Ok(Arc::new(array.with_precision_and_scale(precision, scale as i8).map_err(|e| e.to_string())?))
    }

    fn to_boolean(&self) -> Result<ArrayRef, String> {
        let rows = self.arg.array.len();
        let mut out = BooleanArray::builder(rows);
        for row in 0..rows {
            if self.arg.array.is_null(row) {
                out.append_null();
                continue;
            }
            let cell = if let Some(value) = self.integer(row) {
                Ok(Some(value != 0))
            } else if let Some(value) = self.float(row) {
                Ok(Some(value != 0.0))
            } else if let Some((value, _)) = self.decimal(row) {
                Ok(Some(value != 0))
            } else {
                match self.str(row).trim().to_ascii_lowercase().as_str() {
                    "t" | "true" | "y" | "yes" | "1" => Ok(Some(true)),
                    "f" | "false" | "n" | "no" | "0" => Ok(Some(false)),
                    _ => self.bad(),
                }
            };
            out.append_option(self.settle(cell)?);
        }
        Ok(Arc::new(out.finish()))
    }

    /// Seconds since 1970 and nanoseconds, as wall time of the target (a zoneless one) or as an instant (LTZ).
    fn seconds_nanos(&self, row: usize) -> Cell<(i64, i64)> {
        let array = &self.arg.array;
        let (wall, source_is_instant) = match self.from {
            LogicalType::Date => {
                ((i64::from(array.as_primitive::<Date32Type>().value(row)) * 86_400, 0), false)
            }
            LogicalType::Time(_) => {
                let ms = i64::from(array.as_primitive::<Time32MillisecondType>().value(row));
                ((ms / 1_000, ms % 1_000 * 1_000_000), false)
            }
            f if f.is_timestamp() => {
                let DataType::Timestamp(unit, _) = array.data_type() else { return self.bad() };
                let per_second = text::ticks_per_second(*unit);
                let ticks = text::timestamp_ticks(array.as_ref(), row).map_err(|e| e.message)?;
                let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
                ((ticks.div_euclid(per_second), nanos), matches!(f, LogicalType::TimestampLtz(_)))
            }
            _ => {
                let trimmed = self.str(row).trim();
                let parsed = match self.to {
                    LogicalType::Time(_) => {
                        text::parse_time(trimmed).map(|n| (n / 1_000_000_000, n % 1_000_000_000))
                    }
                    _ => text::parse_timestamp(trimmed),
                };
                match parsed {
                    Some(parsed) => (parsed, false),
                    None => return self.bad(),
                }
            }
        };
        let target_is_instant = matches!(self.to, LogicalType::TimestampLtz(_));
        Ok(Some(match (source_is_instant, target_is_instant) {
            (true, false) => (wall_time(self.zone, wall.0), wall.1),
            (false, true) => (instant(self.zone, wall.0), wall.1),
            _ => wall,
        }))
    }

    fn to_time(&self, precision: u8) -> Result<ArrayRef, String> {
        let keep = 10i64.pow(3 - u32::from(precision.min(3)));
        let array = self.primitive::<Time32MillisecondType>(|row| {
            Ok(self.seconds_nanos(row)?.map(|(seconds, nanos)| {
                let ms = seconds.rem_euclid(86_400) * 1_000 + nanos / 1_000_000;
                (ms / keep * keep) as i32
            }))
        })?;
        Ok(Arc::new(array))
    }

    fn to_timestamp(&self, precision: u8) -> Result<ArrayRef, String> {
        let unit = timestamp_unit(precision);
        let per_second = text::ticks_per_second(unit);
        let nanos_kept = 10i64.pow(9 - u32::from(precision.min(9)));
        let ticks = |row: usize| -> Cell<i64> {
            let Some((seconds, nanos)) = self.seconds_nanos(row)? else { return Ok(None) };
            let nanos = nanos / nanos_kept * nanos_kept;
            match seconds
                .checked_mul(per_second)
                .and_then(|t| t.checked_add(nanos / (1_000_000_000 / per_second)))
            {
                Some(ticks) => Ok(Some(ticks)),
                None => self.bad(),
            }
        };
        let zone: Option<Arc<str>> = matches!(self.to, LogicalType::TimestampLtz(_)).then(|| "UTC".into());
        Ok(match unit {
            TimeUnit::Microsecond => {
                Arc::new(self.primitive::<TimestampMicrosecondType>(ticks)?.with_timezone_opt(zone))
            }
            TimeUnit::Nanosecond => {
                Arc::new(self.primitive::<TimestampNanosecondType>(ticks)?.with_timezone_opt(zone))
            }
            _ => Arc::new(self.primitive::<TimestampMillisecondType>(ticks)?.with_timezone_opt(zone)),
        })
    }

    fn to_binary(&self) -> Result<ArrayRef, String> {
        let array = &self.arg.array;
        let rows = array.len();
        let mut out = arrow::array::BinaryBuilder::with_capacity(rows, rows * 8);
        let length = match self.to {
            LogicalType::Binary(n) | LogicalType::Varbinary(n) => *n as usize,
            _ => usize::MAX,
        };
        for row in 0..rows {
            if array.is_null(row) {
                out.append_null();
                continue;
            }
            let bytes = if self.from.is_character() {
                self.str(row).as_bytes()
            } else {
                array.as_binary::<i32>().value(row)
            };
            let kept = &bytes[..bytes.len().min(length)];
            if matches!(self.to, LogicalType::Binary(_)) {
                let mut padded = kept.to_vec();
                padded.resize(length, 0);
                out.append_value(padded);
            } else {
                out.append_value(kept);
            }
        }
        Ok(Arc::new(out.finish()))
    }

    fn to_text(&self) -> Result<ArrayRef, String> {
        let array = &self.arg.array;
        let (length, pad) = match self.to {
            LogicalType::Char(n) => (*n, true),
            LogicalType::Varchar(n) => (*n, false),
            _ => (MAX_LENGTH, false),
        };
        if self.from.is_character() && !pad && length == MAX_LENGTH {
            return Ok(Arc::clone(array));
        }
        let rows = array.len();
        let mut out = StringBuilder::with_capacity(rows, rows * 16);
        let mut buffer = String::new();
        for row in 0..rows {
            if array.is_null(row) {
                out.append_null();
                continue;
            }
            buffer.clear();
            self.render(row, &mut buffer)?;
            fit_length(&mut buffer, length as usize, pad);
            out.append_value(&buffer);
        }
        Ok(Arc::new(out.finish()))
    }

    fn render(&self, row: usize, out: &mut String) -> Result<(), String> {
        let array = &self.arg.array;
        match self.from {
            LogicalType::Boolean => {
                out.push_str(if array.as_boolean().value(row) { "TRUE" } else { "FALSE" })
            }
            f if f.is_character() => out.push_str(self.str(row)),
            f if f.is_binary() => out.push_str(&String::from_utf8_lossy(array.as_binary::<i32>().value(row))),
            f if f.is_integer() => {
                if let Some(value) = self.integer(row) {
                    out.push_str(&value.to_string());
                }
            }
            LogicalType::Float => text::java_float(array.as_primitive::<Float32Type>().value(row), out),
            LogicalType::Double => text::java_double(array.as_primitive::<Float64Type>().value(row), out),
            LogicalType::Timestamp(precision) | LogicalType::TimestampLtz(precision) => {
                let (mut seconds, nanos) = self.seconds_nanos_of_timestamp(row)?;
                if matches!(self.from, LogicalType::TimestampLtz(_)) {
                    seconds = wall_time(self.zone, seconds);
                }
                text::timestamp(seconds, 1, out);
                fraction(nanos, usize::from(*precision), out);
            }
            _ => text::scalar(array.as_ref(), row, out).map_err(|e| e.message)?,
        }
        Ok(())
    }

    fn seconds_nanos_of_timestamp(&self, row: usize) -> Result<(i64, i64), String> {
        let DataType::Timestamp(unit, _) = self.arg.array.data_type() else {
            return Err("no timestamp".to_owned());
        };
        let per_second = text::ticks_per_second(*unit);
        let ticks = text::timestamp_ticks(self.arg.array.as_ref(), row).map_err(|e| e.message)?;
        Ok((ticks.div_euclid(per_second), ticks.rem_euclid(per_second) * (1_000_000_000 / per_second)))
    }
}

/// Appends at least `least` digits of a fraction, more where there are more.
fn fraction(nanos: i64, least: usize, out: &mut String) {
    let digits = format!("{nanos:09}");
    let needed = digits.trim_end_matches('0').len().max(least);
    if needed > 0 {
        out.push('.');
        out.push_str(&digits[..needed]);
    }
}

/// Cuts to `length` characters; CHAR is padded with spaces.
fn fit_length(text: &mut String, length: usize, pad: bool) {
    if text.len() > length
        && let Some((end, _)) = text.char_indices().nth(length)
    {
        text.truncate(end);
    }
    if pad {
        let present = text.chars().count();
        text.extend(std::iter::repeat_n(' ', length.saturating_sub(present)));
    }
}

/// The wall time (as seconds "in UTC") that clocks of `zone` show at an instant.
pub fn wall_time(zone: chrono_tz::Tz, instant: i64) -> i64 {
    if zone == chrono_tz::UTC {
        return instant;
    }
    match zone.timestamp_opt(instant, 0).single() {
        Some(moment) => instant + i64::from(moment.offset().fix().local_minus_utc()),
        None => instant,
    }
}

/// The instant at which clocks of `zone` show a wall time: the earlier one where it comes twice, and in a gap the time
/// after the gap (java.time `ZonedDateTime.ofLocal`).
pub fn instant(zone: chrono_tz::Tz, wall: i64) -> i64 {
    if zone == chrono_tz::UTC {
        return wall;
    }
    let Some(naive) = chrono::DateTime::from_timestamp(wall, 0).map(|t| t.naive_utc()) else { return wall };
    match zone.from_local_datetime(&naive) {
        chrono::LocalResult::Single(moment) | chrono::LocalResult::Ambiguous(moment, _) => moment.timestamp(),
        chrono::LocalResult::None => {
            // In a gap the offset before it applies.
            let before = zone.timestamp_opt(wall - 86_400, 0).single();
            before.map_or(wall, |moment| wall - i64::from(moment.offset().fix().local_minus_utc()))
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;

    use super::*;

    fn texts(values: &[&str]) -> Arg {
        Arg::column(Arc::new(StringArray::from(values.to_vec())))
    }

    fn run(from: LogicalType, to: LogicalType, arg: Arg, try_cast: bool) -> Result<ArrayRef, String> {
        cast(&from, &to, try_cast, &SessionSettings::default())?(std::slice::from_ref(&arg), arg.array.len())
    }

    #[test]
    fn texts_to_integers() {
        let array = run(LogicalType::STRING, LogicalType::Int, texts(&[" 42.7 ", "-1"]), false).unwrap();
        assert_eq!(array.as_primitive::<Int32Type>().values(), &[42, -1]);
        assert!(run(LogicalType::STRING, LogicalType::Int, texts(&["2147483648"]), false).is_err());
        assert_eq!(run(LogicalType::STRING, LogicalType::Int, texts(&["x"]), true).unwrap().null_count(), 1);
    }

    #[test]
    fn decimals_and_char_lengths() {
        let to = LogicalType::Decimal { precision: 5, scale: 2 };
        let array = run(LogicalType::STRING, to, texts(&["1.005", "12345.6"]), false).unwrap();
        assert_eq!(array.as_primitive::<Decimal128Type>().value(0), 101);
        assert!(array.is_null(1));
        let array = run(LogicalType::STRING, LogicalType::Char(3), texts(&["abcd", "a"]), false).unwrap();
        assert_eq!(array.as_string::<i32>().value(0), "abc");
        assert_eq!(array.as_string::<i32>().value(1), "a  ");
    }

    #[test]
    fn timestamps_print_their_precision() {
        let array =
            run(LogicalType::STRING, LogicalType::Timestamp(3), texts(&["2020-1-2 3:4:5"]), false).unwrap();
        let array = run(LogicalType::Timestamp(3), LogicalType::STRING, Arg::column(array), false).unwrap();
        assert_eq!(array.as_string::<i32>().value(0), "2020-01-02 03:04:05.000");
    }

    #[test]
    fn local_times_follow_daylight_saving() {
        let berlin = chrono_tz::Europe::Berlin;
        // 2024-03-31 02:30 does not exist there; 2024-10-27 02:30 comes twice.
        assert_eq!(wall_time(berlin, instant(berlin, 1_711_852_200)), 1_711_855_800);
        assert_eq!(instant(berlin, 1_729_996_200), 1_729_996_200 - 7_200);
    }
}
