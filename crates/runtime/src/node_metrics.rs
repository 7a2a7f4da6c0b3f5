//! What each node of a dataflow does: rows, bytes, time, watermark, state; counted once a batch and call, never a row.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use streamsql_core::{Lookup, LookupRows, Result, StopHandle, Watermark};
use streamsql_plan::{Dataflow, Exchange, NodeKind};

/// Counters of the nodes of one shard. Written by its thread, read by anybody.
#[derive(Debug)]
pub struct ShardMetrics {
    nodes: Vec<NodeCounters>,
    /// For each scan the nodes behind it up to the next exchanges: they wait with it.
    chains: BTreeMap<usize, Vec<usize>>,
    /// Time without work, and with work that had to wait for room between shards.
    idle: Nanoseconds,
    blocked: Nanoseconds,
}

#[derive(Debug)]
struct NodeCounters {
    name: &'static str,
    inputs: Vec<usize>,
    rows_out: AtomicU64,
    bytes_out: AtomicU64,
    late_rows: AtomicU64,
    busy: Nanoseconds,
    blocked: Nanoseconds,
    /// Neither a source nor a sink: what it makes has to be taken by somebody.
    passes: bool,
    watermark_ms: AtomicI64,
    state_bytes: AtomicU64,
    state_keys: AtomicU64,
    lookup: Option<LookupCounters>,
}

/// What a node asked of a dimension table.
#[derive(Debug, Default)]
struct LookupCounters {
    requests: AtomicU64,
    keys: AtomicU64,
    rows: AtomicU64,
    failed: AtomicU64,
    time: Nanoseconds,
    /// Of the cache that all shards share.
    cache_bytes: AtomicU64,
}

#[derive(Debug, Default)]
pub(crate) struct Nanoseconds(AtomicU64);

impl Nanoseconds {
    pub fn add(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn get(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// A node's figures since the start, over all shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSnapshot {
    /// Its position in the dataflow.
    pub node: usize,
    /// Flink's name of its kind.
    pub name: &'static str,
    pub rows_in: u64,
    pub bytes_in: u64,
    pub rows_out: u64,
    pub bytes_out: u64,
    pub late_rows: u64,
    /// Time in the node itself, without those behind it.
    pub busy: Duration,
    /// Time in which rows waited for room behind the node, between shards or at the sinks; of a source the time in which its
    /// thread could not hand on what it had read, once for each shard.
    pub blocked: Duration,
    /// Lowest of its shards; none before the first and after the end.
    pub watermark_ms: Option<i64>,
    /// At the last barrier; keys over all tables of the node.
    pub state_bytes: u64,
    pub state_keys: u64,
    /// Only of lookup joins.
    pub lookup: Option<LookupSnapshot>,
}

/// What a lookup join asked of its table, answered from a cache or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookupSnapshot {
    /// One for all keys of a batch.
    pub requests: u64,
    pub keys: u64,
    /// Rows found.
    pub rows: u64,
    pub failed: u64,
    /// Until the answers were there.
    pub time: Duration,
    /// What the cache in front of the table takes; 0 without one.
    pub cache_bytes: u64,
}

/// How the threads of a job spent their time, over all shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardTimes {
    pub busy: Duration,
    pub idle: Duration,
    pub blocked: Duration,
}

impl ShardMetrics {
    pub fn new(dataflow: &Dataflow) -> Arc<Self> {
        let counters = |node: &streamsql_plan::Node| NodeCounters {
            name: node.kind.name(),
            inputs: node.inputs.iter().map(|input| input.node.0).collect(),
            rows_out: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            late_rows: AtomicU64::new(0),
            busy: Nanoseconds::default(),
            blocked: Nanoseconds::default(),
            passes: !node.inputs.is_empty() && !matches!(node.kind, NodeKind::Sink(_) | NodeKind::Collect(_)),
            watermark_ms: AtomicI64::new(i64::MIN),
            state_bytes: AtomicU64::new(0),
            state_keys: AtomicU64::new(0),
            lookup: matches!(node.kind, NodeKind::LookupJoin(_)).then(LookupCounters::default),
        };
        Arc::new(Self {
            nodes: dataflow.nodes.iter().map(counters).collect(),
            chains: chains(dataflow),
            idle: Nanoseconds::default(),
            blocked: Nanoseconds::default(),
        })
    }

