//! Catalogs, databases, tables, views and functions of a session. Names are case-sensitive, those of functions are not.
//!
//! A temporary object hides a permanent one of the same path, as in Flink's `CatalogManager`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use datafusion_sql::sqlparser::ast::{Expr as SqlExpr, Query};
use streamsql_core::{Column, LogicalType, Schema};

use crate::diagnostic::Place;
use crate::function::SqlFunction;
use crate::hints::TableHints;
use crate::statement::TableOption;
use crate::table_columns::TableColumns;
use crate::template::Rendered;

pub const DEFAULT_CATALOG: &str = "default_catalog";
pub const DEFAULT_DATABASE: &str = "default_database";

/// Where an object is registered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPath {
    pub catalog: String,
    pub database: String,
    pub name: String,
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.catalog, self.database, self.name)
    }
}

impl ObjectPath {
    /// With the parts in backticks.
    pub fn quoted(&self) -> String {
        let quote = |part: &str| format!("`{}`", part.replace('`', "``"));
        format!("{}.{}.{}", quote(&self.catalog), quote(&self.database), quote(&self.name))
    }
}

/// A registered table.
#[derive(Clone, Debug)]
pub struct Table {
    pub path: ObjectPath,
    /// The last part of the path.
    pub name: String,
    pub columns: TableColumns,
    pub watermark: Option<Watermark>,
    /// Name of the key's constraint; `PK_…` where none was given.
    pub constraint: Option<String>,
    /// Names of the primary key's columns.
    pub primary_key: Vec<String>,
    pub partition_keys: Vec<String>,
    /// Partitions that ALTER TABLE has added, `k=a/n=1`. Rows are read and written whatever it says: those of a table are in
    /// its files.
    pub partitions: BTreeSet<String>,
    pub comment: Option<String>,
    pub options: BTreeMap<String, String>,
    /// Where each option is written; the table's own place counts for one that is not here.
    pub option_places: BTreeMap<String, Place>,
    /// Options of a LOOKUP hint for this reference.
    pub lookup_hint: BTreeMap<String, String>,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct TableColumn {
    pub name: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
    pub kind: TableColumnKind,
    pub comment: Option<String>,
}

#[derive(Clone, Debug)]
pub enum TableColumnKind {
    Physical,
    Metadata {
        /// Defaults to the column's name.
        key: Option<String>,
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
    /// Given names; empty where the query's are used.
    pub columns: Vec<String>,
    /// Names of tables in it are full paths.
    pub query: Box<Query>,
    /// The query as written, for SHOW CREATE VIEW.
    pub text: String,
    pub comment: Option<String>,
    /// Its columns when it was created.
    pub schema: Schema,
    pub temporary: bool,
    /// 1 where it reads tables only, one more than the deepest view that it reads.
    pub depth: usize,
    pub place: Place,
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

    /// The metadata columns among them: their keys and positions.
    pub fn sink_metadata(&self) -> Vec<(String, usize)> {
        let written = self.columns.iter().filter(|c| {
            !matches!(
                &c.kind,
                TableColumnKind::Computed(_) | TableColumnKind::Metadata { is_virtual: true, .. }
            )
        });
        let metadata =
            written.enumerate().filter(|(_, c)| matches!(&c.kind, TableColumnKind::Metadata { .. }));
        metadata.map(|(position, c)| (c.metadata_key().to_owned(), position)).collect()
    }

    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// The table with the options of a hint over its own.
    ///
    /// # Errors
    /// Hints are switched off, or the option cannot be given there.
    pub fn with_hints(self: &Arc<Self>, hints: &TableHints, allowed: bool) -> Result<Arc<Self>, String> {
        if *hints == TableHints::default() {
            return Ok(Arc::clone(self));
        }
        if !hints.options.is_empty() && !allowed {
            return Err(
                "the hint OPTIONS is switched off by table.dynamic-table-options.enabled = false".to_owned()
            );
        }
        let mut table = self.as_ref().clone();
        for (key, value) in &hints.options {
            table.options.insert(key.clone(), value.clone());
            match &hints.place {
                Some(place) => table.option_places.insert(key.clone(), place.clone()),
                None => table.option_places.remove(key),
            };
        }
        table.lookup_hint = hints.lookup.iter().cloned().collect();
        Ok(Arc::new(table))
    }

    /// Sets options that stand in a file.
    pub fn set_options(&mut self, options: &[TableOption], file: &Rendered) {
        for TableOption { key, value, at } in options {
            self.options.insert(key.clone(), value.clone());
            self.option_places.insert(key.clone(), at.place(file));
        }
    }

    /// Where an option is written, or the table where it is not.
    pub fn place_of(&self, option: Option<&str>) -> &Place {
        option.and_then(|key| self.option_places.get(key)).unwrap_or(&self.place)
    }

    /// The option that a connector's or format's message names.
    pub fn option_named_in(&self, message: &str) -> Option<&str> {
        let keys = || self.options.keys().map(String::as_str);
        let quoted = message.split('\'').skip(1).step_by(2);
        quoted.filter_map(|text| keys().find(|key| *key == text)).next().or_else(|| {
            keys().filter(|key| key.contains('.') && message.contains(key)).max_by_key(|key| key.len())
        })
    }

    pub fn connector(&self) -> &str {
        self.options.get("connector").map(String::as_str).unwrap_or_default()
    }
}

impl TableColumn {
    /// The key of a metadata column: the one given, or the column's name.
    pub fn metadata_key(&self) -> &str {
        match &self.kind {
            TableColumnKind::Metadata { key: Some(key), .. } => key,
            _ => &self.name,
        }
    }

