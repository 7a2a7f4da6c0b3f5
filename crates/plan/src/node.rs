//! The operators a dataflow may have, named as Flink names them.

use std::collections::BTreeMap;

use streamsql_core::{Column, LogicalType, Schema, types::MAX_LENGTH};

use crate::{Expand, Expr, GroupAggregate, Join};

/// A table outside: what a connector needs to open it. Values may be secrets; they are never printed.
#[derive(Clone)]
pub struct TableRef {
    /// `catalog.database.table`, as registered.
    pub path: String,
    /// The table's own name, for messages and default consumer groups.
    pub name: String,
    /// The options of WITH and of hints, as written.
    pub options: BTreeMap<String, String>,
    /// All physical columns, in the order of the wire format.
    pub physical: Schema,
    /// Positions in `physical` of the primary key; empty without one.
    pub primary_key: Vec<usize>,
    /// Names of the columns of PARTITIONED BY.
    pub partition_keys: Vec<String>,
}

impl TableRef {
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }

    /// The option `connector`.
    pub fn connector(&self) -> &str {
        self.option("connector").unwrap_or_default()
    }
}

impl std::fmt::Debug for TableRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableRef")
            .field("path", &self.path)
            .field("connector", &self.connector())
            .finish_non_exhaustive()
    }
}

/// Constant rows.
#[derive(Clone, Debug)]
pub struct Values {
    pub rows: arrow::array::RecordBatch,
    /// The rows' expressions as they are written: what `NOW()` gave is another value at the next start, and the same
    /// plan.
    pub canonical: String,
}

/// One operator.
#[derive(Clone, Debug)]
pub enum NodeKind {
    TableSourceScan(TableSourceScan),
    /// Constant rows: `VALUES`, or a SELECT without FROM. One batch, then the end.
    Values(Values),
    Calc(Calc),
    Correlate(Correlate),
    LookupJoin(LookupJoin),
    IntervalJoin(IntervalJoin),
    Deduplicate(Deduplicate),
    Expand(Expand),
    GroupAggregate(GroupAggregate),
    Join(Join),
    /// UNION ALL; inputs of equal types, watermark is the minimum.
    Union,
    /// Checks the rows of a sink.
    ConstraintEnforcer(ConstraintEnforcer),
    SinkMaterializer(SinkMaterializer),
    Sink(SinkNode),
    /// The result of a query, for stdout.
    Collect(Collect),
}

impl NodeKind {
    /// Flink's name of the operator.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TableSourceScan(_) => "TableSourceScan",
            Self::Values(_) => "Values",
            Self::Calc(_) => "Calc",
            Self::Correlate(_) => "Correlate",
            Self::LookupJoin(_) => "LookupJoin",
            Self::IntervalJoin(_) => "IntervalJoin",
            Self::Deduplicate(_) => "Deduplicate",
            Self::Expand(_) => "Expand",
            Self::GroupAggregate(_) => "GroupAggregate",
            Self::Join(_) => "Join",
            Self::Union => "Union",
            Self::ConstraintEnforcer(_) => "ConstraintEnforcer",
            Self::SinkMaterializer(_) => "SinkMaterializer",
            Self::Sink(_) => "Sink",
            Self::Collect(_) => "Collect",
        }
    }
}

/// Reads a table: the connector yields `read`, the scan computes `project` over it and derives watermarks.
///
/// Evaluated where the source is read, split by split (Flink pushes the watermark into Kafka sources).
#[derive(Clone, Debug)]
pub struct TableSourceScan {
    pub table: TableRef,
    /// Positions in `table.physical` of the columns that the connector must decode.
    pub physical: Vec<usize>,
    /// Metadata columns that the connector must deliver after the physical ones.
    pub metadata: Vec<MetadataColumn>,
    /// Output columns over (physical ++ metadata): plain columns and computed ones.
    pub project: Vec<Expr>,
    pub watermark: Option<WatermarkSpec>,
}

impl TableSourceScan {
    /// The columns that the connector yields.
    pub fn read_schema(&self) -> Schema {
        let physical = self.physical.iter().map(|i| self.table.physical.columns[*i].clone());
        Schema::new(physical.chain(self.metadata.iter().map(|m| m.column.clone())).collect())
    }
}

