//! The driver: from sources to shards, epoch after epoch, until the end, a stop or an error.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, atomic::Ordering};
use std::time::Duration;

use streamsql_core::{
    CommittedEpoch, DeadLetter, Epoch, Error, Message, Result, Sink, Source, SourceBatch, SourceEvent, Split,
    Watermark,
};
use streamsql_plan::{Dataflow, NodeId, NodeKind, fingerprint::fingerprint};
use streamsql_state::manifest::{Manifest, SourceState, SplitState as StoredSplit};
use streamsql_state::store::StateStore;

use crate::clock::Clock;
use crate::commit::{Commit, CommitThread, Committed, EpochData};
use crate::graph::Graph;
use crate::ingest::{Ingest, SplitState};
use crate::job::{Constructors, Job, QuerySink, RunOptions, StopHandle};
use crate::metrics::Metrics;
use crate::shard::{EpochPart, Records, ShardEvent, Shards, SourceInput};
use crate::source_thread::{ByteBudget, SourceThread, batch_bytes};
use crate::values_source::ValuesSource;

enum Event {
    Source(usize, Result<SourceEvent>),
    Shard(ShardEvent),
    Committed(Result<Committed>),
}

/// A scan of the dataflow with its source and what is known of its splits.
struct Scan {
    node: NodeId,
    table: String,
    ingest: Ingest,
    budget: Arc<ByteBudget>,
    thread: SourceThread,
    ended: bool,
}

/// Runs a job until its sources end or it is told to stop; what it read by then is committed.
///
/// # Errors
/// `Unreachable` before the first row, `State` when the stored state does not fit, `Fenced` when another instance took
/// over, `Failed` for bad data. Whatever was committed stays.
pub fn run_job(mut job: Job, clock: &dyn Clock, metrics: &Arc<Metrics>, stop: &StopHandle) -> Result<()> {
    let fingerprint = fingerprint(&job.dataflow);
    // A start that cannot succeed must not fence an instance that runs, so what can be refused is refused before.
    let peeked = job.committer.peek()?;
    stored_manifest(&mut job.store, peeked.as_ref(), &fingerprint)?;
    let committed = job.committer.take_over()?;
    let manifest = stored_manifest(&mut job.store, Some(&committed), &fingerprint)?;
    let graphs = restored_graphs(&job, committed.epoch, manifest.as_ref())?;
    let (sender, receiver) = channel();
    let mut scans = open_scans(
        &job.dataflow,
        &job.constructors,
        &job.options,
        manifest.as_ref(),
        clock,
        metrics,
        &sender,
    )?;
    for binding in job.sinks.values_mut() {
        if let crate::SinkBinding::Direct(sink) = binding {
            sink.open()?;
        }
    }
    let shards = Shards::start(graphs, Arc::clone(metrics), &sender, Event::Shard)?;
    let commit = CommitThread::start(
        Commit {
            committer: job.committer,
            store: job.store,
            sinks: job.sinks,
            generation: committed.generation,
            plan_hash: plan_hash(&fingerprint),
            fingerprint,
        },
        sender.clone(),
        Event::Committed,
    )?;
    metrics.epoch.store(committed.epoch.0, Ordering::Relaxed);
    for scan in &mut scans {
        scan.thread.start_reading();
    }
    Driver {
        shards,
        commit,
        receiver,
        scans,
        waiting: VecDeque::new(),
        options: job.options,
        clock,
        metrics,
        stop,
        committed: committed.epoch,
        closed: committed.epoch,
        // A fresh job records its start positions at once, so that no later restart resolves them anew.
        changed: committed.epoch == Epoch(0),
        records: 0,
        parts: Vec::new(),
        closing: None,
        closed_positions: Vec::new(),
        dead_letters: Vec::new(),
        last_close: None,
        now_ms: manifest.map_or(0, |m| m.now_ms),
    }
    .run()
}

/// Hash of a plan's fingerprint, as stored beside the committed epoch.
pub fn plan_hash(fingerprint: &str) -> Vec<u8> {
    streamsql_state::store::content_hash(fingerprint.as_bytes())
}

