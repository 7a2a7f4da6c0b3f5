//! Commit of jobs without a Postgres sink: the epoch's record in the state store is the commit point.
//!
//! ```text
//! commits/generation-{g:08}   created if absent: fences owners
//! commits/{epoch:020}         created if absent: generation and manifest of an epoch
//! commits/floor-{i:08}        every 1,000 epochs: an epoch from which the search for the newest may start
//! ```
//! Recovery takes the highest epoch without a gap above the newest floor; all is found by name, never by listing.

use serde::{Deserialize, Serialize};
use streamsql_core::{CommittedEpoch, DurableState, Epoch, EpochCommit, EpochCommitter, Error, Result};

use crate::store::{CreateError, Objects, StateStore, content_hash, hex};

/// Commits epochs by creating their record.
pub struct StoreCommitter {
    objects: Objects,
    generation: u64,
    committed: Epoch,
    /// Number of the newest floor and its epoch.
    floor: (u64, u64),
}

/// Epochs between two floors.
const FLOOR_EVERY: u64 = 1_000;

/// Records this far behind are deleted, where a floor stands above them.
const KEPT: u64 = 2 * FLOOR_EVERY;

#[derive(Serialize, Deserialize)]
struct Record {
    generation: u64,
    manifest: String,
    manifest_hash: Vec<u8>,
    plan_hash: Vec<u8>,
    positions: serde_json::Value,
}

/// First line of a record: form and version, then the hash of what follows.
const FORM: &str = "streamsql-commit 1";

impl Record {
    fn encode(&self) -> Result<Vec<u8>> {
        let body = serde_json::to_string(self).map_err(|e| Error::internal(e.to_string()))?;
        Ok(format!("{FORM} {}\n{body}", hex(&content_hash(body.as_bytes()))).into_bytes())
    }

    fn decode(bytes: &[u8], file: &str) -> Result<Self> {
        let damaged = |what: &str| Error::state(format!("state file {file} is damaged: {what}"));
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
        let (head, body) = text.split_once('\n').ok_or_else(|| damaged("it has no first line"))?;
        let hash = head
            .strip_prefix(FORM)
            .ok_or_else(|| damaged("it does not start as a commit record of this version"))?;
        if hash.trim() != hex(&content_hash(body.as_bytes())) {
            return Err(damaged("its checksum does not match"));
        }
        serde_json::from_str(body).map_err(|e| damaged(&e.to_string()))
    }
}

impl StoreCommitter {
    pub fn new(store: &StateStore) -> Self {
        Self { objects: store.objects(), generation: 0, committed: Epoch(0), floor: (0, 0) }
    }

    /// The last committed epoch and its record.
    fn newest(&mut self) -> Result<(Epoch, Option<Record>)> {
        let floor = self.highest(0, floor_name)?;
        let start = match floor {
            0 => 0,
            number => {
                let bytes = self.objects.read(&floor_name(number))?;
                let text = String::from_utf8_lossy(&bytes);
                text.trim().parse().map_err(|_| {
                    Error::state(format!("state file {} is damaged: it holds no number", floor_name(number)))
                })?
            }
        };
        self.floor = (floor, start);
        let epoch = self.highest(start, name)?;
        if epoch == 0 {
            return Ok((Epoch(0), None));
        }
        let record = Record::decode(&self.objects.read(&name(epoch))?, &name(epoch))?;
        Ok((Epoch(epoch), Some(record)))
    }

    /// The highest number whose file exists, by doubling and halving; from `start` on they exist without gaps.
    fn highest(&self, start: u64, name: impl Fn(u64) -> String) -> Result<u64> {
        let exists = |number: u64| self.objects.exists(&name(number));
        let mut step = 1;
        while exists(start + step)? {
            step *= 2;
        }
        let (mut low, mut high) = (start + step / 2, start + step);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if exists(middle)? { low = middle } else { high = middle }
        }
        Ok(low)
    }

    /// Sets a floor where it is time and deletes a record far below it. Failures cost space, nothing else.
    fn tidy(&mut self) {
        let epoch = self.committed.0;
        if epoch.is_multiple_of(FLOOR_EVERY) {
            let number = self.floor.0 + 1;
            if self.objects.create(&floor_name(number), epoch.to_string().into_bytes()).is_ok() {
                self.floor = (number, epoch);
            }
        }
        if let Some(old) = epoch.checked_sub(KEPT).filter(|old| *old > 0 && *old < self.floor.1) {
            let _ = self.objects.delete(&name(old));
        }
    }
}

