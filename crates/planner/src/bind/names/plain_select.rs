//! Wide SELECTs of plain columns, projected here: DataFusion's planner compares every column of a SELECT with every
//! other one, which takes a second for 1600 of them.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion_common::{Column, DFSchema, Result, TableReference};
use datafusion_expr::{Expr, LogicalPlan, Projection};
use datafusion_sql::sqlparser::ast::{
    Expr as SqlExpr, GroupByExpr, Ident, Query, Select, SelectItem, SetExpr, TableFactor, TableWithJoins,
    Value,
};

/// Fewer columns are as quickly planned by DataFusion.
const WIDE: usize = 64;

/// DataFusion's plan of a query, which `plan` makes of it or of the same query with `1` in place of its columns.
///
/// # Errors
/// Those of `plan`.
pub fn planned(query: &Query, mut plan: impl FnMut(Query) -> Result<LogicalPlan>) -> Result<LogicalPlan> {
    if let Some(plain) = PlainSelect::of(query)
        && let Some(plan) = plan(plain.narrow.clone()).ok().and_then(|narrow| plain.over(narrow))
    {
        return Ok(plan);
    }
    plan(query.clone())
}

/// A `SELECT *` or a wide SELECT of plain columns, taken apart.
struct PlainSelect {
    narrow: Query,
    /// Empty for `*`.
    columns: Vec<PlainColumn>,
}

struct PlainColumn {
    table: Option<String>,
    name: String,
    alias: Option<String>,
}

impl PlainSelect {
    /// `None` where the query is anything else than `*` or many columns FROM … WHERE ….
    fn of(query: &Query) -> Option<Self> {
        let SetExpr::Select(select) = query.body.as_ref() else { return None };
        let no_groups = matches!(&select.group_by, GroupByExpr::Expressions(by, with) if by.is_empty() && with.is_empty());
        let plain = query.with.is_none()
            && query.order_by.is_none()
            && query.limit_clause.is_none()
            && query.fetch.is_none()
            && select.distinct.is_none()
            && select.having.is_none()
            && select.named_window.is_empty()
            && no_groups;
        if !plain || select.from.is_empty() {
            return None;
        }
        let columns = if is_star(select) {
            Vec::new()
        } else if select.projection.len() >= WIDE {
            select.projection.iter().map(PlainColumn::of).collect::<Option<Vec<_>>>()?
        } else {
            return None;
        };
        let mut narrow = query.clone();
        if let SetExpr::Select(select) = narrow.body.as_mut() {
            let one = SqlExpr::Value(Value::Number("1".to_owned(), false).into());
            select.projection = vec![SelectItem::UnnamedExpr(one)];
        }
        Some(Self { narrow, columns })
    }

    /// The columns over the plan of the narrow query. `None` where a column has not exactly one meaning: DataFusion then
    /// says what is wrong.
    fn over(&self, narrow: LogicalPlan) -> Option<LogicalPlan> {
        let LogicalPlan::Projection(Projection { input, .. }) = narrow else { return None };
        let schema = Arc::clone(input.schema());
        if self.columns.is_empty() {
            let columns = schema.columns().into_iter().map(Expr::Column).collect();
            return Projection::try_new_with_schema(columns, input, schema).ok().map(LogicalPlan::Projection);
        }
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::with_capacity(schema.fields().len());
        for (i, field) in schema.fields().iter().enumerate() {
            by_name.entry(field.name()).or_default().push(i);
        }
        let mut expressions = Vec::with_capacity(self.columns.len());
        let mut fields = Vec::with_capacity(self.columns.len());
        for PlainColumn { table, name, alias } in &self.columns {
            let of_table = |i: &usize| {
                table
                    .as_deref()
                    .is_none_or(|table| schema.qualified_field(*i).0.is_some_and(|q| q.table() == table))
            };
            let mut meant = by_name.get(name.as_str())?.iter().copied().filter(|i| of_table(i));
            let (Some(index), None) = (meant.next(), meant.next()) else { return None };
            let (qualifier, field) = schema.qualified_field(index);
            let column = Expr::Column(Column::new(qualifier.cloned(), name));
            match alias.as_ref().filter(|alias| *alias != name) {
                Some(alias) => {
                    expressions.push(column.alias(alias));
                    fields.push((None::<TableReference>, Arc::new(field.as_ref().clone().with_name(alias))));
                }
                None => {
                    expressions.push(column);
                    fields.push((qualifier.cloned(), Arc::clone(field)));
                }
            }
        }
        let projected = DFSchema::new_with_metadata(fields, schema.metadata().clone()).ok()?;
        let projection = Projection::try_new_with_schema(expressions, input, Arc::new(projected)).ok()?;
        Some(LogicalPlan::Projection(projection))
    }
}

/// `SELECT *` from one table or subquery. A join may name columns once that both sides have.
fn is_star(select: &Select) -> bool {
    let one = match select.from.as_slice() {
        [TableWithJoins { relation: TableFactor::Table { .. } | TableFactor::Derived { .. }, joins }] => {
            joins.is_empty()
        }
        _ => false,
    };
    one && matches!(select.projection.as_slice(), [SelectItem::Wildcard(options)] if options.to_string().is_empty())
}

impl PlainColumn {
    fn of(item: &SelectItem) -> Option<Self> {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
            _ => return None,
        };
        let of = |table: Option<&Ident>, name: &Ident| {
            Some(Self { table: table.map(|table| table.value.clone()), name: name.value.clone(), alias })
        };
        match expr {
            SqlExpr::Identifier(name) => of(None, name),
            SqlExpr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, name] => of(Some(table), name),
                _ => None,
            },
            _ => None,
        }
    }
}
