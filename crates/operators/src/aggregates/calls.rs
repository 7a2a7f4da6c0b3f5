//! The calls of an operator: their filters, DISTINCT values and accumulators.

use std::ops::Range;

use arrow::array::ArrayRef;
use streamsql_core::{KeyGroupRange, Result, Schema, StateTable};
use streamsql_plan::{
    AggregateCall, AggregateFunction, AggregateTable, AggregateTableUse, GroupAggregate, WindowAggregate,
};
use streamsql_state::tables::KeyBatch;

use super::{Aggregate, Changes, DistinctCalls, Made, make};

/// All calls of an operator.
pub struct Calls {
    /// Columns of the input.
    width: usize,
    /// Those that the calls read.
    columns: Vec<usize>,
    /// Whether some values stand in tables of their own, from which those of a window that is over must be taken.
    pub keeps_values: bool,
    distinct: DistinctCalls,
    aggregates: Vec<Served>,
    /// Flink puts the lists of some windows' slices together from the newest to the oldest.
    lists_newest_first: bool,
}

/// Calls that one aggregate serves: one, or several that keep the same values.
struct Served {
    aggregate: Box<dyn Aggregate>,
    positions: Vec<usize>,
    filter: Option<usize>,
    /// Their columns among the accumulators.
    columns: Range<usize>,
    is_list: bool,
}

impl Calls {
    /// The calls of groups; accumulators are the columns behind the key of the first table.
    pub fn of_groups(
        node: &GroupAggregate,
        input: &Schema,
        tables: &[AggregateTable],
        range: KeyGroupRange,
    ) -> Result<Self> {
        let offsets = node.accumulator_offsets(input).into_iter().map(|at| at - node.keys.len());
        Self::new(&node.calls, input, node.input_updates, tables, &offsets.collect::<Vec<_>>(), range)
    }

    /// The calls of groups in windows; accumulators are the columns behind those of the window.
    pub fn of_windows(
        node: &WindowAggregate,
        input: &Schema,
        tables: &[AggregateTable],
        range: KeyGroupRange,
    ) -> Result<Self> {
        let offsets = node.accumulator_offsets(input);
        let calls = Self::new(&node.calls, input, node.input_updates, tables, &offsets, range)?;
        Ok(Self { lists_newest_first: node.lists_newest_first(), ..calls })
    }

    /// `offsets` tell where each call's columns begin among the accumulators, then their end.
    fn new(
        calls: &[AggregateCall],
        input: &Schema,
        retracts: bool,
        tables: &[AggregateTable],
        offsets: &[usize],
        range: KeyGroupRange,
    ) -> Result<Self> {
        let mut aggregates = Vec::with_capacity(calls.len());
        for (position, call) in calls.iter().enumerate() {
            let made = make(calls, position, input, retracts, tables, range)?;
            let Some(Made { aggregate, positions }) = made else { continue };
            aggregates.push(Served {
                aggregate,
                positions,
                filter: call.filter,
                columns: offsets[position]..offsets[position + 1],
                is_list: call.function == AggregateFunction::ListAgg,
            });
        }
        let distinct = DistinctCalls::new(calls, retracts, tables, range)?;
        let mut columns: Vec<usize> =
            calls.iter().flat_map(|call| call.arguments.iter().copied().chain(call.filter)).collect();
        columns.sort_unstable();
        columns.dedup();
        let of_values = |table: &AggregateTable| {
            matches!(table.serves, AggregateTableUse::Distinct(_) | AggregateTableUse::Values(_))
        };
        Ok(Self {
            width: input.len(),
            columns,
            keeps_values: tables.iter().any(of_values),
            distinct,
            aggregates,
            lists_newest_first: false,
        })
    }

    /// Takes over what the groups have.
    pub fn begin(&mut self, keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        self.distinct.begin(keys)?;
        let begin = |served: &mut Served| served.aggregate.begin(keys, &accumulators[served.columns.clone()]);
        self.aggregates.iter_mut().try_for_each(begin)
    }

    /// Adds rows and takes rows back.
    pub fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let rows = changes.rows.len();
        if rows == 0 {
            return Ok(());
        }
        // Values are encoded a batch at a time: what a few rows of it cost must not grow with the batch.
        if rows <= changes.batch.num_rows() / 4 && self.keeps_values {
            let few = changes.apart(&self.columns)?;
            let all: Vec<u32> = (0..rows as u32).collect();
            return self.add(keys, &few.changes(&all));
        }
        self.add(keys, changes)
    }

    fn add(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        self.distinct.update(keys, changes)?;
        let mut kept = Vec::new();
        for served in &mut self.aggregates {
            let rows = match (self.distinct.seen(served.positions[0]), served.filter) {
                (Some(seen), _) => seen,
                (None, Some(filter)) => {
                    changes.where_true(filter, &mut kept)?;
                    kept.as_slice()
                }
                (None, None) => changes.rows,
            };
            served.aggregate.update(keys, &changes.of(rows))?;
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
        for served in &mut self.aggregates {
            match self.distinct.seen_of(served.positions[0], &merged) {
                Some(changes) => served.aggregate.update(keys, &changes)?,
                None if served.is_list && self.lists_newest_first => {
                    served.aggregate.merge(keys, &backwards)?
                }
                None => served.aggregate.merge(keys, pairs)?,
            }
        }
        Ok(())
    }

    /// Forgets what a group has.
    pub fn reset(&mut self, group: usize) {
        self.distinct.reset(group);
        self.aggregates.iter_mut().for_each(|served| served.aggregate.reset(group));
    }

    /// For each call the results of all groups.
    pub fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let mut results: Vec<(usize, ArrayRef)> = Vec::new();
        for served in &mut self.aggregates {
            results.extend(served.positions.iter().copied().zip(served.aggregate.results()?));
        }
        // Calls that share their values stand together here.
        results.sort_by_key(|(position, _)| *position);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    /// What `begin` gets next time.
    pub fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        let mut columns = Vec::new();
        for served in &mut self.aggregates {
            columns.extend(served.aggregate.accumulators()?);
        }
        Ok(columns)
    }

    /// In the order of the plan: distinct values, then values of calls.
    pub fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = self.distinct.tables().collect();
        tables.extend(self.aggregates.iter_mut().filter_map(|served| served.aggregate.table()));
        tables
    }

    pub fn set_now(&mut self, now_ms: i64) {
        self.distinct.set_now(now_ms);
        self.aggregates.iter_mut().for_each(|served| served.aggregate.set_now(now_ms));
    }
}
