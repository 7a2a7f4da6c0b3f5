//! Columns that only types tell: what `*` stands for beside another `*`, the fields of `r.*`, the columns of an
//! UNNEST without names. They are written out, by asking for the columns of FROM.

use datafusion_common::DFSchema;
use datafusion_sql::sqlparser::ast::{
    Expr, Ident, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor,
    TableWithJoins, WildcardAdditionalOptions,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_core::LogicalType;
use streamsql_sql::diagnostic::Diagnostic;

use super::{Checked, Shape, plain_alias};
use crate::bind::names::context::name_parts;

/// The columns of a query, by name and qualifier, and their types in the same order.
pub struct QueryColumns {
    pub names: DFSchema,
    pub types: Vec<LogicalType>,
}

/// Tells the columns of queries whose shape was checked.
pub trait Relations {
    fn columns(&self, query: &Query) -> Result<QueryColumns, Diagnostic>;
}

impl QueryColumns {
    /// Paths of all columns, or of those of one relation.
    pub fn paths<'a>(&'a self, relation: Option<&'a str>) -> impl Iterator<Item = Vec<Ident>> + 'a {
        self.names
            .iter()
            .filter(move |(qualifier, _)| relation.is_none_or(|r| qualifier.is_some_and(|q| q.table() == r)))
            .map(|(qualifier, field)| {
                let parts = qualifier.map(|q| [q.catalog(), q.schema(), Some(q.table())]).unwrap_or_default();
                let parts = parts.into_iter().flatten().chain([field.name().as_str()]);
                parts.map(|part| Ident::with_quote('`', part)).collect()
            })
    }

    /// The type of `column`, `relation.column` or of a field in it.
    fn typed(&self, path: &[Ident]) -> Option<&LogicalType> {
        let named = |relation: Option<&str>, column: &str| {
            self.names.iter().position(|(qualifier, field)| {
                field.name() == column && relation.is_none_or(|r| qualifier.is_some_and(|q| q.table() == r))
            })
        };
        let (position, fields) = match path {
            [relation, column, fields @ ..]
                if let Some(position) = named(Some(&relation.value), &column.value) =>
            {
                (position, fields)
            }
            [column, fields @ ..] => (named(None, &column.value)?, fields),
            [] => return None,
        };
        fields.iter().try_fold(self.types.get(position)?, |logical_type, field| match logical_type {
            LogicalType::Row(columns) => {
                columns.iter().find(|c| c.name == field.value).map(|c| &c.logical_type)
            }
            _ => None,
        })
    }
}

impl Shape<'_> {
    /// Writes out `*` where there are several, and `r.*` of a ROW.
    pub(super) fn expand_stars(&mut self, select: &mut Select) -> Checked {
        let Select { projection, from, selection: _, .. } = select;
        let stars = projection.iter().filter(|item| is_star(item)).count();
        let fields = projection.iter().any(|item| field_star(item, from).is_some());
        let Some(relations) = self.relations.filter(|_| !from.is_empty() && (stars > 1 || fields)) else {
            return Ok(());
        };
        let star = SelectItem::Wildcard(WildcardAdditionalOptions::default());
        let columns = relations.columns(&select_of(vec![star], from.clone()))?;
        let mut expanded = Vec::with_capacity(projection.len());
        for item in projection.drain(..) {
            if let Some(path) = field_star(&item, from) {
                expanded.extend(self.row_fields(path, &columns)?);
                continue;
            }
            let relation = match &item {
                SelectItem::Wildcard(_) => None,
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    name_parts(name).pop()
                }
                _ => {
                    expanded.push(item);
                    continue;
                }
            };
            let columns = columns.paths(relation.as_deref()).map(|mut path| {
                SelectItem::UnnamedExpr(match path.len() {
                    1 => Expr::Identifier(path.remove(0)),
                    _ => Expr::CompoundIdentifier(path),
                })
            });
            expanded.extend(columns);
        }
        *projection = expanded;
        Ok(())
    }

    fn row_fields(&self, path: Vec<Ident>, columns: &QueryColumns) -> Result<Vec<SelectItem>, Diagnostic> {
        let shown = path.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(".");
        let span = path.first().map_or_else(Span::empty, |p| p.span);
        let fields = match columns.typed(&path) {
            Some(LogicalType::Row(fields)) => fields,
            Some(other) => {
                let error =
                    Diagnostic::error(format!("'{shown}.*' takes the fields of a ROW, '{shown}' is {other}"));
                return Err(self.at(error, span));
            }
            None => {
                let error = Diagnostic::error(format!("'{shown}' is no table and no column of type ROW"));
                return Err(self.at(error, span));
            }
        };
        let item = |field: &streamsql_core::Column| {
            let name = Ident::with_quote('`', field.name.clone());
            let mut path = path.clone();
            path.push(Ident { span, ..name.clone() });
            SelectItem::ExprWithAlias { expr: Expr::CompoundIdentifier(path), alias: name }
        };
        Ok(fields.iter().map(item).collect())
    }

    /// Names the columns of UNNESTs as Flink does where the query does not: the fields of rows, `KEY` and `VALUE` of
    /// maps, the alias or `EXPR$0` for single values.
    pub(super) fn name_unnested(&mut self, from: &mut [TableWithJoins]) -> Checked {
        let Some(relations) = self.relations else { return Ok(()) };
        for (table, join) in factors(from) {
            let TableFactor::UNNEST { alias, array_exprs, .. } = &*factor(from, table, join) else {
                continue;
            };
            let named = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
            let ([collection], false, false) = (array_exprs.as_slice(), named, table + join == 0) else {
                continue;
            };
            let (collection, alias) = (collection.clone(), alias.clone());
            let query =
                select_of(vec![SelectItem::UnnamedExpr(collection)], tables_before(from, table, join));
            let collection = relations.columns(&query)?.types.pop();
            let single = alias.as_ref().map_or("EXPR$0", |alias| alias.name.value.as_str());
            let names: Vec<String> = match collection {
                Some(LogicalType::Array(element) | LogicalType::Multiset(element)) => {
                    match element.logical_type {
                        LogicalType::Row(fields) => fields.into_iter().map(|f| f.name).collect(),
                        _ => vec![single.to_owned()],
                    }
                }
                Some(LogicalType::Map(..)) => vec!["KEY".to_owned(), "VALUE".to_owned()],
                // Refused when it is typed.
                _ => vec![single.to_owned()],
            };
            let columns = names.into_iter().map(|name| Ident::with_quote('`', name)).collect();
            let name = match alias {
                Some(alias) => alias.name.value,
                None => format!("$unnest{table}_{join}"),
            };
            if let TableFactor::UNNEST { alias, .. } = factor(from, table, join) {
                *alias = Some(plain_alias(&name, columns));
            }
        }
        Ok(())
    }
}

