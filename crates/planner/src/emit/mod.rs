//! From operators to the dataflow: nodes with exchanges, changelog modes, keys and state.
//!
//! One source serves all readers of a table, and equal sub-plans over it are one: what two INSERTs read of one view is
//! computed once (Flink `table.optimizer.reuse-sub-plan-enabled`).

mod first_match;
mod frontier;
mod source;
mod verify;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use datafusion_sql::sqlparser::ast::Expr as SqlExpr;
use streamsql_core::Schema;
use streamsql_plan::{
    Dataflow, Exchange, Expr, Input, Location, Node as PlanNode, NodeId, NodeKind, TableRef,
};
use streamsql_sql::catalog::{ObjectPath, Table};
use streamsql_sql::connectors;
use streamsql_sql::diagnostic::Place;
use streamsql_sql::settings::Settings;

use crate::distribute::exchange;
use crate::error::PlanError;
use crate::logical::{RelColumn, Scalar};
use crate::physical::{Node, NodeOp};
use crate::properties::upsert_keys;

/// Turns computed columns and watermarks from SQL into typed expressions over given columns.
pub trait TableExpressions {
    /// # Errors
    /// Names that mean nothing, types that do not fit.
    fn typed(&self, expr: &SqlExpr, columns: &[RelColumn]) -> Result<Scalar, String>;
}

/// Builds a dataflow, statement by statement.
pub struct Emitter<'a> {
    pub settings: &'a Settings,
    /// Types computed columns and watermarks of tables.
    expressions: &'a dyn TableExpressions,
    dataflow: Dataflow,
    /// Columns of each table that any statement reads, and the source's node once it exists.
    scanned: BTreeMap<ScanKey, (BTreeSet<usize>, Option<NodeId>)>,
    /// Nodes by what they are, where sub-plans are shared.
    shared: HashMap<String, NodeId>,
    shares: bool,
}

/// A source serves all readers of a path with the same options.
type ScanKey = (ObjectPath, BTreeMap<String, String>);

fn scan_key(table: &Table) -> ScanKey {
    (table.path.clone(), table.options.clone())
}

impl<'a> Emitter<'a> {
    /// `roots` are all that will be emitted, so that one source of a table serves them all.
    pub fn new<'r>(
        settings: &'a Settings,
        expressions: &'a dyn TableExpressions,
        roots: impl IntoIterator<Item = &'r Node>,
    ) -> Self {
        let mut scanned = BTreeMap::new();
        for root in roots {
            collect_scans(root, &mut scanned);
        }
        let dataflow = Dataflow { nodes: Vec::new(), settings: settings.values().clone() };
        let shares = !settings
            .get("table.optimizer.reuse-sub-plan-enabled")
            .is_some_and(|value| value.eq_ignore_ascii_case("false"));
        Self { settings, expressions, dataflow, scanned, shared: HashMap::new(), shares }
    }

    /// The dataflow, with the rewrites that make it cheaper.
    ///
    /// # Errors
    /// Internal: a pass before this one made something that does not fit together.
    pub fn finish(mut self) -> Result<Dataflow, PlanError> {
        first_match::apply(&mut self.dataflow);
        frontier::apply(&mut self.dataflow);
        if cfg!(debug_assertions) {
            verify::check(&self.dataflow)?;
        }
        Ok(self.dataflow)
    }

    /// The nodes of a sink or of the result of a SELECT.
    ///
    /// # Errors
    /// An expression that cannot be evaluated, a setting that an operator does not take.
    pub fn emit(&mut self, node: &Node, place: &Place) -> Result<NodeId, PlanError> {
        if let NodeOp::Source(source) = &node.op {
            return self.source(node, source, place);
        }
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for (port, input) in node.inputs.iter().enumerate() {
            inputs.push(Input { node: self.emit(input, place)?, exchange: exchange(node, port) });
        }
        let identity = match node.op.rules().identity() {
            Some(own) if self.shares => Some(identity(node, &own, &inputs)),
            _ => None,
        };
        if let Some(id) = identity.as_ref().and_then(|identity| self.shared.get(identity)) {
            return Ok(*id);
        }
        let kind = node.op.rules().emit(node, self)?;
        let id = self.add(kind, inputs, node, place);
        if let Some(identity) = identity {
            self.shared.insert(identity, id);
        }
        Ok(id)
    }

    fn add(&mut self, kind: NodeKind, inputs: Vec<Input>, node: &Node, place: &Place) -> NodeId {
        self.dataflow.nodes.push(PlanNode {
            kind,
            inputs,
            schema: node.schema(),
            changelog: node.mode,
            upsert_keys: upsert_keys(node),
            time_attributes: node.columns.iter().map(|column| column.time).collect(),
            state: node.op.rules().state(node, self.settings),
            location: Some(location(place)),
        });
        NodeId(self.dataflow.nodes.len() - 1)
    }
}

fn location(place: &Place) -> Location {
    Location { file: place.file.clone(), line: place.line, column: place.column }
}

/// What must be equal for two nodes to be one: operator, inputs, and all that readers see of the output.
fn identity(node: &Node, own: &str, inputs: &[Input]) -> String {
    let mut text = format!("{} {own} {}", node.op.rules().name(), node.mode);
    for input in inputs {
        let _ = write!(text, " <{} {:?}", input.node.0, input.exchange);
    }
    for column in &node.columns {
        let null = if column.nullable { "?" } else { "" };
        let _ = write!(text, " {}:{}{null}{:?}", column.name, column.logical_type, column.time);
    }
    text
}

fn collect_scans(node: &Node, scanned: &mut BTreeMap<ScanKey, (BTreeSet<usize>, Option<NodeId>)>) {
    if let NodeOp::Source(source) = &node.op {
        scanned.entry(scan_key(&source.table)).or_default().0.extend(&source.columns);
    }
    for input in &node.inputs {
        collect_scans(input, scanned);
    }
}

fn forward(node: NodeId) -> Input {
    Input { node, exchange: Exchange::Forward }
}

/// The evaluable forms over an input of this schema.
///
/// # Errors
/// An expression that cannot be evaluated.
pub fn exprs(scalars: &[Scalar], input: &Schema) -> Result<Vec<Expr>, PlanError> {
    scalars.iter().map(|scalar| Ok(scalar.to_expr(input)?)).collect()
}

/// What a connector needs to open a table.
pub fn table_ref(table: &Table) -> TableRef {
    let physical = table.physical();
    let mut options = table.options.clone();
    if let Some(connector) = connectors::of(table) {
        let implied = (connector.implied)(table);
        options.extend(implied.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
    TableRef {
        path: table.path(),
        partition_keys: table.partition_keys.clone(),
        name: table.name.clone(),
        options,
        primary_key: table.primary_key.iter().filter_map(|name| physical.index_of(name)).collect(),
        physical,
    }
}
