//! Plans statements: registers tables and views, turns queries into one dataflow.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion_common::{DFSchema, DataFusionError};
use datafusion_sql::planner::{NullOrdering, ParserOptions, PlannerContext, SqlToRel};
use datafusion_sql::sqlparser::ast::{
    Expr as SqlExpr, Ident, Query, Select, SelectItem, SetExpr, Statement as SqlStatement, TableFactor,
};
use streamsql_core::LogicalType;
use streamsql_plan::Dataflow;

use crate::catalog::{Catalog, Table, TableColumn, TableColumnKind, View, Watermark};
use crate::context::Context;
use crate::diagnostic::{Diagnostic, Diagnostics, suggestion};
use crate::emit::{Emitter, TableExpressions};
use crate::load::LoadedJob;
use crate::metadata;
use crate::prune::prune_query;
use crate::rel::{Lowering, Rel, RelColumn};
use crate::scalar::Scalar;
use crate::settings::Settings;
use crate::statement::{ColumnKind, CreateTable, CreateView, Insert, Located, Statement};
use crate::typer::Typer;

/// What a script plans to.
#[derive(Debug, Default)]
pub struct PlannedScript {
    /// One dataflow a SELECT, or one for a run of INSERTs.
    pub dataflows: Vec<Dataflow>,
    /// Texts of EXPLAIN statements.
    pub printed: Vec<String>,
    pub catalog: Catalog,
}

/// A planned job: all its INSERTs in one dataflow.
#[derive(Debug)]
pub struct PlannedJob {
    pub dataflow: Dataflow,
    pub catalog: Catalog,
    pub settings: Settings,
}

