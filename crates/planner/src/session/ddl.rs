//! Statements that put something into the catalog: CREATE.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion_sql::sqlparser::ast::Query;
use streamsql_core::LogicalType;
use streamsql_sql::catalog::{Object, ObjectPath, Table, TableColumn, TableColumnKind, View, Watermark};
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::function::{self, SqlFunction};
use streamsql_sql::metadata;
use streamsql_sql::parse::MAX_COLUMNS;
use streamsql_sql::statement::{
    ColumnDefinition, ColumnKind, ColumnPosition, CreateFunction, CreateTable, CreateView, FunctionBody,
    Located, TableElements,
};
use streamsql_sql::table_columns::TableColumns;
use streamsql_sql::template::UNKNOWN;

use crate::bind::names::probe::Probe;
use crate::bind::shape::{Shape, unique_names};
use crate::emit::TableExpressions;
use crate::logical::{RelColumn, plain};
use crate::session::like;
use crate::session::{Session, rel_column, with_suggestion};

/// Most views that read each other in a row; their relations are built for every one above.
const MAX_VIEWS: usize = 64;

type Done = Result<(), Diagnostic>;

impl Session {
    /// The path of a new object; `None` where it exists and IF NOT EXISTS was said.
    fn new_path(
        &self,
        parts: &[String],
        temporary: bool,
        if_not_exists: bool,
        located: &Located,
    ) -> Result<Option<ObjectPath>, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let path = self.catalog.new_path(parts).map_err(at)?;
        if path.name.is_empty() {
            return Err(at("a name must not be empty".to_owned()));
        }
        match self.catalog.at(&path, temporary) {
            None => Ok(Some(path)),
            Some(_) if if_not_exists => Ok(None),
            Some(object) => {
                let what = match object {
                    Object::Table(_) => "a table",
                    Object::View(_) => "a view",
                };
                Err(at(format!("'{path}' exists already as {what}"))
                    .hint("DROP it first; CREATE OR REPLACE replaces nothing in Flink 1.18"))
            }
        }
    }

    pub(crate) fn create_table(&mut self, create: &CreateTable, located: &Located) -> Done {
        let Some(path) = self.new_path(&create.name, create.temporary, create.if_not_exists, located)? else {
            return Ok(());
        };
        let mut table = Table {
            name: path.name.clone(),
            path: path.clone(),
            columns: TableColumns::default(),
            watermark: None,
            constraint: None,
            primary_key: Vec::new(),
            partition_keys: Vec::new(),
            partitions: BTreeSet::new(),
            comment: create.comment.clone(),
            options: BTreeMap::new(),
            option_places: BTreeMap::new(),
            lookup_hint: BTreeMap::new(),
            place: located.place.clone(),
        };
        let mut overwritten = BTreeSet::new();
        if let Some(like) = &create.like {
            overwritten = self.like(like, create, &mut table, located)?;
        }
        table.set_options(&create.options, &located.file);
        if !create.partition_keys.is_empty() {
            table.partition_keys = create.partition_keys.clone();
        }
        self.add_elements(&mut table, &create.elements, &overwritten, create.like.is_some(), located)?;
        if let Some(query) = &create.query {
            let rel = self.query(query, located)?;
            table.columns = rel
                .columns
                .iter()
                .map(|c| TableColumn {
                    name: c.name.clone(),
                    logical_type: c.logical_type.clone(),
                    nullable: c.nullable,
                    kind: TableColumnKind::Physical,
                    comment: None,
                })
                .collect();
            if let Some(untyped) = table.columns.iter().find(|c| c.logical_type == LogicalType::Null) {
                return Err(Diagnostic::error(format!(
                    "column '{}' has no type: it is always NULL",
                    untyped.name
                ))
                .at(located.place.clone())
                .hint("write CAST(NULL AS type)"));
            }
        }
        self.check_table(&table, located)?;
        self.catalog.put(path, create.temporary, Object::Table(Arc::new(table)));
        Ok(())
    }

    /// What holds of a whole table, however it came about.
    pub(crate) fn check_table(&self, table: &Table, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        if !table.options.contains_key("connector") && !table.options.contains_key("connector.type") {
            return Err(at(format!("table '{}' has no option 'connector'", table.name))
                .hint("add WITH ('connector' = '…')"));
        }
        if table.columns.len() > MAX_COLUMNS {
            return Err(at(format!("a table has at most {MAX_COLUMNS} columns")));
        }
        for key in &table.partition_keys {
            let Some(column) = table.columns.named(key) else {
                return Err(at(format!("the column '{key}' of PARTITIONED BY does not exist")));
            };
            if !matches!(column.kind, TableColumnKind::Physical) {
                return Err(at(format!("the column '{key}' of PARTITIONED BY is not a physical column")));
            }
        }
        Ok(())
    }

    /// Columns, watermark and key, behind what the table has. `overwritten` may be defined again.
    pub(crate) fn add_elements(
        &self,
        table: &mut Table,
        elements: &TableElements,
        overwritten: &BTreeSet<String>,
        liked: bool,
        located: &Located,
    ) -> Done {
        // LIKE gives no positions: what it brought stays in front.
        let inherited = table.columns.len();
        let mut computed = Vec::new();
        for definition in &elements.columns {
            let error = |message: String| Diagnostic::error(message).at(definition.at.place(&located.file));
            let column = self.table_column(definition, located)?;
            if matches!(column.kind, TableColumnKind::Computed(_)) {
                computed.push((definition, column.name.clone()));
            }
            let known = !table.connector().contains(UNKNOWN);
            if matches!(column.kind, TableColumnKind::Metadata { .. }) && known {
                metadata::check(&table.options, column.metadata_key(), &column.logical_type).map_err(
                    |(message, hint)| {
                        let diagnostic = error(format!("column '{}': {message}", column.name));
                        match hint {
                            Some(hint) => diagnostic.hint(hint),
                            None => diagnostic,
                        }
                    },
                )?;
            }
            if let Some(old) = table.columns.position(&column.name) {
                let may = overwritten.contains(&column.name);
                if !may || !like::is_same_kind(&table.columns[old], &column) {
                    return Err(error(format!("column '{}' exists already", column.name)));
                }
                table.columns.replace(old, column);
                continue;
            }
            let at = match &definition.position {
                None => table.columns.len(),
                Some(ColumnPosition::First) => 0,
                Some(ColumnPosition::After(name)) => table
                    .columns
                    .position(name)
                    .map(|i| i + 1)
                    .ok_or_else(|| error(format!("the column '{name}' of AFTER does not exist")))?,
            };
            table.columns.insert(at, column);
        }
        // Computed columns read all others, also those that follow.
        self.type_computed(table, &computed, located)?;
        if let Some(watermark) = &elements.watermark {
            if table.watermark.is_some() && !overwritten.contains("") {
                return Err(Diagnostic::error("the table has a watermark already")
                    .at(watermark.place.clone())
                    .hint("LIKE … (OVERWRITING WATERMARKS) or (EXCLUDING WATERMARKS) lets the new one win"));
            }
            let mut expr = watermark.expr.clone();
            Shape::new(&located.file, &self.catalog).expr(&mut expr)?;
            let (column, place) = (watermark.column.clone(), watermark.place.clone());
            table.watermark = Some(Watermark { column, expr, place });
        }
        if table.watermark.is_some() && (elements.watermark.is_some() || !elements.columns.is_empty()) {
            self.check_watermark(table)?;
        }
        if let Some(key) = &elements.primary_key {
            if !table.primary_key.is_empty() {
                return Err(Diagnostic::error("the table has a primary key already")
                    .at(located.place.clone())
                    .hint("LIKE … (EXCLUDING CONSTRAINTS) leaves the old one out"));
            }
            // Flink makes columns NOT NULL for a key only where they are defined beside it.
            let nullable_of_like = |name: &&String| {
                let position = table.columns.position(name);
                position.is_some_and(|at| at < inherited && table.columns[at].nullable)
            };
            let of_like = key.columns.iter().filter(|_| liked).find(nullable_of_like);
            if let Some(name) = of_like {
                return Err(Diagnostic::error(format!(
                    "the primary key's column '{name}' is nullable in the table of LIKE"
                ))
                .at(located.place.clone()));
            }
            self.set_primary_key(table, key.constraint.clone(), &key.columns, located)?;
        }
        Ok(())
    }

    pub(crate) fn table_column(
        &self,
        definition: &ColumnDefinition,
        located: &Located,
    ) -> Result<TableColumn, Diagnostic> {
        let (logical_type, nullable, kind) = match &definition.kind {
            ColumnKind::Physical { logical_type, nullable } => {
                (logical_type.clone(), *nullable, TableColumnKind::Physical)
            }
            ColumnKind::Metadata { logical_type, nullable, key, is_virtual } => {
                let kind = TableColumnKind::Metadata { key: key.clone(), is_virtual: *is_virtual };
                (logical_type.clone(), *nullable, kind)
            }
            ColumnKind::Computed(expr) => {
                let mut expr = expr.clone();
                Shape::new(&located.file, &self.catalog).expr(&mut expr)?;
                (LogicalType::Null, true, TableColumnKind::Computed(expr))
            }
        };
        let (name, comment) = (definition.name.clone(), definition.comment.clone());
        Ok(TableColumn { name, logical_type, nullable, kind, comment })
    }

    pub(crate) fn type_computed(
        &self,
        table: &mut Table,
        computed: &[(&ColumnDefinition, String)],
        located: &Located,
    ) -> Done {
        if computed.is_empty() {
            return Ok(());
        }
        let context = self.context();
        let mut types = Vec::with_capacity(computed.len());
        for (definition, name) in computed {
            let error =
                |message: String| self.expression_error(message, definition.at.place(&located.file), located);
            let Some(index) = table.columns.position(name) else { continue };
            let TableColumnKind::Computed(expr) = &table.columns[index].kind else { continue };
            let typed = self.typed_over(expr, &|name| column_named(table, name), &context).map_err(error)?;
            let reads = typed.columns();
            if reads.iter().any(|c| matches!(table.columns[*c].kind, TableColumnKind::Computed(_))) {
                return Err(error(format!("computed column '{name}' reads another computed column")));
            }
            if typed.logical_type == LogicalType::Null {
                return Err(error(format!("computed column '{name}' has no type: it is always NULL")));
            }
            types.push((index, typed.logical_type, typed.nullable));
        }
        for (index, logical_type, nullable) in types {
            table.columns.set_type(index, logical_type, nullable);
        }
        Ok(())
    }

    pub(crate) fn check_watermark(&self, table: &Table) -> Done {
        let Some(watermark) = &table.watermark else { return Ok(()) };
        let error = |message: String| Diagnostic::error(message).at(watermark.place.clone());
        let Some(rowtime) = table.columns.named(&watermark.column) else {
            let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
            let diagnostic = error(format!("the watermark's column '{}' does not exist", watermark.column));
            return Err(with_suggestion(diagnostic, &watermark.column, names));
        };
        if !matches!(rowtime.logical_type, LogicalType::Timestamp(0..=3) | LogicalType::TimestampLtz(0..=3)) {
            return Err(error(format!(
                "the watermark's column must be TIMESTAMP(3) or TIMESTAMP_LTZ(3), '{}' is {}",
                rowtime.name, rowtime.logical_type
            )));
        }
        if is_proctime(rowtime) {
            return Err(error("a processing time has no watermark".to_owned())
                .hint("leave the WATERMARK out: processing time needs none"));
        }
        let context = self.context();
        let expr =
            self.typed_over(&watermark.expr, &|name| column_named(table, name), &context).map_err(error)?;
        let fits = match rowtime.logical_type {
            LogicalType::Timestamp(_) => matches!(expr.logical_type, LogicalType::Timestamp(0..=3)),
            _ => matches!(expr.logical_type, LogicalType::TimestampLtz(0..=3)),
        };
        if !fits {
            return Err(error(format!(
                "the watermark is {}, its column '{}' {}",
                expr.logical_type, rowtime.name, rowtime.logical_type
            ))
            .hint("both are TIMESTAMP, or both TIMESTAMP_LTZ, of a precision up to 3"));
        }
        Ok(())
    }

    pub(crate) fn set_primary_key(
        &self,
        table: &mut Table,
        constraint: Option<String>,
        columns: &[String],
        located: &Located,
    ) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let mut positions = Vec::with_capacity(columns.len());
        for key in columns {
            let Some(position) = table.columns.position(key) else {
                let diagnostic = at(format!("the primary key's column '{key}' does not exist"));
                return Err(with_suggestion(diagnostic, key, table.columns.iter().map(|c| c.name.as_str())));
            };
            if !matches!(table.columns[position].kind, TableColumnKind::Physical) {
                return Err(at(format!("the primary key's column '{key}' is not a physical column")));
            }
            positions.push(position);
        }
        positions.into_iter().for_each(|position| table.columns.set_not_null(position));
        table.primary_key = columns.to_vec();
        table.constraint = constraint;
        Ok(())
    }

    pub(crate) fn create_view(&mut self, create: &CreateView, located: &Located) -> Done {
        let Some(path) = self.new_path(&create.name, create.temporary, create.if_not_exists, located)? else {
            return Ok(());
        };
        let view = self.view(
            &create.query,
            &create.text,
            &create.columns,
            create.comment.clone(),
            create.temporary,
            located,
        )?;
        self.catalog.put(path, create.temporary, Object::View(Arc::new(view)));
        Ok(())
    }

    pub(crate) fn view(
        &self,
        query: &Query,
        text: &str,
        columns: &[String],
        comment: Option<String>,
        temporary: bool,
        located: &Located,
    ) -> Result<View, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let mut qualified = Box::new(query.clone());
        crate::bind::names::rewrite::rewrite(qualified.as_mut());
        let probe = Probe { session: self, located };
        let mut shape = Shape::of_query(&located.file, &self.catalog, &probe, true);
        shape.query(&mut qualified)?;
        self.warn(std::mem::take(&mut shape.warnings));
        let depth = 1 + self.deepest_view(&qualified);
        if depth > MAX_VIEWS {
            return Err(at(format!("views read each other more than {MAX_VIEWS} deep")));
        }
        // Bound once now, so that an error shows where the view is written.
        let rel = self.checked_query(&mut qualified, located)?;
        if !columns.is_empty() && columns.len() != rel.columns.len() {
            return Err(at(format!(
                "the view lists {} columns, its query has {}",
                columns.len(),
                rel.columns.len()
            )));
        }
        if unique_names(columns.iter().map(String::as_str)) != columns {
            return Err(at("the view names a column twice".to_owned()));
        }
        let mut schema = rel.schema();
        for (column, name) in schema.columns.iter_mut().zip(columns) {
            column.name.clone_from(name);
        }
        Ok(View {
            columns: columns.to_vec(),
            query: qualified,
            text: text.to_owned(),
            comment,
            schema,
            temporary,
            depth,
            place: located.place.clone(),
        })
    }

    /// Depth of the deepest view that a query with full names reads; 0 for none.
    fn deepest_view(&self, query: &Query) -> usize {
        let names = crate::session::job::tables_of(query);
        names.iter().filter_map(|name| self.catalog.view(name)).map(|view| view.depth).max().unwrap_or(0)
    }

    pub(crate) fn create_function(&mut self, create: &CreateFunction, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = create.name.join(".");
        let last = create.name.last().cloned().unwrap_or_default();
        if self.catalog.function(&create.name).is_some() {
            return if create.if_not_exists {
                Ok(())
            } else {
                Err(at(format!("function '{shown}' exists already")))
            };
        }
        let upper = last.to_ascii_uppercase();
        if create.name.len() == 1 && streamsql_functions::function_names().contains(&upper.as_str()) {
            return Err(at(format!("{upper} is a built-in function, which would hide this one"))
                .hint("give the function another name"));
        }
        let (parameters, returns, mut body) = match &create.body {
            FunctionBody::Sql { parameters, returns, expr } => {
                (parameters.clone(), returns.clone(), expr.as_ref().clone())
            }
            FunctionBody::Class { class, language } => {
                let Some((names, returns, body)) = function::known_class(class) else {
                    return Err(at(format!("the {language} class '{class}' cannot be called: there is no JVM here"))
                        .hint(format!(
                            "write the function in SQL: CREATE FUNCTION {shown}(a STRING) RETURNS STRING LANGUAGE SQL AS \
                             'UPPER(a)'"
                        )));
                };
                let parameters = names.iter().map(|n| ((*n).to_owned(), LogicalType::STRING)).collect();
                (parameters, returns, streamsql_sql::parse::expression(body).map_err(at)?)
            }
        };
        if function::calls(&body, &last) {
            return Err(
                at(format!("function '{shown}' calls itself")).hint("a function in SQL cannot be recursive")
            );
        }
        // Calls are replaced by it after queries are rewritten.
        crate::bind::names::rewrite::rewrite(&mut body);
        Shape::new(&located.file, &self.catalog).expr(&mut body)?;
        let columns: Vec<RelColumn> =
            parameters.iter().map(|(name, logical_type)| plain(name, logical_type.clone(), true)).collect();
        let wrong = |message: String| {
            self.expression_error(
                format!("the body of function '{shown}': {message}"),
                located.place.clone(),
                located,
            )
        };
        let typed = self.typed(&body, &columns).map_err(wrong)?;
        self.check_cast(typed, &returns).map_err(wrong)?;
        let size = function::size(&body);
        let function = SqlFunction { name: shown.clone(), parameters, returns, body, size };
        if !self.catalog.add_function(&create.name, function) {
            return Err(at(format!("'{shown}' is no name of a function")));
        }
        Ok(())
    }
}

/// Whether a column is `AS PROCTIME()`.
fn is_proctime(column: &TableColumn) -> bool {
    matches!(&column.kind, TableColumnKind::Computed(expr) if expr.to_string().eq_ignore_ascii_case("PROCTIME()"))
}

/// A column as expressions of its own table read it, with its position.
fn column_named(table: &Table, name: &str) -> Option<(usize, RelColumn)> {
    table.columns.position(name).map(|at| (at, rel_column(&table.columns[at])))
}
