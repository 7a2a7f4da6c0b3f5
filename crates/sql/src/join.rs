//! Joins: which of Flink's join operators a JOIN is (Flink `IntervalJoinUtil`, `CommonPhysicalLookupJoin`).

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion_common::{DFSchema, JoinType, ScalarValue};
use datafusion_expr::logical_plan::Join;
use datafusion_expr::{Expr, LogicalPlan, TableSource};
use datafusion_sql::sqlparser::ast::Expr as SqlExpr;
use streamsql_core::LogicalType;
use streamsql_core::types::ElementType;
use streamsql_functions::compare::Comparison;
use streamsql_plan::{JoinKind, TimeAttribute, TimeDomain};

use crate::catalog::{Table, TableColumnKind};
use crate::context::FlinkTable;
use crate::rel::{Interval, Lookup, Lowering, Rel, RelColumn, RelOp, computed_below};
use crate::scalar::{Scalar, ScalarKind, conjunction, conjuncts};
use crate::unnest::Unnest;

/// `above` are conditions of WHERE over the join: they move into it, or below it, where that changes nothing.
pub fn lower(lowering: &Lowering<'_>, join: &Join, above: Vec<&Expr>) -> Result<Rel, String> {
    let kind = match join.join_type {
        JoinType::Inner => JoinKind::Inner,
        JoinType::Left => JoinKind::Left,
        JoinType::Right => JoinKind::Right,
        JoinType::Full => JoinKind::Full,
        other => return Err(format!("a {other} join is not supported yet")),
    };
    let lookup_table = versioned(&join.right);
    let unnested = unnested(&join.right);
    let (mut to_left, mut to_right, mut inside, mut after) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for condition in above {
        let columns = condition.column_refs();
        let all_of = |schema: &DFSchema| !columns.is_empty() && columns.iter().all(|c| schema.has_column(c));
        match kind {
            JoinKind::Inner | JoinKind::Left if all_of(join.left.schema()) => to_left.push(condition),
            JoinKind::Inner
                if lookup_table.is_none() && unnested.is_none() && all_of(join.right.schema()) =>
            {
                to_right.push(condition)
            }
            JoinKind::Inner => inside.push(condition),
            _ => after.push(condition),
        }
    }
    let left = lowering.filtered(&join.left, to_left)?;
    if let Some((unnest, names)) = unnested {
        let joined = correlate(lowering, join, left, kind, &unnest, names)?;
        inside.extend(after);
        return lowering.filter(joined, &join.schema, &inside);
    }
    if lowering.columns_only {
        let right = match lookup_table {
            Some((table, _)) => table_columns(&table),
            None => lowering.lower(&join.right)?.columns,
        };
        let columns = left.columns.into_iter().chain(right).collect();
        return Ok(Rel { op: RelOp::Union, inputs: Vec::new(), columns });
    }
    let joined = match lookup_table {
        Some((table, as_of)) => {
            check_as_of(&as_of, join, &left)?;
            let right = table_columns(&table);
            let conditions = conditions(lowering, join, &inside, &left.columns, &right)?;
            lookup(left, table, right, kind, conditions)?
        }
        None => {
            let right = lowering.filtered(&join.right, to_right)?;
            let conditions = conditions(lowering, join, &inside, &left.columns, &right.columns)?;
            interval(left, right, kind, conditions)?
        }
    };
    lowering.filter(joined, &join.schema, &after)
}

/// The table and time of `FOR SYSTEM_TIME AS OF`, when this is one.
fn versioned(plan: &LogicalPlan) -> Option<(Arc<Table>, SqlExpr)> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => versioned(&alias.input),
        LogicalPlan::TableScan(scan) => {
            let source = scan.source.downcast_ref::<FlinkTable>()?;
            Some((Arc::clone(&source.table), source.as_of.clone()?))
        }
        _ => None,
    }
}

/// The collection and the columns of `UNNEST(…) AS u(x, …)`, when this is one.
fn unnested(plan: &LogicalPlan) -> Option<(Expr, Vec<String>)> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => unnested(&alias.input),
        LogicalPlan::TableScan(scan) => {
            let source = scan.source.downcast_ref::<Unnest>()?;
            let names = source.schema().fields().iter().map(|field| field.name().clone()).collect();
            Some((source.expr.clone(), names))
        }
        _ => None,
    }
}

