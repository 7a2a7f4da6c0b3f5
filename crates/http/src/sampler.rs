//! Rates from samples of the counters, and whether output has stopped while input goes on.

use std::collections::VecDeque;
use std::time::Duration;

use streamsql_plan::{Dataflow, Node, NodeKind, WindowShape};
use streamsql_runtime::NodeSnapshot;

use crate::view::NodeFacts;

/// Samples that are kept, and over how many of the last rates are taken.
const KEPT: usize = 61;
const OVER: usize = 5;
/// Output counts as stopped after so long, ms, and as long again as windows take to be complete.
const STALLED_MS: i64 = 30_000;

/// A history of a minute. Without a clock of its own: whoever takes a sample says when.
#[derive(Default)]
pub struct Sampler {
    samples: VecDeque<Sample>,
    /// How long a job that is well may say nothing: the time from one window to the next, ms.
    quiet_ms: i64,
    /// When output last moved, and how much had come in by then.
    moved_ms: i64,
    rows_in_then: u64,
    /// Whether it was said that output has stopped.
    said: bool,
}

struct Sample {
    at_ms: i64,
    nodes: Vec<NodeSample>,
    rows_in: u64,
    rows_out: u64,
}

#[derive(Clone, Copy)]
struct NodeSample {
    rows_in: u64,
    rows_out: u64,
    busy: Duration,
    blocked: Duration,
}

/// Rates per second over the last seconds; empty before there are two samples.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates {
    pub nodes: Vec<NodeRates>,
    /// Whether rows came to sinks within the last minute; none while too little is known.
    pub rows_out_moved: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct NodeRates {
    pub rows_in: f64,
    pub rows_out: f64,
    /// Busy seconds a second, over all shards.
    pub busy: f64,
    /// Seconds a second in which rows waited for room behind it, over all shards.
    pub blocked: f64,
}

/// How a node spends its time; all three together are 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shares {
    pub busy: f64,
    pub blocked: f64,
    pub idle: f64,
}

impl NodeRates {
    /// Of a node on so many shards. It may wait with some rows and work on others at a time: work counts first.
    pub(crate) fn shares(&self, parallelism: usize) -> Shares {
        let of_one = |seconds: f64| (seconds / parallelism.max(1) as f64).clamp(0.0, 1.0);
        let busy = of_one(self.busy);
        let blocked = of_one(self.blocked).min(1.0 - busy);
        Shares { busy, blocked, idle: (1.0 - busy - blocked).max(0.0) }
    }
}

impl Sampler {
    /// For a job of this plan.
    pub(crate) fn of(dataflow: &Dataflow) -> Self {
        let windows = |node: &Node| match &node.kind {
            NodeKind::WindowAggregate(node) => Some(node.windowing.spec.shape),
            NodeKind::WindowJoin(node) => Some(node.windowing.spec.shape),
            NodeKind::WindowRank(node) => Some(node.windows.spec.shape),
            NodeKind::WindowTableFunction(node) => Some(node.windowing.spec.shape),
            _ => None,
        };
        let quiet = |shape| match shape {
            WindowShape::Tumble { size } => size,
            WindowShape::Hop { slide, .. } => slide,
            WindowShape::Cumulate { step, .. } => step,
            WindowShape::Session { gap } => gap,
        };
        let quiet_ms = dataflow.nodes.iter().filter_map(windows).map(quiet).max().unwrap_or(0);
        Self { quiet_ms, ..Self::default() }
    }

    /// Takes a sample. Once, when output has stopped while input goes on: for how long, ms.
    pub(crate) fn take(&mut self, at_ms: i64, nodes: &[NodeSnapshot], facts: &[NodeFacts]) -> Option<i64> {
        // Before the shards run there is nothing to compare with.
        if nodes.is_empty() {
            return None;
        }
        // Rows that leave sources, and that come to sinks.
        let of = |test: fn(&NodeFacts) -> bool, rows: fn(&NodeSnapshot) -> u64| -> u64 {
            nodes.iter().filter(|node| test(&facts[node.node])).map(rows).sum()
        };
        let sample = Sample {
            at_ms,
            nodes: nodes
                .iter()
                .map(|node| NodeSample {
                    rows_in: node.rows_in,
                    rows_out: node.rows_out,
                    busy: node.busy,
                    blocked: node.blocked,
                })
                .collect(),
            rows_in: of(|facts| facts.is_source, |node| node.rows_out),
            rows_out: of(|facts| facts.is_sink, |node| node.rows_in),
        };
        let stalled = self.stalled(&sample);
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        stalled
    }

    fn stalled(&mut self, sample: &Sample) -> Option<i64> {
        let before = self.samples.back();
        if before.is_none_or(|before| before.rows_out != sample.rows_out) {
            (self.moved_ms, self.rows_in_then, self.said) = (sample.at_ms, sample.rows_in, false);
            return None;
        }
        let goes_on = before.is_some_and(|before| before.rows_in < sample.rows_in);
        let silent = sample.at_ms - self.moved_ms;
        let stalled = !self.said
            && goes_on
            && sample.rows_in > self.rows_in_then
            && silent >= STALLED_MS + self.quiet_ms;
        self.said |= stalled;
        stalled.then_some(silent)
    }

