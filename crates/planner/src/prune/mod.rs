//! Every operator is cut to the columns that are read above it, and neighbouring Calcs become one.
//!
//! Sources then decode only what is needed. The order of columns never changes: Flink's Deduplicate compares the first
//! rowtime column of its (pruned) input, whatever ORDER BY says (`StreamExecDeduplicate`).

use std::collections::BTreeSet;

use crate::error::PlanError;
use crate::logical::{Columns, Scalar};
use crate::physical::{Node, NodeOp, calc};

/// A pruned node and, for each old column, where it is now.
pub type Pruned = (Node, Vec<Option<usize>>);

/// Cuts a whole query; its own columns all stay.
///
/// # Errors
/// As those of the operators.
pub fn prune_query(node: &Node) -> Result<Node, PlanError> {
    let required = (0..node.columns.len()).collect();
    let (pruned, map) = prune(node, &required)?;
    Ok(exactly(pruned, &map, &required, node))
}

/// The node with at least the columns `required`.
///
/// # Errors
/// As those of the operators.
pub fn prune(node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
    node.op.rules().prune(node, required)
}

/// A node that passes all columns of its one input.
///
/// # Errors
/// As those of the operators.
pub fn prune_all(node: &Node) -> Result<Pruned, PlanError> {
    let inputs = node.inputs.iter().map(prune_query).collect::<Result<Vec<_>, _>>()?;
    Ok((Node { inputs, ..node.clone() }, (0..node.columns.len()).map(Some).collect()))
}

/// A node with only the columns `keep`, in order, and the map to them.
pub fn narrowed(node: &Node, op: NodeOp, inputs: Vec<Node>, keep: &[usize]) -> Pruned {
    let columns = keep.iter().map(|i| node.columns[*i].clone()).collect();
    let mut map = vec![None; node.columns.len()];
    for (new, old) in keep.iter().enumerate() {
        map[*old] = Some(new);
    }
    (Node { op, inputs, columns, mode: node.mode }, map)
}

/// Adds a projection to exactly `required` where the pruned node has more.
pub fn exactly(pruned: Node, map: &[Option<usize>], required: &BTreeSet<usize>, original: &Node) -> Node {
    let positions: Vec<usize> = required.iter().filter_map(|old| map[*old]).collect();
    if positions.len() == pruned.columns.len() && positions.iter().enumerate().all(|(i, p)| i == *p) {
        return pruned;
    }
    let references = pruned.references();
    let project = positions.iter().map(|p| references[*p].clone()).collect();
    let names = required.iter().map(|old| original.columns[*old].name.clone()).collect();
    calc::merged(calc::named(pruned, project, names))
}

/// An expression over the pruned input. Every column that a kept expression reads was required of the input.
pub fn moved(scalar: &Scalar, map: &[Option<usize>]) -> Scalar {
    scalar.shift(&|old| map[old].unwrap_or(old))
}

/// The columns of a left input, and those of a right one by their own positions.
pub fn split(columns: &BTreeSet<usize>, width: usize) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let left = columns.iter().copied().filter(|c| *c < width).collect();
    let right = columns.iter().copied().filter(|c| *c >= width).map(|c| c - width).collect();
    (left, right)
}
