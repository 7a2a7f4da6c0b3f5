//! WindowAggregate, GroupWindowAggregate: aggregates of each window, given when it is complete (Flink
//! `StreamExecWindowAggregate`, `StreamExecGroupWindowAggregate`).
//!
//! Windows whose table function stands below, with projections and filters at most between, are found by the aggregate
//! itself: a row is then counted once, whatever the number of its windows (Flink
//! `PullUpWindowTableFunctionIntoWindowAggregateRule`). Else the windows come with the rows, as those of sessions do whose
//! PARTITION BY names other columns than the aggregate groups by. (There Flink aggregates without end; rows of a session come
//! when it is complete, so that one row a group and session is the same table, and nothing is kept.)

use std::collections::BTreeSet;

use streamsql_core::{ChangelogMode, LogicalType};
use streamsql_plan::{
    AggregateCall as PlanCall, AggregateTableUse, NodeKind, StateRetention, StateTable, TimeAttribute,
    WindowProperty, WindowShape, WindowsOver,
};
use streamsql_sql::settings::Settings;

use super::group_aggregate::{check_takes_back, plan_call};
use super::{Node, NodeOp, Rules, calc, key_names, with_key_columns};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Aggregate, Columns, Op, Rel, RelColumn, Relation, Scalar, WindowTableFunction, plain};
use crate::properties::window::{self, Windows};
use crate::prune::{Pruned, narrowed, prune};

#[derive(Clone, Debug)]
pub struct WindowAggregate {
    pub windows: Windows,
    pub over: WindowsOver,
    /// Columns of the input.
    pub keys: Vec<usize>,
    pub calls: Vec<PlanCall>,
    pub properties: Vec<WindowProperty>,
    pub is_group_window: bool,
    /// Settled by the changelog pass.
    pub input_updates: bool,
}

/// The aggregate, where it groups by windows.
///
/// # Errors
/// Windows that Flink refuses, and those of its inputs.
pub fn choose(rel: &Rel, aggregate: &Aggregate) -> Result<Option<Node>, PlanError> {
    let input = &rel.inputs[0];
    let Some(windows) = window::grouped_by(input, aggregate) else { return Ok(None) };
    let bounds = windows.columns();
    let keys: Vec<&Scalar> =
        aggregate.keys.iter().filter(|key| key.as_column().is_none_or(|c| !bounds.contains(&c))).collect();
    let mut values: Vec<Scalar> = keys.iter().map(|key| (*key).clone()).collect();
    for call in &aggregate.calls {
        values.extend(call.arguments.iter().chain(&call.filter).cloned());
    }
    let reads_windows = values.iter().any(|value| !value.columns().is_disjoint(&bounds));
    let by_partition = |own: &Below| {
        let partition: BTreeSet<Option<usize>> =
            own.function.partition.iter().map(|column| own.above(*column)).collect();
        let keys: BTreeSet<Option<usize>> = keys.iter().map(|key| key.as_column()).collect();
        own.function.is_group_window || partition == keys
    };
    let is_session = matches!(windows.spec.shape, WindowShape::Session { .. });
    let own = if reads_windows { None } else { pull_up(input) };
    let own = own.filter(|own| !is_session || by_partition(own));
    if windows.attribute == TimeAttribute::Proctime && own.is_none() {
        // Flink `WindowUtil.isValidWindowAggregate`.
        return Ok(None);
    }
    check(&windows, own.as_ref())?;
    let is_group_window = own.as_ref().is_some_and(|own| own.function.is_group_window);
    let (input, over) = match own {
        Some(own) => {
            let places = own.columns.clone();
            values = values.iter().map(|value| value.shift(&|c| places[c].unwrap_or(c))).collect();
            let time = (windows.attribute == TimeAttribute::Rowtime).then_some(own.time);
            (super::choose(&own.rel)?, WindowsOver::Time(time))
        }
        None => {
            let first = |columns: &BTreeSet<usize>| {
                let keys = aggregate.keys.iter().filter_map(Scalar::as_column);
                keys.into_iter().find(|key| columns.contains(key)).unwrap_or_default()
            };
            let (start, end) = (first(&windows.start), first(&windows.end));
            (super::choose(input)?, WindowsOver::Window { start, end })
        }
    };
    let (mut input, positions) = with_key_columns(input, values);
    // A session's start is not told by its end.
    let mut start_key = None;
    if is_session && let WindowsOver::Window { start, .. } = over {
        start_key = Some(start);
    }
    input.columns.iter_mut().for_each(|column| column.is_json = false);
    let mut positions = positions.into_iter();
    let mut key_columns: Vec<usize> = positions.by_ref().take(keys.len()).collect();
    let mut calls = Vec::with_capacity(aggregate.calls.len());
    for call in &aggregate.calls {
        let arguments = positions.by_ref().take(call.arguments.len()).collect();
        let filter = call.filter.as_ref().and_then(|_| positions.next());
        calls.push(plan_call(call, arguments, filter).map_err(|why| why.0)?);
    }
    key_columns.extend(start_key);
    let properties = properties(&windows, is_group_window);
    let columns = columns(&input, &key_columns, &rel.columns[aggregate.keys.len()..], &properties, &windows);
    // The keys of the relation, then its calls, of what the operator gives.
    let key_count = key_columns.len();
    let behind = key_count + calls.len();
    let mut others = 0..keys.len();
    let mut order = Vec::with_capacity(rel.columns.len());
    for key in &aggregate.keys {
        let bound = key.as_column().filter(|column| bounds.contains(column));
        let property = bound.map(|column| property_of(&windows, column, is_group_window));
        order.push(match property {
            Some(WindowProperty::Start) if start_key.is_some() => key_count - 1,
            Some(wanted) => behind + properties.iter().position(|p| *p == wanted).unwrap_or_default(),
            None => others.next().unwrap_or_default(),
        });
    }
    order.extend(key_count..behind);
    let op = NodeOp::WindowAggregate(WindowAggregate {
        windows,
        over,
        keys: key_columns,
        calls,
        properties,
        is_group_window,
        input_updates: true,
    });
    let node = Node::new(op, vec![input], columns);
    let references = node.references();
    let project = order.into_iter().map(|column| references[column].clone()).collect();
    Ok(Some(calc::projection(node, project, rel.columns.clone())))
}

