//! A join of two streams whose times lie within bounds of each other.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, JoinKind, Names, TimeDomain};
use crate::lineage::Origins;
use crate::state_layout::{below_key, key_columns};
use crate::{Expr, fingerprint};

/// Event-time interval join: `left.time` in `[right.time + lower, right.time + upper]`. Output: left ++ right columns.
///
/// Source: Flink `IntervalJoinUtil`, `TimeIntervalJoin`; rules in flink-semantics §4.
#[derive(Clone, Debug)]
pub struct IntervalJoin {
    pub kind: JoinKind,
    pub domain: TimeDomain,
    /// Rowtime columns of either side (positions in that side).
    pub left_time: usize,
    pub right_time: usize,
    /// Bounds of left time relative to right time, ms, inclusive.
    pub lower_ms: i64,
    pub upper_ms: i64,
    /// Equi-key columns of either side, pairwise; may be empty.
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    /// Other conjuncts, over left ++ right columns.
    pub residual: Option<Expr>,
    /// `table.exec.interval-join.min-cleanup-interval`.
    pub min_cleanup_ms: i64,
    pub matches: Matches,
}

/// Which pairs of a join are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matches {
    All,
    /// Only the first pair of each left row: enough where a keep-first Deduplicate behind the join can never choose
    /// another one. Found by a planning rule; results are those of `All`.
    FirstOfLeftRow,
    /// Of those, only pairs whose left row is earlier than every one already paired under the same key, as far as the
    /// join remembers: enough where that Deduplicate's groups are not finer than the join's keys.
    EarliestOfKey,
}

impl IntervalJoin {
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

impl Describe for IntervalJoin {
    fn name(&self) -> &'static str {
        "IntervalJoin"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let bounds = format!(
            "isRowTime={}, leftLowerBound={}, leftUpperBound={}, leftTimeIndex={}, rightTimeIndex={}",
            self.domain == TimeDomain::EventTime,
            self.lower_ms,
            self.upper_ms,
            self.left_time,
            self.right_time
        );
        let width = names.inputs[0].len();
        let equality =
            |(l, r): (&usize, &usize)| format!("{} = {}", names.output[*l], names.output[width + *r]);
        let mut conditions: Vec<String> = self.left_keys.iter().zip(&self.right_keys).map(equality).collect();
        conditions.extend(self.residual.iter().map(|c| c.text.clone()));
        let mut list = vec![
            ("joinType", self.kind.flink_name().to_owned()),
            ("windowBounds", bounds),
            ("where", conditions.join(" AND ")),
            ("select", names.output.join(", ")),
        ];
        match self.matches {
            Matches::All => {}
            Matches::FirstOfLeftRow => list.push(("matches", "first of each left row".to_owned())),
            Matches::EarliestOfKey => list.push(("matches", "earliest left row of each key".to_owned())),
        }
        list
    }

    fn fingerprint(&self) -> String {
        format!(
            " {} {:?} {:?} time={},{} bounds={}..{} keys={:?}={:?} residual=({})",
            self.kind.flink_name(),
            self.matches,
            self.domain,
            self.left_time,
            self.right_time,
            self.lower_ms,
            self.upper_ms,
            self.left_keys,
            self.right_keys,
            fingerprint::option(&self.residual)
        )
    }
}

impl IntervalJoin {
    /// Equal columns of an input (0 left, 1 right).
    pub fn keys(&self, port: usize) -> &[usize] {
        if port == 0 { &self.left_keys } else { &self.right_keys }
    }

    /// Key -> rows of an input by time: its columns, the time in ms, whether the row has been joined.
    pub fn rows_layout(&self, port: usize, input: &Schema) -> StateLayout {
        let mut columns = input.columns.clone();
        columns.push(Column::new("$time", LogicalType::BigInt, false));
        columns.push(Column::new("$joined", LogicalType::Boolean, false));
        StateLayout {
            form: StateForm::Ordered,
            columns,
            key: self.keys(port).to_vec(),
            order: vec![OrderColumn::ascending(input.len())],
            ttl_ms: 0,
        }
    }

    /// Key -> the time, ms, at which rows of the key are cleaned away next, and the order in which the times were set.
    pub fn timers_layout(&self, port: usize, input: &Schema) -> StateLayout {
        let number = |name: &str| Column::new(name, LogicalType::BigInt, false);
        let columns = vec![number("$time"), number("$order")];
        below_key(&key_columns(input, self.keys(port)), StateForm::One, columns, &[], 0)
    }

    /// One row a shard -> how far it has cleaned either side, ms.
    pub fn expiry_layout(&self) -> StateLayout {
        let number = |name: &str| Column::new(name, LogicalType::BigInt, false);
        let columns = vec![number("place"), number("left"), number("right")];
        StateLayout { form: StateForm::One, columns, key: vec![0], order: Vec::new(), ttl_ms: 0 }
    }
}
