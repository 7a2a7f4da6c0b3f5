//! WindowTableFunction: every row once for each of its windows (Flink `StreamExecWindowTableFunction`). Where a window
//! aggregate reads it, that finds the windows itself; sessions only where it groups by their PARTITION BY (Flink
//! `WindowUtil.validGroupKeyPartitionKey`).

use std::collections::BTreeSet;

use streamsql_plan::{NodeKind, StateRetention, StateTable, TimeAttribute, WindowProperty, WindowShape};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules, key_names};
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{RelColumn, Scalar, WindowTableFunction as Function};
use crate::properties::window::windowing;
use crate::prune::{Pruned, narrowed, prune};

#[derive(Clone)]
pub struct WindowTableFunction {
    pub function: Function,
    /// The columns behind the input's.
    pub properties: Vec<WindowProperty>,
}

pub fn of(input: Node, function: &Function, columns: &[RelColumn]) -> Node {
    let time = match function.attribute {
        TimeAttribute::Rowtime => WindowProperty::Rowtime,
        TimeAttribute::Proctime => WindowProperty::Proctime,
    };
    let mut properties = vec![WindowProperty::Start, WindowProperty::End, time];
    if function.is_group_window {
        properties.push(WindowProperty::Proctime);
    }
    let op = NodeOp::WindowTableFunction(WindowTableFunction { function: function.clone(), properties });
    Node::new(op, vec![input], columns.to_vec())
}

impl WindowTableFunction {
    /// Whether the window of a row depends on other rows.
    fn is_session(&self) -> bool {
        matches!(self.function.spec.shape, WindowShape::Session { .. })
    }
}

impl Rules for WindowTableFunction {
    fn name(&self) -> &'static str {
        "WindowTableFunction"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let time = Scalar::column(self.function.time, streamsql_core::LogicalType::Timestamp(3), true);
        format!("window=[{}]", self.function.spec.describe(&format!("time_col=[{}]", text(&time))))
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = node.inputs[0].columns.len();
        let mut needed: BTreeSet<usize> = required.iter().copied().filter(|column| *column < width).collect();
        needed.insert(self.function.time);
        needed.extend(&self.function.partition);
        let (input, map) = prune(&node.inputs[0], &needed)?;
        // All columns of the input stay, in its order.
        let mut keep: Vec<usize> = (0..width).filter(|column| map[*column].is_some()).collect();
        keep.sort_by_key(|column| map[*column]);
        let properties: Vec<usize> = required.iter().copied().filter(|column| *column >= width).collect();
        let op = NodeOp::WindowTableFunction(Self {
            function: Function {
                time: map[self.function.time].unwrap_or(self.function.time),
                partition: self.function.partition.iter().filter_map(|column| map[*column]).collect(),
                ..self.function.clone()
            },
            properties: properties.iter().map(|column| self.properties[column - width]).collect(),
        });
        keep.extend(properties);
        let columns_of_input = input.columns.clone();
        let mut pruned = narrowed(node, op, vec![input], &keep);
        for (column, of_input) in pruned.0.columns.iter_mut().zip(columns_of_input) {
            column.name = of_input.name;
        }
        Ok(pruned)
    }

    /// A row that is taken back has to be found in the session of the row that it takes back.
    fn needs_update_before(&self, makes: bool) -> bool {
        makes || self.is_session()
    }

    /// Rows of a session come in the order of their arrival.
    fn settle_order(&mut self, matters: bool) -> bool {
        matters
    }

    fn distribution(&self, _port: usize) -> Distribution {
        if self.is_session() { Distribution::keyed(&self.function.partition) } else { Distribution::Any }
    }

    fn passes(&self, node: &Node, _port: usize, column: usize) -> Option<usize> {
        (column < node.inputs[0].columns.len()).then_some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let Function { spec, attribute, zone, time, ref partition, .. } = self.function;
        Ok(NodeKind::WindowTableFunction(streamsql_plan::WindowTableFunction {
            windowing: windowing(spec, attribute, zone),
            time,
            partition: if self.is_session() { partition.clone() } else { Vec::new() },
            properties: self.properties.clone(),
        }))
    }

    fn state(&self, node: &Node, _settings: &Settings) -> Vec<StateTable> {
        if !self.is_session() {
            return Vec::new();
        }
        let keys = key_names(&node.inputs[0].columns, &self.function.partition);
        let keys = if keys.is_empty() { "all rows".to_owned() } else { keys };
        let retention = StateRetention::Watermark { delay_ms: self.function.spec.size() };
        vec![StateTable { name: "rows".to_owned(), holds: format!("({keys}) -> rows by time"), retention }]
    }

    fn identity(&self) -> Option<String> {
        let Function { spec, attribute, zone, time, partition, .. } = &self.function;
        Some(format!("{spec:?} {attribute:?} {zone:?} {time} {partition:?} {:?}", self.properties))
    }
}
