//! TemporalSort: ORDER BY a time attribute (Flink `StreamExecTemporalSort`).

use std::collections::BTreeSet;

use streamsql_core::OrderColumn;
use streamsql_plan::{NodeKind, StateRetention, StateTable, TimeAttribute, TimeDomain};
use streamsql_sql::settings::Settings;

use super::rank::has_order;
use super::{Node, NodeOp, Rules, WhyNot, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Scalar, SortKey, computed_below, projected};
use crate::prune::{Pruned, exactly, narrowed, prune};

#[derive(Clone, Debug)]
pub struct TemporalSort {
    /// By event time the time attribute first; by processing time the columns behind it.
    pub order: Vec<OrderColumn>,
    pub domain: TimeDomain,
}

/// # Errors
/// The first column is no time attribute, or descending.
pub fn choose(input: Node, order: &[SortKey]) -> Result<Node, WhyNot> {
    let width = input.columns.len();
    let first = order.first().filter(|key| key.ascending);
    let time = first.and_then(|key| projected(&key.value, String::new(), &input.columns).time);
    let Some(time) = time else {
        let error = PlanError::new(
            "ORDER BY on a stream needs a time attribute, ascending, as its first column, or a LIMIT",
        );
        let hint = "a stream has no end, so it is never known which row is the first: add LIMIT n";
        return Err(WhyNot(error.hint(hint).about("ORDER")));
    };
    if let Some(key) = order.iter().find(|key| !has_order(&key.value.logical_type)) {
        let what = format!("ORDER BY a value of type {} is not supported", key.value.logical_type);
        return Err(WhyNot(PlanError::new(what).about("ORDER")));
    }
    // Rows come in the order of processing time.
    if time == TimeAttribute::Proctime && order.len() == 1 {
        return Ok(input);
    }
    let order = if time == TimeAttribute::Proctime { &order[1..] } else { order };
    let (input, columns) = with_key_columns(input, order.iter().map(|key| key.value.clone()).collect());
    let order = columns.into_iter().zip(order).map(|(column, key)| OrderColumn {
        column,
        descending: !key.ascending,
        nulls_last: !key.nulls_first,
    });
    let domain = match time {
        TimeAttribute::Rowtime => TimeDomain::EventTime,
        TimeAttribute::Proctime => TimeDomain::ProcessingTime,
    };
    let op = NodeOp::TemporalSort(TemporalSort { order: order.collect(), domain });
    let columns = computed_below(&input.columns);
    let node = Node::new(op, vec![input], columns);
    Ok(if node.columns.len() > width { super::only(node, 0..width) } else { node })
}

impl Rules for TemporalSort {
    fn name(&self) -> &'static str {
        "TemporalSort"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        let columns: Vec<String> = self.order.iter().map(|order| format!("${}", order.column)).collect();
        format!("orderBy=[{}], {:?}", columns.join(", "), self.domain)
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        if inputs[0] != Kinds::INSERT {
            let error =
                PlanError::new("ORDER BY a time attribute does not take updates, which its input makes");
            return Err(error.about("ORDER"));
        }
        Ok(Kinds::INSERT)
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let mut needed = required.clone();
        needed.extend(self.order.iter().map(|order| order.column));
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let input = exactly(input, &map, &needed, &node.inputs[0]);
        let keep: Vec<usize> = needed.iter().copied().collect();
        let at = |old: usize| keep.iter().position(|k| *k == old).unwrap_or(old);
        let order = self.order.iter().map(|o| OrderColumn { column: at(o.column), ..*o }).collect();
        let op = NodeOp::TemporalSort(Self { order, domain: self.domain });
        Ok(narrowed(node, op, vec![input], &keep))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::Single
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let Self { order, domain } = self.clone();
        Ok(NodeKind::TemporalSort(streamsql_plan::TemporalSort { order, domain }))
    }

    fn state(&self, node: &Node, _settings: &Settings) -> Vec<StateTable> {
        if self.domain == TimeDomain::ProcessingTime {
            let holds = "rows of one processing time".to_owned();
            let retention = StateRetention::Watermark { delay_ms: 0 };
            return vec![StateTable { name: "rows".to_owned(), holds, retention }];
        }
        let time = &node.columns[self.order[0].column].name;
        let table =
            |name: &str, holds: String, retention| StateTable { name: name.to_owned(), holds, retention };
        vec![
            table("rows", format!("rows by {time}"), StateRetention::Watermark { delay_ms: 0 }),
            table("last", "time of the last row sent".to_owned(), StateRetention::Forever),
        ]
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }
}
