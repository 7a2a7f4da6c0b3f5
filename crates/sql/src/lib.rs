//! SQL: from a user's files to a [`streamsql_plan::Dataflow`].
//!
//! template ([`template`]) → statements ([`parse`]) → catalog ([`catalog`]) → DataFusion's logical plan ([`context`]) →
//! typed relations by Flink's rules ([`rel`], [`typer`], [`join`]) → pruned ([`prune`]) → dataflow ([`emit`]) →
//! rewritten ([`rules`]).

pub mod aggregates;
mod alter;
mod arithmetic;
pub mod broken;
pub mod catalog;
mod comparison;
mod conditional;
pub mod config;
pub mod context;
mod databases;
mod ddl;
pub mod diagnostic;
pub mod dialect;
pub mod emit;
mod evaluable;
mod explain;
pub mod expression_place;
pub mod forms;
pub mod function;
pub mod hints;
pub mod job;
pub mod join;
mod like;
mod lines;
pub mod literal;
pub mod load;
pub mod metadata;
pub mod options;
pub mod parse;
mod plain_select;
pub mod planner;
mod probe;
pub mod prune;
mod ranking;
pub mod rel;
pub mod reword;
pub mod rewrite;
pub mod rules;
pub mod scalar;
mod scan;
pub mod settings;
pub mod shape;
mod show;
mod sink;
pub mod stack;
pub mod statement;
pub mod table_columns;
pub mod template;
pub mod typer;
pub mod unnest;
mod view_plan;
pub mod words;

pub use planner::{PlannedJob, PlannedScript, ScriptResult, plan_job, plan_script};
