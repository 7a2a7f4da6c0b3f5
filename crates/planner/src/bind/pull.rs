//! Correlated conditions move up out of a subquery, to the join with the query around it (Calcite `RelDecorrelator`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::logical::scalar::{conjunction, conjuncts};
use streamsql_core::LogicalType;
use streamsql_functions::compare::{self, Comparison};
use streamsql_plan::{JoinKind, RankRange};

use super::correlation::{has_outer_or, outer_columns, reads_outer, sides_of, signed_sides_of, simplified};
use crate::bind::typing::call;
use crate::error::PlanError;
use crate::logical::{
    Aggregate, AggregateCall, Columns, Join, Limit, Op, Rank, Rel, Relation, Scalar, ScalarKind,
    computed_below, joined_columns, plain,
};

/// Columns of the query around a subquery are numbered from here on.
pub const OUTER: usize = 1 << 32;

/// A relation that reads nothing of the query around it, and the conditions that did.
pub struct Pulled {
    /// The columns of the relation before, then those that the conditions read.
    pub rel: Rel,
    /// Over columns of `rel` and outer ones.
    pub conditions: Vec<Scalar>,
}

impl Pulled {
    /// Where a condition joins an outer column by OR, Flink joins with the distinct values of all outer columns that are read:
    /// an outer row with a NULL among them meets nothing.
    pub fn with_known_values(mut self, outer: &Rel) -> Self {
        // Calcite takes out what constants decide before (`RexSimplify`).
        self.conditions = self.conditions.into_iter().map(simplified).collect();
        if self.has_outer_or() {
            self.push_known(outer);
        }
        self
    }

    /// The same for LATERAL, whose rows Flink joins so as soon as one condition equates no outer column.
    pub fn with_known_keys(mut self, outer: &Rel) -> Self {
        if !self.is_by_equalities() {
            self.push_known(outer);
        }
        self
    }

    /// Whether an OR in a condition reads outer columns.
    pub fn has_outer_or(&self) -> bool {
        self.conditions.iter().any(has_outer_or)
    }

    fn push_known(&mut self, outer: &Rel) {
        let read: BTreeSet<usize> = self.conditions.iter().flat_map(outer_columns).collect();
        for column in read.into_iter().filter(|column| outer.columns[*column].nullable) {
            let operand = Box::new(Scalar::column(OUTER + column, keys_type(outer, column), true));
            let known = ScalarKind::IsNull { operand, negated: true };
            self.conditions.push(Scalar::boolean(known, false));
        }
    }

    /// Whether all conditions have `=` between something outer and something of the subquery.
    pub fn has_equal_signs(&self) -> bool {
        self.conditions.iter().all(|condition| signed_sides_of(condition).is_some())
    }

    /// The same, where a NULL outside satisfies none of them.
    pub fn is_by_equalities(&self) -> bool {
        self.conditions.iter().all(|condition| sides_of(condition).is_some())
    }

    /// The columns of the subquery that conditions read.
    pub fn inner_columns(&self) -> Vec<usize> {
        self.conditions.iter().flat_map(Scalar::columns).filter(|column| *column < OUTER).collect()
    }
}

