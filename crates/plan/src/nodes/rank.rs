//! The first rows of each partition in an order.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, Names};
use crate::lineage::Origins;

/// Which of Flink's operators it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankForm {
    /// ROW_NUMBER() under a bound.
    Rank,
    /// ORDER BY with LIMIT.
    SortLimit,
    /// LIMIT alone: order of arrival.
    Limit,
}

/// The numbers, from 1, whose rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankRange {
    Constant {
        from: i64,
        to: i64,
    },
    /// From 1 to the value of a column of the input; the first row of a partition decides for all (Flink
    /// `VariableRankRange`).
    Variable(usize),
}

/// What is known of the input, and so what must be kept of it (Flink `RankProcessStrategy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RankStrategy {
    /// Rows are never taken back: those that are not shown are never needed.
    AppendFast,
    /// Rows with an equal key replace each other and only move up.
    UpdateFast(Vec<usize>),
    /// Any changes: all rows are kept.
    Retract,
}

/// Rows whose number in the order of their partition is within a range; equal ones stand in the order of their arrival.
/// Output: the input's columns, then the number where it is shown.
///
/// Source: Flink `StreamExecRank`, `StreamExecSortLimit`, `StreamExecLimit`.
#[derive(Clone, Debug)]
pub struct Rank {
    pub form: RankForm,
    /// Columns of the input; empty for one partition of all rows.
    pub partition: Vec<usize>,
    pub order: Vec<OrderColumn>,
    pub range: RankRange,
    /// Whether the number is a column of the output.
    pub number: bool,
    pub strategy: RankStrategy,
    /// Append-only rows in the order of their arrival: only counted (Flink `AppendOnlyFirstNFunction`).
    pub counts: bool,
    /// Whether `-U` rows are wanted downstream.
    pub emit_update_before: bool,
    /// `table.exec.state.ttl`, 0 = keep.
    pub ttl_ms: i64,
}

impl Rank {
    /// Whether only the first row of each partition is shown.
    pub fn is_first(&self) -> bool {
        self.range == RankRange::Constant { from: 1, to: 1 }
    }

    /// Partition -> its rows in order.
    pub fn rows(&self, input: &Schema) -> StateLayout {
        // All rows of a partition are equal in its own columns.
        let order = self.order.iter().filter(|order| !self.partition.contains(&order.column)).copied();
        StateLayout {
            form: StateForm::Ordered,
            columns: input.columns.clone(),
            key: self.partition.clone(),
            order: order.collect(),
            ttl_ms: self.ttl_ms,
        }
    }

    /// Partition -> a number: of rows counted, or the last one that is shown.
    pub fn numbers(&self, input: &Schema) -> StateLayout {
        let mut columns: Vec<Column> = self.partition.iter().map(|key| input.columns[*key].clone()).collect();
        columns.push(Column::new("number", LogicalType::BigInt, true));
        StateLayout {
            form: StateForm::One,
            columns,
            key: (0..self.partition.len()).collect(),
            order: Vec::new(),
            ttl_ms: self.ttl_ms,
        }
    }
}

/// The columns of an order with their directions.
pub(super) fn order_by(order: &[OrderColumn], input: &[String]) -> String {
    let key = |order: &OrderColumn| {
        let direction = if order.descending { "DESC" } else { "ASC" };
        // NULL is the lowest value.
        let nulls = match (order.nulls_last, order.descending) {
            (true, false) => " NULLS LAST",
            (false, true) => " NULLS FIRST",
            _ => "",
        };
        format!("{} {direction}{nulls}", input[order.column])
    };
    order.iter().map(key).collect::<Vec<_>>().join(", ")
}

impl Rank {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self {
            partition: origins.columns(0, &self.partition),
            order: origins.order(0, &self.order),
            range: match self.range {
                RankRange::Variable(column) => RankRange::Variable(origins.column(0, column)),
                constant => constant,
            },
            strategy: match &self.strategy {
                RankStrategy::UpdateFast(key) => RankStrategy::UpdateFast(origins.set(0, key)),
                other => other.clone(),
            },
            ..self.clone()
        }
    }
}

impl Describe for Rank {
    fn name(&self) -> &'static str {
        match self.form {
            RankForm::Rank => "Rank",
            RankForm::SortLimit => "SortLimit",
            RankForm::Limit => "Limit",
        }
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let strategy = match &self.strategy {
            RankStrategy::AppendFast => "AppendFastStrategy".to_owned(),
            RankStrategy::UpdateFast(key) => format!("UpdateFastStrategy[{}]", names.of_input(0, key)),
            RankStrategy::Retract => "RetractStrategy".to_owned(),
        };
        // Processing time orders rows as they arrive.
        let order = match self.order.as_slice() {
            [] => "PROCTIME".to_owned(),
            order => order_by(order, &names.inputs[0]),
        };
        let order = ("orderBy", order);
        if let (RankForm::SortLimit | RankForm::Limit, RankRange::Constant { from, to }) =
            (self.form, self.range)
        {
            let bounds = [("offset", (from - 1).to_string()), ("fetch", (to - from + 1).to_string())];
            let order = (self.form == RankForm::SortLimit).then_some(order);
            return order.into_iter().chain(bounds).chain([("strategy", strategy)]).collect();
        }
        let range = match self.range {
            RankRange::Constant { from, to } => format!("rankStart={from}, rankEnd={to}"),
            RankRange::Variable(column) => format!("rankEnd={}", names.inputs[0][column]),
        };
        let mut list = vec![
            ("strategy", strategy),
            ("rankType", "ROW_NUMBER".to_owned()),
            ("rankRange", range),
            ("partitionBy", names.of_input(0, &self.partition)),
            order,
        ];
        list.retain(|(name, value)| *name != "partitionBy" || !value.is_empty());
        list.push(("select", names.output.join(", ")));
        list
    }

    fn fingerprint(&self) -> String {
        let Self { partition, order, range, number, strategy, counts, .. } = self;
        // Rows beyond the range are gone where they were never needed.
        format!(" keys={partition:?} order={order:?} {range:?} number={number} {strategy:?} counts={counts}")
    }
}
