//! Element-wise casts of ARRAY, MAP, MULTISET and ROW.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray};
use arrow::buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use streamsql_core::{LogicalType, map};

use super::Cast;

impl Cast<'_> {
    pub(super) fn to_nested(&self) -> Result<ArrayRef, String> {
        use LogicalType::{Array as ArrayType, Int, Map, Multiset, Row};
        let array = self.array;
        let mut failed = BTreeSet::new();
        let cast: ArrayRef = match (self.from, self.to) {
            (ArrayType(from), ArrayType(to)) => {
                let list = array.as_list::<i32>();
                let (values, bad) = self.child(list.values(), &from.logical_type, &to.logical_type)?;
                let rows = bad.into_iter().map(|i| row_of(list.offsets(), i));
                failed.extend(rows.filter(|row| list.is_valid(*row)));
                let DataType::List(field) = self.to.to_arrow() else { return self.mismatch() };
                Arc::new(
                    ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned())
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
                let (keys, bad_keys) = self.child(map::keys(map), &from_key, &to_key)?;
                let (values, bad_values) = self.child(map.values(), &from_value, &to_value)?;
                let bad = bad_keys.iter().chain(&bad_values);
                let rows = bad.map(|i| row_of(map.offsets(), *i));
                failed.extend(rows.filter(|row| map.is_valid(*row)));
                map_of(&self.to.to_arrow(), map.offsets().clone(), keys, values, map.nulls().cloned())?
            }
            (Row(from), Row(to)) => {
                let row = array.as_struct();
                let mut columns = Vec::with_capacity(to.len());
                for (i, (from, to)) in from.iter().zip(to).enumerate() {
                    let (column, bad) = self.child(row.column(i), &from.logical_type, &to.logical_type)?;
                    failed.extend(bad.into_iter().filter(|i| row.is_valid(*i)));
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

/// The list that holds the element.
fn row_of(offsets: &OffsetBuffer<i32>, element: usize) -> usize {
    offsets.partition_point(|offset| *offset as usize <= element).saturating_sub(1)
}

fn with_nulls(array: &ArrayRef, rows: &BTreeSet<usize>) -> Result<ArrayRef, String> {
    let null: arrow::array::BooleanArray = (0..array.len()).map(|row| Some(rows.contains(&row))).collect();
    arrow::compute::nullif(array.as_ref(), &null).map_err(|e| e.to_string())
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
