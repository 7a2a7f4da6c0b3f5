//! `ROW_NUMBER() OVER (…)` and the filter on its number that makes a Deduplicate of it.

use std::ops::RangeInclusive;

use datafusion_common::ScalarValue;
use datafusion_expr::{Expr, WindowFunctionDefinition};
use streamsql_core::LogicalType;
use streamsql_plan::{Keep, TimeAttribute, TimeDomain};

use crate::rel::{Lowered, Lowering, Ranking, Rel, RelColumn, RelOp, computed_below};
use crate::scalar::{Scalar, ScalarKind, conjunction, conjuncts};

/// Where no filter makes a Deduplicate of a ROW_NUMBER().
pub(crate) const NO_DEDUPLICATION: &str = "this ROW_NUMBER() is a Top-N (Rank), which is not supported yet: no filter lets \
                                           only its number 1 through (a deduplication)";

impl Lowering<'_> {
    pub(crate) fn row_number(&self, window: &datafusion_expr::logical_plan::Window) -> Lowered {
        let input = self.lower(&window.input)?;
        let [Expr::WindowFunction(function)] = window.window_expr.as_slice() else {
            return Err("more than one OVER in a SELECT is not supported yet".to_owned());
        };
        match &function.fun {
            WindowFunctionDefinition::WindowUDF(udf) if udf.name() == "row_number" => {}
            other => return Err(format!("{other} OVER is not supported yet")),
        }
        let typer = self.typer(window.input.schema(), &input.columns);
        let mut below = Computed::over(&input);
        let mut keys = Vec::with_capacity(function.params.partition_by.len());
        for key in &function.params.partition_by {
            keys.push(below.column(typer.typed(key)?));
        }
        let rank = "this ROW_NUMBER() is a Top-N (Rank), which is not supported yet";
        let [order] = function.params.order_by.as_slice() else {
            return Err(format!("{rank}: ORDER BY must be exactly one time attribute"));
        };
        let order_column = below.column(typer.typed(&order.expr)?);
        let width = input.columns.len();
        let input = below.rel(input);
        let Some(time) = input.columns[order_column].time else {
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
        let computed = input.columns.len() > width;
        // The window's columns are its input's and the number; what is computed for it is hidden behind it.
        let mut columns = computed_below(&input.columns);
        columns.push(RelColumn {
            name: "rn".to_owned(),
            logical_type: LogicalType::BigInt,
            nullable: false,
            time: None,
            is_json: false,
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
}

/// The columns of an input and, behind them, expressions that a Calc over it computes.
struct Computed {
    project: Vec<Scalar>,
    names: Vec<String>,
    width: usize,
}

impl Computed {
    fn over(input: &Rel) -> Self {
        Self { project: input.references(), names: input.names(), width: input.columns.len() }
    }

    /// The column that holds an expression's value.
    fn column(&mut self, value: Scalar) -> usize {
        value.as_column().unwrap_or_else(|| {
            self.names.push(format!("$key{}", self.names.len()));
            self.project.push(value);
            self.project.len() - 1
        })
    }

    fn rel(self, input: Rel) -> Rel {
        match self.project.len() > self.width {
            true => Rel::calc(input, None, self.project, self.names),
            false => input,
        }
    }
}

/// WHERE: conditions that let only the number 1 through make a Deduplicate of a ROW_NUMBER; the rest is a Calc over it,
/// which reads the number as the constant that it then is (Flink `RankUtil.extractRankRange`,
/// `RankNumberColumnRemoveRule`). Other conditions on a number stay: a filter above may still ask for 1.
pub(crate) fn filter_rel(mut input: Rel, condition: Scalar) -> Rel {
    let mut parts = Vec::new();
    conjuncts(condition, &mut parts);
    let mut numbers: RangeInclusive<i64> = 1..=i64::MAX;
    for range in parts.iter().filter_map(|part| rank_range(part, &input)) {
        numbers = *numbers.start().max(range.start())..=*numbers.end().min(range.end());
    }
    if numbers == (1..=1) {
        parts.retain(|part| rank_range(part, &input).is_none());
        deduplicate(&mut input);
    }
    if parts.is_empty() {
        return input;
    }
    let (project, names) = (input.references(), input.names());
    Rel::calc(input, conjunction(parts), project, names)
}

/// The numbers that a condition lets through, where it compares a rank number with a constant.
fn rank_range(condition: &Scalar, input: &Rel) -> Option<RangeInclusive<i64>> {
    let (symbol, [left, right]) = condition.as_call()? else { return None };
    let (column, symbol, value) = match (left.as_column(), right.as_column()) {
        (Some(column), None) => (column, symbol, integer(right)?),
        (None, Some(column)) => (column, mirrored(symbol), integer(left)?),
        _ => return None,
    };
    if !traces_to_rank(input, column) {
        return None;
    }
    match symbol {
        "=" => Some(value..=value),
        "<=" => Some(1..=value),
        "<" => Some(1..=value.checked_sub(1)?),
        ">=" => Some(value..=i64::MAX),
        ">" => Some(value.checked_add(1)?..=i64::MAX),
        _ => None,
    }
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
        ScalarKind::Literal(ScalarValue::Int32(value)) => value.map(i64::from),
        ScalarKind::Literal(ScalarValue::Int64(value)) => *value,
        ScalarKind::Call(function, arguments) if function.name == "CAST" => integer(arguments.first()?),
        _ => None,
    }
}

/// Whether a column is, through bare references, a rank number. Filters between do not matter: all of them count alike.
fn traces_to_rank(rel: &Rel, column: usize) -> bool {
    match &rel.op {
        RelOp::RowNumber(_) => column + 1 == rel.columns.len(),
        RelOp::Calc { project, .. } => {
            project[column].as_column().is_some_and(|inner| traces_to_rank(&rel.inputs[0], inner))
        }
        _ => false,
    }
}

/// Makes a Deduplicate of the ROW_NUMBER that a rank number was traced to; the number becomes the constant 1.
fn deduplicate(rel: &mut Rel) {
    let ranking = match &rel.op {
        RelOp::RowNumber(ranking) => ranking.clone(),
        _ => return rel.inputs.iter_mut().for_each(deduplicate),
    };
    let input = rel.inputs.remove(0);
    let number = Scalar {
        kind: ScalarKind::Literal(ScalarValue::Int64(Some(1))),
        logical_type: LogicalType::BigInt,
        nullable: false,
    };
    let columns = computed_below(&input.columns);
    // Settled after pruning: it is the first rowtime column of what is left of the input.
    let rowtime = ranking.order;
    let deduplicated = Rel { op: RelOp::Deduplicate { ranking, rowtime }, inputs: vec![input], columns };
    let mut project = deduplicated.references();
    project.push(number);
    let names = rel.names();
    *rel = Rel::calc(deduplicated, None, project, names);
}
