//! Values of ARRAY, MAP, MULTISET and ROW as bytes, and columns of any type from the bytes of their values.
//!
//! ```text
//! value = fixed width: its bytes, little-endian; BOOLEAN: 0 or 1
//!       | text or bytes inside another value: length u32 | bytes
//!       | ARRAY: count u32 | item*
//!       | MAP, MULTISET: count u32 | (key item, value item)*
//!       | ROW: item*
//! item  = 0 (NULL) | 1, value
//! ```

use std::sync::Arc;

use arrow::array::{
    Array, ArrayData, ArrayRef, AsArray, BinaryArray, BooleanArray, ListArray, MapArray, NullArray,
    StringArray, StructArray, make_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, DataType, FieldRef};
use streamsql_core::{Error, Result};

use super::part::{Parts, read_u32};

pub(super) fn unsupported(data_type: &DataType) -> Error {
    Error::internal(format!("state cannot hold values of type {data_type}"))
}

/// Whether values of a type can be stored.
pub(super) fn check(data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Null | DataType::Boolean | DataType::Utf8 | DataType::Binary => Ok(()),
        DataType::List(item) => check(item.data_type()),
        DataType::Map(entries, _) => check(entries.data_type()),
        DataType::Struct(fields) => fields.iter().try_for_each(|field| check(field.data_type())),
        other if other.primitive_width().is_some() => Ok(()),
        other => Err(unsupported(other)),
    }
}

/// The values of a nested column; NULLs are empty.
pub(super) fn encode(column: &ArrayRef) -> Result<Parts> {
    let mut parts = Parts::default();
    let mut bytes = Vec::new();
    for row in 0..column.len() {
        bytes.clear();
        if column.is_valid(row) {
            push_value(column, row, &mut bytes)?;
        }
        parts.push(&bytes);
    }
    Ok(parts)
}

fn push_item(array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        out.push(0);
        return Ok(());
    }
    out.push(1);
    push_value(array, row, out)
}

fn push_length(length: usize, out: &mut Vec<u8>) -> Result<()> {
    let length = u32::try_from(length).map_err(|_| Error::failed("a value of state is longer than 4 GiB"))?;
    out.extend_from_slice(&length.to_le_bytes());
    Ok(())
}

fn push_value(array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<()> {
    match array.data_type() {
        DataType::Boolean => out.push(u8::from(array.as_boolean().value(row))),
        DataType::Utf8 => {
            let value = array.as_string::<i32>().value(row).as_bytes();
            push_length(value.len(), out)?;
            out.extend_from_slice(value);
        }
        DataType::Binary => {
            let value = array.as_binary::<i32>().value(row);
            push_length(value.len(), out)?;
            out.extend_from_slice(value);
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            push_length(items.len(), out)?;
            for item in 0..items.len() {
                push_item(&items, item, out)?;
            }
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            push_length(entries.len(), out)?;
            for entry in 0..entries.len() {
                for column in entries.columns() {
                    push_item(column, entry, out)?;
                }
            }
        }
        DataType::Struct(_) => {
            for column in array.as_struct().columns() {
                push_item(column, row, out)?;
            }
        }
        other => {
            let width = other.primitive_width().ok_or_else(|| unsupported(other))?;
            let data = array.to_data();
            let at = (data.offset() + row) * width;
            out.extend_from_slice(&data.buffers()[0].as_slice()[at..at + width]);
        }
    }
    Ok(())
}

fn damaged() -> Error {
    Error::state("the state is damaged: a value is cut")
}

/// The bytes of a value inside another one, and what follows.
fn split_value<'b>(data_type: &DataType, bytes: &'b [u8]) -> Result<(&'b [u8], &'b [u8])> {
    let length = match data_type {
        DataType::Null => 0,
        DataType::Boolean => 1,
        DataType::Utf8 | DataType::Binary => 4 + read_u32(bytes, 0).ok_or_else(damaged)? as usize,
        DataType::List(item) => {
            let mut rest = bytes.get(4..).ok_or_else(damaged)?;
            for _ in 0..read_u32(bytes, 0).ok_or_else(damaged)? {
                rest = split_item(item.data_type(), rest)?.1;
            }
            bytes.len() - rest.len()
        }
        DataType::Map(entries, _) => {
            let mut rest = bytes.get(4..).ok_or_else(damaged)?;
            for _ in 0..read_u32(bytes, 0).ok_or_else(damaged)? {
                rest = split_value(entries.data_type(), rest)?.1;
            }
            bytes.len() - rest.len()
        }
        DataType::Struct(fields) => {
            let mut rest = bytes;
            for field in fields {
                rest = split_item(field.data_type(), rest)?.1;
            }
            bytes.len() - rest.len()
        }
        other => other.primitive_width().ok_or_else(|| unsupported(other))?,
    };
    bytes.split_at_checked(length).ok_or_else(damaged)
}

