//! Subqueries in conditions and expressions become joins (Calcite `SubQueryRemoveRule`, `RelDecorrelator`).
//!
//! A subquery is bound with its surroundings as a second scope: a column of the outer query is numbered from [`OUTER`] on.
//! Conditions that read such columns are pulled up to the join.

use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{Column, DFSchema, ScalarValue, TableReference};
use datafusion_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion_expr::logical_plan::Subquery;
use datafusion_expr::{Expr, Operator};
use streamsql_core::LogicalType;
use streamsql_functions::compare::Comparison;
use streamsql_plan::JoinKind;

use super::aggregate::big_int;
use super::grouping_sets::null;
use super::pull::{OUTER, by_columns, pull};
use super::{Binder, Bound, Scope};
use crate::error::PlanError;
use crate::logical::{
    Aggregate, AggregateCall, Columns, Join, Op, Rel, Relation, Scalar, ScalarKind, joined_columns, plain,
};

/// The qualifier under which values of subqueries are columns of the query around them.
const VALUES: &str = "$subquery";

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

/// Expressions whose subqueries are columns of a wider input.
pub(super) struct Extended {
    pub input: Rel,
    /// Names of the input's columns.
    pub names: DFSchema,
    pub exprs: Vec<Expr>,
}

impl Binder<'_> {
    /// A relation under conditions, some of which have subqueries.
    pub(super) fn filtered(&self, mut input: Rel, names: &DFSchema, conditions: &[&Expr]) -> Bound {
        let width = input.columns.len();
        for condition in conditions {
            input = match unnegated(condition) {
                (Expr::Exists(Exists { subquery, negated }), outer) => {
                    self.exists(input, names, subquery, *negated != outer)?
                }
                (Expr::InSubquery(InSubquery { expr, subquery, negated }), outer) if !has_subquery(expr) => {
                    self.is_in(input, names, expr, subquery, *negated != outer)?
                }
                (Expr::SetComparison(comparison), false) if !has_subquery(&comparison.expr) => {
                    self.quantified(input, names, comparison)?
                }
                _ if has_subquery(condition) => {
                    let extended = self.extended(input, names, &[condition])?;
                    let typer = self.typer(&extended.names, &extended.input.columns);
                    let condition = typer.condition(&extended.exprs[0], "WHERE")?;
                    let filtered = Relation::filter(extended.input, condition);
                    first_columns(filtered, width)
                }
                _ => {
                    let condition = self.condition(names, &input.columns, condition, "WHERE")?;
                    Relation::filter(input, condition)
                }
            };
        }
        Ok(input)
    }

    /// Expressions over an input, which gets a column for each of their subqueries.
    pub(super) fn extended(
        &self,
        input: Rel,
        names: &DFSchema,
        exprs: &[&Expr],
    ) -> Result<Extended, PlanError> {
        let (mut input, mut extended) = (input, names.clone());
        let mut rewritten = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let mut failed = None;
            let done = (*expr).clone().transform_up(|part| {
                if failed.is_some() || !is_subquery(&part) {
                    return Ok(Transformed::no(part));
                }
                match self.value(&input, names, &extended, &part) {
                    Ok((wider, wider_names, column)) => {
                        (input, extended) = (wider, wider_names);
                        Ok(Transformed::yes(Expr::Column(column)))
                    }
                    Err(error) => {
                        failed = Some(error);
                        Ok(Transformed::no(part))
                    }
                }
            });
            if let Some(error) = failed {
                return Err(error);
            }
            rewritten.push(done.map_err(|e| PlanError::new(e.strip_backtrace()))?.data);
        }
        Ok(Extended { input, names: extended, exprs: rewritten })
    }

    /// The input with the value of a subquery as its last column, and that column's name.
    fn value(
        &self,
        input: &Rel,
        names: &DFSchema,
        extended: &DFSchema,
        subquery: &Expr,
    ) -> Result<(Rel, DFSchema, Column), PlanError> {
        let width = input.columns.len();
        let (joined, value) = match subquery {
            Expr::ScalarSubquery(subquery) => self.scalar(input, names, subquery)?,
            Expr::Exists(Exists { subquery, negated }) => {
                let (joined, mark) = self.mark(input, names, None, subquery)?;
                (joined, if *negated { not(mark) } else { mark })
            }
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                let (joined, mark) = self.mark(input, names, Some(expr), subquery)?;
                (joined, if *negated { not(mark) } else { mark })
            }
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => match (op, quantifier) {
                (Operator::Eq, SetQuantifier::Any) => self.mark(input, names, Some(expr), subquery)?,
                (Operator::NotEq, SetQuantifier::All) => {
                    let (joined, mark) = self.mark(input, names, Some(expr), subquery)?;
                    (joined, not(mark))
                }
                _ => {
                    let what = "beside OR, NOT or in an expression only = ANY and <> ALL take a subquery";
                    return Err(
                        PlanError::new(what).hint("compare with its MIN or MAX: v > (SELECT MAX(x) FROM …)")
                    );
                }
            },
            _ => return Err("this subquery is not supported".into()),
        };
        let mut project = input.references();
        let mut columns = input.names();
        let name = format!("{width}");
        columns.push(name.clone());
        let field = value.logical_type.to_arrow();
        let nullable = value.nullable;
        project.push(value);
        let wider = Relation::project(joined, project, columns);
        let qualifier = TableReference::bare(VALUES);
        let field = arrow::datatypes::Field::new(&name, field, nullable);
        let own = DFSchema::new_with_metadata(
            vec![(Some(qualifier.clone()), std::sync::Arc::new(field))],
            Default::default(),
        );
        let names = own
            .and_then(|own| extended.join(&own))
            .map_err(|error| PlanError::new(error.strip_backtrace()))?;
        Ok((wider, names, Column::new(Some(qualifier), name)))
    }

    /// The relation of a subquery, its references to the query around it numbered from `OUTER` on.
    fn inner(&self, input: &Rel, names: &DFSchema, subquery: &Subquery) -> Bound {
        let columns = &input.columns[..names.fields().len().min(input.columns.len())];
        Binder { session: self.session, origin: self.origin.clone(), outer: Some(Scope { names, columns }) }
            .relation(&subquery.subquery)
    }

    fn exists(&self, input: Rel, names: &DFSchema, subquery: &Subquery, negated: bool) -> Bound {
        let pulled = pull(rows_of(&self.inner(&input, names, subquery)?), &input)?;
        let kind = if negated { JoinKind::Anti } else { JoinKind::Semi };
        Ok(joined(kind, &input, pulled.rel, pulled.conditions))
    }

    fn is_in(
        &self,
        input: Rel,
        names: &DFSchema,
        written: &Expr,
        subquery: &Subquery,
        negated: bool,
    ) -> Bound {
        let value = self.scalar_of(names, &input.columns, written)?;
        let pulled = pull(&self.inner(&input, names, subquery)?, &input)?;
        let width = input.columns.len();
        let column = &pulled.rel.columns[0];
        let element = Scalar::column(width, column.logical_type.clone(), column.nullable);
        let mut on = outer_first(pulled.conditions, width);
        let equal = self.equals(value.clone(), element.clone()).map_err(|error| error.of(written))?;
        on.push(match negated {
            false => equal,
            // NOT IN is true only where the comparison is false with every element, not unknown with one.
            true => {
                let unknown = [value, element].into_iter().filter(|side| side.nullable).map(is_null);
                unknown.fold(equal, either)
            }
        });
        let kind = if negated { JoinKind::Anti } else { JoinKind::Semi };
        Ok(semi(kind, &input, pulled.rel, on))
    }

    /// `value > ANY (…)`: true for one row at least; `value > ALL (…)`: true for every row.
    fn quantified(&self, input: Rel, names: &DFSchema, comparison: &SetComparison) -> Bound {
        let symbol = match comparison.op {
            Operator::Eq => Comparison::Eq,
            Operator::NotEq => Comparison::NotEq,
            Operator::Lt => Comparison::Lt,
            Operator::LtEq => Comparison::LtEq,
            Operator::Gt => Comparison::Gt,
            Operator::GtEq => Comparison::GtEq,
            other => return Err(PlanError::new(format!("{other} is no comparison for ANY and ALL"))),
        };
        let value = self.scalar_of(names, &input.columns, &comparison.expr)?;
        let pulled = pull(&self.inner(&input, names, &comparison.subquery)?, &input)?;
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
        let pulled = pull(&inner, &left)?;
        let on = outer_first(pulled.conditions, width);
        let joined = semi(kind, &left, pulled.rel, on);
        Ok(first_columns(joined, width + right_width))
    }

    fn equals(&self, left: Scalar, right: Scalar) -> Result<Scalar, PlanError> {
        let empty = DFSchema::empty();
        Ok(self.typer(&empty, &[]).comparison(Comparison::Eq, left, right)?)
    }

    /// The one value of a subquery; NULL where it has no row.
    fn scalar(&self, input: &Rel, names: &DFSchema, subquery: &Subquery) -> Result<(Rel, Scalar), PlanError> {
        let inner = self.inner(input, names, subquery)?;
        if inner.columns.len() != 1 {
            return Err("a subquery that stands for one value has one column".into());
        }
        let over_nothing = value_over_nothing(&inner);
        let pulled = by_columns(pull(&inner, input)?, input)?;
        let keys: Vec<Scalar> = pulled.rel.references().split_off(1);
        let single = match is_single(&inner) {
            true => pulled.rel,
            // More than one row is an error.
            false => {
                let value = pulled.rel.references().swap_remove(0);
                single_value(&pulled.rel, value, keys)
            }
        };
        let width = input.columns.len();
        let mut on = Vec::new();
        for condition in outer_first(pulled.conditions, width) {
            on.push(condition);
        }
        let joined = left_joined(input, single, on);
        let column = &joined.columns[width];
        let value = Scalar::column(width, column.logical_type.clone(), true);
        // A count over nothing is 0: known where a correlated subquery has no row.
        let value = match over_nothing.filter(|_| joined.columns.len() > width + 1) {
            Some(nothing) => {
                let (logical_type, key) =
                    (value.logical_type.clone(), joined.references()[width + 1].clone());
                let branches = vec![(is_null(key), nothing)];
                let kind = ScalarKind::Case { branches, otherwise: Some(Box::new(value)) };
                Scalar { kind, logical_type, nullable: true }
            }
            None => value,
        };
        Ok((joined, value))
    }

    /// Whether a subquery has a row (that equals a value), as a BOOLEAN of three values.
    fn mark(
        &self,
        input: &Rel,
        names: &DFSchema,
        written: Option<&Expr>,
        subquery: &Subquery,
    ) -> Result<(Rel, Scalar), PlanError> {
        let width = input.columns.len();
        let pulled = by_columns(pull(&self.inner(input, names, subquery)?, input)?, input)?;
        let columns = pulled.rel.references();
        let element_column = written.map(|_| columns[0].clone());
        // What the rows are told apart by: the element, then the inner sides of the correlation.
        let correlated: Vec<usize> = pulled
            .conditions
            .iter()
            .flat_map(|condition| condition.columns())
            .filter(|column| *column < OUTER)
            .collect();
        let mut keys: Vec<usize> = written.iter().map(|_| 0).chain(correlated.iter().copied()).collect();
        keys.dedup();
        let key_scalars: Vec<Scalar> = keys.iter().map(|key| columns[*key].clone()).collect();
        let present = counted(&pulled.rel, key_scalars, None);
        let at = |keys: &[usize], column: usize| keys.iter().position(|key| *key == column).unwrap_or(column);
        let place = |keys: Vec<usize>, conditions: &[Scalar], base: usize| -> Vec<Scalar> {
            let moved = |column: usize| {
                if column >= OUTER { column - OUTER } else { base + at(&keys, column) }
            };
            conditions.iter().map(|condition| condition.shift(&moved)).collect()
        };
        let mut on = place(keys.clone(), &pulled.conditions, width);
        let value = written.map(|value| self.scalar_of(names, &input.columns, value)).transpose()?;
        if let (Some(written), Some(value), Some(element)) = (written, &value, &element_column) {
            let element = Scalar::column(width, element.logical_type.clone(), element.nullable);
            on.push(self.equals(value.clone(), element).map_err(|error| error.of(written))?);
        }
        let joined = left_joined(input, present, on);
        let found = is_not_null(Scalar::column(joined.columns.len() - 1, LogicalType::BigInt, true));
        let (Some(value), Some(element)) = (value, element_column) else { return Ok((joined, found)) };
        if !value.nullable && !element.nullable {
            return Ok((joined, found));
        }
        // Unknown where nothing equals, but the value or an element is NULL and there is an element at all.
        let base = joined.columns.len();
        let totals_by: Vec<Scalar> = correlated.iter().map(|key| columns[*key].clone()).collect();
        let totals = counted(&pulled.rel, totals_by, Some(element));
        let on = place(correlated, &pulled.conditions, base);
        let joined = left_joined(&joined, totals, on);
        let (all, known) = (joined.columns.len() - 2, joined.columns.len() - 1);
        let all = Scalar::column(all, LogicalType::BigInt, true);
        let known = Scalar::column(known, LogicalType::BigInt, true);
        let empty = DFSchema::empty();
        let fewer = self.typer(&empty, &[]).comparison(Comparison::Lt, known, all.clone())?;
        let unknown = null(&LogicalType::Boolean);
        let constant =
            |value: bool| Scalar::boolean(ScalarKind::Literal(ScalarValue::Boolean(Some(value))), false);
        let branches = vec![
            (is_null(all), constant(false)),
            (found, constant(true)),
            (either(is_null(value), fewer), unknown),
        ];
        let kind = ScalarKind::Case { branches, otherwise: Some(Box::new(constant(false))) };
        Ok((joined, Scalar::boolean(kind, true)))
    }
}

