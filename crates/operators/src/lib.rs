//! The streaming operators, one a file, and [`build`], which makes one from a node of the plan.

mod aggregates;
mod calc;
mod changelog_normalize;
mod constraint_enforcer;
mod correlate;
mod deduplicate;
mod drop_update_before;
mod due;
mod expand;
mod group_aggregate;
mod interval_join;
mod join;
mod key_timers;
mod lookup_join;
mod match_recognize;
mod over_aggregate;
mod places;
mod progress;
mod rank;
mod session_table_function;
mod session_window_aggregate;
mod sink;
mod sink_materializer;
mod temporal_join;
mod temporal_sort;
mod union;
mod window_aggregate;
mod window_extreme_filter;
mod window_join;
mod window_rank;
mod window_table_function;

use streamsql_core::{Error, KeyGroupRange, Operator, OperatorSpec, Result, Schema};
use streamsql_plan::{Node, NodeKind};

/// Makes the operator of a node; `inputs` are the schemas of its inputs in the order of their ports.
pub fn build(node: &Node, inputs: &[&Schema], key_groups: KeyGroupRange) -> Result<Box<dyn Operator>> {
    let spec = OperatorSpec {
        name: node.kind.name(),
        ports: inputs.len(),
        output: node.schema.clone(),
        changelog: node.changelog,
    };
    let input =
        |port: usize| inputs.get(port).copied().ok_or_else(|| Error::internal("a node without its input"));
    Ok(match &node.kind {
        NodeKind::Calc(calc) => Box::new(calc::Calc::new(spec, calc)),
        NodeKind::ChangelogNormalize(node) => {
            Box::new(changelog_normalize::ChangelogNormalize::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::DropUpdateBefore => Box::new(drop_update_before::DropUpdateBefore::new(spec)),
        NodeKind::Correlate(node) => Box::new(correlate::Correlate::new(spec, node, input(0)?)?),
        NodeKind::LookupJoin(join) => {
            Box::new(lookup_join::LookupJoin::new(spec, join, input(0)?, key_groups)?)
        }
        NodeKind::IntervalJoin(join) => {
            Box::new(interval_join::IntervalJoin::new(spec, join, input(0)?, input(1)?, key_groups)?)
        }
        NodeKind::Deduplicate(dedup) => {
            Box::new(deduplicate::Deduplicate::new(spec, dedup, input(0)?, key_groups)?)
        }
        NodeKind::Rank(node) if node.counts => {
            Box::new(rank::CountedRank::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::Rank(node) => Box::new(rank::Rank::new(spec, node, input(0)?, key_groups)?),
        NodeKind::WindowRank(node) => {
            Box::new(window_rank::WindowRank::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::WindowExtremeFilter(node) => {
            Box::new(window_extreme_filter::WindowExtremeFilter::new(spec, node, key_groups)?)
        }
        NodeKind::TemporalSort(node) => {
            Box::new(temporal_sort::TemporalSort::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::Expand(node) => Box::new(expand::Expand::new(spec, node)),
        NodeKind::GroupAggregate(aggregate) => {
            Box::new(group_aggregate::GroupAggregate::new(spec, aggregate, input(0)?, key_groups)?)
        }
        NodeKind::WindowJoin(node) => {
            Box::new(window_join::WindowJoin::new(spec, node, input(0)?, input(1)?, key_groups)?)
        }
        NodeKind::OverAggregate(node) => {
            Box::new(over_aggregate::OverAggregate::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::WindowTableFunction(node) if node.is_session() => {
            Box::new(session_table_function::SessionTableFunction::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::WindowTableFunction(node) => {
            Box::new(window_table_function::WindowTableFunction::new(spec, node))
        }
        NodeKind::WindowAggregate(node) if node.is_session() => {
            let session =
                session_window_aggregate::SessionWindowAggregate::new(spec, node, input(0)?, key_groups)?;
            Box::new(session)
        }
        NodeKind::WindowAggregate(node) => {
            Box::new(window_aggregate::WindowAggregate::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::Join(node) => Box::new(join::Join::new(spec, node, input(0)?, input(1)?, key_groups)?),
        NodeKind::TemporalJoin(node) => {
            Box::new(temporal_join::TemporalJoin::new(spec, node, input(0)?, input(1)?, key_groups)?)
        }
        NodeKind::Match(node) => {
            Box::new(match_recognize::MatchRecognize::new(spec, node, input(0)?, key_groups)?)
        }
        NodeKind::Union => Box::new(union::Union::new(spec)),
        NodeKind::ConstraintEnforcer(constraints) => {
            let location = node.location.as_ref();
            Box::new(constraint_enforcer::ConstraintEnforcer::new(spec, constraints, location))
        }
        NodeKind::SinkMaterializer(materializer) => {
            Box::new(sink_materializer::SinkMaterializer::new(spec, materializer, input(0)?, key_groups)?)
        }
        NodeKind::Sink(_) => Box::new(sink::Sink::new(spec)),
        NodeKind::TableSourceScan(_) | NodeKind::Values(_) | NodeKind::Collect(_) => {
            return Err(Error::internal(format!("{} is not an operator", node.kind.name())));
        }
    })
}
