//! Element-wise casts of ARRAY, MAP, MULTISET and ROW.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, StructArray, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use streamsql_core::{LogicalType, map};

use super::Cast;
use crate::entries;

impl Cast<'_> {
    pub(super) fn to_nested(&self) -> Result<ArrayRef, String> {
        use LogicalType::{Array as ArrayType, Int, Map, Multiset, Row};
        let array = self.array;
        let mut failed = BTreeSet::new();
        let cast: ArrayRef = match (self.from, self.to) {
            (ArrayType(from), ArrayType(to)) => {
                let list = array.as_list::<i32>();
                let shown = Shown::new(list.offsets(), list.nulls(), list.values().len());
                let values = shown.elements(list.values())?;
                let (values, bad) = self.child(&values, &from.logical_type, &to.logical_type)?;
                failed.extend(bad.into_iter().map(|i| row_of(&shown.offsets, i)));
                let DataType::List(field) = self.to.to_arrow() else { return self.mismatch() };
                Arc::new(
                    ListArray::try_new(field, shown.offsets, values, list.nulls().cloned())
                        .map_err(|e| e.to_string())?,
                )
            }
            (Map(..), Map(..)) | (Multiset(_), Multiset(_)) => {
                let types = |t: &LogicalType| match t {
                    Map(key, value) => (key.logical_type.clone(), value.logical_type.clone()),
                    Multiset(element) => (element.logical_type.clone(), Int),
                    other => (other.clone(), Int),
                };
                let ((from_key, from_value), (to_key, to_value)) = (types(self.from), types(self.to));
                let map = array.as_map();
                let shown = Shown::new(map.offsets(), map.nulls(), map.values().len());
                let (keys, bad_keys) = self.child(&shown.elements(map::keys(map))?, &from_key, &to_key)?;
                let (values, bad_values) =
                    self.child(&shown.elements(map.values())?, &from_value, &to_value)?;
                let bad = bad_keys.iter().chain(&bad_values);
                failed.extend(bad.map(|i| row_of(&shown.offsets, *i)));
                let (offsets, keys, values) = entries::unique(&shown.offsets, &keys, &values)?;
                let hashed = map::hashed(&self.to.to_arrow(), offsets, keys, values, map.nulls().cloned());
                Arc::new(hashed.map_err(|e| e.to_string())?)
            }
            (Row(from), Row(to)) => {
                let row = array.as_struct();
                let mut columns = Vec::with_capacity(to.len());
                for (i, (from, to)) in from.iter().zip(to).enumerate() {
                    let field = match row.nulls() {
                        Some(nulls) => nullif(row.column(i), &!nulls.inner())?,
                        None => Arc::clone(row.column(i)),
                    };
                    let (column, bad) = self.child(&field, &from.logical_type, &to.logical_type)?;
                    failed.extend(bad);
                    columns.push(column);
                }
                let DataType::Struct(fields) = self.to.to_arrow() else { return self.mismatch() };
                Arc::new(
                    StructArray::try_new(fields, columns, row.nulls().cloned()).map_err(|e| e.to_string())?,
                )
            }
            _ => return self.mismatch(),
        };
        if failed.is_empty() {
            return Ok(cast);
        }
        self.failed.borrow_mut().extend(&failed);
        with_nulls(&cast, &failed)
    }

    fn mismatch(&self) -> Result<ArrayRef, String> {
        Err(format!("a cast from {} to {} does not exist", self.from, self.to))
    }

    /// Casts elements; gives the positions of those that could not be.
    fn child(
        &self,
        array: &ArrayRef,
        from: &LogicalType,
        to: &LogicalType,
    ) -> Result<(ArrayRef, Vec<usize>), String> {
        let failed = RefCell::default();
        let cast = Cast { array, from, to, failed, ..*self };
        let values = cast.run()?;
        let values = retyped(&values, &to.to_arrow())?;
        Ok((values, cast.failed.into_inner()))
    }
}

/// The elements that the rows of a list or map array show. The array may hold others, with any values: those outside of
/// a slice, and those of NULL rows.
struct Shown {
    offsets: OffsetBuffer<i32>,
    /// Where the elements stand in the array; none when it shows all.
    indices: Option<UInt32Array>,
}