/// What decides how many rows there are: EXISTS does not ask for their columns.
fn rows_of(rel: &Rel) -> &Rel {
    match &rel.op {
        Op::Project(_) => rows_of(&rel.inputs[0]),
        _ => rel,
    }
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::InSubquery(_) | Expr::Exists(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_))
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
fn outer_first(conditions: Vec<Scalar>, width: usize) -> Vec<Scalar> {
    let position = |column: usize| if column >= OUTER { column - OUTER } else { width + column };
    conditions.into_iter().map(|condition| condition.shift(&position)).collect()
}

fn joined(kind: JoinKind, input: &Rel, right: Rel, conditions: Vec<Scalar>) -> Rel {
    semi(kind, input, right, outer_first(conditions, input.columns.len()))
}

fn semi(kind: JoinKind, input: &Rel, right: Rel, on: Vec<Scalar>) -> Rel {
    let columns = joined_columns(&input.columns, &right.columns, kind);
    let join = Join { kind, on, as_of: None, ttl_ms: [None; 2] };
    Relation::new(Op::Join(join), vec![Rel::clone(input), right], columns)
}

fn left_joined(input: &Rel, right: Rel, on: Vec<Scalar>) -> Rel {
    semi(JoinKind::Left, input, right, on)
}

/// The first columns of a relation.
fn first_columns(rel: Rel, width: usize) -> Rel {
    let (mut project, mut names) = (rel.references(), rel.names());
    project.truncate(width);
    names.truncate(width);
    Relation::project(rel, project, names)
}

