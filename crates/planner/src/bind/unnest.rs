//! CROSS JOIN and LEFT JOIN … ON TRUE with UNNEST.

use datafusion_common::ScalarValue;
use datafusion_expr::logical_plan::Join as JoinPlan;
use datafusion_expr::{Expr, LogicalPlan, TableSource};
use streamsql_core::LogicalType;
use streamsql_core::types::ElementType;
use streamsql_plan::JoinKind;

use super::{Binder, Bound};
use crate::bind::names::unnest::Unnest;
use crate::error::PlanError;
use crate::logical::{Correlate, Op, Rel, Relation, computed_below, plain};

impl Binder<'_> {
    pub(super) fn unnest(&self, join: &JoinPlan, left: Rel, kind: JoinKind, unnest: &Unnest) -> Bound {
        let on_true = match &join.filter {
            None => true,
            Some(Expr::Literal(ScalarValue::Boolean(Some(value)), _)) => *value,
            Some(_) => false,
        };
        if !on_true || !join.on.is_empty() {
            let error = PlanError::new("a join with UNNEST has ON TRUE only, as in Flink; filter in WHERE");
            return Err(unnest.placed(error));
        }
        if !matches!(kind, JoinKind::Inner | JoinKind::Left) {
            let error = PlanError::new("UNNEST is the right side of a CROSS or LEFT join");
            return Err(unnest.placed(error));
        }
        let collection = self.typer(join.left.schema(), &left.columns).typed(&unnest.expr)?;
        let types = element_types(&collection.logical_type).map_err(|error| unnest.placed(error))?;
        let names: Vec<String> = unnest.schema().fields().iter().map(|field| field.name().clone()).collect();
        if types.len() != names.len() {
            return Err(unnest.placed(PlanError::new(format!(
                "UNNEST of {} has {} columns, {} are named; write UNNEST(…) AS u(x, …)",
                collection.logical_type,
                types.len(),
                names.len()
            ))));
        }
        let padded = kind.keeps_left();
        let mut columns = computed_below(&left.columns);
        let elements = types.into_iter().zip(names);
        columns.extend(
            elements.map(|((logical_type, nullable), name)| plain(&name, logical_type, nullable || padded)),
        );
        Ok(Relation::new(Op::Correlate(Correlate { collection, kind }), vec![left], columns))
    }
}

/// The UNNEST that a plan is.
pub(super) fn unnested(plan: &LogicalPlan) -> Option<&Unnest> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => unnested(&alias.input),
        LogicalPlan::TableScan(scan) => scan.source.downcast_ref::<Unnest>(),
        _ => None,
    }
}

/// What an element of a collection gives: its value, the fields of a ROW, key and value of a MAP's entry.
fn element_types(collection: &LogicalType) -> Result<Vec<(LogicalType, bool)>, PlanError> {
    let of = |element: &ElementType| (element.logical_type.clone(), element.nullable);
    Ok(match collection {
        LogicalType::Array(element) => match &element.logical_type {
            LogicalType::Row(fields) => {
                fields.iter().map(|f| (f.logical_type.clone(), f.nullable || element.nullable)).collect()
            }
            _ => vec![of(element)],
        },
        LogicalType::Multiset(element) => vec![of(element)],
        LogicalType::Map(key, value) => vec![of(key), of(value)],
        other => {
            return Err(PlanError::new(format!("UNNEST takes an ARRAY, MAP or MULTISET, found {other}")));
        }
    })
}
