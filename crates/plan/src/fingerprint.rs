//! What must be equal between two plans for the state of one to serve the other.
//!
//! Comments, aliases, option order and parallelism do not count; keys, bounds, types and conditions do.

use std::fmt::Write;

use crate::{Dataflow, Exchange, Expr};

/// A canonical text of the plan, one line a node. Two plans with the same text have the same state.
pub fn fingerprint(dataflow: &Dataflow) -> String {
    let mut text = String::new();
    for (id, node) in dataflow.nodes.iter().enumerate() {
        let _ = write!(text, "{id} {}", node.kind.name());
        for input in &node.inputs {
            let _ = write!(text, " <{}", input.node.0);
            if let Exchange::Hash(keys) = &input.exchange {
                let _ = write!(text, " hash{keys:?}");
            }
        }
        text.push_str(&node.kind.operator().fingerprint());
        let types: Vec<_> = node.schema.columns.iter().map(|c| c.logical_type.to_string()).collect();
        let _ = writeln!(text, " [{}]", types.join(","));
    }
    text
}

pub(crate) fn exprs(list: &[Expr]) -> String {
    list.iter().map(|e| e.canonical.as_str()).collect::<Vec<_>>().join("; ")
}

pub(crate) fn option(expr: &Option<Expr>) -> &str {
    expr.as_ref().map_or("", |e| e.canonical.as_str())
}
