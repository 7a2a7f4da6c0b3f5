//! `validate`: everything that can be known to be wrong without contacting anything.

use clap::Args;

use super::findings::{Findings, ReportFormat};
use super::{Failure, Global, JobArgs};
use crate::output::show;

#[derive(Debug, Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// Form of what is found; text goes to stderr, the others to stdout
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Warnings, also those of `lint`, are errors: exit 3
    #[arg(short = 'D', long)]
    pub deny_warnings: bool,
}

pub fn validate(args: &ValidateArgs, global: &Global) -> Result<u8, Failure> {
    let findings = Findings::of(&args.job, global);
    let code = findings.exit_code(args.deny_warnings);
    if args.format != ReportFormat::Text {
        show(&findings.report(args.format, args.deny_warnings))?;
        return Ok(code);
    }
    let Some(job) = &findings.job else { return Err(Failure::Diagnostics(findings.said, global.colored())) };
    if !global.quiet || code != 0 {
        eprint!("{}", findings.render(args.deny_warnings, global.colored()));
    }
    if !global.quiet && code == 0 {
        eprintln!("{}: valid, {} operators", job.name, job.dataflow.nodes.len());
    }
    Ok(code)
}
