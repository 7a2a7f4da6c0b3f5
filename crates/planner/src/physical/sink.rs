//! Sink: a table that is written to (Flink `CommonExecSink`, `DynamicSinkUtils`).

use std::collections::BTreeSet;
use std::sync::Arc;

use streamsql_core::LogicalType;
use streamsql_plan::{NodeKind, SinkNode};
use streamsql_sql::catalog::Table;
use streamsql_sql::connectors::{self, Takes};
use streamsql_sql::settings::Settings;

use super::sink_materializer::{self, SinkMaterializer};
use super::{Node, NodeOp, Rules, constraint_enforcer, join_type, key_names};
use crate::changelog::Kinds;
use crate::distribute::Distribution;
use crate::emit::{Emitter, table_ref};
use crate::error::PlanError;
use crate::logical::Scalar;
use crate::prune::{Pruned, prune_all};

#[derive(Clone)]
pub struct Sink {
    pub table: Arc<Table>,
    /// Positions of the primary key.
    pub key: Vec<usize>,
    /// Whether it needs the row before an update, settled by the changelog pass.
    pub needs_update_before: bool,
    /// Columns that hold less than what the query gives, with the query's type.
    pub narrowed: Vec<(usize, LogicalType)>,
}

/// The sink behind a query with its columns, and the enforcer of its constraints.
pub fn of(query: Node, table: &Arc<Table>, narrowed: Vec<(usize, LogicalType)>, settings: &Settings) -> Node {
    let schema = table.sink_schema();
    let key: Vec<usize> = table.primary_key.iter().filter_map(|name| schema.index_of(name)).collect();
    let columns = constraint_enforcer::sink_columns(&schema, &key);
    let input = constraint_enforcer::of(query, table, &columns, settings);
    let sink = Sink { table: Arc::clone(table), key, needs_update_before: true, narrowed };
    Node::new(NodeOp::Sink(sink), vec![input], columns)
}

impl Sink {
    /// The changes that it takes.
    fn takes(&self) -> Takes {
        match connectors::writes(&self.table) {
            Some(Takes::ByKey) if self.key.is_empty() => Takes::Inserts,
            Some(takes) => takes,
            None => Takes::Inserts,
        }
    }

    /// Settles what the sink needs of changes that are not inserts only; with the materializer before it where one is
    /// needed.
    ///
    /// # Errors
    /// It does not take updates.
    pub fn behind(
        mut self,
        input: Node,
        upsert_keys: &[Vec<usize>],
        settings: &Settings,
    ) -> Result<(Self, Node), PlanError> {
        if Kinds::of(input.mode) == Kinds::INSERT {
            return Ok((self, input));
        }
        if self.takes() == Takes::Inserts {
            return Err(self.refusal(&input, upsert_keys));
        }
        let key: BTreeSet<usize> = self.key.iter().copied().collect();
        let keys: Vec<BTreeSet<usize>> = upsert_keys.iter().map(|k| k.iter().copied().collect()).collect();
        let by_key = self.key.is_empty() || keys.contains(&key);
        self.needs_update_before = self.takes() == Takes::All || !by_key;
        let materialize = !self.key.is_empty()
            && match settings.word("table.exec.sink.upsert-materialize").as_str() {
                "NONE" => false,
                "FORCE" => true,
                // Rows of one sink key come in order where the key holds all of an upsert key.
                _ => !keys.iter().any(|upsert_key| upsert_key.is_subset(&key)),
            };
        if !materialize {
            return Ok((self, input));
        }
        let materializer = SinkMaterializer {
            keys: self.key.clone(),
            upsert_key: upsert_keys.first().cloned(),
            needs_update_before: self.needs_update_before,
        };
        let mut node = sink_materializer::of(input, materializer);
        node.mode = Kinds::ALL.with_update_before();
        // The materializer's columns are the sink's own.
        let columns = constraint_enforcer::sink_columns(&self.table.sink_schema(), &self.key);
        node.columns = columns;
        Ok((self, node))
    }

