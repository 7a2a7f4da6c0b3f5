//! From pruned relations to the dataflow: nodes with exchanges, changelog modes, upsert keys and state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion_sql::sqlparser::ast::Expr as SqlExpr;
use streamsql_core::{ChangelogMode, Schema};
use streamsql_plan::{
    Calc, Collect, Correlate, Dataflow, Deduplicate, Exchange, Expr, Input, IntervalJoin, Keep, Location,
    LookupJoin, LookupKey, Matches, Node, NodeId, NodeKind, StateRetention, StateTable, TableRef, TimeDomain,
};

use crate::catalog::{ObjectPath, Table};
use crate::diagnostic::Place;
use crate::ranking::NO_DEDUPLICATION;
use crate::rel::{Interval, Lookup, Ranking, Rel, RelColumn, RelOp};
use crate::rules;
use crate::scalar::Scalar;
use crate::settings::Settings;

/// Turns computed columns and watermarks from SQL into typed expressions over given columns.
pub trait TableExpressions {
    fn typed(&self, expr: &SqlExpr, columns: &[RelColumn]) -> Result<Scalar, String>;
}

/// Builds a dataflow, statement by statement.
pub struct Emitter<'a> {
    pub settings: &'a Settings,
    pub expressions: &'a dyn TableExpressions,
    pub(crate) dataflow: Dataflow,
    /// Columns of each table that any statement reads, and the scan's node once it exists.
    pub(crate) scanned: BTreeMap<ScanKey, (BTreeSet<usize>, Option<NodeId>)>,
}

/// A scan serves all readers of a path with the same options.
pub(crate) type ScanKey = (ObjectPath, BTreeMap<String, String>);

pub(crate) fn scan_key(table: &Table) -> ScanKey {
    (table.path.clone(), table.options.clone())
}

pub(crate) type Emitted = Result<NodeId, String>;

