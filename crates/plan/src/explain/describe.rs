//! One node in Flink's words: `Name(attribute=[value], ...)`.

use streamsql_core::Schema;

use crate::nodes::Names;
use crate::{Dataflow, Exchange, NodeId, NodeKind};

/// `Name(attributes)` of a node. Option values never appear, so neither do secrets.
pub fn describe(dataflow: &Dataflow, id: NodeId) -> String {
    let node = dataflow.node(id);
    let inputs = || node.inputs.iter().map(|input| dataflow.node(input.node));
    let names = Names {
        inputs: inputs().map(|input| unique_names(&input.schema)).collect(),
        output: unique_names(&node.schema),
    };
    let operator = node.kind.operator();
    let mut attributes = operator.attributes(&names);
    if inputs().any(|input| matches!(input.kind, NodeKind::SinkMaterializer(_))) {
        attributes.push(("upsertMaterialize", "true".to_owned()));
    }
    let list: Vec<String> = attributes.into_iter().map(|(name, value)| format!("{name}=[{value}]")).collect();
    format!("{}({})", operator.name(), list.join(", "))
}

/// `Exchange(distribution=[...])` of an edge that moves rows between shards.
pub fn describe_exchange(exchange: &Exchange, from: &Schema) -> Option<String> {
    match exchange {
        Exchange::Forward => None,
        Exchange::Single => Some("Exchange(distribution=[single])".to_owned()),
        Exchange::Broadcast => Some("Exchange(distribution=[broadcast])".to_owned()),
        Exchange::Hash(keys) => Some(format!("Exchange(distribution=[hash[{}]])", names(from, keys))),
    }
}

/// Column names at these positions.
pub fn names(schema: &Schema, columns: &[usize]) -> String {
    let unique = unique_names(schema);
    columns.iter().filter_map(|i| unique.get(*i)).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Names of the columns, told apart by a number behind a name that was there before, as in Flink (`k`, `k0`, `k1`).
pub fn unique_names(schema: &Schema) -> Vec<String> {
    let mut unique: Vec<String> = Vec::with_capacity(schema.len());
    for column in &schema.columns {
        let mut name = column.name.clone();
        let mut number = 0;
        while unique.contains(&name) {
            name = format!("{}{number}", column.name);
            number += 1;
        }
        unique.push(name);
    }
    unique
}
