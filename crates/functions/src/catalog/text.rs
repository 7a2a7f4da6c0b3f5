//! String functions. Positions are 1-based and count characters (code points), in some functions UTF-16 units as Java does.

use std::sync::Arc;

use streamsql_core::LogicalType;
use streamsql_core::types::{ElementType, MAX_LENGTH};

use super::Nulls::{Also, Propagate, Rule};
use super::{Entry, function};
use crate::call::Eval;
use crate::resolve::{Request, Resolved};
use crate::strings::{self, Ends, int_at, str_at};
use crate::url::Url;
use crate::{charset, hash, regexp};

pub const ENTRIES: &[Entry] = &[
    function(
        &["||"],
        "a || b → CHAR or VARCHAR of both lengths",
        Propagate,
        "ScalarOperatorGens.generateStringConcatOperator",
        |call| {
            let result = joined(&call.args[0].logical_type, &call.args[1].logical_type, false);
            Ok(Resolved { result, ..call.text("SS", 2, strings::concat())? })
        },
    ),
    function(
        &["CHAR_LENGTH", "CHARACTER_LENGTH"],
        "CHAR_LENGTH(s) → INT",
        Propagate,
        "BinaryStringData.numChars",
        |call| {
            let eval = strings::int(|args, row| strings::char_count(str_at(&args[0], row)) as i32);
            call.simple("S", 1, LogicalType::Int, eval)
        },
    ),
    function(&["UPPER"], "UPPER(s) → type of s", Propagate, "BinaryStringDataUtil.toUpperCase", |call| {
        same(call, |s, out| strings::change_case(s, true, out))
    }),
    function(&["LOWER"], "LOWER(s) → type of s", Propagate, "BinaryStringDataUtil.toLowerCase", |call| {
        same(call, |s, out| strings::change_case(s, false, out))
    }),
    function(&["POSITION"], "POSITION(a IN s) → INT", Propagate, "SqlFunctionUtils.position", |call| {
        call.count(2, 2)?;
        position(call)
    }),
    function(
        &["TRIM"],
        "TRIM([[BOTH | LEADING | TRAILING] [characters] FROM] s) → VARCHAR",
        Propagate,
        "BinaryStringDataUtil.trim",
        trim,
    ),
    function(
        &["LTRIM"],
        "LTRIM(s [, characters]) → VARCHAR",
        Propagate,
        "BinaryStringDataUtil.trimLeft",
        |call| varying(call, call.text("SS", 1, strings::trim(Ends::Leading, 0, 1))?),
    ),
    function(
        &["RTRIM"],
        "RTRIM(s [, characters]) → VARCHAR",
        Propagate,
        "BinaryStringDataUtil.trimRight",
        |call| varying(call, call.text("SS", 1, strings::trim(Ends::Trailing, 0, 1))?),
    ),
    function(&["REPEAT"], "REPEAT(s, n) → STRING", Propagate, "SqlFunctionUtils.repeat", |call| {
        call.text("SI", 2, strings::repeat())
    }),
    function(
        &["REGEXP_REPLACE"],
        "REGEXP_REPLACE(s, pattern, replacement) → STRING",
        Also("for a bad pattern"),
        "SqlFunctionUtils.regexpReplace",
        |call| with_pattern(call, call.text("SSS", 3, regexp::replace())?),
    ),
    function(
        &["OVERLAY"],
        "OVERLAY(s PLACING t FROM start [FOR length]) → VARCHAR of both lengths",
        Propagate,
        "SqlFunctionUtils.overlay",
        |call| {
            let resolved = call.text("SSII", 3, strings::overlay())?;
            let result = joined(&call.args[0].logical_type, &call.args[1].logical_type, true);
            Ok(Resolved { result, ..resolved })
        },
    ),
    function(
        &["SUBSTRING", "SUBSTR"],
        "SUBSTRING(s FROM start [FOR length]) → VARCHAR\nSUBSTR(s, start [, length]) → VARCHAR",
        Also("for a negative length"),
        "BinaryStringDataUtil.substringSQL",
        |call| varying(call, call.nullable_text("SII", 2, strings::substring())?),
    ),
    function(&["REPLACE"], "REPLACE(s, from, to) → STRING", Propagate, "SqlFunctionUtils.replace", |call| {
        call.text("SSS", 3, strings::replace())
    }),
    function(
        &["REGEXP_EXTRACT"],
        "REGEXP_EXTRACT(s, pattern [, group]) → STRING",
        Also("without a match or group, and for a bad pattern"),
        "SqlFunctionUtils.regexpExtract",
        |call| with_pattern(call, call.nullable_text("SSI", 2, regexp::extract())?),
    ),
    function(&["REGEXP"], "REGEXP(s, pattern) → BOOLEAN", Propagate, "SqlFunctionUtils.regExp", |call| {
        with_pattern(call, call.simple("SS", 2, LogicalType::Boolean, regexp::find())?)
    }),
    function(&["INITCAP"], "INITCAP(s) → type of s", Propagate, "SqlFunctions.initcap", |call| {
        same(call, strings::init_cap)
    }),
    function(&["CONCAT"], "CONCAT(s, …) → STRING", Propagate, "BinaryStringDataUtil.concat", |call| {
        call.text(&"S".repeat(call.args.len()), 1, strings::concat())
    }),
    function(
        &["CONCAT_WS"],
        "CONCAT_WS(separator, s, …) → STRING",
        Rule("for a NULL separator; other NULLs are skipped"),
        "BinaryStringDataUtil.concatWs",
        |call| call.text(&"S".repeat(call.args.len()), 1, strings::concat_ws()),
    ),
    function(
        &["LPAD"],
        "LPAD(s, length, pad) → STRING",
        Also("for a negative length or an empty pad"),
        "SqlFunctionUtils.lpad",
        |call| call.text("SIS", 3, strings::pad(true)),
    ),
    function(
        &["RPAD"],
        "RPAD(s, length, pad) → STRING",
        Also("for a negative length or an empty pad"),
        "SqlFunctionUtils.rpad",
        |call| call.text("SIS", 3, strings::pad(false)),
    ),
    function(&["FROM_BASE64"], "FROM_BASE64(s) → STRING", Propagate, "Base64.getDecoder", |call| {
        call.text("S", 1, hash::from_base64())
    }),
    function(&["TO_BASE64"], "TO_BASE64(s | bytes) → STRING", Propagate, "Base64.getEncoder", |call| {
        call.text("X", 1, hash::to_base64())
    }),
    function(&["ASCII"], "ASCII(s) → INT", Propagate, "BuiltInMethods.ASCII", |call| {
        // The first byte of the UTF-8 form, with its sign.
        let eval =
            strings::int(|args, row| str_at(&args[0], row).bytes().next().map_or(0, |b| i32::from(b as i8)));
        call.simple("S", 1, LogicalType::Int, eval)
    }),
    function(&["CHR"], "CHR(n) → STRING", Propagate, "SqlFunctionUtils.chr", |call| {
        call.nullable_text("L", 1, strings::chr())
    }),
    function(&["DECODE"], "DECODE(bytes, charset) → STRING", Propagate, "BuiltInMethods.DECODE", |call| {
        with_charset(call, call.nullable_text("YS", 2, charset::decode())?)
    }),
    function(&["ENCODE"], "ENCODE(s, charset) → BINARY", Propagate, "BuiltInMethods.ENCODE", |call| {
        // Flink declares BINARY(1) and gives all bytes.
        let resolved = call.simple("SS", 2, LogicalType::Binary(1), charset::encode())?;
        with_charset(call, Resolved { nullable: true, ..resolved })
    }),
    function(&["INSTR"], "INSTR(s, a [, start [, n]]) → INT", Propagate, "SqlFunctionUtils.instr", |call| {
        let eval = strings::fallible_int(|args, row| {
            let number = |i: usize| args.get(i).map_or(1, |arg| int_at(arg, row));
            strings::instr(str_at(&args[0], row), str_at(&args[1], row), number(2), number(3))
        });
        call.simple("SSII", 2, LogicalType::Int, eval)
    }),
    function(&["LEFT"], "LEFT(s, n) → VARCHAR", Propagate, "SqlFunctionUtils.subString", |call| {
        varying(call, call.nullable_text("SI", 2, strings::side(true))?)
    }),
    function(&["RIGHT"], "RIGHT(s, n) → VARCHAR", Propagate, "SqlFunctionUtils.subString", |call| {
        varying(call, call.nullable_text("SI", 2, strings::side(false))?)
    }),
    function(&["LOCATE"], "LOCATE(a, s [, from]) → INT", Propagate, "SqlFunctionUtils.position", position),
    function(
        &["PARSE_URL"],
        "PARSE_URL(url, part [, key]) → STRING",
        Also("where the part is absent and for a malformed URL"),
        "SqlFunctionUtils.parseUrl",
        |call| {
            let eval = strings::text(|args, row, out| {
                let (url, part) = (Url::parse(str_at(&args[0], row)), str_at(&args[1], row));
                let found = match (url, args.get(2)) {
                    (Some(url), None) => url.part(part),
                    (Some(url), Some(key)) if part == "QUERY" => {
                        url.parameter(str_at(key, row)).map(str::to_owned)
                    }
                    _ => None,
                };
                found.inspect(|found| out.push_str(found)).is_some()
            });
            call.nullable_text("SSS", 2, eval)
        },
    ),
    function(&["REVERSE"], "REVERSE(s) → STRING", Propagate, "BinaryStringDataUtil.reverse", |call| {
        call.nullable_text("S", 1, each(|s, out| out.extend(s.chars().rev())))
    }),
    function(
        &["SPLIT_INDEX"],
        "SPLIT_INDEX(s, separator, index) → STRING\nSPLIT_INDEX(s, character_code, index) → STRING",
        Also("beyond the last token"),
        "SqlFunctionUtils.splitIndex",
        |call| {
            if call.args.get(1).is_some_and(|arg| arg.logical_type.is_integer()) {
                return call.nullable_text("SII", 3, strings::split_index_by_code());
            }
            call.nullable_text("SSI", 3, strings::split_index())
        },
    ),
    function(
        &["STR_TO_MAP"],
        "STR_TO_MAP(s [, pair_delimiter, value_delimiter]) → MAP<STRING, STRING>",
        Propagate,
        "SqlFunctionUtils.strToMap",
        |call| {
            if call.args.len() == 2 {
                return Err(call.wrong("STR_TO_MAP(STRING) or STR_TO_MAP(STRING, STRING, STRING)"));
            }
            for delimiter in call.args.iter().skip(1) {
                regexp::check_literal(delimiter)?;
            }
            let text = ElementType::nullable(LogicalType::STRING);
            let result = LogicalType::Map(text.clone(), text);
            let eval = regexp::str_to_map(&result);
            Ok(Resolved { nullable: true, ..call.simple("SSS", 1, result, eval)? })
        },
    ),
];

