//! Flink's operators, casts and scalar functions over Arrow arrays, with Flink 1.18's types and results.
//!
//! Typing and evaluation are apart: [`typing`] says what type an operator has or why Flink refuses it, [`resolve`]
//! finds a function by name and argument types in the table of [`catalog`], and an [`Expression`] evaluates it.

pub mod arithmetic;
pub mod body;
pub mod call;
pub mod cast;
pub mod catalog;
pub mod charset;
pub mod collection;
pub mod compare;
pub mod conditional;
pub mod constant;
mod entries;
pub mod expression;
pub mod hash;
mod java_math;
pub mod json;
pub mod like;
pub mod math;
pub mod random;
pub mod regex;
pub mod regexp;
pub mod resolve;
pub mod strings;
pub mod temporal;
pub mod typing;
pub mod url;
mod wide_log;
mod zone;

pub use body::{Body, preparations};
pub use call::{Arg, Eval, Function};
pub use catalog::{aggregate_names, function_names, is_over_function};
pub use expression::Expression;
pub use resolve::{Argument, Resolved, resolve, resolve_aggregate, resolve_over};
pub use zone::Zone;

/// What functions need to know of the session.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// `table.local-time-zone`.
    pub time_zone: Zone,
    /// `table.exec.legacy-cast-behaviour`: CAST gives NULL for what it cannot cast, and no text or bytes are cut or
    /// padded.
    pub legacy_cast: bool,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { time_zone: Zone::UTC, legacy_cast: false }
    }
}
