//! ConstraintEnforcer: NOT NULL and lengths of a sink's columns (Flink `ConstraintEnforcer`).

use std::collections::BTreeSet;

use streamsql_core::Schema;
use streamsql_plan::{ConstraintEnforcer as Constraints, NodeKind, NotNullEnforcer};
use streamsql_sql::catalog::{Table, TableColumnKind};
use streamsql_sql::settings::Settings;

use super::{Node, NodeOp, Rules};
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{RelColumn, Scalar};
use crate::prune::{Pruned, prune_all};

#[derive(Clone)]
pub struct ConstraintEnforcer {
    pub constraints: Constraints,
}

/// The enforcer before a sink of these columns; the input itself where there is nothing to look at.
pub fn of(input: Node, table: &Table, columns: &[RelColumn], settings: &Settings) -> Node {
    let is_physical = |name: &str| {
        table.columns.iter().any(|c| c.name == name && matches!(c.kind, TableColumnKind::Physical))
    };
    let physical = || columns.iter().enumerate().filter(|(_, c)| is_physical(&c.name));
    let not_null: Vec<usize> = physical().filter(|(_, c)| !c.nullable).map(|(i, _)| i).collect();
    let trim_pad = settings.word("table.exec.sink.type-length-enforcer") == "TRIM_PAD";
    let lengths: Vec<usize> = physical()
        .filter(|(_, c)| trim_pad && Constraints::has_length(&c.logical_type))
        .map(|(i, _)| i)
        .collect();
    if not_null.is_empty() && lengths.is_empty() {
        return input;
    }
    let constraints =
        Constraints { sink: table.name.clone(), not_null, on_null: not_null_enforcer(settings), lengths };
    let op = NodeOp::ConstraintEnforcer(ConstraintEnforcer { constraints });
    Node::new(op, vec![input], columns.to_vec())
}

/// `table.exec.sink.not-null-enforcer`.
pub fn not_null_enforcer(settings: &Settings) -> NotNullEnforcer {
    match settings.word("table.exec.sink.not-null-enforcer").as_str() {
        "DROP" => NotNullEnforcer::Drop,
        _ => NotNullEnforcer::Error,
    }
}

/// The columns that a sink takes: those of its key are never NULL.
pub fn sink_columns(schema: &Schema, key: &[usize]) -> Vec<RelColumn> {
    let column = |(i, c): (usize, &streamsql_core::Column)| RelColumn {
        name: c.name.clone(),
        logical_type: c.logical_type.clone(),
        nullable: c.nullable && !key.contains(&i),
        time: None,
        is_json: false,
    };
    schema.columns.iter().enumerate().map(column).collect()
}

impl Rules for ConstraintEnforcer {
    fn name(&self) -> &'static str {
        "ConstraintEnforcer"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("notNull=[{:?}], trimPad=[{:?}]", self.constraints.not_null, self.constraints.lengths)
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        inputs[0].clone()
    }

    fn prune(&self, node: &Node, _required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        prune_all(node)
    }

    fn passes(&self, _node: &Node, _port: usize, column: usize) -> Option<usize> {
        // Cutting and padding makes another value.
        (!self.constraints.lengths.contains(&column)).then_some(column)
    }

    fn emit(&self, _node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        Ok(NodeKind::ConstraintEnforcer(self.constraints.clone()))
    }

    fn identity(&self) -> Option<String> {
        None
    }
}
