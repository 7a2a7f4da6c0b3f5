//! What a job may do and its author most likely does not want: rules that know streams, over a planned job.
//!
//! A rule is a function from [`Subject`] to findings, in the file of what it looks at; [`RULES`] lists them. A finding has
//! a place, says what happens and how to cure it, and is silenced by a comment `-- streamsql: allow(L001)`: behind the
//! line that it points to, on a line of its own before it, or at the head of the file for all of it ([`allow`]).

mod allow;
mod report;
mod rules;

use streamsql_plan::{Dataflow, Location};
use streamsql_sql::catalog::Catalog;
use streamsql_sql::diagnostic::{Diagnostic, Place};
use streamsql_sql::settings::Settings;

pub use report::{Reported, json, sarif};
pub use rules::RULES;

/// A planned job, as the rules see it.
pub struct Subject<'a> {
    pub dataflow: &'a Dataflow,
    pub catalog: &'a Catalog,
    pub settings: &'a Settings,
}

/// A rule: its code, its name, what it says, and how it looks.
pub struct Rule {
    /// `L001`.
    pub code: &'static str,
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    pub(crate) find: fn(&Subject<'_>, &mut Vec<Found>),
}

/// What a rule has found, before it is known which rule it is.
pub(crate) struct Found {
    message: String,
    hint: String,
    place: Option<Place>,
}

/// What is most likely wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub name: &'static str,
    pub message: String,
    pub hint: String,
    pub place: Option<Place>,
}

impl Finding {
    /// As a warning of validate.
    pub fn diagnostic(&self) -> Diagnostic {
        let warning = Diagnostic::warning(format!("{} [{} {}]", self.message, self.code, self.name));
        let warning = warning.hint(self.hint.clone());
        match &self.place {
            Some(place) => warning.at(place.clone()),
            None => warning,
        }
    }
}

/// All findings, in the order of files and lines, without those that a comment allows. `read` gives the text of a file.
pub fn lint(subject: &Subject<'_>, read: &dyn Fn(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let mut found = Vec::new();
        (rule.find)(subject, &mut found);
        for Found { message, hint, place } in found {
            let finding = Finding { code: rule.code, name: rule.name, message, hint, place };
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let mut allowed = allow::Allowed::new(read);
    findings.retain(|finding| {
        !finding.place.as_ref().is_some_and(|place| allowed.allows(finding.code, &place.file, place.line))
    });
    findings.sort_by_key(|f| f.place.as_ref().map(|p| (p.file.clone(), p.line, p.column)));
    findings
}

impl Found {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), place: None }
    }

    pub(crate) fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// At a node's place in the files.
    pub(crate) fn of(mut self, location: Option<&Location>) -> Self {
        self.place = location.map(|at| Place {
            file: at.file.clone(),
            line: at.line,
            column: at.column,
            source: None,
            skipped: 0,
        });
        self
    }
}
