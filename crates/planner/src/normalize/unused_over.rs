//! Calls OVER a window that nobody reads are not computed, and a window without calls is none: its late rows are then not
//! late, and it does not count when the windows of a SELECT are compared (Flink merges the projections around it).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::bottom_up;
use crate::logical::{Op, Over, Rel, Relation, Scalar};

pub fn apply(rel: &Rel) -> Rel {
    bottom_up(rel, |rel| match &rel.op {
        Op::Project(project) => without(rel, project),
        _ => None,
    })
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