fn split_item<'b>(data_type: &DataType, bytes: &'b [u8]) -> Result<(Option<&'b [u8]>, &'b [u8])> {
    let (flag, rest) = bytes.split_first().ok_or_else(damaged)?;
    if *flag == 0 {
        return Ok((None, rest));
    }
    let (value, rest) = split_value(data_type, rest)?;
    // The length of a text inside another value is not part of the value.
    let value = if matches!(data_type, DataType::Utf8 | DataType::Binary) { &value[4..] } else { value };
    Ok((Some(value), rest))
}

/// A column from the bytes of its values.
///
/// # Errors
/// `State` for bytes that are no such values; `Failed` when the column would exceed Arrow's 2 GiB.
pub(super) fn column(data_type: &DataType, values: &[Option<&[u8]>]) -> Result<ArrayRef> {
    let nulls = nulls(values.len(), |row| values[row].is_some());
    Ok(match data_type {
        DataType::Null => Arc::new(NullArray::new(values.len())),
        DataType::Boolean => {
            let bits = BooleanBuffer::collect_bool(values.len(), |row| {
                values[row].is_some_and(|v| v.first() == Some(&1))
            });
            Arc::new(BooleanArray::new(bits, nulls))
        }
        DataType::Utf8 => {
            let (offsets, bytes) = concatenated(values)?;
            Arc::new(StringArray::try_new(offsets, bytes, nulls)?)
        }
        DataType::Binary => {
            let (offsets, bytes) = concatenated(values)?;
            Arc::new(BinaryArray::try_new(offsets, bytes, nulls)?)
        }
        DataType::List(item) => {
            let (offsets, items) = children(values, |rest| split_item(item.data_type(), rest))?;
            let items = column(item.data_type(), &items)?;
            Arc::new(ListArray::try_new(Arc::clone(item), offsets, items, nulls)?)
        }
        DataType::Map(entries, sorted) => {
            let (offsets, items) = children(values, |rest| {
                let (entry, rest) = split_value(entries.data_type(), rest)?;
                Ok((Some(entry), rest))
            })?;
            let DataType::Struct(fields) = entries.data_type() else { return Err(unsupported(data_type)) };
            let items = structs(fields, &items, None)?;
            Arc::new(MapArray::try_new(Arc::clone(entries), offsets, items, nulls, *sorted)?)
        }
        DataType::Struct(fields) => Arc::new(structs(fields, values, nulls)?),
        other => fixed_column(other, values.len(), |row| values[row])?,
    })
}

