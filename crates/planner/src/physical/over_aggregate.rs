//! OverAggregate: functions over the rows before each row (Flink `StreamExecOverAggregate`).

use std::collections::BTreeSet;

use streamsql_plan::{
    AggregateCall as PlanCall, AggregateFunction, AggregateTableUse, NodeKind, OverFrame, StateRetention,
    StateTable, TimeAttribute, TimeDomain,
};
use streamsql_sql::settings::Settings;

use super::group_aggregate::{check_takes_back, plan_call};
use super::sink_materializer::retention;
use super::{Node, NodeOp, Rules, WhyNot, key_names, only, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Bound, Columns, Over, RelColumn, Scalar, computed_below};
use crate::prune::{Pruned, narrowed, prune};

#[derive(Clone, Debug)]
pub struct OverAggregate {
    /// Columns of the input.
    pub keys: Vec<usize>,
    pub time: usize,
    pub domain: TimeDomain,
    pub frame: OverFrame,
    pub calls: Vec<PlanCall>,
    /// Line and column of the first call.
    at: (u64, u64),
}

/// # Errors
/// What Flink refuses in a stream, at the call: another order than one ascending time attribute, a frame that does not end
/// with the current row, RANK and DENSE_RANK.
pub fn choose(input: Node, over: &Over, columns: &[RelColumn]) -> Result<Node, WhyNot> {
    let (line, column) = over.at;
    if let Some(error) = refused(&input, over) {
        return Err(WhyNot(error.or_at(line, column)));
    }
    let width = input.columns.len();
    let mut values: Vec<Scalar> = over.partition.clone();
    values.extend(over.order.iter().filter(|key| !key.value.is_literal()).map(|key| key.value.clone()));
    values.extend(over.calls.iter().flat_map(|call| call.arguments.iter().cloned()));
    let (input, positions) = with_key_columns(input, values);
    let mut positions = positions.into_iter();
    let keys = positions.by_ref().take(over.partition.len()).collect();
    let time = positions.next().ok_or("OVER without an order")?;
    let mut calls = Vec::with_capacity(over.calls.len());
    for call in &over.calls {
        let arguments = positions.by_ref().take(call.arguments.len()).collect();
        let mut call = plan_call(call, arguments, None)?;
        if call.function == AggregateFunction::Sum && !call.result.is_integer() {
            call.function = AggregateFunction::SumOver;
        }
        calls.push(call);
    }
    let before = match over.frame.lower {
        Bound::Preceding(before) => Some(before),
        _ => None,
    };
    if before.is_some() {
        let (line, column) = over.at;
        check_takes_back(&calls, "rows leave its frame")
            .map_err(|error| WhyNot(error.or_at(line, column)))?;
    }
    let op = NodeOp::OverAggregate(OverAggregate {
        keys,
        time,
        domain: match input.columns[time].time {
            Some(TimeAttribute::Proctime) => TimeDomain::ProcessingTime,
            _ => TimeDomain::EventTime,
        },
        frame: if over.frame.is_rows { OverFrame::Rows(before) } else { OverFrame::Range(before) },
        calls,
        at: over.at,
    });
    let wide = input.columns.len();
    let mut all = computed_below(&input.columns);
    all.extend_from_slice(&columns[width..]);
    let node = Node::new(op, vec![input], all);
    // Helper columns of computed keys and arguments do not leave.
    Ok(if wide == width { node } else { only(node, (0..width).chain(wide..wide + over.calls.len())) })
}

impl OverAggregate {
    fn plan_node(&self, settings: &Settings) -> streamsql_plan::OverAggregate {
        streamsql_plan::OverAggregate {
            keys: self.keys.clone(),
            domain: self.domain,
            time: self.time,
            frame: self.frame,
            calls: self.calls.clone(),
            ttl_ms: settings.duration_ms("table.exec.state.ttl"),
        }
    }
}

