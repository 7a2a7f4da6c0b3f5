//! MATCH_RECOGNIZE, typed by Flink's rules: what expressions over a match read becomes columns of their own.

use std::sync::Arc;

use datafusion_common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion_common::{Column, DFSchema, DataFusionError, ScalarValue, Spans, TableReference};
use datafusion_expr::Expr;
use datafusion_expr::expr::{AggregateFunction, ScalarFunction};
use streamsql_core::LogicalType;
use streamsql_plan::{PatternVariable, RowOf, TimeAttribute};
use streamsql_sql::parse::match_recognize::{FIRST, LAST, NEXT, PREV, ROWTIME};

use super::aggregate::Calls;
use super::{Binder, Bound, moments};
use crate::bind::names::match_recognize::{ALL, Matched};
use crate::bind::typing::Typer;
use crate::bind::typing::place::with_place;
use crate::error::PlanError;
use crate::logical::{
    Match, MatchExpr, MatchRead, Op, Rel, RelColumn, Relation, Scalar, ScalarKind, SortKey, plain, projected,
    rowtime_type,
};

/// The relation of the values that an expression reads.
const READ: &str = "$read";

impl Binder<'_> {
    pub(super) fn match_recognize(&self, matched: &Matched) -> Bound {
        let input = self.relation(&matched.input)?;
        let names = matched.input.schema();
        let typer = self.typer(names, &input.columns);
        let mut partition = Vec::with_capacity(matched.partition.len());
        for key in &matched.partition {
            let column = typer.typed(key)?.as_column();
            partition.push(column.ok_or("PARTITION BY of MATCH_RECOGNIZE takes columns")?);
        }
        let order = matched
            .order
            .iter()
            .map(|key| {
                let value = typer.typed(&key.value)?;
                Ok(SortKey { value, ascending: key.ascending, nulls_first: key.nulls_first })
            })
            .collect::<Result<Vec<_>, PlanError>>()?;
        let time = check_order(&order, &input)?;
        let within_ms = matched.within.as_ref().map(|within| self.within(within)).transpose()?;
        let reads = || Reads {
            binder: self,
            input: &input,
            pattern: &matched.pattern,
            names: &matched.names,
            rowtime: &input.columns[time],
            found: Vec::new(),
            columns: Vec::new(),
        };
        let mut definitions = Vec::with_capacity(matched.definitions.len());
        for definition in &matched.definitions {
            let bind = |definition| reads().bound(definition, |typer, expr| typer.condition(expr, "DEFINE"));
            definitions.push(definition.as_ref().map(bind).transpose()?.map(|(expr, _)| expr));
        }
        let mut columns: Vec<RelColumn> = partition
            .iter()
            .map(|column| {
                let RelColumn { name, logical_type, nullable, .. } = &input.columns[*column];
                plain(name, logical_type.clone(), *nullable)
            })
            .collect();
        let mut measures = Vec::with_capacity(matched.measures.len());
        for (name, measure) in &matched.measures {
            let (expr, read) = reads().bound(measure, |typer, expr| typer.projected(expr))?;
            columns.push(projected(&expr.value, name.clone(), &read));
            measures.push(expr);
        }
        let op = Op::Match(Match {
            partition,
            order,
            pattern: matched.pattern.clone(),
            definitions,
            measures,
            skip: matched.skip,
            within_ms,
        });
        Ok(Relation::new(op, vec![input], columns))
    }

    fn within(&self, within: &Expr) -> Result<i64, PlanError> {
        let empty = DFSchema::empty();
        let interval = self.typer(&empty, &[]).typed(within)?;
        match &interval.kind {
            ScalarKind::Literal(ScalarValue::DurationMillisecond(Some(ms))) if *ms >= 0 => Ok(*ms),
            ScalarKind::Literal(ScalarValue::DurationMillisecond(Some(_))) => {
                Err(PlanError::new("the interval of WITHIN is negative").about("WITHIN"))
            }
            _ => Err(PlanError::new("WITHIN takes an interval literal of days to seconds, as in Flink 1.18")
                .about("WITHIN")),
        }
    }
}

/// The column of the time that orders the rows (Flink `StreamExecMatch.checkOrderKeys`).
fn check_order(order: &[SortKey], input: &Rel) -> Result<usize, PlanError> {
    let error = |message: &str| Err(PlanError::new(message).about("MATCH_RECOGNIZE"));
    let Some(first) = order.first() else {
        return error("MATCH_RECOGNIZE needs ORDER BY a rowtime or a processing time");
    };
    let time = first.value.as_column().filter(|column| input.columns[*column].time.is_some());
    match time {
        Some(_) if !first.ascending => error("ORDER BY of MATCH_RECOGNIZE is ascending in its time"),
        Some(column) => Ok(column),
        None => error("the first of ORDER BY of MATCH_RECOGNIZE is a rowtime or a processing time"),
    }
}

