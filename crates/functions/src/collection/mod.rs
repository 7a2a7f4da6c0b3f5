//! ARRAY, MAP, MULTISET and ROW: constructors, access and functions.

mod map;
mod repeat;

use std::sync::Arc;

use arrow::array::make_comparator;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListArray, StringArray, StructArray, UInt32Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{SortOptions, interleave, take};
use arrow::datatypes::{DataType, Int32Type};
use streamsql_core::LogicalType;

use crate::call::{Arg, Eval};
use crate::cast::{nulls, retyped};
use crate::compare::{equality, sameness};
use crate::strings::str_at;

pub use map::{MapPart, map_from_arrays, map_part, of_pairs, value_at};
pub use repeat::{repeat, repeated};

fn text(error: arrow::error::ArrowError) -> String {
    error.to_string()
}

/// The argument with one value a row.
fn expanded(arg: &Arg, rows: usize) -> Result<ArrayRef, String> {
    if !arg.scalar || rows == 1 {
        return Ok(Arc::clone(&arg.array));
    }
    take(arg.array.as_ref(), &UInt32Array::from(vec![0; rows]), None).map_err(text)
}

/// ROW(…): the arguments have the types of the fields.
pub fn row(result: &LogicalType) -> Arc<Eval> {
    let data_type = result.to_arrow();
    Arc::new(move |args, rows| {
        let DataType::Struct(fields) = &data_type else { return Err("ROW without fields".to_owned()) };
        let columns = args
            .iter()
            .zip(fields)
            .map(|(arg, field)| retyped(&expanded(arg, rows)?, field.data_type()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(StructArray::try_new(fields.clone(), columns, None).map_err(text)?))
    })
}

/// The values of all arguments, row by row, as one array of a type.
fn row_major(args: &[Arg], rows: usize, data_type: &DataType) -> Result<ArrayRef, String> {
    let arrays = args.iter().map(|arg| retyped(&arg.array, data_type)).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    let indices: Vec<(usize, usize)> =
        (0..rows).flat_map(|row| args.iter().enumerate().map(move |(i, arg)| (i, arg.index(row)))).collect();
    if parts.is_empty() {
        return Ok(arrow::array::new_empty_array(data_type));
    }
    interleave(&parts, &indices).map_err(text)
}

/// ARRAY[…]: the arguments have the type of the elements.
pub fn array(result: &LogicalType) -> Arc<Eval> {
    let data_type = result.to_arrow();
    Arc::new(move |args, rows| {
        let DataType::List(field) = &data_type else { return Err("ARRAY without elements".to_owned()) };
        let values = row_major(args, rows, field.data_type())?;
        let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(args.len(), rows));
        Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, None).map_err(text)?))
    })
}

/// `array[i]`: counted from 1; NULL where there is no such element.
pub fn element_at() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let list = args[0].array.as_list::<i32>();
        let positions = args[1].array.as_primitive::<Int32Type>();
        let indices: UInt32Array = (0..rows)
            .map(|row| {
                let (at, i) = (args[0].index(row), args[1].index(row));
                if list.is_null(at) || positions.is_null(i) {
                    return None;
                }
                let position = positions.value(i);
                let inside = position >= 1 && position <= list.value_length(at);
                inside.then(|| (list.value_offsets()[at] + position - 1) as u32)
            })
            .collect();
        take(list.values().as_ref(), &indices, None).map_err(text)
    })
}

/// `row.field`.
pub fn field(position: usize) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array = expanded(&args[0], rows)?;
        let row = array.as_struct();
        let column = row.column(position);
        match row.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => Ok(Arc::clone(column)),
            Some(nulls) => {
                let null = BooleanArray::new(!nulls.inner(), None);
                arrow::compute::nullif(column.as_ref(), &null).map_err(text)
            }
        }
    })
}

/// CARDINALITY: elements of an array, entries of a map.
pub fn cardinality() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let offsets = match args[0].array.data_type() {
            DataType::Map(..) => args[0].array.as_map().offsets(),
            _ => args[0].array.as_list::<i32>().offsets(),
        };
        let lengths: Int32Array = (0..rows)
            .map(|row| {
                let at = args[0].index(row);
                (!args[0].array.is_null(at)).then(|| offsets[at + 1] - offsets[at])
            })
            .collect();
        Ok(Arc::new(lengths))
    })
}

