//! What becomes of a constant expression: Flink computes it while planning and writes the value as a literal of its type,
//! which has no negative zero, no more fraction digits and no more characters than its type says and exactly its bytes
//! (Flink `ExpressionReducer`): ENCODE is of type BINARY(1), whatever it gives where it is computed for a row. A decimal
//! that was rounded to more digits than its type has is refused.

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, PrimitiveArray, StringArray};
use arrow::datatypes::{
    ArrowTimestampType, DataType, Decimal128Type, Float32Type, Float64Type, Time32MillisecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use streamsql_core::LogicalType;
use streamsql_core::types::MAX_LENGTH;

use crate::call::Eval;

/// Whether a literal of this type can be another value than the one that was computed.
pub fn is_rounded(logical_type: &LogicalType) -> bool {
    match logical_type {
        LogicalType::Float | LogicalType::Double | LogicalType::Binary(_) => true,
        LogicalType::Char(length) | LogicalType::Varchar(length) => *length < MAX_LENGTH,
        LogicalType::Decimal { .. } | LogicalType::Time(0..3) => true,
        LogicalType::Timestamp(precision) | LogicalType::TimestampLtz(precision) => {
            precision % 3 != 0 || *precision == 0
        }
        _ => false,
    }
}

/// The value as a literal of this type.
pub fn as_literal(logical_type: &LogicalType) -> Arc<Eval> {
    let precision = match logical_type {
        LogicalType::Time(precision)
        | LogicalType::Timestamp(precision)
        | LogicalType::TimestampLtz(precision) => u32::from(*precision),
        _ => 9,
    };
    let length = match logical_type {
        LogicalType::Char(length) | LogicalType::Varchar(length) | LogicalType::Binary(length) => {
            Some(*length as usize)
        }
        _ => None,
    };
    Arc::new(move |args, _| {
        let array = &args[0].array;
        Ok(match array.data_type() {
            DataType::Float32 => mapped::<Float32Type>(array, |v| v + 0.0),
            DataType::Float64 => mapped::<Float64Type>(array, |v| v + 0.0),
            DataType::Time32(_) => {
                let unit = 10i32.pow(3u32.saturating_sub(precision));
                mapped::<Time32MillisecondType>(array, |ms| ms / unit * unit)
            }
            DataType::Decimal128(digits, scale) => {
                let most = 10i128.pow(u32::from(*digits));
                if array.as_primitive::<Decimal128Type>().iter().flatten().any(|v| v.abs() >= most) {
                    return Err(format!("a constant has more digits than DECIMAL({digits}, {scale}) allows"));
                }
                Arc::clone(array)
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                cut::<TimestampMillisecondType>(array, 3u32.saturating_sub(precision))
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                cut::<TimestampMicrosecondType>(array, 6u32.saturating_sub(precision))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                cut::<TimestampNanosecondType>(array, 9u32.saturating_sub(precision))
            }
            DataType::Utf8 => {
                let length = length.unwrap_or(usize::MAX);
                let short = |text: &str| text.char_indices().nth(length).map_or(text.len(), |(at, _)| at);
                let texts = array.as_string::<i32>().iter();
                Arc::new(texts.map(|text| text.map(|text| &text[..short(text)])).collect::<StringArray>())
            }
            DataType::Binary => {
                let bytes = array.as_binary::<i32>().iter();
                let sized = bytes.map(|value| {
                    let mut value = value?.to_vec();
                    value.resize(length.unwrap_or(value.len()), 0);
                    Some(value)
                });
                Arc::new(sized.collect::<BinaryArray>()) as ArrayRef
            }
            _ => Arc::clone(array),
        })
    })
}

fn mapped<T: ArrowPrimitiveType>(array: &ArrayRef, f: impl Fn(T::Native) -> T::Native) -> ArrayRef {
    let mapped: PrimitiveArray<T> = array.as_primitive::<T>().unary(f);
    Arc::new(mapped.with_data_type(array.data_type().clone()))
}

/// Without the last `digits` decimal digits; towards the past.
fn cut<T: ArrowTimestampType>(array: &ArrayRef, digits: u32) -> ArrayRef {
    let unit = 10i64.pow(digits);
    mapped::<T>(array, |v| v.div_euclid(unit) * unit)
}
