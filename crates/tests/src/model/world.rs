//! The tables of a case and what is in them.

use std::collections::BTreeSet;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::expression::{Failure, literal};
use super::relation::{Column, Dialect, Facts, Relation, Time};
use super::value::{Row, Type, Value};

/// Event time may be behind by this much.
const BOUND_S: i64 = 5;

/// When event time begins: an interval join of Flink takes rows near 1970 for late, since its clock starts there.
pub const START_S: i64 = 3_600;

/// Columns of every table, but for its processing time.
const COLUMNS: &[(&str, Type)] = &[
    ("id", Type::BigInt),
    ("k", Type::String),
    ("n", Type::Int),
    ("m", Type::Int),
    ("s", Type::String),
    ("b", Type::Boolean),
    ("a", Type::IntArray),
    ("ts", Type::Timestamp),
];
const TS: usize = 7;

/// Columns of every dimension table.
pub const DIMENSION: &[(&str, Type)] = &[("k", Type::String), ("n", Type::Int), ("v", Type::String)];

/// A streamed table.
#[derive(Clone, Debug)]
pub struct Table {
    pub number: usize,
    /// Partitions; a file has one.
    pub splits: usize,
    pub kafka: bool,
    /// No two rows have the same time.
    pub unique_times: bool,
}

/// A dimension table.
#[derive(Clone, Debug)]
pub struct Dimension {
    pub number: usize,
    /// `k` is its primary key; else several rows may have the same.
    pub keyed: bool,
}

/// All tables with their rows.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub tables: Vec<Table>,
    pub dimensions: Vec<Dimension>,
    /// By table and split.
    pub rows: Vec<Vec<Vec<Row>>>,
    pub dimension_rows: Vec<Vec<Row>>,
}

impl World {
    /// Tables without rows.
    pub fn tables(random: &mut ChaCha8Rng) -> Self {
        let tables = (0..3).map(|number| {
            let kafka = random.random_bool(0.7);
            let splits = if kafka { random.random_range(1..=3) } else { 1 };
            Table { number, splits, kafka, unique_times: splits > 1 || random.random_bool(0.6) }
        });
        let tables = tables.collect();
        let dimensions = (0..2).map(|number| Dimension { number, keyed: number == 0 }).collect();
        Self { tables, dimensions, ..Self::default() }
    }

    /// Puts rows in; `punctual` where none may come behind the watermark.
    pub fn fill(&mut self, random: &mut ChaCha8Rng, punctual: bool) {
        for table in &self.tables {
            let splits = (0..table.splits).map(|split| {
                let mut highest_s = START_S;
                let rows = (0..random.random_range(0..14)).map(|row| {
                    let behind = if punctual { 1 - BOUND_S } else { -3 * BOUND_S };
                    let second = (highest_s + random.random_range(behind..=6)).max(START_S);
                    highest_s = highest_s.max(second);
                    // No two rows of the world have the same; within a second times differ, and keep their order.
                    let id = ((table.number * 10 + split) * 20 + row) as i64;
                    let ms = second * 1_000 + if table.unique_times { id } else { 0 };
                    COLUMNS
                        .iter()
                        .map(|(name, of)| match *name {
                            "id" => Value::Integer(id),
                            "ts" => Value::Time(ms),
                            "a" if random.random_bool(0.1) => Value::Null,
                            _ => literal(random, *of),
                        })
                        .collect()
                });
                rows.collect()
            });
            self.rows.push(splits.collect());
        }
        for dimension in &self.dimensions {
            let mut keys = BTreeSet::new();
            let rows = (0..8).filter_map(|_| {
                let row: Row = DIMENSION.iter().map(|(_, of)| literal(random, *of)).collect();
                let is_new = keys.insert(row[0].clone());
                (!dimension.keyed || is_new && !row[0].is_null()).then_some(row)
            });
            self.dimension_rows.push(rows.collect());
        }
    }

    /// Statements that make the tables.
    pub fn sql(&self) -> String {
        let columns = |columns: &[(&str, Type)]| -> String {
            let columns: Vec<String> =
                columns.iter().map(|(name, of)| format!("{name} {}", of.sql(Dialect::Flink))).collect();
            columns.join(", ")
        };
        let mut sql = String::new();
        for table in &self.tables {
            let number = table.number;
            let options = if table.kafka {
                format!(
                    "'connector' = 'kafka', 'topic' = 't{number}', 'properties.bootstrap.servers' = '127.0.0.1:1', \
                     'properties.group.id' = 'g', 'scan.startup.mode' = 'earliest-offset'"
                )
            } else {
                format!("'connector' = 'filesystem', 'path' = 't{number}.json'")
            };
            sql.push_str(&format!(
                "CREATE TABLE t{number} ({}, pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '{BOUND_S}' SECOND) \
                 WITH ({options}, 'format' = 'json');\n",
                columns(COLUMNS)
            ));
        }
        for dimension in &self.dimensions {
            let number = dimension.number;
            let key = if dimension.keyed { ", PRIMARY KEY (k) NOT ENFORCED" } else { "" };
            sql.push_str(&format!(
                "CREATE TABLE d{number} ({}{key}) WITH ('connector' = 'jdbc', 'table-name' = 'd{number}', \
                 'url' = 'jdbc:postgresql://127.0.0.1:1/d');\n",
                columns(DIMENSION)
            ));
        }
        sql
    }

