//! Arithmetic operators and numeric functions.
//!
//! Which of Java's mathematics is whose: `java_math`, `wide_log`.

use std::fmt::Write;
use std::sync::Arc;

use streamsql_core::LogicalType;

use super::Nulls::{Also, Never, Propagate};
use super::{Entry, form, function};
use crate::body::Body;
use crate::call::Eval;
use crate::random::{self, Seed};
use crate::resolve::{Request, Resolved};
use crate::{hash, java_math, math, strings, wide_log};

pub const ENTRIES: &[Entry] = &[
    form(
        &["+"],
        "a + b → wider type\n+a → type of a",
        Also("when a DECIMAL overflows"),
        "ScalarOperatorGens.generateBinaryArithmeticOperator",
    ),
    form(
        &["-"],
        "a - b → wider type\n-a → type of a",
        Also("when a DECIMAL overflows"),
        "ScalarOperatorGens.generateBinaryArithmeticOperator",
    ),
    form(
        &["*"],
        "a * b → wider type",
        Also("when a DECIMAL overflows"),
        "ScalarOperatorGens.generateBinaryArithmeticOperator",
    ),
    form(
        &["/"],
        "a / b → wider type",
        Also("when a DECIMAL overflows"),
        "ScalarOperatorGens.generateBinaryArithmeticOperator",
    ),
    form(
        &["%", "MOD"],
        "a % b, MOD(a, b) → type of b",
        Propagate,
        "ScalarOperatorGens.generateBinaryArithmeticOperator",
    ),
    function(&["POWER"], "POWER(a, b) → DOUBLE", Propagate, "SqlFunctions.power", |call| {
        double2(call, java_math::pow)
    }),
    function(&["ABS"], "ABS(number) → same", Propagate, "SqlFunctions.abs", |call| keep(call, math::abs())),
    function(&["SQRT"], "SQRT(number) → DOUBLE", Propagate, "SqlFunctions.power", |call| {
        double(call, java_math::sqrt)
    }),
    function(&["LN"], "LN(number) → DOUBLE", Propagate, "SqlFunctions.ln", |call| {
        double(call, wide_log::ln)
    }),
    function(&["LOG10"], "LOG10(number) → DOUBLE", Propagate, "SqlFunctionUtils.log10", |call| {
        double(call, wide_log::log10)
    }),
    function(&["LOG2"], "LOG2(number) → DOUBLE", Propagate, "SqlFunctionUtils.log2", |call| {
        double(call, |x| wide_log::ln(x) / std::f64::consts::LN_2)
    }),
    function(
        &["LOG"],
        "LOG(number) → DOUBLE\nLOG(base, number) → DOUBLE",
        Propagate,
        "SqlFunctionUtils.log",
        |call| {
            if call.args.len() == 2 {
                double2(call, |base, x| wide_log::ln(x) / wide_log::ln(base))
            } else {
                double(call, wide_log::ln)
            }
        },
    ),
    function(&["EXP"], "EXP(number) → DOUBLE", Propagate, "SqlFunctions.exp", |call| {
        double(call, f64::exp)
    }),
    function(
        &["CEIL", "CEILING"],
        "CEIL(number) → same, without a scale\nCEIL(time TO unit) → type of time",
        Propagate,
        "FloorCeilCallGen",
        |call| floor(call, true),
    ),
    function(
        &["FLOOR"],
        "FLOOR(number) → same, without a scale\nFLOOR(time TO unit) → type of time",
        Propagate,
        "FloorCeilCallGen",
        |call| floor(call, false),
    ),
    function(&["SIN"], "SIN(number) → DOUBLE", Propagate, "SqlFunctions.sin", |call| {
        double(call, f64::sin)
    }),
    function(&["SINH"], "SINH(number) → DOUBLE", Propagate, "SqlFunctions.sinh", |call| {
        double(call, java_math::sinh)
    }),
    function(&["COS"], "COS(number) → DOUBLE", Propagate, "SqlFunctions.cos", |call| {
        double(call, f64::cos)
    }),
    function(&["TAN"], "TAN(number) → DOUBLE", Propagate, "SqlFunctions.tan", |call| {
        double(call, f64::tan)
    }),
    function(&["TANH"], "TANH(number) → DOUBLE", Propagate, "SqlFunctions.tanh", |call| {
        double(call, java_math::tanh)
    }),
    function(&["COT"], "COT(number) → DOUBLE", Propagate, "SqlFunctions.cot", |call| {
        double(call, |x| 1.0 / x.tan())
    }),
    function(&["ASIN"], "ASIN(number) → DOUBLE", Propagate, "SqlFunctions.asin", |call| {
        double(call, libm::asin)
    }),
    function(&["ACOS"], "ACOS(number) → DOUBLE", Propagate, "SqlFunctions.acos", |call| {
        double(call, libm::acos)
    }),
    function(&["ATAN"], "ATAN(number) → DOUBLE", Propagate, "SqlFunctions.atan", |call| {
        double(call, libm::atan)
    }),
    function(&["COSH"], "COSH(number) → DOUBLE", Propagate, "SqlFunctions.cosh", |call| {
        double(call, java_math::cosh)
    }),
    function(&["DEGREES"], "DEGREES(number) → DOUBLE", Propagate, "SqlFunctions.degrees", |call| {
        double(call, f64::to_degrees)
    }),
    function(&["RADIANS"], "RADIANS(number) → DOUBLE", Propagate, "SqlFunctions.radians", |call| {
        double(call, f64::to_radians)
    }),
    function(&["ATAN2"], "ATAN2(y, x) → DOUBLE", Propagate, "SqlFunctions.atan2", |call| {
        // Flink has it for two decimals and for two other numbers.
        if let [y, x] = call.args
            && y.logical_type.is_decimal() != x.logical_type.is_decimal()
            && ![y, x].iter().any(|arg| arg.logical_type == LogicalType::Null)
        {
            return Err(call.wrong("two DECIMALs or two other numbers"));
        }
        double2(call, java_math::atan2)
    }),
    function(&["SIGN"], "SIGN(number) → same", Propagate, "SqlFunctions.sign", |call| {
        not_narrow(call)?;
        keep(call, math::sign())
    }),
    function(
        &["ROUND"],
        "ROUND(number [, digits]) → same; DECIMAL(p, s) changes its scale",
        Propagate,
        "SqlFunctionUtils.sround",
        |call| round(call, false),
    ),
    function(&["PI"], "PI → DOUBLE\nPI() → DOUBLE", Never, "ConstantCallGen", |call| {
        constant(call, std::f64::consts::PI)
    }),
    function(&["E"], "E() → DOUBLE", Never, "ConstantCallGen", |call| constant(call, std::f64::consts::E)),
    function(&["RAND"], "RAND() → DOUBLE\nRAND(seed) → DOUBLE", Propagate, "RandCallGen", |call| {
        let casts = call.accept("I", 0)?;
        let seed = match call.args.first() {
            None => Seed::None,
            Some(arg) => arg.int().map_or(Seed::Argument, Seed::Literal),
        };
        let (result, nullable) = (LogicalType::Double, call.any_nullable());
        Ok(Resolved {
            casts,
            result,
            nullable,
            volatile: true,
            total: false,
            body: random::rand(seed).into(),
        })
    }),
    function(
        &["RAND_INTEGER"],
        "RAND_INTEGER(bound) → INT\nRAND_INTEGER(seed, bound) → INT",
        Propagate,
        "RandCallGen",
        |call| {
            let casts = call.accept("II", 1)?;
            let seed = match call.args {
                [seed, _] => seed.int().map_or(Seed::Argument, Seed::Literal),
                _ => Seed::None,
            };
            let (result, nullable) = (LogicalType::Int, call.any_nullable());
            Ok(Resolved {
                casts,
                result,
                nullable,
                volatile: true,
                total: false,
                body: random::rand_integer(seed).into(),
            })
        },
    ),
    function(&["UUID"], "UUID() → CHAR(36)", Never, "SqlFunctionUtils.uuid", |call| {
        Ok(Resolved { volatile: true, ..call.simple("", 0, LogicalType::Char(36), random::uuid())? })
    }),
    function(&["BIN"], "BIN(integer) → STRING", Propagate, "Long.toBinaryString", |call| {
        call.text(
            "L",
            1,
            math::digits(|value, out| {
                let _ = write!(out, "{value:b}");
            }),
        )
    }),
    function(
        &["HEX"],
        "HEX(integer) → STRING\nHEX(s) → STRING",
        Propagate,
        "SqlFunctionUtils.hex",
        |call| {
            if call.args.first().is_some_and(|arg| arg.logical_type.is_integer()) {
                return call.text(
                    "L",
                    1,
                    math::digits(|value, out| {
                        let _ = write!(out, "{value:X}");
                    }),
                );
            }
            let eval = strings::text(|args, row, out| {
                hash::hexadecimal(strings::str_at(&args[0], row).as_bytes(), true, out);
                true
            });
            call.text("S", 1, eval)
        },
    ),
    function(
        &["TRUNCATE"],
        "TRUNCATE(number [, digits]) → same; DECIMAL(p, s) changes its scale",
        Propagate,
        "SqlFunctionUtils.struncate",
        |call| {
            not_narrow(call)?;
            round(call, true)
        },
    ),
];