/// The values that one expression reads while it is put together.
struct Reads<'a> {
    binder: &'a Binder<'a>,
    input: &'a Rel,
    pattern: &'a [PatternVariable],
    /// The columns of every variable.
    names: &'a DFSchema,
    rowtime: &'a RelColumn,
    found: Vec<Found>,
    columns: Vec<RelColumn>,
}

/// What stands behind a column that an expression reads.
enum Found {
    Read(MatchRead),
    /// Computed from other such columns.
    Computed(Scalar),
}

fn wrong(message: impl Into<String>, expr: &Expr) -> DataFusionError {
    DataFusionError::External(Box::new(PlanError::from(with_place(message.into(), expr))))
}

impl Reads<'_> {
    /// The expression over what it reads, and the columns of that.
    fn bound(
        mut self,
        expr: &Expr,
        typed: impl Fn(&Typer<'_>, &Expr) -> Result<Scalar, String>,
    ) -> Result<(MatchExpr, Vec<RelColumn>), PlanError> {
        let expr = self.replaced(expr.clone()).map_err(|error| match error {
            DataFusionError::External(cause) if cause.downcast_ref::<PlanError>().is_some() => {
                cause.downcast_ref::<PlanError>().cloned().unwrap_or_else(|| PlanError::new(""))
            }
            other => PlanError::new(other.strip_backtrace()),
        })?;
        let fields = self.columns.iter().enumerate().map(|(i, column)| {
            let field = column.logical_type.to_field(&i.to_string(), column.nullable);
            (Some(TableReference::bare(READ)), Arc::new(field))
        });
        let names = DFSchema::new_with_metadata(fields.collect(), Default::default())
            .map_err(|error| PlanError::new(error.strip_backtrace()))?;
        let value = typed(&self.binder.typer(&names, &self.columns), &expr)?;
        // What is computed goes into the expression.
        let mut columns = Vec::new();
        let mut positions = Vec::with_capacity(self.found.len());
        for (found, column) in self.found.iter().zip(&self.columns) {
            positions.push(columns.len());
            if let Found::Read(_) = found {
                columns.push(column.clone());
            }
        }
        let value = value.replace(&|index| match &self.found[index] {
            Found::Computed(scalar) => scalar.shift(&|read| positions[read]),
            Found::Read(_) => {
                let RelColumn { logical_type, nullable, .. } = &self.columns[index];
                Scalar::column(positions[index], logical_type.clone(), *nullable)
            }
        });
        let read = |found| match found {
            Found::Read(read) => Some(read),
            Found::Computed(_) => None,
        };
        Ok((MatchExpr { value, reads: self.found.into_iter().filter_map(read).collect() }, columns))
    }

    /// The expression with columns in place of what it reads.
    fn replaced(&mut self, expr: Expr) -> Result<Expr, DataFusionError> {
        let replaced = expr.transform_down(|part| {
            let new = match &part {
                Expr::Column(column) => self.row(column, RowOf::Last(0))?,
                Expr::AggregateFunction(function) => self.aggregate(function, &part)?,
                Expr::ScalarFunction(function) => match function.name() {
                    FIRST | LAST => self.navigated(function, &part)?,
                    PREV | NEXT => self.physical(function, &part)?,
                    ROWTIME => self.rowtime(function)?,
                    _ => return Ok(Transformed::no(part)),
                },
                _ => return Ok(Transformed::no(part)),
            };
            Ok(Transformed::new(new, true, TreeNodeRecursion::Jump))
        })?;
        Ok(replaced.data)
    }

    /// The place of a value among those that are read.
    fn place(&mut self, found: Found, column: RelColumn) -> usize {
        let known = self.columns.iter().zip(&self.found).position(|(known, of)| {
            known.name == column.name
                && matches!(of, Found::Read(MatchRead::Row { .. } | MatchRead::Rowtime(_)))
        });
        known.unwrap_or_else(|| {
            self.found.push(found);
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    fn read(&mut self, found: Found, column: RelColumn, spans: Spans) -> Expr {
        let index = self.place(found, column);
        let mut column = Column::new(Some(TableReference::bare(READ)), index.to_string());
        column.spans = spans;
        Expr::Column(column)
    }

    /// The variable that a column is of; none for all rows.
    fn variable(&self, column: &Column) -> Option<usize> {
        let name = column.relation.as_ref().map(TableReference::table)?;
        self.pattern.iter().position(|variable| variable.name == name)
    }

    fn row(&mut self, column: &Column, row: RowOf) -> Result<Expr, DataFusionError> {
        let width = self.input.columns.len();
        let index = self.names.index_of_column(column)? % width.max(1);
        let RelColumn { name, logical_type, nullable, .. } = &self.input.columns[index];
        let variable = self.variable(column);
        let of = variable.map_or(String::new(), |variable| format!("{}.", self.pattern[variable].name));
        let text = match row {
            RowOf::First(offset) => format!("FIRST({of}{name}, {offset})"),
            RowOf::Last(offset) => format!("LAST({of}{name}, {offset})"),
        };
        let value = Scalar::column(index, logical_type.clone(), *nullable);
        // There may be no such row.
        let read = plain(&text, logical_type.clone(), true);
        let read_row = Found::Read(MatchRead::Row { variable, row, value });
        Ok(self.read(read_row, read, column.spans.clone()))
    }

    /// `FIRST(x, n)`, `LAST(x, n)`: the columns that x reads are those of that row.
    fn navigated(&mut self, function: &ScalarFunction, expr: &Expr) -> Result<Expr, DataFusionError> {
        let word = if function.name() == FIRST { "FIRST" } else { "LAST" };
        let offset = offset(function, word, expr)?;
        let row = if function.name() == FIRST { RowOf::First(offset) } else { RowOf::Last(offset) };
        let value = function.args.first().ok_or_else(|| wrong(format!("{word} needs a value"), expr))?;
        self.of_one_variable(value, word)?;
        let moved = value.clone().transform_down(|part| {
            if let Expr::Column(column) = &part {
                let new = self.row(column, row)?;
                return Ok(Transformed::new(new, true, TreeNodeRecursion::Jump));
            }
            Ok(Transformed::no(part))
        })?;
        Ok(moved.data)
    }

    /// Checks that an expression reads columns of one variable, and no row by its place.
    fn of_one_variable(&self, value: &Expr, of: &str) -> Result<Option<usize>, DataFusionError> {
        let mut variables: Vec<Option<usize>> = Vec::new();
        value.apply(|part| {
            match part {
                Expr::Column(column) => variables.push(self.variable(column)),
                Expr::AggregateFunction(_) => {
                    return Err(wrong(format!("{of} does not take an aggregate"), value));
                }
                Expr::ScalarFunction(function)
                    if [FIRST, LAST, PREV, NEXT, ROWTIME].contains(&function.name()) =>
                {
                    return Err(wrong(format!("{of} does not take FIRST, LAST, PREV or NEXT"), value));
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        variables.dedup();
        match variables.as_slice() {
            [one] => Ok(*one),
            [] => Err(wrong(format!("{of} must read a column of a variable"), value)),
            _ => Err(wrong(format!("{of} reads columns of several variables; Flink takes one"), value)),
        }
    }

    /// `PREV(x, 0)`, `NEXT(x, 0)` are x.
    fn physical(&mut self, function: &ScalarFunction, expr: &Expr) -> Result<Expr, DataFusionError> {
        let word = if function.name() == PREV { "PREV" } else { "NEXT" };
        let value = function.args.first().ok_or_else(|| wrong(format!("{word} needs a value"), expr))?;
        let far = match function.args.len() {
            1 => 1,
            _ => offset(function, word, expr)?,
        };
        if far != 0 {
            let error =
                format!("{word}: Flink 1.18 does not have rows by their distance from the row at hand");
            let PlanError { message, at, .. } = PlanError::from(with_place(error, value));
            let hint = "LAST(v.x, 1) is the row before the last one of the variable v";
            return Err(DataFusionError::External(Box::new(PlanError {
                at,
                ..PlanError::new(message).hint(hint)
            })));
        }
        self.replaced(value.clone())
    }

    fn rowtime(&mut self, function: &ScalarFunction) -> Result<Expr, DataFusionError> {
        let argument = match function.args.first() {
            None => None,
            Some(Expr::Column(column)) => {
                let index = self.names.index_of_column(column)? % self.input.columns.len().max(1);
                Some(&self.input.columns[index])
            }
            Some(other) => return Err(wrong("MATCH_ROWTIME takes a rowtime column", other)),
        };
        if self.rowtime.time != Some(TimeAttribute::Rowtime)
            || argument.is_some_and(|argument| argument.time != Some(TimeAttribute::Rowtime))
        {
            let error = "MATCH_ROWTIME is of a MATCH_RECOGNIZE ordered by a rowtime";
            return Err(wrong(error, &Expr::ScalarFunction(function.clone())));
        }
        let logical_type = match argument {
            Some(argument) => rowtime_type(&argument.logical_type),
            None => LogicalType::Timestamp(3),
        };
        let time = Some(TimeAttribute::Rowtime);
        let column = RelColumn { time, ..plain("MATCH_ROWTIME()", logical_type.clone(), false) };
        Ok(self.read(Found::Read(MatchRead::Rowtime(logical_type)), column, Spans::new()))
    }

    fn aggregate(&mut self, function: &AggregateFunction, expr: &Expr) -> Result<Expr, DataFusionError> {
        let name = function.func.name().to_ascii_uppercase();
        if function.params.distinct {
            return Err(wrong(
                format!("{name}(DISTINCT …) does not run in MATCH_RECOGNIZE of Flink 1.18"),
                expr,
            ));
        }
        if name.starts_with("GROUP") {
            return Err(wrong(format!("{name} does not run in MATCH_RECOGNIZE of Flink 1.18"), expr));
        }
        let mut variables: Vec<Option<usize>> = Vec::new();
        let mut of_rows = function.clone();
        for argument in &mut of_rows.params.args {
            #[expect(deprecated)]
            if matches!(argument, Expr::Wildcard { .. }) {
                variables.push(None);
                continue;
            }
            let reads = argument.column_refs().into_iter().next().is_some();
            if reads {
                variables.push(self.of_one_variable(argument, &name)?);
            }
            *argument = argument
                .clone()
                .transform(|part| {
                    Ok(match part {
                        Expr::Column(column) => Transformed::yes(Expr::Column(Column {
                            relation: Some(TableReference::bare(ALL)),
                            ..column
                        })),
                        other => Transformed::no(other),
                    })
                })?
                .data;
        }
        variables.dedup();
        let [variable] = variables.as_slice() else {
            let error = match variables.len() {
                0 => format!("{name} must read a column of a variable, as in Flink 1.18"),
                _ => format!("{name} reads columns of several variables; Flink takes one"),
            };
            return Err(wrong(error, expr));
        };
        let width = self.input.columns.len();
        let columns: Vec<RelColumn> =
            std::iter::repeat_n(&self.input.columns, self.pattern.len() + 1).flatten().cloned().collect();
        let typer = self.binder.typer(self.names, &columns);
        let bound = |error: PlanError| DataFusionError::External(Box::new(error));
        let call = self.binder.call(&typer, &of_rows).map_err(bound)?;
        let mut calls = Calls::new(0);
        // As Calcite's `AvgVarianceConvertlet`, through which every such call outside of a GROUP BY goes.
        let reduced = match moments::reduces(&name) {
            true => Some(moments::reduced(&typer, call, &mut calls).map_err(bound)?),
            false => {
                calls.add(call);
                None
            }
        };
        let mut places = Vec::new();
        for mut call in calls.into_calls() {
            for argument in &mut call.arguments {
                *argument = argument.shift(&|column| column % width.max(1));
            }
            let column = plain(&name, call.result.clone(), call.nullable);
            places.push(self.place(Found::Read(MatchRead::Aggregate { variable: *variable, call }), column));
        }
        if let Some(scalar) = reduced {
            let column = plain(&name, scalar.logical_type.clone(), scalar.nullable);
            return Ok(self.read(Found::Computed(scalar.shift(&|call| places[call])), column, Spans::new()));
        }
        let place = places.first().copied().unwrap_or_default();
        Ok(Expr::Column(Column::new(Some(TableReference::bare(READ)), place.to_string())))
    }
}

/// The second argument: a literal that is not negative.
fn offset(function: &ScalarFunction, word: &str, expr: &Expr) -> Result<u32, DataFusionError> {
    let number = match function.args.get(1) {
        None => Some(0),
        Some(Expr::Literal(ScalarValue::Int64(Some(number)), _)) => u32::try_from(*number).ok(),
        Some(Expr::Literal(ScalarValue::Int32(Some(number)), _)) => u32::try_from(*number).ok(),
        Some(_) => None,
    };
    number
        .ok_or_else(|| wrong(format!("the second argument of {word} is a number literal, at least 0"), expr))
}
