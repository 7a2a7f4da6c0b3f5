//! From DataFusion's plan of a query, in which names are resolved, to our logical relations, typed by Flink's rules.
//!
//! Nothing is decided here about how a query is run. Behind this folder there is no plan, expression or error of
//! DataFusion's.

mod aggregate;
mod correlation;
mod grouped;
mod grouping_sets;
mod join;
mod match_recognize;
mod moments;
pub mod names;
mod pull;
mod set;
pub mod shape;
pub mod sink;
pub mod sort;
mod subquery;
mod subquery_parts;
mod subquery_values;
pub mod typing;
mod unnest;
mod values;
mod window;
mod windows;

use std::sync::Arc;

use datafusion_common::DFSchema;
use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{Column, DataFusionError, TableReference};
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{Distinct, Expr, LogicalPlan};
use streamsql_functions::SessionSettings;
use streamsql_plan::TimeAttribute;
use streamsql_sql::catalog::{Table, TableColumnKind};
use streamsql_sql::diagnostic::Place;

use crate::bind::grouped::{check_outer_columns, groups_below};
use crate::bind::names::match_recognize::Matched;
use crate::bind::names::relations::{FlinkTable, ViewTable};
use crate::bind::names::unnest::Unnest;
use crate::bind::names::window::WindowSource;
use crate::bind::shape::AMBIGUOUS;
use crate::bind::typing::{Typed, Typer};
use crate::error::PlanError;
use crate::logical::{Op, Rel, RelColumn, Relation, Scalar, conjunction, plain, rowtime_type};

pub type Bound = Result<Rel, PlanError>;

/// The relation of a query that is written at a place.
///
/// # Errors
/// Types that do not fit, and constructs that have no relation yet.
pub fn bind(plan: &LogicalPlan, session: &SessionSettings, place: Option<&Place>) -> Bound {
    Binder { session, origin: place.cloned().map(Arc::new), outer: None }.relation(plan)
}

/// Most operators of a query, where what several read counts for each of them: plans of operators are trees.
const MAX_OPERATORS: usize = 20_000;

/// Some subqueries are read twice by what they become (for their rows, and for whether there is a NULL among them), so that
/// nested ones double with each level.
fn limited_size(rel: Rel) -> Bound {
    if rel.size() > MAX_OPERATORS {
        let error = format!(
            "the query has more than {MAX_OPERATORS} operators, each view and subquery counted wherever it is read"
        );
        return Err(PlanError::new(error).hint("nest fewer subqueries, or write them as joins"));
    }
    Ok(rel)
}

/// Turns plans into relations.
struct Binder<'a> {
    session: &'a SessionSettings,
    origin: Option<Arc<Place>>,
    /// The query around a subquery.
    outer: Option<Scope<'a>>,
}

/// Names that expressions may use, and what they stand for.
#[derive(Clone, Copy)]
struct Scope<'a> {
    names: &'a DFSchema,
    columns: &'a [RelColumn],
}

