//! ChangelogNormalize: the whole changelog of a source that tells the last row of each key and which keys are gone (Flink
//! `StreamExecChangelogNormalize`).

use std::collections::BTreeSet;
use std::sync::Arc;

use streamsql_plan::{NodeKind, StateTable};
use streamsql_sql::catalog::Table;
use streamsql_sql::settings::Settings;

use super::sink_materializer::retention;
use super::source::changelog_mode;
use super::{Node, NodeOp, Rules, key_names};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::Scalar;
use crate::prune::{Pruned, exactly, narrowed, prune};

const DUPLICATES: &str = "table.exec.source.cdc-events-duplicate";

#[derive(Clone)]
pub struct ChangelogNormalize {
    pub keys: Vec<usize>,
    /// Settled by the changelog pass.
    pub emit_update_before: bool,
}

/// The source itself, or behind a normalization where its changes lack the rows before.
pub fn over(source: Node, table: &Arc<Table>) -> Node {
    let mode = changelog_mode(table);
    if !mode.update_after || mode.update_before {
        return source;
    }
    let position = |name: &String| source.columns.iter().position(|column| column.name == *name);
    let keys = table.primary_key.iter().filter_map(position).collect();
    let columns = source.columns.clone();
    let op = NodeOp::ChangelogNormalize(ChangelogNormalize { keys, emit_update_before: true });
    Node::new(op, vec![source], columns)
}

/// A normalization over every source that may deliver a change twice (`table.exec.source.cdc-events-duplicate`, Flink
/// `DynamicSourceUtils.isSourceChangeEventsDuplicate`).
///
/// # Errors
/// Such a source has no primary key.
pub fn of_duplicates(node: Node, settings: &Settings) -> Result<Node, PlanError> {
    match settings.get(DUPLICATES).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        true => over_duplicates(node),
        false => Ok(node),
    }
}

fn over_duplicates(mut node: Node) -> Result<Node, PlanError> {
    let inputs = std::mem::take(&mut node.inputs).into_iter();
    node.inputs = inputs.map(over_duplicates).collect::<Result<_, _>>()?;
    let NodeOp::Source(source) = &node.op else { return Ok(node) };
    if !changelog_mode(&source.table).update_before {
        return Ok(node);
    }
    let keys = node.op.rules().upsert_keys(&[]);
    let Some(keys) = keys.into_iter().next() else {
        let name = &source.table.name;
        return Err(PlanError::new(format!(
            "'{DUPLICATES}' = 'true' needs a primary key of every changelog that is read, and table '{name}' has none"
        ))
        .hint(format!("declare PRIMARY KEY (…) NOT ENFORCED on {name}")));
    };
    let columns = node.columns.clone();
    let op = NodeOp::ChangelogNormalize(ChangelogNormalize { keys, emit_update_before: true });
    Ok(Node::new(op, vec![node], columns))
}

impl Rules for ChangelogNormalize {
    fn name(&self) -> &'static str {
        "ChangelogNormalize"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("key=[{:?}]", self.keys)
    }

    fn kinds(&self, _inputs: &[Kinds]) -> Result<Kinds, PlanError> {
        Ok(Kinds::ALL)
    }

    fn settle_update_before(&mut self, needed: bool, _inputs: &[Node]) -> bool {
        self.emit_update_before = needed;
        needed
    }

    fn makes_updates(&self) -> bool {
        true
    }

    fn needs_update_before(&self, _makes: bool) -> bool {
        false
    }

    fn upsert_keys(&self, _inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        vec![self.keys.clone()]
    }

    fn prune(&self, node: &Node, required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        let mut needed = required.clone();
        needed.extend(&self.keys);
        let (input, map) = prune(&node.inputs[0], &needed)?;
        let input = exactly(input, &map, &needed, &node.inputs[0]);
        let keep: Vec<usize> = needed.iter().copied().collect();
        let position = |old: &usize| keep.iter().position(|kept| kept == old).unwrap_or(*old);
        let keys = self.keys.iter().map(position).collect();
        let op = NodeOp::ChangelogNormalize(Self { keys, ..self.clone() });
        Ok(narrowed(node, op, vec![input], &keep))
    }

    fn distribution(&self, _port: usize) -> Distribution {
        Distribution::keyed(&self.keys)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        Some(column)
    }

    fn emit(&self, _node: &Node, emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::ChangelogNormalize(streamsql_plan::ChangelogNormalize {
            keys: self.keys.clone(),
            emit_update_before: self.emit_update_before,
            ttl_ms: emitter.settings.duration_ms("table.exec.state.ttl"),
        }))
    }

    fn state(&self, node: &Node, settings: &Settings) -> Vec<StateTable> {
        let holds = format!("({}) -> one row", key_names(&node.columns, &self.keys));
        vec![StateTable { name: "rows".to_owned(), holds, retention: retention(settings) }]
    }

    fn identity(&self) -> Option<String> {
        Some(format!("{:?} {}", self.keys, self.emit_update_before))
    }
}
