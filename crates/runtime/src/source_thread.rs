//! A thread that polls one source and hands its events to the driver, within a budget of bytes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use streamsql_core::panics::caught;
use streamsql_core::{Error, Result, Source, SourceEvent, Split, SplitStart, StopHandle};

use crate::driver::{Event, Links};
use crate::fate::FatedThread;
use crate::metrics::Metrics;
use crate::source_metrics::SourceMetrics;

/// Bytes that may be in flight; the thread waits when they are used up (invariant 3: every buffer is bounded).
pub struct ByteBudget {
    used: Mutex<usize>,
    freed: Condvar,
    limit: usize,
}

impl ByteBudget {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: Mutex::new(0), freed: Condvar::new(), limit })
    }

    /// Takes `bytes`, waiting while others hold the budget. One taker may exceed it, so a large batch passes.
    /// Returns false when stopped while waiting. `waited` hears of the time, a piece at a time.
    pub fn acquire(&self, bytes: usize, stop: &StopHandle, waited: impl Fn(Duration)) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        while *used > 0 && *used + bytes > self.limit {
            if stop.is_stopped() {
                return false;
            }
            let began = Instant::now();
            let wait = self.freed.wait_timeout(used, Duration::from_millis(100));
            used = wait.unwrap_or_else(PoisonError::into_inner).0;
            waited(began.elapsed());
        }
        *used += bytes;
        true
    }

    pub fn release(&self, bytes: usize) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(bytes);
        self.freed.notify_all();
    }
}

/// A source on a thread of its own: it opens, waits to be let go, and reads.
pub struct SourceThread {
    opening: Receiver<Result<Vec<SplitStart>>>,
    go: Option<Sender<()>>,
    commits: Option<Sender<BTreeMap<Split, i64>>>,
    thread: FatedThread,
    stop: StopHandle,
    /// Records left to read; `u64::MAX` while the source does not know.
    lag: Arc<AtomicU64>,
}

impl SourceThread {
    /// Begins to open the source of a scan; several may open at the same time. What it reads once it may goes to the
    /// driver.
    pub(crate) fn start(
        name: &str,
        scan: usize,
        mut source: Box<dyn Source>,
        restored: BTreeMap<Split, i64>,
        budget: Arc<ByteBudget>,
        counters: &Arc<SourceMetrics>,
        links: &Links,
    ) -> Result<Self> {
        let stop = StopHandle::default();
        let (commits, commit_receiver) = channel();
        let (opened, opening) = channel();
        let (go, start_reading) = channel();
        let thread_stop = stop.clone();
        source.halt_with(&stop);
        let Links { metrics, events, stop: job_stop, .. } = links.clone();
        let lag = Arc::new(AtomicU64::new(u64::MAX));
        let lag_of_thread = Arc::clone(&lag);
        let counters = Arc::clone(counters);
        let who = format!("thread source-{name}");
        let thread = links.spawn(format!("source-{name}"), move || {
            // Whoever waits for the splits hears of a panic as of any failure.
            let result = caught(&who, || source.open(&restored));
            let failure = result.as_ref().err().cloned();
            let told = opened.send(result).is_ok();
            if let Some(error) = failure {
                return Err(error);
            }
            if !told || start_reading.recv().is_err() {
                return Ok(());
            }
            let mut lag = Lag { metrics: &metrics, reported: 0, own: &lag_of_thread, counters: &counters };
            let send = |event| events.send(Event::Source(scan, event)).is_ok();
            let read = poll_loop(source.as_mut(), &budget, &mut lag, send, &commit_receiver, &thread_stop);
            match read {
                // What it would read next is for the next start, which meets the same failure where it lasts.
                Err(error) if job_stop.is_stopped() => {
                    tracing::warn!("while the job ends: {error}");
                    Ok(())
                }
                read => read,
            }
        })?;
        Ok(Self { opening, go: Some(go), commits: Some(commits), thread, stop, lag })
    }

    /// Waits until the source is open; its splits.
    pub fn splits(&self) -> Result<Vec<SplitStart>> {
        self.opening.recv().map_err(|_| Error::internal("a source thread ended while opening"))?
    }

    /// Records left to read, as last heard; none while that is not known.
    pub fn lag(&self) -> Option<u64> {
        Some(self.lag.load(Ordering::Relaxed)).filter(|lag| *lag != u64::MAX)
    }

    /// Lets the source read.
    pub fn start_reading(&mut self) {
        if let Some(go) = self.go.take() {
            // Where the source has failed, the driver hears of it from its events.
            let _ = go.send(());
        }
    }

    /// Tells the source what was committed, for display.
    pub fn committed(&self, positions: BTreeMap<Split, i64>) {
        // A source that has ended no longer listens.
        if let Some(commits) = &self.commits {
            let _ = commits.send(positions);
        }
    }

    /// Tells the source to end, without waiting for it.
    pub fn let_go(&mut self) {
        self.stop.stop();
        // A source that was never let go waits for that, one that has ended for commits: until these channels close.
        self.go = None;
        self.commits = None;
    }
}

impl Drop for SourceThread {
    fn drop(&mut self) {
        self.let_go();
        self.thread.join();
    }
}

/// What this source has added to the job's lag.
struct Lag<'a> {
    metrics: &'a Metrics,
    reported: u64,
    own: &'a AtomicU64,
    counters: &'a SourceMetrics,
}

impl Lag<'_> {
    fn report(&mut self, source: &dyn Source) {
        let Some(lag) = source.lag() else { return };
        let known = self.own.swap(lag, Ordering::Relaxed) != u64::MAX;
        if !known || lag != self.reported {
            self.counters.lags(source.split_lags());
        }
        self.metrics.lag_changed(self.reported, lag);
        self.reported = lag;
    }
}

/// Reads until the end, a stop, or nobody takes what is read (`send` says so).
fn poll_loop(
    source: &mut dyn Source,
    budget: &ByteBudget,
    lag: &mut Lag<'_>,
    send: impl Fn(SourceEvent) -> bool,
    commits: &Receiver<BTreeMap<Split, i64>>,
    stop: &StopHandle,
) -> Result<()> {
    const POLL_TIMEOUT: Duration = Duration::from_millis(50);
    while !stop.is_stopped() {
        if let Some(positions) = commits.try_iter().last() {
            source.committed(&positions);
        }
        let event = source.poll(POLL_TIMEOUT)?;
        lag.report(source);
        match &event {
            SourceEvent::Nothing => continue,
            SourceEvent::Batch(batch)
                if !budget.acquire(batch_bytes(batch), stop, |time| lag.counters.blocks(time)) =>
            {
                return Ok(());
            }
            _ => {}
        }
        let last = matches!(event, SourceEvent::End);
        if !send(event) {
            return Ok(());
        }
        if last {
            // Commits after the end are still reported, until the job is done with us.
            while let Ok(positions) = commits.recv() {
                source.committed(&positions);
            }
            return Ok(());
        }
    }
    if let Some(positions) = commits.try_iter().last() {
        source.committed(&positions);
    }
    Ok(())
}

/// What a batch counts in the budget.
pub fn batch_bytes(batch: &streamsql_core::SourceBatch) -> usize {
    batch.batch.bytes().max(batch.bytes as usize)
}
