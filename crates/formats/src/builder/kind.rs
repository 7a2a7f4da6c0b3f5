//! Types as decoders tell them apart.

use streamsql_core::LogicalType;

/// A type as decoders dispatch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Boolean,
    Text,
    Bytes,
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
    Timestamp(u8),
    TimestampLtz(u8),
    /// INTERVAL YEAR TO MONTH
    Months,
    /// INTERVAL DAY TO SECOND
    Millis,
    Array,
    Map,
    Multiset,
    Row,
}

impl Kind {
    pub fn of(logical_type: &LogicalType) -> Self {
        match logical_type {
            LogicalType::Null => Self::Null,
            LogicalType::Boolean => Self::Boolean,
            LogicalType::Char(_) | LogicalType::Varchar(_) => Self::Text,
            LogicalType::Binary(_) | LogicalType::Varbinary(_) => Self::Bytes,
            LogicalType::Decimal { precision, scale } => {
                Self::Decimal { precision: *precision, scale: *scale }
            }
            LogicalType::TinyInt => Self::TinyInt,
            LogicalType::SmallInt => Self::SmallInt,
            LogicalType::Int => Self::Int,
            LogicalType::BigInt => Self::BigInt,
            LogicalType::Float => Self::Float,
            LogicalType::Double => Self::Double,
            LogicalType::Date => Self::Date,
            LogicalType::Time(p) => Self::Time(*p),
            LogicalType::Timestamp(p) => Self::Timestamp(*p),
            LogicalType::TimestampLtz(p) => Self::TimestampLtz(*p),
            LogicalType::IntervalYearMonth => Self::Months,
            LogicalType::IntervalDayTime => Self::Millis,
            LogicalType::Array(_) => Self::Array,
            LogicalType::Map(..) => Self::Map,
            LogicalType::Multiset(_) => Self::Multiset,
            LogicalType::Row(_) => Self::Row,
        }
    }
}
