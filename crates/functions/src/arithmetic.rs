//! `+ - * / %` and unary minus on numbers: integers wrap and divide truncating, decimals are exact, HALF_UP and NULL on
//! overflow (Flink `ScalarOperatorGens`, `DecimalDataUtils`).

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, PrimitiveArray};
use arrow::datatypes::{
    ArrowNativeTypeOp, DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, i256,
};
use streamsql_core::LogicalType;

use crate::call::{Arg, Eval};
use crate::typing::Arithmetic;

const DIVISION_BY_ZERO: &str = "division by zero";

/// Applies `op` to operands that were cast: integers and floats to the result type, decimals keep theirs.
pub fn eval(op: Arithmetic, result: &LogicalType) -> Arc<Eval> {
    let result = result.clone();
    Arc::new(move |args, rows| {
        let (left, right) = (&args[0], &args[1]);
        match &result {
            LogicalType::TinyInt => integers::<Int8Type>(op, left, right, rows),
            LogicalType::SmallInt => integers::<Int16Type>(op, left, right, rows),
            LogicalType::Int => integers::<Int32Type>(op, left, right, rows),
            LogicalType::BigInt => integers::<Int64Type>(op, left, right, rows),
            LogicalType::Float => floats::<Float32Type>(op, left, right, rows),
            LogicalType::Double => floats::<Float64Type>(op, left, right, rows),
            LogicalType::Decimal { precision, scale } => decimals(op, left, right, rows, *precision, *scale),
            other => Err(format!("no arithmetic in {other}")),
        }
    })
}

/// Calls `f` for each pair of non-NULL values.
pub fn binary<A: ArrowPrimitiveType, B: ArrowPrimitiveType, R: ArrowPrimitiveType>(
    left: &Arg,
    right: &Arg,
    rows: usize,
    f: impl Fn(A::Native, B::Native) -> Result<Option<R::Native>, String>,
) -> Result<PrimitiveArray<R>, String> {
    let (l, r) = (left.array.as_primitive::<A>(), right.array.as_primitive::<B>());
    let mut out = PrimitiveArray::<R>::builder(rows);
    for row in 0..rows {
        let (i, j) = (left.index(row), right.index(row));
        if l.is_null(i) || r.is_null(j) {
            out.append_null();
        } else {
            out.append_option(f(l.value(i), r.value(j))?);
        }
    }
    Ok(out.finish())
}

fn integers<T: ArrowPrimitiveType>(
    op: Arithmetic,
    left: &Arg,
    right: &Arg,
    rows: usize,
) -> Result<ArrayRef, String>
where
    T::Native: ArrowNativeTypeOp,
{
    let zero = T::Native::ZERO;
    let array = match op {
        Arithmetic::Add => binary::<T, T, T>(left, right, rows, |a, b| Ok(Some(a.add_wrapping(b))))?,
        Arithmetic::Subtract => binary::<T, T, T>(left, right, rows, |a, b| Ok(Some(a.sub_wrapping(b))))?,
        Arithmetic::Multiply => binary::<T, T, T>(left, right, rows, |a, b| Ok(Some(a.mul_wrapping(b))))?,
        Arithmetic::Divide => binary::<T, T, T>(left, right, rows, |a, b| {
            if b == zero { Err(DIVISION_BY_ZERO.to_owned()) } else { Ok(Some(a.div_wrapping(b))) }
        })?,
        Arithmetic::Modulo => binary::<T, T, T>(left, right, rows, |a, b| {
            if b == zero { Err(DIVISION_BY_ZERO.to_owned()) } else { Ok(Some(a.mod_wrapping(b))) }
        })?,
    };
    Ok(Arc::new(array))
}

