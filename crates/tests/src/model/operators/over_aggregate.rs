//! Functions OVER the rows before each row, in the order of event time: ROWS and RANGE, with a bound and without.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::Failure;
use crate::model::generate::{Generator, passed, renamed, with_times};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

#[derive(Clone, Copy)]
enum Frame {
    Rows(Option<usize>),
    /// In seconds.
    Range(Option<i64>),
}

#[derive(Clone, Copy)]
enum Call {
    CountRows,
    Count(usize),
    CountDistinct(usize),
    Sum(usize),
    Min(usize),
    Max(usize),
    /// Only where the order of rows is the same in every run.
    First(usize),
    Last(usize),
}

struct OverAggregate {
    input: Box<dyn Relation>,
    alias: String,
    keys: Vec<usize>,
    time: usize,
    frame: Frame,
    calls: Vec<Call>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts();
    if !from.insert_only || from.may_be_late {
        return None;
    }
    let random = &mut generator.random;
    let time = *from.rowtimes().choose(random)?;
    let fit = from.find(|column| column.time == Time::None && column.of != Type::IntArray);
    let count = random.random_range(0..=2).min(fit.len());
    let keys: Vec<usize> = fit.choose_multiple(random, count).copied().collect();
    // Rows of equal key and time come in an order of their own, which functions over ROWS tell.
    let decides: BTreeSet<usize> = keys.iter().copied().chain([time]).collect();
    let ordered = from.ordered && !keys.is_empty() || from.is_unique(&decides);
    let rows = ordered && random.random_bool(0.5);
    let frame = match (rows, random.random_bool(0.7)) {
        (true, bounded) => Frame::Rows(bounded.then(|| random.random_range(0..=3))),
        (false, bounded) => Frame::Range(bounded.then(|| random.random_range(0..=8))),
    };
    let of = |types: &[Type]| from.find(|column| column.time == Time::None && types.contains(&column.of));
    let numbers = of(&[Type::Int, Type::BigInt]);
    let plain = of(&[Type::Int, Type::BigInt, Type::String, Type::Boolean]);
    let mut calls = Vec::new();
    let mut columns = with_times(&from.columns, &[time]);
    for _ in 0..random.random_range(1..=3) {
        let (column, number) = (plain.choose(random), numbers.choose(random));
        let call = match (random.random_range(0..8), column, number) {
            (1, Some(column), _) => Call::Count(*column),
            (2, Some(column), _) => Call::CountDistinct(*column),
            (3, _, Some(number)) => Call::Sum(*number),
            (4, Some(column), _) => Call::Min(*column),
            (5, Some(column), _) => Call::Max(*column),
            (6, Some(column), _) if ordered => Call::First(*column),
            (7, Some(column), _) if ordered => Call::Last(*column),
            _ => Call::CountRows,
        };
        let of = match call {
            Call::CountRows | Call::Count(_) | Call::CountDistinct(_) => Type::BigInt,
            Call::Sum(c) | Call::Min(c) | Call::Max(c) | Call::First(c) | Call::Last(c) => from.columns[c].of,
        };
        columns.push(Column { name: String::new(), of, time: Time::None, global: false });
        calls.push(call);
    }
    let facts = Facts {
        unique: from.unique.clone(),
        insert_only: true,
        ordered: false,
        tables: from.tables.clone(),
        needs_punctuality: true,
        may_be_late: false,
        columns: generator.renamed(&columns),
    };
    let alias = generator.alias();
    Some(Box::new(OverAggregate { input, alias, keys, time, frame, calls, facts }))
}

