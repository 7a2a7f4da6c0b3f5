//! IN over constants: a set that is made once, whatever the number of batches.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use streamsql_core::LogicalType;

use super::Expression;
use crate::call::{Eval, Function, result_field};

/// Values of a list without its NULLs.
enum Values {
    Texts(HashSet<String>),
    /// Whole numbers, dates and times by their ticks.
    Numbers(HashSet<i64>),
}

/// `operand = v1 OR operand = v2 …`; `None` where the type has no such set. The values have one row each and the
/// operand's type.
pub(super) fn is_one_of(
    operand: Expression,
    values: &[ArrayRef],
    logical_type: &LogicalType,
) -> Option<Expression> {
    let data_type = logical_type.to_arrow();
    if values.iter().any(|value| *value.data_type() != data_type || value.len() != 1) {
        return None;
    }
    let with_null = values.iter().any(|value| value.is_null(0));
    let present = values.iter().filter(|value| value.is_valid(0));
    let values = match data_type {
        DataType::Utf8 => Values::Texts(present.map(|v| v.as_string::<i32>().value(0).to_owned()).collect()),
        _ => Values::Numbers(present.map(|value| Some(ticks(value)?.value(0))).collect::<Option<_>>()?),
    };
    let eval: Arc<Eval> = Arc::new(move |args, rows| {
        let arg = &args[0];
        let answer = |found: bool| if found || !with_null { Some(found) } else { None };
        let array: BooleanArray = match &values {
            Values::Texts(set) => {
                let texts = arg.array.as_string::<i32>();
                (0..rows)
                    .map(|row| {
                        let at = arg.index(row);
                        if texts.is_null(at) { None } else { answer(set.contains(texts.value(at))) }
                    })
                    .collect()
            }
            Values::Numbers(set) => {
                let ticks = ticks(&arg.array).ok_or("IN over values that have no set")?;
                (0..rows)
                    .map(|row| {
                        let at = arg.index(row);
                        if ticks.is_null(at) { None } else { answer(set.contains(&ticks.value(at))) }
                    })
                    .collect()
            }
        };
        Ok(Arc::new(array) as ArrayRef)
    });
    let boolean = LogicalType::Boolean;
    let function = Function {
        name: "IN".to_owned(),
        result: result_field(&boolean, true),
        volatile: false,
        total: true,
        body: eval.into(),
        place: None,
    };
    Some(Expression::call(&function, vec![operand], &boolean))
}

/// The values as whole numbers that are equal where the values are.
fn ticks(array: &ArrayRef) -> Option<arrow::array::Int64Array> {
    let whole = match array.data_type() {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Timestamp(..) => {
            Arc::clone(array)
        }
        DataType::Date32 | DataType::Time32(_) => cast(array, &DataType::Int32).ok()?,
        _ => return None,
    };
    Some(cast(&whole, &DataType::Int64).ok()?.as_primitive::<Int64Type>().clone())
}
