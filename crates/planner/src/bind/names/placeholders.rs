//! Functions and operators without a type: DataFusion resolves their names, [`crate::bind::typing`] gives them types.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{Column, DFSchema, DataFusionError, Result, ScalarValue, TableReference};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion_expr::{
    ColumnarValue, Expr, PartitionEvaluator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    TypeSignature, Volatility, WindowUDF, WindowUDFImpl,
};
use datafusion_sql::sqlparser::ast::BinaryOperator;
use streamsql_sql::parse::expression::FIELD;

use crate::bind::names::places::{self, AT, shown_cast};

/// Prefix of the placeholders that stand for operators.
pub const OPERATOR_PREFIX: &str = "operator ";

/// A function without a type: only its name and arguments matter.
#[derive(Debug)]
struct Placeholder {
    /// With the place of the call, which tells no two calls apart.
    name: String,
    signature: Signature,
}

impl PartialEq for Placeholder {
    fn eq(&self, other: &Self) -> bool {
        self.bare_name() == other.bare_name()
    }
}

impl Eq for Placeholder {}

impl Hash for Placeholder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bare_name().hash(state);
    }
}

impl Placeholder {
    fn bare_name(&self) -> &str {
        places::split(&self.name).0
    }
}

/// A function of the name that is called like one.
pub fn scalar(name: &str) -> Arc<ScalarUDF> {
    let signature =
        Signature::one_of(vec![TypeSignature::VariadicAny, TypeSignature::Nullary], Volatility::Volatile);
    Arc::new(ScalarUDF::new_from_impl(Placeholder { name: name.to_owned(), signature }))
}

impl ScalarUDFImpl for Placeholder {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Null)
    }

    fn schema_name(&self, arguments: &[Expr]) -> Result<String> {
        let names: Vec<String> =
            arguments.iter().map(|a| shown_cast(a).unwrap_or_else(|| a.schema_name().to_string())).collect();
        let names = names.join(",");
        Ok(match self.bare_name() {
            AT => names,
            name => format!("{name}({names})"),
        })
    }

    fn invoke_with_args(&self, _arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Internal(format!("the placeholder of {} was evaluated", self.name)))
    }
}

/// A function that stands only before OVER: only its name and arguments matter.
#[derive(Debug)]
struct OverPlaceholder {
    name: String,
    signature: Signature,
}

impl PartialEq for OverPlaceholder {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for OverPlaceholder {}

impl Hash for OverPlaceholder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl WindowUDFImpl for OverPlaceholder {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, _arguments: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Err(DataFusionError::Internal(format!("the placeholder of {} was evaluated", self.name)))
    }

    fn field(&self, arguments: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(arguments.name(), DataType::Null, true)))
    }
}

/// A function of the name that stands before OVER.
pub fn over(name: String) -> Arc<WindowUDF> {
    let signature = Signature::variadic_any(Volatility::Immutable);
    Arc::new(WindowUDF::new_from_impl(OverPlaceholder { name, signature }))
}

/// Binary operators and special call forms become placeholders that are typed later.
#[derive(Debug)]
pub struct Operators;

fn special(name: &str, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
    Ok(PlannerResult::Planned(Expr::ScalarFunction(ScalarFunction::new_udf(scalar(name), args))))
}

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, raw: RawBinaryExpr, _schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let symbol = match raw.op {
            BinaryOperator::And | BinaryOperator::Or => return Ok(PlannerResult::Original(raw)),
            BinaryOperator::NotEq => "<>".to_owned(),
            ref other => other.to_string(),
        };
        let udf = scalar(&format!("{OPERATOR_PREFIX}{symbol}"));
        let call = ScalarFunction::new_udf(udf, vec![raw.left, raw.right]);
        Ok(PlannerResult::Planned(Expr::ScalarFunction(call)))
    }

    /// `t.r.f`: fields of a column.
    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let column = Expr::Column(Column::new(qualifier.cloned(), field.name()));
        let nested = nested_names.iter().fold(column, |row, name| {
            let name = Expr::Literal(ScalarValue::from(name.as_str()), None);
            Expr::ScalarFunction(ScalarFunction::new_udf(scalar(FIELD), vec![row, name]))
        });
        Ok(PlannerResult::Planned(nested))
    }

    fn plan_extract(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("EXTRACT", args)
    }

    fn plan_substring(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("SUBSTRING", args)
    }

    fn plan_position(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("POSITION", args)
    }

    fn plan_overlay(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("OVERLAY", args)
    }
}
