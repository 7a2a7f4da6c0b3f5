//! Numeric functions (Flink `SqlFunctionUtils`): ABS, CEIL, FLOOR, ROUND, SIGN, powers, logarithms, trigonometry.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type,
};
use streamsql_core::LogicalType;

use crate::arithmetic::{POWERS, binary, fit, round as round_decimal};
use crate::call::{Arg, Eval};
use crate::strings::text;

/// A function of one double.
pub fn double(f: fn(f64) -> f64) -> Arc<Eval> {
    Arc::new(move |args, _| {
        let array: Float64Array = args[0].array.as_primitive::<Float64Type>().unary(f);
        Ok(Arc::new(array))
    })
}

/// A function of two doubles.
pub fn double2(f: fn(f64, f64) -> f64) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array = binary::<Float64Type, Float64Type, Float64Type>(&args[0], &args[1], rows, |a, b| {
            Ok(Some(f(a, b)))
        })?;
        Ok(Arc::new(array))
    })
}

/// A function that keeps the type of its argument.
fn unary<T: ArrowPrimitiveType>(array: &ArrayRef, f: impl Fn(T::Native) -> T::Native) -> ArrayRef {
    let result: PrimitiveArray<T> = array.as_primitive::<T>().unary(f);
    Arc::new(result.with_data_type(array.data_type().clone()))
}

/// ABS; the least integer stays what it is, as in Java.
pub fn abs() -> Arc<Eval> {
    Arc::new(|args, _| {
        let array = &args[0].array;
        Ok(match array.data_type() {
            DataType::Int8 => unary::<Int8Type>(array, i8::wrapping_abs),
            DataType::Int16 => unary::<Int16Type>(array, i16::wrapping_abs),
            DataType::Int32 => unary::<Int32Type>(array, i32::wrapping_abs),
            DataType::Int64 => unary::<Int64Type>(array, i64::wrapping_abs),
            DataType::Float32 => unary::<Float32Type>(array, f32::abs),
            DataType::Float64 => unary::<Float64Type>(array, f64::abs),
            DataType::Decimal128(..) => unary::<Decimal128Type>(array, i128::abs),
            other => return Err(format!("no ABS of {other}")),
        })
    })
}

/// FLOOR or CEIL: integers stay, decimals lose their scale.
pub fn floor(up: bool) -> Arc<Eval> {
    Arc::new(move |args, _| {
        let array = &args[0].array;
        Ok(match array.data_type() {
            DataType::Float32 => unary::<Float32Type>(array, |v| if up { v.ceil() } else { v.floor() }),
            DataType::Float64 => unary::<Float64Type>(array, |v| if up { v.ceil() } else { v.floor() }),
            DataType::Decimal128(precision, scale) => {
                let unit = POWERS[(*scale).max(0) as usize];
                let result: PrimitiveArray<Decimal128Type> =
                    array.as_primitive::<Decimal128Type>().unary(|v| {
                        let floor = v.div_euclid(unit);
                        if up && v.rem_euclid(unit) != 0 { floor + 1 } else { floor }
                    });
                Arc::new(result.with_precision_and_scale(*precision, 0).map_err(|e| e.to_string())?)
            }
            _ => Arc::clone(array),
        })
    })
}

/// `ROUND(x, digits)`, HALF_UP, and `TRUNCATE(x, digits)`, toward zero.
pub fn round(result: &LogicalType, truncate: bool) -> Arc<Eval> {
    let result = result.clone();
    Arc::new(move |args, rows| {
        let digits = |row: usize| -> Option<i32> {
            match args.get(1) {
                None => Some(0),
                Some(arg) if arg.is_null(row) => None,
                Some(arg) => Some(arg.array.as_primitive::<Int32Type>().value(arg.index(row))),
            }
        };
        let value = &args[0];
        match &result {
            LogicalType::Decimal { precision, scale } => {
                let DataType::Decimal128(_, from) = value.array.data_type() else {
                    return Err("no decimal".to_owned());
                };
                let from = i32::from(*from);
                let array = value.array.as_primitive::<Decimal128Type>();
                let mut out = PrimitiveArray::<Decimal128Type>::builder(rows);
                for row in 0..rows {
                    let i = value.index(row);
                    out.append_option(match (array.is_null(i), digits(row)) {
                        (false, Some(d)) => {
                            round_at(array.value(i), from, d, i32::from(*scale), *precision, truncate)
                        }
                        _ => None,
                    });
                }
                let array = out.finish().with_precision_and_scale(*precision, *scale as i8);
                Ok(Arc::new(array.map_err(|e| e.to_string())?))
            }
            LogicalType::TinyInt => {
                Ok(integers::<Int8Type>(value, rows, truncate, i64::from, |v| v as i8, digits))
            }
            LogicalType::SmallInt => {
                Ok(integers::<Int16Type>(value, rows, truncate, i64::from, |v| v as i16, digits))
            }
            LogicalType::Int => {
                Ok(integers::<Int32Type>(value, rows, truncate, i64::from, |v| v as i32, digits))
            }
            LogicalType::BigInt => {
                Ok(integers::<Int64Type>(value, rows, truncate, i64::from, |v| v as i64, digits))
            }
            LogicalType::Float => {
                floats::<Float32Type>(value, rows, |v, d| round_float(v, d, truncate), digits)
            }
            _ => floats::<Float64Type>(value, rows, |v, d| round_double(v, d, truncate), digits),
        }
    })
}

fn floats<T: ArrowPrimitiveType>(
    value: &Arg,
    rows: usize,
    f: impl Fn(T::Native, i32) -> T::Native,
    digits: impl Fn(usize) -> Option<i32>,
) -> Result<ArrayRef, String> {
    let array = value.array.as_primitive::<T>();
    let result: PrimitiveArray<T> = (0..rows)
        .map(|row| {
            let i = value.index(row);
            if array.is_null(i) { None } else { digits(row).map(|d| f(array.value(i), d)) }
        })
        .collect();
    Ok(Arc::new(result))
}

