//! Exchanges: rows go to the shard that owns their key where they are not there already.

mod broadcast;

use streamsql_plan::Exchange;

use crate::physical::Node;

pub use broadcast::broadcast;

/// On which shard rows are, or must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Anywhere.
    Any,
    /// On the shard that owns the key of these columns, in this order.
    Hash(Vec<usize>),
    /// All on one.
    Single,
    /// All on each.
    Broadcast,
}

impl Distribution {
    /// By key, or all on one shard where there is none.
    pub fn keyed(keys: &[usize]) -> Self {
        if keys.is_empty() { Self::Single } else { Self::Hash(keys.to_vec()) }
    }
}

/// How rows of an input reach the shard where the node needs them.
pub fn exchange(node: &Node, port: usize) -> Exchange {
    match node.op.rules().distribution(port) {
        Distribution::Any => Exchange::Forward,
        required if required == of(&node.inputs[port]) => Exchange::Forward,
        Distribution::Hash(keys) => Exchange::Hash(keys),
        Distribution::Single => Exchange::Single,
        Distribution::Broadcast => Exchange::Broadcast,
    }
}

/// On which shard the rows of a node are: where it needed its inputs, or where these were, as far as the columns that
/// tell are in its output.
fn of(node: &Node) -> Distribution {
    let arrived = |port: usize| match node.op.rules().distribution(port) {
        Distribution::Any => of(&node.inputs[port]),
        required => required,
    };
    let arrived: Vec<Distribution> = (0..node.inputs.len()).map(arrived).collect();
    if !arrived.is_empty() && arrived.iter().all(|distribution| *distribution == Distribution::Single) {
        return Distribution::Single;
    }
    let passed = |(port, distribution): (usize, &Distribution)| {
        let Distribution::Hash(keys) = distribution else { return None };
        keys.iter().map(|key| node.op.rules().passes(node, port, *key)).collect::<Option<Vec<usize>>>()
    };
    arrived.iter().enumerate().find_map(passed).map_or(Distribution::Any, Distribution::Hash)
}
