//! JSON functions.

use super::Nulls::{Also, Never, Propagate, Rule};
use super::{Entry, refused};

const LATER: &str = "not written yet";

pub const ENTRIES: &[Entry] = &[
    refused(
        &["IS JSON", "IS JSON VALUE", "IS JSON SCALAR", "IS JSON ARRAY", "IS JSON OBJECT", "IS_JSON"],
        "s IS JSON [VALUE | SCALAR | ARRAY | OBJECT] → BOOLEAN",
        Never,
        "SqlJsonUtils.isJsonValue",
        LATER,
    ),
    refused(
        &[
            "IS NOT JSON",
            "IS NOT JSON VALUE",
            "IS NOT JSON SCALAR",
            "IS NOT JSON ARRAY",
            "IS NOT JSON OBJECT",
        ],
        "s IS NOT JSON [VALUE | SCALAR | ARRAY | OBJECT] → BOOLEAN",
        Never,
        "SqlJsonUtils.isJsonValue",
        LATER,
    ),
    refused(
        &["JSON_EXISTS"],
        "JSON_EXISTS(s, path [{TRUE | FALSE | UNKNOWN | ERROR} ON ERROR]) → BOOLEAN",
        Propagate,
        "SqlJsonUtils.jsonExists",
        LATER,
    ),
    refused(&["JSON_STRING"], "JSON_STRING(a) → STRING", Propagate, "JsonStringCallGen", LATER),
    refused(
        &["JSON_VALUE"],
        "JSON_VALUE(s, path [RETURNING type] [{NULL | ERROR | DEFAULT a} ON EMPTY] [… ON ERROR]) → STRING | type",
        Also("where nothing is found, unless told otherwise"),
        "SqlJsonUtils.jsonValue",
        LATER,
    ),
    refused(
        &["JSON_QUERY"],
        "JSON_QUERY(s, path [{WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL]} [ARRAY] WRAPPER] [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON EMPTY] [… ON ERROR]) → STRING",
        Also("where nothing is found, unless told otherwise"),
        "SqlJsonUtils.jsonQuery",
        LATER,
    ),
    refused(
        &["JSON_OBJECT"],
        "JSON_OBJECT([[KEY] k VALUE v, …] [{NULL | ABSENT} ON NULL]) → STRING",
        Rule("never; NULL values are null or left out"),
        "JsonObjectCallGen",
        LATER,
    ),
    refused(
        &["JSON_ARRAY"],
        "JSON_ARRAY([v, …] [{NULL | ABSENT} ON NULL]) → STRING",
        Rule("never; NULL values are null or left out"),
        "JsonArrayCallGen",
        LATER,
    ),
];