fn floats<T: ArrowPrimitiveType>(
    op: Arithmetic,
    left: &Arg,
    right: &Arg,
    rows: usize,
) -> Result<ArrayRef, String>
where
    T::Native: ArrowNativeTypeOp
        + std::ops::Add<Output = T::Native>
        + std::ops::Sub<Output = T::Native>
        + std::ops::Mul<Output = T::Native>
        + std::ops::Div<Output = T::Native>
        + std::ops::Rem<Output = T::Native>,
{
    let array = binary::<T, T, T>(left, right, rows, |a, b| {
        Ok(Some(match op {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
            Arithmetic::Modulo => a % b,
        }))
    })?;
    Ok(Arc::new(array))
}

/// The scale of a decimal array.
pub(crate) fn decimal_scale(array: &ArrayRef) -> Result<i32, String> {
    match array.data_type() {
        DataType::Decimal128(_, scale) => Ok(i32::from(*scale)),
        other => Err(format!("expected a decimal, found {other}")),
    }
}

fn decimals(
    op: Arithmetic,
    left: &Arg,
    right: &Arg,
    rows: usize,
    precision: u8,
    scale: u8,
) -> Result<ArrayRef, String> {
    let (s1, s2) = (decimal_scale(&left.array)?, decimal_scale(&right.array)?);
    let target = i32::from(scale);
    let array: Decimal128Array =
        binary::<Decimal128Type, Decimal128Type, Decimal128Type>(left, right, rows, |a, b| {
            let exact = match op {
                Arithmetic::Multiply => match a.checked_mul(b) {
                    Some(product) => return Ok(round(product, s1 + s2, target, precision)),
                    None => rescale(i256::from_i128(a).wrapping_mul(i256::from_i128(b)), s1 + s2, target),
                },
                Arithmetic::Add | Arithmetic::Subtract => {
                    let common = s1.max(s2);
                    let (a, b) = (widened(a, common - s1), widened(b, common - s2));
                    let sum = if op == Arithmetic::Add { a.wrapping_add(b) } else { a.wrapping_sub(b) };
                    rescale(sum, common, target)
                }
                Arithmetic::Divide => {
                    if b == 0 {
                        return Err(DIVISION_BY_ZERO.to_owned());
                    }
                    // a/10^s1 / (b/10^s2) at the target scale: a * 10^(target - s1 + s2) / b.
                    let shift = target - s1 + s2;
                    let (a, b) = if shift >= 0 {
                        (widened(a, shift), i256::from_i128(b))
                    } else {
                        (i256::from_i128(a), widened(b, -shift))
                    };
                    divide_half_up(a, b)
                }
                Arithmetic::Modulo => {
                    if b == 0 {
                        return Err(DIVISION_BY_ZERO.to_owned());
                    }
                    let common = s1.max(s2);
                    let remainder =
                        widened(a, common - s1).checked_rem(widened(b, common - s2)).unwrap_or(i256::ZERO);
                    rescale(remainder, common, target)
                }
            };
            Ok(exact.to_i128().and_then(|value| fit(value, precision)))
        })?;
    let array = array.with_precision_and_scale(precision, scale as i8).map_err(|e| e.to_string())?;
    Ok(Arc::new(array))
}

const fn powers_of_ten() -> [i128; 39] {
    let mut powers = [1i128; 39];
    let mut i = 1;
    while i < 39 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
}

/// 10^0 … 10^38.
pub const POWERS: [i128; 39] = powers_of_ten();

fn power(exponent: i32) -> i256 {
    if exponent <= 38 {
        i256::from_i128(POWERS[exponent.max(0) as usize])
    } else {
        i256::from_i128(POWERS[38]).wrapping_mul(power(exponent - 38))
    }
}

fn widened(value: i128, digits: i32) -> i256 {
    i256::from_i128(value).wrapping_mul(power(digits))
}

/// The order of two values, each with its scale.
pub(crate) fn compare_decimals((a, s1): (i128, i32), (b, s2): (i128, i32)) -> Ordering {
    widened(a, s2 - s1.min(s2)).cmp(&widened(b, s1 - s1.min(s2)))
}

/// A value of `scale` at `target` scale, HALF_UP.
fn rescale(value: i256, scale: i32, target: i32) -> i256 {
    if target >= scale {
        return value.wrapping_mul(power(target - scale));
    }
    divide_half_up(value, power(scale - target))
}

