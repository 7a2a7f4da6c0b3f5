//! The relational tree between DataFusion's logical plan and the dataflow: typed, with time attributes, not yet pruned.

use std::sync::Arc;

use datafusion_common::DFSchema;
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{Expr, LogicalPlan};
use streamsql_core::{Column, LogicalType, Schema};
use streamsql_functions::{SessionSettings, typing};
use streamsql_plan::{JoinKind, Keep, TimeAttribute, TimeDomain};

use crate::catalog::{Table, TableColumnKind};
use crate::context::FlinkTable;
use crate::join;
use crate::ranking::filter_rel;
use crate::scalar::{Scalar, ScalarKind, conjunction};
use crate::typer::Typer;

/// A column of a relation.
#[derive(Clone, Debug)]
pub struct RelColumn {
    pub name: String,
    pub logical_type: LogicalType,
    pub nullable: bool,
    pub time: Option<TimeAttribute>,
    /// Computed by JSON_OBJECT or JSON_ARRAY in a projection that Flink merges with those above it.
    pub is_json: bool,
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

/// Columns as an operator passes them that Flink's projections are not merged across.
pub(crate) fn computed_below(columns: &[RelColumn]) -> Vec<RelColumn> {
    columns.iter().map(|column| RelColumn { is_json: false, ..column.clone() }).collect()
}

/// A bare reference keeps the time attribute, PROCTIME() makes one, all else has none.
fn projected(scalar: &Scalar, name: String, input: &[RelColumn]) -> RelColumn {
    let time = match (scalar.as_column(), scalar.as_call()) {
        (Some(index), _) => input[index].time,
        (None, Some(("PROCTIME", _))) => Some(TimeAttribute::Proctime),
        _ => None,
    };
    let (logical_type, nullable) = (scalar.logical_type.clone(), scalar.nullable);
    RelColumn { name, logical_type, nullable, time, is_json: scalar.is_json(input) }
}

/// Lowers a logical plan.
pub struct Lowering<'a> {
    pub session: &'a SessionSettings,
    /// Only the columns are asked for: a join may be of any kind, and the result is not run.
    pub columns_only: bool,
}

pub(crate) type Lowered = Result<Rel, String>;

impl Lowering<'_> {
    pub fn lower(&self, plan: &LogicalPlan) -> Lowered {
        match plan {
            LogicalPlan::TableScan(scan) => {
                if scan.source.downcast_ref::<crate::unnest::Unnest>().is_some() {
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
                    projection.expr.iter().map(|e| typer.projected(e)).collect::<Result<Vec<_>, _>>()?;
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
            Some(condition) => Ok(filter_rel(input, condition)),
            None => Ok(input),
        }
    }

    pub fn typer<'t>(&'t self, names: &'t DFSchema, columns: &'t [RelColumn]) -> Typer<'t> {
        Typer { session: self.session, names, columns }
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
                    is_json: false,
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
            columns.push(RelColumn {
                name: format!("EXPR${i}"),
                logical_type,
                nullable,
                time: None,
                is_json: false,
            });
        }
        let typed = typed
            .into_iter()
            .map(|row| row.into_iter().zip(&columns).map(|(v, c)| value(&typer, v, c)).collect())
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Rel { op: RelOp::Values(typed), inputs: Vec::new(), columns })
    }
}

/// A value of VALUES in its column. Timestamps keep the digits that they have beyond the column's precision, literals as
/// far as the column's unit holds them.
fn value(typer: &Typer<'_>, value: Scalar, column: &RelColumn) -> Result<Scalar, String> {
    let to = &column.logical_type;
    if to.is_timestamp() && value.logical_type.to_arrow() == to.to_arrow() {
        return Ok(Scalar { logical_type: to.clone(), ..value });
    }
    if let (ScalarKind::Literal(literal), LogicalType::Timestamp(_), LogicalType::Timestamp(_)) =
        (&value.kind, to, &value.logical_type)
    {
        let kind = ScalarKind::Literal(literal.cast_to(&to.to_arrow()).map_err(|e| e.strip_backtrace())?);
        return Ok(Scalar { kind, logical_type: to.clone(), nullable: value.nullable });
    }
    typer.cast(value, to)
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
                is_json: false,
            }
        })
        .collect();
    let op = RelOp::Scan { table: Arc::clone(table), columns: (0..table.columns.len()).collect() };
    Rel { op, inputs: Vec::new(), columns }
}

/// The type of a rowtime attribute: milliseconds, whatever precision up to 3 the table declares
/// (`FlinkTypeFactory.createRowtimeIndicatorType`).
pub fn rowtime_type(declared: &LogicalType) -> LogicalType {
    match declared {
        LogicalType::Timestamp(_) => LogicalType::Timestamp(3),
        LogicalType::TimestampLtz(_) => LogicalType::TimestampLtz(3),
        other => other.clone(),
    }
}

fn is_proctime(expr: &datafusion_sql::sqlparser::ast::Expr) -> bool {
    expr.to_string().eq_ignore_ascii_case("PROCTIME()")
}