/// Runs a bounded or endless query in this thread; nothing is stored.
pub fn run_query(
    dataflow: &Arc<Dataflow>,
    constructors: &Arc<dyn Constructors>,
    mut sinks: BTreeMap<NodeId, Box<dyn Sink>>,
    results: &mut dyn QuerySink,
    options: &RunOptions,
    clock: &dyn Clock,
    stop: &StopHandle,
) -> Result<()> {
    let metrics = Arc::new(Metrics::default());
    let graph = Graph::build(dataflow, constructors, 0, 1, Epoch(0))?;
    let (sender, receiver) = channel();
    let mut scans = open_scans(dataflow, constructors, options, None, clock, &metrics, &sender)?;
    for sink in sinks.values_mut() {
        sink.open()?;
    }
    let Shards::Inline(mut shard) = Shards::start(vec![graph], metrics, &sender, Event::Shard)? else {
        return Err(Error::internal("one graph must run inline"));
    };
    for scan in &mut scans {
        scan.thread.start_reading();
    }
    let mut rows = |node: NodeId, batch: streamsql_core::ChangeBatch| -> Result<()> {
        match &dataflow.node(node).kind {
            NodeKind::Collect(collect) => {
                results.write(collect.statement, &dataflow.node(node).schema, &batch)
            }
            _ => match sinks.get_mut(&node) {
                Some(sink) => sink.write(Epoch(0), &[batch]),
                None => Err(Error::internal(format!("no sink for node {}", node.0))),
            },
        }
    };
    while scans.iter().any(|scan| !scan.ended) && !stop.is_stopped() {
        let event = match receiver.recv_timeout(TICK) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => {
                for scan in &mut scans {
                    let messages = scan.ingest.on_tick(clock.monotonic());
                    let input = SourceInput {
                        node: scan.node,
                        messages,
                        now_ms: clock.now_ms(),
                        records: None,
                        release: None,
                    };
                    shard.feed_immediate(input, &mut rows)?;
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let Event::Source(index, event) = event else { continue };
        let scan = &mut scans[index];
        let (records, release) = match &event {
            Ok(SourceEvent::Batch(batch)) => {
                (Records::of(batch), Some((Arc::clone(&scan.budget), batch_bytes(batch))))
            }
            _ => (None, None),
        };
        if let Ok(SourceEvent::Batch(batch)) = &event
            && let Some(bad) = batch.dead_letters.first()
        {
            return Err(dead_letter_error(bad));
        }
        let messages = scan.on_event(event?, clock)?;
        let input = SourceInput { node: scan.node, messages, now_ms: clock.now_ms(), records, release };
        shard.feed_immediate(input, &mut rows)?;
    }
    for sink in sinks.values_mut() {
        sink.flush()?;
    }
    Ok(())
}

const TICK: Duration = Duration::from_millis(20);

struct Driver<'a> {
    scans: Vec<Scan>,
    shards: Shards,
    commit: CommitThread,
    receiver: Receiver<Event>,
    /// Source events that came while the epoch was full.
    waiting: VecDeque<(usize, SourceEvent)>,
    options: RunOptions,
    clock: &'a dyn Clock,
    metrics: &'a Metrics,
    stop: &'a StopHandle,
    /// Last epoch that is committed, and last one whose barrier was sent.
    committed: Epoch,
    closed: Epoch,
    /// Whether the open epoch holds anything.
    changed: bool,
    records: u64,
    parts: Vec<EpochPart>,
    /// Scan states and dead letters of the epoch whose parts are being gathered.
    closing: Option<(Vec<SourceState>, Vec<DeadLetter>)>,
    /// Positions of each scan at the last barrier: what its sources are told once that epoch is committed.
    closed_positions: Vec<BTreeMap<Split, i64>>,
    dead_letters: Vec<DeadLetter>,
    last_close: Option<Duration>,
    now_ms: i64,
}

impl Driver<'_> {
    fn run(mut self) -> Result<()> {
        self.resume()?;
        loop {
            let stopping = self.stop.is_stopped();
            let ended = stopping || (self.scans.iter().all(|scan| scan.ended) && self.waiting.is_empty());
            if self.closed == self.committed && self.may_close(ended) {
                self.close_epoch()?;
            }
            if ended && self.closed == self.committed && !self.changed {
                return Ok(());
            }
            if stopping {
                // Sources are let go, so nothing new comes while the last epoch is committed.
                for scan in &mut self.scans {
                    scan.ended = true;
                }
            } else if self.records < self.options.epoch_rows
                && let Some((scan, event)) = self.waiting.pop_front()
            {
                self.on_source(scan, event)?;
                continue;
            }
            match self.receiver.recv_timeout(self.next_wait()) {
                Ok(event) => self.on_event(event, stopping)?,
                Err(RecvTimeoutError::Timeout) => self.on_tick()?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::internal("all threads of the job ended"));
                }
            }
        }
    }

    /// After a restart the shards hear first where event time stood, before any row.
    fn resume(&mut self) -> Result<()> {
        self.stamp();
        for scan in 0..self.scans.len() {
            let messages = self.scans[scan].ingest.resume();
            self.broadcast(scan, &messages)?;
        }
        Ok(())
    }

    fn may_close(&self, ended: bool) -> bool {
        if !self.changed {
            return false;
        }
        let interval_over = match self.last_close {
            None => true,
            Some(last) => self.clock.monotonic() - last >= self.options.commit_interval,
        };
        ended || interval_over || self.records >= self.options.epoch_rows
    }

    fn next_wait(&self) -> Duration {
        match self.last_close {
            Some(last) if self.changed && self.closed == self.committed => {
                let due = last + self.options.commit_interval;
                due.saturating_sub(self.clock.monotonic()).clamp(Duration::from_millis(1), TICK)
            }
            _ => TICK,
        }
    }

    fn on_event(&mut self, event: Event, stopping: bool) -> Result<()> {
        match event {
            Event::Source(_, _) if stopping => Ok(()),
            Event::Source(scan, event) => {
                let event = event?;
                if self.records >= self.options.epoch_rows || !self.waiting.is_empty() {
                    self.waiting.push_back((scan, event));
                    return Ok(());
                }
                self.on_source(scan, event)
            }
            Event::Shard(ShardEvent::Part(part)) => self.on_part(part),
            Event::Shard(ShardEvent::Failed(error)) => Err(error),
            Event::Committed(result) => self.on_committed(result?),
        }
    }

    fn on_source(&mut self, scan: usize, event: SourceEvent) -> Result<()> {
        self.stamp();
        self.changed = true;
        match event {
            SourceEvent::Batch(batch) => self.on_batch(scan, batch),
            other => {
                let messages = self.scans[scan].on_event(other, self.clock)?;
                self.broadcast(scan, &messages)
            }
        }
    }

    fn on_batch(&mut self, scan: usize, mut batch: SourceBatch) -> Result<()> {
        self.records += batch.records;
        self.metrics.records_in.fetch_add(batch.records, Ordering::Relaxed);
        self.metrics.bytes_in.fetch_add(batch.bytes, Ordering::Relaxed);
        self.metrics.skipped_records.fetch_add(batch.skipped, Ordering::Relaxed);
        self.metrics.dead_letters.fetch_add(batch.dead_letters.len() as u64, Ordering::Relaxed);
        self.dead_letters.append(&mut batch.dead_letters);
        let bytes = batch_bytes(&batch);
        let records = Records::of(&batch);
        let split = batch.split.clone();
        let scan_state = &mut self.scans[scan];
        let messages = scan_state.ingest.on_batch(batch, self.clock.monotonic())?;
        let budget = Arc::clone(&scan_state.budget);
        self.set_watermark_metric();
        if self.shards.count() == 1 {
            return self.feed(0, scan, messages, records, Some((budget, bytes)));
        }
        // Rows go to one shard, chosen by split so that a partition's order is kept; the rest to all.
        let home = shard_of_split(&split, self.shards.count());
        let mut release = Some((budget, bytes));
        for shard in 0..self.shards.count() {
            let for_shard: Vec<Message> = messages
                .iter()
                .filter(|message| shard == home || !matches!(message, Message::Batch(_)))
                .cloned()
                .collect();
            let release = if shard == home { release.take() } else { None };
            self.feed(shard, scan, for_shard, records.clone(), release)?;
        }
        Ok(())
    }

    fn on_tick(&mut self) -> Result<()> {
        let now = self.clock.monotonic();
        for scan in 0..self.scans.len() {
            let messages = self.scans[scan].ingest.on_tick(now);
            if !messages.is_empty() {
                self.stamp();
                self.changed = true;
                self.broadcast(scan, &messages)?;
            }
        }
        Ok(())
    }

    fn on_part(&mut self, part: EpochPart) -> Result<()> {
        self.parts.push(part);
        if self.parts.len() < self.shards.count() {
            return Ok(());
        }
        let mut parts = std::mem::take(&mut self.parts);
        // Shards finish in any order; the epoch does not depend on it.
        parts.sort_by_key(|part| part.shard);
        let Some((sources, dead_letters)) = self.closing.take() else {
            return Err(Error::internal("an epoch's parts came without its barrier"));
        };
        let state_bytes: usize = parts.iter().map(|part| part.state_bytes).sum();
        self.metrics.state_bytes.store(state_bytes as u64, Ordering::Relaxed);
        let mut data = EpochData {
            epoch: self.closed,
            sinks: Vec::new(),
            deltas: Vec::new(),
            sources,
            dead_letters,
            now_ms: self.now_ms,
        };
        for part in parts {
            data.sinks.extend(part.sinks);
            data.deltas
                .extend(part.deltas.into_iter().map(|(node, delta)| (node.0, part.shard as u16, delta)));
        }
        self.commit.commit(data)
    }

    fn on_committed(&mut self, committed: Committed) -> Result<()> {
        self.committed = committed.epoch;
        self.metrics.epoch.store(committed.epoch.0, Ordering::Relaxed);
        self.metrics.rows_out.fetch_add(committed.rows_out, Ordering::Relaxed);
        self.metrics.commit_us.store(committed.took.as_micros() as u64, Ordering::Relaxed);
        let positions = std::mem::take(&mut self.closed_positions);
        for (scan, positions) in self.scans.iter().zip(positions) {
            scan.thread.committed(positions);
        }
        Ok(())
    }

    fn close_epoch(&mut self) -> Result<()> {
        self.stamp();
        self.closed = self.closed.next();
        self.changed = false;
        self.records = 0;
        self.last_close = Some(self.clock.monotonic());
        let sources = self.scans.iter().map(Scan::stored).collect();
        self.closed_positions = self.scans.iter().map(|scan| scan.ingest.positions()).collect();
        self.closing = Some((sources, std::mem::take(&mut self.dead_letters)));
        for scan in 0..self.scans.len() {
            self.broadcast(scan, &[Message::Barrier(self.closed)])?;
        }
        Ok(())
    }

    fn broadcast(&mut self, scan: usize, messages: &[Message]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        for shard in 0..self.shards.count() {
            self.feed(shard, scan, messages.to_vec(), None, None)?;
        }
        Ok(())
    }

    fn feed(
        &mut self,
        shard: usize,
        scan: usize,
        messages: Vec<Message>,
        records: Option<Records>,
        release: Option<(Arc<ByteBudget>, usize)>,
    ) -> Result<()> {
        if messages.is_empty() && release.is_none() {
            return Ok(());
        }
        let input =
            SourceInput { node: self.scans[scan].node, messages, now_ms: self.now_ms, records, release };
        for part in self.shards.feed(shard, input)? {
            self.on_part(part)?;
        }
        Ok(())
    }

    /// Processing time never falls, whatever the wall clock does.
    fn stamp(&mut self) {
        self.now_ms = self.now_ms.max(self.clock.now_ms());
    }

    fn set_watermark_metric(&self) {
        let lowest = self.scans.iter().map(|scan| scan.ingest.watermark().0).min().unwrap_or(i64::MIN);
        self.metrics.watermark_ms.store(lowest, Ordering::Relaxed);
    }
}