    fn to_column(&self) -> Column {
        Column::new(&self.name, self.logical_type.clone(), self.nullable)
    }
}

/// What stands behind a name.
#[derive(Clone, Debug)]
pub enum Object {
    Table(Arc<Table>),
    View(Arc<View>),
}

/// Names of a session. A copy shares what it holds: every query is planned over one.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Databases of each catalog.
    catalogs: Arc<BTreeMap<String, Vec<String>>>,
    permanent: Objects,
    temporary: Objects,
    /// By lower-case path.
    functions: Arc<BTreeMap<ObjectPath, Arc<SqlFunction>>>,
    /// How often an object was replaced, hidden or removed.
    changes: u64,
    current_catalog: String,
    current_database: String,
}

type Objects = Arc<BTreeMap<ObjectPath, Object>>;

impl Default for Catalog {
    fn default() -> Self {
        let catalogs = BTreeMap::from([(DEFAULT_CATALOG.to_owned(), vec![DEFAULT_DATABASE.to_owned()])]);
        Self {
            catalogs: Arc::new(catalogs),
            permanent: Objects::default(),
            temporary: Objects::default(),
            functions: Arc::default(),
            changes: 0,
            current_catalog: DEFAULT_CATALOG.to_owned(),
            current_database: DEFAULT_DATABASE.to_owned(),
        }
    }
}

impl Catalog {
    /// The full path of a name of one to three parts, without asking whether anything is there.
    pub fn resolve(&self, parts: &[String]) -> Option<ObjectPath> {
        let (catalog, database, name) = match parts {
            [name] => (&self.current_catalog, &self.current_database, name),
            [database, name] => (&self.current_catalog, database, name),
            [catalog, database, name] => (catalog, database, name),
            _ => return None,
        };
        Some(ObjectPath { catalog: catalog.clone(), database: database.clone(), name: name.clone() })
    }

    /// The path under which a new object would be registered; the error says which part does not exist.
    pub fn new_path(&self, parts: &[String]) -> Result<ObjectPath, String> {
        let path = self
            .resolve(parts)
            .ok_or_else(|| format!("'{}' has more than catalog, database and name", parts.join(".")))?;
        let databases = self
            .catalogs
            .get(&path.catalog)
            .ok_or_else(|| format!("catalog '{}' does not exist", path.catalog))?;
        if databases.contains(&path.database) {
            Ok(path)
        } else {
            Err(format!("database '{}' does not exist in catalog '{}'", path.database, path.catalog))
        }
    }

    pub fn object(&self, parts: &[String]) -> Option<&Object> {
        let path = self.resolve(parts)?;
        self.temporary.get(&path).or_else(|| self.permanent.get(&path))
    }

    pub fn table(&self, parts: &[String]) -> Option<Arc<Table>> {
        match self.object(parts)? {
            Object::Table(table) => Some(Arc::clone(table)),
            Object::View(_) => None,
        }
    }

    pub fn view(&self, parts: &[String]) -> Option<Arc<View>> {
        match self.object(parts)? {
            Object::View(view) => Some(Arc::clone(view)),
            Object::Table(_) => None,
        }
    }

    /// The object that lives at a path, permanent or temporary.
    pub fn at(&self, path: &ObjectPath, temporary: bool) -> Option<&Object> {
        if temporary { &self.temporary } else { &self.permanent }.get(path)
    }

    pub fn put(&mut self, path: ObjectPath, temporary: bool, object: Object) {
        let replaced = self.objects(temporary).insert(path, object);
        self.changes += u64::from(temporary || replaced.is_some());
    }

    pub fn remove(&mut self, path: &ObjectPath, temporary: bool) -> Option<Object> {
        self.changes += 1;
        self.objects(temporary).remove(path)
    }

