//! Window table functions, group windows, OVER functions and the functions of MATCH_RECOGNIZE: known by name, so that a
//! message can say what is missing.

use super::Nulls::{Never, Rule};
use super::{Entry, form, refused};

const WINDOWS: &str = "window aggregation comes later";
const OVER: &str = "OVER windows come later";
const PATTERNS: &str = "MATCH_RECOGNIZE comes later";

pub const ENTRIES: &[Entry] = &[
    form(
        &["ROW_NUMBER"],
        "ROW_NUMBER() OVER (…) → BIGINT, with a filter on = 1",
        Never,
        "StreamExecDeduplicate",
    ),
    refused(&["RANK"], "RANK() OVER (…) → BIGINT", Never, "StreamExecRank", "Top-N comes later"),
    refused(
        &["DENSE_RANK"],
        "DENSE_RANK() OVER (…) → BIGINT",
        Never,
        "StreamExecRank",
        "Flink runs it in batch mode only",
    ),
    refused(
        &["PERCENT_RANK"],
        "PERCENT_RANK() OVER (…) → DOUBLE",
        Never,
        "FlinkSqlOperatorTable.PERCENT_RANK",
        "Flink runs it in batch mode only",
    ),
    refused(
        &["CUME_DIST"],
        "CUME_DIST() OVER (…) → DOUBLE",
        Never,
        "FlinkSqlOperatorTable.CUME_DIST",
        "Flink runs it in batch mode only",
    ),
    refused(
        &["NTILE"],
        "NTILE(n) OVER (…) → BIGINT",
        Never,
        "FlinkSqlOperatorTable.NTILE",
        "Flink runs it in batch mode only",
    ),
    refused(
        &["LAG"],
        "LAG(a [, n [, default]]) OVER (…) → type of a",
        Rule("without such a row"),
        "LagAggFunction",
        OVER,
    ),
    refused(
        &["LEAD"],
        "LEAD(a [, n [, default]]) OVER (…) → type of a",
        Rule("without such a row"),
        "FlinkSqlOperatorTable.LEAD",
        OVER,
    ),
    refused(
        &["TUMBLE"],
        "TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset]))\nGROUP BY TUMBLE(time, size)",
        Never,
        "SqlTumbleTableFunction",
        WINDOWS,
    ),
    refused(
        &["HOP"],
        "TABLE(HOP(TABLE t, DESCRIPTOR(time), slide, size [, offset]))\nGROUP BY HOP(time, slide, size)",
        Never,
        "SqlHopTableFunction",
        WINDOWS,
    ),
    refused(
        &["CUMULATE"],
        "TABLE(CUMULATE(TABLE t, DESCRIPTOR(time), step, size [, offset]))",
        Never,
        "SqlCumulateTableFunction",
        WINDOWS,
    ),
    refused(&["SESSION"], "GROUP BY SESSION(time, gap)", Never, "FlinkSqlOperatorTable.SESSION", WINDOWS),
    refused(
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
        WINDOWS,
    ),
    refused(&["DESCRIPTOR"], "DESCRIPTOR(column)", Never, "FlinkSqlOperatorTable.DESCRIPTOR", WINDOWS),
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
