//! A join of two relations on their event times, inner or outer, with further conditions.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, passed, renamed, with_times};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

struct IntervalJoin {
    inputs: [Box<dyn Relation>; 2],
    aliases: [String; 2],
    /// Whether rows of either side stay that have no match.
    keeps: [bool; 2],
    keys: Vec<[usize; 2]>,
    times: [usize; 2],
    /// Left time minus right time, in seconds, both ends included.
    lower_s: i64,
    upper_s: i64,
    residual: Option<Expr>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let inputs = [generator.relation(depth - 1), generator.relation(depth - 1)];
    let (one, two) = (inputs[0].facts(), inputs[1].facts());
    let usable = |facts: &Facts| facts.insert_only && !facts.may_be_late;
    if !usable(one) || !usable(two) {
        return None;
    }
    let random = &mut generator.random;
    let times = [*one.rowtimes().choose(random)?, *two.rowtimes().choose(random)?];
    let mut keys = Vec::new();
    for _ in 0..*[0, 1, 1, 1, 1, 2].choose(random)? {
        let of = *[Type::String, Type::String, Type::Int, Type::Boolean, Type::BigInt].choose(random)?;
        let plain = |column: &Column| column.of == of && column.time == Time::None;
        keys.extend(
            one.find(plain).choose(random).zip(two.find(plain).choose(random)).map(|(a, b)| [*a, *b]),
        );
    }
    let keeps = [random.random_bool(0.4), random.random_bool(0.3)];
    let lower_s = random.random_range(-8..=4);
    let upper_s = lower_s + random.random_range(0..=10);
    let mut columns: Vec<Column> = Vec::new();
    for (side, facts) in [one, two].into_iter().enumerate() {
        columns.extend(facts.columns.iter().cloned().map(|mut column| {
            column.global = false;
            if keeps[1 - side] && matches!(column.time, Time::Row { .. }) {
                column.time = Time::Row { nullable: true };
            }
            column
        }));
    }
    // A further condition on event times would be taken for a bound, and bounds compare one pair of times only.
    let mut plain = columns.clone();
    for column in plain.iter_mut().filter(|column| column.time != Time::None) {
        column.time = Time::Processing;
    }
    let residual = random.random_bool(0.3).then(|| Expressions { random, columns: &plain }.condition(2));
    let width = one.columns.len();
    let columns = with_times(&columns, &[times[0], width + times[1]]);
    let pairs = one.unique.iter().flat_map(|a| {
        two.unique
            .iter()
            .map(move |b| a.iter().copied().chain(b.iter().map(|i| i + width)).collect::<BTreeSet<usize>>())
    });
    let facts = Facts {
        unique: pairs.collect(),
        insert_only: true,
        ordered: false,
        tables: one.tables.union(&two.tables).copied().collect(),
        needs_punctuality: true,
        may_be_late: keeps != [false, false],
        columns: generator.renamed(&columns),
    };
    let aliases = [generator.alias(), generator.alias()];
    Some(Box::new(IntervalJoin { inputs, aliases, keeps, keys, times, lower_s, upper_s, residual, facts }))
}

impl IntervalJoin {
    fn matches(&self, left: &Row, right: &Row) -> Result<Option<Row>, Failure> {
        let equal = |[a, b]: &[usize; 2]| !left[*a].is_null() && left[*a] == right[*b];
        let (Value::Time(left_ms), Value::Time(right_ms)) = (&left[self.times[0]], &right[self.times[1]])
        else {
            return Ok(None);
        };
        let within = (self.lower_s * 1_000..=self.upper_s * 1_000).contains(&(left_ms - right_ms));
        if !within || !self.keys.iter().all(equal) {
            return Ok(None);
        }
        let pair: Row = left.iter().chain(right).cloned().collect();
        Ok(match &self.residual {
            Some(residual) if !residual.holds(&pair)? => None,
            _ => Some(pair),
        })
    }
}

impl Relation for IntervalJoin {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let [left, right] = [0, 1].map(|side| self.inputs[side].facts().names_of(&self.aliases[side]));
        let bound = |seconds: i64| {
            let sign = if seconds < 0 { '-' } else { '+' };
            format!("{} {sign} INTERVAL '{}' SECOND", right[self.times[1]], seconds.abs())
        };
        let time =
            format!("{} BETWEEN {} AND {}", left[self.times[0]], bound(self.lower_s), bound(self.upper_s));
        let mut on: Vec<String> =
            self.keys.iter().map(|[a, b]| format!("{} = {}", left[*a], right[*b])).collect();
        on.push(time);
        let both: Vec<String> = left.into_iter().chain(right).collect();
        on.extend(self.residual.iter().map(|residual| residual.sql(&both, dialect)));
        let from = self.inputs.iter().flat_map(|input| input.facts().columns.iter());
        let from: Vec<Column> = from.cloned().collect();
        let kind = match self.keeps {
            [false, false] => "JOIN",
            [true, false] => "LEFT JOIN",
            [false, true] => "RIGHT JOIN",
            [true, true] => "FULL JOIN",
        };
        format!(
            "SELECT {} FROM ({}) AS {} {kind} ({}) AS {} ON {}",
            renamed(&passed(&both, &from, &self.facts.columns), &self.facts.columns),
            self.inputs[0].sql(dialect),
            self.aliases[0],
            self.inputs[1].sql(dialect),
            self.aliases[1],
            on.join(" AND ")
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let (lefts, rights) = (self.inputs[0].evaluate(world)?, self.inputs[1].evaluate(world)?);
        let nulls = |side: usize| vec![Value::Null; self.inputs[side].facts().columns.len()];
        let mut matched = vec![false; rights.len()];
        let mut out = Vec::new();
        for left in &lefts {
            let before = out.len();
            for (right, matched) in rights.iter().zip(&mut matched) {
                if let Some(pair) = self.matches(left, right)? {
                    *matched = true;
                    out.push(pair);
                }
            }
            if self.keeps[0] && out.len() == before {
                out.push(left.iter().cloned().chain(nulls(1)).collect());
            }
        }
        let alone = rights.iter().zip(&matched).filter(|(_, matched)| self.keeps[1] && !**matched);
        out.extend(
            alone.map(|(right, _)| nulls(0).into_iter().chain(right.iter().cloned()).collect::<Row>()),
        );
        Ok(out)
    }
}
