//! What is known of operators and their columns.

pub mod identity;
pub mod monotonicity;
pub mod window;

use crate::physical::{Node, NodeOp};

/// Sets of columns that identify a row at any moment (Flink `FlinkRelMdUpsertKeys`); empty when none is known. Keys that
/// tables declare count, as in Flink, whether the rows keep to them or not.
pub fn upsert_keys(node: &Node) -> Vec<Vec<usize>> {
    keys(node, true)
}

/// The sets that operators see to: rows that are read as they come may not keep to what their table declares. What is
/// kept by a declared key must not be kept so because of a column that nobody asked for.
pub fn enforced_keys(node: &Node) -> Vec<Vec<usize>> {
    keys(node, false)
}

fn keys(node: &Node, declared: bool) -> Vec<Vec<usize>> {
    if !declared && matches!(node.op, NodeOp::Source(_)) {
        return Vec::new();
    }
    let inputs: Vec<Vec<Vec<usize>>> = node.inputs.iter().map(|input| keys(input, declared)).collect();
    node.op.rules().upsert_keys(&inputs)
}
