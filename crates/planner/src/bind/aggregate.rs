//! GROUP BY and aggregate functions, typed by Flink's rules.

use datafusion_expr::Expr;
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::logical_plan::Aggregate as AggregatePlan;
use streamsql_functions::resolve_aggregate;

use super::{Binder, Bound};
use crate::bind::typing::Typer;
use crate::error::PlanError;
use crate::logical::{Aggregate, AggregateCall, Op, RelColumn, Relation, plain};

impl Binder<'_> {
    pub(super) fn aggregate(&self, aggregate: &AggregatePlan) -> Bound {
        let input = self.relation(&aggregate.input)?;
        let names = aggregate.input.schema();
        let typer = self.typer(names, &input.columns);
        let mut calls = Vec::with_capacity(aggregate.aggr_expr.len());
        for expr in &aggregate.aggr_expr {
            let Expr::AggregateFunction(function) = unaliased(expr) else {
                return Err(PlanError::new(format!("the aggregate {expr} is not supported yet")));
            };
            calls.push(self.call(&typer, function)?);
        }
        if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) {
            return Err("GROUPING SETS, CUBE and ROLLUP are not supported yet".into());
        }
        let keys = self.typed_all(names, &input.columns, &aggregate.group_expr)?;
        let fields = aggregate.schema.fields();
        let mut columns: Vec<RelColumn> = keys
            .iter()
            .zip(fields)
            .map(|(key, field)| plain(field.name(), key.logical_type.clone(), key.nullable))
            .collect();
        columns.extend(
            calls
                .iter()
                .zip(&fields[keys.len()..])
                .map(|(call, field)| plain(field.name(), call.result.clone(), call.nullable)),
        );
        Ok(Relation::new(Op::Aggregate(Aggregate { keys, calls }), vec![input], columns))
    }

    fn call(&self, typer: &Typer<'_>, function: &AggregateFunction) -> Result<AggregateCall, PlanError> {
        let name = function.func.name();
        let params = &function.params;
        #[expect(deprecated)]
        let star = matches!(params.args.as_slice(), [Expr::Wildcard { .. }]);
        let arguments = match star {
            true => Vec::new(),
            false => params.args.iter().map(|arg| typer.typed(arg)).collect::<Result<Vec<_>, _>>()?,
        };
        let filter = params.filter.as_ref().map(|filter| typer.condition(filter, "FILTER")).transpose()?;
        let seen: Vec<_> = arguments.iter().map(Typer::argument).collect();
        let resolved = resolve_aggregate(name, &seen, typer.session)?;
        Ok(AggregateCall {
            function: name.to_ascii_uppercase(),
            arguments,
            distinct: params.distinct,
            filter,
            result: resolved.result,
            nullable: resolved.nullable,
        })
    }
}

fn unaliased(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other,
    }
}
