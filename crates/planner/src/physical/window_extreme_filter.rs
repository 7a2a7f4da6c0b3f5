//! WindowExtremeFilter: in front of a join with the MAX or MIN of windows, only rows that may still be it.
//!
//! `FROM bid JOIN (SELECT MAX(price) AS highest, window_end … GROUP BY window) AS w ON price = highest AND ts BETWEEN …`
//! keeps each bid, though all but a few are below one that has been seen. The rule applies when
//! * the join is inner, regular or by interval, and equates a column of one side with an extreme that the other one gives,
//! * that side is a window aggregate without other keys, of TUMBLE or HOP over a TIMESTAMP, under projections and filters,
//! * both read the same table, which only grows, by projections and filters; the rows that are joined satisfy all
//!   conditions of those that are aggregated, value and time are the same expressions,
//! * the join bounds the row's time by start, end or time of the window on both sides,
//! * no split of the table can fall idle: event time might then pass a row on its way to the aggregate.
//!
//! Not where the aggregate has keys beside its window. The filter stands where the table is read, before rows go to the
//! shard of their key: it would keep an extreme of every key and window in each of these shards, as many rows as the
//! aggregate itself, and would look one up, and often write it, for each row; with few rows a key and window most are the
//! extreme so far and pass all the same.
//!
//! A row that is not late where the table is read is not late for the aggregate, which hears of event time no sooner. So
//! its window's extreme is at least its value: rows behind it are no extreme of that window.

use std::collections::BTreeSet;

use streamsql_core::LogicalType;
use streamsql_plan::{
    AggregateFunction, JoinKind, NodeKind, StateRetention, StateTable, TimeAttribute,
    WindowExtremeFilter as Plan, WindowProperty, WindowShape, WindowsOver,
};
use streamsql_sql::settings::Settings;

use super::interval_join::{TimeBound, time_bound};
use super::{Node, NodeOp, Rules};
use crate::changelog::Kinds;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::scalar::conjuncts;
use crate::logical::{Columns, RelColumn, Scalar};
use crate::prune::{Pruned, prune};

/// Most windows that a row may be joined with.
const MOST_WINDOWS: i64 = 64;

#[derive(Clone, Debug)]
pub struct WindowExtremeFilter(pub Plan);

/// The operators with a filter in front of every join for which the rule holds.
pub fn apply(node: Node, settings: &Settings) -> Node {
    let Node { op, inputs, columns, mode } = node;
    let inputs: Vec<Node> = inputs.into_iter().map(|input| apply(input, settings)).collect();
    let mut node = Node { op, inputs, columns, mode };
    for port in 0..node.inputs.len() {
        if let Some(plan) = filter_of(&node, port, settings) {
            let input = node.inputs.remove(port);
            let (columns, mode) = (input.columns.clone(), input.mode);
            let op = NodeOp::WindowExtremeFilter(WindowExtremeFilter(plan));
            node.inputs.insert(port, Node { op, inputs: vec![input], columns, mode });
            break;
        }
    }
    node
}

/// What a join asks for: pairs of equal columns, and bounds of the left time less the right one, over left ++ right.
struct Asked {
    equal: Vec<(usize, usize)>,
    bounds: Vec<TimeBound>,
}

