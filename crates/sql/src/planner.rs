//! Plans statements: registers tables and views, turns queries into one dataflow.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion_common::{DFSchema, DataFusionError};
use datafusion_expr::LogicalPlan;
use datafusion_sql::planner::{NullOrdering, ParserOptions, PlannerContext, SqlToRel};
use datafusion_sql::sqlparser::ast::{Expr as SqlExpr, Query, Statement as SqlStatement};
use streamsql_core::LogicalType;
use streamsql_plan::Dataflow;

use crate::catalog::{Catalog, Object, Table, TableColumn};
use crate::context::Context;
use crate::diagnostic::{Diagnostic, Diagnostics, MAX_SHOWN, Place};
use crate::emit::{Emitter, TableExpressions};
use crate::function;
use crate::load::LoadedJob;
use crate::options::{self, TableUse};
use crate::plain_select;
use crate::probe::{Probe, Written};
use crate::prune::prune_query;
use crate::rel::{Lowering, Rel, RelColumn};
use crate::reword::unknown_column;
pub(crate) use crate::reword::with_suggestion;
use crate::rewrite::rewrite;
use crate::scalar::Scalar;
use crate::settings::Settings;
use crate::shape::{Shape, unique_names, write_out_fields};
use crate::stack::on_large_stack;
use crate::statement::{Insert, Located, Statement};
use crate::typer::Typer;

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

/// A planned job: all its INSERTs in one dataflow.
#[derive(Debug)]
pub struct PlannedJob {
    pub dataflow: Dataflow,
    pub catalog: Catalog,
    pub settings: Settings,
    pub warnings: Diagnostics,
}

/// Plans a job. All definitions count before any INSERT, in the order of the files; views come after what they read.
pub fn plan_job(job: &LoadedJob) -> Result<PlannedJob, Diagnostics> {
    on_large_stack(|| crate::job::plan(job))?
}

/// Plans a script for `query`, statement after statement.
pub fn plan_script(statements: &[Located]) -> Result<PlannedScript, Diagnostics> {
    on_large_stack(|| plan_statements(statements))?
}

fn plan_statements(statements: &[Located]) -> Result<PlannedScript, Diagnostics> {
    let mut session = Session::default();
    let mut results = Vec::new();
    let mut diagnostics = Diagnostics::default();
    let mut selects = 0;
    for located in statements {
        session.warn(located.warnings.clone());
        let result = match &located.statement {
            Statement::Query(query) => session.plan_select(query, selects, located).map(|dataflow| {
                selects += 1;
                results.push(ScriptResult::Run(dataflow));
            }),
            Statement::Insert(insert) => session
                .plan_inserts(&[insert.as_ref()], located)
                .map(|dataflow| results.push(ScriptResult::Run(dataflow))),
            Statement::StatementSet(set) => {
                let inserts: Vec<&Insert> = set.iter().collect();
                session
                    .plan_inserts(&inserts, located)
                    .map(|dataflow| results.push(ScriptResult::Run(dataflow)))
            }
            Statement::CreateTable(create) => session.apply(&located.statement, located).and_then(|()| {
                if let Some(query) = &create.query {
                    let insert = crate::job::insert_of(create, query, located);
                    results.push(ScriptResult::Run(session.plan_inserts(&[&insert], located)?));
                }
                Ok(())
            }),
            Statement::Explain { details, inner } => {
                session.explain(details, inner).map(|text| results.push(ScriptResult::Print(text)))
            }
            Statement::Show(show) => {
                session.show(show, located).map(|text| results.push(ScriptResult::Print(text)))
            }
            Statement::Describe(name) => {
                session.describe(name, located).map(|text| results.push(ScriptResult::Print(text)))
            }
            Statement::ShowSettings => {
                results.push(ScriptResult::Print(session.show_settings()));
                Ok(())
            }
            other => session.apply(other, located),
        };
        if let Err(diagnostic) = result {
            diagnostics.push(diagnostic);
            if diagnostics.0.len() > MAX_SHOWN {
                break;
            }
        }
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let warnings = session.take_warnings();
    Ok(PlannedScript { results, catalog: session.catalog, warnings })
}

/// Catalog and settings while statements are worked off.
#[derive(Default)]
pub struct Session {
    pub catalog: Catalog,
    pub settings: Settings,
    warnings: RefCell<Vec<Diagnostic>>,
}

/// A query on its way into a table.
pub(crate) struct PlannedInsert<'a> {
    query: Rel,
    table: Arc<Table>,
    /// Target columns; empty for all.
    columns: Vec<String>,
    insert: &'a Insert,
    located: &'a Located,
}