/// A text function of one argument.
fn each(f: fn(&str, &mut String)) -> Arc<Eval> {
    strings::text(move |args, row, out| {
        f(str_at(&args[0], row), out);
        true
    })
}

/// A text function whose result has the type of its only argument.
fn same(call: &Request<'_>, f: fn(&str, &mut String)) -> Result<Resolved, String> {
    let resolved = call.text("S", 1, each(f))?;
    let given = &call.args[0].logical_type;
    Ok(if given.is_character() { Resolved { result: given.clone(), ..resolved } } else { resolved })
}

fn length(t: &LogicalType) -> u32 {
    match t {
        LogicalType::Char(n) | LogicalType::Varchar(n) => *n,
        _ => MAX_LENGTH,
    }
}

/// The result is a VARCHAR as long as the text, which is the first argument.
fn varying(call: &Request<'_>, resolved: Resolved) -> Result<Resolved, String> {
    let result = LogicalType::Varchar(length(&call.args[0].logical_type).max(1));
    Ok(Resolved { result, ..resolved })
}

/// The type of two texts put together (Calcite `ReturnTypes.DYADIC_STRING_SUM_PRECISION`).
fn joined(left: &LogicalType, right: &LogicalType, varying: bool) -> LogicalType {
    let sum = length(left).saturating_add(length(right)).min(MAX_LENGTH);
    match (left, right) {
        (LogicalType::Char(_), LogicalType::Char(_)) if !varying => LogicalType::Char(sum),
        _ => LogicalType::Varchar(sum),
    }
}

