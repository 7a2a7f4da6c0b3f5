//! `= <> < <= > >=` and `IS [NOT] DISTINCT FROM`, over operands of one type.

use std::sync::Arc;

use arrow::array::make_comparator;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray};
use arrow::compute::SortOptions;
use arrow::compute::kernels::cmp;
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type};
use streamsql_core::map;

use crate::arithmetic::{compare_decimals, decimal_scale};
use crate::call::{Arg, Eval};

/// The name of `IS NOT DISTINCT FROM` between two types of which one is cast; it is written like the other one. It is no key
/// of a join in Flink, which casts sides of `=` only.
pub const UNLIKE_NOT_DISTINCT: &str = "IS NOT DISTINCT FROM CAST";

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

    /// The operator that holds where this one does not, where neither side is NULL.
    pub fn negated(self) -> Self {
        match self {
            Self::Eq => Self::NotEq,
            Self::NotEq => Self::Eq,
            Self::Lt => Self::GtEq,
            Self::LtEq => Self::Gt,
            Self::Gt => Self::LtEq,
            Self::GtEq => Self::Lt,
            Self::Distinct => Self::NotDistinct,
            Self::NotDistinct => Self::Distinct,
        }
    }
}

/// NULL where either side is (but for DISTINCT). Texts compare bytewise, floats as Java compares primitives (NaN is
/// neither less nor greater nor equal), nested values as [`equality`] says.
pub fn eval(op: Comparison) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let rows = if args.iter().all(|a| a.scalar) { 1 } else { rows };
        match args[0].array.data_type() {
            DataType::Null => Ok(match op {
                Comparison::Distinct => Arc::new(BooleanArray::from(vec![false; rows])),
                Comparison::NotDistinct => Arc::new(BooleanArray::from(vec![true; rows])),
                _ => Arc::new(BooleanArray::new_null(rows)) as ArrayRef,
            }),
            DataType::Float32 => floats::<Float32Type>(op, args, rows),
            DataType::Float64 => floats::<Float64Type>(op, args, rows),
            DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => nested(op, args, rows),
            _ => kernel(op, args),
        }
    })
}

/// A comparison of a value with itself.
pub fn with_itself(op: Comparison) -> Arc<Eval> {
    use Comparison::{Eq, GtEq, LtEq, NotDistinct};
    Arc::new(move |args, rows| {
        let rows = if args.iter().all(|a| a.scalar) { 1 } else { rows };
        decide(op, args, rows, |_, _, op| matches!(op, Eq | LtEq | GtEq | NotDistinct))
    })
}

/// `=` and its kin over values of types whose values are never equal.
pub fn never_equal(op: Comparison) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let rows = if args.iter().all(|a| a.scalar) { 1 } else { rows };
        decide(op, args, rows, |_, _, op| matches!(op, Comparison::NotEq | Comparison::Distinct))
    })
}

/// `< <= > >=` over decimals of different scales.
pub fn ordered_decimals(op: Comparison) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let rows = if args.iter().all(|a| a.scalar) { 1 } else { rows };
        let (left, right) =
            (args[0].array.as_primitive::<Decimal128Type>(), args[1].array.as_primitive::<Decimal128Type>());
        let (s1, s2) = (decimal_scale(&args[0].array)?, decimal_scale(&args[1].array)?);
        decide(op, args, rows, |i, j, op| {
            let order = compare_decimals((left.value(i), s1), (right.value(j), s2));
            match op {
                Comparison::Lt => order.is_lt(),
                Comparison::LtEq => order.is_le(),
                Comparison::Gt => order.is_gt(),
                Comparison::GtEq => order.is_ge(),
                Comparison::Eq | Comparison::NotDistinct => order.is_eq(),
                Comparison::NotEq | Comparison::Distinct => order.is_ne(),
            }
        })
    })
}

fn kernel(op: Comparison, args: &[Arg]) -> Result<ArrayRef, String> {
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
    Ok(Arc::new(result) as ArrayRef)
}

fn floats<T: ArrowPrimitiveType>(op: Comparison, args: &[Arg], rows: usize) -> Result<ArrayRef, String>
where
    T::Native: PartialOrd,
{
    let (left, right) = (args[0].array.as_primitive::<T>(), args[1].array.as_primitive::<T>());
    decide(op, args, rows, |i, j, op| {
        let (l, r) = (left.value(i), right.value(j));
        match op {
            Comparison::Eq | Comparison::NotDistinct => l == r,
            Comparison::NotEq | Comparison::Distinct => l != r,
            Comparison::Lt => l < r,
            Comparison::LtEq => l <= r,
            Comparison::Gt => l > r,
            Comparison::GtEq => l >= r,
        }
    })
}