fn double(call: &Request<'_>, f: fn(f64) -> f64) -> Result<Resolved, String> {
    call.simple("D", 1, LogicalType::Double, math::double(f))
}

fn double2(call: &Request<'_>, f: fn(f64, f64) -> f64) -> Result<Resolved, String> {
    call.simple("DD", 2, LogicalType::Double, math::double2(f))
}

fn constant(call: &Request<'_>, value: f64) -> Result<Resolved, String> {
    let eval: Arc<Eval> =
        Arc::new(move |_, rows| Ok(Arc::new(arrow::array::Float64Array::from(vec![value; rows]))));
    call.simple("", 0, LogicalType::Double, eval)
}

/// One number; the result has its type.
fn keep(call: &Request<'_>, eval: impl Into<Body>) -> Result<Resolved, String> {
    let arg = call.only()?;
    if !arg.logical_type.is_numeric() {
        return Err(call.wrong("a number"));
    }
    let (result, nullable) = (arg.logical_type.clone(), arg.nullable);
    Ok(Resolved { casts: vec![None], result, nullable, volatile: false, total: false, body: eval.into() })
}

/// Flink's code for SIGN and TRUNCATE of a TINYINT or SMALLINT does not compile.
fn not_narrow(call: &Request<'_>) -> Result<(), String> {
    match call.args.first().map(|arg| &arg.logical_type) {
        Some(LogicalType::TinyInt | LogicalType::SmallInt) => {
            Err(call.wrong("INT, BIGINT, FLOAT, DOUBLE or DECIMAL"))
        }
        _ => Ok(()),
    }
}

