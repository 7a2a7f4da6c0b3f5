//! Joins of rows of the same window, of every kind, with further equalities and conditions.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use super::join::{Key, without_attributes};
use super::subquery::known_values;
use super::windows::{Windowed, Windows, windowed};
use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Value};
use crate::model::world::World;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Whether rows of either side stay that have no match.
    Join([bool; 2]),
    Exists {
        negated: bool,
    },
}

struct WindowJoin {
    inputs: [Windowed; 2],
    aliases: [String; 2],
    kind: Kind,
    keys: Vec<Key>,
    residual: Option<Expr>,
    /// Places of the output columns in the pair of rows.
    places: Vec<usize>,
    facts: Facts,
}

/// Columns of the output, at most, beside those of the window.
const WIDTH: usize = 6;

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let windows = Windows::generate(&mut generator.random);
    let kind = kind(generator);
    make(generator, depth, windows, kind).map(|(relation, _)| relation)
}

/// A join that hands the window of one of its sides on: not a FULL one, in which both may be missing.
pub fn of_windows(generator: &mut Generator, depth: usize, windows: Windows) -> Option<Windowed> {
    let kind = match kind(generator) {
        Kind::Join([true, true]) => Kind::Join([false, false]),
        kind => kind,
    };
    let (relation, time) = make(generator, depth, windows, kind)?;
    Some(Windowed { relation, start: 0, end: 1, time: time.then_some(2), ordered: false })
}

fn kind(generator: &mut Generator) -> Kind {
    let random = &mut generator.random;
    if random.random_bool(0.3) {
        return Kind::Exists { negated: random.random() };
    }
    Kind::Join([random.random_bool(0.4), random.random_bool(0.4)])
}

/// The join, and whether its third column is a time attribute.
fn make(
    generator: &mut Generator,
    depth: usize,
    windows: Windows,
    kind: Kind,
) -> Option<(Box<dyn Relation>, bool)> {
    let inputs = [windowed(generator, depth, windows)?, windowed(generator, depth, windows)?];
    let (one, two) = (inputs[0].relation.facts(), inputs[1].relation.facts());
    let random = &mut generator.random;
    let mut keys = Vec::new();
    for _ in 0..*[0, 1, 1, 1, 1, 2].choose(random)? {
        keys.extend(Key::generate(random, one, two));
    }
    let plain = without_attributes(one.columns.iter().chain(&two.columns).cloned());
    let residual = random.random_bool(0.3).then(|| Expressions { random, columns: &plain }.condition(2));
    let width = one.columns.len();
    // The side whose window each row has.
    let owner = usize::from(kind == Kind::Join([false, true]));
    let shift = owner * width;
    let Windowed { start, end, time, .. } = &inputs[owner];
    let time = time.filter(|_| kind != Kind::Join([true, true]));
    let window: Vec<usize> = [*start, *end].into_iter().chain(time).map(|i| i + shift).collect();
    let of_two = two.without_time().into_iter().map(|(i, column)| (i + width, column));
    let of_two = of_two.filter(|_| matches!(kind, Kind::Join(_)));
    let mut kept: Vec<(usize, Column)> = one.without_time().into_iter().chain(of_two).collect();
    kept.retain(|(place, _)| !window.contains(place));
    while kept.len() > WIDTH {
        kept.remove(random.random_range(0..kept.len()));
    }
    let both: Vec<&Column> = one.columns.iter().chain(&two.columns).collect();
    let of_window = window.iter().map(|place| (*place, Column { global: false, ..both[*place].clone() }));
    let (places, columns): (Vec<usize>, Vec<Column>) = of_window.chain(kept).unzip();
    let moved = |set: BTreeSet<usize>| {
        set.iter().map(|i| places.iter().position(|place| place == i)).collect::<Option<BTreeSet<usize>>>()
    };
    let unique: Vec<BTreeSet<usize>> = match kind {
        Kind::Exists { .. } => one.unique.clone(),
        Kind::Join(_) => {
            let pair = |a: &BTreeSet<usize>, b: &BTreeSet<usize>| {
                a.iter().copied().chain(b.iter().map(|i| i + width)).collect()
            };
            one.unique.iter().flat_map(|a| two.unique.iter().map(move |b| pair(a, b))).collect()
        }
    };
    let facts = Facts {
        unique: unique.into_iter().filter_map(moved).collect(),
        insert_only: true,
        ordered: false,
        tables: one.tables.union(&two.tables).copied().collect(),
        needs_punctuality: true,
        may_be_late: false,
        columns: generator.renamed(&columns),
    };
    let aliases = [generator.alias(), generator.alias()];
    let relation = WindowJoin { inputs, aliases, kind, keys, residual, places, facts };
    Some((Box::new(relation), time.is_some()))
}

