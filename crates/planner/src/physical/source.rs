//! TableSourceScan: columns of a table, by position.

use std::collections::BTreeSet;
use std::sync::Arc;

use streamsql_core::ChangelogMode;
use streamsql_plan::{NodeKind, TimeAttribute};
use streamsql_sql::catalog::Table;
use streamsql_sql::connectors;

use super::{Node, NodeOp, Rules};
use crate::changelog::Kinds;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Rel, Scalar};
use crate::prune::{Pruned, narrowed};

#[derive(Clone)]
pub struct Source {
    pub table: Arc<Table>,
    pub columns: Vec<usize>,
}

pub fn of(table: &Arc<Table>, rel: &Rel) -> Node {
    let columns = (0..table.columns.len()).collect();
    Node::new(NodeOp::Source(Source { table: Arc::clone(table), columns }), Vec::new(), rel.columns.clone())
}

/// The changes that a connector delivers.
pub fn changelog_mode(table: &Table) -> ChangelogMode {
    connectors::reads(table).unwrap_or(ChangelogMode::INSERT_ONLY)
}

impl Rules for Source {
    fn name(&self) -> &'static str {
        "TableSourceScan"
    }

    fn kinds(&self, _inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(Kinds::of(changelog_mode(&self.table)))
    }

    fn makes_updates(&self) -> bool {
        true
    }

    /// What the connector delivers, whatever is needed.
    fn settle_update_before(&mut self, _needed: bool, _inputs: &[Node]) -> bool {
        changelog_mode(&self.table).update_before
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("table=[{}]", self.table.path())
    }

    /// The declared key, where all of it is read (Flink `FlinkRelMdUniqueKeys.getTableUniqueKeys`).
    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        let position =
            |name: &String| self.columns.iter().position(|column| self.table.columns[*column].name == *name);
        let key: Option<Vec<usize>> = self.table.primary_key.iter().map(position).collect();
        key.into_iter().filter(|key| !key.is_empty()).collect()
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        // The rowtime stays: the watermark is made from it at the scan.
        let rowtime = |i: &usize| node.columns[*i].time == Some(TimeAttribute::Rowtime);
        let keep: Vec<usize> =
            (0..self.columns.len()).filter(|i| required.contains(i) || rowtime(i)).collect();
        let columns = keep.iter().map(|i| self.columns[*i]).collect();
        let op = NodeOp::Source(Self { table: Arc::clone(&self.table), columns });
        Ok(narrowed(node, op, Vec::new(), &keep))
    }

    /// A source is emitted once for all its readers, by the emitter itself.
    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Err("a source is emitted for all its readers at once".into())
    }

    fn identity(&self) -> Option<String> {
        None
    }
}
