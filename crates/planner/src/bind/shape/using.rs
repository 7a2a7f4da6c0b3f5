//! JOIN … USING and NATURAL JOIN, as Flink (Calcite `SqlValidatorImpl`) means them: they become ON, and `*` gives the
//! common columns once and first, with the value of the side whose rows are kept, in the type that holds both sides'. In
//! SELECT and GROUP BY a column of USING may stand without its table; anywhere else, and behind NATURAL, it is ambiguous.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, Query, Select, SelectItem, Spanned,
    TableWithJoins, VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_core::LogicalType;
use streamsql_functions::typing::least_restrictive;
use streamsql_sql::diagnostic::Diagnostic;
use streamsql_sql::parse::expression::call;

use super::stars::select_of;
use super::{Checked, Shape};

/// A column that `*` gives.
struct Visible {
    name: String,
    value: Expr,
    logical_type: LogicalType,
    /// Whether USING makes its bare name mean this column.
    common: bool,
}

/// Which side's value a common column has.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Left,
    Right,
    Both,
}

impl Visible {
    fn alone(&self) -> Self {
        let (name, value) = (self.name.clone(), self.value.clone());
        Self { name, value, logical_type: self.logical_type.clone(), common: false }
    }
}

impl Shape<'_> {
    /// Writes out USING and NATURAL, and what `*` and common columns are then.
    pub(super) fn expand_using(&mut self, select: &mut Select) -> Checked {
        let uses = |table: &TableWithJoins| table.joins.iter().any(|join| is_common(&join.join_operator));
        if self.relations.is_none() || !select.from.iter().any(uses) {
            return Ok(());
        }
        let mut visible = Vec::new();
        for table in &mut select.from {
            visible.extend(self.visible(table)?);
        }
        let is_star = |item: &SelectItem| matches!(item, SelectItem::Wildcard(options) if *options == WildcardAdditionalOptions::default());
        let items = std::mem::take(&mut select.projection);
        for item in items {
            match is_star(&item) {
                true => select
                    .projection
                    .extend(visible.iter().map(|column| item_of(&column.name, &column.value))),
                false => select.projection.push(item),
            }
        }
        let common: Vec<&Visible> = visible.iter().filter(|column| column.common).collect();
        for item in &mut select.projection {
            // What is written out keeps the name that it has.
            if let SelectItem::UnnamedExpr(Expr::Identifier(name)) = item
                && let Some(column) = common.iter().find(|column| column.name == name.value)
            {
                *item = item_of(&column.name, &column.value);
            }
        }
        let mut names = CommonNames { common: &common, depth: 0 };
        let _ = select.projection.visit(&mut names);
        let _ = select.group_by.visit(&mut names);
        for condition in select.selection.iter_mut().chain(&mut select.having) {
            if let ControlFlow::Break(name) = condition.visit(&mut Ambiguous { common: &common, depth: 0 }) {
                let message = format!("column '{}' is ambiguous: both sides of the join have it", name.value);
                let hint = format!("write its table before it: t.{}", name.value);
                return Err(self.at(Diagnostic::error(message).hint(hint), name.span));
            }
        }
        Ok(())
    }

    /// The columns of a table with its joins; USING and NATURAL in it become ON.
    fn visible(&self, table: &mut TableWithJoins) -> Result<Vec<Visible>, Diagnostic> {
        let first = TableWithJoins { relation: table.relation.clone(), joins: Vec::new() };
        let mut visible = self.columns_of(first, 0)?;
        // All columns so far, those that are common once for each table.
        let mut all: Vec<Visible> = visible.iter().map(Visible::alone).collect();
        for at in 0..table.joins.len() {
            let mut before =
                TableWithJoins { relation: table.relation.clone(), joins: table.joins[..=at].to_vec() };
            let last = &mut before.joins[at].join_operator;
            let span = table.joins[at].relation.span();
            if is_common(last) {
                set_condition(last, true_literal());
            }
            let right = self.columns_of(before, all.len())?;
            let operator = &mut table.joins[at].join_operator;
            let natural = matches!(constraint(operator), Some(JoinConstraint::Natural));
            let Some((named, kept)) = common_columns(operator, &visible, &right) else {
                all.extend(right.iter().map(Visible::alone));
                visible.extend(right);
                continue;
            };
            let mut merged = Vec::with_capacity(named.len());
            let mut condition: Option<Expr> = None;
            for name in &named {
                let left = self.only(&all, name, "left", span)?;
                let right = self.only(&right, name, "right", span)?;
                let equal = Expr::BinaryOp {
                    left: Box::new(left.value.clone()),
                    op: BinaryOperator::Eq,
                    right: Box::new(right.value.clone()),
                };
                condition = Some(match condition {
                    None => equal,
                    Some(before) => Expr::BinaryOp {
                        left: Box::new(before),
                        op: BinaryOperator::And,
                        right: Box::new(equal),
                    },
                });
                // It has the type that holds both sides', whichever is kept.
                let types = [left.logical_type.clone(), right.logical_type.clone()];
                let texts = types.iter().all(LogicalType::is_character);
                let kept = if types[0] == types[1] || texts { kept } else { Kept::Both };
                let value = match kept {
                    Kept::Left => left.value.clone(),
                    Kept::Right => right.value.clone(),
                    Kept::Both => call("COALESCE", vec![left.value.clone(), right.value.clone()]),
                };
                let logical_type = least_restrictive(&types).unwrap_or_else(|_| types[0].clone());
                merged.push(Visible { name: name.clone(), value, logical_type, common: !natural });
            }
            set_condition(operator, condition.unwrap_or_else(true_literal));
            all.extend(right.iter().map(Visible::alone));
            let rest = visible.into_iter().chain(right).filter(|column| !named.contains(&column.name));
            visible = merged.into_iter().chain(rest).collect();
        }
        Ok(visible)
    }

    /// The columns that `*` gives of a part of FROM, behind the first `skipped`.
    fn columns_of(&self, part: TableWithJoins, skipped: usize) -> Result<Vec<Visible>, Diagnostic> {
        let Some(relations) = self.relations else { return Ok(Vec::new()) };
        let star = SelectItem::Wildcard(WildcardAdditionalOptions::default());
        let columns = relations.columns(&select_of(vec![star], vec![part]))?;
        let visible =
            columns.paths(None).zip(&columns.types).skip(skipped).map(|(mut path, logical_type)| {
                let name = path.last().map(|name| name.value.clone()).unwrap_or_default();
                let value = match path.len() {
                    1 => Expr::Identifier(path.remove(0)),
                    _ => Expr::CompoundIdentifier(path),
                };
                Visible { name, value, logical_type: logical_type.clone(), common: false }
            });
        Ok(visible.collect())
    }

    /// The one column of a name on a side.
    fn only<'c>(
        &self,
        columns: &'c [Visible],
        name: &str,
        side: &str,
        span: Span,
    ) -> Result<&'c Visible, Diagnostic> {
        let mut found = columns.iter().filter(|column| column.name == name);
        match (found.next(), found.next()) {
            (Some(column), None) => Ok(column),
            (None, _) => {
                let message =
                    format!("the column '{name}' of USING does not exist on the {side} side of the join");
                Err(self.at(Diagnostic::error(message), span))
            }
            _ => {
                let message =
                    format!("the common column '{name}' is there twice on the {side} side of the join");
                Err(self.at(Diagnostic::error(message), span))
            }
        }
    }
}

