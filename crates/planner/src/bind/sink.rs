//! What INSERT INTO makes of its query: the constants of PARTITION, and the implicit casts to the sink's columns (Flink
//! `DynamicSinkUtils`).

use datafusion_common::{DFSchema, ScalarValue};
use streamsql_core::{Column, LogicalType, Schema};
use streamsql_functions::typing;
use streamsql_plan::TimeAttribute;
use streamsql_sql::catalog::Table;
use streamsql_sql::settings::Settings;

use super::Bound;
use crate::bind::typing::Typer;
use crate::error::PlanError;
use crate::logical::{Columns, Rel, Relation, Scalar, ScalarKind};

/// The time attributes that the columns of a query have when it runs.
pub type Times<'t> = dyn Fn(&Rel) -> Result<Vec<Option<TimeAttribute>>, PlanError> + 't;

/// The query with a constant for each column of PARTITION behind its own, cast to the column's type.
///
/// # Errors
/// A constant that does not fit its column.
pub fn partitioned(
    query: &Rel,
    constants: Vec<(String, Scalar)>,
    table: &Table,
    settings: &Settings,
) -> Bound {
    let sink = table.sink_schema();
    let session = settings.session();
    let empty = DFSchema::empty();
    let typer = Typer { session: &session, names: &empty, columns: &[] };
    let mut project = query.references();
    let mut names = query.names();
    for (name, value) in constants {
        project.push(match sink.index_of(&name) {
            Some(target) => typer.cast(value, &sink.columns[target].logical_type)?,
            None => value,
        });
        names.push(name);
    }
    Ok(Relation::project(query.clone(), project, names))
}

/// Maps the query to the sink's columns, with the implicit casts that Flink allows; `columns` are the targets, empty for
/// all.
///
/// # Errors
/// Columns that do not fit, or of which there are too few.
pub fn sink_cast(
    query: Rel,
    table: &Table,
    columns: &[String],
    settings: &Settings,
    times: &Times<'_>,
) -> Bound {
    let sink = &table.sink_schema();
    let targets: Vec<usize> = if columns.is_empty() {
        (0..sink.len()).collect()
    } else {
        let index = |name: &String| {
            sink.index_of(name)
                .ok_or_else(|| format!("table {} has no column '{name}' to insert into", table.name))
        };
        columns.iter().map(index).collect::<Result<_, _>>()?
    };
    if targets.len() != query.columns.len() {
        return Err(PlanError::new(mismatch(&query, table, " different number of columns")));
    }
    let session = settings.session();
    let names = DFSchema::empty();
    let typer = Typer { session: &session, names: &names, columns: &[] };
    let references = query.references();
    let mut mismatches = Vec::new();
    let mut project = Vec::with_capacity(sink.len());
    let mut changed = targets.len() != sink.len() || targets.iter().enumerate().any(|(i, t)| i != *t);
    for (i, column) in sink.columns.iter().enumerate() {
        let Some(source) = targets.iter().position(|t| *t == i) else {
            if !column.nullable || table.primary_key.contains(&column.name) {
                return Err(PlanError::new(format!(
                    "column '{}' of table '{}' has no default value and does not allow NULLs, so INSERT must name it",
                    column.name, table.name
                )));
            }
            let null = ScalarValue::try_from(&column.logical_type.to_arrow())
                .map_err(|e| PlanError::new(e.strip_backtrace()))?;
            let (kind, logical_type) = (ScalarKind::Literal(null), column.logical_type.clone());
            project.push(Scalar { kind, logical_type, nullable: true });
            continue;
        };
        let value = references[source].clone();
        if !typing::sink_cast(&value.logical_type, &column.logical_type) {
            mismatches.push(format!(
                "\n  column {} ('{}'): query {}, sink {}",
                i + 1,
                column.name,
                value.logical_type,
                column.logical_type
            ));
            continue;
        }
        changed |= value.logical_type != column.logical_type;
        project.push(typer.cast(value, &column.logical_type)?);
    }
    if !mismatches.is_empty() {
        let message = mismatch(&query, table, &mismatches.concat());
        return Err(PlanError::new(format!("{message}\nuse CAST in the query")));
    }
    one_rowtime(&query, &project, table, settings, times)?;
    if !changed {
        return Ok(query);
    }
    Ok(Relation::project(query, project, sink.names()))
}

/// The sink's columns that hold less than what the query gives for them, with the query's type: of the casts that INSERT
/// INTO makes by itself those that may lose a value.
pub fn narrowed(query: &Rel, table: &Table, columns: &[String]) -> Vec<(usize, LogicalType)> {
    let sink = table.sink_schema();
    let target = |source: usize| match columns.get(source) {
        Some(name) => sink.index_of(name),
        None => (source < sink.len()).then_some(source),
    };
    let column = |(source, given): (usize, &crate::logical::RelColumn)| {
        let target = target(source)?;
        narrows(&given.logical_type, &sink.columns[target].logical_type)
            .then(|| (target, given.logical_type.clone()))
    };
    query.columns.iter().enumerate().filter_map(column).collect()
}

/// Whether a value of one type may be too large for another.
fn narrows(from: &LogicalType, to: &LogicalType) -> bool {
    use LogicalType::{BigInt, Char, Decimal, Double, Float, Int, SmallInt, TinyInt, Varchar};
    let digits = |of: &LogicalType| {
        Some(match of {
            TinyInt => 3,
            SmallInt => 5,
            Int => 10,
            BigInt => 19,
            Decimal { precision, scale } => u32::from(precision - scale),
            _ => return None,
        })
    };
    match (from, to) {
        (Char(from) | Varchar(from), Char(to) | Varchar(to)) => from > to,
        (Double, Float) => true,
        (Double | Float, to) => digits(to).is_some(),
        (from, to) => digits(from).zip(digits(to)).is_some_and(|(from, to)| from > to),
    }
}

fn mismatch(query: &Rel, table: &Table, cause: &str) -> String {
    let list = |schema: &Schema| {
        let column = |c: &Column| {
            format!("{}: {}{}", c.name, c.logical_type, if c.nullable { "" } else { " NOT NULL" })
        };
        schema.columns.iter().map(column).collect::<Vec<_>>().join(", ")
    };
    format!(
        "column types of query result and sink for '{}' do not match:{cause}\n  query schema: [{}]\n  sink \
         schema:  [{}]",
        table.name,
        list(&query.schema()),
        list(&table.sink_schema())
    )
}

/// A row that leaves Flink has one time. `times` tells those of the query's columns as it will run: a join without bounds
/// in time ends them, which its relation does not show.
fn one_rowtime(
    query: &Rel,
    project: &[Scalar],
    table: &Table,
    settings: &Settings,
    times: &Times<'_>,
) -> Result<(), PlanError> {
    let several = |times: &[Option<TimeAttribute>]| {
        let is_rowtime =
            |s: &&Scalar| s.as_column().is_some_and(|c| times[c] == Some(TimeAttribute::Rowtime));
        project.iter().filter(is_rowtime).count() > 1
    };
    let inserter_off = settings
        .get("table.exec.sink.rowtime-inserter")
        .is_some_and(|value| value.eq_ignore_ascii_case("DISABLED"));
    let of_relation: Vec<Option<TimeAttribute>> = query.columns.iter().map(|column| column.time).collect();
    if !inserter_off && several(&of_relation) && several(&times(query)?) {
        return Err(PlanError::new(format!(
            "the query contains more than one rowtime attribute column for sink '{}'; cast all but one of them, or \
             set table.exec.sink.rowtime-inserter = DISABLED",
            table.name
        )));
    }
    Ok(())
}
