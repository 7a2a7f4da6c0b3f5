//! The driver: from sources to shards, epoch after epoch, until the end, a stop or an error.

mod epochs;
mod feeding;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, atomic::Ordering};
use std::time::Duration;

use streamsql_core::panics::caught;
use streamsql_core::{DeadLetter, Epoch, Error, Result, SourceEvent, Split, StopHandle};
use streamsql_state::manifest::SourceState;

use crate::clock::Clock;
use crate::commit::{Commit, CommitThread, Committed};
use crate::epoch_log::EpochRecord;
use crate::fate::{Fate, FatedThread};
use crate::graph::Graph;
use crate::intake::{Intake, Standing, Taken, drifts, groups};
use crate::job::{Job, RunOptions};
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::restore::{plan_hash, restored_graphs, stored_state};
use crate::scan::{Scan, open_scans};
use crate::shard::{EpochPart, Shards};
use crate::standing::JobState;
use crate::state_plan::record;
use crate::throttle::Throttle;
use crate::two_phase;

/// What the driver's threads tell it.
pub(crate) enum Event {
    Source(usize, SourceEvent),
    Part(EpochPart),
    /// A lookup was answered.
    Answered,
    Committed(Committed),
    /// A thread failed or panicked; the fate knows why.
    Failed,
}

/// What each thread of a job shares with the others.
#[derive(Clone)]
pub(crate) struct Links {
    pub metrics: Arc<Metrics>,
    pub fate: Fate,
    /// What asks the job to end well.
    pub stop: StopHandle,
    pub events: Sender<Event>,
}