impl Scan {
    /// Messages that follow from a source's event.
    fn on_event(&mut self, event: SourceEvent, clock: &dyn Clock) -> Result<Vec<Message>> {
        match event {
            SourceEvent::Batch(batch) => self.ingest.on_batch(batch, clock.monotonic()),
            SourceEvent::NewSplit(start) => {
                self.ingest.add_split(start, clock.monotonic());
                Ok(Vec::new())
            }
            SourceEvent::SplitEnd(split) => Ok(self.ingest.on_split_end(&split)),
            SourceEvent::Nothing => Ok(Vec::new()),
            SourceEvent::End => {
                self.ended = true;
                Ok(vec![Message::Watermark(Watermark::MAX)])
            }
        }
    }

    fn stored(&self) -> SourceState {
        let splits = self
            .ingest
            .splits()
            .iter()
            .map(|(split, state)| StoredSplit {
                topic: split.topic.to_string(),
                partition: split.partition,
                position: state.position,
                watermark_ms: (state.watermark != Watermark::MIN).then_some(state.watermark.0),
                idle: state.idle,
            })
            .collect();
        let told = self.ingest.watermark();
        SourceState {
            node: self.node.0,
            table: self.table.clone(),
            splits,
            watermark_ms: (told != Watermark::MIN).then_some(told.0),
        }
    }
}

