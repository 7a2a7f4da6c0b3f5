//! Subqueries in conditions and expressions become joins (Calcite `SubQueryRemoveRule`, `RelDecorrelator`).
//!
//! A subquery is bound with its surroundings as a second scope: a column of the outer query is numbered from [`OUTER`] on.
//! Conditions that read such columns are pulled up to the join.

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_common::{DFSchema, ScalarValue};
use datafusion_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion_expr::logical_plan::Subquery;
use datafusion_expr::{Expr, Operator};
use streamsql_functions::compare::Comparison;
use streamsql_plan::JoinKind;

use super::pull::{OUTER, computes_with_outer, pull, pull_first, reads_outer_values};
use super::subquery_values::Unknown;
use super::{Binder, Bound, Scope, limited_size};
use crate::error::PlanError;
use crate::logical::{Columns, Join, Op, Rel, Relation, Scalar, ScalarKind, joined_columns};

/// Whether an expression has a subquery in it.
pub(super) fn has_subquery(expr: &Expr) -> bool {
    let mut found = false;
    let _ = expr.apply(|part| {
        found |= matches!(
            part,
            Expr::InSubquery(_) | Expr::Exists(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_)
        );
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}

impl Binder<'_> {
    /// A relation under conditions, some of which have subqueries.
    pub(super) fn filtered(&self, mut input: Rel, names: &DFSchema, conditions: &[&Expr]) -> Bound {
        for condition in conditions {
            input = match unnegated(condition) {
                (Expr::Exists(Exists { subquery, negated }), outer) => {
                    self.exists(input, names, subquery, *negated != outer)?
                }
                (Expr::InSubquery(InSubquery { expr, subquery, negated }), outer) if !has_subquery(expr) => {
                    let inner = self.inner(&input, names, subquery)?;
                    let by_value = computes_with_outer(&inner)
                        || *negated != outer
                            && (pull(&inner, &input)?.has_outer_or() || reads_outer_values(&inner, &input)?);
                    match by_value {
                        true => self.filtered_by_value(input, names, condition, Some(inner))?,
                        false => self.is_in(input, names, expr, &inner, *negated != outer)?,
                    }
                }
                (Expr::SetComparison(comparison), false) if !has_subquery(&comparison.expr) => {
                    let inner = self.inner(&input, names, &comparison.subquery)?;
                    match has_extremes(&inner, &input, comparison)? {
                        true => self.filtered_by_value(input, names, condition, Some(inner))?,
                        false => self.quantified(input, names, comparison, &inner)?,
                    }
                }
                _ if has_subquery(condition) => self.filtered_by_value(input, names, condition, None)?,
                _ => {
                    let condition = self.condition(names, &input.columns, condition, "WHERE")?;
                    Relation::filter(input, condition)
                }
            };
            input = limited_size(input)?;
        }
        Ok(input)
    }

    /// The rows for which a condition is true whose subqueries become columns. `bound` is the relation of its only subquery,
    /// where that is bound already: bound once more at each of many nested ones, it would be bound without end.
    fn filtered_by_value(&self, input: Rel, names: &DFSchema, condition: &Expr, bound: Option<Rel>) -> Bound {
        let width = input.columns.len();
        let extended = self.extended_as(input, names, &[condition], Unknown::False, bound)?;
        let typer = self.typer(&extended.names, &extended.input.columns);
        let condition = typer.condition(&extended.exprs[0], "WHERE")?;
        let filtered = Relation::filter(extended.input, condition);
        Ok(first_columns(filtered, width))
    }

    /// The relation of a subquery, its references to the query around it numbered from `OUTER` on.
    pub(super) fn inner(&self, input: &Rel, names: &DFSchema, subquery: &Subquery) -> Bound {
        let columns = &input.columns[..names.fields().len().min(input.columns.len())];
        Binder { session: self.session, origin: self.origin.clone(), outer: Some(Scope { names, columns }) }
            .relation(&subquery.subquery)
    }

    fn exists(&self, input: Rel, names: &DFSchema, subquery: &Subquery, negated: bool) -> Bound {
        let inner = self.inner(&input, names, subquery)?;
        let rows = rows_of(&inner);
        if always_has_a_row(rows, &input)? {
            let holds = ScalarKind::Literal(ScalarValue::Boolean(Some(!negated)));
            return Ok(Relation::filter(input, Scalar::boolean(holds, false)));
        }
        let pulled = match &rows.op {
            Op::Limit(limit) => pull_first(rows, limit, &input)?,
            _ => pull(rows, &input)?.with_known_values(&input),
        };
        let kind = if negated { JoinKind::Anti } else { JoinKind::Semi };
        Ok(joined(kind, &input, pulled.rel, pulled.conditions))
    }

    fn is_in(&self, input: Rel, names: &DFSchema, written: &Expr, inner: &Rel, negated: bool) -> Bound {
        let (inner, values) = compared_columns(inner, self.scalar_of(names, &input.columns, written)?);
        let mut pulled = pull(&inner, &input)?;
        if !negated {
            pulled = pulled.with_known_values(&input);
        }
        let width = input.columns.len();
        let elements: Vec<Scalar> = pulled.rel.columns[..values.len()]
            .iter()
            .enumerate()
            .map(|(i, column)| Scalar::column(width + i, column.logical_type.clone(), column.nullable))
            .collect();
        let mut on = outer_first(pulled.conditions, width);
        for (value, element) in values.into_iter().zip(elements) {
            let equal = self.equals(value.clone(), element.clone()).map_err(|error| error.of(written))?;
            on.push(match negated {
                false => equal,
                // NOT IN is true only where the comparison is false with every element, not unknown with one.
                true => {
                    let unknown = [value, element].into_iter().filter(|side| side.nullable).map(is_null);
                    unknown.fold(equal, either)
                }
            });
        }
        let kind = if negated { JoinKind::Anti } else { JoinKind::Semi };
        Ok(semi(kind, &input, pulled.rel, on))
    }

    /// `value > ANY (…)`: true for one row at least; `value > ALL (…)`: true for every row.
    fn quantified(&self, input: Rel, names: &DFSchema, comparison: &SetComparison, inner: &Rel) -> Bound {
        let symbol = symbol_of(comparison.op)?;
        let value = self.scalar_of(names, &input.columns, &comparison.expr)?;
        let pulled = pull(inner, &input)?;
        let width = input.columns.len();
        let column = &pulled.rel.columns[0];
        let element = Scalar::column(width, column.logical_type.clone(), column.nullable);
        let mut on = outer_first(pulled.conditions, width);
        let empty = DFSchema::empty();
        let holds = self.typer(&empty, &[]).comparison(symbol, value, element);
        let holds = holds.map_err(|error| PlanError::from(error).of(&comparison.expr))?;
        let kind = match comparison.quantifier {
            SetQuantifier::Any => {
                on.push(holds);
                JoinKind::Semi
            }
            SetQuantifier::All => {
                let unknown = holds.nullable.then(|| is_null(holds.clone()));
                on.push(unknown.into_iter().fold(not(holds), either));
                JoinKind::Anti
            }
        };
        Ok(semi(kind, &input, pulled.rel, on))
    }

    /// `LATERAL (SELECT …)`: the rows of a subquery that reads columns of what stands left of it.
    pub(super) fn lateral(&self, kind: JoinKind, left: Rel, names: &DFSchema, subquery: &Subquery) -> Bound {
        let inner = self.inner(&left, names, subquery)?;
        let (width, right_width) = (left.columns.len(), inner.columns.len());
        let pulled = pull(&inner, &left)?.with_known_keys(&left);
        let on = outer_first(pulled.conditions, width);
        let joined = semi(kind, &left, pulled.rel, on);
        Ok(first_columns(joined, width + right_width))
    }

    pub(super) fn equals(&self, left: Scalar, right: Scalar) -> Result<Scalar, PlanError> {
        let empty = DFSchema::empty();
        Ok(self.typer(&empty, &[]).comparison(Comparison::Eq, left, right)?)
    }
}

/// Whether a comparison with some or every row is one with their greatest or least, as Flink has it, which one row for each
/// correlation tells.
fn has_extremes(inner: &Rel, input: &Rel, comparison: &SetComparison) -> Result<bool, PlanError> {
    let is_in = matches!(
        (comparison.op, &comparison.quantifier),
        (Operator::Eq, SetQuantifier::Any) | (Operator::NotEq, SetQuantifier::All)
    );
    let pulled = pull(inner, input)?;
    Ok(!is_in && (pulled.has_equal_signs() || pulled.has_outer_or()))
}

pub(super) fn symbol_of(operator: Operator) -> Result<Comparison, PlanError> {
    Ok(match operator {
        Operator::Eq => Comparison::Eq,
        Operator::NotEq => Comparison::NotEq,
        Operator::Lt => Comparison::Lt,
        Operator::LtEq => Comparison::LtEq,
        Operator::Gt => Comparison::Gt,
        Operator::GtEq => Comparison::GtEq,
        other => return Err(PlanError::new(format!("{other} is no comparison for ANY and ALL"))),
    })
}

/// What decides how many rows there are: EXISTS does not ask for their columns.
fn rows_of(rel: &Rel) -> &Rel {
    match &rel.op {
        Op::Project(_) => rows_of(&rel.inputs[0]),
        _ => rel,
    }
}

/// An aggregate without keys has a row whatever it reads. Flink sees that where it cannot make a join of EXISTS by equalities
/// (Calcite `SubQueryRemoveRule.rewriteExists`); where it can, rows without a match have none.
fn always_has_a_row(rel: &Rel, outer: &Rel) -> Result<bool, PlanError> {
    let Op::Aggregate(aggregate) = &rel.op else { return Ok(false) };
    Ok(aggregate.keys.is_empty() && !pull(&rel.inputs[0], outer)?.has_equal_signs())
}

/// The condition under NOTs, and whether their number is odd.
fn unnegated(expr: &Expr) -> (&Expr, bool) {
    match expr {
        Expr::Not(inner) => {
            let (inner, negated) = unnegated(inner);
            (inner, !negated)
        }
        other => (other, false),
    }
}

/// Conditions over outer and inner columns as those of a join: the outer ones first.
pub(super) fn outer_first(conditions: Vec<Scalar>, width: usize) -> Vec<Scalar> {
    let position = |column: usize| if column >= OUTER { column - OUTER } else { width + column };
    conditions.into_iter().map(|condition| condition.shift(&position)).collect()
}

fn joined(kind: JoinKind, input: &Rel, right: Rel, conditions: Vec<Scalar>) -> Rel {
    semi(kind, input, right, outer_first(conditions, input.columns.len()))
}

pub(super) fn semi(kind: JoinKind, input: &Rel, right: Rel, on: Vec<Scalar>) -> Rel {
    let columns = joined_columns(&input.columns, &right.columns, kind);
    let join = Join { kind, on, as_of: None, ttl_ms: [None; 2] };
    Relation::new(Op::Join(join), vec![Rel::clone(input), right], columns)
}

pub(super) fn left_joined(input: &Rel, right: Rel, on: Vec<Scalar>) -> Rel {
    semi(JoinKind::Left, input, right, on)
}

/// The columns that IN compares, and with what: those of a row where both sides are one.
pub(super) fn compared_columns(inner: &Rel, value: Scalar) -> (Rel, Vec<Scalar>) {
    if let (Some(("ROW", values)), Op::Project(project)) = (value.as_call(), &inner.op)
        && let [row] = project.as_slice()
        && let Some(("ROW", elements)) = row.as_call()
        && elements.len() == values.len()
    {
        let names = (0..elements.len()).map(|i| format!("$in{i}")).collect();
        let rows = Relation::project(Rel::clone(&inner.inputs[0]), elements.to_vec(), names);
        return (rows, values.to_vec());
    }
    (Rel::clone(inner), vec![value])
}

/// The first columns of a relation.
pub(super) fn first_columns(rel: Rel, width: usize) -> Rel {
    let (mut project, mut names) = (rel.references(), rel.names());
    project.truncate(width);
    names.truncate(width);
    Relation::project(rel, project, names)
}

pub(super) fn is_null(operand: Scalar) -> Scalar {
    Scalar::boolean(ScalarKind::IsNull { operand: Box::new(operand), negated: false }, false)
}

pub(super) fn is_not_null(operand: Scalar) -> Scalar {
    Scalar::boolean(ScalarKind::IsNull { operand: Box::new(operand), negated: true }, false)
}

pub(super) fn not(operand: Scalar) -> Scalar {
    let nullable = operand.nullable;
    Scalar::boolean(ScalarKind::Not(Box::new(operand)), nullable)
}

pub(super) fn either(left: Scalar, right: Scalar) -> Scalar {
    let nullable = left.nullable || right.nullable;
    Scalar::boolean(ScalarKind::Or(Box::new(left), Box::new(right)), nullable)
}
