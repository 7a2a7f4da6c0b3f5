//! Frontier rule: a join whose only reader looks at the best rows of groups need not make pairs that cannot be among them.
//!
//! It applies to a Top-N and to MAX and MIN over a join when
//! * the join is inner and both inputs only grow, so that no pair is ever taken back,
//! * the reader keeps the first rows alone (`AppendFast`), or nothing but extremes, for ever,
//! * nothing but projections that cannot fail stands between the two, read by nobody else,
//! * the order is one of exact values: 0.0 and -0.0 are equal to one and different to another.
//!
//! Then a pair that is behind as many pairs of its group as the reader shows changes nothing there: neither its rows nor
//! the order in which they come. The join tells so among the pairs of a batch, without state of its own. An auction with a
//! thousand bids in a batch gives the few that were the highest so far, instead of a thousand.
//!
//! Over all batches it tells so where
//! * there is one order, and the groups are the join keys: what was sent of a group then stands beside the rows of the key,
//! * the rows of one side alone tell the order of their pairs: a row behind what was sent of its key has no pair that could
//!   win, not even with a row that is still to come, and is neither joined nor kept,
//! * that side has no key by which a later row would replace an earlier one, and nothing is kept for a time only: what was
//!   sent counts for as long as the reader has it.
//!
//! An auction's bids are then kept only until one of them is in the highest pair so far. It needs the best order of each
//! key, one more row a key, and a comparison for a row that is behind it instead of a row written.
//!
//! Not where groups have columns beside the join key, as the category of q4, which comes with the auction: another auction
//! of that key may be of another category, so no bid can be let go. To tell pairs alone apart over batches is not done there:
//! looking up what was sent of a group is what the reader does with a pair anyway, and a batch has few pairs left of each.

use streamsql_core::{LogicalType, OrderColumn, Schema};
use streamsql_plan::{
    AggregateFunction, Calc, Dataflow, Frontier, GroupAggregate, Join, JoinKind, JoinSide, Lasting, NodeId,
    NodeKind, Rank, RankRange, RankStrategy, StateRetention, StateTable,
};

/// A Top-N of more rows keeps too much for each group to be worth it.
const MOST_ROWS: i64 = 100;

/// Marks every join of the dataflow for which the rule holds.
pub fn apply(dataflow: &mut Dataflow) {
    for id in dataflow.ids() {
        if let Some((join, frontier)) = qualifying_join(dataflow, id) {
            let best = frontier.lasting.as_ref().map(|lasting| best(dataflow, join, &frontier, lasting));
            let node = &mut dataflow.nodes[join.0];
            node.state.extend(best);
            if let NodeKind::Join(join) = &mut node.kind {
                join.frontier = Some(frontier);
            }
        }
    }
}

/// The join below the reader at `id`, and what counts of its pairs.
fn qualifying_join(dataflow: &Dataflow, id: NodeId) -> Option<(NodeId, Frontier)> {
    let node = dataflow.node(id);
    let mut frontier = wanted(&node.kind)?;
    let mut input = node.inputs.first()?.node;
    loop {
        if dataflow.consumers(input).count() != 1 {
            return None;
        }
        let below = dataflow.node(input);
        match &below.kind {
            NodeKind::Calc(Calc { condition: None, project }) => {
                if project.iter().any(streamsql_plan::Expr::can_fail) {
                    return None;
                }
                frontier = moved(&frontier, &|column| project.get(column)?.column)?;
                input = below.inputs.first()?.node;
            }
            NodeKind::Join(join) => {
                let grows =
                    below.inputs.iter().all(|input| dataflow.node(input.node).changelog.is_insert_only());
                let holds = join.kind == JoinKind::Inner && grows && is_exact(&frontier, &below.schema);
                frontier.lasting = lasting(join, &frontier, dataflow.node(below.inputs[0].node).schema.len());
                return holds.then_some((input, frontier));
            }
            _ => return None,
        }
    }
}

