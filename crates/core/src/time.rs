//! Event time, watermarks and epochs as distinct types.

use std::fmt;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};

use crate::error::{Error, Result};

/// A point of event time in milliseconds since 1970-01-01 00:00:00 (a zoneless TIMESTAMP is read as UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventTime(pub i64);

/// The promise that no row at or below this time (ms) will follow; rows that do are late.
///
/// `Watermark::MIN` means nothing is promised yet, `Watermark::MAX` that the input has ended (Flink `Watermark`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watermark(pub i64);

impl Watermark {
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    /// This watermark held back by `delay_ms`; the two ends stay what they are.
    pub fn minus(self, delay_ms: i64) -> Self {
        match self {
            Self::MIN | Self::MAX => self,
            Self(ms) => Self(ms.saturating_sub(delay_ms)),
        }
    }
}

impl fmt::Display for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MIN => f.write_str("-inf"),
            Self::MAX => f.write_str("+inf"),
            Self(ms) => write!(f, "{ms}"),
        }
    }
}

/// The unit of commit, counted from 1; 0 is a job that has committed nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The clocks of a time zone: instants are ms since 1970-01-01 in UTC, wall times the ms of what clocks show, read as UTC.
pub trait WallClock: fmt::Debug + Send + Sync {
    /// What clocks show at an instant.
    fn wall_ms(&self, instant_ms: i64) -> i64;

    /// When clocks show a wall time: the earlier instant where it comes twice, and in a gap the time after it by as much.
    fn instant_ms(&self, wall_ms: i64) -> i64;

    /// From when on no clock will show a wall time again that is not above this one (Flink
    /// `TimeWindowUtil.toEpochMillsForTimer`): where an hour comes twice it is the second one, where one is left out the
    /// moment at which that happens.
    fn passed_ms(&self, wall_ms: i64) -> i64 {
        const HOUR: i64 = 3_600_000;
        let (once, hour_later) = (self.instant_ms(wall_ms), self.instant_ms(wall_ms.saturating_add(HOUR)));
        match hour_later.saturating_sub(once) {
            0 => once - once.rem_euclid(HOUR),
            between if between > HOUR => once + HOUR,
            _ => once,
        }
    }
}

/// Milliseconds of each timestamp of a column, whatever its unit, rounded down; nothing where it is NULL. A BIGINT counts
/// as milliseconds.
///
/// # Errors
/// `Internal` for a column of another type.
pub fn timestamps_ms(column: &dyn Array) -> Result<impl Iterator<Item = Option<i64>> + '_> {
    use DataType::{Int64, Timestamp};
    let (values, per_ms): (&[i64], i64) = match column.data_type() {
        Timestamp(TimeUnit::Nanosecond, _) => {
            (column.as_primitive::<TimestampNanosecondType>().values(), 1_000_000)
        }
        Timestamp(TimeUnit::Microsecond, _) => {
            (column.as_primitive::<TimestampMicrosecondType>().values(), 1_000)
        }
        Timestamp(TimeUnit::Millisecond, _) => {
            (column.as_primitive::<TimestampMillisecondType>().values(), 1)
        }
        Timestamp(TimeUnit::Second, _) => (column.as_primitive::<TimestampSecondType>().values(), 1),
        Int64 => (column.as_primitive::<Int64Type>().values(), 1),
        other => return Err(Error::internal(format!("a time of type {other}"))),
    };
    let factor = if matches!(column.data_type(), Timestamp(TimeUnit::Second, _)) { 1_000 } else { 1 };
    let nulls = column.nulls();
    Ok(values.iter().enumerate().map(move |(row, value)| {
        // A division costs more than all the rest.
        let whole = if per_ms == 1 { *value } else { value.div_euclid(per_ms) };
        nulls.is_none_or(|nulls| nulls.is_valid(row)).then(|| whole.saturating_mul(factor))
    }))
}
