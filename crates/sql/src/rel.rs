//! The relational tree between DataFusion's logical plan and the dataflow: typed, with time attributes, not yet pruned.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_common::DFSchema;
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{Expr, LogicalPlan, WindowFunctionDefinition};
use streamsql_core::{Column, LogicalType, Schema};
use streamsql_functions::call::result_field;
use streamsql_functions::{Function, SessionSettings, typing};
use streamsql_plan::{JoinKind, Keep, TimeAttribute, TimeDomain};

use crate::catalog::{Table, TableColumnKind};
use crate::context::FlinkTable;
use crate::join;
use crate::scalar::{Scalar, ScalarKind, conjunction, conjuncts};
use crate::typer::Typer;

/// A column of a relation.
#[derive(Clone, Debug)]
pub struct RelColumn {
    pub name: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
    pub time: Option<TimeAttribute>,
}

/// A relation: an operator over inputs.
#[derive(Clone)]
pub struct Rel {
    pub op: RelOp,
    pub inputs: Vec<Rel>,
    pub columns: Vec<RelColumn>,
}

#[derive(Clone)]
pub enum RelOp {
    /// Columns of the table, by position.
    Scan {
        table: Arc<Table>,
        columns: Vec<usize>,
    },
    Values(Vec<Vec<Scalar>>),
    Calc {
        condition: Option<Scalar>,
        project: Vec<Scalar>,
    },
    /// UNNEST of a column; its columns follow the input's.
    Correlate {
        collection: usize,
        kind: JoinKind,
    },
    Lookup(Lookup),
    Interval(Interval),
    /// ROW_NUMBER as the last column; becomes a Deduplicate when a filter asks for number 1.
    RowNumber(Ranking),
    Deduplicate {
        ranking: Ranking,
        rowtime: usize,
    },
    Union,
}

#[derive(Clone)]
pub struct Lookup {
    pub table: Arc<Table>,
    pub kind: JoinKind,
    /// Column of the table, value over the left columns.
    pub keys: Vec<(usize, Scalar)>,
    /// Columns of the table that follow the left ones in the output.
    pub columns: Vec<usize>,
    /// Over `columns`.
    pub fetched: Option<Scalar>,
    /// Over left ++ `columns`.
    pub residual: Option<Scalar>,
}

#[derive(Clone)]
pub struct Interval {
    pub kind: JoinKind,
    pub domain: TimeDomain,
    pub left_time: usize,
    pub right_time: usize,
    pub lower_ms: i64,
    pub upper_ms: i64,
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    pub residual: Option<Scalar>,
}

#[derive(Clone)]
pub struct Ranking {
    pub keys: Vec<usize>,
    pub order: usize,
    pub keep: Keep,
    pub domain: TimeDomain,
}

/// Name of the stand-in for a rank number that is known to be 1; it must not survive pruning.
pub const RANK_NUMBER: &str = "ROW_NUMBER";

impl Rel {
    pub fn schema(&self) -> Schema {
        let column = |c: &RelColumn| Column::new(&c.name, c.logical_type.clone(), c.nullable);
        Schema::new(self.columns.iter().map(column).collect())
    }

    /// A projection, perhaps with a filter.
    pub fn calc(input: Rel, condition: Option<Scalar>, project: Vec<Scalar>, names: Vec<String>) -> Rel {
        let columns =
            project.iter().zip(names).map(|(scalar, name)| projected(scalar, name, &input.columns)).collect();
        Rel { op: RelOp::Calc { condition, project }, inputs: vec![input], columns }
    }

    /// All columns as they are.
    pub fn references(&self) -> Vec<Scalar> {
        let column = |(i, c): (usize, &RelColumn)| Scalar::column(i, c.logical_type.clone(), c.nullable);
        self.columns.iter().enumerate().map(column).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|c| c.name.clone()).collect()
    }
}

/// A bare reference keeps the time attribute, PROCTIME() makes one, all else has none.
fn projected(scalar: &Scalar, name: String, input: &[RelColumn]) -> RelColumn {
    let time = match (scalar.as_column(), scalar.as_call()) {
        (Some(index), _) => input[index].time,
        (None, Some(("PROCTIME", _))) => Some(TimeAttribute::Proctime),
        _ => None,
    };
    RelColumn { name, logical_type: scalar.logical_type.clone(), nullable: scalar.nullable, time }
}

