//! Calls OVER a window: their types, their frames, and that all of one SELECT have the same window.

use datafusion_common::ScalarValue;
use datafusion_expr::expr::{Sort, WindowFunction};
use datafusion_expr::logical_plan::Window;
use datafusion_expr::{Expr, LogicalPlan};
use streamsql_core::LogicalType;
use streamsql_functions::resolve_over;
use streamsql_sql::parse::expression::FRAME;

use super::aggregate::{Calls, unaliased};
use super::{Binder, Bound, moments};
use crate::bind::typing::Typer;
use crate::error::PlanError;
use crate::logical::{
    self, AggregateCall, Columns, Frame, Op, Over, Rel, Relation, Scalar, ScalarKind, SortKey,
    computed_below, plain,
};

/// A call as it is written.
struct Written<'e> {
    function: &'e WindowFunction,
    /// Those that the user gave.
    arguments: &'e [Expr],
    /// Those of [`FRAME`].
    frame: &'e [Expr],
    /// Line and column.
    at: (u64, u64),
}

impl<'e> Written<'e> {
    fn of(expr: &'e Expr) -> Option<Self> {
        let Expr::WindowFunction(function) = unaliased(expr) else { return None };
        let (Expr::ScalarFunction(frame), arguments) = function.params.args.split_last()? else {
            return None;
        };
        let number = |expr: &Expr| match expr {
            Expr::Literal(ScalarValue::Int64(Some(number)), _) => u64::try_from(*number).ok(),
            _ => None,
        };
        let [frame @ .., line, column] = frame.args.as_slice() else { return None };
        let at = (number(line)?, number(column)?);
        Some(Self { function, arguments, frame, at })
    }

    /// The function's name in upper case.
    fn name(&self) -> String {
        self.function.fun.name().to_ascii_uppercase()
    }
}

/// A window whose names are resolved.
struct OverWindow {
    partition: Vec<Scalar>,
    order: Vec<SortKey>,
    frame: Frame,
}

impl OverWindow {
    /// Whether both are one for Flink, which has the partition's keys as a set (Calcite `Window.Group`).
    fn is_same(&self, other: &Self) -> bool {
        let within =
            |some: &[Scalar], all: &[Scalar]| some.iter().all(|key| all.iter().any(|k| k.is_same(key)));
        within(&self.partition, &other.partition)
            && within(&other.partition, &self.partition)
            && self.order.len() == other.order.len()
            && self.order.iter().zip(&other.order).all(|(a, b)| {
                (a.ascending, a.nulls_first) == (b.ascending, b.nulls_first) && a.value.is_same(&b.value)
            })
            && self.frame == other.frame
    }
}

