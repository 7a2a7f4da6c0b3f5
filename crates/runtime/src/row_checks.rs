//! Expressions right above a scan, tried before a shard sees the rows.
//!
//! While nothing has been kept of a record and none of its rows has left for another shard, a failing expression can
//! put the whole record aside: it becomes a dead letter, and no operator ever hears of it. So a table with
//! `'on-error' = 'dead-letter'` has the Calcs above its scan computed twice, as far as they can fail.

use arrow::datatypes::SchemaRef;
use streamsql_core::{ChangeBatch, EvalContext, Result};
use streamsql_plan::{Dataflow, Exchange, Expr, NodeId, NodeKind};

/// The Calcs above a scan that can fail, and the keys of look-ups.
#[derive(Default)]
pub struct RowChecks(Vec<Step>);

struct Step {
    condition: Option<Expr>,
    project: Vec<Expr>,
    schema: SchemaRef,
    next: RowChecks,
}

impl RowChecks {
    /// What stands above a node before any state or exchange.
    pub fn above(dataflow: &Dataflow, node: NodeId) -> Self {
        let mut steps = Vec::new();
        for (id, port) in dataflow.consumers(node) {
            let consumer = dataflow.node(id);
            if consumer.inputs[port].exchange != Exchange::Forward {
                continue;
            }
            let step = match &consumer.kind {
                NodeKind::Calc(calc) => Step {
                    condition: calc.condition.clone(),
                    project: calc.project.clone(),
                    schema: consumer.schema.to_arrow(),
                    next: Self::above(dataflow, id),
                },
                NodeKind::LookupJoin(join) => Step {
                    condition: None,
                    project: join.keys.iter().map(|key| key.value.clone()).collect(),
                    schema: consumer.schema.to_arrow(),
                    next: Self::default(),
                },
                // Rows before an update passed what is above as the rows after an earlier one.
                NodeKind::DropUpdateBefore => {
                    steps.extend(Self::above(dataflow, id).0);
                    continue;
                }
                _ => continue,
            };
            let can_fail = step.condition.iter().chain(&step.project).any(Expr::can_fail);
            if can_fail || !step.next.0.is_empty() {
                steps.push(step);
            }
        }
        Self(steps)
    }

    /// Computes what a shard will compute of these rows.
    ///
    /// # Errors
    /// What an expression fails with.
    pub fn run(&self, rows: &ChangeBatch, cx: &EvalContext) -> Result<()> {
        for step in &self.0 {
            let filtered = match &step.condition {
                None => None,
                Some(condition) => Some(rows.filter(&condition.holds(rows.rows(), cx)?)?),
            };
            let rows = filtered.as_ref().unwrap_or(rows);
            if step.next.0.is_empty() {
                for expr in step.project.iter().filter(|expr| expr.can_fail()) {
                    expr.evaluate(rows.rows(), cx)?;
                }
                continue;
            }
            let columns =
                step.project.iter().map(|e| e.evaluate(rows.rows(), cx)).collect::<Result<Vec<_>, _>>()?;
            step.next.run(&rows.with_columns(step.schema.clone(), columns)?, cx)?;
        }
        Ok(())
    }
}
