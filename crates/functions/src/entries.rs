//! Entries of maps as lists of keys and values.

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::take;

use crate::compare::equality;

/// The entries of maps, of equal keys only one: the value of the last in the place of the first.
/// `offsets` has one more value than there are maps.
pub fn unique(
    offsets: &OffsetBuffer<i32>,
    keys: &ArrayRef,
    values: &ArrayRef,
) -> Result<(OffsetBuffer<i32>, ArrayRef, ArrayRef), String> {
    let equal = equality(keys, keys)?;
    let (mut key_of, mut value_of) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
    let mut lengths = Vec::with_capacity(offsets.len());
    for ends in offsets.windows(2) {
        let before = key_of.len();
        for entry in ends[0] as usize..ends[1] as usize {
            match (before..key_of.len()).find(|known| equal(key_of[*known] as usize, entry)) {
                Some(known) => value_of[known] = entry as u32,
                None => {
                    key_of.push(entry as u32);
                    value_of.push(entry as u32);
                }
            }
        }
        lengths.push(key_of.len() - before);
    }
    let part = |array: &ArrayRef, indices: Vec<u32>| {
        take(array.as_ref(), &UInt32Array::from(indices), None).map_err(|e| e.to_string())
    };
    Ok((OffsetBuffer::from_lengths(lengths), part(keys, key_of)?, part(values, value_of)?))
}
