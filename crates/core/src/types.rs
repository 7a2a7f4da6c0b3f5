//! Flink's logical types and how each is held in Arrow.
//!
//! | Flink | Arrow |
//! |---|---|
//! | CHAR(n), VARCHAR(n), STRING | Utf8 |
//! | BOOLEAN | Boolean |
//! | BINARY(n), VARBINARY(n), BYTES | Binary |
//! | DECIMAL(p,s) | Decimal128(p,s) |
//! | TINYINT … BIGINT | Int8 … Int64 |
//! | FLOAT, DOUBLE | Float32, Float64 |
//! | DATE | Date32 |
//! | TIME(p) | Time32(ms) |
//! | TIMESTAMP(p) | Timestamp(ms for p ≤ 3, µs for p ≤ 6, else ns) without zone |
//! | TIMESTAMP_LTZ(p) | the same with zone `UTC`: an instant |
//! | INTERVAL YEAR TO MONTH | Interval(YearMonth) |
//! | INTERVAL DAY TO SECOND | Duration(ms) |
//! | ARRAY, MAP, MULTISET, ROW | List, Map, Map to Int32, Struct; keys of maps as [`crate::map`] says |
//!
//! What Arrow cannot say (lengths, precisions, NOT NULL) rides in the field's metadata under [`FLINK_TYPE`]. Fields
//! are always nullable in Arrow, because a decoder may put NULL into a NOT NULL column (as Flink's do).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};

use crate::Column;

/// Key of the Arrow field metadata that holds the Flink type's text, e.g. `VARCHAR(10) NOT NULL`.
pub const FLINK_TYPE: &str = "flink";

/// Length of STRING and BYTES.
pub const MAX_LENGTH: u32 = i32::MAX as u32;

/// A type with its nullability, as elements of ARRAY, MAP and MULTISET have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ElementType {
    pub logical_type: LogicalType,
    pub nullable: bool,
}

impl ElementType {
    pub fn nullable(logical_type: LogicalType) -> Box<Self> {
        Box::new(Self { logical_type, nullable: true })
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.logical_type, if self.nullable { "" } else { " NOT NULL" })
    }
}

/// A Flink SQL type (Flink `LogicalTypeRoot`), without nullability.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogicalType {
    Char(u32),
    Varchar(u32),
    Boolean,
    Binary(u32),
    Varbinary(u32),
    /// 1 ≤ precision ≤ 38, scale ≤ precision.
    Decimal {
        precision: u8,
        scale: u8,
    },
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Date,
    Time(u8),
    /// Zoneless wall time, fraction digits 0–9.
    Timestamp(u8),
    /// An instant shown in the session's zone, fraction digits 0–9.
    TimestampLtz(u8),
    /// Months.
    IntervalYearMonth,
    /// Milliseconds.
    IntervalDayTime,
    Array(Box<ElementType>),
    Map(Box<ElementType>, Box<ElementType>),
    Multiset(Box<ElementType>),
    Row(Vec<Column>),
    /// The type of a bare NULL literal.
    Null,
}

impl LogicalType {
    /// STRING.
    pub const STRING: Self = Self::Varchar(MAX_LENGTH);
    /// BYTES.
    pub const BYTES: Self = Self::Varbinary(MAX_LENGTH);

    pub fn is_character(&self) -> bool {
        matches!(self, Self::Char(_) | Self::Varchar(_))
    }

