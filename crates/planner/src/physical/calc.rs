//! Calc: a filter, then a projection.

use std::collections::BTreeSet;

use streamsql_plan::NodeKind;

use super::{Node, NodeOp, Rules};
use crate::emit::{Emitter, exprs};
use crate::error::PlanError;
use crate::logical::scalar::conjunction;
use crate::logical::{Columns, RelColumn, Scalar, projected};
use crate::normalize::may_merge;
use crate::properties::{identity, upsert_keys};
use crate::prune::{Pruned, moved, narrowed, prune};

#[derive(Clone)]
pub struct Calc {
    pub condition: Option<Scalar>,
    pub project: Vec<Scalar>,
}

/// The rows for which a condition is true.
pub fn filter(input: Node, condition: Scalar) -> Node {
    let (project, columns) = (input.references(), input.columns.clone());
    let mode = input.mode;
    Node {
        mode,
        ..Node::new(NodeOp::Calc(Calc { condition: Some(condition), project }), vec![input], columns)
    }
}

/// Expressions over the input, as columns; time attributes are those that the input has kept.
pub fn projection(input: Node, project: Vec<Scalar>, mut columns: Vec<RelColumn>) -> Node {
    for (column, scalar) in columns.iter_mut().zip(&project) {
        column.time = projected(scalar, String::new(), &input.columns).time;
    }
    let mode = input.mode;
    Node { mode, ..Node::new(NodeOp::Calc(Calc { condition: None, project }), vec![input], columns) }
}

/// Expressions over the input, as columns of these names.
pub fn named(input: Node, project: Vec<Scalar>, names: Vec<String>) -> Node {
    let columns =
        project.iter().zip(names).map(|(scalar, name)| projected(scalar, name, &input.columns)).collect();
    projection(input, project, columns)
}

/// Where the input has fewer keys, at most so many are made of them.
const MOST_KEYS: usize = 16;

/// One place of each column, by the number of the choice.
fn pick(places: &[Vec<usize>], mut number: usize) -> Vec<usize> {
    let one = |places: &Vec<usize>| {
        let place = places[number % places.len()];
        number /= places.len();
        place
    };
    places.iter().map(one).collect()
}

impl Rules for Calc {
    fn name(&self) -> &'static str {
        "Calc"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let select: Vec<String> = self.project.iter().map(text).collect();
        let condition = self.condition.as_ref().map_or(String::new(), |c| format!(", where=[{}]", text(c)));
        format!("select=[{}]{condition}", select.join(", "))
    }

    /// A filter that let the old row pass may not let the new one: without `-U` the old one would stay. Conditions on the
    /// key let both pass or none.
    fn settle_update_before(&mut self, needed: bool, inputs: &[Node]) -> bool {
        let on_key = self.condition.as_ref().is_none_or(|condition| {
            let columns = condition.columns();
            inputs.iter().flat_map(upsert_keys).any(|key| columns.iter().all(|column| key.contains(column)))
        });
        needed || !on_key
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        let places = |column: &usize| -> Vec<usize> {
            let is_it = |i: &usize| self.project[*i].key_column() == Some(*column);
            (0..self.project.len()).filter(is_it).collect()
        };
        // A column that is given twice tells rows apart in either place. Every key keeps one form, however many there are.
        let keys: Vec<Vec<Vec<usize>>> =
            inputs.iter().flatten().map(|key| key.iter().map(places).collect()).collect();
        let forms = |places: &Vec<Vec<usize>>| places.iter().map(Vec::len).fold(1, usize::saturating_mul);
        let firsts = keys.iter().filter(|places| forms(places) > 0).map(|places| pick(places, 0));
        let mut all: Vec<Vec<usize>> = firsts.collect();
        let others = keys
            .iter()
            .flat_map(|places| (1..forms(places).min(MOST_KEYS)).map(move |number| pick(places, number)));
        all.extend(others.take(MOST_KEYS.saturating_sub(all.len())));
        all
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let keep: Vec<usize> = required.iter().copied().collect();
        let mut needed = BTreeSet::new();
        for scalar in keep.iter().map(|i| &self.project[*i]).chain(&self.condition) {
            scalar.collect_columns(&mut needed);
        }
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let op = NodeOp::Calc(Self {
            condition: self.condition.as_ref().map(|scalar| moved(scalar, &map)),
            project: keep.iter().map(|i| moved(&self.project[*i], &map)).collect(),
        });
        let (calc, out) = narrowed(node, op, vec![input], &keep);
        Ok((merged(calc), out))
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        self.project.iter().position(|scalar| scalar.as_column() == Some(column))
    }

    fn emit(&self, node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let schema = node.inputs[0].schema();
        Ok(NodeKind::Calc(streamsql_plan::Calc {
            condition: self.condition.as_ref().map(|c| c.to_expr(&schema)).transpose()?,
            project: exprs(&self.project, &schema)?,
        }))
    }

    fn identity(&self) -> Option<String> {
        identity::of(self.condition.iter().chain(&self.project), self.condition.is_some())
    }
}

/// Merges a Calc with a Calc below it where that evaluates nothing twice and filters before it computes.
pub fn merged(mut node: Node) -> Node {
    let NodeOp::Calc(Calc { condition, project }) = &node.op else { return node };
    let identity = condition.is_none()
        && project.len() == node.inputs[0].columns.len()
        && project.iter().enumerate().all(|(i, scalar)| scalar.as_column() == Some(i));
    let below = &node.inputs[0];
    // All inputs of a union have its types.
    let longer = matches!(below.op, NodeOp::Union(_))
        && below.columns.iter().zip(&node.columns).any(|(of, to)| of.logical_type != to.logical_type);
    if identity && !longer && !matches!(below.op, NodeOp::Source(_) | NodeOp::Values(_)) {
        let columns = std::mem::take(&mut node.columns);
        let mut input = node.inputs.remove(0);
        if let NodeOp::Calc(below) = &mut input.op {
            // A column may be read in a longer type than it has.
            for (scalar, column) in below.project.iter_mut().zip(&columns) {
                scalar.logical_type = column.logical_type.clone();
            }
        }
        input.columns = columns;
        return input;
    }
    let NodeOp::Calc(Calc { condition: inner_condition, project: inner }) = &node.inputs[0].op else {
        return node;
    };
    // The condition further in comes first: the other one is asked of the rows that it leaves.
    if !may_merge(inner, project.iter().chain(condition)) {
        return node;
    }
    let substitute = |scalar: &Scalar| scalar.replace(&|i| inner[i].clone());
    let op = NodeOp::Calc(Calc {
        project: project.iter().map(substitute).collect(),
        condition: conjunction(
            inner_condition.iter().cloned().chain(condition.iter().map(substitute)).collect(),
        ),
    });
    let inputs = std::mem::take(&mut node.inputs[0].inputs);
    merged(Node { op, inputs, ..node })
}

#[cfg(test)]
mod tests {
    use streamsql_core::LogicalType;

    use super::*;

    #[test]
    fn keys_of_columns_that_are_given_twice_again_and_again_stay_few() {
        let mut keys = vec![vec![0, 1, 2, 3]];
        let mut width = 4;
        for _ in 0..8 {
            let twice = (0..width * 2).map(|i| Scalar::column(i / 2, LogicalType::BigInt, false));
            let calc = Calc { condition: None, project: twice.collect() };
            keys = calc.upsert_keys(&[keys]);
            assert_eq!(keys.len(), MOST_KEYS);
            width *= 2;
        }
    }
}
