//! What DataFusion's SQL planner asks us: tables, functions, types, operators, versioned tables.
//!
//! Names are resolved by DataFusion; types are ours ([`crate::bind::typing`]). So every function and operator is a placeholder
//! without a type here, and nothing of DataFusion's own is registered.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{DataType, FieldRef};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{DataFusionError, Result, TableReference};
use datafusion_expr::planner::{ContextProvider, ExprPlanner, RelationPlanner, TypePlanner};
use datafusion_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};
use datafusion_sql::sqlparser::ast::{DataType as SqlDataType, ObjectName};
use streamsql_functions::is_over_function;
use streamsql_sql::catalog::Catalog;
use streamsql_sql::parse::expression::FORMS;
use streamsql_sql::parse::logical_type_of_cast;
use streamsql_sql::parse::match_recognize as match_forms;
use streamsql_sql::settings::Settings;

use crate::bind::names::aggregates;
use crate::bind::names::placeholders::{self, Operators};
use crate::bind::names::places::{self, AT};
use crate::bind::names::relations::{FlinkTable, Relations, Views};

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
        Self {
            catalog,
            options: ConfigOptions::default(),
            expr_planners: vec![Arc::new(Operators)],
            relation_planners: vec![Arc::new(Relations::new(catalog, settings, views))],
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
        known.then(|| placeholders::scalar(if name.len() == upper.len() { &upper } else { name }))
    }

    fn get_higher_order_meta(&self, _name: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        aggregates::placeholder(name)
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        let name = name.to_ascii_uppercase();
        is_over_function(&name).then(|| placeholders::over(name))
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

/// Types of CAST by Flink's names.
#[derive(Debug)]
struct Types;

impl TypePlanner for Types {
    fn plan_type_field(&self, sql_type: &SqlDataType) -> Result<Option<FieldRef>> {
        let logical_type = logical_type_of_cast(sql_type).map_err(DataFusionError::Plan)?;
        Ok(Some(Arc::new(logical_type.to_field("", true))))
    }
}

/// The parts of a name, unquoted.
pub fn name_parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.value.clone()).collect()
}
