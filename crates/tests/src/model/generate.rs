//! Random queries: operators over operators over tables.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::operators::{ALL, Kind};
use super::relation::{Column, Relation, Time};
use super::world::{Dimension, Scan, Table};

/// Makes relations with names of their own.
pub struct Generator {
    pub random: ChaCha8Rng,
    pub tables: Vec<Table>,
    pub dimensions: Vec<Dimension>,
    /// Only what a database has as well, more often what is relational.
    pub relational: bool,
    names: usize,
}

/// How often an operator is tried before a table is taken instead.
const TRIES: usize = 4;

impl Generator {
    pub fn new(random: ChaCha8Rng, tables: Vec<Table>, dimensions: Vec<Dimension>, relational: bool) -> Self {
        Self { random, tables, dimensions, relational, names: 0 }
    }

    /// A name for a column.
    pub fn name(&mut self) -> String {
        self.names += 1;
        format!("c{}", self.names)
    }

    /// A name for a relation.
    pub fn alias(&mut self) -> String {
        self.names += 1;
        format!("r{}", self.names)
    }

    /// The same columns under new names.
    pub fn renamed(&mut self, columns: &[Column]) -> Vec<Column> {
        columns.iter().map(|column| Column { name: self.name(), ..column.clone() }).collect()
    }

    /// A relation of at most `depth` operators above each other.
    pub fn relation(&mut self, depth: usize) -> Box<dyn Relation> {
        let weight = |kind: &Kind| if self.relational { kind.relational } else { kind.weight };
        let total: u32 = ALL.iter().map(weight).sum();
        for _ in 0..if depth == 0 { 0 } else { TRIES } {
            let mut at = self.random.random_range(0..total);
            let kind = ALL.iter().find(|kind| {
                let weight = if self.relational { kind.relational } else { kind.weight };
                let hit = at < weight;
                at = at.saturating_sub(weight);
                hit
            });
            if let Some(relation) = kind.and_then(|kind| (kind.generate)(self, depth)) {
                return relation;
            }
        }
        let table = self.random.random_range(0..self.tables.len());
        let table = self.tables[table].clone();
        // A database knows no order of arrival.
        let ordered = table.splits == 1 && !self.relational;
        Box::new(Scan::new(&table, ordered, || self.name()))
    }
}

/// A list of select items: these under the names of those.
pub fn renamed(from: &[String], to: &[Column]) -> String {
    let items: Vec<String> = from.iter().zip(to).map(|(from, to)| format!("{from} AS {}", to.name)).collect();
    items.join(", ")
}

/// Columns as an operator passes them on that waits until the watermark has reached the times at `kept`: by any other event
/// time its rows may be late, so that this is no attribute any more.
pub fn with_times(columns: &[Column], kept: &[usize]) -> Vec<Column> {
    let mut columns = columns.to_vec();
    for (i, column) in columns.iter_mut().enumerate() {
        if matches!(column.time, Time::Row { .. }) && !kept.contains(&i) {
            column.time = Time::None;
        }
    }
    columns
}

/// The names of columns, cast where their time attribute ends.
pub fn passed(names: &[String], from: &[Column], to: &[Column]) -> Vec<String> {
    let item = |((name, from), to): ((&String, &Column), &Column)| match (from.time, to.time) {
        (Time::Row { .. }, Time::None) => format!("CAST({name} AS TIMESTAMP(3))"),
        _ => name.clone(),
    };
    names.iter().zip(from).zip(to).map(item).collect()
}

/// The columns of a relation that a query may show, with how it shows them: processing time is not the same twice, and
/// one rowtime column is enough for a result.
pub fn shown(relation: &dyn Relation) -> Vec<(usize, String)> {
    let mut rowtimes = 0;
    let columns = relation.facts().columns.iter().enumerate();
    columns
        .filter_map(|(i, column)| match column.time {
            Time::Processing => None,
            Time::Row { .. } if rowtimes > 0 => {
                Some((i, format!("CAST({0} AS TIMESTAMP(3)) AS {0}", column.name)))
            }
            time => {
                rowtimes += usize::from(time != Time::None);
                Some((i, column.name.clone()))
            }
        })
        .collect()
}
