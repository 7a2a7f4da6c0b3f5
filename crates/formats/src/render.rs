//! A scalar as text, the same in every format that writes text.

use std::fmt::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType, Time32MillisecondType, TimeUnit,
};
use base64::Engine;
use streamsql_core::{Error, Result, text};

use crate::java::BigDecimal;
use crate::temporal::{self, TimestampStandard};

/// What kind of text a value has.
pub enum Scalar<'a> {
    /// A text of the table itself; nothing was appended.
    Text(&'a str),
    /// A decimal; nothing was appended.
    Decimal(BigDecimal),
    /// Appended; JSON puts it in quotes.
    Quoted,
    /// Appended; a number or boolean.
    Bare,
}

/// Renders a value that is not NULL; appends it to `out` where the result says so.
pub fn scalar<'a>(
    array: &'a dyn Array,
    row: usize,
    standard: TimestampStandard,
    out: &mut String,
) -> Result<Scalar<'a>> {
    let bare = |_: std::fmt::Result| Scalar::Bare;
    Ok(match array.data_type() {
        DataType::Utf8 => Scalar::Text(array.as_string::<i32>().value(row)),
        DataType::Decimal128(_, scale) => Scalar::Decimal(BigDecimal::new(
            array.as_primitive::<Decimal128Type>().value(row),
            u8::try_from(*scale).unwrap_or(0),
        )),
        DataType::Boolean => bare(write!(out, "{}", array.as_boolean().value(row))),
        DataType::Int8 => bare(write!(out, "{}", array.as_primitive::<Int8Type>().value(row))),
        DataType::Int16 => bare(write!(out, "{}", array.as_primitive::<Int16Type>().value(row))),
        DataType::Int32 => bare(write!(out, "{}", array.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => bare(write!(out, "{}", array.as_primitive::<Int64Type>().value(row))),
        DataType::Interval(_) => {
            bare(write!(out, "{}", array.as_primitive::<IntervalYearMonthType>().value(row)))
        }
        DataType::Duration(TimeUnit::Millisecond) => {
            bare(write!(out, "{}", array.as_primitive::<DurationMillisecondType>().value(row)))
        }
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            text::java_float(value, out);
            if value.is_finite() { Scalar::Bare } else { Scalar::Quoted }
        }
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            text::java_double(value, out);
            if value.is_finite() { Scalar::Bare } else { Scalar::Quoted }
        }
        DataType::Binary => {
            base64::engine::general_purpose::STANDARD.encode_string(array.as_binary::<i32>().value(row), out);
            Scalar::Quoted
        }
        DataType::Date32 => {
            temporal::write_date(i64::from(array.as_primitive::<Date32Type>().value(row)), out);
            Scalar::Quoted
        }
        DataType::Time32(TimeUnit::Millisecond) => {
            let ms = array.as_primitive::<Time32MillisecondType>().value(row);
            text::time(i64::from(ms).rem_euclid(86_400_000) * 1_000_000, out);
            Scalar::Quoted
        }
        DataType::Timestamp(unit, zone) => {
            let ticks = text::timestamp_ticks(array, row)?;
            temporal::write_timestamp(ticks, text::ticks_per_second(*unit), standard, out);
            if zone.is_some() {
                out.push('Z');
            }
            Scalar::Quoted
        }
        other => return Err(Error::internal(format!("no text form for {other}"))),
    })
}
