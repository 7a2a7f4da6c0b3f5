//! Flink's statements, parsed.

use std::sync::Arc;

use datafusion_sql::sqlparser::ast::{Expr, Query};
use streamsql_core::LogicalType;

use crate::diagnostic::{Diagnostic, Place};
use crate::hints::TableHints;
use crate::template::Rendered;

/// A statement with where it starts.
#[derive(Clone, Debug)]
pub struct Located {
    pub statement: Statement,
    pub place: Place,
    /// The file, to find the place of a name in it.
    pub file: Arc<Rendered>,
    /// What parsing warned of (unknown hints).
    pub warnings: Vec<Diagnostic>,
}

/// A place in the rendered text, 1-based; made into a [`Place`] only when there is something to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    pub line: u64,
    pub column: u64,
}

impl At {
    pub fn place(self, file: &Rendered) -> Place {
        file.place(self.line, self.column)
    }
}

/// `'key' = 'value'` of WITH and of ALTER TABLE … SET; the value may be a secret.
#[derive(Clone, Debug)]
pub struct TableOption {
    pub key: String,
    pub value: String,
    /// Where the key stands.
    pub at: At,
}

/// What a file may hold.
#[derive(Clone, Debug)]
pub enum Statement {
    CreateTable(Box<CreateTable>),
    CreateView(Box<CreateView>),
    CreateFunction(Box<CreateFunction>),
    CreateCatalog {
        name: String,
        options: Vec<TableOption>,
    },
    CreateDatabase {
        name: Vec<String>,
        if_not_exists: bool,
    },
    AlterTable(Box<AlterTable>),
    AlterView {
        name: Vec<String>,
        change: ViewChange,
    },
    /// Accepted and without effect: options of databases.
    AlterDatabase {
        name: Vec<String>,
    },
    Drop(Drop),
    Insert(Box<Insert>),
    /// `EXECUTE STATEMENT SET BEGIN … END`.
    StatementSet(Vec<Insert>),
    Set {
        key: String,
        value: String,
    },
    /// `SET;`
    ShowSettings,
    Reset(Option<String>),
    Explain {
        /// `ESTIMATED_COST`, `CHANGELOG_MODE`, `JSON_EXECUTION_PLAN`, `PLAN_ADVICE`.
        details: Vec<String>,
        inner: Box<Located>,
    },
    Query(Box<Query>),
    UseCatalog(String),
    UseDatabase(Vec<String>),
    /// What changes nothing here: `USE MODULES core`, and the commands of Flink's client `HELP`, `CLEAR`, `QUIT` and `EXIT`.
    NoOperation,
    Describe(Vec<String>),
    Show(Show),
}

impl Statement {
    /// The statement's words, for messages.
    pub fn title(&self) -> &'static str {
        match self {
            Self::CreateTable(_) => "CREATE TABLE",
            Self::CreateView(_) => "CREATE VIEW",
            Self::CreateFunction(_) => "CREATE FUNCTION",
            Self::CreateCatalog { .. } => "CREATE CATALOG",
            Self::CreateDatabase { .. } => "CREATE DATABASE",
            Self::AlterTable(_) => "ALTER TABLE",
            Self::AlterView { .. } => "ALTER VIEW",
            Self::AlterDatabase { .. } => "ALTER DATABASE",
            Self::Drop(_) => "DROP",
            Self::Insert(_) => "INSERT",
            Self::StatementSet(_) => "EXECUTE STATEMENT SET",
            Self::Set { .. } | Self::ShowSettings => "SET",
            Self::Reset(_) => "RESET",
            Self::Explain { .. } => "EXPLAIN",
            Self::Query(_) => "SELECT",
            Self::UseCatalog(_) | Self::UseDatabase(_) | Self::NoOperation => "USE",
            Self::Describe(_) => "DESCRIBE",
            Self::Show(_) => "SHOW",
        }
    }
}

#[derive(Clone, Debug)]
pub struct CreateTable {
    pub name: Vec<String>,
    pub temporary: bool,
    pub if_not_exists: bool,
    pub elements: TableElements,
    pub comment: Option<String>,
    pub partition_keys: Vec<String>,
    /// Options in order.
    pub options: Vec<TableOption>,
    pub like: Option<Like>,
    /// `AS SELECT …`: the table's columns are the query's, and an INSERT of the query follows.
    pub query: Option<Box<Query>>,
}

/// What stands in the parentheses of CREATE TABLE, ALTER TABLE ADD and MODIFY.
#[derive(Clone, Debug, Default)]
pub struct TableElements {
    pub columns: Vec<ColumnDefinition>,
    pub watermark: Option<WatermarkDefinition>,
    pub primary_key: Option<PrimaryKey>,
}

