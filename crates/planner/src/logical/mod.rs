//! The logical algebra: what a query means, before anybody decides how it is run.
//!
//! A relation is an operator over inputs with the columns that it gives. Inputs are shared: a view that is read twice is
//! one relation with two readers. Every expression is a typed [`Scalar`] over the columns of the inputs, those of the
//! second input behind those of the first. Time attributes are facts about columns.

mod columns;
mod print;

use std::sync::Arc;

use streamsql_core::{Column, LogicalType, Schema};
use streamsql_plan::JoinKind;
use streamsql_sql::catalog::Table;
pub use streamsql_sql::rel::RelColumn;
pub use streamsql_sql::scalar::{Scalar, ScalarKind};

pub use columns::{Columns, computed_below, joined_columns, projected};
pub use print::print;

/// A relation that others may share.
pub type Rel = Arc<Relation>;

/// An operator over inputs.
pub struct Relation {
    pub op: Op,
    pub inputs: Vec<Rel>,
    pub columns: Vec<RelColumn>,
    /// Relations in the tree under this one, where those that are shared count for each reader.
    pub size: usize,
}

/// What a relation does.
#[derive(Clone)]
pub enum Op {
    /// All columns of a table.
    Scan(Arc<Table>),
    /// Rows of constants.
    Values(Vec<Vec<Scalar>>),
    Project(Vec<Scalar>),
    /// The rows for which a condition is true.
    Filter(Scalar),
    Join(Join),
    Correlate(Correlate),
    Over(Over),
    Rank(Rank),
    Aggregate(Aggregate),
    SetOp(SetOp),
    Sort(Vec<SortKey>),
    Limit(Limit),
}

/// Two inputs, joined on a condition.
#[derive(Clone)]
pub struct Join {
    pub kind: JoinKind,
    /// The conjuncts of the condition, in the order in which they are evaluated; over left and right columns.
    pub on: Vec<Scalar>,
    /// `FOR SYSTEM_TIME AS OF`: the right input, a table, as it is at the time in a column of the left one.
    pub as_of: Option<AsOf>,
}

/// The time of a temporal join.
#[derive(Clone)]
pub struct AsOf {
    /// Column of the left input.
    pub column: usize,
    /// As written.
    pub text: String,
}

/// The elements of a collection that each row holds, behind the row's own columns.
#[derive(Clone)]
pub struct Correlate {
    /// An ARRAY, MAP or MULTISET, over the input's columns.
    pub collection: Scalar,
    /// Inner, or Left: rows without elements stay.
    pub kind: JoinKind,
}

/// Window functions over the rows of a partition; their values stand behind the input's columns.
#[derive(Clone)]
pub struct Over {
    pub partition: Vec<Scalar>,
    pub order: Vec<SortKey>,
    pub calls: Vec<OverCall>,
}

/// One call over an OVER window.
#[derive(Clone)]
pub struct OverCall {
    /// In upper case.
    pub function: String,
    pub arguments: Vec<Scalar>,
}

/// Rows of each partition whose number is within bounds (Flink `FlinkLogicalRank`); the number stands behind the input's
/// columns.
#[derive(Clone)]
pub struct Rank {
    pub partition: Vec<Scalar>,
    pub order: Vec<SortKey>,
    /// The first and the last number that pass, from 1.
    pub from: i64,
    pub to: i64,
}

/// Groups of rows. Columns: the keys, then the calls.
#[derive(Clone)]
pub struct Aggregate {
    pub keys: Vec<Scalar>,
    pub calls: Vec<AggregateCall>,
}

/// An aggregate function over the rows of a group.
#[derive(Clone)]
pub struct AggregateCall {
    /// In upper case.
    pub function: String,
    /// Empty for `COUNT(*)`.
    pub arguments: Vec<Scalar>,
    pub distinct: bool,
    pub filter: Option<Scalar>,
    pub result: LogicalType,
    pub nullable: bool,
}

/// One key of ORDER BY.
#[derive(Clone)]
pub struct SortKey {
    pub value: Scalar,
    pub ascending: bool,
    pub nulls_first: bool,
}

/// UNION, INTERSECT or EXCEPT of inputs with equal types.
#[derive(Clone)]
pub struct SetOp {
    pub kind: SetKind,
    pub all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    Union,
    Intersect,
    Except,
}

/// LIMIT and OFFSET.
#[derive(Clone)]
pub struct Limit {
    pub offset: u64,
    pub fetch: Option<u64>,
}

impl Relation {
    pub fn new(op: Op, inputs: Vec<Rel>, columns: Vec<RelColumn>) -> Rel {
        let size = inputs.iter().fold(1usize, |size, input| size.saturating_add(input.size));
        Arc::new(Self { op, inputs, columns, size })
    }

    /// A projection to expressions with names.
    pub fn project(input: Rel, project: Vec<Scalar>, names: Vec<String>) -> Rel {
        let columns = project
            .iter()
            .zip(names)
            .map(|(scalar, name)| columns::projected(scalar, name, &input.columns))
            .collect();
        Self::new(Op::Project(project), vec![input], columns)
    }

    pub fn filter(input: Rel, condition: Scalar) -> Rel {
        let columns = input.columns.clone();
        Self::new(Op::Filter(condition), vec![input], columns)
    }

    /// The same over other inputs of equal columns.
    pub fn over(&self, inputs: Vec<Rel>) -> Rel {
        Self::new(self.op.clone(), inputs, self.columns.clone())
    }

    pub fn schema(&self) -> Schema {
        let column = |c: &RelColumn| Column::new(&c.name, c.logical_type.clone(), c.nullable);
        Schema::new(self.columns.iter().map(column).collect())
    }
}
