//! How the values of a row move when it is updated (Flink `FlinkRelMdModifiedMonotonicity`).

use streamsql_plan::{AggregateCall, AggregateFunction, Keep, RankRange, TimeDomain};

use crate::logical::Scalar;
use crate::logical::scalar::conjuncts;
use crate::physical::{Node, NodeOp, calc, deduplicate, group_aggregate, rank};

/// How a column moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monotonicity {
    /// It never changes.
    Constant,
    Increasing,
    Decreasing,
    /// It may become anything.
    Any,
}

use Monotonicity::{Any, Constant, Decreasing, Increasing};

/// For each column of a node; none where rows may be deleted. The modes of its inputs must be settled.
pub fn of(node: &Node) -> Option<Vec<Monotonicity>> {
    let width = node.columns.len();
    let all = |monotonicity| Some(vec![monotonicity; width]);
    if node.mode.is_insert_only() {
        return all(Constant);
    }
    match &node.op {
        NodeOp::Calc(calc) => of_calc(calc, &node.inputs[0]),
        NodeOp::GroupAggregate(aggregate) => of_aggregate(aggregate, &node.inputs[0]),
        NodeOp::Deduplicate(deduplicate) => Some(of_deduplicate(deduplicate, width)),
        NodeOp::Rank(rank) => of_rank(rank, node),
        NodeOp::Union(_) => {
            let inputs = node.inputs.iter().map(of).collect::<Option<Vec<_>>>()?;
            let same = inputs.iter().all(|input| *input == inputs[0]);
            if same { inputs.into_iter().next() } else { all(Any) }
        }
        NodeOp::Correlate(_) | NodeOp::LookupJoin(_) | NodeOp::Expand(_) => {
            of(&node.inputs[0]).map(|input| vec![if is_constant(&input) { Constant } else { Any }; width])
        }
        _ => None,
    }
}

fn is_constant(columns: &[Monotonicity]) -> bool {
    columns.iter().all(|column| *column == Constant)
}

fn of_calc(calc: &calc::Calc, input: &Node) -> Option<Vec<Monotonicity>> {
    let input = of(input)?;
    if is_constant(&input) {
        return Some(vec![Constant; calc.project.len()]);
    }
    let lost = calc.condition.as_ref().is_some_and(|condition| may_leave(condition, &input));
    let column = |scalar: &Scalar| match cast_column(scalar) {
        Some(column) if !lost => input[column],
        _ => Any,
    };
    Some(calc.project.iter().map(column).collect())
}

/// The column that an expression is, behind casts.
fn cast_column(scalar: &Scalar) -> Option<usize> {
    match scalar.as_call() {
        Some(("CAST", [operand])) => cast_column(operand),
        _ => scalar.as_column(),
    }
}

/// Whether a row that passed a condition may no longer pass when it is updated.
fn may_leave(condition: &Scalar, columns: &[Monotonicity]) -> bool {
    let mut parts = Vec::new();
    conjuncts(condition.clone(), &mut parts);
    parts.iter().any(|part| {
        let changes = part.columns().into_iter().any(|column| columns[column] != Constant);
        let Some((symbol, [left, right])) = part.as_call() else { return changes };
        let moves = |scalar: &Scalar| cast_column(scalar).map_or(Any, |column| columns[column]);
        match symbol {
            _ if !changes => false,
            ">" | ">=" if right.columns().is_empty() => moves(left) != Increasing,
            "<" | "<=" if right.columns().is_empty() => moves(left) != Decreasing,
            _ => true,
        }
    })
}

fn of_aggregate(aggregate: &group_aggregate::GroupAggregate, input: &Node) -> Option<Vec<Monotonicity>> {
    let columns = of(input)?;
    if aggregate.keys.iter().any(|key| columns[*key] != Constant) {
        return None;
    }
    let updates = !is_constant(&columns);
    let call = |call: &AggregateCall| {
        let own = match call.function {
            AggregateFunction::Count => return Increasing,
            AggregateFunction::Max => Increasing,
            AggregateFunction::Min => Decreasing,
            _ => Any,
        };
        match call.arguments.as_slice() {
            [argument] if updates && columns[*argument] != own => Any,
            _ => own,
        }
    };
    let keys = aggregate.keys.iter().map(|_| Constant);
    Some(keys.chain(aggregate.calls.iter().map(call)).collect())
}

fn of_deduplicate(deduplicate: &deduplicate::Deduplicate, width: usize) -> Vec<Monotonicity> {
    if (deduplicate.domain, deduplicate.keep) == (TimeDomain::ProcessingTime, Keep::First) {
        return vec![Constant; width];
    }
    let mut columns = vec![Any; width];
    deduplicate.keys.iter().for_each(|key| columns[*key] = Constant);
    columns
}

fn of_rank(rank: &rank::Rank, node: &Node) -> Option<Vec<Monotonicity>> {
    let input = of(&node.inputs[0])?;
    if rank.range == (RankRange::Constant { from: 1, to: 1 }) && !is_constant(&input) {
        return None;
    }
    if rank.partition.iter().any(|key| input[*key] != Constant) {
        return None;
    }
    let mut columns = vec![Any; node.columns.len()];
    rank.partition.iter().for_each(|key| columns[*key] = Constant);
    if rank.number {
        columns[rank.width] = Constant;
    }
    if let Some(first) = rank.order.first() {
        let is_time = node.inputs[0].columns[first.column].time.is_some();
        let moves = if is_time { Increasing } else { input[first.column] };
        columns[first.column] = match moves {
            Increasing | Constant if first.descending => Increasing,
            Decreasing | Constant if !first.descending => Decreasing,
            _ => Any,
        };
    }
    Some(columns)
}