    pub(crate) fn sent(&self, node: usize, rows: usize, bytes: usize) {
        self.nodes[node].rows_out.fetch_add(rows as u64, Ordering::Relaxed);
        self.nodes[node].bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn late(&self, node: usize, rows: u64) {
        if rows > 0 {
            self.nodes[node].late_rows.fetch_add(rows, Ordering::Relaxed);
        }
    }

    pub(crate) fn watermark(&self, node: usize, watermark: Watermark) {
        self.nodes[node].watermark_ms.store(watermark.0, Ordering::Relaxed);
    }

    pub(crate) fn state(&self, node: usize, bytes: usize, keys: usize) {
        self.nodes[node].state_bytes.store(bytes as u64, Ordering::Relaxed);
        self.nodes[node].state_keys.store(keys as u64, Ordering::Relaxed);
    }

    pub(crate) fn idle(&self, time: Duration) {
        self.idle.add(time);
    }

    /// Rows of a scan have waited for room between shards.
    pub(crate) fn blocked(&self, scan: usize, time: Duration) {
        self.blocked.add(time);
        for node in self.chains.get(&scan).into_iter().flatten() {
            self.nodes[*node].blocked.add(time);
        }
    }

    /// No more rows were let in because the sinks have to take what there is first.
    pub(crate) fn held(&self, time: Duration) {
        for node in self.nodes.iter().filter(|node| node.passes) {
            node.blocked.add(time);
        }
    }
}

/// For each scan the nodes that its rows pass before they are cut by key; without the scan, whose thread counts by itself,
/// and without sinks.
fn chains(dataflow: &Dataflow) -> BTreeMap<usize, Vec<usize>> {
    let mut chains: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, node) in dataflow.nodes.iter().enumerate() {
        if node.inputs.is_empty() {
            chains.insert(at, Vec::new());
            continue;
        }
        if matches!(node.kind, NodeKind::Sink(_) | NodeKind::Collect(_)) {
            continue;
        }
        let stays = |input: &streamsql_plan::Input| input.exchange == Exchange::Forward;
        let before: Vec<usize> =
            node.inputs.iter().filter(|input| stays(input)).map(|input| input.node.0).collect();
        for (scan, chain) in &mut chains {
            if before.iter().any(|input| input == scan || chain.contains(input)) {
                chain.push(at);
            }
        }
    }
    chains
}

/// The nodes' figures over these shards.
pub(crate) fn nodes(shards: &[Arc<ShardMetrics>]) -> Vec<NodeSnapshot> {
    let Some(first) = shards.first() else { return Vec::new() };
    let sum = |node: usize, of: fn(&NodeCounters) -> &AtomicU64| -> u64 {
        shards.iter().map(|shard| of(&shard.nodes[node]).load(Ordering::Relaxed)).sum()
    };
    let snapshot = |node: usize| {
        let NodeCounters { name, inputs, .. } = &first.nodes[node];
        let watermark = |shard: &Arc<ShardMetrics>| shard.nodes[node].watermark_ms.load(Ordering::Relaxed);
        let watermark = shards.iter().map(watermark).min().filter(|ms| *ms != i64::MIN && *ms != i64::MAX);
        NodeSnapshot {
            node,
            name,
            // What comes in is what the nodes before have sent.
            rows_in: inputs.iter().map(|input| sum(*input, |node| &node.rows_out)).sum(),
            bytes_in: inputs.iter().map(|input| sum(*input, |node| &node.bytes_out)).sum(),
            rows_out: sum(node, |node| &node.rows_out),
            bytes_out: sum(node, |node| &node.bytes_out),
            late_rows: sum(node, |node| &node.late_rows),
            busy: shards.iter().map(|shard| shard.nodes[node].busy.get()).sum(),
            blocked: shards.iter().map(|shard| shard.nodes[node].blocked.get()).sum(),
            watermark_ms: watermark,
            state_bytes: sum(node, |node| &node.state_bytes),
            state_keys: sum(node, |node| &node.state_keys),
            lookup: lookup(shards, node),
        }
    };
    (0..first.nodes.len()).map(snapshot).collect()
}

