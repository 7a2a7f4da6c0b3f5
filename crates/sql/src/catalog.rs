//! Tables and views of a session. Everything lives in `default_catalog.default_database`; names are case-sensitive.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion_sql::sqlparser::ast::{Expr as SqlExpr, Query};
use streamsql_core::{Column, LogicalType, Schema};

use crate::diagnostic::Place;

/// A registered table.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<TableColumn>,
    pub watermark: Option<Watermark>,
    /// Names of the primary key's columns.
    pub primary_key: Vec<String>,
    pub options: BTreeMap<String, String>,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct TableColumn {
    pub name: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
    pub kind: TableColumnKind,
}

#[derive(Clone, Debug)]
pub enum TableColumnKind {
    Physical,
    Metadata {
        key: String,
        is_virtual: bool,
    },
    /// Over all columns of the table; may not read other computed ones.
    Computed(Box<SqlExpr>),
}

/// `WATERMARK FOR column AS expr`.
#[derive(Clone, Debug)]
pub struct Watermark {
    pub column: String,
    pub expr: SqlExpr,
    pub place: Place,
}

/// A registered view, inlined where it is read.
#[derive(Clone, Debug)]
pub struct View {
    pub columns: Vec<String>,
    pub query: Box<Query>,
}

impl Table {
    /// All columns, as a query sees them.
    pub fn schema(&self) -> Schema {
        Schema::new(self.columns.iter().map(TableColumn::to_column).collect())
    }

    /// The physical columns, in wire order.
    pub fn physical(&self) -> Schema {
        let physical = self.columns.iter().filter(|c| matches!(c.kind, TableColumnKind::Physical));
        Schema::new(physical.map(TableColumn::to_column).collect())
    }

    /// The columns that INSERT INTO writes: physical and writable metadata columns.
    pub fn sink_schema(&self) -> Schema {
        let written = self.columns.iter().filter(|c| match &c.kind {
            TableColumnKind::Physical => true,
            TableColumnKind::Metadata { is_virtual, .. } => !is_virtual,
            TableColumnKind::Computed(_) => false,
        });
        Schema::new(written.map(TableColumn::to_column).collect())
    }

    pub fn path(&self) -> String {
        format!("default_catalog.default_database.{}", self.name)
    }
}

impl TableColumn {
    fn to_column(&self) -> Column {
        Column::new(&self.name, self.logical_type.clone(), self.nullable)
    }
}

/// Names of a session.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    tables: BTreeMap<String, Arc<Table>>,
    views: BTreeMap<String, View>,
}

impl Catalog {
    /// The bare name of a path in the default catalog and database; `None` for another one.
    pub fn bare_name(parts: &[String]) -> Option<&str> {
        match parts {
            [name] => Some(name),
            [database, name] if database == "default_database" => Some(name),
            [catalog, database, name] if catalog == "default_catalog" && database == "default_database" => {
                Some(name)
            }
            _ => None,
        }
    }

    pub fn table(&self, parts: &[String]) -> Option<Arc<Table>> {
        self.tables.get(Self::bare_name(parts)?).cloned()
    }

    pub fn view(&self, parts: &[String]) -> Option<&View> {
        self.views.get(Self::bare_name(parts)?)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.tables.contains_key(name) || self.views.contains_key(name)
    }

    pub fn add_table(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), Arc::new(table));
    }

    pub fn add_view(&mut self, name: String, view: View) {
        self.views.insert(name, view);
    }

    pub fn remove(&mut self, name: &str) -> bool {
        self.tables.remove(name).is_some() | self.views.remove(name).is_some()
    }

    /// All names, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().chain(self.views.keys()).map(String::as_str)
    }

    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }
}
