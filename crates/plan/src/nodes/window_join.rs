//! A join of two streams by window.

use streamsql_core::{Column, LogicalType, OrderColumn, Schema, StateForm, StateLayout};

use super::{Attributes, Describe, JoinKind, Names};
use crate::lineage::Origins;
use crate::state_layout::{below_key, key_columns};
use crate::windowing::Windowing;
use crate::{Expr, fingerprint};

/// Rows of equal keys in equal windows, joined when the window is complete. Output: left ++ right columns, of a semi or
/// anti join the left ones.
///
/// Source: Flink `StreamExecWindowJoin`, `WindowJoinOperator`.
#[derive(Clone, Debug)]
pub struct WindowJoin {
    pub kind: JoinKind,
    /// The windows of both sides.
    pub windowing: Windowing,
    /// Columns of either side with the start and the end of the window (positions in that side).
    pub left_window: (usize, usize),
    pub right_window: (usize, usize),
    /// Equi-key columns of either side beside the window, pairwise; may be empty.
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    /// Other conjuncts, over left ++ right columns.
    pub residual: Option<Expr>,
}

impl WindowJoin {
    /// Equal columns of an input (0 left, 1 right), beside the window.
    pub fn keys(&self, port: usize) -> &[usize] {
        if port == 0 { &self.left_keys } else { &self.right_keys }
    }

    /// The columns of an input with the start and the end of its window.
    pub fn window(&self, port: usize) -> (usize, usize) {
        if port == 0 { self.left_window } else { self.right_window }
    }

    /// Key -> rows of an input by the time at which their window is complete: its columns, that time in ms, and whether
    /// the row was sent when all inputs had ended (0 no, 1 without a match, 2 with one).
    pub fn rows_layout(&self, port: usize, input: &Schema) -> StateLayout {
        let mut columns = input.columns.clone();
        columns.push(Column::new("$time", LogicalType::BigInt, false));
        columns.push(Column::new("$sent", LogicalType::BigInt, false));
        StateLayout {
            form: StateForm::Ordered,
            columns,
            key: self.keys(port).to_vec(),
            order: vec![OrderColumn::ascending(input.len())],
            ttl_ms: 0,
        }
    }

    /// Key -> the time at which its next window is complete, and the order in which the times were set.
    pub fn times_layout(&self, left: &Schema) -> StateLayout {
        let number = |name: &str| Column::new(name, LogicalType::BigInt, true);
        let columns = vec![number("$time"), number("$order")];
        below_key(&key_columns(left, &self.left_keys), StateForm::One, columns, &[], 0)
    }

    /// How far event time has come, one row a key group.
    pub fn progress_layout(&self) -> StateLayout {
        let number = |name: &str| Column::new(name, LogicalType::BigInt, true);
        let columns = vec![number("place"), number("time")];
        StateLayout { form: StateForm::One, columns, key: vec![0], order: Vec::new(), ttl_ms: 0 }
    }
}

impl WindowJoin {
    /// For its lineage: with columns by where they come from.
    pub(crate) fn by_origin(&self, origins: &Origins) -> Self {
        let window = |port: usize| {
            let (start, end) = self.window(port);
            (origins.column(port, start), origins.column(port, end))
        };
        Self {
            left_window: window(0),
            right_window: window(1),
            left_keys: origins.columns(0, &self.left_keys),
            right_keys: origins.columns(1, &self.right_keys),
            residual: origins.condition(&self.residual),
            ..self.clone()
        }
    }
}

impl Describe for WindowJoin {
    fn name(&self) -> &'static str {
        "WindowJoin"
    }

    fn attributes(&self, names: &Names) -> Attributes {
        let window = |port: usize| {
            let (start, end) = self.window(port);
            let input = &names.inputs[port];
            let over = format!("win_start=[{}], win_end=[{}]", input[start], input[end]);
            self.windowing.spec.describe(&over)
        };
        let width = names.inputs[0].len();
        let both: Vec<&String> = names.inputs.iter().flatten().collect();
        let equality = |(l, r): (&usize, &usize)| format!("{} = {}", both[*l], both[width + *r]);
        let mut conditions: Vec<String> = self.left_keys.iter().zip(&self.right_keys).map(equality).collect();
        conditions.extend(self.residual.iter().map(|c| c.text.clone()));
        vec![
            ("leftWindow", window(0)),
            ("rightWindow", window(1)),
            ("joinType", self.kind.flink_name().to_owned()),
            ("where", conditions.join(" AND ")),
            ("select", names.output.join(", ")),
        ]
    }

    fn fingerprint(&self) -> String {
        format!(
            " {} {} windows={:?}={:?} keys={:?}={:?} residual=({})",
            self.kind.flink_name(),
            self.windowing.fingerprint(),
            self.left_window,
            self.right_window,
            self.left_keys,
            self.right_keys,
            fingerprint::option(&self.residual)
        )
    }
}
