//! GroupAggregate: aggregates of each group, without a window (Flink `StreamExecGroupAggregate`).

use std::collections::BTreeSet;

use streamsql_core::{ChangelogMode, LogicalType};
use streamsql_plan::{
    AggregateCall as PlanCall, AggregateFunction, AggregateTableUse, NodeKind, StateRetention, StateTable,
};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, WhyNot, key_names, state_ttl_ms, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Aggregate, AggregateCall, RelColumn, Scalar};
use crate::prune::{Pruned, narrowed, prune};

#[derive(Clone, Debug)]
pub struct GroupAggregate {
    /// Columns of the input.
    pub keys: Vec<usize>,
    pub calls: Vec<PlanCall>,
    /// Of the hint STATE_TTL.
    pub ttl_ms: Option<i64>,
    /// Settled by the changelog pass.
    pub input_updates: bool,
    pub emit_update_before: bool,
    pub every_change: bool,
}

/// # Errors
/// A function that streaming aggregation has not.
pub fn choose(input: Node, aggregate: &Aggregate, columns: &[RelColumn]) -> Result<Node, WhyNot> {
    let mut values = aggregate.keys.clone();
    for call in &aggregate.calls {
        values.extend(call.arguments.iter().cloned());
        values.extend(call.filter.iter().cloned());
    }
    let (input, positions) = with_key_columns(input, values);
    let mut positions = positions.into_iter();
    let keys = positions.by_ref().take(aggregate.keys.len()).collect();
    let mut calls = Vec::with_capacity(aggregate.calls.len());
    for call in &aggregate.calls {
        let arguments = positions.by_ref().take(call.arguments.len()).collect();
        let filter = call.filter.as_ref().and_then(|_| positions.next());
        calls.push(plan_call(call, arguments, filter)?);
    }
    let op = NodeOp::GroupAggregate(GroupAggregate {
        keys,
        calls,
        ttl_ms: aggregate.ttl_ms,
        input_updates: true,
        emit_update_before: true,
        every_change: false,
    });
    Ok(Node::new(op, vec![input], columns.to_vec()))
}

/// A call over columns of the operator's input.
///
/// # Errors
/// A function that streaming aggregation has not.
pub fn plan_call(
    call: &AggregateCall,
    arguments: Vec<usize>,
    filter: Option<usize>,
) -> Result<PlanCall, WhyNot> {
    let function = match call.function.as_str() {
        "COUNT" => AggregateFunction::Count,
        "SUM" => AggregateFunction::Sum,
        "$SUM0" => AggregateFunction::Sum0,
        "AVG" => AggregateFunction::Avg,
        "MIN" => AggregateFunction::Min,
        "MAX" => AggregateFunction::Max,
        "FIRST_VALUE" => AggregateFunction::FirstValue,
        "LAST_VALUE" => AggregateFunction::LastValue,
        "LISTAGG" => AggregateFunction::ListAgg,
        "COLLECT" => AggregateFunction::Collect,
        "SINGLE_VALUE" => AggregateFunction::SingleValue,
        "ROW_NUMBER" => AggregateFunction::RowNumber,
        "LAG" => AggregateFunction::Lag,
        "JSON_OBJECTAGG" | "JSON_OBJECTAGG_NULL_ON_NULL" => {
            AggregateFunction::JsonObjectAgg { absent_on_null: false }
        }
        "JSON_OBJECTAGG_ABSENT_ON_NULL" => AggregateFunction::JsonObjectAgg { absent_on_null: true },
        "JSON_ARRAYAGG_NULL_ON_NULL" => AggregateFunction::JsonArrayAgg { absent_on_null: false },
        "JSON_ARRAYAGG" | "JSON_ARRAYAGG_ABSENT_ON_NULL" => {
            AggregateFunction::JsonArrayAgg { absent_on_null: true }
        }
        other => {
            return Err(WhyNot(PlanError::new(format!(
                "{other} is not supported in a GROUP BY of a stream"
            ))));
        }
    };
    Ok(PlanCall {
        function,
        arguments,
        distinct: call.distinct,
        filter,
        result: call.result.clone(),
        nullable: call.nullable,
    })
}

/// What Flink has accumulators for over rows that are never taken back only (`AggFunctionFactory.createMinAggFunction`).
///
/// # Errors
/// One of the calls is such a one.
pub fn check_takes_back(calls: &[PlanCall], because: &str) -> Result<(), PlanError> {
    let is_min_of_char = |call: &PlanCall| {
        call.function == AggregateFunction::Min && matches!(call.result, LogicalType::Char(_))
    };
    match calls.iter().find(|call| is_min_of_char(call)) {
        None => Ok(()),
        Some(call) => Err(PlanError::new(format!(
            "MIN of {} takes no rows back, as in Flink 1.18, and {because}",
            call.result
        ))
        .hint("CAST the value to STRING")
        .about("MIN")),
    }
}