/// `outer` is the relation around the subquery.
///
/// # Errors
/// Outer columns stand where no condition can be taken out.
pub fn pull(rel: &Rel, outer: &Rel) -> Result<Pulled, PlanError> {
    if !is_correlated(rel) {
        return Ok(Pulled { rel: Rel::clone(rel), conditions: Vec::new() });
    }
    match &rel.op {
        Op::Filter(condition) => {
            let Pulled { rel: input, mut conditions } = pull(&rel.inputs[0], outer)?;
            let mut parts = Vec::new();
            conjuncts(condition.clone(), &mut parts);
            let (taken_out, own): (Vec<Scalar>, Vec<Scalar>) = parts.into_iter().partition(reads_outer);
            conditions.extend(taken_out);
            let rel = match conjunction(own) {
                Some(own) => Relation::filter(input, own),
                None => input,
            };
            Ok(Pulled { rel, conditions })
        }
        Op::Project(project) => {
            let pulled = pull(&rel.inputs[0], outer)?;
            if matches!(pulled.rel.op, Op::Values(_)) && project.iter().any(reads_outer) {
                return Err(refused("in a SELECT without FROM"));
            }
            if matches!(rel.inputs[0].op, Op::Aggregate(_)) && project.iter().any(reads_outer) {
                return Err(refused("beside an aggregate, where only what is grouped by may stand"));
            }
            let (Pulled { rel: input, conditions }, places) = with_columns_of(pulled, outer, project)?;
            let mut project: Vec<Scalar> = project.iter().map(|s| s.shift(&|c| find(&places, c))).collect();
            let mut names = rel.names();
            let references = input.references();
            let conditions = conditions
                .iter()
                .map(|condition| {
                    let position = |column: usize, project: &mut Vec<Scalar>, names: &mut Vec<String>| {
                        if let Some(at) = project.iter().position(|s| s.as_column() == Some(column)) {
                            return at;
                        }
                        project.push(references[column].clone());
                        names.push(format!("$corr{}", names.len()));
                        project.len() - 1
                    };
                    let moved: Vec<(usize, usize)> = condition
                        .columns()
                        .into_iter()
                        .filter(|column| *column < OUTER)
                        .map(|column| (column, position(column, &mut project, &mut names)))
                        .collect();
                    condition.shift(&|column| find(&moved, column))
                })
                .collect();
            Ok(Pulled { rel: Relation::project(input, project, names), conditions })
        }
        Op::Join(join) if join.as_of.is_none() => pull_join(rel, join, outer),
        Op::Aggregate(aggregate) => pull_aggregate(rel, aggregate, outer),
        Op::Limit(limit) => pull_limit(rel, limit, outer),
        _ => Err(refused("below a construct that it cannot be taken out of")),
    }
}

/// A condition below an outer join is asked above it, too, so that a row that the join has padded does not satisfy it
/// (Calcite `RelDecorrelator.decorrelateRel(LogicalJoin)`).
fn pull_join(rel: &Rel, join: &Join, around: &Rel) -> Result<Pulled, PlanError> {
    let (left, right) = (&rel.inputs[0], &rel.inputs[1]);
    let (outer, on): (Vec<Scalar>, Vec<Scalar>) = join.on.iter().cloned().partition(reads_outer);
    if !matches!(join.kind, JoinKind::Inner | JoinKind::Anti) && !outer.is_empty() {
        return Err(refused("in a condition of a join that is not an inner one"));
    }
    if join.kind.is_left_only() && is_correlated(right) {
        return Err(refused("in a subquery of the subquery"));
    }
    let (left_width, right_width) = (left.columns.len(), right.columns.len());
    let (mut left, right) = (pull(left, around)?, pull(right, around)?);
    // Which rows an anti join leaves depends on the outer row: its columns go in.
    let mut places = Vec::new();
    if join.kind == JoinKind::Anti {
        (left, places) = with_columns_of(left, around, &outer)?;
    }
    let new_left = left.rel.columns.len();
    // The columns of the join before, as they stand in the new one.
    let own = |column: usize| match column {
        outer if outer >= OUTER => find(&places, outer),
        left if left < left_width => left,
        right => right - left_width + new_left,
    };
    let columns = joined_columns(&left.rel.columns, &right.rel.columns, join.kind);
    let (outer, on) = match join.kind {
        JoinKind::Anti => (Vec::new(), join.on.clone()),
        _ => (outer, on),
    };
    let on = on.iter().map(|condition| condition.shift(&own)).collect();
    let new_width = columns.len();
    let joined = Relation::new(
        Op::Join(Join { kind: join.kind, on, as_of: None, ttl_ms: join.ttl_ms }),
        vec![left.rel, right.rel],
        columns,
    );
    let shifted = |column: usize| if column >= OUTER { column } else { column + new_left };
    let mut conditions = left.conditions;
    conditions.extend(right.conditions.iter().map(|condition| condition.shift(&shifted)));
    conditions.extend(outer.iter().map(|condition| condition.shift(&own)));
    // Columns that were not there before go behind the others.
    let right_width = if join.kind.is_left_only() { 0 } else { right_width };
    let before: Vec<usize> = (0..left_width).chain(new_left..new_left + right_width).collect();
    let added: Vec<usize> = (0..new_width).filter(|column| !before.contains(column)).collect();
    let order: Vec<usize> = before.into_iter().chain(added).collect();
    let places: Vec<(usize, usize)> =
        order.iter().copied().enumerate().map(|(to, from)| (from, to)).collect();
    let (references, names) = (joined.references(), joined.names());
    let project = order.iter().map(|column| references[*column].clone()).collect();
    let names = order.iter().map(|column| names[*column].clone()).collect();
    let conditions = conditions.iter().map(|c| c.shift(&|column| find(&places, column))).collect();
    Ok(Pulled { rel: Relation::project(joined, project, names), conditions })
}

