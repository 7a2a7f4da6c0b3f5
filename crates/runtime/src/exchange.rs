//! Cutting a batch by the shard that owns each row's key.

use arrow::array::UInt32Array;
use streamsql_core::{ChangeBatch, KeyGroup, Result};
use streamsql_state::hash::hash_rows;

/// The rows of `batch` for each of `shards`, in input order; `None` where a shard gets none.
pub fn partition(batch: &ChangeBatch, keys: &[usize], shards: usize) -> Result<Vec<Option<ChangeBatch>>> {
    let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); shards];
    for (row, hash) in hash_rows(batch.rows(), keys)?.into_iter().enumerate() {
        rows_of[KeyGroup::of_hash(hash).shard(shards)].push(row as u32);
    }
    rows_of
        .into_iter()
        .map(|rows| match rows.len() {
            0 => Ok(None),
            n if n == batch.num_rows() => Ok(Some(batch.clone())),
            _ => batch.take(&UInt32Array::from(rows)).map(Some),
        })
        .collect()
}
