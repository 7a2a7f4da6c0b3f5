//! Arrays, maps, multisets and rows: constructors, access and functions.

use super::Nulls::{Also, Never, Propagate};
use super::{Entry, refused};

const LATER: &str = "not written yet";

pub const ENTRIES: &[Entry] = &[
    refused(&["ROW"], "ROW(a, …) → ROW<…>\n(a, b, …) → ROW<…>", Never, "FlinkSqlOperatorTable.ROW", LATER),
    refused(
        &["ARRAY"],
        "ARRAY[a, …] → ARRAY<T>",
        Never,
        "FlinkSqlOperatorTable.ARRAY_VALUE_CONSTRUCTOR",
        LATER,
    ),
    refused(
        &["MAP"],
        "MAP[k, v, …] → MAP<K, V>",
        Never,
        "FlinkSqlOperatorTable.MAP_VALUE_CONSTRUCTOR",
        LATER,
    ),
    refused(
        &["MULTISET"],
        "MULTISET[a, …] → MULTISET<T>",
        Never,
        "FlinkSqlOperatorTable.MULTISET_VALUE",
        LATER,
    ),
    refused(
        &["ITEM"],
        "array[i] → T\nmap[k] → V",
        Also("where there is no such element"),
        "ScalarOperatorGens.generateArrayElementAt",
        LATER,
    ),
    refused(&["DOT"], "row.field → type of the field", Propagate, "ScalarOperatorGens.generateDot", LATER),
    refused(
        &["CARDINALITY"],
        "CARDINALITY(array | map) → INT",
        Propagate,
        "ScalarOperatorGens.generateArrayCardinality",
        LATER,
    ),
    refused(
        &["ELEMENT"],
        "ELEMENT(array) → T",
        Also("for an empty array"),
        "ScalarOperatorGens.generateArrayElement",
        LATER,
    ),
    refused(
        &["ARRAY_CONTAINS"],
        "ARRAY_CONTAINS(array, a) → BOOLEAN",
        Propagate,
        "ArrayContainsFunction",
        LATER,
    ),
    refused(
        &["ARRAY_DISTINCT"],
        "ARRAY_DISTINCT(array) → ARRAY<T>",
        Propagate,
        "ArrayDistinctFunction",
        LATER,
    ),
    refused(&["ARRAY_POSITION"], "ARRAY_POSITION(array, a) → INT", Propagate, "ArrayPositionFunction", LATER),
    refused(&["ARRAY_REMOVE"], "ARRAY_REMOVE(array, a) → ARRAY<T>", Propagate, "ArrayRemoveFunction", LATER),
    refused(&["ARRAY_REVERSE"], "ARRAY_REVERSE(array) → ARRAY<T>", Propagate, "ArrayReverseFunction", LATER),
    refused(
        &["ARRAY_SLICE"],
        "ARRAY_SLICE(array, from [, to]) → ARRAY<T>",
        Propagate,
        "ArraySliceFunction",
        LATER,
    ),
    refused(&["ARRAY_UNION"], "ARRAY_UNION(array, array) → ARRAY<T>", Propagate, "ArrayUnionFunction", LATER),
    refused(&["ARRAY_CONCAT"], "ARRAY_CONCAT(array, …) → ARRAY<T>", Propagate, "ArrayConcatFunction", LATER),
    refused(&["ARRAY_MAX"], "ARRAY_MAX(array) → T", Propagate, "ArrayMaxFunction", LATER),
    refused(
        &["ARRAY_JOIN"],
        "ARRAY_JOIN(array, delimiter [, for_null]) → STRING",
        Propagate,
        "ArrayJoinFunction",
        LATER,
    ),
    refused(&["MAP_KEYS"], "MAP_KEYS(map) → ARRAY<K>", Propagate, "MapKeysFunction", LATER),
    refused(&["MAP_VALUES"], "MAP_VALUES(map) → ARRAY<V>", Propagate, "MapValuesFunction", LATER),
    refused(
        &["MAP_ENTRIES"],
        "MAP_ENTRIES(map) → ARRAY<ROW<key, value>>",
        Propagate,
        "MapEntriesFunction",
        LATER,
    ),
    refused(
        &["MAP_FROM_ARRAYS"],
        "MAP_FROM_ARRAYS(keys, values) → MAP<K, V>",
        Propagate,
        "MapFromArraysFunction",
        LATER,
    ),
    refused(&["UNNEST"], "UNNEST(array | map | multiset) → rows", Never, "UnnestRowsFunction", LATER),
];
