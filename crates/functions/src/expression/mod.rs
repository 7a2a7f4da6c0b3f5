//! Expressions as they run: a tree over the columns of a batch, evaluated column by column and as lazily as Flink does
//! it row by row.
//!
//! Contract
//! 1. A part is evaluated only for rows that need it: the right side of AND and OR where the left one leaves the result
//!    open, from left to right; a branch of CASE, IF and NULLIF for rows that take it; a value of COALESCE where those
//!    before it are NULL. Parts that cannot fail and cost little are evaluated for all rows; nobody can tell.
//! 2. An expression without rows evaluates nothing.
//! 3. Constants, and what functions make of them, are computed when the tree is built.
//! 4. Time comes from the [`EvalContext`] alone.

mod branch;
mod evaluate;
mod frame;
mod logic;
mod membership;
mod text;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use streamsql_core::{EvalContext, EvalError, LogicalType};

use crate::body::{Body, Constants};
use crate::call::{Arg, Function};

pub use text::{call_text, is_symbol};

/// An expression over the columns of a batch.
#[derive(Clone)]
pub struct Expression {
    kind: Kind,
    can_fail: bool,
    is_cheap: bool,
    needs_context: bool,
}

#[derive(Clone)]
enum Kind {
    Column {
        index: usize,
        name: Arc<str>,
    },
    /// An array of one row.
    Constant(ArrayRef),
    Call(Arc<Call>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    IsNull {
        operand: Box<Expression>,
        negated: bool,
    },
    Case {
        branches: Vec<(Expression, Expression)>,
        otherwise: Option<Box<Expression>>,
        result: LogicalType,
    },
    Coalesce(Vec<Expression>, LogicalType),
}

/// A function applied to expressions.
struct Call {
    function: Function,
    /// The function's body, with the constants among the arguments prepared.
    body: Body,
    arguments: Vec<Expression>,
    logical_type: LogicalType,
}

impl Expression {
    fn of(kind: Kind, children: &[&Expression]) -> Self {
        Self {
            kind,
            can_fail: children.iter().any(|child| child.can_fail),
            is_cheap: children.iter().all(|child| child.is_cheap),
            needs_context: children.iter().any(|child| child.needs_context),
        }
    }

    pub fn column(index: usize, name: &str) -> Self {
        Self::of(Kind::Column { index, name: name.into() }, &[])
    }

    /// `value` has one row.
    pub fn constant(value: ArrayRef) -> Self {
        Self::of(Kind::Constant(value), &[])
    }

    /// A call of a function; of constants alone it becomes a constant itself, unless it fails.
    pub fn call(function: &Function, arguments: Vec<Expression>, logical_type: &LogicalType) -> Self {
        let constants: Vec<Option<ArrayRef>> = arguments.iter().map(Self::value_of_constant).collect();
        let body = function.body.prepare(&Constants::new(&constants));
        let in_context = function.volatile || matches!(body, Body::InContext(_));
        let call = Call { function: function.clone(), body, arguments, logical_type: logical_type.clone() };
        let foldable = !in_context && constants.iter().all(Option::is_some);
        if foldable && let Ok(value) = call.constant_value() {
            return Self::constant(value);
        }
        let children: Vec<&Expression> = call.arguments.iter().collect();
        let mut expression = Self::of(Kind::Column { index: 0, name: "".into() }, &children);
        expression.can_fail |= !function.total;
        expression.is_cheap &= function.total;
        expression.needs_context |= in_context;
        expression.kind = Kind::Call(Arc::new(call));
        expression
    }

    /// Conditions from left to right; one inside another of the same kind is taken apart.
    pub fn and(left: Self, right: Self) -> Self {
        Self::chain(Kind::And, left, right, |kind| match kind {
            Kind::And(parts) => Ok(parts),
            other => Err(other),
        })
    }

    pub fn or(left: Self, right: Self) -> Self {
        Self::chain(Kind::Or, left, right, |kind| match kind {
            Kind::Or(parts) => Ok(parts),
            other => Err(other),
        })
    }

