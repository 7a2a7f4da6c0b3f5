//! What the manifest says of a plan.

use std::sync::Arc;

use streamsql_core::{KeyGroupRange, Result, Schema};
use streamsql_plan::explain::describe;
use streamsql_plan::{Dataflow, Identity, NodeId, NodeKind, identities};
use streamsql_state::manifest::{StoredNode, StoredPlan, StoredSource, StoredTable};

use crate::job::Constructors;

/// A plan as its state's manifest names it. Operators are made for their tables' layouts; nothing outside is contacted.
///
/// # Errors
/// What making an operator says.
pub fn record(dataflow: &Dataflow, constructors: &Arc<dyn Constructors>) -> Result<StoredPlan> {
    let nodes = dataflow.ids().zip(identities(dataflow)).map(|(id, identity)| {
        let node = dataflow.node(id);
        Ok(StoredNode {
            address: identity.address.to_string(),
            definition: format!("{:016x}", identity.definition),
            kind: node.kind.name().to_owned(),
            shown: describe(dataflow, id),
            place: node.location.as_ref().map(ToString::to_string),
            inputs: node.inputs.iter().map(|input| input.node.0).collect(),
            tables: tables(dataflow, id, constructors)?,
            source: source(&node.kind, identity),
        })
    });
    Ok(StoredPlan { nodes: nodes.collect::<Result<_>>()? })
}

fn source(kind: &NodeKind, identity: Identity) -> Option<StoredSource> {
    let source = identity.source?;
    let name = match kind {
        NodeKind::TableSourceScan(scan) => scan.table.name.clone(),
        other => other.name().to_owned(),
    };
    Some(StoredSource {
        address: source.address.to_string(),
        watermark: format!("{:016x}", source.watermark),
        is_table: source.is_table,
        name,
    })
}

fn tables(dataflow: &Dataflow, id: NodeId, constructors: &Arc<dyn Constructors>) -> Result<Vec<StoredTable>> {
    let node = dataflow.node(id);
    let keeps_nothing = matches!(
        node.kind,
        NodeKind::TableSourceScan(_) | NodeKind::Values(_) | NodeKind::Collect(_) | NodeKind::LookupJoin(_)
    );
    if keeps_nothing {
        return Ok(Vec::new());
    }
    let inputs: Vec<&Schema> = node.inputs.iter().map(|input| &dataflow.node(input.node).schema).collect();
    let mut operator = constructors.operator(node, &inputs, KeyGroupRange::of_shard(0, 1))?;
    let table = |table: &mut dyn streamsql_core::StateTable| StoredTable {
        name: table.name().to_owned(),
        layout: format!("{:016x}", table.layout()),
    };
    Ok(operator.tables().into_iter().map(table).collect())
}
