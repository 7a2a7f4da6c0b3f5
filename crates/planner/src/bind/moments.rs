//! STDDEV and VAR families as sums and counts (Calcite `AggregateReduceFunctionsRule`, which Flink plans with): all is
//! computed in the type of the call, so that integers wrap and divide as integers do.

use crate::bind::typing::Typer;
use streamsql_core::LogicalType;
use streamsql_functions::compare::Comparison;
use streamsql_functions::resolve_aggregate;
use streamsql_functions::typing::Arithmetic;

use super::aggregate::{Calls, big_int};
use super::grouping_sets::null;
use crate::error::PlanError;
use crate::logical::{AggregateCall, Scalar, ScalarKind};

/// Whether this is a standard deviation or a variance.
pub fn is_moment(name: &str) -> bool {
    name.starts_with("STDDEV") || name.starts_with("VAR")
}

/// Whether a call is computed from sums and counts where one of its neighbours is.
pub fn reduces(name: &str) -> bool {
    is_moment(name) || name == "AVG"
}

/// The call over the columns of an aggregate.
pub fn reduced(typer: &Typer<'_>, call: AggregateCall, calls: &mut Calls) -> Result<Scalar, PlanError> {
    let result = call.result.clone();
    let value = typer.cast(call.arguments[0].clone(), &result)?;
    let mut over = |function: &str, argument: Scalar| -> Result<Scalar, PlanError> {
        let resolved = resolve_aggregate(function, &[Typer::argument(&argument)], typer.session)?;
        Ok(calls.add(AggregateCall {
            function: function.to_owned(),
            arguments: vec![argument],
            result: resolved.result,
            nullable: resolved.nullable,
            ..call.clone()
        }))
    };
    if call.function == "AVG" {
        let argument = call.arguments[0].clone();
        let (sum, count) = (over("SUM", argument.clone())?, over("COUNT", argument)?);
        let mean = typer.arithmetic(Arithmetic::Divide, sum, count)?;
        return Ok(typer.cast(mean, &result)?);
    }
    let square = typer.arithmetic(Arithmetic::Multiply, value.clone(), value.clone())?;
    let squares = over("SUM", square)?;
    let sum = over("SUM", value.clone())?;
    let count = over("COUNT", value)?;
    let squared_sum = typer.arithmetic(Arithmetic::Multiply, sum.clone(), sum)?;
    let mean = typer.arithmetic(Arithmetic::Divide, squared_sum, count.clone())?;
    let deviation = typer.arithmetic(Arithmetic::Subtract, squares, mean)?;
    let is_population = call.function.ends_with("_POP");
    let divisor = match is_population {
        true => count,
        false => {
            // NULL for a single value.
            let single = typer.comparison(Comparison::Eq, count.clone(), big_int(1))?;
            let less = typer.arithmetic(Arithmetic::Subtract, count, big_int(1))?;
            let branches = vec![(single, null(&LogicalType::BigInt))];
            let kind = ScalarKind::Case { branches, otherwise: Some(Box::new(less)) };
            Scalar { kind, logical_type: LogicalType::BigInt, nullable: true }
        }
    };
    let variance = typer.arithmetic(Arithmetic::Divide, deviation, divisor)?;
    let value = match call.function.starts_with("STDDEV") {
        true => {
            let half = Scalar {
                kind: ScalarKind::Literal(datafusion_common::ScalarValue::Decimal128(Some(5), 2, 1)),
                logical_type: LogicalType::Decimal { precision: 2, scale: 1 },
                nullable: false,
            };
            typer.named("POWER", vec![variance, half])?
        }
        false => variance,
    };
    Ok(typer.cast(value, &result)?)
}
