//! What `validate` and `lint` say of a job: what planning says of it and what the rules find, in one of three forms.

use clap::ValueEnum;
use streamsql_lint::{Finding, Reported, json, sarif};
use streamsql_sql::diagnostic::{Diagnostic, Diagnostics};

use super::{Global, JobArgs};
use crate::job_file::PlannedJob;

/// Exit code where something is wrong, or denied.
pub const REFUSED: u8 = 3;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// With the line and a caret.
    #[default]
    Text,
    /// One object a line.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
}

/// What was found in a job.
pub struct Findings {
    /// The job, where it can be planned.
    pub job: Option<PlannedJob>,
    /// What planning says.
    pub said: Diagnostics,
    /// What the rules find.
    pub found: Vec<Finding>,
}

impl Findings {
    /// Plans the job and asks the rules.
    pub fn of(args: &JobArgs, global: &Global) -> Self {
        match PlannedJob::plan(args, global) {
            Ok((job, said)) => {
                let found = job.lint();
                Self { job: Some(job), said, found }
            }
            Err(said) => Self { job: None, said, found: Vec::new() },
        }
    }

    /// As people read it; what is denied is an error.
    pub fn render(&self, deny: bool, color: bool) -> String {
        let said = self.said.0.iter().cloned();
        let mut all: Vec<Diagnostic> = said.chain(self.found.iter().map(Finding::diagnostic)).collect();
        all.iter_mut().for_each(|diagnostic| diagnostic.warning &= !deny);
        Diagnostics(all).render(color)
    }

    /// As programs read it; nothing for `Text`.
    pub fn report(&self, format: ReportFormat, deny: bool) -> String {
        let said = self.said.0.iter().map(Reported::from);
        let mut all: Vec<Reported> = said.chain(self.found.iter().map(Reported::from)).collect();
        all.iter_mut().for_each(|reported| reported.is_error |= deny);
        match format {
            ReportFormat::Text => String::new(),
            ReportFormat::Json => json(&all),
            ReportFormat::Sarif => sarif(&all),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.said.0.is_empty() && self.found.is_empty()
    }

    /// 3 for a job that cannot be planned, and where anything is found that is denied.
    pub fn exit_code(&self, deny: bool) -> u8 {
        if self.job.is_none() || (deny && !self.is_empty()) { REFUSED } else { 0 }
    }
}