/// CROSS JOIN or LEFT JOIN … ON TRUE with UNNEST: the collection becomes a column where it is none.
fn correlate(
    lowering: &Lowering<'_>,
    join: &Join,
    left: Rel,
    kind: JoinKind,
    collection: &Expr,
    names: Vec<String>,
) -> Result<Rel, String> {
    let on_true = match &join.filter {
        None => true,
        Some(Expr::Literal(ScalarValue::Boolean(Some(value)), _)) => *value,
        Some(_) => false,
    };
    if !on_true || !join.on.is_empty() {
        return Err("a join with UNNEST has ON TRUE only, as in Flink; filter in WHERE".to_owned());
    }
    if !matches!(kind, JoinKind::Inner | JoinKind::Left) {
        return Err("UNNEST is the right side of a CROSS or LEFT join".to_owned());
    }
    let scalar = lowering.typer(join.left.schema(), &left.columns).typed(collection)?;
    let element = |element: &ElementType| match &element.logical_type {
        LogicalType::Row(columns) => columns
            .iter()
            .map(|column| (column.logical_type.clone(), column.nullable || element.nullable))
            .collect(),
        other => vec![(other.clone(), element.nullable)],
    };
    let types: Vec<(LogicalType, bool)> = match &scalar.logical_type {
        LogicalType::Array(item) => element(item),
        LogicalType::Multiset(item) => vec![(item.logical_type.clone(), item.nullable)],
        LogicalType::Map(key, value) => {
            vec![(key.logical_type.clone(), key.nullable), (value.logical_type.clone(), value.nullable)]
        }
        other => return Err(format!("UNNEST takes an ARRAY, MAP or MULTISET, found {other}")),
    };
    if types.len() != names.len() {
        return Err(format!(
            "UNNEST of {} has {} columns, {} are named; write UNNEST(…) AS u(x, …)",
            scalar.logical_type,
            types.len(),
            names.len()
        ));
    }
    let width = left.columns.len();
    let (input, position) = match scalar.as_column() {
        Some(position) => (left, position),
        None => {
            let mut project = left.references();
            let mut project_names = left.names();
            project.push(scalar);
            project_names.push("$unnest".to_owned());
            (Rel::calc(left, None, project, project_names), width)
        }
    };
    let padded = kind.keeps_left();
    let mut columns = computed_below(&input.columns);
    columns.extend(types.into_iter().zip(names).map(|((logical_type, nullable), name)| RelColumn {
        name,
        logical_type,
        nullable: nullable || padded,
        time: None,
        is_json: false,
    }));
    let computed = input.columns.len() > width;
    let unnested = Rel { op: RelOp::Correlate { collection: position, kind }, inputs: vec![input], columns };
    if !computed {
        return Ok(unnested);
    }
    let mut project = unnested.references();
    let mut names = unnested.names();
    project.remove(width);
    names.remove(width);
    Ok(Rel::calc(unnested, None, project, names))
}

/// The time must be a proctime attribute of the left side.
fn check_as_of(as_of: &SqlExpr, join: &Join, left: &Rel) -> Result<(), String> {
    let (qualifier, name) = match as_of {
        SqlExpr::Identifier(name) => (None, name.value.as_str()),
        SqlExpr::CompoundIdentifier(parts) => match parts.as_slice() {
            [qualifier, name] => (Some(qualifier.value.as_str()), name.value.as_str()),
            _ => (None, ""),
        },
        _ => (None, ""),
    };
    let schema = join.left.schema();
    let index = (0..schema.fields().len()).find(|i| {
        let (table, field) = schema.qualified_field(*i);
        field.name() == name && qualifier.is_none_or(|q| table.is_some_and(|t| t.table() == q))
    });
    match index.and_then(|i| left.columns[i].time) {
        Some(TimeAttribute::Proctime) => Ok(()),
        Some(TimeAttribute::Rowtime) => Err(format!(
            "FOR SYSTEM_TIME AS OF {as_of}: an event-time temporal join is not supported yet; a lookup join needs a \
             processing-time attribute (c AS PROCTIME())"
        )),
        None if index.is_none() => {
            Err(format!("FOR SYSTEM_TIME AS OF {as_of}: the left side has no such column"))
        }
        None => Err(format!("FOR SYSTEM_TIME AS OF {as_of}: the column is not a time attribute")),
    }
}

