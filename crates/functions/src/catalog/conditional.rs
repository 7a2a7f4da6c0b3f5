//! CASE and its kin.

use std::sync::Arc;

use streamsql_core::LogicalType;

use super::Nulls::{Never, Propagate, Rule};
use super::{Entry, form, function};
use crate::call::Eval;
use crate::conditional;
use crate::resolve::{Request, Resolved};
use crate::strings::str_at;
use crate::typing::{common_type, comparison};

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
    function(
        &["NULLIF"],
        "NULLIF(a, b) → type of a",
        Rule("when a is NULL or equals b"),
        "FlinkSqlOperatorTable.NULLIF",
        null_if,
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
    function(&["IS_ALPHA"], "IS_ALPHA(s) → BOOLEAN", Never, "SqlFunctionUtils.isAlpha", |call| {
        call.accept("S", 1).map(|casts| truth(casts, |s| !s.is_empty() && s.chars().all(char::is_alphabetic)))
    }),
    function(&["IS_DECIMAL"], "IS_DECIMAL(s) → BOOLEAN", Never, "SqlFunctionUtils.isDecimal", |call| {
        let test = |s: &str| !s.is_empty() && streamsql_core::text::parse_decimal(s.trim(), 38, 0).is_ok();
        call.accept("S", 1).map(|casts| truth(casts, test))
    }),
    function(&["IS_DIGIT"], "IS_DIGIT(s) → BOOLEAN", Never, "SqlFunctionUtils.isDigit", |call| {
        call.accept("S", 1).map(|casts| truth(casts, |s| !s.is_empty() && s.chars().all(char::is_numeric)))
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
    eval: Arc<Eval>,
) -> Resolved {
    Resolved { casts, result, nullable, volatile: false, eval }
}

/// A test of a text that is FALSE for NULL.
fn truth(casts: Vec<Option<LogicalType>>, test: fn(&str) -> bool) -> Resolved {
    let eval: Arc<Eval> = Arc::new(move |args, rows| {
        let array: arrow::array::BooleanArray =
            (0..rows).map(|row| Some(!args[0].is_null(row) && test(str_at(&args[0], row)))).collect();
        Ok(Arc::new(array))
    });
    resolved(casts, LogicalType::Boolean, false, eval)
}

fn coalesce(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(1, usize::MAX)?;
    let common = common_type(&call.types())?;
    let nullable = call.args.iter().all(|a| a.nullable);
    Ok(resolved(vec![Some(common.clone()); call.args.len()], common, nullable, conditional::coalesce()))
}

fn if_null(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(2, 2)?;
    coalesce(call)
}

fn if_else(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(3, 3)?;
    if call.args[0].logical_type != LogicalType::Boolean {
        return Err(call.wrong("IF(BOOLEAN, a, b)"));
    }
    let common = common_type(&call.types()[1..])?;
    let nullable = call.args[1..].iter().any(|a| a.nullable);
    let casts = vec![None, Some(common.clone()), Some(common.clone())];
    Ok(resolved(casts, common, nullable, conditional::if_else()))
}

/// The typer passes `a` twice: the value itself, and both as they compare.
fn null_if(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(3, 3)?;
    let common = comparison(&call.args[1].logical_type, &call.args[2].logical_type)?;
    let result = call.args[0].logical_type.clone();
    Ok(resolved(vec![None, Some(common.clone()), Some(common)], result, true, conditional::null_if()))
}

fn extreme(call: &Request<'_>, greatest: bool) -> Result<Resolved, String> {
    call.count(1, usize::MAX)?;
    let common = common_type(&call.types())?;
    let casts = vec![Some(common.clone()); call.args.len()];
    Ok(resolved(casts, common, call.any_nullable(), conditional::extreme(greatest)))
}
