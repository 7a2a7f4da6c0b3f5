//! `FOR SYSTEM_TIME AS OF` behind a name of WITH.
//!
//! Names of WITH are put in where they stand, as subqueries, and the parser knows no subquery with a time. So the two go on
//! as the arguments of a table function that nobody can call: the parser takes no subquery as an argument there.

use datafusion_sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, TableAlias, TableFactor,
};

/// What the function is called.
const NAME: &str = "FOR SYSTEM_TIME AS OF";

/// A subquery under its alias, as it is at a time; other table factors as they are.
pub fn at_a_time(factor: TableFactor, as_of: Expr) -> TableFactor {
    let TableFactor::Derived { subquery, alias, .. } = factor else { return factor };
    let argument = |expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    TableFactor::Function {
        lateral: false,
        name: ObjectName::from(vec![Ident::with_quote('`', NAME)]),
        args: vec![argument(Expr::Subquery(subquery)), argument(as_of)],
        with_ordinality: false,
        alias,
    }
}

/// Whether a function is the one of `at_a_time`.
pub fn is_name(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [part] if part.as_ident().is_some_and(|ident| ident.value == NAME))
}

/// The subquery and the time of what `at_a_time` made.
pub fn parts(factor: &TableFactor) -> Option<(TableFactor, &Expr)> {
    let TableFactor::Function { lateral: false, name, args, alias, .. } = factor else { return None };
    let [FunctionArg::Unnamed(query), FunctionArg::Unnamed(as_of)] = args.as_slice() else { return None };
    let (FunctionArgExpr::Expr(Expr::Subquery(query)), FunctionArgExpr::Expr(as_of)) = (query, as_of) else {
        return None;
    };
    if !is_name(name) {
        return None;
    }
    let (subquery, alias): (_, Option<TableAlias>) = (query.clone(), alias.clone());
    Some((TableFactor::Derived { lateral: false, subquery, alias, sample: None }, as_of))
}
