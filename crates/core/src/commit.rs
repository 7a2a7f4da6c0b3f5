//! The commit of an epoch: what becomes visible in one transaction, and who performs it.
//!
//! The protocol is Kafka → state store → one transaction; ARCHITECTURE.md tells it step by step.

use crate::{ChangeBatch, DeadLetter, Epoch, Result};

/// The last epoch that a job committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedEpoch {
    /// Fencing token of the present owner (the take-over has already raised it).
    pub generation: u64,
    /// 0 when the job never committed.
    pub epoch: Epoch,
    /// Name and hash of the state manifest; none while `epoch` is 0.
    pub manifest: Option<(String, Vec<u8>)>,
    /// Hash of the plan that wrote the state.
    pub plan_hash: Vec<u8>,
}

/// Changes of one epoch for one sink of the committer, in order.
#[derive(Clone, Debug)]
pub struct TableChanges {
    /// Index of the sink among those given to the committer.
    pub sink: usize,
    pub batches: Vec<ChangeBatch>,
}

/// All that an epoch makes visible.
#[derive(Clone, Debug)]
pub struct EpochCommit {
    pub epoch: Epoch,
    pub manifest: String,
    pub manifest_hash: Vec<u8>,
    pub plan_hash: Vec<u8>,
    /// JSON: topic → partition → next offset, per table.
    pub positions: serde_json::Value,
    pub changes: Vec<TableChanges>,
    pub dead_letters: Vec<DeadLetter>,
}

/// Waits until the epoch's state is durable; the same answer each time.
pub type DurableState<'a> = &'a mut dyn FnMut() -> Result<()>;

/// Owns the job's row and commits epochs, strictly in order. Lives on one thread that is never cancelled.
///
/// # Contract
/// 1. `take_over` raises the generation, so that every earlier owner is fenced.
/// 2. `commit(e)` succeeds for `e = committed + 1` only, and makes everything in it visible at once or nothing.
/// 3. On an error or silence it finds out by taking over again whether the epoch was committed: committed → `Ok`;
///    not committed and still ours → the same epoch is sent again; owned by another → `ErrorKind::Fenced`.
pub trait EpochCommitter: Send {
    /// What is committed, without taking anything over: a start that cannot succeed must not fence a job that runs.
    fn peek(&mut self) -> Result<Option<CommittedEpoch>>;

    fn take_over(&mut self) -> Result<CommittedEpoch>;

    /// `state` is called after the epoch is under way and before any of it can become visible, and more than once where
    /// the epoch is sent again; its error ends the commit, with nothing visible.
    fn commit(&mut self, commit: &EpochCommit, state: DurableState<'_>) -> Result<()>;
}
