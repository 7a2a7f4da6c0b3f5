//! The first rows of each partition of a window.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Keep, Names};
use crate::lineage::Origins;
use crate::windowing::Windowing;

/// Rows whose number in the order of their partition and window is within a range, given when the window is complete.
/// Output: the input's columns, then the number where it is shown.
///
/// Source: Flink `StreamExecWindowRank`, `StreamExecWindowDeduplicate`.
#[derive(Clone, Debug)]
pub struct WindowRank {
    pub windows: Windowing,
    /// Columns of the input with the window's start and end; both are in `partition`.
    pub start: usize,
    pub end: usize,
    pub partition: Vec<usize>,
    pub order: Vec<OrderColumn>,
    /// The first and the last number that pass, from 1.
    pub from: i64,
    pub to: i64,
    /// Whether the number is a column of the output.
    pub number: bool,
    /// The first or last row by a time attribute; the last one of equal ones where the last is kept.
    pub keep: Option<Keep>,
}

impl WindowRank {
    /// (Window, partition) -> its rows in order, and whether they were told at the end of a run.
    pub fn rows(&self, input: &Schema) -> StateLayout {
        let order = self.order.iter().filter(|order| !self.partition.contains(&order.column)).copied();
        let told = Column::new("told", LogicalType::BigInt, true);
        StateLayout {
            form: StateForm::Ordered,
            columns: input.columns.iter().cloned().chain([told]).collect(),
            key: self.partition.clone(),
            order: order.collect(),
            ttl_ms: 0,
        }
    }
}

impl WindowRank {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self {
            start: origins.column(0, self.start),
            end: origins.column(0, self.end),
            partition: origins.columns(0, &self.partition),
            order: origins.order(0, &self.order),
            ..self.clone()
        }
    }
}

impl Describe for WindowRank {
    fn name(&self) -> &'static str {
        if self.keep.is_some() { "WindowDeduplicate" } else { "WindowRank" }
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let input = &names.inputs[0];
        let bounds = format!("win_start=[{}], win_end=[{}]", input[self.start], input[self.end]);
        let window = ("window", self.windows.spec.describe(&bounds));
        let others: Vec<usize> =
            self.partition.iter().copied().filter(|key| ![self.start, self.end].contains(key)).collect();
        let mut list = vec![window];
        if let (Some(keep), [time]) = (self.keep, self.order.as_slice()) {
            let kept = if keep == Keep::First { "FirstRow" } else { "LastRow" };
            list.push(("keep", kept.to_owned()));
            list.push(("partitionKeys", names.of_input(0, &others)));
            list.push(("orderKey", input[time.column].clone()));
            list.push(("order", "ROWTIME".to_owned()));
        } else {
            list.push(("rankType", "ROW_NUMBER".to_owned()));
            list.push(("rankRange", format!("rankStart={}, rankEnd={}", self.from, self.to)));
            list.push(("partitionBy", names.of_input(0, &others)));
            list.push(("orderBy", super::rank::order_by(&self.order, input)));
            list.push(("select", names.output.join(", ")));
        }
        list.retain(|(_, value)| !value.is_empty());
        list
    }

    fn fingerprint(&self) -> String {
        let Self { partition, order, from, to, number, keep, end, .. } = self;
        let windows = self.windows.fingerprint();
        format!(
            " keys={partition:?} order={order:?} {from}..{to} number={number} {keep:?} end={end} {windows}"
        )
    }
}