fn floor(call: &Request<'_>, up: bool) -> Result<Resolved, String> {
    let resolved = keep(call, math::floor(up))?;
    Ok(match resolved.result {
        LogicalType::Decimal { precision, .. } => {
            Resolved { result: LogicalType::Decimal { precision, scale: 0 }, ..resolved }
        }
        _ => resolved,
    })
}

/// ROUND(DECIMAL(p, s), d) is DECIMAL(p - s + d + 1, d) for a literal d (Flink `LogicalTypeMerging.findRoundDecimalType`).
fn round(call: &Request<'_>, truncate: bool) -> Result<Resolved, String> {
    call.count(1, 2)?;
    let first = &call.args[0];
    let digits_fit = |arg: &crate::resolve::Argument| arg.logical_type.is_integer();
    if !first.logical_type.is_numeric() || !call.args.get(1).is_none_or(digits_fit) {
        return Err(call.wrong("a number and an INT"));
    }
    let digits = call.args.get(1).map_or(Some(0), |arg| arg.int());
    let result = match &first.logical_type {
        LogicalType::Decimal { precision, scale } => {
            let (p, s) = (i32::from(*precision), i32::from(*scale));
            match digits {
                Some(d) if d >= s => first.logical_type.clone(),
                Some(d) if d < 0 => LogicalType::Decimal { precision: (p - s + 1).min(38) as u8, scale: 0 },
                Some(d) => LogicalType::Decimal { precision: (p - s + d + 1).min(38) as u8, scale: d as u8 },
                None => first.logical_type.clone(),
            }
        }
        other => other.clone(),
    };
    let casts = std::iter::once(None).chain(call.args.get(1).map(|_| Some(LogicalType::Int))).collect();
    let eval = math::round(&result, truncate);
    Ok(Resolved {
        casts,
        result,
        nullable: call.any_nullable(),
        volatile: false,
        total: false,
        body: eval.into(),
    })
}
