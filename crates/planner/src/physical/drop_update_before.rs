//! DropUpdateBefore: a source delivers the row before an update whether somebody needs it or not; where nobody does, it
//! ends here (Flink `StreamPhysicalDropUpdateBefore`).

use std::collections::BTreeSet;

use streamsql_plan::NodeKind;

use super::source::changelog_mode;
use super::{Node, NodeOp, Rules};
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::Scalar;
use crate::prune::{Pruned, exactly, narrowed, prune};

#[derive(Clone)]
pub struct DropUpdateBefore;

/// Puts it over a source whose updates come with rows that are not needed.
pub fn where_not_needed(node: &mut Node, needed: bool) {
    let drops = match &node.op {
        NodeOp::Source(source) => !needed && changelog_mode(&source.table).update_before,
        _ => false,
    };
    if drops {
        let (source, columns, mode) = (node.clone(), node.columns.clone(), node.mode);
        *node = Node { op: NodeOp::DropUpdateBefore(DropUpdateBefore), inputs: vec![source], columns, mode };
    }
}

impl Rules for DropUpdateBefore {
    fn name(&self) -> &'static str {
        "DropUpdateBefore"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        String::new()
    }

    fn settle_update_before(&mut self, _needed: bool, _inputs: &[Node]) -> bool {
        false
    }

    fn makes_updates(&self) -> bool {
        true
    }

    /// It stays over its source.
    fn needs_update_before(&self, _makes: bool) -> bool {
        true
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        inputs[0].clone()
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let (input, map) = prune(&node.inputs[0], required)?;
        let input = exactly(input, &map, required, &node.inputs[0]);
        let keep: Vec<usize> = required.iter().copied().collect();
        Ok(narrowed(node, NodeOp::DropUpdateBefore(Self), vec![input], &keep))
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::DropUpdateBefore)
    }

    fn identity(&self) -> Option<String> {
        Some(String::new())
    }
}