/// What Flink refuses of windows that are aggregated (`SliceAssigners`): an offset beyond the size of TUMBLE, not of others.
fn check(windows: &Windows, own: Option<&Below>) -> Result<(), PlanError> {
    if own.is_some_and(|own| own.function.is_group_window) {
        return Ok(());
    }
    match windows.spec.shape {
        WindowShape::Hop { slide, size } if size % slide != 0 => Err(PlanError::new(format!(
            "Slicing Hopping Window requires size must be an integral multiple of slide, but got size {size}ms and slide \
             {slide}ms."
        ))
        .about("HOP")),
        WindowShape::Tumble { size } if windows.spec.offset.saturating_abs() >= size => {
            Err(PlanError::new(format!(
                "Tumbling Window parameters must satisfy abs(offset) < size, but got size {size}ms and offset {}ms.",
                windows.spec.offset
            ))
            .about("TUMBLE"))
        }
        _ => Ok(()),
    }
}

/// What the operator tells of its windows; pruning leaves what is read.
fn properties(windows: &Windows, is_group_window: bool) -> Vec<WindowProperty> {
    let time = match windows.attribute {
        TimeAttribute::Rowtime => WindowProperty::Rowtime,
        TimeAttribute::Proctime => WindowProperty::Proctime,
    };
    let mut properties = vec![WindowProperty::Start, WindowProperty::End, time];
    if is_group_window && time == WindowProperty::Rowtime {
        properties.push(WindowProperty::Proctime);
    }
    properties
}

/// What a column of windows is.
fn property_of(windows: &Windows, column: usize, is_group_window: bool) -> WindowProperty {
    if windows.start.contains(&column) {
        return WindowProperty::Start;
    }
    if windows.end.contains(&column) {
        return WindowProperty::End;
    }
    let is_last = windows.time.last() == Some(&column);
    match windows.attribute {
        TimeAttribute::Rowtime if !(is_group_window && is_last) => WindowProperty::Rowtime,
        _ => WindowProperty::Proctime,
    }
}

