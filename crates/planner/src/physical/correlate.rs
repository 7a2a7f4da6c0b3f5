//! Correlate: the elements of a collection column.

use std::collections::BTreeSet;

use streamsql_plan::{JoinKind, NodeKind};

use super::{Node, NodeOp, Rules, calc, join_type, only};
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{self, Columns, RelColumn, Scalar, computed_below};
use crate::prune::{Pruned, prune, split};

#[derive(Clone)]
pub struct Correlate {
    /// Column of the input.
    pub collection: usize,
    pub kind: JoinKind,
}

/// The collection becomes a column where it is none.
pub fn of(input: Node, correlate: &logical::Correlate, columns: &[RelColumn]) -> Node {
    let width = input.columns.len();
    let (input, collection) = match correlate.collection.as_column() {
        Some(column) => (input, column),
        None => {
            let mut project = input.references();
            let mut names = input.names();
            project.push(correlate.collection.clone());
            names.push("$unnest".to_owned());
            (calc::named(input, project, names), width)
        }
    };
    let computed = input.columns.len() > width;
    let mut all = computed_below(&input.columns);
    all.extend(columns[width..].iter().cloned());
    let op = NodeOp::Correlate(Correlate { collection, kind: correlate.kind });
    let unnested = Node::new(op, vec![input], all);
    if !computed {
        return unnested;
    }
    let count = unnested.columns.len();
    only(unnested, (0..count).filter(move |position| *position != width))
}

impl Rules for Correlate {
    fn name(&self) -> &'static str {
        "Correlate"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("{}, collection=[${}]", join_type(self.kind), self.collection)
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let width = node.inputs[0].columns.len();
        let (mut needed, _) = split(required, width);
        needed.insert(self.collection);
        let (input, mut map) = prune(&node.inputs[0], &needed)?;
        let new_width = input.columns.len();
        let mut columns = input.columns.clone();
        columns.extend(node.columns[width..].iter().cloned());
        let collection = map[self.collection].unwrap_or(self.collection);
        let op = NodeOp::Correlate(Self { collection, kind: self.kind });
        map.extend((0..node.columns.len() - width).map(|i| Some(new_width + i)));
        Ok((Node { op, inputs: vec![input], columns, mode: node.mode }, map))
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::Correlate(streamsql_plan::Correlate { collection: self.collection, kind: self.kind }))
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{:?} {}", self.kind, self.collection))
    }
}
