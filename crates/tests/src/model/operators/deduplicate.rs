//! `ROW_NUMBER() … = 1` over a time attribute: the first or last row of each key.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::Failure;
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type};
use crate::model::world::World;

struct Deduplicate {
    input: Box<dyn Relation>,
    alias: String,
    keys: Vec<usize>,
    order: usize,
    /// The last row stays, not the first.
    last: bool,
    facts: Facts,
}

/// How many sets of keys are tried.
const TRIES: usize = 6;

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts();
    if !from.insert_only {
        return None;
    }
    let processing = generator.random.random_bool(0.3);
    let order = if processing { from.processing_time()? } else { from.first_rowtime()? };
    let fit = from.find(|column| column.time != Time::Processing && column.of != Type::IntArray);
    for _ in 0..TRIES {
        let count = generator.random.random_range(1..=3).min(fit.len());
        let keys: Vec<usize> = fit.choose_multiple(&mut generator.random, count).copied().collect();
        let mut decides: BTreeSet<usize> = keys.iter().copied().collect();
        let key = decides.clone();
        if !processing {
            decides.insert(order);
        }
        // Among rows of equal time the order of arrival decides, which must then be the same in every run.
        if keys.is_empty() || !from.ordered && !from.is_unique(&decides) {
            continue;
        }
        let last: bool = generator.random.random();
        let mut facts = from.clone();
        facts.columns = generator.renamed(&from.columns);
        facts.unique.push(key);
        facts.insert_only = processing && !last;
        facts.ordered = false;
        return Some(Box::new(Deduplicate { input, alias: generator.alias(), keys, order, last, facts }));
    }
    None
}

impl Relation for Deduplicate {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names();
        let keys: Vec<&str> = self.keys.iter().map(|key| names[*key].as_str()).collect();
        let (inner, outer) = (&self.alias, format!("n{}", self.alias));
        format!(
            "SELECT {} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}{}) AS rn{inner} FROM ({}) AS {inner}) \
             AS {outer} WHERE rn{inner} = 1",
            renamed(&names, &self.facts.columns),
            keys.join(", "),
            names[self.order],
            if self.last { " DESC" } else { "" },
            self.input.sql(dialect)
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut kept: BTreeMap<Row, Row> = BTreeMap::new();
        for row in self.input.evaluate(world)? {
            let key: Row = self.keys.iter().map(|key| row[*key].clone()).collect();
            match kept.get_mut(&key) {
                None => {
                    kept.insert(key, row);
                }
                // Processing time is NULL in the model: all rows are of equal time.
                Some(before) if self.last && row[self.order] >= before[self.order] => *before = row,
                Some(before) if !self.last && row[self.order] < before[self.order] => *before = row,
                Some(_) => {}
            }
        }
        Ok(kept.into_values().collect())
    }
}
