//! Aggregate functions: their types; streaming aggregation runs them. All take DISTINCT and FILTER (WHERE …).

use streamsql_core::LogicalType;
use streamsql_core::types::ElementType;

use super::Nulls::{Never, Rule};
use super::{AggregateType, Entry, aggregate, refused};
use crate::resolve::Request;

const NO_VALUE: super::Nulls = Rule("without a value that is not NULL");
const ONE_ROW: super::Nulls = Rule("with fewer than two values");
const MOMENTS: &str = "FlinkAggregateExpandDistinctAggregates, AvgAggFunction";

pub const ENTRIES: &[Entry] = &[
    aggregate(
        &["COUNT"],
        "COUNT([DISTINCT] a, …) → BIGINT\nCOUNT(*) → BIGINT",
        Never,
        "CountAggFunction, Count1AggFunction",
        |call| {
            call.all_typed()?;
            Ok(keep(call, LogicalType::BigInt, false))
        },
    ),
    aggregate(
        &["SUM"],
        "SUM([DISTINCT] number) → same; DECIMAL(38, s) for DECIMAL(p, s)",
        NO_VALUE,
        "SumAggFunction",
        |call| {
            let result = match number(call)? {
                LogicalType::Decimal { scale, .. } => LogicalType::Decimal { precision: 38, scale },
                other => other,
            };
            Ok(keep(call, result, true))
        },
    ),
    aggregate(
        &["AVG"],
        "AVG([DISTINCT] number) → same; DECIMAL(38, max(6, s)) for DECIMAL(p, s)",
        NO_VALUE,
        "AvgAggFunction",
        average,
    ),
    aggregate(&["MIN"], "MIN(a) → type of a", NO_VALUE, "MinAggFunction, MinWithRetractAggFunction", extreme),
    aggregate(&["MAX"], "MAX(a) → type of a", NO_VALUE, "MaxAggFunction, MaxWithRetractAggFunction", extreme),
    aggregate(&["STDDEV_POP"], "STDDEV_POP([DISTINCT] number) → as AVG", NO_VALUE, MOMENTS, average),
    aggregate(
        &["STDDEV_SAMP", "STDDEV"],
        "STDDEV_SAMP([DISTINCT] number) → as AVG",
        ONE_ROW,
        MOMENTS,
        average,
    ),
    aggregate(&["VAR_POP"], "VAR_POP([DISTINCT] number) → as AVG", NO_VALUE, MOMENTS, average),
    aggregate(&["VAR_SAMP", "VARIANCE"], "VAR_SAMP([DISTINCT] number) → as AVG", ONE_ROW, MOMENTS, average),
    aggregate(
        &["COLLECT"],
        "COLLECT([DISTINCT] a) → MULTISET<type of a>",
        Rule("never; skips NULLs"),
        "CollectAggFunction",
        |call| {
            call.all_typed()?;
            let element = call.only()?;
            let element = ElementType { logical_type: element.logical_type.clone(), nullable: false };
            Ok(keep(call, LogicalType::Multiset(Box::new(element)), false))
        },
    ),
    aggregate(
        &["LISTAGG"],
        "LISTAGG([DISTINCT] s [, 'separator']) → STRING",
        NO_VALUE,
        "ListAggFunction, ListAggWsWithRetractAggFunction",
        |call| {
            let casts = call.accept("SS", 1)?;
            Ok(AggregateType { casts, result: LogicalType::STRING, nullable: true })
        },
    ),
    aggregate(&["FIRST_VALUE"], "FIRST_VALUE(a) → type of a", NO_VALUE, "FirstValueAggFunction", ordinal),
    aggregate(&["LAST_VALUE"], "LAST_VALUE(a) → type of a", NO_VALUE, "LastValueAggFunction", ordinal),
    aggregate(
        &["JSON_OBJECTAGG", "JSON_OBJECTAGG_NULL_ON_NULL", "JSON_OBJECTAGG_ABSENT_ON_NULL"],
        "JSON_OBJECTAGG([KEY] k VALUE v [{NULL | ABSENT} ON NULL]) → STRING",
        Rule("never; NULL values are null or left out"),
        "JsonObjectAggFunction",
        |call| {
            call.count(2, 2)?;
            if !call.args[0].logical_type.is_character() {
                return Err(call.wrong("JSON_OBJECTAGG(STRING VALUE a)"));
            }
            Ok(keep(call, LogicalType::STRING, false))
        },
    ),
    aggregate(
        &["JSON_ARRAYAGG", "JSON_ARRAYAGG_NULL_ON_NULL", "JSON_ARRAYAGG_ABSENT_ON_NULL"],
        "JSON_ARRAYAGG(a [{NULL | ABSENT} ON NULL]) → STRING",
        Rule("never; NULL values are null or left out"),
        "JsonArrayAggFunction",
        |call| {
            call.only()?;
            Ok(keep(call, LogicalType::STRING, false))
        },
    ),
    refused(
        &["APPROX_COUNT_DISTINCT"],
        "APPROX_COUNT_DISTINCT(a) → BIGINT",
        Never,
        "SqlCountAggFunction",
        "Flink runs it in batch mode only; use COUNT(DISTINCT a)",
    ),
    aggregate(
        &["SINGLE_VALUE"],
        "SINGLE_VALUE(a) → type of a; more than one row is an error",
        Rule("without a row"),
        "SingleValueAggFunction",
        single,
    ),
    aggregate(&["$SUM0"], "$SUM0(number) → as SUM; 0 over nothing", Never, "Sum0AggFunction", |call| {
        let result = match number(call)? {
            LogicalType::Decimal { scale, .. } => LogicalType::Decimal { precision: 38, scale },
            other => other,
        };
        Ok(keep(call, result, false))
    }),
];