/// Whether a result tells in which order its values came and went. Sums of floating point numbers round at each.
fn depends_on_order(call: &PlanCall) -> bool {
    use AggregateFunction::{Avg, FirstValue, JsonArrayAgg, JsonObjectAgg, LastValue, ListAgg, Sum, Sum0};
    match call.function {
        FirstValue | LastValue | ListAgg | JsonArrayAgg { .. } | JsonObjectAgg { .. } => true,
        Sum | Sum0 | Avg => matches!(call.result, LogicalType::Float | LogicalType::Double),
        _ => false,
    }
}

impl GroupAggregate {
    /// Whether its results tell in which order the rows of its input came and went.
    pub fn depends_on_order(&self) -> bool {
        self.calls.iter().any(depends_on_order)
    }

    fn plan_node(&self, settings: &Settings) -> streamsql_plan::GroupAggregate {
        streamsql_plan::GroupAggregate {
            keys: self.keys.clone(),
            calls: self.calls.clone(),
            input_updates: self.input_updates,
            emit_update_before: self.emit_update_before,
            every_change: self.every_change,
            ttl_ms: state_ttl_ms(self.ttl_ms, settings),
        }
    }
}

impl Rules for GroupAggregate {
    fn name(&self) -> &'static str {
        "GroupAggregate"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        let call = |call: &PlanCall| {
            let distinct = if call.distinct { "DISTINCT " } else { "" };
            let filter = call.filter.map_or(String::new(), |filter| format!(" FILTER ${filter}"));
            format!("{}({distinct}{:?}){filter}", call.function.name(), call.arguments)
        };
        let calls: Vec<String> = self.calls.iter().map(call).collect();
        format!("groupBy=[{:?}], select=[{}]", self.keys, calls.join(", "))
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        let takes_back = inputs[0].update || inputs[0].delete;
        if takes_back {
            check_takes_back(&self.calls, "its input makes updates")?;
        }
        Ok(Kinds { insert: true, update: true, delete: takes_back })
    }

    fn settle_update_before(&mut self, needed: bool, _inputs: &[Node]) -> bool {
        self.emit_update_before = needed;
        needed
    }

    fn settle_order(&mut self, matters: bool) -> bool {
        self.every_change = matters;
        matters || self.depends_on_order()
    }

    fn makes_updates(&self) -> bool {
        true
    }

    fn needs_update_before(&self, _makes: bool) -> bool {
        true
    }

    fn settle_inputs(&mut self, inputs: &[ChangelogMode]) {
        self.input_updates = !inputs[0].is_insert_only();
    }

    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        vec![(0..self.keys.len()).collect()]
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = self.keys.len();
        // The keys stay: rows of the output are told apart by them.
        let keep: Vec<usize> =
            (0..node.columns.len()).filter(|column| *column < width || required.contains(column)).collect();
        let kept: Vec<&PlanCall> = keep
            .iter()
            .filter(|column| **column >= width)
            .map(|column| &self.calls[column - width])
            .collect();
        let mut needed: BTreeSet<usize> = self.keys.iter().copied().collect();
        for call in &kept {
            needed.extend(call.arguments.iter().chain(&call.filter));
        }
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let at = |column: &usize| map[*column].unwrap_or(*column);
        let calls = kept.into_iter().map(|call| PlanCall {
            arguments: call.arguments.iter().map(at).collect(),
            filter: call.filter.as_ref().map(at),
            ..call.clone()
        });
        let op = NodeOp::GroupAggregate(Self {
            keys: self.keys.iter().map(at).collect(),
            calls: calls.collect(),
            ..self.clone()
        });
        Ok(narrowed(node, op, vec![input], &keep))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.keys)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        self.keys.iter().position(|key| *key == column)
    }

    fn emit(&self, _node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        emitter.settings.check_mini_batch_size()?;
        Ok(NodeKind::GroupAggregate(self.plan_node(emitter.settings)))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let input = node.inputs[0].schema();
        let keys = key_names(&node.inputs[0].columns, &self.keys);
        let mut tables = Vec::new();
        let ttl_ms = state_ttl_ms(self.ttl_ms, settings);
        for table in self.plan_node(settings).tables(&input) {
            let holds = match &table.serves {
                AggregateTableUse::Accumulators => format!("({keys}) -> accumulators"),
                AggregateTableUse::Progress => continue,
                AggregateTableUse::Distinct(_) => format!("({keys}) -> distinct values with their number"),
                AggregateTableUse::Values(calls) => {
                    format!("({keys}) -> values of {}", PlanCall::names(calls, &self.calls))
                }
            };
            tables.push(StateTable { name: table.name, holds, retention: StateRetention::of_ttl(ttl_ms) });
        }
        tables
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }
}
