//! From a function's name and argument types to its evaluation: the table of scalar functions.
//!
//! Unless said otherwise a function is NULL when an argument is (Flink's N→N).

use std::sync::Arc;

use streamsql_core::LogicalType;

use crate::SessionSettings;
use crate::call::Eval;
use crate::strings::{self, Ends, int_at, str_at};
use crate::typing::{common_type, comparison};
use crate::{conditional, math, temporal};

/// What is known of an argument when planning.
#[derive(Clone, Debug)]
pub struct Argument {
    pub logical_type: LogicalType,
    pub nullable: bool,
    /// The text, when it is a text literal.
    pub literal: Option<String>,
}

/// A function ready to be called.
pub struct Resolved {
    /// Type that each argument must be cast to first; `None` leaves it.
    pub casts: Vec<Option<LogicalType>>,
    pub result: LogicalType,
    pub nullable: bool,
    pub volatile: bool,
    pub eval: Arc<Eval>,
}

/// Names of all functions, for suggestions and documentation.
pub fn function_names() -> &'static [&'static str] {
    NAMES
}

const NAMES: &[&str] = &[
    "ABS",
    "ACOS",
    "ASCII",
    "ASIN",
    "ATAN",
    "ATAN2",
    "BTRIM",
    "CEIL",
    "CEILING",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "CHR",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "COS",
    "COSH",
    "COT",
    "CURRENT_DATE",
    "CURRENT_ROW_TIMESTAMP",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_WATERMARK",
    "DATE_FORMAT",
    "DAYOFMONTH",
    "DAYOFWEEK",
    "DAYOFYEAR",
    "DEGREES",
    "E",
    "EXP",
    "EXTRACT",
    "FLOOR",
    "FROM_UNIXTIME",
    "GREATEST",
    "HOUR",
    "IF",
    "IFNULL",
    "INITCAP",
    "INSTR",
    "IS_ALPHA",
    "IS_DECIMAL",
    "IS_DIGIT",
    "LEAST",
    "LEFT",
    "LN",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "LOCATE",
    "LOG",
    "LOG10",
    "LOG2",
    "LOWER",
    "LPAD",
    "LTRIM",
    "MINUTE",
    "MOD",
    "MONTH",
    "NOW",
    "NULLIF",
    "OVERLAY",
    "PI",
    "POSITION",
    "POWER",
    "PROCTIME",
    "QUARTER",
    "RADIANS",
    "REGEXP",
    "REGEXP_EXTRACT",
    "REGEXP_REPLACE",
    "REPEAT",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "ROUND",
    "RPAD",
    "RTRIM",
    "SECOND",
    "SIGN",
    "SIN",
    "SINH",
    "SPLIT_INDEX",
    "SQRT",
    "SUBSTR",
    "SUBSTRING",
    "TAN",
    "TANH",
    "TIMESTAMPADD",
    "TIMESTAMPDIFF",
    "TO_DATE",
    "TO_TIMESTAMP",
    "TO_TIMESTAMP_LTZ",
    "TRIM",
    "TRUNCATE",
    "TYPEOF",
    "UNIX_TIMESTAMP",
    "UPPER",
    "WEEK",
    "YEAR",
];

/// Finds the function; the error says what is wrong with the name or the arguments.
pub fn resolve(name: &str, args: &[Argument], session: &SessionSettings) -> Result<Resolved, String> {
    let upper = name.to_ascii_uppercase();
    let call = Signature { name: &upper, args };
    conditional_function(&call)
        .or_else(|| text_function(&call))
        .or_else(|| time_function(&call, session))
        .or_else(|| number_function(&call))
        .unwrap_or_else(|| Err(format!("function {upper} does not exist or is not supported yet")))
}

struct Signature<'a> {
    name: &'a str,
    args: &'a [Argument],
}

type Found = Option<Result<Resolved, String>>;

