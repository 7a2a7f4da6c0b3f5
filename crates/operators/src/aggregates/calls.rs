//! The calls of an operator over windows: their filters, DISTINCT values and accumulators.

use std::ops::Range;

use arrow::array::ArrayRef;
use streamsql_core::{KeyGroupRange, Result, Schema, StateTable};
use streamsql_plan::{AggregateFunction, WindowAggregate};
use streamsql_state::tables::KeyBatch;

use super::{Aggregate, Changes, DistinctCalls, make};

/// All calls of a window aggregate.
pub struct Calls {
    /// Columns of the input.
    width: usize,
    distinct: DistinctCalls,
    calls: Vec<Call>,
}

struct Call {
    aggregate: Box<dyn Aggregate>,
    filter: Option<usize>,
    /// Its columns among the accumulators.
    columns: Range<usize>,
    /// Flink puts the lists of slices together from the newest to the oldest.
    newest_first: bool,
}

impl Calls {
    pub fn new(node: &WindowAggregate, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        let (tables, offsets) = (node.tables(input), node.accumulator_offsets(input));
        let distinct = DistinctCalls::new(&node.calls, node.input_updates, &tables, range)?;
        let call = |i: usize| {
            let call = &node.calls[i];
            Ok(Call {
                aggregate: make(call, i, input, node.input_updates, &tables, range)?,
                filter: call.filter,
                columns: offsets[i]..offsets[i + 1],
                newest_first: call.function == AggregateFunction::ListAgg && node.lists_newest_first(),
            })
        };
        let calls = (0..node.calls.len()).map(call).collect::<Result<_>>()?;
        Ok(Self { width: input.len(), distinct, calls })
    }

    /// Whether some values stand in tables of their own, from which those of a window that is over must be taken.
    pub fn keeps_values(&mut self) -> bool {
        !self.distinct.is_empty() || self.calls.iter_mut().any(|call| call.aggregate.table().is_some())
    }

    /// Takes over what the groups have: their keys are keys in windows, one a group.
    pub fn begin(&mut self, keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        self.distinct.begin(keys)?;
        let begin = |call: &mut Call| call.aggregate.begin(keys, &accumulators[call.columns.clone()]);
        self.calls.iter_mut().try_for_each(begin)
    }

    /// Adds rows and takes rows back.
    pub fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        if changes.rows.is_empty() {
            return Ok(());
        }
        self.distinct.update(keys, changes)?;
        let mut kept = Vec::new();
        for (number, call) in self.calls.iter_mut().enumerate() {
            let rows = match (self.distinct.seen(number), call.filter) {
                (Some(seen), _) => seen,
                (None, Some(filter)) => {
                    changes.where_true(filter, &mut kept)?;
                    kept.as_slice()
                }
                (None, None) => changes.rows,
            };
            call.aggregate.update(keys, &changes.of(rows))?;
        }
        Ok(())
    }

    /// Adds to groups what others have, in this order. Values that several have count once in DISTINCT calls.
    pub fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        if pairs.is_empty() {
            return Ok(());
        }
        let backwards: Vec<(u32, u32)> = pairs.iter().rev().copied().collect();
        let merged = self.distinct.merge(keys, pairs, self.width)?;
        for (number, call) in self.calls.iter_mut().enumerate() {
            match self.distinct.seen_of(number, &merged) {
                Some(changes) => call.aggregate.update(keys, &changes)?,
                None => call.aggregate.merge(keys, if call.newest_first { &backwards } else { pairs })?,
            }
        }
        Ok(())
    }

    /// Forgets what a group has.
    pub fn reset(&mut self, group: usize) {
        self.distinct.reset(group);
        self.calls.iter_mut().for_each(|call| call.aggregate.reset(group));
    }

    /// The results of all groups.
    pub fn results(&mut self) -> Result<Vec<ArrayRef>> {
        self.calls.iter_mut().map(|call| call.aggregate.results()).collect()
    }

    /// What `begin` gets next time.
    pub fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        let mut columns = Vec::new();
        for call in &mut self.calls {
            columns.extend(call.aggregate.accumulators()?);
        }
        Ok(columns)
    }

    pub fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = self.distinct.tables().collect();
        tables.extend(self.calls.iter_mut().filter_map(|call| call.aggregate.table()));
        tables
    }
}
