//! Calc: a filter, then a projection.
//!
//! Input       port 0, any kinds
//! Output      the same kinds, row by row
//! State       none
//! Watermark   passes
//! Late rows   not looked at
//! Cost        O(rows) per batch, vectorised; an identity costs nothing
//! Errors      what an expression fails with (a CAST, 1/0)
//! Source      Flink `StreamExecCalc`
//! Tests       crates/tests/goldens/operators/Calc.*.script, crates/tests/corpus

use arrow::array::AsArray;
use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, Context, Operator, OperatorSpec, Port, Result};
use streamsql_plan::{Calc as CalcNode, Expr};

pub struct Calc {
    spec: OperatorSpec,
    schema: SchemaRef,
    condition: Option<Expr>,
    project: Vec<Expr>,
}

impl Calc {
    pub fn new(spec: OperatorSpec, node: &CalcNode) -> Self {
        let schema = spec.output.to_arrow();
        Self { spec, schema, condition: node.condition.clone(), project: node.project.clone() }
    }
}

impl Operator for Calc {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let batch = match &self.condition {
            None => batch,
            Some(condition) => {
                let keep = condition.evaluate(batch.rows())?;
                batch.filter(keep.as_boolean())?
            }
        };
        if batch.is_empty() {
            return Ok(());
        }
        let columns = self.project.iter().map(|e| e.evaluate(batch.rows())).collect::<Result<Vec<_>>>()?;
        cx.emit(batch.with_columns(self.schema.clone(), columns)?);
        Ok(())
    }
}
