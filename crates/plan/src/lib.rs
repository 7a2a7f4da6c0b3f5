//! The dataflow: what a job is, as plain data, between planning and running.
//!
//! `streamsql_planner` makes a [`Dataflow`], `streamsql_runtime` runs it, EXPLAIN prints it; nothing else passes from
//! planning to running (invariant 1 of ARCHITECTURE.md).

pub mod address;
pub mod aggregate_call;
pub mod dataflow;
pub mod explain;
pub mod expr;
pub mod fingerprint;
pub mod lineage;
pub mod node;
pub mod nodes;
pub mod source_identity;
pub mod state_layout;
pub mod windowing;

pub use address::{Address, Identity, addresses, identities};
pub use aggregate_call::{Accumulator, AggregateCall, AggregateFunction, average_sum};
pub use dataflow::{
    Dataflow, Exchange, Input, Location, Node, NodeId, StateRetention, StateTable, TimeAttribute,
};
pub use expr::Expr;
pub use lineage::{Lineage, lineages};
pub use node::{NodeKind, TableRef};
pub use nodes::{
    AfterMatch, AggregateTable, AggregateTableUse, Broadcast, Calc, ChangelogNormalize, Collect,
    ConstraintEnforcer, Correlate, Deduplicate, DropUpdateBefore, Expand, Frontier, GroupAggregate,
    IntervalJoin, Join, JoinKind, JoinSide, Keep, KeptLookups, Lasting, LookupJoin, LookupKey, MatchExpr,
    MatchRead, MatchRecognize, Matches, MetadataColumn, NotNullEnforcer, OverAggregate, OverFrame,
    OverTables, PatternVariable, Rank, RankForm, RankRange, RankStrategy, RowOf, SinkMaterializer, SinkNode,
    TableSourceScan, TemporalJoin, TemporalSort, TimeDomain, Values, WatermarkSpec, WindowAggregate,
    WindowExtremeFilter, WindowJoin, WindowProperty, WindowRank, WindowTableFunction, WindowsOver,
    distinct_filters,
};
pub use source_identity::{SourceIdentity, source_identities};
pub use windowing::{WindowShape, WindowSpec, Windowing};