    /// Names the node that makes the updates, as Flink does, and what would take them.
    fn refusal(&self, input: &Node, upsert_keys: &[Vec<usize>]) -> PlanError {
        let (name, connector) = (&self.table.name, self.table.connector());
        let kinds = Kinds::of(input.mode);
        let changes = match (kinds.update, kinds.delete) {
            (true, true) => "update and delete",
            (true, false) => "update",
            _ => "delete",
        };
        let refusal = PlanError::new(format!(
            "table sink '{}' takes no {changes} changes, which node {} makes",
            self.table.path(),
            named(maker_of_changes(input))
        ));
        let schema = self.table.sink_schema();
        let key = upsert_keys.iter().min_by_key(|key| key.len()).map(|key| {
            let names = key.iter().filter_map(|column| schema.columns.get(*column)).map(|c| c.name.as_str());
            names.collect::<Vec<_>>().join(", ")
        });
        let takes_by_key =
            connectors::of(&self.table).is_some_and(|connector| connector.writes == Some(Takes::ByKey));
        match (takes_by_key, key) {
            (true, Some(key)) if !key.is_empty() => refusal.hint(format!(
                "rows are told apart by {key}: declare PRIMARY KEY ({key}) NOT ENFORCED on {name}, and the same key in the database"
            )),
            (true, _) => refusal.hint(format!("declare a PRIMARY KEY (…) NOT ENFORCED on {name}")),
            _ => refusal.hint(format!(
                "connector '{connector}' only appends; 'jdbc' with a primary key takes updates, and a window, an interval join or \
                 ROW_NUMBER() … = 1 over ascending processing time makes none"
            )),
        }
    }
}

/// A node by what a user knows it by.
fn named(node: &Node) -> String {
    let keys = |keys: &[usize]| node.inputs.first().map_or(String::new(), |i| key_names(&i.columns, keys));
    match &node.op {
        NodeOp::GroupAggregate(op) => format!("GroupAggregate(groupBy=[{}])", keys(&op.keys)),
        NodeOp::Deduplicate(op) => format!("Deduplicate(key=[{}])", keys(&op.keys)),
        NodeOp::ChangelogNormalize(op) => format!("ChangelogNormalize(key=[{}])", keys(&op.keys)),
        NodeOp::Join(op) => format!("Join({})", join_type(op.kind)),
        op => op.rules().name().to_owned(),
    }
}

/// The node that a sink's updates come from: below those that only pass them on.
fn maker_of_changes(node: &Node) -> &Node {
    let passes = matches!(
        node.op,
        NodeOp::Calc(_)
            | NodeOp::Correlate(_)
            | NodeOp::Union(_)
            | NodeOp::ConstraintEnforcer(_)
            | NodeOp::LookupJoin(_)
            | NodeOp::DropUpdateBefore(_)
    );
    let changing = || node.inputs.iter().find(|input| Kinds::of(input.mode) != Kinds::INSERT);
    match passes.then(changing).flatten() {
        Some(input) => maker_of_changes(input),
        None => node,
    }
}

impl Rules for Sink {
    fn name(&self) -> &'static str {
        "Sink"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("table=[{}]", self.table.path())
    }

    fn settle_update_before(&mut self, _needed: bool, _inputs: &[Node]) -> bool {
        self.needs_update_before
    }

    fn upsert_keys(&self, inputs: &[Vec<Vec<usize>>]) -> Vec<Vec<usize>> {
        inputs[0].clone()
    }

    fn prune(&self, node: &Node, _required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        prune_all(node)
    }

    fn distribution(&self, _port: usize) -> Distribution {
        if self.key.is_empty() { Distribution::Any } else { Distribution::keyed(&self.key) }
    }

    fn emit(&self, node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let columns = node.columns.iter().map(|column| column.name.clone()).collect();
        Ok(NodeKind::Sink(SinkNode {
            table: table_ref(&self.table),
            columns,
            primary_key: self.key.clone(),
            narrowed: self.narrowed.clone(),
            metadata: self.table.sink_metadata(),
        }))
    }

    fn identity(&self) -> Option<String> {
        None
    }
}
