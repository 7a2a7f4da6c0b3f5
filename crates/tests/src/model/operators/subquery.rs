//! Subqueries: `[NOT] EXISTS`, `[NOT] IN`, a comparison with one aggregate, and an aggregate as a column.

use std::collections::BTreeSet;

use rand::Rng;
use rand::seq::IndexedRandom;

use super::group_aggregate::{Call, Function};
use super::join::{Key, without_attributes};
use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

enum Form {
    /// `[NOT] EXISTS (SELECT … WHERE keys AND residual)`.
    Exists { negated: bool, residual: Option<Expr> },
    /// `column [NOT] IN (SELECT column …)`.
    In { negated: bool, columns: [usize; 2] },
    /// `column op (SELECT aggregate … WHERE keys)`.
    Compare { op: &'static str, column: usize, call: Call },
    /// The aggregate behind the columns.
    Value { call: Call },
}

struct Subquery {
    /// The query, and what its subquery reads.
    inputs: [Box<dyn Relation>; 2],
    aliases: [String; 2],
    form: Form,
    keys: Vec<Key>,
    places: Vec<usize>,
    facts: Facts,
}

/// An aggregate whose value over no rows is that of a row that is not there.
fn call(random: &mut rand_chacha::ChaCha8Rng, columns: &[Column], of: Option<Type>) -> Option<Call> {
    let of = match of {
        Some(of) => of,
        None => *[Type::Int, Type::String, Type::Timestamp].choose(random)?,
    };
    let functions: &[Function] = match of {
        Type::Int | Type::BigInt => &[Function::Sum, Function::Avg, Function::Min, Function::Max],
        _ => &[Function::Min, Function::Max],
    };
    let function = *functions.choose(random)?;
    let argument = Expressions { random, columns }.of(of, 0);
    Some(Call { function, argument, of, distinct: false, filter: None })
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let inputs = [generator.relation(depth - 1), generator.relation(depth - 1)];
    let (one, two) = (inputs[0].facts(), inputs[1].facts());
    let random = &mut generator.random;
    let plain = without_attributes(one.columns.iter().chain(&two.columns).cloned());
    let (left, right) = plain.split_at(one.columns.len());
    let mut keys = Vec::new();
    let form = match random.random_range(0..10) {
        0..4 => {
            for _ in 0..*[1, 1, 1, 2].choose(random)? {
                keys.extend(Key::generate(random, one, two));
            }
            let residual =
                random.random_bool(0.3).then(|| Expressions { random, columns: &plain }.condition(1));
            Form::Exists { negated: random.random(), residual }
        }
        4..7 => {
            let of = *[Type::String, Type::Int, Type::BigInt].choose(random)?;
            let fits = |column: &Column| column.of == of && column.time == Time::None;
            let columns = [*one.find(fits).choose(random)?, *two.find(fits).choose(random)?];
            Form::In { negated: random.random_bool(0.5), columns }
        }
        7 => {
            let fits = |column: &Column| column.of != Type::IntArray && column.of != Type::Boolean;
            let column = *one.find(|column| fits(column) && column.time == Time::None).choose(random)?;
            let op = *["=", "<>", "<", ">="].choose(random)?;
            Form::Compare { op, column, call: call(random, right, Some(left[column].of))? }
        }
        _ => {
            if random.random_bool(0.6) {
                keys.extend(Key::generate(random, one, two));
                keys.iter_mut().for_each(|key| key.null_safe = false);
            }
            Form::Value { call: call(random, right, None)? }
        }
    };
    let (places, mut columns): (Vec<usize>, Vec<Column>) = one.without_time().into_iter().unzip();
    let moved = |set: &BTreeSet<usize>| {
        set.iter().map(|i| places.iter().position(|place| place == i)).collect::<Option<BTreeSet<usize>>>()
    };
    let unique = one.unique.iter().filter_map(moved).collect();
    if let Form::Value { call } = &form {
        columns.push(Column { name: String::new(), of: call.result(), time: Time::None, global: false });
    }
    if columns.is_empty() {
        return None;
    }
    let facts = Facts {
        insert_only: false,
        ordered: false,
        unique,
        tables: one.tables.union(&two.tables).copied().collect(),
        needs_punctuality: one.needs_punctuality || two.needs_punctuality,
        may_be_late: true,
        columns: generator.renamed(&columns),
    };
    let aliases = [generator.alias(), generator.alias()];
    Some(Box::new(Subquery { inputs, aliases, form, keys, places, facts }))
}

/// The columns of the query around EXISTS, the first `width`, that must not be NULL for it to be true with these equalities and
/// this condition: all that are read, where an OR reads one (Flink joins with their distinct values then, by equality).
pub fn known_values(keys: &[Key], residual: Option<&Expr>, width: usize) -> BTreeSet<usize> {
    let residual = residual.map(Expr::simplified);
    // IS NOT DISTINCT FROM is an OR as well.
    let has_or = keys.iter().any(|key| key.null_safe)
        || residual.as_ref().is_some_and(|residual| residual.has_or_over(width));
    if !has_or {
        return BTreeSet::new();
    }
    let read = residual.iter().flat_map(Expr::columns).filter(|column| *column < width);
    read.chain(keys.iter().map(|key| key.columns[0])).collect()
}

impl Subquery {
    /// The subquery's rows for a row of the query.
    fn found<'a>(&'a self, row: &'a Row, rows: &'a [Row]) -> impl Iterator<Item = &'a Row> {
        rows.iter().filter(|right| self.keys.iter().all(|key| key.holds(row, right)))
    }

    /// The columns of the query that must not be NULL for EXISTS to be true.
    fn known(&self) -> BTreeSet<usize> {
        match &self.form {
            Form::Exists { residual, .. } => {
                known_values(&self.keys, residual.as_ref(), self.inputs[0].facts().columns.len())
            }
            _ => BTreeSet::new(),
        }
    }

    /// The output of a row of the query, if it has one.
    fn output(&self, row: &Row, rows: &[Row]) -> Result<Option<Row>, Failure> {
        let mut value = None;
        let stays = match &self.form {
            Form::Exists { negated, residual } => {
                let mut exists = false;
                for right in self.found(row, rows) {
                    exists |= match residual {
                        Some(residual) => residual.holds(&row.iter().chain(right).cloned().collect())?,
                        None => true,
                    };
                }
                let is_known = self.known().iter().all(|column| !row[*column].is_null());
                (exists && is_known) != *negated
            }
            Form::In { negated, columns } => {
                let wanted = &row[columns[0]];
                let any = |holds: &dyn Fn(&Value) -> bool| rows.iter().any(|right| holds(&right[columns[1]]));
                let is_in = !wanted.is_null() && any(&|value| value == wanted);
                let unknown = !is_in && (any(&Value::is_null) || wanted.is_null() && !rows.is_empty());
                if *negated { !is_in && !unknown } else { is_in }
            }
            Form::Compare { op, column, call } => {
                let value = call.evaluate(rows)?;
                let wanted = &row[*column];
                !value.is_null()
                    && !wanted.is_null()
                    && match *op {
                        "=" => *wanted == value,
                        "<>" => *wanted != value,
                        "<" => *wanted < value,
                        _ => *wanted >= value,
                    }
            }
            Form::Value { call } => {
                value = Some(call.evaluate(self.found(row, rows))?);
                true
            }
        };
        let kept = self.places.iter().map(|place| row[*place].clone());
        Ok(stays.then(|| kept.chain(value).collect()))
    }
}

