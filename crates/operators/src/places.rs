//! Keys for what belongs to no key of the rows: state is addressed by key group all the same.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use streamsql_core::{Column, Error, KeyGroupRange, LogicalType, Result, Schema};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec};

/// For each of these key groups a key: the smallest BIGINT that hashes into the group. The hash never changes, so neither do
/// these.
pub fn places(range: KeyGroupRange) -> Result<Vec<Key>> {
    /// There are some of so many numbers in each of 128 groups.
    const NUMBERS: usize = 4_096;
    let column = vec![Column::new("place", LogicalType::BigInt, false)];
    let mut codec = KeyCodec::new(&Schema::new(column).to_arrow(), &[0])?;
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..NUMBERS as i64));
    let mut keys = KeyBatch::default();
    codec.encode_columns(&[numbers], NUMBERS, &mut keys)?;
    let place = |group: u16| (0..keys.len()).find(|id| keys.key_group(*id).0 == group);
    let places: Option<Vec<Key>> =
        (range.start..range.end).map(|group| place(group).map(|id| keys.to_key(id))).collect();
    places.ok_or_else(|| Error::internal("no number is in a key group of the shard"))
}
