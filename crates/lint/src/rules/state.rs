//! What operators keep.

use std::collections::BTreeSet;

use streamsql_core::units::{duration, duration_text};
use streamsql_plan::{AggregateFunction, JoinKind, NodeId, NodeKind, StateRetention};

use crate::{Found, Subject};

/// Operators whose state grows with the keys; a materializer's grows with its table, which is wanted.
fn grows(kind: &NodeKind) -> bool {
    !matches!(kind, NodeKind::SinkMaterializer(_))
}

pub fn unbounded(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let forever = node.state.iter().filter(|table| table.retention == StateRetention::Forever);
        let held: BTreeSet<&str> = forever.map(|table| table.holds.as_str()).collect();
        if held.is_empty() || !grows(&node.kind) {
            continue;
        }
        let held: Vec<&str> = held.into_iter().collect();
        found.push(
            Found::new(
                format!("{} keeps for ever: {}", node.kind.name(), held.join("; ")),
                "bound it by event time (a window, an interval join), or by SET 'table.exec.state.ttl' = '1 d' where \
                 forgetting is right; allow it where the keys are few",
            )
            .of(node.location.as_ref()),
        );
    }
}

pub fn nullable_rank_key(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let NodeKind::Deduplicate(deduplicate) = &node.kind else { continue };
        let Some(input) = node.inputs.first().map(|input| input.node) else { continue };
        // NULL keys of the data itself are mostly never; those of rows without a match come for certain.
        let Some(key) = deduplicate.keys.iter().find(|key| is_padded(subject, input, **key)) else {
            continue;
        };
        let name = &subject.dataflow.node(input).schema.columns[*key].name;
        found.push(
            Found::new(
                format!("ROW_NUMBER is partitioned by {name}, which is NULL for rows without a match: of all of them one is kept"),
                "partition by a column of the side that is always there",
            )
            .of(node.location.as_ref()),
        );
    }
}

/// Whether a column of a node comes from the side of an outer join that is filled with NULLs.
fn is_padded(subject: &Subject<'_>, id: NodeId, column: usize) -> bool {
    let node = subject.dataflow.node(id);
    let below = |port: usize, column: usize| {
        node.inputs.get(port).is_some_and(|input| is_padded(subject, input.node, column))
    };
    let width = || node.inputs.first().map_or(0, |input| subject.dataflow.node(input.node).schema.len());
    let joined = |kind: JoinKind| match column.checked_sub(width()) {
        None => kind.keeps_right() || below(0, column),
        Some(right) => kind.keeps_left() || below(1, right),
    };
    match &node.kind {
        NodeKind::Calc(calc) => calc.project[column].column.is_some_and(|from| below(0, from)),
        NodeKind::IntervalJoin(join) => joined(join.kind),
        NodeKind::Join(join) => joined(join.kind),
        NodeKind::LookupJoin(join) => joined(join.kind),
        NodeKind::Deduplicate(_) => below(0, column),
        _ => false,
    }
}

/// The nodes below one, itself too.
pub(super) fn below(subject: &Subject<'_>, id: NodeId) -> Vec<NodeId> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![id]);
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(subject.dataflow.node(id).inputs.iter().map(|input| input.node));
        }
    }
    seen.into_iter().collect()
}

pub fn rank_key_is_not_sink_key(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for id in subject.dataflow.ids() {
        let NodeKind::SinkMaterializer(_) = &subject.dataflow.node(id).kind else { continue };
        let sink =
            subject.dataflow.consumers(id).find_map(|(sink, _)| match &subject.dataflow.node(sink).kind {
                NodeKind::Sink(sink) => Some(sink),
                _ => None,
            });
        let rank = below(subject, id).into_iter().find(|id| {
            let name = subject.dataflow.node(*id).kind.name();
            matches!(name, "Deduplicate" | "Rank")
        });
        let (Some(sink), Some(rank)) = (sink, rank) else { continue };
        let rank = subject.dataflow.node(rank);
        let keys: Vec<&str> = sink.primary_key.iter().map(|column| sink.columns[*column].as_str()).collect();
        found.push(
            Found::new(
                format!(
                    "rows are numbered by another key than {} stores them by ({}): rows of several partitions overwrite \
                     each other",
                    sink.table.name,
                    keys.join(", ")
                ),
                "partition ROW_NUMBER by the sink's primary key, or make its PARTITION BY columns the key",
            )
            .of(rank.location.as_ref()),
        );
    }
}