fn count(arguments: Vec<Scalar>) -> AggregateCall {
    AggregateCall {
        function: "COUNT".to_owned(),
        arguments,
        distinct: false,
        filter: None,
        result: LogicalType::BigInt,
        nullable: false,
    }
}

/// Keys with their number of rows, and that of rows where a value is not NULL.
fn counted(rel: &Rel, keys: Vec<Scalar>, value: Option<Scalar>) -> Rel {
    let mut columns: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| plain(&format!("$key{i}"), key.logical_type.clone(), key.nullable))
        .collect();
    let mut calls = vec![count(Vec::new())];
    calls.extend(value.map(|value| count(vec![value])));
    columns.extend((0..calls.len()).map(|i| plain(&format!("$count{i}"), LogicalType::BigInt, false)));
    Relation::new(Op::Aggregate(Aggregate { keys, calls, ttl_ms: None }), vec![Rel::clone(rel)], columns)
}

/// The value of the only row for each key: the value first, then the keys.
fn single_value(rel: &Rel, value: Scalar, keys: Vec<Scalar>) -> Rel {
    let width = keys.len();
    let mut columns: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| plain(&format!("$key{i}"), key.logical_type.clone(), key.nullable))
        .collect();
    columns.push(plain("$value", value.logical_type.clone(), true));
    let call = AggregateCall {
        function: "SINGLE_VALUE".to_owned(),
        result: value.logical_type.clone(),
        nullable: true,
        ..count(vec![value])
    };
    let single = Relation::new(
        Op::Aggregate(Aggregate { keys, calls: vec![call], ttl_ms: None }),
        vec![Rel::clone(rel)],
        columns,
    );
    let (mut project, mut names) = (single.references(), single.names());
    project.rotate_left(width);
    names.rotate_left(width);
    Relation::project(single, project, names)
}

