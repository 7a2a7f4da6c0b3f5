//! `validate`: everything that can be known to be wrong without contacting anything.

use clap::Args;
use streamsql_lint::Finding;
use streamsql_sql::diagnostic::Diagnostics;

use super::{Failure, Global, JobArgs};
use crate::job_file::{PlannedJob, show_warnings};

#[derive(Debug, Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// End with 3 where `lint` finds anything
    #[arg(short = 'D', long)]
    pub deny_warnings: bool,
}

pub fn validate(args: &ValidateArgs, global: &Global) -> Result<u8, Failure> {
    let job = PlannedJob::load(&args.job, global)?;
    let findings = job.lint();
    show_warnings(&Diagnostics(findings.iter().map(Finding::diagnostic).collect()), global);
    if !global.quiet {
        eprintln!("{}: valid, {} operators", job.name, job.dataflow.nodes.len());
    }
    Ok(if args.deny_warnings && !findings.is_empty() { 3 } else { 0 })
}
