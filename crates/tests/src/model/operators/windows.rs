//! Windows of event time: which of them a row falls into, and relations whose rows each have one.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::{window_aggregate, window_join, window_rank};
use crate::model::expression::Failure;
use crate::model::generate::{Generator, passed, renamed, with_times};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

/// A window function with its lengths in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    Tumble { size: i64, offset: i64 },
    Hop { slide: i64, size: i64, offset: i64 },
    Cumulate { step: i64, size: i64, offset: i64 },
    Session { gap: i64 },
}

impl Windows {
    pub fn generate(random: &mut ChaCha8Rng) -> Self {
        let (step, steps) = (random.random_range(2..=5), random.random_range(1..=4));
        let offset = if random.random_bool(0.25) { random.random_range(1..step) } else { 0 };
        match random.random_range(0..4) {
            3 => Self::Session { gap: step + steps },
            0 => Self::Tumble { size: step + steps, offset },
            1 => Self::Hop { slide: step, size: step * steps, offset },
            _ => Self::Cumulate { step, size: step * steps, offset },
        }
    }

    /// The call over a table by a time column.
    fn sql(self, table: &str, time: &str) -> String {
        let seconds = |seconds: i64| format!(", INTERVAL '{seconds}' SECOND");
        let (name, lengths, offset) = match self {
            Self::Tumble { size, offset } => ("TUMBLE", seconds(size), offset),
            Self::Hop { slide, size, offset } => ("HOP", seconds(slide) + &seconds(size), offset),
            Self::Cumulate { step, size, offset } => ("CUMULATE", seconds(step) + &seconds(size), offset),
            Self::Session { gap } => ("SESSION", seconds(gap), 0),
        };
        let offset = if offset == 0 { String::new() } else { seconds(offset) };
        format!("TABLE({name}({table}, DESCRIPTOR({time}){lengths}{offset}))")
    }

    /// Starts and ends of the windows that a time is in, in ms; of a session as if it were alone.
    fn of(self, ms: i64) -> Vec<[i64; 2]> {
        // The start of the last window of a length that begins at or before the time.
        let start = |length: i64, offset: i64| ms - (ms - offset * 1_000).rem_euclid(length * 1_000);
        match self {
            Self::Tumble { size, offset } => {
                let start = start(size, offset);
                vec![[start, start + size * 1_000]]
            }
            Self::Hop { slide, size, offset } => {
                let last = start(slide, offset);
                let starts = (0..size / slide).map(|back| last - back * slide * 1_000);
                starts.map(|start| [start, start + size * 1_000]).collect()
            }
            Self::Cumulate { step, size, offset } => {
                let start = start(size, offset);
                let ends = (1..=size / step).map(|steps| start + steps * step * 1_000);
                ends.filter(|end| ms < *end).map(|end| [start, end]).collect()
            }
            Self::Session { gap } => vec![[ms, ms + gap * 1_000]],
        }
    }
}

/// A relation with the columns of each row's window.
pub struct Windowed {
    pub relation: Box<dyn Relation>,
    pub start: usize,
    pub end: usize,
    /// `window_time`, where it is there.
    pub time: Option<usize>,
    /// Rows of a window and of equal keys come in the order of the evaluation.
    pub ordered: bool,
}

/// A relation over these windows: of a function over any relation, or of one of the operators by window.
pub fn windowed(generator: &mut Generator, depth: usize, windows: Windows) -> Option<Windowed> {
    match if depth < 2 { 0 } else { generator.random.random_range(0..8) } {
        5 => window_aggregate::of_windows(generator, depth - 1, windows),
        6 => window_join::of_windows(generator, depth - 1, windows),
        7 => window_rank::of_windows(generator, depth - 1, windows),
        _ => function(generator, depth, windows),
    }
}

/// Each row of a relation once for each of its windows.
struct WindowTableFunction {
    input: Box<dyn Relation>,
    alias: String,
    view: String,
    time: usize,
    windows: Windows,
    /// Columns whose rows make sessions of their own.
    partition: Vec<usize>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let windows = Windows::generate(&mut generator.random);
    function(generator, depth, windows).map(|windowed| windowed.relation)
}

