//! What is known of operators and their columns.

pub mod identity;
pub mod monotonicity;
pub mod window;

use crate::physical::source::changelog_mode;
use crate::physical::{Node, NodeOp};

/// Sets of columns that identify a row at any moment (Flink `FlinkRelMdUpsertKeys`); empty when none is known. Keys that
/// tables declare count, as in Flink, whether the rows keep to them or not.
pub fn upsert_keys(node: &Node) -> Vec<Vec<usize>> {
    keys(node, true)
}

/// The sets that operators and changelogs see to: rows that only arrive may not keep to what their table declares. What is
/// kept by a declared key must not be kept so because of a column that nobody asked for.
pub fn enforced_keys(node: &Node) -> Vec<Vec<usize>> {
    keys(node, false)
}

fn keys(node: &Node, declared: bool) -> Vec<Vec<usize>> {
    if let (false, NodeOp::Source(source)) = (declared, &node.op)
        && changelog_mode(&source.table).is_insert_only()
    {
        return Vec::new();
    }
    let inputs: Vec<Vec<Vec<usize>>> = node.inputs.iter().map(|input| keys(input, declared)).collect();
    node.op.rules().upsert_keys(&inputs)
}
