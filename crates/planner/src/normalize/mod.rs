//! Rewrites of the logical algebra that keep what a query means, a file each, in a fixed order.
//!
//! Filters come first: what a join is (interval or regular), and whether ROW_NUMBER is a rank, is seen only with the
//! conditions in place. Subqueries, set operations, DISTINCT and grouping sets are joins, aggregates and Expand already when
//! they are bound (`bind/`).

mod merge_projections;
mod null_rejection;
mod push_filters;
mod rank;
mod unused_over;
mod versions;

use crate::logical::Rel;

pub use merge_projections::may_merge;
pub use rank::has_no_end;

/// The relation that the passes behind work on.
pub fn normalize(rel: &Rel) -> Rel {
    let rel = push_filters::apply(rel);
    let rel = rank::apply(&rel);
    let rel = versions::apply(&rel);
    let rel = merge_projections::apply(&rel);
    unused_over::apply(&rel)
}
