//! `= <> < <= > >=` and `IS [NOT] DISTINCT FROM`, over operands of one type.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::kernels::cmp;

use crate::call::Eval;

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    Distinct,
    NotDistinct,
}

impl Comparison {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::NotEq => "<>",
            Self::Lt => "<",
            Self::LtEq => "<=",
            Self::Gt => ">",
            Self::GtEq => ">=",
            Self::Distinct => "IS DISTINCT FROM",
            Self::NotDistinct => "IS NOT DISTINCT FROM",
        }
    }

    /// The operator with its sides exchanged.
    pub fn mirrored(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::LtEq => Self::GtEq,
            Self::Gt => Self::Lt,
            Self::GtEq => Self::LtEq,
            same => same,
        }
    }
}

/// NULL where either side is (but for DISTINCT); texts compare bytewise, floats in total order.
pub fn eval(op: Comparison) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let kernel = match op {
            Comparison::Eq => cmp::eq,
            Comparison::NotEq => cmp::neq,
            Comparison::Lt => cmp::lt,
            Comparison::LtEq => cmp::lt_eq,
            Comparison::Gt => cmp::gt,
            Comparison::GtEq => cmp::gt_eq,
            Comparison::Distinct => cmp::distinct,
            Comparison::NotDistinct => cmp::not_distinct,
        };
        let result = kernel(args[0].datum().as_ref(), args[1].datum().as_ref()).map_err(|e| e.to_string())?;
        debug_assert!(result.values().len() == rows || args.iter().all(|a| a.scalar));
        Ok(Arc::new(result) as ArrayRef)
    })
}
