//! A request to end that many hold and anybody may make.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Asks whoever works with it to end. Cheap to clone; once made, the request stays.
#[derive(Clone, Default)]
pub struct StopHandle(Arc<Request>);

#[derive(Default)]
struct Request {
    made: AtomicBool,
    /// Held by those who wait.
    waiting: Mutex<()>,
    wakes: Condvar,
    /// Those who are asked with this one.
    children: Mutex<Vec<Weak<Request>>>,
}

impl StopHandle {
    pub fn stop(&self) {
        self.0.made.store(true, Ordering::Release);
        // Whoever has looked and not yet waits still holds the lock.
        drop(self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.wakes.notify_all();
        let children = std::mem::take(&mut *self.children());
        children.iter().filter_map(Weak::upgrade).for_each(|child| Self(child).stop());
    }

    /// A handle that is stopped with this one, and alone.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self::default();
        let mut children = self.children();
        children.retain(|child| child.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        drop(children);
        // A request that did not see the child is seen here.
        if self.is_stopped() {
            child.stop();
        }
        child
    }

    fn children(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Request>>> {
        self.0.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_stopped(&self) -> bool {
        self.0.made.load(Ordering::Acquire)
    }

    /// Waits for so long, but not beyond the request; whether it was made.
    pub fn wait(&self, pause: Duration) -> bool {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Who pauses looks at the request in any case, so how the wait ended does not matter.
        let _ = self.0.wakes.wait_timeout_while(waiting, pause, |()| !self.is_stopped());
        self.is_stopped()
    }
}

impl std::fmt::Debug for StopHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StopHandle({})", self.is_stopped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_ends_alone_or_with_its_parent() {
        let parent = StopHandle::default();
        let (first, second) = (parent.child(), parent.child());
        first.stop();
        assert!(first.is_stopped() && !parent.is_stopped() && !second.is_stopped());
        parent.stop();
        assert!(second.is_stopped() && parent.child().is_stopped());
    }

    #[test]
    fn a_pause_ends_with_the_request() {
        let stop = StopHandle::default();
        assert!(!stop.wait(Duration::ZERO));
        let waits = stop.clone();
        // For ever, were it not for the request.
        let thread = std::thread::spawn(move || waits.wait(Duration::MAX));
        stop.stop();
        assert!(thread.join().unwrap());
        assert!(stop.wait(Duration::MAX));
    }
}
