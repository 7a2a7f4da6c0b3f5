//! `UNNEST(expr) AS u(x, …)` inside DataFusion's plan.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion_common::tree_node::{Transformed, TreeNode};
use datafusion_common::{DFSchema, DataFusionError, Result, TableReference};
use datafusion_expr::planner::{PlannedRelation, RelationPlannerContext, RelationPlanning};
use datafusion_expr::{Expr, LogicalPlanBuilder, TableSource};
use datafusion_sql::sqlparser::ast::{Expr as SqlExpr, Ident, Spanned, TableAlias, VisitMut, VisitorMut};
use datafusion_sql::sqlparser::tokenizer::Span;
use streamsql_sql::parse::expression::{FIELD, call, text};

use crate::error::PlanError;

/// The collection of an UNNEST; `expr` reads columns of the tables before it.
#[derive(Debug)]
pub struct Unnest {
    pub expr: Expr,
    /// Line and column of its name in the statement's text.
    pub at: Option<(u64, u64)>,
    schema: SchemaRef,
}

impl Unnest {
    /// An error about it.
    pub fn placed(&self, error: PlanError) -> PlanError {
        PlanError { at: error.at.or(self.at), ..error }.about("UNNEST")
    }
}

impl TableSource for Unnest {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// Plans the UNNEST of one collection as the scan of an [`Unnest`].
///
/// # Errors
/// Several collections, no names, names that the tables before do not have.
pub fn plan(
    alias: Option<TableAlias>,
    mut exprs: Vec<SqlExpr>,
    context: &mut dyn RelationPlannerContext,
) -> Result<RelationPlanning> {
    let (Some(mut expr), true) = (exprs.pop(), exprs.is_empty()) else {
        return Err(error("UNNEST takes one collection", exprs.first().map(Spanned::span)));
    };
    let Some(alias) = alias else {
        return Err(error("UNNEST needs names for its columns: UNNEST(…) AS u(x)", Some(expr.span())));
    };
    if let ControlFlow::Break(error) = expr.visit(&mut FieldsBefore { context }) {
        return Err(error);
    }
    // Columns of the tables before are references outwards for DataFusion; here they are the join's left columns.
    let expr = context.sql_to_expr(expr, &DFSchema::empty())?;
    let expr = expr
        .transform(|expr| {
            Ok(match expr {
                Expr::OuterReferenceColumn(_, column) => Transformed::yes(Expr::Column(column)),
                other => Transformed::no(other),
            })
        })?
        .data;
    let names: Vec<String> = match alias.columns.is_empty() {
        true => vec![alias.name.value.clone()],
        false => alias.columns.iter().map(|column| column.name.value.clone()).collect(),
    };
    let fields: Vec<Field> = names.iter().map(|name| Field::new(name, DataType::Null, true)).collect();
    let at = place_of(alias.name.span);
    let source = Arc::new(Unnest { expr, at, schema: Arc::new(Schema::new(fields)) });
    let plan =
        LogicalPlanBuilder::scan(TableReference::bare(alias.name.value.clone()), source, None)?.build()?;
    let alias = TableAlias { columns: Vec::new(), ..alias };
    Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, Some(alias)))))
}

/// An error about the UNNEST before a place.
fn error(message: &str, inside: Option<Span>) -> DataFusionError {
    let at = inside.and_then(place_of);
    DataFusionError::External(Box::new(PlanError { at, ..PlanError::new(message).about("UNNEST") }))
}

fn place_of(span: Span) -> Option<(u64, u64)> {
    (span.start.line > 0).then_some((span.start.line, span.start.column))
}

/// Takes names like `t.r.f` apart: DataFusion finds the columns of the tables before, not fields in them.
struct FieldsBefore<'a> {
    context: &'a mut dyn RelationPlannerContext,
}

/// The parts of a column's longest name: catalog, database, table and column.
const LONGEST_NAME: usize = 4;

impl FieldsBefore<'_> {
    fn is_column(&mut self, name: &[Ident]) -> bool {
        let name = match name {
            [one] => SqlExpr::Identifier(one.clone()),
            several => SqlExpr::CompoundIdentifier(several.to_vec()),
        };
        matches!(self.context.sql_to_expr(name, &DFSchema::empty()), Ok(Expr::OuterReferenceColumn(..)))
    }
}

impl VisitorMut for FieldsBefore<'_> {
    type Break = DataFusionError;

    fn pre_visit_expr(&mut self, expr: &mut SqlExpr) -> ControlFlow<DataFusionError> {
        let SqlExpr::CompoundIdentifier(name) = expr else { return ControlFlow::Continue(()) };
        let longest = name.len().min(LONGEST_NAME);
        let Some(column) = (2..=longest).find(|parts| self.is_column(&name[..*parts])) else {
            if self.is_column(&name[..1]) {
                let shown: Vec<&str> = name.iter().map(|part| part.value.as_str()).collect();
                let message = format!(
                    "in UNNEST a field needs the name of its table before it, as in Flink: UNNEST(t.{})",
                    shown.join(".")
                );
                return ControlFlow::Break(error(&message, name.first().map(|name| name.span)));
            }
            return ControlFlow::Continue(());
        };
        let fields = name.split_off(column);
        let column = std::mem::replace(expr, text(""));
        *expr = fields.iter().fold(column, |row, field| call(FIELD, vec![row, text(&field.value)]));
        ControlFlow::Continue(())
    }
}