/// A column that the connector or format knows about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataColumn {
    /// `offset`, `partition`, `timestamp`, `value.…`.
    pub key: String,
    /// Name and declared type; the connector casts to it.
    pub column: Column,
}

/// `WATERMARK FOR rowtime AS expr`.
#[derive(Clone, Debug)]
pub struct WatermarkSpec {
    /// Output column of the scan that is the rowtime.
    pub rowtime: usize,
    /// The watermark (TIMESTAMP or TIMESTAMP_LTZ) over the scan's output columns.
    pub expr: Expr,
    /// A split that is silent this long stops holding back the others; 0 = never.
    pub idle_timeout_ms: u64,
    /// True where Flink generates per split inside the source (Kafka); false where an operator after the source
    /// does, whose running maximum starts at 0 (`WatermarkAssignerOperator`).
    pub per_split: bool,
}

/// Filter, then projection.
#[derive(Clone, Debug)]
pub struct Calc {
    pub condition: Option<Expr>,
    pub project: Vec<Expr>,
}

/// `CROSS JOIN UNNEST(collection)`. Output: the input's columns, then those of an element: its value, the fields of a
/// ROW, key and value of a MAP's entry.
#[derive(Clone, Debug)]
pub struct Correlate {
    /// Column of the input: an ARRAY, MAP or MULTISET.
    pub collection: usize,
    /// Inner, or Left: rows without elements stay.
    pub kind: JoinKind,
}

/// Which rows a join gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    /// Left rows that have a match. Output: the left columns.
    Semi,
    /// Left rows that have none. Output: the left columns.
    Anti,
}

impl JoinKind {
    pub fn keeps_left(self) -> bool {
        matches!(self, Self::Left | Self::Full)
    }

    pub fn keeps_right(self) -> bool {
        matches!(self, Self::Right | Self::Full)
    }

    /// Whether rows of an input (0 left, 1 right) that have no match are padded with NULLs.
    pub fn pads(self, port: usize) -> bool {
        if port == 0 { self.keeps_left() } else { self.keeps_right() }
    }

    /// Whether the output has the left columns only.
    pub fn is_left_only(self) -> bool {
        matches!(self, Self::Semi | Self::Anti)
    }

    /// Flink's word in EXPLAIN.
    pub fn flink_name(self) -> &'static str {
        match self {
            Self::Inner => "InnerJoin",
            Self::Left => "LeftOuterJoin",
            Self::Right => "RightOuterJoin",
            Self::Full => "FullOuterJoin",
            Self::Semi => "LeftSemiJoin",
            Self::Anti => "LeftAntiJoin",
        }
    }
}

/// `JOIN t FOR SYSTEM_TIME AS OF left.proctime`. Output: left columns, then `columns` of the table.
#[derive(Clone, Debug)]
pub struct LookupJoin {
    pub table: TableRef,
    /// Inner or Left.
    pub kind: JoinKind,
    /// Equalities that form the query's key.
    pub keys: Vec<LookupKey>,
    /// Positions in `table.physical` of the columns fetched; the keys' columns are among them where used.
    pub columns: Vec<usize>,
    /// Conditions on fetched rows alone, over `columns`; evaluated after the fetch.
    pub fetched_condition: Option<Expr>,
    /// What remains of the ON clause, over left columns ++ `columns`.
    pub residual: Option<Expr>,
    /// `lookup.*` options after hints.
    pub options: BTreeMap<String, String>,
}

/// One equality of a lookup: table column = value.
#[derive(Clone, Debug)]
pub struct LookupKey {
    /// Position in `table.physical`.
    pub column: usize,
    /// Over the left columns: a reference or a constant; of the column's type.
    pub value: Expr,
}

/// Rowtime or processing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeDomain {
    EventTime,
    ProcessingTime,
}