impl OverAggregate {
    fn value(&self, call: Call, frame: &[&Row]) -> Value {
        let values =
            |column: usize| frame.iter().map(move |row| &row[column]).filter(|value| !value.is_null());
        let count = |count: usize| Value::Integer(count as i64);
        let or_null = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
        match call {
            Call::CountRows => count(frame.len()),
            Call::Count(column) => count(values(column).count()),
            Call::CountDistinct(column) => count(values(column).collect::<BTreeSet<_>>().len()),
            Call::Sum(column) => {
                let is_int = self.input.facts().columns[column].of == Type::Int;
                let add = |sum: Option<i64>, value: &Value| match value {
                    Value::Integer(number) => Some(sum.unwrap_or(0).wrapping_add(*number)),
                    _ => sum,
                };
                let sum = values(column).fold(None, add);
                // SUM(INT) wraps as an INT does.
                sum.map_or(Value::Null, |sum| {
                    Value::Integer(if is_int { i64::from(sum as i32) } else { sum })
                })
            }
            Call::Min(column) => or_null(values(column).min()),
            Call::Max(column) => or_null(values(column).max()),
            Call::First(column) => or_null(values(column).next()),
            Call::Last(column) => or_null(values(column).next_back()),
        }
    }
}

impl Relation for OverAggregate {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names();
        let keys: Vec<&str> = self.keys.iter().map(|key| names[*key].as_str()).collect();
        let partition =
            if keys.is_empty() { String::new() } else { format!("PARTITION BY {} ", keys.join(", ")) };
        let frame = match self.frame {
            Frame::Rows(None) => "ROWS UNBOUNDED PRECEDING".to_owned(),
            Frame::Rows(Some(rows)) => format!("ROWS BETWEEN {rows} PRECEDING AND CURRENT ROW"),
            Frame::Range(None) => "RANGE UNBOUNDED PRECEDING".to_owned(),
            Frame::Range(Some(seconds)) => {
                format!("RANGE BETWEEN INTERVAL '{seconds}' SECOND PRECEDING AND CURRENT ROW")
            }
        };
        let window = format!("({partition}ORDER BY {} {frame})", names[self.time]);
        let calls = self.calls.iter().map(|call| {
            let call = match *call {
                Call::CountRows => "COUNT(*)".to_owned(),
                Call::Count(column) => format!("COUNT({})", names[column]),
                Call::CountDistinct(column) => format!("COUNT(DISTINCT {})", names[column]),
                Call::Sum(column) => format!("SUM({})", names[column]),
                Call::Min(column) => format!("MIN({})", names[column]),
                Call::Max(column) => format!("MAX({})", names[column]),
                Call::First(column) => format!("FIRST_VALUE({})", names[column]),
                Call::Last(column) => format!("LAST_VALUE({})", names[column]),
            };
            format!("{call} OVER {window}")
        });
        let mut items = passed(&names, &self.input.facts().columns, &self.facts.columns);
        items.extend(calls);
        format!(
            "SELECT {} FROM ({}) AS {}",
            renamed(&items, &self.facts.columns),
            self.input.sql(dialect),
            self.alias
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut rows = self.input.evaluate(world)?;
        rows.sort_by(|a, b| a[self.time].cmp(&b[self.time]));
        let ms = |row: &Row| match row[self.time] {
            Value::Time(ms) => ms,
            _ => 0,
        };
        let mut out = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            let same_key = |other: &Row| self.keys.iter().all(|key| other[*key] == row[*key]);
            let partition = rows.iter().enumerate().filter(|(_, other)| same_key(other));
            let frame: Vec<&Row> = match self.frame {
                Frame::Rows(before) => {
                    let until: Vec<&Row> =
                        partition.filter(|(j, _)| *j <= i).map(|(_, other)| other).collect();
                    let first = before.map_or(0, |before| until.len().saturating_sub(before + 1));
                    until[first..].to_vec()
                }
                Frame::Range(before) => {
                    let from = before.map_or(i64::MIN, |before| ms(row) - before * 1_000);
                    let within = |other: &Row| (from..=ms(row)).contains(&ms(other));
                    partition.map(|(_, other)| other).filter(|other| within(other)).collect()
                }
            };
            let mut values = row.clone();
            values.extend(self.calls.iter().map(|call| self.value(*call, &frame)));
            out.push(values);
        }
        Ok(out)
    }
}