/// Where the factors of FROM stand: the number of the table and of the join behind it, 0 for the table itself.
pub(super) fn factors(from: &[TableWithJoins]) -> Vec<(usize, usize)> {
    let of_table =
        |(table, from): (usize, &TableWithJoins)| (0..=from.joins.len()).map(move |join| (table, join));
    from.iter().enumerate().flat_map(of_table).collect()
}

pub(super) fn factor(from: &mut [TableWithJoins], table: usize, join: usize) -> &mut TableFactor {
    match join {
        0 => &mut from[table].relation,
        _ => &mut from[table].joins[join - 1].relation,
    }
}

/// The part of FROM before a factor.
pub(super) fn tables_before(from: &[TableWithJoins], table: usize, join: usize) -> Vec<TableWithJoins> {
    let mut before = from[..table].to_vec();
    if let Some(behind) = join.checked_sub(1) {
        let TableWithJoins { relation, joins } = &from[table];
        before.push(TableWithJoins { relation: relation.clone(), joins: joins[..behind].to_vec() });
    }
    before
}

fn is_star(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

/// The path before `.*` where it is no table's.
fn field_star(item: &SelectItem, from: &[TableWithJoins]) -> Option<Vec<Ident>> {
    let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item else {
        return None;
    };
    let path: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident()).cloned().collect();
    let parts: Vec<&str> = path.iter().map(|p| p.value.as_str()).collect();
    let of_table = match parts.as_slice() {
        [relation] => super::names::relation_names(from).iter().any(|name| name == relation),
        _ => from
            .iter()
            .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|j| &j.relation)))
            .any(|factor| match factor {
                TableFactor::Table { name, alias: None, .. } => {
                    let (full, _) = streamsql_sql::hints::TableHints::split(name_parts(name));
                    full.len() >= parts.len() && full[full.len() - parts.len()..] == parts
                }
                _ => false,
            }),
    };
    (!of_table).then_some(path)
}

pub(super) fn select_of(projection: Vec<SelectItem>, from: Vec<TableWithJoins>) -> Query {
    let select = Select {
        select_token: datafusion_sql::sqlparser::ast::helpers::attached_token::AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection,
        exclude: None,
        into: None,
        from,
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: datafusion_sql::sqlparser::ast::GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: datafusion_sql::sqlparser::ast::SelectFlavor::Standard,
    };
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}