impl Session {
    pub fn warn(&self, warnings: Vec<Diagnostic>) {
        let mut all = self.warnings.borrow_mut();
        for warning in warnings {
            if !all.contains(&warning) {
                all.push(warning);
            }
        }
    }

    pub fn take_warnings(&self) -> Diagnostics {
        Diagnostics(self.warnings.take())
    }

    /// Statements that change the session and give nothing to run.
    pub fn apply(&mut self, statement: &Statement, located: &Located) -> Result<(), Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        match statement {
            Statement::CreateTable(create) => self.create_table(create, located),
            Statement::CreateView(create) => self.create_view(create, located),
            Statement::CreateFunction(create) => self.create_function(create, located),
            Statement::CreateCatalog { name, options } => self.create_catalog(name, options, located),
            Statement::CreateDatabase { name, if_not_exists } => {
                self.create_database(name, *if_not_exists, located)
            }
            Statement::AlterTable(alter) => self.alter_table(alter, located),
            Statement::AlterView { name, change } => self.alter_view(name, change, located),
            Statement::AlterDatabase { name } => {
                let (catalog, database) = self.database_path(name, located)?;
                if self.catalog.databases(&catalog).contains(&database) {
                    return Ok(());
                }
                Err(at(format!("database '{database}' does not exist in catalog '{catalog}'")))
            }
            Statement::Drop(drop) => self.drop_object(drop, located),
            Statement::UseCatalog(name) => {
                if self.catalog.use_catalog(name) {
                    return Ok(());
                }
                Err(with_suggestion(
                    at(format!("catalog '{name}' does not exist")),
                    name,
                    self.catalog.catalogs(),
                ))
            }
            // `USE MODULES core`.
            Statement::UseDatabase(name) if name.is_empty() => Ok(()),
            Statement::UseDatabase(name) => {
                let (catalog, database) = self.database_path(name, located)?;
                if self.catalog.use_database(&catalog, &database) {
                    return Ok(());
                }
                let error = at(format!("database '{database}' does not exist in catalog '{catalog}'"));
                let known = self.catalog.databases(&catalog).iter().map(String::as_str);
                Err(with_suggestion(error, &database, known))
            }
            Statement::Set { key, value } => {
                self.settings.set(key, value).map_err(|(message, hint)| match hint {
                    Some(hint) => at(message).hint(hint),
                    None => at(message),
                })
            }
            Statement::Reset(key) => {
                self.settings.reset(key.as_deref());
                Ok(())
            }
            Statement::Insert(_)
            | Statement::StatementSet(_)
            | Statement::Query(_)
            | Statement::Explain { .. }
            | Statement::Show(_)
            | Statement::ShowSettings
            | Statement::Describe(_) => Ok(()),
        }
    }

    /// DataFusion's plan of a query: its shape is checked, its names are resolved.
    ///
    /// # Errors
    /// Clauses that are not supported, names that mean nothing.
    pub fn resolved(&self, query: &Query, located: &Located) -> Result<LogicalPlan, Diagnostic> {
        let mut query = query.clone();
        rewrite(&mut query);
        let probe = Probe { session: self, located };
        let mut shape = Shape::of_query(&located.file, &self.catalog, &probe, false);
        shape.query(&mut query)?;
        self.warn(std::mem::take(&mut shape.warnings));
        self.logical_plan(&mut query, located)
    }

    /// A query as a relation, not yet pruned.
    pub(crate) fn query(&self, query: &Query, located: &Located) -> Result<Rel, Diagnostic> {
        let mut query = query.clone();
        rewrite(&mut query);
        let probe = Probe { session: self, located };
        let mut shape = Shape::of_query(&located.file, &self.catalog, &probe, false);
        shape.query(&mut query)?;
        self.warn(std::mem::take(&mut shape.warnings));
        self.planned_query(&mut query, located)
    }

    /// DataFusion's plan of a query whose shape was checked: names are resolved. Fields that it names without their
    /// column are written out in it.
    pub(crate) fn logical_plan(
        &self,
        query: &mut Query,
        located: &Located,
    ) -> Result<LogicalPlan, Diagnostic> {
        let plan = self.plan_of(query);
        let plan = match plan {
            Err(error) if error.strip_backtrace().contains("No field named ") => {
                let probe = Written(Probe { session: self, located });
                match write_out_fields(query, &located.file, &probe) {
                    Ok(true) => self.plan_of(query),
                    Err(ambiguous) => return Err(ambiguous),
                    Ok(false) => Err(error),
                }
            }
            plan => plan,
        };
        plan.map_err(|error| self.reword(&error, located))
    }

    pub(crate) fn plan_of(&self, query: &Query) -> Result<LogicalPlan, DataFusionError> {
        let context = Context::new(&self.catalog, self.settings.dynamic_options());
        let planner = SqlToRel::new_with_options(&context, parser_options());
        plain_select::planned(query, |query| {
            planner.sql_statement_to_plan(SqlStatement::Query(Box::new(query)))
        })
    }

    /// A query whose shape was checked.
    pub(crate) fn planned_query(&self, query: &mut Query, located: &Located) -> Result<Rel, Diagnostic> {
        let plan = self.logical_plan(query, located)?;
        let session = self.settings.session();
        let mut rel = Lowering { session: &session, columns_only: false }
            .lower(&plan)
            .map_err(|message| self.expression_error(message, located.place.clone(), located))?;
        let names = unique_names(rel.columns.iter().map(|c| c.name.as_str()));
        for (column, name) in rel.columns.iter_mut().zip(names) {
            column.name = name;
        }
        Ok(rel)
    }

    /// Prunes a query and checks the settings and the options of the tables that it reads.
    fn pruned(&self, rel: &Rel, place: &Place) -> Result<Rel, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(place.clone());
        self.settings.check_mini_batch().map_err(at)?;
        let pruned = prune_query(rel).map_err(at)?;
        options::check_all(&pruned)?;
        Ok(pruned)
    }

    pub(crate) fn plan_select(
        &self,
        query: &Query,
        statement: usize,
        located: &Located,
    ) -> Result<Dataflow, Diagnostic> {
        let at = |message: String| self.expression_error(message, located.place.clone(), located);
        let rel = self.pruned(&self.query(query, located)?, &located.place)?;
        let mut emitter = Emitter::new(&self.settings, self, [&rel]);
        emitter.collect(&rel, statement, &located.place).map_err(at)?;
        Ok(emitter.finish())
    }

    pub(crate) fn plan_insert<'a>(
        &self,
        insert: &'a Insert,
        located: &'a Located,
    ) -> Result<PlannedInsert<'a>, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(insert.place.clone());
        let shown = insert.target.join(".");
        let Some(table) = self.catalog.table(&insert.target) else {
            let what = match self.catalog.object(&insert.target) {
                Some(Object::View(_)) => "is a view and cannot be written to",
                _ => "does not exist",
            };
            return Err(with_suggestion(at(format!("table '{shown}' {what}")), &shown, self.catalog.names()));
        };
        let table = table.with_hints(&insert.hints, self.settings.dynamic_options()).map_err(at)?;
        options::check(&table, TableUse::Sink)?;
        let query = self.query(&insert.query, located)?;
        let (query, columns) = self.partitioned(query, &table, insert)?;
        let query = self.pruned(&query, &insert.place)?;
        Ok(PlannedInsert { query, table, columns, insert, located })
    }

    /// Adds the constants of PARTITION to the query; gives the target columns, empty for all.
    fn partitioned(
        &self,
        query: Rel,
        table: &Table,
        insert: &Insert,
    ) -> Result<(Rel, Vec<String>), Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(insert.place.clone());
        let sink = table.sink_schema();
        let mut seen = BTreeSet::new();
        let named = insert.columns.iter().chain(insert.partition.iter().map(|(name, _)| name));
        for name in named {
            if sink.index_of(name).is_none() {
                let what = if table.columns.iter().any(|c| c.name == *name) {
                    "is computed or virtual and cannot be written"
                } else {
                    "does not exist"
                };
                let error = at(format!("column '{name}' of table '{}' {what}", table.name));
                return Err(with_suggestion(error, name, sink.columns.iter().map(|c| c.name.as_str())));
            }
            if !seen.insert(name) {
                return Err(at(format!("INSERT names column '{name}' twice")));
            }
        }
        if insert.partition.is_empty() {
            return Ok((query, insert.columns.clone()));
        }
        let mut columns = if insert.columns.is_empty() {
            let fixed = |name: &String| insert.partition.iter().any(|(n, _)| n == name);
            sink.names().into_iter().filter(|name| !fixed(name)).collect()
        } else {
            insert.columns.clone()
        };
        let mut project = query.references();
        let mut names = query.names();
        for (name, value) in &insert.partition {
            if !table.partition_keys.contains(name) {
                return Err(at(format!(
                    "PARTITION names '{name}', which is no partition column of '{}'",
                    table.name
                )));
            }
            let SqlExpr::Value(_) = value else {
                return Err(at(format!("the value of PARTITION column '{name}' must be a literal")));
            };
            let literal = self.typed(value, &[]).map_err(at)?;
            let target = sink.index_of(name).map(|i| sink.columns[i].logical_type.clone());
            let session = self.settings.session();
            let empty = DFSchema::empty();
            let typer = Typer { session: &session, names: &empty, columns: &[] };
            project.push(match target {
                Some(target) => typer.cast(literal, &target).map_err(at)?,
                None => literal,
            });
            names.push(name.clone());
            columns.push(name.clone());
        }
        Ok((Rel::calc(query, None, project, names), columns))
    }

    pub(crate) fn plan_inserts(
        &self,
        inserts: &[&Insert],
        located: &Located,
    ) -> Result<Dataflow, Diagnostic> {
        let planned =
            inserts.iter().map(|insert| self.plan_insert(insert, located)).collect::<Result<Vec<_>, _>>()?;
        let mut diagnostics = Diagnostics::default();
        let dataflow = self.emit_sinks(planned, &mut diagnostics);
        match diagnostics.0.into_iter().next() {
            Some(diagnostic) => Err(diagnostic),
            None => Ok(dataflow),
        }
    }

    pub(crate) fn emit_sinks(
        &self,
        planned: Vec<PlannedInsert<'_>>,
        diagnostics: &mut Diagnostics,
    ) -> Dataflow {
        let mut emitter = Emitter::new(&self.settings, self, planned.iter().map(|p| &p.query));
        for PlannedInsert { query, table, columns, insert, located } in planned {
            if let Err(message) = emitter.sink(query, &table, &columns, &insert.place) {
                diagnostics.push(self.expression_error(message, insert.place.clone(), located));
            }
        }
        emitter.finish()
    }

    /// Whether a value can be cast to a declared type.
    pub(crate) fn check_cast(&self, value: Scalar, to: &LogicalType) -> Result<(), String> {
        let session = self.settings.session();
        let names = DFSchema::empty();
        Typer { session: &session, names: &names, columns: &[] }.cast(value, to).map(|_| ())
    }
}

