//! The operators of the model, one a file: how a random one is made over random inputs, as SQL and as an evaluation.
//!
//! An operator that comes later is a file here and a line in `ALL`.

mod calc;
mod deduplicate;
mod group_aggregate;
mod group_window;
mod interval_join;
mod join;
mod lookup_join;
mod match_recognize;
mod over_aggregate;
mod rank;
mod set_operation;
mod subquery;
mod temporal_join;
mod union;
mod unnest;
mod window_aggregate;
mod window_join;
mod window_rank;
mod windows;

use super::generate::Generator;
use super::relation::Relation;

/// Makes a relation of at most this depth, or none where the inputs that came up do not fit.
type Generate = fn(&mut Generator, usize) -> Option<Box<dyn Relation>>;

/// An operator: Flink's name of the node that does most of it, how often it is chosen, how it is made.
pub struct Kind {
    pub name: &'static str,
    pub weight: u32,
    /// How often it is chosen where a database answers, too.
    pub relational: u32,
    pub generate: Generate,
}

/// All operators.
pub const ALL: &[Kind] = &[
    Kind { name: "Calc", weight: 6, relational: 4, generate: calc::generate },
    Kind { name: "Correlate", weight: 2, relational: 1, generate: unnest::generate },
    Kind { name: "Union", weight: 2, relational: 2, generate: union::generate },
    Kind { name: "Deduplicate", weight: 4, relational: 1, generate: deduplicate::generate },
    Kind { name: "IntervalJoin", weight: 5, relational: 0, generate: interval_join::generate },
    Kind { name: "TemporalJoin", weight: 9, relational: 0, generate: temporal_join::generate },
    Kind { name: "Rank", weight: 4, relational: 0, generate: rank::generate },
    Kind { name: "LookupJoin", weight: 3, relational: 0, generate: lookup_join::generate },
    Kind { name: "GroupAggregate", weight: 4, relational: 5, generate: group_aggregate::generate },
    Kind { name: "Join", weight: 3, relational: 6, generate: join::generate },
    Kind { name: "Join", weight: 2, relational: 4, generate: subquery::generate },
    Kind { name: "GroupAggregate", weight: 1, relational: 3, generate: set_operation::generate },
    Kind { name: "OverAggregate", weight: 3, relational: 0, generate: over_aggregate::generate },
    Kind { name: "Match", weight: 7, relational: 0, generate: match_recognize::generate },
    Kind { name: "WindowTableFunction", weight: 2, relational: 0, generate: windows::generate },
    Kind { name: "WindowAggregate", weight: 4, relational: 0, generate: window_aggregate::generate },
    Kind { name: "GroupWindowAggregate", weight: 4, relational: 0, generate: group_window::generate },
    Kind { name: "WindowJoin", weight: 4, relational: 0, generate: window_join::generate },
    Kind { name: "WindowRank", weight: 4, relational: 0, generate: window_rank::generate },
    Kind { name: "WindowDeduplicate", weight: 3, relational: 0, generate: window_rank::generate },
];
