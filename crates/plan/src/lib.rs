//! The dataflow: what a job is, as plain data, between planning and running.
//!
//! `streamsql_planner` makes a [`Dataflow`], `streamsql_runtime` runs it, EXPLAIN prints it; nothing else passes from
//! planning to running (invariant 1 of ARCHITECTURE.md).

pub mod aggregate_call;
pub mod dataflow;
pub mod explain;
pub mod expr;
pub mod fingerprint;
pub mod node;
pub mod nodes;

pub use aggregate_call::{Accumulator, AggregateCall, AggregateFunction, average_sum};
pub use dataflow::{
    Dataflow, Exchange, Input, Location, Node, NodeId, StateRetention, StateTable, TimeAttribute,
};
pub use expr::Expr;
pub use node::{
    Calc, Collect, ConstraintEnforcer, Correlate, Deduplicate, IntervalJoin, JoinKind, Keep, LookupJoin,
    LookupKey, Matches, MetadataColumn, NodeKind, NotNullEnforcer, SinkMaterializer, SinkNode, TableRef,
    TableSourceScan, TimeDomain, Values, WatermarkSpec,
};
pub use nodes::{AggregateTable, AggregateTableUse, Expand, GroupAggregate, Join, JoinSide};
