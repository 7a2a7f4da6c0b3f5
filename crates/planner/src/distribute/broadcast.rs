//! Broadcast of single rows: a join without keys need not bring everything to one shard where one of its sides has at most
//! one row (a global aggregate, a scalar subquery). That row goes to every shard; the rows of the other side stay where
//! they are, or are spread by what tells them apart, and what reads the join goes on in all shards.
//!
//! Rows of the other side then meet a new single row shard by shard. So the rule applies where
//! * nobody behind the join looks at the order in which rows of different keys come (a Top-N among equal rows, a
//!   materializer, `LISTAGG`),
//! * rows that have a key in common are on one shard, so that what happens to one row happens in order,
//! * the single row itself is never padded: it would be padded once a shard.
//!
//! It is switched off by `SET 'streamsql.broadcast-single-rows' = 'false'`.

use streamsql_plan::Broadcast;

use super::{Distribution, of};
use crate::physical::join::Join;
use crate::physical::{Node, NodeOp};
use crate::properties::upsert_keys;

/// Settles it for every join below a sink or the result of a SELECT.
pub fn broadcast(root: &mut Node) {
    settle(root, false);
}

/// `ordered`: somebody behind the node looks at the order of its rows.
fn settle(node: &mut Node, ordered: bool) {
    let below = ordered || looks_at_order(node);
    node.inputs.iter_mut().for_each(|input| settle(input, below));
    if ordered {
        return;
    }
    let NodeOp::Join(join) = &node.op else { return };
    let settled = of_join(node, join);
    if let NodeOp::Join(join) = &mut node.op {
        join.broadcast = settled;
    }
}

/// Whether the result of an operator depends on the order in which rows of different keys reach it.
fn looks_at_order(node: &Node) -> bool {
    match &node.op {
        NodeOp::Calc(_)
        | NodeOp::Correlate(_)
        | NodeOp::Expand(_)
        | NodeOp::Union(_)
        | NodeOp::ConstraintEnforcer(_)
        | NodeOp::Join(_)
        | NodeOp::LookupJoin(_)
        | NodeOp::Collect(_) => false,
        NodeOp::GroupAggregate(aggregate) => aggregate.depends_on_order(),
        // Of several rows with the sink's key the last one stays.
        NodeOp::Sink(sink) => {
            let is_told_apart = || {
                let keys = upsert_keys(&node.inputs[0]);
                keys.iter().any(|key| key.iter().all(|column| sink.key.contains(column)))
            };
            !sink.key.is_empty() && !is_told_apart()
        }
        _ => true,
    }
}

fn of_join(node: &Node, join: &Join) -> Option<Broadcast> {
    if !join.left_keys.is_empty() {
        return None;
    }
    let keys = [upsert_keys(&node.inputs[0]), upsert_keys(&node.inputs[1])];
    let is_single = |port: usize| keys[port].iter().any(Vec::is_empty);
    let single = match (is_single(0), is_single(1)) {
        (true, false) => 0,
        (false, true) => 1,
        _ => return None,
    };
    if join.kind.pads(single) || join.kind.is_left_only() && single == 0 {
        return None;
    }
    let (other, keys) = (&node.inputs[1 - single], &keys[1 - single]);
    let in_all_keys = |column: &usize| keys.iter().all(|key| key.contains(column));
    let placed_by: Vec<usize> = match of(other) {
        Distribution::Hash(columns) if columns.iter().all(in_all_keys) => columns,
        _ => (0..other.columns.len()).filter(in_all_keys).collect(),
    };
    (!placed_by.is_empty()).then_some(Broadcast { single, placed_by })
}
