//! `JOIN d FOR SYSTEM_TIME AS OF …`: rows of a dimension table that stands still.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::{DIMENSION, Dimension, World};

struct LookupJoin {
    input: Box<dyn Relation>,
    aliases: [String; 2],
    dimension: Dimension,
    time: usize,
    /// Column of the input, column of the dimension.
    keys: Vec<[usize; 2]>,
    left: bool,
    residual: Option<Expr>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts();
    let time = from.processing_time()?;
    let random = &mut generator.random;
    let dimension = generator.dimensions.choose(random)?.clone();
    let column_of = |of: Type| from.find(|column| column.of == of && column.time == Time::None);
    let mut keys = vec![[*column_of(Type::String).choose(random)?, 0]];
    if random.random_bool(0.2) {
        keys.extend(column_of(Type::Int).choose(random).map(|column| [*column, 1]));
    }
    let left = random.random_bool(0.5);
    let own = DIMENSION.iter().map(|(name, of)| Column {
        name: (*name).to_owned(),
        of: *of,
        time: Time::None,
        global: false,
    });
    let columns: Vec<Column> = from.columns.iter().cloned().chain(own).collect();
    let residual = random.random_bool(0.3).then(|| Expressions { random, columns: &columns }.condition(2));
    let mut facts = from.clone();
    facts.columns = generator.renamed(&columns);
    facts.ordered = false;
    if !dimension.keyed {
        facts.unique = Vec::<BTreeSet<usize>>::new();
        facts.columns.iter_mut().for_each(|column| column.global = false);
    }
    let aliases = [generator.alias(), generator.alias()];
    Some(Box::new(LookupJoin { input, aliases, dimension, time, keys, left, residual, facts }))
}

impl Relation for LookupJoin {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names_of(&self.aliases[0]);
        let own: Vec<String> =
            DIMENSION.iter().map(|(name, _)| format!("{}.{name}", self.aliases[1])).collect();
        let mut on: Vec<String> =
            self.keys.iter().map(|[a, b]| format!("{} = {}", names[*a], own[*b])).collect();
        let version = match dialect {
            Dialect::Flink => format!(" FOR SYSTEM_TIME AS OF {}", names[self.time]),
            // The rows of a dimension table of the model never change.
            Dialect::Postgres => String::new(),
        };
        let both: Vec<String> = names.into_iter().chain(own).collect();
        on.extend(self.residual.iter().map(|residual| residual.sql(&both, dialect)));
        format!(
            "SELECT {} FROM ({}) AS {} {} d{}{version} AS {} ON {}",
            renamed(&both, &self.facts.columns),
            self.input.sql(dialect),
            self.aliases[0],
            if self.left { "LEFT JOIN" } else { "JOIN" },
            self.dimension.number,
            self.aliases[1],
            on.join(" AND ")
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut out: Vec<Row> = Vec::new();
        for row in self.input.evaluate(world)? {
            let before = out.len();
            for found in &world.dimension_rows[self.dimension.number] {
                let equal = |[a, b]: &[usize; 2]| !row[*a].is_null() && row[*a] == found[*b];
                if !self.keys.iter().all(equal) {
                    continue;
                }
                let pair: Row = row.iter().chain(found).cloned().collect();
                if match &self.residual {
                    Some(residual) => residual.holds(&pair)?,
                    None => true,
                } {
                    out.push(pair);
                }
            }
            if self.left && out.len() == before {
                out.push(row.into_iter().chain(vec![Value::Null; DIMENSION.len()]).collect());
            }
        }
        Ok(out)
    }
}
