//! Arrays, maps, multisets and rows: constructors, access and functions.

use streamsql_core::types::ElementType;
use streamsql_core::{Column, LogicalType};

use super::Nulls::{Also, Never, Propagate, Rule};
use super::{Entry, form, function, refused};
use crate::body::Body;
use crate::collection::{self, MapPart};
use crate::resolve::{Request, Resolved};
use crate::typing::{common_type, sink_cast};

type Found = Result<Resolved, String>;

pub const ENTRIES: &[Entry] = &[
    form(&["ROW"], "ROW(a, …) → ROW<…>\n(a, b, …) → ROW<…>", Never, "FlinkSqlOperatorTable.ROW"),
    form(&["ARRAY"], "ARRAY[a, …] → ARRAY<T>", Never, "FlinkSqlOperatorTable.ARRAY_VALUE_CONSTRUCTOR"),
    form(&["MAP"], "MAP[k, v, …] → MAP<K, V>", Never, "FlinkSqlOperatorTable.MAP_VALUE_CONSTRUCTOR"),
    refused(
        &["MULTISET"],
        "MULTISET[a, …] → MULTISET<T>",
        Never,
        "FlinkSqlOperatorTable.MULTISET_VALUE",
        "Flink does not run it either; COLLECT makes a multiset",
    ),
    form(
        &["ITEM"],
        "array[i] → T\nmap[k] → V\nrow['field'] → type of the field",
        Also("where there is no such element"),
        "ScalarOperatorGens.generateArrayElementAt",
    ),
    form(&["DOT"], "row.field → type of the field", Propagate, "ScalarOperatorGens.generateDot"),
    function(
        &["CARDINALITY"],
        "CARDINALITY(array | map) → INT",
        Propagate,
        "ScalarOperatorGens.generateArrayCardinality",
        |call| match call.only()?.logical_type {
            LogicalType::Array(_) | LogicalType::Map(..) => {
                Ok(keep(call, LogicalType::Int, call.any_nullable(), collection::cardinality()))
            }
            _ => Err(call.wrong("an ARRAY or a MAP")),
        },
    ),
    function(
        &["ELEMENT"],
        "ELEMENT(array) → T",
        Also("for an empty array"),
        "ScalarOperatorGens.generateArrayElement",
        |call| {
            // NULL of an empty array, though the type of an array without NULLs says that it is not.
            let element = array(call, call.only().map(|_| 0)?)?;
            let nullable = element.nullable;
            Ok(keep(call, element.logical_type, nullable, collection::element()))
        },
    ),
    function(
        &["ARRAY_CONTAINS"],
        "ARRAY_CONTAINS(array, a) → BOOLEAN",
        Rule("when the array is"),
        "ArrayContainsFunction",
        |call| {
            let casts = needle(call)?;
            let nullable = call.args[0].nullable;
            Ok(Resolved { casts, ..keep(call, LogicalType::Boolean, nullable, collection::contains()) })
        },
    ),
    function(
        &["ARRAY_DISTINCT"],
        "ARRAY_DISTINCT(array) → ARRAY<T>",
        Propagate,
        "ArrayDistinctFunction",
        |call| same_array(call, 1, collection::distinct()),
    ),
    function(
        &["ARRAY_POSITION"],
        "ARRAY_POSITION(array, a) → INT",
        Propagate,
        "ArrayPositionFunction",
        |call| {
            let casts = needle(call)?;
            Ok(Resolved {
                casts,
                ..keep(call, LogicalType::Int, call.any_nullable(), collection::position())
            })
        },
    ),
    function(
        &["ARRAY_REMOVE"],
        "ARRAY_REMOVE(array, a) → ARRAY<T>",
        Rule("when the array is"),
        "ArrayRemoveFunction",
        |call| {
            let casts = needle(call)?;
            let result = call.args[0].logical_type.clone();
            Ok(Resolved { casts, ..keep(call, result, call.args[0].nullable, collection::remove()) })
        },
    ),
    function(
        &["ARRAY_REVERSE"],
        "ARRAY_REVERSE(array) → ARRAY<T>",
        Propagate,
        "ArrayReverseFunction",
        |call| same_array(call, 1, collection::reverse()),
    ),
    function(
        &["ARRAY_SLICE"],
        "ARRAY_SLICE(array, from [, to]) → ARRAY<T>",
        Propagate,
        "ArraySliceFunction",
        |call| {
            call.count(2, 3)?;
            array(call, 0)?;
            let bounds = &call.args[1..];
            let fits = |t: &LogicalType| t.is_integer() || *t == LogicalType::Null;
            if !bounds.iter().all(|bound| fits(&bound.logical_type)) {
                return Err(call.wrong("ARRAY_SLICE(ARRAY, INT [, INT])"));
            }
            let casts = std::iter::once(None).chain(bounds.iter().map(|_| Some(LogicalType::Int))).collect();
            let result = call.args[0].logical_type.clone();
            Ok(Resolved { casts, ..keep(call, result, call.any_nullable(), collection::slice()) })
        },
    ),
    function(
        &["ARRAY_UNION"],
        "ARRAY_UNION(array, array) → ARRAY<T>",
        Propagate,
        "ArrayUnionFunction",
        |call| {
            call.count(2, 2)?;
            joined(call, true)
        },
    ),
    function(
        &["ARRAY_CONCAT"],
        "ARRAY_CONCAT(array, …) → ARRAY<T>",
        Propagate,
        "ArrayConcatFunction",
        |call| {
            call.count(1, usize::MAX)?;
            joined(call, false)
        },
    ),
    function(
        &["ARRAY_MAX"],
        "ARRAY_MAX(array) → T",
        Also("when it has no element that is not NULL"),
        "ArrayMaxFunction",
        |call| {
            let element = array(call, call.only().map(|_| 0)?)?.logical_type;
            let ordered = element.is_numeric()
                || element.is_character()
                || element.is_timestamp()
                || matches!(element, LogicalType::Date | LogicalType::Time(_));
            if !ordered {
                return Err(call.wrong("an ARRAY of a type with an order"));
            }
            Ok(keep(call, element, true, collection::max()))
        },
    ),
    function(
        &["ARRAY_JOIN"],
        "ARRAY_JOIN(array, delimiter [, for_null]) → STRING",
        Propagate,
        "ArrayJoinFunction",
        |call| {
            call.count(2, 3)?;
            let texts = array(call, 0)?.logical_type.is_character()
                && call.args[1..]
                    .iter()
                    .all(|a| a.logical_type.is_character() || a.logical_type == LogicalType::Null);
            if !texts {
                return Err(call.wrong("ARRAY_JOIN(ARRAY<STRING>, STRING [, STRING])"));
            }
            let casts = std::iter::once(None)
                .chain(call.args[1..].iter().map(|_| Some(LogicalType::STRING)))
                .collect();
            Ok(Resolved { casts, ..keep(call, LogicalType::STRING, call.any_nullable(), collection::join()) })
        },
    ),
    function(&["MAP_KEYS"], "MAP_KEYS(map) → ARRAY<K>", Propagate, "MapKeysFunction", |call| {
        let (key, _) = map(call)?;
        Ok(of_map(call, MapPart::Keys, key))
    }),
    function(&["MAP_VALUES"], "MAP_VALUES(map) → ARRAY<V>", Propagate, "MapValuesFunction", |call| {
        let (_, value) = map(call)?;
        Ok(of_map(call, MapPart::Values, value))
    }),
    function(
        &["MAP_ENTRIES"],
        "MAP_ENTRIES(map) → ARRAY<ROW<key, value>>",
        Propagate,
        "MapEntriesFunction",
        |call| {
            let (key, value) = map(call)?;
            let entry = LogicalType::Row(vec![
                Column::new("key", key.logical_type, key.nullable),
                Column::new("value", value.logical_type, value.nullable),
            ]);
            Ok(of_map(call, MapPart::Entries, ElementType { logical_type: entry, nullable: true }))
        },
    ),
    function(
        &["MAP_FROM_ARRAYS"],
        "MAP_FROM_ARRAYS(keys, values) → MAP<K, V>",
        Propagate,
        "MapFromArraysFunction",
        |call| {
            call.count(2, 2)?;
            let result = LogicalType::Map(Box::new(array(call, 0)?), Box::new(array(call, 1)?));
            let eval = collection::map_from_arrays(&result);
            Ok(keep(call, result, call.any_nullable(), eval))
        },
    ),
    form(
        &["UNNEST"],
        "CROSS JOIN UNNEST(array | map | multiset) AS t(x, …)\nLEFT JOIN UNNEST(…) AS t(x, …) ON TRUE",
        Never,
        "UnnestRowsFunction",
    ),
];

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

