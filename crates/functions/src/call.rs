//! Functions, and the arguments that they get.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Datum, Scalar};
use arrow::datatypes::{Field, FieldRef};

use crate::body::Body;

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
    /// Has a value for all arguments and costs so little that it may be computed for rows that do not need it.
    pub total: bool,
    pub body: Body,
    /// `file:line:col` of the call in the SQL, where it is known.
    pub place: Option<Arc<str>>,
}

/// The result field of a type.
pub fn result_field(logical_type: &streamsql_core::LogicalType, nullable: bool) -> FieldRef {
    let field: Field = logical_type.to_field("", nullable);
    Arc::new(field)
}