    pub(crate) fn rates(&self) -> Rates {
        let Some(last) = self.samples.back() else { return Rates::default() };
        let from = self.samples.len().saturating_sub(OVER + 1);
        let first = &self.samples[from];
        let seconds = (last.at_ms - first.at_ms) as f64 / 1_000.0;
        if seconds <= 0.0 || first.nodes.len() != last.nodes.len() {
            return Rates::default();
        }
        let time = |before: Duration, now: Duration| now.saturating_sub(before).as_secs_f64() / seconds;
        let rate = |(before, now): (&NodeSample, &NodeSample)| NodeRates {
            rows_in: now.rows_in.saturating_sub(before.rows_in) as f64 / seconds,
            rows_out: now.rows_out.saturating_sub(before.rows_out) as f64 / seconds,
            busy: time(before.busy, now.busy),
            blocked: time(before.blocked, now.blocked),
        };
        let oldest = &self.samples[0];
        let long_enough = last.at_ms - oldest.at_ms >= STALLED_MS;
        let moved = last.rows_out > oldest.rows_out;
        Rates {
            nodes: first.nodes.iter().zip(&last.nodes).map(rate).collect(),
            rows_out_moved: (moved || long_enough).then_some(moved),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Vec<NodeFacts> {
        let node = |kind, is_source, is_sink| NodeFacts {
            address: String::new(),
            kind,
            description: String::new(),
            table: None,
            location: None,
            is_source,
            is_sink,
        };
        vec![node("TableSourceScan", true, false), node("Sink", false, true)]
    }

    fn nodes(rows_in: u64, rows_out: u64) -> Vec<NodeSnapshot> {
        let node = |node, rows_in, rows_out| NodeSnapshot {
            node,
            name: "",
            rows_in,
            bytes_in: 0,
            rows_out,
            bytes_out: 0,
            late_rows: 0,
            busy: Duration::from_millis(rows_in / 10),
            blocked: Duration::from_millis(rows_in / 5),
            watermark_ms: None,
            state_bytes: 0,
            state_keys: 0,
            lookup: None,
        };
        vec![node(0, 0, rows_in), node(1, rows_out, 0)]
    }

    #[test]
    fn rates_are_those_of_the_last_seconds() {
        let mut sampler = Sampler::default();
        sampler.take(-1_000, &[], &facts());
        assert!(sampler.rates().nodes.is_empty());
        for second in 0..20 {
            // Faster from the tenth second on.
            let rows = if second < 10 { second } else { 10 + (second - 10) * 100 };
            sampler.take(second as i64 * 1_000, &nodes(rows, rows), &facts());
        }
        let rates = sampler.rates();
        assert_eq!(rates.nodes[0].rows_out, 100.0);
        assert_eq!(rates.nodes[1].rows_in, 100.0);
        assert_eq!(rates.rows_out_moved, Some(true));
    }

    #[test]
    fn it_is_said_once_that_output_has_stopped() {
        let mut sampler = Sampler::default();
        let mut said = Vec::new();
        for second in 0..120_u64 {
            let out = second.min(5);
            said.extend(sampler.take(second as i64 * 1_000, &nodes(second, out), &facts()));
        }
        assert_eq!(said, [STALLED_MS]);
        assert_eq!(sampler.rates().rows_out_moved, Some(false));
        // A window that is not complete yet says nothing.
        let mut windowed = Sampler { quiet_ms: 60_000, ..Sampler::default() };
        let said: Vec<i64> =
            (0..200).filter_map(|s| windowed.take(s * 1_000, &nodes(s as u64, 0), &facts())).collect();
        assert_eq!(said, [STALLED_MS + 60_000]);
        // Where nothing comes in nothing has stopped.
        let mut idle = Sampler::default();
        assert!((0..120).all(|second| idle.take(second * 1_000, &nodes(7, 3), &facts()).is_none()));
        // It moves, and stops again.
        sampler.take(120_000, &nodes(200, 6), &facts());
        let again: Vec<i64> =
            (121..200).filter_map(|s| sampler.take(s * 1_000, &nodes(200 + s as u64, 6), &facts())).collect();
        assert_eq!(again.len(), 1);
    }

    #[test]
    fn the_shares_of_a_node_are_one_together() {
        let shares = |busy, blocked| NodeRates { busy, blocked, ..NodeRates::default() }.shares(2);
        assert_eq!(shares(0.5, 1.0), Shares { busy: 0.25, blocked: 0.5, idle: 0.25 });
        // It works on some rows while others wait.
        assert_eq!(shares(1.5, 2.0), Shares { busy: 0.75, blocked: 0.25, idle: 0.0 });
        assert_eq!(shares(0.0, 0.0), Shares { idle: 1.0, ..Shares::default() });
    }
}
