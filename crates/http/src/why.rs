//! Why nothing comes out: from plan and counters to sentences that name the node that waits, for what, and the cure.
//!
//! The most decisive reason comes first: a job that does not run, something outside that does not answer, sources that
//! bring nothing, event time that stands still, nodes that let nothing through.

use streamsql_plan::{Dataflow, Node, NodeId, NodeKind, TableSourceScan};
use streamsql_runtime::{
    EpochSnapshot, JobState, NodeSnapshot, SourceSnapshot, SplitSnapshot, StandingSnapshot,
};

use crate::times::{clock, span};

/// What is known of a job at one moment.
pub struct Situation<'a> {
    pub dataflow: &'a Dataflow,
    pub now_ms: i64,
    /// How long a commit, or the driver's silence, is nothing unusual.
    pub patience_ms: i64,
    pub standing: &'a StandingSnapshot,
    pub epochs: &'a EpochSnapshot,
    pub nodes: &'a [NodeSnapshot],
    pub sources: &'a [SourceSnapshot],
    /// Whether rows came to sinks lately; none while too little is known.
    pub flows: Option<bool>,
}

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The node that waits, or that lets nothing through.
    pub node: Option<usize>,
    /// A short name of the rule, for programs.
    pub code: &'static str,
    pub text: String,
}

/// The reasons, most decisive first; empty where rows come out, or where nothing is unusual.
pub fn why(situation: &Situation<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match situation.standing.state {
        JobState::Starting => {
            let began = Some(situation.standing.since_ms).filter(|since| *since > 0);
            let since =
                began.map_or(String::new(), |since| format!(" since {}", span(situation.now_ms - since)));
            let text = format!("the job starts{since}: it restores its state and opens its sources");
            findings.push(job("starting", text));
            return findings;
        }
        JobState::Failed => {
            let why = situation.standing.failure.as_deref().unwrap_or("unknown");
            return vec![job("failed", format!("the job has failed: {why}"))];
        }
        JobState::Finished => return findings,
        JobState::Running | JobState::Stopping => {}
    }
    findings.extend(stuck(situation));
    let came_out: u64 = ends(situation).map(|node| node.rows_in).sum();
    if situation.flows == Some(true) || (situation.flows.is_none() && came_out > 0) {
        return findings;
    }
    findings.extend(silent_sources(situation));
    findings.extend(event_time(situation));
    findings.extend(closed_gates(situation));
    findings
}

fn job(code: &'static str, text: String) -> Finding {
    Finding { node: None, code, text }
}

/// The nodes whose rows leave the job.
fn ends<'a>(situation: &'a Situation<'_>) -> impl Iterator<Item = &'a NodeSnapshot> {
    let is_end = |node: &&NodeSnapshot| {
        matches!(situation.dataflow.nodes[node.node].kind, NodeKind::Sink(_) | NodeKind::Collect(_))
    };
    situation.nodes.iter().filter(is_end)
}

/// Something outside does not answer.
fn stuck(situation: &Situation<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Situation { now_ms, patience_ms, .. } = *situation;
    if let Some(since) = situation.epochs.pending_ms.filter(|since| now_ms - since > patience_ms) {
        let text = format!(
            "an epoch waits for its commit since {}: the database of the sinks or the state folder does not answer",
            span(now_ms - since)
        );
        findings.push(job("commit", text));
    }
    let silent = now_ms - situation.standing.alive_ms;
    if situation.standing.alive_ms > 0
        && silent > patience_ms
        && situation.standing.state == JobState::Running
    {
        let lookups = situation.dataflow.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::LookupJoin(join) => Some(join.table.name.as_str()),
            _ => None,
        });
        let lookups: Vec<&str> = lookups.collect();
        let who = if lookups.is_empty() {
            "an operator works on one batch".to_owned()
        } else {
            format!(
                "the database of {} does not answer a lookup, or an operator works on one batch",
                lookups.join(", ")
            )
        };
        findings.push(job("stuck", format!("nothing has moved for {}: {who}", span(silent))));
    }
    findings
}

