//! SQL: from a user's files to a [`streamsql_plan::Dataflow`].
//!
//! template ([`template`]) → statements ([`parse`]) → catalog ([`catalog`]) → DataFusion's logical plan, typed by Flink's
//! rules ([`bind`]) → dataflow ([`lower`]).

pub mod config;
pub mod diagnostic;
pub mod dialect;
pub mod load;
pub mod parse;
pub mod statement;
pub mod template;
