//! Subqueries in expressions: their values become columns of a wider input.

use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, DFSchema, TableReference};
use datafusion_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion_expr::{Expr, Operator};
use streamsql_core::LogicalType;
use streamsql_functions::compare::Comparison;
use streamsql_functions::{SessionSettings, resolve_aggregate};
use streamsql_plan::JoinKind;

use super::pull::{by_columns, pull};
use super::subquery::{
    compared_columns, either, has_subquery, is_not_null, is_null, left_joined, not, outer_first, semi,
    symbol_of,
};
use super::subquery_parts::{
    check_row, count, counted, is_single, placed, single_value, subquery_of, three_valued, value_over_nothing,
};
use super::{Binder, limited_size};
use crate::bind::typing::Typer;
use crate::error::PlanError;
use crate::logical::{AggregateCall, Columns, Rel, Relation, Scalar, ScalarKind, conjunction};

/// The qualifier under which values of subqueries are columns of the query around them.
const VALUES: &str = "$subquery";

/// What becomes of an IN that is unknown.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Unknown {
    /// It is NULL.
    Told,
    /// NULL is as good as FALSE, which Flink sees when its plan has the rows of the subquery counted: in WHEN.
    FalseWhenCounted,
    /// NULL is as good as FALSE.
    False,
}

/// Expressions whose subqueries are columns of a wider input.
pub(super) struct Extended {
    pub input: Rel,
    /// Names of the input's columns.
    pub names: DFSchema,
    pub exprs: Vec<Expr>,
    /// The relation of the first subquery, where that is bound already.
    bound: Option<Rel>,
}