/// Sources that have brought nothing, or nothing that became a row.
fn silent_sources(situation: &Situation<'_>) -> Vec<Finding> {
    let since = situation.standing.running_ms.unwrap_or(situation.now_ms);
    let of_source = |source: &SourceSnapshot| {
        if source.ended {
            return None;
        }
        let (node, table) = (Some(source.node), &source.table);
        if source.splits.is_empty() {
            let text = format!("table {table} has no partition and no file to read yet");
            return Some(Finding { node, code: "no-splits", text });
        }
        let (records, lag) = (source.records(), source.lag());
        if records == 0 {
            let waits = match lag {
                Some(0) => "its topic holds nothing behind the start position; send to it, or start earlier \
                            ('scan.startup.mode' = 'earliest-offset')"
                    .to_owned(),
                Some(lag) => format!("{lag} records wait there"),
                None => "nothing was sent to it".to_owned(),
            };
            let text =
                format!("no record of {table} has come for {}: {waits}", span(situation.now_ms - since));
            return Some(Finding { node, code: "no-records", text });
        }
        let lost: u64 = source.splits.iter().map(|split| split.skipped + split.dead_letters).sum();
        if lost >= records {
            let text = format!(
                "none of the {records} records of {table} became a row: they were skipped or are dead letters, see errors"
            );
            return Some(Finding { node, code: "no-rows", text });
        }
        None
    };
    situation.sources.iter().filter_map(of_source).collect()
}

/// Nodes that wait for event time, each with the source that holds it back.
fn event_time(situation: &Situation<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for node in situation.nodes {
        let plan = &situation.dataflow.nodes[node.node];
        if !waits_for_watermark(situation, plan) || node.rows_in == 0 {
            continue;
        }
        let mut upstream = Vec::new();
        sources_above(situation.dataflow, NodeId(node.node), &mut upstream);
        let timed = situation.sources.iter().filter(|source| {
            upstream.contains(&NodeId(source.node))
                && !source.ended
                && scan(situation, source).is_some_and(|scan| scan.watermark.is_some())
        });
        let Some(slowest) = timed.clone().min_by_key(|source| source.watermark_ms.unwrap_or(i64::MIN)) else {
            continue;
        };
        let fastest = timed.filter_map(|source| Some((source.watermark_ms?, &source.table))).max();
        if let Some(text) = held_back(situation, slowest, fastest) {
            let text = format!("{} {text}", named(plan));
            findings.push(Finding { node: Some(node.node), code: "watermark", text });
        }
    }
    findings
}

/// What a source does to those who wait for its watermark; none where nothing holds it back.
fn held_back(
    situation: &Situation<'_>,
    source: &SourceSnapshot,
    fastest: Option<(i64, &String)>,
) -> Option<String> {
    let table = &source.table;
    let stands = match source.watermark_ms {
        None => "which has not begun".to_owned(),
        Some(ms) => {
            let behind = fastest
                .filter(|(fast, _)| *fast > ms)
                .map(|(fast, table)| format!(", {} behind {table}", span(fast - ms)));
            format!("which stands at {}{}", clock(ms), behind.unwrap_or_default())
        }
    };
    let since = situation.standing.running_ms.unwrap_or(situation.now_ms);
    let silence = |split: &SplitSnapshot| situation.now_ms - split.last_record_ms.unwrap_or(since);
    let reads = source.splits.iter().filter(|split| !split.idle && !split.ended);
    let slowest = reads.min_by_key(|split| (split.watermark_ms.unwrap_or(i64::MIN), split.split.clone()));
    let several = source.splits.len() > 1;
    let Some(split) = slowest else {
        // All are idle: event time stands still until one speaks.
        return Some(format!(
            "waits for the watermark of {table}, {stands}: all its partitions are idle; send to it"
        ));
    };
    let partition =
        if several { format!("partition {} of {table}", split.split.partition) } else { table.clone() };
    let silent = silence(split);
    let timeout =
        scan(situation, source).and_then(|scan| scan.watermark.as_ref()).map_or(0, |w| w.idle_timeout_ms);
    if split.last_record_ms.is_none() {
        let cure = if several && timeout == 0 {
            "set table.exec.source.idle-timeout, or send to it".to_owned()
        } else {
            "send to it".to_owned()
        };
        return Some(format!(
            "waits for the watermark of {table}, {stands}; {partition} has had no record for {}; {cure}",
            span(silent)
        ));
    }
    if split.watermark_ms.is_none() {
        return Some(format!(
            "waits for the watermark of {table}, {stands}: the watermark expression is NULL for every record of {partition}"
        ));
    }
    if silent < situation.patience_ms {
        // Records come; what waits for a window's or a bound's end waits rightly.
        return source.watermark_ms.map(|ms| {
            let lag = span(situation.now_ms - ms);
            format!("waits for the watermark of {table}, {stands} ({lag} behind the clock); it moves with the event times of its records")
        });
    }
    let cure = match (several, timeout) {
        (true, 0) => "set table.exec.source.idle-timeout, or send to it".to_owned(),
        (true, timeout) => format!("it counts as idle after {}", span(timeout as i64)),
        (false, _) => "event time moves only with its records: send to it".to_owned(),
    };
    Some(format!(
        "waits for the watermark of {table}, {stands}; {partition} has been silent for {}; {cure}",
        span(silent)
    ))
}