/// ELEMENT: the only element, NULL of an empty array.
pub fn element() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let list = args[0].array.as_list::<i32>();
        let indices = (0..rows)
            .map(|row| {
                let at = args[0].index(row);
                if list.is_null(at) || list.value_length(at) == 0 {
                    return Ok(None);
                }
                if list.value_length(at) > 1 {
                    return Err("the array has more than one element".to_owned());
                }
                Ok(Some(list.value_offsets()[at] as u32))
            })
            .collect::<Result<UInt32Array, String>>()?;
        take(list.values().as_ref(), &indices, None).map_err(text)
    })
}

/// Positions of the elements of an array.
fn elements(list: &ListArray, at: usize) -> std::ops::Range<usize> {
    list.value_offsets()[at] as usize..list.value_offsets()[at + 1] as usize
}

/// The first element equal to the second argument (NULL equals NULL), counted from 0.
fn found(
    args: &[Arg],
    rows: usize,
    mut each: impl FnMut(usize, Option<usize>),
    null: impl Fn(usize) -> bool,
) -> Result<(), String> {
    let list = args[0].array.as_list::<i32>();
    let equal = equality(list.values(), &args[1].array)?;
    for row in 0..rows {
        if null(row) {
            continue;
        }
        let (at, needle) = (args[0].index(row), args[1].index(row));
        each(row, elements(list, at).position(|i| equal(i, needle)));
    }
    Ok(())
}

/// ARRAY_CONTAINS(array, needle).
pub fn contains() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut out = vec![None; rows];
        found(args, rows, |row, position| out[row] = Some(position.is_some()), |row| args[0].is_null(row))?;
        Ok(Arc::new(BooleanArray::from(out)))
    })
}

/// ARRAY_POSITION(array, needle): from 1, 0 where there is none.
pub fn position() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let mut out = vec![None; rows];
        let null = |row: usize| args.iter().any(|a| a.is_null(row));
        found(args, rows, |row, position| out[row] = Some(position.map_or(0, |p| p as i32 + 1)), null)?;
        Ok(Arc::new(Int32Array::from(out)))
    })
}

/// A list of the elements that `choose` names for each row that is not NULL.
fn chosen(
    args: &[Arg],
    rows: usize,
    null: impl Fn(usize) -> bool,
    choose: impl Fn(&ListArray, usize, &mut Vec<u32>) -> Result<(), String>,
) -> Result<ArrayRef, String> {
    let list = args[0].array.as_list::<i32>();
    let mut indices = Vec::new();
    let mut lengths = Vec::with_capacity(rows);
    for row in 0..rows {
        let before = indices.len();
        if !null(row) {
            choose(list, row, &mut indices)?;
        }
        lengths.push(indices.len() - before);
    }
    let values = take(list.values().as_ref(), &UInt32Array::from(indices), None).map_err(text)?;
    let DataType::List(field) = args[0].array.data_type() else { return Err("no array".to_owned()) };
    let result = ListArray::try_new(
        Arc::clone(field),
        OffsetBuffer::from_lengths(lengths),
        values,
        nulls(rows, |row| !null(row)),
    );
    Ok(Arc::new(result.map_err(text)?))
}

/// ARRAY_DISTINCT: the first of equal elements stays.
pub fn distinct() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let equal =
            sameness(args[0].array.as_list::<i32>().values(), args[0].array.as_list::<i32>().values())?;
        chosen(
            args,
            rows,
            |row| args[0].is_null(row),
            |list, row, out| {
                let range = elements(list, args[0].index(row));
                let first = range.start;
                out.extend(range.filter(|i| !(first..*i).any(|j| equal(*i, j))).map(|i| i as u32));
                Ok(())
            },
        )
    })
}

/// ARRAY_REMOVE(array, needle).
pub fn remove() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let equal = equality(args[0].array.as_list::<i32>().values(), &args[1].array)?;
        chosen(
            args,
            rows,
            |row| args[0].is_null(row),
            |list, row, out| {
                let needle = args[1].index(row);
                out.extend(
                    elements(list, args[0].index(row)).filter(|i| !equal(*i, needle)).map(|i| i as u32),
                );
                Ok(())
            },
        )
    })
}

/// ARRAY_REVERSE.
pub fn reverse() -> Arc<Eval> {
    Arc::new(|args, rows| {
        chosen(
            args,
            rows,
            |row| args[0].is_null(row),
            |list, row, out| {
                out.extend(elements(list, args[0].index(row)).rev().map(|i| i as u32));
                Ok(())
            },
        )
    })
}