fn columns(
    input: &Node,
    keys: &[usize],
    calls: &[RelColumn],
    properties: &[WindowProperty],
    windows: &Windows,
) -> Vec<RelColumn> {
    let mut columns: Vec<RelColumn> =
        keys.iter().map(|key| RelColumn { time: None, ..input.columns[*key].clone() }).collect();
    columns.extend(calls.iter().cloned());
    let attribute_type = match windows.zone {
        Some(_) => LogicalType::TimestampLtz(3),
        None => LogicalType::Timestamp(3),
    };
    columns.extend(properties.iter().map(|property| match property {
        WindowProperty::Start => plain("window_start", LogicalType::Timestamp(3), false),
        WindowProperty::End => plain("window_end", LogicalType::Timestamp(3), false),
        WindowProperty::Rowtime => RelColumn {
            time: Some(TimeAttribute::Rowtime),
            ..plain("window_time", attribute_type.clone(), false)
        },
        WindowProperty::Proctime => RelColumn {
            time: Some(TimeAttribute::Proctime),
            ..plain("window_proctime", LogicalType::TimestampLtz(3), false)
        },
    }));
    columns
}

/// What stands below a window table function, with all that stood above it but the windows.
struct Below {
    rel: Rel,
    /// Where each column of the relation with windows is; none for those of the windows.
    columns: Vec<Option<usize>>,
    time: usize,
    function: WindowTableFunction,
    /// Where the columns of the function's input are.
    of_input: Vec<Option<usize>>,
}

impl Below {
    /// The column of the relation with windows that holds a column of the function's input.
    fn above(&self, column: usize) -> Option<usize> {
        let here = self.of_input[column]?;
        self.columns.iter().position(|place| *place == Some(here))
    }

    /// An expression over the relation with windows, over the one without; none where it reads windows.
    fn moved(&self, scalar: &Scalar) -> Option<Scalar> {
        let is_free = scalar.columns().iter().all(|column| self.columns[*column].is_some());
        is_free.then(|| scalar.shift(&|column| self.columns[column].unwrap_or(column)))
    }

    /// Whether an expression is a column of the windows.
    fn is_window(&self, scalar: &Scalar) -> bool {
        scalar.as_column().is_some_and(|column| self.columns[column].is_none())
    }
}

/// The relation without its windows, where nothing on the way computes with them.
fn pull_up(rel: &Rel) -> Option<Below> {
    match &rel.op {
        Op::WindowTableFunction(function) => {
            let input = &rel.inputs[0];
            let own: Vec<Option<usize>> = (0..input.columns.len()).map(Some).collect();
            let mut columns = own.clone();
            columns.resize(rel.columns.len(), None);
            Some(Below {
                rel: Rel::clone(input),
                columns,
                time: function.time,
                function: function.clone(),
                of_input: own,
            })
        }
        // Also below sessions, as Flink's rule does: rows that are not wanted do not join them then.
        Op::Filter(condition) => {
            let below = pull_up(&rel.inputs[0])?;
            let condition = below.moved(condition)?;
            Some(Below { rel: Relation::filter(Rel::clone(&below.rel), condition), ..below })
        }
        Op::Project(project) => {
            let below = pull_up(&rel.inputs[0])?;
            let lists = [project.clone()];
            let Projected { mut lists, names, columns, time, of_input, .. } = projected(&below, &lists, rel)?;
            let rel = Relation::project(below.rel, lists.swap_remove(0), names);
            Some(Below { rel, columns, time, of_input, function: below.function })
        }
        Op::Expand(lists) => {
            let below = pull_up(&rel.inputs[0])?;
            let Projected { lists, facts, columns, time, of_input, .. } = projected(&below, lists, rel)?;
            let rel = Relation::new(Op::Expand(lists), vec![below.rel], facts);
            Some(Below { rel, columns, time, of_input, function: below.function })
        }
        _ => None,
    }
}

