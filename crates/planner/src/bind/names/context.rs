//! What DataFusion's SQL planner asks us: tables, functions, types, operators, versioned tables.
//!
//! Names are resolved by DataFusion; types are ours ([`crate::bind::typing`]). So every function and operator is a placeholder
//! without a type here, and nothing of DataFusion's own is registered.

use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{Column, DFSchema, DataFusionError, Result, ScalarValue, TableReference};
use datafusion_expr::expr::ScalarFunction;
use datafusion_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion_expr::planner::{
    ContextProvider, ExprPlanner, PlannedRelation, PlannerResult, RawBinaryExpr, RelationPlanner,
    RelationPlannerContext, RelationPlanning, TypePlanner,
};
use datafusion_expr::{
    AggregateUDF, ColumnarValue, Expr, HigherOrderUDF, LogicalPlan, LogicalPlanBuilder, PartitionEvaluator,
    ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TableSource, TypeSignature, Volatility,
    WindowUDF, WindowUDFImpl,
};
use datafusion_sql::sqlparser::ast::{
    BinaryOperator, DataType as SqlDataType, Expr as SqlExpr, Ident, ObjectName, TableAlias,
    TableAliasColumnDef, TableFactor, TableVersion,
};
use streamsql_functions::{SessionSettings, is_over_function};
use streamsql_sql::catalog::{Catalog, Object, ObjectPath, Table, View};
use streamsql_sql::hints::TableHints;
use streamsql_sql::limits::{MAX_SELECTS, too_large};
use streamsql_sql::parse::expression::{FIELD, FORMS};
use streamsql_sql::parse::logical_type_of_cast;
use streamsql_sql::parse::match_recognize as match_forms;
use streamsql_sql::settings::Settings;

use crate::bind::bind;
use crate::bind::names::places::{self, AT, shown_cast};
use crate::bind::names::window::WindowCall;
use crate::bind::names::{match_recognize, plain_select, unnest, versioned, window};
use crate::bind::shape::unique_names;
use crate::logical::Rel;

/// Prefix of the placeholders that stand for operators.
pub const OPERATOR_PREFIX: &str = "operator ";

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

/// The planner's view of a session.
pub struct Context<'a> {
    catalog: &'a Catalog,
    options: ConfigOptions,
    expr_planners: Vec<Arc<dyn ExprPlanner>>,
    relation_planners: Vec<Arc<dyn RelationPlanner>>,
    /// Tables asked for that do not exist.
    pub missing: Mutex<BTreeSet<String>>,
}

impl<'a> Context<'a> {
    pub fn new(catalog: &'a Catalog, settings: &Settings, views: &Views) -> Self {
        let relations = Relations {
            catalog: Arc::new(catalog.clone()),
            views: views.clone(),
            session: settings.session(),
            dynamic_options: settings.dynamic_options(),
            planned: AtomicUsize::new(0),
            as_it_is: AtomicBool::new(false),
        };
        Self {
            catalog,
            options: ConfigOptions::default(),
            expr_planners: vec![Arc::new(Operators)],
            relation_planners: vec![Arc::new(relations)],
            missing: Mutex::default(),
        }
    }
}

impl ContextProvider for Context<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let path = [name.catalog(), name.schema(), Some(name.table())];
        let parts: Vec<String> = path.into_iter().flatten().map(str::to_owned).collect();
        match self.catalog.table(&parts) {
            Some(table) => Ok(Arc::new(FlinkTable::new(table, None, None))),
            None => {
                self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(parts.join("."));
                Err(DataFusionError::Plan(format!("table '{}' does not exist", parts.join("."))))
            }
        }
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.expr_planners
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        &self.relation_planners
    }

    fn get_type_planner(&self) -> Option<Arc<dyn TypePlanner>> {
        Some(Arc::new(Types))
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        let upper = places::split(name).0.to_ascii_uppercase();
        let known = streamsql_functions::function_names().contains(&upper.as_str())
            || FORMS.contains(&upper.as_str())
            || match_forms::FORMS.contains(&upper.as_str())
            || upper == AT;
        // DataFusion gives a function that has another name than it was called by a name of its own.
        known.then(|| placeholder(if name.len() == upper.len() { &upper } else { name }))
    }

    fn get_higher_order_meta(&self, _name: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        crate::bind::names::aggregates::placeholder(name)
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        let name = name.to_ascii_uppercase();
        is_over_function(&name).then(|| {
            let signature = Signature::variadic_any(Volatility::Immutable);
            Arc::new(WindowUDF::new_from_impl(OverPlaceholder { name, signature }))
        })
    }

    fn get_variable_type(&self, _names: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    fn udf_names(&self) -> Vec<String> {
        streamsql_functions::function_names().iter().map(|name| (*name).to_owned()).collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        streamsql_functions::aggregate_names().iter().map(|name| (*name).to_owned()).collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A function without a type: only its name and arguments matter.
#[derive(Debug)]
struct Placeholder {
    /// With the place of the call, which tells no two calls apart.
    name: String,
    signature: Signature,
}

impl PartialEq for Placeholder {
    fn eq(&self, other: &Self) -> bool {
        self.bare_name() == other.bare_name()
    }
}

impl Eq for Placeholder {}

impl Hash for Placeholder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bare_name().hash(state);
    }
}

