//! A call of one of our functions as a DataFusion physical expression.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Datum, RecordBatch, Scalar};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion_common::{DataFusionError, Result};
use datafusion_expr::ColumnarValue;
use datafusion_physical_expr_common::physical_expr::PhysicalExpr;

/// One argument: a column, or a constant as an array of one row.
#[derive(Clone, Debug)]
pub struct Arg {
    pub array: ArrayRef,
    pub scalar: bool,
}

impl Arg {
    pub fn column(array: ArrayRef) -> Self {
        Self { array, scalar: false }
    }

    /// Where the value of `row` stands in the array.
    pub fn index(&self, row: usize) -> usize {
        if self.scalar { 0 } else { row }
    }

    pub fn is_null(&self, row: usize) -> bool {
        self.array.is_null(self.index(row))
    }

    /// For Arrow's kernels, which treat constants apart.
    pub fn datum(&self) -> Box<dyn Datum> {
        if self.scalar {
            Box::new(Scalar::new(Arc::clone(&self.array)))
        } else {
            Box::new(Arc::clone(&self.array))
        }
    }
}

/// Evaluates a call over `rows` rows. The array has `rows` entries, or one when all arguments are constants.
/// The error is a sentence for the user; it never holds values.
pub type Eval = dyn Fn(&[Arg], usize) -> std::result::Result<ArrayRef, String> + Send + Sync;

/// A function with its result type fixed.
#[derive(Clone)]
pub struct Function {
    /// Upper-case name as in Flink's documentation.
    pub name: String,
    /// The result's Arrow field with Flink's type in its metadata.
    pub result: FieldRef,
    /// Depends on more than its arguments (`PROCTIME()`): evaluated once a row even without arguments.
    pub volatile: bool,
    pub eval: Arc<Eval>,
}

/// A function applied to expressions.
#[derive(Clone)]
pub struct Call {
    function: Function,
    arguments: Vec<Arc<dyn PhysicalExpr>>,
}

impl Call {
    pub fn new(function: Function, arguments: Vec<Arc<dyn PhysicalExpr>>) -> Self {
        Self { function, arguments }
    }
}

impl PhysicalExpr for Call {
    fn data_type(&self, _input: &Schema) -> Result<DataType> {
        Ok(self.function.result.data_type().clone())
    }

    fn nullable(&self, _input: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn return_field(&self, _input: &Schema) -> Result<FieldRef> {
        Ok(Arc::clone(&self.function.result))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let arguments = self
            .arguments
            .iter()
            .map(|argument| {
                Ok(match argument.evaluate(batch)? {
                    ColumnarValue::Array(array) => Arg { array, scalar: false },
                    ColumnarValue::Scalar(value) => Arg { array: value.to_array()?, scalar: true },
                })
            })
            .collect::<Result<Vec<_>>>()?;
        // Nested constants stay arrays: DataFusion's scalars forget the metadata of their fields.
        let constant = !self.function.volatile
            && !self.function.result.data_type().is_nested()
            && arguments.iter().all(|argument| argument.scalar);
        let rows = if constant { 1 } else { batch.num_rows() };
        let array = (self.function.eval)(&arguments, rows)
            .map_err(|message| DataFusionError::Execution(format!("{}: {message}", self.function.name)))?;
        if constant {
            return Ok(ColumnarValue::Scalar(datafusion_common::ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.arguments.iter().collect()
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Self { function: self.function.clone(), arguments: children }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(ToString::to_string).collect();
        write!(f, "{}({})", self.function.name, arguments.join(", "))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
            && self.function.result == other.function.result
            && self.arguments == other.arguments
    }
}

impl Eq for Call {}

impl Hash for Call {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
        self.arguments.hash(state);
    }
}

/// The result field of a type.
pub fn result_field(logical_type: &streamsql_core::LogicalType, nullable: bool) -> FieldRef {
    let field: Field = logical_type.to_field("", nullable);
    Arc::new(field)
}
