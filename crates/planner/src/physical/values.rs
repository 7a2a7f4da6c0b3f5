//! Values: rows of constants.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use streamsql_core::Schema;
use streamsql_plan::NodeKind;

use super::union::Union;
use super::{Node, NodeOp, Rules, calc};
use crate::emit::Emitter;
use crate::error::PlanError;
use crate::logical::{Rel, Scalar};
use crate::prune::Pruned;

#[derive(Clone)]
pub struct Values {
    pub rows: Vec<Vec<Scalar>>,
}

/// The rows of VALUES. Those that are not the same at any time (`NOW()`, `RAND()`) are computed when the job runs, each by
/// a Calc over one row without columns.
///
/// # Errors
/// A constant that has no value.
pub fn of(rows: &[Vec<Scalar>], rel: &Rel) -> Result<Node, PlanError> {
    let empty = Schema::default();
    let mut constant = true;
    for value in rows.iter().flatten() {
        constant &= value.is_deterministic() && value.expression(&empty)?.value().is_some();
    }
    let values = |rows, columns| Node::new(NodeOp::Values(Values { rows }), Vec::new(), columns);
    if constant {
        return Ok(values(rows.to_vec(), rel.columns.clone()));
    }
    let computed = |row: &Vec<Scalar>| {
        calc::projection(values(vec![Vec::new()], Vec::new()), row.clone(), rel.columns.clone())
    };
    let mut made: Vec<Node> = rows.iter().map(computed).collect();
    Ok(match made.len() {
        1 => made.remove(0),
        _ => Node::new(NodeOp::Union(Union), made, rel.columns.clone()),
    })
}

impl Rules for Values {
    fn name(&self) -> &'static str {
        "Values"
    }

    fn describe(&self, _text: &dyn Fn(&Scalar) -> String) -> String {
        format!("tuples=[{} rows]", self.rows.len())
    }

    fn prune(&self, node: &Node, _required: &BTreeSet<usize>) -> Result<Pruned, PlanError> {
        Ok((node.clone(), (0..node.columns.len()).map(Some).collect()))
    }

    fn emit(&self, node: &Node, _emitter: &Emitter<'_>) -> Result<NodeKind, PlanError> {
        let schema = node.schema();
        let empty = Schema::default();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (i, column) in schema.columns.iter().enumerate() {
            let values = self
                .rows
                .iter()
                .map(|row| match row[i].expression(&empty)?.value() {
                    Some(value) => value.map_err(PlanError::from),
                    None => {
                        Err(PlanError::from(format!("a value of VALUES in column {} is no constant", i + 1)))
                    }
                })
                .collect::<Result<Vec<_>, PlanError>>()?;
            let parts: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
            let array = if parts.is_empty() {
                arrow::array::new_empty_array(&column.logical_type.to_arrow())
            } else {
                arrow::compute::concat(&parts).map_err(|e| e.to_string())?
            };
            columns.push(array);
        }
        let mut canonical = String::new();
        for row in &self.rows {
            for value in row {
                canonical.push_str(&value.to_expr(&empty)?.canonical);
                canonical.push_str(", ");
            }
            canonical.push_str("; ");
        }
        let rows = rows_of(schema.to_arrow(), columns, self.rows.len())?;
        Ok(NodeKind::Values(streamsql_plan::Values { rows, canonical }))
    }

    fn identity(&self) -> Option<String> {
        None
    }
}

fn rows_of(
    schema: arrow::datatypes::SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, PlanError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options).map_err(|e| e.to_string())?)
}