/// Plans a job. All `CREATE` statements count before any INSERT, in the order of the files.
pub fn plan_job(job: &LoadedJob) -> Result<PlannedJob, Diagnostics> {
    let mut session = Session::default();
    let mut diagnostics = Diagnostics::default();
    for (key, value) in &job.config.settings {
        if let Err((message, hint)) = session.settings.set(key, &value.0) {
            let diagnostic = Diagnostic::error(format!("streamsql.yaml: {message}"));
            diagnostics.push(match hint {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            });
        }
    }
    let (definitions, rest): (Vec<_>, Vec<_>) =
        job.statements.iter().partition(|located| crate::load::is_definition(&located.statement));
    // Views come after what they read, whatever file they stand in.
    let (tables, views): (Vec<_>, Vec<_>) =
        definitions.into_iter().partition(|located| matches!(located.statement, Statement::CreateTable(_)));
    session.register_all(tables, &mut diagnostics);
    session.register_all(views, &mut diagnostics);
    let mut inserts = Vec::new();
    for located in rest {
        match &located.statement {
            Statement::Insert(insert) => inserts.push((insert.as_ref(), located)),
            Statement::StatementSet(set) => inserts.extend(set.iter().map(|insert| (insert, located))),
            Statement::Query(_) => diagnostics.push(
                Diagnostic::error("a SELECT has nowhere to go in a job")
                    .at(located.place.clone())
                    .hint("write INSERT INTO … SELECT, or run the file with `streamsql query`"),
            ),
            Statement::Explain(_) => {}
            other => {
                if let Err(diagnostic) = session.apply(other, located) {
                    diagnostics.push(diagnostic);
                }
            }
        }
    }
    if inserts.is_empty() && !diagnostics.has_errors() {
        diagnostics.push(Diagnostic::error("the job has no INSERT INTO").hint("add one under process/"));
    }
    let mut planned = Vec::new();
    for (insert, located) in inserts {
        match session.plan_insert(insert, located) {
            Ok(sink) => planned.push(sink),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let dataflow = session.emit_sinks(planned, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(PlannedJob { dataflow, catalog: session.catalog, settings: session.settings })
}

/// Plans a script for `query`, statement after statement.
pub fn plan_script(statements: &[Located]) -> Result<PlannedScript, Diagnostics> {
    let mut session = Session::default();
    let mut script = PlannedScript::default();
    let mut diagnostics = Diagnostics::default();
    let mut selects = 0;
    for located in statements {
        let result = match &located.statement {
            Statement::Query(query) => session.plan_select(query, selects, located).map(|dataflow| {
                selects += 1;
                script.dataflows.push(dataflow);
            }),
            Statement::Insert(insert) => {
                session.plan_inserts(&[insert.as_ref()], located).map(|d| script.dataflows.push(d))
            }
            Statement::StatementSet(set) => {
                let inserts: Vec<&Insert> = set.iter().collect();
                session.plan_inserts(&inserts, located).map(|d| script.dataflows.push(d))
            }
            Statement::Explain(inner) => session.explain(inner).map(|text| script.printed.push(text)),
            Statement::CreateTable(_) | Statement::CreateView(_) => session.register(located),
            other => session.apply(other, located),
        };
        if let Err(diagnostic) = result {
            diagnostics.push(diagnostic);
        }
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    script.catalog = session.catalog;
    Ok(script)
}

#[derive(Default)]
struct Session {
    catalog: Catalog,
    settings: Settings,
}

/// A query on its way into a table.
struct PlannedInsert<'a> {
    query: Rel,
    table: Arc<Table>,
    insert: &'a Insert,
    located: &'a Located,
}

impl Session {
    fn register_all(&mut self, definitions: Vec<&Located>, diagnostics: &mut Diagnostics) {
        for located in definitions {
            if let Err(diagnostic) = self.register(located) {
                diagnostics.push(diagnostic);
            }
        }
    }

    fn register(&mut self, located: &Located) -> Result<(), Diagnostic> {
        match &located.statement {
            Statement::CreateTable(create) => self.create_table(create, located),
            Statement::CreateView(create) => self.create_view(create, located),
            _ => Ok(()),
        }
    }

    fn new_name(
        &self,
        parts: &[String],
        if_not_exists: bool,
        located: &Located,
    ) -> Result<Option<String>, Diagnostic> {
        let error = |message: String| Diagnostic::error(message).at(located.place.clone());
        let name = Catalog::bare_name(parts)
            .ok_or_else(|| error(format!("catalog or database of '{}' does not exist", parts.join("."))))?;
        if !self.catalog.contains(name) {
            return Ok(Some(name.to_owned()));
        }
        if if_not_exists { Ok(None) } else { Err(error(format!("'{name}' exists already"))) }
    }

    fn create_table(&mut self, create: &CreateTable, located: &Located) -> Result<(), Diagnostic> {
        let Some(name) = self.new_name(&create.name, create.if_not_exists, located)? else { return Ok(()) };
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let mut table = match &create.like {
            Some(like) => self.like(like, located)?,
            None => Table {
                name: String::new(),
                columns: Vec::new(),
                watermark: None,
                primary_key: Vec::new(),
                options: Default::default(),
                place: located.place.clone(),
            },
        };
        table.name = name;
        table.place = located.place.clone();
        table.options.extend(create.options.iter().cloned());
        for column in &create.columns {
            let error = |message: String| Diagnostic::error(message).at(column.place.clone());
            if table.columns.iter().any(|c| c.name == column.name) {
                return Err(error(format!("column '{}' is defined twice", column.name)));
            }
            let (logical_type, nullable, kind) = match &column.kind {
                ColumnKind::Physical { logical_type, nullable } => {
                    (logical_type.clone(), *nullable, TableColumnKind::Physical)
                }
                ColumnKind::Metadata { logical_type, nullable, key, is_virtual } => {
                    let connector = table.options.get("connector").map_or("", String::as_str);
                    if let Err((message, hint)) = metadata::check(connector, key, logical_type) {
                        let diagnostic = error(format!("column '{}': {message}", column.name));
                        return Err(match hint {
                            Some(hint) => diagnostic.hint(hint),
                            None => diagnostic,
                        });
                    }
                    let kind = TableColumnKind::Metadata { key: key.clone(), is_virtual: *is_virtual };
                    (logical_type.clone(), *nullable, kind)
                }
                ColumnKind::Computed(expr) => {
                    (LogicalType::Null, true, TableColumnKind::Computed(expr.clone()))
                }
            };
            table.columns.push(TableColumn { name: column.name.clone(), logical_type, nullable, kind });
        }
        // Computed columns read all others, also those that follow.
        let columns = rel_columns(&table);
        for (index, definition) in create.columns.iter().enumerate() {
            let index = table.columns.len() - create.columns.len() + index;
            if let ColumnKind::Computed(expr) = &definition.kind {
                let error = |message| Diagnostic::error(message).at(definition.place.clone());
                let typed = self.typed(expr, &columns).map_err(error)?;
                if typed
                    .columns()
                    .iter()
                    .any(|c| matches!(table.columns[*c].kind, TableColumnKind::Computed(_)))
                {
                    return Err(error(format!(
                        "computed column '{}' reads another computed column",
                        definition.name
                    )));
                }
                table.columns[index].logical_type = typed.logical_type;
                table.columns[index].nullable = typed.nullable;
            }
        }
        if let Some(watermark) = &create.watermark {
            let error = |message: String| Diagnostic::error(message).at(watermark.place.clone());
            let columns = rel_columns(&table);
            let Some(rowtime) = columns.iter().find(|c| c.name == watermark.column) else {
                let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
                let diagnostic =
                    error(format!("the watermark's column '{}' does not exist", watermark.column));
                return Err(with_suggestion(diagnostic, &watermark.column, names));
            };
            if !matches!(
                rowtime.logical_type,
                LogicalType::Timestamp(0..=3) | LogicalType::TimestampLtz(0..=3)
            ) {
                return Err(error(format!(
                    "the watermark's column must be TIMESTAMP(3) or TIMESTAMP_LTZ(3), '{}' is {}",
                    rowtime.name, rowtime.logical_type
                )));
            }
            let expr = self.typed(&watermark.expr, &columns).map_err(error)?;
            if !expr.logical_type.is_timestamp() {
                return Err(error(format!(
                    "the watermark must be a timestamp, this is {}",
                    expr.logical_type
                )));
            }
            let (column, expr) = (watermark.column.clone(), watermark.expr.clone());
            table.watermark = Some(Watermark { column, expr, place: watermark.place.clone() });
        }
        if !create.primary_key.is_empty() {
            table.primary_key = create.primary_key.clone();
        }
        for key in table.primary_key.clone() {
            let Some(column) = table.columns.iter_mut().find(|c| c.name == key) else {
                return Err(at(format!("the primary key's column '{key}' does not exist")));
            };
            if !matches!(column.kind, TableColumnKind::Physical) {
                return Err(at(format!("the primary key's column '{key}' is not a physical column")));
            }
            column.nullable = false;
        }
        if !table.options.contains_key("connector") {
            return Err(at(format!("table '{}' has no option 'connector'", table.name))
                .hint("add WITH ('connector' = '…')"));
        }
        self.catalog.add_table(table);
        Ok(())
    }

    /// The parts of the source table that LIKE takes (flink-docs `sql/create`).
    fn like(&self, like: &crate::statement::Like, located: &Located) -> Result<Table, Diagnostic> {
        let source = self.catalog.table(&like.source).ok_or_else(|| {
            Diagnostic::error(format!("table '{}' of LIKE does not exist", like.source.join(".")))
                .at(located.place.clone())
        })?;
        let mut table = source.as_ref().clone();
        let strategy = |feature: &str| {
            let mut found = "INCLUDING";
            for (strategy, of) in &like.options {
                if of == feature || of == "ALL" {
                    found = strategy;
                }
            }
            found
        };
        let excluded = |feature: &str| strategy(feature) == "EXCLUDING";
        table.columns.retain(|column| match column.kind {
            TableColumnKind::Physical => true,
            TableColumnKind::Metadata { .. } => !excluded("METADATA"),
            TableColumnKind::Computed(_) => !excluded("GENERATED"),
        });
        if excluded("CONSTRAINTS") {
            table.primary_key.clear();
        }
        if excluded("OPTIONS") {
            table.options.clear();
        }
        if excluded("WATERMARKS") {
            table.watermark = None;
        }
        Ok(table)
    }

    fn create_view(&mut self, create: &CreateView, located: &Located) -> Result<(), Diagnostic> {
        let Some(name) = self.new_name(&create.name, create.if_not_exists, located)? else { return Ok(()) };
        let mut query = create.query.clone();
        name_columns(&mut query);
        // Planned once now, so that an error shows where the view is written.
        let rel = self.query(&query, located)?;
        if !create.columns.is_empty() && create.columns.len() != rel.columns.len() {
            return Err(Diagnostic::error(format!(
                "the view lists {} columns, its query has {}",
                create.columns.len(),
                rel.columns.len()
            ))
            .at(located.place.clone()));
        }
        self.catalog.add_view(name, View { columns: create.columns.clone(), query });
        Ok(())
    }

    fn apply(&mut self, statement: &Statement, located: &Located) -> Result<(), Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        match statement {
            Statement::Set { key, value } => {
                self.settings.set(key, value).map_err(|(message, hint)| match hint {
                    Some(hint) => at(message).hint(hint),
                    None => at(message),
                })
            }
            Statement::Reset(key) => {
                self.settings.reset(key.as_deref().filter(|key| !key.is_empty()));
                Ok(())
            }
            Statement::Use(parts) => match parts.last().map(String::as_str) {
                Some("default_catalog" | "default_database") => Ok(()),
                _ => Err(at(format!(
                    "'{}' does not exist; there is only default_catalog.default_database",
                    parts.join(".")
                ))),
            },
            Statement::Drop { name, if_exists, .. } => {
                let dropped = Catalog::bare_name(name)
                    .map(str::to_owned)
                    .is_some_and(|name| self.catalog.remove(&name));
                if dropped || *if_exists {
                    Ok(())
                } else {
                    Err(at(format!("'{}' does not exist", name.join("."))))
                }
            }
            _ => Ok(()),
        }
    }

    /// A query as a relation, not yet pruned.
    fn query(&self, query: &Query, located: &Located) -> Result<Rel, Diagnostic> {
        let context = Context::new(&self.catalog);
        let planner = SqlToRel::new_with_options(&context, parser_options());
        let mut query = query.clone();
        name_columns(&mut query);
        let plan = planner
            .sql_statement_to_plan(SqlStatement::Query(Box::new(query)))
            .map_err(|error| self.reword(&error, located))?;
        let session = self.settings.session();
        Lowering { session: &session }
            .lower(&plan)
            .map_err(|message| Diagnostic::error(message).at(located.place.clone()))
    }

    fn plan_select(
        &self,
        query: &Query,
        statement: usize,
        located: &Located,
    ) -> Result<Dataflow, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let rel = prune_query(&self.query(query, located)?).map_err(at)?;
        let mut emitter = Emitter::new(&self.settings, self, [&rel]);
        emitter.collect(&rel, statement, &located.place).map_err(at)?;
        Ok(emitter.finish())
    }

    fn plan_insert<'a>(
        &self,
        insert: &'a Insert,
        located: &'a Located,
    ) -> Result<PlannedInsert<'a>, Diagnostic> {
        let table = self.catalog.table(&insert.target).ok_or_else(|| {
            let name = insert.target.join(".");
            let diagnostic =
                Diagnostic::error(format!("table '{name}' does not exist")).at(insert.place.clone());
            with_suggestion(diagnostic, &name, self.catalog.names())
        })?;
        let query = self.query(&insert.query, located)?;
        let query =
            prune_query(&query).map_err(|message| Diagnostic::error(message).at(insert.place.clone()))?;
        Ok(PlannedInsert { query, table, insert, located })
    }

    fn plan_inserts(&self, inserts: &[&Insert], located: &Located) -> Result<Dataflow, Diagnostic> {
        let planned =
            inserts.iter().map(|insert| self.plan_insert(insert, located)).collect::<Result<Vec<_>, _>>()?;
        let mut diagnostics = Diagnostics::default();
        let dataflow = self.emit_sinks(planned, &mut diagnostics);
        match diagnostics.0.into_iter().next() {
            Some(diagnostic) => Err(diagnostic),
            None => Ok(dataflow),
        }
    }

    fn emit_sinks(&self, planned: Vec<PlannedInsert<'_>>, diagnostics: &mut Diagnostics) -> Dataflow {
        let mut emitter = Emitter::new(&self.settings, self, planned.iter().map(|p| &p.query));
        for PlannedInsert { query, table, insert, located } in planned {
            if let Err(message) = emitter.sink(query, &table, &insert.columns, &insert.place) {
                diagnostics.push(Diagnostic::error(message).at(located.place.clone()));
            }
        }
        emitter.finish()
    }

    fn explain(&self, inner: &Located) -> Result<String, Diagnostic> {
        let dataflow = match &inner.statement {
            Statement::Query(query) => self.plan_select(query, 0, inner)?,
            Statement::Insert(insert) => self.plan_inserts(&[insert.as_ref()], inner)?,
            Statement::StatementSet(set) => self.plan_inserts(&set.iter().collect::<Vec<_>>(), inner)?,
            _ => {
                return Err(Diagnostic::error("EXPLAIN takes a SELECT, INSERT or STATEMENT SET")
                    .at(inner.place.clone()));
            }
        };
        Ok(streamsql_plan::explain::explain(&dataflow, streamsql_plan::explain::Format::Text))
    }

    /// DataFusion's planning errors in our words, with the place of the name that it stumbled over.
    fn reword(&self, error: &DataFusionError, located: &Located) -> Diagnostic {
        let text = error.strip_backtrace();
        let text =
            ["Error during planning: ", "Schema error: ", "This feature is not implemented: ", "SQL error: "]
                .iter()
                .fold(text, |text, prefix| text.replace(prefix, ""));
        let first = text.split("\n\n").next().unwrap_or(&text).trim().to_owned();
        let mut diagnostic = match first.strip_prefix("No field named ") {
            Some(rest) => unknown_column(rest),
            None => match first.strip_prefix("Invalid function '").and_then(|rest| rest.split('\'').next()) {
                Some(name) => unknown_function(name),
                None => match first.strip_prefix("table '").and_then(|rest| rest.split('\'').next()) {
                    Some(name) => {
                        let diagnostic = Diagnostic::error(format!("table '{name}' does not exist"));
                        with_suggestion(diagnostic, name, self.catalog.names())
                    }
                    None => Diagnostic::error(first),
                },
            },
        };
        if let Some(span) = error.diagnostic().and_then(|d| d.span) {
            diagnostic = diagnostic.at(located.file.place(span.start.line, span.start.column));
        }
        diagnostic.at(located.place.clone())
    }
}

