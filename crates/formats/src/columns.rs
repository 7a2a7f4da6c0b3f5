//! A row's values on their way into Arrow builders: staged first, appended only when the whole row is good.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder,
    Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder, RecordBatch, RecordBatchOptions,
    StringBuilder, Time32MillisecondBuilder, TimestampMicrosecondBuilder, TimestampMillisecondBuilder,
    TimestampNanosecondBuilder,
};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use streamsql_core::types::timestamp_unit;
use streamsql_core::{Error, LogicalType, Result, Schema, text};

/// One value, checked against its column's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Staged<'a> {
    Null,
    Bool(bool),
    /// TINYINT … BIGINT, DATE (days), TIME (ms), TIMESTAMP (ticks of the column's unit).
    Int(i64),
    Double(f64),
    Decimal(i128),
    Text(&'a str),
    Owned(String),
    Bytes(Vec<u8>),
}

enum Builder {
    Bool(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float(Float32Builder),
    Double(Float64Builder),
    Decimal(Decimal128Builder),
    Date(Date32Builder),
    Time(Time32MillisecondBuilder),
    Millis(TimestampMillisecondBuilder),
    Micros(TimestampMicrosecondBuilder),
    Nanos(TimestampNanosecondBuilder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
}

/// Builders of a row type.
pub struct RowBuilder {
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
}

impl RowBuilder {
    /// # Errors
    /// `Invalid` for types that flat formats cannot fill.
    pub fn new(schema: &Schema) -> Result<Self> {
        let builders = schema
            .columns
            .iter()
            .map(|column| {
                Builder::new(&column.logical_type).ok_or_else(|| {
                    Error::invalid(format!(
                        "column '{}' of type {} cannot be read yet",
                        column.name, column.logical_type
                    ))
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { schema: schema.to_arrow(), builders, rows: 0 })
    }

    pub fn num_rows(&self) -> usize {
        self.rows
    }

    /// Appends a row; one value a column.
    pub fn append(&mut self, values: &[Staged<'_>]) -> Result<()> {
        for (builder, value) in self.builders.iter_mut().zip(values) {
            builder.append(value)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Takes the rows out.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.rows)));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

impl Builder {
    fn new(logical_type: &LogicalType) -> Option<Self> {
        let arrow = logical_type.to_arrow();
        Some(match &arrow {
            DataType::Boolean => Self::Bool(BooleanBuilder::new()),
            DataType::Int8 => Self::Int8(Int8Builder::new()),
            DataType::Int16 => Self::Int16(Int16Builder::new()),
            DataType::Int32 => Self::Int32(Int32Builder::new()),
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::Float32 => Self::Float(Float32Builder::new()),
            DataType::Float64 => Self::Double(Float64Builder::new()),
            DataType::Decimal128(..) => Self::Decimal(Decimal128Builder::new().with_data_type(arrow)),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Time32(_) => Self::Time(Time32MillisecondBuilder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Self::Micros(TimestampMicrosecondBuilder::new().with_data_type(arrow))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::Nanos(TimestampNanosecondBuilder::new().with_data_type(arrow))
            }
            DataType::Timestamp(..) => Self::Millis(TimestampMillisecondBuilder::new().with_data_type(arrow)),
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Binary => Self::Bytes(BinaryBuilder::new()),
            _ => return None,
        })
    }

    fn append(&mut self, value: &Staged<'_>) -> Result<()> {
        let int = match value {
            Staged::Int(value) => Some(*value),
            _ => None,
        };
        match (self, value) {
            (Self::Bool(b), Staged::Bool(v)) => b.append_value(*v),
            (Self::Bool(b), Staged::Null) => b.append_null(),
            (Self::Int8(b), Staged::Int(_) | Staged::Null) => b.append_option(int.map(|v| v as i8)),
            (Self::Int16(b), Staged::Int(_) | Staged::Null) => b.append_option(int.map(|v| v as i16)),
            (Self::Int32(b), Staged::Int(_) | Staged::Null) => b.append_option(int.map(|v| v as i32)),
            (Self::Int64(b), Staged::Int(_) | Staged::Null) => b.append_option(int),
            (Self::Date(b), Staged::Int(_) | Staged::Null) => b.append_option(int.map(|v| v as i32)),
            (Self::Time(b), Staged::Int(_) | Staged::Null) => b.append_option(int.map(|v| v as i32)),
            (Self::Millis(b), Staged::Int(_) | Staged::Null) => b.append_option(int),
            (Self::Micros(b), Staged::Int(_) | Staged::Null) => b.append_option(int),
            (Self::Nanos(b), Staged::Int(_) | Staged::Null) => b.append_option(int),
            (Self::Float(b), Staged::Double(v)) => b.append_value(*v as f32),
            (Self::Float(b), Staged::Null) => b.append_null(),
            (Self::Double(b), Staged::Double(v)) => b.append_value(*v),
            (Self::Double(b), Staged::Null) => b.append_null(),
            (Self::Decimal(b), Staged::Decimal(v)) => b.append_value(*v),
            (Self::Decimal(b), Staged::Null) => b.append_null(),
            (Self::Text(b), Staged::Text(v)) => b.append_value(v),
            (Self::Text(b), Staged::Owned(v)) => b.append_value(v),
            (Self::Text(b), Staged::Null) => b.append_null(),
            (Self::Bytes(b), Staged::Bytes(v)) => b.append_value(v),
            (Self::Bytes(b), Staged::Null) => b.append_null(),
            _ => return Err(Error::internal("a staged value of another type than its column")),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(b) => Arc::new(b.finish()),
            Self::Int8(b) => Arc::new(b.finish()),
            Self::Int16(b) => Arc::new(b.finish()),
            Self::Int32(b) => Arc::new(b.finish()),
            Self::Int64(b) => Arc::new(b.finish()),
            Self::Float(b) => Arc::new(b.finish()),
            Self::Double(b) => Arc::new(b.finish()),
            Self::Decimal(b) => Arc::new(b.finish()),
            Self::Date(b) => Arc::new(b.finish()),
            Self::Time(b) => Arc::new(b.finish()),
            Self::Millis(b) => Arc::new(b.finish()),
            Self::Micros(b) => Arc::new(b.finish()),
            Self::Nanos(b) => Arc::new(b.finish()),
            Self::Text(b) => Arc::new(b.finish()),
            Self::Bytes(b) => Arc::new(b.finish()),
        }
    }
}

/// How a format writes timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampStandard {
    /// `yyyy-MM-dd HH:mm:ss[.fraction]`
    Sql,
    /// `yyyy-MM-ddTHH:mm[:ss[.fraction]]`
    Iso8601,
}

impl TimestampStandard {
    pub fn parse(value: Option<&str>) -> Result<Self> {
        match value {
            None | Some("SQL") => Ok(Self::Sql),
            Some("ISO-8601") => Ok(Self::Iso8601),
            Some(other) => {
                Err(Error::invalid(format!("timestamp-format.standard is SQL or ISO-8601, not '{other}'")))
            }
        }
    }
}

/// A text as a value of a temporal or numeric type; `Err` says what it should have been.
pub fn from_text<'a>(
    value: &'a str,
    logical_type: &LogicalType,
    standard: TimestampStandard,
) -> std::result::Result<Staged<'a>, String> {
    let bad = || format!("not a value of {logical_type}");
    Ok(match logical_type {
        LogicalType::Char(_) | LogicalType::Varchar(_) => Staged::Text(value),
        LogicalType::Boolean => Staged::Bool(value.trim().eq_ignore_ascii_case("true")),
        LogicalType::TinyInt => Staged::Int(value.trim().parse::<i8>().map_err(|_| bad())?.into()),
        LogicalType::SmallInt => Staged::Int(value.trim().parse::<i16>().map_err(|_| bad())?.into()),
        LogicalType::Int => Staged::Int(value.trim().parse::<i32>().map_err(|_| bad())?.into()),
        LogicalType::BigInt => Staged::Int(value.trim().parse::<i64>().map_err(|_| bad())?),
        LogicalType::Float | LogicalType::Double => Staged::Double(value.trim().parse().map_err(|_| bad())?),
        LogicalType::Decimal { precision, scale } => {
            match text::parse_decimal(value.trim(), *precision, *scale) {
                Ok(Some(number)) => Staged::Decimal(number),
                Ok(None) => Staged::Null,
                Err(_) => return Err(bad()),
            }
        }
        LogicalType::Date => match value.len() {
            10 => Staged::Int(text::parse_date(value).ok_or_else(bad)?),
            _ => return Err(format!("{}, expected yyyy-MM-dd", bad())),
        },
        LogicalType::Time(_) => {
            let nanos =
                text::parse_time(value.trim_end_matches('Z')).filter(|_| value.matches(':').count() == 2);
            // The fraction is dropped: JSON's and CSV's TIME has whole seconds.
            Staged::Int(nanos.ok_or_else(|| format!("{}, expected HH:mm:ss", bad()))? / 1_000_000_000 * 1_000)
        }
        LogicalType::Timestamp(p) => {
            Staged::Int(timestamp(value, *p, standard).ok_or_else(|| expected(logical_type, standard))?)
        }
        LogicalType::TimestampLtz(p) => {
            let local = value.strip_suffix('Z').ok_or_else(|| expected(logical_type, standard))?;
            Staged::Int(timestamp(local, *p, standard).ok_or_else(|| expected(logical_type, standard))?)
        }
        other => return Err(format!("texts cannot be read as {other}")),
    })
}

fn expected(logical_type: &LogicalType, standard: TimestampStandard) -> String {
    let zone = if matches!(logical_type, LogicalType::TimestampLtz(_)) { "'Z'" } else { "" };
    match standard {
        TimestampStandard::Sql => {
            format!("not a value of {logical_type}, expected yyyy-MM-dd HH:mm:ss[.fraction]{zone}")
        }
        TimestampStandard::Iso8601 => {
            format!("not a value of {logical_type}, expected yyyy-MM-dd'T'HH:mm:ss[.fraction]{zone}")
        }
    }
}

/// Ticks of the unit that holds `precision`; digits beyond it are cut.
fn timestamp(value: &str, precision: u8, standard: TimestampStandard) -> Option<i64> {
    if precision <= 3
        && standard == TimestampStandard::Sql
        && let Some(ms) = fixed_millis(value.as_bytes())
    {
        return Some(ms);
    }
    let bytes = value.as_bytes();
    let separator = if standard == TimestampStandard::Sql { b' ' } else { b'T' };
    if bytes.get(10) != Some(&separator) {
        return None;
    }
    let date = text::parse_date(value.get(..10)?)?;
    let clock = value.get(11..)?;
    let plain = clock.split('.').next()?;
    let whole = plain.len() == 8 || (standard == TimestampStandard::Iso8601 && plain.len() == 5);
    let nanos = if whole { text::parse_time(clock)? } else { return None };
    let per_second = text::ticks_per_second(timestamp_unit(precision));
    (date * 86_400 + nanos / 1_000_000_000)
        .checked_mul(per_second)?
        .checked_add(nanos % 1_000_000_000 / (1_000_000_000 / per_second))
}

/// The common layout `yyyy-MM-dd HH:mm:ss.SSS` (or without fraction), read digit by digit at fixed places.
fn fixed_millis(b: &[u8]) -> Option<i64> {
    if b.len() != 23 && b.len() != 19 {
        return None;
    }
    let punctuation = b[4] == b'-' && b[7] == b'-' && b[10] == b' ' && b[13] == b':' && b[16] == b':';
    if !punctuation || (b.len() == 23 && b[19] != b'.') {
        return None;
    }
    let number = |from: usize, to: usize| {
        b[from..to].iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
    };
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = text::days_of(number(0, 4)?, number(5, 7)? as u32, number(8, 10)? as u32)?;
    let ms = if b.len() == 23 { number(20, 23)? } else { 0 };
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_of_both_standards() {
        assert_eq!(timestamp("1970-01-02 00:00:00.5", 3, TimestampStandard::Sql), Some(86_400_500));
        assert_eq!(timestamp("1970-01-02 00:00:00.123", 3, TimestampStandard::Sql), Some(86_400_123));
        assert_eq!(timestamp("1970-01-01T00:01", 3, TimestampStandard::Iso8601), Some(60_000));
        assert_eq!(timestamp("1970-01-01 00:00:00.1234567", 6, TimestampStandard::Sql), Some(123_456));
        for bad in [
            "1970-01-01",
            "1970-01-01 00:00",
            "1970-01-01  00:00:00",
            "1970-13-01 00:00:00.000",
            "1970-01-01 24:00:00",
        ] {
            assert_eq!(timestamp(bad, 3, TimestampStandard::Sql), None, "{bad}");
        }
    }
}
