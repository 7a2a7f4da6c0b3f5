//! Casts to DATE, TIME and timestamps, in the session's zone.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Time32MillisecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType,
};
use streamsql_core::types::timestamp_unit;
use streamsql_core::{LogicalType, text};

use super::{Cast, Cell, Failure};
use crate::temporal;

impl Cast<'_> {
    pub(super) fn to_date(&self) -> Result<ArrayRef, String> {
        // Flink divides the milliseconds of a zoneless timestamp towards 1970: before it most have the day behind
        // theirs (`TimestampToDateCastRule`).
        let towards_1970 = matches!(self.from, LogicalType::Timestamp(_));
        let day = |(seconds, nanos): (i64, i64)| match towards_1970 {
            true => (seconds * 1_000 + nanos / 1_000_000) / 86_400_000,
            false => seconds.div_euclid(86_400),
        };
        let array =
            self.primitive::<Date32Type>(|row| Ok(self.seconds_nanos(row)?.map(|time| day(time) as i32)))?;
        Ok(Arc::new(array))
    }

    /// Milliseconds stay, whatever the precision: Flink does not cut them.
    pub(super) fn to_time(&self) -> Result<ArrayRef, String> {
        let array = self.primitive::<Time32MillisecondType>(|row| {
            Ok(self
                .seconds_nanos(row)?
                .map(|(seconds, nanos)| (seconds.rem_euclid(86_400) * 1_000 + nanos / 1_000_000) as i32))
        })?;
        Ok(Arc::new(array))
    }

    pub(super) fn to_timestamp(&self, precision: u8) -> Result<ArrayRef, String> {
        let unit = timestamp_unit(precision);
        let per_second = text::ticks_per_second(unit);
        let nanos_kept = 10i64.pow(9 - u32::from(precision.min(9)));
        let ticks = |row: usize| -> Cell<i64> {
            let Some((seconds, nanos)) = self.seconds_nanos(row)? else { return Ok(None) };
            if precision < 3 && self.from.is_timestamp() {
                // Digits of the milliseconds since 1970 are cut, towards 1970 (`DateTimeUtils.truncate`).
                let cut = 10i64.pow(3 - u32::from(precision));
                return Ok(Some((seconds * 1_000 + nanos / 1_000_000) / cut * cut));
            }
            let nanos = nanos / nanos_kept * nanos_kept;
            match seconds
                .checked_mul(per_second)
                .and_then(|t| t.checked_add(nanos / (1_000_000_000 / per_second)))
            {
                Some(ticks) => Ok(Some(ticks)),
                None if self.compares => Ok(Some(if seconds < 0 { i64::MIN } else { i64::MAX })),
                None => Err(Failure::Unsupported(format!(
                    "a value is outside 1677-09-21 to 2262-04-11, the range of {}",
                    self.to
                ))),
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

    /// Seconds since 1970 and nanoseconds, as wall time of the target (a zoneless one) or as an instant (LTZ).
    fn seconds_nanos(&self, row: usize) -> Cell<(i64, i64)> {
        let array = self.array;
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
                let ticks = text::timestamp_ticks(array.as_ref(), row)
                    .map_err(|e| Failure::Unsupported(e.message))?;
                let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
                ((ticks.div_euclid(per_second), nanos), matches!(f, LogicalType::TimestampLtz(_)))
            }
            _ => {
                let text = self.str(row);
                let parsed = match self.to {
                    LogicalType::Time(_) => {
                        temporal::parse_time(text).map(|ms| (ms / 1_000, ms % 1_000 * 1_000_000))
                    }
                    LogicalType::Date => temporal::parse_date(text).map(|days| (days * 86_400, 0)),
                    _ => temporal::parse_timestamp(text),
                };
                match parsed {
                    Some(parsed) => (parsed, false),
                    None => return self.bad(),
                }
            }
        };
        let target_is_instant = matches!(self.to, LogicalType::TimestampLtz(_));
        Ok(Some(match (source_is_instant, target_is_instant) {
            (true, false) => (self.zone.wall_time(wall.0), wall.1),
            (false, true) => (self.zone.instant(wall.0), wall.1),
            _ => wall,
        }))
    }
}
