//! `explain`: the plan, as the job would run it.

use std::io::Write;

use clap::Args;
use streamsql_core::Error;
use streamsql_plan::explain::{Format, explain as render};

use super::{Failure, Global, JobArgs};
use crate::job_file::PlannedJob;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// text, tree, json, dot or mermaid
    #[arg(long, default_value = "text", value_parser = |text: &str| text.parse::<Format>())]
    pub format: Format,
}

pub fn explain(args: &ExplainArgs, global: &Global) -> Result<u8, Failure> {
    let job = PlannedJob::load(&args.job, global)?;
    std::io::stdout()
        .write_all(render(&job.dataflow, args.format).as_bytes())
        .map_err(|e| Error::failed(format!("cannot write the plan: {e}")))?;
    Ok(0)
}
