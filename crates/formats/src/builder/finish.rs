//! From collected values to Arrow arrays.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, Decimal128Array, ListArray, NullArray,
    PrimitiveArray, StringArray, StructArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, Time32MillisecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType,
};
use streamsql_core::{Error, Result, map};

use super::{ColumnBuilder, Kind, Values};

impl ColumnBuilder {
    /// Takes the values out.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        let len = self.len();
        let nulls = self.validity.finish();
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
                let ends = take_offsets(offsets);
                Arc::new(map::hashed(arrow, ends, key.finish()?, value.finish()?, nulls)?)
            }
            Values::Row { fields, .. } => {
                let DataType::Struct(types) = arrow else { return Err(mismatch(arrow)) };
                let arrays = fields.iter_mut().map(Self::finish).collect::<Result<Vec<_>>>()?;
                Arc::new(StructArray::try_new_with_length(types.clone(), arrays, nulls, len)?)
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

fn mismatch(arrow: &DataType) -> Error {
    Error::internal(format!("a builder of another shape than {arrow}"))
}
