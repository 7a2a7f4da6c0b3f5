//! Conditions move down to where they decide the most: through projections into joins, unions and aggregates (Flink
//! `FlinkFilterJoinRule`, `FilterProjectTransposeRule`, `FilterSetOpTransposeRule`, `FilterAggregateTransposeRule`).
//!
//! A condition moves through a projection only where it finds something below that takes it: one that would come to rest
//! on a scan stays, so that what a projection computes is not computed twice. Conditions keep their order, those that
//! stand further in first. One that can fail never overtakes one before it, which may be its guard: it moves down only
//! where all of them move to the same place or further down the same way.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use streamsql_plan::{JoinKind, WindowShape};

use super::null_rejection;
use crate::logical::scalar::{conjunction, conjuncts};
use crate::logical::{Aggregate, Join, Op, Rel, Relation, Scalar, SetKind, WindowTableFunction};
use crate::properties::window;

pub fn apply(rel: &Rel) -> Rel {
    Pushing { done: HashMap::new() }.push(rel, Vec::new())
}

struct Pushing {
    /// What relations without conditions above became, so that those that are shared stay shared.
    done: HashMap<*const Relation, Rel>,
}

impl Pushing {
    /// The relation under conditions over its columns.
    fn push(&mut self, rel: &Rel, conditions: Vec<Scalar>) -> Rel {
        if !conditions.is_empty() {
            return self.pushed(rel, conditions);
        }
        if let Some(done) = self.done.get(&Arc::as_ptr(rel)) {
            return Arc::clone(done);
        }
        let pushed = self.pushed(rel, conditions);
        self.done.insert(Arc::as_ptr(rel), Arc::clone(&pushed));
        pushed
    }

    fn pushed(&mut self, rel: &Rel, conditions: Vec<Scalar>) -> Rel {
        match &rel.op {
            Op::Filter(own) => {
                let mut all = Vec::new();
                conjuncts(own.clone(), &mut all);
                all.extend(conditions);
                self.push(&rel.inputs[0], all)
            }
            Op::Project(project) => {
                let (mut below, mut above) = (Vec::new(), Vec::new());
                for condition in conditions {
                    let moved = through(&condition, project).filter(|moved| sinks(&rel.inputs[0], moved));
                    match moved {
                        Some(moved) if above.is_empty() || !condition.can_fail() => below.push(moved),
                        _ => above.push(condition),
                    }
                }
                let inputs = vec![self.push(&rel.inputs[0], below)];
                filtered(over(rel, inputs), above)
            }
            Op::Join(join) => self.join(rel, join, conditions),
            Op::Correlate(_) | Op::WindowTableFunction(_) => {
                let (left, above) = split(conditions, |c| is_of_input(c, rel));
                let inputs = vec![self.push(&rel.inputs[0], left)];
                filtered(over(rel, inputs), above)
            }
            Op::SetOp(set) if set.kind == SetKind::Union => {
                let inputs = rel.inputs.iter().map(|input| self.push(input, conditions.clone())).collect();
                over(rel, inputs)
            }
            Op::Aggregate(aggregate) => {
                let of_keys = |c: &Scalar| reads(c) && is_on_keys(c, aggregate, &rel.inputs[0]);
                let (on_keys, above) = split(conditions, of_keys);
                let below = on_keys.iter().map(|c| c.replace(&|key| aggregate.keys[key].clone())).collect();
                let inputs = vec![self.push(&rel.inputs[0], below)];
                filtered(over(rel, inputs), above)
            }
            _ => {
                let inputs = rel.inputs.iter().map(|input| self.push(input, Vec::new())).collect();
                filtered(over(rel, inputs), conditions)
            }
        }
    }

    fn join(&mut self, rel: &Rel, join: &Join, conditions: Vec<Scalar>) -> Rel {
        let [left, right] = rel.inputs.as_slice() else { return Arc::clone(rel) };
        let width = left.columns.len();
        let kind = null_rejection::simplified(join.kind, &conditions, width);
        let (mut to_left, mut to_right, mut on, mut above) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        // What is true of a row of one side alone holds it back before it is joined, unless that side's rows are kept
        // without a partner. The right side of a temporal join is looked up with its conditions.
        for condition in &join.on {
            let to_right_side = is_right(condition, width) && join.as_of.is_none();
            let free = !condition.can_fail();
            match kind {
                JoinKind::Inner | JoinKind::Right | JoinKind::Semi
                    if is_left(condition, width) && (free || on.is_empty() && to_right.is_empty()) =>
                {
                    to_left.push(condition.clone());
                }
                JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti
                    if to_right_side && (free || on.is_empty() && to_left.is_empty()) =>
                {
                    to_right.push(right_of(condition, width))
                }
                _ => on.push(condition.clone()),
            }
        }
        for condition in conditions {
            let to_right_side = is_right(&condition, width) && join.as_of.is_none();
            let free = !condition.can_fail();
            let first = on.is_empty() && above.is_empty();
            match kind {
                JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti
                    if is_left(&condition, width) && (free || first && to_right.is_empty()) =>
                {
                    to_left.push(condition)
                }
                JoinKind::Inner | JoinKind::Right
                    if to_right_side && (free || first && to_left.is_empty()) =>
                {
                    to_right.push(right_of(&condition, width))
                }
                JoinKind::Inner if free || above.is_empty() => on.push(condition),
                _ => above.push(condition),
            }
        }
        let inputs = vec![self.push(left, to_left), self.push(right, to_right)];
        let unchanged = kind == join.kind && on.len() == join.on.len() && same_inputs(rel, &inputs);
        let joined = match unchanged {
            true => Arc::clone(rel),
            false => {
                let join = Join { kind, on, as_of: join.as_of.clone(), ttl_ms: join.ttl_ms };
                let columns = join.columns(&inputs[0].columns, &inputs[1].columns);
                Relation::placed(Relation::new(Op::Join(join), inputs, columns), rel.origin.as_ref())
            }
        };
        filtered(joined, above)
    }
}