    pub fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_) | Self::Varbinary(_))
    }

    pub fn is_integer(&self) -> bool {
        matches!(self, Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt)
    }

    pub fn is_approximate(&self) -> bool {
        matches!(self, Self::Float | Self::Double)
    }

    pub fn is_decimal(&self) -> bool {
        matches!(self, Self::Decimal { .. })
    }

    pub fn is_numeric(&self) -> bool {
        self.is_integer() || self.is_approximate() || self.is_decimal()
    }

    pub fn is_timestamp(&self) -> bool {
        matches!(self, Self::Timestamp(_) | Self::TimestampLtz(_))
    }

    pub fn is_interval(&self) -> bool {
        matches!(self, Self::IntervalYearMonth | Self::IntervalDayTime)
    }

    /// The Arrow type.
    pub fn to_arrow(&self) -> DataType {
        match self {
            Self::Char(_) | Self::Varchar(_) => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Binary(_) | Self::Varbinary(_) => DataType::Binary,
            Self::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale as i8),
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Time(_) => DataType::Time32(TimeUnit::Millisecond),
            Self::Timestamp(p) => DataType::Timestamp(timestamp_unit(*p), None),
            Self::TimestampLtz(p) => DataType::Timestamp(timestamp_unit(*p), Some("UTC".into())),
            Self::IntervalYearMonth => DataType::Interval(IntervalUnit::YearMonth),
            Self::IntervalDayTime => DataType::Duration(TimeUnit::Millisecond),
            Self::Array(element) => {
                DataType::List(Arc::new(element.logical_type.to_field("item", element.nullable)))
            }
            Self::Map(key, value) => map_type(key, &value.logical_type, value.nullable),
            Self::Multiset(element) => map_type(element, &Self::Int, false),
            Self::Row(columns) => DataType::Struct(columns.iter().map(Column::to_field).collect()),
            Self::Null => DataType::Null,
        }
    }

    /// An Arrow field of this type that remembers what Arrow cannot say.
    pub fn to_field(&self, name: &str, nullable: bool) -> Field {
        let text = format!("{self}{}", if nullable { "" } else { " NOT NULL" });
        Field::new(name, self.to_arrow(), true).with_metadata(HashMap::from([(FLINK_TYPE.to_owned(), text)]))
    }

    /// The Flink type and nullability of an Arrow field: from its metadata where that fits the Arrow type, else the
    /// natural one. `None` for Arrow types that Flink does not have.
    pub fn from_field(field: &Field) -> Option<(Self, bool)> {
        let text = field.metadata().get(FLINK_TYPE);
        let nullable = text.map_or(field.is_nullable(), |text| !text.ends_with(" NOT NULL"));
        if let Some(text) = text
            && let Some(leaf) = parse_leaf(text.trim_end_matches(" NOT NULL"))
            && leaf.to_arrow() == *field.data_type()
        {
            return Some((leaf, nullable));
        }
        let is_multiset = text.is_some_and(|text| text.starts_with("MULTISET"));
        Self::from_arrow(field.data_type(), is_multiset).map(|natural| (natural, nullable))
    }

    /// The natural Flink type of an Arrow type.
    pub fn from_arrow(data_type: &DataType, is_multiset: bool) -> Option<Self> {
        Some(match data_type {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::TinyInt,
            DataType::Int16 => Self::SmallInt,
            DataType::Int32 => Self::Int,
            DataType::Int64 | DataType::UInt64 | DataType::UInt32 => Self::BigInt,
            DataType::Float32 => Self::Float,
            DataType::Float64 => Self::Double,
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => Self::STRING,
            DataType::Binary | DataType::BinaryView | DataType::LargeBinary => Self::BYTES,
            DataType::Decimal128(precision, scale) => {
                Self::Decimal { precision: *precision, scale: u8::try_from(*scale).ok()? }
            }
            DataType::Date32 => Self::Date,
            DataType::Time32(_) | DataType::Time64(_) => Self::Time(0),
            DataType::Timestamp(unit, zone) => {
                let precision = match unit {
                    TimeUnit::Second => 0,
                    TimeUnit::Millisecond => 3,
                    TimeUnit::Microsecond => 6,
                    TimeUnit::Nanosecond => 9,
                };
                if zone.is_some() { Self::TimestampLtz(precision) } else { Self::Timestamp(precision) }
            }
            DataType::Interval(IntervalUnit::YearMonth) => Self::IntervalYearMonth,
            DataType::Interval(_) | DataType::Duration(_) => Self::IntervalDayTime,
            DataType::List(element) => Self::Array(Box::new(element_of(element)?)),
            DataType::Map(entries, _) => {
                let DataType::Struct(fields) = entries.data_type() else {
                    return None;
                };
                let key = Box::new(element_of(crate::map::key_field(fields)?)?);
                if is_multiset {
                    Self::Multiset(key)
                } else {
                    Self::Map(key, Box::new(element_of(fields.get(1)?)?))
                }
            }
            DataType::Struct(fields) => Self::Row(
                fields
                    .iter()
                    .map(|field| {
                        let (logical_type, nullable) = Self::from_field(field)?;
                        Some(Column::new(field.name(), logical_type, nullable))
                    })
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        })
    }
}

fn element_of(field: &Field) -> Option<ElementType> {
    LogicalType::from_field(field).map(|(logical_type, nullable)| ElementType { logical_type, nullable })
}

fn map_type(key: &ElementType, value: &LogicalType, value_nullable: bool) -> DataType {
    let key = key.logical_type.to_field("key", key.nullable);
    crate::map::map_type(key, value.to_field("value", value_nullable))
}

