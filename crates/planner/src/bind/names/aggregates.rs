//! Aggregate functions by name: DataFusion's planner gets placeholders, which are typed when they are bound.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::{DataFusionError, Result};
use datafusion_expr::expr::AggregateFunctionParams;
use datafusion_expr::function::AccumulatorArgs;
use datafusion_expr::udaf_default_schema_name;
use datafusion_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, TypeSignature, Volatility};
use streamsql_functions::aggregate_names;

use super::places::{shown_cast, without_places};

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

    /// Without the places in a FILTER: HAVING repeats what SELECT has computed at another one. With the casts, so that
    /// `SUM(v)` and `SUM(CAST(v AS BIGINT))` are two.
    fn schema_name(&self, params: &AggregateFunctionParams) -> Result<String> {
        let name = without_places(&udaf_default_schema_name(self, params)?).into_owned();
        let casts: Vec<String> = params.args.iter().filter_map(shown_cast).collect();
        Ok(if casts.is_empty() { name } else { format!("{name} of {}", casts.join(", ")) })
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
