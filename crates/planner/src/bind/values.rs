//! VALUES: rows of constants, whose columns get the type that holds all values.

use datafusion_common::DFSchema;
use datafusion_expr::Expr;
use streamsql_core::LogicalType;
use streamsql_functions::typing;
use streamsql_sql::parse::expression::{
    BINARY, DATE, INTERVAL_MONTHS, INTERVAL_MS, NUMBER, ROW_VALUE, TIME, TIMESTAMP,
};

use super::{Binder, Bound};
use crate::bind::names::places::split;
use crate::bind::typing::Typer;
use crate::error::PlanError;
use crate::logical::{Op, RelColumn, Relation, Scalar, ScalarKind, plain};

impl Binder<'_> {
    pub(super) fn values(&self, rows: &[Vec<Expr>]) -> Bound {
        let empty = DFSchema::empty();
        let typer = self.typer(&empty, &[]);
        let typed = rows.iter().map(|row| self.typed_all(&empty, &[], row)).collect::<Result<Vec<_>, _>>()?;
        // A NULL of no type is refused, as by Flink's validator.
        if typed.iter().flatten().any(|value| value.logical_type == LogicalType::Null) {
            return Err("NULL in VALUES has no type; write CAST(NULL AS type)".into());
        }
        let width = typed.first().map_or(0, Vec::len);
        let mut columns = Vec::with_capacity(width);
        for i in 0..width {
            let types: Vec<LogicalType> = typed.iter().map(|row| row[i].logical_type.clone()).collect();
            let logical_type = typing::least_restrictive(&types).map_err(|e| {
                PlanError::new(format!("column {} of VALUES has {e}", i + 1)).of(odd(rows, &types, i))
            })?;
            let nullable = typed.iter().any(|row| row[i].nullable);
            columns.push(plain(&format!("EXPR${i}"), logical_type, nullable));
        }
        let literals = rows.iter().flatten().all(is_literal);
        let of_column = |(value, column): (Scalar, &RelColumn)| match literals {
            true => literal(&typer, value, column),
            false => Ok(typer.cast(value, &column.logical_type)?),
        };
        let typed = typed
            .into_iter()
            .map(|row| row.into_iter().zip(&columns).map(of_column).collect())
            .collect::<Result<Vec<_>, PlanError>>()?;
        Ok(Relation::new(Op::Values(typed), Vec::new(), columns))
    }
}

/// Whether a value is written as a literal.
fn is_literal(value: &Expr) -> bool {
    const LITERALS: &[&str] = &[BINARY, DATE, INTERVAL_MONTHS, INTERVAL_MS, NUMBER, TIME, TIMESTAMP];
    match value {
        Expr::Literal(..) => true,
        Expr::ScalarFunction(call) if call.name() == ROW_VALUE => call.args.iter().all(is_literal),
        Expr::ScalarFunction(call) => LITERALS.contains(&split(call.name()).0),
        _ => false,
    }
}

/// The first value of a column that has no type in common with those before it.
fn odd<'r>(rows: &'r [Vec<Expr>], types: &[LogicalType], column: usize) -> &'r Expr {
    let fits = |count: &usize| typing::least_restrictive(&types[..*count]).is_ok();
    let count = (1..rows.len()).find(|count| !fits(&(count + 1))).unwrap_or_default();
    &rows[count][column]
}

/// A value of a VALUES that holds literals alone, in its column. Timestamps keep the digits that they have beyond the
/// column's precision, as far as the column's unit holds them. (One other expression makes Flink cast every value.)
fn literal(typer: &Typer<'_>, value: Scalar, column: &RelColumn) -> Result<Scalar, PlanError> {
    let to = &column.logical_type;
    if to.is_timestamp() && value.logical_type.to_arrow() == to.to_arrow() {
        return Ok(Scalar { logical_type: to.clone(), ..value });
    }
    if let (ScalarKind::Literal(literal), LogicalType::Timestamp(_), LogicalType::Timestamp(_)) =
        (&value.kind, to, &value.logical_type)
    {
        let cast = literal.cast_to(&to.to_arrow()).map_err(|e| PlanError::new(e.strip_backtrace()))?;
        let kind = ScalarKind::Literal(cast);
        return Ok(Scalar { kind, logical_type: to.clone(), nullable: value.nullable });
    }
    Ok(typer.cast(value, to)?)
}
