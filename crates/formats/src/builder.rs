//! Arrow builders for every Flink type, nested ones too, from which a bad record's values can be taken out again.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, BooleanBufferBuilder, Decimal128Array,
    ListArray, MapArray, NullArray, NullBufferBuilder, PrimitiveArray, RecordBatch, RecordBatchOptions,
    StringArray, StructArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Fields, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalYearMonthType, SchemaRef, Time32MillisecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use streamsql_core::{Error, LogicalType, Result, Schema};

use crate::names::Names;

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

/// The values of one column so far.
pub struct ColumnBuilder {
    kind: Kind,
    arrow: DataType,
    nulls: NullBufferBuilder,
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
            nulls: NullBufferBuilder::new(0),
            values,
        }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn len(&self) -> usize {
        self.nulls.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nulls.is_empty()
    }

    pub fn append_null(&mut self) {
        self.nulls.append_null();
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

    pub fn append_bool(&mut self, value: bool) {
        if let Values::Bool(v) = &mut self.values {
            v.append(value);
            self.nulls.append_non_null();
        }
    }

    /// For every type held as an integer; the caller has checked the range.
    pub fn append_int(&mut self, value: i64) {
        match &mut self.values {
            Values::Int8(v) => v.push(value as i8),
            Values::Int16(v) => v.push(value as i16),
            Values::Int32(v) => v.push(value as i32),
            Values::Int64(v) => v.push(value),
            _ => return,
        }
        self.nulls.append_non_null();
    }

    pub fn append_float(&mut self, value: f32) {
        if let Values::Float(v) = &mut self.values {
            v.push(value);
            self.nulls.append_non_null();
        }
    }

    pub fn append_double(&mut self, value: f64) {
        if let Values::Double(v) = &mut self.values {
            v.push(value);
            self.nulls.append_non_null();
        }
    }

    pub fn append_decimal(&mut self, value: i128) {
        if let Values::Decimal(v) = &mut self.values {
            v.push(value);
            self.nulls.append_non_null();
        }
    }

    /// A whole text or byte string.
    #[inline]
    pub fn append_bytes(&mut self, value: &[u8]) -> Result<(), Full> {
        self.append_with(|data| data.extend_from_slice(value))
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
        self.nulls.append_non_null();
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
        self.nulls.append_non_null();
    }

    /// Takes back everything from value `len` on, also the elements of a list, map or row that was not closed.
    pub fn truncate(&mut self, len: usize) {
        self.nulls.truncate(len);
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

    /// Takes the values out.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        let len = self.len();
        let nulls = self.nulls.finish();
        let arrow = &self.arrow;
        Ok(match &mut self.values {
            Values::None => Arc::new(NullArray::new(len)),
            Values::Bool(v) => Arc::new(BooleanArray::new(v.finish(), nulls)),
            Values::Int8(v) => primitive::<Int8Type>(v, nulls, arrow),
            Values::Int16(v) => primitive::<Int16Type>(v, nulls, arrow),
            Values::Int32(v) => match arrow {
                DataType::Date32 => primitive::<Date32Type>(v, nulls, arrow),
                DataType::Time32(_) => primitive::<Time32MillisecondType>(v, nulls, arrow),
                DataType::Interval(_) => primitive::<IntervalYearMonthType>(v, nulls, arrow),
                _ => primitive::<Int32Type>(v, nulls, arrow),
            },
            Values::Int64(v) => match arrow {
                DataType::Timestamp(TimeUnit::Microsecond, _) => {
                    primitive::<TimestampMicrosecondType>(v, nulls, arrow)
                }
                DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                    primitive::<TimestampNanosecondType>(v, nulls, arrow)
                }
                DataType::Timestamp(..) => primitive::<TimestampMillisecondType>(v, nulls, arrow),
                DataType::Duration(_) => primitive::<DurationMillisecondType>(v, nulls, arrow),
                _ => primitive::<Int64Type>(v, nulls, arrow),
            },
            Values::Float(v) => primitive::<Float32Type>(v, nulls, arrow),
            Values::Double(v) => primitive::<Float64Type>(v, nulls, arrow),
            Values::Decimal(v) => {
                let capacity = v.len();
                let values = ScalarBuffer::from(std::mem::replace(v, Vec::with_capacity(capacity)));
                Arc::new(Decimal128Array::new(values, nulls).with_data_type(arrow.clone()))
            }
            Values::Bytes { offsets, data } => {
                let ends = take_offsets(offsets);
                let capacity = data.len().min(1 << 20);
                let data = Buffer::from_vec(std::mem::replace(data, Vec::with_capacity(capacity)));
                if self.kind == Kind::Text {
                    Arc::new(StringArray::try_new(ends, data, nulls)?)
                } else {
                    Arc::new(BinaryArray::try_new(ends, data, nulls)?)
                }
            }
            Values::List { offsets, item } => {
                let DataType::List(field) = arrow else { return Err(mismatch(arrow)) };
                let ends = take_offsets(offsets);
                Arc::new(ListArray::try_new(field.clone(), ends, item.finish()?, nulls)?)
            }
            Values::Map { offsets, key, value } => {
                let DataType::Map(field, sorted) = arrow else { return Err(mismatch(arrow)) };
                let DataType::Struct(fields) = field.data_type() else { return Err(mismatch(arrow)) };
                let ends = take_offsets(offsets);
                let entries =
                    StructArray::try_new(fields.clone(), vec![key.finish()?, value.finish()?], None)?;
                Arc::new(MapArray::try_new(field.clone(), ends, entries, nulls, *sorted)?)
            }
            Values::Row { fields, .. } => {
                let DataType::Struct(types) = arrow else { return Err(mismatch(arrow)) };
                let arrays = fields.iter_mut().map(Self::finish).collect::<Result<Vec<_>>>()?;
                Arc::new(row_array(types.clone(), arrays, nulls, len)?)
            }
        })
    }
}

