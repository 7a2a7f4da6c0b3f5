//! Window table functions, and the windows of `GROUP BY TUMBLE(…)`.

use datafusion_common::DFSchema;
use datafusion_common::ScalarValue;
use datafusion_expr::Expr;
use datafusion_sql::sqlparser::ast::Ident;
use streamsql_core::LogicalType;
use streamsql_plan::{TimeAttribute, WindowSpec};
use streamsql_sql::parse::expression::GROUP_WINDOW;

use super::{Binder, Bound};
use crate::bind::names::window::{WINDOW_COLUMNS, WindowSource, decode};
use crate::error::PlanError;
use crate::logical::{Columns, Op, Rel, RelColumn, Relation, Scalar, WindowTableFunction, plain};

impl Binder<'_> {
    pub(super) fn window_table_function(&self, source: &WindowSource) -> Bound {
        let input = self.relation(&source.input)?;
        let names = source.input.schema();
        let column = |name: &Ident| {
            names.fields().iter().position(|field| *field.name() == name.value).ok_or_else(|| {
                let error = PlanError::new(format!("column '{}' does not exist", name.value));
                at(error, name)
            })
        };
        let time = column(&source.call.time)?;
        let partition = source.call.partition.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        if input.columns[time].time.is_none() {
            let found = &input.columns[time].logical_type;
            let what =
                format!("The window function requires the timecol is a time attribute type, but is {found}.");
            return Err(at(PlanError::new(what), &source.call.time)
                .hint("a time attribute is the column of a WATERMARK, or PROCTIME()"));
        }
        Ok(self.windows(input, source.call.spec, time, partition, false))
    }

    /// The input with the columns of its windows.
    fn windows(
        &self,
        input: Rel,
        spec: WindowSpec,
        time: usize,
        partition: Vec<usize>,
        is_group_window: bool,
    ) -> Rel {
        let attribute = input.columns[time].time.unwrap_or(TimeAttribute::Rowtime);
        let time_type = input.columns[time].logical_type.clone();
        let zone = matches!(time_type, LogicalType::TimestampLtz(_)).then_some(self.session.time_zone);
        let mut columns = input.columns.clone();
        columns.extend(WINDOW_COLUMNS[..2].iter().map(|name| plain(name, LogicalType::Timestamp(3), false)));
        columns.push(RelColumn { time: Some(attribute), ..plain(WINDOW_COLUMNS[2], time_type, false) });
        if is_group_window {
            let proctime = plain("window_proctime", LogicalType::TimestampLtz(3), false);
            columns.push(RelColumn { time: Some(TimeAttribute::Proctime), ..proctime });
        }
        let function = WindowTableFunction { spec, time, attribute, zone, partition, is_group_window };
        Relation::new(Op::WindowTableFunction(function), vec![input], columns)
    }

    /// The input of a GROUP BY with the windows that some of its keys are bounds of, and for each key the bound that it
    /// is; the input itself where none is.
    pub(super) fn group_window(
        &self,
        input: Rel,
        names: &DFSchema,
        keys: &[Expr],
    ) -> Result<(Rel, Vec<Option<Scalar>>), PlanError> {
        let bounds: Vec<Option<Bounds<'_>>> = keys.iter().map(Bounds::of).collect();
        let Some(first) = bounds.iter().flatten().next() else { return Ok((input, vec![None; keys.len()])) };
        let time = self.scalar_of(names, &input.columns, first.time)?;
        let (input, column) = with_time(input, time)?;
        let attribute = input.columns[column].time.unwrap_or(TimeAttribute::Rowtime);
        let width = input.columns.len();
        let rel = self.windows(input, first.spec, column, Vec::new(), true);
        let bound = |bounds: &Option<Bounds<'_>>| {
            let Some(bounds) = bounds else { return Ok(None) };
            let column = match (bounds.property, attribute) {
                ("START", _) => width,
                ("END", _) => width + 1,
                ("ROWTIME", TimeAttribute::Proctime) => {
                    return Err(PlanError::new("A proctime window cannot provide a rowtime attribute."));
                }
                ("ROWTIME", _) => width + 2,
                _ => width + 3,
            };
            Ok(Some(rel.references().swap_remove(column)))
        };
        let keys = bounds.iter().map(bound).collect::<Result<_, _>>()?;
        Ok((rel, keys))
    }
}

/// The input with the time of a group window as a column. What is an interval before or after a rowtime is one, too: so
/// Calcite types it.
///
/// # Errors
/// It is no time attribute.
fn with_time(input: Rel, time: Scalar) -> Result<(Rel, usize), PlanError> {
    let attribute = |scalar: &Scalar| scalar.as_column().and_then(|column| input.columns[column].time);
    if let (Some(column), Some(_)) = (time.as_column(), attribute(&time)) {
        return Ok((input, column));
    }
    let shifted = match time.as_call() {
        Some(("+" | "-", [start, by])) if by.logical_type.is_interval() => attribute(start),
        _ => time.as_column().filter(|column| is_shifted(&input, *column)).map(|_| TimeAttribute::Rowtime),
    };
    if shifted != Some(TimeAttribute::Rowtime) {
        return Err(PlanError::new(format!(
            "Window aggregate can only be defined over a time attribute column, but {} encountered.",
            time.logical_type
        ))
        .hint("a time attribute is the column of a WATERMARK, or PROCTIME()"));
    }
    let column = input.columns.len();
    let (mut project, mut columns) = (input.references(), input.columns.clone());
    columns.push(RelColumn { time: shifted, ..plain("$time", time.logical_type.clone(), time.nullable) });
    project.push(time);
    Ok((Relation::new(Op::Project(project), vec![input], columns), column))
}

/// Whether a column is, through projections and filters, an interval before or after a rowtime.
fn is_shifted(rel: &Rel, column: usize) -> bool {
    match &rel.op {
        Op::Filter(_) => is_shifted(&rel.inputs[0], column),
        Op::Project(project) => {
            let input = &rel.inputs[0];
            let is_rowtime = |column: usize| {
                input.columns[column].time == Some(TimeAttribute::Rowtime) || is_shifted(input, column)
            };
            match (project[column].as_column(), project[column].as_call()) {
                (Some(column), _) => is_shifted(input, column),
                (None, Some(("+" | "-", [start, by]))) if by.logical_type.is_interval() => {
                    start.as_column().is_some_and(is_rowtime)
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// A bound of the window of `GROUP BY TUMBLE(…)`.
struct Bounds<'e> {
    property: &'e str,
    spec: WindowSpec,
    time: &'e Expr,
}

impl<'e> Bounds<'e> {
    fn of(expr: &'e Expr) -> Option<Self> {
        let Expr::ScalarFunction(function) = expr else { return None };
        let text = |expr: &'e Expr| match expr {
            Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text.as_str()),
            _ => None,
        };
        match function.args.as_slice() {
            [property, spec, time] if function.func.name() == GROUP_WINDOW => {
                Some(Self { property: text(property)?, spec: decode(text(spec)?)?, time })
            }
            _ => None,
        }
    }
}

fn at(error: PlanError, name: &Ident) -> PlanError {
    let start = name.span.start;
    if start.line == 0 { error } else { PlanError { at: Some((start.line, start.column)), ..error } }
}