impl<'a> Emitter<'a> {
    /// `queries` are all relations of the job, so that one scan of a table serves them all.
    pub fn new<'r>(
        settings: &'a Settings,
        expressions: &'a dyn TableExpressions,
        queries: impl IntoIterator<Item = &'r Rel>,
    ) -> Self {
        let mut scanned = BTreeMap::new();
        for query in queries {
            collect_scans(query, &mut scanned);
        }
        let dataflow = Dataflow { nodes: Vec::new(), settings: settings.values().clone() };
        Self { settings, expressions, dataflow, scanned }
    }

    pub fn finish(mut self) -> Dataflow {
        rules::first_match::apply(&mut self.dataflow);
        self.dataflow
    }

    /// The result of a SELECT.
    pub fn collect(&mut self, query: &Rel, statement: usize, place: &Place) -> Result<(), String> {
        let input = self.emit(query, place)?;
        let schema = query.schema();
        let collect = Collect { statement, on_null: self.not_null_enforcer() };
        self.add(NodeKind::Collect(collect), vec![forward(input)], schema, place);
        Ok(())
    }

    pub(crate) fn emit(&mut self, rel: &Rel, place: &Place) -> Emitted {
        match &rel.op {
            RelOp::Scan { table, columns } => self.scan(rel, table, columns, place),
            RelOp::Values(rows) => self.values(rel, rows, place),
            RelOp::Calc { condition, project } => {
                let input = self.emit(&rel.inputs[0], place)?;
                let schema = rel.inputs[0].schema();
                let calc = Calc {
                    condition: condition.as_ref().map(|c| c.to_expr(&schema)).transpose()?,
                    project: exprs(project, &schema)?,
                };
                Ok(self.add_rel(NodeKind::Calc(calc), vec![forward(input)], rel, place))
            }
            RelOp::Correlate { collection, kind } => {
                let input = self.emit(&rel.inputs[0], place)?;
                let node = NodeKind::Correlate(Correlate { collection: *collection, kind: *kind });
                Ok(self.add_rel(node, vec![forward(input)], rel, place))
            }
            RelOp::Lookup(lookup) => self.lookup(rel, lookup, place),
            RelOp::Interval(interval) => self.interval(rel, interval, place),
            RelOp::Deduplicate { ranking, rowtime } => self.deduplicate(rel, ranking, *rowtime, place),
            RelOp::Union => {
                let inputs = rel
                    .inputs
                    .iter()
                    .map(|input| self.emit(input, place).map(forward))
                    .collect::<Result<_, _>>()?;
                Ok(self.add_rel(NodeKind::Union, inputs, rel, place))
            }
            RelOp::RowNumber(_) => Err(NO_DEDUPLICATION.to_owned()),
        }
    }

    fn values(&mut self, rel: &Rel, rows: &[Vec<Scalar>], place: &Place) -> Emitted {
        let schema = rel.schema();
        let empty = Schema::default();
        if let Some(emitted) = self.values_of_now(rel, rows, place)? {
            return Ok(emitted);
        }
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (i, column) in schema.columns.iter().enumerate() {
            let values = rows
                .iter()
                .map(|row| match row[i].expression(&empty)?.value() {
                    Some(value) => value.map_err(|e| e.message),
                    None => Err(format!("'{}' is no constant", row[i].text(&|c| format!("${c}")))),
                })
                .collect::<Result<Vec<_>, String>>()?;
            let parts: Vec<&dyn arrow::array::Array> = values.iter().map(AsRef::as_ref).collect();
            let array = if parts.is_empty() {
                arrow::array::new_empty_array(&column.logical_type.to_arrow())
            } else {
                arrow::compute::concat(&parts).map_err(|e| e.to_string())?
            };
            columns.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(schema.to_arrow(), columns, &options)
            .map_err(|e| e.to_string())?;
        Ok(self.add_rel(NodeKind::Values(batch), Vec::new(), rel, place))
    }

    /// VALUES that are not the same at any time (`NOW()`, `RAND()`): each row is computed when the job runs, by a Calc
    /// over one row without columns.
    fn values_of_now(
        &mut self,
        rel: &Rel,
        rows: &[Vec<Scalar>],
        place: &Place,
    ) -> Result<Option<NodeId>, String> {
        let empty = Schema::default();
        let mut constant = true;
        for value in rows.iter().flatten() {
            constant &= value.is_deterministic() && value.expression(&empty)?.value().is_some();
        }
        if constant {
            return Ok(None);
        }
        let mut made = Vec::with_capacity(rows.len());
        for row in rows {
            let one = self.add(NodeKind::Values(one_row()), Vec::new(), empty.clone(), place);
            let calc = Calc { condition: None, project: exprs(row, &empty)? };
            made.push(self.add_rel(NodeKind::Calc(calc), vec![forward(one)], rel, place));
        }
        Ok(Some(match made.as_slice() {
            [only] => *only,
            _ => self.add_rel(NodeKind::Union, made.into_iter().map(forward).collect(), rel, place),
        }))
    }

    fn lookup(&mut self, rel: &Rel, lookup: &Lookup, place: &Place) -> Emitted {
        let input = self.emit(&rel.inputs[0], place)?;
        let left = rel.inputs[0].schema();
        let physical = lookup.table.physical();
        let position = |table_column: usize| {
            let name = &lookup.table.columns[table_column].name;
            physical
                .index_of(name)
                .ok_or_else(|| format!("column {name} of {} cannot be looked up", lookup.table.name))
        };
        let columns = lookup.columns.iter().map(|c| position(*c)).collect::<Result<Vec<_>, _>>()?;
        let fetched_schema = Schema::new(columns.iter().map(|c| physical.columns[*c].clone()).collect());
        let keys = lookup
            .keys
            .iter()
            .map(|(column, value)| Ok(LookupKey { column: position(*column)?, value: value.to_expr(&left)? }))
            .collect::<Result<Vec<_>, String>>()?;
        let table = table_ref(&lookup.table);
        let hint = lookup.table.lookup_hint.iter().map(|(key, value)| (format!("hint.{key}"), value.clone()));
        let options = table.options.iter().map(|(k, v)| (k.clone(), v.clone())).chain(hint).collect();
        let kind = NodeKind::LookupJoin(LookupJoin {
            kind: lookup.kind,
            keys,
            columns,
            fetched_condition: lookup.fetched.as_ref().map(|c| c.to_expr(&fetched_schema)).transpose()?,
            residual: lookup.residual.as_ref().map(|c| c.to_expr(&rel.schema())).transpose()?,
            options,
            table,
        });
        Ok(self.add_rel(kind, vec![forward(input)], rel, place))
    }

    fn interval(&mut self, rel: &Rel, interval: &Interval, place: &Place) -> Emitted {
        let left = self.emit(&rel.inputs[0], place)?;
        let right = self.emit(&rel.inputs[1], place)?;
        for (node, side) in [(left, "left"), (right, "right")] {
            if !self.dataflow.node(node).changelog.is_insert_only() {
                return Err(format!("an interval join does not take updates, which its {side} side makes"));
            }
        }
        let keyed =
            |keys: &[usize]| if keys.is_empty() { Exchange::Single } else { Exchange::Hash(keys.to_vec()) };
        let inputs = vec![
            Input { node: left, exchange: keyed(&interval.left_keys) },
            Input { node: right, exchange: keyed(&interval.right_keys) },
        ];
        let kind = NodeKind::IntervalJoin(IntervalJoin {
            kind: interval.kind,
            domain: interval.domain,
            left_time: interval.left_time,
            right_time: interval.right_time,
            lower_ms: interval.lower_ms,
            upper_ms: interval.upper_ms,
            left_keys: interval.left_keys.clone(),
            right_keys: interval.right_keys.clone(),
            residual: interval.residual.as_ref().map(|c| c.to_expr(&rel.schema())).transpose()?,
            min_cleanup_ms: self.settings.duration_ms("table.exec.interval-join.min-cleanup-interval"),
            matches: Matches::All,
        });
        let id = self.add_rel(kind, inputs, rel, place);
        let state = |name, input: usize, keys: &[usize], time: usize, delay_ms| {
            let schema = rel.inputs[input].schema();
            let key: Vec<&str> = keys.iter().map(|k| schema.columns[*k].name.as_str()).collect();
            let holds = format!("({}) -> rows by {}", key.join(", "), schema.columns[time].name);
            StateTable { name, holds, retention: StateRetention::Watermark { delay_ms } }
        };
        let (left_size, right_size) = (-interval.lower_ms, interval.upper_ms);
        self.dataflow.nodes[id.0].state = vec![
            state("left", 0, &interval.left_keys, interval.left_time, left_size.max(0) + 1),
            state("right", 1, &interval.right_keys, interval.right_time, right_size.max(0) + 1),
        ];
        Ok(id)
    }

    fn deduplicate(&mut self, rel: &Rel, ranking: &Ranking, rowtime: usize, place: &Place) -> Emitted {
        let input = self.emit(&rel.inputs[0], place)?;
        if !self.dataflow.node(input).changelog.is_insert_only() {
            return Err("Deduplicate does not take updates, which its input makes".to_owned());
        }
        self.settings.check_mini_batch_size()?;
        let ttl_ms = self.settings.duration_ms("table.exec.state.ttl");
        let kind = NodeKind::Deduplicate(Deduplicate {
            keys: ranking.keys.clone(),
            keep: ranking.keep,
            domain: ranking.domain,
            rowtime,
            emit_update_before: true,
            ttl_ms,
        });
        let exchange =
            if ranking.keys.is_empty() { Exchange::Single } else { Exchange::Hash(ranking.keys.clone()) };
        let id = self.add_rel(kind, vec![Input { node: input, exchange }], rel, place);
        let key: Vec<&str> = ranking.keys.iter().map(|k| rel.columns[*k].name.as_str()).collect();
        let retention = if ttl_ms > 0 { StateRetention::Ttl { ttl_ms } } else { StateRetention::Forever };
        let holds = format!("({}) -> one row", key.join(", "));
        self.dataflow.nodes[id.0].state = vec![StateTable { name: "rows", holds, retention }];
        Ok(id)
    }

    pub(crate) fn add_rel(&mut self, kind: NodeKind, inputs: Vec<Input>, rel: &Rel, place: &Place) -> NodeId {
        let id = self.add(kind, inputs, rel.schema(), place);
        self.dataflow.nodes[id.0].time_attributes = rel.columns.iter().map(|c| c.time).collect();
        id
    }

    pub(crate) fn add(
        &mut self,
        kind: NodeKind,
        inputs: Vec<Input>,
        schema: Schema,
        place: &Place,
    ) -> NodeId {
        let changelog = self.changelog(&kind, &inputs);
        let upsert_keys = self.upsert_keys(&kind, &inputs);
        let time_attributes = vec![None; schema.len()];
        let location = Some(Location { file: place.file.clone(), line: place.line, column: place.column });
        let state = match &kind {
            NodeKind::SinkMaterializer(materializer) => {
                let key: Vec<&str> =
                    materializer.keys.iter().map(|k| schema.columns[*k].name.as_str()).collect();
                let retention = if materializer.ttl_ms > 0 {
                    StateRetention::Ttl { ttl_ms: materializer.ttl_ms }
                } else {
                    StateRetention::Forever
                };
                vec![StateTable {
                    name: "rows",
                    holds: format!("({}) -> list of rows", key.join(", ")),
                    retention,
                }]
            }
            _ => Vec::new(),
        };
        self.dataflow.nodes.push(Node {
            kind,
            inputs,
            schema,
            changelog,
            upsert_keys,
            time_attributes,
            state,
            location,
        });
        NodeId(self.dataflow.nodes.len() - 1)
    }

    /// Kinds that a node makes (Flink `FlinkChangelogModeInferenceProgram`).
    fn changelog(&self, kind: &NodeKind, inputs: &[Input]) -> ChangelogMode {
        let of_input = |port: usize| self.dataflow.node(inputs[port].node).changelog;
        match kind {
            NodeKind::TableSourceScan(_) | NodeKind::Values(_) | NodeKind::IntervalJoin(_) => {
                ChangelogMode::INSERT_ONLY
            }
            NodeKind::Deduplicate(Deduplicate {
                domain: TimeDomain::ProcessingTime,
                keep: Keep::First,
                ..
            }) => ChangelogMode::INSERT_ONLY,
            NodeKind::Deduplicate(_) => ChangelogMode { delete: false, ..ChangelogMode::ALL },
            NodeKind::SinkMaterializer(_) => ChangelogMode::UPSERT,
            NodeKind::Union => {
                let none = ChangelogMode::NONE;
                inputs.iter().fold(none, |mode, input| mode.union(self.dataflow.node(input.node).changelog))
            }
            _ => of_input(0),
        }
    }

    fn upsert_keys(&self, kind: &NodeKind, inputs: &[Input]) -> Vec<Vec<usize>> {
        let of_input = |port: usize| self.dataflow.node(inputs[port].node).upsert_keys.clone();
        match kind {
            NodeKind::Deduplicate(dedup) => vec![dedup.keys.clone()],
            NodeKind::Calc(calc) => of_input(0)
                .iter()
                .filter_map(|key| {
                    key.iter()
                        .map(|k| calc.project.iter().position(|e| e.key_column == Some(*k)))
                        .collect::<Option<Vec<_>>>()
                })
                .collect(),
            NodeKind::LookupJoin(join) => {
                // At most one match a row only where the lookup covers the table's key.
                let covered = !join.table.primary_key.is_empty()
                    && join.table.primary_key.iter().all(|pk| join.keys.iter().any(|key| key.column == *pk));
                if covered { of_input(0) } else { Vec::new() }
            }
            NodeKind::ConstraintEnforcer(_) | NodeKind::Sink(_) | NodeKind::Collect(_) => of_input(0),
            NodeKind::SinkMaterializer(materializer) => vec![materializer.keys.clone()],
            _ => Vec::new(),
        }
    }
}