/// The element type of an argument that must be an array.
fn array(call: &Request<'_>, argument: usize) -> Result<ElementType, String> {
    match &call.args[argument].logical_type {
        LogicalType::Array(element) => Ok(element.as_ref().clone()),
        _ => Err(call.wrong("an ARRAY")),
    }
}

fn map(call: &Request<'_>) -> Result<(ElementType, ElementType), String> {
    match &call.only()?.logical_type {
        LogicalType::Map(key, value) => Ok((key.as_ref().clone(), value.as_ref().clone())),
        _ => Err(call.wrong("a MAP")),
    }
}

fn of_map(call: &Request<'_>, part: MapPart, element: ElementType) -> Resolved {
    let result = LogicalType::Array(Box::new(element));
    let eval = collection::map_part(part, &result);
    keep(call, result, call.any_nullable(), eval)
}

fn same_array(call: &Request<'_>, arguments: usize, eval: impl Into<Body>) -> Found {
    call.count(arguments, arguments)?;
    array(call, 0)?;
    Ok(keep(call, call.args[0].logical_type.clone(), call.any_nullable(), eval))
}

/// An array and a value that becomes one of its elements by an implicit cast.
fn needle(call: &Request<'_>) -> Result<Vec<Option<LogicalType>>, String> {
    call.count(2, 2)?;
    let element = array(call, 0)?.logical_type;
    let given = &call.args[1].logical_type;
    if !sink_cast(given, &element) {
        return Err(call.wrong(&format!("{}(ARRAY<T>, T)", call.name)));
    }
    // A text is looked for as it is: a cast to CHAR(n) or VARCHAR(n) might cut it.
    let target = if element.is_character() { LogicalType::STRING } else { element };
    Ok(vec![None, Some(target)])
}

/// Arrays of a common element type.
fn joined(call: &Request<'_>, distinct: bool) -> Found {
    for i in 0..call.args.len() {
        array(call, i)?;
    }
    let common = common_type(&call.types())?;
    let eval = collection::concat(&common, distinct);
    let casts = vec![Some(common.clone()); call.args.len()];
    Ok(Resolved { casts, ..keep(call, common, call.any_nullable(), eval) })
}
