//! `GROUP BY` with aggregates, DISTINCT, FILTER and HAVING, over inputs that only grow and over others; `SELECT DISTINCT`.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use rand::seq::IndexedRandom;

use crate::model::expression::{Expr, Expressions, Failure};
use crate::model::generate::{Generator, renamed};
use crate::model::relation::{Column, Dialect, Facts, Relation, Time};
use crate::model::value::{Row, Type, Value};
use crate::model::world::World;

/// What is computed of a group, whatever the order of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    CountRows,
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

/// A call of an aggregate.
#[derive(Clone, Debug)]
pub struct Call {
    pub function: Function,
    pub argument: Expr,
    /// The argument's type.
    pub of: Type,
    pub distinct: bool,
    pub filter: Option<Expr>,
}

impl Call {
    /// Any call over these columns.
    pub fn generate(expressions: &mut Expressions<'_>) -> Option<Self> {
        use Function::{Avg, Count, CountRows, Max, Min, Sum};
        let functions = [CountRows, Count, Sum, Sum, Avg, Min, Min, Max, Max];
        let function = *functions.choose(expressions.random)?;
        let types: &[Type] = match function {
            CountRows | Sum | Avg => &[Type::Int, Type::Int, Type::BigInt],
            Count => &[Type::Int, Type::String, Type::Boolean, Type::BigInt],
            Min | Max => &[Type::Int, Type::String, Type::Timestamp, Type::BigInt, Type::Boolean],
        };
        let of = *types.choose(expressions.random)?;
        let argument = expressions.of(of, 1);
        let distinct = function != CountRows && expressions.random.random_bool(0.25);
        let filter = expressions.random.random_bool(0.25).then(|| expressions.condition(1));
        Some(Self { function, argument, of, distinct, filter })
    }

    pub fn result(&self) -> Type {
        match self.function {
            Function::CountRows | Function::Count => Type::BigInt,
            _ => self.of,
        }
    }

    /// The call over columns of these names.
    pub fn sql(&self, names: &[String], dialect: Dialect) -> String {
        let argument = self.argument.sql(names, dialect);
        let argument = match self.function {
            Function::CountRows => "*".to_owned(),
            _ if self.distinct => format!("DISTINCT {argument}"),
            _ => argument,
        };
        let filter = self.filter.as_ref().map(|filter| filter.sql(names, dialect));
        let filter = filter.map_or(String::new(), |filter| format!(" FILTER (WHERE {filter})"));
        let call = |name: &str| format!("{name}({argument}){filter}");
        match (self.function, dialect) {
            (Function::CountRows | Function::Count, _) => call("COUNT"),
            // PostgreSQL sums and averages in wider types; where it has a sum that Flink wraps it has no answer.
            (Function::Sum, Dialect::Postgres) => {
                format!("CAST({} AS {})", call("SUM"), self.of.sql(dialect))
            }
            (Function::Avg, Dialect::Postgres) => {
                let quotient = format!("CAST({} AS BIGINT) / {}", call("SUM"), call("COUNT"));
                format!("CAST({quotient} AS {})", self.of.sql(dialect))
            }
            (Function::Min, Dialect::Postgres) if self.of == Type::Boolean => call("BOOL_AND"),
            (Function::Max, Dialect::Postgres) if self.of == Type::Boolean => call("BOOL_OR"),
            (Function::Sum, _) => call("SUM"),
            (Function::Avg, _) => call("AVG"),
            (Function::Min, _) => call("MIN"),
            (Function::Max, _) => call("MAX"),
        }
    }