fn with_pattern(call: &Request<'_>, resolved: Resolved) -> Result<Resolved, String> {
    regexp::check_literal(&call.args[1])?;
    Ok(resolved)
}

fn with_charset(call: &Request<'_>, resolved: Resolved) -> Result<Resolved, String> {
    call.args[1].text().map_or(Ok(()), charset::check_charset)?;
    Ok(resolved)
}

/// The parser passes the ends, the characters and the text.
fn trim(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(3, 3)?;
    let ends = match call.args[0].text() {
        Some("LEADING") => Ends::Leading,
        Some("TRAILING") => Ends::Trailing,
        _ => Ends::Both,
    };
    if call.args.iter().any(|arg| !arg.logical_type.is_character()) {
        return Err(format!("TRIM needs texts, found {}", call.args[2].logical_type));
    }
    let result = LogicalType::Varchar(length(&call.args[2].logical_type).max(1));
    Ok(Resolved { result, ..call.text("SSS", 3, strings::trim(ends, 2, 1))? })
}

fn position(call: &Request<'_>) -> Result<Resolved, String> {
    let eval = strings::int(|args, row| {
        let start = args.get(2).map_or(1, |arg| int_at(arg, row));
        strings::position(str_at(&args[1], row), str_at(&args[0], row), start)
    });
    call.simple("SSI", 2, LogicalType::Int, eval)
}
