//! CASE and its kin.

use std::sync::Arc;

use streamsql_core::{LogicalType, java_parse};

use super::Nulls::{Never, Propagate, Rule};
use super::{Entry, form, function};
use crate::body::Body;
use crate::call::Eval;
use crate::conditional;
use crate::regex::{is_digit, is_letter};
use crate::resolve::{Request, Resolved};
use crate::strings::str_at;
use crate::typing::{common_type, least_restrictive};

pub const ENTRIES: &[Entry] = &[
    form(
        &["CASE"],
        "CASE [a] WHEN … THEN … [ELSE …] END → common type",
        Rule("that of the branch; NULL without ELSE"),
        "ScalarOperatorGens.generateIfElse",
    ),
    function(
        &["COALESCE"],
        "COALESCE(a, …) → common type",
        Rule("when all are NULL"),
        "CoalesceFunction",
        coalesce,
    ),
    form(
        &["NULLIF"],
        "NULLIF(a, b) → type of a",
        Rule("when a is NULL or equals b"),
        "FlinkSqlOperatorTable.NULLIF",
    ),
    function(
        &["IF"],
        "IF(condition, a, b) → common type",
        Rule("that of the branch; a NULL condition gives b"),
        "IfCallGen",
        if_else,
    ),
    function(
        &["IFNULL"],
        "IFNULL(a, b) → common type",
        Rule("when both are NULL"),
        "IfNullFunction",
        if_null,
    ),
    function(&["IS_ALPHA"], "IS_ALPHA(s | number) → BOOLEAN", Never, "SqlFunctionUtils.isAlpha", |call| {
        truth(call, |_| false, |s| s.chars().all(is_letter))
    }),
    function(
        &["IS_DECIMAL"],
        "IS_DECIMAL(s | number) → BOOLEAN",
        Never,
        "SqlFunctionUtils.isDecimal",
        |call| truth(call, |t| !matches!(t, LogicalType::Decimal { .. }), is_decimal),
    ),
    function(&["IS_DIGIT"], "IS_DIGIT(s | number) → BOOLEAN", Never, "SqlFunctionUtils.isDigit", |call| {
        truth(call, LogicalType::is_integer, |s| s.chars().all(is_digit))
    }),
    function(&["GREATEST"], "GREATEST(a, …) → common type", Propagate, "GreatestLeastCallGen", |call| {
        extreme(call, true)
    }),
    function(&["LEAST"], "LEAST(a, …) → common type", Propagate, "GreatestLeastCallGen", |call| {
        extreme(call, false)
    }),
];

fn resolved(
    casts: Vec<Option<LogicalType>>,
    result: LogicalType,
    nullable: bool,
    eval: impl Into<Body>,
) -> Resolved {
    Resolved { casts, result, nullable, volatile: false, total: false, body: eval.into() }
}

/// A test of a text that is FALSE for NULL and for ''; of a number its type decides, even when it is NULL.
/// What `Integer.parseInt`, `Long.parseLong` or `Double.parseDouble` reads: whole numbers have digits of any script.
fn is_decimal(text: &str) -> bool {
    let whole = || java_parse::ascii_digits(text).is_some_and(|digits| digits.parse::<i64>().is_ok());
    java_parse::double(text).is_some() || whole()
}

fn truth(
    call: &Request<'_>,
    number: fn(&LogicalType) -> bool,
    test: fn(&str) -> bool,
) -> Result<Resolved, String> {
    let given = &call.only()?.logical_type;
    if given.is_numeric() {
        let found = number(given);
        let eval: Arc<Eval> =
            Arc::new(move |_, rows| Ok(Arc::new(arrow::array::BooleanArray::from(vec![found; rows]))));
        return Ok(resolved(vec![None], LogicalType::Boolean, false, eval));
    }
    let eval: Arc<Eval> = Arc::new(move |args, rows| {
        let holds =
            |row| !args[0].is_null(row) && !str_at(&args[0], row).is_empty() && test(str_at(&args[0], row));
        let array: arrow::array::BooleanArray = (0..rows).map(|row| Some(holds(row))).collect();
        Ok(Arc::new(array))
    });
    Ok(resolved(call.accept("S", 1)?, LogicalType::Boolean, false, eval))
}

fn coalesce(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(1, usize::MAX)?;
    let common = common_type(&call.types())?;
    if common == LogicalType::Null {
        return Err(call.untyped_null());
    }
    let nullable = call.args.iter().all(|a| a.nullable);
    Ok(resolved(vec![Some(common.clone()); call.args.len()], common, nullable, conditional::coalesce()))
}

fn if_null(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(2, 2)?;
    coalesce(call)
}

/// Both values are of one family, and the result is their least restrictive type (Flink `FlinkSqlOperatorTable.IF`).
fn if_else(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(3, 3)?;
    if call.args[0].logical_type != LogicalType::Boolean {
        return Err(call.wrong("IF(BOOLEAN, a, b)"));
    }
    call.all_typed()?;
    let same_family =
        |family: fn(&LogicalType) -> bool| call.args[1..].iter().all(|a| family(&a.logical_type));
    let families: [fn(&LogicalType) -> bool; 7] = [
        LogicalType::is_numeric,
        LogicalType::is_character,
        LogicalType::is_binary,
        LogicalType::is_timestamp,
        |t| *t == LogicalType::Boolean,
        |t| *t == LogicalType::Date,
        |t| matches!(t, LogicalType::Time(_)),
    ];
    if !families.into_iter().any(same_family) {
        return Err(
            call.wrong("IF(BOOLEAN, a, b) with a and b both numbers, texts, bytes, truth values or times")
        );
    }
    let common = least_restrictive(&call.types()[1..])?;
    let nullable = call.any_nullable();
    let casts = vec![None, Some(common.clone()), Some(common.clone())];
    Ok(resolved(casts, common, nullable, conditional::if_else()))
}

fn extreme(call: &Request<'_>, greatest: bool) -> Result<Resolved, String> {
    call.count(1, usize::MAX)?;
    call.all_typed()?;
    let common = common_type(&call.types())?;
    if common.is_binary() || common.to_arrow().is_nested() {
        return Err(format!("{} does not compare values of type {common} in Flink 1.18", call.name));
    }
    // Flink plans these and cannot run them.
    let clocks = |t: &LogicalType| matches!(t, LogicalType::Date | LogicalType::Time(_));
    if clocks(&common) && call.args.iter().any(|a| a.logical_type.is_timestamp()) {
        return Err(call.wrong("arguments of one type; cast the timestamps"));
    }
    let casts = vec![Some(common.clone()); call.args.len()];
    Ok(resolved(casts, common, call.any_nullable(), conditional::extreme(greatest)))
}