/// Whether a name is one of Flink's aggregate functions.
pub(crate) fn is_aggregate(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    streamsql_functions::aggregate_names().contains(&upper.as_str())
}

impl TableExpressions for Session {
    fn typed(&self, expr: &SqlExpr, columns: &[RelColumn]) -> Result<Scalar, String> {
        let column =
            |name: &str| columns.iter().position(|c| c.name == name).map(|i| (i, columns[i].clone()));
        self.typed_over(expr, &column, &Context::new(&self.catalog, true))
    }
}

impl Session {
    /// Types an expression over the columns that `column` finds by name, with their positions. Only those that the
    /// expression reads are looked at: a table of many computed columns would be gone through for each otherwise.
    pub(crate) fn typed_over(
        &self,
        expr: &SqlExpr,
        column: &dyn Fn(&str) -> Option<(usize, RelColumn)>,
        context: &Context<'_>,
    ) -> Result<Scalar, String> {
        let mut expr = expr.clone();
        rewrite(&mut expr);
        let (positions, columns): (Vec<usize>, Vec<RelColumn>) =
            function::names_in(&expr).iter().filter_map(|name| column(name)).unzip();
        let fields: Vec<_> = columns.iter().map(|c| c.logical_type.to_field(&c.name, c.nullable)).collect();
        let schema: SchemaRef = Arc::new(arrow::datatypes::Schema::new(fields));
        let names = DFSchema::try_from(schema).map_err(|e| e.strip_backtrace())?;
        let planner = SqlToRel::new_with_options(context, parser_options());
        let expr = planner.sql_to_expr(expr, &names, &mut PlannerContext::new()).map_err(|error| {
            let text = error.strip_backtrace().replace("Error during planning: ", "");
            let first = text.lines().next().unwrap_or(&text);
            if let Some(rest) = text.split("No field named ").nth(1) {
                return unknown_column(rest).message;
            }
            match first.strip_prefix("Invalid function '").and_then(|rest| rest.split('\'').next()) {
                Some(name) => self.unknown_function(name).message,
                None => first.to_owned(),
            }
        })?;
        let session = self.settings.session();
        let typed = Typer { session: &session, names: &names, columns: &columns }.typed(&expr)?;
        Ok(typed.shift(&|read| positions[read]))
    }
}

fn parser_options() -> ParserOptions {
    ParserOptions::new()
        .with_parse_float_as_decimal(true)
        .with_enable_ident_normalization(false)
        .with_collect_spans(true)
        .with_map_string_types_to_utf8view(false)
        .with_default_null_ordering(NullOrdering::NullsMin)
}

pub(crate) fn rel_columns(table: &Table) -> Vec<RelColumn> {
    table.columns.iter().map(rel_column).collect()
}

pub(crate) fn rel_column(column: &TableColumn) -> RelColumn {
    RelColumn {
        name: column.name.clone(),
        logical_type: column.logical_type.clone(),
        nullable: column.nullable,
        time: None,
        is_json: false,
    }
}