    fn chain(
        make: fn(Vec<Self>) -> Kind,
        left: Self,
        right: Self,
        parts: fn(Kind) -> Result<Vec<Self>, Kind>,
    ) -> Self {
        let mut all = Vec::new();
        let (can_fail, is_cheap) = (left.can_fail || right.can_fail, left.is_cheap && right.is_cheap);
        let needs_context = left.needs_context || right.needs_context;
        for side in [left, right] {
            let (side_fails, side_cheap, side_context) = (side.can_fail, side.is_cheap, side.needs_context);
            match parts(side.kind) {
                Ok(inner) => all.extend(inner),
                Err(kind) => all.push(Self {
                    kind,
                    can_fail: side_fails,
                    is_cheap: side_cheap,
                    needs_context: side_context,
                }),
            }
        }
        Self { kind: make(all), can_fail, is_cheap, needs_context }
    }

    #[expect(clippy::should_implement_trait, reason = "the SQL operator, next to and() and or()")]
    pub fn not(operand: Self) -> Self {
        let like = operand.clone();
        Self::of(Kind::Not(Box::new(operand)), &[&like])
    }

    pub fn is_null(operand: Self, negated: bool) -> Self {
        let like = operand.clone();
        Self::of(Kind::IsNull { operand: Box::new(operand), negated }, &[&like])
    }

    /// The value of the first branch whose condition is TRUE, else that of `otherwise` or NULL.
    pub fn case(branches: Vec<(Self, Self)>, otherwise: Option<Self>, result: &LogicalType) -> Self {
        let children: Vec<Self> = branches.iter().flat_map(|(when, then)| [when, then]).cloned().collect();
        let children: Vec<&Self> = children.iter().collect();
        let mut like = Self::of(Kind::Or(Vec::new()), &children);
        if let Some(otherwise) = &otherwise {
            like.can_fail |= otherwise.can_fail;
            like.needs_context |= otherwise.needs_context;
        }
        let otherwise = otherwise.map(Box::new);
        Self { kind: Kind::Case { branches, otherwise, result: result.clone() }, is_cheap: false, ..like }
    }

    /// The first value that is not NULL.
    pub fn coalesce(values: Vec<Self>, result: &LogicalType) -> Self {
        let like = Self::of(Kind::Or(Vec::new()), &values.iter().collect::<Vec<_>>());
        Self { kind: Kind::Coalesce(values, result.clone()), is_cheap: false, ..like }
    }

    /// `operand IN (constants)`: `None` where the type has no such set.
    pub fn is_one_of(operand: Self, values: &[ArrayRef], logical_type: &LogicalType) -> Option<Self> {
        membership::is_one_of(operand, values, logical_type)
    }

    /// The value, when it is the same for all rows and known, as an array of one row.
    pub fn value_of_constant(&self) -> Option<ArrayRef> {
        match &self.kind {
            Kind::Constant(value) => Some(ArrayRef::clone(value)),
            _ => None,
        }
    }

    /// The value of an expression that reads no column and depends on nothing but itself; `None` for any other.
    pub fn value(&self) -> Option<Result<ArrayRef, EvalError>> {
        if self.needs_context || self.reads_columns() {
            return None;
        }
        Some(evaluate::one_value(self))
    }

    fn reads_columns(&self) -> bool {
        match &self.kind {
            Kind::Column { .. } => true,
            Kind::Constant(_) => false,
            Kind::Call(call) => call.arguments.iter().any(Self::reads_columns),
            Kind::And(parts) | Kind::Or(parts) | Kind::Coalesce(parts, _) => {
                parts.iter().any(Self::reads_columns)
            }
            Kind::Not(operand) | Kind::IsNull { operand, .. } => operand.reads_columns(),
            Kind::Case { branches, otherwise, .. } => {
                branches.iter().any(|(when, then)| when.reads_columns() || then.reads_columns())
                    || otherwise.as_ref().is_some_and(|otherwise| otherwise.reads_columns())
            }
        }
    }
}

/// A truth value for each of `rows` rows.
fn truths(value: &Arg, rows: usize) -> Result<BooleanArray, EvalError> {
    let Some(array) = value.array.as_any().downcast_ref::<BooleanArray>() else {
        let found = value.array.data_type();
        return Err(EvalError::new(format!("a condition is of type {found} and not BOOLEAN")));
    };
    if !value.scalar {
        return Ok(array.clone());
    }
    Ok(match array.iter().next().flatten() {
        Some(value) => BooleanArray::from(vec![value; rows]),
        None => BooleanArray::new_null(rows),
    })
}

/// For a planned constant there is no time; only bodies that do not look at it are evaluated with this.
const NO_CONTEXT: EvalContext =
    EvalContext { processing_time_ms: 0, watermark: streamsql_core::Watermark::MIN };

#[cfg(test)]
mod tests;
