//! Pruning: every relation is cut to the columns that are read above it, and neighbouring projections become one.
//!
//! Sources then decode only what is needed. The order of columns never changes: Flink's Deduplicate compares the first
//! rowtime column of its (pruned) input, whatever ORDER BY says (`StreamExecDeduplicate`, flink-semantics §6).

use std::collections::BTreeSet;

use streamsql_plan::{JoinKind, TimeAttribute};

use crate::ranking::NO_DEDUPLICATION;
use crate::rel::{Interval, Lookup, Ranking, Rel, RelOp};
use crate::scalar::{Scalar, conjunction};

/// A pruned relation and, for each old column, where it is now.
type Pruned = (Rel, Vec<Option<usize>>);

/// Cuts a whole query; its own columns all stay.
pub fn prune_query(rel: &Rel) -> Result<Rel, String> {
    let required = (0..rel.columns.len()).collect();
    let (pruned, map) = prune(rel, &required)?;
    Ok(exactly(pruned, &map, &required, rel))
}

fn prune(rel: &Rel, required: &BTreeSet<usize>) -> Result<Pruned, String> {
    match &rel.op {
        RelOp::Scan { table, columns } => {
            // The rowtime stays: the watermark is made from it at the scan.
            let rowtime = |i: &usize| rel.columns[*i].time == Some(TimeAttribute::Rowtime);
            let keep: Vec<usize> =
                (0..columns.len()).filter(|i| required.contains(i) || rowtime(i)).collect();
            let op =
                RelOp::Scan { table: table.clone(), columns: keep.iter().map(|i| columns[*i]).collect() };
            Ok(narrowed(rel, op, Vec::new(), &keep))
        }
        RelOp::Values(_) => Ok((rel.clone(), (0..rel.columns.len()).map(Some).collect())),
        RelOp::Calc { condition, project } => prune_calc(rel, condition.as_ref(), project, required),
        RelOp::Correlate { collection, kind } => prune_correlate(rel, *collection, *kind, required),
        RelOp::Lookup(lookup) => prune_lookup(rel, lookup, required),
        RelOp::Interval(interval) => prune_interval(rel, interval, required),
        RelOp::RowNumber(_) => Err(NO_DEDUPLICATION.to_owned()),
        RelOp::Deduplicate { ranking, .. } => prune_deduplicate(rel, ranking, required),
        RelOp::Union => {
            let inputs = rel
                .inputs
                .iter()
                .map(|input| {
                    let (pruned, map) = prune(input, required)?;
                    Ok(exactly(pruned, &map, required, input))
                })
                .collect::<Result<Vec<_>, String>>()?;
            let keep: Vec<usize> = required.iter().copied().collect();
            Ok(narrowed(rel, RelOp::Union, inputs, &keep))
        }
    }
}

/// A relation with only the columns `keep`, in order, and the map to them.
fn narrowed(rel: &Rel, op: RelOp, inputs: Vec<Rel>, keep: &[usize]) -> Pruned {
    let columns = keep.iter().map(|i| rel.columns[*i].clone()).collect();
    let mut map = vec![None; rel.columns.len()];
    for (new, old) in keep.iter().enumerate() {
        map[*old] = Some(new);
    }
    (Rel { op, inputs, columns }, map)
}

/// Adds a projection to exactly `required` where the pruned relation has more.
fn exactly(pruned: Rel, map: &[Option<usize>], required: &BTreeSet<usize>, original: &Rel) -> Rel {
    let positions: Vec<usize> = required.iter().filter_map(|old| map[*old]).collect();
    if positions.len() == pruned.columns.len() && positions.iter().enumerate().all(|(i, p)| i == *p) {
        return pruned;
    }
    let references = pruned.references();
    let project = positions.iter().map(|p| references[*p].clone()).collect();
    let names = required.iter().map(|old| original.columns[*old].name.clone()).collect();
    merged(Rel::calc(pruned, None, project, names))
}

fn moved(scalar: &Scalar, map: &[Option<usize>]) -> Scalar {
    // Every column that a kept expression reads was required of the input.
    scalar.shift(&|old| map[old].unwrap_or(old))
}

