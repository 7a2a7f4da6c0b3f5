//! A running job that goes on with what its files have become, on request or when they change.
//!
//! The files are planned while the job runs: what cannot be planned, or would lose state unasked, changes nothing. Else
//! the job ends as on `stop`, with a commit, and the new one starts in the same process from that commit. The runtime
//! brings the state to the new plan and records that with the first epoch, so a crash at any moment leaves the old plan
//! with its state or the new one with its own. A new job that cannot start has committed nothing, and the one before
//! goes on.

mod watch;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use streamsql_core::Result;
use streamsql_http::{Reload, ReloadResult, Reloads};
use streamsql_runtime::state_plan::state_plan;
use streamsql_runtime::{Clock, Metrics, StopHandle, SystemClock};
use streamsql_state::manifest::StoredPlan;

use crate::commands::diff::recorded;
use crate::commands::{Failure, Global};
use crate::job_file::PlannedJob;

pub use watch::{watch, watched};

/// Plans the job's files anew.
pub type Replan = Box<dyn Fn() -> Result<PlannedJob, Failure> + Send + Sync>;

/// How a job may be reloaded.
pub struct Reloading {
    pub replan: Replan,
    /// Whether changed files are noticed by themselves, and where they are.
    pub watched: Option<Vec<PathBuf>>,
    /// Whether a change that is noticed may lose state.
    pub allow_drop: bool,
    pub global: Global,
}

/// Takes requests for reloads while a job runs.
pub struct Reloader {
    reloading: Reloading,
    /// Held while a reload is under way.
    one_at_a_time: Mutex<()>,
    inner: Mutex<Inner>,
    moved: Condvar,
}

#[derive(Default)]
struct Inner {
    running: Option<Running>,
    /// Jobs that were started in this process.
    starts: u64,
    /// The job that is to run once the one at hand has ended.
    wanted: Option<Arc<PlannedJob>>,
    /// Why the last wanted one could not start.
    failure: Option<String>,
    /// No job runs any more.
    ended: bool,
    last: Option<Reload>,
    counts: [u64; ReloadResult::ENDS.len()],
}

struct Running {
    planned: Arc<PlannedJob>,
    plan: StoredPlan,
    metrics: Arc<Metrics>,
    stop: StopHandle,
}

/// What a reload came to, before it is written down.
struct Attempt {
    result: ReloadResult,
    message: String,
    state_plan: Option<serde_json::Value>,
}

impl Attempt {
    fn of(result: ReloadResult, message: impl Into<String>) -> Self {
        Self { result, message: message.into(), state_plan: None }
    }
}

