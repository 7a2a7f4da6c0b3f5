//! Statements that change or drop what the catalog holds: ALTER TABLE, ALTER VIEW, DROP.

use std::collections::BTreeSet;
use std::sync::Arc;

use streamsql_sql::catalog::{Object, ObjectPath, Table, TableColumn, TableColumnKind, Watermark};
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::function;
use streamsql_sql::statement::{
    AlterTable, ColumnDefinition, ColumnPosition, Drop, Located, ObjectKind, PartitionSpec, TableChange,
    TableElements, ViewChange,
};

use crate::emit::TableExpressions;
use crate::session::{Session, rel_columns, with_suggestion};

type Done = Result<(), Diagnostic>;

impl Session {
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
        if let TableChange::Rename(to) = &alter.change {
            let new = match to.as_slice() {
                [name] => ObjectPath { name: name.clone(), ..path.clone() },
                _ => self.catalog.new_path(to).map_err(at)?,
            };
            if self.catalog.at(&new, false).is_some() {
                return Err(at(format!("'{new}' exists already")));
            }
            self.catalog.remove(&path, false);
            let renamed = Table { name: new.name.clone(), path: new.clone(), ..table.as_ref().clone() };
            self.catalog.put(new, false, Object::Table(Arc::new(renamed)));
            return Ok(());
        }
        drop(table);
        // Taken out and changed in place: a file of many ALTERs does not copy the table for each.
        let Some(Object::Table(mut table)) = self.catalog.remove(&path, false) else { return Ok(()) };
        let done = self.change(Arc::make_mut(&mut table), alter, located);
        self.catalog.put(path, false, Object::Table(table));
        done
    }

    /// Changes a table, or leaves it as it is where that is an error.
    fn change(&self, table: &mut Table, alter: &AlterTable, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = alter.name.join(".");
        match &alter.change {
            TableChange::Set(options) => table.set_options(options, &located.file),
            TableChange::Reset(keys) => {
                if let Some(key) =
                    keys.iter().find(|key| matches!(key.as_str(), "connector" | "connector.type"))
                {
                    return Err(at(format!("ALTER TABLE … RESET cannot take away '{key}'")));
                }
                for key in keys {
                    table.options.remove(key);
                }
            }
            // Whoever is renamed changes its name in the catalog.
            TableChange::Rename(_) => {}
            TableChange::Add(elements) => return self.add(table, elements, located),
            TableChange::RenameColumn { from, to } => self.rename_column(table, from, to, located)?,
            TableChange::Modify(elements) => {
                let mut modified = table.clone();
                self.modify(&mut modified, elements, located)?;
                self.check_table(&modified, located)?;
                *table = modified;
            }
            TableChange::DropColumns(names) => self.drop_columns(table, names, located)?,
            TableChange::DropPrimaryKey | TableChange::DropConstraint(_) => {
                if table.primary_key.is_empty() {
                    return Err(at(format!("table '{shown}' has no primary key")));
                }
                if let TableChange::DropConstraint(name) = &alter.change {
                    let own = super::show::constraint_name(table);
                    if own != *name {
                        return Err(at(format!(
                            "table '{shown}' has no constraint '{name}'; its key is '{own}'"
                        )));
                    }
                }
                table.primary_key.clear();
                table.constraint = None;
            }
            TableChange::AddPartitions { if_not_exists, partitions } => {
                for spec in partitions {
                    let partition = partition_name(table, spec, true).map_err(&at)?;
                    if !table.partitions.insert(partition.clone()) && !if_not_exists {
                        return Err(at(format!("table '{shown}' has partition '{partition}' already")));
                    }
                }
            }
            TableChange::DropPartitions { if_exists, partitions } => {
                for spec in partitions {
                    let partition = partition_name(table, spec, true).map_err(&at)?;
                    if !table.partitions.remove(&partition) && !if_exists {
                        return Err(at(format!("table '{shown}' has no partition '{partition}'"))
                            .hint("those that ALTER TABLE … ADD PARTITION has added can be dropped"));
                    }
                }
            }
            TableChange::DropWatermark => {
                if table.watermark.take().is_none() {
                    return Err(at(format!("table '{shown}' has no watermark")));
                }
            }
        }
        Ok(())
    }

    /// ADD: what was put in before an error is taken out again.
    fn add(&self, table: &mut Table, elements: &TableElements, located: &Located) -> Done {
        let is_new = |name: &String| table.columns.position(name).is_none();
        let new: BTreeSet<&String> =
            elements.columns.iter().map(|c| &c.name).filter(|name| is_new(name)).collect();
        let (watermark, key) = (table.watermark.clone(), table.primary_key.len());
        let done = self
            .add_elements(table, elements, &BTreeSet::new(), false, located)
            .and_then(|()| self.check_table(table, located));
        if done.is_err() {
            table.columns.retain(|column| !new.contains(&column.name));
            table.watermark = watermark;
            if key == 0 {
                table.primary_key.clear();
                table.constraint = None;
            }
        }
        done
    }

    /// MODIFY: the columns, key or watermark must be there and take the new definition.
    fn modify(&self, table: &mut Table, elements: &TableElements, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let mut computed = Vec::new();
        for definition in &elements.columns {
            let error = |message: String| Diagnostic::error(message).at(definition.at.place(&located.file));
            let Some(old) = table.columns.position(&definition.name) else {
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
            table.columns.replace(old, column);
            if let Some(position) = &definition.position {
                let column = table.columns.remove(old);
                let to = match position {
                    ColumnPosition::First => 0,
                    ColumnPosition::After(name) => table
                        .columns
                        .position(name)
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
                    crate::bind::typing::place::message_only(&message)
                ))
                .at(located.place.clone())
            })?;
            table.columns.set_type(index, typed.logical_type, typed.nullable);
        }
        Ok(())
    }

    fn rename_column(&self, table: &mut Table, from: &str, to: &str, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        if table.columns.position(to).is_some() {
            return Err(at(format!("column '{to}' exists already")));
        }
        self.column_is_free(table, from, &|_| false, "renamed", located)?;
        if let Some(position) = table.columns.position(from) {
            let renamed = TableColumn { name: to.to_owned(), ..table.columns[position].clone() };
            table.columns.replace(position, renamed);
        }
        for name in table.primary_key.iter_mut().chain(&mut table.partition_keys).filter(|n| *n == from) {
            to.clone_into(name);
        }
        Ok(())
    }

    fn drop_columns(&self, table: &mut Table, names: &[String], located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(name)) {
            return Err(at(format!("column '{twice}' is dropped twice")));
        }
        for name in names {
            // Columns that go with it do not hold it.
            self.column_is_free(
                table,
                name,
                &|other| other != name && seen.contains(other),
                "dropped",
                located,
            )?;
            if table.primary_key.contains(name) || table.partition_keys.contains(name) {
                return Err(at(format!("column '{name}' cannot be dropped: it is part of a key")));
            }
        }
        table.columns.retain(|c| !seen.contains(c.name.as_str()));
        Ok(())
    }

    /// Refuses where the watermark or a computed column that is not `gone` reads the column.
    fn column_is_free(
        &self,
        table: &Table,
        name: &str,
        gone: &dyn Fn(&str) -> bool,
        how: &str,
        located: &Located,
    ) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        if table.columns.position(name).is_none() {
            let diagnostic = at(format!("column '{name}' does not exist"));
            return Err(with_suggestion(diagnostic, name, table.columns.iter().map(|c| c.name.as_str())));
        }
        for column in table.columns.iter().filter(|column| !gone(&column.name)) {
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

    pub(crate) fn alter_view(&mut self, name: &[String], change: &ViewChange, located: &Located) -> Done {
        let at = |message: String| Diagnostic::error(message).at(located.place.clone());
        let shown = name.join(".");
        let path = self.catalog.resolve(name);
        let found = path.as_ref().and_then(|path| self.catalog.at(path, false)).cloned();
        let (Some(path), Some(Object::View(view))) = (path, found) else {
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
            ViewChange::Query { query, text } => {
                // It must not read itself: its new query is bound while the old one is out of sight.
                self.catalog.remove(&path, false);
                let new = self.view(query, text, &[], view.comment.clone(), false, located);
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
}

/// `k=a/n=1`, in the order of the table's partition columns.
///
/// # Errors
/// The table has no partitions, the specification names another column, or (`whole`) not all of them.
pub(super) fn partition_name(table: &Table, spec: &PartitionSpec, whole: bool) -> Result<String, String> {
    if table.partition_keys.is_empty() {
        return Err(format!("table '{}' is not partitioned", table.name));
    }
    if let Some((other, _)) = spec.iter().find(|(column, _)| !table.partition_keys.contains(column)) {
        return Err(format!("'{other}' is no partition column of table '{}'", table.name));
    }
    if whole && spec.len() != table.partition_keys.len() {
        return Err(format!("PARTITION names all of ({})", table.partition_keys.join(", ")));
    }
    let value = |key: &String| spec.iter().find(|(column, _)| column == key);
    let parts = table.partition_keys.iter().filter_map(value);
    Ok(parts.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("/"))
}
