//! `UNION ALL` of what two relations have in common.

use std::collections::BTreeSet;

use crate::model::expression::Failure;
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation};
use crate::model::value::Row;
use crate::model::world::World;

struct Union {
    inputs: [Box<dyn Relation>; 2],
    aliases: [String; 2],
    /// For each output column its place in either input.
    places: Vec<[usize; 2]>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let inputs = [generator.relation(depth - 1), generator.relation(depth - 1)];
    let (one, two) = (inputs[0].facts(), inputs[1].facts());
    let mut places: Vec<[usize; 2]> = Vec::new();
    for (i, column) in one.columns.iter().enumerate() {
        let fits = |other: &Column| other.of == column.of && other.time == column.time;
        let other = two.find(fits).into_iter().find(|j| places.iter().all(|[_, taken]| taken != j));
        places.extend(other.map(|j| [i, j]));
    }
    let apart = one.tables.is_disjoint(&two.tables);
    let columns: Vec<Column> = places
        .iter()
        .map(|[i, j]| Column {
            name: generator.name(),
            global: apart && one.columns[*i].global && two.columns[*j].global,
            ..one.columns[*i].clone()
        })
        .collect();
    columns.iter().find(|column| column.time == crate::model::relation::Time::None)?;
    // Rows of both sides differ where the values of either are its own.
    let globals: BTreeSet<usize> = (0..columns.len()).filter(|i| columns[*i].global).collect();
    let of_side = |side: usize| globals.iter().map(|i| places[*i][side]).collect::<BTreeSet<usize>>();
    let unique = one.is_unique(&of_side(0)) && two.is_unique(&of_side(1));
    let facts = Facts {
        columns,
        insert_only: one.insert_only && two.insert_only,
        ordered: false,
        unique: if unique { vec![globals] } else { Vec::new() },
        tables: one.tables.union(&two.tables).copied().collect(),
        needs_punctuality: one.needs_punctuality || two.needs_punctuality,
        may_be_late: one.may_be_late || two.may_be_late,
    };
    let aliases = [generator.alias(), generator.alias()];
    Some(Box::new(Union { inputs, aliases, places, facts }))
}

impl Relation for Union {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let side = |side: usize| {
            let names = self.inputs[side].facts().names();
            let names: Vec<String> = self.places.iter().map(|place| names[place[side]].clone()).collect();
            format!(
                "SELECT {} FROM ({}) AS {}",
                renamed(&names, &self.facts.columns),
                self.inputs[side].sql(dialect),
                self.aliases[side]
            )
        };
        format!("{} UNION ALL {}", side(0), side(1))
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut out = Vec::new();
        for (side, input) in self.inputs.iter().enumerate() {
            let rows = input.evaluate(world)?;
            out.extend(
                rows.iter()
                    .map(|row| -> Row { self.places.iter().map(|place| row[place[side]].clone()).collect() }),
            );
        }
        Ok(out)
    }
}
