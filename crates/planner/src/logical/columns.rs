//! Columns of relations: their names, references to them, what an operator leaves of their facts.

use streamsql_core::LogicalType;
use streamsql_plan::{JoinKind, TimeAttribute};

use super::Scalar;

/// A column of a relation.
#[derive(Clone, Debug)]
pub struct RelColumn {
    pub name: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
    pub time: Option<TimeAttribute>,
    /// Computed by JSON_OBJECT or JSON_ARRAY in a projection that Flink merges with those above it.
    pub is_json: bool,
}

/// A column without facts of its own.
pub fn plain(name: &str, logical_type: LogicalType, nullable: bool) -> RelColumn {
    RelColumn { name: name.to_owned(), logical_type, nullable, time: None, is_json: false }
}

/// The type of a rowtime attribute: milliseconds, whatever precision up to 3 the table declares
/// (`FlinkTypeFactory.createRowtimeIndicatorType`).
pub fn rowtime_type(declared: &LogicalType) -> LogicalType {
    match declared {
        LogicalType::Timestamp(_) => LogicalType::Timestamp(3),
        LogicalType::TimestampLtz(_) => LogicalType::TimestampLtz(3),
        other => other.clone(),
    }
}

/// What relations of every pass have.
pub trait Columns {
    fn columns(&self) -> &[RelColumn];

    /// All columns as they are.
    fn references(&self) -> Vec<Scalar> {
        let column = |(i, c): (usize, &RelColumn)| Scalar::column(i, c.logical_type.clone(), c.nullable);
        self.columns().iter().enumerate().map(column).collect()
    }

    fn names(&self) -> Vec<String> {
        self.columns().iter().map(|c| c.name.clone()).collect()
    }
}

impl Columns for super::Relation {
    fn columns(&self) -> &[RelColumn] {
        &self.columns
    }
}

/// Columns as an operator passes them that Flink's projections are not merged across.
pub fn computed_below(columns: &[RelColumn]) -> Vec<RelColumn> {
    columns.iter().map(|column| RelColumn { is_json: false, ..column.clone() }).collect()
}

/// A bare reference keeps the time attribute, PROCTIME() makes one, all else has none.
pub fn projected(scalar: &Scalar, name: String, input: &[RelColumn]) -> RelColumn {
    let time = match (scalar.as_column(), scalar.as_call()) {
        // A column of the query around a subquery is none of the input's.
        (Some(index), _) => input.get(index).and_then(|column| column.time),
        (None, Some(("PROCTIME", _))) => Some(TimeAttribute::Proctime),
        _ => None,
    };
    let (logical_type, nullable) = (scalar.logical_type.clone(), scalar.nullable);
    RelColumn { name, logical_type, nullable, time, is_json: scalar.is_json(input) }
}

/// Left and right columns, with those of a padded side nullable.
pub fn joined_columns(left: &[RelColumn], right: &[RelColumn], kind: JoinKind) -> Vec<RelColumn> {
    let padded = |column: &RelColumn, padded: bool| RelColumn {
        nullable: column.nullable || padded,
        is_json: false,
        ..column.clone()
    };
    let right = if kind.is_left_only() { &[] } else { right };
    let left = left.iter().map(|c| padded(c, kind.keeps_right()));
    left.chain(right.iter().map(|c| padded(c, kind.keeps_left()))).collect()
}
