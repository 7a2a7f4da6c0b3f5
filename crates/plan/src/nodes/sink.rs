//! A table that is written to.

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