fn open_scans(
    dataflow: &Dataflow,
    constructors: &Arc<dyn Constructors>,
    options: &RunOptions,
    manifest: Option<&Manifest>,
    clock: &dyn Clock,
    metrics: &Arc<Metrics>,
    sender: &Sender<Event>,
) -> Result<Vec<Scan>> {
    let mut scans = Vec::new();
    for id in dataflow.ids() {
        let node = dataflow.node(id);
        let (source, ingest, table): (Box<dyn Source>, Ingest, &str) = match &node.kind {
            NodeKind::TableSourceScan(scan) => (
                constructors.source(scan)?,
                Ingest::new(scan, node.schema.to_arrow(), options.watermark_every_row),
                &scan.table.name,
            ),
            NodeKind::Values(rows) => (
                Box::new(ValuesSource::new(rows.clone())),
                Ingest::plain("VALUES", node.schema.to_arrow()),
                "VALUES",
            ),
            _ => continue,
        };
        let mut ingest = ingest;
        let stored = manifest.and_then(|m| m.sources.iter().find(|source| source.node == id.0));
        if let Some(told_ms) = stored.and_then(|source| source.watermark_ms) {
            ingest.restore_watermark(Watermark(told_ms));
        }
        for split in stored.iter().flat_map(|source| &source.splits) {
            let key = Split { topic: Arc::from(split.topic.as_str()), partition: split.partition };
            let state = SplitState {
                position: split.position,
                watermark: split.watermark_ms.map_or(Watermark::MIN, Watermark),
                idle: split.idle,
                ended: false,
            };
            ingest.restore_split(key, state);
        }
        let budget = ByteBudget::new(options.source_buffer_bytes);
        let index = scans.len();
        let thread = SourceThread::start(
            table,
            source,
            ingest.positions(),
            Arc::clone(&budget),
            Arc::clone(metrics),
            sender.clone(),
            move |event| Event::Source(index, event),
        )?;
        scans.push(Scan { node: id, table: table.to_owned(), ingest, budget, thread, ended: false });
    }
    for scan in &mut scans {
        for start in scan.thread.splits()? {
            scan.ingest.add_split(start, clock.monotonic());
        }
    }
    Ok(scans)
}

