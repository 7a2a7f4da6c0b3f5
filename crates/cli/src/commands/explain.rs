//! `explain`: the plan, as the job would run it.

use std::io::Write;

use clap::Args;
use streamsql_core::Error;
use streamsql_plan::explain::{Format, explain as render};
use streamsql_planner::Stage;

use super::{Failure, Global, JobArgs};
use crate::job_file::PlannedJob;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// text, tree, json, dot or mermaid
    #[arg(long, default_value = "text", value_parser = |text: &str| text.parse::<Format>())]
    pub format: Format,
    /// What a pass of planning made of each INSERT: bound, normalized, physical or changelog
    #[arg(long, value_parser = |text: &str| text.parse::<Stage>())]
    pub stage: Option<Stage>,
}

pub fn explain(args: &ExplainArgs, global: &Global) -> Result<u8, Failure> {
    let text = match args.stage {
        Some(stage) => PlannedJob::stages(&args.job, stage, global)?.join("\n"),
        None => render(&PlannedJob::load(&args.job, global)?.dataflow, args.format),
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Error::failed(format!("cannot write the plan: {e}")))?;
    Ok(0)
}
