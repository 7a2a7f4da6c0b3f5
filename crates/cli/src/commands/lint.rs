//! `lint`: what a job may do and its author most likely does not want.

use clap::Args;
use streamsql_lint::{Finding, RULES};
use streamsql_sql::diagnostic::Diagnostics;

use super::findings::{Findings, ReportFormat, write_out};
use super::{Failure, Global, JobArgs};
use crate::job_file::show_warnings;

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
        write_out(&rules.collect::<String>())?;
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
        ReportFormat::Text => shown(&findings.found, args.deny_warnings, global),
        format => findings.report(format, args.deny_warnings),
    };
    write_out(&text)?;
    Ok(findings.exit_code(args.deny_warnings))
}

fn shown(findings: &[Finding], deny: bool, global: &Global) -> String {
    if findings.is_empty() {
        return "nothing found\n".to_owned();
    }
    let mut all: Vec<_> = findings.iter().map(Finding::diagnostic).collect();
    all.iter_mut().for_each(|diagnostic| diagnostic.warning &= !deny);
    format!("{}{} found\n", Diagnostics(all).render(global.colored()), findings.len())
}