impl Signature<'_> {
    fn types(&self) -> Vec<LogicalType> {
        self.args.iter().map(|a| a.logical_type.clone()).collect()
    }

    fn any_nullable(&self) -> bool {
        self.args.iter().any(|a| a.nullable)
    }

    fn wrong(&self, expected: &str) -> String {
        let found: Vec<String> = self.args.iter().map(|a| a.logical_type.to_string()).collect();
        format!("{}({}) does not exist; expected {expected}", self.name, found.join(", "))
    }

    /// Arguments as in `pattern`, a word of S text, I int, L bigint, D double, B boolean; `least` of them are needed.
    fn accept(&self, pattern: &str, least: usize) -> Result<Vec<Option<LogicalType>>, String> {
        let describe = || {
            let names: Vec<&str> = pattern
                .chars()
                .map(|c| match c {
                    'S' => "STRING",
                    'I' => "INT",
                    'L' => "BIGINT",
                    'D' => "DOUBLE",
                    _ => "BOOLEAN",
                })
                .collect();
            self.wrong(&format!("{}({})", self.name, names.join(", ")))
        };
        if self.args.len() < least || self.args.len() > pattern.len() {
            return Err(describe());
        }
        self.args
            .iter()
            .zip(pattern.chars())
            .map(|(arg, wanted)| {
                let given = &arg.logical_type;
                let (fits, target) = match wanted {
                    'S' => (given.is_character(), LogicalType::STRING),
                    'I' => (given.is_integer(), LogicalType::Int),
                    'L' => (given.is_integer(), LogicalType::BigInt),
                    'D' => (given.is_numeric(), LogicalType::Double),
                    _ => (*given == LogicalType::Boolean, LogicalType::Boolean),
                };
                if !fits && *given != LogicalType::Null {
                    return Err(describe());
                }
                Ok((given.to_arrow() != target.to_arrow()).then_some(target))
            })
            .collect()
    }

    fn simple(
        &self,
        pattern: &str,
        least: usize,
        result: LogicalType,
        nullable: bool,
        eval: Arc<Eval>,
    ) -> Found {
        Some(self.accept(pattern, least).map(|casts| Resolved {
            casts,
            result,
            nullable: nullable || self.any_nullable(),
            volatile: false,
            eval,
        }))
    }

    /// N→N over texts with a text result.
    fn text(&self, pattern: &str, least: usize, eval: Arc<Eval>) -> Found {
        self.simple(pattern, least, LogicalType::STRING, false, eval)
    }

    fn nullable_text(&self, pattern: &str, least: usize, eval: Arc<Eval>) -> Found {
        self.simple(pattern, least, LogicalType::STRING, true, eval)
    }
}

fn conditional_function(call: &Signature<'_>) -> Found {
    let all_as = |common: LogicalType, count: usize| vec![Some(common); count];
    let resolved =
        |casts, result, nullable, eval| Resolved { casts, result, nullable, volatile: false, eval };
    Some(match (call.name, call.args.len()) {
        ("COALESCE", 1..) | ("IFNULL", 2) => common_type(&call.types()).map(|common| {
            let nullable = call.args.iter().all(|a| a.nullable);
            resolved(all_as(common.clone(), call.args.len()), common, nullable, conditional::coalesce())
        }),
        ("IF", 3) => {
            if call.args[0].logical_type != LogicalType::Boolean {
                return Some(Err(call.wrong("IF(BOOLEAN, a, b)")));
            }
            common_type(&call.types()[1..]).map(|common| {
                let nullable = call.args[1..].iter().any(|a| a.nullable);
                let casts = vec![None, Some(common.clone()), Some(common.clone())];
                resolved(casts, common, nullable, conditional::if_else())
            })
        }
        ("NULLIF", 3) => comparison(&call.args[1].logical_type, &call.args[2].logical_type).map(|common| {
            let result = call.args[0].logical_type.clone();
            resolved(vec![None, Some(common.clone()), Some(common)], result, true, conditional::null_if())
        }),
        ("GREATEST" | "LEAST", 1..) => common_type(&call.types()).map(|common| {
            let casts = all_as(common.clone(), call.args.len());
            resolved(casts, common, call.any_nullable(), conditional::extreme(call.name == "GREATEST"))
        }),
        ("COALESCE" | "IFNULL" | "IF" | "NULLIF" | "GREATEST" | "LEAST", _) => {
            Err(call.wrong("another number of arguments"))
        }
        _ => return None,
    })
}

