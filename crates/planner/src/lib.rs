//! From statements to a [`streamsql_plan::Dataflow`], in passes, each a folder, each printable:
//!
//! bind ([`bind`]: names and types; [`logical`] is the algebra) → normalize ([`normalize`]) → physical ([`physical`]: which
//! of Flink's operators, and why not another) → changelog ([`changelog`]) → prune ([`prune`]) → distribute
//! ([`distribute`]) → emit ([`emit`]). What is known of operators beside that is in [`properties`].

pub mod bind;
pub mod changelog;
pub mod distribute;
pub mod emit;
pub mod error;
pub mod logical;
pub mod normalize;
pub mod physical;
pub mod properties;
pub mod prune;
pub mod query;
pub mod session;
pub mod stage;

pub use error::PlanError;
pub use session::{PlannedJob, PlannedScript, ScriptResult, plan_job, plan_job_to, plan_parsed, plan_script};
pub use stage::Stage;
