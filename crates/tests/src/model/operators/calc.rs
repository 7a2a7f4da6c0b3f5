//! A filter and a projection: columns passed on, and new expressions.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::Generator;
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type};
use crate::model::world::World;

struct Calc {
    input: Box<dyn Relation>,
    alias: String,
    condition: Option<Expr>,
    project: Vec<Expr>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts().clone();
    let condition = generator
        .random
        .random_bool(0.6)
        .then(|| Expressions { random: &mut generator.random, columns: &from.columns }.condition(3));
    let (mut project, mut columns) = (Vec::new(), Vec::new());
    let mut place = vec![None; from.columns.len()];
    for (i, column) in from.columns.iter().enumerate() {
        let wanted = if column.time == Time::None && !column.global { 0.65 } else { 0.85 };
        if generator.random.random_bool(wanted) {
            place[i] = Some(project.len());
            project.push(Expr::Column(i));
            columns.push(Column { name: generator.name(), ..column.clone() });
        }
    }
    for _ in 0..generator.random.random_range(0..3) {
        let types = [Type::Int, Type::Int, Type::String, Type::Boolean, Type::BigInt];
        let of = *types.choose(&mut generator.random)?;
        project.push(Expressions { random: &mut generator.random, columns: &from.columns }.of(of, 3));
        columns.push(Column { name: generator.name(), of, time: Time::None, global: false });
    }
    // There must be something to show.
    columns.iter().find(|column| column.time != Time::Processing)?;
    let moved = |set: &BTreeSet<usize>| set.iter().map(|i| place[*i]).collect::<Option<BTreeSet<usize>>>();
    let facts = Facts { unique: from.unique.iter().filter_map(moved).collect(), columns, ..from };
    Some(Box::new(Calc { input, alias: generator.alias(), condition, project, facts }))
}

impl Relation for Calc {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names();
        let columns = self.project.iter().zip(&self.facts.columns);
        let columns: Vec<String> = columns
            .map(|(expr, column)| format!("{} AS {}", expr.sql(&names, dialect), column.name))
            .collect();
        let mut sql =
            format!("SELECT {} FROM ({}) AS {}", columns.join(", "), self.input.sql(dialect), self.alias);
        if let Some(condition) = &self.condition {
            sql.push_str(&format!(" WHERE {}", condition.sql(&names, dialect)));
        }
        sql
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut out = Vec::new();
        for row in self.input.evaluate(world)? {
            if match &self.condition {
                Some(condition) => condition.holds(&row)?,
                None => true,
            } {
                out.push(self.project.iter().map(|expr| expr.evaluate(&row)).collect::<Result<_, _>>()?);
            }
        }
        Ok(out)
    }
}
