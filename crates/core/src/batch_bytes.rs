//! Bytes that the rows of a batch take, wherever they lie in larger buffers.
//!
//! Queues and epochs are bounded by these. Arrow's own figures count a slice with the buffers of what it was cut from,
//! so that a batch that travels row by row would count its whole size at every row.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;

/// Bytes of these rows alone.
pub(crate) fn batch_bytes(rows: &RecordBatch) -> usize {
    rows.columns().iter().map(array_bytes).sum()
}

fn array_bytes(array: &ArrayRef) -> usize {
    let length = array.len();
    let nulls = if array.nulls().is_some() { length.div_ceil(8) } else { 0 };
    let values = match array.data_type() {
        DataType::Null => 0,
        DataType::Boolean => length.div_ceil(8),
        DataType::Utf8 => variable(array.as_string::<i32>().value_offsets()),
        DataType::Binary => variable(array.as_binary::<i32>().value_offsets()),
        DataType::FixedSizeBinary(width) => length * usize::try_from(*width).unwrap_or(0),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            nested(list.value_offsets(), list.values())
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
            nested(map.value_offsets(), &entries)
        }
        DataType::Struct(_) => array.as_struct().columns().iter().map(array_bytes).sum(),
        other => match other.primitive_width() {
            Some(width) => length * width,
            None => array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size()),
        },
    };
    nulls + values
}

/// Of a text or bytes column: its offsets and the values between the first and the last of them.
fn variable(offsets: &[i32]) -> usize {
    size_of_val(offsets) + span(offsets)
}

/// Of a column of collections.
fn nested(offsets: &[i32], elements: &ArrayRef) -> usize {
    let first = offsets.first().map_or(0, |offset| *offset as usize);
    size_of_val(offsets) + array_bytes(&elements.slice(first, span(offsets)))
}

fn span(offsets: &[i32]) -> usize {
    match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => (last - first) as usize,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Int64Array, ListArray, StringArray, StructArray};
    use arrow::datatypes::{Field, Int32Type};

    use super::*;

    /// A batch of every layout with `rows` rows.
    fn batch(rows: usize) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter((0..rows).map(|i| Some(i as i64))));
        let flags: ArrayRef =
            Arc::new(BooleanArray::from_iter((0..rows).map(|i| (i % 3 > 0).then_some(true))));
        let texts: ArrayRef =
            Arc::new(StringArray::from_iter_values((0..rows).map(|i| format!("text {i:09}"))));
        let lists = (0..rows).map(|i| Some(vec![Some(i as i32); 5]));
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists));
        let field = Arc::new(Field::new("t", DataType::Utf8, false));
        let structs: ArrayRef = Arc::new(StructArray::from(vec![(field, Arc::clone(&texts))]));
        RecordBatch::try_from_iter([("n", numbers), ("b", flags), ("t", texts), ("l", lists), ("s", structs)])
            .unwrap()
    }

    #[test]
    fn the_slices_of_a_batch_count_together_as_the_batch() {
        let batch = batch(4_096);
        let whole = batch_bytes(&batch);
        let payload = 4_096 * (8 + 14 + 5 * 4 + 14);
        assert!((payload..payload * 3 / 2).contains(&whole), "{whole} of {payload}");
        for length in [1, 7, 1_024] {
            let slices = (0..4_096).step_by(length);
            let sum: usize = slices.map(|at| batch_bytes(&batch.slice(at, length.min(4_096 - at)))).sum();
            // Every slice has one offset more than rows, and rounds its bits up to a byte.
            assert!((whole..whole * 3 / 2).contains(&sum), "slices of {length}: {sum} of {whole}");
        }
    }
}