impl Binder<'_> {
    /// Expressions over an input, which gets a column for each of their subqueries.
    pub(super) fn extended(
        &self,
        input: Rel,
        names: &DFSchema,
        exprs: &[&Expr],
    ) -> Result<Extended, PlanError> {
        self.extended_as(input, names, exprs, Unknown::Told, None)
    }

    /// `unknown`: what NULL is for each of them. `bound`: the relation of the first subquery.
    pub(super) fn extended_as(
        &self,
        input: Rel,
        names: &DFSchema,
        exprs: &[&Expr],
        unknown: Unknown,
        bound: Option<Rel>,
    ) -> Result<Extended, PlanError> {
        let rewritten = Vec::with_capacity(exprs.len());
        let mut extended = Extended { input, names: names.clone(), exprs: rewritten, bound };
        for expr in exprs {
            let rewritten = self.with_values((*expr).clone(), names, &mut extended, unknown)?;
            extended.exprs.push(rewritten);
        }
        Ok(extended)
    }

    /// An expression with columns of `extended` in place of its subqueries (Calcite `LogicVisitor` for `unknown`). `names` are
    /// what subqueries see of the query around them.
    fn with_values(
        &self,
        expr: Expr,
        names: &DFSchema,
        extended: &mut Extended,
        unknown: Unknown,
    ) -> Result<Expr, PlanError> {
        check_row(&expr)?;
        let mut failed = None;
        // The parts of CASE are WHEN and THEN in turn, and ELSE.
        let whens = match &expr {
            Expr::Case(case) if case.expr.is_none() => case.when_then_expr.len(),
            _ => 0,
        };
        let inside = match &expr {
            Expr::Alias(_) => unknown,
            Expr::BinaryExpr(binary) if matches!(binary.op, Operator::And | Operator::Or) => unknown,
            Expr::IsTrue(_) | Expr::IsNotTrue(_) => Unknown::False,
            _ => Unknown::Told,
        };
        let mut parts = 0;
        let done = expr.map_children(|part| {
            let is_when = parts % 2 == 0 && parts < 2 * whens;
            parts += 1;
            let inside = if is_when { Unknown::FalseWhenCounted } else { inside };
            if failed.is_some() || !has_subquery(&part) {
                return Ok(Transformed::no(part));
            }
            match self.with_values(part.clone(), names, extended, inside) {
                Ok(part) => Ok(Transformed::yes(part)),
                Err(error) => {
                    failed = Some(error);
                    Ok(Transformed::no(part))
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let expr = done.map_err(|e| PlanError::new(e.strip_backtrace()))?.data;
        let Some(subquery) = subquery_of(&expr) else { return Ok(expr) };
        let inner = match extended.bound.take() {
            Some(bound) => bound,
            None => self.inner(&extended.input, names, subquery)?,
        };
        let (wider, wider_names, column) = self.value(extended, &inner, &expr, unknown)?;
        (extended.input, extended.names) = (limited_size(wider)?, wider_names);
        Ok(Expr::Column(column))
    }

    /// Calls whose arguments read the query around it, over an input with these arguments as columns.
    pub(super) fn with_outer_arguments(
        &self,
        input: Rel,
        names: &DFSchema,
        calls: &[Expr],
    ) -> Result<Extended, PlanError> {
        let (mut project, mut columns) = (input.references(), input.names());
        let (mut extended, mut failed) = (names.clone(), None);
        let mut argument = |part: Expr| -> Result<Expr, PlanError> {
            let value = self.scalar_of(names, &input.columns, &part)?;
            let name = format!("{}", project.len());
            let (wider, column) = with_column(&extended, &name, &value)?;
            extended = wider;
            project.push(value);
            columns.push(name);
            Ok(Expr::Column(column))
        };
        let mut exprs = Vec::with_capacity(calls.len());
        for call in calls {
            let done = call.clone().transform_up(|part| {
                let Expr::AggregateFunction(_) = &part else { return Ok(Transformed::no(part)) };
                part.map_children(|part| {
                    if failed.is_some() || !part.contains_outer() {
                        return Ok(Transformed::no(part));
                    }
                    match argument(part.clone()) {
                        Ok(column) => Ok(Transformed::yes(column)),
                        Err(error) => {
                            failed = Some(error);
                            Ok(Transformed::no(part))
                        }
                    }
                })
            });
            exprs.push(done.map_err(|e| PlanError::new(e.strip_backtrace()))?.data);
        }
        match failed {
            Some(error) => Err(error),
            None => {
                let input = Relation::project(input, project, columns);
                Ok(Extended { input, names: extended, exprs, bound: None })
            }
        }
    }

    /// The input with the value of a subquery, whose relation is `inner`, as its last column, and that column's name.
    fn value(
        &self,
        Extended { input, names: extended, .. }: &Extended,
        inner: &Rel,
        subquery: &Expr,
        unknown: Unknown,
    ) -> Result<(Rel, DFSchema, Column), PlanError> {
        let width = input.columns.len();
        let (joined, value) = match subquery {
            Expr::ScalarSubquery(_) => scalar(input, inner, self.session)?,
            Expr::Exists(Exists { negated, .. }) => {
                let (joined, mark) = self.mark(input, extended, None, inner)?;
                (joined, if *negated { not(mark) } else { mark })
            }
            Expr::InSubquery(InSubquery { expr, negated, .. }) => {
                let unknown = if *negated { Unknown::Told } else { unknown };
                let (joined, mark) = self.mark(input, extended, Some((expr, unknown)), inner)?;
                (joined, if *negated { not(mark) } else { mark })
            }
            Expr::SetComparison(comparison) => {
                let SetComparison { expr, op, quantifier, .. } = comparison;
                match (op, quantifier) {
                    (Operator::Eq, SetQuantifier::Any) => {
                        self.mark(input, extended, Some((expr, unknown)), inner)?
                    }
                    (Operator::NotEq, SetQuantifier::All) => {
                        let (joined, mark) =
                            self.mark(input, extended, Some((expr, Unknown::Told)), inner)?;
                        (joined, not(mark))
                    }
                    _ => self.compared(input, extended, comparison, inner)?,
                }
            }
            _ => return Err("this subquery is not supported".into()),
        };
        let mut project = input.references();
        let mut columns = input.names();
        let name = format!("{width}");
        columns.push(name.clone());
        let (names, column) = with_column(extended, &name, &value)?;
        project.push(value);
        Ok((Relation::project(joined, project, columns), names, column))
    }

    /// Whether a subquery has a row (that equals a value, which comes with what NULL is), as a BOOLEAN of three values.
    fn mark(
        &self,
        input: &Rel,
        extended: &DFSchema,
        written: Option<(&Expr, Unknown)>,
        inner: &Rel,
    ) -> Result<(Rel, Scalar), PlanError> {
        let width = input.columns.len();
        let unknown = written.map_or(Unknown::False, |(_, unknown)| unknown);
        let value = written.map(|(value, _)| self.scalar_of(extended, &input.columns, value)).transpose()?;
        let (inner, values) = match value {
            Some(value) => compared_columns(inner, value),
            None => (Rel::clone(inner), Vec::new()),
        };
        let pulled = by_columns(pull(&inner, input)?, input)?;
        let columns = pulled.rel.references();
        let elements = &columns[..values.len()];
        // What the rows are told apart by: the elements, then the inner sides of the correlation.
        let correlated = pulled.inner_columns();
        let mut keys: Vec<usize> = (0..values.len()).collect();
        for column in &correlated {
            if !keys.contains(column) {
                keys.push(*column);
            }
        }
        let key_scalars: Vec<Scalar> = keys.iter().map(|key| columns[*key].clone()).collect();
        let present = counted(&pulled.rel, key_scalars, Vec::new());
        let mut on = placed(&pulled.conditions, &keys, width);
        for (i, (value, element)) in values.iter().zip(elements).enumerate() {
            let element = Scalar::column(width + i, element.logical_type.clone(), element.nullable);
            let equal = self.equals(value.clone(), element);
            on.push(equal.map_err(|error| match written {
                Some((written, _)) => error.of(written),
                None => error,
            })?);
        }
        let joined = left_joined(input, present, on);
        let found = is_not_null(Scalar::column(joined.columns.len() - 1, LogicalType::BigInt, true));
        if unknown == Unknown::False || !values.iter().chain(elements).any(|side| side.nullable) {
            return Ok((joined, found));
        }
        // Calcite counts elements that are not NULL at all, of several columns those that may be NULL.
        let mut may_be_null: Vec<Scalar> = elements.iter().filter(|side| side.nullable).cloned().collect();
        if may_be_null.len() > 1 && unknown == Unknown::FalseWhenCounted {
            may_be_null.clear();
        }
        if may_be_null.len() > 1 {
            let error = "IN of several columns that may be NULL stands where NULL is told from FALSE";
            return Err(PlanError::new(format!("{error}, which Flink 1.18 does not plan"))
                .hint("add IS TRUE behind it, or COALESCE the columns"));
        }
        // Unknown where nothing equals, but the value or an element is NULL and there is an element at all.
        let base = joined.columns.len();
        let totals_by: Vec<Scalar> = correlated.iter().map(|key| columns[*key].clone()).collect();
        let totals = counted(&pulled.rel, totals_by, vec![count(may_be_null)]);
        let on = placed(&pulled.conditions, &correlated, base);
        // A subquery that has had no row has no totals yet: as in Flink, rows wait for its first one.
        let kind = if correlated.is_empty() { JoinKind::Inner } else { JoinKind::Left };
        let joined = semi(kind, &joined, totals, on);
        let (all, known) = (joined.columns.len() - 2, joined.columns.len() - 1);
        let all = Scalar::column(all, LogicalType::BigInt, true);
        let known = Scalar::column(known, LogicalType::BigInt, true);
        let empty = DFSchema::empty();
        let fewer = self.typer(&empty, &[]).comparison(Comparison::Lt, known, all.clone())?;
        // Of a correlated subquery without rows Flink's plan asks for the NULL first.
        let nothing = match correlated.is_empty() {
            true => is_null(all),
            false => {
                let known = values.iter().cloned().map(is_not_null);
                let both = std::iter::once(is_null(all.clone())).chain(known).collect();
                conjunction(both).unwrap_or_else(|| is_null(all))
            }
        };
        let unknown = values.into_iter().map(is_null).fold(fewer, |unknown, value| either(value, unknown));
        Ok((joined, three_valued(nothing, found, unknown)))
    }

    /// Whether a value compares so with some or with every row of a subquery, as a BOOLEAN of three values: a value is less
    /// than some row where it is less than the greatest one (Calcite `SubQueryRemoveRule.rewriteSome`).
    fn compared(
        &self,
        input: &Rel,
        extended: &DFSchema,
        comparison: &SetComparison,
        inner: &Rel,
    ) -> Result<(Rel, Scalar), PlanError> {
        let width = input.columns.len();
        let symbol = symbol_of(comparison.op)?;
        let every = matches!(comparison.quantifier, SetQuantifier::All);
        // What holds for every row is what fails for no row.
        let asked = if every { symbol.negated() } else { symbol };
        let extremes: &[&str] = match asked {
            Comparison::Gt | Comparison::GtEq => &["MIN"],
            Comparison::Lt | Comparison::LtEq => &["MAX"],
            _ => &["MIN", "MAX"],
        };
        let value = self.scalar_of(extended, &input.columns, &comparison.expr)?;
        let pulled = by_columns(pull(inner, input)?, input)?;
        let columns = pulled.rel.references();
        let element = columns[0].clone();
        for function in extremes {
            resolve_aggregate(function, &[Typer::argument(&element)], self.session).map_err(|_| {
                let (sign, quantifier) = (comparison.op, if every { "ALL" } else { "ANY" });
                PlanError::new(format!(
                    "{sign} {quantifier} takes no {}, as in Flink 1.18",
                    element.logical_type
                ))
                .of(&comparison.expr)
            })?;
        }
        let correlated = pulled.inner_columns();
        let keys: Vec<Scalar> = correlated.iter().map(|key| columns[*key].clone()).collect();
        let extreme = |function: &&str| AggregateCall {
            function: (*function).to_owned(),
            result: element.logical_type.clone(),
            nullable: true,
            ..count(vec![element.clone()])
        };
        let calls = [count(vec![element.clone()])].into_iter().chain(extremes.iter().map(extreme)).collect();
        let totals = counted(&pulled.rel, keys, calls);
        // A subquery that has had no row has no totals yet: as in Flink, rows wait for its first one.
        let kind = if correlated.is_empty() { JoinKind::Inner } else { JoinKind::Left };
        let joined = semi(kind, input, totals, placed(&pulled.conditions, &correlated, width));
        let first = width + correlated.len();
        let (all, known) = (
            Scalar::column(first, LogicalType::BigInt, true),
            Scalar::column(first + 1, LogicalType::BigInt, true),
        );
        let empty = DFSchema::empty();
        let typer = self.typer(&empty, &[]);
        let mut found: Option<Scalar> = None;
        for at in 0..extremes.len() {
            let extreme = Scalar::column(first + 2 + at, element.logical_type.clone(), true);
            // What cannot be compared is told with the sign that is written.
            let holds = typer
                .comparison(symbol, value.clone(), extreme.clone())
                .and_then(|_| typer.comparison(asked, value.clone(), extreme));
            let holds = holds.map_err(|error| PlanError::from(error).of(&comparison.expr))?;
            found = Some(match found {
                Some(other) => either(other, holds),
                None => holds,
            });
        }
        let found = found.ok_or("a comparison with nothing")?;
        let fewer = typer.comparison(Comparison::Lt, known, all.clone())?;
        let some = three_valued(is_null(all), found, either(is_null(value), fewer));
        Ok((joined, if every { not(some) } else { some }))
    }
}

/// The one value of a subquery; NULL where it has no row.
fn scalar(input: &Rel, inner: &Rel, session: &SessionSettings) -> Result<(Rel, Scalar), PlanError> {
    if inner.columns.len() != 1 {
        return Err("a subquery that stands for one value has one column".into());
    }
    let over_nothing = value_over_nothing(inner);
    let pulled = by_columns(pull(inner, input)?, input)?;
    let keys: Vec<Scalar> = pulled.rel.references().split_off(1);
    let single = match is_single(inner) {
        true => pulled.rel,
        // More than one row is an error.
        false => {
            let value = pulled.rel.references().swap_remove(0);
            resolve_aggregate("SINGLE_VALUE", &[Typer::argument(&value)], session).map_err(|_| {
                let error =
                    format!("a subquery that may have several rows stands for no {}", value.logical_type);
                PlanError::new(format!("{error}, as in Flink 1.18")).hint("write it as a join")
            })?;
            single_value(&pulled.rel, value, keys)
        }
    };
    let width = input.columns.len();
    let joined = left_joined(input, single, outer_first(pulled.conditions, width));
    let column = &joined.columns[width];
    let value = Scalar::column(width, column.logical_type.clone(), true);
    // A count over nothing is 0: known where a correlated subquery has no row.
    let value = match over_nothing.filter(|_| joined.columns.len() > width + 1) {
        Some(nothing) => {
            let (logical_type, key) = (value.logical_type.clone(), joined.references()[width + 1].clone());
            let branches = vec![(is_null(key), nothing)];
            let kind = ScalarKind::Case { branches, otherwise: Some(Box::new(value)) };
            Scalar { kind, logical_type, nullable: true }
        }
        None => value,
    };
    Ok((joined, value))
}

/// Names with one more behind them, of a value that stands for a part of an expression.
fn with_column(names: &DFSchema, name: &str, value: &Scalar) -> Result<(DFSchema, Column), PlanError> {
    let qualifier = TableReference::bare(VALUES);
    let field = arrow::datatypes::Field::new(name, value.logical_type.to_arrow(), value.nullable);
    let own = DFSchema::new_with_metadata(
        vec![(Some(qualifier.clone()), std::sync::Arc::new(field))],
        Default::default(),
    );
    let names = own.and_then(|own| names.join(&own));
    let names = names.map_err(|error| PlanError::new(error.strip_backtrace()))?;
    Ok((names, Column::new(Some(qualifier), name)))
}
