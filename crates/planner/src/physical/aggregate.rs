//! GroupAggregate: refused until its operator is there, with what it would give.

use super::{Node, WhyNot};
use crate::error::PlanError;
use crate::logical::{Aggregate, AggregateCall};

/// # Errors
/// Always.
pub fn choose(aggregate: &Aggregate) -> Result<Node, WhyNot> {
    if aggregate.calls.is_empty() {
        return Err("GROUP BY is not supported yet: streaming aggregation comes later".into());
    }
    let calls: Vec<String> = aggregate.calls.iter().map(signature).collect();
    Err(WhyNot(PlanError::new(format!("streaming aggregation comes later: {}", calls.join(", ")))))
}

fn signature(call: &AggregateCall) -> String {
    let types: Vec<String> = call.arguments.iter().map(|arg| arg.logical_type.to_string()).collect();
    let types = if types.is_empty() { "*".to_owned() } else { types.join(", ") };
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let not_null = if call.nullable { "" } else { " NOT NULL" };
    format!("{}({distinct}{types}) is {}{not_null}", call.function, call.result)
}
