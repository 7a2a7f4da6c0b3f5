//! What of a job no test came by.

use std::collections::BTreeMap;

use streamsql_plan::{Dataflow, NodeKind};
use streamsql_runtime::NodeSnapshot;

/// Rows by node, over all tests.
#[derive(Debug, Default)]
pub struct Coverage {
    nodes: BTreeMap<usize, Seen>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    rows_in: u64,
    rows_out: u64,
    late: u64,
}

impl Coverage {
    /// Adds what the nodes did in a test.
    pub fn add(&mut self, nodes: &[NodeSnapshot]) {
        for node in nodes {
            let seen = self.nodes.entry(node.node).or_default();
            seen.rows_in += node.rows_in;
            seen.rows_out += node.rows_out;
            seen.late += node.late_rows;
        }
    }

    /// A sentence for each path that no test took, in the order of the plan.
    pub fn gaps(&self, dataflow: &Dataflow) -> Vec<String> {
        let mut gaps = Vec::new();
        for id in dataflow.ids() {
            let node = dataflow.node(id);
            let name = node.kind.name();
            let seen = self.nodes.get(&id.0).copied().unwrap_or_default();
            let place = node.location.as_ref().map_or(String::new(), |at| format!(" ({at})"));
            let gap = match &node.kind {
                NodeKind::TableSourceScan(scan) => {
                    let table = &scan.table.name;
                    (seen.rows_out == 0).then(|| format!("{table}: no test gives it a row"))
                }
                NodeKind::Values(_) => None,
                NodeKind::Sink(sink) => {
                    let table = &sink.table.name;
                    (seen.rows_in == 0).then(|| format!("{table}: no test writes a row into it"))
                }
                _ if seen.rows_in == 0 => Some(format!("{name}{place}: no row ever comes to it")),
                _ if seen.rows_out == 0 => Some(format!("{name}{place}: it never gives a row")),
                // What stands in state by event time can come too late.
                _ if !node.state.is_empty() && waits_for_event_time(dataflow, node) && seen.late == 0 => {
                    Some(format!("{name}{place}: no row comes too late for it"))
                }
                _ => None,
            };
            gaps.extend(gap);
        }
        gaps
    }
}

fn waits_for_event_time(dataflow: &Dataflow, node: &streamsql_plan::Node) -> bool {
    const DROPS_LATE_ROWS: &[&str] =
        &["IntervalJoin", "Match", "OverAggregate", "TemporalJoin", "TemporalSort"];
    let name = node.kind.name();
    let drops = DROPS_LATE_ROWS.contains(&name) || name.contains("Window");
    drops && node.inputs.iter().any(|input| !dataflow.node(input.node).rowtimes().is_empty())
}
