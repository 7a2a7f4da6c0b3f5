//! The logical algebra: what a query means, before anybody decides how it is run.
//!
//! A relation is an operator over inputs with the columns that it gives. Inputs are shared: a view that is read twice is
//! one relation with two readers. Every expression is a typed [`Scalar`] over the columns of the inputs, those of the
//! second input behind those of the first. Time attributes are facts about columns.

mod columns;
mod evaluable;
mod print;
pub mod scalar;

use std::fmt;
use std::sync::Arc;

use streamsql_core::{Column, LogicalType, Schema};
use streamsql_functions::Zone;
use streamsql_plan::{AfterMatch, JoinKind, PatternVariable, RankRange, RowOf, TimeAttribute, WindowSpec};
use streamsql_sql::catalog::Table;
use streamsql_sql::diagnostic::Place;

pub use columns::{Columns, RelColumn, computed_below, joined_columns, plain, projected, rowtime_type};
pub use print::print;
pub use scalar::{Scalar, ScalarKind, conjunction, conjuncts};

/// A relation that others may share.
pub type Rel = Arc<Relation>;

/// An operator over inputs.
pub struct Relation {
    pub op: Op,
    pub inputs: Vec<Rel>,
    pub columns: Vec<RelColumn>,
    /// Where it is written.
    pub origin: Option<Arc<Place>>,
    size: usize,
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
    WindowTableFunction(WindowTableFunction),
    Over(Over),
    Rank(Rank),
    Aggregate(Aggregate),
    /// Every row once for each list of expressions (Flink `Expand`); each list gives all columns.
    Expand(Vec<Vec<Scalar>>),
    SetOp(SetOp),
    Sort(Vec<SortKey>),
    Limit(Limit),
    Match(Match),
}

/// Two inputs, joined on a condition.
#[derive(Clone)]
pub struct Join {
    pub kind: JoinKind,
    /// The conjuncts of the condition, in the order in which they are evaluated; over left and right columns.
    pub on: Vec<Scalar>,
    /// `FOR SYSTEM_TIME AS OF`: the right input, a table, as it is at the time in a column of the left one.
    pub as_of: Option<AsOf>,
    /// How long rows of either side are kept, over `table.exec.state.ttl` (the hint STATE_TTL); 0 for ever.
    pub ttl_ms: [Option<i64>; 2],
}

impl Join {
    /// The columns that it gives. What a temporal join finds on its right has been valid for a while: its time is a plain
    /// column (Flink `RelTimeIndicatorConverter`).
    pub fn columns(&self, left: &[RelColumn], right: &[RelColumn]) -> Vec<RelColumn> {
        let mut columns = joined_columns(left, right, self.kind);
        if self.as_of.is_some() {
            columns.iter_mut().skip(left.len()).for_each(|column| column.time = None);
        }
        columns
    }
}

/// A column of either side that a condition over left and right columns says are equal; what has to be computed or cast is
/// none.
pub fn equal_columns(condition: &Scalar, width: usize) -> Option<(usize, usize)> {
    let ("=" | "IS NOT DISTINCT FROM", [one, other]) = condition.as_call()? else { return None };
    let (one, other) = (one.as_column()?, other.as_column()?);
    let (left, right) = if one < other { (one, other) } else { (other, one) };
    (left < width && right >= width).then(|| (left, right - width))
}

/// The time of a temporal join.
#[derive(Clone)]
pub struct AsOf {
    /// Column of the left input.
    pub column: usize,
    /// As written.
    pub text: String,
    /// Whether ON has an equality of two columns.
    pub keyed: bool,
}

/// The elements of a collection that each row holds, behind the row's own columns.
#[derive(Clone)]
pub struct Correlate {
    /// An ARRAY, MAP or MULTISET, over the input's columns.
    pub collection: Scalar,
    /// Inner, or Left: rows without elements stay.
    pub kind: JoinKind,
}

/// Every row once for each of its windows: behind the input's columns stand the window's start, end and time; for a group
/// window a processing time, too.
#[derive(Clone)]
pub struct WindowTableFunction {
    pub spec: WindowSpec,
    /// A time attribute of the input, and which.
    pub time: usize,
    pub attribute: TimeAttribute,
    /// The session's zone, where the time is a TIMESTAMP_LTZ.
    pub zone: Option<Zone>,
    /// Columns of PARTITION BY; of sessions only.
    pub partition: Vec<usize>,
    /// `GROUP BY TUMBLE(…)`: the windows of the aggregate above alone.
    pub is_group_window: bool,
}

