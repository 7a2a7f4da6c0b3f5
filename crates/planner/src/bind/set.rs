//! UNION ALL: columns get the type that holds those of all inputs.

use datafusion_common::DFSchema;
use datafusion_expr::LogicalPlan;
use streamsql_core::LogicalType;
use streamsql_functions::typing;

use super::{Binder, Bound};
use crate::error::PlanError;
use crate::logical::{Columns, Op, Rel, RelColumn, Relation, SetKind, SetOp};

impl Binder<'_> {
    pub(super) fn union(&self, plan: &LogicalPlan) -> Bound {
        let mut leaves = Vec::new();
        union_leaves(plan, &mut leaves);
        let inputs = leaves.into_iter().map(|input| self.relation(input)).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = inputs.first() else { return Err("a UNION without inputs".into()) };
        let names = first.names();
        let mut types = Vec::with_capacity(names.len());
        for i in 0..names.len() {
            let all: Vec<LogicalType> =
                inputs.iter().map(|input| input.columns[i].logical_type.clone()).collect();
            let wrong = |e| PlanError::new(format!("column {} of UNION ALL has {e}", i + 1));
            types.push(typing::least_restrictive(&all).map_err(wrong)?);
        }
        let inputs =
            inputs.into_iter().map(|input| self.cast_all(input, &types)).collect::<Result<Vec<_>, _>>()?;
        let columns = names
            .into_iter()
            .zip(types)
            .enumerate()
            .map(|(i, (name, logical_type))| {
                let same_time = inputs.windows(2).all(|w| w[0].columns[i].time == w[1].columns[i].time);
                RelColumn {
                    name,
                    logical_type,
                    nullable: inputs.iter().any(|input| input.columns[i].nullable),
                    time: inputs.first().filter(|_| same_time).and_then(|input| input.columns[i].time),
                    is_json: false,
                }
            })
            .collect();
        let op = Op::SetOp(SetOp { kind: SetKind::Union, all: true });
        Ok(Relation::new(op, inputs, columns))
    }

    /// The relation with its columns cast to types.
    fn cast_all(&self, input: Rel, types: &[LogicalType]) -> Bound {
        if input.columns.iter().zip(types).all(|(column, to)| column.logical_type == *to) {
            return Ok(input);
        }
        let schema = DFSchema::empty();
        let typer = self.typer(&schema, &[]);
        let project = input
            .references()
            .into_iter()
            .zip(types)
            .map(|(scalar, to)| typer.cast(scalar, to))
            .collect::<Result<Vec<_>, _>>()?;
        let names = input.names();
        Ok(Relation::project(input, project, names))
    }
}

/// The inputs of UNION ALLs that stand directly in each other.
fn union_leaves<'p>(plan: &'p LogicalPlan, leaves: &mut Vec<&'p LogicalPlan>) {
    match plan {
        LogicalPlan::Union(union) => union.inputs.iter().for_each(|input| union_leaves(input, leaves)),
        leaf => leaves.push(leaf),
    }
}
