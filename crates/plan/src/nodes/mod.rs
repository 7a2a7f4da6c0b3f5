//! Operators, one a file: what they are told, what they keep, how EXPLAIN shows them.

mod expand;
mod group_aggregate;
mod join;

pub use expand::Expand;
pub use group_aggregate::{AggregateTable, AggregateTableUse, GroupAggregate};
pub use join::{Join, JoinSide};
