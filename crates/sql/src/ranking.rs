//! `ROW_NUMBER() OVER (…)` and the filter on its number that makes a Deduplicate of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_expr::{Expr, WindowFunctionDefinition};
use streamsql_core::LogicalType;
use streamsql_functions::Function;
use streamsql_functions::call::result_field;
use streamsql_plan::{Keep, TimeAttribute, TimeDomain};

use crate::rel::{Lowered, Lowering, Ranking, Rel, RelColumn, RelOp, computed_below};
use crate::scalar::{Scalar, ScalarKind, conjunction, conjuncts};

/// Name of the stand-in for a rank number that is known to be 1; it must not survive pruning.
pub(crate) const RANK_NUMBER: &str = "ROW_NUMBER";

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

/// WHERE: a condition on a rank number makes a Deduplicate of it; the rest is a Calc.
pub(crate) fn filter_rel(mut input: Rel, condition: Scalar) -> Lowered {
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
    let columns = computed_below(&input.columns);
    // Settled after pruning: it is the first rowtime column of what is left of the input.
    let rowtime = ranking.order;
    let deduplicated = Rel { op: RelOp::Deduplicate { ranking, rowtime }, inputs: vec![input], columns };
    let mut project = deduplicated.references();
    project.push(number);
    let names = rel.names();
    *rel = Rel::calc(deduplicated, None, project, names);
    Ok(())
}
