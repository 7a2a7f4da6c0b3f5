//! IntervalJoin: two streams whose times lie within bounds of each other (Flink `IntervalJoinUtil`).

use std::collections::BTreeSet;

use datafusion_common::ScalarValue;
use streamsql_functions::compare::Comparison;
use streamsql_plan::{JoinKind, Matches, NodeKind, StateRetention, StateTable, TimeAttribute, TimeDomain};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, WhyNot, equality, join_type, key_names, only, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::scalar::conjunction;
use crate::logical::{Join, RelColumn, Scalar, ScalarKind, joined_columns};
use crate::properties::identity;
use crate::prune::{Pruned, prune, split};

#[derive(Clone)]
pub struct IntervalJoin {
    pub kind: JoinKind,
    pub domain: TimeDomain,
    pub left_time: usize,
    pub right_time: usize,
    pub lower_ms: i64,
    pub upper_ms: i64,
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    pub residual: Option<Scalar>,
}

/// What bounds a join in time.
pub struct Bounds {
    domain: TimeDomain,
    /// Columns of left ++ right.
    left_time: usize,
    right_time: usize,
    lower_ms: i64,
    upper_ms: i64,
    /// Positions among the conditions of those that are the bounds.
    conditions: Vec<usize>,
}

/// # Errors
/// The condition does not bound two time attributes on both sides.
pub fn bounds(left: &Node, right: &Node, join: &Join) -> Result<Bounds, WhyNot> {
    if join.kind.is_left_only() {
        return Err("a semi or anti join is no interval join".into());
    }
    let width = left.columns.len();
    let all: Vec<RelColumn> = left.columns.iter().chain(&right.columns).cloned().collect();
    let (mut bounds, mut conditions) = (Vec::new(), Vec::new());
    for (i, condition) in join.on.iter().enumerate() {
        if let Some(bound) = time_bound(condition, &all, width) {
            bounds.push(bound);
            conditions.push(i);
        }
    }
    let lower = bounds.iter().filter_map(|b| b.lower).max();
    let upper = bounds.iter().filter_map(|b| b.upper).min();
    let (Some(lower_ms), Some(upper_ms), Some(first)) = (lower, upper, bounds.first()) else {
        return Err("it has not both time bounds of an interval join; bound the time attributes of both sides, as in \
                    l.ts BETWEEN r.ts AND r.ts + INTERVAL '1' HOUR"
            .into());
    };
    if bounds.iter().any(|b| (b.left, b.right) != (first.left, first.right)) {
        return Err(
            "the time bounds of an interval join must all compare the same two time attributes".into()
        );
    }
    let domain = match (all[first.left].time, all[first.right].time) {
        (Some(TimeAttribute::Rowtime), Some(TimeAttribute::Rowtime)) => TimeDomain::EventTime,
        (Some(TimeAttribute::Proctime), Some(TimeAttribute::Proctime)) => TimeDomain::ProcessingTime,
        _ => {
            return Err(
                "an interval join compares two rowtimes or two processing times, not one of each".into()
            );
        }
    };
    let (left_time, right_time) = (first.left, first.right);
    Ok(Bounds { domain, left_time, right_time, lower_ms, upper_ms, conditions })
}

/// The join with its bounds.
pub fn of(left: Node, right: Node, join: &Join, bounds: &Bounds) -> Node {
    let width = left.columns.len();
    let (mut equalities, mut residual) = (Vec::new(), Vec::new());
    for (i, condition) in join.on.iter().enumerate() {
        if bounds.conditions.contains(&i) {
            continue;
        }
        match equality(condition, width, &["="]) {
            Some(pair) => equalities.push(pair),
            None => residual.push(condition.clone()),
        }
    }
    let Bounds { domain, lower_ms, upper_ms, .. } = *bounds;
    let (left_time, right_time) = (bounds.left_time, bounds.right_time - width);
    let (left_values, right_values): (Vec<Scalar>, Vec<Scalar>) = equalities.into_iter().unzip();
    let right_values: Vec<Scalar> = right_values.iter().map(|value| value.shift(&|c| c - width)).collect();
    let (left_width, right_width) = (width, right.columns.len());
    let (left, left_keys) = with_key_columns(left, left_values);
    let (right, right_keys) = with_key_columns(right, right_values);
    let new_width = left.columns.len();
    let residual =
        conjunction(residual).map(|r| r.shift(&|c| if c < width { c } else { c - width + new_width }));
    let columns = joined_columns(&left.columns, &right.columns, join.kind);
    let op = NodeOp::IntervalJoin(IntervalJoin {
        kind: join.kind,
        domain,
        left_time,
        right_time,
        lower_ms,
        upper_ms,
        left_keys,
        right_keys,
        residual,
    });
    let joined = Node::new(op, vec![left, right], columns);
    if new_width == left_width && joined.columns.len() == left_width + right_width {
        return joined;
    }
    // Helper columns of computed keys do not leave the join.
    only(joined, (0..left_width).chain(new_width..new_width + right_width))
}

/// One side of a time comparison: a time attribute plus a constant.
struct TimePoint {
    column: usize,
    offset_ms: i64,
}

fn time_point(scalar: &Scalar, columns: &[RelColumn]) -> Option<TimePoint> {
    if let Some(column) = scalar.as_column() {
        return columns[column].time.map(|_| TimePoint { column, offset_ms: 0 });
    }
    let (symbol, [base, interval]) = scalar.as_call()? else { return None };
    let ScalarKind::Literal(ScalarValue::DurationMillisecond(Some(ms))) = &interval.kind else { return None };
    let point = time_point(base, columns)?;
    match symbol {
        "+" => Some(TimePoint { offset_ms: point.offset_ms.checked_add(*ms)?, ..point }),
        "-" => Some(TimePoint { offset_ms: point.offset_ms.checked_sub(*ms)?, ..point }),
        _ => None,
    }
}

