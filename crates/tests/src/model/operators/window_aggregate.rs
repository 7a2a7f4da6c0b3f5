//! Aggregates by window and further keys.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;

use super::group_aggregate::Call;
use super::windows::{Windowed, Windows, windowed};
use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::Row;
use crate::model::world::World;

struct WindowAggregate {
    input: Windowed,
    alias: String,
    condition: Option<Expr>,
    keys: Vec<usize>,
    /// Of the input: start and end, and the time where it stays.
    window: Vec<usize>,
    calls: Vec<Call>,
    /// Over keys, window and calls.
    having: Option<Expr>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let windows = Windows::generate(&mut generator.random);
    of_windows(generator, depth, windows).map(|windowed| windowed.relation)
}

pub fn of_windows(generator: &mut Generator, depth: usize, windows: Windows) -> Option<Windowed> {
    let input = windowed(generator, depth, windows)?;
    let from = input.relation.facts().clone();
    let random = &mut generator.random;
    let mut expressions = Expressions { random, columns: &from.columns };
    // Below sessions Flink filters rows before they make them.
    let filters = !matches!(windows, Windows::Session { .. }) && expressions.random.random_bool(0.3);
    let condition = filters.then(|| expressions.condition(2));
    let calls = (0..expressions.random.random_range(0..=3)).map(|_| Call::generate(&mut expressions));
    let calls = calls.collect::<Option<Vec<Call>>>()?;
    let fit = from.find(|column| column.time == Time::None);
    let fit: Vec<usize> = fit.into_iter().filter(|i| ![input.start, input.end].contains(i)).collect();
    let count = (*[0, 1, 1, 1, 2].choose(random)?).min(fit.len());
    let keys: Vec<usize> = fit.choose_multiple(random, count).copied().collect();
    let kept_time = input.time.filter(|_| random.random_bool(0.7));
    let window: Vec<usize> = [input.start, input.end].into_iter().chain(kept_time).collect();
    let of_keys = keys.iter().chain(&window).map(|i| Column { global: false, ..from.columns[*i].clone() });
    let of_calls = calls.iter().map(|call| Column {
        name: String::new(),
        of: call.result(),
        time: Time::None,
        global: false,
    });
    let columns: Vec<Column> = of_keys.chain(of_calls).collect();
    let having = random.random_bool(0.2).then(|| Expressions { random, columns: &columns }.condition(2));
    let first = keys.len();
    let facts = Facts {
        columns: generator.renamed(&columns),
        insert_only: true,
        ordered: false,
        unique: vec![(0..first + 2).collect::<BTreeSet<usize>>()],
        needs_punctuality: true,
        may_be_late: false,
        ..from
    };
    let alias = generator.alias();
    let relation = Box::new(WindowAggregate { input, alias, condition, keys, window, calls, having, facts });
    let time = kept_time.map(|_| first + 2);
    Some(Windowed { relation, start: first, end: first + 1, time, ordered: false })
}

impl Relation for WindowAggregate {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let input = &self.input.relation;
        let names = input.facts().names();
        let grouped: Vec<String> = self.keys.iter().chain(&self.window).map(|i| names[*i].clone()).collect();
        let calls = self.calls.iter().map(|call| call.sql(&names, dialect));
        let outputs: Vec<String> = grouped.iter().cloned().chain(calls).collect();
        let condition = self.condition.as_ref().map(|condition| condition.sql(&names, dialect));
        let having = self.having.as_ref().map(|having| having.sql(&outputs, dialect));
        format!(
            "SELECT {} FROM ({}) AS {}{} GROUP BY {}{}",
            renamed(&outputs, &self.facts.columns),
            input.sql(dialect),
            self.alias,
            condition.map_or(String::new(), |condition| format!(" WHERE {condition}")),
            grouped.join(", "),
            having.map_or(String::new(), |having| format!(" HAVING {having}")),
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut groups: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in self.input.relation.evaluate(world)? {
            if match &self.condition {
                Some(condition) => condition.holds(&row)?,
                None => true,
            } {
                let key = self.keys.iter().chain(&self.window).map(|i| row[*i].clone()).collect();
                groups.entry(key).or_default().push(row);
            }
        }
        let mut out = Vec::new();
        for (mut row, rows) in groups {
            for call in &self.calls {
                row.push(call.evaluate(&rows)?);
            }
            if match &self.having {
                Some(having) => having.holds(&row)?,
                None => true,
            } {
                out.push(row);
            }
        }
        Ok(out)
    }
}
