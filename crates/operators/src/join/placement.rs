//! Under which keys the rows of a join are kept whose one side has at most one row ([`Broadcast`]): keys that stand for the
//! key groups of this shard.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use streamsql_core::{ChangeBatch, Error, KeyGroup, KeyGroupRange, MAX_KEY_GROUPS, Port, Result};
use streamsql_plan::Broadcast;
use streamsql_state::hash::hash_rows;
use streamsql_state::tables::{KeyBatch, KeyCodec};

/// Numbers of which some hash into each key group: far more than groups.
const CANDIDATES: i16 = 8_192;

pub struct Placement {
    plan: Broadcast,
    codec: KeyCodec,
    /// For each key group the key that stands for it: the smallest number whose hash lies in the group.
    names: Vec<i16>,
    /// Those of this shard.
    own: Vec<i16>,
}

impl Placement {
    pub fn new(plan: &Broadcast, range: KeyGroupRange) -> Result<Self> {
        let schema = Arc::new(Schema::new(vec![Field::new("key group", DataType::Int16, false)]));
        let mut codec = KeyCodec::new(&schema, &[0])?;
        let names = names(&mut codec)?;
        let own = names[usize::from(range.start)..usize::from(range.end)].to_vec();
        Ok(Self { plan: plan.clone(), codec, names, own })
    }

    /// How many rows of an input to take at once, so that they do not become too many.
    pub fn piece(&self, port: Port, most: usize) -> usize {
        if port == self.plan.single { (most / self.own.len().max(1)).max(1) } else { usize::MAX }
    }

    /// The rows as they are kept, with their keys: a single row once for each key group of this shard.
    pub fn place(&mut self, port: Port, batch: &ChangeBatch, keys: &mut KeyBatch) -> Result<ChangeBatch> {
        let (placed, groups) = if port == self.plan.single {
            let rows = (0..batch.num_rows() as u32).flat_map(|row| std::iter::repeat_n(row, self.own.len()));
            let placed = batch.take(&UInt32Array::from_iter_values(rows))?;
            (placed, (0..batch.num_rows()).flat_map(|_| self.own.iter().copied()).collect())
        } else {
            let hashes = hash_rows(batch.rows(), &self.plan.placed_by)?;
            let group = |hash| self.names[usize::from(KeyGroup::of_hash(hash).0)];
            (batch.clone(), hashes.into_iter().map(group).collect::<Vec<i16>>())
        };
        let groups: ArrayRef = Arc::new(Int16Array::from(groups));
        self.codec.encode_columns(&[groups], placed.num_rows(), keys)?;
        Ok(placed)
    }
}

/// For each key group the smallest number that hashes into it. The hash never changes, so neither do these.
fn names(codec: &mut KeyCodec) -> Result<Vec<i16>> {
    let candidates: ArrayRef = Arc::new(Int16Array::from_iter_values(0..CANDIDATES));
    let mut keys = KeyBatch::default();
    codec.encode_columns(&[candidates], CANDIDATES as usize, &mut keys)?;
    let mut names: Vec<Option<i16>> = vec![None; usize::from(MAX_KEY_GROUPS)];
    for number in 0..CANDIDATES {
        names[usize::from(keys.key_group(number as usize).0)].get_or_insert(number);
    }
    let names: Option<Vec<i16>> = names.into_iter().collect();
    names.ok_or_else(|| Error::internal("no number stands for a key group"))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, RecordBatch};

    use super::*;

    fn rows(values: &[i64]) -> ChangeBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
        ChangeBatch::inserts(RecordBatch::try_from_iter([("n", column)]).unwrap())
    }

    #[test]
    fn every_shard_keeps_its_own_key_groups() {
        let plan = Broadcast { single: 1, placed_by: vec![0] };
        let batch = rows(&(0..500).collect::<Vec<_>>());
        for shards in [1, 2, 3, 128] {
            let (mut singles, mut others) = (0, 0);
            for shard in 0..shards {
                let range = KeyGroupRange::of_shard(shard, shards);
                let mut placement = Placement::new(&plan, range).unwrap();
                let mut keys = KeyBatch::default();
                let placed = placement.place(1, &rows(&[7]), &mut keys).unwrap();
                assert_eq!(placed.num_rows(), keys.len());
                assert!((0..keys.len()).all(|key| range.contains(keys.key_group(key))));
                singles += keys.len();
                // A row is kept in the key group that its exchange sends it by.
                let mine: Vec<u32> = hash_rows(batch.rows(), &[0])
                    .unwrap()
                    .into_iter()
                    .zip(0..)
                    .filter(|(hash, _)| range.contains(KeyGroup::of_hash(*hash)))
                    .map(|(_, row)| row)
                    .collect();
                let mine = batch.take(&UInt32Array::from(mine)).unwrap();
                let placed = placement.place(0, &mine, &mut keys).unwrap();
                assert!((0..keys.len()).all(|key| range.contains(keys.key_group(key))));
                others += placed.num_rows();
            }
            assert_eq!((singles, others), (usize::from(MAX_KEY_GROUPS), 500));
        }
    }

    #[test]
    fn the_names_of_key_groups_are_those_of_stored_state() {
        let schema = Arc::new(Schema::new(vec![Field::new("key group", DataType::Int16, false)]));
        let names = names(&mut KeyCodec::new(&schema, &[0]).unwrap()).unwrap();
        assert_eq!(names[..8], [33, 139, 190, 57, 27, 117, 293, 107]);
    }
}