fn text_function(call: &Signature<'_>) -> Found {
    let int_result = |pattern: &str, least, eval| call.simple(pattern, least, LogicalType::Int, false, eval);
    let bool_result = |eval| call.simple("S", 1, LogicalType::Boolean, false, eval);
    let one = |f: fn(&str, &mut String)| {
        call.text(
            "S",
            1,
            strings::text(move |args, row, out| {
                f(str_at(&args[0], row), out);
                true
            }),
        )
    };
    match call.name {
        "UPPER" => one(|s, out| out.push_str(&s.to_uppercase())),
        "LOWER" => one(|s, out| out.push_str(&s.to_lowercase())),
        "INITCAP" => one(strings::init_cap),
        "REVERSE" => one(|s, out| out.extend(s.chars().rev())),
        "CONCAT" => call.text(&"S".repeat(call.args.len()), 1, strings::concat()),
        "CONCAT_WS" => {
            let nullable = call.args.first().is_none_or(|a| a.nullable);
            let found =
                call.simple(&"S".repeat(call.args.len()), 1, LogicalType::STRING, true, strings::concat_ws());
            found.map(|r| r.map(|r| Resolved { nullable, ..r }))
        }
        "SUBSTRING" | "SUBSTR" => call.nullable_text("SII", 2, strings::substring()),
        "LEFT" | "RIGHT" => call.text("SI", 2, strings::side(call.name == "LEFT")),
        "TRIM" | "BTRIM" => call.text("SS", 1, strings::trim(Ends::Both)),
        "LTRIM" => call.text("SS", 1, strings::trim(Ends::Leading)),
        "RTRIM" => call.text("SS", 1, strings::trim(Ends::Trailing)),
        "REPLACE" => call.text(
            "SSS",
            3,
            strings::text(|args, row, out| {
                out.push_str(&str_at(&args[0], row).replace(str_at(&args[1], row), str_at(&args[2], row)));
                true
            }),
        ),
        "REPEAT" => call.text(
            "SI",
            2,
            strings::text(|args, row, out| {
                out.push_str(&str_at(&args[0], row).repeat(int_at(&args[1], row).max(0) as usize));
                true
            }),
        ),
        "LPAD" | "RPAD" => call.nullable_text("SIS", 3, strings::pad(call.name == "LPAD")),
        "OVERLAY" => call.text("SSII", 3, strings::overlay()),
        "SPLIT_INDEX" => call.nullable_text("SSI", 3, strings::split_index()),
        "REGEXP_EXTRACT" => call.nullable_text("SSI", 2, strings::regexp_extract()),
        "REGEXP_REPLACE" => call.nullable_text("SSS", 3, strings::regexp_replace()),
        "REGEXP" => call.simple("SS", 2, LogicalType::Boolean, false, strings::regexp()),
        "CHR" => call.text("L", 1, strings::chr()),
        "CHAR_LENGTH" | "CHARACTER_LENGTH" => {
            int_result("S", 1, strings::int(|args, row| str_at(&args[0], row).chars().count() as i32))
        }
        "ASCII" => int_result(
            "S",
            1,
            strings::int(|args, row| str_at(&args[0], row).bytes().next().map_or(0, i32::from)),
        ),
        "POSITION" | "LOCATE" => int_result(
            "SSI",
            2,
            strings::int(|args, row| {
                let start = args.get(2).map_or(1, |arg| int_at(arg, row));
                strings::position(str_at(&args[1], row), str_at(&args[0], row), start)
            }),
        ),
        "INSTR" => int_result(
            "SS",
            2,
            strings::int(|args, row| strings::position(str_at(&args[0], row), str_at(&args[1], row), 1)),
        ),
        "IS_ALPHA" => bool_result(never_null(|s| !s.is_empty() && s.chars().all(char::is_alphabetic))),
        "IS_DIGIT" => bool_result(never_null(|s| !s.is_empty() && s.chars().all(char::is_numeric))),
        "IS_DECIMAL" => bool_result(never_null(|s| {
            !s.is_empty() && streamsql_core::text::parse_decimal(s.trim(), 38, 0).is_ok()
        })),
        _ => None,
    }
}

/// A test of a text that is false for NULL.
fn never_null(f: fn(&str) -> bool) -> Arc<Eval> {
    Arc::new(move |args, rows| {
        let array: arrow::array::BooleanArray =
            (0..rows).map(|row| Some(!args[0].is_null(row) && f(str_at(&args[0], row)))).collect();
        Ok(Arc::new(array))
    })
}

