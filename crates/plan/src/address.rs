//! Addresses of nodes that do not depend on what else is in the job: an INSERT more or less changes nobody else's.
//!
//! An address is the hash of a node's sub-plan: its own fingerprint, the types of its columns, its exchanges and the
//! addresses of its inputs. Stored state is found by it again: where two plans have a node of the same address, what the
//! one has kept is what the other would have. Which columns a source delivers depends on all its readers; what one of them
//! takes of it does not, so a reader's columns are addressed by their names and a projection to them counts as the source
//! itself. Equal sub-plans that are not one node are told apart by a number.

use std::collections::HashMap;
use std::fmt;

use streamsql_core::digest;

use crate::nodes::Describe;
use crate::source_identity::{SourceIdentity, computed_text, source_identities, watermark_text};
use crate::{Dataflow, Exchange, Node, NodeId, NodeKind};

/// The hash of a sub-plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub u64);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a node is across plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub address: Address,
    /// Hash of the operator alone, without what is below it.
    pub definition: u64,
    /// Of a source.
    pub source: Option<SourceIdentity>,
}

/// The address of every node, in the order of the nodes.
pub fn addresses(dataflow: &Dataflow) -> Vec<Address> {
    identities(dataflow).into_iter().map(|identity| identity.address).collect()
}

/// The identity of every node, in the order of the nodes.
pub fn identities(dataflow: &Dataflow) -> Vec<Identity> {
    let sources = source_identities(dataflow);
    let mut hashes: Vec<u64> = Vec::with_capacity(dataflow.nodes.len());
    let mut definitions: Vec<u64> = Vec::with_capacity(dataflow.nodes.len());
    for id in dataflow.ids() {
        let node = dataflow.node(id);
        let (own, below) = match source_of(dataflow, id) {
            Some(source) => {
                (of_reader(dataflow, node, dataflow.node(source), sources[source.0]), String::new())
            }
            None => {
                let below = node.inputs.iter().map(|input| format!(" <{:016x}", hashes[input.node.0]));
                (of_operator(dataflow, node), below.collect())
            }
        };
        definitions.push(digest(&own));
        hashes.push(digest(&(own + &below)));
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
    let addresses = hashes.into_iter().map(told_apart);
    addresses
        .zip(definitions)
        .zip(sources)
        .map(|((address, definition), source)| Identity { address, definition, source })
        .collect()
}

/// The source that a node is, or whose columns it passes.
fn source_of(dataflow: &Dataflow, id: NodeId) -> Option<NodeId> {
    let node = dataflow.node(id);
    match &node.kind {
        NodeKind::TableSourceScan(_) => Some(id),
        NodeKind::Calc(calc) if calc.condition.is_none() => {
            let input = node.inputs.first()?.node;
            let source = dataflow.node(input);
            let passes = matches!(source.kind, NodeKind::TableSourceScan(_))
                && calc.project.iter().zip(&node.schema.columns).all(|(expr, column)| {
                    expr.column.is_some_and(|from| source.schema.columns[from].name == column.name)
                });
            passes.then_some(input)
        }
        _ => None,
    }
}

fn of_reader(dataflow: &Dataflow, node: &Node, source: &Node, identity: Option<SourceIdentity>) -> String {
    let NodeKind::TableSourceScan(scan) = &source.kind else { return String::new() };
    // Computed columns by what they compute of which columns; others by their names.
    let column = |column: &streamsql_core::Column| {
        let computed = source.schema.columns.iter().position(|other| other.name == column.name);
        let text = computed.map_or_else(String::new, |output| computed_text(scan, output));
        format!("{}:{}={text}", column.name, column.logical_type)
    };
    let columns: Vec<String> = node.schema.columns.iter().map(column).collect();
    let address = identity.map_or(Address(0), |identity| identity.address);
    format!(
        "source {address} [{}] {:?} watermark={}{}",
        columns.join(","),
        source.changelog,
        watermark_text(source, scan),
        session_text(dataflow)
    )
}

/// Settings that change what expressions give, where they are not the default.
pub(crate) fn session_text(dataflow: &Dataflow) -> String {
    let defaults = [("table.local-time-zone", "UTC"), ("table.exec.legacy-cast-behaviour", "DISABLED")];
    let set = defaults.iter().filter_map(|(key, default)| {
        let value = dataflow.settings.get(*key).filter(|value| !value.eq_ignore_ascii_case(default))?;
        Some(format!(" {key}={value}"))
    });
    set.collect()
}

/// The operator without what is below it.
pub(crate) fn of_operator(dataflow: &Dataflow, node: &Node) -> String {
    let operator: &dyn Describe = node.kind.operator();
    let mut text = format!("{}{}", operator.name(), operator.fingerprint());
    for (port, input) in node.inputs.iter().enumerate() {
        if let Exchange::Hash(keys) = &input.exchange {
            text.push_str(&format!(" {port} hash{keys:?}"));
        }
    }
    let types: Vec<String> = node.schema.columns.iter().map(|c| c.logical_type.to_string()).collect();
    text.push_str(&format!(" [{}]", types.join(",")));
    if node.inputs.is_empty() {
        text.push_str(&session_text(dataflow));
    }
    text
}