/// ARRAY_SLICE(array, from [, to]): positions from 1, negative ones from the end.
pub fn slice() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let null = |row: usize| args.iter().any(|a| a.is_null(row));
        let int =
            |arg: &Arg, row: usize| i64::from(arg.array.as_primitive::<Int32Type>().value(arg.index(row)));
        chosen(args, rows, null, |list, row, out| {
            let range = elements(list, args[0].index(row));
            let length = range.len() as i64;
            let absolute = |position: i64| if position < 0 { position + length + 1 } else { position };
            let from = absolute(int(&args[1], row)).max(1);
            // A position before the first is the first, at the end too.
            let to = args.get(2).map_or(length, |arg| absolute(int(arg, row)).max(1)).min(length);
            let start = range.start as i64;
            out.extend((from..=to).map(|position| (start + position - 1) as u32));
            Ok(())
        })
    })
}

/// The elements of several arrays of one type, as one list a row.
fn joined(args: &[Arg], rows: usize, data_type: &DataType, distinct: bool) -> Result<ArrayRef, String> {
    let DataType::List(field) = data_type else { return Err("no array".to_owned()) };
    let lists = args.iter().map(|arg| retyped(&arg.array, data_type)).collect::<Result<Vec<_>, _>>()?;
    let lists: Vec<&ListArray> = lists.iter().map(|list| list.as_list::<i32>()).collect();
    let parts: Vec<&dyn Array> = lists.iter().map(|list| list.values().as_ref()).collect();
    let null = |row: usize| args.iter().any(|arg| arg.is_null(row));
    let mut indices = Vec::new();
    let mut lengths = Vec::with_capacity(rows);
    for row in 0..rows {
        let before = indices.len();
        if !null(row) {
            for (part, list) in lists.iter().enumerate() {
                indices.extend(elements(list, args[part].index(row)).map(|i| (part, i)));
            }
        }
        lengths.push(indices.len() - before);
    }
    let values = if indices.is_empty() {
        arrow::array::new_empty_array(field.data_type())
    } else {
        interleave(&parts, &indices).map_err(text)?
    };
    let list = ListArray::try_new(
        Arc::clone(field),
        OffsetBuffer::from_lengths(lengths),
        values,
        nulls(rows, |row| !null(row)),
    )
    .map_err(text)?;
    if distinct {
        return self::distinct()(&[Arg::column(Arc::new(list))], rows);
    }
    Ok(Arc::new(list))
}

/// ARRAY_CONCAT, and ARRAY_UNION which keeps the first of equal elements.
pub fn concat(result: &LogicalType, distinct: bool) -> Arc<Eval> {
    let data_type = result.to_arrow();
    Arc::new(move |args, rows| joined(args, rows, &data_type, distinct))
}

/// ARRAY_MAX: NULL elements do not count.
pub fn max() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let list = args[0].array.as_list::<i32>();
        let values = list.values();
        let compare =
            make_comparator(values.as_ref(), values.as_ref(), SortOptions::default()).map_err(text)?;
        let indices: UInt32Array = (0..rows)
            .map(|row| {
                let at = args[0].index(row);
                if list.is_null(at) {
                    return None;
                }
                elements(list, at)
                    .filter(|i| values.is_valid(*i))
                    .reduce(|best, i| if compare(i, best).is_gt() { i } else { best })
                    .map(|i| i as u32)
            })
            .collect();
        take(values.as_ref(), &indices, None).map_err(text)
    })
}

/// ARRAY_JOIN(array, delimiter [, for NULL]): without the third argument NULL elements are left out.
pub fn join() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let list = args[0].array.as_list::<i32>();
        let values = list.values().as_string::<i32>();
        let mut out = Vec::with_capacity(rows);
        for row in 0..rows {
            if args.iter().any(|arg| arg.is_null(row)) {
                out.push(None);
                continue;
            }
            let delimiter = str_at(&args[1], row);
            let mut text = String::new();
            let mut first = true;
            for i in elements(list, args[0].index(row)) {
                let item = match (values.is_null(i), args.get(2)) {
                    (false, _) => values.value(i),
                    (true, Some(replacement)) => str_at(replacement, row),
                    (true, None) => continue,
                };
                if !first {
                    text.push_str(delimiter);
                }
                first = false;
                text.push_str(item);
            }
            out.push(Some(text));
        }
        Ok(Arc::new(StringArray::from(out)))
    })
}