fn primitive<T: ArrowPrimitiveType>(
    values: &mut Vec<T::Native>,
    nulls: Option<NullBuffer>,
    arrow: &DataType,
) -> ArrayRef {
    let capacity = values.len();
    let values = ScalarBuffer::from(std::mem::replace(values, Vec::with_capacity(capacity)));
    Arc::new(PrimitiveArray::<T>::new(values, nulls).with_data_type(arrow.clone()))
}

fn take_offsets(offsets: &mut Vec<i32>) -> OffsetBuffer<i32> {
    let mut next = Vec::with_capacity(offsets.len());
    next.push(0);
    OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(offsets, next)))
}

fn row_array(
    types: Fields,
    arrays: Vec<ArrayRef>,
    nulls: Option<NullBuffer>,
    len: usize,
) -> Result<StructArray> {
    Ok(StructArray::try_new_with_length(types, arrays, nulls, len)?)
}

fn mismatch(arrow: &DataType) -> Error {
    Error::internal(format!("a builder of another shape than {arrow}"))
}

/// Builders of a whole row; rows become visible one by one.
pub struct RowBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
}

impl RowBuilder {
    pub fn new(schema: &Schema) -> Self {
        let columns = schema.columns.iter().map(|c| ColumnBuilder::new(&c.logical_type)).collect();
        Self { schema: schema.to_arrow(), columns, rows: 0 }
    }

    pub fn num_rows(&self) -> usize {
        self.rows
    }

    pub fn columns_mut(&mut self) -> &mut [ColumnBuilder] {
        &mut self.columns
    }

    /// Keeps the row whose values were appended; columns without a value get NULL.
    pub fn commit(&mut self) {
        for column in &mut self.columns {
            if column.len() == self.rows {
                column.append_null();
            }
        }
        self.rows += 1;
    }

    /// Forgets the values appended since the last `commit`.
    pub fn roll_back(&mut self) {
        for column in &mut self.columns {
            column.truncate(self.rows);
        }
    }

    /// Takes the rows out.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let columns = self.columns.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.rows)));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use streamsql_core::Column;
    use streamsql_core::types::ElementType;

    use super::*;

    #[test]
    fn nested_values_are_taken_back_whole() {
        let row = LogicalType::Row(vec![
            Column::new("t", LogicalType::STRING, true),
            Column::new("l", LogicalType::Array(ElementType::nullable(LogicalType::Int)), true),
        ]);
        let schema = Schema::new(vec![Column::new("r", row, true), Column::new("n", LogicalType::Int, true)]);
        let mut rows = RowBuilder::new(&schema);
        for (text, closed) in [("kept", true), ("lost", false), ("kept too", true)] {
            let column = &mut rows.columns_mut()[0];
            let Values::Row { fields, .. } = column.values_mut() else { panic!("a row") };
            fields[0].append_bytes(text.as_bytes()).unwrap();
            let Values::List { item, .. } = fields[1].values_mut() else { panic!("a list") };
            item.append_int(7);
            if closed {
                fields[1].end_nested();
                column.end_nested();
                rows.commit();
            } else {
                rows.roll_back();
            }
        }
        let batch = rows.finish().unwrap();
        assert_eq!(batch.num_rows(), 2);
        let texts = batch.column(0).as_struct().column(0).as_string::<i32>();
        assert_eq!(texts.iter().collect::<Vec<_>>(), [Some("kept"), Some("kept too")]);
        assert_eq!(batch.column(0).as_struct().column(1).as_list::<i32>().values().len(), 2);
        assert_eq!(batch.column(1).null_count(), 2);
        assert_eq!(rows.finish().unwrap().num_rows(), 0);
    }
}