#[derive(Clone, Debug)]
pub struct PrimaryKey {
    pub constraint: Option<String>,
    pub columns: Vec<String>,
}

/// `LIKE source (…)`.
#[derive(Clone, Debug)]
pub struct Like {
    pub source: Vec<String>,
    /// `INCLUDING | EXCLUDING | OVERWRITING` and the feature, in order.
    pub options: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct ColumnDefinition {
    pub name: String,
    pub kind: ColumnKind,
    pub comment: Option<String>,
    /// `FIRST` or `AFTER column`, in ALTER TABLE only.
    pub position: Option<ColumnPosition>,
    pub at: At,
}

#[derive(Clone, Debug)]
pub enum ColumnPosition {
    First,
    After(String),
}

#[derive(Clone, Debug)]
pub enum ColumnKind {
    Physical {
        logical_type: LogicalType,
        nullable: bool,
    },
    /// `key` defaults to the column's name.
    Metadata {
        logical_type: LogicalType,
        nullable: bool,
        key: Option<String>,
        is_virtual: bool,
    },
    Computed(Box<Expr>),
}

#[derive(Clone, Debug)]
pub struct WatermarkDefinition {
    pub column: String,
    pub expr: Expr,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct CreateView {
    pub name: Vec<String>,
    pub temporary: bool,
    pub if_not_exists: bool,
    pub columns: Vec<String>,
    pub comment: Option<String>,
    pub query: Box<Query>,
    /// The query as it is written.
    pub text: String,
}

/// `CREATE FUNCTION`.
#[derive(Clone, Debug)]
pub struct CreateFunction {
    pub name: Vec<String>,
    pub temporary: bool,
    pub if_not_exists: bool,
    pub body: FunctionBody,
}

#[derive(Clone, Debug)]
pub enum FunctionBody {
    /// Ours: an expression over the parameters.
    Sql { parameters: Vec<(String, LogicalType)>, returns: LogicalType, expr: Box<Expr> },
    /// `AS 'class'`, with the language.
    Class { class: String, language: String },
}

#[derive(Clone, Debug)]
pub struct AlterTable {
    pub name: Vec<String>,
    pub if_exists: bool,
    pub change: TableChange,
}

#[derive(Clone, Debug)]
pub enum TableChange {
    Set(Vec<TableOption>),
    Reset(Vec<String>),
    Rename(Vec<String>),
    RenameColumn { from: String, to: String },
    Add(TableElements),
    Modify(TableElements),
    DropColumns(Vec<String>),
    DropPrimaryKey,
    DropConstraint(String),
    DropWatermark,
    AddPartitions { if_not_exists: bool, partitions: Vec<PartitionSpec> },
    DropPartitions { if_exists: bool, partitions: Vec<PartitionSpec> },
}

/// `PARTITION (column = literal, …)`, values as texts.
pub type PartitionSpec = Vec<(String, String)>;

#[derive(Clone, Debug)]
pub enum ViewChange {
    Rename(Vec<String>),
    Query { query: Box<Query>, text: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Table,
    View,
    Function,
    Database,
    Catalog,
}

#[derive(Clone, Debug)]
pub struct Drop {
    pub kind: ObjectKind,
    pub temporary: bool,
    pub if_exists: bool,
    pub name: Vec<String>,
    pub cascade: bool,
}

#[derive(Clone, Debug)]
pub struct Insert {
    pub target: Vec<String>,
    pub hints: TableHints,
    /// `PARTITION (column = literal)`.
    pub partition: Vec<(String, Expr)>,
    pub columns: Vec<String>,
    pub query: Box<Query>,
    pub place: Place,
}

/// `SHOW …`.
#[derive(Clone, Debug)]
pub enum Show {
    Tables { database: Option<Vec<String>>, like: Option<LikeFilter> },
    Views,
    Columns { table: Vec<String>, like: Option<LikeFilter> },
    CreateTable(Vec<String>),
    CreateView(Vec<String>),
    Databases,
    Catalogs,
    CurrentCatalog,
    CurrentDatabase,
    Functions { user_only: bool, database: Option<Vec<String>>, like: Option<LikeFilter> },
    Modules { full: bool },
    Jars,
    Partitions { table: Vec<String>, of: PartitionSpec },
}

/// `[NOT] LIKE 'pattern'`, or `ILIKE`.
#[derive(Clone, Debug)]
pub struct LikeFilter {
    pub negated: bool,
    pub ignores_case: bool,
    pub pattern: String,
}
