//! Sources: what a connector delivers, computed columns, metadata and watermarks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion_common::DFSchema;
use streamsql_core::{Column, LogicalType, Schema};
use streamsql_plan::{
    Calc, MetadataColumn, Node as PlanNode, NodeId, NodeKind, TableSourceScan, TimeAttribute, WatermarkSpec,
};
use streamsql_sql::catalog::{Table, TableColumnKind};
use streamsql_sql::connectors;
use streamsql_sql::diagnostic::Place;
use streamsql_sql::metadata;

use super::{Emitter, forward, location, scan_key, table_ref};
use crate::bind::typing::Typer;
use crate::error::PlanError;
use crate::logical::rowtime_type;
use crate::logical::{RelColumn, Scalar};
use crate::physical::Node;
use crate::physical::source::{Source, changelog_mode};

impl Emitter<'_> {
    /// The source of a table, one for the whole job; a projection where this reader needs fewer columns.
    pub(super) fn source(
        &mut self,
        node: &Node,
        source: &Source,
        place: &Place,
    ) -> Result<NodeId, PlanError> {
        let (mut all, emitted) = self.scanned.get(&scan_key(&source.table)).cloned().unwrap_or_default();
        all.extend(&source.columns);
        let id = match emitted {
            Some(id) => id,
            None => {
                let id = self.table_source_scan(&source.table, &mut all)?;
                self.scanned.insert(scan_key(&source.table), (all.clone(), Some(id)));
                id
            }
        };
        let positions: Vec<usize> =
            source.columns.iter().filter_map(|c| all.iter().position(|a| a == c)).collect();
        if positions.len() == all.len() {
            return Ok(id);
        }
        let identity = format!("columns {positions:?} of {}", id.0);
        if let Some(shared) = self.shared.get(&identity) {
            return Ok(*shared);
        }
        let schema = self.dataflow.node(id).schema.clone();
        let project = positions
            .iter()
            .map(|p| {
                let column = &schema.columns[*p];
                Scalar::column(*p, column.logical_type.clone(), column.nullable).to_expr(&schema)
            })
            .collect::<Result<_, _>>()?;
        let kind = NodeKind::Calc(Calc { condition: None, project });
        let projection = self.add(kind, vec![forward(id)], node, place);
        if self.shares {
            self.shared.insert(identity, projection);
        }
        Ok(projection)
    }

    /// `columns` grows by what the watermark reads.
    fn table_source_scan(
        &mut self,
        table: &Arc<Table>,
        columns: &mut BTreeSet<usize>,
    ) -> Result<NodeId, PlanError> {
        let name_index = |name: &str| table.columns.iter().position(|c| c.name == name);
        let all_columns: Vec<RelColumn> = table
            .columns
            .iter()
            .map(|c| RelColumn {
                name: c.name.clone(),
                logical_type: c.logical_type.clone(),
                nullable: c.nullable,
                time: None,
                is_json: false,
            })
            .collect();
        let watermark = match &table.watermark {
            Some(watermark) => {
                let expr = self.expressions.typed(&watermark.expr, &all_columns)?;
                let rowtime = name_index(&watermark.column).ok_or("the watermark's column does not exist")?;
                columns.extend(expr.columns());
                columns.insert(rowtime);
                Some((rowtime, expr))
            }
            None => None,
        };
        // What the connector must deliver: the columns themselves and what computed ones read.
        let mut read = BTreeSet::new();
        let mut computed = BTreeMap::new();
        for index in columns.iter() {
            match &table.columns[*index].kind {
                TableColumnKind::Computed(expr) => {
                    let scalar = self.expressions.typed(expr, &all_columns)?;
                    read.extend(scalar.columns());
                    computed.insert(*index, scalar);
                }
                _ => {
                    read.insert(*index);
                }
            }
        }
        let is_metadata = |i: &usize| matches!(table.columns[*i].kind, TableColumnKind::Metadata { .. });
        let (metadata, physical): (Vec<usize>, Vec<usize>) = read.into_iter().partition(is_metadata);
        let order: Vec<usize> = physical.iter().chain(&metadata).copied().collect();
        let read_position =
            |table_column: usize| order.iter().position(|o| *o == table_column).unwrap_or(table_column);
        let physical_schema = table.physical();
        let as_declared = |i: usize| {
            let column = &all_columns[i];
            Column::new(&column.name, column.logical_type.clone(), column.nullable)
        };
        // A metadata column comes in its key's type and is cast to the declared one.
        let delivered = |i: usize| {
            let mut column = as_declared(i);
            if let Some((logical_type, nullable)) = produced_metadata(table, i) {
                (column.logical_type, column.nullable) = (logical_type, nullable);
            }
            column
        };
        let metadata = metadata
            .iter()
            .filter_map(|i| match &table.columns[*i].kind {
                TableColumnKind::Metadata { .. } => Some(MetadataColumn {
                    key: table.columns[*i].metadata_key().to_owned(),
                    column: delivered(*i),
                }),
                _ => None,
            })
            .collect();
        let read_schema = Schema::new(order.iter().map(|i| delivered(*i)).collect());
        let session = self.settings.session();
        let names = DFSchema::empty();
        let typer = Typer { session: &session, names: &names, columns: &[] };
        let read_columns = order
            .iter()
            .enumerate()
            .map(|(position, i)| {
                let Column { logical_type, nullable, .. } = delivered(*i);
                typer.cast(Scalar::column(position, logical_type, nullable), &all_columns[*i].logical_type)
            })
            .collect::<Result<Vec<Scalar>, _>>()?;
        let read_column = |table_column: usize| match read_columns.get(read_position(table_column)) {
            Some(scalar) => scalar.clone(),
            None => Scalar::column(table_column, LogicalType::Null, true),
        };
        let project = columns
            .iter()
            .map(|index| match computed.get(index) {
                Some(scalar) => scalar.replace(&read_column).to_expr(&read_schema),
                None => {
                    let nullable = all_columns[*index].nullable;
                    Scalar { nullable, ..read_column(*index) }.to_expr(&read_schema)
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let output: Vec<usize> = columns.iter().copied().collect();
        let out_position =
            |table_column: usize| output.iter().position(|o| *o == table_column).unwrap_or(table_column);
        let rowtime = watermark.as_ref().map(|(rowtime, _)| out_position(*rowtime));
        let mut output_columns: Vec<Column> = output.iter().map(|i| as_declared(*i)).collect();
        if let Some(column) = rowtime.and_then(|rowtime| output_columns.get_mut(rowtime)) {
            column.logical_type = rowtime_type(&column.logical_type);
        }
        let schema = Schema::new(output_columns);
        let watermark = match watermark {
            Some((rowtime, expr)) => Some(WatermarkSpec {
                rowtime: out_position(rowtime),
                expr: expr.shift(&out_position).to_expr(&schema)?,
                idle_timeout_ms: self.idle_timeout_ms(table)?,
                per_split: connectors::of(table).is_some_and(|connector| connector.is_split),
            }),
            None => None,
        };
        let time_attributes = output
            .iter()
            .enumerate()
            .map(|(position, index)| {
                let proctime =
                    computed.get(index).and_then(Scalar::as_call).is_some_and(|(name, _)| name == "PROCTIME");
                if Some(position) == rowtime {
                    Some(TimeAttribute::Rowtime)
                } else {
                    proctime.then_some(TimeAttribute::Proctime)
                }
            })
            .collect();
        let scan = TableSourceScan {
            table: table_ref(table),
            physical: physical
                .iter()
                .filter_map(|i| physical_schema.index_of(&table.columns[*i].name))
                .collect(),
            metadata,
            project,
            watermark,
        };
        self.dataflow.nodes.push(PlanNode {
            kind: NodeKind::TableSourceScan(scan),
            inputs: Vec::new(),
            schema,
            changelog: changelog_mode(table),
            upsert_keys: Vec::new(),
            time_attributes,
            state: Vec::new(),
            location: Some(location(&table.place)),
        });
        Ok(NodeId(self.dataflow.nodes.len() - 1))
    }

    fn idle_timeout_ms(&self, table: &Table) -> Result<u64, PlanError> {
        match table.options.get("scan.watermark.idle-timeout") {
            Some(text) => streamsql_core::units::duration(text).map(|d| d.as_millis() as u64).map_err(|e| {
                PlanError::new(format!("option 'scan.watermark.idle-timeout' of {}: {e}", table.name))
            }),
            None => Ok(self.settings.duration_ms("table.exec.source.idle-timeout").max(0) as u64),
        }
    }
}

/// Type and nullability in which the connector delivers a metadata column.
fn produced_metadata(table: &Table, column: usize) -> Option<(LogicalType, bool)> {
    let TableColumnKind::Metadata { .. } = &table.columns[column].kind else { return None };
    metadata::produced(&table.options, table.columns[column].metadata_key())
}
