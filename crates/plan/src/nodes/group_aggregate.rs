//! GROUP BY without a window.

use std::fmt::Write;

use streamsql_core::{Column, LogicalType, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names};
use crate::aggregate_call::{Accumulator, AggregateCall};
use crate::state_layout::{below_key, key_columns};

/// Aggregates of each group, updated with every change. Output: the keys, then the calls.
///
/// Source: Flink `StreamExecGroupAggregate`, `GroupAggFunction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAggregate {
    /// Columns of the input; empty for one group of all rows.
    pub keys: Vec<usize>,
    pub calls: Vec<AggregateCall>,
    /// Whether the input takes rows back.
    pub input_updates: bool,
    /// Whether `-U` rows are wanted downstream.
    pub emit_update_before: bool,
    /// Whether the results after every row are told, in the order of the rows: somebody downstream tells equal rows apart
    /// by their arrival. Else one change a group and batch.
    pub every_change: bool,
    /// `table.exec.state.ttl`, 0 = keep.
    pub ttl_ms: i64,
}

/// A state table of a group aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateTable {
    pub name: String,
    pub serves: AggregateTableUse,
    pub layout: StateLayout,
}

/// What a table of a group aggregate is for. Calls are given by their positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AggregateTableUse {
    /// The row count where the input updates, then the columns of every call's accumulator.
    Accumulators,
    /// How far event time has come, one row a key group; of window aggregates only.
    Progress,
    /// Values of the DISTINCT calls that `distinct_calls` puts together.
    Distinct(Vec<usize>),
    /// The values of the calls that `value_calls` puts together.
    Values(Vec<usize>),
}

impl GroupAggregate {
    /// Column of the accumulators, behind the keys, where a call's own columns begin; for all calls, then the end.
    pub fn accumulator_offsets(&self, input: &Schema) -> Vec<usize> {
        let mut at = self.keys.len() + usize::from(self.input_updates);
        let mut offsets = vec![at];
        for call in &self.calls {
            at += call.accumulator(input, self.input_updates).columns.len();
            offsets.push(at);
        }
        offsets
    }

    /// The tables that it keeps, in their order: accumulators, distinct values, values of calls.
    pub fn tables(&self, input: &Schema) -> Vec<AggregateTable> {
        let keys = key_columns(input, &self.keys);
        let below = |form, columns, order: &[usize]| below_key(&keys, form, columns, order, self.ttl_ms);
        let count = self.input_updates.then(|| Column::new("rows", LogicalType::BigInt, true));
        let accumulators: Vec<_> =
            self.calls.iter().map(|call| call.accumulator(input, self.input_updates)).collect();
        let columns = count.into_iter().chain(accumulators.iter().flat_map(|a| a.columns.clone())).collect();
        let mut tables = vec![AggregateTable {
            name: "accumulators".to_owned(),
            serves: AggregateTableUse::Accumulators,
            layout: below(StateForm::One, columns, &[]),
        }];
        tables.extend(call_tables(&self.calls, input, self.input_updates, accumulators, below));
        tables
    }
}

/// The tables of calls beside their accumulators: distinct values, then values; `below` gives a layout below the group.
pub(super) fn call_tables(
    calls: &[AggregateCall],
    input: &Schema,
    retracts: bool,
    accumulators: Vec<Accumulator>,
    below: impl Fn(StateForm, Vec<Column>, &[usize]) -> StateLayout,
) -> Vec<AggregateTable> {
    let mut tables = Vec::new();
    for (i, group) in distinct_calls(calls, retracts).into_iter().enumerate() {
        let columns = calls[group[0]].distinct_columns(input);
        tables.push(AggregateTable {
            name: format!("distinct-{i}"),
            serves: AggregateTableUse::Distinct(group),
            layout: below(StateForm::Counted, columns, &[]),
        });
    }
    let mut values: Vec<_> = accumulators.into_iter().map(|accumulator| accumulator.values).collect();
    for group in value_calls(calls, |call| values[call].is_some()) {
        if let Some((form, columns, order)) = values[group[0]].take() {
            tables.push(AggregateTable {
                name: format!("values-{}", group[0]),
                serves: AggregateTableUse::Values(group),
                layout: below(form, columns, &order),
            });
        }
    }
    tables
}

/// Positions of the calls whose values stand in one table, of those that keep values: MIN and MAX of the same rows are the
/// two ends of one order.
fn value_calls(calls: &[AggregateCall], keeps_values: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, call) in calls.iter().enumerate().filter(|(i, _)| keeps_values(*i)) {
        let same = |group: &&mut Vec<usize>| {
            let first = &calls[group[0]];
            let both = first.is_extreme() && call.is_extreme();
            both && (&first.arguments, first.filter, first.distinct)
                == (&call.arguments, call.filter, call.distinct)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    groups
}

/// Most filters of calls that share their values: a bit of a count each, none of them its sign.
const MOST_FILTERS: usize = 63;

/// Positions of the DISTINCT calls whose values stand in one table: those with equal arguments. Where rows may be taken
/// back, a value is counted under one filter; else a bit of its count stands for each filter (Flink
/// `DistinctAggCodeGen`).
pub(super) fn distinct_calls(calls: &[AggregateCall], retracts: bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, call) in calls.iter().enumerate().filter(|(_, call)| call.distinct) {
        let same = |group: &&mut Vec<usize>| {
            let filters = distinct_filters(group.iter().map(|call| &calls[*call]));
            let takes = filters.contains(&call.filter) || !retracts && filters.len() < MOST_FILTERS;
            calls[group[0]].arguments == call.arguments && takes
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    groups
}

/// The filters of calls that share their values, each once, in the order of the bits that stand for them.
pub fn distinct_filters<'c>(calls: impl Iterator<Item = &'c AggregateCall>) -> Vec<Option<usize>> {
    let mut filters = Vec::new();
    for call in calls {
        if !filters.contains(&call.filter) {
            filters.push(call.filter);
        }
    }
    filters
}

/// What the tables of DISTINCT calls mean beyond their layout: nothing where each has one filter.
pub(super) fn shared_filters(calls: &[AggregateCall], retracts: bool) -> String {
    let groups = distinct_calls(calls, retracts).into_iter();
    let filters = groups.map(|group| distinct_filters(group.iter().map(|call| &calls[*call])));
    let shared: Vec<_> = filters.filter(|filters| filters.len() > 1).collect();
    if shared.is_empty() { String::new() } else { format!(" shared filters={shared:?}") }
}

impl Describe for GroupAggregate {
    fn name(&self) -> &'static str {
        "GroupAggregate"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let (input, output) = (&names.inputs[0], &names.output);
        let keys: Vec<&str> = self.keys.iter().map(|key| input[*key].as_str()).collect();
        let mut select: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        for (call, name) in self.calls.iter().zip(&output[keys.len()..]) {
            select.push(format!("{} AS {name}", call.display(input)));
        }
        let mut list = Vec::new();
        if !keys.is_empty() {
            list.push(("groupBy", keys.join(", ")));
        }
        list.push(("select", select.join(", ")));
        list
    }

    fn fingerprint(&self) -> String {
        let mut text = format!(" keys={:?} updates={}", self.keys, self.input_updates);
        for call in &self.calls {
            let distinct = if call.distinct { "distinct " } else { "" };
            let (name, arguments) = (call.function.name(), &call.arguments);
            let _ = write!(text, " {distinct}{name}{arguments:?} filter={:?}", call.filter);
        }
        text + &shared_filters(&self.calls, self.input_updates)
    }
}
