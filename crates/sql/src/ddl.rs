//! Statements that change the catalog: CREATE, ALTER, DROP, USE.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use streamsql_core::LogicalType;

use crate::catalog::{Object, ObjectPath, Table, TableColumn, TableColumnKind, View, Watermark};
use crate::diagnostic::{Diagnostic, suggestion};
use crate::emit::TableExpressions;
use crate::function::{self, SqlFunction};
use crate::metadata;
use crate::planner::{Session, rel_columns, with_suggestion};
use crate::shape::{Shape, unique_names};
use crate::statement::{
    AlterTable, ColumnDefinition, ColumnKind, ColumnPosition, CreateFunction, CreateTable, CreateView, Drop,
    FunctionBody, Like, Located, ObjectKind, TableChange, TableElements, ViewChange,
};

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
                Err(at(format!("'{path}' exists already as {what}")))
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
            columns: Vec::new(),
            watermark: None,
            constraint: None,
            primary_key: Vec::new(),
            partition_keys: Vec::new(),
            comment: create.comment.clone(),
            options: BTreeMap::new(),
            lookup_hint: BTreeMap::new(),
            place: located.place.clone(),
        };
        let mut overwritten = BTreeSet::new();
        if let Some(like) = &create.like {
            overwritten = self.like(like, create, &mut table, located)?;
        }
        table.options.extend(create.options.iter().cloned());
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
    fn check_table(&self, table: &Table, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        if !table.options.contains_key("connector") && !table.options.contains_key("connector.type") {
            return Err(at(format!("table '{}' has no option 'connector'", table.name))
                .hint("add WITH ('connector' = '…')"));
        }
        if table.columns.is_empty() {
            return Err(at(format!("table '{}' has no columns", table.name)));
        }
        for key in &table.partition_keys {
            let Some(column) = table.columns.iter().find(|c| c.name == *key) else {
                return Err(at(format!("the column '{key}' of PARTITIONED BY does not exist")));
            };
            if !matches!(column.kind, TableColumnKind::Physical) {
                return Err(at(format!("the column '{key}' of PARTITIONED BY is not a physical column")));
            }
        }
        Ok(())
    }

    /// Columns, watermark and key, behind what the table has. `overwritten` may be defined again.
    fn add_elements(
        &self,
        table: &mut Table,
        elements: &TableElements,
        overwritten: &BTreeSet<String>,
        liked: bool,
        located: &Located,
    ) -> Done {
        let mut names: BTreeSet<String> = table.columns.iter().map(|c| c.name.clone()).collect();
        let inherited = names.clone();
        let mut computed = Vec::new();
        for definition in &elements.columns {
            let error = |message: String| Diagnostic::error(message).at(definition.at.place(&located.file));
            let column = self.table_column(definition, located)?;
            if matches!(column.kind, TableColumnKind::Computed(_)) {
                computed.push((definition, column.name.clone()));
            }
            if matches!(column.kind, TableColumnKind::Metadata { .. }) {
                metadata::check(table.connector(), column.metadata_key(), &column.logical_type).map_err(
                    |(message, hint)| {
                        let diagnostic = error(format!("column '{}': {message}", column.name));
                        match hint {
                            Some(hint) => diagnostic.hint(hint),
                            None => diagnostic,
                        }
                    },
                )?;
            }
            if !names.insert(column.name.clone()) {
                let old = table.columns.iter_mut().find(|c| c.name == column.name);
                match old {
                    Some(old) if overwritten.contains(&column.name) => *old = column,
                    _ => return Err(error(format!("column '{}' exists already", column.name))),
                }
                continue;
            }
            let at = match &definition.position {
                None => table.columns.len(),
                Some(ColumnPosition::First) => 0,
                Some(ColumnPosition::After(name)) => table
                    .columns
                    .iter()
                    .position(|c| c.name == *name)
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
            let nullable = |name: &&String| table.columns.iter().any(|c| c.name == **name && c.nullable);
            let of_like = key.columns.iter().filter(|name| liked && inherited.contains(*name)).find(nullable);
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

    fn table_column(
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

    fn type_computed(
        &self,
        table: &mut Table,
        computed: &[(&ColumnDefinition, String)],
        located: &Located,
    ) -> Done {
        if computed.is_empty() {
            return Ok(());
        }
        let columns = rel_columns(table);
        for (definition, name) in computed {
            let error =
                |message: String| self.expression_error(message, definition.at.place(&located.file), located);
            let Some(index) = table.columns.iter().position(|c| c.name == *name) else { continue };
            let TableColumnKind::Computed(expr) = &table.columns[index].kind else { continue };
            let typed = self.typed(expr, &columns).map_err(error)?;
            let reads = typed.columns();
            if reads.iter().any(|c| matches!(table.columns[*c].kind, TableColumnKind::Computed(_))) {
                return Err(error(format!("computed column '{name}' reads another computed column")));
            }
            if typed.logical_type == LogicalType::Null {
                return Err(error(format!("computed column '{name}' has no type: it is always NULL")));
            }
            table.columns[index].logical_type = typed.logical_type;
            table.columns[index].nullable = typed.nullable;
        }
        Ok(())
    }

    fn check_watermark(&self, table: &Table) -> Done {
        let Some(watermark) = &table.watermark else { return Ok(()) };
        let error = |message: String| Diagnostic::error(message).at(watermark.place.clone());
        let columns = rel_columns(table);
        let Some(rowtime) = columns.iter().find(|c| c.name == watermark.column) else {
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            let diagnostic = error(format!("the watermark's column '{}' does not exist", watermark.column));
            return Err(with_suggestion(diagnostic, &watermark.column, names));
        };
        if !matches!(rowtime.logical_type, LogicalType::Timestamp(0..=3) | LogicalType::TimestampLtz(0..=3)) {
            return Err(error(format!(
                "the watermark's column must be TIMESTAMP(3) or TIMESTAMP_LTZ(3), '{}' is {}",
                rowtime.name, rowtime.logical_type
            )));
        }
        let expr = self.typed(&watermark.expr, &columns).map_err(error)?;
        if !expr.logical_type.is_timestamp() {
            return Err(error(format!("the watermark must be a timestamp, this is {}", expr.logical_type)));
        }
        Ok(())
    }

    fn set_primary_key(
        &self,
        table: &mut Table,
        constraint: Option<String>,
        columns: &[String],
        located: &Located,
    ) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        for key in columns {
            let Some(column) = table.columns.iter_mut().find(|c| c.name == *key) else {
                let diagnostic = at(format!("the primary key's column '{key}' does not exist"));
                return Err(with_suggestion(diagnostic, key, table.columns.iter().map(|c| c.name.as_str())));
            };
            if !matches!(column.kind, TableColumnKind::Physical) {
                return Err(at(format!("the primary key's column '{key}' is not a physical column")));
            }
            column.nullable = false;
        }
        table.primary_key = columns.to_vec();
        table.constraint = constraint;
        Ok(())
    }

    /// Takes the parts of the source table that LIKE names (Flink `MergeTableLikeUtil`). The result names what the new
    /// definition may overwrite; an empty name stands for the watermark.
    fn like(
        &self,
        like: &Like,
        create: &CreateTable,
        table: &mut Table,
        located: &Located,
    ) -> Result<BTreeSet<String>, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = like.source.join(".");
        let Some(source) = self.catalog.table(&like.source) else {
            let what = if self.catalog.view(&like.source).is_some() { "is a view" } else { "does not exist" };
            return Err(with_suggestion(
                at(format!("table '{shown}' of LIKE {what}")),
                &shown,
                self.catalog.names(),
            ));
        };
        let strategy = |feature: &str| {
            let of = |wanted: &str| like.options.iter().find(|(_, f)| f == wanted).map(|(s, _)| s.as_str());
            // Without a word on it: ALL, else INCLUDING; options are overwritten.
            let default = if feature == "OPTIONS" { "OVERWRITING" } else { "INCLUDING" };
            of(feature).or_else(|| of("ALL")).unwrap_or(default).to_owned()
        };
        let mut overwritten = BTreeSet::new();
        for column in &source.columns {
            let feature = match column.kind {
                TableColumnKind::Physical => None,
                TableColumnKind::Metadata { .. } => Some("METADATA"),
                TableColumnKind::Computed(_) => Some("GENERATED"),
            };
            match feature.map(strategy).as_deref() {
                Some("EXCLUDING") => continue,
                Some("OVERWRITING") => {
                    overwritten.insert(column.name.clone());
                }
                _ => {}
            }
            table.columns.push(column.clone());
        }
        if strategy("CONSTRAINTS") != "EXCLUDING" {
            table.primary_key = source.primary_key.clone();
            table.constraint = source.constraint.clone();
        }
        match strategy("WATERMARKS").as_str() {
            "EXCLUDING" => {}
            how => {
                table.watermark = source.watermark.clone();
                if how == "OVERWRITING" {
                    overwritten.insert(String::new());
                }
            }
        }
        match strategy("OPTIONS").as_str() {
            "EXCLUDING" => {}
            how => {
                table.options = source.options.clone();
                if how == "INCLUDING"
                    && let Some((key, _)) =
                        create.options.iter().find(|(k, _)| source.options.contains_key(k))
                {
                    return Err(at(format!("the option '{key}' is in '{shown}' already"))
                        .hint("OVERWRITING OPTIONS lets the new value win"));
                }
            }
        }
        if strategy("PARTITIONS") != "EXCLUDING" {
            if !source.partition_keys.is_empty() && !create.partition_keys.is_empty() {
                return Err(at(format!("'{shown}' has partitions already")).hint("use EXCLUDING PARTITIONS"));
            }
            table.partition_keys = source.partition_keys.clone();
        }
        Ok(overwritten)
    }

    pub(crate) fn create_view(&mut self, create: &CreateView, located: &Located) -> Done {
        let Some(path) = self.new_path(&create.name, create.temporary, create.if_not_exists, located)? else {
            return Ok(());
        };
        let view =
            self.view(&create.query, &create.columns, create.comment.clone(), create.temporary, located)?;
        self.catalog.put(path, create.temporary, Object::View(Arc::new(view)));
        Ok(())
    }

    fn view(
        &self,
        query: &datafusion_sql::sqlparser::ast::Query,
        columns: &[String],
        comment: Option<String>,
        temporary: bool,
        located: &Located,
    ) -> Result<View, Diagnostic> {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let mut qualified = Box::new(query.clone());
        let mut shape = Shape::qualified(&located.file, &self.catalog);
        shape.query(&mut qualified)?;
        self.warn(std::mem::take(&mut shape.warnings));
        // Planned once now, so that an error shows where the view is written.
        let rel = self.planned_query(&qualified, located)?;
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
        let text = query.to_string();
        Ok(View { columns: columns.to_vec(), query: qualified, text, comment, schema, temporary })
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
                (parameters, returns, crate::parse::expression(body).map_err(at)?)
            }
        };
        if function::calls(&body, &last) {
            return Err(
                at(format!("function '{shown}' calls itself")).hint("a function in SQL cannot be recursive")
            );
        }
        Shape::new(&located.file, &self.catalog).expr(&mut body)?;
        let columns: Vec<crate::rel::RelColumn> = parameters
            .iter()
            .map(|(name, logical_type)| crate::rel::RelColumn {
                name: name.clone(),
                logical_type: logical_type.clone(),
                nullable: true,
                time: None,
            })
            .collect();
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

    pub(crate) fn alter_table(&mut self, alter: &AlterTable, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = alter.name.join(".");
        let path = self.catalog.resolve(&alter.name);
        let found = path.as_ref().and_then(|path| self.catalog.at(path, false)).cloned();
        let (Some(path), Some(Object::Table(table))) = (path, found) else {
            if alter.if_exists {
                return Ok(());
            }
            let what = match self.catalog.object(&alter.name) {
                Some(Object::View(_)) => "is a view",
                Some(Object::Table(_)) => "is a temporary table, which Flink does not alter",
                None => "does not exist",
            };
            return Err(with_suggestion(at(format!("table '{shown}' {what}")), &shown, self.catalog.names()));
        };
        let mut table = table.as_ref().clone();
        match &alter.change {
            TableChange::Set(options) => {
                if options.is_empty() {
                    return Err(at("ALTER TABLE … SET needs options".to_owned()));
                }
                table.options.extend(options.iter().cloned());
            }
            TableChange::Reset(keys) => {
                if keys.iter().any(|key| key == "connector") {
                    return Err(at("ALTER TABLE … RESET cannot take away 'connector'".to_owned()));
                }
                keys.iter().for_each(|key| {
                    table.options.remove(key);
                });
            }
            TableChange::Rename(to) => {
                let new = match to.as_slice() {
                    [name] => ObjectPath { name: name.clone(), ..path.clone() },
                    _ => self.catalog.new_path(to).map_err(at)?,
                };
                if self.catalog.at(&new, false).is_some() {
                    return Err(at(format!("'{new}' exists already")));
                }
                self.catalog.remove(&path, false);
                table.name.clone_from(&new.name);
                table.path = new.clone();
                self.catalog.put(new, false, Object::Table(Arc::new(table)));
                return Ok(());
            }
            TableChange::RenameColumn { from, to } => self.rename_column(&mut table, from, to, located)?,
            TableChange::Add(elements) => {
                self.add_elements(&mut table, elements, &BTreeSet::new(), false, located)?
            }
            TableChange::Modify(elements) => self.modify(&mut table, elements, located)?,
            TableChange::DropColumns(names) => self.drop_columns(&mut table, names, located)?,
            TableChange::DropPrimaryKey | TableChange::DropConstraint(_) => {
                if table.primary_key.is_empty() {
                    return Err(at(format!("table '{shown}' has no primary key")));
                }
                if let TableChange::DropConstraint(name) = &alter.change {
                    let own = crate::show::constraint_name(&table);
                    if own != *name {
                        return Err(at(format!(
                            "table '{shown}' has no constraint '{name}'; its key is '{own}'"
                        )));
                    }
                }
                table.primary_key.clear();
                table.constraint = None;
            }
            TableChange::DropWatermark => {
                if table.watermark.take().is_none() {
                    return Err(at(format!("table '{shown}' has no watermark")));
                }
            }
        }
        self.check_table(&table, located)?;
        self.catalog.put(path, false, Object::Table(Arc::new(table)));
        Ok(())
    }

    /// MODIFY: the columns, key or watermark must be there and take the new definition.
    fn modify(&self, table: &mut Table, elements: &TableElements, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let mut computed = Vec::new();
        for definition in &elements.columns {
            let error = |message: String| Diagnostic::error(message).at(definition.at.place(&located.file));
            let Some(old) = table.columns.iter().position(|c| c.name == definition.name) else {
                return Err(error(format!("column '{}' does not exist", definition.name)));
            };
            let mut column = self.table_column(definition, located)?;
            if column.comment.is_none() {
                column.comment.clone_from(&table.columns[old].comment);
            }
            if table.primary_key.contains(&column.name) {
                column.nullable = false;
            }
            if matches!(column.kind, TableColumnKind::Computed(_)) {
                computed.push((definition, column.name.clone()));
            }
            table.columns[old] = column;
            if let Some(position) = &definition.position {
                let column = table.columns.remove(old);
                let to = match position {
                    ColumnPosition::First => 0,
                    ColumnPosition::After(name) => table
                        .columns
                        .iter()
                        .position(|c| c.name == *name)
                        .map(|i| i + 1)
                        .ok_or_else(|| error(format!("the column '{name}' of AFTER does not exist")))?,
                };
                table.columns.insert(to, column);
            }
        }
        self.retype(table, computed, located)?;
        if let Some(watermark) = &elements.watermark {
            if table.watermark.is_none() {
                return Err(at("the table has no watermark to modify".to_owned()).hint("use ADD"));
            }
            let (column, place) = (watermark.column.clone(), watermark.place.clone());
            table.watermark = Some(Watermark { column, expr: watermark.expr.clone(), place });
        }
        self.check_watermark(table)?;
        if let Some(key) = &elements.primary_key {
            if table.primary_key.is_empty() {
                return Err(at("the table has no primary key to modify".to_owned()).hint("use ADD"));
            }
            self.set_primary_key(table, key.constraint.clone(), &key.columns, located)?;
        }
        Ok(())
    }

    /// Types computed columns again after a change of those that they read.
    fn retype(
        &self,
        table: &mut Table,
        computed: Vec<(&ColumnDefinition, String)>,
        located: &Located,
    ) -> Done {
        self.type_computed(table, &computed, located)?;
        let columns = rel_columns(table);
        for index in 0..table.columns.len() {
            let TableColumnKind::Computed(expr) = &table.columns[index].kind else { continue };
            let typed = self.typed(expr, &columns).map_err(|message| {
                let name = &table.columns[index].name;
                Diagnostic::error(format!(
                    "computed column '{name}': {}",
                    crate::typer::message_only(&message)
                ))
                .at(located.place.clone())
            })?;
            table.columns[index].logical_type = typed.logical_type;
            table.columns[index].nullable = typed.nullable;
        }
        Ok(())
    }

    fn rename_column(&self, table: &mut Table, from: &str, to: &str, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        if table.columns.iter().any(|c| c.name == to) {
            return Err(at(format!("column '{to}' exists already")));
        }
        self.column_is_free(table, from, "renamed", located)?;
        for column in table.columns.iter_mut().filter(|c| c.name == from) {
            to.clone_into(&mut column.name);
        }
        for name in table.primary_key.iter_mut().chain(&mut table.partition_keys).filter(|n| *n == from) {
            to.clone_into(name);
        }
        Ok(())
    }

    fn drop_columns(&self, table: &mut Table, names: &[String], located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        for name in names {
            // Columns that go with it do not hold it.
            let mut others = table.clone();
            others.columns.retain(|c| c.name == *name || !names.contains(&c.name));
            self.column_is_free(&others, name, "dropped", located)?;
            if table.primary_key.contains(name) || table.partition_keys.contains(name) {
                return Err(at(format!("column '{name}' cannot be dropped: it is part of a key")));
            }
        }
        table.columns.retain(|c| !names.contains(&c.name));
        Ok(())
    }

    /// Refuses where a computed column or the watermark reads the column.
    fn column_is_free(&self, table: &Table, name: &str, how: &str, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        if !table.columns.iter().any(|c| c.name == name) {
            let diagnostic = at(format!("column '{name}' does not exist"));
            return Err(with_suggestion(diagnostic, name, table.columns.iter().map(|c| c.name.as_str())));
        }
        for column in &table.columns {
            if let TableColumnKind::Computed(expr) = &column.kind
                && function::reads(expr, name)
            {
                return Err(at(format!(
                    "column '{name}' cannot be {how}: column '{}' reads it",
                    column.name
                )));
            }
        }
        let watermark = table.watermark.as_ref();
        if watermark.is_some_and(|w| w.column == name || function::reads(&w.expr, name)) {
            return Err(at(format!("column '{name}' cannot be {how}: the watermark reads it")));
        }
        Ok(())
    }

    pub(crate) fn alter_view(
        &mut self,
        name: &[String],
        if_exists: bool,
        change: &ViewChange,
        located: &Located,
    ) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = name.join(".");
        let path = self.catalog.resolve(name);
        let found = path.as_ref().and_then(|path| self.catalog.at(path, false)).cloned();
        let (Some(path), Some(Object::View(view))) = (path, found) else {
            if if_exists {
                return Ok(());
            }
            return Err(at(format!(
                "view '{shown}' does not exist or is temporary, which Flink does not alter"
            )));
        };
        match change {
            ViewChange::Rename(to) => {
                let new = match to.as_slice() {
                    [name] => ObjectPath { name: name.clone(), ..path.clone() },
                    _ => self.catalog.new_path(to).map_err(at)?,
                };
                if self.catalog.at(&new, false).is_some() {
                    return Err(at(format!("'{new}' exists already")));
                }
                self.catalog.remove(&path, false);
                self.catalog.put(new, false, Object::View(view));
            }
            ViewChange::Query(query) => {
                // It must not read itself: its new query is bound while the old one is out of sight.
                self.catalog.remove(&path, false);
                let new = self.view(query, &[], view.comment.clone(), false, located);
                let object = Object::View(match &new {
                    Ok(new) => Arc::new(new.clone()),
                    Err(_) => view,
                });
                self.catalog.put(path, false, object);
                new?;
            }
        }
        Ok(())
    }

    pub(crate) fn drop_object(&mut self, drop: &Drop, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = drop.name.join(".");
        let done = |found: bool, what: &str| {
            if found || drop.if_exists { Ok(()) } else { Err(at(format!("{what} '{shown}' does not exist"))) }
        };
        match drop.kind {
            ObjectKind::Function => done(self.catalog.remove_function(&drop.name), "function"),
            ObjectKind::Catalog => {
                if self.catalog.current().0 == shown {
                    return Err(at(format!("catalog '{shown}' is in use")));
                }
                done(self.catalog.drop_catalog(&shown), "catalog")
            }
            ObjectKind::Database => self.drop_database(drop, located),
            ObjectKind::Table | ObjectKind::View => {
                let is_view = drop.kind == ObjectKind::View;
                let word = if is_view { "view" } else { "table" };
                let fits = |object: &Object| matches!(object, Object::View(_)) == is_view;
                let Some(path) = self.catalog.resolve(&drop.name) else { return done(false, word) };
                let temporary = self.catalog.at(&path, true).is_some_and(fits);
                if drop.temporary {
                    if temporary {
                        self.catalog.remove(&path, true);
                    }
                    return done(temporary, &format!("temporary {word}"));
                }
                if temporary {
                    return Err(at(format!("there is a temporary {word} '{shown}'"))
                        .hint(format!("DROP TEMPORARY {} drops it", word.to_ascii_uppercase())));
                }
                let found = self.catalog.at(&path, false).is_some_and(fits);
                if found {
                    self.catalog.remove(&path, false);
                }
                done(found, word)
            }
        }
    }

    fn drop_database(&mut self, drop: &Drop, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let (catalog, database) = self.database_path(&drop.name, located)?;
        if !self.catalog.databases(&catalog).contains(&database) {
            let missing = format!("database '{database}' does not exist in catalog '{catalog}'");
            return if drop.if_exists { Ok(()) } else { Err(at(missing)) };
        }
        if !drop.cascade && !self.catalog.visible(&catalog, &database).is_empty() {
            return Err(
                at(format!("database '{database}' is not empty")).hint("add CASCADE to drop its tables too")
            );
        }
        self.catalog.drop_database(&catalog, &database);
        Ok(())
    }

    /// Catalog and database of `[catalog.]database`.
    pub(crate) fn database_path(
        &self,
        name: &[String],
        located: &Located,
    ) -> Result<(String, String), Diagnostic> {
        match name {
            [database] => Ok((self.catalog.current().0.to_owned(), database.clone())),
            [catalog, database] => Ok((catalog.clone(), database.clone())),
            _ => Err(Diagnostic::error(format!("'{}' is no name of a database", name.join(".")))
                .at(located.place.clone())),
        }
    }

    pub(crate) fn create_database(
        &mut self,
        name: &[String],
        if_not_exists: bool,
        located: &Located,
    ) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let (catalog, database) = self.database_path(name, located)?;
        if !self.catalog.catalogs().any(|c| c == catalog) {
            return Err(at(format!("catalog '{catalog}' does not exist")));
        }
        if self.catalog.create_database(&catalog, &database) || if_not_exists {
            Ok(())
        } else {
            Err(at(format!("database '{database}' exists already in catalog '{catalog}'")))
        }
    }

    pub(crate) fn create_catalog(
        &mut self,
        name: &str,
        options: &[(String, String)],
        located: &Located,
    ) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let get = |key: &str| options.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        match get("type") {
            Some("generic_in_memory") => {}
            Some(other) => {
                return Err(at(format!("catalogs of type '{other}' are not supported")).hint(
                    "tables are defined in files; 'type' = 'generic_in_memory' gives an empty catalog",
                ));
            }
            None => return Err(at("the catalog has no option 'type'".to_owned())),
        }
        let known = ["type", "default-database", "property-version"];
        if let Some((key, _)) = options.iter().find(|(k, _)| !known.contains(&k.as_str())) {
            let diagnostic = at(format!("unknown option '{key}' of a catalog"));
            return Err(match suggestion(key, known) {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            });
        }
        if self.catalog.create_catalog(name, get("default-database").unwrap_or("default")) {
            Ok(())
        } else {
            Err(at(format!("catalog '{name}' exists already")))
        }
    }
}
