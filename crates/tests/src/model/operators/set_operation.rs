//! `UNION`, `INTERSECT [ALL]` and `EXCEPT [ALL]` of what two relations have in common.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::IndexedRandom;

use crate::model::expression::Failure;
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type};
use crate::model::world::World;

struct SetOperation {
    inputs: [Box<dyn Relation>; 2],
    aliases: [String; 2],
    /// As SQL writes it.
    operation: &'static str,
    /// For each output column its place in either input.
    places: Vec<[usize; 2]>,
    facts: Facts,
}

const OPERATIONS: &[&str] = &["UNION", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"];
/// So many columns that rows of both sides are sometimes equal.
const WIDTH: usize = 3;

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let inputs = [generator.relation(depth - 1), generator.relation(depth - 1)];
    let (one, two) = (inputs[0].facts(), inputs[1].facts());
    let fits = |column: &Column| column.time != Time::Processing && column.of != Type::IntArray;
    let mut left = one.find(fits);
    let mut places: Vec<[usize; 2]> = Vec::new();
    while places.len() < WIDTH
        && let Some(i) = left.choose(&mut generator.random).copied()
    {
        left.retain(|other| *other != i);
        let same = two.find(|column| fits(column) && column.of == one.columns[i].of);
        places.extend(same.choose(&mut generator.random).map(|j| [i, *j]));
    }
    if places.is_empty() {
        return None;
    }
    let columns: Vec<Column> = places
        .iter()
        .map(|[i, _]| Column { time: Time::None, global: false, ..one.columns[*i].clone() })
        .collect();
    let operation = *OPERATIONS.choose(&mut generator.random)?;
    let all: BTreeSet<usize> = (0..columns.len()).collect();
    let facts = Facts {
        columns: generator.renamed(&columns),
        insert_only: false,
        ordered: false,
        unique: if operation.ends_with("ALL") { Vec::new() } else { vec![all] },
        tables: one.tables.union(&two.tables).copied().collect(),
        needs_punctuality: one.needs_punctuality || two.needs_punctuality,
        may_be_late: true,
    };
    let aliases = [generator.alias(), generator.alias()];
    Some(Box::new(SetOperation { inputs, aliases, operation, places, facts }))
}

impl Relation for SetOperation {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let side = |side: usize| {
            let alias = &self.aliases[side];
            let facts = self.inputs[side].facts();
            let items: Vec<String> =
                self.places.iter().map(|place| facts.plain(alias, place[side])).collect();
            format!(
                "SELECT {} FROM ({}) AS {alias}",
                renamed(&items, &self.facts.columns),
                self.inputs[side].sql(dialect)
            )
        };
        format!("{} {} {}", side(0), self.operation, side(1))
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut counts: BTreeMap<Row, [usize; 2]> = BTreeMap::new();
        for (side, input) in self.inputs.iter().enumerate() {
            for row in input.evaluate(world)? {
                let row = self.places.iter().map(|place| row[place[side]].clone()).collect();
                counts.entry(row).or_default()[side] += 1;
            }
        }
        let times = |[left, right]: [usize; 2]| match self.operation {
            "UNION" => 1,
            "INTERSECT" => left.min(right).min(1),
            "INTERSECT ALL" => left.min(right),
            "EXCEPT" => usize::from(left > 0 && right == 0),
            _ => left.saturating_sub(right),
        };
        Ok(counts.into_iter().flat_map(|(row, both)| vec![row; times(both)]).collect())
    }
}