fn table_columns(table: &Table) -> Vec<RelColumn> {
    let column = |c: &crate::catalog::TableColumn| RelColumn {
        name: c.name.clone(),
        logical_type: c.logical_type.clone(),
        nullable: c.nullable,
        time: None,
        is_json: false,
    };
    table.columns.iter().map(column).collect()
}

/// The conjuncts of ON and of `more`, typed over left ++ right.
fn conditions(
    lowering: &Lowering<'_>,
    join: &Join,
    more: &[&Expr],
    left: &[RelColumn],
    right: &[RelColumn],
) -> Result<Vec<Scalar>, String> {
    let columns: Vec<RelColumn> = left.iter().chain(right).cloned().collect();
    let names = join.left.schema().join(join.right.schema()).map_err(|e| e.strip_backtrace())?;
    let typer = lowering.typer(&names, &columns);
    let mut out = Vec::new();
    for (l, r) in &join.on {
        out.push(typer.comparison(Comparison::Eq, typer.typed(l)?, typer.typed(r)?)?);
    }
    if let Some(filter) = &join.filter {
        conjuncts(typer.condition(filter, "ON")?, &mut out);
    }
    for condition in more {
        conjuncts(typer.condition(condition, "WHERE")?, &mut out);
    }
    Ok(out)
}

/// Left and right columns, with those of a padded side nullable.
fn joined_columns(left: &[RelColumn], right: &[RelColumn], kind: JoinKind) -> Vec<RelColumn> {
    let padded = |column: &RelColumn, padded: bool| RelColumn {
        nullable: column.nullable || padded,
        is_json: false,
        ..column.clone()
    };
    let left = left.iter().map(|c| padded(c, kind.keeps_right()));
    left.chain(right.iter().map(|c| padded(c, kind.keeps_left()))).collect()
}

fn lookup(
    left: Rel,
    table: Arc<Table>,
    right: Vec<RelColumn>,
    kind: JoinKind,
    conditions: Vec<Scalar>,
) -> Result<Rel, String> {
    if !matches!(kind, JoinKind::Inner | JoinKind::Left) {
        return Err("a lookup join is INNER or LEFT".to_owned());
    }
    let width = left.columns.len();
    let (mut keys, mut fetched, mut residual) = (Vec::new(), Vec::new(), Vec::new());
    for condition in conditions {
        if let Some(key) = lookup_key(&condition, width) {
            keys.push(key);
        } else if condition.columns().iter().all(|c| *c >= width) && !condition.columns().is_empty() {
            fetched.push(condition.shift(&|c| c - width));
        } else {
            residual.push(condition);
        }
    }
    let values = keys.iter().map(|(_, value)| value);
    let guarded = kind == JoinKind::Inner && values.into_iter().any(Scalar::can_fail);
    let left = if guarded { guarded_by(left, &mut residual, |c| c < width, 0)? } else { left };
    if keys.is_empty() {
        return Err(format!("a lookup join needs at least one equality on a column of {}", table.name));
    }
    let columns = joined_columns(&left.columns, &right, kind);
    for (column, _) in &keys {
        if !matches!(table.columns[*column].kind, TableColumnKind::Physical) {
            return Err(format!(
                "column {} of {} is computed and cannot be looked up",
                table.columns[*column].name, table.name
            ));
        }
    }
    let op = RelOp::Lookup(Lookup {
        columns: (0..right.len()).collect(),
        kind,
        keys,
        fetched: conjunction(fetched),
        residual: conjunction(residual),
        table,
    });
    Ok(Rel { op, inputs: vec![left], columns })
}

/// Table column and value of `table.column = value over the left side`.
fn lookup_key(condition: &Scalar, width: usize) -> Option<(usize, Scalar)> {
    let ("=", [l, r]) = condition.as_call()? else { return None };
    let key = |column: &Scalar, value: &Scalar| {
        let column = column.as_column().filter(|c| *c >= width)?;
        value.columns().iter().all(|c| *c < width).then(|| (column - width, value.clone()))
    };
    key(l, r).or_else(|| key(r, l))
}

