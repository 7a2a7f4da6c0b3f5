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

    /// Files in a folder, none of which is merged or deleted.
    fn in_folder(folder: &std::path::Path) -> Self {
        let store = StateStore::open(&folder.display().to_string(), "j", StoreOptions::default()).unwrap();
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
        self.store.durable().unwrap();
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

/// A small checkpoint, damaged in every byte and cut at every length, is refused, and never decoded.
#[test]
fn every_flip_and_cut_of_a_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::in_folder(folder.path());
    for _ in 0..3 {
        run.epoch();
    }
    let (name, hash) = run.committed.clone().unwrap();
    let mut store = run.store.reopened(StoreOptions::default()).unwrap();
    let mut restore = || store.load(&name, &hash).and_then(|manifest| store.read_segments(&manifest));
    assert_eq!(restore().unwrap().len(), 3);
    let files = run.store.files().unwrap();
    assert_eq!(files.len(), 1, "the epochs of a process are in one file");
    let path = folder.path().join(&files[0]);
    let whole = std::fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        for damaged in [flipped.as_slice(), &whole[..place]] {
            std::fs::write(&path, damaged).unwrap();
            assert!(restore().is_err(), "damage at {place}");
        }
    }
    // What a crash left behind the committed epoch is nobody's.
    std::fs::write(&path, [whole.as_slice(), b"half an epoch"].concat()).unwrap();
    assert_eq!(restore().unwrap().len(), 3);
}

/// Epochs of one process go to one file, and every one of them can be gone back to.
#[test]
fn every_epoch_of_a_file_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::in_folder(folder.path());
    let mut history = Vec::new();
    for _ in 0..20 {
        run.epoch();
        history.push((run.committed.clone(), run.model.clone()));
    }
    assert_eq!(run.store.files().unwrap().len(), 1);
    // A later manifest names only what is new, so that an epoch costs what it changed.
    let length = |(committed, _): &(Option<(String, Vec<u8>)>, Model)| {
        let (name, _) = committed.clone().unwrap();
        name.rsplit('+').next().unwrap().parse::<usize>().unwrap()
    };
    assert!(length(&history[19]) < length(&history[1]) + 10);
    for (committed, model) in history {
        run.committed = committed;
        assert_eq!(run.restored().0, model);
    }
}

/// A process that goes on from an epoch of another one's file begins a file of its own and names all in it.
#[test]
fn a_new_process_begins_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::in_folder(folder.path());
    for _ in 0..3 {
        run.epoch();
    }
    let mut store = run.store.reopened(StoreOptions::default()).unwrap();
    let (name, hash) = run.committed.clone().unwrap();
    store.load(&name, &hash).unwrap();
    (run.store, run.generation) = (store, 2);
    run.epoch();
    run.epoch();
    assert_eq!(run.restored().0, run.model);
    assert_eq!(run.store.files().unwrap().len(), 2);
}

#[test]
fn an_epoch_that_cannot_be_written_is_never_durable() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::in_folder(folder.path());
    std::fs::write(folder.path().join("epochs"), "a file in the folder's place").unwrap();
    let epoch = |number| EpochState {
        generation: 1,
        epoch: Epoch(number),
        now_ms: 0,
        plan_fingerprint: "p".into(),
        sources: vec![],
        deltas: vec![],
    };
    run.store.write_epoch(epoch(1)).unwrap();
    for _ in 0..2 {
        assert!(run.store.durable().unwrap_err().message.contains("cannot write"));
    }
    assert!(run.store.write_epoch(epoch(2)).is_err(), "nothing follows an epoch that is not there");
}
