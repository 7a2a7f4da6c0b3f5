//! What becomes of a job's threads: the first failure decides how the job ends, and nobody waits for ever for another.
//!
//! Every thread of a job is started here. However it ends (it returns, fails or panics) its end is known: a failure is
//! kept if it is the first, whoever waits for something outside is told to give up, and the driver gets an event. At
//! the end all threads together have a bounded time to come home; one that does not is left behind and ends with the
//! process, which is no worse than a kill.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use streamsql_core::panics::caught;
use streamsql_core::{Error, Result, StopHandle};

/// How a job ends; shared by all its threads.
#[derive(Clone)]
pub struct Fate(Arc<Shared>);

struct Shared {
    cause: Mutex<Option<Error>>,
    /// The job has done all it had to: what fails now changes nothing.
    done: AtomicBool,
    halt: StopHandle,
    grace: Duration,
    /// When the last thread must have come home; counted from the first that is waited for.
    deadline: OnceLock<Instant>,
}

impl Fate {
    /// `grace` is the time that all threads together have to end.
    pub fn new(grace: Duration) -> Self {
        Self(Arc::new(Shared {
            cause: Mutex::default(),
            done: AtomicBool::new(false),
            halt: StopHandle::default(),
            grace,
            deadline: OnceLock::new(),
        }))
    }

    /// Something failed: the job ends. The first cause is kept; what fails after it may fail because of it.
    pub fn fail(&self, error: Error) {
        if self.0.done.load(Ordering::Acquire) {
            tracing::warn!("after the end of the job: {error}");
            return;
        }
        self.cause_slot().get_or_insert(error);
        self.0.halt.stop();
    }

    /// The job has ended well; later failures are only logged.
    pub fn done(&self) {
        self.0.done.store(true, Ordering::Release);
    }

    /// Why the job ends; none while nothing failed.
    pub fn cause(&self) -> Option<Error> {
        self.cause_slot().clone()
    }

    /// Made when something has failed: whoever waits for a service gives up.
    pub fn halt(&self) -> &StopHandle {
        &self.0.halt
    }

    /// A result of the job, unless something failed before.
    pub fn verdict<R>(&self, result: Result<R>) -> Result<R> {
        match (self.cause(), result) {
            (Some(cause), _) => Err(cause),
            (None, result) => result,
        }
    }

    /// Starts a thread. When its work fails or panics, `failed` is called once the cause is known.
    pub fn spawn(
        &self,
        name: String,
        failed: impl FnOnce() + Send + 'static,
        work: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Result<FatedThread> {
        let (fate, who) = (self.clone(), format!("thread {name}"));
        let (home, came_home) = channel::<()>();
        let handle = std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || {
                // Dropped last, also where `failed` panics.
                let _home = home;
                if let Err(error) = caught(&who, work) {
                    fate.fail(error);
                    failed();
                }
            })
            .map_err(|error| Error::failed(format!("cannot start thread {name}: {error}")))?;
        Ok(FatedThread { name, handle: Some(handle), came_home, fate: self.clone() })
    }

    fn cause_slot(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.0.cause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread of a job.
pub struct FatedThread {
    name: String,
    handle: Option<JoinHandle<()>>,
    /// Closed when the thread's work is over.
    came_home: Receiver<()>,
    fate: Fate,
}

impl FatedThread {
    /// Waits for its end, as long as the fate's grace lasts; true when it came.
    pub fn join(&mut self) -> bool {
        let Some(handle) = self.handle.take() else { return true };
        let shared = &self.fate.0;
        let deadline = *shared.deadline.get_or_init(|| Instant::now() + shared.grace);
        let left = deadline.saturating_duration_since(Instant::now());
        if self.came_home.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("thread {} does not end; it is left behind", self.name);
            return false;
        }
        // Its work is over and what became of it is known.
        let _ = handle.join();
        true
    }
}

impl Drop for FatedThread {
    fn drop(&mut self) {
        self.join();
    }
}
