//! The commit thread: state to the store and the rows into one transaction, side by side; COMMIT when both are there;
//! then sinks of their own, two-phase ones around the commit (`two_phase`). Epoch by epoch.
//!
//! It is never cancelled. While it commits epoch e, the shards compute e+1; e+1 is handed over only after e is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use streamsql_core::{
    ChangeBatch, DeadLetter, Epoch, EpochCommit, EpochCommitter, EpochRows, Error, Result, StateDelta,
    TableChanges,
};
use streamsql_plan::NodeId;
use streamsql_state::manifest::{SourceState, StoredPlan};
use streamsql_state::store::{EpochState, StateStore};

use crate::clock::{Clock, SystemClock};
use crate::driver::{Event, Links};
use crate::fate::FatedThread;
use crate::job::SinkBinding;
use crate::two_phase;

/// All of an epoch, gathered from the shards and scans.
pub struct EpochData {
    pub epoch: Epoch,
    pub sinks: Vec<(NodeId, ChangeBatch)>,
    /// Node, shard, delta.
    pub deltas: Vec<(usize, u16, StateDelta)>,
    pub sources: Vec<SourceState>,
    pub dead_letters: Vec<DeadLetter>,
    pub now_ms: i64,
    /// The job ends with it, or is stopped.
    pub is_last: bool,
    /// No row follows, since all input was read.
    pub input_ended: bool,
}

/// An epoch that is durable and visible.
#[derive(Clone, Copy, Debug)]
pub struct Committed {
    pub epoch: Epoch,
    pub took: Duration,
    /// Of this, until its state was durable.
    pub state: Duration,
    /// That were written of state.
    pub state_bytes: u64,
    pub rows_out: u64,
    /// Processing time at which another epoch must end even if no row comes, ms.
    pub due_ms: Option<i64>,
}

/// What the thread owns.
pub struct Commit {
    pub committer: Box<dyn EpochCommitter>,
    pub store: StateStore,
    pub sinks: BTreeMap<NodeId, SinkBinding>,
    pub generation: u64,
    pub plan: Arc<StoredPlan>,
    pub plan_hash: Vec<u8>,
}

/// Handle of the running thread.
pub struct CommitThread {
    epochs: Option<Sender<EpochData>>,
    thread: FatedThread,
}

impl CommitThread {
    pub(crate) fn start(mut commit: Commit, links: &Links) -> Result<Self> {
        let (epochs, receiver) = channel::<EpochData>();
        let (events, metrics) = (links.events.clone(), Arc::clone(&links.metrics));
        let thread = links.spawn("commit".to_owned(), move || {
            let clock = SystemClock::default();
            for data in receiver {
                let committed = commit.run(data, &clock).inspect_err(|_| metrics.epochs.failed())?;
                if events.send(Event::Committed(committed)).is_err() {
                    break;
                }
            }
            Ok(())
        })?;
        Ok(Self { epochs: Some(epochs), thread })
    }

    /// Hands over the next epoch.
    pub fn commit(&self, data: EpochData) -> Result<()> {
        let sent = self.epochs.as_ref().is_some_and(|epochs| epochs.send(data).is_ok());
        if sent { Ok(()) } else { Err(Error::internal("the commit thread has ended")) }
    }
}

impl Drop for CommitThread {
    fn drop(&mut self) {
        // An epoch that was handed over is finished before we go, if its services answer within the grace: a commit that
        // is cut is as one that a kill has cut.
        self.epochs = None;
        self.thread.join();
    }
}

impl Commit {
    fn run(&mut self, data: EpochData, clock: &dyn Clock) -> Result<Committed> {
        let start = clock.monotonic();
        let parts = data.deltas.iter().flat_map(|(_, _, delta)| &delta.parts);
        let state_bytes = parts.map(|part| part.len() as u64).sum();
        let positions = positions_json(&data.sources);
        let mut transactional: BTreeMap<usize, Vec<ChangeBatch>> = BTreeMap::new();
        let mut direct: BTreeMap<NodeId, Vec<ChangeBatch>> = BTreeMap::new();
        let mut rows_out = 0;
        for (node, batch) in data.sinks {
            rows_out += batch.num_rows() as u64;
            match self.sinks.get(&node) {
                Some(SinkBinding::Transactional(sink)) => transactional.entry(*sink).or_default().push(batch),
                _ => direct.entry(node).or_default().push(batch),
            }
        }
        let prepared = two_phase::prepare(&mut self.sinks, &mut direct, |changes| EpochRows {
            epoch: data.epoch,
            now_ms: data.now_ms,
            changes,
            is_last: data.is_last,
            input_ended: data.input_ended,
        })?;
        let state = EpochState {
            generation: self.generation,
            epoch: data.epoch,
            now_ms: data.now_ms,
            plan: Arc::clone(&self.plan),
            sources: data.sources,
            deltas: data.deltas,
            tokens: two_phase::tokens(&self.sinks, &prepared)?,
        };
        let (manifest, manifest_hash) = self.store.write_epoch(state)?;
        let commit = EpochCommit {
            epoch: data.epoch,
            manifest,
            manifest_hash,
            plan_hash: self.plan_hash.clone(),
            positions,
            changes: transactional
                .into_iter()
                .map(|(sink, batches)| TableChanges { sink, batches })
                .collect(),
            dead_letters: data.dead_letters,
        };
        let store = &mut self.store;
        let mut durable_at = start;
        self.committer.commit(&commit, &mut || {
            store.durable()?;
            durable_at = clock.monotonic();
            Ok(())
        })?;
        self.store.committed()?;
        two_phase::commit(&mut self.sinks, &prepared, data.epoch)?;
        for (node, batches) in direct {
            if let Some(SinkBinding::Direct(sink)) = self.sinks.get_mut(&node) {
                sink.write(data.epoch, &batches)?;
                sink.flush()?;
            }
        }
        let (took, state) = (clock.monotonic() - start, durable_at - start);
        let due_ms = two_phase::due_ms(&self.sinks);
        Ok(Committed { epoch: data.epoch, took, state, state_bytes, rows_out, due_ms })
    }
}

/// topic → partition → next offset, for people and for checks against the manifest. Where two scans read one topic,
/// the lower offset counts: everything before it is in the result.
fn positions_json(sources: &[SourceState]) -> serde_json::Value {
    let mut topics: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
    for split in sources.iter().flat_map(|source| &source.splits) {
        let partition = topics.entry(&split.topic).or_default();
        let position = partition.entry(split.partition.to_string()).or_insert(split.position);
        *position = split.position.min(*position);
    }
    serde_json::json!(topics)
}