impl Binder<'_> {
    /// DataFusion stacks the windows of one SELECT; here they are one relation.
    pub(super) fn window(&self, window: &Window) -> Bound {
        let mut stacked = vec![window];
        let mut below = window.input.as_ref();
        while let LogicalPlan::Window(window) = below {
            stacked.push(window);
            below = window.input.as_ref();
        }
        let input = self.relation(below)?;
        let names = below.schema();
        let typer = self.typer(names, &input.columns);
        let written: Vec<Written<'_>> = stacked
            .iter()
            .rev()
            .flat_map(|window| &window.window_expr)
            .map(|expr| {
                Written::of(expr).ok_or_else(|| PlanError::new(format!("the window call {expr} is unknown")))
            })
            .collect::<Result<_, _>>()?;
        // Each window with the numbers of its calls, in the order in which they come first.
        let mut windows: Vec<(OverWindow, Vec<usize>)> = Vec::new();
        for (number, call) in written.iter().enumerate() {
            let (line, column) = call.at;
            let window = self.over_window(&typer, call).map_err(|error| error.or_at(line, column))?;
            match windows.iter_mut().find(|(known, _)| known.is_same(&window)) {
                Some((_, calls)) => calls.push(number),
                None => windows.push((window, vec![number])),
            }
        }
        let mut relation = Rel::clone(&input);
        let mut values: Vec<Option<Scalar>> = vec![None; written.len()];
        for (is_beside, (window, numbers)) in windows.into_iter().enumerate().map(|(i, w)| (i > 0, w)) {
            let mut calls = Calls { keys: relation.columns.len(), calls: Vec::new() };
            let at = written[numbers[0]].at;
            for number in numbers {
                let call = &written[number];
                let (line, column) = call.at;
                let value = self.over_call(&typer, call, &mut calls).map_err(|e| e.or_at(line, column))?;
                values[number] = Some(value);
            }
            let OverWindow { partition, order, frame } = window;
            relation =
                with_calls(relation, Over { partition, order, frame, calls: calls.calls, is_beside, at });
        }
        let mut outputs = input.references();
        outputs.extend(values.into_iter().flatten());
        Ok(projected(relation, outputs))
    }

    fn over_window(&self, typer: &Typer<'_>, call: &Written<'_>) -> Result<OverWindow, PlanError> {
        let params = &call.function.params;
        let partition = params.partition_by.iter().map(|key| typer.typed(key)).collect::<Result<_, _>>()?;
        let key = |Sort { expr, asc, nulls_first }: &Sort| {
            Ok::<_, String>(SortKey { value: typer.typed(expr)?, ascending: *asc, nulls_first: *nulls_first })
        };
        let order: Vec<SortKey> = params.order_by.iter().map(key).collect::<Result<_, _>>()?;
        let frame = frame(typer, call, &order)?;
        Ok(OverWindow { partition, order, frame })
    }

    /// The value of a call over the columns of OVER. As in a GROUP BY, deviations and variances are computed from sums
    /// and counts; averages always are (Calcite `StandardConvertletTable.AvgVarianceConvertlet`).
    fn over_call(
        &self,
        typer: &Typer<'_>,
        call: &Written<'_>,
        calls: &mut Calls,
    ) -> Result<Scalar, PlanError> {
        let name = call.name();
        let distinct = call.function.params.distinct;
        let mut typed = self.aggregate_call(typer, &name, call.arguments, distinct, resolve_over)?;
        // The frame has at least the row itself: these are NULL only where it is. (A sum of decimals may have too many
        // digits.)
        let of_some = ["SUM", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE"].contains(&name.as_str());
        if of_some && !(name == "SUM" && typed.result.is_decimal()) {
            typed.nullable = typed.arguments.iter().any(|argument| argument.nullable);
        }
        match moments::reduces(&name) {
            true => moments::reduced(typer, typed, calls),
            false if name == "LAG" => Ok(not_null(typed, calls)),
            false => Ok(calls.add(typed)),
        }
    }
}

/// LAG with a default that is NOT NULL is NOT NULL for Flink, though a row before may have NULL: that becomes what Java has
/// in place of nothing there (`SqlLeadLagAggFunction.transformType`, `CodeGenUtils.primitiveDefaultValue`).
fn not_null(call: AggregateCall, calls: &mut Calls) -> Scalar {
    let nothing = match (call.arguments.get(2), &call.result) {
        (Some(default), result) if call.nullable && !default.nullable => match result {
            LogicalType::TinyInt => Some(ScalarValue::Int8(Some(-1))),
            LogicalType::SmallInt => Some(ScalarValue::Int16(Some(-1))),
            LogicalType::Int => Some(ScalarValue::Int32(Some(-1))),
            LogicalType::BigInt => Some(ScalarValue::Int64(Some(-1))),
            LogicalType::Float => Some(ScalarValue::Float32(Some(-1.0))),
            LogicalType::Double => Some(ScalarValue::Float64(Some(-1.0))),
            LogicalType::Boolean => Some(ScalarValue::Boolean(Some(false))),
            LogicalType::Date => Some(ScalarValue::Date32(Some(-1))),
            LogicalType::Char(_) | LogicalType::Varchar(_) => Some(ScalarValue::Utf8(Some(String::new()))),
            _ => None,
        },
        _ => None,
    };
    let value = calls.add(call);
    let Some(nothing) = nothing else { return value };
    let logical_type = value.logical_type.clone();
    let nothing =
        Scalar { kind: ScalarKind::Literal(nothing), logical_type: logical_type.clone(), nullable: false };
    let is_null = ScalarKind::IsNull { operand: Box::new(value.clone()), negated: false };
    let branches = vec![(Scalar::boolean(is_null, false), nothing)];
    let kind = ScalarKind::Case { branches, otherwise: Some(Box::new(value)) };
    Scalar { kind, logical_type, nullable: false }
}

