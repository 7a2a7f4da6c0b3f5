//! First-match rule: a keep-first Deduplicate over an interval join needs only the first pair of each left row, and often
//! only that of the earliest left row of each key.
//!
//! `FirstOfLeftRow` applies when
//! * the Deduplicate keeps the first row by rowtime and its state does not expire,
//! * the rowtime that it compares is a column of the join's left side, so that all pairs of a left row are equal in it,
//! * every key column is one of the left side, or a right key column, which equals a left one in every pair,
//! * the join is INNER or LEFT, and nothing but projections stands between the two, read by nobody else.
//!
//! Then all pairs of a left row fall into one group with one rowtime; keep-first replaces only by a strictly smaller
//! rowtime, so of these pairs only the one that is made first can ever be chosen. A user with 36 clicks in the hour
//! before a checkout gives one pair instead of 36.
//!
//! `EarliestOfKey` applies when besides every key column of the Deduplicate is an equi-key column of the join, and its
//! rowtime is the time that the join compares. Then pairs of one join key fall into one group, and a pair whose left
//! row is not earlier than one paired before cannot replace it.

use streamsql_plan::{
    Calc, Dataflow, Deduplicate, IntervalJoin, JoinKind, Keep, Matches, NodeId, NodeKind, TimeDomain,
};

/// Marks every join of the dataflow for which the rule holds.
pub fn apply(dataflow: &mut Dataflow) {
    for id in dataflow.ids() {
        if let Some((join, matches)) = qualifying_join(dataflow, id)
            && let NodeKind::IntervalJoin(node) = &mut dataflow.nodes[join.0].kind
        {
            node.matches = matches;
        }
    }
}

/// The join below the Deduplicate at `id`, when the rule holds for the two, and the pairs it must make.
fn qualifying_join(dataflow: &Dataflow, id: NodeId) -> Option<(NodeId, Matches)> {
    let node = dataflow.node(id);
    let NodeKind::Deduplicate(Deduplicate { keys, keep, domain, rowtime, ttl_ms, .. }) = &node.kind else {
        return None;
    };
    if *keep != Keep::First || *domain != TimeDomain::EventTime || *ttl_ms != 0 {
        return None;
    }
    // The key columns, then the rowtime, followed down to the join's output.
    let mut columns: Vec<usize> = keys.iter().chain([rowtime]).copied().collect();
    let mut input = node.inputs.first()?.node;
    loop {
        if dataflow.consumers(input).count() != 1 {
            return None;
        }
        let below = dataflow.node(input);
        match &below.kind {
            NodeKind::Calc(Calc { condition: None, project }) => {
                columns = columns.iter().map(|c| project.get(*c)?.column).collect::<Option<Vec<usize>>>()?;
                input = below.inputs.first()?.node;
            }
            NodeKind::IntervalJoin(join) => {
                let left = &dataflow.node(below.inputs.first()?.node).schema;
                let (rowtime, keys) = columns.split_last()?;
                let holds = matches!(join.kind, JoinKind::Inner | JoinKind::Left)
                    && *rowtime < left.len()
                    && keys.iter().all(|key| follows_from_left(*key, join, dataflow, input));
                if !holds {
                    return None;
                }
                let of_key =
                    *rowtime == join.left_time && keys.iter().all(|key| is_join_key(*key, join, left.len()));
                return Some((input, if of_key { Matches::EarliestOfKey } else { Matches::FirstOfLeftRow }));
            }
            _ => return None,
        }
    }
}

/// Whether this output column of the join is one of its equi-key columns.
fn is_join_key(column: usize, join: &IntervalJoin, left_width: usize) -> bool {
    match column.checked_sub(left_width) {
        None => join.left_keys.contains(&column),
        Some(of_right) => join.right_keys.contains(&of_right),
    }
}

/// Whether all pairs of a left row are equal in this output column of the join.
fn follows_from_left(column: usize, join: &IntervalJoin, dataflow: &Dataflow, id: NodeId) -> bool {
    let inputs = &dataflow.node(id).inputs;
    let [left, right] = inputs.as_slice() else { return false };
    let (left, right) = (&dataflow.node(left.node).schema, &dataflow.node(right.node).schema);
    let Some(of_right) = column.checked_sub(left.len()) else { return true };
    let Some(pair) = join.right_keys.iter().position(|key| *key == of_right) else { return false };
    let of_left = &left.columns[join.left_keys[pair]].logical_type;
    // 0.0 equals -0.0 and is another key.
    *of_left == right.columns[of_right].logical_type && !of_left.is_approximate()
}
