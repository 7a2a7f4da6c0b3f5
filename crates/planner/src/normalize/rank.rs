//! ROW_NUMBER under a condition on its number is a rank (Flink `FlinkLogicalRankRule`).

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use datafusion_common::ScalarValue;

use crate::logical::scalar::{conjunction, conjuncts};
use crate::logical::{Op, Over, Rank, Rel, Relation, Scalar, ScalarKind};

pub fn apply(rel: &Rel) -> Rel {
    Ranks { done: HashMap::new() }.of(rel)
}

struct Ranks {
    done: HashMap<*const Relation, Rel>,
}

impl Ranks {
    fn of(&mut self, rel: &Rel) -> Rel {
        if let Some(done) = self.done.get(&Arc::as_ptr(rel)) {
            return Arc::clone(done);
        }
        let inputs: Vec<Rel> = rel.inputs.iter().map(|input| self.of(input)).collect();
        let same = rel.inputs.iter().zip(&inputs).all(|(old, new)| Arc::ptr_eq(old, new));
        let new = if same { Arc::clone(rel) } else { rel.over(inputs) };
        let new = ranked(&new).unwrap_or(new);
        self.done.insert(Arc::as_ptr(rel), Arc::clone(&new));
        new
    }
}

/// The rank that a filter over ROW_NUMBER is, under what else the filter asks for.
fn ranked(rel: &Rel) -> Option<Rel> {
    let Op::Filter(condition) = &rel.op else { return None };
    let over = &rel.inputs[0];
    let Op::Over(Over { partition, order, calls, .. }) = &over.op else { return None };
    if calls.len() != 1 || calls[0].function != "ROW_NUMBER" {
        return None;
    }
    let number = over.columns.len() - 1;
    let mut parts = Vec::new();
    conjuncts(condition.clone(), &mut parts);
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
    let rank = Rank { partition: partition.clone(), order: order.clone(), from, to };
    let ranked = Relation::new(Op::Rank(rank), over.inputs.clone(), over.columns.clone());
    let ranked = Relation::placed(ranked, over.origin.as_ref());
    Some(match conjunction(parts) {
        Some(rest) => Relation::filter(ranked, rest),
        None => ranked,
    })
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

/// The value of an integer literal, also under a cast.
fn integer(scalar: &Scalar) -> Option<i64> {
    match &scalar.kind {
        ScalarKind::Literal(ScalarValue::Int32(value)) => value.map(i64::from),
        ScalarKind::Literal(ScalarValue::Int64(value)) => *value,
        ScalarKind::Call(function, arguments) if function.name == "CAST" => integer(arguments.first()?),
        _ => None,
    }
}
