//! Names: what DataFusion's SQL planner asks us (tables, views, functions, types), and what is rewritten before it plans.

pub mod aggregates;
pub mod context;
pub mod match_recognize;
pub mod placeholders;
pub mod places;
pub mod plain_select;
pub mod probe;
pub mod relations;
pub mod rewrite;
pub mod unnest;
pub mod versioned;
pub mod window;
