//! FLOOR and CEIL to a unit (Flink `FloorCeilCallGen`).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, Time32MillisecondArray};
use arrow::datatypes::{DataType, Date32Type, Time32MillisecondType};
use streamsql_core::text;

use super::arithmetic::add_months;
use super::{MS_PER_DAY, civil};
use crate::call::Eval;
use crate::zone::Zone;

/// FLOOR or CEIL to a unit; `None` for a word that is no unit.
pub fn round_to(unit: &str, up: bool, zone: Zone) -> Option<Arc<Eval>> {
    let unit = RoundUnit::parse(unit)?;
    Some(Arc::new(move |args, rows| {
        let arg = &args[0];
        let instant = matches!(arg.array.data_type(), DataType::Timestamp(_, Some(_)));
        let rounded = |ms: i64| {
            if !instant {
                return unit.round(ms, up);
            }
            let wall = zone.wall_time(ms.div_euclid(1_000)) * 1_000 + ms.rem_euclid(1_000);
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
        // Weeks and longer units are rounded by the day alone: the time of the first day does not count. Before 1970 Flink
        // takes the day behind a time that is not midnight (`DateTimeUtils.timestampFloor`).
        let ms = match self {
            Self::Fixed(_) => ms,
            Self::Week | Self::Months(_) => ms / MS_PER_DAY * MS_PER_DAY,
        };
        let floor = self.floor(ms);
        // Decades and longer units are always left, also on their first day, and a quarter on all but January 1 (as Flink
        // does).
        let left = match self {
            Self::Months(120..) => true,
            Self::Months(3) => civil(ms.div_euclid(MS_PER_DAY)).1 > 1,
            _ => false,
        };
        if !up || (floor == ms && !left) {
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