impl Links {
    /// Starts a thread whose failure the driver hears of.
    pub fn spawn(
        &self,
        name: String,
        work: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Result<FatedThread> {
        let events = self.events.clone();
        let failed = move || {
            // Where nobody listens any more, the job has ended before.
            let _ = events.send(Event::Failed);
        };
        self.fate.spawn(name, failed, work)
    }
}

/// Runs a job until its sources end or it is told to stop; what it read by then is committed.
///
/// # Errors
/// `Unreachable` before the first row, `State` when the stored state does not fit, `Fenced` when another instance took
/// over, `Failed` for bad data. Whatever was committed stays.
///
/// However a thread of the job ends, also by a panic, the job ends: with the first cause.
pub fn run_job(job: Job, clock: &dyn Clock, metrics: &Arc<Metrics>, stop: &StopHandle) -> Result<()> {
    let fate = Fate::new(job.options.shutdown_grace);
    metrics.standing.starts(clock.now_ms());
    let result = fate.verdict(caught("the driver", || drive(job, clock, metrics, stop, &fate)));
    match &result {
        Ok(()) => metrics.standing.becomes(JobState::Finished, clock.now_ms()),
        Err(error) => metrics.standing.fails(error.to_string(), clock.now_ms()),
    }
    result
}

fn drive(
    mut job: Job,
    clock: &dyn Clock,
    metrics: &Arc<Metrics>,
    stop: &StopHandle,
    fate: &Fate,
) -> Result<()> {
    let plan = record(&job.dataflow, &job.constructors)?;
    // A start that cannot succeed must not fence an instance that runs, so what can be refused is refused before.
    let peeked = job.committer.peek()?;
    stored_state(&mut job, peeked.as_ref(), &plan)?;
    two_phase::open(&mut job.sinks, fate.halt())?;
    let committed = job.committer.take_over()?;
    let stored = stored_state(&mut job, Some(&committed), &plan)?;
    if let Some(changes) = stored.as_ref().and_then(|stored| stored.changed.as_ref()) {
        tracing::info!("the plan has changed since the last commit; {}", changes.text().trim_end());
    }
    let mut graphs = restored_graphs(&job, committed.epoch, stored.as_ref(), fate.halt())?;
    // A fresh job records its start positions at once, so that no later restart resolves them anew; a changed one what
    // it has kept.
    let changed = stored.as_ref().is_none_or(|stored| stored.is_to_be_recorded);
    let manifest = stored.map(|stored| stored.manifest);
    let memory = Memory::new(&job.dataflow, job.options.state_memory);
    let restored: Vec<_> = graphs.iter_mut().flat_map(Graph::state_sizes).collect();
    memory.check(&restored)?;
    let (events, receiver) = channel();
    let links = Links { metrics: Arc::clone(metrics), fate: fate.clone(), stop: stop.clone(), events };
    let mut scans =
        open_scans(&job.dataflow, &job.constructors, &job.options, manifest.as_ref(), clock, &links)?;
    for binding in job.sinks.values_mut() {
        if let crate::SinkBinding::Direct(sink) = binding {
            sink.open()?;
        }
    }
    let finished = two_phase::recover(&mut job.sinks, &job.store, committed.epoch, manifest.as_ref())?;
    let is_two_phase = job.sinks.values().any(|sink| matches!(sink, crate::SinkBinding::TwoPhase(..)));
    let shards = Shards::start_job(graphs, &links)?;
    let commit = CommitThread::start(
        Commit {
            committer: job.committer,
            store: job.store,
            sinks: job.sinks,
            generation: committed.generation,
            plan_hash: plan_hash(&plan),
            plan: Arc::new(plan),
        },
        &links,
    )?;
    metrics.epoch.store(committed.epoch.0, Ordering::Relaxed);
    for scan in &mut scans {
        scan.thread.start_reading();
    }
    let pace = Pace::new(job.options.commit_interval);
    metrics.standing.becomes(JobState::Running, clock.now_ms());
    let nodes: Vec<_> = scans.iter().map(|scan| scan.node).collect();
    let intake = Intake::new(groups(&job.dataflow, &nodes), clock.monotonic())
        .with_drifts(drifts(&job.dataflow, &nodes)?);
    Driver {
        shards,
        commit,
        receiver,
        throttle: Throttle::new(job.options.epoch_bytes),
        memory,
        intake,
        scans,
        options: job.options,
        clock,
        metrics,
        fate,
        stop,
        committed: committed.epoch,
        closed: committed.epoch,
        changed: changed || finished,
        is_two_phase,
        is_settled: true,
        input_ended: false,
        is_let_go: false,
        due_ms: None,
        records: 0,
        parts: Vec::new(),
        closing: None,
        closed_positions: Vec::new(),
        closed_at: clock.monotonic(),
        gathered: EpochRecord::default(),
        dead_letters: Vec::new(),
        pace,
        last_tick: clock.monotonic(),
        now_ms: manifest.map_or(0, |m| m.now_ms),
    }
    .run()
}

/// Longest wait for an event; idle partitions, ticks and the commit interval are looked at this often, however many
/// events come.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// An epoch that waits for its time is looked at no more often than this.
const SHORTEST_WAIT: Duration = Duration::from_micros(100);

struct Driver<'a> {
    scans: Vec<Scan>,
    shards: Shards,
    commit: CommitThread,
    receiver: Receiver<Event>,
    /// What sources have read and the shards have not taken.
    intake: Intake,
    throttle: Throttle,
    memory: Memory,
    options: RunOptions,
    clock: &'a dyn Clock,
    metrics: &'a Metrics,
    fate: &'a Fate,
    stop: &'a StopHandle,
    /// Last epoch that is committed, and last one whose barrier was sent.
    committed: Epoch,
    closed: Epoch,
    /// Whether the open epoch holds anything.
    changed: bool,
    /// Whether there are two-phase sinks, and whether the last closed epoch told them that the job ends.
    is_two_phase: bool,
    is_settled: bool,
    /// Whether all input was read and let in, and whether the sources were let go before or after that.
    input_ended: bool,
    is_let_go: bool,
    /// When an epoch must end even if no row comes.
    due_ms: Option<i64>,
    records: u64,
    parts: Vec<EpochPart>,
    /// Scan states and dead letters of the epoch whose parts are being gathered.
    closing: Option<(Vec<SourceState>, Vec<DeadLetter>)>,
    /// Positions of each scan at the last barrier: what its sources are told once that epoch is committed.
    closed_positions: Vec<BTreeMap<Split, i64>>,
    /// When the last barrier was sent, and what is known of its epoch.
    closed_at: Duration,
    gathered: EpochRecord,
    dead_letters: Vec<DeadLetter>,
    pace: Pace,
    /// When time was last looked at for its own sake.
    last_tick: Duration,
    now_ms: i64,
}

