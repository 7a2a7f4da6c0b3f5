//! GROUP BY and aggregate functions, typed by Flink's rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::typing::Typer;
use datafusion_common::DFSchema;
use datafusion_expr::Expr;
use datafusion_expr::expr::{AggregateFunction, GroupingSet};
use datafusion_expr::logical_plan::Aggregate as AggregatePlan;
use datafusion_expr::utils::{enumerate_grouping_sets, grouping_set_to_exprlist};
use streamsql_core::LogicalType;
use streamsql_functions::catalog::AggregateType;
use streamsql_functions::{Argument, SessionSettings, resolve_aggregate};

use super::grouping_sets::GroupingSets;
use super::join::state_ttl;
use super::subquery::has_subquery;
use super::{Binder, Bound, moments};
use crate::error::PlanError;
use crate::logical::{Aggregate, AggregateCall, Columns, Op, Rel, RelColumn, Relation, Scalar, plain};
use crate::normalize;
use crate::properties::window;

/// The calls of an aggregate while its columns are put together.
pub(super) struct Calls {
    /// Columns before the calls: the keys, or those of the input of OVER.
    pub keys: usize,
    pub calls: Vec<AggregateCall>,
}

impl Calls {
    /// None yet, behind so many keys.
    pub fn new(keys: usize) -> Self {
        Self { keys, calls: Vec::new() }
    }

    pub fn into_calls(self) -> Vec<AggregateCall> {
        self.calls
    }

    /// A call as a column of the aggregate; equal calls are one.
    pub fn add(&mut self, call: AggregateCall) -> Scalar {
        let (result, nullable) = (call.result.clone(), call.nullable);
        let position = match self.calls.iter().position(|known| is_same(known, &call)) {
            Some(position) => position,
            None => {
                self.calls.push(call);
                self.calls.len() - 1
            }
        };
        Scalar::column(self.keys + position, result, nullable)
    }
}

/// Finds the types of a call by its name and arguments.
pub(super) type ResolveCall = fn(&str, &[Argument], &SessionSettings) -> Result<AggregateType, String>;

fn is_same(one: &AggregateCall, other: &AggregateCall) -> bool {
    let same = |a: &Scalar, b: &Scalar| a.is_deterministic() && a.is_same(b);
    one.function == other.function
        && one.distinct == other.distinct
        && one.arguments.len() == other.arguments.len()
        && one.arguments.iter().zip(&other.arguments).all(|(a, b)| same(a, b))
        && match (&one.filter, &other.filter) {
            (None, None) => true,
            (Some(a), Some(b)) => same(a, b),
            _ => false,
        }
}

