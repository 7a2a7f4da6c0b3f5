//! The operators of the model, one a file: how a random one is made over random inputs, as SQL and as an evaluation.
//!
//! An operator that comes later is a file here and a line in `ALL`.

mod calc;
mod deduplicate;
mod interval_join;
mod lookup_join;
mod union;
mod unnest;

use super::generate::Generator;
use super::relation::Relation;

/// Makes a relation of at most this depth, or none where the inputs that came up do not fit.
type Generate = fn(&mut Generator, usize) -> Option<Box<dyn Relation>>;

/// An operator: Flink's name of it, how often it is chosen, how it is made.
pub struct Kind {
    pub name: &'static str,
    pub weight: u32,
    pub generate: Generate,
}

/// All operators.
pub const ALL: &[Kind] = &[
    Kind { name: "Calc", weight: 6, generate: calc::generate },
    Kind { name: "Correlate", weight: 2, generate: unnest::generate },
    Kind { name: "Union", weight: 2, generate: union::generate },
    Kind { name: "Deduplicate", weight: 4, generate: deduplicate::generate },
    Kind { name: "IntervalJoin", weight: 4, generate: interval_join::generate },
    Kind { name: "LookupJoin", weight: 3, generate: lookup_join::generate },
];