fn lookup(shards: &[Arc<ShardMetrics>], node: usize) -> Option<LookupSnapshot> {
    let mut all = LookupSnapshot::default();
    for shard in shards {
        let LookupCounters { requests, keys, rows, failed, time, cache_bytes } =
            shard.nodes[node].lookup.as_ref()?;
        all.requests += requests.load(Ordering::Relaxed);
        all.keys += keys.load(Ordering::Relaxed);
        all.rows += rows.load(Ordering::Relaxed);
        all.failed += failed.load(Ordering::Relaxed);
        all.time += time.get();
        all.cache_bytes = all.cache_bytes.max(cache_bytes.load(Ordering::Relaxed));
    }
    Some(all)
}

/// Counts what is asked of a dimension table.
pub(crate) struct CountedLookup {
    pub inner: Box<dyn Lookup>,
    pub metrics: Arc<ShardMetrics>,
    pub node: usize,
}

impl Lookup for CountedLookup {
    fn lookup(&mut self, keys: &RecordBatch, now_ms: i64) -> Result<LookupRows> {
        let begin = Instant::now();
        let answer = self.inner.lookup(keys, now_ms);
        if let Some(counters) = &self.metrics.nodes[self.node].lookup {
            counters.time.add(begin.elapsed());
            counters.requests.fetch_add(1, Ordering::Relaxed);
            counters.keys.fetch_add(keys.num_rows() as u64, Ordering::Relaxed);
            match &answer {
                Ok(found) => counters.rows.fetch_add(found.rows.num_rows() as u64, Ordering::Relaxed),
                Err(_) => counters.failed.fetch_add(1, Ordering::Relaxed),
            };
            if let Some(bytes) = self.inner.cache_bytes() {
                counters.cache_bytes.store(bytes as u64, Ordering::Relaxed);
            }
        }
        answer
    }

    fn halt_with(&mut self, halt: &StopHandle) {
        self.inner.halt_with(halt);
    }
}

/// How these shards spent their time.
pub(crate) fn times(shards: &[Arc<ShardMetrics>]) -> ShardTimes {
    ShardTimes {
        busy: shards.iter().flat_map(|shard| &shard.nodes).map(|node| node.busy.get()).sum(),
        idle: shards.iter().map(|shard| shard.idle.get()).sum(),
        blocked: shards.iter().map(|shard| shard.blocked.get()).sum(),
    }
}

/// Charges the time of a thread to the node that is being called, not to those that called it.
pub(crate) struct Stopwatch {
    metrics: Arc<ShardMetrics>,
    /// The node that is being called, and since when it is charged.
    current: Option<usize>,
    since: Instant,
}

impl Stopwatch {
    pub fn new(metrics: Arc<ShardMetrics>) -> Self {
        Self { metrics, current: None, since: Instant::now() }
    }

    /// From now on this node is charged; the one that was before, to be given back with the next call.
    pub fn switch(&mut self, to: Option<usize>) -> Option<usize> {
        let now = Instant::now();
        let before = std::mem::replace(&mut self.current, to);
        if let Some(node) = before {
            self.metrics.nodes[node].busy.add(now - self.since);
        }
        self.since = now;
        before
    }
}
