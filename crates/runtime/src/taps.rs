//! Looking at rows as they leave a node. While nobody looks it costs one load a batch.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use streamsql_core::ChangeBatch;

use crate::key_looks::KeyLooks;

/// Batches that wait for whoever looks; what comes while so many wait is not shown.
const WAITING: usize = 64;

/// Those who look at the nodes of a job.
#[derive(Debug, Default)]
pub struct Taps {
    /// Those who ask for the largest keys of a node's state.
    pub keys: KeyLooks,
    anybody: AtomicBool,
    open: Mutex<Vec<Open>>,
}

#[derive(Debug)]
struct Open {
    node: usize,
    batches: SyncSender<ChangeBatch>,
    missed: Arc<AtomicUsize>,
}

/// The rows that leave a node; dropping it ends the look.
#[derive(Debug)]
pub struct Tap {
    batches: Receiver<ChangeBatch>,
    missed: Arc<AtomicUsize>,
}

impl Tap {
    /// What came since the last call; none when nothing did.
    pub fn next(&self) -> Option<ChangeBatch> {
        self.batches.try_recv().ok()
    }

    /// Rows that came faster than they were taken and so are not shown; counted anew with each call.
    pub fn missed(&self) -> usize {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

impl Taps {
    /// Begins to look at a node's rows.
    pub fn open(&self, node: usize) -> Tap {
        let (batches, receiver) = sync_channel(WAITING);
        let missed = Arc::new(AtomicUsize::new(0));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(Open { node, batches, missed: Arc::clone(&missed) });
        self.anybody.store(true, Ordering::Release);
        Tap { batches: receiver, missed }
    }

    /// Whether anybody looks at any node.
    pub fn is_watched(&self) -> bool {
        self.anybody.load(Ordering::Relaxed)
    }

    /// Rows leave a node. Never waits: what nobody takes in time is missed.
    pub(crate) fn pass(&self, node: usize, batch: &ChangeBatch) {
        if !self.is_watched() {
            return;
        }
        // Somebody begins to look in this very moment, or another shard is here.
        let Ok(mut open) = self.open.try_lock() else { return };
        open.retain(|tap| {
            if tap.node != node {
                return true;
            }
            match tap.batches.try_send(batch.clone()) {
                Ok(()) => true,
                Err(TrySendError::Full(batch)) => {
                    tap.missed.fetch_add(batch.num_rows(), Ordering::Relaxed);
                    true
                }
                Err(TrySendError::Disconnected(_)) => false,
            }
        });
        if open.is_empty() {
            self.anybody.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};

    use super::*;

    fn batch(rows: i64) -> ChangeBatch {
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        ChangeBatch::inserts(RecordBatch::try_from_iter([("n", column)]).unwrap())
    }

    #[test]
    fn rows_are_shown_while_somebody_looks_and_never_pile_up() {
        let taps = Taps::default();
        taps.pass(1, &batch(1));
        assert!(!taps.is_watched());
        let tap = taps.open(1);
        taps.pass(0, &batch(9));
        assert!(tap.next().is_none(), "another node's rows");
        for rows in 0..WAITING as i64 + 2 {
            taps.pass(1, &batch(rows + 1));
        }
        let shown: Vec<usize> = std::iter::from_fn(|| tap.next()).map(|batch| batch.num_rows()).collect();
        assert_eq!(shown, (1..=WAITING).collect::<Vec<_>>());
        assert_eq!((tap.missed(), tap.missed()), (2 * WAITING + 3, 0));
        drop(tap);
        taps.pass(1, &batch(1));
        assert!(!taps.is_watched(), "nobody looks any more");
    }
}
