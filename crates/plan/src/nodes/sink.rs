//! A table that is written to.

use streamsql_core::LogicalType;

use super::{Attributes, Describe, Names};
use crate::node::TableRef;

/// INSERT INTO a table. The schema of the node is the table's sink schema; casts were put in a Calc before it.
#[derive(Clone, Debug)]
pub struct SinkNode {
    pub table: TableRef,
    /// Column names for writing, by position (physical and writable metadata columns).
    pub columns: Vec<String>,
    /// Positions of the primary key; empty = append-only.
    pub primary_key: Vec<usize>,
    /// Columns that hold less than what the query gives, with the query's type: INSERT INTO casts by itself.
    pub narrowed: Vec<(usize, LogicalType)>,
    /// Keys of writable metadata columns with their positions.
    pub metadata: Vec<(String, usize)>,
}

impl Describe for SinkNode {
    fn name(&self) -> &'static str {
        "Sink"
    }

    fn attributes(&self, _names: &Names) -> Attributes {
        vec![("table", self.table.path.clone()), ("fields", self.columns.join(", "))]
    }

    fn fingerprint(&self) -> String {
        format!(
            " {} columns={:?} key={:?}",
            self.table.option("table-name").unwrap_or(&self.table.path),
            self.columns,
            self.primary_key
        )
    }
}
