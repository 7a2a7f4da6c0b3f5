//! `table.optimizer.non-deterministic-update.strategy` = `TRY_RESOLVE` (Flink `StreamNonDeterministicUpdatePlanVisitor`): no
//! value that may be another one at a second look is taken back where it has to be the same.
//!
//! From the sink down: which columns must be the same in a row and in what takes it back. A sink with a primary key asks
//! it of the key, one without of all columns; an operator that finds what it keeps by whole rows asks it of these.

use std::collections::BTreeSet;

use streamsql_sql::settings::Settings;

use super::Kinds;
use crate::error::PlanError;
use crate::physical::{Node, NodeOp};
use crate::properties::upsert_keys;

const STRATEGY: &str = "table.optimizer.non-deterministic-update.strategy";

/// Refuses plans whose updates may miss the rows that they are for, where the setting asks for it.
///
/// # Errors
/// The expression or table that is to blame.
pub fn check(root: &Node, settings: &Settings) -> Result<(), PlanError> {
    match settings.word(STRATEGY).as_str() {
        "TRY_RESOLVE" => visit(root, &BTreeSet::new()),
        _ => Ok(()),
    }
}

/// `required` are the columns of the node that must not change between two looks at a row.
fn visit(node: &Node, required: &BTreeSet<usize>) -> Result<(), PlanError> {
    let below = needs(node, required)?;
    for (port, input) in node.inputs.iter().enumerate() {
        // Rows that nobody takes back need not be found again.
        let none = BTreeSet::new();
        let is_final = Kinds::of(input.mode) == Kinds::INSERT;
        visit(input, if is_final { &none } else { below.get(port).unwrap_or(&none) })?;
    }
    Ok(())
}

/// The columns of each input that must not change.
fn needs(node: &Node, required: &BTreeSet<usize>) -> Result<Vec<BTreeSet<usize>>, PlanError> {
    let all = |port: usize| (0..node.inputs[port].columns.len()).collect::<BTreeSet<usize>>();
    let updated = |port: usize| Kinds::of(node.inputs[port].mode) != Kinds::INSERT;
    Ok(match &node.op {
        NodeOp::Sink(sink) if sink.key.is_empty() => vec![all(0)],
        NodeOp::Sink(sink) => vec![sink.key.iter().copied().collect()],
        NodeOp::Collect(_) => vec![all(0)],
        NodeOp::Calc(_) if required.is_empty() || !updated(0) => vec![BTreeSet::new()],
        NodeOp::Calc(calc) => {
            let mut read = BTreeSet::new();
            let projected = required.iter().filter_map(|column| calc.project.get(*column));
            for scalar in projected.chain(&calc.condition) {
                if !scalar.is_deterministic() {
                    let name = |index: usize| node.inputs[0].columns[index].name.clone();
                    return Err(changes(&format!("{} gives", scalar.text(&name))));
                }
                scalar.collect_columns(&mut read);
            }
            vec![read]
        }
        NodeOp::LookupJoin(join) => {
            let width = node.inputs[0].columns.len();
            if updated(0) && !required.is_empty() {
                if let Some(column) = required.iter().find(|column| **column >= width) {
                    let column = node.columns.get(*column).map_or("", |column| column.name.as_str());
                    return Err(changes(&format!("column {column}, looked up in {}, has", join.table.name)));
                }
                let mut read: BTreeSet<usize> = required.clone();
                join.keys.iter().for_each(|(_, value)| value.collect_columns(&mut read));
                read.retain(|column| *column < width);
                vec![read]
            } else {
                vec![BTreeSet::new()]
            }
        }
        NodeOp::Join(_) => {
            // Rows of a side with a key are found by it, and go out again as they came in.
            let width = node.inputs[0].columns.len();
            let side = |port: usize, at: usize| match upsert_keys(&node.inputs[port]).first() {
                Some(key) => {
                    let own = required.iter().filter_map(|column| column.checked_sub(at));
                    let own = own.filter(|column| *column < node.inputs[port].columns.len());
                    key.iter().copied().chain(own).collect()
                }
                None => all(port),
            };
            vec![side(0, 0), side(1, width)]
        }
        NodeOp::Union(_) => node.inputs.iter().map(|_| required.clone()).collect(),
        NodeOp::ConstraintEnforcer(_) => vec![required.clone()],
        _ => (0..node.inputs.len()).map(all).collect(),
    })
}

fn changes(what: &str) -> PlanError {
    PlanError::new(format!(
        "{what} another value when a row is looked at again, so an update or delete may miss the row that it is for \
         ({STRATEGY} = TRY_RESOLVE)"
    ))
    .hint("compute it before rows are updated (below the aggregate or join), leave it out of what is written, or set IGNORE")
}
