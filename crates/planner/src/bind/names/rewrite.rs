//! Rewrites of the parsed query before DataFusion plans it: forms that its planner refuses become function calls.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    AccessExpr, Expr, Subscript, UnaryOperator, VisitMut, visit_expressions_mut,
};
use streamsql_sql::parse::expression::{DISTINCT, FIELD, ITEM, NOT_DISTINCT, PLUS, call, text};

/// `(a, b)` becomes `ROW(a, b)`, `a[i]` and `r.f` become calls.
pub fn rewrite<V: VisitMut>(node: &mut V) {
    let _ = visit_expressions_mut(node, |expr: &mut Expr| {
        match expr {
            Expr::Tuple(items) => *expr = call("ROW", std::mem::take(items)),
            Expr::CompoundFieldAccess { root, access_chain } => {
                let root = std::mem::replace(root.as_mut(), text(""));
                if let Some(accessed) = access(root, access_chain) {
                    *expr = accessed;
                }
            }
            Expr::UnaryOp { op: UnaryOperator::Plus, expr: operand } => {
                *expr = call(PLUS, vec![std::mem::replace(operand.as_mut(), text(""))]);
            }
            // DataFusion would want to compare both in a type of its own.
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                let operands = [left, right].map(|side| std::mem::replace(side.as_mut(), text("")));
                let name = if matches!(expr, Expr::IsDistinctFrom(..)) { DISTINCT } else { NOT_DISTINCT };
                *expr = call(name, operands.into());
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
}

fn access(root: Expr, chain: &[AccessExpr]) -> Option<Expr> {
    let mut chain = chain.iter().peekable();
    let mut names = match root {
        Expr::Identifier(name) => vec![name],
        Expr::CompoundIdentifier(names) => names,
        other => return access_value(other, chain),
    };
    // Table, column and fields of a column are told apart by the planner.
    while let Some(AccessExpr::Dot(Expr::Identifier(name))) = chain.peek() {
        names.push(name.clone());
        chain.next();
    }
    let root = match names.len() {
        1 => names.pop().map(Expr::Identifier)?,
        _ => Expr::CompoundIdentifier(names),
    };
    access_value(root, chain)
}

fn access_value<'a>(root: Expr, chain: impl Iterator<Item = &'a AccessExpr>) -> Option<Expr> {
    chain.into_iter().try_fold(root, |value, access| {
        Some(match access {
            AccessExpr::Dot(Expr::Identifier(name)) => call(FIELD, vec![value, text(&name.value)]),
            AccessExpr::Subscript(Subscript::Index { index }) => call(ITEM, vec![value, index.clone()]),
            _ => return None,
        })
    })
}
