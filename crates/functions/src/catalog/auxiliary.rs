//! Auxiliary functions.

use streamsql_core::LogicalType;

use super::Nulls::{Never, Rule};
use super::{AggregateType, Entry, aggregate, function, refused};

pub const ENTRIES: &[Entry] = &[
    function(
        &["CURRENT_DATABASE"],
        "CURRENT_DATABASE() → STRING",
        Never,
        "CurrentDatabaseCallGen",
        |call| {
            // There is one database.
            let eval = crate::strings::text(|_, _, out| {
                out.push_str("default_database");
                true
            });
            call.text("", 0, eval)
        },
    ),
    refused(
        &["SOURCE_WATERMARK"],
        "SOURCE_WATERMARK() → TIMESTAMP_LTZ(3)",
        Never,
        "SourceWatermarkFunction",
        "no source here brings watermarks of its own; write WATERMARK FOR … AS an expression",
    ),
    refused(&["PRINT"], "PRINT(prefix, a)", Rule("internal"), "PrintCallGen", "internal to Flink's tests"),
    refused(
        &["HASH_CODE"],
        "HASH_CODE(a) → INT",
        Rule("internal"),
        "HashCodeCallGen",
        "internal to Flink's planner",
    ),
    aggregate(&["GROUPING"], "GROUPING(a, …) → BIGINT", Never, "SqlGroupingFunction", |call| {
        let casts = vec![None; call.args.len()];
        Ok(AggregateType { casts, result: LogicalType::BigInt, nullable: false })
    }),
    aggregate(&["GROUPING_ID"], "GROUPING_ID(a, …) → BIGINT", Never, "SqlGroupingFunction", |call| {
        let casts = vec![None; call.args.len()];
        Ok(AggregateType { casts, result: LogicalType::BigInt, nullable: false })
    }),
    aggregate(&["GROUP_ID"], "GROUP_ID() → BIGINT", Never, "SqlGroupIdFunction", |call| {
        let casts = vec![None; call.args.len()];
        Ok(AggregateType { casts, result: LogicalType::BigInt, nullable: false })
    }),
];
