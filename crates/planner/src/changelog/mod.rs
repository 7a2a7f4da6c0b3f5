//! The changes on every edge (Flink `FlinkChangelogModeInferenceProgram`), in two directions: which kinds each operator
//! makes, from the sources up; and whether an update comes with the row before it (`-U`), from the sinks down.

pub mod determinism;

use streamsql_core::ChangelogMode;
use streamsql_sql::settings::Settings;

use crate::error::PlanError;
use crate::physical::{Node, NodeOp, drop_update_before};
use crate::properties::upsert_keys;

/// The kinds of changes of an edge, without saying how an update is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    pub insert: bool,
    pub update: bool,
    pub delete: bool,
}

impl Kinds {
    pub const NONE: Self = Self { insert: false, update: false, delete: false };
    pub const INSERT: Self = Self { insert: true, update: false, delete: false };
    pub const ALL: Self = Self { insert: true, update: true, delete: true };

    pub fn of(mode: ChangelogMode) -> Self {
        Self { insert: mode.insert, update: mode.update_after, delete: mode.delete }
    }

    /// The kinds of either.
    pub fn union(self, other: Self) -> Self {
        Self {
            insert: self.insert || other.insert,
            update: self.update || other.update,
            delete: self.delete || other.delete,
        }
    }

    /// As a mode whose updates come with the row before.
    pub fn with_update_before(self) -> ChangelogMode {
        ChangelogMode {
            insert: self.insert,
            update_before: self.update,
            update_after: self.update,
            delete: self.delete,
        }
    }
}

/// Settles the changes of every operator under a sink; adds the materializer where the sink needs one.
///
/// # Errors
/// An operator or the sink does not take the changes that come.
pub fn infer(root: Node, settings: &Settings) -> Result<Node, PlanError> {
    let mut root = with_kinds(root, settings)?;
    settle(&mut root, true, false);
    Ok(root)
}

/// The kinds of changes that a node makes, before anything is settled; all where an operator below takes no such input.
pub fn kinds_of(node: &Node) -> Kinds {
    let inputs: Vec<Kinds> = node.inputs.iter().map(kinds_of).collect();
    node.op.rules().kinds(&inputs).unwrap_or(Kinds::ALL)
}

/// From the sources up: the kinds that each operator makes.
fn with_kinds(node: Node, settings: &Settings) -> Result<Node, PlanError> {
    let Node { mut op, inputs, columns, .. } = node;
    let mut inputs =
        inputs.into_iter().map(|input| with_kinds(input, settings)).collect::<Result<Vec<_>, _>>()?;
    if let NodeOp::Sink(sink) = op {
        let query = inputs.remove(0);
        let keys = upsert_keys(&query);
        let (sink, input) = sink.behind(query, &keys, settings)?;
        op = NodeOp::Sink(sink);
        inputs.push(input);
    }
    if let NodeOp::Rank(rank) = &mut op {
        rank.settle_strategy(&inputs[0]);
    }
    let kinds: Vec<Kinds> = inputs.iter().map(|input| Kinds::of(input.mode)).collect();
    let mode = op.rules().kinds(&kinds)?.with_update_before();
    Ok(Node { op, inputs, columns, mode })
}

/// From the sinks down: whether updates come with the row before, and whether the order of changes matters.
fn settle(node: &mut Node, needed: bool, ordered: bool) {
    drop_update_before::where_not_needed(node, needed);
    let rules = node.op.rules_mut();
    let makes = rules.settle_update_before(needed, &node.inputs);
    let needs: Vec<bool> =
        (0..node.inputs.len()).map(|port| rules.input_needs_update_before(port, makes)).collect();
    let own = rules.makes_updates();
    let ordered = rules.settle_order(ordered);
    node.inputs.iter_mut().zip(needs).for_each(|(input, needs)| settle(input, needs, ordered));
    let modes: Vec<ChangelogMode> = node.inputs.iter().map(|input| input.mode).collect();
    node.op.rules_mut().settle_inputs(&modes);
    let comes = node.inputs.iter().any(|input| input.mode.update_before);
    node.mode.update_before = node.mode.update_after && if own { makes } else { comes };
}
