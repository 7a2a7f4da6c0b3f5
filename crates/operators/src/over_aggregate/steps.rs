//! In which order rows leave and enter frames.

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use streamsql_core::Result;
use streamsql_state::tables::KeyBatch;

/// Rows of one key that get the same values, and those that leave the frame before: positions in the lists of [`Steps`].
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Of the rows that leave.
    pub leaving: std::ops::Range<usize>,
    /// Of the rows that come, in the batch.
    pub coming: Vec<u32>,
}

/// The steps of each key of a batch, in order.
pub struct Steps(pub Vec<Vec<Step>>);

/// What happens in one round, in which every key takes at most one step.
pub struct Round {
    pub batch: RecordBatch,
    pub groups: Vec<u32>,
    pub retracts: Vec<bool>,
}

impl Steps {
    /// The rows of a batch as steps: one a row, or with `times` one for all rows of a key that are behind each other and
    /// have the same time.
    pub fn of(keys: &KeyBatch, times: Option<&[i64]>) -> Self {
        let mut steps: Vec<Vec<Step>> = vec![Vec::new(); keys.len()];
        for (row, id) in keys.ids().iter().enumerate() {
            let of_key = &mut steps[*id as usize];
            let together = |step: &Step| {
                times.is_some_and(|times| {
                    step.coming.first().is_some_and(|first| times[*first as usize] == times[row])
                })
            };
            match of_key.last_mut().filter(|step| together(step)) {
                Some(step) => step.coming.push(row as u32),
                None => of_key.push(Step { leaving: 0..0, coming: vec![row as u32] }),
            }
        }
        Self(steps)
    }

    /// Rounds with the rows of `coming` and `leaving`, if any leave; each is a part of one batch that is put together
    /// once.
    pub fn rounds(&self, coming: &RecordBatch, leaving: Option<&RecordBatch>) -> Result<Vec<Round>> {
        let count = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let (mut order, mut groups, mut retracts) = (Vec::new(), Vec::new(), Vec::new());
        let mut ends = Vec::with_capacity(count);
        let width = coming.num_rows();
        for round in 0..count {
            for (group, steps) in self.0.iter().enumerate() {
                let Some(step) = steps.get(round) else { continue };
                for row in step.leaving.clone() {
                    order.push((width + row) as u32);
                    retracts.push(true);
                }
                for row in &step.coming {
                    order.push(*row);
                    retracts.push(false);
                }
                groups.resize(order.len(), group as u32);
            }
            ends.push(order.len());
        }
        let all = match leaving {
            Some(leaving) => concat_batches(&coming.schema(), [coming, leaving])?,
            None => coming.clone(),
        };
        let all = take_record_batch(&all, &UInt32Array::from(order))?;
        let mut start = 0;
        let round = |end: usize| {
            let length = end - start;
            let round = Round {
                batch: all.slice(start, length),
                groups: groups[start..end].to_vec(),
                retracts: retracts[start..end].to_vec(),
            };
            start = end;
            round
        };
        Ok(ends.into_iter().map(round).collect())
    }
}

/// Keys apart by how many rows they have, to a power of two: rounds over few keys with many rows then cost nothing for the
/// many with few. Rows of the batch in order, a list for each class.
pub fn classes(keys: &KeyBatch) -> Vec<Vec<u32>> {
    let mut counts = vec![0usize; keys.len()];
    keys.ids().iter().for_each(|id| counts[*id as usize] += 1);
    let rounds = counts.iter().max().copied().unwrap_or(0);
    let rows = keys.rows();
    if rounds * keys.len() <= 4 * rows {
        return vec![(0..rows as u32).collect()];
    }
    let class = |id: u32| counts[id as usize].ilog2() as usize;
    let mut classes = vec![Vec::new(); rounds.ilog2() as usize + 1];
    for (row, id) in keys.ids().iter().enumerate() {
        classes[class(*id)].push(row as u32);
    }
    classes.retain(|rows| !rows.is_empty());
    classes
}
