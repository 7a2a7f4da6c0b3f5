//! Statements that define and change things, applied to a session's catalog and settings; queries, bound.

mod alter;
mod databases;
mod ddl;
pub mod errors;
mod flink_words;
mod foreign_functions;
mod job;
mod like;
mod script;
mod show;

use std::cell::RefCell;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion_common::{DFSchema, DataFusionError};
use datafusion_expr::LogicalPlan;
use datafusion_sql::planner::{NullOrdering, ParserOptions, PlannerContext, SqlToRel};
use datafusion_sql::sqlparser::ast::{Expr as SqlExpr, Query, Statement as SqlStatement};
use streamsql_core::LogicalType;
use streamsql_sql::catalog::{Catalog, Table, TableColumn};
use streamsql_sql::diagnostic::{Diagnostic, Diagnostics};
use streamsql_sql::function;
use streamsql_sql::settings::Settings;
use streamsql_sql::statement::{Located, Statement};

use crate::bind::bind;
use crate::bind::names::context::Context;
use crate::bind::names::places::without_places;
use crate::bind::names::plain_select;
use crate::bind::names::probe::{Probe, Written};
use crate::bind::names::relations::Views;
use crate::bind::names::rewrite::rewrite;
use crate::bind::shape::{Shape, unique_names, write_out_fields};
use crate::bind::typing::Typer;
use crate::emit::TableExpressions;
use crate::logical::{Columns, Rel, RelColumn, Scalar, plain};
use errors::{placed, unknown_column};

pub(crate) use errors::with_suggestion;
pub use job::{PlannedJob, plan_job, plan_job_to};
pub use script::{PlannedScript, ScriptResult, plan_parsed, plan_script};

/// Catalog and settings while statements are worked off.
#[derive(Default)]
pub struct Session {
    pub catalog: Catalog,
    pub settings: Settings,
    /// Views that were read.
    views: Views,
    warnings: RefCell<Vec<Diagnostic>>,
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
            Statement::NoOperation => Ok(()),
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
                let former =
                    Settings::former(key).map(|what| Diagnostic::warning(what).at(located.place.clone()));
                self.warn(former.into_iter().collect());
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
        plan.map_err(|error| self.reword(&error, Some(query), located))
    }

    pub(crate) fn plan_of(&self, query: &Query) -> Result<LogicalPlan, DataFusionError> {
        let context = self.context();
        let planner = SqlToRel::new_with_options(&context, parser_options());
        plain_select::planned(query, |query| {
            planner.sql_statement_to_plan(SqlStatement::Query(Box::new(query)))
        })
    }

    /// A query, bound; its columns named uniquely.
    pub(crate) fn query(&self, query: &Query, located: &Located) -> Result<Rel, Diagnostic> {
        let plan = self.resolved(query, located)?;
        self.bound(&plan, located)
    }

    /// A query whose shape was checked.
    pub(crate) fn checked_query(&self, query: &mut Query, located: &Located) -> Result<Rel, Diagnostic> {
        let plan = self.logical_plan(query, located)?;
        self.bound(&plan, located)
    }

    fn bound(&self, plan: &LogicalPlan, located: &Located) -> Result<Rel, Diagnostic> {
        let rel = bind(plan, &self.settings.session(), None)
            .map_err(|error| placed(error, &located.place, located))?;
        let names = unique_names(rel.columns.iter().map(|c| c.name.as_str()));
        Ok(if rel.names() == names { rel } else { rel.named(names) })
    }

    /// Whether a value can be cast to a declared type.
    pub(crate) fn check_cast(&self, value: Scalar, to: &LogicalType) -> Result<(), String> {
        let session = self.settings.session();
        let names = DFSchema::empty();
        Typer { session: &session, names: &names, columns: &[] }.cast(value, to).map(|_| ())
    }
}

impl TableExpressions for Session {
    fn typed(&self, expr: &SqlExpr, columns: &[RelColumn]) -> Result<Scalar, String> {
        let column =
            |name: &str| columns.iter().position(|c| c.name == name).map(|i| (i, columns[i].clone()));
        self.typed_over(expr, &column, &self.context())
    }
}

impl Session {
    pub(crate) fn context(&self) -> Context<'_> {
        Context::new(&self.catalog, &self.settings, &self.views)
    }

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
            let text = without_places(&text);
            let first = text.lines().next().unwrap_or(&text);
            if let Some(rest) = text.split("No field named ").nth(1) {
                return unknown_column(rest).message;
            }
            match first.strip_prefix("Invalid function '").and_then(|rest| rest.split('\'').next()) {
                Some(name) => {
                    let Diagnostic { message, hint, .. } = self.unknown_function(name);
                    hint.map_or(message.clone(), |hint| format!("{message}: {hint}"))
                }
                None => flink_words::reworded(first),
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

/// The columns of a table, without the facts that queries see.
pub(crate) fn rel_columns(table: &Table) -> Vec<RelColumn> {
    table.columns.iter().map(rel_column).collect()
}

pub(crate) fn rel_column(column: &TableColumn) -> RelColumn {
    plain(&column.name, column.logical_type.clone(), column.nullable)
}
