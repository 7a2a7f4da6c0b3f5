//! Set operations: columns get the type that holds those of all inputs. INTERSECT and EXCEPT become joins and aggregates
//! (Flink `ReplaceIntersectWithSemiJoinRule`, `ReplaceMinusWithAntiJoinRule`, `RewriteIntersectAllRule`,
//! `RewriteMinusAllRule`).

use crate::bind::typing::call;
use datafusion_common::DFSchema;
use datafusion_common::ScalarValue;
use datafusion_expr::logical_plan::Join as JoinPlan;
use datafusion_expr::{Distinct, Expr, LogicalPlan};
use streamsql_core::LogicalType;
use streamsql_functions::compare::Comparison;
use streamsql_functions::typing::Arithmetic;
use streamsql_functions::{collection, typing};
use streamsql_plan::JoinKind;

use super::{Binder, Bound};
use crate::error::PlanError;
use crate::logical::{
    Aggregate, AggregateCall, Columns, Correlate, Join, Op, Rel, RelColumn, Relation, Scalar, ScalarKind,
    SetKind, SetOp, joined_columns, plain,
};

impl Binder<'_> {
    pub(super) fn union(&self, plan: &LogicalPlan) -> Bound {
        let mut leaves = Vec::new();
        union_leaves(plan, &mut leaves);
        let inputs = leaves.iter().map(|input| self.relation(input)).collect::<Result<Vec<_>, _>>()?;
        self.union_of(inputs, "UNION ALL", &leaves)
    }

    /// `plans` are those of the inputs.
    fn union_of(&self, inputs: Vec<Rel>, word: &str, plans: &[&LogicalPlan]) -> Bound {
        let Some(first) = inputs.first() else { return Err("a UNION without inputs".into()) };
        let names = first.names();
        let mut types = Vec::with_capacity(names.len());
        for i in 0..names.len() {
            let all: Vec<LogicalType> =
                inputs.iter().map(|input| input.columns[i].logical_type.clone()).collect();
            types.push(typing::least_restrictive(&all).map_err(|e| {
                let error = PlanError::new(format!("column {} of {word} has {e}", i + 1));
                // The first input that does not go with those before it.
                let odd = (1..all.len()).find(|last| typing::least_restrictive(&all[..=*last]).is_err());
                match odd.and_then(|odd| output(plans.get(odd)?, i)) {
                    Some(expr) => error.of(expr),
                    None => error,
                }
            })?);
        }
        let inputs =
            inputs.into_iter().map(|input| self.cast_all(input, &types)).collect::<Result<Vec<_>, _>>()?;
        let columns = names
            .into_iter()
            .zip(types)
            .enumerate()
            .map(|(i, (name, logical_type))| {
                let same_time = inputs.windows(2).all(|w| w[0].columns[i].time == w[1].columns[i].time);
                RelColumn {
                    name,
                    logical_type,
                    nullable: inputs.iter().any(|input| input.columns[i].nullable),
                    time: inputs.first().filter(|_| same_time).and_then(|input| input.columns[i].time),
                    is_json: false,
                }
            })
            .collect();
        let op = Op::SetOp(SetOp { kind: SetKind::Union, all: true });
        Ok(Relation::new(op, inputs, columns))
    }

    /// INTERSECT or EXCEPT, which DataFusion plans as a semi or anti join of all columns; its left side is DISTINCT where
    /// the operation is not ALL.
    pub(super) fn set_operation(&self, join: &JoinPlan, kind: SetKind) -> Bound {
        let (left, all) = match join.left.as_ref() {
            LogicalPlan::Distinct(Distinct::All(left)) => (left, false),
            _ => (&join.left, true),
        };
        let word = if kind == SetKind::Intersect { "INTERSECT" } else { "EXCEPT" };
        let inputs = vec![self.relation(left)?, self.relation(&join.right)?];
        let union = self.union_of(inputs, word, &[left, &join.right])?;
        let [left, right] = union.inputs.as_slice() else {
            return Err("a set operation has two sides".into());
        };
        if all {
            return self.counted_rows(left, right, kind);
        }
        let empty = DFSchema::empty();
        let typer = self.typer(&empty, &[]);
        let width = left.columns.len();
        let on = (left.references().into_iter().zip(right.references()))
            .map(|(l, r)| typer.comparison(Comparison::NotDistinct, l, r.shift(&|column| column + width)))
            .collect::<Result<Vec<_>, _>>()?;
        let kind = if kind == SetKind::Intersect { JoinKind::Semi } else { JoinKind::Anti };
        let columns = joined_columns(&left.columns, &right.columns, kind);
        let op = Op::Join(Join { kind, on, as_of: None, ttl_ms: [None; 2] });
        let joined = Relation::new(op, vec![Rel::clone(left), Rel::clone(right)], columns);
        Ok(self.distinct(joined))
    }

    /// INTERSECT ALL and EXCEPT ALL: each row as often as both sides together say.
    fn counted_rows(&self, left: &Rel, right: &Rel, kind: SetKind) -> Bound {
        let width = left.columns.len();
        let names = left.names();
        let marked = |side: &Rel, is_left: bool| {
            let (mut project, mut names) = (side.references(), side.names());
            let value = ScalarKind::Literal(ScalarValue::Boolean(Some(is_left)));
            project.push(Scalar::boolean(value, false));
            names.push("$left".to_owned());
            Relation::project(Rel::clone(side), project, names)
        };
        let both = self.union_of(vec![marked(left, true), marked(right, false)], "a set operation", &[])?;
        let is_left = || Scalar::column(width, LogicalType::Boolean, false);
        let count = |filter: Scalar| AggregateCall {
            function: "COUNT".to_owned(),
            arguments: Vec::new(),
            distinct: false,
            filter: Some(filter),
            result: LogicalType::BigInt,
            nullable: false,
        };
        let not_left = Scalar::boolean(ScalarKind::Not(Box::new(is_left())), false);
        let calls = vec![count(is_left()), count(not_left)];
        let mut keys = both.references();
        keys.truncate(width);
        let mut columns: Vec<RelColumn> = both.columns[..width]
            .iter()
            .map(|column| plain(&column.name, column.logical_type.clone(), column.nullable))
            .collect();
        columns.extend(["$n", "$m"].map(|name| plain(name, LogicalType::BigInt, false)));
        let counted =
            Relation::new(Op::Aggregate(Aggregate { keys, calls, ttl_ms: None }), vec![both], columns);
        let empty = DFSchema::empty();
        let typer = self.typer(&empty, &[]);
        let [n, m] = [0, 1].map(|i| Scalar::column(width + i, LogicalType::BigInt, false));
        let times = match kind {
            SetKind::Intersect => typer.named("LEAST", vec![n, m])?,
            _ => typer.arithmetic(Arithmetic::Subtract, n, m)?,
        };
        let repeated = collection::repeated();
        let copies = call("$REPLICATE_ROWS", vec![times], repeated, false, collection::repeat());
        let mut columns = counted.columns.clone();
        columns.push(plain("$copy", LogicalType::Boolean, true));
        let op = Op::Correlate(Correlate { collection: copies, kind: JoinKind::Inner });
        let rows = Relation::new(op, vec![counted], columns);
        let mut project = rows.references();
        project.truncate(width);
        Ok(Relation::project(rows, project, names))
    }

    /// The relation with its columns cast to types.
    fn cast_all(&self, input: Rel, types: &[LogicalType]) -> Bound {
        if input.columns.iter().zip(types).all(|(column, to)| column.logical_type == *to) {
            return Ok(input);
        }
        let schema = DFSchema::empty();
        let typer = self.typer(&schema, &[]);
        let project = input
            .references()
            .into_iter()
            .zip(types)
            .map(|(scalar, to)| typer.cast(scalar, to))
            .collect::<Result<Vec<_>, _>>()?;
        let names = input.names();
        Ok(Relation::project(input, project, names))
    }
}

/// The expression of a column of a query, for its place.
fn output(plan: &LogicalPlan, column: usize) -> Option<&Expr> {
    match plan {
        LogicalPlan::Projection(projection) => {
            let expr = projection.expr.get(column)?;
            // Columns that are only named anew are written further down.
            let below = match expr.clone().unalias() {
                Expr::Column(column) if column.spans.first().is_none() => {
                    projection.input.schema().index_of_column(&column).ok()
                }
                _ => None,
            };
            below.and_then(|below| output(&projection.input, below)).or(Some(expr))
        }
        LogicalPlan::SubqueryAlias(alias) => output(&alias.input, column),
        LogicalPlan::Distinct(Distinct::All(input)) => output(input, column),
        LogicalPlan::Values(values) => values.values.first()?.get(column),
        _ => None,
    }
}

/// The inputs of UNION ALLs that stand directly in each other.
fn union_leaves<'p>(plan: &'p LogicalPlan, leaves: &mut Vec<&'p LogicalPlan>) {
    match plan {
        LogicalPlan::Union(union) => union.inputs.iter().for_each(|input| union_leaves(input, leaves)),
        leaf => leaves.push(leaf),
    }
}