/// The Arrow unit that holds `precision` fraction digits.
pub fn timestamp_unit(precision: u8) -> TimeUnit {
    match precision {
        0..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}

/// Reads the text that `Display` writes for a type without element types.
fn parse_leaf(text: &str) -> Option<LogicalType> {
    let (name, arguments) = match text.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')')?),
        None => (text, ""),
    };
    let length = || arguments.parse::<u32>().ok();
    let precision = || arguments.parse::<u8>().ok();
    Some(match name {
        "STRING" => LogicalType::STRING,
        "BYTES" => LogicalType::BYTES,
        "CHAR" => LogicalType::Char(length()?),
        "VARCHAR" => LogicalType::Varchar(length()?),
        "BINARY" => LogicalType::Binary(length()?),
        "VARBINARY" => LogicalType::Varbinary(length()?),
        "BOOLEAN" => LogicalType::Boolean,
        "DECIMAL" => {
            let (p, s) = arguments.split_once(", ")?;
            LogicalType::Decimal { precision: p.parse().ok()?, scale: s.parse().ok()? }
        }
        "TINYINT" => LogicalType::TinyInt,
        "SMALLINT" => LogicalType::SmallInt,
        "INT" => LogicalType::Int,
        "BIGINT" => LogicalType::BigInt,
        "FLOAT" => LogicalType::Float,
        "DOUBLE" => LogicalType::Double,
        "DATE" => LogicalType::Date,
        "TIME" => LogicalType::Time(precision()?),
        "TIMESTAMP" => LogicalType::Timestamp(precision()?),
        "TIMESTAMP_LTZ" => LogicalType::TimestampLtz(precision()?),
        "INTERVAL MONTH" => LogicalType::IntervalYearMonth,
        "INTERVAL SECOND" => LogicalType::IntervalDayTime,
        "NULL" => LogicalType::Null,
        _ => return None,
    })
}

/// Flink's summary form (`LogicalType.asSummaryString` without nullability), as in DESCRIBE, TYPEOF and messages; all
/// intervals of a family are one type.
impl fmt::Display for LogicalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Char(n) => write!(f, "CHAR({n})"),
            Self::Varchar(MAX_LENGTH) => f.write_str("STRING"),
            Self::Varchar(n) => write!(f, "VARCHAR({n})"),
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::Binary(n) => write!(f, "BINARY({n})"),
            Self::Varbinary(MAX_LENGTH) => f.write_str("BYTES"),
            Self::Varbinary(n) => write!(f, "VARBINARY({n})"),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            Self::TinyInt => f.write_str("TINYINT"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Int => f.write_str("INT"),
            Self::BigInt => f.write_str("BIGINT"),
            Self::Float => f.write_str("FLOAT"),
            Self::Double => f.write_str("DOUBLE"),
            Self::Date => f.write_str("DATE"),
            Self::Time(p) => write!(f, "TIME({p})"),
            Self::Timestamp(p) => write!(f, "TIMESTAMP({p})"),
            Self::TimestampLtz(p) => write!(f, "TIMESTAMP_LTZ({p})"),
            Self::IntervalYearMonth => f.write_str("INTERVAL MONTH"),
            Self::IntervalDayTime => f.write_str("INTERVAL SECOND(3)"),
            Self::Array(element) => write!(f, "ARRAY<{element}>"),
            Self::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            Self::Multiset(element) => write!(f, "MULTISET<{element}>"),
            Self::Row(columns) => {
                f.write_str("ROW<")?;
                for (i, column) in columns.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    let not_null = if column.nullable { "" } else { " NOT NULL" };
                    let name = column.name.replace('`', "``");
                    write!(f, "{comma}`{name}` {}{not_null}", column.logical_type)?;
                }
                f.write_str(">")
            }
            Self::Null => f.write_str("NULL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_survives_its_arrow_field() {
        let row = LogicalType::Row(vec![
            Column::new("a", LogicalType::Char(3), false),
            Column::new("b", LogicalType::Array(ElementType::nullable(LogicalType::Timestamp(1))), true),
        ]);
        let types = [
            LogicalType::STRING,
            LogicalType::Varchar(7),
            LogicalType::Char(2),
            LogicalType::BYTES,
            LogicalType::Binary(4),
            LogicalType::Decimal { precision: 38, scale: 6 },
            LogicalType::Int,
            LogicalType::Time(0),
            LogicalType::Timestamp(0),
            LogicalType::Timestamp(9),
            LogicalType::TimestampLtz(3),
            LogicalType::IntervalYearMonth,
            LogicalType::IntervalDayTime,
            LogicalType::Multiset(ElementType::nullable(LogicalType::Varchar(5))),
            LogicalType::Map(ElementType::nullable(LogicalType::STRING), ElementType::nullable(row.clone())),
            row,
        ];
        for logical_type in types {
            for nullable in [true, false] {
                let field = logical_type.to_field("c", nullable);
                let (read, read_nullable) = LogicalType::from_field(&field).unwrap();
                assert_eq!(read, logical_type);
                assert_eq!(read_nullable, nullable);
            }
        }
    }
}