fn prune_calc(
    rel: &Rel,
    condition: Option<&Scalar>,
    project: &[Scalar],
    required: &BTreeSet<usize>,
) -> Result<Pruned, String> {
    let keep: Vec<usize> = required.iter().copied().collect();
    let mut needed = BTreeSet::new();
    for scalar in keep.iter().map(|i| &project[*i]).chain(condition) {
        scalar.collect_columns(&mut needed);
    }
    let (input, map) = prune(&rel.inputs[0], &needed)?;
    let op = RelOp::Calc {
        condition: condition.map(|scalar| moved(scalar, &map)),
        project: keep.iter().map(|i| moved(&project[*i], &map)).collect(),
    };
    let (calc, out) = narrowed(rel, op, vec![input], &keep);
    Ok((merged(calc), out))
}

/// Merges a Calc with a Calc below it where that evaluates nothing twice and filters before it computes.
fn merged(mut rel: Rel) -> Rel {
    let RelOp::Calc { condition, project } = &rel.op else { return rel };
    let identity = condition.is_none()
        && project.len() == rel.inputs[0].columns.len()
        && project.iter().enumerate().all(|(i, scalar)| scalar.as_column() == Some(i));
    if identity && !matches!(rel.inputs[0].op, RelOp::Scan { .. } | RelOp::Values(_)) {
        let columns = std::mem::take(&mut rel.columns);
        let mut input = rel.inputs.remove(0);
        input.columns = columns;
        return input;
    }
    let RelOp::Calc { condition: inner_condition, project: inner } = &rel.inputs[0].op else { return rel };
    if condition.is_some() && inner_condition.is_some() {
        return rel;
    }
    let mut uses = vec![0usize; inner.len()];
    for scalar in project.iter().chain(condition) {
        count_uses(scalar, &mut uses);
    }
    let repeated = inner.iter().zip(&uses).any(|(scalar, uses)| *uses > 1 && scalar.as_column().is_none());
    let volatile = inner.iter().any(|scalar| scalar.as_column().is_none() && !scalar.is_deterministic());
    if repeated || volatile {
        return rel;
    }
    let substitute = |scalar: &Scalar| scalar.replace(&|i| inner[i].clone());
    let op = RelOp::Calc {
        project: project.iter().map(substitute).collect(),
        condition: conjunction(
            inner_condition.iter().cloned().chain(condition.iter().map(substitute)).collect(),
        ),
    };
    let inputs = std::mem::take(&mut rel.inputs[0].inputs);
    merged(Rel { op, inputs, columns: rel.columns })
}

fn count_uses(scalar: &Scalar, uses: &mut [usize]) {
    // Counting through `replace` visits each occurrence.
    let counted = std::cell::RefCell::new(uses);
    let _ = scalar.replace(&|i| {
        counted.borrow_mut()[i] += 1;
        Scalar::column(i, streamsql_core::LogicalType::Null, true)
    });
}

fn split(columns: &BTreeSet<usize>, width: usize) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let left = columns.iter().copied().filter(|c| *c < width).collect();
    let right = columns.iter().copied().filter(|c| *c >= width).map(|c| c - width).collect();
    (left, right)
}

fn prune_correlate(
    rel: &Rel,
    collection: usize,
    kind: JoinKind,
    required: &BTreeSet<usize>,
) -> Result<Pruned, String> {
    let width = rel.inputs[0].columns.len();
    let (mut needed, _) = split(required, width);
    needed.insert(collection);
    let (input, mut map) = prune(&rel.inputs[0], &needed)?;
    let new_width = input.columns.len();
    let mut columns = input.columns.clone();
    columns.extend(rel.columns[width..].iter().cloned());
    let op = RelOp::Correlate { collection: map[collection].unwrap_or(collection), kind };
    map.extend((0..rel.columns.len() - width).map(|i| Some(new_width + i)));
    Ok((Rel { op, inputs: vec![input], columns }, map))
}

