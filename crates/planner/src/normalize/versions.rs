//! A filter over the last row of each key, as a temporal join reads it, is a condition on the version that is valid at a
//! time, not on the rows that become versions: a version that it lets not pass still ends the one before. So it moves into
//! the join. (Flink leaves it where it is and loses versions that it once let pass.)

use std::collections::HashMap;
use std::sync::Arc;

use streamsql_plan::TimeAttribute;

use super::bottom_up;
use crate::logical::scalar::conjuncts;
use crate::logical::{Columns, Join, Op, Rel, Relation, Scalar};

pub fn apply(rel: &Rel) -> Rel {
    bottom_up(rel, |rel| match &rel.op {
        Op::Join(join) => unfiltered_join(rel, join),
        _ => None,
    })
}

fn unfiltered_join(rel: &Rel, join: &Join) -> Option<Rel> {
    let [left, right] = rel.inputs.as_slice() else { return None };
    if left.columns[join.as_of.as_ref()?.column].time != Some(TimeAttribute::Rowtime) {
        return None;
    }
    let (right, conditions) = unfiltered(right).filter(|(_, conditions)| !conditions.is_empty())?;
    let width = left.columns.len();
    let mut join = join.clone();
    join.on.extend(conditions.iter().map(|condition| condition.shift(&|column| column + width)));
    let columns = join.columns(&left.columns, &right.columns);
    let joined = Relation::new(Op::Join(join), vec![Arc::clone(left), right], columns);
    let joined = Relation::placed(joined, rel.origin.as_ref());
    if joined.columns.len() == rel.columns.len() {
        return Some(joined);
    }
    let mut project = joined.references();
    project.truncate(rel.columns.len());
    Some(Relation::project(joined, project, rel.names()))
}

/// A relation over ranked rows without its filters, and what they ask for; the columns that only they read stand behind
/// the relation's own.
fn unfiltered(rel: &Rel) -> Option<(Rel, Vec<Scalar>)> {
    match &rel.op {
        Op::Rank(_) => Some((Arc::clone(rel), Vec::new())),
        Op::Filter(condition) => {
            let (input, mut conditions) = unfiltered(&rel.inputs[0])?;
            conjuncts(condition.clone(), &mut conditions);
            Some((input, conditions))
        }
        Op::Project(project) => {
            let (input, conditions) = unfiltered(&rel.inputs[0])?;
            let (mut project, mut names) = (project.clone(), rel.names());
            let references = input.references();
            let mut places = HashMap::new();
            for column in conditions.iter().flat_map(Scalar::columns) {
                places.entry(column).or_insert_with(|| {
                    let there = project.iter().position(|scalar| scalar.as_column() == Some(column));
                    there.unwrap_or_else(|| {
                        names.push(format!("$version{}", project.len()));
                        project.push(references[column].clone());
                        project.len() - 1
                    })
                });
            }
            let moved = |condition: &Scalar| {
                condition.shift(&|column| places.get(&column).copied().unwrap_or(column))
            };
            let conditions = conditions.iter().map(moved).collect();
            Some((Relation::project(input, project, names), conditions))
        }
        _ => None,
    }
}