/// One side of a time comparison: a time attribute plus a constant.
struct TimePoint {
    column: usize,
    offset_ms: i64,
}

fn time_point(scalar: &Scalar, columns: &[RelColumn]) -> Option<TimePoint> {
    if let Some(column) = scalar.as_column() {
        return columns[column].time.map(|_| TimePoint { column, offset_ms: 0 });
    }
    let (symbol, [base, interval]) = scalar.as_call()? else { return None };
    let ScalarKind::Literal(ScalarValue::DurationMillisecond(Some(ms))) = &interval.kind else { return None };
    let point = time_point(base, columns)?;
    match symbol {
        "+" => Some(TimePoint { offset_ms: point.offset_ms.checked_add(*ms)?, ..point }),
        "-" => Some(TimePoint { offset_ms: point.offset_ms.checked_sub(*ms)?, ..point }),
        _ => None,
    }
}

/// Bounds that a condition sets on left time − right time, inclusive.
struct TimeBound {
    left: usize,
    right: usize,
    lower: Option<i64>,
    upper: Option<i64>,
}

fn time_bound(condition: &Scalar, columns: &[RelColumn], width: usize) -> Option<TimeBound> {
    let (symbol, [l, r]) = condition.as_call()? else { return None };
    let op = match symbol {
        "=" => Comparison::Eq,
        "<" => Comparison::Lt,
        "<=" => Comparison::LtEq,
        ">" => Comparison::Gt,
        ">=" => Comparison::GtEq,
        _ => return None,
    };
    let (l, r) = (time_point(l, columns)?, time_point(r, columns)?);
    let (op, left, right, difference) = if l.column < width && r.column >= width {
        (op, l.column, r.column, r.offset_ms.checked_sub(l.offset_ms)?)
    } else if r.column < width && l.column >= width {
        (op.mirrored(), r.column, l.column, l.offset_ms.checked_sub(r.offset_ms)?)
    } else {
        return None;
    };
    // Strict bounds move by a millisecond, so that all are inclusive.
    let (lower, upper) = match op {
        Comparison::Eq => (Some(difference), Some(difference)),
        Comparison::GtEq => (Some(difference), None),
        Comparison::Gt => (Some(difference.checked_add(1)?), None),
        Comparison::LtEq => (None, Some(difference)),
        Comparison::Lt => (None, Some(difference.checked_sub(1)?)),
        _ => return None,
    };
    Some(TimeBound { left, right, lower, upper })
}