/// Lists of expressions without the columns of windows, with the time behind them.
struct Projected {
    lists: Vec<Vec<Scalar>>,
    names: Vec<String>,
    facts: Vec<RelColumn>,
    columns: Vec<Option<usize>>,
    time: usize,
    of_input: Vec<Option<usize>>,
}

fn projected(below: &Below, lists: &[Vec<Scalar>], rel: &Rel) -> Option<Projected> {
    let mut out = Projected {
        lists: vec![Vec::new(); lists.len()],
        names: Vec::new(),
        facts: Vec::new(),
        columns: Vec::new(),
        time: 0,
        of_input: Vec::new(),
    };
    for (place, column) in rel.columns.iter().enumerate() {
        let first = &lists[0][place];
        if below.is_window(first) && lists.iter().all(|list| list[place].as_column() == first.as_column()) {
            out.columns.push(None);
            continue;
        }
        for (list, new) in lists.iter().zip(&mut out.lists) {
            new.push(below.moved(&list[place])?);
        }
        out.columns.push(Some(out.names.len()));
        out.names.push(column.name.clone());
        out.facts.push(column.clone());
    }
    let place_of = |out: &Projected, column: usize| {
        (0..out.names.len()).find(|at| out.lists.iter().all(|list| list[*at].as_column() == Some(column)))
    };
    out.time = match place_of(&out, below.time) {
        Some(place) => place,
        None => {
            let time = &below.rel.columns[below.time];
            let scalar = Scalar::column(below.time, time.logical_type.clone(), time.nullable);
            out.lists.iter_mut().for_each(|list| list.push(scalar.clone()));
            out.names.push(time.name.clone());
            out.facts.push(time.clone());
            out.names.len() - 1
        }
    };
    out.of_input = below.of_input.iter().map(|column| column.and_then(|c| place_of(&out, c))).collect();
    Some(out)
}

impl WindowAggregate {
    fn plan_node(&self) -> streamsql_plan::WindowAggregate {
        streamsql_plan::WindowAggregate {
            windowing: self.windows.windowing(),
            over: self.over,
            keys: self.keys.clone(),
            calls: self.calls.clone(),
            properties: self.properties.clone(),
            is_group_window: self.is_group_window,
            input_updates: self.input_updates,
        }
    }

    /// Columns of the input that say in which windows a row is.
    fn time_columns(&self) -> Vec<usize> {
        match self.over {
            WindowsOver::Time(time) => time.into_iter().collect(),
            WindowsOver::Window { start, end } => vec![start, end],
        }
    }
}