impl Binder<'_> {
    pub(super) fn aggregate(&self, aggregate: &AggregatePlan) -> Bound {
        let input = self.relation(&aggregate.input)?;
        let names = aggregate.input.schema();
        if !aggregate.group_expr.iter().any(has_subquery) {
            return self.aggregate_over(aggregate, input, names);
        }
        // Values of subqueries in keys are columns of a wider input.
        let keys: Vec<&Expr> = aggregate.group_expr.iter().collect();
        let extended = self.extended(input, names, &keys)?;
        let mut keyed = aggregate.clone();
        keyed.group_expr = extended.exprs;
        self.aggregate_over(&keyed, extended.input, &extended.names)
    }

    /// The aggregate over an input that has what its keys read.
    fn aggregate_over(&self, aggregate: &AggregatePlan, input: Rel, names: &DFSchema) -> Bound {
        if self.outer.is_some() && aggregate.aggr_expr.iter().any(Expr::contains_outer) {
            let extended = self.with_outer_arguments(input, names, &aggregate.aggr_expr)?;
            return self.aggregate_of(aggregate, extended.input, &extended.names, &extended.exprs);
        }
        if !aggregate.aggr_expr.iter().any(has_subquery) {
            return self.aggregate_of(aggregate, input, names, &aggregate.aggr_expr);
        }
        // Values of subqueries in arguments and conditions of calls are columns of a wider input.
        let calls: Vec<&Expr> = aggregate.aggr_expr.iter().collect();
        let extended = self.extended(input, names, &calls)?;
        self.aggregate_of(aggregate, extended.input, &extended.names, &extended.exprs)
    }

    /// The aggregate over an input, with its calls as they stand over that.
    fn aggregate_of(
        &self,
        aggregate: &AggregatePlan,
        input: Rel,
        names: &DFSchema,
        aggr_expr: &[Expr],
    ) -> Bound {
        match enumerate_grouping_sets(aggregate.group_expr.clone()) {
            Ok(sets) if matches!(sets.as_slice(), [Expr::GroupingSet(_)]) => {
                let exprs: Vec<Expr> = grouping_set_to_exprlist(&sets)
                    .map_err(|e| PlanError::new(e.strip_backtrace()))?
                    .into_iter()
                    .cloned()
                    .collect();
                let (input, bounds) = self.group_window(input, names, &exprs)?;
                let keys = self.keys(&input, names, &exprs, bounds)?;
                let sets = members(&sets[0], &exprs)?;
                if repeats_one_of_several(&sets, exprs.len()) {
                    let error = "one of several grouping sets stands there more than once";
                    return Err(PlanError::new(format!("{error}, which Flink 1.18 does not plan"))
                        .hint("write it once, or GROUP BY DISTINCT"));
                }
                let width = input.columns.len();
                let sets = GroupingSets::new(sets, keys.len());
                let expanded = sets.expand(&input, &keys);
                let mut all = expanded.references().split_off(width);
                if window::of(&input).is_some() {
                    // A column of windows that every set has stays one.
                    for (i, key) in keys.iter().enumerate().filter(|(i, _)| sets.has_everywhere(*i)) {
                        if key.as_column().is_some() {
                            all[i] = key.clone();
                        }
                    }
                }
                let keys = all;
                self.grouped(aggregate, expanded, names, keys, (aggr_expr, Some((&sets, &exprs))))
            }
            _ => {
                // DataFusion's columns have a key once that is written twice.
                let mut exprs: Vec<Expr> = Vec::new();
                for key in &aggregate.group_expr {
                    if !exprs.contains(key) {
                        exprs.push(key.clone());
                    }
                }
                let (input, bounds) = self.group_window(input, names, &exprs)?;
                let keys = self.keys(&input, names, &exprs, bounds)?;
                self.grouped(aggregate, input, names, keys, (aggr_expr, None))
            }
        }
    }

    /// The keys of GROUP BY, some of which are bounds of windows.
    fn keys(
        &self,
        input: &Rel,
        names: &DFSchema,
        exprs: &[Expr],
        bounds: Vec<Option<Scalar>>,
    ) -> Result<Vec<Scalar>, PlanError> {
        let key = |(key, bound): (&Expr, Option<Scalar>)| match bound {
            Some(bound) => Ok(bound),
            None => self.scalar_of(names, &input.columns, key),
        };
        exprs.iter().zip(bounds).map(key).collect()
    }

    /// The aggregate over its input; with grouping sets the last key is the number of the set.
    fn grouped(
        &self,
        aggregate: &AggregatePlan,
        input: Rel,
        names: &DFSchema,
        keys: Vec<Scalar>,
        (aggr_expr, sets): (&[Expr], Option<(&GroupingSets, &[Expr])>),
    ) -> Bound {
        let typer = self.typer(names, &input.columns);
        let mut calls = Calls::new(keys.len());
        let mut outputs: Vec<Scalar> = keys
            .iter()
            .enumerate()
            .map(|(i, key)| Scalar::column(i, key.logical_type.clone(), key.nullable))
            .collect();
        let functions = aggr_expr.iter().map(|expr| match unaliased(expr) {
            Expr::AggregateFunction(function) => Ok((expr, function)),
            other => Err(PlanError::new(format!("the aggregate {other} is not supported yet"))),
        });
        let functions = functions.collect::<Result<Vec<_>, _>>()?;
        // As soon as one call is reduced to sums and counts, Flink reduces AVG as well.
        let reduces = functions.iter().any(|(_, function)| moments::is_moment(function.func.name()));
        for (expr, function) in functions {
            let name = function.func.name();
            outputs.push(match sets {
                _ if name.starts_with("GROUP") => match sets {
                    Some((sets, exprs)) => sets.function(name, &function.params.args, exprs)?,
                    None => GroupingSets::none(name, &function.params.args)?,
                },
                _ => {
                    let call = self.call(&typer, function).map_err(|error| error.of(expr))?;
                    match reduces && moments::reduces(name) {
                        true => moments::reduced(&typer, call, &mut calls)?,
                        false => calls.add(call),
                    }
                }
            });
        }
        let calls = calls.calls;
        let ttl_ms = state_ttl(&aggregate.input);
        let mut columns: Vec<RelColumn> =
            keys.iter().map(|key| plain("", key.logical_type.clone(), key.nullable)).collect();
        columns.extend(calls.iter().map(|call| plain("", call.result.clone(), call.nullable)));
        // Keys keep their names, all else is numbered, as in Flink.
        for (i, column) in columns.iter_mut().enumerate() {
            column.name = match keys.get(i).and_then(Scalar::as_column) {
                Some(key) => input.columns[key].name.clone(),
                None => format!("$f{i}"),
            };
        }
        let aggregate = Aggregate { keys, calls, ttl_ms };
        keep_window_times(&input, &aggregate, &mut columns);
        let is_plain = outputs.iter().enumerate().all(|(i, output)| output.as_column() == Some(i))
            && outputs.len() == columns.len();
        if is_plain {
            return Ok(Relation::new(Op::Aggregate(aggregate), vec![input], columns));
        }
        let name = |(i, output): (usize, &Scalar)| match output.as_column() {
            Some(column) => columns[column].name.clone(),
            None => format!("$f{i}"),
        };
        let names = outputs.iter().enumerate().map(name).collect();
        let inner = Relation::new(Op::Aggregate(aggregate), vec![input], columns);
        Ok(Relation::project(inner, outputs, names))
    }

    pub(super) fn call(
        &self,
        typer: &Typer<'_>,
        function: &AggregateFunction,
    ) -> Result<AggregateCall, PlanError> {
        let name = function.func.name();
        let params = &function.params;
        // Flink reads the order of JSON_ARRAYAGG and takes values as they arrive all the same.
        if name.starts_with("JSON_ARRAYAGG") {
            params.order_by.iter().try_for_each(|key| typer.typed(&key.expr).map(drop))?;
        } else if !params.order_by.is_empty() {
            return Err(PlanError::new(format!("{name}: WITHIN GROUP is not supported, as in Flink 1.18")));
        }
        let filter = params.filter.as_ref().map(|filter| typer.condition(filter, "FILTER")).transpose()?;
        let call = self.aggregate_call(typer, name, &params.args, params.distinct, resolve_aggregate)?;
        Ok(AggregateCall { filter, ..call })
    }

    /// A call of an aggregate function without a filter; its arguments are cast to what it takes.
    pub(super) fn aggregate_call(
        &self,
        typer: &Typer<'_>,
        name: &str,
        args: &[Expr],
        distinct: bool,
        resolve: ResolveCall,
    ) -> Result<AggregateCall, PlanError> {
        #[expect(deprecated)]
        let star = matches!(args, [Expr::Wildcard { .. }]);
        let mut arguments = match star {
            true => Vec::new(),
            false => args.iter().map(|arg| typer.typed(arg)).collect::<Result<Vec<_>, _>>()?,
        };
        let seen: Vec<_> = arguments.iter().map(Typer::argument).collect();
        let resolved = resolve(name, &seen, typer.session)?;
        if name == "COUNT" && arguments.len() > 1 {
            return Err("COUNT takes one argument, as in Flink 1.18".into());
        }
        if let (true, Some(LogicalType::Row(_))) = (distinct, arguments.first().map(|a| &a.logical_type)) {
            return Err(format!("{name}(DISTINCT …) takes no ROW, as in Flink 1.18").into());
        }
        if name == "LISTAGG"
            && arguments.get(1).is_some_and(|separator| !separator.is_literal() || separator.nullable)
        {
            return Err("the separator of LISTAGG is a text literal, as in Flink 1.18".into());
        }
        arguments = arguments
            .into_iter()
            .zip(&resolved.casts)
            .map(|(argument, to)| match to {
                Some(to) => typer.cast(argument, to),
                None => Ok(argument),
            })
            .collect::<Result<_, _>>()?;
        if name.starts_with("JSON_") {
            // As Flink's WrapJsonAggFunctionArgumentsRule: the accumulators hold JSON texts.
            let json = |argument: Scalar| match argument.is_json(typer.columns) {
                true => Ok(argument),
                false => typer.named("JSON_STRING", vec![argument]),
            };
            arguments = arguments.into_iter().map(json).collect::<Result<_, _>>()?;
        }
        if name == "COUNT" && !distinct && arguments.iter().all(|argument| !argument.nullable) {
            arguments.clear();
        }
        Ok(AggregateCall {
            function: name.to_ascii_uppercase(),
            arguments,
            distinct,
            filter: None,
            result: resolved.result,
            nullable: resolved.nullable,
        })
    }

    /// SELECT DISTINCT: a group for each row.
    pub(super) fn distinct(&self, input: Rel) -> Rel {
        let keys = input.references();
        let mut columns =
            input.columns.iter().map(|c| plain(&c.name, c.logical_type.clone(), c.nullable)).collect();
        let aggregate = Aggregate { keys, calls: Vec::new(), ttl_ms: None };
        keep_window_times(&input, &aggregate, &mut columns);
        Relation::new(Op::Aggregate(aggregate), vec![input], columns)
    }
}

