//! `EXPLAIN PLAN_ADVICE` (Flink `PlanAdvice`): state without a bound, and updates that may not fit what they take back.

use std::fmt;

use streamsql_core::ChangelogMode;

use crate::{Dataflow, Node, NodeId, NodeKind, StateRetention};

/// What is said about a node.
pub struct Advice {
    pub node: NodeId,
    /// A result may be wrong; else it may only cost too much.
    warns: bool,
    text: String,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", if self.warns { "WARNING" } else { "ADVICE" }, self.text)
    }
}

/// All advice, in the order of the nodes.
pub fn advice(dataflow: &Dataflow) -> Vec<Advice> {
    let mut all = Vec::new();
    for id in dataflow.ids() {
        let node = dataflow.node(id);
        let updated =
            node.inputs.iter().any(|input| dataflow.node(input.node).changelog != ChangelogMode::INSERT_ONLY);
        if updated {
            all.extend(changing_values(node).map(|text| Advice { node: id, warns: true, text }));
        }
        all.extend(endless_state(node).map(|text| Advice { node: id, warns: false, text }));
    }
    all
}

/// Values that are not the same when an update takes a row back.
fn changing_values(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Calc(calc) => {
            let computed = calc.project.iter().chain(&calc.condition);
            let changing: Vec<&str> =
                computed.filter(|expr| !expr.deterministic).map(|expr| expr.text.as_str()).collect();
            (!changing.is_empty()).then(|| {
                format!(
                    "{} may differ between a row and its later update or delete, which then takes back a row that was never \
                     sent; compute it before the rows are updated, or from the row alone",
                    changing.join(", ")
                )
            })
        }
        NodeKind::LookupJoin(join) if join.kept.is_none() => Some(format!(
            "table {} may have changed between a row and its later update or delete, which then takes back a row that was \
             never sent; look up before the rows are updated, or SET \
             'table.optimizer.non-deterministic-update.strategy' = 'TRY_RESOLVE', which keeps what was sent",
            join.table.name
        )),
        _ => None,
    }
}

/// State that nothing bounds.
fn endless_state(node: &Node) -> Option<String> {
    let endless = node.state.iter().filter(|table| table.retention == StateRetention::Forever);
    let tables: Vec<String> = endless.map(|table| format!("{} ({})", table.name, table.holds)).collect();
    if tables.is_empty() {
        return None;
    }
    let bound = match &node.kind {
        NodeKind::Join(_) => {
            "a bound of the event times of both sides (l.ts BETWEEN r.ts - INTERVAL … AND …)"
        }
        NodeKind::GroupAggregate(_) => "a window in GROUP BY",
        NodeKind::Deduplicate(_) => "a window in PARTITION BY",
        NodeKind::SinkMaterializer(_) => "a query whose key is the sink's primary key",
        _ => "a bound in time",
    };
    Some(format!(
        "keeps for ever: {}; {bound}, or 'table.exec.state.ttl' where keys fall silent, lets it forget",
        tables.join(", ")
    ))
}
