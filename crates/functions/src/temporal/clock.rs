//! The clock functions and CURRENT_WATERMARK.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Time32MillisecondArray, TimestampMillisecondArray};
use streamsql_core::LogicalType;

use super::MS_PER_DAY;
use crate::body::Body;
use crate::zone::Zone;

/// PROCTIME(), NOW(), CURRENT_TIMESTAMP and their like in the type that they have.
pub fn now(result: &LogicalType, zone: Zone) -> Body {
    let result = result.clone();
    Body::in_context(move |_, rows, cx| {
        let instant = cx.processing_time_ms;
        let wall = zone.wall_time(instant.div_euclid(1_000)) * 1_000 + instant.rem_euclid(1_000);
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
pub fn current_watermark(zoned: bool) -> Body {
    Body::in_context(move |_, rows, cx| {
        let watermark = cx.watermark;
        let value = (watermark != streamsql_core::Watermark::MIN).then_some(watermark.0);
        let array = TimestampMillisecondArray::from(vec![value; rows]);
        Ok(if zoned { Arc::new(array.with_timezone("UTC")) } else { Arc::new(array) })
    })
}