/// Rounds at `digits`, then brings the value to the result's scale.
fn round_at(value: i128, from: i32, digits: i32, scale: i32, precision: u8, truncate: bool) -> Option<i128> {
    let digits = digits.clamp(-39, from);
    if digits < 0 {
        let Some(unit) = POWERS.get((from - digits) as usize).copied() else { return Some(0) };
        let quotient = if truncate { value / unit } else { round_decimal(value, from - digits, 0, 38)? };
        if quotient == 0 {
            return Some(0);
        }
        return quotient.checked_mul(*POWERS.get((scale - digits) as usize)?).and_then(|v| fit(v, precision));
    }
    let rounded = if truncate {
        value / POWERS[(from - digits) as usize]
    } else {
        round_decimal(value, from, digits, 38)?
    };
    round_decimal(rounded, digits, scale, precision)
}

/// A float's digits as Java prints them, which is what `BigDecimal.valueOf(double)` takes, cut or rounded HALF_UP at
/// `digits` behind the point; without its sign, for `str::parse`.
fn rounded_text(value: f64, digits: i32, truncate: bool) -> String {
    let mut text = String::new();
    streamsql_core::text::java_double(value.abs(), &mut text);
    let (mantissa, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // The value is 0.d1d2d3… * 10^point.
    let mut point = whole.len() as i64 + exponent.parse::<i64>().unwrap_or(0);
    let mut kept: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let Ok(count) = usize::try_from(point + i64::from(digits)) else { return "0".to_owned() };
    if count >= kept.len() {
        return text;
    }
    let up = !truncate && kept[count] >= b'5';
    kept.truncate(count);
    if up {
        let nines = kept.iter().rev().take_while(|digit| **digit == b'9').count();
        kept.truncate(count - nines);
        match kept.last_mut() {
            Some(last) => *last += 1,
            None => {
                kept.push(b'1');
                point += 1;
            }
        }
    }
    format!("0.{}0e{point}", String::from_utf8_lossy(&kept))
}

fn round_double(value: f64, digits: i32, truncate: bool) -> f64 {
    if !value.is_finite() {
        return value;
    }
    let size = if truncate { truncated(value, digits) } else { parsed(value, digits, false) };
    // A zero loses its sign.
    if value < 0.0 && size > 0.0 { -size } else { size }
}

fn round_float(value: f32, digits: i32, truncate: bool) -> f32 {
    if !value.is_finite() {
        return value;
    }
    let wide = f64::from(value);
    let size: f32 = if truncate { truncated(wide, digits) as f32 } else { parsed(wide, digits, false) };
    if value < 0.0 && size > 0.0 { -size } else { size }
}

fn parsed<T: std::str::FromStr + Default>(value: f64, digits: i32, truncate: bool) -> T {
    rounded_text(value, digits, truncate).parse().unwrap_or_default()
}

/// TRUNCATE goes by way of DECIMAL(38, 18).
fn truncated(value: f64, digits: i32) -> f64 {
    parsed(parsed(value, 18, false), digits, true)
}

/// -1, 0 or 1 in the argument's type.
pub fn sign() -> Arc<Eval> {
    Arc::new(|args, _| {
        let array = &args[0].array;
        Ok(match array.data_type() {
            DataType::Int8 => unary::<Int8Type>(array, i8::signum),
            DataType::Int16 => unary::<Int16Type>(array, i16::signum),
            DataType::Int32 => unary::<Int32Type>(array, i32::signum),
            DataType::Int64 => unary::<Int64Type>(array, i64::signum),
            // A zero keeps its sign, NaN stays.
            DataType::Float32 => {
                unary::<Float32Type>(array, |v| if v == 0.0 || v.is_nan() { v } else { v.signum() })
            }
            DataType::Float64 => {
                unary::<Float64Type>(array, |v| if v == 0.0 || v.is_nan() { v } else { v.signum() })
            }
            DataType::Decimal128(_, scale) => {
                let one = POWERS[(*scale).max(0) as usize];
                unary::<Decimal128Type>(array, |v| v.signum() * one)
            }
            other => return Err(format!("no SIGN of {other}")),
        })
    })
}

/// The digits of a BIGINT, two's complement for negative ones.
pub fn digits(write: fn(i64, &mut String)) -> Arc<Eval> {
    text(move |args, row, out| {
        write(args[0].array.as_primitive::<Int64Type>().value(args[0].index(row)), out);
        true
    })
}

/// Rounds whole numbers at digits left of the point; the result wraps as Java's narrowing does.
fn integers<T: ArrowPrimitiveType>(
    value: &Arg,
    rows: usize,
    truncate: bool,
    wide: impl Fn(T::Native) -> i64,
    narrow: impl Fn(i128) -> T::Native,
    digits: impl Fn(usize) -> Option<i32>,
) -> ArrayRef {
    let array = value.array.as_primitive::<T>();
    let result: PrimitiveArray<T> = (0..rows)
        .map(|row| {
            let i = value.index(row);
            if array.is_null(i) {
                return None;
            }
            let digits = digits(row)?;
            let exact = array.value(i);
            if digits >= 0 {
                return Some(exact);
            }
            let Some(unit) = POWERS.get(digits.unsigned_abs() as usize) else { return Some(narrow(0)) };
            let exact = i128::from(wide(exact));
            let quotient = exact / unit;
            let up = !truncate && (exact % unit).abs() * 2 >= *unit;
            Some(narrow((quotient + if up { exact.signum() } else { 0 }) * unit))
        })
        .collect();
    Arc::new(result)
}
