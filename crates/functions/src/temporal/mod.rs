//! Dates and times (Flink `DateTimeUtils`): the clock functions, EXTRACT, formats, arithmetic with intervals.

mod arithmetic;
mod clock;
mod extract;
mod pattern;
mod round;
mod text;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Date32Type, Time32MillisecondType};
use streamsql_core::text::{civil, ticks_per_second, timestamp_ticks};

use crate::zone::Zone;

pub use arithmetic::{add_interval, add_months, difference, months_apart, times_interval, timestamp_diff};
pub use clock::{current_watermark, now};
pub use extract::{count_units, extract, extract_interval, extract_ms};
pub use pattern::{Dialect, Offset, Pattern};
pub use round::round_to;
pub use text::{
    convert_tz, date_format, from_unixtime, parse_date, parse_time, parse_timestamp, to_date, to_timestamp,
    to_timestamp_ltz, unix_now, unix_timestamp,
};

const MS_PER_DAY: i64 = 86_400_000;

/// Wall-clock milliseconds of a date, time or timestamp (an instant is read in `zone`).
pub fn wall_ms(array: &dyn Array, row: usize, zone: Zone) -> Result<i64, String> {
    Ok(match array.data_type() {
        DataType::Date32 => i64::from(array.as_primitive::<Date32Type>().value(row)) * MS_PER_DAY,
        DataType::Time32(_) => i64::from(array.as_primitive::<Time32MillisecondType>().value(row)),
        DataType::Timestamp(unit, instant) => {
            let ticks = timestamp_ticks(array, row).map_err(|e| e.message)?;
            let per_second = ticks_per_second(*unit);
            let ms = if per_second >= 1_000 { ticks.div_euclid(per_second / 1_000) } else { ticks * 1_000 };
            if instant.is_some() {
                zone.wall_time(ms.div_euclid(1_000)) * 1_000 + ms.rem_euclid(1_000)
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
    let per_second = ticks_per_second(*unit);
    let ticks = timestamp_ticks(array, row).map_err(|e| e.message)?;
    Ok(ticks.rem_euclid(per_second) * (1_000_000_000 / per_second) % 1_000_000)
}
