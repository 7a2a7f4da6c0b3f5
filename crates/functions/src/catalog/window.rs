//! Window table functions, group windows, OVER functions and the functions of MATCH_RECOGNIZE: known by name, so that a
//! message can say what is missing.

use streamsql_core::LogicalType;

use super::Nulls::{Never, Rule};
use super::{AggregateType, Entry, form, over, refused};
use crate::resolve::Request;
use crate::typing::sink_cast;

const PATTERNS: &str = "it stands in MATCH_RECOGNIZE only";

pub const ENTRIES: &[Entry] = &[
    over(
        &["ROW_NUMBER"],
        "ROW_NUMBER() OVER (…) → BIGINT",
        Never,
        "RowNumberAggFunction, StreamExecRank, StreamExecDeduplicate",
        number,
    ),
    over(
        &["RANK"],
        "RANK() OVER (…) → BIGINT, refused in a stream as in Flink: use ROW_NUMBER()",
        Never,
        "StreamExecRank",
        number,
    ),
    over(
        &["DENSE_RANK"],
        "DENSE_RANK() OVER (…) → BIGINT, refused in a stream as in Flink: use ROW_NUMBER()",
        Never,
        "StreamExecRank",
        number,
    ),
    refused(
        &["PERCENT_RANK"],
        "PERCENT_RANK() OVER (…) → DOUBLE",
        Never,
        "AggFunctionFactory",
        "Flink runs it in batch mode only",
    ),
    refused(
        &["CUME_DIST"],
        "CUME_DIST() OVER (…) → DOUBLE",
        Never,
        "AggFunctionFactory",
        "Flink runs it in batch mode only",
    ),
    refused(
        &["NTILE"],
        "NTILE(n) OVER (…) → BIGINT",
        Never,
        "AggFunctionFactory",
        "Flink runs it in batch mode only",
    ),
    over(
        &["LAG"],
        "LAG(a [, n [, default]]) OVER (…) → type of a",
        Rule("without such a row, unless a default is given"),
        "LagAggFunction",
        lag,
    ),
    refused(
        &["LEAD"],
        "LEAD(a [, n [, default]]) OVER (…) → type of a",
        Rule("without such a row"),
        "AggFunctionFactory",
        "Flink runs it in batch mode only; LAG looks back",
    ),
    form(
        &["TUMBLE"],
        "TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset]))\nGROUP BY TUMBLE(time, size)",
        Never,
        "SqlTumbleTableFunction",
    ),
    form(
        &["HOP"],
        "TABLE(HOP(TABLE t, DESCRIPTOR(time), slide, size [, offset]))\nGROUP BY HOP(time, slide, size)",
        Never,
        "SqlHopTableFunction",
    ),
    form(
        &["CUMULATE"],
        "TABLE(CUMULATE(TABLE t, DESCRIPTOR(time), step, size [, offset]))",
        Never,
        "SqlCumulateTableFunction",
    ),
    form(
        &["SESSION"],
        "TABLE(SESSION(TABLE t [PARTITION BY k], DESCRIPTOR(time), gap))\nGROUP BY SESSION(time, gap)",
        Never,
        "FlinkSqlOperatorTable.SESSION",
    ),
    form(
        &[
            "TUMBLE_START",
            "TUMBLE_END",
            "TUMBLE_ROWTIME",
            "TUMBLE_PROCTIME",
            "HOP_START",
            "HOP_END",
            "HOP_ROWTIME",
            "HOP_PROCTIME",
            "SESSION_START",
            "SESSION_END",
            "SESSION_ROWTIME",
            "SESSION_PROCTIME",
        ],
        "TUMBLE_START(time, size) and its kin → TIMESTAMP(3)",
        Never,
        "SqlGroupedWindowFunction",
    ),
    form(&["DESCRIPTOR"], "DESCRIPTOR(column)", Never, "FlinkSqlOperatorTable.DESCRIPTOR"),
    refused(
        &[
            "FIRST",
            "LAST",
            "PREV",
            "NEXT",
            "CLASSIFIER",
            "MATCH_ROWTIME",
            "MATCH_PROCTIME",
            "RUNNING",
            "FINAL",
        ],
        "FIRST(a [, n]), LAST(a [, n]), PREV(a), NEXT(a), CLASSIFIER(), MATCH_ROWTIME(), MATCH_PROCTIME()",
        Rule("without such a row"),
        "CommonExecMatch",
        PATTERNS,
    ),
];

fn number(call: &Request<'_>) -> Result<AggregateType, String> {
    call.count(0, 0)?;
    Ok(AggregateType { casts: Vec::new(), result: LogicalType::BigInt, nullable: false })
}

/// The offset is an INT, the default is cast to the type of the value as INSERT casts (`LagAggFunction`).
fn lag(call: &Request<'_>) -> Result<AggregateType, String> {
    call.count(1, 3)?;
    call.all_typed()?;
    let value = &call.args[0];
    let mut casts = vec![None];
    if let Some(offset) = call.args.get(1) {
        if offset.logical_type != LogicalType::Int {
            return Err(call.wrong("an INT as the second argument, the number of rows"));
        }
        casts.push(None);
    }
    if let Some(default) = call.args.get(2) {
        let (given, wanted) = (&default.logical_type, &value.logical_type);
        if !sink_cast(given, wanted) {
            return Err(call.wrong(&format!("a default of the type of the value: CAST(… AS {wanted})")));
        }
        casts.push((given != wanted).then(|| wanted.clone()));
    }
    let nullable = value.nullable || call.args.get(2).is_none_or(|default| default.nullable);
    Ok(AggregateType { casts, result: value.logical_type.clone(), nullable })
}