fn time_function(call: &Signature<'_>, session: &SessionSettings) -> Found {
    let zone = session.time_zone;
    let clock = |result: LogicalType| {
        Some(Ok(Resolved {
            casts: Vec::new(),
            eval: temporal::now(&result, zone),
            result,
            nullable: false,
            volatile: true,
        }))
    };
    let is_time = |t: &LogicalType| matches!(t, LogicalType::Date | LogicalType::Time(_)) || t.is_timestamp();
    let one_time = call.args.len() == 1 && is_time(&call.args[0].logical_type);
    let simple = |result, nullable, eval| {
        let casts = vec![None; call.args.len()];
        Some(Ok(Resolved { casts, result, nullable, volatile: false, eval }))
    };
    match (call.name, call.args.len()) {
        ("PROCTIME" | "NOW" | "CURRENT_TIMESTAMP" | "CURRENT_ROW_TIMESTAMP", 0) => {
            clock(LogicalType::TimestampLtz(3))
        }
        ("LOCALTIMESTAMP", 0) => clock(LogicalType::Timestamp(3)),
        ("CURRENT_DATE", 0) => clock(LogicalType::Date),
        ("CURRENT_TIME" | "LOCALTIME", 0) => clock(LogicalType::Time(0)),
        ("CURRENT_WATERMARK", 1) if call.args[0].logical_type.is_timestamp() => {
            let zoned = matches!(call.args[0].logical_type, LogicalType::TimestampLtz(_));
            let result = if zoned { LogicalType::TimestampLtz(3) } else { LogicalType::Timestamp(3) };
            let eval = temporal::current_watermark(zoned);
            Some(Ok(Resolved { casts: vec![None], result, nullable: true, volatile: true, eval }))
        }
        (
            "YEAR" | "QUARTER" | "MONTH" | "WEEK" | "DAYOFYEAR" | "DAYOFMONTH" | "DAYOFWEEK" | "HOUR"
            | "MINUTE" | "SECOND",
            1,
        ) => {
            if !one_time {
                return Some(Err(call.wrong("a date or timestamp")));
            }
            simple(LogicalType::BigInt, call.any_nullable(), temporal::extract(call.name.to_owned(), zone))
        }
        ("EXTRACT", 2) => {
            let unit = call.args[0].literal.clone().unwrap_or_default().to_ascii_uppercase();
            if temporal::extract_ms(&unit, 0).is_none() || !is_time(&call.args[1].logical_type) {
                return Some(Err(call.wrong("EXTRACT(unit FROM a date or timestamp)")));
            }
            let eval = temporal::extract(unit, zone);
            let shifted: Arc<Eval> = Arc::new(move |args, rows| eval(&args[1..], rows));
            simple(LogicalType::BigInt, call.any_nullable(), shifted)
        }
        ("DATE_FORMAT", 2) => {
            let first = &call.args[0].logical_type;
            if !(is_time(first) || first.is_character()) || !call.args[1].logical_type.is_character() {
                return Some(Err(call.wrong("DATE_FORMAT(timestamp or STRING, STRING)")));
            }
            simple(
                LogicalType::STRING,
                call.any_nullable() || first.is_character(),
                temporal::date_format(zone),
            )
        }
        ("TO_TIMESTAMP", 1 | 2) => {
            call.simple("SS", 1, LogicalType::Timestamp(3), true, temporal::to_timestamp())
        }
        ("TO_DATE", 1 | 2) => call.simple("SS", 1, LogicalType::Date, true, temporal::to_date()),
        ("TO_TIMESTAMP_LTZ", 1 | 2) => {
            call.simple("LI", 1, LogicalType::TimestampLtz(3), true, temporal::to_timestamp_ltz())
        }
        ("FROM_UNIXTIME", 1 | 2) => {
            call.simple("LS", 1, LogicalType::STRING, false, temporal::from_unixtime(zone))
        }
        ("UNIX_TIMESTAMP", 0..=2) => {
            let found = call.simple("SS", 0, LogicalType::BigInt, false, temporal::unix_timestamp(zone));
            found.map(|r| r.map(|r| Resolved { volatile: call.args.is_empty(), ..r }))
        }
        ("TIMESTAMPDIFF", 3) => {
            let unit = call.args[0].literal.clone().unwrap_or_default().to_ascii_uppercase();
            if !is_time(&call.args[1].logical_type) || !is_time(&call.args[2].logical_type) {
                return Some(Err(call.wrong("TIMESTAMPDIFF(unit, timestamp, timestamp)")));
            }
            let eval = temporal::timestamp_diff(unit, zone);
            let shifted: Arc<Eval> = Arc::new(move |args, rows| eval(&args[1..], rows));
            simple(LogicalType::Int, call.any_nullable(), shifted)
        }
        _ => None,
    }
}

