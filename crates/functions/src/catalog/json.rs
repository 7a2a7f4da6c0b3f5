//! JSON functions. The parser passes their clauses as plain arguments (`parse/forms.rs` in crate `sql`).

use streamsql_core::LogicalType;

use super::Nulls::{Also, Never, Propagate, Rule};
use super::{Entry, function};
use crate::json::{self, ErrorOr};
use crate::resolve::{Request, Resolved};

pub const ENTRIES: &[Entry] = &[
    function(
        &["IS_JSON", "IS JSON", "IS NOT JSON"],
        "s IS [NOT] JSON [VALUE | SCALAR | ARRAY | OBJECT] → BOOLEAN",
        Never,
        "SqlJsonUtils.isJsonValue",
        |call| {
            call.count(2, 2)?;
            let casts = call.accept("SS", 2)?;
            let eval = json::is_json(call.args[1].text().unwrap_or("VALUE"));
            Ok(Resolved {
                casts,
                result: LogicalType::Boolean,
                nullable: false,
                volatile: false,
                total: false,
                body: eval.into(),
            })
        },
    ),
    function(
        &["JSON_EXISTS"],
        "JSON_EXISTS(s, path [{TRUE | FALSE | UNKNOWN | ERROR} ON ERROR]) → BOOLEAN",
        Also("for UNKNOWN ON ERROR"),
        "SqlJsonUtils.jsonExists",
        |call| {
            check_path(call)?;
            let on_error = match call.args.get(2).and_then(|arg| arg.text()) {
                Some("TRUE") => ErrorOr::Give(Some(true)),
                Some("UNKNOWN") => ErrorOr::Give(None),
                Some("ERROR") => ErrorOr::Error,
                _ => ErrorOr::Give(Some(false)),
            };
            let resolved = call.simple("SSS", 2, LogicalType::Boolean, json::exists(on_error))?;
            Ok(Resolved { nullable: true, ..resolved })
        },
    ),
    function(&["JSON_STRING"], "JSON_STRING(a) → STRING", Propagate, "JsonStringCallGen", |call| {
        let given = &call.only()?.logical_type;
        let eval = json::string(given)?;
        let nullable = call.any_nullable();
        Ok(Resolved {
            casts: vec![None],
            result: LogicalType::STRING,
            nullable,
            volatile: false,
            total: false,
            body: eval.into(),
        })
    }),
    function(
        &["JSON_VALUE"],
        "JSON_VALUE(s, path [RETURNING STRING | BOOLEAN | INT | DOUBLE] [{NULL | ERROR | DEFAULT a} ON EMPTY] [… ON ERROR]) → STRING or that type",
        Also("where nothing is found, unless a clause says otherwise"),
        "SqlJsonUtils.jsonValue",
        value,
    ),
    function(
        &["JSON_QUERY"],
        "JSON_QUERY(s, path [{WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL]} [ARRAY] WRAPPER] [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON EMPTY] [… ON ERROR]) → STRING",
        Also("where nothing is found, unless a clause says otherwise"),
        "SqlJsonUtils.jsonQuery",
        |call| {
            check_path(call)?;
            if call.args.get(1).is_some_and(|path| path.text().is_none()) {
                return Err("the path of JSON_QUERY must be a text literal".to_owned());
            }
            let clause = |i: usize| call.args.get(i).and_then(|arg| arg.text()).unwrap_or("NULL");
            let behaviour = |i: usize| match clause(i) {
                "EMPTY ARRAY" => ErrorOr::Give(Some("[]")),
                "EMPTY OBJECT" => ErrorOr::Give(Some("{}")),
                "ERROR" => ErrorOr::Error,
                _ => ErrorOr::Give(None),
            };
            call.nullable_text("SSSSS", 5, json::query(clause(2), behaviour(3), behaviour(4)))
        },
    ),
    function(
        &["JSON_OBJECT"],
        "JSON_OBJECT([[KEY] k VALUE v, …] [{NULL | ABSENT} ON NULL]) → STRING",
        Rule("never; a NULL value is null or left out"),
        "JsonObjectCallGen",
        |call| {
            let (absent, kinds) = clauses(call)?;
            let members = &call.args[2..];
            if members.iter().step_by(2).any(|key| !key.logical_type.is_character()) {
                return Err("the keys of JSON_OBJECT must be texts".to_owned());
            }
            if members.iter().step_by(2).any(|key| key.nullable) {
                return Err("a key of JSON_OBJECT may be NULL, which is not allowed; use COALESCE".to_owned());
            }
            let types: Vec<LogicalType> =
                members.iter().skip(1).step_by(2).map(|value| value.logical_type.clone()).collect();
            built(call, json::object(&types, kinds, absent)?)
        },
    ),
    function(
        &["JSON_ARRAY"],
        "JSON_ARRAY([v, …] [{NULL | ABSENT} ON NULL]) → STRING",
        Rule("never; a NULL value is left out or null"),
        "JsonArrayCallGen",
        |call| {
            let (absent, kinds) = clauses(call)?;
            let types: Vec<LogicalType> =
                call.args[2..].iter().map(|value| value.logical_type.clone()).collect();
            built(call, json::array(&types, kinds, absent)?)
        },
    ),
];

/// Whether NULLs are left out, and which values are JSON already.
fn clauses<'a>(call: &'a Request<'_>) -> Result<(bool, &'a str), String> {
    match call.args {
        [nulls, kinds, ..] => Ok((nulls.text() == Some("ABSENT"), kinds.text().unwrap_or_default())),
        _ => Err(call.wrong("the form of the documentation")),
    }
}

fn built(call: &Request<'_>, eval: impl Into<crate::body::Body>) -> Result<Resolved, String> {
    let casts = vec![None; call.args.len()];
    Ok(Resolved {
        casts,
        result: LogicalType::STRING,
        nullable: false,
        volatile: false,
        total: false,
        body: eval.into(),
    })
}

fn check_path(call: &Request<'_>) -> Result<(), String> {
    call.args.get(1).and_then(|path| path.text()).map_or(Ok(()), json::check_path)
}

/// Arguments: input, path, a NULL of the result type, behaviour and default on empty, the same on error.
fn value(call: &Request<'_>) -> Result<Resolved, String> {
    call.count(7, 7)?;
    check_path(call)?;
    let input = Request { name: call.name, args: &call.args[..2], session: call.session };
    let mut casts = input.accept("SS", 2)?;
    let result = match &call.args[2].logical_type {
        LogicalType::Null => LogicalType::STRING,
        given @ (LogicalType::Boolean | LogicalType::Int | LogicalType::Double) => given.clone(),
        given if given.is_character() => given.clone(),
        other => {
            return Err(format!(
                "JSON_VALUE has no RETURNING {other}; there are STRING, BOOLEAN, INT and DOUBLE, CAST does the rest"
            ));
        }
    };
    let behaviour = |i: usize| match call.args[i].text() {
        Some("ERROR") => ErrorOr::Error,
        Some("DEFAULT") => ErrorOr::Give(Some(i + 1)),
        _ => ErrorOr::Give(None),
    };
    let eval = json::value(&result, behaviour(3), behaviour(5));
    casts.extend([None, None, Some(result.clone()), None, Some(result.clone())]);
    Ok(Resolved { casts, result, nullable: true, volatile: false, total: false, body: eval })
}
