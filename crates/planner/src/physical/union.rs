//! Union: UNION ALL of inputs with equal types.

use std::collections::BTreeSet;

use streamsql_plan::NodeKind;

use super::{Node, NodeOp, Rules, WhyNot};
use crate::changelog::Kinds;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Rel, Scalar, SetKind, SetOp};
use crate::prune::{Pruned, exactly, narrowed, prune};

#[derive(Clone)]
pub struct Union;

/// # Errors
/// It is another set operation.
pub fn choose(set: &SetOp) -> Result<(), WhyNot> {
    match (set.kind, set.all) {
        (SetKind::Union, true) => Ok(()),
        (SetKind::Union, false) => Err("UNION without ALL is not supported yet".into()),
        (SetKind::Intersect, _) => Err("INTERSECT is not supported yet".into()),
        (SetKind::Except, _) => Err("EXCEPT is not supported yet".into()),
    }
}

pub fn of(inputs: Vec<Node>, rel: &Rel) -> Node {
    let mut columns = rel.columns.clone();
    for (i, column) in columns.iter_mut().enumerate() {
        let mut times = inputs.iter().map(|input| input.columns[i].time);
        let first = times.next().flatten();
        column.time = first.filter(|_| times.all(|time| time == first));
    }
    Node::new(NodeOp::Union(Union), inputs, columns)
}

impl Rules for Union {
    fn name(&self) -> &'static str {
        "Union"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        "all=[true]".to_owned()
    }

    fn kinds(&self, inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(inputs.iter().fold(Kinds::NONE, |all, kinds| all.union(*kinds)))
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let inputs = node
            .inputs
            .iter()
            .map(|input| {
                let (pruned, map) = prune(input, required)?;
                Ok(exactly(pruned, &map, required, input))
            })
            .collect::<Result<Vec<_>, PlanError>>()?;
        let keep: Vec<usize> = required.iter().copied().collect();
        Ok(narrowed(node, NodeOp::Union(Self), inputs, &keep))
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::Union)
    }

    fn identity(&self) -> Option<String> {
        Some(String::new())
    }
}
