//! What is known of operators and their columns.

pub mod identity;
pub mod monotonicity;
pub mod window;

use crate::physical::Node;

/// Sets of columns that identify a row at any moment (Flink `FlinkRelMdUpsertKeys`); empty when none is known.
pub fn upsert_keys(node: &Node) -> Vec<Vec<usize>> {
    let inputs: Vec<Vec<Vec<usize>>> = node.inputs.iter().map(upsert_keys).collect();
    node.op.rules().upsert_keys(&inputs)
}