fn keep(call: &Request<'_>, result: LogicalType, nullable: bool) -> AggregateType {
    AggregateType { casts: vec![None; call.args.len()], result, nullable }
}

fn number(call: &Request<'_>) -> Result<LogicalType, String> {
    match &call.only()?.logical_type {
        given if given.is_numeric() => Ok(given.clone()),
        _ => Err(call.wrong("a number")),
    }
}

/// Flink's average of a decimal is DECIMAL(38, s) divided by DECIMAL(20, 0); of any other number it has that type.
fn average(call: &Request<'_>) -> Result<AggregateType, String> {
    let result = match number(call)? {
        LogicalType::Decimal { scale, .. } => LogicalType::Decimal { precision: 38, scale: scale.max(6) },
        other => other,
    };
    Ok(keep(call, result, true))
}

/// The types that Flink has accumulators for (`AggFunctionFactory.createMinAggFunction`, `createMaxAggFunction`): CHAR for MIN
/// only, and only over rows that are never taken back, which the changelog tells.
fn extreme(call: &Request<'_>) -> Result<AggregateType, String> {
    use LogicalType::{Char, Date, Time, Timestamp, TimestampLtz};
    let given = &call.only()?.logical_type;
    match given {
        Char(_) if call.name == "MAX" => Err(call.wrong("a type with an order; CAST it to STRING")),
        Char(_) | Date | Time(_) | Timestamp(_) | TimestampLtz(_) => any(call),
        given if is_plain(given) => any(call),
        _ => Err(call.wrong("a number, BOOLEAN, STRING, DATE, TIME, TIMESTAMP or TIMESTAMP_LTZ")),
    }
}

/// `AggFunctionFactory.createFirstValueAggFunction`, `createLastValueAggFunction`.
fn ordinal(call: &Request<'_>) -> Result<AggregateType, String> {
    match is_plain(&call.only()?.logical_type) {
        true => any(call),
        false => Err(call.wrong("a number, BOOLEAN or STRING, as in Flink 1.18; CAST the value")),
    }
}

/// `AggFunctionFactory.createSingleValueAggFunction`.
fn single(call: &Request<'_>) -> Result<AggregateType, String> {
    match &call.only()?.logical_type {
        LogicalType::Char(_) => any(call),
        _ => extreme(call),
    }
}

fn is_plain(given: &LogicalType) -> bool {
    given.is_numeric() || matches!(given, LogicalType::Boolean | LogicalType::Varchar(_))
}

fn any(call: &Request<'_>) -> Result<AggregateType, String> {
    let result = call.only()?.logical_type.clone();
    Ok(keep(call, result, true))
}