fn nested(op: Comparison, args: &[Arg], rows: usize) -> Result<ArrayRef, String> {
    let equal = equality(&args[0].array, &args[1].array)?;
    decide(op, args, rows, |i, j, op| match op {
        Comparison::NotEq | Comparison::Distinct => !equal(i, j),
        _ => equal(i, j),
    })
}

fn decide(
    op: Comparison,
    args: &[Arg],
    rows: usize,
    holds: impl Fn(usize, usize, Comparison) -> bool,
) -> Result<ArrayRef, String> {
    let result: BooleanArray = (0..rows)
        .map(|row| {
            let (i, j) = (args[0].index(row), args[1].index(row));
            match (op, args[0].array.is_null(i), args[1].array.is_null(j)) {
                (_, false, false) => Some(holds(i, j, op)),
                (Comparison::Distinct, l, r) => Some(l != r),
                (Comparison::NotDistinct, l, r) => Some(l == r),
                _ => None,
            }
        })
        .collect();
    Ok(Arc::new(result))
}

/// Whether value `i` of the left array equals value `j` of the right one; NULLs are equal.
type Equality<'a> = Box<dyn Fn(usize, usize) -> bool + 'a>;

/// Equality of values of one Arrow type (but for names and metadata inside), as `=` has it: a NULL element of an array
/// and a NULL value of a map equal nothing, NULL fields of rows are equal. Maps are equal when their entries are, in any
/// order (Flink `ScalarOperatorGens.generateArrayComparison`, `generateMapComparison`).
pub fn equality<'a>(left: &'a ArrayRef, right: &'a ArrayRef) -> Result<Equality<'a>, String> {
    equality_with(left, right, false)
}

/// As [`equality`], but NULL elements of arrays are equal: what ARRAY_DISTINCT and ARRAY_UNION keep once.
pub fn sameness<'a>(left: &'a ArrayRef, right: &'a ArrayRef) -> Result<Equality<'a>, String> {
    equality_with(left, right, true)
}

fn equality_with<'a>(
    left: &'a ArrayRef,
    right: &'a ArrayRef,
    null_elements: bool,
) -> Result<Equality<'a>, String> {
    let equality = |left, right| equality_with(left, right, null_elements);
    let values: Equality<'a> = match (left.data_type(), right.data_type()) {
        (DataType::List(_), DataType::List(_)) => {
            let (l, r) = (left.as_list::<i32>(), right.as_list::<i32>());
            let items = equality(l.values(), r.values())?;
            let equal = move |i, j| (null_elements || l.values().is_valid(i)) && items(i, j);
            Box::new(move |i, j| {
                let (from, other) = (l.value_offsets()[i] as usize, r.value_offsets()[j] as usize);
                let length = l.value_length(i) as usize;
                length == r.value_length(j) as usize && (0..length).all(|n| equal(from + n, other + n))
            })
        }
        (DataType::Map(..), DataType::Map(..)) => {
            let (l, r) = (left.as_map(), right.as_map());
            let (keys, values) = (equality(map::keys(l), map::keys(r))?, equality(l.values(), r.values())?);
            let items = move |i, j| l.values().is_valid(i) && values(i, j);
            Box::new(move |i, j| {
                let range = |m: &arrow::array::MapArray, at: usize| {
                    m.value_offsets()[at] as usize..m.value_offsets()[at + 1] as usize
                };
                let (mine, theirs) = (range(l, i), range(r, j));
                mine.len() == theirs.len()
                    && mine.clone().all(|a| theirs.clone().any(|b| keys(a, b) && items(a, b)))
            })
        }
        (DataType::Struct(_), DataType::Struct(_)) => {
            let (l, r) = (left.as_struct(), right.as_struct());
            let fields = l
                .columns()
                .iter()
                .zip(r.columns())
                .map(|(l, r)| equality(l, r))
                .collect::<Result<Vec<_>, _>>()?;
            Box::new(move |i, j| fields.iter().all(|equal| equal(i, j)))
        }
        (DataType::Null, _) | (_, DataType::Null) => Box::new(|_, _| false),
        _ => {
            let compare = make_comparator(left.as_ref(), right.as_ref(), SortOptions::default())
                .map_err(|e| e.to_string())?;
            return Ok(Box::new(move |i, j| compare(i, j).is_eq()));
        }
    };
    Ok(Box::new(move |i, j| match (left.is_null(i), right.is_null(j)) {
        (false, false) => values(i, j),
        (l, r) => l == r,
    }))
}
