//! Exchanges: rows go to the shard that owns their key where they are not there already.

use streamsql_plan::Exchange;

use crate::physical::{Node, NodeOp};

/// On which shard rows are, or must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Anywhere.
    Any,
    /// On the shard that owns the key of these columns.
    Hash(Vec<usize>),
    /// All on one.
    Single,
}

impl Distribution {
    /// By key, or all on one shard where there is none.
    pub fn keyed(keys: &[usize]) -> Self {
        if keys.is_empty() { Self::Single } else { Self::Hash(keys.to_vec()) }
    }
}

/// How rows of an input reach the shard where the node needs them.
pub fn exchange(node: &Node, port: usize) -> Exchange {
    let input = &node.inputs[port];
    match node.op.rules().distribution(port) {
        Distribution::Any => Exchange::Forward,
        Distribution::Hash(_) if matches!(input.op, NodeOp::SinkMaterializer(_)) => Exchange::Forward,
        Distribution::Hash(keys) => Exchange::Hash(keys),
        Distribution::Single => Exchange::Single,
    }
}