/// Lowers a logical plan.
pub struct Lowering<'a> {
    pub session: &'a SessionSettings,
    /// Only the columns are asked for: a join may be of any kind, and the result is not run.
    pub columns_only: bool,
}

type Lowered = Result<Rel, String>;

impl Lowering<'_> {
    pub fn lower(&self, plan: &LogicalPlan) -> Lowered {
        match plan {
            LogicalPlan::TableScan(scan) => {
                if scan.source.downcast_ref::<crate::context::Unnest>().is_some() {
                    return Err("UNNEST is the right side of a join: FROM t CROSS JOIN UNNEST(t.a) AS u(x)"
                        .to_owned());
                }
                let source = scan.source.downcast_ref::<FlinkTable>().ok_or("an unknown table source")?;
                if source.as_of.is_some() {
                    return Err(
                        "FOR SYSTEM_TIME AS OF stands on a table that is not the right side of a join"
                            .to_owned(),
                    );
                }
                Ok(scan_rel(&source.table))
            }
            LogicalPlan::SubqueryAlias(alias) => self.lower(&alias.input),
            LogicalPlan::Projection(projection) => {
                let input = self.lower(&projection.input)?;
                let typer = self.typer(projection.input.schema(), &input.columns);
                let project =
                    projection.expr.iter().map(|e| typer.typed(e)).collect::<Result<Vec<_>, _>>()?;
                let names = projection.schema.fields().iter().map(|f| f.name().clone()).collect();
                Ok(Rel::calc(input, None, project, names))
            }
            LogicalPlan::Filter(filter) => self.filtered(&filter.input, split_conjunction(&filter.predicate)),
            LogicalPlan::Join(join) => join::lower(self, join, Vec::new()),
            LogicalPlan::Window(window) => self.row_number(window),
            LogicalPlan::Union(union) => {
                let mut leaves = Vec::with_capacity(union.inputs.len());
                union_leaves(plan, &mut leaves);
                let inputs =
                    leaves.into_iter().map(|input| self.lower(input)).collect::<Result<Vec<_>, _>>()?;
                let names = inputs.first().map(Rel::names).unwrap_or_default();
                self.union(inputs, names)
            }
            LogicalPlan::Values(values) => self.values(&values.values),
            LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => {
                Ok(Rel { op: RelOp::Values(vec![Vec::new()]), inputs: Vec::new(), columns: Vec::new() })
            }
            LogicalPlan::Aggregate(aggregate) => {
                let input = self.lower(&aggregate.input)?;
                let typer = self.typer(aggregate.input.schema(), &input.columns);
                Err(crate::aggregates::refusal(&typer, &aggregate.aggr_expr))
            }
            LogicalPlan::Distinct(_) => {
                Err("DISTINCT (and UNION without ALL) is not supported yet".to_owned())
            }
            LogicalPlan::Sort(_) => Err("ORDER BY is not supported yet".to_owned()),
            LogicalPlan::Limit(_) => Err("LIMIT is not supported yet".to_owned()),
            LogicalPlan::Unnest(_) => Err("UNNEST is not supported yet".to_owned()),
            LogicalPlan::Subquery(_) => Err("LATERAL is not supported yet".to_owned()),
            other => Err(format!("{} is not supported yet", first_word(&other.display().to_string()))),
        }
    }

    /// A relation under conditions. Those of joins move into them: an interval join may have its bounds in WHERE.
    pub fn filtered(&self, plan: &LogicalPlan, conditions: Vec<&Expr>) -> Lowered {
        if conditions.is_empty() {
            return self.lower(plan);
        }
        match plan {
            LogicalPlan::Join(join) => join::lower(self, join, conditions),
            LogicalPlan::Filter(inner) => {
                let own = split_conjunction(&inner.predicate);
                self.filtered(&inner.input, own.into_iter().chain(conditions).collect())
            }
            other => {
                let input = self.lower(other)?;
                self.filter(input, other.schema(), &conditions)
            }
        }
    }

    /// A filter over a relation whose columns have these names.
    pub fn filter(&self, input: Rel, names: &DFSchema, conditions: &[&Expr]) -> Lowered {
        let typed = {
            let typer = self.typer(names, &input.columns);
            conditions.iter().map(|c| typer.condition(c, "WHERE")).collect::<Result<Vec<_>, _>>()?
        };
        match conjunction(typed) {
            Some(condition) => filter_rel(input, condition),
            None => Ok(input),
        }
    }

    pub fn typer<'t>(&'t self, names: &'t DFSchema, columns: &'t [RelColumn]) -> Typer<'t> {
        Typer { session: self.session, names, columns }
    }

    fn row_number(&self, window: &datafusion_expr::logical_plan::Window) -> Lowered {
        let input = self.lower(&window.input)?;
        let [Expr::WindowFunction(function)] = window.window_expr.as_slice() else {
            return Err("more than one OVER in a SELECT is not supported yet".to_owned());
        };
        match &function.fun {
            WindowFunctionDefinition::WindowUDF(udf) if udf.name() == "row_number" => {}
            other => return Err(format!("{other} OVER is not supported yet")),
        }
        let typer = self.typer(window.input.schema(), &input.columns);
        let mut extended = input.references();
        let mut names = input.names();
        let keys = function
            .params
            .partition_by
            .iter()
            .map(|key| {
                let key = typer.typed(key)?;
                Ok(key.as_column().unwrap_or_else(|| {
                    // A computed key becomes a column of a Calc before.
                    names.push(format!("$key{}", names.len()));
                    extended.push(key);
                    extended.len() - 1
                }))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let rank = "this ROW_NUMBER() is a Top-N (Rank), which is not supported yet";
        let [order] = function.params.order_by.as_slice() else {
            return Err(format!("{rank}: ORDER BY must be exactly one time attribute"));
        };
        let column = typer.typed(&order.expr)?.as_column();
        let time = column.and_then(|index| input.columns[index].time);
        let (Some(order_column), Some(time)) = (column, time) else {
            return Err(format!("{rank}: ORDER BY is not a time attribute"));
        };
        let ranking = Ranking {
            keys,
            order: order_column,
            keep: if order.asc { Keep::First } else { Keep::Last },
            domain: match time {
                TimeAttribute::Rowtime => TimeDomain::EventTime,
                TimeAttribute::Proctime => TimeDomain::ProcessingTime,
            },
        };
        let width = input.columns.len();
        let computed = extended.len() > width;
        let input = if computed { Rel::calc(input, None, extended, names) } else { input };
        // The window's columns are its input's and the number; computed keys are hidden behind it.
        let mut columns = input.columns.clone();
        columns.push(RelColumn {
            name: "rn".to_owned(),
            logical_type: LogicalType::BigInt,
            nullable: false,
            time: None,
        });
        let ranked = Rel { op: RelOp::RowNumber(ranking), inputs: vec![input], columns };
        if !computed {
            return Ok(ranked);
        }
        let mut project: Vec<Scalar> = ranked.references();
        let mut names = ranked.names();
        project.drain(width..project.len() - 1);
        names.drain(width..names.len() - 1);
        Ok(Rel::calc(ranked, None, project, names))
    }

    fn union(&self, inputs: Vec<Rel>, names: Vec<String>) -> Lowered {
        let width = names.len();
        let schema = DFSchema::empty();
        let mut types = Vec::with_capacity(width);
        for i in 0..width {
            let all: Vec<LogicalType> =
                inputs.iter().map(|input| input.columns[i].logical_type.clone()).collect();
            types.push(
                typing::least_restrictive(&all)
                    .map_err(|e| format!("column {} of UNION ALL has {e}", i + 1))?,
            );
        }
        let inputs = inputs
            .into_iter()
            .map(|input| {
                if (0..width).all(|i| input.columns[i].logical_type == types[i]) {
                    return Ok(input);
                }
                let typer = self.typer(&schema, &[]);
                let project = input
                    .references()
                    .into_iter()
                    .zip(&types)
                    .map(|(scalar, to)| typer.cast(scalar, to))
                    .collect::<Result<Vec<_>, _>>()?;
                let names = input.names();
                Ok(Rel::calc(input, None, project, names))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let columns = (0..width)
            .map(|i| {
                let same_time = inputs.windows(2).all(|w| w[0].columns[i].time == w[1].columns[i].time);
                RelColumn {
                    name: names[i].clone(),
                    logical_type: types[i].clone(),
                    nullable: inputs.iter().any(|input| input.columns[i].nullable),
                    time: inputs.first().filter(|_| same_time).and_then(|input| input.columns[i].time),
                }
            })
            .collect();
        Ok(Rel { op: RelOp::Union, inputs, columns })
    }

    fn values(&self, rows: &[Vec<Expr>]) -> Lowered {
        let empty = DFSchema::empty();
        let typer = self.typer(&empty, &[]);
        let typed = rows
            .iter()
            .map(|row| row.iter().map(|value| typer.typed(value)).collect::<Result<Vec<_>, _>>())
            .collect::<Result<Vec<_>, _>>()?;
        // A NULL of no type is refused, as by Flink's validator.
        if typed.iter().flatten().any(|value| value.logical_type == LogicalType::Null) {
            return Err("NULL in VALUES has no type; write CAST(NULL AS type)".to_owned());
        }
        let width = typed.first().map_or(0, Vec::len);
        let mut columns = Vec::with_capacity(width);
        for i in 0..width {
            let types: Vec<LogicalType> = typed.iter().map(|row| row[i].logical_type.clone()).collect();
            let logical_type = typing::least_restrictive(&types)
                .map_err(|e| format!("column {} of VALUES has {e}", i + 1))?;
            let nullable = typed.iter().any(|row| row[i].nullable);
            columns.push(RelColumn { name: format!("EXPR${i}"), logical_type, nullable, time: None });
        }
        let typed = typed
            .into_iter()
            .map(|row| row.into_iter().zip(&columns).map(|(v, c)| typer.cast(v, &c.logical_type)).collect())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Rel { op: RelOp::Values(typed), inputs: Vec::new(), columns })
    }
}

/// The inputs of UNION ALLs that stand directly in each other.
fn union_leaves<'p>(plan: &'p LogicalPlan, leaves: &mut Vec<&'p LogicalPlan>) {
    match plan {
        LogicalPlan::Union(union) => union.inputs.iter().for_each(|input| union_leaves(input, leaves)),
        leaf => leaves.push(leaf),
    }
}

fn first_word(text: &str) -> &str {
    text.split([':', ' ']).next().unwrap_or(text)
}

fn scan_rel(table: &Arc<Table>) -> Rel {
    let columns = table
        .columns
        .iter()
        .map(|column| {
            let rowtime = table.watermark.as_ref().is_some_and(|w| w.column == column.name);
            let proctime = matches!(&column.kind, TableColumnKind::Computed(expr) if is_proctime(expr));
            let logical_type = match &column.logical_type {
                declared if rowtime => rowtime_type(declared),
                declared => declared.clone(),
            };
            RelColumn {
                name: column.name.clone(),
                logical_type,
                nullable: column.nullable,
                time: match (rowtime, proctime) {
                    (true, _) => Some(TimeAttribute::Rowtime),
                    (_, true) => Some(TimeAttribute::Proctime),
                    _ => None,
                },
            }
        })
        .collect();
    let op = RelOp::Scan { table: Arc::clone(table), columns: (0..table.columns.len()).collect() };
    Rel { op, inputs: Vec::new(), columns }
}

/// The type of a rowtime attribute: milliseconds, whatever precision up to 3 the table declares
/// (`FlinkTypeFactory.createRowtimeIndicatorType`).
pub(crate) fn rowtime_type(declared: &LogicalType) -> LogicalType {
    match declared {
        LogicalType::Timestamp(_) => LogicalType::Timestamp(3),
        LogicalType::TimestampLtz(_) => LogicalType::TimestampLtz(3),
        other => other.clone(),
    }
}

fn is_proctime(expr: &datafusion_sql::sqlparser::ast::Expr) -> bool {
    expr.to_string().eq_ignore_ascii_case("PROCTIME()")
}

/// WHERE: a condition on a rank number makes a Deduplicate of it; the rest is a Calc.
fn filter_rel(mut input: Rel, condition: Scalar) -> Lowered {
    let mut parts = Vec::new();
    conjuncts(condition, &mut parts);
    let mut rest = Vec::new();
    let mut ends = Vec::new();
    for part in parts {
        match rank_bound(&part, &input) {
            Some(bound) => ends.push(bound),
            None => rest.push(part),
        }
    }
    if !ends.is_empty() {
        if ends.iter().any(|end| *end != Some(1)) {
            return Err(
                "a filter on ROW_NUMBER() other than = 1 is a Top-N (Rank), which is not supported yet"
                    .to_owned(),
            );
        }
        deduplicate(&mut input)?;
    }
    if rest.is_empty() {
        return Ok(input);
    }
    let (project, names) = (input.references(), input.names());
    Ok(Rel::calc(input, conjunction(rest), project, names))
}

/// The highest rank that a condition on a rank number lets through; inner `None` for other conditions on it.
fn rank_bound(condition: &Scalar, input: &Rel) -> Option<Option<i64>> {
    let columns = condition.columns();
    let ranked: BTreeSet<usize> = columns.iter().copied().filter(|c| traces_to_rank(input, *c)).collect();
    if ranked.is_empty() {
        return None;
    }
    let bound = || {
        let (symbol, [left, right]) = condition.as_call()? else { return None };
        let (symbol, value) = match (left.as_column(), right.as_column()) {
            (Some(_), None) => (symbol, integer(right)?),
            (None, Some(_)) => (mirrored(symbol), integer(left)?),
            _ => return None,
        };
        match symbol {
            "=" if value == 1 => Some(1),
            "<=" => Some(value),
            "<" => Some(value - 1),
            _ => None,
        }
    };
    Some(bound())
}

fn mirrored(symbol: &str) -> &str {
    match symbol {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// The value of an integer literal, also under a cast.
fn integer(scalar: &Scalar) -> Option<i64> {
    match &scalar.kind {
        ScalarKind::Literal(datafusion_common::ScalarValue::Int32(value)) => value.map(i64::from),
        ScalarKind::Literal(datafusion_common::ScalarValue::Int64(value)) => *value,
        ScalarKind::Call(function, arguments) if function.name == "CAST" => integer(arguments.first()?),
        _ => None,
    }
}

/// Whether a column is, through bare references, a rank number.
fn traces_to_rank(rel: &Rel, column: usize) -> bool {
    match &rel.op {
        RelOp::RowNumber(_) => column + 1 == rel.columns.len(),
        RelOp::Calc { condition: None, project } => {
            project[column].as_column().is_some_and(|inner| traces_to_rank(&rel.inputs[0], inner))
        }
        _ => false,
    }
}

fn deduplicate(rel: &mut Rel) -> Result<(), String> {
    let ranking = match &rel.op {
        RelOp::RowNumber(ranking) => ranking.clone(),
        _ => return rel.inputs.first_mut().map_or(Ok(()), deduplicate),
    };
    let input = rel.inputs.remove(0);
    let number = Scalar {
        kind: ScalarKind::Call(
            Function {
                name: RANK_NUMBER.to_owned(),
                result: result_field(&LogicalType::BigInt, false),
                volatile: false,
                eval: Arc::new(|_, _| Err("the rank number was read".to_owned())),
            },
            Vec::new(),
        ),
        logical_type: LogicalType::BigInt,
        nullable: false,
    };
    let columns = input.columns.clone();
    // Settled after pruning: it is the first rowtime column of what is left of the input.
    let rowtime = ranking.order;
    let deduplicated = Rel { op: RelOp::Deduplicate { ranking, rowtime }, inputs: vec![input], columns };
    let mut project = deduplicated.references();
    project.push(number);
    let names = rel.names();
    *rel = Rel::calc(deduplicated, None, project, names);
    Ok(())
}