/// The filter for an input of a join with an extreme that the other one gives.
fn filter_of(node: &Node, port: usize, settings: &Settings) -> Option<Plan> {
    let [rows, results] = [node.inputs.get(port)?, node.inputs.get(1 - port.min(1))?];
    if node.inputs.len() != 2 || !is_inner(&node.op) {
        return None;
    }
    let (rows_path, extreme) = (Path::of(rows)?, Extreme::of(results)?);
    let source = &rows_path;
    let own = &extreme.input;
    let is_idle = settings.duration_ms("table.exec.source.idle-timeout") > 0
        || source.table_options.iter().any(|(key, _)| key == "scan.watermark.idle-timeout");
    if (&source.table, &source.table_options) != (&own.table, &own.table_options)
        || !own.conditions.is_subset(&source.conditions)
        || is_idle
    {
        return None;
    }
    let width = node.inputs[0].columns.len();
    let shift = |port: usize, column: usize| if port == 0 { column } else { column + width };
    // Start, end and time of the window are compared as if they were time attributes.
    let mut all: Vec<RelColumn> = node.inputs.iter().flat_map(|input| &input.columns).cloned().collect();
    all.iter_mut().for_each(|column| column.time = None);
    let time = rows_path.columns.iter().position(|text| *text == extreme.time)?;
    all[shift(port, time)].time = Some(TimeAttribute::Rowtime);
    for (column, _) in &extreme.properties {
        all[shift(1 - port, *column)].time = Some(TimeAttribute::Rowtime);
    }
    let asked = asked(&node.op, &all, width)?;
    let is_value = |(left, right): &&(usize, usize)| {
        let (row, result) = if port == 0 { (*left, *right) } else { (*right, *left) };
        result == extreme.value_column && rows_path.columns[row] == extreme.value
    };
    let (left, right) = asked.equal.iter().find(is_value)?;
    let value = if port == 0 { *left } else { *right };
    if rows.columns[value].logical_type != results.columns[extreme.value_column].logical_type
        || !Plan::compares(&rows.columns[value].logical_type)
        || !matches!(rows.columns[time].logical_type, LogicalType::Timestamp(_))
    {
        return None;
    }
    // How far ends of windows that the join takes are from the row's time.
    let (mut from, mut to) = (None, None);
    for bound in &asked.bounds {
        let (row, result) =
            if port == 0 { (bound.left, bound.right - width) } else { (bound.right - width, bound.left) };
        let property = extreme.properties.iter().find(|(column, _)| *column == result).map(|(_, p)| *p);
        let Some(to_end) = property.and_then(|property| to_end(property, extreme.size)) else { continue };
        if row != time {
            continue;
        }
        // Of port 0 the bound is that of the row's time less that of the window, else the other way round.
        let negated = |value: Option<i64>| value.and_then(i64::checked_neg);
        let (lower, upper) =
            if port == 0 { (negated(bound.upper), negated(bound.lower)) } else { (bound.lower, bound.upper) };
        let shifted = |value: Option<i64>| value.and_then(|value| value.checked_add(to_end));
        from = from.max(shifted(lower));
        to = match (to, shifted(upper)) {
            (Some(one), Some(two)) => Some(i64::min(one, two)),
            (one, two) => one.or(two),
        };
    }
    let (from_ms, to_ms) = (from?, to?);
    let windows = to_ms.checked_sub(from_ms)? / extreme.windows.interval() + 1;
    (from_ms <= to_ms && windows <= MOST_WINDOWS).then_some(Plan {
        windows: extreme.windows,
        time,
        value,
        greatest: extreme.greatest,
        from_ms,
        to_ms,
    })
}

fn is_inner(op: &NodeOp) -> bool {
    match op {
        NodeOp::Join(join) => join.kind == JoinKind::Inner,
        NodeOp::IntervalJoin(join) => join.kind == JoinKind::Inner,
        _ => false,
    }
}

fn asked(op: &NodeOp, columns: &[RelColumn], width: usize) -> Option<Asked> {
    let (equal, residual, mut bounds) = match op {
        NodeOp::Join(join) => {
            let pairs = join.left_keys.iter().zip(&join.right_keys).zip(&join.null_safe);
            let equal = pairs.filter(|(_, safe)| !**safe).map(|((left, right), _)| (*left, *right));
            (equal.collect(), &join.residual, Vec::new())
        }
        NodeOp::IntervalJoin(join) => {
            let equal = join.left_keys.iter().zip(&join.right_keys).map(|(left, right)| (*left, *right));
            let bound = TimeBound {
                left: join.left_time,
                right: join.right_time + width,
                lower: Some(join.lower_ms),
                upper: Some(join.upper_ms),
            };
            (equal.collect(), &join.residual, vec![bound])
        }
        _ => return None,
    };
    let mut conditions = Vec::new();
    residual.iter().for_each(|residual| conjuncts(residual.clone(), &mut conditions));
    bounds.extend(conditions.iter().filter_map(|condition| time_bound(condition, columns, width)));
    Some(Asked { equal, bounds })
}

/// From a property of a window to its end.
fn to_end(property: WindowProperty, size: i64) -> Option<i64> {
    match property {
        WindowProperty::Start => Some(size),
        WindowProperty::End => Some(0),
        WindowProperty::Rowtime => Some(1),
        WindowProperty::Proctime => None,
    }
}

/// Rows of a table, by projections and filters: expressions as texts over the table's columns.
struct Path {
    table: String,
    table_options: Vec<(String, String)>,
    conditions: BTreeSet<String>,
    columns: Vec<String>,
}

