//! Flink's statements, parsed.

use std::sync::Arc;

use datafusion_sql::sqlparser::ast::{Expr, Query};
use streamsql_core::LogicalType;

use crate::diagnostic::Place;
use crate::template::Rendered;

/// A statement with where it starts.
#[derive(Clone, Debug)]
pub struct Located {
    pub statement: Statement,
    pub place: Place,
    /// The file, to find the place of a name in it.
    pub file: Arc<Rendered>,
}

/// What a file may hold.
#[derive(Clone, Debug)]
pub enum Statement {
    CreateTable(Box<CreateTable>),
    CreateView(Box<CreateView>),
    Insert(Box<Insert>),
    /// `EXECUTE STATEMENT SET BEGIN … END`.
    StatementSet(Vec<Insert>),
    Set {
        key: String,
        value: String,
    },
    Reset(Option<String>),
    Explain(Box<Located>),
    Query(Box<Query>),
    /// `USE`, which only repeats the default catalog or database.
    Use(Vec<String>),
    Drop {
        kind: String,
        name: Vec<String>,
        if_exists: bool,
    },
}

#[derive(Clone, Debug)]
pub struct CreateTable {
    pub name: Vec<String>,
    pub if_not_exists: bool,
    pub columns: Vec<ColumnDefinition>,
    pub watermark: Option<WatermarkDefinition>,
    pub primary_key: Vec<String>,
    /// Options in order; values may be secrets.
    pub options: Vec<(String, String)>,
    pub like: Option<Like>,
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
    pub place: Place,
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
        key: String,
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
    pub if_not_exists: bool,
    pub columns: Vec<String>,
    pub query: Box<Query>,
}

#[derive(Clone, Debug)]
pub struct Insert {
    pub target: Vec<String>,
    pub columns: Vec<String>,
    pub query: Box<Query>,
    pub place: Place,
}
