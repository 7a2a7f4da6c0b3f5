//! EXTRACT and the functions named after its units (Flink `ExtractCallGen`).

use std::sync::Arc;

use arrow::array::{AsArray, Int64Array};
use arrow::datatypes::{DataType, Date32Type, DurationMillisecondType, IntervalYearMonthType};
use streamsql_core::text;

use super::{MS_PER_DAY, civil, nanos_below_ms, wall_ms};
use crate::call::Eval;
use crate::zone::Zone;

/// A time taken apart.
#[derive(Clone, Copy, Debug)]
struct Parts {
    days: i64,
    /// Milliseconds of the day.
    of_day: i64,
    /// Seconds since 1970.
    epoch: i64,
}

impl Parts {
    /// Flink divides towards 1970: before it a timestamp has the day behind it and a clock that counts down
    /// (`ExtractCallGen`, `DateTimeUtils.convertExtract`).
    fn of(ms: i64) -> Self {
        Self { days: ms / MS_PER_DAY, of_day: ms % MS_PER_DAY, epoch: ms / 1_000 }
    }
}

/// A unit as the calendar and the clock show it; `None` for a word that is none.
pub fn extract_ms(unit: &str, ms: i64) -> Option<i64> {
    let (days, of_day) = (ms.div_euclid(MS_PER_DAY), ms.rem_euclid(MS_PER_DAY));
    unit_of(unit, Parts { days, of_day, epoch: ms.div_euclid(1_000) })
}

/// A unit of a time.
fn unit_of(unit: &str, Parts { days, of_day, epoch }: Parts) -> Option<i64> {
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
        "EPOCH" => epoch,
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

fn is_clock(unit: &str) -> bool {
    matches!(unit, "HOUR" | "MINUTE" | "SECOND" | "MILLISECOND")
}

/// EXTRACT(unit FROM x), BIGINT.
pub fn extract(unit: String, zone: Zone) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let arg = &args[0];
        let mut out = Int64Array::builder(rows);
        for row in 0..rows {
            if arg.is_null(row) {
                out.append_null();
                continue;
            }
            let ms = match arg.array.data_type() {
                // Flink takes the days of a date for milliseconds where it looks for a part of a day.
                DataType::Date32 if is_clock(&unit) => {
                    i64::from(arg.array.as_primitive::<Date32Type>().value(arg.index(row)))
                }
                _ => wall_ms(arg.array.as_ref(), arg.index(row), zone)?,
            };
            let value = unit_of(&unit, Parts::of(ms)).ok_or_else(|| format!("no unit {unit}"))?;
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
        ("MILLISECOND", false) => (1, 1_000),
        _ => return None,
    };
    // Quarters are counted from 1.
    let first = i64::from(divisor == 3);
    Some(of_interval(move |value| value / divisor % modulus + first))
}

/// The whole units of an interval of `length` months or milliseconds each; BIGINT.
pub fn count_units(length: i64) -> Arc<Eval> {
    of_interval(move |value| value / length.max(1))
}

/// A number made of an interval's months or milliseconds.
fn of_interval(part: impl Fn(i64) -> i64 + Send + Sync + 'static) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let arg = &args[0];
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_a_day() {
        let ms = text::days_of(2024, 12, 30).unwrap() * MS_PER_DAY + 45_296_789;
        let unit = |unit: &str, ms: i64| unit_of(unit, Parts::of(ms));
        assert_eq!(unit("WEEK", ms), Some(1));
        assert_eq!(unit("ISOYEAR", ms), Some(2025));
        assert_eq!(unit("DAYOFWEEK", ms), Some(2));
        assert_eq!(unit("HOUR", ms), Some(12));
        assert_eq!(
            (unit("YEAR", -1), unit("HOUR", -1), unit("MILLISECOND", -1)),
            (Some(1970), Some(0), Some(-1))
        );
        assert_eq!((unit("MINUTE", -90_500), unit("SECOND", -90_500)), (Some(-1), Some(-30)));
    }
}