/// Nodes that rows come to and none leaves, where that is the plan's doing.
fn closed_gates(situation: &Situation<'_>) -> Vec<Finding> {
    let of_node = |node: &NodeSnapshot| {
        let plan = &situation.dataflow.nodes[node.node];
        let is_end = matches!(plan.kind, NodeKind::Sink(_) | NodeKind::Collect(_));
        if node.rows_in == 0 || is_end {
            return None;
        }
        let (rows, name) = (node.rows_in, named(plan));
        if node.late_rows * 2 > rows {
            let text = format!(
                "{name} dropped {} of {rows} rows as late: the watermark is past them; let it trail more (WATERMARK … - INTERVAL) \
                 or look for records with times in the future",
                node.late_rows
            );
            return Some(Finding { node: Some(node.node), code: "late", text });
        }
        if node.rows_out > 0 {
            return None;
        }
        let text = match &plan.kind {
            NodeKind::Calc(calc) => {
                let condition = calc.condition.as_ref()?;
                format!("{name} lets none of {rows} rows through: no row meets {}", condition.text)
            }
            NodeKind::LookupJoin(join) => {
                format!("{name} found no row of {} for {rows} rows", join.table.name)
            }
            NodeKind::Join(_) => {
                format!("{name} found no pair among {rows} rows: are the keys of both sides written alike?")
            }
            NodeKind::IntervalJoin(_) if !waits_for_watermark(situation, plan) => {
                format!(
                    "{name} found no pair among {rows} rows: equal keys within the bounds of time are needed"
                )
            }
            _ => return None,
        };
        Some(Finding { node: Some(node.node), code: "no-match", text })
    };
    situation.nodes.iter().filter_map(of_node).collect()
}

/// Whether rows leave this node only when event time moves.
fn waits_for_watermark(situation: &Situation<'_>, node: &Node) -> bool {
    match &node.kind {
        // Pairs are made at once; rows without a pair wait.
        NodeKind::IntervalJoin(_) => true,
        NodeKind::TableSourceScan(_) | NodeKind::Calc(_) | NodeKind::Sink(_) | NodeKind::Collect(_) => false,
        _ => {
            let by_name = node.kind.name();
            let reads_time =
                node.inputs.iter().any(|input| !situation.dataflow.node(input.node).rowtimes().is_empty());
            reads_time && WAITING.iter().any(|name| by_name.contains(name))
        }
    }
}

/// Flink's names of operators that hold rows back until the watermark has passed them.
const WAITING: [&str; 6] =
    ["Window", "OverAggregate", "TemporalJoin", "Match", "TemporalSort", "Deduplicate"];

fn scan<'a>(situation: &'a Situation<'_>, source: &SourceSnapshot) -> Option<&'a TableSourceScan> {
    match &situation.dataflow.nodes[source.node].kind {
        NodeKind::TableSourceScan(scan) => Some(scan),
        _ => None,
    }
}

fn sources_above(dataflow: &Dataflow, id: NodeId, found: &mut Vec<NodeId>) {
    let node = dataflow.node(id);
    if node.inputs.is_empty() && !found.contains(&id) {
        found.push(id);
    }
    for input in &node.inputs {
        sources_above(dataflow, input.node, found);
    }
}

/// A node by its kind and the place in the user's files.
fn named(node: &Node) -> String {
    match &node.location {
        Some(location) => format!("{} ({location})", node.kind.name()),
        None => node.kind.name().to_owned(),
    }
}
