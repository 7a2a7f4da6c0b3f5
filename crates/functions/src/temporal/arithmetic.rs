//! Arithmetic of times with intervals and with each other. Instants are taken in UTC, as Flink does, so that months and
//! differences do not depend on the session's zone.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Date32Array, Int64Array, PrimitiveArray,
    Time32MillisecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Int32Type, Int64Type, IntervalYearMonthType,
    Time32MillisecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use streamsql_core::text;

use super::{MS_PER_DAY, civil, wall_ms};
use crate::call::{Arg, Eval};
use crate::zone::Zone;

/// time ± interval and interval ± interval; `negative` subtracts. The result has the type of the first argument.
pub fn add_interval(negative: bool) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let (base, interval) = (&args[0], &args[1]);
        let sign = if negative { -1 } else { 1 };
        // One of the two families has values, the other none.
        let durations = interval.array.as_primitive_opt::<DurationMillisecondType>();
        let months = interval.array.as_primitive_opt::<IntervalYearMonthType>();
        let ms_of = |row: usize| durations.map_or(0, |all| all.value(interval.index(row))) * sign;
        let months_of = |row: usize| i64::from(months.map_or(0, |all| all.value(interval.index(row)))) * sign;
        let by_months = months.is_some();
        let shift = |row: usize, ticks: i64, per_ms: i64| -> Result<i64, String> {
            let shifted = if by_months {
                let day_ticks = MS_PER_DAY * per_ms;
                add_months(ticks.div_euclid(day_ticks), months_of(row))
                    .checked_mul(day_ticks)
                    .and_then(|day| day.checked_add(ticks.rem_euclid(day_ticks)))
            } else {
                ms_of(row).checked_mul(per_ms).and_then(|moved| ticks.checked_add(moved))
            };
            shifted.ok_or_else(|| "a time plus an interval is out of range".to_owned())
        };
        fn timestamps<T: ArrowPrimitiveType<Native = i64>>(
            base: &Arg,
            other: &Arg,
            rows: usize,
            f: impl Fn(usize, i64) -> Result<i64, String>,
        ) -> Result<ArrayRef, String> {
            let array = base.array.as_primitive::<T>();
            let data_type = base.array.data_type().clone();
            if other.scalar && !other.is_null(0) && !base.scalar {
                let result = array.try_unary::<_, T, String>(|value| f(0, value))?;
                return Ok(Arc::new(result.with_data_type(data_type)));
            }
            let result: PrimitiveArray<T> = (0..rows)
                .map(|row| {
                    let valid = !base.is_null(row) && !other.is_null(row);
                    valid.then(|| f(row, array.value(base.index(row)))).transpose()
                })
                .collect::<Result<_, String>>()?;
            Ok(Arc::new(result.with_data_type(data_type)))
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
                timestamps::<TimestampMillisecondType>(base, interval, rows, |row, t| shift(row, t, 1))?
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                timestamps::<TimestampMicrosecondType>(base, interval, rows, |row, t| shift(row, t, 1_000))?
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                timestamps::<TimestampNanosecondType>(base, interval, rows, |row, t| {
                    shift(row, t, 1_000_000)
                })?
            }
            DataType::Duration(_) => {
                timestamps::<DurationMillisecondType>(base, interval, rows, |row, t| {
                    Ok(t.wrapping_add(ms_of(row)))
                })?
            }
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

/// The day `months` later; the 31st becomes the last day of a shorter month.
pub fn add_months(days: i64, months: i64) -> i64 {
    let (year, month, day) = civil(days);
    let total = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    (1..=day).rev().find_map(|d| text::days_of(year, month, d)).unwrap_or(days)
}

/// time − time, as milliseconds.
pub fn difference() -> Arc<Eval> {
    of_two_times::<DurationMillisecondType>(|left, right| left - right)
}

/// time − time, as whole months.
pub fn months_apart() -> Arc<Eval> {
    of_two_times::<IntervalYearMonthType>(|left, right| months_between(right, left) as i32)
}

/// A value of the milliseconds of two times, those of instants in UTC.
fn of_two_times<T: ArrowPrimitiveType>(value: fn(i64, i64) -> T::Native) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let mut out = PrimitiveArray::<T>::builder(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.append_null();
                continue;
            }
            let time = |arg: &Arg| wall_ms(arg.array.as_ref(), arg.index(row), Zone::UTC);
            out.append_value(value(time(&args[0])?, time(&args[1])?));
        }
        Ok(Arc::new(out.finish()))
    })
}

/// TIMESTAMPDIFF(unit, t1, t2): whole units from t1 to t2, INT; of NANOSECOND BIGINT. Units below the second count whole
/// seconds (Flink `TimestampDiffCallGen`). `None` for a word that is no unit.
pub fn timestamp_diff(unit: &str) -> Option<Arc<Eval>> {
    let units: fn(i64, i64) -> i64 = match unit {
        "MICROSECOND" | "FRAC_SECOND" => |from, to| (to - from) / 1_000 * 1_000_000,
        "NANOSECOND" => |from, to| ((to - from) / 1_000).saturating_mul(1_000_000_000),
        "SECOND" => |from, to| (to - from) / 1_000,
        "MINUTE" => |from, to| (to - from) / 60_000,
        "HOUR" => |from, to| (to - from) / 3_600_000,
        "DAY" => |from, to| (to - from) / MS_PER_DAY,
        "WEEK" => |from, to| (to - from) / (7 * MS_PER_DAY),
        "MONTH" => months_between,
        "QUARTER" => |from, to| months_between(from, to) / 3,
        "YEAR" => |from, to| months_between(from, to) / 12,
        _ => return None,
    };
    let wide = unit == "NANOSECOND";
    Some(Arc::new(move |args, rows| {
        let mut out = Int64Array::builder(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.append_null();
                continue;
            }
            let from = wall_ms(args[0].array.as_ref(), args[0].index(row), Zone::UTC)?;
            let to = wall_ms(args[1].array.as_ref(), args[1].index(row), Zone::UTC)?;
            out.append_value(units(from, to));
        }
        let out = out.finish();
        Ok(if wide { Arc::new(out) as ArrayRef } else { Arc::new(out.unary::<_, Int32Type>(|v| v as i32)) })
    }))
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
    fn months_end_early_in_short_months() {
        let day = text::days_of(2024, 1, 31).unwrap();
        assert_eq!(add_months(day, 1), text::days_of(2024, 2, 29).unwrap());
        assert_eq!(months_between(day * MS_PER_DAY, text::days_of(2024, 2, 28).unwrap() * MS_PER_DAY), 0);
    }
}
