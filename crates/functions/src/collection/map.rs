//! MAP: constructors, access and functions.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::take;
use arrow::datatypes::DataType;
use streamsql_core::{LogicalType, map};

use super::{elements, expanded, row_major, text};
use crate::call::Eval;
use crate::cast::{map_of, nulls, retyped};
use crate::compare::equality;
use crate::entries;

/// MAP[k, v, …]; of equal keys the last wins. (Flink's own order of the entries depends on its generated code's names.)
pub fn of_pairs(result: &LogicalType) -> Arc<Eval> {
    let data_type = result.to_arrow();
    Arc::new(move |args, rows| {
        let (key_type, value_type) = entry_types(&data_type)?;
        let every_second = |from: usize| args.iter().skip(from).step_by(2).cloned().collect::<Vec<_>>();
        let keys = row_major(&every_second(0), rows, key_type)?;
        let values = row_major(&every_second(1), rows, value_type)?;
        let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(args.len() / 2, rows));
        let (offsets, keys, values) = entries::unique(&offsets, &keys, &values)?;
        map_of(&data_type, offsets, keys, values, None)
    })
}

/// The Arrow types of a map's keys and values.
fn entry_types(map: &DataType) -> Result<(&DataType, &DataType), String> {
    map::entry_types(map).ok_or_else(|| format!("{map} is no map"))
}

/// `map[key]`: NULL where there is no such key.
pub fn value_at() -> Arc<Eval> {
    Arc::new(|args, rows| {
        let map = args[0].array.as_map();
        let equal = equality(map::keys(map), &args[1].array)?;
        let indices: UInt32Array = (0..rows)
            .map(|row| {
                let (at, key) = (args[0].index(row), args[1].index(row));
                if map.is_null(at) || args[1].array.is_null(key) {
                    return None;
                }
                let mut entries = map.value_offsets()[at]..map.value_offsets()[at + 1];
                entries.rfind(|entry| equal(*entry as usize, key)).map(|entry| entry as u32)
            })
            .collect();
        take(map.values().as_ref(), &indices, None).map_err(text)
    })
}

/// MAP_KEYS, MAP_VALUES and MAP_ENTRIES.
pub fn map_part(part: MapPart, result: &LogicalType) -> Arc<Eval> {
    let data_type = result.to_arrow();
    Arc::new(move |args, rows| {
        let array = expanded(&args[0], rows)?;
        let map = array.as_map();
        let DataType::List(field) = &data_type else { return Err("no array".to_owned()) };
        let values: ArrayRef = match (part, field.data_type()) {
            (MapPart::Keys, _) => Arc::clone(map::keys(map)),
            (MapPart::Values, _) => Arc::clone(map.values()),
            (MapPart::Entries, DataType::Struct(fields)) => {
                let columns = vec![
                    retyped(map::keys(map), fields[0].data_type())?,
                    retyped(map.values(), fields[1].data_type())?,
                ];
                Arc::new(StructArray::try_new(fields.clone(), columns, None).map_err(text)?)
            }
            (MapPart::Entries, other) => return Err(format!("{other} is no entry of a map")),
        };
        let values = retyped(&values, field.data_type())?;
        let list = ListArray::try_new(Arc::clone(field), map.offsets().clone(), values, map.nulls().cloned());
        Ok(Arc::new(list.map_err(text)?))
    })
}

/// What is taken of a map.
#[derive(Clone, Copy, Debug)]
pub enum MapPart {
    Keys,
    Values,
    Entries,
}

/// MAP_FROM_ARRAYS(keys, values), of equal length. A key may come twice, as in Flink.
pub fn map_from_arrays(result: &LogicalType) -> Arc<Eval> {
    let data_type = result.to_arrow();
    Arc::new(move |args, rows| {
        let (key_type, value_type) = entry_types(&data_type)?;
        let (keys, values) = (args[0].array.as_list::<i32>(), args[1].array.as_list::<i32>());
        let null = |row: usize| args.iter().any(|arg| arg.is_null(row));
        let mut lengths = vec![0; rows];
        let (mut key_indices, mut value_indices) = (Vec::new(), Vec::new());
        for row in (0..rows).filter(|row| !null(*row)) {
            let (k, v) = (elements(keys, args[0].index(row)), elements(values, args[1].index(row)));
            if k.len() != v.len() {
                return Err(format!("{} keys and {} values", k.len(), v.len()));
            }
            lengths[row] = k.len();
            key_indices.extend(k.map(|i| i as u32));
            value_indices.extend(v.map(|i| i as u32));
        }
        let part = |list: &ListArray, indices: Vec<u32>, to: &DataType| {
            let taken = take(list.values().as_ref(), &UInt32Array::from(indices), None).map_err(text)?;
            retyped(&taken, to)
        };
        let keys = part(keys, key_indices, key_type)?;
        let values = part(values, value_indices, value_type)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        map_of(&data_type, offsets, keys, values, nulls(rows, |row| !null(row)))
    })
}
