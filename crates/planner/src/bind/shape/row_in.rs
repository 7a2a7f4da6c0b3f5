//! `(a, b) IN (SELECT x, y …)`: DataFusion's planner takes one column there, so several are written as one row.

use datafusion_sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, SetExpr, Statement, TableFactor,
};
use datafusion_sql::sqlparser::parser::Parser;
use streamsql_sql::dialect::FlinkDialect;
use streamsql_sql::parse::expression::call;

/// The columns of the subquery are named like this, with their number.
const COLUMN: &str = "$in";

/// Rewrites `expr` where it is such an IN.
pub fn rewrite(expr: &mut Expr) {
    let Expr::InSubquery { expr: value, subquery, .. } = expr else { return };
    let Some(values) = row(value) else { return };
    if is_row_of_columns(subquery) {
        return;
    }
    let columns: Vec<String> = (0..values.len()).map(|i| format!("`{COLUMN}{i}`")).collect();
    let columns = columns.join(", ");
    let text = format!("SELECT ROW({columns}) FROM (SELECT 1) AS `{COLUMN}` ({columns})");
    let Ok(mut parsed) = Parser::parse_sql(&FlinkDialect, &text) else { return };
    let Some(Statement::Query(mut query)) = parsed.pop() else { return };
    if put_in(&mut query, subquery) {
        **value = call("ROW", values);
        *subquery = query;
    }
}

/// Whether a subquery is one that was written so.
fn is_row_of_columns(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    match select.from.first().map(|table| &table.relation) {
        Some(TableFactor::Derived { alias: Some(alias), .. }) => alias.name.value == COLUMN,
        _ => false,
    }
}

/// The values of a row constructor of two or more.
fn row(expr: &Expr) -> Option<Vec<Expr>> {
    let values = match expr {
        Expr::Tuple(values) => values.clone(),
        Expr::Nested(inner) => return row(inner),
        Expr::Function(function) if function.name.to_string() == "ROW" => {
            let FunctionArguments::List(list) = &function.args else { return None };
            let value = |argument: &FunctionArg| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value.clone()),
                _ => None,
            };
            list.args.iter().map(value).collect::<Option<Vec<_>>>()?
        }
        _ => return None,
    };
    (values.len() > 1).then_some(values)
}

fn put_in(query: &mut Query, subquery: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_mut() else { return false };
    let Some(TableFactor::Derived { subquery: inner, .. }) =
        select.from.first_mut().map(|table| &mut table.relation)
    else {
        return false;
    };
    **inner = subquery.clone();
    true
}