impl Shown {
    fn new(offsets: &OffsetBuffer<i32>, nulls: Option<&NullBuffer>, elements: usize) -> Self {
        let valid = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));
        let hidden = offsets.first().is_some_and(|first| *first > 0)
            || offsets.last().is_none_or(|last| (*last as usize) < elements)
            || offsets.lengths().enumerate().any(|(row, length)| length > 0 && !valid(row));
        if !hidden {
            return Self { offsets: offsets.clone(), indices: None };
        }
        let (mut lengths, mut indices) = (Vec::with_capacity(offsets.len()), Vec::new());
        for (row, range) in offsets.windows(2).enumerate() {
            let range = if valid(row) { range[0] as u32..range[1] as u32 } else { 0..0 };
            lengths.push(range.len());
            indices.extend(range);
        }
        Self { offsets: OffsetBuffer::from_lengths(lengths), indices: Some(indices.into()) }
    }

    fn elements(&self, array: &ArrayRef) -> Result<ArrayRef, String> {
        match &self.indices {
            Some(indices) => arrow::compute::take(array, indices, None).map_err(|e| e.to_string()),
            None => Ok(Arc::clone(array)),
        }
    }
}

/// The list that holds the element.
fn row_of(offsets: &OffsetBuffer<i32>, element: usize) -> usize {
    offsets.partition_point(|offset| *offset as usize <= element).saturating_sub(1)
}

fn with_nulls(array: &ArrayRef, rows: &BTreeSet<usize>) -> Result<ArrayRef, String> {
    nullif(array, &(0..array.len()).map(|row| rows.contains(&row)).collect())
}

fn nullif(array: &ArrayRef, null: &BooleanBuffer) -> Result<ArrayRef, String> {
    arrow::compute::nullif(array, &BooleanArray::new(null.clone(), None)).map_err(|e| e.to_string())
}

/// A map array of a type from its parts.
pub(crate) fn map_of(
    data_type: &DataType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, String> {
    let map = map::array(data_type, offsets, keys, values, nulls).map_err(|e| e.to_string())?;
    Ok(Arc::new(map))
}

/// The same values under an Arrow type that differs only in names and metadata of nested fields.
pub fn retyped(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, String> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    let failed = |e: arrow::error::ArrowError| e.to_string();
    Ok(match (array.data_type(), to) {
        (DataType::List(_), DataType::List(field)) => {
            let list = array.as_list::<i32>();
            let values = retyped(list.values(), field.data_type())?;
            Arc::new(
                ListArray::try_new(Arc::clone(field), list.offsets().clone(), values, list.nulls().cloned())
                    .map_err(failed)?,
            )
        }
        (DataType::Map(..), DataType::Map(..)) => {
            let Some((key, value)) = map::entry_types(to) else { return Err(format!("{to} is no map")) };
            let map = array.as_map();
            let keys = retyped(map::keys(map), key)?;
            let values = retyped(map.values(), value)?;
            map_of(to, map.offsets().clone(), keys, values, map.nulls().cloned())?
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let row = array.as_struct();
            let columns = row
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| retyped(column, field.data_type()))
                .collect::<Result<Vec<_>, _>>()?;
            if columns.is_empty() {
                return Ok(Arc::new(StructArray::new_empty_fields(row.len(), row.nulls().cloned())));
            }
            Arc::new(StructArray::try_new(fields.clone(), columns, row.nulls().cloned()).map_err(failed)?)
        }
        (DataType::Null, _) => arrow::array::new_null_array(to, array.len()),
        (from, _) => return Err(format!("{from} is held where {to} is expected")),
    })
}

/// A null buffer of `rows` bits, `None` when none is NULL.
pub(crate) fn nulls(rows: usize, valid: impl Fn(usize) -> bool) -> Option<NullBuffer> {
    let buffer = NullBuffer::new(BooleanBuffer::collect_bool(rows, valid));
    (buffer.null_count() > 0).then_some(buffer)
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;
    use arrow::datatypes::{Field, Int32Type};
    use streamsql_core::types::ElementType;

    use super::*;
    use crate::SessionSettings;
    use crate::call::Arg;
    use crate::cast::cast;

    #[test]
    fn elements_that_no_row_shows_are_not_cast() {
        let texts = StringArray::from(vec!["x", "1", "2", "y", "3", "z"]);
        let item = Arc::new(Field::new("item", DataType::Utf8, true));
        let nulls = NullBuffer::from(vec![true, true, false, true, true]);
        let offsets = OffsetBuffer::new(vec![0, 1, 3, 4, 5, 6].into());
        let lists = ListArray::new(item, offsets, Arc::new(texts), Some(nulls));
        let array_of = |element| LogicalType::Array(ElementType::nullable(element));
        for try_cast in [false, true] {
            let arg = Arg::column(Arc::new(lists.slice(1, 3)));
            let (from, to) = (array_of(LogicalType::STRING), array_of(LogicalType::Int));
            let cast = cast(&from, &to, try_cast, &SessionSettings::default()).unwrap();
            let ints = cast(&[arg], 3).unwrap();
            let ints = ints.as_list::<i32>();
            assert_eq!(ints.value(0).as_primitive::<Int32Type>().values(), &[1, 2]);
            assert!(ints.is_null(1));
            assert_eq!(ints.value(2).as_primitive::<Int32Type>().values(), &[3]);
        }
    }
}
