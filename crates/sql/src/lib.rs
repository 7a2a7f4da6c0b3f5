//! SQL as text: from a user's files to statements over a catalog. Reads, never plans.
//!
//! template ([`template`]) → tokens and statements ([`parse`], [`statement`]) with places into the user's files
//! ([`diagnostic`]). [`catalog`], [`settings`], [`options`], [`connectors`] and [`formats`] are what statements are about; `streamsql_planner` works
//! them off and plans queries.

pub mod broken;
pub mod catalog;
pub mod config;
pub mod connectors;
mod construct;
pub mod diagnostic;
pub mod dialect;
pub mod formats;
pub mod function;
pub mod hints;
pub mod limits;
mod lines;
pub mod literal;
pub mod load;
pub mod metadata;
mod old_options;
pub mod options;
pub mod parse;
pub mod settings;
pub mod stack;
pub mod statement;
pub mod table_columns;
pub mod template;
pub mod words;
