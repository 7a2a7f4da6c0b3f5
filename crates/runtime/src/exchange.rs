//! Cutting a batch by the shard that owns each row's key.

use arrow::array::UInt32Array;
use streamsql_core::{ChangeBatch, KeyGroup, Result};
use streamsql_state::hash::hash_rows;
use streamsql_state::tables::hash_key;

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

/// The shard that gets all rows of a stream without a key: the owner of the key without columns, under which operators
/// keep the state of such rows.
pub fn owner_of_all(shards: usize) -> usize {
    KeyGroup::of_hash(hash_key(&[])).shard(shards)
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use arrow::array::RecordBatchOptions;
    use arrow::datatypes::Schema;
    use streamsql_core::KeyGroupRange;

    use super::*;

    #[test]
    fn rows_without_a_key_go_where_their_state_is() {
        let one = RecordBatchOptions::new().with_row_count(Some(1));
        let row = RecordBatch::try_new_with_options(Schema::empty().into(), vec![], &one).unwrap();
        let group = KeyGroup::of_hash(hash_rows(&row, &[]).unwrap()[0]);
        for shards in 1..=128 {
            assert!(KeyGroupRange::of_shard(owner_of_all(shards), shards).contains(group), "{shards} shards");
        }
    }
}
