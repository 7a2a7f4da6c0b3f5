//! Where rows and columns come from, whatever other columns the rows have.
//!
//! An address (`address`) changes with every column of a row below it. A lineage does not: it is the hash of a sub-plan
//! with columns told by where they come from in place of their positions, and without those that nobody reads for what the
//! operators decide. Two nodes of the same lineage keep the same rows, in columns that `columns` tells to be the same or
//! not; so a query with a column less finds its rows in what a wider one has kept.
//!
//! An operator whose state depends on all columns of its input, such as an aggregate, has all of them in its lineage.

use streamsql_core::{OrderColumn, digest};

use crate::address::{of_operator, session_text};
use crate::nodes::JoinSide;
use crate::source_identity::{SourceIdentity, computed_text, source_identities, watermark_text, with_names};
use crate::{Calc, Dataflow, Exchange, Expr, Node, NodeId, NodeKind};

/// What a node is, whatever columns its rows have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// Hash of the sub-plan.
    pub rows: u64,
    /// Of each column of the output where it comes from.
    pub columns: Vec<u64>,
}

/// The lineage of every node, in the order of the nodes.
pub fn lineages(dataflow: &Dataflow) -> Vec<Lineage> {
    let sources = source_identities(dataflow);
    let mut all: Vec<Lineage> = Vec::with_capacity(dataflow.nodes.len());
    for id in dataflow.ids() {
        let lineage = of_node(dataflow, id, &all, sources[id.0]);
        all.push(lineage);
    }
    all
}

/// Columns of the inputs of an operator by where they come from. What stands in place of a position is a hash, which no
/// position ever is: operators so told are hashed, never run.
pub(crate) struct Origins {
    inputs: Vec<Vec<u64>>,
}

impl Origins {
    pub(crate) fn column(&self, port: usize, column: usize) -> usize {
        self.inputs
            .get(port)
            .and_then(|columns| columns.get(column))
            .map_or(usize::MAX, |origin| *origin as usize)
    }

    pub(crate) fn columns(&self, port: usize, columns: &[usize]) -> Vec<usize> {
        columns.iter().map(|column| self.column(port, *column)).collect()
    }

    /// The same for columns whose order says nothing.
    pub(crate) fn set(&self, port: usize, columns: &[usize]) -> Vec<usize> {
        let mut set = self.columns(port, columns);
        set.sort_unstable();
        set
    }

    pub(crate) fn order(&self, port: usize, order: &[OrderColumn]) -> Vec<OrderColumn> {
        order.iter().map(|by| OrderColumn { column: self.column(port, by.column), ..*by }).collect()
    }

    pub(crate) fn side(&self, port: usize, side: &JoinSide) -> JoinSide {
        match side {
            JoinSide::UniqueKey(key) => JoinSide::UniqueKey(self.set(port, key)),
            other => other.clone(),
        }
    }

    /// An expression over the columns of all inputs, one after the other.
    pub(crate) fn expr(&self, expr: &Expr) -> Expr {
        let names: Vec<String> =
            self.inputs.iter().flatten().map(|origin| format!("{origin:016x}")).collect();
        Expr { canonical: with_names(&expr.canonical, &names), ..expr.clone() }
    }

    /// An expression over the columns of one input.
    pub(crate) fn of_input(&self, port: usize, expr: &Expr) -> Expr {
        let inputs = self.inputs.get(port).cloned().into_iter().collect();
        Self { inputs }.expr(expr)
    }

    pub(crate) fn condition(&self, condition: &Option<Expr>) -> Option<Expr> {
        condition.as_ref().map(|condition| self.expr(condition))
    }
}

fn of_node(dataflow: &Dataflow, id: NodeId, all: &[Lineage], source: Option<SourceIdentity>) -> Lineage {
    let node = dataflow.node(id);
    if let NodeKind::TableSourceScan(scan) = &node.kind {
        let address = source.map_or(0, |source| source.address.0);
        let watermark = watermark_text(node, scan);
        let text = format!(
            "source {address:016x} {:?} watermark={watermark}{}",
            node.changelog,
            session_text(dataflow)
        );
        let rows = digest(&text);
        let column = |(at, column): (usize, &streamsql_core::Column)| {
            let computed = computed_text(scan, at);
            digest(&format!("{rows:016x} {} {} {computed}", column.name, column.logical_type))
        };
        return Lineage { rows, columns: node.schema.columns.iter().enumerate().map(column).collect() };
    }
    let inputs: Vec<&Lineage> = node.inputs.iter().map(|input| &all[input.node.0]).collect();
    if let (NodeKind::Calc(calc), [input]) = (&node.kind, inputs.as_slice()) {
        return of_calc(calc, input);
    }
    let mut origins = Origins { inputs: inputs.iter().map(|input| input.columns.clone()).collect() };
    if let NodeKind::LookupJoin(join) = &node.kind {
        let physical = join.columns.iter().map(|column| {
            let column = &join.table.physical.columns[*column];
            digest(&format!("{} {} {}", join.table.path, column.name, column.logical_type))
        });
        origins.inputs.push(physical.collect());
    }
    let mut text = match by_origin(&node.kind, &origins) {
        Some(kind) => format!("{}{}", kind.name(), kind.operator().fingerprint()),
        None => format!("{} of {:x?}", of_operator(dataflow, node), origins.inputs),
    };
    for (port, input) in node.inputs.iter().enumerate() {
        if let Exchange::Hash(keys) = &input.exchange {
            text.push_str(&format!(" {port} hash{:x?}", origins.columns(port, keys)));
        }
    }
    inputs.iter().for_each(|input| text.push_str(&format!(" <{:016x}", input.rows)));
    let rows = digest(&text);
    Lineage { rows, columns: columns_of(node, rows, &origins.inputs) }
}