fn prune_lookup(rel: &Rel, lookup: &Lookup, required: &BTreeSet<usize>) -> Result<Pruned, String> {
    let width = rel.inputs[0].columns.len();
    let mut needed = required.clone();
    for scalar in lookup.keys.iter().map(|(_, value)| value).chain(&lookup.residual) {
        scalar.collect_columns(&mut needed);
    }
    let (left_needed, mut right_needed) = split(&needed, width);
    right_needed.extend(lookup.fetched.iter().flat_map(Scalar::columns));
    let (input, map) = prune(&rel.inputs[0], &left_needed)?;
    let new_width = input.columns.len();
    let kept: Vec<usize> = right_needed.iter().copied().collect();
    let right_position = |old: usize| kept.iter().position(|k| *k == old).unwrap_or(old);
    let position = |old: usize| {
        if old < width { map[old].unwrap_or(old) } else { new_width + right_position(old - width) }
    };
    let mut out_map: Vec<Option<usize>> = map.clone();
    out_map.extend(
        (0..lookup.columns.len()).map(|i| right_needed.contains(&i).then(|| new_width + right_position(i))),
    );
    let mut columns = input.columns.clone();
    columns.extend(kept.iter().map(|i| rel.columns[width + i].clone()));
    let op = RelOp::Lookup(Lookup {
        table: lookup.table.clone(),
        kind: lookup.kind,
        keys: lookup.keys.iter().map(|(column, value)| (*column, moved(value, &map))).collect(),
        columns: kept.iter().map(|i| lookup.columns[*i]).collect(),
        fetched: lookup.fetched.as_ref().map(|s| s.shift(&right_position)),
        residual: lookup.residual.as_ref().map(|s| s.shift(&position)),
    });
    Ok((Rel { op, inputs: vec![input], columns }, out_map))
}

fn prune_interval(rel: &Rel, interval: &Interval, required: &BTreeSet<usize>) -> Result<Pruned, String> {
    let width = rel.inputs[0].columns.len();
    let mut needed = required.clone();
    if let Some(residual) = &interval.residual {
        residual.collect_columns(&mut needed);
    }
    needed.extend(interval.left_keys.iter().chain([&interval.left_time]));
    needed.extend(interval.right_keys.iter().chain([&interval.right_time]).map(|c| c + width));
    let (left_needed, right_needed) = split(&needed, width);
    let (left, left_map) = prune(&rel.inputs[0], &left_needed)?;
    let (right, right_map) = prune(&rel.inputs[1], &right_needed)?;
    let new_width = left.columns.len();
    let at = |map: &[Option<usize>], old: usize| map[old].unwrap_or(old);
    let position =
        |old: usize| if old < width { at(&left_map, old) } else { new_width + at(&right_map, old - width) };
    let op = RelOp::Interval(Interval {
        left_time: at(&left_map, interval.left_time),
        right_time: at(&right_map, interval.right_time),
        left_keys: interval.left_keys.iter().map(|c| at(&left_map, *c)).collect(),
        right_keys: interval.right_keys.iter().map(|c| at(&right_map, *c)).collect(),
        residual: interval.residual.as_ref().map(|s| s.shift(&position)),
        ..interval.clone()
    });
    let padded = |input: &Rel, padded: bool| {
        input
            .columns
            .iter()
            .cloned()
            .map(move |mut column| {
                column.nullable |= padded;
                column
            })
            .collect::<Vec<_>>()
    };
    let mut columns = padded(&left, interval.kind.keeps_right());
    columns.extend(padded(&right, interval.kind.keeps_left()));
    let mut map = left_map;
    map.extend(right_map.iter().map(|new| new.map(|n| n + new_width)));
    Ok((Rel { op, inputs: vec![left, right], columns }, map))
}

fn prune_deduplicate(rel: &Rel, ranking: &Ranking, required: &BTreeSet<usize>) -> Result<Pruned, String> {
    let mut needed = required.clone();
    needed.extend(ranking.keys.iter().chain([&ranking.order]));
    let (input, map) = prune(&rel.inputs[0], &needed)?;
    // Exactly the needed columns, in order: which rowtime comes first is part of the meaning.
    let input = exactly(input, &map, &needed, &rel.inputs[0]);
    let keep: Vec<usize> = needed.iter().copied().collect();
    let position = |old: usize| keep.iter().position(|k| *k == old).unwrap_or(old);
    let order = position(ranking.order);
    let rowtime = input.columns.iter().position(|c| c.time == Some(TimeAttribute::Rowtime)).unwrap_or(order);
    let ranking =
        Ranking { keys: ranking.keys.iter().map(|k| position(*k)).collect(), order, ..ranking.clone() };
    let mut pruned = narrowed(rel, RelOp::Deduplicate { ranking, rowtime }, vec![input], &keep);
    pruned.0.columns = pruned.0.inputs[0].columns.clone();
    Ok(pruned)
}