/// Conditions that move down, and those that stay: all that may not, and what can fail behind one that stays.
fn split(conditions: Vec<Scalar>, moves: impl Fn(&Scalar) -> bool) -> (Vec<Scalar>, Vec<Scalar>) {
    let (mut below, mut above) = (Vec::new(), Vec::new());
    for condition in conditions {
        if moves(&condition) && (above.is_empty() || !condition.can_fail()) {
            below.push(condition);
        } else {
            above.push(condition);
        }
    }
    (below, above)
}

/// The condition over the input of a projection; none where that would compute something twice with two results.
fn through(condition: &Scalar, project: &[Scalar]) -> Option<Scalar> {
    let deterministic = condition.columns().iter().all(|column| project[*column].is_deterministic());
    deterministic.then(|| condition.replace(&|column| project[column].clone()))
}

/// Whether something under a relation takes a condition over the relation's columns.
fn sinks(rel: &Rel, condition: &Scalar) -> bool {
    let columns = condition.columns();
    match &rel.op {
        Op::Filter(_) => sinks(&rel.inputs[0], condition),
        Op::Project(project) => {
            through(condition, project).is_some_and(|moved| sinks(&rel.inputs[0], &moved))
        }
        Op::Join(join) => {
            let width = rel.inputs[0].columns.len();
            match null_rejection::simplified(join.kind, std::slice::from_ref(condition), width) {
                kind if kind != join.kind => true,
                JoinKind::Inner => true,
                JoinKind::Left | JoinKind::Semi | JoinKind::Anti => is_left(condition, width),
                JoinKind::Right => is_right(condition, width),
                JoinKind::Full => false,
            }
        }
        Op::Correlate(_) | Op::WindowTableFunction(_) => is_of_input(condition, rel),
        Op::SetOp(set) => set.kind == SetKind::Union,
        Op::Aggregate(aggregate) => reads(condition) && is_on_keys(condition, aggregate, &rel.inputs[0]),
        // A condition on a row number makes a rank of the window.
        Op::Over(_) => columns.iter().any(|column| *column >= rel.inputs[0].columns.len()),
        _ => false,
    }
}

/// Whether a condition asks for keys of an aggregate alone. What it asks of windows is asked of complete ones: below, it
/// would be in the way of their being found by the aggregate.
fn is_on_keys(condition: &Scalar, aggregate: &Aggregate, input: &Rel) -> bool {
    let columns = condition.columns();
    let windows = window::grouped_by(input, aggregate).map(|windows| windows.columns()).unwrap_or_default();
    columns.iter().all(|column| {
        let key = aggregate.keys.get(*column);
        key.is_some_and(|key| key.as_column().is_none_or(|key| !windows.contains(&key)))
    })
}

fn filtered(rel: Rel, conditions: Vec<Scalar>) -> Rel {
    match conjunction(conditions) {
        Some(condition) => Relation::filter(rel, condition),
        None => rel,
    }
}

/// The relation itself where its inputs stayed as they are.
fn over(rel: &Rel, inputs: Vec<Rel>) -> Rel {
    if same_inputs(rel, &inputs) { Arc::clone(rel) } else { rel.over(inputs) }
}

fn same_inputs(rel: &Rel, inputs: &[Rel]) -> bool {
    rel.inputs.iter().zip(inputs).all(|(old, new)| Arc::ptr_eq(old, new))
}

fn reads(condition: &Scalar) -> bool {
    !condition.columns().is_empty()
}

fn side(condition: &Scalar, of: impl Fn(usize) -> bool) -> bool {
    let columns: BTreeSet<usize> = condition.columns();
    !columns.is_empty() && columns.into_iter().all(of)
}

/// Whether a condition over the rows that a function gives asks for a row of its input alone. Rows that are not wanted are
/// part of sessions all the same, unless all rows of theirs are not.
fn is_of_input(condition: &Scalar, rel: &Relation) -> bool {
    match &rel.op {
        Op::WindowTableFunction(WindowTableFunction { spec, partition, is_group_window: false, .. })
            if matches!(spec.shape, WindowShape::Session { .. }) =>
        {
            side(condition, |column| partition.contains(&column))
        }
        _ => is_left(condition, rel.inputs[0].columns.len()),
    }
}

fn is_left(condition: &Scalar, width: usize) -> bool {
    side(condition, |column| column < width)
}

fn is_right(condition: &Scalar, width: usize) -> bool {
    side(condition, |column| column >= width)
}

/// A condition on the right side over that side's own columns.
fn right_of(condition: &Scalar, width: usize) -> Scalar {
    condition.shift(&|column| column - width)
}
