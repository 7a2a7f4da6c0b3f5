//! Aggregate functions by name: DataFusion's planner gets placeholders, our typer their types. Until streaming aggregation
//! runs them, they are refused with what they would give.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::{DataFusionError, Result};
use datafusion_expr::expr::AggregateFunction;
use datafusion_expr::function::AccumulatorArgs;
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Expr, Signature, TypeSignature, Volatility,
};
use streamsql_functions::{aggregate_names, resolve_aggregate};

use crate::typer::Typer;

/// An aggregate function without a type.
#[derive(Debug)]
struct Placeholder {
    name: String,
    signature: Signature,
}

impl PartialEq for Placeholder {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Placeholder {}

impl Hash for Placeholder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for Placeholder {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Null)
    }

    fn accumulator(&self, _arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Err(DataFusionError::Internal(format!("the placeholder of {} was evaluated", self.name)))
    }
}

/// The placeholder of an aggregate function.
pub fn placeholder(name: &str) -> Option<Arc<AggregateUDF>> {
    let name = name.to_ascii_uppercase();
    let signature =
        Signature::one_of(vec![TypeSignature::VariadicAny, TypeSignature::Nullary], Volatility::Immutable);
    let known = aggregate_names().contains(&name.as_str());
    known.then(|| Arc::new(AggregateUDF::new_from_impl(Placeholder { name, signature })))
}

/// Why an aggregation is not run: a wrong call first, else that it comes later.
pub fn refusal(typer: &Typer<'_>, expressions: &[Expr]) -> String {
    let mut typed = Vec::new();
    for expression in expressions {
        let Expr::AggregateFunction(function) = unaliased(expression) else { continue };
        match signature(typer, function) {
            Ok(signature) => typed.push(signature),
            Err(message) => return message,
        }
    }
    if typed.is_empty() {
        return "GROUP BY is not supported yet: streaming aggregation comes later".to_owned();
    }
    format!("streaming aggregation comes later: {}", typed.join(", "))
}

fn unaliased(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other,
    }
}

fn signature(typer: &Typer<'_>, function: &AggregateFunction) -> Result<String, String> {
    let name = function.func.name();
    let params = &function.params;
    #[expect(deprecated)]
    let star = matches!(params.args.as_slice(), [Expr::Wildcard { .. }]);
    let args = if star {
        Vec::new()
    } else {
        params.args.iter().map(|arg| typer.typed(arg)).collect::<Result<Vec<_>, _>>()?
    };
    if let Some(filter) = &params.filter {
        typer.condition(filter, "FILTER")?;
    }
    let arguments: Vec<_> = args.iter().map(Typer::argument).collect();
    let resolved = resolve_aggregate(name, &arguments, typer.session)?;
    let types: Vec<String> = args.iter().map(|arg| arg.logical_type.to_string()).collect();
    let distinct = if params.distinct { "DISTINCT " } else { "" };
    let types = if star { "*".to_owned() } else { types.join(", ") };
    let not_null = if resolved.nullable { "" } else { " NOT NULL" };
    Ok(format!("{name}({distinct}{types}) is {}{not_null}", resolved.result))
}
