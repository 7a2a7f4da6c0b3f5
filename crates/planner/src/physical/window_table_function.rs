//! WindowTableFunction: every row once for each of its windows (Flink `StreamExecWindowTableFunction`). Where a window
//! aggregate reads it, that finds the windows itself.

use std::collections::BTreeSet;

use streamsql_plan::{NodeKind, TimeAttribute, WindowProperty, WindowShape};

use super::{Node, NodeOp, Rules, WhyNot};
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

/// # Errors
/// Sessions are found by the aggregate that reads them.
pub fn choose(input: Node, function: &Function, columns: &[RelColumn]) -> Result<Node, WhyNot> {
    if matches!(function.spec.shape, WindowShape::Session { .. }) {
        return Err(WhyNot(
            PlanError::new(
                "SESSION needs a GROUP BY of window_start, window_end and the columns of its PARTITION BY",
            )
            .about("SESSION"),
        ));
    }
    let time = match function.attribute {
        TimeAttribute::Rowtime => WindowProperty::Rowtime,
        TimeAttribute::Proctime => WindowProperty::Proctime,
    };
    let mut properties = vec![WindowProperty::Start, WindowProperty::End, time];
    if function.is_group_window {
        properties.push(WindowProperty::Proctime);
    }
    let op = NodeOp::WindowTableFunction(WindowTableFunction { function: function.clone(), properties });
    Ok(Node::new(op, vec![input], columns.to_vec()))
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
        let (input, map) = prune(&node.inputs[0], &needed)?;
        // All columns of the input stay, in its order.
        let mut keep: Vec<usize> = (0..width).filter(|column| map[*column].is_some()).collect();
        keep.sort_by_key(|column| map[*column]);
        let properties: Vec<usize> = required.iter().copied().filter(|column| *column >= width).collect();
        let op = NodeOp::WindowTableFunction(Self {
            function: Function {
                time: map[self.function.time].unwrap_or(self.function.time),
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

    fn passes(&self, node: &Node, _port: usize, column: usize) -> Option<usize> {
        (column < node.inputs[0].columns.len()).then_some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let Function { spec, attribute, zone, time, .. } = self.function;
        Ok(NodeKind::WindowTableFunction(streamsql_plan::WindowTableFunction {
            windowing: windowing(spec, attribute, zone),
            time,
            properties: self.properties.clone(),
        }))
    }

    fn identity(&self) -> Option<String> {
        let Function { spec, attribute, zone, time, .. } = &self.function;
        Some(format!("{spec:?} {attribute:?} {zone:?} {time} {:?}", self.properties))
    }
}