fn collect_scans(rel: &Rel, scanned: &mut BTreeMap<ScanKey, (BTreeSet<usize>, Option<NodeId>)>) {
    if let RelOp::Scan { table, columns } = &rel.op {
        scanned.entry(scan_key(table)).or_default().0.extend(columns);
    }
    for input in &rel.inputs {
        collect_scans(input, scanned);
    }
}

fn one_row() -> RecordBatch {
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let schema = Arc::new(arrow::datatypes::Schema::empty());
    RecordBatch::try_new_with_options(schema, Vec::new(), &options)
        .unwrap_or_else(|_| RecordBatch::new_empty(Arc::new(arrow::datatypes::Schema::empty())))
}

pub(crate) fn forward(node: NodeId) -> Input {
    Input { node, exchange: Exchange::Forward }
}

fn exprs(scalars: &[Scalar], input: &Schema) -> Result<Vec<Expr>, String> {
    scalars.iter().map(|scalar| scalar.to_expr(input)).collect()
}

impl RelColumn {
    pub(crate) fn into_column(self) -> streamsql_core::Column {
        streamsql_core::Column::new(self.name, self.logical_type, self.nullable)
    }
}

pub(crate) fn table_ref(table: &Table) -> TableRef {
    let physical = table.physical();
    TableRef {
        path: table.path(),
        partition_keys: table.partition_keys.clone(),
        name: table.name.clone(),
        options: table.options.clone(),
        primary_key: table.primary_key.iter().filter_map(|name| physical.index_of(name)).collect(),
        physical,
    }
}
