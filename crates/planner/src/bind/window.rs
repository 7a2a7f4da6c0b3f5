//! Calls OVER a window.

use datafusion_expr::Expr;
use datafusion_expr::WindowFunctionDefinition;
use datafusion_expr::logical_plan::Window;
use streamsql_core::LogicalType;

use super::{Binder, Bound};
use crate::error::PlanError;
use crate::logical::{Op, Over, OverCall, Relation, SortKey, computed_below, plain};

impl Binder<'_> {
    pub(super) fn window(&self, window: &Window) -> Bound {
        let input = self.relation(&window.input)?;
        let [Expr::WindowFunction(function)] = window.window_expr.as_slice() else {
            return Err("more than one OVER in a SELECT is not supported yet".into());
        };
        match &function.fun {
            WindowFunctionDefinition::WindowUDF(udf) if udf.name() == "row_number" => {}
            other => {
                return Err(PlanError::new(format!(
                    "{} OVER is not supported yet",
                    other.name().to_ascii_uppercase()
                ))
                .about("OVER"));
            }
        }
        let names = window.input.schema();
        let partition = self.typed_all(names, &input.columns, &function.params.partition_by)?;
        let typer = self.typer(names, &input.columns);
        let order = function
            .params
            .order_by
            .iter()
            .map(|key| {
                let value = typer.typed(&key.expr)?;
                Ok(SortKey { value, ascending: key.asc, nulls_first: key.nulls_first })
            })
            .collect::<Result<Vec<_>, PlanError>>()?;
        let mut columns = computed_below(&input.columns);
        columns.push(plain("rn", LogicalType::BigInt, false));
        let calls = vec![OverCall { function: "ROW_NUMBER".to_owned(), arguments: Vec::new() }];
        Ok(Relation::new(Op::Over(Over { partition, order, calls }), vec![input], columns))
    }
}