impl WindowJoin {
    fn side(&self, side: usize) -> &Facts {
        self.inputs[side].relation.facts()
    }

    fn matches(&self, left: &Row, right: &Row) -> Result<bool, Failure> {
        let [one, two] = &self.inputs;
        let same = left[one.start] == right[two.start] && left[one.end] == right[two.end];
        if !same || !self.keys.iter().all(|key| key.holds(left, right)) {
            return Ok(false);
        }
        if matches!(self.kind, Kind::Exists { .. }) {
            let known = known_values(&self.keys, self.residual.as_ref(), left.len());
            if known.iter().any(|column| left[*column].is_null()) {
                return Ok(false);
            }
        }
        let Some(residual) = &self.residual else { return Ok(true) };
        residual.holds(&left.iter().chain(right).cloned().collect())
    }

    fn output<'a>(&self, pair: impl Iterator<Item = &'a Value>) -> Row {
        let pair: Vec<&Value> = pair.collect();
        self.places.iter().map(|place| pair[*place].clone()).collect()
    }
}

impl Relation for WindowJoin {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let [left, right] = [0, 1].map(|side| self.side(side).names_of(&self.aliases[side]));
        let width = left.len();
        let item = |(place, column): (&usize, &Column)| {
            let side = usize::from(*place >= width);
            match column.time {
                Time::None => self.side(side).plain(&self.aliases[side], place - side * width),
                _ => [&left, &right][side][place - side * width].clone(),
            }
        };
        let items: Vec<String> = self.places.iter().zip(&self.facts.columns).map(item).collect();
        let [one, two] = &self.inputs;
        let mut on = vec![
            format!("{} = {}", left[one.start], right[two.start]),
            format!("{} = {}", left[one.end], right[two.end]),
        ];
        on.extend(self.keys.iter().map(|key| key.sql(&left, &right)));
        let both: Vec<String> = left.iter().chain(&right).cloned().collect();
        on.extend(self.residual.iter().map(|residual| residual.sql(&both, dialect)));
        let on = on.join(" AND ");
        let select = renamed(&items, &self.facts.columns);
        let [left, right] = [0, 1]
            .map(|side| format!("({}) AS {}", self.inputs[side].relation.sql(dialect), self.aliases[side]));
        let kind = match self.kind {
            Kind::Exists { negated } => {
                let not = if negated { "NOT " } else { "" };
                return format!(
                    "SELECT {select} FROM {left} WHERE {not}EXISTS (SELECT * FROM {right} WHERE {on})"
                );
            }
            Kind::Join([false, false]) => "JOIN",
            Kind::Join([true, false]) => "LEFT JOIN",
            Kind::Join([false, true]) => "RIGHT JOIN",
            Kind::Join([true, true]) => "FULL JOIN",
        };
        format!("SELECT {select} FROM {left} {kind} {right} ON {on}")
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let [lefts, rights] = [0, 1].map(|side| self.inputs[side].relation.evaluate(world));
        let (lefts, rights) = (lefts?, rights?);
        let nulls = |side: usize| vec![Value::Null; self.side(side).columns.len()];
        let mut matched = vec![false; rights.len()];
        let mut out = Vec::new();
        for left in &lefts {
            let mut is_matched = false;
            for (right, matched) in rights.iter().zip(&mut matched) {
                if self.matches(left, right)? {
                    (*matched, is_matched) = (true, true);
                    if matches!(self.kind, Kind::Join(_)) {
                        out.push(self.output(left.iter().chain(right)));
                    }
                }
            }
            if match self.kind {
                Kind::Exists { negated } => is_matched != negated,
                Kind::Join([keeps, _]) => keeps && !is_matched,
            } {
                out.push(self.output(left.iter().chain(&nulls(1))));
            }
        }
        if matches!(self.kind, Kind::Join([_, true])) {
            let alone = rights.iter().zip(&matched).filter(|(_, matched)| !**matched);
            out.extend(alone.map(|(right, _)| self.output(nulls(0).iter().chain(right))));
        }
        Ok(out)
    }
}