/// Bounds that a condition sets on left time − right time, inclusive.
pub(super) struct TimeBound {
    pub left: usize,
    pub right: usize,
    pub lower: Option<i64>,
    pub upper: Option<i64>,
}

pub(super) fn time_bound(condition: &Scalar, columns: &[RelColumn], width: usize) -> Option<TimeBound> {
    let (symbol, [l, r]) = condition.as_call()? else { return None };
    let op = match symbol {
        "=" => Comparison::Eq,
        "<" => Comparison::Lt,
        "<=" => Comparison::LtEq,
        ">" => Comparison::Gt,
        ">=" => Comparison::GtEq,
        _ => return None,
    };
    let (l, r) = (time_point(l, columns)?, time_point(r, columns)?);
    let (op, left, right, difference) = if l.column < width && r.column >= width {
        (op, l.column, r.column, r.offset_ms.checked_sub(l.offset_ms)?)
    } else if r.column < width && l.column >= width {
        (op.mirrored(), r.column, l.column, l.offset_ms.checked_sub(r.offset_ms)?)
    } else {
        return None;
    };
    // Strict bounds move by a millisecond, so that all are inclusive.
    let (lower, upper) = match op {
        Comparison::Eq => (Some(difference), Some(difference)),
        Comparison::GtEq => (Some(difference), None),
        Comparison::Gt => (Some(difference.checked_add(1)?), None),
        Comparison::LtEq => (None, Some(difference)),
        Comparison::Lt => (None, Some(difference.checked_sub(1)?)),
        _ => return None,
    };
    Some(TimeBound { left, right, lower, upper })
}

impl Rules for IntervalJoin {
    fn name(&self) -> &'static str {
        "IntervalJoin"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let residual = self.residual.as_ref().map_or(String::new(), |r| format!(", where=[{}]", text(r)));
        format!(
            "{}, bounds=[{}..{} ms], keys=[{:?} = {:?}]{residual}",
            join_type(self.kind),
            self.lower_ms,
            self.upper_ms,
            self.left_keys,
            self.right_keys
        )
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        for (kinds, side) in inputs.iter().zip(["left", "right"]) {
            if *kinds != Kinds::INSERT {
                return Err(PlanError::new(format!(
                    "an interval join does not take updates, which its {side} side makes"
                ))
                .about("JOIN"));
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
        needed.extend(self.left_keys.iter().chain([&self.left_time]));
        needed.extend(self.right_keys.iter().chain([&self.right_time]).map(|c| c + width));
        let (left_needed, right_needed) = split(&needed, width);
        let (left, left_map) = prune(&node.inputs[0], &left_needed)?;
        let (right, right_map) = prune(&node.inputs[1], &right_needed)?;
        let new_width = left.columns.len();
        let at = |map: &[Option<usize>], old: usize| map[old].unwrap_or(old);
        let position = |old: usize| {
            if old < width { at(&left_map, old) } else { new_width + at(&right_map, old - width) }
        };
        let op = NodeOp::IntervalJoin(Self {
            left_time: at(&left_map, self.left_time),
            right_time: at(&right_map, self.right_time),
            left_keys: self.left_keys.iter().map(|c| at(&left_map, *c)).collect(),
            right_keys: self.right_keys.iter().map(|c| at(&right_map, *c)).collect(),
            residual: self.residual.as_ref().map(|s| s.shift(&position)),
            ..self.clone()
        });
        let columns = joined_columns(&left.columns, &right.columns, self.kind);
        let mut map = left_map;
        map.extend(right_map.iter().map(|new| new.map(|n| n + new_width)));
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

    fn emit(&self, node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::IntervalJoin(streamsql_plan::IntervalJoin {
            kind: self.kind,
            domain: self.domain,
            left_time: self.left_time,
            right_time: self.right_time,
            lower_ms: self.lower_ms,
            upper_ms: self.upper_ms,
            left_keys: self.left_keys.clone(),
            right_keys: self.right_keys.clone(),
            residual: self.residual.as_ref().map(|c| c.to_expr(&node.schema())).transpose()?,
            min_cleanup_ms: emitter.settings.duration_ms("table.exec.interval-join.min-cleanup-interval"),
            matches: Matches::All,
        }))
    }

    fn state(&self, node: &Node, _settings: &Settings) -> Vec<StateTable> {
        let state = |name, input: usize, keys: &[usize], time: usize, delay_ms: i64| {
            let columns = &node.inputs[input].columns;
            let holds = format!("({}) -> rows by {}", key_names(columns, keys), columns[time].name);
            StateTable { name: String::from(name), holds, retention: StateRetention::Watermark { delay_ms } }
        };
        let (left_size, right_size) = (-self.lower_ms, self.upper_ms);
        vec![
            state("left", 0, &self.left_keys, self.left_time, left_size.max(0) + 1),
            state("right", 1, &self.right_keys, self.right_time, right_size.max(0) + 1),
        ]
    }

    fn identity(&self) -> Option<String> {
        let residual = identity::of(&self.residual, false)?;
        let Self { kind, domain, left_time, right_time, lower_ms, upper_ms, left_keys, right_keys, .. } =
            self;
        Some(format!(
            "{kind:?} {domain:?} {left_time} {right_time} {lower_ms} {upper_ms} {left_keys:?} {right_keys:?} {residual}"
        ))
    }
}