fn name(epoch: u64) -> String {
    format!("commits/{epoch:020}")
}

fn generation_name(generation: u64) -> String {
    format!("commits/generation-{generation:08}")
}

fn floor_name(number: u64) -> String {
    format!("commits/floor-{number:08}")
}

fn committed_epoch(generation: u64, epoch: Epoch, record: Option<Record>) -> CommittedEpoch {
    CommittedEpoch {
        generation,
        epoch,
        plan_hash: record.as_ref().map(|r| r.plan_hash.clone()).unwrap_or_default(),
        manifest: record.map(|r| (r.manifest, r.manifest_hash)),
    }
}

impl EpochCommitter for StoreCommitter {
    fn peek(&mut self) -> Result<Option<CommittedEpoch>> {
        let (epoch, record) = self.newest()?;
        Ok(record.map(|record| committed_epoch(record.generation, epoch, Some(record))))
    }

    fn take_over(&mut self) -> Result<CommittedEpoch> {
        let mut generation = self.highest(0, generation_name)?;
        loop {
            generation += 1;
            match self.objects.create(&generation_name(generation), self.objects.owner().into_bytes()) {
                Ok(()) => break,
                Err(CreateError::Differs(_)) => {}
                Err(CreateError::Failed(error)) => return Err(error),
            }
        }
        self.generation = generation;
        let (epoch, record) = self.newest()?;
        self.committed = epoch;
        Ok(committed_epoch(generation, epoch, record))
    }

    fn commit(&mut self, commit: &EpochCommit, state: DurableState<'_>) -> Result<()> {
        if commit.epoch != self.committed.next() {
            return Err(Error::internal(format!("epoch {} after {}", commit.epoch, self.committed)));
        }
        if let Some(letter) = commit.dead_letters.first() {
            return Err(Error::failed(format!("a record cannot be read: {}", letter.error))
                .at(format!("{}/{}", letter.split, letter.offset))
                .hint("'on-error' = 'dead-letter' needs a sink in PostgreSQL, which holds streamsql.dead_letter"));
        }
        if let Some(owner) = self.objects.find(&generation_name(self.generation + 1))? {
            let owner = String::from_utf8_lossy(&owner).into_owned();
            let owner = owner.split_whitespace().next().unwrap_or("another instance");
            return Err(Error::fenced(format!("the job was taken over by {owner}")));
        }
        state()?;
        let record = Record {
            generation: self.generation,
            manifest: commit.manifest.clone(),
            manifest_hash: commit.manifest_hash.clone(),
            plan_hash: commit.plan_hash.clone(),
            positions: commit.positions.clone(),
        };
        match self.objects.create(&name(commit.epoch.0), record.encode()?) {
            Ok(()) => {
                self.committed = commit.epoch;
                self.tidy();
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
            first.commit(&commit(epoch), &mut || Ok(())).unwrap();
        }
        let mut second = StoreCommitter::new(&store);
        let taken = second.take_over().unwrap();
        assert_eq!((taken.epoch, taken.manifest.unwrap().0), (Epoch(5), "m5".to_owned()));
        assert_eq!(
            first.commit(&commit(6), &mut || Ok(())).unwrap_err().kind,
            streamsql_core::ErrorKind::Fenced
        );
        second.commit(&commit(6), &mut || Ok(())).unwrap();
    }
    #[test]
    fn old_records_go_and_the_newest_is_still_found() {
        let store = StateStore::in_memory("j").unwrap();
        let mut first = StoreCommitter::new(&store);
        first.take_over().unwrap();
        for epoch in 1..=4_321 {
            first.commit(&commit(epoch), &mut || Ok(())).unwrap();
        }
        assert!(first.objects.find(&name(2_000)).unwrap().is_none());
        let mut second = StoreCommitter::new(&store);
        assert_eq!(second.peek().unwrap().unwrap().epoch, Epoch(4_321));
        assert_eq!(second.take_over().unwrap().epoch, Epoch(4_321));
    }

    #[test]
    fn a_damaged_record_is_refused() {
        let record = Record {
            generation: 1,
            manifest: "m".into(),
            manifest_hash: vec![1],
            plan_hash: vec![2],
            positions: serde_json::json!({"t": {"0": 5}}),
        };
        let bytes = record.encode().unwrap();
        assert_eq!(Record::decode(&bytes, "f").unwrap().manifest, "m");
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            assert!(Record::decode(&flipped, "f").is_err(), "flip at {position}");
        }
    }
}