/// Rows of one outer row have equal values in what its columns are compared with, so those become keys. Where they are not
/// compared by equality, the rows are joined with the distinct outer values first (Calcite's value generator).
fn pull_aggregate(rel: &Rel, aggregate: &Aggregate, outer: &Rel) -> Result<Pulled, PlanError> {
    let read = aggregate.calls.iter().flat_map(|call| call.arguments.iter().chain(&call.filter));
    let read: Vec<Scalar> = aggregate.keys.iter().chain(read).cloned().collect();
    let pulled = with_equalities(pull(&rel.inputs[0], outer)?, outer)?;
    let (Pulled { rel: input, conditions }, places) = with_columns_of(pulled, outer, &read)?;
    let own = |scalar: &Scalar| scalar.shift(&|column| find(&places, column));
    let aggregate = &Aggregate {
        keys: aggregate.keys.iter().map(own).collect(),
        calls: aggregate
            .calls
            .iter()
            .map(|call| AggregateCall {
                arguments: call.arguments.iter().map(own).collect(),
                filter: call.filter.as_ref().map(own),
                ..call.clone()
            })
            .collect(),
        ttl_ms: aggregate.ttl_ms,
    };
    let (old_keys, calls) = (aggregate.keys.len(), aggregate.calls.len());
    let mut keys = aggregate.keys.clone();
    let mut pulled = Vec::with_capacity(conditions.len());
    for condition in &conditions {
        let Some((outer, inner, swapped)) = signed_sides_of(condition) else {
            return Err(refused("below an aggregate by something else than an equality"));
        };
        keys.push(inner.clone());
        // The new key stands behind the columns of before.
        let at = old_keys + calls + (keys.len() - 1 - old_keys);
        let key = Scalar::column(at, inner.logical_type.clone(), inner.nullable);
        let mut condition = condition.clone();
        if let ScalarKind::Call(_, sides) = &mut condition.kind {
            *sides = if swapped { vec![key, outer.clone()] } else { vec![outer.clone(), key] };
        }
        pulled.push(condition);
    }
    let added = keys.len() - old_keys;
    let mut columns: Vec<_> = rel.columns[..old_keys].to_vec();
    columns.extend(
        keys[old_keys..]
            .iter()
            .enumerate()
            .map(|(i, key)| plain(&format!("$corr{i}"), key.logical_type.clone(), key.nullable)),
    );
    columns.extend(rel.columns[old_keys..].iter().cloned());
    let op = Op::Aggregate(Aggregate { keys, calls: aggregate.calls.clone(), ttl_ms: aggregate.ttl_ms });
    let grouped = Relation::new(op, vec![input], columns);
    let order: Vec<usize> = (0..old_keys)
        .chain(old_keys + added..old_keys + added + calls)
        .chain(old_keys..old_keys + added)
        .collect();
    let (references, names) = (grouped.references(), grouped.names());
    let project = order.iter().map(|column| references[*column].clone()).collect();
    let names = order.iter().map(|column| names[*column].clone()).collect();
    Ok(Pulled { rel: Relation::project(grouped, project, names), conditions: pulled })
}

/// The first rows by an order for each outer row are a rank for each value that its columns are compared with (Flink
/// `CorrelateSortToRankRule`).
fn pull_limit(rel: &Rel, limit: &Limit, outer: &Rel) -> Result<Pulled, PlanError> {
    let sorted = &rel.inputs[0];
    let (Op::Sort(order), Some(fetch)) = (&sorted.op, limit.fetch) else {
        return Err(refused("below a LIMIT without an ORDER BY"));
    };
    if order.iter().any(|key| reads_outer(&key.value)) {
        return Err(refused("in its ORDER BY"));
    }
    let Pulled { rel: input, conditions } = with_equalities(pull(&sorted.inputs[0], outer)?, outer)?;
    let partition = conditions.iter().filter_map(|condition| Some(signed_sides_of(condition)?.1.clone()));
    let from = i64::try_from(limit.offset).unwrap_or(i64::MAX).saturating_add(1);
    let to = i64::try_from(limit.offset.saturating_add(fetch)).unwrap_or(i64::MAX);
    let rank = Rank {
        partition: partition.collect(),
        order: order.clone(),
        range: RankRange::Constant { from, to },
        at: (0, 0),
    };
    let (references, names) = (input.references(), input.names());
    let mut columns = computed_below(&input.columns);
    columns.push(plain("$number", LogicalType::BigInt, false));
    let ranked = Relation::new(Op::Rank(rank), vec![input], columns);
    Ok(Pulled { rel: Relation::project(ranked, references, names), conditions })
}