fn interval(left: Rel, right: Rel, kind: JoinKind, conditions: Vec<Scalar>) -> Result<Rel, String> {
    let width = left.columns.len();
    let all: Vec<RelColumn> = left.columns.iter().chain(&right.columns).cloned().collect();
    let mut bounds = Vec::new();
    let mut equalities = Vec::new();
    let mut residual = Vec::new();
    for condition in conditions {
        if let Some(bound) = time_bound(&condition, &all, width) {
            bounds.push(bound);
        } else if let Some(pair) = equality(&condition, width) {
            equalities.push(pair);
        } else {
            residual.push(condition);
        }
    }
    let lower = bounds.iter().filter_map(|b| b.lower).max();
    let upper = bounds.iter().filter_map(|b| b.upper).min();
    let (Some(lower_ms), Some(upper_ms), Some(first)) = (lower, upper, bounds.first()) else {
        return Err("a regular join (without both time bounds of an interval join) is not supported yet; bound the time \
                    attributes of both sides, as in l.ts BETWEEN r.ts AND r.ts + INTERVAL '1' HOUR"
            .to_owned());
    };
    if bounds.iter().any(|b| (b.left, b.right) != (first.left, first.right)) {
        return Err(
            "the time bounds of an interval join must all compare the same two time attributes".to_owned()
        );
    }
    let domain = match (all[first.left].time, all[first.right].time) {
        (Some(TimeAttribute::Rowtime), Some(TimeAttribute::Rowtime)) => TimeDomain::EventTime,
        (Some(TimeAttribute::Proctime), Some(TimeAttribute::Proctime)) => TimeDomain::ProcessingTime,
        _ => {
            return Err(
                "an interval join compares two rowtimes or two processing times, not one of each".to_owned()
            );
        }
    };
    let (left_time, right_time) = (first.left, first.right - width);
    let (left_values, right_values): (Vec<Scalar>, Vec<Scalar>) = equalities.into_iter().unzip();
    let right_values: Vec<Scalar> = right_values.iter().map(|value| value.shift(&|c| c - width)).collect();
    let (left_width, right_width) = (width, right.columns.len());
    let guarded = |values: &[Scalar]| kind == JoinKind::Inner && values.iter().any(Scalar::can_fail);
    let left = if guarded(&left_values) { guarded_by(left, &mut residual, |c| c < width, 0)? } else { left };
    let right =
        if guarded(&right_values) { guarded_by(right, &mut residual, |c| c >= width, width)? } else { right };
    let (left, left_keys) = with_key_columns(left, left_values);
    let (right, right_keys) = with_key_columns(right, right_values);
    let new_width = left.columns.len();
    let residual =
        conjunction(residual).map(|r| r.shift(&|c| if c < width { c } else { c - width + new_width }));
    let columns = joined_columns(&left.columns, &right.columns, kind);
    let op = RelOp::Interval(Interval {
        kind,
        domain,
        left_time,
        right_time,
        lower_ms,
        upper_ms,
        left_keys,
        right_keys,
        residual,
    });
    let joined = Rel { op, columns, inputs: vec![left, right] };
    if new_width == left_width && joined.columns.len() == left_width + right_width {
        return Ok(joined);
    }
    // Helper columns of computed keys do not leave the join.
    let keep = (0..left_width).chain(new_width..new_width + right_width);
    let references = joined.references();
    let project: Vec<Scalar> = keep.clone().map(|i| references[i].clone()).collect();
    let names = keep.map(|i| joined.columns[i].name.clone()).collect();
    Ok(Rel::calc(joined, None, project, names))
}

/// The two sides of `left expression = right expression`.
fn equality(condition: &Scalar, width: usize) -> Option<(Scalar, Scalar)> {
    let ("=", [l, r]) = condition.as_call()? else { return None };
    let side = |columns: &BTreeSet<usize>| match (columns.iter().all(|c| *c < width), columns.is_empty()) {
        (_, true) => None,
        (is_left, false) => (is_left || columns.iter().all(|c| *c >= width)).then_some(is_left),
    };
    match (side(&l.columns())?, side(&r.columns())?) {
        (true, false) => Some((l.clone(), r.clone())),
        (false, true) => Some((r.clone(), l.clone())),
        _ => None,
    }
}

/// The side of an inner join whose columns start at `start`, filtered by the conditions on it alone: a key computed of
/// the rows that they exclude could fail.
fn guarded_by(
    side: Rel,
    conditions: &mut Vec<Scalar>,
    is_own: impl Fn(usize) -> bool,
    start: usize,
) -> Result<Rel, String> {
    let of_side = |condition: &Scalar| {
        let columns = condition.columns();
        !columns.is_empty() && columns.into_iter().all(&is_own)
    };
    let (guards, rest) = std::mem::take(conditions).into_iter().partition(of_side);
    *conditions = rest;
    let guards: Vec<Scalar> = guards;
    match conjunction(guards.iter().map(|guard| guard.shift(&|c| c - start)).collect()) {
        Some(condition) => Ok(crate::ranking::filter_rel(side, condition)),
        None => Ok(side),
    }
}

/// Computed keys become columns at the end.
fn with_key_columns(rel: Rel, values: Vec<Scalar>) -> (Rel, Vec<usize>) {
    let mut project = rel.references();
    let mut names = rel.names();
    let width = project.len();
    let keys = values
        .into_iter()
        .map(|value| {
            value.as_column().unwrap_or_else(|| {
                names.push(format!("$key{}", names.len()));
                project.push(value);
                project.len() - 1
            })
        })
        .collect();
    if project.len() == width { (rel, keys) } else { (Rel::calc(rel, None, project, names), keys) }
}
