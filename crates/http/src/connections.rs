//! The connections that are open: never more than a bound, and the one that was idle longest goes first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

/// Connections at the same time. Below the 1,024 files that a process may have open on many machines.
pub(crate) const MOST: usize = 256;

#[derive(Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// By number; numbers rise.
    connections: BTreeMap<u64, Connection>,
    next: u64,
    /// Rises with every request, so that it orders connections by their last one.
    requests: u64,
}

struct Connection {
    /// Requests that are being answered.
    busy: usize,
    last: u64,
    task: Option<AbortHandle>,
}

/// A request that is being answered.
pub(crate) struct Busy {
    connections: Arc<Connections>,
    number: u64,
}

impl Connections {
    /// Takes in a connection; at the bound the one that was idle longest is closed for it. None where all are busy.
    pub fn admit(&self) -> Option<u64> {
        let mut open = self.lock();
        if open.connections.len() >= MOST {
            let idle = open.connections.iter().filter(|(_, connection)| connection.busy == 0);
            let number = *idle.min_by_key(|(_, connection)| connection.last)?.0;
            if let Some(task) = open.connections.remove(&number).and_then(|connection| connection.task) {
                task.abort();
            }
        }
        let (number, last) = (open.next, open.requests);
        open.next += 1;
        open.connections.insert(number, Connection { busy: 0, last, task: None });
        Some(number)
    }

    /// The task that serves a connection.
    pub fn serves(&self, number: u64, task: AbortHandle) {
        match self.lock().connections.get_mut(&number) {
            Some(connection) => connection.task = Some(task),
            None => task.abort(),
        }
    }

    pub fn closed(&self, number: u64) {
        self.lock().connections.remove(&number);
    }

    /// A request has come on a connection.
    pub fn busy(self: &Arc<Self>, number: u64) -> Busy {
        let mut open = self.lock();
        open.requests += 1;
        let last = open.requests;
        if let Some(connection) = open.connections.get_mut(&number) {
            connection.busy += 1;
            connection.last = last;
        }
        drop(open);
        Busy { connections: Arc::clone(self), number }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(connection) = self.connections.lock().connections.get_mut(&self.number) {
            connection.busy -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_was_idle_longest_makes_room() {
        let connections = Arc::new(Connections::default());
        let numbers: Vec<u64> = (0..MOST).map(|_| connections.admit().unwrap()).collect();
        let busy = connections.busy(numbers[0]);
        drop(connections.busy(numbers[1]));
        let next = connections.admit().unwrap();
        let held = |number: u64| connections.lock().connections.contains_key(&number);
        assert!(held(numbers[0]) && held(numbers[1]) && !held(numbers[2]) && held(next));
        let numbers: Vec<u64> = connections.lock().connections.keys().copied().collect();
        let all: Vec<Busy> = numbers.into_iter().map(|number| connections.busy(number)).collect();
        assert_eq!(connections.admit(), None, "all are busy");
        drop((busy, all));
        assert!(connections.admit().is_some());
        assert_eq!(connections.lock().connections.len(), MOST);
    }
}