/// Flink takes the first rows of a correlated EXISTS before it asks the conditions (Calcite `RelDecorrelator.decorrelateRel(Sort)`).
///
/// # Errors
/// As [`pull`].
pub fn pull_first(rel: &Rel, limit: &Limit, outer: &Rel) -> Result<Pulled, PlanError> {
    let below = &rel.inputs[0];
    let (input, order) = match &below.op {
        Op::Sort(order) => (&below.inputs[0], Some(order)),
        _ => (below, None),
    };
    if order.is_some_and(|order| order.iter().any(|key| reads_outer(&key.value))) {
        return Err(refused("in its ORDER BY"));
    }
    let Pulled { rel: input, conditions } = pull(input, outer)?;
    let columns = input.columns.clone();
    let input = match order {
        Some(order) => Relation::new(Op::Sort(order.clone()), vec![input], columns.clone()),
        None => input,
    };
    let rel = Relation::new(Op::Limit(limit.clone()), vec![input], columns);
    Ok(Pulled { rel, conditions })
}

/// The same rows with conditions that compare a column of theirs with an outer value: each outer row then meets the rows of
/// one group.
pub fn by_columns(pulled: Pulled, outer: &Rel) -> Result<Pulled, PlanError> {
    let compares_column =
        |condition: &Scalar| sides_of(condition).is_some_and(|(_, inner, _)| inner.as_column().is_some());
    if pulled.conditions.iter().all(compares_column) {
        return Ok(pulled);
    }
    Ok(with_outer_values(pulled, outer, Vec::new()).0)
}

/// The same rows with conditions that are all equalities.
fn with_equalities(pulled: Pulled, outer: &Rel) -> Result<Pulled, PlanError> {
    if pulled.has_equal_signs() {
        return Ok(pulled);
    }
    Ok(with_outer_values(pulled, outer, Vec::new()).0)
}

/// Whether rows below an aggregate or a LIMIT are joined with the distinct outer values.
///
/// # Errors
/// As [`pull`].
pub fn reads_outer_values(rel: &Rel, outer: &Rel) -> Result<bool, PlanError> {
    if !is_correlated(rel) {
        return Ok(false);
    }
    if matches!(rel.op, Op::Aggregate(_) | Op::Limit(_)) && !pull(&rel.inputs[0], outer)?.has_equal_signs() {
        return Ok(true);
    }
    rel.inputs.iter().try_fold(false, |found, input| Ok(found || reads_outer_values(input, outer)?))
}

/// The same rows with the outer columns that expressions over them read, and where these stand.
fn with_columns_of(
    pulled: Pulled,
    outer: &Rel,
    scalars: &[Scalar],
) -> Result<(Pulled, Vec<(usize, usize)>), PlanError> {
    let read: Vec<usize> =
        scalars.iter().flat_map(outer_columns).collect::<BTreeSet<_>>().into_iter().collect();
    // A column of the subquery that has to be equal stands for the outer one.
    let equal = |column: &usize| {
        pulled.conditions.iter().find_map(|condition| {
            let (outer, inner, _) = sides_of(condition)?;
            let is_it = outer.as_column() == Some(OUTER + column) && outer.logical_type == inner.logical_type;
            Some((OUTER + column, inner.as_column().filter(|_| is_it)?))
        })
    };
    Ok(match read.iter().map(equal).collect::<Option<Vec<_>>>() {
        Some(places) => (pulled, places),
        None => with_outer_values(pulled, outer, read),
    })
}