impl TableExpressions for Session {
    fn typed(&self, expr: &SqlExpr, columns: &[RelColumn]) -> Result<Scalar, String> {
        let context = Context::new(&self.catalog);
        let planner = SqlToRel::new_with_options(&context, parser_options());
        let fields: Vec<_> = columns.iter().map(|c| c.logical_type.to_field(&c.name, c.nullable)).collect();
        let schema: SchemaRef = Arc::new(arrow::datatypes::Schema::new(fields));
        let names = DFSchema::try_from(schema).map_err(|e| e.strip_backtrace())?;
        let expr = planner.sql_to_expr(expr.clone(), &names, &mut PlannerContext::new()).map_err(
            |error| match error.strip_backtrace().split("No field named ").nth(1) {
                Some(rest) => unknown_column(rest).message,
                None => error.strip_backtrace().replace("Error during planning: ", ""),
            },
        )?;
        let session = self.settings.session();
        Typer { session: &session, names: &names, columns }.typed(&expr)
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

fn rel_columns(table: &Table) -> Vec<RelColumn> {
    let column = |c: &TableColumn| RelColumn {
        name: c.name.clone(),
        logical_type: c.logical_type.clone(),
        nullable: c.nullable,
        time: None,
    };
    table.columns.iter().map(column).collect()
}

fn with_suggestion<'n>(
    diagnostic: Diagnostic,
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    match suggestion(name, names) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// `rest` is DataFusion's text after "No field named ": the name and the valid ones.
fn unknown_column(rest: &str) -> Diagnostic {
    let clean = |name: &str| name.trim().trim_end_matches('.').replace(['"', '`'], "");
    let (name, valid) = match rest.find(". ") {
        Some(end) => (clean(&rest[..end]), &rest[end + 2..]),
        None => (clean(rest.lines().next().unwrap_or(rest)), ""),
    };
    let bare = name.rsplit('.').next().unwrap_or(&name).to_owned();
    let candidates: Vec<String> = match valid.split_once("Valid fields are ") {
        Some((_, list)) => {
            list.split(',').map(|n| clean(n).rsplit('.').next().unwrap_or_default().to_owned()).collect()
        }
        None => Vec::new(),
    };
    let diagnostic = Diagnostic::error(format!("column '{name}' does not exist"));
    with_suggestion(diagnostic, &bare, candidates.iter().map(String::as_str))
}

fn unknown_function(name: &str) -> Diagnostic {
    let upper = name.to_ascii_uppercase();
    if streamsql_functions::aggregate_names().contains(&upper.as_str()) {
        return Diagnostic::error(format!("the aggregate function {upper} is not supported yet"))
            .hint("streaming aggregation comes later");
    }
    let diagnostic = Diagnostic::error(format!("function {upper} does not exist in Flink 1.18"));
    with_suggestion(diagnostic, &upper, streamsql_functions::function_names().iter().copied())
}

/// Names unnamed expressions of a SELECT list `EXPR$i`, as Flink does.
fn name_columns(query: &mut Query) {
    if let Some(with) = &mut query.with {
        for cte in &mut with.cte_tables {
            name_columns(&mut cte.query);
        }
    }
    name_set_expr(&mut query.body);
}

fn name_set_expr(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => name_select(select),
        SetExpr::Query(query) => name_columns(query),
        SetExpr::SetOperation { left, right, .. } => {
            name_set_expr(left);
            name_set_expr(right);
        }
        _ => {}
    }
}

fn name_select(select: &mut Select) {
    for (i, item) in select.projection.iter_mut().enumerate() {
        if let SelectItem::UnnamedExpr(expr) = item
            && !matches!(expr, SqlExpr::Identifier(_) | SqlExpr::CompoundIdentifier(_))
        {
            let alias = Ident::with_quote('`', format!("EXPR${i}"));
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
    for table in &mut select.from {
        name_factor(&mut table.relation);
        for join in &mut table.joins {
            name_factor(&mut join.relation);
        }
    }
}

fn name_factor(factor: &mut TableFactor) {
    match factor {
        TableFactor::Derived { subquery, .. } => name_columns(subquery),
        TableFactor::NestedJoin { table_with_joins, .. } => {
            name_factor(&mut table_with_joins.relation);
            for join in &mut table_with_joins.joins {
                name_factor(&mut join.relation);
            }
        }
        _ => {}
    }
}