impl Binder<'_> {
    fn relation(&self, plan: &LogicalPlan) -> Bound {
        limited_size(Relation::placed(self.bound(plan)?, self.origin.as_ref()))
    }

    fn bound(&self, plan: &LogicalPlan) -> Bound {
        match plan {
            LogicalPlan::TableScan(scan) => {
                if let Some(unnest) = scan.source.downcast_ref::<Unnest>() {
                    let what = "UNNEST is the right side of a join: FROM t CROSS JOIN UNNEST(t.a) AS u(x)";
                    return Err(unnest.placed(PlanError::new(what)));
                }
                if let Some(window) = scan.source.downcast_ref::<WindowSource>() {
                    return self.window_table_function(window);
                }
                if let Some(matched) = scan.source.downcast_ref::<Matched>() {
                    return self.match_recognize(matched);
                }
                let (rel, as_of) = match scan.source.downcast_ref::<ViewTable>() {
                    Some(view) => (Arc::clone(&view.rel), &view.as_of),
                    None => {
                        let source = scan.source.downcast_ref::<FlinkTable>();
                        let source = source.ok_or("an unknown table source")?;
                        (scan_of(&source.table), &source.as_of)
                    }
                };
                match as_of {
                    None => Ok(rel),
                    Some(_) => Err(PlanError::new(
                        "FOR SYSTEM_TIME AS OF stands on a table that is not the right side of a join",
                    )
                    .about("FOR")),
                }
            }
            LogicalPlan::SubqueryAlias(alias) => self.relation(&alias.input),
            LogicalPlan::Projection(projection) => {
                let input = self.relation(&projection.input)?;
                // The mark that tells equal names of one SELECT apart for DataFusion ends here.
                let bare = |name: &str| name.split(AMBIGUOUS).next().unwrap_or(name).to_owned();
                let names = projection.schema.fields().iter().map(|f| bare(f.name())).collect();
                let schema = projection.input.schema();
                if projection.expr.iter().any(subquery::has_subquery) {
                    if let Some(groups) = groups_below(&projection.input) {
                        check_outer_columns(groups, &projection.expr)?;
                    }
                    let exprs: Vec<&Expr> = projection.expr.iter().collect();
                    let extended = self.extended(input, schema, &exprs)?;
                    let typer = self.typer(&extended.names, &extended.input.columns);
                    let project =
                        extended.exprs.iter().map(|e| typer.projected(e)).collect::<Result<Vec<_>, _>>()?;
                    return Ok(Relation::project(extended.input, project, names));
                }
                let project = projection
                    .expr
                    .iter()
                    .map(|e| self.projected(schema, &input.columns, e))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Relation::project(input, project, names))
            }
            LogicalPlan::Filter(filter) => {
                let input = self.relation(&filter.input)?;
                let schema = filter.input.schema();
                let parts = split_conjunction(&filter.predicate);
                if parts.iter().any(|part| subquery::has_subquery(part)) {
                    if let Some(groups) = groups_below(&filter.input) {
                        check_outer_columns(groups, std::slice::from_ref(&filter.predicate))?;
                    }
                    return self.filtered(input, schema, &parts);
                }
                let of = match filter.input.as_ref() {
                    LogicalPlan::Aggregate(_) => "HAVING",
                    _ => "WHERE",
                };
                let conditions = parts
                    .into_iter()
                    .map(|condition| self.condition(schema, &input.columns, condition, of))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(match conjunction(conditions) {
                    Some(condition) => Relation::filter(input, condition),
                    None => input,
                })
            }
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Window(window) => self.window(window),
            LogicalPlan::Union(_) => self.union(plan),
            LogicalPlan::Values(values) => self.values(&values.values),
            LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => {
                Ok(Relation::new(Op::Values(vec![Vec::new()]), Vec::new(), Vec::new()))
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate),
            LogicalPlan::Distinct(Distinct::All(input)) => Ok(self.distinct(self.relation(input)?)),
            LogicalPlan::Distinct(Distinct::On(_)) => Err("DISTINCT ON does not exist in Flink".into()),
            LogicalPlan::Sort(sort) => self.sort(sort),
            LogicalPlan::Limit(limit) => self.limit(limit),
            LogicalPlan::Unnest(_) => Err("UNNEST is not supported yet".into()),
            LogicalPlan::Subquery(_) => Err("LATERAL is not supported yet".into()),
            other => Err(PlanError::new(format!(
                "{} is not supported yet",
                first_word(&other.display().to_string())
            ))),
        }
    }

    fn typer<'t>(&'t self, names: &'t DFSchema, columns: &'t [RelColumn]) -> Typer<'t> {
        Typer { session: self.session, names, columns }
    }

    fn typed_all(
        &self,
        names: &DFSchema,
        columns: &[RelColumn],
        exprs: &[Expr],
    ) -> Result<Vec<Scalar>, PlanError> {
        exprs.iter().map(|expr| self.scalar_of(names, columns, expr)).collect()
    }

    fn scalar_of(&self, names: &DFSchema, columns: &[RelColumn], expr: &Expr) -> Result<Scalar, PlanError> {
        self.scoped(names, columns, expr, &|typer, expr| typer.typed(expr))
    }

    fn projected(&self, names: &DFSchema, columns: &[RelColumn], expr: &Expr) -> Result<Scalar, PlanError> {
        self.scoped(names, columns, expr, &|typer, expr| typer.projected(expr))
    }

    fn condition(
        &self,
        names: &DFSchema,
        columns: &[RelColumn],
        expr: &Expr,
        of: &str,
    ) -> Result<Scalar, PlanError> {
        self.scoped(names, columns, expr, &|typer, expr| typer.condition(expr, of))
    }

    /// Types an expression that may read columns of the query around, which then are numbered from `OUTER` on.
    fn scoped(
        &self,
        names: &DFSchema,
        columns: &[RelColumn],
        expr: &Expr,
        typed: &dyn Fn(&Typer<'_>, &Expr) -> Typed,
    ) -> Result<Scalar, PlanError> {
        let Some(outer) = self.outer.filter(|_| expr.contains_outer()) else {
            return Ok(typed(&self.typer(names, columns), expr)?);
        };
        let wrong = |error: DataFusionError| match error {
            DataFusionError::Plan(text) => PlanError::new(text),
            other => PlanError::new(other.strip_backtrace()),
        };
        let qualifier = TableReference::bare("$outer");
        let fields = outer.names.fields().iter().enumerate().map(|(i, field)| {
            let field = field.as_ref().clone().with_name(i.to_string());
            (Some(qualifier.clone()), Arc::new(field))
        });
        let renamed = DFSchema::new_with_metadata(fields.collect(), Default::default()).map_err(wrong)?;
        let both = names.join(&renamed).map_err(wrong)?;
        let all: Vec<RelColumn> = columns.iter().chain(outer.columns).cloned().collect();
        let expr = expr
            .clone()
            .transform_up(|part| match part {
                Expr::OuterReferenceColumn(_, column) => {
                    let index = outer.names.index_of_column(&column).map_err(|_| {
                        DataFusionError::Plan(format!(
                            "the query around the subquery has no column '{}' there: one of a query further out is not \
                             supported, and ORDER BY reads what is selected",
                            column.name
                        ))
                    })?;
                    Ok(Transformed::yes(Expr::Column(Column::new(
                        Some(qualifier.clone()),
                        index.to_string(),
                    ))))
                }
                other => Ok(Transformed::no(other)),
            })
            .map_err(wrong)?
            .data;
        let scalar = typed(&self.typer(&both, &all), &expr)?;
        let width = columns.len();
        Ok(scalar.shift(&|column| if column < width { column } else { pull::OUTER + column - width }))
    }
}

fn first_word(text: &str) -> &str {
    text.split([':', ' ']).next().unwrap_or(text)
}

fn scan_of(table: &Arc<Table>) -> Rel {
    let columns = table
        .columns
        .iter()
        .map(|column| {
            let rowtime = table.watermark.as_ref().is_some_and(|w| w.column == column.name);
            let proctime = matches!(&column.kind, TableColumnKind::Computed(expr)
                if expr.to_string().eq_ignore_ascii_case("PROCTIME()"));
            let time = match (rowtime, proctime) {
                (true, _) => Some(TimeAttribute::Rowtime),
                (_, true) => Some(TimeAttribute::Proctime),
                _ => None,
            };
            let logical_type = match &column.logical_type {
                declared if rowtime => rowtime_type(declared),
                declared => declared.clone(),
            };
            RelColumn { time, ..plain(&column.name, logical_type, column.nullable) }
        })
        .collect();
    Relation::new(Op::Scan(Arc::clone(table)), Vec::new(), columns)
}
