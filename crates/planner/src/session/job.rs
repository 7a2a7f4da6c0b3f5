//! A whole job: definitions from all files in an order that works, then all INSERTs as one dataflow.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{ObjectName, Query, Visit, Visitor};
use streamsql_plan::Dataflow;
use streamsql_sql::broken::Broken;
use streamsql_sql::catalog::Catalog;
use streamsql_sql::diagnostic::{Diagnostic, Diagnostics};
use streamsql_sql::hints::TableHints;
use streamsql_sql::load::LoadedJob;
use streamsql_sql::settings::Settings;
use streamsql_sql::stack::on_large_stack;
use streamsql_sql::statement::{CreateTable, Insert, Located, ObjectKind, Statement};

use crate::bind::names::context::name_parts;
use crate::query::Planning;
use crate::session::Session;
use crate::session::errors::narrowed;
use crate::stage::Stage;

/// A definition that reads something that is not there yet, and where names are resolved for it.
struct Deferred<'a> {
    located: &'a Located,
    catalog: String,
    database: String,
}

/// A planned job: all its INSERTs in one dataflow.
#[derive(Debug)]
pub struct PlannedJob {
    pub dataflow: Dataflow,
    pub catalog: Catalog,
    pub settings: Settings,
    pub warnings: Diagnostics,
    /// What a pass made of each INSERT, in order, where that was asked for.
    pub stages: Vec<String>,
}

/// Plans a job. All definitions count before any INSERT, in the order of the files; views come after what they read.
///
/// # Errors
/// All that is wrong with its statements.
pub fn plan_job(job: &LoadedJob) -> Result<PlannedJob, Diagnostics> {
    plan_job_to(job, None)
}

/// Plans a job, and keeps what a pass makes of it.
///
/// # Errors
/// All that is wrong with its statements.
pub fn plan_job_to(job: &LoadedJob, stage: Option<Stage>) -> Result<PlannedJob, Diagnostics> {
    on_large_stack(|| plan(job, stage))?
}