impl Placeholder {
    fn bare_name(&self) -> &str {
        places::split(&self.name).0
    }
}

fn placeholder(name: &str) -> Arc<ScalarUDF> {
    let signature =
        Signature::one_of(vec![TypeSignature::VariadicAny, TypeSignature::Nullary], Volatility::Volatile);
    Arc::new(ScalarUDF::new_from_impl(Placeholder { name: name.to_owned(), signature }))
}

impl ScalarUDFImpl for Placeholder {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Null)
    }

    fn schema_name(&self, arguments: &[Expr]) -> Result<String> {
        let names: Vec<String> =
            arguments.iter().map(|a| shown_cast(a).unwrap_or_else(|| a.schema_name().to_string())).collect();
        let names = names.join(",");
        Ok(match self.bare_name() {
            AT => names,
            name => format!("{name}({names})"),
        })
    }

    fn invoke_with_args(&self, _arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Err(DataFusionError::Internal(format!("the placeholder of {} was evaluated", self.name)))
    }
}

/// A function that stands only before OVER: only its name and arguments matter.
#[derive(Debug)]
struct OverPlaceholder {
    name: String,
    signature: Signature,
}

impl PartialEq for OverPlaceholder {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for OverPlaceholder {}

impl Hash for OverPlaceholder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl WindowUDFImpl for OverPlaceholder {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(&self, _arguments: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Err(DataFusionError::Internal(format!("the placeholder of {} was evaluated", self.name)))
    }

    fn field(&self, arguments: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(arguments.name(), DataType::Null, true)))
    }
}

/// Binary operators and special call forms become placeholders that are typed later.
#[derive(Debug)]
struct Operators;

fn special(name: &str, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
    Ok(PlannerResult::Planned(Expr::ScalarFunction(ScalarFunction::new_udf(placeholder(name), args))))
}

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, raw: RawBinaryExpr, _schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let symbol = match raw.op {
            BinaryOperator::And | BinaryOperator::Or => return Ok(PlannerResult::Original(raw)),
            BinaryOperator::NotEq => "<>".to_owned(),
            ref other => other.to_string(),
        };
        let udf = placeholder(&format!("{OPERATOR_PREFIX}{symbol}"));
        let call = ScalarFunction::new_udf(udf, vec![raw.left, raw.right]);
        Ok(PlannerResult::Planned(Expr::ScalarFunction(call)))
    }

    /// `t.r.f`: fields of a column.
    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        nested_names: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let column = Expr::Column(Column::new(qualifier.cloned(), field.name()));
        let nested = nested_names.iter().fold(column, |row, name| {
            let name = Expr::Literal(ScalarValue::from(name.as_str()), None);
            Expr::ScalarFunction(ScalarFunction::new_udf(placeholder(FIELD), vec![row, name]))
        });
        Ok(PlannerResult::Planned(nested))
    }

    fn plan_extract(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("EXTRACT", args)
    }

    fn plan_substring(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("SUBSTRING", args)
    }

    fn plan_position(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("POSITION", args)
    }

    fn plan_overlay(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        special("OVERLAY", args)
    }
}

/// Types of CAST by Flink's names.
#[derive(Debug)]
struct Types;

impl TypePlanner for Types {
    fn plan_type_field(&self, sql_type: &SqlDataType) -> Result<Option<FieldRef>> {
        let logical_type = logical_type_of_cast(sql_type).map_err(DataFusionError::Plan)?;
        Ok(Some(Arc::new(logical_type.to_field("", true))))
    }
}

/// Views, and `FOR SYSTEM_TIME AS OF`, which DataFusion's planner would drop without a word.
#[derive(Debug)]
struct Relations {
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

/// The parts of a name, unquoted.
pub fn name_parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.value.clone()).collect()
}
