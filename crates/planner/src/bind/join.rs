//! JOIN … ON, USING, FOR SYSTEM_TIME AS OF, and joins with UNNEST.

use std::sync::Arc;

use datafusion_common::tree_node::TreeNode;
use datafusion_common::{DFSchema, JoinType, ScalarValue};
use datafusion_expr::logical_plan::{Join as JoinPlan, Subquery};
use datafusion_expr::utils::{conjunction, split_conjunction, split_conjunction_owned};
use datafusion_expr::{Expr, LogicalPlan};
use datafusion_sql::sqlparser::ast::Expr as SqlExpr;
use streamsql_functions::compare::Comparison;
use streamsql_plan::{JoinKind, TimeAttribute};
use streamsql_sql::catalog::Table;

use super::subquery::{first_columns, has_subquery};
use super::subquery_parts::has_correlated;
use super::{Binder, Bound, scan_of, unnest};
use crate::bind::names::relations::{FlinkTable, ViewTable};
use crate::error::PlanError;
use crate::logical::scalar::conjuncts;
use crate::logical::{AsOf, Join, Op, Rel, RelColumn, Relation, Scalar, SetKind, equal_columns, plain};

impl Binder<'_> {
    pub(super) fn join(&self, join: &JoinPlan) -> Bound {
        let kind = match join.join_type {
            JoinType::Inner => JoinKind::Inner,
            JoinType::Left => JoinKind::Left,
            JoinType::Right => JoinKind::Right,
            JoinType::Full => JoinKind::Full,
            // Flink's SQL has no such joins: DataFusion plans set operations like this.
            JoinType::LeftSemi => return self.set_operation(join, SetKind::Intersect),
            JoinType::LeftAnti => return self.set_operation(join, SetKind::Except),
            other => return Err(PlanError::new(format!("a {other} join is not supported yet"))),
        };
        if let Some(filtered) = self.join_under_subqueries(join, kind)? {
            return Ok(filtered);
        }
        let left = self.relation(&join.left)?;
        if let Some(unnest) = unnest::unnested(&join.right) {
            return self.unnest(join, left, kind, unnest);
        }
        if let Some(subquery) = lateral(&join.right) {
            let conditional =
                !join.on.is_empty() || join.filter.as_ref().is_some_and(|filter| !is_true(filter));
            return match kind {
                JoinKind::Inner | JoinKind::Left if !conditional => {
                    self.lateral(kind, left, join.left.schema(), subquery)
                }
                _ => Err("LATERAL (SELECT …) stands right of CROSS JOIN, or of LEFT JOIN … ON TRUE".into()),
            };
        }
        let (right, as_of) = match versioned(&join.right) {
            Some((right, as_of)) => {
                let as_of = self.as_of(&as_of, join, &left)?;
                let by_rowtime = left.columns[as_of.column].time == Some(TimeAttribute::Rowtime);
                let right = match right {
                    // A table that is looked up: its time attributes are plain columns.
                    Versioned::Table(table) if !by_rowtime => looked_up(&table),
                    Versioned::Table(table) => scan_of(&table),
                    Versioned::View(rel) => rel,
                };
                (right, Some(as_of))
            }
            None => (self.relation(&join.right)?, None),
        };
        let (left_width, right_width) = (left.columns.len(), right.columns.len());
        let (right, right_names, filter) = match &join.filter {
            Some(filter) if has_subquery(filter) => {
                check_subqueries(filter, kind)?;
                let mut extended = self.extended(right, join.right.schema(), &[filter])?;
                (extended.input, extended.names, extended.exprs.pop())
            }
            filter => (right, join.right.schema().as_ref().clone(), filter.clone()),
        };
        let on = self.conditions(join, filter.as_ref(), (&left, &right), &right_names)?;
        let as_of = as_of.map(|as_of| {
            let keyed = on.iter().any(|condition| equal_columns(condition, left.columns.len()).is_some());
            AsOf { keyed, ..as_of }
        });
        let ttl_ms = [state_ttl(&join.left), state_ttl(&join.right)];
        let join = Join { kind, on, as_of, ttl_ms };
        let columns = join.columns(&left.columns, &right.columns);
        let is_wider = right.columns.len() > right_width;
        let joined = Relation::new(Op::Join(join), vec![left, right], columns);
        Ok(if is_wider { first_columns(joined, left_width + right_width) } else { joined })
    }

    /// An inner join whose ON has EXISTS or a scalar subquery is the join under that condition. Flink's planner fails over IN
    /// there. An outer join has the values of its subqueries as columns of its right side.
    fn join_under_subqueries(&self, join: &JoinPlan, kind: JoinKind) -> Result<Option<Rel>, PlanError> {
        let Some(filter) =
            join.filter.as_ref().filter(|filter| kind == JoinKind::Inner && has_subquery(filter))
        else {
            return Ok(None);
        };
        let (above, on): (Vec<Expr>, Vec<Expr>) =
            split_conjunction_owned(filter.clone()).into_iter().partition(has_subquery);
        if above.iter().any(has_in) {
            return Ok(None);
        }
        above.iter().try_for_each(|part| check_exists(part, kind))?;
        let plain = JoinPlan { filter: conjunction(on), ..join.clone() };
        let joined = self.join(&plain)?;
        let conditions: Vec<&Expr> = above.iter().collect();
        Ok(Some(self.filtered(joined, &join.schema, &conditions)?))
    }

    /// The conjuncts of ON and USING, typed over left and right columns.
    fn conditions(
        &self,
        join: &JoinPlan,
        filter: Option<&Expr>,
        (left, right): (&Rel, &Rel),
        right_names: &DFSchema,
    ) -> Result<Vec<Scalar>, PlanError> {
        let columns: Vec<RelColumn> = left.columns.iter().chain(&right.columns).cloned().collect();
        let names = join.left.schema().join(right_names).map_err(|e| PlanError::new(e.strip_backtrace()))?;
        let typer = self.typer(&names, &columns);
        let mut out = Vec::new();
        for (l, r) in &join.on {
            out.push(typer.comparison(Comparison::Eq, typer.typed(l)?, typer.typed(r)?)?);
        }
        if let Some(filter) = filter {
            conjuncts(typer.condition(filter, "ON")?, &mut out);
        }
        Ok(out)
    }

    /// The time is a time attribute of the left side.
    fn as_of(&self, as_of: &SqlExpr, join: &JoinPlan, left: &Rel) -> Result<AsOf, PlanError> {
        let (qualifier, name) = match as_of {
            SqlExpr::Identifier(name) => (None, name.value.as_str()),
            SqlExpr::CompoundIdentifier(parts) => match parts.as_slice() {
                [qualifier, name] => (Some(qualifier.value.as_str()), name.value.as_str()),
                _ => (None, ""),
            },
            _ => (None, ""),
        };
        let schema = join.left.schema();
        let column = (0..schema.fields().len()).find(|i| {
            let (table, field) = schema.qualified_field(*i);
            field.name() == name && qualifier.is_none_or(|q| table.is_some_and(|t| t.table() == q))
        });
        let refused = |what: &str| Err(PlanError::new(format!("FOR SYSTEM_TIME AS OF {as_of}: {what}")));
        if name.is_empty() {
            return Err("FOR SYSTEM_TIME AS OF takes a time attribute of the left side, as it is".into());
        }
        match column {
            None => refused("the left side has no such column"),
            Some(column) if left.columns[column].time.is_none() => {
                refused("the column is not a time attribute")
            }
            Some(column) => Ok(AsOf { column, text: as_of.to_string(), keyed: false }),
        }
    }
}

