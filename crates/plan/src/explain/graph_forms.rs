//! The plan for tools: JSON, Graphviz dot, Mermaid.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::explain::describe::{describe, describe_exchange};
use crate::explain::tree::names_only;
use crate::{Address, Dataflow, NodeId, TimeAttribute};

/// `{"nodes": [{id, type, description, inputs, schema, ...}]}` in topological order.
pub fn json(dataflow: &Dataflow) -> String {
    let addresses = crate::addresses(dataflow);
    let nodes: Vec<Value> =
        dataflow.ids().zip(addresses).map(|(id, address)| node_json(dataflow, id, address)).collect();
    let value = json!({ "nodes": nodes });
    format!("{value:#}\n")
}

fn node_json(dataflow: &Dataflow, id: NodeId, address: Address) -> Value {
    let node = dataflow.node(id);
    let columns: Vec<Value> = node
        .schema
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| {
            let time = match node.time_attributes.get(i).copied().flatten() {
                Some(TimeAttribute::Rowtime) => json!("rowtime"),
                Some(TimeAttribute::Proctime) => json!("proctime"),
                None => Value::Null,
            };
            json!({
                "name": column.name,
                "type": column.logical_type.to_string(),
                "nullable": column.nullable,
                "time_attribute": time,
            })
        })
        .collect();
    let inputs: Vec<Value> = node
        .inputs
        .iter()
        .map(|input| {
            let exchange = describe_exchange(&input.exchange, &dataflow.node(input.node).schema);
            json!({ "node": input.node.0, "exchange": exchange })
        })
        .collect();
    let state: Vec<Value> = node
        .state
        .iter()
        .map(|t| json!({ "name": t.name, "holds": t.holds, "kept": t.retention.to_string() }))
        .collect();
    json!({
        "id": id.0,
        "address": address.to_string(),
        "type": node.kind.name(),
        "description": describe(dataflow, id),
        "inputs": inputs,
        "columns": columns,
        "changelog_mode": node.changelog.to_string(),
        "upsert_keys": node.upsert_keys,
        "state": state,
        "location": node.location.as_ref().map(ToString::to_string),
    })
}

/// Graphviz.
pub fn dot(dataflow: &Dataflow) -> String {
    let mut out = String::from("digraph dataflow {\n  rankdir=BT;\n  node [shape=box];\n");
    for id in dataflow.ids() {
        let label = names_only(dataflow, id).replace('"', "'");
        let _ = writeln!(out, "  n{} [label=\"{label}\"];", id.0);
    }
    for (from, to, label) in edges(dataflow) {
        let _ = writeln!(out, "  n{from} -> n{to} [label=\"{}\"];", label.replace('"', "'"));
    }
    out.push_str("}\n");
    out
}

/// Mermaid flowchart.
pub fn mermaid(dataflow: &Dataflow) -> String {
    let mut out = String::from("flowchart BT\n");
    for id in dataflow.ids() {
        let _ = writeln!(out, "  n{}[\"{}\"]", id.0, names_only(dataflow, id).replace('"', "'"));
    }
    for (from, to, label) in edges(dataflow) {
        let arrow =
            if label.is_empty() { "-->".to_owned() } else { format!("-->|\"{}\"|", label.replace('"', "'")) };
        let _ = writeln!(out, "  n{from} {arrow} n{to}");
    }
    out
}

fn edges(dataflow: &Dataflow) -> Vec<(usize, usize, String)> {
    dataflow
        .ids()
        .flat_map(|id| dataflow.node(id).inputs.iter().map(move |input| (id, input)))
        .map(|(to, input)| {
            let from = &dataflow.node(input.node).schema;
            let label = match &input.exchange {
                crate::Exchange::Hash(keys) => {
                    format!("hash[{}]", crate::explain::describe::names(from, keys))
                }
                crate::Exchange::Single => "single".to_owned(),
                crate::Exchange::Broadcast => "broadcast".to_owned(),
                crate::Exchange::Forward => String::new(),
            };
            (input.node.0, to.0, label)
        })
        .collect()
}
