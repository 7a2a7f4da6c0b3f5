//! What must hold of every finished dataflow, whatever the passes did; checked in debug builds and tests.

use streamsql_plan::{Dataflow, Exchange, Node, NodeKind, RankStrategy, TimeAttribute};

use crate::error::PlanError;

/// # Errors
/// What does not hold, and of which node.
pub fn check(dataflow: &Dataflow) -> Result<(), PlanError> {
    for id in dataflow.ids() {
        let node = dataflow.node(id);
        let inputs: Vec<&Node> = node.inputs.iter().map(|input| dataflow.node(input.node)).collect();
        let wrong = |what: String| {
            Err(PlanError::new(format!("internal: node {} ({}) {what}", id.0, node.kind.name())))
        };
        if node.inputs.iter().any(|input| input.node.0 >= id.0) {
            return wrong("reads a node that does not stand before it".to_owned());
        }
        if node.time_attributes.len() != node.schema.len() {
            return wrong("tells the time of other columns than it has".to_owned());
        }
        if node.upsert_keys.iter().flatten().any(|column| *column >= node.schema.len()) {
            return wrong("has a key of columns that it has not".to_owned());
        }
        for (input, from) in node.inputs.iter().zip(&inputs) {
            if let Exchange::Hash(keys) = &input.exchange
                && keys.iter().any(|column| *column >= from.schema.len())
            {
                return wrong("is sent rows by a column that its input has not".to_owned());
            }
        }
        if let Err(what) = check_kind(node, &inputs) {
            return wrong(what);
        }
    }
    Ok(())
}

/// Types of inputs against those of the output, and the changes that each operator takes.
fn check_kind(node: &Node, inputs: &[&Node]) -> Result<(), String> {
    let width = |expected: usize| match node.schema.len() == expected {
        true => Ok(()),
        false => Err(format!("has {} columns, not {expected}", node.schema.len())),
    };
    match &node.kind {
        NodeKind::Calc(calc) => {
            width(calc.project.len())?;
            for (expr, column) in calc.project.iter().zip(&node.schema.columns) {
                if expr.logical_type != column.logical_type {
                    return Err(format!(
                        "computes {} as {}, not {}",
                        column.name, expr.logical_type, column.logical_type
                    ));
                }
            }
        }
        NodeKind::Union => {
            for input in inputs {
                let types = |node: &Node| -> Vec<_> {
                    node.schema.columns.iter().map(|c| c.logical_type.clone()).collect()
                };
                if types(input) != types(node) {
                    return Err("has inputs of unlike types".to_owned());
                }
            }
        }
        NodeKind::IntervalJoin(join) => {
            width(inputs.iter().map(|input| input.schema.len()).sum())?;
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
            for (input, time) in inputs.iter().zip([join.left_time, join.right_time]) {
                if input.time_attributes.get(time).copied().flatten().is_none() {
                    return Err("compares a column that is no time attribute".to_owned());
                }
            }
        }
        NodeKind::LookupJoin(join) => {
            width(inputs.iter().map(|input| input.schema.len()).sum::<usize>() + join.columns.len())?;
        }
        NodeKind::Deduplicate(_) => {
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
        }
        NodeKind::WindowRank(rank) => {
            width(inputs[0].schema.len() + usize::from(rank.number))?;
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
        }
        NodeKind::WindowExtremeFilter(filter) => {
            width(inputs[0].schema.len())?;
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
            if !filter.fits(&inputs[0].schema) {
                return Err("looks at columns that it cannot compare".to_owned());
            }
        }
        NodeKind::TemporalSort(_) => {
            width(inputs[0].schema.len())?;
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
        }
        NodeKind::ChangelogNormalize(_)
        | NodeKind::DropUpdateBefore
        | NodeKind::ConstraintEnforcer(_)
        | NodeKind::SinkMaterializer(_)
        | NodeKind::Sink(_)
        | NodeKind::Collect(_) => {
            width(inputs.iter().map(|input| input.schema.len()).sum())?;
        }
        NodeKind::Rank(rank) => {
            width(inputs[0].schema.len() + usize::from(rank.number))?;
            // An outer join says that it makes updates, though it deletes and inserts.
            if rank.strategy == RankStrategy::AppendFast && !inputs[0].changelog.is_insert_only() {
                return Err("takes updates".to_owned());
            }
        }
        NodeKind::Match(node) => {
            width(node.partition.len() + node.measures.len())?;
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
        }
        NodeKind::GroupAggregate(aggregate) => width(aggregate.keys.len() + aggregate.calls.len())?,
        NodeKind::WindowJoin(join) => {
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
            let inputs = if join.kind.is_left_only() { &inputs[..1] } else { inputs };
            width(inputs.iter().map(|input| input.schema.len()).sum())?;
        }
        NodeKind::OverAggregate(over) => {
            width(inputs.iter().map(|input| input.schema.len()).sum::<usize>() + over.calls.len())?;
            if inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
            if inputs[0].time_attributes.get(over.time).copied().flatten().is_none() {
                return Err("is ordered by a column that is no time attribute".to_owned());
            }
        }
        NodeKind::WindowTableFunction(window) => {
            width(inputs.iter().map(|input| input.schema.len()).sum::<usize>() + window.properties.len())?;
        }
        NodeKind::WindowAggregate(aggregate) => {
            width(aggregate.keys.len() + aggregate.calls.len() + aggregate.properties.len())?;
            if !aggregate.is_group_window && inputs.iter().any(|input| !input.changelog.is_insert_only()) {
                return Err("takes updates".to_owned());
            }
        }
        NodeKind::Join(join) => {
            let inputs = if join.kind.is_left_only() { &inputs[..1] } else { inputs };
            width(inputs.iter().map(|input| input.schema.len()).sum())?;
        }
        NodeKind::TemporalJoin(join) => {
            width(inputs.iter().map(|input| input.schema.len()).sum())?;
            for (input, time) in inputs.iter().zip([join.left_time, join.right_time]) {
                if input.time_attributes.get(time).copied().flatten() != Some(TimeAttribute::Rowtime) {
                    return Err("compares a column that is no rowtime".to_owned());
                }
            }
            if inputs[0].changelog.is_insert_only() == join.left_updates {
                return Err("was told of other changes of its left input".to_owned());
            }
        }
        NodeKind::TableSourceScan(_) | NodeKind::Expand(_) | NodeKind::Values(_) | NodeKind::Correlate(_) => {
        }
    }
    Ok(())
}