/// A column of a type of fixed width from the slices of its rows, which begin with the values.
pub(super) fn fixed_column<'b>(
    data_type: &DataType,
    rows: usize,
    value: impl Fn(usize) -> Option<&'b [u8]>,
) -> Result<ArrayRef> {
    let buffer = match data_type.primitive_width() {
        Some(1) => fixed(rows, &value, i8::from_ne_bytes)?,
        Some(2) => fixed(rows, &value, i16::from_ne_bytes)?,
        Some(4) => fixed(rows, &value, i32::from_ne_bytes)?,
        Some(8) => fixed(rows, &value, i64::from_ne_bytes)?,
        Some(16) => fixed(rows, &value, i128::from_ne_bytes)?,
        _ => return Err(unsupported(data_type)),
    };
    let nulls = nulls(rows, |row| value(row).is_some());
    let data = ArrayData::builder(data_type.clone()).len(rows).add_buffer(buffer).nulls(nulls);
    Ok(make_array(data.build()?))
}

/// Nothing where all are valid.
fn nulls(rows: usize, is_valid: impl Fn(usize) -> bool) -> Option<NullBuffer> {
    if (0..rows).all(&is_valid) {
        return None;
    }
    Some(NullBuffer::new(BooleanBuffer::collect_bool(rows, is_valid)))
}

fn fixed<'b, T: ArrowNativeType, const WIDTH: usize>(
    rows: usize,
    value: impl Fn(usize) -> Option<&'b [u8]>,
    read: impl Fn([u8; WIDTH]) -> T,
) -> Result<Buffer> {
    let mut column: Vec<T> = Vec::with_capacity(rows);
    for row in 0..rows {
        column.push(match value(row) {
            None => T::default(),
            Some(bytes) => read(*bytes.first_chunk::<WIDTH>().ok_or_else(damaged)?),
        });
    }
    Ok(Buffer::from_vec(column))
}

fn offset(length: usize) -> Result<i32> {
    i32::try_from(length).map_err(|_| {
        Error::failed("a batch of rows from state has more than 2 GiB in one column")
            .hint("select fewer or shorter columns before the operator that keeps them")
    })
}

fn concatenated(values: &[Option<&[u8]>]) -> Result<(OffsetBuffer<i32>, Buffer)> {
    let total: usize = values.iter().flatten().map(|value| value.len()).sum();
    offset(total)?;
    let (mut offsets, mut bytes) = (Vec::with_capacity(values.len() + 1), Vec::with_capacity(total));
    offsets.push(0);
    for value in values {
        bytes.extend_from_slice(value.unwrap_or_default());
        offsets.push(bytes.len() as i32);
    }
    Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from_vec(bytes)))
}

type Items<'b> = Vec<Option<&'b [u8]>>;

/// The items of lists, one after the other, with the offsets of each list.
fn children<'b>(
    values: &[Option<&'b [u8]>],
    split: impl Fn(&'b [u8]) -> Result<(Option<&'b [u8]>, &'b [u8])>,
) -> Result<(OffsetBuffer<i32>, Items<'b>)> {
    let (mut offsets, mut items) = (vec![0], Vec::new());
    for value in values {
        if let Some(value) = value {
            let mut rest = value.get(4..).ok_or_else(damaged)?;
            for _ in 0..read_u32(value, 0).ok_or_else(damaged)? {
                let (item, after) = split(rest)?;
                items.push(item);
                rest = after;
            }
        }
        offsets.push(offset(items.len())?);
    }
    Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), items))
}

fn structs(
    fields: &arrow::datatypes::Fields,
    values: &[Option<&[u8]>],
    nulls: Option<NullBuffer>,
) -> Result<StructArray> {
    if fields.is_empty() {
        return Ok(StructArray::new_empty_fields(values.len(), nulls));
    }
    let mut rests: Vec<Option<&[u8]>> = values.to_vec();
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let field: &FieldRef = field;
        let mut items = Vec::with_capacity(values.len());
        for rest in &mut rests {
            items.push(match rest {
                None => None,
                Some(bytes) => {
                    let (item, after) = split_item(field.data_type(), bytes)?;
                    *bytes = after;
                    item
                }
            });
        }
        columns.push(column(field.data_type(), &items)?);
    }
    Ok(StructArray::try_new(fields.clone(), columns, nulls)?)
}