/// Whether a relation has at most one row, or one for each key of its correlation.
fn is_single(rel: &Rel) -> bool {
    match &rel.op {
        Op::Aggregate(aggregate) => aggregate.keys.is_empty(),
        Op::Project(_) | Op::Filter(_) => is_single(&rel.inputs[0]),
        Op::Values(rows) => rows.len() <= 1,
        _ => false,
    }
}

/// What the only column of an aggregate without keys is over nothing, where that is not NULL: counts are 0 there.
fn value_over_nothing(rel: &Rel) -> Option<Scalar> {
    match &rel.op {
        Op::Aggregate(aggregate) if aggregate.keys.is_empty() => {
            (aggregate.calls.first()?.function == "COUNT").then(|| big_int(0))
        }
        Op::Project(project) => {
            let Op::Aggregate(aggregate) = &rel.inputs[0].op else { return None };
            let value = project.first()?;
            let counts = |column: &usize| aggregate.calls[*column].function == "COUNT";
            let is_count = aggregate.keys.is_empty() && value.columns().iter().any(counts);
            is_count.then(|| {
                value.replace(&|column| match aggregate.calls[column].function == "COUNT" {
                    true => big_int(0),
                    false => null(&aggregate.calls[column].result),
                })
            })
        }
        _ => None,
    }
}

fn is_null(operand: Scalar) -> Scalar {
    Scalar::boolean(ScalarKind::IsNull { operand: Box::new(operand), negated: false }, false)
}

fn is_not_null(operand: Scalar) -> Scalar {
    Scalar::boolean(ScalarKind::IsNull { operand: Box::new(operand), negated: true }, false)
}

fn not(operand: Scalar) -> Scalar {
    let nullable = operand.nullable;
    Scalar::boolean(ScalarKind::Not(Box::new(operand)), nullable)
}

fn either(left: Scalar, right: Scalar) -> Scalar {
    let nullable = left.nullable || right.nullable;
    Scalar::boolean(ScalarKind::Or(Box::new(left), Box::new(right)), nullable)
}
