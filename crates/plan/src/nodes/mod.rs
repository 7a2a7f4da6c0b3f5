//! Operators, one a file: what they are told, what they keep, how EXPLAIN shows them.

mod calc;
mod changelog_normalize;
mod collect;
mod constraint_enforcer;
mod correlate;
mod deduplicate;
mod drop_update_before;
mod expand;
mod group_aggregate;
mod interval_join;
mod join;
mod lookup_join;
mod match_recognize;
mod over_aggregate;
mod rank;
mod sink;
mod sink_materializer;
mod table_source_scan;
mod temporal_join;
mod temporal_sort;
mod union;
mod values;
mod window_aggregate;
mod window_extreme_filter;
mod window_join;
mod window_rank;
mod window_table_function;

use crate::Expr;

pub use calc::Calc;
pub use changelog_normalize::ChangelogNormalize;
pub use collect::Collect;
pub use constraint_enforcer::{ConstraintEnforcer, NotNullEnforcer};
pub use correlate::Correlate;
pub use deduplicate::{Deduplicate, Keep};
pub use drop_update_before::DropUpdateBefore;
pub use expand::Expand;
pub use group_aggregate::{AggregateTable, AggregateTableUse, GroupAggregate, distinct_filters};
pub use interval_join::{IntervalJoin, Matches};
pub use join::{Broadcast, Frontier, Join, JoinSide, Lasting};
pub use lookup_join::{KeptLookups, LookupJoin, LookupKey};
pub use match_recognize::{AfterMatch, MatchExpr, MatchRead, MatchRecognize, PatternVariable, RowOf};
pub use over_aggregate::{OverAggregate, OverFrame, OverTables};
pub use rank::{Rank, RankForm, RankRange, RankStrategy};
pub use sink::SinkNode;
pub use sink_materializer::SinkMaterializer;
pub use table_source_scan::{MetadataColumn, TableSourceScan, WatermarkSpec};
pub use temporal_join::TemporalJoin;
pub use temporal_sort::TemporalSort;
pub use union::Union;
pub use values::Values;
pub use window_aggregate::{WindowAggregate, WindowProperty, WindowsOver};
pub use window_extreme_filter::WindowExtremeFilter;
pub use window_join::WindowJoin;
pub use window_rank::WindowRank;
pub use window_table_function::WindowTableFunction;

/// Name and value of each attribute in EXPLAIN, in Flink's order.
pub type Attributes = Vec<(&'static str, String)>;

/// What an operator tells of itself.
pub trait Describe {
    /// Flink's name of it.
    fn name(&self) -> &'static str;

    /// As in Flink's EXPLAIN. Option values never appear, so neither do secrets.
    fn attributes(&self, names: &Names) -> Attributes;

    /// What must be equal for the state of one to serve the other.
    fn fingerprint(&self) -> String;
}

/// Names of the columns around an operator, each told apart from those before it.
pub struct Names {
    pub inputs: Vec<Vec<String>>,
    pub output: Vec<String>,
}

impl Names {
    /// Names of columns of an input.
    pub fn of_input(&self, port: usize, columns: &[usize]) -> String {
        listed(&self.inputs[port], columns)
    }

    /// Names of columns of the output.
    pub fn of_output(&self, columns: &[usize]) -> String {
        listed(&self.output, columns)
    }

    /// `expr AS name` for each column of the output; `computed_only` leaves out bare references.
    pub fn select(&self, project: &[Expr], computed_only: bool) -> String {
        let shown = |(expr, name): (&Expr, &String)| match expr.text == *name {
            true => name.clone(),
            false => format!("{expr} AS {name}"),
        };
        let pairs = project.iter().zip(&self.output);
        let pairs = pairs.filter(|(expr, _)| !computed_only || expr.column.is_none());
        pairs.map(shown).collect::<Vec<_>>().join(", ")
    }
}

fn listed(names: &[String], columns: &[usize]) -> String {
    columns.iter().filter_map(|i| names.get(*i)).map(String::as_str).collect::<Vec<_>>().join(", ")
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

/// Rowtime or processing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeDomain {
    EventTime,
    ProcessingTime,
}
