//! Deduplicate: the first or last row of each key by a time attribute (Flink `StreamExecDeduplicate`).

use std::collections::BTreeSet;

use datafusion_common::ScalarValue;
use streamsql_core::LogicalType;
use streamsql_plan::{Keep, NodeKind, RankRange, StateTable, TimeAttribute, TimeDomain};
use streamsql_sql::settings::Settings;

use super::sink_materializer::retention;
use super::{Node, NodeOp, Rules, calc, key_names, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Columns, Rank, Scalar, ScalarKind, computed_below, projected};
use crate::prune::{Pruned, exactly, narrowed, prune};

#[derive(Clone)]
pub struct Deduplicate {
    pub keys: Vec<usize>,
    pub order: usize,
    pub keep: Keep,
    pub domain: TimeDomain,
    /// The rowtime that is compared: settled by pruning, it is the first rowtime column of what is left of the input.
    pub rowtime: usize,
    /// Settled by the changelog pass.
    pub emit_update_before: bool,
}

/// The time and the row that is kept, where a rank is a deduplication: it lets the first row through in the order of
/// one time attribute (Flink `RankUtil.canConvertToDeduplicate`).
pub fn fits(input: &Node, rank: &Rank) -> Option<(TimeAttribute, Keep)> {
    let [key] = rank.order.as_slice() else { return None };
    let time = projected(&key.value, String::new(), &input.columns).time?;
    let is_first = rank.range == RankRange::Constant { from: 1, to: 1 };
    is_first.then_some((time, if key.ascending { Keep::First } else { Keep::Last }))
}

pub fn of(input: Node, rank: &Rank, time: TimeAttribute, keep: Keep) -> Node {
    let width = input.columns.len();
    let keys = rank.partition.iter().chain(rank.order.iter().map(|key| &key.value)).cloned().collect();
    let (input, mut keys) = with_key_columns(input, keys);
    let order = keys.pop().unwrap_or_default();
    let columns = computed_below(&input.columns);
    let op = NodeOp::Deduplicate(Deduplicate {
        keys,
        order,
        keep,
        domain: match time {
            TimeAttribute::Rowtime => TimeDomain::EventTime,
            TimeAttribute::Proctime => TimeDomain::ProcessingTime,
        },
        rowtime: order,
        emit_update_before: true,
    });
    with_constant_number(Node::new(op, vec![input], columns), width, 1)
}

/// The first columns of a node and the number of its rows, which is known (Flink `RankNumberColumnRemoveRule`).
pub fn with_constant_number(node: Node, width: usize, number: i64) -> Node {
    let kind = ScalarKind::Literal(ScalarValue::Int64(Some(number)));
    let mut project = node.references();
    let mut names = node.names();
    project.truncate(width);
    names.truncate(width);
    project.push(Scalar { kind, logical_type: LogicalType::BigInt, nullable: false });
    names.push("rn".to_owned());
    calc::named(node, project, names)
}

impl Rules for Deduplicate {
    fn name(&self) -> &'static str {
        "Deduplicate"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("keep=[{:?}], key=[{:?}], order=[{:?} ${}]", self.keep, self.keys, self.domain, self.order)
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        if inputs[0] != Kinds::INSERT {
            return Err("Deduplicate does not take updates, which its input makes".into());
        }
        Ok(match (self.domain, self.keep) {
            (TimeDomain::ProcessingTime, Keep::First) => Kinds::INSERT,
            _ => Kinds { update: true, ..Kinds::INSERT },
        })
    }

    fn settle_update_before(&mut self, needed: bool, _inputs: &[Node]) -> bool {
        self.emit_update_before = needed;
        needed
    }

    fn makes_updates(&self) -> bool {
        true
    }

    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        vec![self.keys.clone()]
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let mut needed = required.clone();
        needed.extend(self.keys.iter().chain([&self.order]));
        let (input, map) = prune(&node.inputs[0], &needed)?;
        // Exactly the needed columns, in order: which rowtime comes first is part of the meaning.
        let input = exactly(input, &map, &needed, &node.inputs[0]);
        let keep: Vec<usize> = needed.iter().copied().collect();
        let position = |old: usize| keep.iter().position(|k| *k == old).unwrap_or(old);
        let order = position(self.order);
        let rowtime =
            input.columns.iter().position(|c| c.time == Some(TimeAttribute::Rowtime)).unwrap_or(order);
        let keys = self.keys.iter().map(|k| position(*k)).collect();
        let op = NodeOp::Deduplicate(Self { keys, order, rowtime, ..self.clone() });
        let mut pruned = narrowed(node, op, vec![input], &keep);
        pruned.0.columns = pruned.0.inputs[0].columns.clone();
        Ok(pruned)
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.keys)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        emitter.settings.check_mini_batch_size()?;
        Ok(NodeKind::Deduplicate(streamsql_plan::Deduplicate {
            keys: self.keys.clone(),
            keep: self.keep,
            domain: self.domain,
            rowtime: self.rowtime,
            emit_update_before: self.emit_update_before,
            ttl_ms: emitter.settings.duration_ms("table.exec.state.ttl"),
        }))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let holds = format!("({}) -> one row", key_names(&node.columns, &self.keys));
        vec![StateTable { name: "rows".to_owned(), holds, retention: retention(settings) }]
    }

    fn identity(&self) -> Option<String> {
        let Self { keys, order, keep, domain, rowtime, emit_update_before } = self;
        Some(format!("{keys:?} {order} {keep:?} {domain:?} {rowtime} {emit_update_before}"))
    }
}
