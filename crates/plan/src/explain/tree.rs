//! The plan as a tree, sinks at the top; a node that several read is printed once and referred to after.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::explain::Details;
use crate::explain::advice::{Advice, advice};
use crate::explain::describe::{describe, describe_exchange};
use crate::{Dataflow, NodeId, NodeKind};

/// Flink's section, with changelog modes and advice where asked for, then what is kept and where everything comes from.
pub fn text(dataflow: &Dataflow, details: Details) -> String {
    let heading = if details.plan_advice { "Physical Plan With Advice" } else { "Execution Plan" };
    let mut out = format!("== Optimized {heading} ==\n");
    let mut printer = Printer::new(dataflow, true);
    printer.changelog_modes = details.changelog_mode;
    printer.advice = if details.plan_advice { advice(dataflow) } else { Vec::new() };
    for root in roots(dataflow) {
        printer.print(root, "", "");
        printer.out.push('\n');
    }
    out.push_str(&printer.out);
    for (number, advice) in printer.advice.iter().enumerate() {
        let _ = writeln!(out, "advice[{}]: {advice}", number + 1);
    }
    if details.plan_advice {
        out.push_str(if printer.advice.is_empty() { "No available advice.\n\n" } else { "\n" });
    }
    out.push_str("== State ==\n");
    let mut any = false;
    for id in dataflow.ids() {
        for table in &dataflow.node(id).state {
            any = true;
            let _ = writeln!(
                out,
                "[{}] {}.{}: {}; kept {}",
                id.0,
                dataflow.node(id).kind.name(),
                table.name,
                table.holds,
                table.retention
            );
        }
    }
    if !any {
        out.push_str("none\n");
    }
    if !dataflow.settings.is_empty() {
        out.push_str("\n== Settings ==\n");
        for (key, value) in &dataflow.settings {
            let shown = if streamsql_core::secret::is_secret_key(key) { "******" } else { value };
            let _ = writeln!(out, "{key} = {shown}");
        }
    }
    out
}

/// The tree with operator names and tables only.
pub fn names_only(dataflow: &Dataflow, id: NodeId) -> String {
    let node = dataflow.node(id);
    match &node.kind {
        NodeKind::TableSourceScan(scan) => format!("TableSourceScan {}", scan.table.name),
        NodeKind::LookupJoin(join) => format!("LookupJoin {}", join.table.name),
        NodeKind::Sink(sink) => format!("Sink {}", sink.table.name),
        kind => kind.name().to_owned(),
    }
}

/// `--format tree`.
pub fn names(dataflow: &Dataflow) -> String {
    let mut printer = Printer::new(dataflow, false);
    for root in roots(dataflow) {
        printer.print(root, "", "");
    }
    printer.out
}

/// Nodes that nobody reads: sinks and results.
pub fn roots(dataflow: &Dataflow) -> Vec<NodeId> {
    dataflow.ids().filter(|id| dataflow.consumers(*id).next().is_none()).collect()
}

struct Printer<'a> {
    dataflow: &'a Dataflow,
    detailed: bool,
    changelog_modes: bool,
    advice: Vec<Advice>,
    /// Reference number of nodes with several readers, given when first printed.
    printed: BTreeMap<NodeId, usize>,
    out: String,
}

impl<'a> Printer<'a> {
    fn new(dataflow: &'a Dataflow, detailed: bool) -> Self {
        Self {
            dataflow,
            detailed,
            changelog_modes: detailed,
            advice: Vec::new(),
            printed: BTreeMap::new(),
            out: String::new(),
        }
    }

    /// `first` stands before this node's line, `rest` before those of its inputs.
    fn print(&mut self, id: NodeId, first: &str, rest: &str) {
        let shared = self.dataflow.consumers(id).count() > 1;
        if let Some(reference) = self.printed.get(&id) {
            let _ = writeln!(self.out, "{first}Reused(reference_id=[{reference}])");
            return;
        }
        let mut line = format!("{first}{}", self.label(id));
        if shared {
            let reference = self.printed.len() + 1;
            self.printed.insert(id, reference);
            let _ = write!(line, "(reuse_id=[{reference}])");
        }
        self.out.push_str(&line);
        self.out.push('\n');
        let node = self.dataflow.node(id);
        let inputs = node.inputs.len();
        for (port, input) in node.inputs.iter().enumerate() {
            let last = port + 1 == inputs;
            let mut first = format!("{rest}{}", if last { "+- " } else { ":- " });
            let mut rest = format!("{rest}{}", if last { "   " } else { ":  " });
            let from = &self.dataflow.node(input.node).schema;
            if self.detailed
                && let Some(exchange) = describe_exchange(&input.exchange, from)
            {
                let _ = writeln!(self.out, "{first}{exchange}");
                first = format!("{rest}+- ");
                rest.push_str("   ");
            }
            self.print(input.node, &first, &rest);
        }
    }

    fn label(&self, id: NodeId) -> String {
        if !self.detailed {
            return names_only(self.dataflow, id);
        }
        let node = self.dataflow.node(id);
        let mut label = describe(self.dataflow, id);
        let own = self.advice.iter().enumerate().filter(|(_, advice)| advice.node == id);
        let numbers: Vec<String> = own.map(|(number, _)| (number + 1).to_string()).collect();
        if !numbers.is_empty() {
            let behind = label.find('(').map_or(label.len(), |at| at + 1);
            let comma = if label[behind..].starts_with(')') { "" } else { ", " };
            label.insert_str(behind, &format!("advice=[{}]{comma}", numbers.join(", ")));
        }
        if self.changelog_modes {
            let _ = label.pop();
            if !label.ends_with('(') {
                label.push_str(", ");
            }
            let is_end = matches!(node.kind, NodeKind::Sink(_) | NodeKind::Collect(_));
            let mode =
                if is_end { "NONE".to_owned() } else { node.changelog.to_string().replace(['[', ']'], "") };
            let _ = write!(label, "changelogMode=[{mode}]");
            if let Some(key) = node.upsert_keys.first() {
                let _ = write!(label, ", upsertKey=[{}]", describe_names(node, key));
            }
            label.push(')');
        }
        let _ = write!(label, " [{}]", id.0);
        if let Some(location) = &node.location {
            let _ = write!(label, " -- {location}");
        }
        label
    }
}

fn describe_names(node: &crate::Node, key: &[usize]) -> String {
    crate::explain::describe::names(&node.schema, key)
}
