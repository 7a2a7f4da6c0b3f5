//! Statements of a script, worked off one after the other.

use streamsql_plan::Dataflow;
use streamsql_plan::explain::{Details, statement};
use streamsql_sql::broken::Broken;
use streamsql_sql::catalog::Catalog;
use streamsql_sql::diagnostic::{Diagnostic, Diagnostics, MAX_SHOWN};
use streamsql_sql::parse::Parsed;
use streamsql_sql::stack::on_large_stack;
use streamsql_sql::statement::{Insert, Located, Statement};

use crate::query::{Planning, dataflow};
use crate::session::Session;
use crate::session::errors::narrowed;

/// What a script plans to.
#[derive(Debug, Default)]
pub struct PlannedScript {
    /// Dataflows and texts in the order of their statements.
    pub results: Vec<ScriptResult>,
    pub catalog: Catalog,
    pub warnings: Diagnostics,
}

impl PlannedScript {
    /// The dataflows, in order.
    pub fn dataflows(&self) -> impl Iterator<Item = &Dataflow> {
        self.results.iter().filter_map(|result| match result {
            ScriptResult::Run(dataflow) => Some(dataflow),
            ScriptResult::Print(_) => None,
        })
    }
}

/// What one statement of a script gives.
#[derive(Debug)]
pub enum ScriptResult {
    /// A SELECT, an INSERT or a statement set.
    Run(Dataflow),
    /// What EXPLAIN, SHOW, DESCRIBE and `SET;` print.
    Print(String),
}

/// Plans a script for `query`, statement after statement.
///
/// # Errors
/// All of the statements', but for those that only follow from others.
pub fn plan_script(statements: &[Located]) -> Result<PlannedScript, Diagnostics> {
    on_large_stack(|| plan_statements(statements, Diagnostics::default(), Broken::default()))?
}

/// As [`plan_script`], for a script that could be read in part.
///
/// # Errors
/// Those of the text and those of the statements that could be read.
pub fn plan_parsed(script: &Parsed) -> Result<PlannedScript, Diagnostics> {
    on_large_stack(|| plan_statements(&script.statements, script.diagnostics.clone(), script.broken.clone()))?
}

fn plan_statements(
    statements: &[Located],
    mut diagnostics: Diagnostics,
    mut broken: Broken,
) -> Result<PlannedScript, Diagnostics> {
    let mut session = Session::default();
    let mut results = Vec::new();
    let mut selects = 0;
    for located in statements {
        session.warn(located.warnings.clone());
        if super::job::is_lost(&session, &mut broken, &located.statement) {
            continue;
        }
        let run = |session: &Session, inserts: &[&Insert]| {
            inserts_of(session, inserts, located).map(ScriptResult::Run)
        };
        let result = match &located.statement {
            Statement::Query(query) => select_of(&session, query, selects, located).map(|dataflow| {
                selects += 1;
                Some(ScriptResult::Run(dataflow))
            }),
            Statement::Insert(insert) => run(&session, &[insert.as_ref()]).map(Some),
            Statement::StatementSet(set) => run(&session, &set.iter().collect::<Vec<_>>()).map(Some),
            Statement::CreateTable(create) => {
                session.apply(&located.statement, located).and_then(|()| match &create.query {
                    Some(query) => {
                        let insert = super::job::insert_of(create, query, located);
                        run(&session, &[&insert]).map(Some)
                    }
                    None => Ok(None),
                })
            }
            Statement::Explain { details, inner } => {
                explain(&session, details, inner).map(|text| Some(ScriptResult::Print(text)))
            }
            Statement::Show(show) => session.show(show, located).map(|text| Some(ScriptResult::Print(text))),
            Statement::Describe(name) => {
                session.describe(name, located).map(|text| Some(ScriptResult::Print(text)))
            }
            Statement::ShowSettings => Ok(Some(ScriptResult::Print(session.show_settings()))),
            other => session.apply(other, located).map(|()| None),
        };
        match result {
            Ok(result) => results.extend(result),
            Err(diagnostic) => {
                diagnostics.push(narrowed(diagnostic, statements));
                super::job::defined(&located.statement).into_iter().for_each(|name| broken.object(name));
                if diagnostics.0.len() > MAX_SHOWN {
                    break;
                }
            }
        }
    }
    if diagnostics.has_errors() {
        diagnostics.sort();
        return Err(diagnostics);
    }
    let warnings = session.take_warnings();
    Ok(PlannedScript { results, catalog: session.catalog, warnings })
}

fn select_of(
    session: &Session,
    query: &datafusion_sql::sqlparser::ast::Query,
    statement: usize,
    located: &Located,
) -> Result<Dataflow, Diagnostic> {
    let planning = Planning { session, stage: None };
    dataflow(&planning, &[planning.select(query, statement, located)?])
}

fn inserts_of(session: &Session, inserts: &[&Insert], located: &Located) -> Result<Dataflow, Diagnostic> {
    let planning = Planning { session, stage: None };
    let roots =
        inserts.iter().map(|insert| planning.insert(insert, located)).collect::<Result<Vec<_>, _>>()?;
    dataflow(&planning, &roots)
}

/// The plan of a SELECT, INSERT or statement set with the details asked for.
fn explain(session: &Session, details: &[String], inner: &Located) -> Result<String, Diagnostic> {
    let mut shown = Details::default();
    for detail in details {
        match detail.as_str() {
            "CHANGELOG_MODE" => shown.changelog_mode = true,
            "PLAN_ADVICE" => shown.plan_advice = true,
            "JSON_EXECUTION_PLAN" => shown.json_execution_plan = true,
            other => {
                return Err(Diagnostic::error(format!(
                    "EXPLAIN {other} is not supported: plans are made by rules, without estimates of rows"
                ))
                .at(inner.place.clone())
                .hint("CHANGELOG_MODE, PLAN_ADVICE and JSON_EXECUTION_PLAN are"));
            }
        }
    }
    let dataflow = match &inner.statement {
        Statement::Query(query) => select_of(session, query, 0, inner)?,
        Statement::Insert(insert) => inserts_of(session, &[insert.as_ref()], inner)?,
        Statement::StatementSet(set) => inserts_of(session, &set.iter().collect::<Vec<_>>(), inner)?,
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
