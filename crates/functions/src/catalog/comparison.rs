//! Comparison operators; the typer of crate `sql` builds them from `compare`, `typing` and `strings`.

use super::Nulls::{Never, Propagate, Rule};
use super::{Entry, form};

pub const ENTRIES: &[Entry] = &[
    form(&["="], "a = b → BOOLEAN", Propagate, "ScalarOperatorGens.generateEquals"),
    form(&["<>"], "a <> b → BOOLEAN", Propagate, "ScalarOperatorGens.generateNotEquals"),
    form(&[">"], "a > b → BOOLEAN", Propagate, "ScalarOperatorGens.generateComparison"),
    form(&[">="], "a >= b → BOOLEAN", Propagate, "ScalarOperatorGens.generateComparison"),
    form(&["<"], "a < b → BOOLEAN", Propagate, "ScalarOperatorGens.generateComparison"),
    form(&["<="], "a <= b → BOOLEAN", Propagate, "ScalarOperatorGens.generateComparison"),
    form(&["IS NULL"], "a IS NULL → BOOLEAN", Never, "ScalarOperatorGens.generateIsNull"),
    form(&["IS NOT NULL"], "a IS NOT NULL → BOOLEAN", Never, "ScalarOperatorGens.generateIsNotNull"),
    form(
        &["IS DISTINCT FROM"],
        "a IS DISTINCT FROM b → BOOLEAN",
        Never,
        "FlinkSqlOperatorTable.IS_DISTINCT_FROM",
    ),
    form(
        &["IS NOT DISTINCT FROM"],
        "a IS NOT DISTINCT FROM b → BOOLEAN",
        Never,
        "ScalarOperatorGens.generateIsNotDistinctFrom",
    ),
    form(
        &["BETWEEN", "BETWEEN ASYMMETRIC", "BETWEEN SYMMETRIC"],
        "a BETWEEN [ASYMMETRIC | SYMMETRIC] low AND high → BOOLEAN",
        Rule("as a >= low AND a <= high"),
        "FlinkSqlOperatorTable.BETWEEN",
    ),
    form(
        &["NOT BETWEEN", "NOT BETWEEN ASYMMETRIC", "NOT BETWEEN SYMMETRIC"],
        "a NOT BETWEEN [ASYMMETRIC | SYMMETRIC] low AND high → BOOLEAN",
        Rule("as NOT (a >= low AND a <= high)"),
        "FlinkSqlOperatorTable.NOT_BETWEEN",
    ),
    form(&["LIKE"], "s LIKE pattern [ESCAPE c] → BOOLEAN", Propagate, "LikeCallGen, FlinkLike"),
    form(&["NOT LIKE"], "s NOT LIKE pattern [ESCAPE c] → BOOLEAN", Propagate, "LikeCallGen, FlinkLike"),
    form(&["IN"], "a IN (b, …) → BOOLEAN", Rule("as a = b OR …"), "ScalarOperatorGens.generateIn"),
    form(
        &["NOT IN"],
        "a NOT IN (b, …) → BOOLEAN",
        Rule("as NOT (a = b OR …)"),
        "ScalarOperatorGens.generateIn",
    ),
    form(&["SIMILAR TO"], "s SIMILAR TO pattern [ESCAPE c] → BOOLEAN", Propagate, "SqlLikeUtils.similar"),
    form(
        &["NOT SIMILAR TO"],
        "s NOT SIMILAR TO pattern [ESCAPE c] → BOOLEAN",
        Propagate,
        "SqlLikeUtils.similar",
    ),
    form(&["EXISTS"], "EXISTS (subquery) → BOOLEAN", Never, "FlinkSqlOperatorTable.EXISTS"),
    form(
        &["IN SUBQUERY"],
        "a [NOT] IN (subquery) → BOOLEAN",
        Rule("as a = b OR … over the rows"),
        "FlinkSqlOperatorTable.IN",
    ),
];
