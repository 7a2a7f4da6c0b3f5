//! WindowJoin: two streams with the same windows, joined window by window (Flink `WindowJoinUtil`,
//! `StreamPhysicalWindowJoinRule`).

use std::collections::BTreeSet;

use streamsql_plan::{JoinKind, NodeKind, StateRetention, StateTable, TimeDomain, WindowShape, Windowing};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, equality, join_type, key_names, only, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::scalar::conjunction;
use crate::logical::{Join, Scalar, joined_columns};
use crate::properties::identity;
use crate::properties::window::Joined;
use crate::prune::{Pruned, prune, split};

#[derive(Clone)]
pub struct WindowJoin {
    pub kind: JoinKind,
    pub windowing: Windowing,
    /// Start and end of the window, by the positions in either side.
    pub left_window: (usize, usize),
    pub right_window: (usize, usize),
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    pub residual: Option<Scalar>,
}

/// # Errors
/// Windows of processing time, which Flink does not join.
pub fn check(same: &Joined) -> Result<(), PlanError> {
    match same.left.windowing().domain {
        TimeDomain::EventTime => Ok(()),
        TimeDomain::ProcessingTime => {
            let error = PlanError::new("a window join by processing time does not exist in Flink");
            Err(error.hint("use windows over a column with a watermark").about("JOIN"))
        }
    }
}

/// The join by window.
pub fn of(left: Node, right: Node, join: &Join, same: &Joined) -> Node {
    let width = left.columns.len();
    let (mut equalities, mut residual) = (Vec::new(), Vec::new());
    // Rows are kept by the end of their window, which does not tell where a session starts.
    let is_session = matches!(same.left.spec.shape, WindowShape::Session { .. });
    let is_of_starts = |condition: &Scalar| {
        equality(condition, width, &["="])
            .is_some_and(|(left, _)| left.as_column() == Some(same.left_window.0))
    };
    for (i, condition) in join.on.iter().enumerate() {
        if same.conditions.contains(&i) && !(is_session && is_of_starts(condition)) {
            continue;
        }
        match equality(condition, width, &["="]) {
            Some(pair) => equalities.push(pair),
            None => residual.push(condition.clone()),
        }
    }
    let (left_values, right_values): (Vec<Scalar>, Vec<Scalar>) = equalities.into_iter().unzip();
    let right_values: Vec<Scalar> = right_values.iter().map(|value| value.shift(&|c| c - width)).collect();
    let (left_width, right_width) = (width, right.columns.len());
    let (left, left_keys) = with_key_columns(left, left_values);
    let (right, right_keys) = with_key_columns(right, right_values);
    let new_width = left.columns.len();
    let residual =
        conjunction(residual).map(|r| r.shift(&|c| if c < width { c } else { c - width + new_width }));
    let columns = joined_columns(&left.columns, &right.columns, join.kind);
    let op = NodeOp::WindowJoin(WindowJoin {
        kind: join.kind,
        windowing: same.left.windowing(),
        left_window: same.left_window,
        right_window: same.right_window,
        left_keys,
        right_keys,
        residual,
    });
    let joined = Node::new(op, vec![left, right], columns);
    let right_width = if join.kind.is_left_only() { 0 } else { right_width };
    if joined.columns.len() == left_width + right_width && (new_width == left_width || right_width == 0) {
        return joined;
    }
    // Helper columns of computed keys do not leave the join.
    only(joined, (0..left_width).chain(new_width..new_width + right_width))
}

