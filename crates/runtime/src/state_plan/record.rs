//! What the manifest says of a plan.

use std::sync::Arc;

use streamsql_core::{Column, KeyGroupRange, Result, Schema};
use streamsql_plan::explain::describe;
use streamsql_plan::{Dataflow, Identity, Lineage, Node, NodeId, NodeKind, identities, lineages};
use streamsql_state::manifest::{StoredNode, StoredPlan, StoredSource, StoredTable};
use streamsql_state::tables::StoredRows;

use crate::job::Constructors;

/// A plan as its state's manifest names it. Operators are made for their tables' layouts; nothing outside is contacted.
///
/// # Errors
/// What making an operator says.
pub fn record(dataflow: &Dataflow, constructors: &Arc<dyn Constructors>) -> Result<StoredPlan> {
    let lineages = lineages(dataflow);
    let nodes = dataflow.ids().zip(identities(dataflow)).map(|(id, identity)| {
        let node = dataflow.node(id);
        Ok(StoredNode {
            address: identity.address.to_string(),
            definition: format!("{:016x}", identity.definition),
            lineage: format!("{:016x}", lineages[id.0].rows),
            kind: node.kind.name().to_owned(),
            shown: describe(dataflow, id),
            place: node.location.as_ref().map(ToString::to_string),
            inputs: node.inputs.iter().map(|input| input.node.0).collect(),
            tables: tables(dataflow, id, &lineages, constructors)?,
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

fn tables(
    dataflow: &Dataflow,
    id: NodeId,
    lineages: &[Lineage],
    constructors: &Arc<dyn Constructors>,
) -> Result<Vec<StoredTable>> {
    let node = dataflow.node(id);
    let keeps_nothing = match &node.kind {
        NodeKind::TableSourceScan(_) | NodeKind::Values(_) | NodeKind::Collect(_) => true,
        NodeKind::LookupJoin(join) => join.kept.is_none(),
        _ => false,
    };
    if keeps_nothing {
        return Ok(Vec::new());
    }
    // An operator over columns that are named by where they come from declares tables of such columns.
    let inputs: Vec<Schema> = node
        .inputs
        .iter()
        .map(|input| by_origin(dataflow.node(input.node), &lineages[input.node.0]))
        .collect();
    let named = Node { schema: by_origin(node, &lineages[id.0]), ..node.clone() };
    let inputs: Vec<&Schema> = inputs.iter().collect();
    let mut operator = constructors.operator(&named, &inputs, KeyGroupRange::of_shard(0, 1))?;
    let table = |table: &mut dyn streamsql_core::StateTable| {
        Ok(StoredTable {
            name: table.name().to_owned(),
            layout: format!("{:016x}", table.layout()),
            rows: Some(StoredRows::of(&table.declared())?),
        })
    };
    operator.tables().into_iter().map(table).collect()
}

/// The columns of a node's output, named by where they come from.
fn by_origin(node: &Node, lineage: &Lineage) -> Schema {
    let named =
        |(column, origin): (&Column, &u64)| Column { name: format!("{origin:016x}"), ..column.clone() };
    Schema::new(node.schema.columns.iter().zip(&lineage.columns).map(named).collect())
}
