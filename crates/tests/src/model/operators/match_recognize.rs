//! `MATCH_RECOGNIZE` of three variables, the middle one with any quantifier: from each row on the one way to match, or none.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;

use super::join::without_attributes;
use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::Generator;
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

/// The middle variable's text, least and most rows, and whether it takes as few as it can.
type Quantifier = (&'static str, usize, usize, bool);

const MANY: usize = usize::MAX;
const QUANTIFIERS: [Quantifier; 11] = [
    ("", 1, 1, false),
    // Flink does not make it greedy.
    ("?", 0, 1, true),
    ("*", 0, MANY, false),
    ("+", 1, MANY, false),
    ("{2}", 2, 2, false),
    ("{1,2}", 1, 2, false),
    ("{2,}", 2, MANY, false),
    ("*?", 0, MANY, true),
    ("+?", 1, MANY, true),
    ("{0,2}?", 0, 2, true),
    ("{1,3}?", 1, 3, true),
];

#[derive(Clone, Copy)]
enum Measure {
    /// Of the first variable's row, and of the last one's.
    Begin(usize),
    End(usize),
    FirstOfMiddle(usize),
    LastOfMiddle(usize),
    CountOfMiddle(usize),
    CountOfAll,
}

struct Match {
    input: Box<dyn Relation>,
    alias: String,
    keys: Vec<usize>,
    time: usize,
    quantifier: Quantifier,
    /// Of the three variables; none takes every row.
    conditions: [Option<Expr>; 3],
    past_last_row: bool,
    /// The last row comes less than so many seconds after the first.
    within_s: Option<i64>,
    measures: Vec<Measure>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts().clone();
    if !from.insert_only || from.may_be_late {
        return None;
    }
    let random = &mut generator.random;
    let time = *from.rowtimes().choose(random)?;
    let fit = from.find(|column| column.time == Time::None && column.of != Type::IntArray);
    let count = (*[0, 1, 1, 1, 2].choose(random)?).min(fit.len());
    let keys: Vec<usize> = fit.choose_multiple(random, count).copied().collect();
    // Among rows of equal time the order of arrival decides, which must then be the same in every run.
    let decides: BTreeSet<usize> = keys.iter().copied().chain([time]).collect();
    if !(from.ordered && !keys.is_empty() || from.is_unique(&decides)) {
        return None;
    }
    let plain = without_attributes(from.columns.iter().cloned());
    let mut condition = |likely: f64| {
        let written = random.random_bool(likely);
        written.then(|| Expressions { random, columns: &plain }.condition(1))
    };
    let conditions = [condition(0.5), condition(0.9), condition(0.8)];
    if conditions.iter().all(Option::is_none) {
        return None;
    }
    let mut measures = vec![Measure::Begin(*fit.choose(random)?), Measure::CountOfAll];
    for _ in 0..random.random_range(1..=3) {
        let column = *fit.choose(random)?;
        let all: [fn(usize) -> Measure; 4] =
            [Measure::End, Measure::FirstOfMiddle, Measure::LastOfMiddle, Measure::CountOfMiddle];
        measures.push(all.choose(random)?(column));
    }
    let mut columns: Vec<Column> =
        keys.iter().map(|key| Column { global: false, ..from.columns[*key].clone() }).collect();
    columns.extend(measures.iter().map(|measure| Column {
        name: String::new(),
        of: match measure {
            Measure::CountOfMiddle(_) | Measure::CountOfAll => Type::BigInt,
            Measure::Begin(c) | Measure::End(c) => from.columns[*c].of,
            Measure::FirstOfMiddle(c) | Measure::LastOfMiddle(c) => from.columns[*c].of,
        },
        time: Time::None,
        global: false,
    }));
    let quantifier = *QUANTIFIERS.choose(random)?;
    let past_last_row = random.random();
    let within_s = random.random_bool(0.4).then(|| random.random_range(1..=15));
    let facts = Facts {
        columns: generator.renamed(&columns),
        insert_only: true,
        ordered: false,
        unique: Vec::new(),
        needs_punctuality: true,
        may_be_late: true,
        ..from
    };
    let alias = generator.alias();
    Some(Box::new(Match {
        input,
        alias,
        keys,
        time,
        quantifier,
        conditions,
        past_last_row,
        within_s,
        measures,
        facts,
    }))
}

impl Match {
    fn is(&self, variable: usize, row: Option<&Row>) -> Result<bool, Failure> {
        match (row, &self.conditions[variable]) {
            (None, _) => Ok(false),
            (Some(_), None) => Ok(true),
            (Some(row), Some(condition)) => condition.holds(row),
        }
    }

    /// Of a match that begins with the first of these rows: how many rows the middle variable has.
    fn middle(&self, rows: &[Row]) -> Result<Option<usize>, Failure> {
        if !self.is(0, rows.first())? {
            return Ok(None);
        }
        let (_, least, most, reluctant) = self.quantifier;
        let mut taken = 0;
        loop {
            let next = rows.get(1 + taken);
            // What a greedy variable would take it never leaves to the next one, even where it has its most rows.
            let keeps_it = !reluctant && least != most && self.is(1, next)?;
            let may_end = taken >= least && !keeps_it && self.is(2, next)?;
            if reluctant && may_end {
                return Ok(Some(taken));
            }
            if taken < most && self.is(1, rows.get(1 + taken))? {
                taken += 1;
            } else {
                return Ok(may_end.then_some(taken));
            }
        }
    }

    fn measure(&self, measure: Measure, rows: &[Row]) -> Value {
        let middle = &rows[1..rows.len() - 1];
        let of = |row: Option<&Row>, column: usize| row.map_or(Value::Null, |row| row[column].clone());
        match measure {
            Measure::Begin(column) => of(rows.first(), column),
            Measure::End(column) => of(rows.last(), column),
            Measure::FirstOfMiddle(column) => of(middle.first(), column),
            Measure::LastOfMiddle(column) => of(middle.last(), column),
            Measure::CountOfMiddle(column) => {
                Value::Integer(middle.iter().filter(|row| !row[column].is_null()).count() as i64)
            }
            Measure::CountOfAll => Value::Integer(rows.len() as i64),
        }
    }
}

impl Relation for Match {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names();
        let keys: Vec<&str> = self.keys.iter().map(|key| names[*key].as_str()).collect();
        let partition =
            if keys.is_empty() { String::new() } else { format!("PARTITION BY {} ", keys.join(", ")) };
        let first = keys.len();
        let measures: Vec<String> = self
            .measures
            .iter()
            .zip(&self.facts.columns[first..])
            .map(|(measure, column)| {
                let text = match *measure {
                    Measure::Begin(column) => format!("A.{}", names[column]),
                    Measure::End(column) => format!("C.{}", names[column]),
                    Measure::FirstOfMiddle(column) => format!("FIRST(B.{})", names[column]),
                    Measure::LastOfMiddle(column) => format!("LAST(B.{})", names[column]),
                    Measure::CountOfMiddle(column) => format!("COUNT(B.{})", names[column]),
                    Measure::CountOfAll => "COUNT(*)".to_owned(),
                };
                format!("{text} AS {}", column.name)
            })
            .collect();
        let conditions = ["A", "B", "C"].iter().zip(&self.conditions).filter_map(|(variable, condition)| {
            let of_variable: Vec<String> = names.iter().map(|name| format!("{variable}.{name}")).collect();
            condition.as_ref().map(|c| format!("{variable} AS {}", c.sql(&of_variable, dialect)))
        });
        let conditions: Vec<String> = conditions.collect();
        let shown = self.facts.columns.iter().enumerate().map(|(i, column)| match keys.get(i) {
            Some(key) => format!("{key} AS {}", column.name),
            None => column.name.clone(),
        });
        let shown: Vec<String> = shown.collect();
        format!(
            "SELECT {} FROM (SELECT * FROM ({}) AS i{alias}) MATCH_RECOGNIZE ({partition}ORDER BY {} MEASURES {} \
             ONE ROW PER MATCH AFTER MATCH SKIP {} PATTERN (A B{} C){} DEFINE {}) AS {alias}",
            shown.join(", "),
            self.input.sql(dialect),
            names[self.time],
            measures.join(", "),
            if self.past_last_row { "PAST LAST ROW" } else { "TO NEXT ROW" },
            self.quantifier.0,
            self.within_s.map_or(String::new(), |seconds| format!(" WITHIN INTERVAL '{seconds}' SECOND")),
            conditions.join(", "),
            alias = self.alias,
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut partitions: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in self.input.evaluate(world)? {
            let key = self.keys.iter().map(|key| row[*key].clone()).collect();
            partitions.entry(key).or_default().push(row);
        }
        let ms = |row: &Row| match row[self.time] {
            Value::Time(ms) => ms,
            _ => 0,
        };
        let mut out = Vec::new();
        for (key, mut rows) in partitions {
            rows.sort_by_key(ms);
            let mut start = 0;
            while start < rows.len() {
                let matched = self.middle(&rows[start..])?.map(|taken| &rows[start..start + taken + 2]);
                let within = |matched: &&[Row]| {
                    self.within_s
                        .is_none_or(|s| ms(&matched[matched.len() - 1]) - ms(&matched[0]) < s * 1_000)
                };
                start += 1;
                if let Some(matched) = matched.filter(within) {
                    let measures = self.measures.iter().map(|measure| self.measure(*measure, matched));
                    out.push(key.iter().cloned().chain(measures).collect());
                    if self.past_last_row {
                        start += matched.len() - 1;
                    }
                }
            }
        }
        Ok(out)
    }
}
