//! Collect: the result of a SELECT.

use std::collections::BTreeSet;

use streamsql_plan::{NodeKind, NotNullEnforcer};

use super::{Node, NodeOp, Rules};
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{RelColumn, Scalar};
use crate::prune::{Pruned, prune_all};

#[derive(Clone)]
pub struct Collect {
    /// Position of the statement among the script's SELECTs.
    pub statement: usize,
    pub on_null: NotNullEnforcer,
}

pub fn of(query: Node, collect: Collect) -> Node {
    let columns = without_time(&query.columns);
    Node::new(NodeOp::Collect(collect), vec![query], columns)
}

/// Columns of a node behind which nothing asks for time.
pub fn without_time(columns: &[RelColumn]) -> Vec<RelColumn> {
    columns.iter().map(|column| RelColumn { time: None, ..column.clone() }).collect()
}

impl Rules for Collect {
    fn name(&self) -> &'static str {
        "Collect"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("statement=[{}]", self.statement)
    }

    fn settle_update_before(&mut self, _needed: bool, _inputs: &[Node]) -> bool {
        true
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        inputs[0].clone()
    }

    fn prune(&self, node: &Node, _required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        prune_all(node)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::Collect(streamsql_plan::Collect { statement: self.statement, on_null: self.on_null }))
    }

    fn identity(&self) -> Option<String> {
        None
    }
}
