//! The one table of Flink's built-in functions: one row a function, one file a family.
//!
//! Resolution, suggestions and `docs/functions.md` come from it. A function that does not run yet has a row as well, with
//! the reason, so that nothing is missing without being seen.

mod aggregate;
mod auxiliary;
mod collection;
mod comparison;
mod conditional;
mod conversion;
mod document;
mod hash;
mod json;
mod logical;
mod number;
mod text;
mod time;
mod window;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use streamsql_core::LogicalType;

use crate::resolve::{Request, Resolved};

pub use document::markdown;

/// One built-in function of Flink 1.18.
#[derive(Debug)]
pub struct Entry {
    /// Upper-case names that call it, the documented one first; for an operator, its symbol or words.
    pub names: &'static [&'static str],
    /// The forms of a call and their result types, as a user reads them.
    pub signature: &'static str,
    pub nulls: Nulls,
    /// Where Flink 1.18 defines or computes it: `Class` or `Class.method`.
    pub source: &'static str,
    pub kind: Kind,
}

/// When the result is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// When an argument is NULL.
    Propagate,
    /// When an argument is NULL, and in the cases given.
    Also(&'static str),
    /// Never.
    Never,
    /// The rule in words.
    Rule(&'static str),
}

/// Finds types and evaluation for the arguments of a call.
pub type Resolve = fn(&Request<'_>) -> Result<Resolved, String>;

/// Finds the types of an aggregate.
pub type ResolveAggregate = fn(&Request<'_>) -> Result<AggregateType, String>;

/// How a function comes to run.
#[derive(Debug)]
pub enum Kind {
    /// Called by name.
    Call(Resolve),
    /// An operator or a form of its own, which the typer of crate `sql` builds.
    Form,
    /// Typed here; run by the streaming aggregation.
    Aggregate(ResolveAggregate),
    /// A function that stands only before OVER; typed here.
    Over(ResolveAggregate),
    /// Not there yet, or not in streams: the reason and what to use instead.
    Refused(&'static str),
}

/// What an aggregate function takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateType {
    /// Type that each argument must be cast to first; `None` leaves it.
    pub casts: Vec<Option<LogicalType>>,
    pub result: LogicalType,
    pub nullable: bool,
}

/// A family of functions under its heading of Flink's documentation.
#[derive(Debug)]
pub struct Family {
    pub title: &'static str,
    pub entries: &'static [Entry],
}

/// A function called by name.
const fn function(
    names: &'static [&'static str],
    signature: &'static str,
    nulls: Nulls,
    source: &'static str,
    resolve: Resolve,
) -> Entry {
    Entry { names, signature, nulls, source, kind: Kind::Call(resolve) }
}

/// An operator or a form of its own.
const fn form(
    names: &'static [&'static str],
    signature: &'static str,
    nulls: Nulls,
    source: &'static str,
) -> Entry {
    Entry { names, signature, nulls, source, kind: Kind::Form }
}

/// An aggregate function.
const fn aggregate(
    names: &'static [&'static str],
    signature: &'static str,
    nulls: Nulls,
    source: &'static str,
    resolve: ResolveAggregate,
) -> Entry {
    Entry { names, signature, nulls, source, kind: Kind::Aggregate(resolve) }
}

/// A function that stands only before OVER.
const fn over(
    names: &'static [&'static str],
    signature: &'static str,
    nulls: Nulls,
    source: &'static str,
    resolve: ResolveAggregate,
) -> Entry {
    Entry { names, signature, nulls, source, kind: Kind::Over(resolve) }
}

/// A function that is refused, with the reason.
const fn refused(
    names: &'static [&'static str],
    signature: &'static str,
    nulls: Nulls,
    source: &'static str,
    reason: &'static str,
) -> Entry {
    Entry { names, signature, nulls, source, kind: Kind::Refused(reason) }
}

/// All families, in the order of Flink's documentation.
pub static FAMILIES: &[Family] = &[
    Family { title: "Comparison", entries: comparison::ENTRIES },
    Family { title: "Logical", entries: logical::ENTRIES },
    Family { title: "Arithmetic", entries: number::ENTRIES },
    Family { title: "String", entries: text::ENTRIES },
    Family { title: "Temporal", entries: time::ENTRIES },
    Family { title: "Conditional", entries: conditional::ENTRIES },
    Family { title: "Type conversion", entries: conversion::ENTRIES },
    Family { title: "Collection and value construction", entries: collection::ENTRIES },
    Family { title: "JSON", entries: json::ENTRIES },
    Family { title: "Hash", entries: hash::ENTRIES },
    Family { title: "Auxiliary", entries: auxiliary::ENTRIES },
    Family { title: "Aggregate", entries: aggregate::ENTRIES },
    Family { title: "Window and pattern", entries: window::ENTRIES },
];

static BY_NAME: LazyLock<BTreeMap<&'static str, &'static Entry>> = LazyLock::new(|| {
    let mut by_name = BTreeMap::new();
    for entry in FAMILIES.iter().flat_map(|family| family.entries) {
        for name in entry.names {
            by_name.entry(*name).or_insert(entry);
        }
    }
    by_name
});

/// The function of an upper-case name.
pub fn find(name: &str) -> Option<&'static Entry> {
    BY_NAME.get(name).copied()
}

/// Names of scalar functions that are called like functions, refused ones too; sorted.
pub fn function_names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let scalar = |entry: &Entry| !matches!(entry.kind, Kind::Aggregate(_) | Kind::Over(_));
        let scalar = |entry: &Entry| scalar(entry) && !entry.names.iter().any(|name| is_over_function(name));
        let named = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        BY_NAME.iter().filter(|(name, entry)| scalar(entry) && named(name)).map(|(name, _)| *name).collect()
    });
    &NAMES
}

/// Names of aggregate functions; sorted.
pub fn aggregate_names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let aggregates = |entry: &Entry| matches!(entry.kind, Kind::Aggregate(_));
        BY_NAME.iter().filter(|(_, entry)| aggregates(entry)).map(|(name, _)| *name).collect()
    });
    &NAMES
}

/// Functions that stand only before OVER, those that are refused in streams too.
const OVER_FUNCTIONS: &[&str] =
    &["CUME_DIST", "DENSE_RANK", "LAG", "LEAD", "NTILE", "PERCENT_RANK", "RANK", "ROW_NUMBER"];

/// Whether a function, given in upper case, stands only before OVER.
pub fn is_over_function(name: &str) -> bool {
    OVER_FUNCTIONS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_in_two_rows_of_the_same_kind() {
        let mut seen = BTreeMap::new();
        for family in FAMILIES {
            for entry in family.entries {
                assert!(!entry.names.is_empty() && !entry.signature.is_empty() && !entry.source.is_empty());
                for name in entry.names {
                    assert_eq!(*name, name.to_ascii_uppercase());
                    if let Some(other) = seen.insert(*name, family.title) {
                        panic!("{name} stands under {other} and under {}", family.title);
                    }
                }
            }
        }
    }
}
