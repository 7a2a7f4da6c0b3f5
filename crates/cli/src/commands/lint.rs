//! `lint`: what a job may do and its author most likely does not want.

use std::io::Write;

use clap::{Args, ValueEnum};
use streamsql_core::Error;
use streamsql_lint::{Finding, RULES, json, sarif};
use streamsql_sql::diagnostic::Diagnostics;

use super::{Failure, Global, JobArgs};
use crate::job_file::PlannedJob;

#[derive(Debug, Args)]
pub struct LintArgs {
    #[command(flatten)]
    pub job: JobArgs,
    /// Form of the findings
    #[arg(long, value_enum, default_value_t)]
    pub format: LintFormat,
    /// End with 3 where anything is found
    #[arg(short = 'D', long)]
    pub deny_warnings: bool,
    /// Print the rules, and read no job
    #[arg(long)]
    pub rules: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// With the line and a caret.
    #[default]
    Text,
    /// One object a line.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
}

pub fn lint(args: &LintArgs, global: &Global) -> Result<u8, Failure> {
    if args.rules {
        let rules = RULES.iter().map(|rule| format!("{}  {:<28} {}\n", rule.code, rule.name, rule.about));
        write_out(&rules.collect::<String>())?;
        return Ok(0);
    }
    let findings = PlannedJob::load(&args.job, global)?.lint();
    let text = match args.format {
        LintFormat::Text => shown(&findings, global),
        LintFormat::Json => json(&findings),
        LintFormat::Sarif => sarif(&findings),
    };
    write_out(&text)?;
    Ok(if args.deny_warnings && !findings.is_empty() { 3 } else { 0 })
}

fn shown(findings: &[Finding], global: &Global) -> String {
    if findings.is_empty() {
        return "nothing found\n".to_owned();
    }
    let warnings = Diagnostics(findings.iter().map(Finding::diagnostic).collect());
    format!("{}{} found\n", warnings.render(global.colored()), findings.len())
}

fn write_out(text: &str) -> Result<(), Error> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|e| Error::failed(format!("cannot write the findings: {e}")))
}
