//! A join of rows with the version of a table that was valid at their time.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, JoinKind, Names};
use crate::Expr;
use crate::lineage::Origins;
use crate::state_layout::{below_key, key_columns};

/// Event-time temporal join: each left row with the right row of its key that has the greatest time not after its own.
/// Output: left columns, then right columns.
///
/// Source: Flink `StreamExecTemporalJoin`, `TemporalRowTimeJoinOperator`.
#[derive(Clone, Debug)]
pub struct TemporalJoin {
    /// Inner, or Left: rows without a version are padded.
    pub kind: JoinKind,
    /// Rowtime columns of either side (positions in that side).
    pub left_time: usize,
    pub right_time: usize,
    /// Equal columns of either side, pairwise, at least one; NULL equals NULL.
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    /// Among the columns of the right side, those that identify a row of the versioned table at any moment.
    pub primary_key: Vec<usize>,
    /// Other conjuncts, over left ++ right columns: the version at the time must satisfy them.
    pub residual: Option<Expr>,
    /// Whether left rows are taken back or changed.
    pub left_updates: bool,
    /// `table.exec.state.ttl`, 0 = keep.
    pub ttl_ms: i64,
}

impl TemporalJoin {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        Self {
            left_time: origins.column(0, self.left_time),
            right_time: origins.column(1, self.right_time),
            left_keys: origins.columns(0, &self.left_keys),
            right_keys: origins.columns(1, &self.right_keys),
            residual: origins.condition(&self.residual),
            ..self.clone()
        }
    }
}

impl Describe for TemporalJoin {
    fn name(&self) -> &'static str {
        "TemporalJoin"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let width = names.inputs[0].len();
        let of_left = |columns: &[usize]| names.of_output(columns);
        let of_right = |columns: &[usize]| {
            names.of_output(&columns.iter().map(|column| width + column).collect::<Vec<_>>())
        };
        let equality =
            |(l, r): (&usize, &usize)| format!("{} = {}", names.output[*l], names.output[width + *r]);
        let mut conditions: Vec<String> = self.left_keys.iter().zip(&self.right_keys).map(equality).collect();
        conditions.push(format!(
            "__TEMPORAL_JOIN_CONDITION({}, {}, __TEMPORAL_JOIN_CONDITION_PRIMARY_KEY({}), \
             __TEMPORAL_JOIN_LEFT_KEY({}), __TEMPORAL_JOIN_RIGHT_KEY({}))",
            of_left(&[self.left_time]),
            of_right(&[self.right_time]),
            of_right(&self.primary_key),
            of_left(&self.left_keys),
            of_right(&self.right_keys),
        ));
        conditions.extend(self.residual.iter().map(|residual| residual.text.clone()));
        vec![
            ("joinType", self.kind.flink_name().to_owned()),
            ("where", conditions.join(" AND ")),
            ("select", names.output.join(", ")),
        ]
    }

    fn fingerprint(&self) -> String {
        format!(
            " {} time={},{} keys={:?}={:?} residual=({}) updates={}",
            self.kind.flink_name(),
            self.left_time,
            self.right_time,
            self.left_keys,
            self.right_keys,
            self.residual.as_ref().map_or("", |residual| residual.canonical.as_str()),
            self.left_updates,
        )
    }
}

impl TemporalJoin {
    /// Equal columns of an input (0 left, 1 right).
    pub fn keys(&self, port: usize) -> &[usize] {
        if port == 0 { &self.left_keys } else { &self.right_keys }
    }

    /// Key -> rows of an input by time: its columns, the time in ms, the kind of the row (`RowKind` as a number).
    pub fn rows_layout(&self, port: usize, input: &Schema) -> StateLayout {
        let mut columns = input.columns.clone();
        columns.push(Column::new("$time", LogicalType::BigInt, false));
        columns.push(Column::new("$kind", LogicalType::TinyInt, false));
        StateLayout {
            form: StateForm::Ordered,
            columns,
            key: self.keys(port).to_vec(),
            order: vec![OrderColumn::ascending(input.len())],
            ttl_ms: 0,
        }
    }

    /// Key -> the event time, ms, at which its rows are looked at next, and the order in which the times were set.
    pub fn timers_layout(&self, left: &Schema) -> StateLayout {
        self.times_by_key(left, "$time")
    }

    /// Key -> the processing time, ms, at which all of the key is dropped, and the order in which the times were set. Only
    /// with a time-to-live.
    pub fn cleanup_layout(&self, left: &Schema) -> StateLayout {
        self.times_by_key(left, "$cleanup")
    }

    fn times_by_key(&self, left: &Schema, time: &str) -> StateLayout {
        let number = |name: &str| Column::new(name, LogicalType::BigInt, false);
        let columns = vec![number(time), number("$order")];
        below_key(&key_columns(left, &self.left_keys), StateForm::One, columns, &[], 0)
    }

    /// Key -> rows that were sent and may be taken back: left ++ right columns, by the `left` first ones. Only where left rows
    /// are taken back.
    pub fn sent_layout(&self, output: &Schema, left: usize) -> StateLayout {
        let order = (0..left).filter(|column| !self.left_keys.contains(column));
        StateLayout {
            form: StateForm::Ordered,
            columns: output.columns.clone(),
            key: self.left_keys.clone(),
            order: order.map(OrderColumn::ascending).collect(),
            ttl_ms: 0,
        }
    }
}
