//! ROW_NUMBER under a condition on its number is a rank (Flink `FlinkLogicalRankRule`).

use std::ops::RangeInclusive;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion_common::ScalarValue;
use streamsql_core::{LogicalType, Schema};
use streamsql_plan::RankRange;

use super::bottom_up;
use crate::logical::scalar::{conjunction, conjuncts};
use crate::logical::{Op, Over, Rank, Rel, Relation, Scalar, ScalarKind};

pub fn apply(rel: &Rel) -> Rel {
    bottom_up(rel, ranked)
}

/// The rank that a filter over ROW_NUMBER is, under what else the filter asks for.
fn ranked(rel: &Rel) -> Option<Rel> {
    let Op::Filter(condition) = &rel.op else { return None };
    let over = &rel.inputs[0];
    let Op::Over(Over { partition, order, calls, at, .. }) = &over.op else { return None };
    if calls.len() != 1 || calls[0].function != "ROW_NUMBER" || order.is_empty() {
        return None;
    }
    let number = over.columns.len() - 1;
    let mut parts = Vec::new();
    conjuncts(condition.clone(), &mut parts);
    let (range, rest) = constant(&parts, number).or_else(|| of_column(&parts, number))?;
    let rank = Rank { partition: partition.clone(), order: order.clone(), range, at: *at };
    let ranked = Relation::new(Op::Rank(rank), over.inputs.clone(), over.columns.clone());
    let ranked = Relation::placed(ranked, over.origin.as_ref());
    Some(match conjunction(rest) {
        Some(rest) => Relation::filter(ranked, rest),
        None => ranked,
    })
}

/// The numbering of a filter that bounds its number from below alone.
pub fn has_no_end<'r>(condition: &Scalar, input: &'r Relation) -> Option<&'r Over> {
    let Op::Over(over) = &input.op else { return None };
    let number = input.columns.len() - 1;
    let mut parts = Vec::new();
    conjuncts(condition.clone(), &mut parts);
    let ranges: Vec<_> = parts.iter().filter_map(|part| numbers_of(part, number)).collect();
    let is_number = matches!(over.calls.as_slice(), [call] if call.function == "ROW_NUMBER");
    (is_number && !ranges.is_empty() && ranges.iter().all(|range| *range.end() == i64::MAX)).then_some(over)
}

/// The range that conditions with constants make, and the conditions that are left.
fn constant(parts: &[Scalar], number: usize) -> Option<(RankRange, Vec<Scalar>)> {
    let mut parts = parts.to_vec();
    // Conditions that stand further in come first: behind those that leave the number 1 alone, it is a constant.
    let mut numbers: RangeInclusive<i64> = 1..=i64::MAX;
    let mut used = 0;
    for part in &parts {
        used += 1;
        if let Some(range) = numbers_of(part, number) {
            numbers = *numbers.start().max(range.start())..=*numbers.end().min(range.end());
        }
        if numbers == (1..=1) {
            break;
        }
    }
    if *numbers.end() == i64::MAX {
        return None;
    }
    let mut rest = parts.split_off(used);
    parts.retain(|part| numbers_of(part, number).is_none());
    rest.retain(|part| !numbers_of(part, number).is_some_and(|numbers| numbers.contains(&1)));
    parts.extend(rest);
    let (from, to) = numbers.into_inner();
    Some((RankRange::Constant { from, to }, parts))
}

/// The range that ends at the value of a column, and the conditions that are left.
fn of_column(parts: &[Scalar], number: usize) -> Option<(RankRange, Vec<Scalar>)> {
    let (bounds, rest): (Vec<&Scalar>, Vec<&Scalar>) =
        parts.iter().partition(|part| bounded_by(part, number).is_some());
    let [bound] = bounds.as_slice() else { return None };
    let of_number = |part: &&Scalar| part.columns().contains(&number);
    if rest.iter().any(of_number) {
        return None;
    }
    Some((RankRange::Variable(bounded_by(bound, number)?), rest.into_iter().cloned().collect()))
}

/// The column that a condition compares the number with as its upper bound. Whether the bound itself is within makes no
/// difference to Flink.
fn bounded_by(condition: &Scalar, number: usize) -> Option<usize> {
    let (symbol, [left, right]) = condition.as_call()? else { return None };
    let (symbol, bound) = match (integer_column(left)?, integer_column(right)?) {
        (column, bound) if column == number => (symbol, bound),
        (bound, column) if column == number => (mirrored(symbol), bound),
        _ => return None,
    };
    // Without a cast between them, = is a bound to Flink, too.
    let is_bound = match symbol {
        "<" | "<=" => true,
        "=" => left.as_column().is_some() && right.as_column().is_some(),
        _ => false,
    };
    (is_bound && bound != number).then_some(bound)
}

/// A column of integers, also where it is read as wider ones.
fn integer_column(scalar: &Scalar) -> Option<usize> {
    match scalar.as_call() {
        Some(("CAST", [operand])) if scalar.logical_type == LogicalType::BigInt => integer_column(operand),
        _ => scalar.as_column().filter(|_| {
            matches!(scalar.logical_type, LogicalType::SmallInt | LogicalType::Int | LogicalType::BigInt)
        }),
    }
}

/// The numbers that a condition lets through, where it compares the number with a constant (Flink
/// `RankUtil.extractRankRange`).
fn numbers_of(condition: &Scalar, number: usize) -> Option<RangeInclusive<i64>> {
    let (symbol, [left, right]) = condition.as_call()? else { return None };
    let (symbol, value) = match (left.as_column(), right.as_column()) {
        (Some(column), None) if column == number => (symbol, integer(right)?),
        (None, Some(column)) if column == number => (mirrored(symbol), integer(left)?),
        _ => return None,
    };
    match symbol {
        "=" => Some(value..=value),
        "<=" => Some(1..=value),
        "<" => Some(1..=value.checked_sub(1)?),
        ">=" => Some(value..=i64::MAX),
        ">" => Some(value.checked_add(1)?..=i64::MAX),
        _ => None,
    }
}

fn mirrored(symbol: &str) -> &str {
    match symbol {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// The value of a constant integer.
fn integer(scalar: &Scalar) -> Option<i64> {
    match &scalar.kind {
        ScalarKind::Literal(ScalarValue::Int32(value)) => value.map(i64::from),
        ScalarKind::Literal(ScalarValue::Int64(value)) => *value,
        ScalarKind::Call(function, arguments) if function.name == "CAST" => integer(arguments.first()?),
        _ if scalar.is_constant() => {
            let value = scalar.expression(&Schema::new(Vec::new())).ok()?.value()?.ok()?;
            match value.data_type() {
                _ if value.len() != 1 || value.is_null(0) => None,
                DataType::Int32 => Some(i64::from(value.as_primitive::<Int32Type>().value(0))),
                DataType::Int64 => Some(value.as_primitive::<Int64Type>().value(0)),
                _ => None,
            }
        }
        _ => None,
    }
}
