//! Commit of jobs without a Postgres sink: the epoch's record in the state store is the commit point.
//!
//! `commits/generation-{g:08}` fences owners, `commits/{epoch:020}` is created if absent with the generation and the
//! manifest inside. Recovery takes the highest epoch without a gap; both are found by name, never by listing.

use serde::{Deserialize, Serialize};
use streamsql_core::{CommittedEpoch, Epoch, EpochCommit, EpochCommitter, Error, Result};

use crate::store::{CreateError, Objects, StateStore};

/// Commits epochs by creating their record.
pub struct StoreCommitter {
    objects: Objects,
    generation: u64,
    committed: Epoch,
}

#[derive(Serialize, Deserialize)]
struct Record {
    generation: u64,
    manifest: String,
    manifest_hash: Vec<u8>,
    plan_hash: Vec<u8>,
    positions: serde_json::Value,
}

impl StoreCommitter {
    pub fn new(store: &StateStore) -> Self {
        Self { objects: store.objects(), generation: 0, committed: Epoch(0) }
    }

    fn record(&self, epoch: u64) -> Result<Option<Record>> {
        let Some(bytes) = self.objects.find(&name(epoch))? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| Error::state(format!("state file {} is damaged: {e}", name(epoch))))
    }

    /// The highest number for which `exists`, by doubling and halving; numbers exist without gaps from 1.
    fn highest(&self, exists: impl Fn(u64) -> Result<bool>) -> Result<u64> {
        let mut high = 1;
        while exists(high)? {
            high *= 2;
        }
        let mut low = high / 2;
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if exists(middle)? { low = middle } else { high = middle }
        }
        Ok(low)
    }
}

fn name(epoch: u64) -> String {
    format!("commits/{epoch:020}")
}

fn generation_name(generation: u64) -> String {
    format!("commits/generation-{generation:08}")
}

impl EpochCommitter for StoreCommitter {
    fn take_over(&mut self) -> Result<CommittedEpoch> {
        let mut generation = self.highest(|g| Ok(self.objects.find(&generation_name(g))?.is_some()))?;
        loop {
            generation += 1;
            let owner = format!("{generation} pid {}", std::process::id());
            match self.objects.create(&generation_name(generation), owner.into_bytes()) {
                Ok(()) => break,
                Err(CreateError::Differs(_)) => {}
                Err(CreateError::Failed(error)) => return Err(error),
            }
        }
        self.generation = generation;
        let epoch = self.highest(|epoch| Ok(self.objects.find(&name(epoch))?.is_some()))?;
        self.committed = Epoch(epoch);
        let record = if epoch == 0 { None } else { self.record(epoch)? };
        Ok(CommittedEpoch {
            generation,
            epoch: Epoch(epoch),
            plan_hash: record.as_ref().map(|r| r.plan_hash.clone()).unwrap_or_default(),
            manifest: record.map(|r| (r.manifest, r.manifest_hash)),
        })
    }

    fn commit(&mut self, commit: &EpochCommit) -> Result<()> {
        if commit.epoch != self.committed.next() {
            return Err(Error::internal(format!("epoch {} after {}", commit.epoch, self.committed)));
        }
        if self.objects.find(&generation_name(self.generation + 1))?.is_some() {
            return Err(Error::fenced("another instance has taken over this job"));
        }
        let record = Record {
            generation: self.generation,
            manifest: commit.manifest.clone(),
            manifest_hash: commit.manifest_hash.clone(),
            plan_hash: commit.plan_hash.clone(),
            positions: commit.positions.clone(),
        };
        let bytes = serde_json::to_vec(&record).map_err(|e| Error::internal(e.to_string()))?;
        match self.objects.create(&name(commit.epoch.0), bytes) {
            Ok(()) => {
                self.committed = commit.epoch;
                Ok(())
            }
            Err(CreateError::Differs(_)) => Err(Error::fenced("another instance has committed this epoch")),
            Err(CreateError::Failed(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(epoch: u64) -> EpochCommit {
        EpochCommit {
            epoch: Epoch(epoch),
            manifest: format!("m{epoch}"),
            manifest_hash: vec![1],
            plan_hash: vec![2],
            positions: serde_json::json!({}),
            changes: vec![],
            dead_letters: vec![],
        }
    }

    #[test]
    fn the_newer_owner_fences_the_older_and_goes_on() {
        let store = StateStore::in_memory("j").unwrap();
        let mut first = StoreCommitter::new(&store);
        assert_eq!(first.take_over().unwrap().epoch, Epoch(0));
        for epoch in 1..=5 {
            first.commit(&commit(epoch)).unwrap();
        }
        let mut second = StoreCommitter::new(&store);
        let taken = second.take_over().unwrap();
        assert_eq!((taken.epoch, taken.manifest.unwrap().0), (Epoch(5), "m5".to_owned()));
        assert_eq!(first.commit(&commit(6)).unwrap_err().kind, streamsql_core::ErrorKind::Fenced);
        second.commit(&commit(6)).unwrap();
    }
}