    /// The value for a group.
    ///
    /// # Errors
    /// Where Flink would end the job.
    pub fn evaluate<'a>(&self, rows: impl IntoIterator<Item = &'a Row>) -> Result<Value, Failure> {
        let mut values = Vec::new();
        for row in rows {
            let counts = match &self.filter {
                Some(filter) => filter.holds(row)?,
                None => true,
            };
            // An argument has no value to fail for where the filter leaves its row out; ours never fail.
            if counts {
                let value = self.argument.evaluate(row)?;
                if self.function == Function::CountRows || !value.is_null() {
                    values.push(value);
                }
            }
        }
        if self.distinct {
            values.sort();
            values.dedup();
        }
        let count = values.len() as i64;
        let sum = || {
            values.iter().fold(0_i64, |sum, value| match value {
                Value::Integer(i) => sum.wrapping_add(*i),
                _ => sum,
            })
        };
        let narrow = |i: i64| Value::Integer(if self.of == Type::Int { i64::from(i as i32) } else { i });
        Ok(match self.function {
            Function::CountRows | Function::Count => Value::Integer(count),
            _ if values.is_empty() => Value::Null,
            Function::Sum => narrow(sum()),
            Function::Avg => narrow(sum() / count),
            Function::Min => values.into_iter().min().unwrap_or(Value::Null),
            Function::Max => values.into_iter().max().unwrap_or(Value::Null),
        })
    }
}

struct GroupAggregate {
    input: Box<dyn Relation>,
    alias: String,
    keys: Vec<usize>,
    calls: Vec<Call>,
    /// Over keys, then calls.
    having: Option<Expr>,
    facts: Facts,
}

pub fn generate(generator: &mut Generator, depth: usize) -> Option<Box<dyn Relation>> {
    let input = generator.relation(depth - 1);
    let from = input.facts().clone();
    let random = &mut generator.random;
    let fit = from.find(|column| column.time != Time::Processing);
    let count = (*[0, 1, 1, 1, 2, 3].choose(random)?).min(fit.len());
    let keys: Vec<usize> = fit.choose_multiple(random, count).copied().collect();
    let at_least = usize::from(keys.is_empty());
    let mut expressions = Expressions { random, columns: &from.columns };
    let calls = (0..expressions.random.random_range(at_least..=3)).map(|_| Call::generate(&mut expressions));
    let calls = calls.collect::<Option<Vec<Call>>>()?;
    let random = &mut generator.random;
    let of_keys =
        keys.iter().map(|key| Column { time: Time::None, global: false, ..from.columns[*key].clone() });
    let of_calls = calls.iter().map(|call| Column {
        name: String::new(),
        of: call.result(),
        time: Time::None,
        global: false,
    });
    let columns: Vec<Column> = of_keys.chain(of_calls).collect();
    let having = random.random_bool(0.3).then(|| Expressions { random, columns: &columns }.condition(2));
    let facts = Facts {
        columns: generator.renamed(&columns),
        insert_only: false,
        ordered: false,
        unique: vec![(0..keys.len()).collect::<BTreeSet<usize>>()],
        ..from
    };
    Some(Box::new(GroupAggregate { input, alias: generator.alias(), keys, calls, having, facts }))
}

impl Relation for GroupAggregate {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let names = self.input.facts().names();
        let keys: Vec<String> = self.keys.iter().map(|key| names[*key].clone()).collect();
        let calls = self.calls.iter().map(|call| call.sql(&names, dialect));
        let outputs: Vec<String> = keys.iter().cloned().chain(calls).collect();
        let distinct = self.calls.is_empty() && self.having.is_none() && self.keys.len().is_multiple_of(2);
        let mut sql = format!(
            "SELECT {}{} FROM ({}) AS {}",
            if distinct { "DISTINCT " } else { "" },
            renamed(&outputs, &self.facts.columns),
            self.input.sql(dialect),
            self.alias
        );
        if !keys.is_empty() && !distinct {
            sql.push_str(&format!(" GROUP BY {}", keys.join(", ")));
        }
        let mut having: Vec<String> =
            self.having.iter().map(|having| having.sql(&outputs, dialect)).collect();
        // A stream has no row for a group that never was, nor for one that is empty again.
        if keys.is_empty() && dialect == Dialect::Postgres {
            having.push("COUNT(*) > 0".to_owned());
        }
        if !having.is_empty() {
            sql.push_str(&format!(" HAVING {}", having.join(" AND ")));
        }
        sql
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let mut groups: BTreeMap<Row, Vec<Row>> = BTreeMap::new();
        for row in self.input.evaluate(world)? {
            let key = self.keys.iter().map(|key| row[*key].clone()).collect();
            groups.entry(key).or_default().push(row);
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
