//! Temporal functions. Clock functions are evaluated per row, as in Flink's streaming mode.

use std::sync::Arc;

use streamsql_core::LogicalType;

use super::Nulls::{Also, Never, Propagate, Rule};
use super::{Entry, form, function};
use crate::body::Body;
use crate::call::Eval;
use crate::resolve::{Request, Resolved};
use crate::temporal::{self, Dialect, Offset, Pattern};

pub const ENTRIES: &[Entry] = &[
    form(&["DATE"], "DATE 'yyyy-MM-dd' → DATE", Never, "Parser.tdd"),
    form(&["TIME"], "TIME 'HH:mm:ss' → TIME(0)", Never, "Parser.tdd"),
    form(&["TIMESTAMP"], "TIMESTAMP 'yyyy-MM-dd HH:mm:ss[.f]' → TIMESTAMP(digits)", Never, "Parser.tdd"),
    form(&["INTERVAL"], "INTERVAL 'n' unit [TO unit] → INTERVAL", Never, "Parser.tdd"),
    function(&["LOCALTIME"], "LOCALTIME → TIME(0)", Never, "CurrentTimePointCallGen", |call| {
        clock(call, LogicalType::Time(0))
    }),
    function(
        &["LOCALTIMESTAMP"],
        "LOCALTIMESTAMP → TIMESTAMP(3)",
        Never,
        "CurrentTimePointCallGen",
        |call| clock(call, LogicalType::Timestamp(3)),
    ),
    function(&["CURRENT_TIME"], "CURRENT_TIME → TIME(0)", Never, "CurrentTimePointCallGen", |call| {
        clock(call, LogicalType::Time(0))
    }),
    function(&["CURRENT_DATE"], "CURRENT_DATE → DATE", Never, "CurrentTimePointCallGen", |call| {
        clock(call, LogicalType::Date)
    }),
    function(
        &["CURRENT_TIMESTAMP", "NOW"],
        "CURRENT_TIMESTAMP → TIMESTAMP_LTZ(3)\nNOW() → TIMESTAMP_LTZ(3)",
        Never,
        "CurrentTimePointCallGen",
        |call| clock(call, LogicalType::TimestampLtz(3)),
    ),
    function(
        &["CURRENT_ROW_TIMESTAMP"],
        "CURRENT_ROW_TIMESTAMP() → TIMESTAMP_LTZ(3)",
        Never,
        "CurrentTimePointCallGen",
        |call| clock(call, LogicalType::TimestampLtz(3)),
    ),
    function(
        &["PROCTIME"],
        "PROCTIME() → TIMESTAMP_LTZ(3) *PROCTIME*",
        Never,
        "FlinkSqlOperatorTable.PROCTIME",
        |call| clock(call, LogicalType::TimestampLtz(3)),
    ),
    function(&["EXTRACT"], "EXTRACT(unit FROM time) → BIGINT", Propagate, "ExtractCallGen", extract),
    function(&["YEAR"], "YEAR(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["QUARTER"], "QUARTER(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["MONTH"], "MONTH(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["WEEK"], "WEEK(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["DAYOFYEAR"], "DAYOFYEAR(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["DAYOFMONTH"], "DAYOFMONTH(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["DAYOFWEEK"], "DAYOFWEEK(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["HOUR"], "HOUR(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["MINUTE"], "MINUTE(time) → BIGINT", Propagate, "ExtractCallGen", part),
    function(&["SECOND"], "SECOND(time) → BIGINT", Propagate, "ExtractCallGen", part),
    form(
        &["FLOOR TO", "CEIL TO"],
        "FLOOR(time TO unit), CEIL(time TO unit) → type of time",
        Propagate,
        "FloorCeilCallGen",
    ),
    form(&["OVERLAPS"], "(t1, t2) OVERLAPS (t3, t4) → BOOLEAN", Propagate, "FlinkSqlOperatorTable.OVERLAPS"),
    function(
        &["DATE_FORMAT"],
        "DATE_FORMAT(time | s, pattern) → STRING",
        Propagate,
        "DateTimeUtils.formatTimestamp",
        date_format,
    ),
    form(
        &["TIMESTAMPADD"],
        "TIMESTAMPADD(unit, n, time) → type of time",
        Propagate,
        "TimestampAddConvertlet",
    ),
    function(
        &["TIMESTAMPDIFF"],
        "TIMESTAMPDIFF(unit, from, to) → INT",
        Propagate,
        "TimestampDiffCallGen",
        timestamp_diff,
    ),
    function(
        &["CONVERT_TZ"],
        "CONVERT_TZ(s, zone, zone) → STRING",
        Also("for a bad text"),
        "DateTimeUtils.convertTz",
        |call| call.nullable_text("SSS", 3, temporal::convert_tz()),
    ),
    function(
        &["FROM_UNIXTIME"],
        "FROM_UNIXTIME(seconds [, pattern]) → STRING",
        Propagate,
        "DateTimeUtils.formatUnixTimestamp",
        |call| {
            writable(call, Dialect::Simple)?;
            call.simple("LS", 1, LogicalType::STRING, temporal::from_unixtime(call.session.time_zone))
        },
    ),
    function(
        &["UNIX_TIMESTAMP"],
        "UNIX_TIMESTAMP([s [, pattern]]) → BIGINT",
        Propagate,
        "DateTimeUtils.unixTimestamp",
        |call| {
            readable(call, Dialect::Simple)?;
            let now = call.args.is_empty();
            let body =
                if now { temporal::unix_now() } else { temporal::unix_timestamp(call.session.time_zone) };
            Ok(Resolved { volatile: now, ..call.simple("SS", 0, LogicalType::BigInt, body)? })
        },
    ),
    function(
        &["TO_DATE"],
        "TO_DATE(s [, pattern]) → DATE",
        Also("for a bad text"),
        "DateTimeUtils.parseDate",
        |call| {
            readable(call, Dialect::Simple)?;
            Ok(Resolved { nullable: true, ..call.simple("SS", 1, LogicalType::Date, temporal::to_date())? })
        },
    ),
    function(
        &["TO_TIMESTAMP_LTZ"],
        "TO_TIMESTAMP_LTZ(number, 0 | 3) → TIMESTAMP_LTZ(3)",
        Propagate,
        "DateTimeUtils.toTimestampData",
        |call| {
            let result = LogicalType::TimestampLtz(3);
            let decimal =
                matches!(call.args.first(), Some(a) if matches!(a.logical_type, LogicalType::Decimal { .. }));
            let mut resolved = call.simple("DI", 2, result, temporal::to_timestamp_ltz())?;
            if call.args[0].logical_type.is_integer() {
                resolved.casts[0] = call.accept("LI", 2)?.swap_remove(0);
            } else if decimal {
                resolved.casts[0] = None;
            }
            Ok(Resolved { nullable: true, ..resolved })
        },
    ),
    function(
        &["TO_TIMESTAMP"],
        "TO_TIMESTAMP(s [, pattern]) → TIMESTAMP(3)",
        Also("for a bad text"),
        "DateTimeUtils.parseTimestampData",
        |call| {
            readable(call, Dialect::Formatter)?;
            Ok(Resolved {
                nullable: true,
                ..call.simple("SS", 1, LogicalType::Timestamp(3), temporal::to_timestamp())?
            })
        },
    ),
    function(
        &["CURRENT_WATERMARK"],
        "CURRENT_WATERMARK(rowtime) → type of rowtime",
        Rule("before the first watermark"),
        "CurrentWatermarkCallGen",
        current_watermark,
    ),
];

fn is_time(t: &LogicalType) -> bool {
    matches!(t, LogicalType::Date | LogicalType::Time(_)) || t.is_timestamp()
}

/// The literal pattern of a call.
fn pattern(call: &Request<'_>, dialect: Dialect) -> Result<Option<Pattern>, String> {
    let text = call.args.get(1).and_then(crate::resolve::Argument::text);
    text.map(|text| Pattern::new(text, dialect)).transpose()
}

/// Refuses a literal pattern that cannot be printed by.
fn writable(call: &Request<'_>, dialect: Dialect) -> Result<(), String> {
    let offset = Offset::of(call.session.time_zone, 0, 0);
    pattern(call, dialect)?.map_or(Ok(()), |pattern| pattern.writable(offset))
}

/// Refuses a literal pattern that cannot be read by.
fn readable(call: &Request<'_>, dialect: Dialect) -> Result<(), String> {
    pattern(call, dialect)?.map_or(Ok(()), |pattern| pattern.readable())
}

/// Refuses units that a type does not have (Calcite `SqlExtractFunction`).
fn check_unit(call: &Request<'_>, unit: &str, from: &LogicalType) -> Result<(), String> {
    let has = match from {
        LogicalType::Time(_) => matches!(unit, "HOUR" | "MINUTE" | "SECOND" | "MILLISECOND"),
        LogicalType::Date => !matches!(unit, "MICROSECOND" | "NANOSECOND"),
        _ => true,
    };
    if has { Ok(()) } else { Err(format!("{}: {from} has no unit {unit}", call.name)) }
}

fn keep(call: &Request<'_>, result: LogicalType, nullable: bool, eval: impl Into<Body>) -> Resolved {
    Resolved {
        casts: vec![None; call.args.len()],
        result,
        nullable,
        volatile: false,
        total: false,
        body: eval.into(),
    }
}

fn clock(call: &Request<'_>, result: LogicalType) -> Result<Resolved, String> {
    call.count(0, 0)?;
    let eval = temporal::now(&result, call.session.time_zone);
    Ok(Resolved { casts: Vec::new(), body: eval, result, nullable: false, volatile: true, total: false })
}

fn current_watermark(call: &Request<'_>) -> Result<Resolved, String> {
    let zoned = match call.only()?.logical_type {
        LogicalType::Timestamp(_) => false,
        LogicalType::TimestampLtz(_) => true,
        _ => return Err(call.wrong("a rowtime attribute")),
    };
    let result = if zoned { LogicalType::TimestampLtz(3) } else { LogicalType::Timestamp(3) };
    let eval = temporal::current_watermark(zoned);
    Ok(Resolved { casts: vec![None], result, nullable: true, volatile: true, total: false, body: eval })
}

fn part(call: &Request<'_>) -> Result<Resolved, String> {
    let from = &call.only()?.logical_type;
    if from.is_interval() {
        let unit = if call.name == "DAYOFMONTH" { "DAY" } else { call.name };
        return Ok(keep(call, LogicalType::BigInt, call.any_nullable(), interval_part(call, unit, from)?));
    }
    if !is_time(from) {
        return Err(call.wrong("a date, timestamp or interval"));
    }
    check_unit(call, call.name, &call.args[0].logical_type)?;
    let eval = temporal::extract(call.name.to_owned(), call.session.time_zone);
    Ok(keep(call, LogicalType::BigInt, call.any_nullable(), eval))
}

fn interval_part(call: &Request<'_>, unit: &str, of: &LogicalType) -> Result<Arc<Eval>, String> {
    temporal::extract_interval(unit, *of == LogicalType::IntervalYearMonth)
        .ok_or_else(|| call.wrong("a unit of the interval's family"))
}

fn extract(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(2, 2)?;
    let unit = call.args[0].text().unwrap_or_default().to_ascii_uppercase();
    if call.args[1].logical_type.is_interval() {
        let eval = interval_part(call, &unit, &call.args[1].logical_type)?;
        let shifted: Arc<Eval> = Arc::new(move |args, rows| eval(&args[1..], rows));
        return Ok(keep(call, LogicalType::BigInt, call.any_nullable(), shifted));
    }
    if temporal::extract_ms(&unit, 0).is_none() || !is_time(&call.args[1].logical_type) {
        return Err(call.wrong("EXTRACT(unit FROM a date or timestamp)"));
    }
    check_unit(call, &unit, &call.args[1].logical_type)?;
    let eval = temporal::extract(unit, call.session.time_zone);
    let shifted: Arc<Eval> = Arc::new(move |args, rows| eval(&args[1..], rows));
    Ok(keep(call, LogicalType::BigInt, call.any_nullable(), shifted))
}

fn date_format(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(2, 2)?;
    let first = &call.args[0].logical_type;
    if !(first.is_timestamp() || first.is_character()) || !call.args[1].logical_type.is_character() {
        return Err(call.wrong("DATE_FORMAT(timestamp or STRING, STRING)"));
    }
    let dialect = if first.is_character() { Dialect::Simple } else { Dialect::Formatter };
    if let Some(pattern) = pattern(call, dialect)? {
        pattern.format(0, 0, Offset::default())?;
    }
    let nullable = call.any_nullable() || first.is_character();
    Ok(keep(call, LogicalType::STRING, nullable, temporal::date_format(call.session.time_zone, dialect)))
}

fn timestamp_diff(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(3, 3)?;
    let unit = call.args[0].text().unwrap_or_default().to_ascii_uppercase();
    let unit = unit.strip_prefix("SQL_TSI_").unwrap_or(&unit).to_owned();
    if !is_time(&call.args[1].logical_type) || !is_time(&call.args[2].logical_type) {
        return Err(call.wrong("TIMESTAMPDIFF(unit, timestamp, timestamp)"));
    }
    let (from, to) = (&call.args[1].logical_type, &call.args[2].logical_type);
    let same_family = |of: fn(&LogicalType) -> bool| of(from) == of(to);
    // Flink cannot generate code for TIME, or gives the months of its milliseconds taken as days.
    if !same_family(|t| matches!(t, LogicalType::TimestampLtz(_)))
        || [from, to].into_iter().any(|t| matches!(t, LogicalType::Time(_)))
    {
        return Err(call.wrong("two dates or timestamps of the same family: CAST one of them"));
    }
    let eval = temporal::timestamp_diff(&unit).ok_or_else(|| format!("TIMESTAMPDIFF has no unit {unit}"))?;
    let shifted: Arc<Eval> = Arc::new(move |args, rows| eval(&args[1..], rows));
    let result = if unit == "NANOSECOND" { LogicalType::BigInt } else { LogicalType::Int };
    Ok(keep(call, result, call.any_nullable(), shifted))
}
