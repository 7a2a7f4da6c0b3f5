//! Expand: every row several times, with other columns each time.
//!
//! Input       port 0, append-only or updating
//! Output      the rows of the batch once for each list of expressions, with their kinds
//! State       none
//! Watermark   passes
//! Late rows   processed like any other
//! Cost        O(rows × lists)
//! Errors      what an expression fails with
//! Source      Flink `StreamExecExpand`
//! Tests       crates/tests/corpus/group-aggregate

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Operator, OperatorSpec, Port, Result};
use streamsql_plan::Expand as ExpandNode;

pub struct Expand {
    spec: OperatorSpec,
    node: ExpandNode,
    output: SchemaRef,
}

impl Expand {
    pub fn new(spec: OperatorSpec, node: &ExpandNode) -> Self {
        Self { output: spec.output.to_arrow(), spec, node: node.clone() }
    }
}

impl Operator for Expand {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let evaluation = cx.evaluation();
        for project in &self.node.projects {
            let columns = project
                .iter()
                .map(|expr| expr.evaluate(batch.rows(), &evaluation))
                .collect::<Result<Vec<_>, _>>()?;
            cx.emit(batch.with_columns(Arc::clone(&self.output), columns)?);
        }
        Ok(())
    }
}
