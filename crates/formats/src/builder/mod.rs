//! Arrow builders for every Flink type, nested ones too, from which a bad record's values can be taken out again.

mod finish;
mod kind;
mod row;
mod validity;

use arrow::array::BooleanBufferBuilder;
use arrow::datatypes::DataType;
use streamsql_core::LogicalType;

pub use self::kind::Kind;
pub use self::row::RowBuilder;
use self::validity::Validity;
use crate::names::Names;

/// The values of one column so far.
pub struct ColumnBuilder {
    kind: Kind,
    arrow: DataType,
    validity: Validity,
    values: Values,
}

/// How a column's values are held.
pub enum Values {
    None,
    Bool(BooleanBufferBuilder),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    /// INT, DATE, TIME, INTERVAL YEAR TO MONTH
    Int32(Vec<i32>),
    /// BIGINT, timestamps, INTERVAL DAY TO SECOND
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Decimal(Vec<i128>),
    /// Texts and bytes: the ends of the values, and all of them one after the other.
    Bytes {
        offsets: Vec<i32>,
        data: Vec<u8>,
    },
    List {
        offsets: Vec<i32>,
        item: Box<ColumnBuilder>,
    },
    Map {
        offsets: Vec<i32>,
        key: Box<ColumnBuilder>,
        value: Box<ColumnBuilder>,
    },
    Row {
        names: Names,
        fields: Vec<ColumnBuilder>,
    },
}

