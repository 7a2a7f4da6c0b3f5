//! Calls OVER a window that nobody reads are not computed, and a window without calls is none: its late rows are then not
//! late, and it does not count when the windows of a SELECT are compared (Flink merges the projections around it).
//!
//! What an aggregate and the right side of a semi or anti join do not read counts, too: in Flink a projection to what they
//! read stands below them. Filters, table functions and other joins do not let it through.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bottom_up;
use crate::logical::{
    Aggregate, AggregateCall, Columns, Join, Op, Over, Rel, Relation, Scalar, WindowTableFunction,
};

pub fn apply(rel: &Rel) -> Rel {
    bottom_up(rel, |rel| match &rel.op {
        Op::Project(project) => without(rel, project),
        Op::Aggregate(aggregate) => under_aggregate(rel, aggregate),
        Op::Join(join) if join.kind.is_left_only() && join.as_of.is_none() => under_join(rel, join),
        _ => None,
    })
}

/// The aggregate over less than there was; none where all calls below it are read.
fn under_aggregate(rel: &Rel, aggregate: &Aggregate) -> Option<Rel> {
    let mut read = BTreeSet::new();
    aggregate.keys.iter().for_each(|key| key.collect_columns(&mut read));
    for call in &aggregate.calls {
        call.arguments.iter().chain(&call.filter).for_each(|scalar| scalar.collect_columns(&mut read));
    }
    let (input, places) = trimmed(&rel.inputs[0], &read)?;
    let moved = |scalar: &Scalar| scalar.shift(&|column| places[column]);
    let call = |call: &AggregateCall| AggregateCall {
        arguments: call.arguments.iter().map(moved).collect(),
        filter: call.filter.as_ref().map(moved),
        ..call.clone()
    };
    let op = Op::Aggregate(Aggregate {
        keys: aggregate.keys.iter().map(moved).collect(),
        calls: aggregate.calls.iter().map(call).collect(),
        ttl_ms: aggregate.ttl_ms,
    });
    Some(Relation::placed(Relation::new(op, vec![input], rel.columns.clone()), rel.origin.as_ref()))
}

/// The semi or anti join over less on its right; none where all calls there are read.
fn under_join(rel: &Rel, join: &Join) -> Option<Rel> {
    let width = rel.inputs[0].columns.len();
    let mut read = BTreeSet::new();
    join.on.iter().for_each(|condition| condition.collect_columns(&mut read));
    let read = read.into_iter().filter_map(|column| column.checked_sub(width)).collect();
    let (right, places) = trimmed(&rel.inputs[1], &read)?;
    let place = |column: usize| if column < width { column } else { width + places[column - width] };
    let on = join.on.iter().map(|condition| condition.shift(&place)).collect();
    let op = Op::Join(Join { on, ..join.clone() });
    let inputs = vec![Arc::clone(&rel.inputs[0]), right];
    Some(Relation::placed(Relation::new(op, inputs, rel.columns.clone()), rel.origin.as_ref()))
}

/// A relation with less than its columns, those that are read among them, and where each is then; none where no call goes.
fn trimmed(rel: &Rel, read: &BTreeSet<usize>) -> Option<(Rel, Vec<usize>)> {
    match &rel.op {
        Op::WindowTableFunction(function) if function.is_group_window => {
            let width = rel.inputs[0].columns.len();
            let mut below: BTreeSet<usize> = read.iter().copied().filter(|column| *column < width).collect();
            below.insert(function.time);
            let (input, mut places) = trimmed(&rel.inputs[0], &below)?;
            let function = WindowTableFunction { time: places[function.time], ..function.clone() };
            let new_width = input.columns.len();
            let columns = input.columns.iter().chain(&rel.columns[width..]).cloned().collect();
            places.extend((width..rel.columns.len()).map(|column| column - width + new_width));
            let new = Relation::new(Op::WindowTableFunction(function), vec![input], columns);
            Some((Relation::placed(new, rel.origin.as_ref()), places))
        }
        Op::Expand(lists) => {
            let mut below = BTreeSet::new();
            let lists: Vec<Vec<&Scalar>> =
                lists.iter().map(|list| read.iter().map(|column| &list[*column]).collect()).collect();
            lists.iter().flatten().for_each(|scalar| scalar.collect_columns(&mut below));
            let (input, inner) = trimmed(&rel.inputs[0], &below)?;
            let moved = |scalar: &&Scalar| scalar.shift(&|column| inner[column]);
            let lists = lists.iter().map(|list| list.iter().map(moved).collect()).collect();
            let columns = read.iter().map(|column| rel.columns[*column].clone()).collect();
            let new = Relation::new(Op::Expand(lists), vec![input], columns);
            Some((Relation::placed(new, rel.origin.as_ref()), positions(read, rel.columns.len())))
        }
        Op::Project(_) | Op::Over(_) => {
            let (all, input) = match &rel.op {
                Op::Project(project) => (project.clone(), &rel.inputs[0]),
                _ => (rel.references(), rel),
            };
            let mut keep = read.clone();
            if keep.is_empty() {
                // Rows without columns are none: the first column will do.
                keep.insert(0);
            }
            let project: Vec<Scalar> = keep.iter().map(|column| all[*column].clone()).collect();
            let columns = keep.iter().map(|column| rel.columns[*column].clone()).collect();
            let narrow = Relation::new(Op::Project(project.clone()), vec![Arc::clone(input)], columns);
            let new = without(&Relation::placed(narrow, rel.origin.as_ref()), &project)?;
            Some((new, positions(&keep, rel.columns.len())))
        }
        _ => None,
    }
}

/// Where each of so many columns is among those that are kept.
fn positions(keep: &BTreeSet<usize>, width: usize) -> Vec<usize> {
    (0..width).map(|column| keep.range(..column).count()).collect()
}

/// The projection over windows of which some calls are not read; none where all are, or where there is no window.
fn without(rel: &Rel, project: &[Scalar]) -> Option<Rel> {
    let mut windows: Vec<&Rel> = Vec::new();
    let mut base = &rel.inputs[0];
    while let Op::Over(_) = &base.op {
        windows.push(base);
        base = &base.inputs[0];
    }
    let mut read = BTreeSet::new();
    project.iter().for_each(|scalar| scalar.collect_columns(&mut read));
    let all = rel.inputs[0].columns.len();
    if windows.is_empty() || (base.columns.len()..all).all(|column| read.contains(&column)) {
        return None;
    }
    // Where each column is now; the calls stand behind the columns of the base, those of the lowest window first.
    let mut places: Vec<usize> = (0..base.columns.len()).collect();
    let mut input = Arc::clone(base);
    for window in windows.into_iter().rev() {
        let Op::Over(over) = &window.op else { continue };
        let first = places.len();
        let mut columns = input.columns.clone();
        let mut calls = Vec::new();
        for (number, call) in over.calls.iter().enumerate() {
            places.push(columns.len());
            if read.contains(&(first + number)) {
                columns.push(window.columns[first + number].clone());
                calls.push(call.clone());
            }
        }
        if !calls.is_empty() {
            let is_beside = over.is_beside && matches!(input.op, Op::Over(_));
            let over = Op::Over(Over { calls, is_beside, ..over.clone() });
            input = Relation::placed(Relation::new(over, vec![input], columns), window.origin.as_ref());
        }
    }
    let project = project.iter().map(|scalar| scalar.shift(&|column| places[column])).collect();
    let new = Relation::new(Op::Project(project), vec![input], rel.columns.clone());
    Some(Relation::placed(new, rel.origin.as_ref()))
}
