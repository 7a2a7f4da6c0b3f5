//! `(a, b) IN (SELECT …)`: DataFusion's planner takes one column there, so several are written as EXISTS.

use datafusion_sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query, SetExpr, Statement,
    TableFactor,
};
use datafusion_sql::sqlparser::parser::Parser;
use streamsql_sql::dialect::FlinkDialect;

/// The columns of the subquery are named like this, with their number.
const COLUMN: &str = "$in";

/// Rewrites `expr` where it is such an IN.
pub fn rewrite(expr: &mut Expr) {
    let Expr::InSubquery { expr: value, subquery, negated } = expr else { return };
    let Some(values) = row(value) else { return };
    let columns: Vec<String> = (0..values.len()).map(|i| format!("`{COLUMN}{i}`")).collect();
    let text = format!("SELECT 1 FROM (SELECT 1) AS `{COLUMN}` ({}) WHERE TRUE", columns.join(", "));
    let Ok(mut parsed) = Parser::parse_sql(&FlinkDialect, &text) else { return };
    let Some(Statement::Query(mut query)) = parsed.pop() else { return };
    let condition = values.into_iter().enumerate().map(|(i, value)| equal(value, i, *negated));
    let and = |l: Expr, r: Expr| binary(l, BinaryOperator::And, r);
    let Some(condition) = condition.reduce(and) else { return };
    if !put_in(&mut query, subquery, condition) {
        return;
    }
    *expr = Expr::Exists { subquery: query, negated: *negated };
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

/// NOT IN is true only where the comparison is false with every row, not unknown with one.
fn equal(value: Expr, column: usize, negated: bool) -> Expr {
    let column = || Expr::Identifier(Ident::with_quote('`', format!("{COLUMN}{column}")));
    let equal = binary(value.clone(), BinaryOperator::Eq, column());
    if !negated {
        return equal;
    }
    let unknown = binary(Expr::IsNull(Box::new(value)), BinaryOperator::Or, Expr::IsNull(Box::new(column())));
    Expr::Nested(Box::new(binary(equal, BinaryOperator::Or, unknown)))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn put_in(query: &mut Query, subquery: &Query, condition: Expr) -> bool {
    let SetExpr::Select(select) = query.body.as_mut() else { return false };
    let Some(TableFactor::Derived { subquery: inner, .. }) =
        select.from.first_mut().map(|table| &mut table.relation)
    else {
        return false;
    };
    **inner = subquery.clone();
    select.selection = Some(condition);
    true
}
