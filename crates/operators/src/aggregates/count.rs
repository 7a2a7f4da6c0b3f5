//! COUNT: rows, or rows whose arguments are all not NULL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array};
use streamsql_core::Result;
use streamsql_state::tables::KeyBatch;

use super::{Aggregate, Changes, downcast};

/// Rows whose arguments are all not NULL (Flink `CountAggFunction`, `Count1AggFunction`).
pub struct Count {
    arguments: Vec<usize>,
    counts: Vec<i64>,
    kept: Vec<u32>,
}

impl Count {
    pub fn new(arguments: Vec<usize>) -> Self {
        Self { arguments, counts: Vec::new(), kept: Vec::new() }
    }
}

/// Counts, 0 for NULL.
pub fn load_counts(array: &ArrayRef, counts: &mut Vec<i64>) -> Result<()> {
    let array = downcast::<Int64Array>(array)?;
    counts.clear();
    match array.null_count() {
        0 => counts.extend_from_slice(array.values()),
        _ => counts.extend(array.iter().map(Option::unwrap_or_default)),
    }
    Ok(())
}

/// Adds the counts of the first groups of pairs to those of the second ones.
pub fn add_counts(counts: &mut [i64], pairs: &[(u32, u32)]) {
    for (from, into) in pairs {
        counts[*into as usize] += counts[*from as usize];
    }
}

pub fn count_array(counts: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(counts.to_vec()))
}

impl Aggregate for Count {
    fn begin(&mut self, _keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        load_counts(&accumulators[0], &mut self.counts)
    }

    fn update(&mut self, _keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let mut kept = std::mem::take(&mut self.kept);
        changes.with_values(&self.arguments, &mut kept);
        for (_, group, sign) in changes.of(&kept).iter() {
            self.counts[group] += sign;
        }
        self.kept = kept;
        Ok(())
    }

    fn merge(&mut self, _keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        add_counts(&mut self.counts, pairs);
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.counts[group] = 0;
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![count_array(&self.counts)])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![count_array(&self.counts)])
    }
}