/// Event-time interval join: `left.time` in `[right.time + lower, right.time + upper]`. Output: left ++ right columns.
///
/// Source: Flink `IntervalJoinUtil`, `TimeIntervalJoin`; rules in flink-semantics §4.
#[derive(Clone, Debug)]
pub struct IntervalJoin {
    pub kind: JoinKind,
    pub domain: TimeDomain,
    /// Rowtime columns of either side (positions in that side).
    pub left_time: usize,
    pub right_time: usize,
    /// Bounds of left time relative to right time, ms, inclusive.
    pub lower_ms: i64,
    pub upper_ms: i64,
    /// Equi-key columns of either side, pairwise; may be empty.
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    /// Other conjuncts, over left ++ right columns.
    pub residual: Option<Expr>,
    /// `table.exec.interval-join.min-cleanup-interval`.
    pub min_cleanup_ms: i64,
    pub matches: Matches,
}

/// Which pairs of a join are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matches {
    All,
    /// Only the first pair of each left row: enough where a keep-first Deduplicate behind the join can never choose
    /// another one. Found by a planning rule; results are those of `All`.
    FirstOfLeftRow,
    /// Of those, only pairs whose left row is earlier than every one already paired under the same key, as far as the
    /// join remembers: enough where that Deduplicate's groups are not finer than the join's keys.
    EarliestOfKey,
}

/// First or last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    First,
    Last,
}

/// ROW_NUMBER() = 1 over a time attribute. Output: the input's columns.
///
/// Source: Flink `StreamExecDeduplicate`: the rowtime compared is the **first** rowtime column of the input.
#[derive(Clone, Debug)]
pub struct Deduplicate {
    pub keys: Vec<usize>,
    pub keep: Keep,
    pub domain: TimeDomain,
    /// Rowtime column compared; unused in processing time.
    pub rowtime: usize,
    /// Whether `-U` rows are wanted downstream.
    pub emit_update_before: bool,
    /// `table.exec.state.ttl`, 0 = keep.
    pub ttl_ms: i64,
}

/// Keeps, per sink key, the list of rows in arrival order and shows the last (Flink `SinkUpsertMaterializer`).
#[derive(Clone, Debug)]
pub struct SinkMaterializer {
    /// The sink's primary key columns.
    pub keys: Vec<usize>,
    /// The input's upsert key, when known: rows equal on it replace each other.
    pub upsert_key: Option<Vec<usize>>,
    pub ttl_ms: i64,
}

/// Checks rows on their way into a sink, and brings them to the length of its types (Flink `ConstraintEnforcer`).
///
/// Only columns of the table itself are looked at, not the fields and elements inside of them.
#[derive(Clone, Debug)]
pub struct ConstraintEnforcer {
    /// The sink's name, for messages.
    pub sink: String,
    /// Positions of the NOT NULL columns.
    pub not_null: Vec<usize>,
    pub on_null: NotNullEnforcer,
    /// Positions of the columns that are cut to the length of their type, and padded to it where it is fixed
    /// (`table.exec.sink.type-length-enforcer` = TRIM_PAD).
    pub lengths: Vec<usize>,
}

impl ConstraintEnforcer {
    /// Whether values of the type can be too long or too short for it.
    pub fn has_length(logical_type: &LogicalType) -> bool {
        match logical_type {
            LogicalType::Char(_) | LogicalType::Binary(_) => true,
            LogicalType::Varchar(length) | LogicalType::Varbinary(length) => *length < MAX_LENGTH,
            _ => false,
        }
    }
}

/// INSERT INTO a table. The schema of the node is the table's sink schema; casts were put in a Calc before it.
#[derive(Clone, Debug)]
pub struct SinkNode {
    pub table: TableRef,
    /// Column names for writing, by position (physical and writable metadata columns).
    pub columns: Vec<String>,
    /// Positions of the primary key; empty = append-only.
    pub primary_key: Vec<usize>,
}

/// `table.exec.sink.not-null-enforcer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNullEnforcer {
    Error,
    Drop,
}

/// The final SELECT of a query.
#[derive(Clone, Debug)]
pub struct Collect {
    /// Position of the statement among the script's SELECTs.
    pub statement: usize,
    /// What happens to rows with a NULL in a column that is NOT NULL by its type. Some functions of Flink give NULL though
    /// their type says otherwise, and its sink of a SELECT checks as any other sink does.
    pub on_null: NotNullEnforcer,
}
