//! Rewrites of a finished dataflow that keep its results and make it cheaper. Each is a file.

pub mod first_match;
