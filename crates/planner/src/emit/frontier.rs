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

use streamsql_core::{LogicalType, OrderColumn, Schema};
use streamsql_plan::{
    AggregateFunction, Calc, Dataflow, Frontier, GroupAggregate, JoinKind, NodeId, NodeKind, Rank, RankRange,
    RankStrategy,
};

/// A Top-N of more rows keeps too much for each group to be worth it.
const MOST_ROWS: i64 = 100;

/// Marks every join of the dataflow for which the rule holds.
pub fn apply(dataflow: &mut Dataflow) {
    for id in dataflow.ids() {
        if let Some((join, frontier)) = qualifying_join(dataflow, id)
            && let NodeKind::Join(node) = &mut dataflow.nodes[join.0].kind
        {
            node.frontier = Some(frontier);
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
            Some(Frontier { partition: partition.clone(), rows, orders: vec![order.clone()] })
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
            Some(Frontier { partition: keys.clone(), rows: 1, orders })
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
    })
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