pub fn join_without_equality(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let NodeKind::Join(join) = &node.kind else { continue };
        if join.left_keys.is_empty() {
            found.push(
                Found::new(
                    "the join has no equality: every row of one side is compared with every row of the other, on one shard",
                    "add an equality to its condition",
                )
                .of(node.location.as_ref()),
            );
        }
    }
}

fn ttl_ms(subject: &Subject<'_>) -> Option<i64> {
    let ttl = duration(subject.settings.get("table.exec.state.ttl")?).ok()?;
    i64::try_from(ttl.as_millis()).ok().filter(|ttl| *ttl > 0)
}

pub fn ttl_below_interval(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let Some(ttl) = ttl_ms(subject) else { return };
    for node in &subject.dataflow.nodes {
        let NodeKind::IntervalJoin(join) = &node.kind else { continue };
        let interval = join.upper_ms.saturating_sub(join.lower_ms);
        if interval > ttl {
            found.push(
                Found::new(
                    format!(
                        "the join's interval is {}, 'table.exec.state.ttl' {}: the join keeps its rows for \
                         its interval, operators behind it forget earlier",
                        duration_text(interval),
                        duration_text(ttl)
                    ),
                    "make the time-to-live longer than the interval",
                )
                .of(node.location.as_ref()),
            );
        }
    }
}

pub fn forgets_under_a_key(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for id in subject.dataflow.ids() {
        let node = subject.dataflow.node(id);
        let NodeKind::GroupAggregate(aggregate) = &node.kind else { continue };
        let stored = subject.dataflow.ids().any(|sink| {
            matches!(&subject.dataflow.node(sink).kind, NodeKind::Sink(sink) if !sink.primary_key.is_empty())
                && below(subject, sink).contains(&id)
        });
        if aggregate.ttl_ms > 0 && !aggregate.calls.is_empty() && stored {
            found.push(
                Found::new(
                    format!(
                        "a group that is silent for {} is forgotten: with its next row its result starts from nothing and \
                         overwrites the stored one",
                        duration_text(aggregate.ttl_ms)
                    ),
                    "make the time-to-live longer than the longest pause of a key, or aggregate by window",
                )
                .of(node.location.as_ref()),
            );
        }
    }
}

pub fn drifting_float(subject: &Subject<'_>, found: &mut Vec<Found>) {
    for node in &subject.dataflow.nodes {
        let NodeKind::GroupAggregate(aggregate) = &node.kind else { continue };
        let Some(input) = node.inputs.first().map(|input| subject.dataflow.node(input.node)) else {
            continue;
        };
        if !aggregate.input_updates {
            continue;
        }
        for call in &aggregate.calls {
            let sums = matches!(
                call.function,
                AggregateFunction::Sum | AggregateFunction::Sum0 | AggregateFunction::Avg
            );
            let argument = call.arguments.first().map(|argument| &input.schema.columns[*argument]);
            if let Some(column) = argument.filter(|column| sums && column.logical_type.is_approximate()) {
                found.push(
                    Found::new(
                        format!(
                            "{}({}) over {}: what is added and taken back does not cancel out exactly",
                            call.function.name(),
                            column.name,
                            column.logical_type
                        ),
                        "sum a DECIMAL: CAST(… AS DECIMAL(38, 10))",
                    )
                    .of(node.location.as_ref()),
                );
            }
        }
    }
}
