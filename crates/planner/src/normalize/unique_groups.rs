//! An aggregate over groups of one row is the row itself (Flink `FlinkAggregateRemoveRule`): where the columns of a unique key
//! are grouped by, and nothing is computed but SUM, MIN and MAX without a filter, or nothing at all. No state is kept.
//!
//! Keys are those that tables declare, as in Flink, whether the rows keep to them or not.

use std::sync::Arc;

use streamsql_plan::JoinKind;

use super::bottom_up;
use crate::logical::{Aggregate, Join, Op, Rel, Relation, Scalar, equal_columns};

pub fn apply(rel: &Rel) -> Rel {
    bottom_up(rel, |rel| match &rel.op {
        Op::Aggregate(aggregate) => projection(rel, aggregate),
        _ => None,
    })
}

/// The projection that gives what the aggregate gives; none where a group may have several rows, or a value is of another
/// type.
fn projection(rel: &Rel, aggregate: &Aggregate) -> Option<Rel> {
    let input = &rel.inputs[0];
    let groups = aggregate.keys.iter().map(Scalar::as_column).collect::<Option<Vec<usize>>>()?;
    let is_one = |key: &Vec<usize>| !key.is_empty() && key.iter().all(|column| groups.contains(column));
    if !unique_keys(input).iter().any(is_one) {
        return None;
    }
    let mut project: Vec<Scalar> = aggregate.keys.clone();
    for call in &aggregate.calls {
        let ("SUM" | "MIN" | "MAX", [argument], None) =
            (call.function.as_str(), call.arguments.as_slice(), &call.filter)
        else {
            return None;
        };
        if argument.logical_type != call.result {
            return None;
        }
        project.push(argument.clone());
    }
    // A time attribute ends at an aggregate, not at a projection.
    let time =
        |scalar: &Scalar| scalar.as_column().is_some_and(|column| input.columns[column].time.is_some());
    if project.iter().any(time) {
        return None;
    }
    let new = Relation::new(Op::Project(project), vec![Arc::clone(input)], rel.columns.clone());
    Some(Relation::placed(new, rel.origin.as_ref()))
}

/// Sets of columns that no two rows have in common (Flink `FlinkRelMdUniqueKeys`), as far as they are known.
fn unique_keys(rel: &Rel) -> Vec<Vec<usize>> {
    match &rel.op {
        Op::Scan(table) if !table.primary_key.is_empty() => {
            let position = |name: &String| rel.columns.iter().position(|column| column.name == *name);
            table.primary_key.iter().map(position).collect::<Option<Vec<usize>>>().into_iter().collect()
        }
        Op::Filter(_) | Op::Over(_) | Op::Rank(_) | Op::Sort(_) | Op::Limit(_) => unique_keys(&rel.inputs[0]),
        Op::Project(project) => {
            let position =
                |column: &usize| project.iter().position(|scalar| scalar.key_column() == Some(*column));
            let moved = |key: &Vec<usize>| key.iter().map(position).collect::<Option<Vec<usize>>>();
            unique_keys(&rel.inputs[0]).iter().filter_map(moved).collect()
        }
        Op::Expand(projects) => of_expand(rel, projects),
        Op::Aggregate(aggregate) if aggregate.keys.iter().all(|key| key.as_column().is_some()) => {
            vec![(0..aggregate.keys.len()).collect()]
        }
        Op::Join(join) if join.as_of.is_none() => of_join(rel, join),
        _ => Vec::new(),
    }
}

/// A row stands once for each grouping set: its key with the number of the set, the last column. A column of the key counts
/// where every set has it (Flink `FlinkRelMdUniqueKeys.getExpandUniqueKeys`).
fn of_expand(rel: &Rel, projects: &[Vec<Scalar>]) -> Vec<Vec<usize>> {
    let number = rel.columns.len() - 1;
    let has_everywhere = |place: &usize, column: usize| {
        projects.iter().all(|project| project[*place].as_column() == Some(column))
    };
    // Keys of the grouping stand behind the columns of the input.
    let place = |column: &usize| (0..number).rev().find(|place| has_everywhere(place, *column));
    let moved =
        |key: &Vec<usize>| key.iter().map(place).chain([Some(number)]).collect::<Option<Vec<usize>>>();
    unique_keys(&rel.inputs[0]).iter().filter_map(moved).collect()
}

fn of_join(rel: &Rel, join: &Join) -> Vec<Vec<usize>> {
    let width = rel.inputs[0].columns.len();
    let (left, right) = (unique_keys(&rel.inputs[0]), unique_keys(&rel.inputs[1]));
    if join.kind.is_left_only() {
        return left;
    }
    let equal: Vec<(usize, usize)> = join.on.iter().filter_map(|on| equal_columns(on, width)).collect();
    let is_one = |keys: &[Vec<usize>], of: &dyn Fn(&(usize, usize)) -> usize| {
        keys.iter().any(|key| key.iter().all(|column| equal.iter().any(|pair| of(pair) == *column)))
    };
    let moved = |key: &Vec<usize>| key.iter().map(|column| column + width).collect::<Vec<usize>>();
    let mut keys = Vec::new();
    if is_one(&right, &|pair| pair.1) && !join.kind.keeps_right() {
        keys.extend(left.iter().cloned());
    }
    if is_one(&left, &|pair| pair.0) && !join.kind.keeps_left() {
        keys.extend(right.iter().map(moved));
    }
    if join.kind == JoinKind::Inner {
        for l in &left {
            keys.extend(right.iter().map(|r| l.iter().copied().chain(moved(r)).collect::<Vec<usize>>()));
        }
    }
    keys
}