    fn objects(&mut self, temporary: bool) -> &mut BTreeMap<ObjectPath, Object> {
        Arc::make_mut(if temporary { &mut self.temporary } else { &mut self.permanent })
    }

    /// As long as this number stays, every name means what it meant.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Names of all tables and views of the current database, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.visible(&self.current_catalog, &self.current_database).into_iter().map(|(name, _)| name)
    }

    /// Tables and views of a database by name; temporary ones hide permanent ones.
    pub fn visible(&self, catalog: &str, database: &str) -> Vec<(&str, &Object)> {
        let mut found: BTreeMap<&str, &Object> = BTreeMap::new();
        for (path, object) in self.permanent.iter().chain(self.temporary.iter()) {
            if path.catalog == catalog && path.database == database {
                found.insert(&path.name, object);
            }
        }
        found.into_iter().collect()
    }

    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.permanent.values().chain(self.temporary.values()).filter_map(|object| match object {
            Object::Table(table) => Some(table),
            Object::View(_) => None,
        })
    }

    pub fn current(&self) -> (&str, &str) {
        (&self.current_catalog, &self.current_database)
    }

    pub fn catalogs(&self) -> impl Iterator<Item = &str> {
        self.catalogs.keys().map(String::as_str)
    }

    /// Databases of a catalog, in the order of creation; empty for an unknown catalog.
    pub fn databases(&self, catalog: &str) -> &[String] {
        self.catalogs.get(catalog).map_or(&[], Vec::as_slice)
    }

    /// Registers a catalog with its default database; false where it exists.
    pub fn create_catalog(&mut self, name: &str, database: &str) -> bool {
        if self.catalogs.contains_key(name) {
            return false;
        }
        Arc::make_mut(&mut self.catalogs).insert(name.to_owned(), vec![database.to_owned()]);
        true
    }

    pub fn drop_catalog(&mut self, name: &str) -> bool {
        self.objects(false).retain(|path, _| path.catalog != name);
        Arc::make_mut(&mut self.catalogs).remove(name).is_some()
    }

    /// False where it exists.
    pub fn create_database(&mut self, catalog: &str, name: &str) -> bool {
        match Arc::make_mut(&mut self.catalogs).get_mut(catalog) {
            Some(databases) if !databases.iter().any(|d| d == name) => {
                databases.push(name.to_owned());
                true
            }
            _ => false,
        }
    }

    pub fn drop_database(&mut self, catalog: &str, name: &str) {
        if let Some(databases) = Arc::make_mut(&mut self.catalogs).get_mut(catalog) {
            databases.retain(|d| d != name);
        }
        self.objects(false).retain(|path, _| path.catalog != catalog || path.database != name);
    }

    /// False where there is no such catalog. Its first database becomes the current one.
    pub fn use_catalog(&mut self, name: &str) -> bool {
        let Some(first) = self.catalogs.get(name).map(|d| d.first().cloned().unwrap_or_default()) else {
            return false;
        };
        self.current_catalog = name.to_owned();
        self.current_database = first;
        true
    }

    /// False where there is no such database.
    pub fn use_database(&mut self, catalog: &str, name: &str) -> bool {
        if !self.databases(catalog).iter().any(|d| d == name) {
            return false;
        }
        self.current_catalog = catalog.to_owned();
        self.current_database = name.to_owned();
        true
    }

    /// A user's function; names of functions are case-insensitive.
    pub fn function(&self, parts: &[String]) -> Option<&Arc<SqlFunction>> {
        self.functions.get(&self.function_path(parts)?)
    }

    /// False where it exists.
    pub fn add_function(&mut self, parts: &[String], function: SqlFunction) -> bool {
        let Some(path) = self.function_path(parts) else { return false };
        let new = !self.functions.contains_key(&path);
        if new {
            Arc::make_mut(&mut self.functions).insert(path, Arc::new(function));
        }
        new
    }

    pub fn remove_function(&mut self, parts: &[String]) -> bool {
        self.function_path(parts)
            .is_some_and(|path| Arc::make_mut(&mut self.functions).remove(&path).is_some())
    }

    /// Names of the functions of a database.
    pub fn function_names(&self, catalog: &str, database: &str) -> impl Iterator<Item = &str> {
        self.functions
            .keys()
            .filter(move |path| (path.catalog.as_str(), path.database.as_str()) == (catalog, database))
            .map(|path| path.name.as_str())
    }

    fn function_path(&self, parts: &[String]) -> Option<ObjectPath> {
        let mut path = self.resolve(parts)?;
        path.name = path.name.to_lowercase();
        Some(path)
    }
}
