//! `CROSS JOIN UNNEST(array)`, or LEFT JOIN: a row for each element.

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::Failure;
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

struct Unnest {
    input: Box<dyn Relation>,
    alias: String,
    array: usize,
    left: bool,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts();
    let array = *from.find(|column| column.of == Type::IntArray).choose(&mut generator.random)?;
    let mut columns = generator.renamed(&from.columns);
    columns.push(Column { name: generator.name(), of: Type::Int, time: Time::None, global: false });
    for column in &mut columns {
        column.global = false;
    }
    // An array may hold the same element twice.
    let facts = Facts { columns, unique: Vec::new(), ..from.clone() };
    let left = generator.random.random_bool(0.4);
    Some(Box::new(Unnest { input, alias: generator.alias(), array, left, facts }))
}

impl Relation for Unnest {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let (alias, element) = (&self.alias, format!("e{}", self.alias));
        let mut names = self.input.facts().names_of(alias);
        let array = names[self.array].clone();
        names.push(format!("{element}.e"));
        let join = if self.left { "LEFT JOIN" } else { "CROSS JOIN" };
        let on = if self.left { " ON TRUE" } else { "" };
        format!(
            "SELECT {} FROM ({}) AS {alias} {join} UNNEST({array}) AS {element} (e){on}",
            renamed(&names, &self.facts.columns),
            self.input.sql(dialect)
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut out = Vec::new();
        for row in self.input.evaluate(world)? {
            let elements = match &row[self.array] {
                Value::Array(items) if !items.is_empty() => items.clone(),
                _ if self.left => vec![Value::Null],
                _ => Vec::new(),
            };
            out.extend(elements.into_iter().map(|element| row.iter().cloned().chain([element]).collect()));
        }
        Ok(out)
    }
}