fn plan(job: &LoadedJob, stage: Option<Stage>) -> Result<PlannedJob, Diagnostics> {
    let mut session = Session::default();
    let mut diagnostics = job.diagnostics.clone();
    let mut broken = job.broken.clone();
    session.warn(job.config.warnings.clone());
    for (key, value) in &job.config.settings {
        if let Some(what) = Settings::former(key) {
            session.warn(vec![Diagnostic::warning(format!("streamsql.yaml, settings: {what}"))]);
        }
        if let Err((message, hint)) = session.settings.set(key, &value.0) {
            let diagnostic = Diagnostic::error(format!("streamsql.yaml, settings: {message}"));
            diagnostics.push(match hint {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            });
        }
    }
    let mut deferred: Vec<Deferred<'_>> = Vec::new();
    let mut inserts: Vec<(Insert, &Located, String, String)> = Vec::new();
    for located in &job.statements {
        session.warn(located.warnings.clone());
        let (catalog, database) = session.catalog.current();
        let (catalog, database) = (catalog.to_owned(), database.to_owned());
        if is_lost(&session, &mut broken, &located.statement) {
            continue;
        }
        if reads(&located.statement).iter().any(|name| session.catalog.object(name).is_none()) {
            deferred.push(Deferred { located, catalog, database });
            continue;
        }
        match &located.statement {
            Statement::Insert(insert) => inserts.push((insert.as_ref().clone(), located, catalog, database)),
            Statement::StatementSet(set) => inserts.extend(
                set.iter().map(|insert| (insert.clone(), located, catalog.clone(), database.clone())),
            ),
            Statement::Query(_) => diagnostics.push(
                Diagnostic::error("a SELECT has nowhere to go in a job")
                    .at(located.place.clone())
                    .hint("write INSERT INTO … SELECT, or run the file with `streamsql query`"),
            ),
            Statement::Explain { .. }
            | Statement::Show(_)
            | Statement::ShowSettings
            | Statement::Describe(_) => {
                let title = located.statement.title();
                session.warn(vec![
                    Diagnostic::warning(format!("{title} prints nothing in a job"))
                        .at(located.place.clone())
                        .hint("run the file with `streamsql query`"),
                ]);
            }
            other => {
                if let Err(diagnostic) = session.apply(other, located) {
                    diagnostics.push(diagnostic);
                    defined(other).into_iter().for_each(|name| broken.object(name));
                    continue;
                }
                if let Statement::CreateTable(create) = other
                    && let Some(query) = &create.query
                {
                    inserts.push((insert_of(create, query, located), located, catalog, database));
                }
            }
        }
    }
    let current = session.catalog.current();
    let current = (current.0.to_owned(), current.1.to_owned());
    define_deferred(&mut session, deferred, &mut broken, &mut inserts, &mut diagnostics);
    if inserts.is_empty() && !diagnostics.has_errors() {
        diagnostics.push(Diagnostic::error("the job has no INSERT INTO").hint("add one under process/"));
    }
    // An INSERT was set aside until all is defined; its names are resolved where it stands.
    let mut planned = Vec::new();
    for (insert, located, catalog, database) in &inserts {
        session.catalog.use_database(catalog, database);
        if is_lost_insert(&session, &broken, insert) {
            continue;
        }
        match (Planning { session: &session, stage }).insert(insert, located) {
            Ok(sink) => planned.push(sink),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    session.catalog.use_database(&current.0, &current.1);
    let dataflow = Planning { session: &session, stage }.emit(&planned, &mut diagnostics);
    if diagnostics.has_errors() {
        let found = std::mem::take(&mut diagnostics.0);
        diagnostics.0.extend(found.into_iter().map(|diagnostic| narrowed(diagnostic, &job.statements)));
        diagnostics.sort_by_files(&job.files);
        return Err(diagnostics);
    }
    let warnings = session.take_warnings();
    let stages = planned.into_iter().filter_map(|root| root.stage).collect();
    Ok(PlannedJob { dataflow, catalog: session.catalog, settings: session.settings, warnings, stages })
}

/// Defines what was put off, again and again while that helps.
fn define_deferred<'a>(
    session: &mut Session,
    mut deferred: Vec<Deferred<'a>>,
    broken: &mut Broken,
    inserts: &mut Vec<(Insert, &'a Located, String, String)>,
    diagnostics: &mut Diagnostics,
) {
    loop {
        let before = deferred.len();
        let mut waiting = Vec::new();
        for item in deferred {
            session.catalog.use_database(&item.catalog, &item.database);
            if is_lost(session, broken, &item.located.statement) {
                continue;
            }
            if reads(&item.located.statement).iter().any(|name| session.catalog.object(name).is_none()) {
                waiting.push(item);
                continue;
            }
            if let Err(diagnostic) = session.apply(&item.located.statement, item.located) {
                diagnostics.push(diagnostic);
                defined(&item.located.statement).into_iter().for_each(|name| broken.object(name));
                continue;
            }
            if let Statement::CreateTable(create) = &item.located.statement
                && let Some(query) = &create.query
            {
                let insert = insert_of(create, query, item.located);
                inserts.push((insert, item.located, item.catalog, item.database));
            }
        }
        deferred = waiting;
        if deferred.is_empty() {
            return;
        }
        if deferred.len() == before {
            break;
        }
    }
    let names: BTreeSet<String> =
        deferred.iter().filter_map(|item| defined(&item.located.statement)).collect();
    for item in deferred {
        session.catalog.use_database(&item.catalog, &item.database);
        let missing: Vec<Vec<String>> = reads(&item.located.statement)
            .into_iter()
            .filter(|name| session.catalog.object(name).is_none())
            .collect();
        let in_cycle = missing.iter().all(|name| name.last().is_some_and(|last| names.contains(last)));
        if in_cycle {
            let own = defined(&item.located.statement).unwrap_or_default();
            let reads: Vec<String> = missing.iter().map(|name| name.join(".")).collect();
            diagnostics.push(
                Diagnostic::error(format!("'{own}' reads itself through '{}'", reads.join("', '")))
                    .at(item.located.place.clone())
                    .hint("views cannot read each other in a circle"),
            );
        } else if let Err(diagnostic) = session.apply(&item.located.statement, item.located) {
            diagnostics.push(diagnostic);
        }
    }
}

/// Whether a statement needs what cannot be read; then what it defines is missing for the same reason.
pub(super) fn is_lost(session: &Session, broken: &mut Broken, statement: &Statement) -> bool {
    if broken.is_empty() {
        return false;
    }
    let calls = match statement {
        Statement::CreateView(create) => broken.is_called_in(&create.query),
        Statement::CreateTable(create) => {
            create.query.as_ref().is_some_and(|query| broken.is_called_in(query))
        }
        Statement::Query(query) => broken.is_called_in(query),
        Statement::Insert(insert) => return is_lost_insert(session, broken, insert),
        Statement::StatementSet(inserts) => {
            return inserts.iter().any(|insert| is_lost_insert(session, broken, insert));
        }
        Statement::Explain { inner, .. } => return is_lost(session, broken, &inner.statement),
        _ => false,
    };
    let mut needed = reads(statement);
    match statement {
        Statement::Query(query) => needed.extend(tables_of(query)),
        Statement::Describe(name) => needed.push(name.clone()),
        Statement::AlterTable(alter) => needed.push(alter.name.clone()),
        Statement::AlterView { name, .. } => needed.push(name.clone()),
        Statement::Drop(drop) if matches!(drop.kind, ObjectKind::Table | ObjectKind::View) => {
            needed.push(drop.name.clone());
        }
        _ => {}
    }
    let lost = calls || needed.iter().any(|name| is_missing(session, broken, name));
    if let (true, Some(name)) = (lost, defined(statement)) {
        broken.object(name);
    }
    lost
}

fn is_lost_insert(session: &Session, broken: &Broken, insert: &Insert) -> bool {
    !broken.is_empty()
        && (broken.is_called_in(&insert.query)
            || is_missing(session, broken, &insert.target)
            || tables_of(&insert.query).iter().any(|name| is_missing(session, broken, name)))
}

/// Whether a table or view is not there because its definition cannot be read.
fn is_missing(session: &Session, broken: &Broken, name: &[String]) -> bool {
    session.catalog.object(name).is_none() && broken.explains(name)
}

/// The INSERT that CREATE TABLE … AS SELECT stands for.
pub fn insert_of(create: &CreateTable, query: &Query, located: &Located) -> Insert {
    Insert {
        target: create.name.clone(),
        hints: TableHints::default(),
        partition: Vec::new(),
        columns: Vec::new(),
        query: Box::new(query.clone()),
        place: located.place.clone(),
    }
}

/// The last part of the name that a definition registers.
pub(super) fn defined(statement: &Statement) -> Option<String> {
    match statement {
        Statement::CreateTable(create) => create.name.last().cloned(),
        Statement::CreateView(create) => create.name.last().cloned(),
        _ => None,
    }
}

/// Names of the tables and views that a definition needs.
fn reads(statement: &Statement) -> Vec<Vec<String>> {
    match statement {
        Statement::CreateView(create) => tables_of(&create.query),
        Statement::CreateTable(create) => {
            let mut names: Vec<Vec<String>> = create.like.iter().map(|like| like.source.clone()).collect();
            if let Some(query) = &create.query {
                names.extend(tables_of(query));
            }
            names
        }
        _ => Vec::new(),
    }
}

/// Tables and views that a query reads; names of WITH are not among them.
pub(crate) fn tables_of(query: &Query) -> Vec<Vec<String>> {
    #[derive(Default)]
    struct Tables {
        names: Vec<Vec<String>>,
        ctes: BTreeSet<String>,
    }
    impl Visitor for Tables {
        type Break = ();

        fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
            let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
            self.ctes.extend(ctes.map(|cte| cte.alias.name.value.clone()));
            ControlFlow::Continue(())
        }

        fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
            self.names.push(TableHints::split(name_parts(name)).0);
            ControlFlow::Continue(())
        }
    }
    let mut tables = Tables::default();
    let _ = query.visit(&mut tables);
    let Tables { names, ctes } = tables;
    names
        .into_iter()
        .filter(|name| name.len() > 1 || !name.first().is_some_and(|n| ctes.contains(n)))
        .collect()
}
