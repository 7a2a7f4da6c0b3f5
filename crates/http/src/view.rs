//! The job as the server sees it: what it is, and what is counted while it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use streamsql_plan::explain::describe;
use streamsql_plan::{Dataflow, NodeId, NodeKind, addresses};
use streamsql_runtime::{
    EpochSnapshot, Metrics, MetricsSnapshot, NodeSnapshot, ShardTimes, SourceSnapshot, StandingSnapshot,
};

use crate::reload::Reloads;
use crate::sampler::{Rates, Sampler};
use crate::times::now_ms;
use crate::why::{Finding, Situation, why};

/// A file of the job, with secrets as stars.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As places in it are given.
    pub path: String,
    pub text: String,
}

/// What does not change while a job runs.
#[derive(Clone, Debug)]
pub struct JobFacts {
    pub name: String,
    /// Version of the program.
    pub version: &'static str,
    pub dataflow: Arc<Dataflow>,
    pub parallelism: usize,
    pub commit_interval: Duration,
    pub files: Vec<SourceFile>,
}

/// What a node is, for people and for labels.
#[derive(Clone, Debug)]
pub(crate) struct NodeFacts {
    pub address: String,
    pub kind: &'static str,
    pub description: String,
    /// The table that it reads or writes.
    pub table: Option<String>,
    pub location: Option<String>,
    pub is_source: bool,
    pub is_sink: bool,
}

/// A job with its counters; shared by all requests.
pub struct JobView {
    pub(crate) facts: JobFacts,
    pub(crate) nodes: Vec<NodeFacts>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) reloads: Option<Arc<dyn Reloads>>,
    sampler: Mutex<Sampler>,
    retired: AtomicBool,
}

/// All counters at one moment.
pub(crate) struct Moment {
    pub now_ms: i64,
    pub job: MetricsSnapshot,
    pub standing: StandingSnapshot,
    pub epochs: EpochSnapshot,
    pub nodes: Vec<NodeSnapshot>,
    pub sources: Vec<SourceSnapshot>,
    pub times: ShardTimes,
    pub rates: Rates,
}

impl JobView {
    pub fn new(facts: JobFacts, metrics: Arc<Metrics>) -> Self {
        let dataflow = &facts.dataflow;
        let node_facts = |(id, address): (NodeId, streamsql_plan::Address)| {
            let node = dataflow.node(id);
            let table = match &node.kind {
                NodeKind::TableSourceScan(scan) => Some(&scan.table),
                NodeKind::LookupJoin(join) => Some(&join.table),
                NodeKind::Sink(sink) => Some(&sink.table),
                _ => None,
            };
            NodeFacts {
                address: address.to_string(),
                kind: node.kind.name(),
                description: describe(dataflow, id),
                table: table.map(|table| table.name.clone()),
                location: node.location.as_ref().map(ToString::to_string),
                is_source: matches!(node.kind, NodeKind::TableSourceScan(_) | NodeKind::Values(_)),
                is_sink: matches!(node.kind, NodeKind::Sink(_) | NodeKind::Collect(_)),
            }
        };
        let nodes = dataflow.ids().zip(addresses(dataflow)).map(node_facts).collect();
        let sampler = Sampler::of(dataflow);
        Self {
            nodes,
            facts,
            metrics,
            reloads: None,
            sampler: Mutex::new(sampler),
            retired: AtomicBool::new(false),
        }
    }

    /// The same with who reloads it.
    #[must_use]
    pub fn with_reloads(mut self, reloads: Arc<dyn Reloads>) -> Self {
        self.reloads = Some(reloads);
        self
    }

    /// Another job has taken its place.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Takes a sample for rates; called about every second. What is worth a log line comes back.
    pub(crate) fn sample(&self) -> Option<String> {
        let moment = self.now();
        let mut sampler = self.sampler.lock().unwrap_or_else(PoisonError::into_inner);
        let stalled = sampler.take(moment.now_ms, &moment.nodes, &self.nodes)?;
        drop(sampler);
        let findings = self.why(&moment);
        let reason = findings.first().map_or("the reason is not known", |finding| finding.text.as_str());
        Some(format!("nothing has come out for {}, while rows go in: {reason}", crate::times::span(stalled)))
    }

    pub(crate) fn now(&self) -> Moment {
        Moment {
            now_ms: now_ms(),
            job: self.metrics.snapshot(),
            standing: self.metrics.standing.snapshot(),
            epochs: self.metrics.epochs.snapshot(),
            nodes: self.metrics.nodes(),
            sources: self.metrics.sources(),
            times: self.metrics.times(),
            rates: self.sampler.lock().unwrap_or_else(PoisonError::into_inner).rates(),
        }
    }

    /// Why nothing comes out; empty while rows do.
    pub(crate) fn why(&self, moment: &Moment) -> Vec<Finding> {
        why(&Situation {
            dataflow: &self.facts.dataflow,
            now_ms: moment.now_ms,
            patience_ms: self.patience_ms(),
            standing: &moment.standing,
            epochs: &moment.epochs,
            nodes: &moment.nodes,
            sources: &moment.sources,
            flows: moment.rates.rows_out_moved,
        })
    }

    /// How long a commit, or the driver's silence, is nothing unusual.
    pub(crate) fn patience_ms(&self) -> i64 {
        (self.facts.commit_interval.as_millis() as i64).saturating_mul(10).max(10_000)
    }

    /// The node that a text names: its number, its address, the table that it reads or writes, or its kind where only
    /// one node is of it.
    pub(crate) fn node_named(&self, name: &str) -> Result<usize, String> {
        let number = name.parse::<usize>().ok().filter(|number| *number < self.nodes.len());
        let address = || self.nodes.iter().position(|node| node.address == name);
        if let Some(node) = number.or_else(address) {
            return Ok(node);
        }
        // A table's rows are those of its scan or its sink, not of the lookups in it.
        let of_table =
            |node: &&NodeFacts| node.table.as_deref() == Some(name) && (node.is_source || node.is_sink);
        let matching = |test: &dyn Fn(&&NodeFacts) -> bool| -> Vec<usize> {
            self.nodes.iter().enumerate().filter(|(_, node)| test(node)).map(|(i, _)| i).collect()
        };
        let mut found = matching(&of_table);
        if found.is_empty() {
            found = matching(&|node| node.kind.eq_ignore_ascii_case(name));
        }
        match found[..] {
            [one] => Ok(one),
            [] => {
                let known = self.nodes.iter().enumerate().map(|(i, node)| match &node.table {
                    Some(table) => format!("{i} {}({table})", node.kind),
                    None => format!("{i} {}", node.kind),
                });
                Err(format!("there is no node '{name}'; nodes: {}", known.collect::<Vec<_>>().join(", ")))
            }
            _ => Err(format!("'{name}' is several nodes ({found:?}); name one by its number")),
        }
    }
}
