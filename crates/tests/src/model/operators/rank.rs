//! `ROW_NUMBER() … <= n`, or between two numbers: the first rows of each partition in an order.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::model::expression::Failure;
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

struct Rank {
    input: Box<dyn Relation>,
    alias: String,
    partition: Vec<usize>,
    order: Vec<Key>,
    from: usize,
    to: usize,
    /// Whether the number is the last column.
    number: bool,
    facts: Facts,
}

/// A column of ORDER BY.
#[derive(Clone, Copy)]
pub struct Key {
    column: usize,
    descending: bool,
    nulls_last: bool,
}

/// How many orders are tried.
const TRIES: usize = 6;

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts();
    let fit = from.find(|column| column.time != Time::Processing && column.of != Type::IntArray);
    for _ in 0..TRIES {
        let keys = generator.random.random_range(0..=2).min(fit.len());
        let partition: Vec<usize> = fit.choose_multiple(&mut generator.random, keys).copied().collect();
        let keys = generator.random.random_range(1..=3).min(fit.len());
        let sorted: Vec<usize> = fit.choose_multiple(&mut generator.random, keys).copied().collect();
        let decides: BTreeSet<usize> = partition.iter().chain(&sorted).copied().collect();
        // Among equal rows the order of arrival decides, which must then be the same in every run.
        let arrives_in_order = from.ordered && from.insert_only && !partition.is_empty();
        if sorted.is_empty() || !arrives_in_order && !from.is_unique(&decides) {
            continue;
        }
        let order: Vec<Key> =
            sorted.into_iter().map(|column| Key::any(&mut generator.random, column)).collect();
        // The first row by an event time alone is a deduplication, whose ties the last to arrive wins.
        let by_time =
            matches!(order.as_slice(), [key] if matches!(from.columns[key.column].time, Time::Row { .. }));
        if by_time && !from.is_unique(&decides) {
            continue;
        }
        let first = if generator.random.random_bool(0.3) { generator.random.random_range(2..=3) } else { 1 };
        let to = first + generator.random.random_range(0..=2);
        let number: bool = generator.random.random();
        let mut facts = from.clone();
        facts.columns = generator.renamed(&from.columns);
        facts.columns.iter_mut().for_each(|column| column.global = false);
        if number {
            facts.unique.push(partition.iter().copied().chain([facts.columns.len()]).collect());
            let name = generator.name();
            facts.columns.push(Column { name, of: Type::BigInt, time: Time::None, global: false });
        }
        facts.insert_only = false;
        facts.ordered = false;
        let alias = generator.alias();
        return Some(Box::new(Rank { input, alias, partition, order, from: first, to, number, facts }));
    }
    None
}

impl Key {
    /// A column in either direction.
    pub fn any(random: &mut ChaCha8Rng, column: usize) -> Self {
        Self { column, descending: random.random(), nulls_last: random.random() }
    }

    pub fn sql(self, names: &[String]) -> String {
        let direction = if self.descending { "DESC" } else { "ASC" };
        let nulls = if self.nulls_last { "LAST" } else { "FIRST" };
        format!("{} {direction} NULLS {nulls}", names[self.column])
    }

    pub fn compare(self, one: &Row, other: &Row) -> Ordering {
        let (one, other) = (&one[self.column], &other[self.column]);
        match (one.is_null(), other.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if self.nulls_last => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, true) if self.nulls_last => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ if self.descending => other.cmp(one),
            _ => one.cmp(other),
        }
    }
}

impl Relation for Rank {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names();
        let order: Vec<String> = self.order.iter().map(|key| key.sql(&names)).collect();
        let keys: Vec<&str> = self.partition.iter().map(|key| names[*key].as_str()).collect();
        let partition = match keys.as_slice() {
            [] => String::new(),
            keys => format!("PARTITION BY {} ", keys.join(", ")),
        };
        let (inner, outer) = (&self.alias, format!("n{}", self.alias));
        let own = self.facts.columns.len() - usize::from(self.number);
        let mut select = renamed(&names, &self.facts.columns[..own]);
        if self.number {
            select.push_str(&format!(", rn{inner} AS {}", self.facts.columns[own].name));
        }
        let range = match self.from {
            1 => format!("rn{inner} <= {}", self.to),
            from if from == self.to => format!("rn{inner} = {from}"),
            from => format!("rn{inner} >= {from} AND rn{inner} <= {}", self.to),
        };
        format!(
            "SELECT {select} FROM (SELECT *, ROW_NUMBER() OVER ({partition}ORDER BY {}) AS rn{inner} FROM ({}) AS \
             {inner}) AS {outer} WHERE {range}",
            order.join(", "),
            self.input.sql(dialect)
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut partitions: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in self.input.evaluate(world)? {
            let key: Row = self.partition.iter().map(|key| row[*key].clone()).collect();
            partitions.entry(key).or_default().push(row);
        }
        let mut shown = Vec::new();
        for mut rows in partitions.into_values() {
            rows.sort_by(|one, other| {
                let keys = self.order.iter().map(|key| key.compare(one, other));
                keys.fold(Ordering::Equal, Ordering::then)
            });
            let numbered = rows.into_iter().enumerate().skip(self.from - 1).take(self.to + 1 - self.from);
            shown.extend(numbered.map(|(position, mut row)| {
                if self.number {
                    row.push(Value::Integer(position as i64 + 1));
                }
                row
            }));
        }
        Ok(shown)
    }
}