impl Relation for Subquery {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let [left, right] = [0, 1].map(|side| self.inputs[side].facts().names_of(&self.aliases[side]));
        let from = format!("FROM ({}) AS {}", self.inputs[1].sql(dialect), self.aliases[1]);
        let mut inside: Vec<String> = self.keys.iter().map(|key| key.sql(&left, &right)).collect();
        let clause = |conditions: &[String]| match conditions {
            [] => String::new(),
            conditions => format!(" WHERE {}", conditions.join(" AND ")),
        };
        let scalar = |call: &Call| {
            let having = match dialect {
                Dialect::Flink => "",
                Dialect::Postgres => " HAVING COUNT(*) > 0",
            };
            format!("(SELECT {} {from}{}{having})", call.sql(&right, dialect), clause(&inside))
        };
        let (mut condition, mut value) = (String::new(), None);
        match &self.form {
            Form::Exists { negated, residual } => {
                let both: Vec<String> = left.iter().chain(&right).cloned().collect();
                inside.extend(residual.iter().map(|residual| residual.sql(&both, dialect)));
                if dialect == Dialect::Postgres {
                    inside.extend(self.known().iter().map(|column| format!("{} IS NOT NULL", left[*column])));
                }
                let not = if *negated { "NOT " } else { "" };
                condition = format!(" WHERE {not}EXISTS (SELECT 1 {from}{})", clause(&inside));
            }
            Form::In { negated, columns } => {
                let not = if *negated { " NOT" } else { "" };
                let [a, b] = [&left[columns[0]], &right[columns[1]]];
                condition = format!(" WHERE {a}{not} IN (SELECT {b} {from}{})", clause(&inside));
            }
            Form::Compare { op, column, call } => {
                condition = format!(" WHERE {} {op} {}", left[*column], scalar(call));
            }
            Form::Value { call } => value = Some(scalar(call)),
        }
        let items = self.places.iter().map(|i| self.inputs[0].facts().plain(&self.aliases[0], *i));
        let items: Vec<String> = items.chain(value).collect();
        format!(
            "SELECT {} FROM ({}) AS {}{condition}",
            renamed(&items, &self.facts.columns),
            self.inputs[0].sql(dialect),
            self.aliases[0]
        )
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let (lefts, rights) = (self.inputs[0].evaluate(world)?, self.inputs[1].evaluate(world)?);
        let mut out = Vec::new();
        for left in &lefts {
            out.extend(self.output(left, &rights)?);
        }
        Ok(out)
    }
}