fn number_function(call: &Signature<'_>) -> Found {
    let double = |f: fn(f64) -> f64| call.simple("D", 1, LogicalType::Double, false, math::double(f));
    let constant = |value: f64| -> Found {
        let eval: Arc<Eval> = Arc::new(move |_, rows| {
            let array = arrow::array::Float64Array::from(vec![value; rows]);
            Ok(Arc::new(array))
        });
        call.simple("", 0, LogicalType::Double, false, eval)
    };
    let keep = |eval: Arc<Eval>| -> Found {
        let [arg] = call.args else { return Some(Err(call.wrong("one number"))) };
        if !arg.logical_type.is_numeric() {
            return Some(Err(call.wrong("a number")));
        }
        let (result, nullable) = (arg.logical_type.clone(), arg.nullable);
        Some(Ok(Resolved { casts: vec![None], result, nullable, volatile: false, eval }))
    };
    match call.name {
        "ABS" => keep(math::abs()),
        "SIGN" => keep(math::sign()),
        "FLOOR" | "CEIL" | "CEILING" => keep(math::floor(call.name != "FLOOR")).map(|r| {
            r.map(|r| match r.result {
                LogicalType::Decimal { precision, .. } => {
                    Resolved { result: LogicalType::Decimal { precision, scale: 0 }, ..r }
                }
                _ => r,
            })
        }),
        "ROUND" | "TRUNCATE" => Some(round(call)),
        "SQRT" => double(f64::sqrt),
        "EXP" => double(f64::exp),
        "LN" => double(f64::ln),
        "LOG10" => double(f64::log10),
        "LOG2" => double(f64::log2),
        "LOG" if call.args.len() == 2 => {
            call.simple("DD", 2, LogicalType::Double, false, math::double2(|base, x| x.ln() / base.ln()))
        }
        "LOG" => double(f64::ln),
        "POWER" => call.simple("DD", 2, LogicalType::Double, false, math::double2(f64::powf)),
        "ATAN2" => call.simple("DD", 2, LogicalType::Double, false, math::double2(f64::atan2)),
        "SIN" => double(f64::sin),
        "COS" => double(f64::cos),
        "TAN" => double(f64::tan),
        "COT" => double(|x| 1.0 / x.tan()),
        "ASIN" => double(f64::asin),
        "ACOS" => double(f64::acos),
        "ATAN" => double(f64::atan),
        "SINH" => double(f64::sinh),
        "COSH" => double(f64::cosh),
        "TANH" => double(f64::tanh),
        "DEGREES" => double(f64::to_degrees),
        "RADIANS" => double(f64::to_radians),
        "PI" => constant(std::f64::consts::PI),
        "E" => constant(std::f64::consts::E),
        _ => None,
    }
}

/// ROUND(DECIMAL(p, s), d) is DECIMAL(p - s + d + 1, d) for a literal d (Flink `LogicalTypeMerging.findRoundDecimalType`).
fn round(call: &Signature<'_>) -> Result<Resolved, String> {
    let Some(first) = call.args.first().filter(|a| a.logical_type.is_numeric() && call.args.len() <= 2)
    else {
        return Err(call.wrong("a number and an INT"));
    };
    let truncate = call.name == "TRUNCATE";
    let digits = match call.args.get(1) {
        None => Some(0),
        Some(arg) => arg.literal.as_ref().and_then(|text| text.parse::<i32>().ok()),
    };
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
    Ok(Resolved { casts, result, nullable: call.any_nullable(), volatile: false, eval })
}
