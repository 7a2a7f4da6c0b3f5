//! Values of MAP and MULTISET in Arrow.
//!
//! Flink's maps may have a NULL key, Arrow's may not. So a key is held as the only field of a struct that is never NULL
//! itself: `Map(entries: Struct(key: Struct(key: K), value: V))`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use arrow::error::ArrowError;

use crate::java_map::entries_in_order;

/// The Arrow type of a map with keys and values of these fields.
pub fn map_type(key: Field, value: Field) -> DataType {
    let key = Field::new(key.name(), DataType::Struct(Fields::from(vec![key.clone()])), false);
    let entries = DataType::Struct(Fields::from(vec![key, value]));
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// The field of the keys themselves, among the fields of a map's entries.
pub fn key_field(entries: &Fields) -> Option<&FieldRef> {
    match entries.first()?.data_type() {
        DataType::Struct(key) => key.first(),
        _ => None,
    }
}

/// The types of the keys themselves and of the values; `None` for what is no map of ours.
pub fn entry_types(map: &DataType) -> Option<(&DataType, &DataType)> {
    let DataType::Map(entries, _) = map else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    Some((key_field(fields)?.data_type(), fields.get(1)?.data_type()))
}

/// The keys of all entries of a map array of ours.
pub fn keys(map: &MapArray) -> &ArrayRef {
    map.keys().as_struct().column(0)
}

/// The keys among the entries of one map.
pub fn entry_keys(entries: &StructArray) -> &ArrayRef {
    entries.column(0).as_struct().column(0)
}

/// A map array of a type of ours from the keys and values of its entries; `offsets` has one more value than there are
/// maps.
///
/// # Errors
/// Parts that do not fit the type or each other.
pub fn array(
    data_type: &DataType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<MapArray, ArrowError> {
    let wrong = || ArrowError::InvalidArgumentError(format!("{data_type} is no map"));
    let DataType::Map(field, ordered) = data_type else { return Err(wrong()) };
    let DataType::Struct(fields) = field.data_type() else { return Err(wrong()) };
    let Some(DataType::Struct(key)) = fields.first().map(|field| field.data_type()) else {
        return Err(wrong());
    };
    let keys = Arc::new(StructArray::try_new(key.clone(), vec![keys], None)?);
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    MapArray::try_new(Arc::clone(field), offsets, entries, nulls, *ordered)
}

/// Like `array`, with the entries of each map in the order in which Java's HashMap lists them.
///
/// # Errors
/// Parts that do not fit the type or each other.
pub fn hashed(
    data_type: &DataType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<MapArray, ArrowError> {
    let Some(order) = entries_in_order(&offsets, &keys) else {
        return array(data_type, offsets, keys, values, nulls);
    };
    let (keys, values) = (take(&keys, &order, None)?, take(&values, &order, None)?);
    array(data_type, offsets, keys, values, nulls)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int32Array, StringArray, UInt32Array};
    use arrow::compute::{concat, interleave};
    use arrow::row::{RowConverter, SortField};

    use super::*;
    use crate::LogicalType;
    use crate::types::ElementType;

    #[test]
    fn null_keys_survive_kernels_and_row_encodings() {
        let logical_type = LogicalType::Map(
            ElementType::nullable(LogicalType::STRING),
            ElementType::nullable(LogicalType::Int),
        );
        let data_type = logical_type.to_arrow();
        let keys: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, None]));
        let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2), None]));
        let offsets = OffsetBuffer::from_lengths([2, 0, 1]);
        let map: ArrayRef = Arc::new(array(&data_type, offsets, keys, values, None).unwrap());
        let same = |other: &ArrayRef| assert_eq!(other, &map);
        same(&take(&map, &UInt32Array::from(vec![0, 1, 2]), None).unwrap());
        same(&concat(&[&map.slice(0, 1), &map.slice(1, 2)]).unwrap());
        same(&interleave(&[&map], &[(0, 0), (0, 1), (0, 2)]).unwrap());
        let converter = RowConverter::new(vec![SortField::new(data_type)]).unwrap();
        let rows = converter.convert_columns(&[Arc::clone(&map)]).unwrap();
        same(&converter.convert_rows(&rows).unwrap()[0]);
    }
}
