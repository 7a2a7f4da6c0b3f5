//! Relations of FROM as DataFusion's SQL planner asks for them: tables, views, versioned tables, table functions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use datafusion_common::{DataFusionError, Result, TableReference};
use datafusion_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableSource};
use datafusion_sql::sqlparser::ast::{
    Expr as SqlExpr, Ident, ObjectName, TableAlias, TableAliasColumnDef, TableFactor, TableVersion,
};
use streamsql_functions::SessionSettings;
use streamsql_sql::catalog::{Catalog, Object, ObjectPath, Table, View};
use streamsql_sql::hints::TableHints;
use streamsql_sql::limits::{MAX_SELECTS, too_large};
use streamsql_sql::settings::Settings;

use crate::bind::bind;
use crate::bind::names::context::name_parts;
use crate::bind::names::window::WindowCall;
use crate::bind::names::{match_recognize, plain_select, unnest, versioned, window};
use crate::bind::shape::unique_names;
use crate::logical::Rel;

/// A registered table inside DataFusion's plan; `as_of` is the time of `FOR SYSTEM_TIME AS OF`.
#[derive(Debug)]
pub struct FlinkTable {
    pub table: Arc<Table>,
    pub as_of: Option<SqlExpr>,
    /// Of the hint STATE_TTL.
    pub state_ttl_ms: Option<i64>,
    schema: SchemaRef,
}

impl FlinkTable {
    pub fn new(table: Arc<Table>, as_of: Option<SqlExpr>, state_ttl_ms: Option<i64>) -> Self {
        let schema = table.schema().to_arrow();
        Self { table, as_of, state_ttl_ms, schema }
    }
}

impl TableSource for FlinkTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// A view inside DataFusion's plan: bound already, and shared by all that read it.
#[derive(Debug)]
pub struct ViewTable {
    pub rel: Rel,
    /// The time of `FOR SYSTEM_TIME AS OF`.
    pub as_of: Option<SqlExpr>,
    /// Of the hint STATE_TTL.
    pub state_ttl_ms: Option<i64>,
    schema: SchemaRef,
}

impl TableSource for ViewTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// Views by path, bound when they are first read and kept as long as what they were bound with.
#[derive(Clone, Debug, Default)]
pub struct Views(Arc<Mutex<HashMap<ObjectPath, BoundView>>>);

#[derive(Clone, Debug)]
struct BoundView {
    /// `Catalog::changes` and whether hints might give options.
    made: (u64, bool),
    table: Arc<ViewTable>,
    /// Relations planned for it.
    relations: usize,
}

/// Views, and `FOR SYSTEM_TIME AS OF`, which DataFusion's planner would drop without a word.
#[derive(Debug)]
pub struct Relations {
    catalog: Arc<Catalog>,
    views: Views,
    session: SessionSettings,
    /// Whether hints may give options.
    dynamic_options: bool,
    /// Relations planned so far: views that read views twice grow without bound.
    planned: AtomicUsize,
    /// Set before a subquery is handed back to DataFusion, which asks us about it once more.
    as_it_is: AtomicBool,
}

impl RelationPlanner for Relations {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        if self.planned.fetch_add(1, Ordering::Relaxed) > 4 * MAX_SELECTS {
            return Err(DataFusionError::Plan(too_large().message));
        }
        if let TableFactor::Derived { lateral: false, alias, .. } = &relation
            && !self.as_it_is.swap(false, Ordering::Relaxed)
        {
            let alias = alias.clone();
            return self.subquery(relation, alias, context);
        }
        if let TableFactor::Table { name, alias, version, args: None, .. } = &relation {
            let (parts, mut hints) = TableHints::split(name_parts(name));
            // A table that is kept longer here is still the same table.
            let state_ttl_ms = hints.state_ttl_ms.take();
            match self.catalog.object(&parts) {
                Some(Object::View(_)) if !hints.options.is_empty() => {
                    return Err(DataFusionError::Plan(format!(
                        "the hint OPTIONS stands behind '{}', which is a view; put it behind the table in the view",
                        parts.join(".")
                    )));
                }
                Some(Object::View(view)) => {
                    let as_of = as_of(version.as_ref())?;
                    return self.inline(
                        &Arc::clone(view),
                        &parts,
                        (as_of, state_ttl_ms),
                        alias.clone(),
                        context,
                    );
                }
                Some(Object::Table(table)) => {
                    let as_of = as_of(version.as_ref())?;
                    let table =
                        table.with_hints(&hints, self.dynamic_options).map_err(DataFusionError::Plan)?;
                    let bare = ObjectName(name.0[..parts.len()].to_vec());
                    let reference = context.object_name_to_table_reference(bare)?;
                    let plan = LogicalPlanBuilder::scan(
                        reference,
                        Arc::new(FlinkTable::new(table, as_of, state_ttl_ms)),
                        None,
                    )?
                    .build()?;
                    return Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(
                        plan,
                        alias.clone(),
                    ))));
                }
                None => {}
            }
        }
        if let Some((query, as_of)) = versioned::parts(&relation) {
            return self.versioned_query(query, as_of, context);
        }
        if let TableFactor::TableFunction { expr, alias } = &relation
            && let Some(call) = WindowCall::of(expr)
        {
            return window::plan(call, alias.clone(), context);
        }
        let refuse = |what: &str| Err(DataFusionError::Plan(format!("{what} is not supported yet")));
        match relation {
            TableFactor::Table { args: Some(_), .. }
            | TableFactor::TableFunction { .. }
            | TableFactor::Function { .. } => refuse("this table function (LATERAL TABLE)"),
            TableFactor::Table { sample: Some(_), .. } => refuse("TABLESAMPLE"),
            TableFactor::UNNEST { with_offset: true, .. } => refuse("UNNEST WITH OFFSET"),
            TableFactor::UNNEST { with_ordinality: true, .. } => {
                Err(DataFusionError::Plan("UNNEST … WITH ORDINALITY does not run in Flink 1.18".to_owned()))
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => unnest::plan(alias, array_exprs, context),
            matched @ TableFactor::MatchRecognize { .. } => match_recognize::plan(matched, context),
            other => Ok(RelationPlanning::Original(Box::new(other))),
        }
    }
}