/// Window functions over the rows of a partition; their values stand behind the input's columns. All calls have this one
/// window; other windows of the SELECT are relations of their own.
#[derive(Clone)]
pub struct Over {
    pub partition: Vec<Scalar>,
    pub order: Vec<SortKey>,
    pub frame: Frame,
    pub calls: Vec<AggregateCall>,
    /// Whether the input is another window of the same SELECT.
    pub is_beside: bool,
    /// Line and column of the first call in the statement's text.
    pub at: (u64, u64),
}

/// The rows that a call sees, relative to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// ROWS; else RANGE.
    pub is_rows: bool,
    pub lower: Bound,
    pub upper: Bound,
}

/// An end of a frame: a number of rows, or of milliseconds where the order is one of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    UnboundedPreceding,
    Preceding(i64),
    CurrentRow,
    Following(i64),
    UnboundedFollowing,
}

/// Rows of each partition whose number is within bounds (Flink `FlinkLogicalRank`); the number stands behind the input's
/// columns.
#[derive(Clone)]
pub struct Rank {
    pub partition: Vec<Scalar>,
    pub order: Vec<SortKey>,
    /// The numbers that pass.
    pub range: RankRange,
    /// Where the numbering is written, as of an [`Over`]; (0, 0) where it is not written.
    pub at: (u64, u64),
}

/// Groups of rows. Columns: the keys, then the calls.
#[derive(Clone)]
pub struct Aggregate {
    pub keys: Vec<Scalar>,
    pub calls: Vec<AggregateCall>,
    /// As of a join.
    pub ttl_ms: Option<i64>,
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

/// Rows that follow each other as a pattern says (MATCH_RECOGNIZE). Columns: the partition's, then the measures.
#[derive(Clone)]
pub struct Match {
    /// Columns of the input.
    pub partition: Vec<usize>,
    pub order: Vec<SortKey>,
    pub pattern: Vec<PatternVariable>,
    /// For each variable its condition; none for one that takes every row.
    pub definitions: Vec<Option<MatchExpr>>,
    pub measures: Vec<MatchExpr>,
    pub skip: AfterMatch,
    pub within_ms: Option<i64>,
}

/// An expression over a match: over the columns that `reads` give.
#[derive(Clone)]
pub struct MatchExpr {
    pub value: Scalar,
    pub reads: Vec<MatchRead>,
}

/// A value of a match. Variables by their positions; none stands for all rows.
#[derive(Clone)]
pub enum MatchRead {
    Row { variable: Option<usize>, row: RowOf, value: Scalar },
    Aggregate { variable: Option<usize>, call: AggregateCall },
    Rowtime(LogicalType),
}

/// LIMIT and OFFSET.
#[derive(Clone)]
pub struct Limit {
    pub offset: u64,
    pub fetch: Option<u64>,
}

impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::describe(self))
    }
}

impl Relation {
    pub fn new(op: Op, inputs: Vec<Rel>, columns: Vec<RelColumn>) -> Rel {
        let size = size_over(&inputs);
        Arc::new(Self { op, inputs, columns, origin: None, size })
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
        let Self { op, columns, origin, .. } = self;
        let (op, columns, origin) = (op.clone(), columns.clone(), origin.clone());
        let size = size_over(&inputs);
        Arc::new(Self { op, inputs, columns, origin, size })
    }

    /// The same under other names.
    pub fn named(&self, names: impl IntoIterator<Item = String>) -> Rel {
        let Self { op, inputs, columns, origin, size } = self;
        let columns = columns.iter().zip(names).map(|(column, name)| RelColumn { name, ..column.clone() });
        let (op, columns) = (op.clone(), columns.collect());
        Arc::new(Self { op, inputs: inputs.clone(), columns, origin: origin.clone(), size: *size })
    }

    /// The number of relations of this one and all below it, were none of them shared.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The relation as one that is written there, unless it has a place.
    pub fn placed(mut rel: Rel, origin: Option<&Arc<Place>>) -> Rel {
        // Others may share it already: then it has its place.
        if let Some(rel) = Arc::get_mut(&mut rel)
            && rel.origin.is_none()
        {
            rel.origin = origin.cloned();
        }
        rel
    }

    pub fn schema(&self) -> Schema {
        let column = |c: &RelColumn| Column::new(&c.name, c.logical_type.clone(), c.nullable);
        Schema::new(self.columns.iter().map(column).collect())
    }
}

fn size_over(inputs: &[Rel]) -> usize {
    inputs.iter().fold(1, |size, input| size.saturating_add(input.size))
}
