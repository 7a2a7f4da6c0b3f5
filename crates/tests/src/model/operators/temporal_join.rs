//! `FOR SYSTEM_TIME AS OF` the event time of the left side: the last row of each key as it was then.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, passed, renamed, with_times};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

struct TemporalJoin {
    /// The left side, and the rows that become versions.
    inputs: [Box<dyn Relation>; 2],
    aliases: [String; 2],
    view: String,
    keeps_left: bool,
    /// Columns of either side, pairwise; those of the right one are the key of its versions.
    keys: Vec<[usize; 2]>,
    times: [usize; 2],
    /// Columns of the right side that the view shows.
    shown: Vec<usize>,
    /// Over the left columns and those shown of the right.
    residual: Option<Expr>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let inputs = [generator.relation(depth - 1), generator.relation(depth - 1)];
    let (left, right) = (inputs[0].facts(), inputs[1].facts());
    let usable = |facts: &Facts| facts.insert_only && !facts.may_be_late;
    // Which rows become versions depends on the order in which they come.
    if !usable(left) || !usable(right) || !right.ordered {
        return None;
    }
    let random = &mut generator.random;
    let right_time = right.first_rowtime()?;
    if right.find(|column| matches!(column.time, Time::Row { .. })).len() != 1 {
        return None;
    }
    let times = [*left.rowtimes().choose(random)?, right_time];
    let mut keys = Vec::new();
    for _ in 0..*[1, 1, 2].choose(random)? {
        let of = *[Type::String, Type::String, Type::Int, Type::Boolean, Type::BigInt].choose(random)?;
        let plain = |column: &Column| column.of == of && column.time == Time::None;
        keys.extend(
            left.find(plain).choose(random).zip(right.find(plain).choose(random)).map(|(a, b)| [*a, *b]),
        );
    }
    if keys.is_empty() {
        return None;
    }
    let keeps_left = random.random_bool(0.5);
    let shown = right.find(|column| column.time != Time::Processing);
    let mut columns = with_times(&left.columns, &times[..1]);
    columns.extend(shown.iter().map(|column| Column {
        time: Time::None,
        global: false,
        ..right.columns[*column].clone()
    }));
    let residual = random.random_bool(0.4).then(|| Expressions { random, columns: &columns }.condition(2));
    let residual = residual.filter(|residual| !equates(residual));
    let facts = Facts {
        unique: left.unique.clone(),
        insert_only: true,
        ordered: false,
        tables: left.tables.union(&right.tables).copied().collect::<BTreeSet<usize>>(),
        needs_punctuality: true,
        may_be_late: false,
        columns: generator.renamed(&columns),
    };
    let aliases = [generator.alias(), generator.alias()];
    let view = generator.alias();
    Some(Box::new(TemporalJoin { inputs, aliases, view, keeps_left, keys, times, shown, residual, facts }))
}

/// Whether a condition may add to the key, by which NULLs are equal.
fn equates(condition: &Expr) -> bool {
    match condition {
        Expr::Compare(op, ..) => *op == "=",
        Expr::And(one, other) | Expr::Or(one, other) => equates(one) || equates(other),
        Expr::Not(negated) => {
            matches!(&**negated, Expr::Compare("<>", ..) | Expr::Not(_) | Expr::And(..) | Expr::Or(..))
        }
        _ => false,
    }
}

impl Relation for TemporalJoin {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let left = self.inputs[0].facts().names_of(&self.aliases[0]);
        let inner = self.inputs[1].facts().names();
        let right: Vec<String> = inner.iter().map(|name| format!("{}.{name}", self.aliases[1])).collect();
        let shown: Vec<&str> = self.shown.iter().map(|column| inner[*column].as_str()).collect();
        let by: Vec<&str> = self.keys.iter().map(|[_, key]| inner[*key].as_str()).collect();
        let view = format!(
            "SELECT {} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {} DESC) AS rn{name} FROM ({}) AS i{name}) \
             AS n{name} WHERE rn{name} = 1",
            shown.join(", "),
            by.join(", "),
            inner[self.times[1]],
            self.inputs[1].sql(dialect),
            name = self.view,
        );
        let both: Vec<String> =
            left.iter().cloned().chain(self.shown.iter().map(|column| right[*column].clone())).collect();
        let from = self.inputs[0].facts().columns.iter();
        let shown = self
            .shown
            .iter()
            .map(|column| Column { time: Time::None, ..self.inputs[1].facts().columns[*column].clone() });
        let from: Vec<Column> = from.cloned().chain(shown).collect();
        let items = passed(&both, &from, &self.facts.columns);
        let mut on: Vec<String> =
            self.keys.iter().map(|[a, b]| format!("{} = {}", left[*a], right[*b])).collect();
        on.extend(self.residual.iter().map(|residual| residual.sql(&both, dialect)));
        format!(
            "WITH {view_name} AS ({view}) SELECT {} FROM ({}) AS {} {} {view_name} FOR SYSTEM_TIME AS OF {} AS {} ON {}",
            renamed(&items, &self.facts.columns),
            self.inputs[0].sql(dialect),
            self.aliases[0],
            if self.keeps_left { "LEFT JOIN" } else { "JOIN" },
            left[self.times[0]],
            self.aliases[1],
            on.join(" AND "),
            view_name = self.view,
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let (lefts, rights) = (self.inputs[0].evaluate(world)?, self.inputs[1].evaluate(world)?);
        // The deduplication drops rows that are older than one of their key that came before.
        let key_of = |row: &Row| self.keys.iter().map(|[_, key]| row[*key].clone()).collect::<Row>();
        let mut versions: Vec<&Row> = Vec::new();
        for row in &rights {
            let newer = versions
                .iter()
                .any(|version| key_of(version) == key_of(row) && version[self.times[1]] > row[self.times[1]]);
            if !newer {
                versions.push(row);
            }
        }
        let mut out = Vec::new();
        for left in &lefts {
            let is_of_key = |version: &&&Row| self.keys.iter().all(|[a, b]| left[*a] == version[*b]);
            let valid = versions
                .iter()
                .filter(is_of_key)
                .filter(|version| version[self.times[1]] <= left[self.times[0]])
                .max_by_key(|version| version[self.times[1]].clone());
            let pair = valid.map(|version| -> Row {
                left.iter().chain(self.shown.iter().map(|column| &version[*column])).cloned().collect()
            });
            let joined = match pair {
                Some(pair) => match &self.residual {
                    Some(residual) if !residual.holds(&pair)? => None,
                    _ => Some(pair),
                },
                None => None,
            };
            match joined {
                Some(pair) => out.push(pair),
                None if self.keeps_left => {
                    out.push(left.iter().cloned().chain(self.shown.iter().map(|_| Value::Null)).collect());
                }
                None => {}
            }
        }
        Ok(out)
    }
}