impl Relations {
    pub fn new(catalog: &Catalog, settings: &Settings, views: &Views) -> Self {
        Self {
            catalog: Arc::new(catalog.clone()),
            views: views.clone(),
            session: settings.session(),
            dynamic_options: settings.dynamic_options(),
            planned: AtomicUsize::new(0),
            as_it_is: AtomicBool::new(false),
        }
    }

    /// A subquery in FROM, its columns named uniquely as Flink names them.
    fn subquery(
        &self,
        relation: TableFactor,
        alias: Option<TableAlias>,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let TableFactor::Derived { lateral, subquery, sample, .. } = relation else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let plan = plain_select::planned(&subquery, |query| {
            self.as_it_is.store(true, Ordering::Relaxed);
            let (subquery, sample) = (Box::new(query), sample.clone());
            context.plan(TableFactor::Derived { lateral, subquery, alias: None, sample })
        })?;
        let mut names: Vec<String> = plan.schema().fields().iter().map(|f| f.name().clone()).collect();
        let renamed = matches!(plan, LogicalPlan::Values(_));
        if renamed {
            names = (0..names.len()).map(|i| format!("EXPR${i}")).collect();
        }
        let unique = unique_names(names.iter().map(String::as_str));
        if !renamed && names == unique {
            return Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))));
        }
        let columns: Vec<Expr> = plan
            .schema()
            .columns()
            .into_iter()
            .zip(unique)
            .map(|(column, name)| Expr::Column(column).alias(name))
            .collect();
        let plan = LogicalPlanBuilder::from(plan).project(columns)?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }

    /// A view is a relation under the view's name.
    fn inline(
        &self,
        view: &View,
        name: &[String],
        (as_of, state_ttl_ms): (Option<SqlExpr>, Option<i64>),
        alias: Option<TableAlias>,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let made = (self.catalog.changes(), self.dynamic_options);
        let path =
            self.catalog.resolve(name).ok_or_else(|| DataFusionError::Plan("no such view".to_owned()))?;
        let kept = self.views.0.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
        let view_name = name.last().cloned().unwrap_or_default();
        let table = match kept.filter(|kept| kept.made == made) {
            Some(kept) => {
                self.planned.fetch_add(kept.relations, Ordering::Relaxed);
                kept.table
            }
            None => {
                let before = self.planned.load(Ordering::Relaxed);
                let table = Arc::new(self.bound(view, &view_name, context)?);
                let relations = self.planned.load(Ordering::Relaxed) - before;
                let bound = BoundView { made, table: Arc::clone(&table), relations };
                self.views.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path, bound);
                table
            }
        };
        let table = match (as_of, state_ttl_ms) {
            (None, None) => table,
            (as_of, state_ttl_ms) => {
                let (rel, schema) = (Arc::clone(&table.rel), Arc::clone(&table.schema));
                Arc::new(ViewTable { rel, as_of, state_ttl_ms, schema })
            }
        };
        let plan = LogicalPlanBuilder::scan(TableReference::bare(view_name), table, None)?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }

    /// A query of WITH as it is at a time.
    fn versioned_query(
        &self,
        query: TableFactor,
        as_of: &SqlExpr,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let name = match &query {
            TableFactor::Derived { alias: Some(alias), .. } => alias.name.value.clone(),
            _ => String::new(),
        };
        let plan = context.plan(query)?;
        let rel = bind(&plan, &self.session, None)
            .map_err(|error| DataFusionError::External(Box::new(error)))?
            .named(plan.schema().fields().iter().map(|field| field.name().clone()));
        let schema = rel.schema().to_arrow();
        let table = Arc::new(ViewTable { rel, as_of: Some(as_of.clone()), state_ttl_ms: None, schema });
        let plan = LogicalPlanBuilder::scan(TableReference::bare(name), table, None)?.build()?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, None))))
    }

    fn bound(&self, view: &View, name: &str, context: &mut dyn RelationPlannerContext) -> Result<ViewTable> {
        let columns = view.columns.iter().map(TableAliasColumnDef::from_name).collect();
        let alias = TableAlias { explicit: true, name: Ident::with_quote('`', name), columns, at: None };
        let derived = TableFactor::Derived {
            lateral: false,
            subquery: Box::new(crate::bind::shape::of_view(&view.query)),
            alias: Some(alias),
            sample: None,
        };
        let plan = context.plan(derived)?;
        let rel = bind(&plan, &self.session, Some(&view.place))
            .map_err(|error| DataFusionError::External(Box::new(error.written_at(&view.place))))?;
        let rel = rel.named(plan.schema().fields().iter().map(|field| field.name().clone()));
        let schema = rel.schema().to_arrow();
        Ok(ViewTable { rel, as_of: None, state_ttl_ms: None, schema })
    }
}

/// The time of `FOR SYSTEM_TIME AS OF`.
fn as_of(version: Option<&TableVersion>) -> Result<Option<SqlExpr>> {
    match version {
        None => Ok(None),
        Some(TableVersion::ForSystemTimeAsOf(as_of)) => Ok(Some(as_of.clone())),
        Some(_) => Err(DataFusionError::Plan(
            "a table version other than FOR SYSTEM_TIME AS OF does not exist in Flink SQL".to_owned(),
        )),
    }
}