/// The time of a window stays a time attribute beside the window's start and end.
fn keep_window_times(input: &Rel, aggregate: &Aggregate, columns: &mut Vec<RelColumn>) {
    let is_timed = |key: &Scalar| key.as_column().is_some_and(|column| input.columns[column].time.is_some());
    if !aggregate.keys.iter().any(is_timed) {
        return;
    }
    let Some(windows) = window::grouped_by(&normalize::ranks(input), aggregate) else { return };
    for (key, column) in aggregate.keys.iter().zip(columns) {
        if let Some(from) = key.as_column().filter(|from| windows.time.contains(from)) {
            column.time = input.columns[from].time;
        }
    }
}

/// For each grouping set the positions of its expressions in `exprs`.
fn members(sets: &Expr, exprs: &[Expr]) -> Result<Vec<Vec<usize>>, PlanError> {
    let position = |expr: &Expr| {
        exprs.iter().position(|known| known == expr).ok_or_else(|| PlanError::new("an unknown grouping set"))
    };
    let positions = |set: &[Expr]| set.iter().map(position).collect::<Result<Vec<_>, _>>();
    let Expr::GroupingSet(sets) = sets else { return Err("an unknown grouping set".into()) };
    // ROLLUP and CUBE are grouping sets before.
    match sets {
        GroupingSet::GroupingSets(sets) => sets.iter().map(|set| positions(set)).collect(),
        GroupingSet::Rollup(_) | GroupingSet::Cube(_) => Err("an unknown grouping set".into()),
    }
}

/// Sets that are there again are aggregates of their own (Calcite `RelBuilder.rewriteAggregateWithDuplicateGroupSets`). Flink
/// has no node for one of a single set that lacks keys.
fn repeats_one_of_several(sets: &[Vec<usize>], keys: usize) -> bool {
    let mut numbers: BTreeMap<BTreeSet<usize>, usize> = BTreeMap::new();
    for set in sets {
        *numbers.entry(set.iter().copied().collect()).or_default() += 1;
    }
    let most = numbers.values().copied().max().unwrap_or_default();
    (1..most).any(|times| {
        let again: Vec<_> = numbers.iter().filter(|(_, number)| **number > times).collect();
        matches!(again.as_slice(), [(set, _)] if set.len() < keys)
    })
}

pub(super) fn unaliased(expression: &Expr) -> &Expr {
    match expression {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other,
    }
}

/// A number as a BIGINT.
pub(super) fn big_int(value: i64) -> Scalar {
    let kind = crate::logical::ScalarKind::Literal(datafusion_common::ScalarValue::Int64(Some(value)));
    Scalar { kind, logical_type: LogicalType::BigInt, nullable: false }
}
