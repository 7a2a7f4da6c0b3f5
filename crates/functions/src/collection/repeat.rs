//! As many elements as a number says: what rows of INTERSECT ALL and EXCEPT ALL are made of (Flink `ReplicateRows`).

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, ListArray};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Int64Type};
use streamsql_core::LogicalType;
use streamsql_core::types::ElementType;

use crate::call::Eval;

/// The type of `repeat`.
pub fn repeated() -> LogicalType {
    LogicalType::Array(ElementType::nullable(LogicalType::Boolean))
}

/// An array of so many NULLs; none for NULL and for less than 1.
pub fn repeat() -> Arc<Eval> {
    let data_type = repeated().to_arrow();
    Arc::new(move |args, rows| {
        let DataType::List(field) = &data_type else { return Err("an array without elements".to_owned()) };
        let numbers = args[0].array.as_primitive::<Int64Type>();
        let mut offsets = Vec::with_capacity(rows + 1);
        let mut total = 0i32;
        offsets.push(total);
        for row in 0..rows {
            let at = args[0].index(row);
            let count = if numbers.is_valid(at) { numbers.value(at).max(0) } else { 0 };
            let count = i32::try_from(count).map_err(|_| "a row that is there too often".to_owned())?;
            total = total.checked_add(count).ok_or("a row that is there too often")?;
            offsets.push(total);
        }
        let elements = Arc::new(BooleanArray::new_null(total as usize));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(
            ListArray::try_new(Arc::clone(field), offsets, elements, None).map_err(|e| e.to_string())?,
        ))
    })
}