/// OVER with its columns.
fn with_calls(input: Rel, over: Over) -> Rel {
    let mut columns = computed_below(&input.columns);
    let call =
        |(i, call): (usize, &AggregateCall)| plain(&format!("w0$o{i}"), call.result.clone(), call.nullable);
    columns.extend(over.calls.iter().enumerate().map(call));
    Relation::new(Op::Over(over), vec![input], columns)
}

/// A projection to values, where these are not the columns themselves.
fn projected(relation: Rel, outputs: Vec<Scalar>) -> Rel {
    let columns = &relation.columns;
    let is_plain = outputs.len() == columns.len()
        && outputs.iter().enumerate().all(|(i, output)| output.as_column() == Some(i));
    if is_plain {
        return relation;
    }
    let names = outputs.iter().enumerate().map(|(i, output)| match output.as_column() {
        Some(column) => columns[column].name.clone(),
        None => format!("$f{i}"),
    });
    let names = names.collect();
    Relation::project(relation, outputs, names)
}

/// The frame of a call: the one that is written, or the one that Calcite gives it (`SqlToRelConverter.convertOver`).
fn frame(typer: &Typer<'_>, call: &Written<'_>, order: &[SortKey]) -> Result<Frame, PlanError> {
    use logical::Bound::{CurrentRow, UnboundedFollowing, UnboundedPreceding};
    let wrong = || PlanError::new(format!("{FRAME} has other arguments"));
    let [units, lower, lower_value, upper, upper_value] = call.frame else { return Err(wrong()) };
    let units = literal_text(units).ok_or_else(wrong)?;
    // Functions of a position have one frame.
    let name = call.name();
    let has_own_frame = streamsql_functions::is_over_function(&name);
    if units.is_empty() || has_own_frame {
        if !units.is_empty() {
            return Err(PlanError::new(format!(
                "{name} takes no ROWS or RANGE: its frame is fixed, as in Flink"
            )));
        }
        let upper = if order.is_empty() && !has_own_frame { UnboundedFollowing } else { CurrentRow };
        return Ok(Frame { is_rows: name == "ROW_NUMBER", lower: UnboundedPreceding, upper });
    }
    let is_rows = units == "ROWS";
    let lower = bound(typer, is_rows, literal_text(lower).ok_or_else(wrong)?, lower_value)?;
    let upper = bound(typer, is_rows, literal_text(upper).ok_or_else(wrong)?, upper_value)?;
    Ok(Frame { is_rows, lower, upper })
}

/// An end of a frame: a whole number of rows; for RANGE an interval.
fn bound(typer: &Typer<'_>, is_rows: bool, kind: &str, value: &Expr) -> Result<logical::Bound, PlanError> {
    use logical::Bound::{CurrentRow, Following, Preceding, UnboundedFollowing, UnboundedPreceding};
    match kind {
        "CURRENT ROW" => return Ok(CurrentRow),
        "UNBOUNDED PRECEDING" => return Ok(UnboundedPreceding),
        "UNBOUNDED FOLLOWING" => return Ok(UnboundedFollowing),
        _ => {}
    }
    let value = typer.typed(value)?;
    let number = match (&value.kind, is_rows) {
        (ScalarKind::Literal(ScalarValue::Int32(Some(rows))), true) => Some(i64::from(*rows)),
        (ScalarKind::Literal(ScalarValue::Int64(Some(rows))), true) => Some(*rows),
        (ScalarKind::Literal(ScalarValue::DurationMillisecond(Some(ms))), false) => Some(*ms),
        _ => None,
    };
    let Some(number) = number.filter(|number| *number >= 0) else {
        return Err(PlanError::new(match is_rows {
            true => format!("ROWS … {kind} needs a whole number of rows, not below 0"),
            false => format!(
                "RANGE … {kind} needs an INTERVAL of days to seconds, not below 0, found {}",
                value.logical_type
            ),
        }));
    };
    Ok(if kind == "PRECEDING" { Preceding(number) } else { Following(number) })
}

fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}
