//! From DataFusion's plan of a query, in which names are resolved, to our logical relations, typed by Flink's rules.
//!
//! Nothing is decided here about how a query is run. Behind this folder there is no plan, expression or error of
//! DataFusion's.

mod aggregate;
mod join;
pub mod names;
mod set;
pub mod shape;
pub mod sink;
pub mod typing;
mod unnest;
mod values;
mod window;

use std::sync::Arc;

use datafusion_common::DFSchema;
use datafusion_expr::utils::split_conjunction;
use datafusion_expr::{Expr, LogicalPlan};
use streamsql_functions::SessionSettings;
use streamsql_plan::TimeAttribute;
use streamsql_sql::catalog::{Table, TableColumnKind};
use streamsql_sql::diagnostic::Place;

use crate::bind::names::context::{FlinkTable, ViewTable};
use crate::bind::names::unnest::Unnest;
use crate::bind::shape::AMBIGUOUS;
use crate::bind::typing::Typer;
use crate::error::PlanError;
use crate::logical::{Op, Rel, RelColumn, Relation, conjunction, plain, rowtime_type};

pub type Bound = Result<Rel, PlanError>;

/// The relation of a query that is written at a place.
///
/// # Errors
/// Types that do not fit, and constructs that have no relation yet.
pub fn bind(plan: &LogicalPlan, session: &SessionSettings, place: Option<&Place>) -> Bound {
    Binder { session, origin: place.cloned().map(Arc::new) }.relation(plan)
}

/// Turns plans into relations.
struct Binder<'a> {
    session: &'a SessionSettings,
    origin: Option<Arc<Place>>,
}

impl Binder<'_> {
    fn relation(&self, plan: &LogicalPlan) -> Bound {
        Ok(Relation::placed(self.bound(plan)?, self.origin.as_ref()))
    }

    fn bound(&self, plan: &LogicalPlan) -> Bound {
        match plan {
            LogicalPlan::TableScan(scan) => {
                if scan.source.downcast_ref::<Unnest>().is_some() {
                    return Err(
                        "UNNEST is the right side of a join: FROM t CROSS JOIN UNNEST(t.a) AS u(x)".into()
                    );
                }
                if let Some(view) = scan.source.downcast_ref::<ViewTable>() {
                    return Ok(Arc::clone(&view.rel));
                }
                let source = scan.source.downcast_ref::<FlinkTable>().ok_or("an unknown table source")?;
                if source.as_of.is_some() {
                    return Err(
                        "FOR SYSTEM_TIME AS OF stands on a table that is not the right side of a join".into(),
                    );
                }
                Ok(scan_of(&source.table))
            }
            LogicalPlan::SubqueryAlias(alias) => self.relation(&alias.input),
            LogicalPlan::Projection(projection) => {
                let input = self.relation(&projection.input)?;
                let typer = self.typer(projection.input.schema(), &input.columns);
                let project =
                    projection.expr.iter().map(|e| typer.projected(e)).collect::<Result<Vec<_>, _>>()?;
                // The mark that tells equal names of one SELECT apart for DataFusion ends here.
                let bare = |name: &str| name.split(AMBIGUOUS).next().unwrap_or(name).to_owned();
                let names = projection.schema.fields().iter().map(|f| bare(f.name())).collect();
                Ok(Relation::project(input, project, names))
            }
            LogicalPlan::Filter(filter) => {
                let input = self.relation(&filter.input)?;
                let typer = self.typer(filter.input.schema(), &input.columns);
                let conditions = split_conjunction(&filter.predicate)
                    .into_iter()
                    .map(|condition| typer.condition(condition, "WHERE"))
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
            LogicalPlan::Distinct(_) => {
                Err(PlanError::new("DISTINCT (and UNION without ALL) is not supported yet").about("DISTINCT"))
            }
            LogicalPlan::Sort(_) => Err(PlanError::new("ORDER BY is not supported yet").about("ORDER")),
            LogicalPlan::Limit(_) => Err(PlanError::new("LIMIT is not supported yet").about("LIMIT")),
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
    ) -> Result<Vec<crate::logical::Scalar>, PlanError> {
        let typer = self.typer(names, columns);
        exprs.iter().map(|expr| Ok(typer.typed(expr)?)).collect()
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