/// The batch already holds as much text as one Arrow array can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl ColumnBuilder {
    pub fn new(logical_type: &LogicalType) -> Self {
        let nested = |t: &LogicalType| Box::new(Self::new(t));
        let values = match logical_type {
            LogicalType::Null => Values::None,
            LogicalType::Boolean => Values::Bool(BooleanBufferBuilder::new(0)),
            LogicalType::TinyInt => Values::Int8(Vec::new()),
            LogicalType::SmallInt => Values::Int16(Vec::new()),
            LogicalType::Int | LogicalType::Date | LogicalType::Time(_) | LogicalType::IntervalYearMonth => {
                Values::Int32(Vec::new())
            }
            LogicalType::BigInt
            | LogicalType::Timestamp(_)
            | LogicalType::TimestampLtz(_)
            | LogicalType::IntervalDayTime => Values::Int64(Vec::new()),
            LogicalType::Float => Values::Float(Vec::new()),
            LogicalType::Double => Values::Double(Vec::new()),
            LogicalType::Decimal { .. } => Values::Decimal(Vec::new()),
            LogicalType::Char(_)
            | LogicalType::Varchar(_)
            | LogicalType::Binary(_)
            | LogicalType::Varbinary(_) => Values::Bytes { offsets: vec![0], data: Vec::new() },
            LogicalType::Array(element) => {
                Values::List { offsets: vec![0], item: nested(&element.logical_type) }
            }
            LogicalType::Map(key, value) => Values::Map {
                offsets: vec![0],
                key: nested(&key.logical_type),
                value: nested(&value.logical_type),
            },
            LogicalType::Multiset(element) => Values::Map {
                offsets: vec![0],
                key: nested(&element.logical_type),
                value: nested(&LogicalType::Int),
            },
            LogicalType::Row(columns) => Values::Row {
                names: Names::new(columns.iter().map(|c| c.name.clone()).collect()),
                fields: columns.iter().map(|c| Self::new(&c.logical_type)).collect(),
            },
        };
        Self {
            kind: Kind::of(logical_type),
            arrow: logical_type.to_arrow(),
            validity: Validity::default(),
            values,
        }
    }

    #[inline]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.validity.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn append_null(&mut self) {
        self.validity.append_null();
        match &mut self.values {
            Values::None => {}
            Values::Bool(v) => v.append(false),
            Values::Int8(v) => v.push(0),
            Values::Int16(v) => v.push(0),
            Values::Int32(v) => v.push(0),
            Values::Int64(v) => v.push(0),
            Values::Float(v) => v.push(0.0),
            Values::Double(v) => v.push(0.0),
            Values::Decimal(v) => v.push(0),
            Values::Bytes { offsets, .. } | Values::List { offsets, .. } | Values::Map { offsets, .. } => {
                offsets.push(offsets[offsets.len() - 1]);
            }
            Values::Row { fields, .. } => fields.iter_mut().for_each(Self::append_null),
        }
    }

    #[inline]
    pub fn append_bool(&mut self, value: bool) {
        if let Values::Bool(v) = &mut self.values {
            v.append(value);
            self.validity.append_value();
        }
    }

    /// For every type held as an integer; the caller has checked the range.
    #[inline]
    pub fn append_int(&mut self, value: i64) {
        match &mut self.values {
            Values::Int8(v) => v.push(value as i8),
            Values::Int16(v) => v.push(value as i16),
            Values::Int32(v) => v.push(value as i32),
            Values::Int64(v) => v.push(value),
            _ => return,
        }
        self.validity.append_value();
    }

    #[inline]
    pub fn append_float(&mut self, value: f32) {
        if let Values::Float(v) = &mut self.values {
            v.push(value);
            self.validity.append_value();
        }
    }

    #[inline]
    pub fn append_double(&mut self, value: f64) {
        if let Values::Double(v) = &mut self.values {
            v.push(value);
            self.validity.append_value();
        }
    }

    #[inline]
    pub fn append_decimal(&mut self, value: i128) {
        if let Values::Decimal(v) = &mut self.values {
            v.push(value);
            self.validity.append_value();
        }
    }

    /// A whole text or byte string.
    #[inline]
    pub fn append_bytes(&mut self, value: &[u8]) -> Result<(), Full> {
        let Values::Bytes { offsets, data } = &mut self.values else { return Ok(()) };
        let end = i32::try_from(data.len() + value.len()).map_err(|_| Full)?;
        data.extend_from_slice(value);
        offsets.push(end);
        self.validity.append_value();
        Ok(())
    }

    /// A text or byte string that `write` appends to the column's buffer. For a text column it must be UTF-8.
    #[inline]
    pub fn append_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Full> {
        let Values::Bytes { offsets, data } = &mut self.values else { return Ok(()) };
        let before = data.len();
        write(data);
        let Ok(end) = i32::try_from(data.len()) else {
            data.truncate(before);
            return Err(Full);
        };
        offsets.push(end);
        self.validity.append_value();
        Ok(())
    }

    /// True when two scalars that were appended are the same; never for nested values.
    pub fn are_equal(&self, a: usize, b: usize) -> bool {
        match &self.values {
            Values::Bool(v) => v.get_bit(a) == v.get_bit(b),
            Values::Int8(v) => v[a] == v[b],
            Values::Int16(v) => v[a] == v[b],
            Values::Int32(v) => v[a] == v[b],
            Values::Int64(v) => v[a] == v[b],
            Values::Float(v) => v[a] == v[b],
            Values::Double(v) => v[a] == v[b],
            Values::Decimal(v) => v[a] == v[b],
            Values::Bytes { .. } => self.bytes_at(a) == self.bytes_at(b),
            Values::None | Values::List { .. } | Values::Map { .. } | Values::Row { .. } => false,
        }
    }

    /// Whether a value that was appended is NULL.
    pub fn is_null(&self, index: usize) -> bool {
        self.validity.is_null(index)
    }

    /// A BIGINT that was appended; none for NULL.
    pub fn bigint_at(&self, index: usize) -> Option<i64> {
        match &self.values {
            Values::Int64(v) if !self.is_null(index) => Some(v[index]),
            _ => None,
        }
    }

    /// A text or byte string that was appended.
    pub fn bytes_at(&self, index: usize) -> &[u8] {
        match &self.values {
            Values::Bytes { offsets, data } => &data[offsets[index] as usize..offsets[index + 1] as usize],
            _ => &[],
        }
    }

    /// The parts of a list, map or row, to append elements to; then comes `end_nested`.
    pub fn values_mut(&mut self) -> &mut Values {
        &mut self.values
    }

    /// Closes the list, map or row whose elements were appended.
    pub fn end_nested(&mut self) {
        match &mut self.values {
            Values::List { offsets, item } => offsets.push(item.len() as i32),
            Values::Map { offsets, key, .. } => offsets.push(key.len() as i32),
            _ => {}
        }
        self.validity.append_value();
    }

    /// Takes back everything from value `len` on, also the elements of a list, map or row that was not closed.
    pub fn truncate(&mut self, len: usize) {
        self.validity.truncate(len);
        match &mut self.values {
            Values::None => {}
            Values::Bool(v) => v.truncate(len),
            Values::Int8(v) => v.truncate(len),
            Values::Int16(v) => v.truncate(len),
            Values::Int32(v) => v.truncate(len),
            Values::Int64(v) => v.truncate(len),
            Values::Float(v) => v.truncate(len),
            Values::Double(v) => v.truncate(len),
            Values::Decimal(v) => v.truncate(len),
            Values::Bytes { offsets, data } => {
                offsets.truncate(len + 1);
                data.truncate(offsets[offsets.len() - 1] as usize);
            }
            Values::List { offsets, item } => {
                offsets.truncate(len + 1);
                item.truncate(offsets[offsets.len() - 1] as usize);
            }
            Values::Map { offsets, key, value } => {
                offsets.truncate(len + 1);
                let entries = offsets[offsets.len() - 1] as usize;
                key.truncate(entries);
                value.truncate(entries);
            }
            Values::Row { fields, .. } => fields.iter_mut().for_each(|field| field.truncate(len)),
        }
    }
}
