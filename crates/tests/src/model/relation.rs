//! What a relation of the model is: a query with a naive evaluation, and the facts that its consumers must know.

use std::collections::BTreeSet;

use super::expression::Failure;
use super::value::{Row, Type};
use super::world::World;

/// In whose words a query is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Flink,
    /// What Flink has no error for has none there either, and what fails for another reason is left out by the caller.
    Postgres,
}

/// Whether a column is a time attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    None,
    /// Event time; not NULL unless the other side of an outer join may be missing.
    Row {
        nullable: bool,
    },
    Processing,
}

/// A column of a relation. Names are different all over the query.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub of: Type,
    pub time: Time,
    /// No other row of its table, and no row of another table, has the same value.
    pub global: bool,
}

/// What is known of a relation.
#[derive(Clone, Debug)]
pub struct Facts {
    pub columns: Vec<Column>,
    /// Rows are never taken back.
    pub insert_only: bool,
    /// Rows of equal keys come in the order of the evaluation, whatever the run.
    pub ordered: bool,
    /// Sets of columns in which no two rows are equal (NULL counting as a value).
    pub unique: Vec<BTreeSet<usize>>,
    /// Tables that it reads.
    pub tables: BTreeSet<usize>,
    /// Rows that come behind the watermark would be lost: tables must have none.
    pub needs_punctuality: bool,
    /// Rows may come behind its watermark: an outer interval join of Flink pads a row when its clean-up timer fires, up
    /// to half the interval later than it promises.
    pub may_be_late: bool,
}

impl Facts {
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Names behind the name of the relation.
    pub fn names_of(&self, relation: &str) -> Vec<String> {
        self.columns.iter().map(|column| format!("{relation}.{}", column.name)).collect()
    }

    /// The first rowtime column, as an operator that orders by event time takes it.
    pub fn first_rowtime(&self) -> Option<usize> {
        let first = self.columns.iter().position(|column| matches!(column.time, Time::Row { .. }))?;
        (self.columns[first].time == Time::Row { nullable: false }).then_some(first)
    }

    /// Any rowtime column that is never NULL.
    pub fn rowtimes(&self) -> Vec<usize> {
        self.find(|column| column.time == Time::Row { nullable: false })
    }

    pub fn processing_time(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.time == Time::Processing)
    }

    /// Columns for which something holds.
    pub fn find(&self, holds: impl Fn(&Column) -> bool) -> Vec<usize> {
        (0..self.columns.len()).filter(|i| holds(&self.columns[*i])).collect()
    }

    /// What an operator passes on that ends time attributes: no processing time, and event times as plain ones. Each
    /// column's place here comes with it.
    pub fn without_time(&self) -> Vec<(usize, Column)> {
        let kept = self.columns.iter().enumerate().filter(|(_, column)| column.time != Time::Processing);
        kept.map(|(i, column)| (i, Column { time: Time::None, global: false, ..column.clone() })).collect()
    }

    /// A column behind the name of the relation, without its time attribute. The cast keeps conditions on it that move
    /// below the operator from being taken for bounds of an interval.
    pub fn plain(&self, relation: &str, column: usize) -> String {
        let Column { name, time, .. } = &self.columns[column];
        match time {
            Time::None => format!("{relation}.{name}"),
            _ => format!("CAST({relation}.{name} AS TIMESTAMP(3))"),
        }
    }

    /// Whether no two rows agree in all these columns.
    pub fn is_unique(&self, columns: &BTreeSet<usize>) -> bool {
        self.unique.iter().any(|unique| unique.is_subset(columns))
    }
}

/// A query of the model.
pub trait Relation {
    fn facts(&self) -> &Facts;

    /// The query, `SELECT …`, whose columns have the names of `facts`.
    fn sql(&self, dialect: Dialect) -> String;

    /// Its rows once everything was read.
    ///
    /// # Errors
    /// Where Flink would end the job.
    fn evaluate(&self, world: &World) -> Result<Vec<Row>, Failure>;
}