/// What Flink's planner takes of subqueries in the ON of a join.
fn check_subqueries(filter: &Expr, kind: JoinKind) -> Result<(), PlanError> {
    if has_in(filter) {
        return Err(on_refused("IN, ANY or ALL", "which Flink's planner fails over").of(filter));
    }
    if has_correlated(filter) {
        return Err(on_refused("a correlated one", "which Flink's planner fails over").of(filter));
    }
    check_exists(filter, kind)
}

/// Calcite joins the right side with what EXISTS reads: in inner and left joins the rows are then those of the condition,
/// where EXISTS holds in each of them.
fn check_exists(filter: &Expr, kind: JoinKind) -> Result<(), PlanError> {
    let takes_it = matches!(kind, JoinKind::Inner | JoinKind::Left);
    let is_wrong = |part: &Expr| match part {
        Expr::Exists(exists) => exists.negated || !takes_it,
        other => decides_by_exists(other),
    };
    if split_conjunction(filter).into_iter().any(is_wrong) {
        let why = "which Flink 1.18 answers wrongly but for EXISTS AND … in an inner or LEFT join";
        return Err(on_refused("EXISTS", why).of(filter));
    }
    Ok(())
}

/// Whether EXISTS stands under nothing but AND, OR and NOT.
fn decides_by_exists(expr: &Expr) -> bool {
    match expr {
        Expr::Exists(_) => true,
        Expr::Not(operand) => decides_by_exists(operand),
        Expr::BinaryExpr(binary) => decides_by_exists(&binary.left) || decides_by_exists(&binary.right),
        _ => false,
    }
}

