//! Addresses of nodes that do not depend on what else is in the job: an INSERT more or less changes nobody else's.
//!
//! An address is the hash of a node's sub-plan: its own fingerprint, the types of its columns, its exchanges and the
//! addresses of its inputs. Which columns a source delivers depends on all its readers; what one of them takes of it does
//! not, so a reader's columns are addressed by their names and a projection to them counts as the source itself. Equal
//! sub-plans that are not one node are told apart by a number.

use std::collections::HashMap;
use std::fmt;

use crate::fingerprint::digest;
use crate::nodes::Describe;
use crate::{Dataflow, Exchange, Node, NodeKind};

/// The hash of a sub-plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The address of every node, in the order of the nodes.
pub fn addresses(dataflow: &Dataflow) -> Vec<Address> {
    let mut hashes: Vec<u64> = Vec::with_capacity(dataflow.nodes.len());
    for node in &dataflow.nodes {
        let text = match source_of(dataflow, node) {
            Some(source) => of_reader(node, source),
            None => of_operator(node, &hashes),
        };
        hashes.push(digest(&text));
    }
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let told_apart = |hash: u64| {
        let number = seen.entry(hash).or_default();
        *number += 1;
        match *number {
            1 => Address(hash),
            number => Address(digest(&format!("{hash:016x} {number}"))),
        }
    };
    hashes.into_iter().map(told_apart).collect()
}

/// The source that a node is, or whose columns it passes.
fn source_of<'a>(dataflow: &'a Dataflow, node: &'a Node) -> Option<&'a Node> {
    match &node.kind {
        NodeKind::TableSourceScan(_) => Some(node),
        NodeKind::Calc(calc) if calc.condition.is_none() => {
            let source = dataflow.node(node.inputs.first()?.node);
            let passes = matches!(source.kind, NodeKind::TableSourceScan(_))
                && calc.project.iter().zip(&node.schema.columns).all(|(expr, column)| {
                    expr.column.is_some_and(|from| source.schema.columns[from].name == column.name)
                });
            passes.then_some(source)
        }
        _ => None,
    }
}

fn of_reader(node: &Node, source: &Node) -> String {
    let NodeKind::TableSourceScan(scan) = &source.kind else { return String::new() };
    let watermark = scan.watermark.as_ref().map_or("", |watermark| watermark.expr.text.as_str());
    // Computed columns by what they compute; others by their names.
    let column = |column: &streamsql_core::Column| {
        let computed = source.schema.columns.iter().zip(&scan.project).find(|(c, _)| c.name == column.name);
        let text = computed.map_or("", |(_, expr)| expr.text.as_str());
        format!("{}:{}={text}", column.name, column.logical_type)
    };
    let columns: Vec<String> = node.schema.columns.iter().map(column).collect();
    format!("source {} [{}] watermark={watermark}", scan.table.path, columns.join(","))
}

fn of_operator(node: &Node, hashes: &[u64]) -> String {
    let operator: &dyn Describe = node.kind.operator();
    let mut text = format!("{}{}", operator.name(), operator.fingerprint());
    for input in &node.inputs {
        text.push_str(&format!(" <{:016x}", hashes[input.node.0]));
        if let Exchange::Hash(keys) = &input.exchange {
            text.push_str(&format!(" hash{keys:?}"));
        }
    }
    let types: Vec<String> = node.schema.columns.iter().map(|c| c.logical_type.to_string()).collect();
    text.push_str(&format!(" [{}]", types.join(",")));
    text
}
