//! The statement EXPLAIN.

use streamsql_plan::explain::{Details, statement};

use crate::diagnostic::Diagnostic;
use crate::planner::Session;
use crate::statement::{Located, Statement};

impl Session {
    /// The plan of a SELECT, INSERT or statement set with the details asked for.
    pub(crate) fn explain(&self, details: &[String], inner: &Located) -> Result<String, Diagnostic> {
        let mut shown = Details::default();
        for detail in details {
            match detail.as_str() {
                "CHANGELOG_MODE" => shown.changelog_mode = true,
                "JSON_EXECUTION_PLAN" => shown.json_execution_plan = true,
                "ESTIMATED_COST" => {
                    return Err(without(detail, "plans are made by rules, without estimates of rows", inner));
                }
                other => return Err(without(other, "there are no advisors for plans here", inner)),
            }
        }
        let dataflow = match &inner.statement {
            Statement::Query(query) => self.plan_select(query, 0, inner)?,
            Statement::Insert(insert) => self.plan_inserts(&[insert.as_ref()], inner)?,
            Statement::StatementSet(set) => self.plan_inserts(&set.iter().collect::<Vec<_>>(), inner)?,
            other => {
                return Err(Diagnostic::error(format!(
                    "EXPLAIN takes a SELECT, INSERT or STATEMENT SET, not {}",
                    other.title()
                ))
                .at(inner.place.clone()));
            }
        };
        Ok(statement(&dataflow, shown))
    }
}

fn without(detail: &str, because: &str, inner: &Located) -> Diagnostic {
    Diagnostic::error(format!("EXPLAIN {detail} is not supported: {because}"))
        .at(inner.place.clone())
        .hint("EXPLAIN, EXPLAIN CHANGELOG_MODE and EXPLAIN JSON_EXECUTION_PLAN are")
}
