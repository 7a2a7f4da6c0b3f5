//! The state store over many epochs: merging, clean-up and restarts never change what a restore reads.

use std::collections::BTreeMap;
use std::time::Duration;

use streamsql_core::{Epoch, KeyGroup, StateDelta};
use streamsql_state::delta::{DeltaReader, DeltaWriter, Record};
use streamsql_state::store::{EpochState, StateStore, StoreOptions};

type Model = BTreeMap<(u16, Vec<u8>), Vec<u8>>;

/// A store and what must be in it.
struct Run {
    store: StateStore,
    model: Model,
    epoch: u64,
    generation: u64,
    committed: Option<(String, Vec<u8>)>,
}

impl Run {
    fn new() -> Self {
        let store = StateStore::in_memory("j").unwrap().reopened(eager()).unwrap();
        Self { store, model: Model::new(), epoch: 0, generation: 1, committed: None }
    }

    /// An epoch that writes and deletes a few of 40 keys.
    fn epoch(&mut self) {
        self.epoch += 1;
        let mut writer = DeltaWriter::default();
        for i in 0..6u64 {
            let number = self.epoch * 7 + i * 11;
            let (group, key) = ((number % 40 % 4) as u16, (number % 40).to_be_bytes().to_vec());
            if number.is_multiple_of(5) {
                writer.delete(KeyGroup(group), &key);
                self.model.remove(&(group, key));
            } else {
                let value = self.epoch.to_be_bytes();
                writer.put(KeyGroup(group), &key, &value);
                self.model.insert((group, key), value.to_vec());
            }
        }
        let delta = StateDelta { table: 0, segment: writer.take() };
        let written = self.store.write_epoch(EpochState {
            generation: self.generation,
            epoch: Epoch(self.epoch),
            now_ms: 0,
            plan_fingerprint: "p".into(),
            sources: vec![],
            deltas: vec![(3, 0, delta)],
        });
        self.committed = Some(written.unwrap());
        self.store.committed().unwrap();
    }

    /// What a new process reads.
    fn restored(&self) -> (Model, usize) {
        let mut store = self.store.reopened(eager()).unwrap();
        let (name, hash) = self.committed.clone().unwrap();
        let manifest = store.load(&name, &hash).unwrap();
        let mut model = Model::new();
        let segments = store.read_segments(&manifest).unwrap();
        for segment in &segments {
            assert_eq!((segment.node, segment.table), (3, 0));
            for record in DeltaReader::new(&segment.bytes).unwrap() {
                match record.unwrap() {
                    Record::Put { key_group, key, value } => {
                        model.insert((key_group.0, key.to_vec()), value.to_vec());
                    }
                    Record::Delete { key_group, key } => {
                        model.remove(&(key_group.0, key.to_vec()));
                    }
                }
            }
        }
        (model, segments.len())
    }
}

/// Merges whenever it can and keeps nothing longer than two epochs.
fn eager() -> StoreOptions {
    StoreOptions { compaction_interval: Duration::ZERO, retain: Duration::ZERO, retain_epochs: 2 }
}

#[test]
fn merging_and_cleaning_change_nothing_and_bound_the_files() {
    let mut run = Run::new();
    let mut fewest = usize::MAX;
    for round in 0..400 {
        run.epoch();
        let (model, segments) = run.restored();
        assert_eq!(model, run.model, "after epoch {}", run.epoch);
        if round > 50 {
            fewest = fewest.min(segments);
        }
    }
    // Merging runs beside the epochs; without it there would be a segment for each.
    assert!(fewest < 50, "{fewest} segments at best");
    let files = run.store.files().unwrap();
    assert!(files.len() < 400, "{} files", files.len());
}

#[test]
fn files_of_earlier_processes_are_cleaned_and_the_newest_stay() {
    let mut run = Run::new();
    for _ in 0..5 {
        run.epoch();
    }
    // An epoch that was written but never committed.
    let committed = run.committed.clone();
    let model = run.model.clone();
    run.epoch();
    (run.committed, run.model) = (committed, model);
    run.epoch -= 1;
    // A new process goes on from the committed one, under a new generation.
    let mut store = run.store.reopened(eager()).unwrap();
    assert!(store.was_committed().unwrap());
    let (name, hash) = run.committed.clone().unwrap();
    store.load(&name, &hash).unwrap();
    run.store = store;
    run.generation = 2;
    let orphan = |files: &[String]| files.iter().any(|file| file.contains("06-g00000001"));
    run.epoch();
    assert!(orphan(&run.store.files().unwrap()), "nothing goes before its time");
    for _ in 0..8 {
        run.epoch();
        assert_eq!(run.restored().0, run.model);
    }
    assert!(!orphan(&run.store.files().unwrap()));
}

/// Every file of a small checkpoint, damaged in every byte and cut at every length, is refused, and never decoded.
#[test]
fn every_flip_and_cut_of_a_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let open = || StateStore::open(&place, "j", StoreOptions::default()).unwrap();
    let mut run = Run { store: open(), model: Model::new(), epoch: 0, generation: 1, committed: None };
    for _ in 0..3 {
        run.epoch();
    }
    let (name, hash) = run.committed.clone().unwrap();
    let mut store = open();
    let mut restore = || store.load(&name, &hash).and_then(|manifest| store.read_segments(&manifest));
    assert_eq!(restore().unwrap().len(), 3);
    let mut refused = 0;
    for file in run.store.files().unwrap() {
        let is_read = file == name || file.ends_with(".delta");
        let path = folder.path().join(&file);
        let whole = std::fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[place] ^= 0x10;
            for damaged in [flipped.as_slice(), &whole[..place]] {
                std::fs::write(&path, damaged).unwrap();
                // Older manifests are not needed any more.
                assert_eq!(restore().is_err(), is_read, "{file} at {place}");
                refused += usize::from(is_read);
            }
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(refused > 1_000, "{refused}");
    assert_eq!(restore().unwrap().len(), 3);
}