/// The common columns of a join in their order and the side that tells them; none for a join of another kind.
fn common_columns(
    operator: &mut JoinOperator,
    left: &[Visible],
    right: &[Visible],
) -> Option<(Vec<String>, Kept)> {
    let kept = match operator {
        JoinOperator::Right(_) | JoinOperator::RightOuter(_) => Kept::Right,
        JoinOperator::FullOuter(_) => Kept::Both,
        _ => Kept::Left,
    };
    let names = match constraint(operator)? {
        JoinConstraint::Using(names) => {
            let last = |name: &datafusion_sql::sqlparser::ast::ObjectName| {
                name.0.last().and_then(|part| part.as_ident()).map(|part| part.value.clone())
            };
            names.iter().filter_map(last).collect()
        }
        JoinConstraint::Natural => {
            let both = |column: &&Visible| right.iter().any(|other| other.name == column.name);
            left.iter().filter(both).map(|column| column.name.clone()).collect()
        }
        _ => return None,
    };
    Some((names, kept))
}

fn is_common(operator: &JoinOperator) -> bool {
    let mut operator = operator.clone();
    matches!(constraint(&mut operator), Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}

fn set_condition(operator: &mut JoinOperator, condition: Expr) {
    if let Some(constraint) = constraint(operator) {
        *constraint = JoinConstraint::On(condition);
    }
}

fn true_literal() -> Expr {
    Expr::Value(datafusion_sql::sqlparser::ast::Value::Boolean(true).into())
}

/// A column of SELECT under a name.
fn item_of(name: &str, value: &Expr) -> SelectItem {
    match value {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => SelectItem::UnnamedExpr(value.clone()),
        _ => SelectItem::ExprWithAlias { expr: value.clone(), alias: Ident::with_quote('`', name) },
    }
}

/// Puts the values of common columns in the place of their bare names; names inside subqueries are the subqueries'.
struct CommonNames<'a> {
    common: &'a [&'a Visible],
    depth: usize,
}

impl VisitorMut for CommonNames<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth == 0
            && let Expr::Identifier(name) = expr
            && let Some(column) = self.common.iter().find(|column| column.name == name.value)
        {
            let span = name.span;
            *expr = column.value.clone();
            if let Expr::CompoundIdentifier(path) = expr
                && let Some(first) = path.first_mut()
            {
                first.span = span;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Finds a common column without its table, outside of subqueries.
struct Ambiguous<'a> {
    common: &'a [&'a Visible],
    depth: usize,
}

impl VisitorMut for Ambiguous<'_> {
    type Break = Ident;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Ident> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Ident> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Ident> {
        match expr {
            Expr::Identifier(name)
                if self.depth == 0 && self.common.iter().any(|column| column.name == name.value) =>
            {
                ControlFlow::Break(name.clone())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
