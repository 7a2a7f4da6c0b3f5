//! Group windows: `GROUP BY TUMBLE(…)`, `HOP(…)`, `SESSION(…)`, and sessions as a table function.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;

use super::group_aggregate::Call;
use crate::model::expression::{Expressions, Failure};
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

/// Lengths in seconds.
#[derive(Clone, Copy)]
enum Windows {
    Tumble {
        size: i64,
    },
    /// The size need be no multiple of the slide.
    Hop {
        slide: i64,
        size: i64,
    },
    Session {
        gap: i64,
        as_table: bool,
    },
}

struct GroupWindow {
    input: Box<dyn Relation>,
    alias: String,
    view: String,
    keys: Vec<usize>,
    time: usize,
    windows: Windows,
    calls: Vec<Call>,
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
    let windows = match random.random_range(0..5) {
        0 => Windows::Tumble { size: random.random_range(3..=12) },
        1 => Windows::Hop { slide: random.random_range(2..=5), size: random.random_range(5..=12) },
        _ => Windows::Session { gap: random.random_range(1..=6), as_table: random.random() },
    };
    let mut expressions = Expressions { random, columns: &from.columns };
    let calls = (0..expressions.random.random_range(1..=3)).map(|_| Call::generate(&mut expressions));
    let calls = calls.collect::<Option<Vec<Call>>>()?;
    let column = |of: Type, time: Time| Column { name: String::new(), of, time, global: false };
    let mut columns: Vec<Column> =
        keys.iter().map(|key| Column { global: false, ..from.columns[*key].clone() }).collect();
    columns.extend([column(Type::Timestamp, Time::None), column(Type::Timestamp, Time::None)]);
    columns.push(column(Type::Timestamp, Time::Row { nullable: false }));
    columns.extend(calls.iter().map(|call| column(call.result(), Time::None)));
    let facts = Facts {
        columns: generator.renamed(&columns),
        insert_only: true,
        ordered: false,
        unique: vec![(0..keys.len() + 2).collect::<BTreeSet<usize>>()],
        needs_punctuality: true,
        may_be_late: false,
        ..from
    };
    let (alias, view) = (generator.alias(), generator.alias());
    Some(Box::new(GroupWindow { input, alias, view, keys, time, windows, calls, facts }))
}

impl GroupWindow {
    /// Starts and ends of the windows of rows with the same keys, each with its rows.
    fn windows<'a>(&self, rows: &'a [Row]) -> BTreeMap<[i64; 2], Vec<&'a Row>> {
        let mut timed: Vec<(i64, &Row)> = rows
            .iter()
            .filter_map(|row| match row[self.time] {
                Value::Time(ms) => Some((ms, row)),
                _ => None,
            })
            .collect();
        let mut windows: BTreeMap<[i64; 2], Vec<&Row>> = BTreeMap::new();
        match self.windows {
            Windows::Tumble { size } => {
                for (ms, row) in timed {
                    let start = ms - ms.rem_euclid(size * 1_000);
                    windows.entry([start, start + size * 1_000]).or_default().push(row);
                }
            }
            Windows::Hop { slide, size } => {
                for (ms, row) in timed {
                    let mut start = ms - ms.rem_euclid(slide * 1_000);
                    while start + size * 1_000 > ms {
                        windows.entry([start, start + size * 1_000]).or_default().push(row);
                        start -= slide * 1_000;
                    }
                }
            }
            Windows::Session { gap, .. } => {
                timed.sort_by_key(|(ms, _)| *ms);
                let mut open: Option<([i64; 2], Vec<&Row>)> = None;
                for (ms, row) in timed {
                    match &mut open {
                        // Windows that touch are one.
                        Some(([_, end], rows)) if ms <= *end => {
                            *end = ms + gap * 1_000;
                            rows.push(row);
                        }
                        _ => windows.extend(open.replace(([ms, ms + gap * 1_000], vec![row]))),
                    }
                }
                windows.extend(open);
            }
        }
        windows
    }
}

impl Relation for GroupWindow {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names();
        let input = self.input.sql(dialect);
        let time = &names[self.time];
        let keys: Vec<String> = self.keys.iter().map(|key| names[*key].clone()).collect();
        let calls: Vec<String> = self.calls.iter().map(|call| call.sql(&names, dialect)).collect();
        let select = |window: [String; 3]| {
            let items: Vec<String> = keys.iter().cloned().chain(window).chain(calls.clone()).collect();
            renamed(&items, &self.facts.columns)
        };
        let (name, lengths) = match self.windows {
            Windows::Session { gap, as_table: true } => {
                let partition = match keys.as_slice() {
                    [] => String::new(),
                    keys => format!(" PARTITION BY ({})", keys.join(", ")),
                };
                let window = ["window_start", "window_end", "window_time"].map(str::to_owned);
                let grouped: Vec<String> = keys.iter().cloned().chain(window.clone()).collect();
                return format!(
                    "WITH {view} AS ({input}) SELECT {} FROM TABLE(SESSION(TABLE {view}{partition}, DESCRIPTOR({time}), \
                     INTERVAL '{gap}' SECOND)) AS {} GROUP BY {}",
                    select(window),
                    self.alias,
                    grouped.join(", "),
                    view = self.view,
                );
            }
            Windows::Session { gap, .. } => ("SESSION", vec![gap]),
            Windows::Tumble { size } => ("TUMBLE", vec![size]),
            Windows::Hop { slide, size } => ("HOP", vec![slide, size]),
        };
        let lengths: String = lengths.iter().map(|length| format!(", INTERVAL '{length}' SECOND")).collect();
        let window = ["START", "END", "ROWTIME"].map(|what| format!("{name}_{what}({time}{lengths})"));
        let grouped: Vec<String> = keys.iter().cloned().chain([format!("{name}({time}{lengths})")]).collect();
        format!("SELECT {} FROM ({input}) AS {} GROUP BY {}", select(window), self.alias, grouped.join(", "))
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut groups: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in self.input.evaluate(world)? {
            let key = self.keys.iter().map(|key| row[*key].clone()).collect();
            groups.entry(key).or_default().push(row);
        }
        let mut out = Vec::new();
        for (key, rows) in groups {
            for ([start, end], rows) in self.windows(&rows) {
                let window = [start, end, end - 1].map(Value::Time);
                let mut row: Row = key.iter().cloned().chain(window).collect();
                for call in &self.calls {
                    row.push(call.evaluate(rows.iter().copied())?);
                }
                out.push(row);
            }
        }
        Ok(out)
    }
}