/// A projection changes no rows: it is as if it were not there.
fn of_calc(calc: &Calc, input: &Lineage) -> Lineage {
    let origins = Origins { inputs: vec![input.columns.clone()] };
    let project: Vec<Expr> = calc.project.iter().map(|expr| origins.expr(expr)).collect();
    let column = |(expr, by_origin): (&Expr, &Expr)| match expr.column {
        Some(column) => input.columns.get(column).copied().unwrap_or_default(),
        None => digest(&by_origin.canonical),
    };
    let columns = calc.project.iter().zip(&project).map(column).collect();
    // Where an expression fails, its row may become a dead letter.
    let mut failing: Vec<Expr> = project.into_iter().filter(Expr::can_fail).collect();
    failing.sort_by(|one, other| one.canonical.cmp(&other.canonical));
    failing.dedup_by(|one, other| one.canonical == other.canonical);
    let condition = origins.condition(&calc.condition);
    if condition.is_none() && failing.is_empty() {
        return Lineage { rows: input.rows, columns };
    }
    let decides = NodeKind::Calc(Calc { condition, project: failing });
    let text = format!("Calc{} <{:016x}", decides.operator().fingerprint(), input.rows);
    Lineage { rows: digest(&text), columns }
}

/// The operator with columns by where they come from; none for one whose state depends on all columns of its inputs.
fn by_origin(kind: &NodeKind, origins: &Origins) -> Option<NodeKind> {
    Some(match kind {
        NodeKind::ChangelogNormalize(node) => NodeKind::ChangelogNormalize(node.by_origin(origins)),
        NodeKind::Correlate(node) => NodeKind::Correlate(node.by_origin(origins)),
        NodeKind::LookupJoin(node) => NodeKind::LookupJoin(node.by_origin(origins)),
        NodeKind::IntervalJoin(node) => NodeKind::IntervalJoin(node.by_origin(origins)),
        NodeKind::Deduplicate(node) => NodeKind::Deduplicate(node.by_origin(origins)),
        NodeKind::Rank(node) => NodeKind::Rank(node.by_origin(origins)),
        NodeKind::WindowRank(node) => NodeKind::WindowRank(node.by_origin(origins)),
        NodeKind::WindowJoin(node) => NodeKind::WindowJoin(node.by_origin(origins)),
        NodeKind::WindowTableFunction(node) => NodeKind::WindowTableFunction(node.by_origin(origins)),
        NodeKind::WindowExtremeFilter(node) => NodeKind::WindowExtremeFilter(node.by_origin(origins)),
        NodeKind::Join(node) => NodeKind::Join(node.by_origin(origins)),
        NodeKind::TemporalJoin(node) => NodeKind::TemporalJoin(node.by_origin(origins)),
        NodeKind::ConstraintEnforcer(node) => NodeKind::ConstraintEnforcer(node.by_origin(origins)),
        NodeKind::SinkMaterializer(node) => NodeKind::SinkMaterializer(node.by_origin(origins)),
        NodeKind::Union => NodeKind::Union,
        NodeKind::DropUpdateBefore => NodeKind::DropUpdateBefore,
        _ => return None,
    })
}

/// Where the columns of an operator's output come from.
fn columns_of(node: &Node, rows: u64, inputs: &[Vec<u64>]) -> Vec<u64> {
    let own = |at: usize| digest(&format!("{rows:016x} {at}"));
    let width = node.schema.len();
    match &node.kind {
        NodeKind::Union => {
            let of_all =
                |at: usize| digest(&format!("{:x?}", inputs.iter().map(|i| i.get(at)).collect::<Vec<_>>()));
            (0..width).map(of_all).collect()
        }
        // A value that is cut to the length of its column is another one.
        NodeKind::ConstraintEnforcer(enforcer) => {
            let cut = |(at, origin): (usize, &u64)| match enforcer.lengths.contains(&at) {
                true => digest(&format!("{origin:016x} {}", node.schema.columns[at].logical_type)),
                false => *origin,
            };
            inputs.iter().flatten().enumerate().map(cut).collect()
        }
        kind if by_passes(kind) => {
            let ports = inputs.iter().enumerate();
            let told_apart = ports.flat_map(|(port, columns)| {
                let several = inputs.len() > 1;
                columns.iter().map(move |origin| match several {
                    true => digest(&format!("{port} {origin:016x}")),
                    false => *origin,
                })
            });
            let mut columns: Vec<u64> = told_apart.take(width).collect();
            // What the operator adds stands behind: by its place there.
            let passed = columns.len();
            columns.extend((passed..width).map(|at| own(at - passed)));
            columns
        }
        _ => (0..width).map(own).collect(),
    }
}

/// Whether the output begins with all columns of the inputs.
fn by_passes(kind: &NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::ChangelogNormalize(_)
            | NodeKind::DropUpdateBefore
            | NodeKind::Correlate(_)
            | NodeKind::LookupJoin(_)
            | NodeKind::IntervalJoin(_)
            | NodeKind::Deduplicate(_)
            | NodeKind::Rank(_)
            | NodeKind::WindowRank(_)
            | NodeKind::WindowJoin(_)
            | NodeKind::WindowTableFunction(_)
            | NodeKind::WindowExtremeFilter(_)
            | NodeKind::Join(_)
            | NodeKind::TemporalJoin(_)
            | NodeKind::SinkMaterializer(_)
    )
}
