//! Rewrites of the logical algebra that keep what a query means, a file each, in a fixed order.
//!
//! Filters come first: what a join is (interval or regular), and whether ROW_NUMBER is a rank, is seen only with the
//! conditions in place. Subqueries, set operations, DISTINCT and grouping sets are joins, aggregates and Expand already when
//! they are bound (`bind/`).

mod merge_projections;
mod null_rejection;
mod push_filters;
mod rank;
mod unique_groups;
mod unused_over;
mod versions;

use std::collections::HashMap;
use std::sync::Arc;

use crate::logical::{Rel, Relation};

pub use merge_projections::may_merge;
pub use rank::has_no_end;

/// The relation with its ranks: whether ROW_NUMBER is one is seen only with the conditions in place. Its columns stay.
pub fn ranks(rel: &Rel) -> Rel {
    rank::apply(&push_filters::apply(rel))
}

/// The relation that the passes behind work on.
pub fn normalize(rel: &Rel) -> Rel {
    let rel = ranks(rel);
    let rel = versions::apply(&rel);
    let rel = unique_groups::apply(&rel);
    let rel = merge_projections::apply(&rel);
    unused_over::apply(&rel)
}

/// A rewrite of single relations, from the inputs up: each is asked with its inputs rewritten. What several read is
/// rewritten once, and stays shared.
fn bottom_up(rel: &Rel, rewrite: impl Fn(&Rel) -> Option<Rel>) -> Rel {
    fn of(
        rel: &Rel,
        rewrite: &impl Fn(&Rel) -> Option<Rel>,
        done: &mut HashMap<*const Relation, Rel>,
    ) -> Rel {
        if let Some(done) = done.get(&Arc::as_ptr(rel)) {
            return Arc::clone(done);
        }
        let inputs: Vec<Rel> = rel.inputs.iter().map(|input| of(input, rewrite, done)).collect();
        let same = rel.inputs.iter().zip(&inputs).all(|(old, new)| Arc::ptr_eq(old, new));
        let new = if same { Arc::clone(rel) } else { rel.over(inputs) };
        let new = rewrite(&new).unwrap_or(new);
        done.insert(Arc::as_ptr(rel), Arc::clone(&new));
        new
    }
    of(rel, &rewrite, &mut HashMap::new())
}