impl Rules for WindowJoin {
    fn name(&self) -> &'static str {
        "WindowJoin"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let residual = self.residual.as_ref().map_or(String::new(), |r| format!(", where=[{}]", text(r)));
        format!(
            "{}, windows=[{:?} = {:?}], keys=[{:?} = {:?}]{residual}",
            join_type(self.kind),
            self.left_window,
            self.right_window,
            self.left_keys,
            self.right_keys
        )
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        for (kinds, side) in inputs.iter().zip(["left", "right"]) {
            if *kinds != Kinds::INSERT {
                return Err(PlanError::new(format!(
                    "a window join does not take updates, which its {side} side makes"
                )));
            }
        }
        Ok(Kinds::INSERT)
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = node.inputs[0].columns.len();
        let mut needed = required.clone();
        if let Some(residual) = &self.residual {
            residual.collect_columns(&mut needed);
        }
        needed.extend(self.left_keys.iter().chain([&self.left_window.0, &self.left_window.1]));
        let of_right = self.right_keys.iter().chain([&self.right_window.0, &self.right_window.1]);
        needed.extend(of_right.map(|c| c + width));
        let (left_needed, right_needed) = split(&needed, width);
        let (left, left_map) = prune(&node.inputs[0], &left_needed)?;
        let (right, right_map) = prune(&node.inputs[1], &right_needed)?;
        let new_width = left.columns.len();
        let at = |map: &[Option<usize>], old: usize| map[old].unwrap_or(old);
        let position = |old: usize| {
            if old < width { at(&left_map, old) } else { new_width + at(&right_map, old - width) }
        };
        let window = |map: &[Option<usize>], (start, end): (usize, usize)| (at(map, start), at(map, end));
        let op = NodeOp::WindowJoin(Self {
            left_window: window(&left_map, self.left_window),
            right_window: window(&right_map, self.right_window),
            left_keys: self.left_keys.iter().map(|c| at(&left_map, *c)).collect(),
            right_keys: self.right_keys.iter().map(|c| at(&right_map, *c)).collect(),
            residual: self.residual.as_ref().map(|s| s.shift(&position)),
            ..self.clone()
        });
        let columns = joined_columns(&left.columns, &right.columns, self.kind);
        let mut map = left_map;
        if !self.kind.is_left_only() {
            map.extend(right_map.iter().map(|new| new.map(|n| n + new_width)));
        }
        Ok((Node { op, inputs: vec![left, right], columns, mode: node.mode }, map))
    }

    fn distribution(&self, port: usize) -> Distribution {
        Distribution::keyed(if port == 0 { &self.left_keys } else { &self.right_keys })
    }

    fn passes(&self, node: &Node, port: usize, column: usize) -> Option<usize> {
        // Rows that are padded on a side have no key there.
        match port {
            0 => (!self.kind.keeps_right()).then_some(column),
            _ if self.kind.is_left_only() => None,
            _ => (!self.kind.keeps_left()).then_some(node.inputs[0].columns.len() + column),
        }
    }

    fn emit(&self, node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let both = Node::new(
            node.op.clone(),
            Vec::new(),
            joined_columns(&node.inputs[0].columns, &node.inputs[1].columns, JoinKind::Full),
        );
        Ok(NodeKind::WindowJoin(streamsql_plan::WindowJoin {
            kind: self.kind,
            windowing: self.windowing.clone(),
            left_window: self.left_window,
            right_window: self.right_window,
            left_keys: self.left_keys.clone(),
            right_keys: self.right_keys.clone(),
            residual: self.residual.as_ref().map(|c| c.to_expr(&both.schema())).transpose()?,
        }))
    }

    fn state(&self, node: &Node, _settings: &Settings) -> Vec<StateTable> {
        let state = |name: &str, input: usize, keys: &[usize], (_, end): (usize, usize)| {
            let columns = &node.inputs[input].columns;
            let holds = format!("({}) -> rows by {}", key_names(columns, keys), columns[end].name);
            StateTable { name: name.to_owned(), holds, retention: StateRetention::Watermark { delay_ms: 0 } }
        };
        vec![
            state("left", 0, &self.left_keys, self.left_window),
            state("right", 1, &self.right_keys, self.right_window),
        ]
    }

    fn identity(&self) -> Option<String> {
        let residual = identity::of(&self.residual, false)?;
        let Self { kind, windowing, left_window, right_window, left_keys, right_keys, .. } = self;
        let windowing = windowing.fingerprint();
        Some(format!(
            "{kind:?} {windowing} {left_window:?} {right_window:?} {left_keys:?} {right_keys:?} {residual}"
        ))
    }
}
