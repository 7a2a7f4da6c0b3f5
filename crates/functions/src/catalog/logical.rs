//! Three-valued logic; the typer of crate `sql` builds it.

use super::Nulls::{Never, Propagate, Rule};
use super::{Entry, form};

pub const ENTRIES: &[Entry] = &[
    form(
        &["OR"],
        "a OR b → BOOLEAN",
        Rule("TRUE if one is TRUE, else NULL if one is NULL"),
        "ScalarOperatorGens.generateOr",
    ),
    form(
        &["AND"],
        "a AND b → BOOLEAN",
        Rule("FALSE if one is FALSE, else NULL if one is NULL"),
        "ScalarOperatorGens.generateAnd",
    ),
    form(&["NOT"], "NOT a → BOOLEAN", Propagate, "ScalarOperatorGens.generateNot"),
    form(&["IS TRUE"], "a IS TRUE → BOOLEAN", Never, "ScalarOperatorGens.generateIsTrue"),
    form(&["IS NOT TRUE"], "a IS NOT TRUE → BOOLEAN", Never, "ScalarOperatorGens.generateIsNotTrue"),
    form(&["IS FALSE"], "a IS FALSE → BOOLEAN", Never, "ScalarOperatorGens.generateIsFalse"),
    form(&["IS NOT FALSE"], "a IS NOT FALSE → BOOLEAN", Never, "ScalarOperatorGens.generateIsNotFalse"),
    form(&["IS UNKNOWN"], "a IS UNKNOWN → BOOLEAN", Never, "FlinkSqlOperatorTable.IS_UNKNOWN"),
    form(&["IS NOT UNKNOWN"], "a IS NOT UNKNOWN → BOOLEAN", Never, "FlinkSqlOperatorTable.IS_NOT_UNKNOWN"),
];