impl Reloader {
    pub fn new(reloading: Reloading) -> Arc<Self> {
        Arc::new(Self {
            reloading,
            one_at_a_time: Mutex::default(),
            inner: Mutex::default(),
            moved: Condvar::new(),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job is about to run.
    ///
    /// # Errors
    /// What making its operators says.
    pub fn starts(
        &self,
        planned: &Arc<PlannedJob>,
        metrics: &Arc<Metrics>,
        stop: &StopHandle,
    ) -> Result<(), Failure> {
        let plan = recorded(planned)?;
        let mut inner = self.inner();
        inner.running = Some(Running {
            planned: Arc::clone(planned),
            plan,
            metrics: Arc::clone(metrics),
            stop: stop.clone(),
        });
        inner.starts += 1;
        self.moved.notify_all();
        Ok(())
    }

    /// The job at hand has ended well: the one that is to take its place, else the end.
    pub fn next(&self, stop: &StopHandle) -> Option<Arc<PlannedJob>> {
        let mut inner = self.inner();
        let next = inner.wanted.take().filter(|_| !stop.is_stopped());
        inner.ended = next.is_none();
        self.moved.notify_all();
        next
    }

    /// The job that was to run cannot be started.
    pub fn cannot_start(&self, why: String) {
        self.inner().failure = Some(why);
        self.moved.notify_all();
    }

    /// No job runs any more.
    pub fn ends(&self) {
        self.inner().ended = true;
        self.moved.notify_all();
    }

    fn attempt(&self, allow_drop: bool) -> Attempt {
        let mut planned = match (self.reloading.replan)() {
            Ok(planned) => planned,
            Err(failure) => {
                failure.print(&self.reloading.global);
                return Attempt::of(ReloadResult::Invalid, failure.text());
            }
        };
        let plan = match recorded(&planned) {
            Ok(plan) => plan,
            Err(failure) => return Attempt::of(ReloadResult::Invalid, failure.text()),
        };
        let mut inner = self.inner();
        let Some(running) = inner.running.as_ref().filter(|_| !inner.ended) else {
            return Attempt::of(ReloadResult::Failed, "the job has ended");
        };
        if (&running.planned.name, &running.planned.state) != (&planned.name, &planned.state) {
            return Attempt::of(
                ReloadResult::Invalid,
                "job.name and job.state stay what they are while a job runs; stop it and start it again",
            );
        }
        let changes = state_plan(&running.plan, &plan);
        let mut message = changes.text();
        if running.planned.http != planned.http {
            message.push_str(SERVED_AS_BEFORE);
        }
        let told = |result| Attempt { result, message: message.clone(), state_plan: Some(changes.json()) };
        if changes.loses_state() && !allow_drop {
            return told(ReloadResult::Refused);
        }
        planned.options.allow_drop = allow_drop;
        let (starts, stop) = (inner.starts, running.stop.clone());
        inner.wanted = Some(Arc::new(planned));
        inner.failure = None;
        stop.stop();
        loop {
            if let Some(why) = inner.failure.take() {
                return Attempt::of(ReloadResult::Failed, why);
            }
            if inner.ended {
                return Attempt::of(ReloadResult::Failed, "the job has ended");
            }
            let runs = |running: &Running| running.metrics.standing.snapshot().running_ms.is_some();
            if inner.starts > starts && inner.running.as_ref().is_some_and(runs) {
                return told(ReloadResult::Applied);
            }
            inner = self.moved.wait_timeout(inner, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn note(&self, number: u64, Attempt { result, message, state_plan }: Attempt) -> Reload {
        let at_ms = SystemClock::default().now_ms();
        let reload = Reload { number, at_ms, result, message, state_plan };
        self.inner().last = Some(reload.clone());
        reload
    }

    /// As a change of files that was noticed.
    fn noticed(&self) {
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        self.go_on(self.reloading.allow_drop);
    }

    fn go_on(&self, allow_drop: bool) -> Reload {
        let number = self.last().map_or(1, |last| last.number + 1);
        self.note(number, Attempt::of(ReloadResult::Applying, "the files are planned anew"));
        let reload = self.note(number, self.attempt(allow_drop));
        if let Some(end) = ReloadResult::ENDS.iter().position(|end| *end == reload.result) {
            self.inner().counts[end] += 1;
        }
        let message = reload.message.trim_end();
        match reload.result {
            ReloadResult::Applying => {}
            // The start has told what becomes of the state.
            ReloadResult::Applied => {
                tracing::info!("the job goes on with its changed files");
                if message.ends_with(SERVED_AS_BEFORE.trim_end()) {
                    tracing::warn!("{}", SERVED_AS_BEFORE.trim_end());
                }
            }
            ReloadResult::Refused => tracing::warn!(
                "the job goes on as before: with the changed files it would lose state, which `streamsql reload \
                 --allow-drop` accepts\n{message}"
            ),
            // What is wrong was printed where it was found.
            ReloadResult::Invalid => tracing::warn!("the job goes on as before: its files cannot be taken"),
            ReloadResult::Failed => tracing::warn!("the changed job cannot be started: {message}"),
        }
        reload
    }
}

/// Page and API are those of the process, not of the job that it runs.
const SERVED_AS_BEFORE: &str =
    "job.http has changed: page and API stay where they are until the job is stopped and started again\n";

/// Between two looks whether a started job runs.
const LOOK_EVERY: Duration = Duration::from_millis(10);

impl Reloads for Reloader {
    fn reload(&self, allow_drop: bool) -> Option<Reload> {
        let _one = match self.one_at_a_time.try_lock() {
            Ok(one) => one,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(self.go_on(allow_drop))
    }

    fn last(&self) -> Option<Reload> {
        self.inner().last.clone()
    }

    fn counts(&self) -> Vec<(ReloadResult, u64)> {
        ReloadResult::ENDS.into_iter().zip(self.inner().counts).collect()
    }

    fn watches(&self) -> bool {
        self.reloading.watched.is_some()
    }
}