impl Rules for WindowAggregate {
    fn name(&self) -> &'static str {
        if self.is_group_window { "GroupWindowAggregate" } else { "WindowAggregate" }
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let column = |column: &usize| text(&Scalar::column(*column, LogicalType::Timestamp(3), true));
        let keys: Vec<String> = self.keys.iter().map(column).collect();
        let times: Vec<String> = self.time_columns().iter().map(column).collect();
        let over = match self.over {
            WindowsOver::Time(_) => format!("time_col=[{}]", times.join(", ")),
            WindowsOver::Window { .. } => format!("win_start=[{}], win_end=[{}]", times[0], times[1]),
        };
        let call = |call: &PlanCall| {
            let distinct = if call.distinct { "DISTINCT " } else { "" };
            let filter = call.filter.map_or(String::new(), |filter| format!(" FILTER {}", column(&filter)));
            let arguments: Vec<String> = call.arguments.iter().map(column).collect();
            format!("{}({distinct}{}){filter}", call.function.name(), arguments.join(", "))
        };
        let calls: Vec<String> = self.calls.iter().map(call).collect();
        let windows = self.windows.spec.describe(&over);
        format!("groupBy=[{}], window=[{windows}], select=[{}]", keys.join(", "), calls.join(", "))
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        if inputs[0] != Kinds::INSERT && !self.is_group_window {
            return Err(PlanError::new(
                "WindowAggregate doesn't support consuming update and delete changes, which its input makes",
            )
            .hint("GROUP BY TUMBLE(…), a group window, takes them"));
        }
        if inputs[0] != Kinds::INSERT {
            check_takes_back(&self.calls, "its input makes updates")?;
        }
        Ok(Kinds::INSERT)
    }

    fn needs_update_before(&self, _makes: bool) -> bool {
        true
    }

    fn settle_inputs(&mut self, inputs: &[ChangelogMode]) {
        self.input_updates = !inputs[0].is_insert_only();
    }

    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        let behind = self.keys.len() + self.calls.len();
        let place = |wanted| self.properties.iter().position(|property| *property == wanted);
        let with = |property: Option<usize>| {
            property.map(|place| (0..self.keys.len()).chain([behind + place]).collect::<Vec<usize>>())
        };
        let start = match self.windows.spec.shape {
            WindowShape::Cumulate { .. } => None,
            _ => place(WindowProperty::Start),
        };
        [start, place(WindowProperty::End), place(WindowProperty::Rowtime)]
            .into_iter()
            .filter_map(with)
            .collect()
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let (width, behind) = (self.keys.len(), self.keys.len() + self.calls.len());
        // The keys stay: rows of the output are told apart by them.
        let keep: Vec<usize> =
            (0..node.columns.len()).filter(|column| *column < width || required.contains(column)).collect();
        let calls: Vec<&PlanCall> = keep
            .iter()
            .filter(|column| (width..behind).contains(*column))
            .map(|column| &self.calls[column - width])
            .collect();
        let mut needed: BTreeSet<usize> = self.keys.iter().copied().chain(self.time_columns()).collect();
        for call in &calls {
            needed.extend(call.arguments.iter().chain(&call.filter));
        }
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let at = |column: usize| map[column].unwrap_or(column);
        let moved = |call: &PlanCall| PlanCall {
            arguments: call.arguments.iter().map(|column| at(*column)).collect(),
            filter: call.filter.map(at),
            ..call.clone()
        };
        let properties = keep.iter().filter(|column| **column >= behind).map(|c| self.properties[c - behind]);
        let op = NodeOp::WindowAggregate(Self {
            over: match self.over {
                WindowsOver::Time(time) => WindowsOver::Time(time.map(at)),
                WindowsOver::Window { start, end } => WindowsOver::Window { start: at(start), end: at(end) },
            },
            keys: self.keys.iter().map(|key| at(*key)).collect(),
            calls: calls.into_iter().map(moved).collect(),
            properties: properties.collect(),
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
        let enabled =
            |key: &str| emitter.settings.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let fires = ["table.exec.emit.early-fire.enabled", "table.exec.emit.late-fire.enabled"];
        if let Some(key) = fires.into_iter().find(|key| enabled(key)) {
            return Err(PlanError::new(format!(
                "windows are given once, when they are complete: {key} is not supported"
            ))
            .hint("window table functions do not take it in Flink either; leave the setting out"));
        }
        Ok(NodeKind::WindowAggregate(self.plan_node()))
    }

    fn state(&self, node: &Node, _settings: &Settings) -> Vec<StateTable> {
        let input = node.inputs[0].schema();
        let own = key_names(&node.inputs[0].columns, &self.keys);
        let keys = if own.is_empty() { "all rows".to_owned() } else { own };
        let delay_ms = self.windows.spec.size();
        let mut tables = Vec::new();
        let plan = self.plan_node();
        for table in plan.tables(&input) {
            let holds = match &table.serves {
                AggregateTableUse::Accumulators if plan.is_session() => {
                    format!("({keys}) -> accumulators by session")
                }
                AggregateTableUse::Accumulators => format!("(window, {keys}) -> accumulators"),
                AggregateTableUse::Progress if !plan.shares_slices() => continue,
                AggregateTableUse::Progress => "how far windows were given".to_owned(),
                AggregateTableUse::Distinct(_) => {
                    format!("({keys}, window) -> distinct values with their number")
                }
                AggregateTableUse::Values(calls) => {
                    format!("({keys}, window) -> values of {}", PlanCall::names(calls, &self.calls))
                }
            };
            let retention = match table.serves {
                AggregateTableUse::Progress => StateRetention::Forever,
                _ => StateRetention::Watermark { delay_ms },
            };
            tables.push(StateTable { name: table.name, holds, retention });
        }
        tables
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }
}
