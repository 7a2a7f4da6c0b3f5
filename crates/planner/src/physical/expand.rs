//! Expand: every row several times, for GROUPING SETS (Flink `StreamExecExpand`).

use std::collections::BTreeSet;

use streamsql_plan::NodeKind;

use super::{Node, NodeOp, Rules};
use crate::emit::{Emitter, exprs};
use crate::error::PlanError;
use crate::logical::{RelColumn, Scalar};
use crate::properties::identity;
use crate::prune::{Pruned, moved, narrowed, prune};

#[derive(Clone)]
pub struct Expand {
    /// All output columns, once for each time.
    pub projects: Vec<Vec<Scalar>>,
}

pub fn of(input: Node, projects: &[Vec<Scalar>], columns: &[RelColumn]) -> Node {
    let op = NodeOp::Expand(Expand { projects: projects.to_vec() });
    Node::new(op, vec![input], columns.to_vec())
}

impl Rules for Expand {
    fn name(&self) -> &'static str {
        "Expand"
    }

    fn describe(&self, text: &dyn Fn(&Scalar) -> String) -> String {
        let list = |project: &Vec<Scalar>| {
            format!("{{{}}}", project.iter().map(text).collect::<Vec<_>>().join(", "))
        };
        format!("projects=[{}]", self.projects.iter().map(list).collect::<Vec<_>>().join(", "))
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let keep: Vec<usize> = required.iter().copied().collect();
        let mut needed = BTreeSet::new();
        for project in &self.projects {
            keep.iter().for_each(|column| project[*column].collect_columns(&mut needed));
        }
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let project = |project: &Vec<Scalar>| keep.iter().map(|c| moved(&project[*c], &map)).collect();
        let op = NodeOp::Expand(Self { projects: self.projects.iter().map(project).collect() });
        Ok(narrowed(node, op, vec![input], &keep))
    }

    fn emit(&self, node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let schema = node.inputs[0].schema();
        let projects = self.projects.iter().map(|project| exprs(project, &schema));
        Ok(NodeKind::Expand(streamsql_plan::Expand { projects: projects.collect::<Result<_, _>>()? }))
    }

    fn identity(&self) -> Option<String> {
        identity::of(self.projects.iter().flatten(), false)
    }
}
