//! String functions. Positions are 1-based and count characters (code points).

use streamsql_core::LogicalType;

use super::Nulls::{Also, Propagate, Rule};
use super::{Entry, function, refused};
use crate::resolve::{Request, Resolved};
use crate::strings::{self, Ends, int_at, str_at};

const LATER: &str = "not written yet";

pub const ENTRIES: &[Entry] = &[
    function(
        &["||"],
        "a || b → STRING",
        Propagate,
        "ScalarOperatorGens.generateStringConcatOperator",
        |call| call.text(&"S".repeat(call.args.len()), 2, strings::concat()),
    ),
    function(
        &["CHAR_LENGTH", "CHARACTER_LENGTH"],
        "CHAR_LENGTH(s) → INT",
        Propagate,
        "BinaryStringData.numChars",
        |call| {
            let eval = strings::int(|args, row| str_at(&args[0], row).chars().count() as i32);
            call.simple("S", 1, LogicalType::Int, eval)
        },
    ),
    function(&["UPPER"], "UPPER(s) → STRING", Propagate, "BinaryStringDataUtil.toUpperCase", |call| {
        one(call, |s, out| out.push_str(&s.to_uppercase()))
    }),
    function(&["LOWER"], "LOWER(s) → STRING", Propagate, "BinaryStringDataUtil.toLowerCase", |call| {
        one(call, |s, out| out.push_str(&s.to_lowercase()))
    }),
    function(&["POSITION"], "POSITION(a IN s) → INT", Propagate, "SqlFunctionUtils.position", position),
    function(
        &["TRIM", "BTRIM"],
        "TRIM([[BOTH | LEADING | TRAILING] [characters] FROM] s) → STRING",
        Propagate,
        "BinaryStringDataUtil.trim",
        |call| call.text("SS", 1, strings::trim(Ends::Both)),
    ),
    function(
        &["LTRIM"],
        "LTRIM(s [, characters]) → STRING",
        Propagate,
        "BinaryStringDataUtil.trimLeft",
        |call| call.text("SS", 1, strings::trim(Ends::Leading)),
    ),
    function(
        &["RTRIM"],
        "RTRIM(s [, characters]) → STRING",
        Propagate,
        "BinaryStringDataUtil.trimRight",
        |call| call.text("SS", 1, strings::trim(Ends::Trailing)),
    ),
    function(&["REPEAT"], "REPEAT(s, n) → STRING", Propagate, "SqlFunctionUtils.repeat", |call| {
        let eval = strings::text(|args, row, out| {
            out.push_str(&str_at(&args[0], row).repeat(int_at(&args[1], row).max(0) as usize));
            true
        });
        call.text("SI", 2, eval)
    }),
    function(
        &["REGEXP_REPLACE"],
        "REGEXP_REPLACE(s, pattern, replacement) → STRING",
        Also("for a bad pattern"),
        "SqlFunctionUtils.regexpReplace",
        |call| call.nullable_text("SSS", 3, strings::regexp_replace()),
    ),
    function(
        &["OVERLAY"],
        "OVERLAY(s PLACING t FROM start [FOR length]) → STRING",
        Propagate,
        "SqlFunctionUtils.overlay",
        |call| call.text("SSII", 3, strings::overlay()),
    ),
    function(
        &["SUBSTRING", "SUBSTR"],
        "SUBSTRING(s FROM start [FOR length]) → STRING\nSUBSTR(s, start [, length]) → STRING",
        Also("for a negative length"),
        "BinaryStringDataUtil.substringSQL",
        |call| call.nullable_text("SII", 2, strings::substring()),
    ),
    function(&["REPLACE"], "REPLACE(s, from, to) → STRING", Propagate, "SqlFunctionUtils.replace", |call| {
        let eval = strings::text(|args, row, out| {
            out.push_str(&str_at(&args[0], row).replace(str_at(&args[1], row), str_at(&args[2], row)));
            true
        });
        call.text("SSS", 3, eval)
    }),
    function(
        &["REGEXP_EXTRACT"],
        "REGEXP_EXTRACT(s, pattern [, group]) → STRING",
        Also("without a match or group, and for a bad pattern"),
        "SqlFunctionUtils.regexpExtract",
        |call| call.nullable_text("SSI", 2, strings::regexp_extract()),
    ),
    function(&["REGEXP"], "REGEXP(s, pattern) → BOOLEAN", Propagate, "SqlFunctionUtils.regExp", |call| {
        call.simple("SS", 2, LogicalType::Boolean, strings::regexp())
    }),
    function(&["INITCAP"], "INITCAP(s) → STRING", Propagate, "SqlFunctions.initcap", |call| {
        one(call, strings::init_cap)
    }),
    function(&["CONCAT"], "CONCAT(s, …) → STRING", Propagate, "BinaryStringDataUtil.concat", |call| {
        call.text(&"S".repeat(call.args.len()), 1, strings::concat())
    }),
    function(
        &["CONCAT_WS"],
        "CONCAT_WS(separator, s, …) → STRING",
        Rule("for a NULL separator; other NULLs are skipped"),
        "BinaryStringDataUtil.concatWs",
        |call| {
            let nullable = call.args.first().is_none_or(|a| a.nullable);
            let resolved = call.text(&"S".repeat(call.args.len()), 1, strings::concat_ws())?;
            Ok(Resolved { nullable, ..resolved })
        },
    ),
    function(
        &["LPAD"],
        "LPAD(s, length, pad) → STRING",
        Also("for a negative length or an empty pad"),
        "SqlFunctionUtils.lpad",
        |call| call.nullable_text("SIS", 3, strings::pad(true)),
    ),
    function(
        &["RPAD"],
        "RPAD(s, length, pad) → STRING",
        Also("for a negative length or an empty pad"),
        "SqlFunctionUtils.rpad",
        |call| call.nullable_text("SIS", 3, strings::pad(false)),
    ),
    refused(&["FROM_BASE64"], "FROM_BASE64(s) → STRING", Propagate, "SqlFunctionUtils.fromBase64", LATER),
    refused(&["TO_BASE64"], "TO_BASE64(s) → STRING", Propagate, "SqlFunctionUtils.toBase64", LATER),
    function(&["ASCII"], "ASCII(s) → INT", Propagate, "SqlFunctionUtils.ascii", |call| {
        let eval = strings::int(|args, row| str_at(&args[0], row).bytes().next().map_or(0, i32::from));
        call.simple("S", 1, LogicalType::Int, eval)
    }),
    function(&["CHR"], "CHR(n) → STRING", Propagate, "SqlFunctionUtils.chr", |call| {
        call.text("L", 1, strings::chr())
    }),
    refused(&["DECODE"], "DECODE(bytes, charset) → STRING", Propagate, "BuiltInMethods.DECODE", LATER),
    refused(&["ENCODE"], "ENCODE(s, charset) → BYTES", Propagate, "BuiltInMethods.ENCODE", LATER),
    function(&["INSTR"], "INSTR(s, a) → INT", Propagate, "SqlFunctionUtils.instr", |call| {
        let eval =
            strings::int(|args, row| strings::position(str_at(&args[0], row), str_at(&args[1], row), 1));
        call.simple("SS", 2, LogicalType::Int, eval)
    }),
    function(&["LEFT"], "LEFT(s, n) → STRING", Propagate, "SqlFunctionUtils.subString", |call| {
        call.text("SI", 2, strings::side(true))
    }),
    function(&["RIGHT"], "RIGHT(s, n) → STRING", Propagate, "SqlFunctionUtils.subString", |call| {
        call.text("SI", 2, strings::side(false))
    }),
    function(&["LOCATE"], "LOCATE(a, s [, from]) → INT", Propagate, "SqlFunctionUtils.position", position),
    refused(
        &["PARSE_URL"],
        "PARSE_URL(url, part [, key]) → STRING",
        Also("where the part is absent"),
        "SqlFunctionUtils.parseUrl",
        LATER,
    ),
    function(&["REVERSE"], "REVERSE(s) → STRING", Propagate, "BinaryStringDataUtil.reverse", |call| {
        one(call, |s, out| out.extend(s.chars().rev()))
    }),
    function(
        &["SPLIT_INDEX"],
        "SPLIT_INDEX(s, separator, index) → STRING",
        Also("beyond the last token"),
        "SqlFunctionUtils.splitIndex",
        |call| call.nullable_text("SSI", 3, strings::split_index()),
    ),
    refused(
        &["STR_TO_MAP"],
        "STR_TO_MAP(s [, pair_delimiter, value_delimiter]) → MAP<STRING, STRING>",
        Propagate,
        "SqlFunctionUtils.strToMap",
        LATER,
    ),
];

fn one(call: &Request<'_>, f: fn(&str, &mut String)) -> Result<Resolved, String> {
    let eval = strings::text(move |args, row, out| {
        f(str_at(&args[0], row), out);
        true
    });
    call.text("S", 1, eval)
}

fn position(call: &Request<'_>) -> Result<Resolved, String> {
    let eval = strings::int(|args, row| {
        let start = args.get(2).map_or(1, |arg| int_at(arg, row));
        strings::position(str_at(&args[1], row), str_at(&args[0], row), start)
    });
    call.simple("SSI", 2, LogicalType::Int, eval)
}