    /// The tables with their rows as the `WITH` of a query of PostgreSQL.
    pub fn with(&self) -> String {
        let streamed = self.rows.iter().enumerate().map(|(number, splits)| {
            common_table(&format!("t{number}"), COLUMNS, &splits.iter().flatten().collect::<Vec<_>>())
        });
        let dimensions = self.dimension_rows.iter().enumerate().map(|(number, rows)| {
            common_table(&format!("d{number}"), DIMENSION, &rows.iter().collect::<Vec<_>>())
        });
        format!("WITH {}", streamed.chain(dimensions).collect::<Vec<_>>().join(",\n"))
    }

    /// The rows as JSON records, for a report.
    pub fn records(&self) -> String {
        let record = |columns: &[(&str, Type)], row: &Row| -> String {
            let fields: Vec<String> = columns
                .iter()
                .zip(row)
                .map(|((name, _), value)| format!("\"{name}\":{}", value.json()))
                .collect();
            format!("{{{}}}\n", fields.join(","))
        };
        let mut text = String::new();
        for (table, splits) in self.rows.iter().enumerate() {
            for (split, rows) in splits.iter().enumerate() {
                text.push_str(&format!("-- t{table}, split {split}\n"));
                text.extend(rows.iter().map(|row| record(COLUMNS, row)));
            }
        }
        for (dimension, rows) in self.dimension_rows.iter().enumerate() {
            text.push_str(&format!("-- d{dimension}\n"));
            text.extend(rows.iter().map(|row| record(DIMENSION, row)));
        }
        text
    }

    /// A column's position in a table, by its name.
    pub fn column(name: &str) -> Option<usize> {
        COLUMNS.iter().position(|(column, _)| *column == name)
    }
}

fn common_table(name: &str, columns: &[(&str, Type)], rows: &[&Row]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let values =
                row.iter().zip(columns).map(|(value, (_, of))| value.literal(*of, Dialect::Postgres));
            format!("({})", values.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let body = if rows.is_empty() {
        let nulls: Vec<String> =
            columns.iter().map(|(_, of)| Value::Null.literal(*of, Dialect::Postgres)).collect();
        format!("SELECT {} WHERE FALSE", nulls.join(", "))
    } else {
        format!("VALUES {}", rows.join(", "))
    };
    format!("{name} ({}) AS ({body})", names.join(", "))
}

/// `SELECT` of all columns of a table.
pub struct Scan {
    table: usize,
    facts: Facts,
}

impl Scan {
    /// `ordered` where rows of equal keys arrive in the order of the table; `name` gives new names of columns.
    pub fn new(table: &Table, ordered: bool, mut name: impl FnMut() -> String) -> Self {
        let mut columns: Vec<Column> = COLUMNS
            .iter()
            .map(|(column, of)| Column {
                name: name(),
                of: *of,
                time: if *column == "ts" { Time::Row { nullable: false } } else { Time::None },
                global: *column == "id" || *column == "ts" && table.unique_times,
            })
            .collect();
        columns.push(Column { name: name(), of: Type::Timestamp, time: Time::Processing, global: false });
        let mut unique = vec![BTreeSet::from([0])];
        if table.unique_times {
            unique.push(BTreeSet::from([TS]));
        }
        let facts = Facts {
            columns,
            insert_only: true,
            ordered,
            unique,
            tables: BTreeSet::from([table.number]),
            needs_punctuality: false,
            may_be_late: false,
        };
        Self { table: table.number, facts }
    }
}

impl Relation for Scan {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn sql(&self, dialect: Dialect) -> String {
        let processing = match dialect {
            Dialect::Flink => "pt",
            Dialect::Postgres => "CAST(NULL AS TIMESTAMP(3))",
        };
        let columns = COLUMNS.iter().map(|(name, _)| *name).chain([processing]);
        let columns: Vec<String> =
            columns.zip(&self.facts.columns).map(|(from, to)| format!("{from} AS {}", to.name)).collect();
        format!("SELECT {} FROM t{}", columns.join(", "), self.table)
    }

    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure> {
        let rows = world.rows[self.table].iter().flatten();
        Ok(rows.map(|row| row.iter().cloned().chain([Value::Null]).collect()).collect())
    }
}