/// What an operator looks at of its input.
fn wanted(kind: &NodeKind) -> Option<Frontier> {
    match kind {
        NodeKind::Rank(Rank {
            partition,
            order,
            range: RankRange::Constant { to, .. },
            strategy: RankStrategy::AppendFast,
            counts: false,
            ttl_ms: 0,
            ..
        }) if (1..=MOST_ROWS).contains(to) && !order.is_empty() => {
            let rows = usize::try_from(*to).ok()?;
            Some(Frontier { partition: partition.clone(), rows, orders: vec![order.clone()], lasting: None })
        }
        NodeKind::GroupAggregate(GroupAggregate { keys, calls, input_updates: false, ttl_ms: 0, .. })
            if !calls.is_empty() =>
        {
            let order = |call: &streamsql_plan::AggregateCall| {
                let descending = match call.function {
                    AggregateFunction::Max => true,
                    AggregateFunction::Min => false,
                    _ => return None,
                };
                let ([column], None) = (call.arguments.as_slice(), call.filter) else { return None };
                Some(vec![OrderColumn { column: *column, descending, nulls_last: true }])
            };
            let orders = calls.iter().map(order).collect::<Option<Vec<_>>>()?;
            Some(Frontier { partition: keys.clone(), rows: 1, orders, lasting: None })
        }
        _ => None,
    }
}

/// The frontier over other columns; none where one of them is computed.
fn moved(frontier: &Frontier, to: &dyn Fn(usize) -> Option<usize>) -> Option<Frontier> {
    let order = |order: &Vec<OrderColumn>| -> Option<Vec<OrderColumn>> {
        order.iter().map(|key| Some(OrderColumn { column: to(key.column)?, ..*key })).collect()
    };
    Some(Frontier {
        partition: frontier.partition.iter().map(|column| to(*column)).collect::<Option<_>>()?,
        rows: frontier.rows,
        orders: frontier.orders.iter().map(order).collect::<Option<_>>()?,
        lasting: None,
    })
}

/// How the pairs of all batches are told apart, where they can be; `width` is that of the left input.
fn lasting(join: &Join, frontier: &Frontier, width: usize) -> Option<Lasting> {
    let [order] = frontier.orders.as_slice() else { return None };
    if join.ttl_ms != [0, 0] || join.broadcast.is_some() {
        return None;
    }
    let key_of = |column: usize| {
        let mut keys = join.left_keys.iter().zip(&join.right_keys);
        keys.position(|(left, right)| column == *left || column == width + right)
    };
    let mut grouped = vec![false; join.left_keys.len()];
    for column in &frontier.partition {
        grouped[key_of(*column)?] = true;
    }
    // What is equal in all pairs of a key decides nothing.
    let order: Vec<&OrderColumn> = order.iter().filter(|key| key_of(key.column).is_none()).collect();
    let side = usize::from(order.first()?.column >= width);
    let is_of_side = |key: &&OrderColumn| (key.column >= width) == (side == 1);
    if !grouped.iter().all(|is| *is)
        || !order.iter().all(is_of_side)
        || join.sides[side] != JoinSide::NoUniqueKey
    {
        return None;
    }
    let order = order.iter().map(|key| OrderColumn { column: key.column - side * width, ..**key });
    Some(Lasting { side, order: order.collect() })
}

/// The table of what was sent, as EXPLAIN shows it.
fn best(dataflow: &Dataflow, join: NodeId, frontier: &Frontier, lasting: &Lasting) -> StateTable {
    let node = dataflow.node(join);
    let names = |port: usize, columns: &mut dyn Iterator<Item = usize>| -> String {
        let schema = &dataflow.node(node.inputs[port].node).schema;
        columns.map(|column| schema.columns[column].name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let keys = match &node.kind {
        NodeKind::Join(join) => names(0, &mut join.left_keys.iter().copied()),
        _ => String::new(),
    };
    let order = names(lasting.side, &mut lasting.order.iter().map(|key| key.column));
    let holds = match frontier.rows {
        1 => format!("({keys}) -> {order} of the best pair"),
        rows => format!("({keys}) -> {order} of the best {rows} pairs"),
    };
    StateTable { name: "best".to_owned(), holds, retention: StateRetention::Forever }
}

/// Whether the orders compare values of which no two are both equal and different.
fn is_exact(frontier: &Frontier, schema: &Schema) -> bool {
    use LogicalType as T;
    let is_exact = |key: &OrderColumn| {
        matches!(
            schema.columns[key.column].logical_type,
            T::TinyInt
                | T::SmallInt
                | T::Int
                | T::BigInt
                | T::Decimal { .. }
                | T::Char(_)
                | T::Varchar(_)
                | T::Date
                | T::Time(_)
                | T::Timestamp(_)
                | T::TimestampLtz(_)
        )
    };
    frontier.orders.iter().flatten().all(is_exact)
}