impl Rules for OverAggregate {
    fn name(&self) -> &'static str {
        "OverAggregate"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        let call = |call: &PlanCall| {
            let distinct = if call.distinct { "DISTINCT " } else { "" };
            format!("{}({distinct}{:?})", call.function.name(), call.arguments)
        };
        let calls: Vec<String> = self.calls.iter().map(call).collect();
        format!(
            "partitionBy=[{:?}], orderBy=[{:?} ${}], window=[{:?}], select=[{}]",
            self.keys,
            self.domain,
            self.time,
            self.frame,
            calls.join(", ")
        )
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        if inputs[0] != Kinds::INSERT {
            let (line, column) = self.at;
            let error = PlanError::new("OVER does not take updates, which its input makes, as in Flink");
            return Err(error.or_at(line, column));
        }
        Ok(Kinds::INSERT)
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        let holds = |key: &&Vec<usize>| self.keys.iter().all(|column| key.contains(column));
        inputs[0].iter().filter(holds).cloned().collect()
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = node.inputs[0].columns.len();
        let kept: Vec<usize> =
            (0..self.calls.len()).filter(|call| required.contains(&(width + call))).collect();
        let mut needed: BTreeSet<usize> = required.iter().copied().filter(|column| *column < width).collect();
        needed.extend(self.keys.iter().chain([&self.time]));
        needed.extend(kept.iter().flat_map(|call| &self.calls[*call].arguments));
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let at = |column: &usize| map[*column].unwrap_or(*column);
        let call = |call: &usize| {
            let call = &self.calls[*call];
            PlanCall { arguments: call.arguments.iter().map(at).collect(), ..call.clone() }
        };
        let op = NodeOp::OverAggregate(Self {
            keys: self.keys.iter().map(at).collect(),
            time: at(&self.time),
            calls: kept.iter().map(call).collect(),
            ..self.clone()
        });
        // All columns of the input pass, in its order.
        let mut passing: Vec<usize> = (0..width).filter(|column| map[*column].is_some()).collect();
        passing.sort_by_key(|column| map[*column]);
        let keep: Vec<usize> = passing.into_iter().chain(kept.iter().map(|call| width + call)).collect();
        Ok(narrowed(node, op, vec![input], &keep))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.keys)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::OverAggregate(self.plan_node(emitter.settings)))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let input = node.inputs[0].schema();
        let columns = &node.inputs[0].columns;
        let (keys, time) = (key_names(columns, &self.keys), &columns[self.time].name);
        let plan = self.plan_node(settings);
        let retention = || match self.frame {
            OverFrame::Range(Some(before)) => StateRetention::Watermark { delay_ms: before + before / 2 + 1 },
            _ => retention(settings),
        };
        let tables = plan.tables(&input);
        let mut state = Vec::new();
        for table in &tables.calls {
            let holds = match &table.serves {
                AggregateTableUse::Distinct(_) => format!("({keys}) -> distinct values with their number"),
                AggregateTableUse::Values(calls) => {
                    format!("({keys}) -> values of {}", PlanCall::names(calls, &self.calls))
                }
                _ => format!("({keys}) -> accumulators"),
            };
            state.push(StateTable { name: table.name.clone(), holds, retention: retention() });
        }
        if tables.rows.is_some() {
            let (what, retention) = match (plan.waits(), self.frame.is_bounded()) {
                (true, false) => ("rows by", StateRetention::Watermark { delay_ms: 0 }),
                (true, true) => ("rows that wait and rows of the frame by", retention()),
                _ => ("rows of the frame by", retention()),
            };
            let holds = format!("({keys}) -> {what} {time}");
            state.push(StateTable { name: "rows".to_owned(), holds, retention });
        }
        state
    }

    fn identity(&self) -> Option<String> {
        let Self { keys, time, domain, frame, calls, at: _ } = self;
        Some(format!("{keys:?} {time} {domain:?} {frame:?} {calls:?}"))
    }
}

fn refused(input: &Node, over: &Over) -> Option<PlanError> {
    let ranks =
        over.calls.iter().find(|call| matches!(call.function.as_str(), "ROW_NUMBER" | "RANK" | "DENSE_RANK"));
    let refused = |message: &str| {
        let error = PlanError::new(format!("{message}, as in Flink"));
        Some(match ranks {
            Some(_) => {
                error.hint("ROW_NUMBER() is a Top-N when a filter around the SELECT bounds it: WHERE n <= 10")
            }
            None => error,
        })
    };
    if over.is_beside {
        let message = "the calls OVER of one SELECT have different windows: in a stream, Flink computes all of them over \
                       the same one";
        return Some(PlanError::new(message).hint(
            "compute one of them in a subquery; without a frame, ROW_NUMBER() has ROWS and other functions have RANGE",
        ));
    }
    let order: Vec<_> = over.order.iter().filter(|key| !key.value.is_literal()).collect();
    let [key] = order.as_slice() else {
        return refused("OVER in a stream is ordered by exactly one time attribute");
    };
    if !key.ascending {
        return refused("OVER in a stream is ordered by a time attribute in ascending order");
    }
    let time = key.value.as_column().and_then(|column| input.columns()[column].time);
    let is_proctime_call = matches!(key.value.as_call(), Some(("PROCTIME", _)));
    if time.is_none() && !is_proctime_call {
        let name = |column: usize| input.columns()[column].name.clone();
        let text = key.value.text(&name);
        return refused(&format!("OVER in a stream is ordered by a time attribute, which '{text}' is not"));
    }
    if let Some(call) = ranks.filter(|call| call.function != "ROW_NUMBER") {
        let message = format!("{}() OVER does not run in a stream, as in Flink", call.function);
        return Some(PlanError::new(message).hint("ROW_NUMBER() with a filter on its number is a Top-N"));
    }
    match (over.frame.lower, over.frame.upper) {
        (Bound::UnboundedPreceding | Bound::Preceding(_), Bound::CurrentRow) => None,
        _ => refused("the frame of OVER in a stream begins before the current row and ends with CURRENT ROW"),
    }
}