/// a / b, ties away from zero.
fn divide_half_up(a: i256, b: i256) -> i256 {
    let (Some(quotient), Some(remainder)) = (a.checked_div(b), a.checked_rem(b)) else { return i256::ZERO };
    let (r, b_abs) = (remainder.wrapping_abs(), b.wrapping_abs());
    if r.wrapping_add(r) < b_abs {
        return quotient;
    }
    let negative = (a < i256::ZERO) != (b < i256::ZERO);
    if negative { quotient.wrapping_sub(i256::ONE) } else { quotient.wrapping_add(i256::ONE) }
}

/// The value if it has at most `precision` digits; Flink gives NULL otherwise.
pub fn fit(value: i128, precision: u8) -> Option<i128> {
    (value.unsigned_abs() < POWERS[usize::from(precision).min(38)].unsigned_abs()).then_some(value)
}

/// A decimal of `scale` at `target` scale and `precision`, HALF_UP; `None` when it has too many digits.
pub fn round(value: i128, scale: i32, target: i32, precision: u8) -> Option<i128> {
    if target == scale {
        return fit(value, precision);
    }
    if target > scale {
        let power = POWERS.get((target - scale) as usize)?;
        return value.checked_mul(*power).and_then(|v| fit(v, precision));
    }
    let Some(divisor) = POWERS.get((scale - target) as usize) else { return Some(0) };
    let quotient = value / divisor;
    let up = (value % divisor).unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
    fit(if up { quotient + value.signum() } else { quotient }, precision)
}

/// Unary minus; integers wrap.
pub fn negate(array: &ArrayRef) -> Result<ArrayRef, String> {
    arrow::compute::kernels::numeric::neg_wrapping(array.as_ref()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(value: i128, precision: u8, scale: i8) -> Arg {
        let array = Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale).unwrap();
        Arg::column(Arc::new(array))
    }

    fn run(op: Arithmetic, l: Arg, r: Arg, precision: u8, scale: u8) -> Option<i128> {
        let array = eval(op, &LogicalType::Decimal { precision, scale })(&[l, r], 1).unwrap();
        let array = array.as_primitive::<Decimal128Type>();
        array.is_valid(0).then(|| array.value(0))
    }

    #[test]
    fn decimals_round_half_up_and_overflow_to_null() {
        assert_eq!(round(1005, 3, 2, 10), Some(101));
        assert_eq!(round(-2345, 3, 2, 10), Some(-235));
        assert_eq!(round(9_999_995, 3, 2, 6), None);
        assert_eq!(
            run(Arithmetic::Divide, decimal(100, 6, 2), decimal(3, 10, 0), 17, 13),
            Some(3_333_333_333_333)
        );
        assert_eq!(
            run(Arithmetic::Divide, decimal(-200, 6, 2), decimal(3, 10, 0), 17, 13),
            Some(-6_666_666_666_667)
        );
    }

    #[test]
    fn a_product_beyond_128_bits_is_still_exact() {
        let big = 10i128.pow(30);
        assert_eq!(
            run(Arithmetic::Multiply, decimal(big, 38, 18), decimal(big, 38, 18), 38, 6),
            Some(10i128.pow(30))
        );
    }

    #[test]
    fn integers_wrap_and_truncate() {
        let ints = |v: i32| Arg::column(Arc::new(arrow::array::Int32Array::from(vec![v])) as ArrayRef);
        let one = |op, l, r| {
            let array = eval(op, &LogicalType::Int)(&[ints(l), ints(r)], 1)?;
            Ok::<_, String>(array.as_primitive::<Int32Type>().value(0))
        };
        assert_eq!(one(Arithmetic::Divide, -7, 2), Ok(-3));
        assert_eq!(one(Arithmetic::Add, i32::MAX, 1), Ok(i32::MIN));
        assert_eq!(one(Arithmetic::Divide, i32::MIN, -1), Ok(i32::MIN));
        assert!(one(Arithmetic::Divide, 1, 0).is_err());
    }
}
