//! The first rows of each window and of further keys in an order, and the first or last row of them by time.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;

use super::rank::Key;
use super::windows::{Windowed, Windows, windowed};
use crate::model::expression::Failure;
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

enum Order {
    Columns(Vec<Key>),
    /// By a time attribute, which makes a deduplication of it: the last row is the newest of equal time.
    Time {
        column: usize,
        last: bool,
    },
}

struct WindowRank {
    input: Windowed,
    alias: String,
    /// Beside the window.
    keys: Vec<usize>,
    order: Order,
    from: usize,
    to: usize,
    /// Whether the number is the last column.
    number: bool,
    facts: Facts,
}

/// How many orders are tried.
const TRIES: usize = 6;

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let windows = Windows::generate(&mut generator.random);
    of_windows(generator, depth, windows).map(|windowed| windowed.relation)
}

pub fn of_windows(generator: &mut Generator, depth: usize, windows: Windows) -> Option<Windowed> {
    let input = windowed(generator, depth, windows)?;
    let from = input.relation.facts().clone();
    let fit = from.find(|column| column.time == Time::None && column.of != Type::IntArray);
    let fit: Vec<usize> = fit.into_iter().filter(|i| ![input.start, input.end].contains(i)).collect();
    let times = from.rowtimes();
    for _ in 0..TRIES {
        let random = &mut generator.random;
        let count = random.random_range(0..=2).min(fit.len());
        let keys: Vec<usize> = fit.choose_multiple(random, count).copied().collect();
        let mut decides: BTreeSet<usize> = keys.iter().copied().chain([input.start, input.end]).collect();
        let by_time = random.random_bool(0.5);
        let order = if by_time {
            let Some(column) = times.choose(random).copied() else { continue };
            decides.insert(column);
            Order::Time { column, last: random.random() }
        } else {
            let count = random.random_range(1..=3).min(fit.len());
            let sorted: Vec<usize> = fit.choose_multiple(random, count).copied().collect();
            decides.extend(&sorted);
            if sorted.is_empty() {
                continue;
            }
            Order::Columns(sorted.into_iter().map(|column| Key::any(random, column)).collect())
        };
        // Among equal rows the order of arrival decides, which must then be the same in every run.
        if !input.ordered && !from.is_unique(&decides) {
            continue;
        }
        let first = if !by_time && random.random_bool(0.3) { random.random_range(2..=3) } else { 1 };
        let to = if by_time { 1 } else { first + random.random_range(0..=2) };
        let number: bool = random.random();
        let mut columns = from.columns.clone();
        for (i, column) in columns.iter_mut().enumerate() {
            column.global = false;
            // A window's rows come when it is complete: only its own time is one of the result.
            if matches!(column.time, Time::Row { .. }) && input.time != Some(i) {
                column.time = Time::None;
            }
        }
        let mut unique = from.unique.clone();
        if number {
            let window = [input.start, input.end, columns.len()];
            unique.push(keys.iter().copied().chain(window).collect());
            columns.push(Column { name: String::new(), of: Type::BigInt, time: Time::None, global: false });
        }
        let facts = Facts {
            columns: generator.renamed(&columns),
            insert_only: true,
            ordered: false,
            unique,
            needs_punctuality: true,
            may_be_late: false,
            ..from
        };
        let (start, end) = (input.start, input.end);
        let alias = generator.alias();
        let relation = Box::new(WindowRank { input, alias, keys, order, from: first, to, number, facts });
        // An aggregate of it keeps start and end of the window only.
        return Some(Windowed { relation, start, end, time: None, ordered: false });
    }
    None
}

impl Relation for WindowRank {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let facts = self.input.relation.facts();
        let names = facts.names();
        let partition = [self.input.start, self.input.end].into_iter().chain(self.keys.iter().copied());
        let partition: Vec<&str> = partition.map(|key| names[key].as_str()).collect();
        let order: Vec<String> = match &self.order {
            Order::Columns(keys) => keys.iter().map(|key| key.sql(&names)).collect(),
            Order::Time { column, last } => {
                vec![format!("{}{}", names[*column], if *last { " DESC" } else { "" })]
            }
        };
        let (inner, outer) = (&self.alias, format!("n{}", self.alias));
        let shown = facts.columns.iter().zip(&self.facts.columns).enumerate();
        let mut items: Vec<String> = shown
            .map(|(i, (from, to))| match (from.time, to.time) {
                (Time::Row { .. }, Time::None) => facts.plain(&outer, i),
                _ => from.name.clone(),
            })
            .collect();
        items.extend(self.number.then(|| format!("rn{inner}")));
        let range = match (self.from, self.to) {
            (from, to) if from == to => format!("rn{inner} = {from}"),
            (1, to) => format!("rn{inner} <= {to}"),
            (from, to) => format!("rn{inner} BETWEEN {from} AND {to}"),
        };
        format!(
            "SELECT {} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}) AS rn{inner} FROM ({}) AS \
             {inner}) AS {outer} WHERE {range}",
            renamed(&items, &self.facts.columns),
            partition.join(", "),
            order.join(", "),
            self.input.relation.sql(dialect)
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut partitions: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in self.input.relation.evaluate(world)? {
            let window = [self.input.start, self.input.end];
            let key: Row = window.iter().chain(&self.keys).map(|key| row[*key].clone()).collect();
            partitions.entry(key).or_default().push(row);
        }
        let mut shown = Vec::new();
        for mut rows in partitions.into_values() {
            match &self.order {
                Order::Columns(keys) => rows.sort_by(|one, other| {
                    keys.iter().map(|key| key.compare(one, other)).fold(Ordering::Equal, Ordering::then)
                }),
                Order::Time { column, last: false } => rows.sort_by(|a, b| a[*column].cmp(&b[*column])),
                Order::Time { column, last: true } => {
                    rows.reverse();
                    rows.sort_by(|a, b| b[*column].cmp(&a[*column]));
                }
            }
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