/// The rows joined with the distinct outer values that their conditions read, and `further` ones; and where each stands.
fn with_outer_values(pulled: Pulled, outer: &Rel, further: Vec<usize>) -> (Pulled, Vec<(usize, usize)>) {
    let mut read = further;
    read.extend(pulled.conditions.iter().flat_map(outer_columns));
    read.sort_unstable();
    read.dedup();
    let references = outer.references();
    let keys: Vec<Scalar> = read.iter().map(|column| references[*column].clone()).collect();
    let columns =
        read.iter().map(|c| plain(&outer.columns[*c].name, keys_type(outer, *c), outer.columns[*c].nullable));
    let op = Op::Aggregate(Aggregate { keys, calls: Vec::new(), ttl_ms: None });
    let values = Relation::new(op, vec![without_outer(outer)], columns.collect());
    let width = pulled.rel.columns.len();
    let place = |column: usize| match column.checked_sub(OUTER) {
        Some(outer) => width + read.iter().position(|c| *c == outer).unwrap_or_default(),
        None => column,
    };
    let on = pulled.conditions.iter().map(|condition| condition.shift(&place)).collect();
    let columns = joined_columns(&pulled.rel.columns, &values.columns, JoinKind::Inner);
    let join = Join { kind: JoinKind::Inner, on, as_of: None, ttl_ms: [None; 2] };
    let rel = Relation::new(Op::Join(join), vec![pulled.rel, values], columns);
    let same = |(i, column): (usize, &usize)| {
        let (logical_type, nullable) = (keys_type(outer, *column), outer.columns[*column].nullable);
        let side = |at| Scalar::column(at, logical_type.clone(), nullable);
        // As in Flink, an outer row with a NULL among the values meets nothing.
        let eval = compare::eval(Comparison::Eq);
        let sides = vec![side(OUTER + column), side(width + i)];
        call(Comparison::Eq.symbol(), sides, LogicalType::Boolean, nullable, eval)
    };
    let conditions = read.iter().enumerate().map(same).collect();
    let places = read.iter().enumerate().map(|(i, column)| (OUTER + column, width + i)).collect();
    (Pulled { rel, conditions }, places)
}

/// The rows of a relation and maybe more: without the conditions that read the query around it. Values of rows that are not
/// there meet nobody.
fn without_outer(rel: &Rel) -> Rel {
    if !is_correlated(rel) {
        return Rel::clone(rel);
    }
    let inputs: Vec<Rel> = rel.inputs.iter().map(without_outer).collect();
    let Op::Filter(condition) = &rel.op else { return rel.over(inputs) };
    let mut parts = Vec::new();
    conjuncts(condition.clone(), &mut parts);
    let own = parts.into_iter().filter(|part| !reads_outer(part)).collect();
    match conjunction(own) {
        Some(own) => Relation::filter(Rel::clone(&inputs[0]), own),
        None => Rel::clone(&inputs[0]),
    }
}

/// Whether outer columns stand elsewhere than in conditions of its WHERE and its inner joins: what its SELECT computes
/// reads them, or what a subquery of it is compared with.
pub fn computes_with_outer(rel: &Rel) -> bool {
    let own = match &rel.op {
        Op::Project(project) => project.iter().any(reads_outer),
        Op::Join(join) => join.kind.is_left_only() && join.on.iter().any(reads_outer),
        _ => false,
    };
    own || rel.inputs.iter().any(computes_with_outer)
}

fn keys_type(outer: &Rel, column: usize) -> LogicalType {
    outer.columns[column].logical_type.clone()
}

fn find(places: &[(usize, usize)], column: usize) -> usize {
    places.iter().find(|(from, _)| *from == column).map_or(column, |(_, to)| *to)
}

fn is_correlated(rel: &Rel) -> bool {
    let own = match &rel.op {
        Op::Filter(condition) => reads_outer(condition),
        Op::Project(project) => project.iter().any(reads_outer),
        Op::Join(join) => join.on.iter().any(reads_outer),
        Op::Aggregate(aggregate) => {
            let calls = aggregate.calls.iter().flat_map(|call| call.arguments.iter().chain(&call.filter));
            aggregate.keys.iter().chain(calls).any(reads_outer)
        }
        Op::Values(rows) => rows.iter().flatten().any(reads_outer),
        Op::Correlate(correlate) => reads_outer(&correlate.collection),
        Op::Expand(projects) => projects.iter().flatten().any(reads_outer),
        Op::Over(over) => over.partition.iter().any(reads_outer),
        Op::Rank(rank) => rank.partition.iter().any(reads_outer),
        Op::Sort(order) => order.iter().any(|key| reads_outer(&key.value)),
        Op::Scan(_) | Op::WindowTableFunction(_) | Op::Match(_) | Op::SetOp(_) | Op::Limit(_) => false,
    };
    own || rel.inputs.iter().any(|input| is_correlated(&Arc::clone(input)))
}

fn refused(place: &str) -> PlanError {
    PlanError::new(format!(
        "a subquery reads a column of the query around it {place}, which is not supported"
    ))
    .hint("compare the column with one of the subquery in its WHERE, or write a join")
}
