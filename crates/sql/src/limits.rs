//! How deep and how large a statement may be.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{BinaryOperator, Expr, Select, Value, VisitMut, VisitorMut};

use crate::diagnostic::Diagnostic;

/// Deepest nesting of expressions; chains of AND and OR do not count.
const MAX_DEPTH: usize = 150;

/// Most SELECTs of a statement, after views and WITH are put in.
pub const MAX_SELECTS: usize = 500;
/// Most INTERSECT, EXCEPT and UNION without ALL of a statement: each is an operator over the one before.
pub const MAX_SET_OPERATIONS: usize = 100;

/// Chains of AND and OR that are longer become balanced trees.
pub const MAX_CHAIN: usize = 32;

/// Refuses trees that are too deep or too large for planning; long chains of AND and OR are balanced.
pub fn limit_depth(node: &mut impl VisitMut) -> Result<(), Diagnostic> {
    struct Depth {
        depth: usize,
        selects: usize,
    }
    impl VisitorMut for Depth {
        type Break = Diagnostic;

        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Diagnostic> {
            balance(expr);
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return ControlFlow::Break(Diagnostic::error(format!(
                    "an expression nests deeper than {MAX_DEPTH} levels"
                )));
            }
            ControlFlow::Continue(())
        }

        fn post_visit_expr(&mut self, _expr: &mut Expr) -> ControlFlow<Diagnostic> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_select(&mut self, _select: &mut Select) -> ControlFlow<Diagnostic> {
            self.selects += 1;
            if self.selects > MAX_SELECTS {
                return ControlFlow::Break(too_large());
            }
            ControlFlow::Continue(())
        }
    }
    match node.visit(&mut Depth { depth: 0, selects: 0 }) {
        ControlFlow::Break(diagnostic) => Err(diagnostic),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// `x` is reserved.
pub fn reserved(word: &str) -> Diagnostic {
    Diagnostic::error(format!("'{word}' is a reserved word")).hint(format!("write it in backticks: `{word}`"))
}

pub fn too_large() -> Diagnostic {
    Diagnostic::error(format!("the query has more than {MAX_SELECTS} SELECTs, views included"))
}

/// `a AND b AND c …` leans left as deep as it is long; as a balanced tree it is shallow.
fn balance(expr: &mut Expr) {
    let Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } = expr else { return };
    let op = op.clone();
    let mut length = 1;
    let mut probe: &Expr = expr;
    while let Expr::BinaryOp { left, op: inner, .. } = probe {
        if *inner != op {
            break;
        }
        length += 1;
        probe = left;
    }
    if length <= MAX_CHAIN {
        return;
    }
    let mut parts = Vec::with_capacity(length);
    let mut rest = std::mem::replace(expr, Expr::value(Value::Null));
    loop {
        match rest {
            Expr::BinaryOp { left, op: inner, right } if inner == op => {
                parts.push(*right);
                rest = *left;
            }
            first => {
                parts.push(first);
                break;
            }
        }
    }
    parts.reverse();
    while parts.len() > 1 {
        let mut halved = Vec::with_capacity(parts.len().div_ceil(2));
        let mut items = parts.into_iter();
        while let Some(left) = items.next() {
            halved.push(match items.next() {
                Some(right) => {
                    Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) }
                }
                None => left,
            });
        }
        parts = halved;
    }
    if let Some(balanced) = parts.pop() {
        *expr = balanced;
    }
}