fn on_refused(what: &str, why: &str) -> PlanError {
    PlanError::new(format!("of subqueries the ON of a join has {what}, {why}"))
        .hint("compute it as a column of a subquery in FROM, and join with that")
}

/// The subquery of `LATERAL (SELECT …)`.
fn lateral(plan: &LogicalPlan) -> Option<&Subquery> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => lateral(&alias.input),
        LogicalPlan::Subquery(subquery) => Some(subquery),
        _ => None,
    }
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Boolean(Some(true)), _))
}

/// What the hint STATE_TTL says of a table or view, read as it is or filtered.
pub(super) fn state_ttl(plan: &LogicalPlan) -> Option<i64> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => state_ttl(&alias.input),
        LogicalPlan::Filter(filter) => state_ttl(&filter.input),
        LogicalPlan::TableScan(scan) => match scan.source.downcast_ref::<ViewTable>() {
            Some(view) => view.state_ttl_ms,
            None => scan.source.downcast_ref::<FlinkTable>()?.state_ttl_ms,
        },
        _ => None,
    }
}

/// What is read as it is at a time.
enum Versioned {
    Table(Arc<Table>),
    View(Rel),
}

/// The right side and time of `FOR SYSTEM_TIME AS OF`, when this is one.
fn versioned(plan: &LogicalPlan) -> Option<(Versioned, SqlExpr)> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => versioned(&alias.input),
        LogicalPlan::TableScan(scan) => {
            if let Some(view) = scan.source.downcast_ref::<ViewTable>() {
                return Some((Versioned::View(Arc::clone(&view.rel)), view.as_of.clone()?));
            }
            let source = scan.source.downcast_ref::<FlinkTable>()?;
            Some((Versioned::Table(Arc::clone(&source.table)), source.as_of.clone()?))
        }
        _ => None,
    }
}

fn looked_up(table: &Arc<Table>) -> Rel {
    let columns = table.columns.iter().map(|c| plain(&c.name, c.logical_type.clone(), c.nullable)).collect();
    Relation::new(Op::Scan(Arc::clone(table)), Vec::new(), columns)
}

/// Whether IN, ANY or ALL of a subquery stands in an expression.
fn has_in(expr: &Expr) -> bool {
    let is_in = |part: &Expr| Ok(matches!(part, Expr::InSubquery(_) | Expr::SetComparison(_)));
    expr.exists(is_in).unwrap_or(true)
}