impl Path {
    fn of(node: &Node) -> Option<Self> {
        match &node.op {
            NodeOp::Source(source) => {
                let is_growing = super::source::changelog_mode(&source.table).is_insert_only();
                let options = source.table.options.iter();
                is_growing.then(|| Self {
                    table: source.table.path.to_string(),
                    table_options: options.map(|(key, value)| (key.clone(), value.clone())).collect(),
                    conditions: BTreeSet::new(),
                    columns: node.columns.iter().map(|column| column.name.clone()).collect(),
                })
            }
            NodeOp::Calc(calc) => {
                let below = Self::of(&node.inputs[0])?;
                let all = calc.condition.iter().chain(&calc.project);
                if !all.into_iter().all(Scalar::is_deterministic) {
                    return None;
                }
                let text = |scalar: &Scalar| match scalar.as_column() {
                    Some(column) => below.columns[column].clone(),
                    None => format!(
                        "{}: {}",
                        scalar.text(&|column| below.columns[column].clone()),
                        scalar.logical_type
                    ),
                };
                let mut conditions = below.conditions.clone();
                let mut own = Vec::new();
                calc.condition.iter().for_each(|condition| conjuncts(condition.clone(), &mut own));
                conditions.extend(own.iter().map(text));
                let columns = calc.project.iter().map(text).collect();
                Some(Self { conditions, columns, ..below })
            }
            _ => None,
        }
    }
}

/// The extremes of windows, under projections and filters.
struct Extreme {
    input: Path,
    windows: streamsql_plan::WindowSpec,
    size: i64,
    greatest: bool,
    /// What is aggregated, and the time by which the windows are cut.
    value: String,
    time: String,
    /// Columns of the result.
    value_column: usize,
    properties: Vec<(usize, WindowProperty)>,
}

impl Extreme {
    fn of(node: &Node) -> Option<Self> {
        match &node.op {
            NodeOp::Calc(calc) => {
                let below = Self::of(&node.inputs[0])?;
                let place = |of: usize| calc.project.iter().position(|scalar| scalar.as_column() == Some(of));
                let places = |(of, property): &(usize, WindowProperty)| {
                    let all = calc.project.iter().enumerate();
                    let found = all.filter(|(_, scalar)| scalar.as_column() == Some(*of));
                    found.map(|(at, _)| (at, *property)).collect::<Vec<_>>()
                };
                Some(Self {
                    value_column: place(below.value_column)?,
                    properties: below.properties.iter().flat_map(places).collect(),
                    ..below
                })
            }
            NodeOp::WindowAggregate(aggregate) => {
                let windows = &aggregate.windows;
                let size = match windows.spec.shape {
                    WindowShape::Tumble { size } | WindowShape::Hop { size, .. } => size,
                    _ => return None,
                };
                let WindowsOver::Time(Some(time)) = aggregate.over else { return None };
                let fits = aggregate.keys.is_empty()
                    && !aggregate.input_updates
                    && windows.zone.is_none()
                    && windows.attribute == TimeAttribute::Rowtime;
                let input = Path::of(&node.inputs[0]).filter(|_| fits)?;
                let extreme = aggregate.calls.iter().enumerate().find_map(|(at, call)| {
                    let greatest = match call.function {
                        AggregateFunction::Max => true,
                        AggregateFunction::Min => false,
                        _ => return None,
                    };
                    let ([column], None) = (call.arguments.as_slice(), call.filter) else { return None };
                    Some((at, *column, greatest))
                });
                let (value_column, column, greatest) = extreme?;
                let first = aggregate.calls.len();
                Some(Self {
                    windows: windows.spec,
                    size,
                    greatest,
                    value: input.columns[column].clone(),
                    time: input.columns[time].clone(),
                    value_column,
                    properties: aggregate
                        .properties
                        .iter()
                        .enumerate()
                        .map(|(at, p)| (first + at, *p))
                        .collect(),
                    input,
                })
            }
            _ => None,
        }
    }
}

impl Rules for WindowExtremeFilter {
    fn name(&self) -> &'static str {
        "WindowExtremeFilter"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("{:?}", self.0)
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(inputs[0])
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        inputs[0].clone()
    }

    /// Columns are pruned before the rule applies.
    fn prune(&self, node: &Node, _required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let all = (0..node.columns.len()).collect();
        let (input, map) = prune(&node.inputs[0], &all)?;
        let columns = input.columns().to_vec();
        Ok((Node { op: node.op.clone(), inputs: vec![input], columns, mode: node.mode }, map))
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::WindowExtremeFilter(self.0.clone()))
    }

    fn state(&self, _node: &Node, _settings: &Settings) -> Vec<StateTable> {
        let (name, holds) = ("extremes".to_owned(), "(window) -> its extreme so far".to_owned());
        let delay_ms = self.0.from_ms.saturating_neg().max(0);
        vec![StateTable { name, holds, retention: StateRetention::Watermark { delay_ms } }]
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }
}
