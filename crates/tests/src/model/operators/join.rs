//! A join of two relations without a bound in time: every kind of it, with equalities, further conditions or none.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

/// An equality of a column of the left side and one of the right.
pub struct Key {
    pub columns: [usize; 2],
    /// `IS NOT DISTINCT FROM`: NULL is equal to NULL.
    pub null_safe: bool,
}

impl Key {
    pub fn sql(&self, left: &[String], right: &[String]) -> String {
        let op = if self.null_safe { "IS NOT DISTINCT FROM" } else { "=" };
        format!("{} {op} {}", left[self.columns[0]], right[self.columns[1]])
    }

    pub fn holds(&self, left: &Row, right: &Row) -> bool {
        let (left, right) = (&left[self.columns[0]], &right[self.columns[1]]);
        (self.null_safe || !left.is_null()) && left == right
    }

    /// An equality of columns of a type that both sides have; of times only what is no attribute any more.
    pub fn generate(random: &mut rand_chacha::ChaCha8Rng, one: &Facts, two: &Facts) -> Option<Self> {
        let types = [Type::String, Type::String, Type::Int, Type::Boolean, Type::BigInt, Type::Timestamp];
        let of = *types.choose(random)?;
        let plain = |column: &Column| column.of == of && column.time == Time::None;
        let columns = [*one.find(plain).choose(random)?, *two.find(plain).choose(random)?];
        Some(Self { columns, null_safe: random.random_bool(0.15) })
    }
}

/// Columns of which no condition is made that could bound an interval: those of times are hidden.
pub fn without_attributes(columns: impl Iterator<Item = Column>) -> Vec<Column> {
    columns
        .map(|column| match column.time {
            Time::None => column,
            _ => Column { time: Time::Processing, ..column },
        })
        .collect()
}

struct Join {
    inputs: [Box<dyn Relation>; 2],
    aliases: [String; 2],
    /// Whether rows of either side stay that have no match.
    keeps: [bool; 2],
    keys: Vec<Key>,
    residual: Option<Expr>,
    /// Places of the output columns in the pair of rows.
    places: Vec<usize>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let inputs = [generator.relation(depth - 1), generator.relation(depth - 1)];
    let (one, two) = (inputs[0].facts(), inputs[1].facts());
    let random = &mut generator.random;
    let mut keys = Vec::new();
    for _ in 0..*[0, 1, 1, 1, 1, 1, 2].choose(random)? {
        keys.extend(Key::generate(random, one, two));
    }
    let mut keeps = [random.random_bool(0.4), random.random_bool(0.3)];
    // PostgreSQL has no FULL JOIN without an equality.
    if generator.relational && keys.iter().all(|key| key.null_safe) {
        keeps[1] &= !keeps[0];
    }
    let both = || one.columns.iter().chain(&two.columns).cloned();
    let likely = if keys.is_empty() { 0.8 } else { 0.3 };
    let plain = without_attributes(both());
    let residual = random.random_bool(likely).then(|| Expressions { random, columns: &plain }.condition(2));
    let width = one.columns.len();
    let of_two = two.without_time().into_iter().map(|(i, column)| (i + width, column));
    let mut kept: Vec<(usize, Column)> = one.without_time().into_iter().chain(of_two).collect();
    // Few columns, so that joins of joins stay narrow.
    while kept.len() > 8 {
        kept.remove(random.random_range(0..kept.len()));
    }
    let (places, columns): (Vec<usize>, Vec<Column>) = kept.into_iter().unzip();
    let moved = |set: BTreeSet<usize>| {
        set.iter().map(|i| places.iter().position(|place| place == i)).collect::<Option<BTreeSet<usize>>>()
    };
    let pairs = one.unique.iter().flat_map(|a| {
        two.unique
            .iter()
            .map(move |b| a.iter().copied().chain(b.iter().map(|i| i + width)).collect::<BTreeSet<usize>>())
    });
    let facts = Facts {
        unique: pairs.filter_map(moved).collect(),
        insert_only: false,
        ordered: false,
        tables: one.tables.union(&two.tables).copied().collect(),
        needs_punctuality: one.needs_punctuality || two.needs_punctuality,
        may_be_late: true,
        columns: generator.renamed(&columns),
    };
    let aliases = [generator.alias(), generator.alias()];
    Some(Box::new(Join { inputs, aliases, keeps, keys, residual, places, facts }))
}

impl Join {
    fn matches(&self, left: &Row, right: &Row) -> Result<bool, Failure> {
        if !self.keys.iter().all(|key| key.holds(left, right)) {
            return Ok(false);
        }
        match &self.residual {
            Some(residual) => residual.holds(&left.iter().chain(right).cloned().collect()),
            None => Ok(true),
        }
    }

    fn output<'a>(&self, pair: impl Iterator<Item = &'a Value>) -> Row {
        let pair: Vec<&Value> = pair.collect();
        self.places.iter().map(|place| pair[*place].clone()).collect()
    }
}

impl Relation for Join {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let [left, right] = [0, 1].map(|side| self.inputs[side].facts().names_of(&self.aliases[side]));
        let width = left.len();
        let items: Vec<String> = self
            .places
            .iter()
            .map(|place| {
                let side = usize::from(*place >= width);
                self.inputs[side].facts().plain(&self.aliases[side], place - side * width)
            })
            .collect();
        let mut on: Vec<String> = self.keys.iter().map(|key| key.sql(&left, &right)).collect();
        let both: Vec<String> = left.into_iter().chain(right).collect();
        on.extend(self.residual.iter().map(|residual| residual.sql(&both, dialect)));
        let kind = match self.keeps {
            [false, false] if on.is_empty() => "CROSS JOIN",
            [false, false] => "JOIN",
            [true, false] => "LEFT JOIN",
            [false, true] => "RIGHT JOIN",
            [true, true] => "FULL JOIN",
        };
        let on = match (kind, on.is_empty()) {
            ("CROSS JOIN", _) => String::new(),
            (_, true) => " ON TRUE".to_owned(),
            _ => format!(" ON {}", on.join(" AND ")),
        };
        format!(
            "SELECT {} FROM ({}) AS {} {kind} ({}) AS {}{on}",
            renamed(&items, &self.facts.columns),
            self.inputs[0].sql(dialect),
            self.aliases[0],
            self.inputs[1].sql(dialect),
            self.aliases[1],
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
                if self.matches(left, right)? {
                    *matched = true;
                    out.push(self.output(left.iter().chain(right)));
                }
            }
            if self.keeps[0] && out.len() == before {
                out.push(self.output(left.iter().chain(&nulls(1))));
            }
        }
        let alone = rights.iter().zip(&matched).filter(|(_, matched)| self.keeps[1] && !**matched);
        out.extend(alone.map(|(right, _)| self.output(nulls(0).iter().chain(right))));
        Ok(out)
    }
}