fn restored_graphs(job: &Job, committed: Epoch, manifest: Option<&Manifest>) -> Result<Vec<Graph>> {
    let shards = job.options.parallelism.max(1);
    let mut graphs = (0..shards)
        .map(|shard| Graph::build(&job.dataflow, &job.constructors, shard, shards, committed))
        .collect::<Result<Vec<_>>>()?;
    if let Some(manifest) = manifest {
        for segment in job.store.read_segments(manifest)? {
            for graph in &mut graphs {
                graph.restore(NodeId(segment.node), segment.table, &segment.bytes)?;
            }
        }
    }
    Ok(graphs)
}

/// The manifest that the committed epoch names; none for a job that never committed.
///
/// # Errors
/// `State` when it is missing or damaged, was written by another plan, or when only one of database and state folder
/// knows of an earlier commit: that is never taken for a fresh start.
fn stored_manifest(
    store: &mut StateStore,
    committed: Option<&CommittedEpoch>,
    fingerprint: &str,
) -> Result<Option<Manifest>> {
    match committed.filter(|committed| committed.epoch > Epoch(0)) {
        Some(CommittedEpoch { manifest: Some((name, hash)), .. }) => {
            let manifest = store.load(name, hash)?;
            check_fingerprint(&manifest.plan_fingerprint, fingerprint)?;
            Ok(Some(manifest))
        }
        Some(committed) => {
            Err(Error::state(format!("epoch {} was committed without a manifest", committed.epoch)))
        }
        None if store.was_committed()? => Err(Error::state(
            "the state folder belongs to a job that has committed, but no commit of it is found",
        )
        .hint(
            "restore the job's row in streamsql.job (is it the right database?); to start afresh remove the state \
             folder and empty the target tables",
        )),
        None => Ok(None),
    }
}

fn check_fingerprint(stored: &str, current: &str) -> Result<()> {
    if stored == current {
        return Ok(());
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (lines(stored), lines(current));
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("  - {line}"));
    let added = new.iter().filter(|line| !old.contains(line)).map(|line| format!("  + {line}"));
    let difference: Vec<String> = gone.chain(added).take(20).collect();
    Err(Error::state(format!("the stored state belongs to another plan:\n{}", difference.join("\n"))).hint(
        "go back to the SQL that wrote it, or give the job a new name in streamsql.yaml (it then starts afresh; \
         empty the target tables first)",
    ))
}

fn shard_of_split(split: &Split, shards: usize) -> usize {
    let topic: usize = split.topic.bytes().map(usize::from).sum();
    (topic + split.partition.max(0) as usize) % shards
}

/// The error that a record without a dead-letter table is.
pub fn dead_letter_error(bad: &DeadLetter) -> Error {
    let field = bad.field.as_ref().map_or(String::new(), |field| format!(", field '{field}'"));
    Error::failed(format!("cannot read the record{field}: {}", bad.error))
        .at(format!("{}/{}/{}", bad.split.topic, bad.split.partition, bad.offset))
}
