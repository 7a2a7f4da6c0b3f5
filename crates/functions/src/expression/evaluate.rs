//! The evaluation itself.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Schema;
use streamsql_core::{EvalContext, EvalError, Evaluate};

use super::frame::Frame;
use super::{Call, Expression, Kind, NO_CONTEXT, branch, logic, text, truths};
use crate::body::Body;
use crate::call::Arg;

impl Evaluate for Expression {
    fn evaluate(&self, rows: &RecordBatch, cx: &EvalContext) -> Result<ArrayRef, EvalError> {
        let value = self.evaluate_in(&Frame::new(rows), cx)?;
        if value.scalar { repeated(&value.array, rows.num_rows()) } else { Ok(value.array) }
    }

    fn holds(&self, rows: &RecordBatch, cx: &EvalContext) -> Result<BooleanArray, EvalError> {
        Ok(BooleanArray::new(logic::holds(self, &Frame::new(rows), cx)?, None))
    }

    fn can_fail(&self) -> bool {
        self.can_fail
    }
}

/// The one value of an expression without columns and context.
pub(super) fn one_value(expression: &Expression) -> Result<ArrayRef, EvalError> {
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options);
    expression.evaluate(&row.map_err(|e| EvalError::new(e.to_string()))?, &NO_CONTEXT)
}

/// The value of an array of one row for each of `rows` rows.
pub(super) fn repeated(value: &ArrayRef, rows: usize) -> Result<ArrayRef, EvalError> {
    if rows == 1 {
        return Ok(Arc::clone(value));
    }
    take(value.as_ref(), &UInt32Array::from(vec![0; rows]), None).map_err(|e| EvalError::new(e.to_string()))
}

impl Expression {
    /// One value a row of the frame, or one for all.
    pub(super) fn evaluate_in(&self, frame: &Frame<'_>, cx: &EvalContext) -> Result<Arg, EvalError> {
        match &self.kind {
            Kind::Column { index, .. } => Ok(Arg::column(frame.column(*index)?)),
            // Functions take nested values as columns.
            Kind::Constant(value) if value.data_type().is_nested() => {
                Ok(Arg::column(repeated(value, frame.rows())?))
            }
            Kind::Constant(value) => Ok(Arg { array: Arc::clone(value), scalar: true }),
            Kind::Call(call) => call.evaluate(frame, cx),
            Kind::And(parts) => logic::all(parts, frame, cx),
            Kind::Or(parts) => logic::any(parts, frame, cx),
            Kind::Not(operand) => {
                let operand = truths(&operand.evaluate_in(frame, cx)?, frame.rows())?;
                let values = !operand.values();
                Ok(Arg::column(Arc::new(BooleanArray::new(values, operand.nulls().cloned()))))
            }
            Kind::IsNull { operand, negated } => {
                let operand = operand.evaluate_in(frame, cx)?;
                let test = if *negated { arrow::compute::is_not_null } else { arrow::compute::is_null };
                let array = test(operand.array.as_ref()).map_err(|e| EvalError::new(e.to_string()))?;
                Ok(Arg { array: Arc::new(array), scalar: operand.scalar })
            }
            Kind::Case { branches, otherwise, result } => {
                branch::case(branches, otherwise.as_deref(), result, frame, cx)
            }
            Kind::Coalesce(values, result) => branch::coalesce(values, result, frame, cx),
        }
    }
}

impl Call {
    fn evaluate(&self, frame: &Frame<'_>, cx: &EvalContext) -> Result<Arg, EvalError> {
        if frame.rows() == 0 {
            return Ok(Arg::column(arrow::array::new_empty_array(self.function.result.data_type())));
        }
        let arguments =
            self.arguments.iter().map(|a| a.evaluate_in(frame, cx)).collect::<Result<Vec<_>, _>>()?;
        let nested = self.function.result.data_type().is_nested();
        let scalar = !self.function.volatile && !nested && arguments.iter().all(|argument| argument.scalar);
        let rows = if scalar { 1 } else { frame.rows() };
        match self.run(&arguments, rows, cx) {
            Ok(array) => Ok(Arg { array, scalar }),
            Err(message) => Err(self.failure(&message, &arguments, rows)),
        }
    }

    fn run(&self, arguments: &[Arg], rows: usize, cx: &EvalContext) -> Result<ArrayRef, String> {
        match &self.body {
            Body::Pure(eval) => eval(arguments, rows),
            Body::InContext(eval) => eval(arguments, rows, cx),
            Body::Prepared(_) => Err("the call was not prepared".to_owned()),
        }
    }

    /// The value of a call of constants, as an array of one row.
    pub(super) fn constant_value(&self) -> Result<ArrayRef, String> {
        let argument = |argument: &Expression| {
            let array = argument.value_of_constant().ok_or("not a constant")?;
            Ok(Arg { scalar: !array.data_type().is_nested(), array })
        };
        let arguments = self.arguments.iter().map(argument).collect::<Result<Vec<_>, String>>()?;
        let array = self.run(&arguments, 1, &NO_CONTEXT)?;
        if array.len() == 1 { Ok(array) } else { Err("a constant has one value".to_owned()) }
    }

    /// What the user reads of a failure: with one row at hand, the values as well.
    fn failure(&self, message: &str, arguments: &[Arg], rows: usize) -> EvalError {
        let values = if rows == 1 { text::values(&self.arguments, arguments) } else { String::new() };
        let what = text::clipped(&self.text());
        EvalError { message: format!("{what}: {message}{values}"), place: self.function.place.clone() }
    }
}