impl Driver<'_> {
    fn run(mut self) -> Result<()> {
        match caught("the driver", || self.steer()) {
            Ok(()) => self.fate.done(),
            // Known before any thread is waited for, so that those who wait for a service give up.
            Err(error) => self.fate.fail(error),
        }
        // All are told before the first is waited for.
        for scan in &mut self.scans {
            scan.thread.let_go();
        }
        Ok(())
    }

    fn steer(&mut self) -> Result<()> {
        self.resume()?;
        loop {
            let stopping = self.stop.is_stopped();
            // All that was said is known before a source is chosen.
            while let Ok(event) = self.receiver.try_recv() {
                self.on_event(event, stopping)?;
            }
            let Metrics { rows_done, bytes_out, .. } = self.metrics;
            self.throttle.observe(rows_done.load(Ordering::Relaxed), bytes_out.load(Ordering::Relaxed));
            if !self.is_let_go {
                self.input_ended = self.scans.iter().all(|scan| scan.ended) && self.intake.is_empty();
            }
            let ended = stopping || self.input_ended;
            if ended && self.closed == self.committed && self.is_two_phase && !self.is_settled {
                // What two-phase sinks still hide is made visible by an epoch of its own.
                self.changed = true;
            }
            if self.closed == self.committed && self.may_close(ended) {
                self.is_settled = ended;
                self.close_epoch()?;
            }
            if ended && self.closed == self.committed && !self.changed {
                return Ok(());
            }
            if !ended && self.clock.monotonic() - self.last_tick >= TICK {
                self.on_tick()?;
            }
            if stopping {
                if self.metrics.standing.state() == JobState::Running {
                    self.metrics.standing.becomes(JobState::Stopping, self.clock.now_ms());
                }
                // Sources are let go, so nothing new comes while the last epoch is committed.
                self.is_let_go = true;
                for scan in &mut self.scans {
                    scan.ended = true;
                }
            } else if self.records < self.options.epoch_rows && self.throttle.may_feed() {
                if let Some(taken) = self.next_taken() {
                    self.on_source(taken)?;
                    continue;
                }
                self.tell_watermarks()?;
            }
            let began = self.clock.monotonic();
            let event = self.receiver.recv_timeout(self.next_wait());
            if self.is_held() {
                self.metrics.held(self.clock.monotonic().saturating_sub(began));
            }
            match event {
                Ok(event) => self.on_event(event, stopping)?,
                Err(RecvTimeoutError::Timeout) if ended => {}
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

    fn next_taken(&mut self) -> Option<Taken> {
        let standings: Vec<Standing> = self.scans.iter().map(Scan::standing).collect();
        self.intake.next(&standings, self.throttle.piece(), self.clock.monotonic())
    }

    /// Tells the shards of the watermarks that were kept back.
    fn tell_watermarks(&mut self) -> Result<()> {
        for scan in 0..self.scans.len() {
            if let Some(message) = self.scans[scan].untold(self.clock.monotonic()) {
                self.stamp();
                self.changed = true;
                self.broadcast(scan, &[message])?;
            }
        }
        Ok(())
    }

    fn next_wait(&self) -> Duration {
        /// Shards do not say when they have room for more.
        const ROOM: Duration = Duration::from_millis(1);
        let waits = !self.intake.is_empty() && self.records < self.options.epoch_rows;
        let longest = if waits && !self.throttle.is_full() { ROOM } else { TICK };
        if self.changed && self.closed == self.committed {
            self.pace.left(self.clock.monotonic()).clamp(SHORTEST_WAIT, longest)
        } else {
            longest
        }
    }

    fn on_event(&mut self, event: Event, stopping: bool) -> Result<()> {
        match event {
            Event::Source(_, _) if stopping => Ok(()),
            Event::Source(scan, event) => {
                self.intake.push(scan, event, self.clock.monotonic());
                Ok(())
            }
            Event::Part(part) => self.on_part(part),
            Event::Answered => {
                self.stamp();
                for part in self.shards.take_answers()? {
                    self.on_part(part)?;
                }
                Ok(())
            }
            Event::Committed(committed) => self.on_committed(committed),
            Event::Failed => self.fate.verdict(Err(Error::internal("a thread failed without a cause"))),
        }
    }

    fn on_tick(&mut self) -> Result<()> {
        // A watermark that waits for another one is told before anything that follows from time.
        self.tell_watermarks()?;
        let now = self.clock.monotonic();
        self.last_tick = now;
        self.stamp();
        self.metrics.standing.alive(self.now_ms);
        for scan in 0..self.scans.len() {
            let messages = self.scans[scan].on_tick(now);
            self.scans[scan].publish();
            if !messages.is_empty() {
                self.changed = true;
                self.broadcast(scan, &messages)?;
            }
        }
        if self.due_ms.is_some_and(|due| due <= self.now_ms) {
            self.due_ms = None;
            self.changed = true;
        }
        if self.shards.tick_is_due(self.now_ms) {
            self.changed = true;
            for part in self.shards.tick(self.now_ms)? {
                self.on_part(part)?;
            }
        }
        Ok(())
    }

    /// Processing time never falls, whatever the wall clock does.
    fn stamp(&mut self) {
        self.now_ms = self.now_ms.max(self.clock.now_ms());
    }
}