fn function(generator: &mut Generator, depth: usize, windows: Windows) -> Option<Windowed> {
    let input = generator.relation(depth.saturating_sub(1));
    let from = input.facts();
    if !from.insert_only || from.may_be_late {
        return None;
    }
    let time = *from.rowtimes().choose(&mut generator.random)?;
    let [start, end, window_time] = [0, 1, 2].map(|i| from.columns.len() + i);
    let column = |time: Time| Column { name: String::new(), of: Type::Timestamp, time, global: false };
    let mut columns = from.columns.clone();
    columns.iter_mut().for_each(|column| column.global = false);
    columns.extend([column(Time::None), column(Time::None), column(Time::Row { nullable: false })]);
    let unique = from.unique.iter().map(|unique| unique.iter().copied().chain([start, end]).collect());
    let is_session = matches!(windows, Windows::Session { .. });
    if is_session {
        // Rows wait for the end of their session, which is after their own times.
        columns = with_times(&columns, &[window_time]);
    }
    let ordered = from.ordered && !is_session;
    let fit = from.find(|column| column.time == Time::None && column.of != Type::IntArray);
    let random = &mut generator.random;
    let count = if is_session { random.random_range(0..=2).min(fit.len()) } else { 0 };
    let partition: Vec<usize> = fit.choose_multiple(random, count).copied().collect();
    let facts = Facts {
        needs_punctuality: from.needs_punctuality || is_session,
        unique: unique.collect::<Vec<BTreeSet<usize>>>(),
        ordered: false,
        columns: generator.renamed(&columns),
        ..from.clone()
    };
    let (alias, view) = (generator.alias(), generator.alias());
    let relation = Box::new(WindowTableFunction { input, alias, view, time, windows, partition, facts });
    Some(Windowed { relation, start, end, time: Some(window_time), ordered })
}

impl Relation for WindowTableFunction {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let mut names = self.input.facts().names();
        let mut table = format!("({})", self.input.sql(dialect));
        let mut with = String::new();
        if let Windows::Session { .. } = self.windows {
            let partition: Vec<String> = self.partition.iter().map(|column| names[*column].clone()).collect();
            let by = if partition.is_empty() {
                String::new()
            } else {
                format!(" PARTITION BY ({})", partition.join(", "))
            };
            with = format!("WITH {} AS {table} ", self.view);
            table = format!("TABLE {}{by}", self.view);
        }
        let function = self.windows.sql(&table, &names[self.time]);
        names = passed(&names, &self.input.facts().columns, &self.facts.columns);
        names.extend(["window_start", "window_end", "window_time"].map(str::to_owned));
        format!("{with}SELECT {} FROM {function} AS {}", renamed(&names, &self.facts.columns), self.alias)
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut out = Vec::new();
        let rows = self.input.evaluate(world)?;
        if let Windows::Session { gap } = self.windows {
            return Ok(self.with_sessions(rows, gap * 1_000));
        }
        for row in rows {
            let Value::Time(ms) = row[self.time] else { continue };
            out.extend(self.windows.of(ms).into_iter().map(|[start, end]| -> Row {
                let window = [start, end, end - 1].map(Value::Time);
                row.iter().cloned().chain(window).collect()
            }));
        }
        Ok(out)
    }
}

impl WindowTableFunction {
    /// Each row with its session: of rows with equal partition columns, one after the other by time.
    fn with_sessions(&self, rows: Vec<Row>, gap: i64) -> Vec<Row> {
        let mut partitions: BTreeMap<Row, Vec<(i64, Row)>> = BTreeMap::new();
        for row in rows {
            let Value::Time(ms) = row[self.time] else { continue };
            let partition = self.partition.iter().map(|column| row[*column].clone()).collect();
            partitions.entry(partition).or_default().push((ms, row));
        }
        let mut out = Vec::new();
        for mut rows in partitions.into_values() {
            rows.sort_by_key(|(ms, _)| *ms);
            for session in rows.chunk_by(|(before, _), (next, _)| next - before <= gap) {
                let (start, end) = (session[0].0, session[session.len() - 1].0 + gap);
                out.extend(session.iter().map(|(_, row)| -> Row {
                    row.iter().cloned().chain([start, end, end - 1].map(Value::Time)).collect()
                }));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_a_time() {
        let seconds = |windows: Windows, s: i64| -> Vec<[i64; 2]> {
            windows.of(s * 1_000).iter().map(|window| window.map(|ms| ms / 1_000)).collect()
        };
        assert_eq!(seconds(Windows::Tumble { size: 10, offset: 0 }, 29), [[20, 30]]);
        assert_eq!(seconds(Windows::Tumble { size: 10, offset: 3 }, 22), [[13, 23]]);
        assert_eq!(
            seconds(Windows::Hop { slide: 5, size: 15, offset: 0 }, 20),
            [[20, 35], [15, 30], [10, 25]]
        );
        assert_eq!(seconds(Windows::Cumulate { step: 5, size: 15, offset: 0 }, 20), [[15, 25], [15, 30]]);
    }
}
