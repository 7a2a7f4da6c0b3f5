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

use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Context, EvalContext, Operator, OperatorSpec, Port, Result, first_failing,
};
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

impl Calc {
    /// The rows of a batch that pass the filter, projected.
    fn rows(&self, batch: &ChangeBatch, evaluation: &EvalContext) -> Result<ChangeBatch> {
        let filtered = match &self.condition {
            None => None,
            Some(condition) => Some(batch.filter(&condition.holds(batch.rows(), evaluation)?)?),
        };
        let batch = filtered.as_ref().unwrap_or(batch);
        let columns = self
            .project
            .iter()
            .map(|e| e.evaluate(batch.rows(), evaluation))
            .collect::<Result<Vec<_>, _>>()?;
        batch.with_columns(self.schema.clone(), columns)
    }
}

impl Operator for Calc {
    fn spec(&self) -> &OperatorSpec {
        &self.spec
    }

    fn on_batch(&mut self, _port: Port, batch: ChangeBatch, cx: &mut Context<'_>) -> Result<()> {
        let evaluation = cx.evaluation();
        let failed = match self.rows(&batch, &evaluation) {
            Ok(rows) => {
                cx.emit(rows);
                return Ok(());
            }
            Err(error) => error,
        };
        // Whatever the rows beside it: the first failing row is told of, and those before it are results.
        let first = first_failing(batch.num_rows(), |from, length| {
            self.rows(&batch.slice(from, length), &evaluation).map(|_| ())
        });
        let Some((row, error)) = first else { return Err(failed) };
        cx.emit(self.rows(&batch.slice(0, row), &evaluation)?);
        Err(error.in_row(row))
    }
}
