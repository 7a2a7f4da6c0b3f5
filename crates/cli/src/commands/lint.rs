//! `lint`: what a job may do and its author most likely does not want.

use clap::Args;
use streamsql_lint::RULES;

use super::findings::{Findings, ReportFormat};
use super::{Failure, Global, JobArgs};
use crate::job_file::show_warnings;
use crate::output::show;

#[derive(Debug, Args)]
pub struct LintArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// Form of the findings
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Findings are errors: exit 3
    #[arg(short = 'D', long)]
    pub deny_warnings: bool,
    /// Print the rules, and read no job
    #[arg(long)]
    pub rules: bool,
}

pub fn lint(args: &LintArgs, global: &Global) -> Result<u8, Failure> {
    if args.rules {
        let rules = RULES.iter().map(|rule| format!("{}  {:<28} {}\n", rule.code, rule.name, rule.about));
        show(&rules.collect::<String>())?;
        return Ok(0);
    }
    let mut findings = Findings::of(&args.job, global);
    if findings.job.is_none() && args.format == ReportFormat::Text {
        return Err(Failure::Diagnostics(findings.said, global.colored()));
    }
    if findings.job.is_some() {
        // Rules alone are asked for; what planning says stands beside.
        show_warnings(&std::mem::take(&mut findings.said), global);
    }
    let text = match args.format {
        ReportFormat::Text => shown(&findings, args.deny_warnings, global),
        format => findings.report(format, args.deny_warnings),
    };
    show(&text)?;
    Ok(findings.exit_code(args.deny_warnings))
}

/// The findings with their number.
fn shown(findings: &Findings, deny: bool, global: &Global) -> String {
    match findings.found.len() {
        0 => "nothing found\n".to_owned(),
        number => format!("{}{number} found\n", findings.render(deny, global.colored())),
    }
}
