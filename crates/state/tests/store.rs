//! The state store over many epochs: collection, clean-up and restarts never change what a restore reads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array};
use streamsql_core::{
    Column, Epoch, KeyGroupRange, LogicalType, Result, Schema, StateForm, StateLayout, StateTable,
};
use streamsql_state::manifest::Manifest;
use streamsql_state::store::{EpochState, StateStore, StoreOptions};
use streamsql_state::tables::{KeyBatch, KeyCodec, OneTable};

type Model = BTreeMap<i64, i64>;

/// Node of the table in the manifests.
const NODE: usize = 3;

/// A store, a table whose epochs it keeps, and what must be in it.
struct Run {
    store: StateStore,
    table: OneTable,
    model: Model,
    epoch: u64,
    generation: u64,
    committed: Option<(String, Vec<u8>)>,
}

fn table() -> OneTable {
    let number = |name: &str| Column::new(name, LogicalType::BigInt, false);
    let layout = StateLayout {
        form: StateForm::One,
        columns: vec![number("key"), number("value")],
        key: vec![0],
        order: vec![],
        ttl_ms: 0,
    };
    OneTable::new("numbers", 0, &layout, KeyGroupRange::ALL).unwrap()
}

fn keys(numbers: &[i64]) -> KeyBatch {
    let schema = Schema::new(vec![Column::new("key", LogicalType::BigInt, false)]).to_arrow();
    let column: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
    let mut keys = KeyBatch::default();
    KeyCodec::new(&schema, &[0]).unwrap().encode_columns(&[column], numbers.len(), &mut keys).unwrap();
    keys
}

fn content(table: &OneTable) -> Model {
    let rows = table.all().map(|row| table.row(row));
    rows.map(|row| (row.i64(0).unwrap(), row.i64(1).unwrap())).collect()
}

impl Run {
    fn over(store: StateStore) -> Self {
        Self { store, table: table(), model: Model::new(), epoch: 0, generation: 1, committed: None }
    }

    fn new() -> Self {
        Self::over(StateStore::in_memory("j").unwrap().reopened(eager()).unwrap())
    }

    /// Files in a folder, none of which is deleted.
    fn in_folder(folder: &std::path::Path) -> Self {
        Self::over(StateStore::open(&folder.display().to_string(), "j", StoreOptions::default()).unwrap())
    }

    /// Sets or deletes a key.
    fn change(&mut self, key: i64, value: Option<i64>) {
        let keys = keys(&[key]);
        let mut slots = Vec::new();
        self.table.probe(&keys, &mut slots).unwrap();
        match value {
            Some(value) => {
                self.table.edit(&keys, 0, &mut slots[0]).unwrap().set_i64(1, value).unwrap();
                self.model.insert(key, value);
            }
            None => {
                self.table.remove(&mut slots[0]);
                self.model.remove(&key);
            }
        }
    }

    /// An epoch that writes and deletes a few of 40 keys.
    fn epoch(&mut self) {
        for i in 0..6 {
            let number = (self.epoch + 1) * 7 + i * 11;
            let value = (!number.is_multiple_of(5)).then_some(self.epoch as i64);
            self.change((number % 40) as i64, value);
        }
        self.close();
    }

    /// Ends the epoch.
    fn close(&mut self) {
        self.epoch += 1;
        let delta = self.table.barrier(Epoch(self.epoch), 0).unwrap();
        let written = self.store.write_epoch(EpochState {
            generation: self.generation,
            epoch: Epoch(self.epoch),
            now_ms: 0,
            plan: Arc::default(),
            sources: vec![],
            deltas: delta.into_iter().map(|delta| (NODE, 0, delta)).collect(),
            tokens: vec![],
        });
        self.committed = Some(written.unwrap());
        self.store.durable().unwrap();
        self.store.committed().unwrap();
    }

    /// What a new process reads, and of how many segments.
    fn restored(&self) -> (Model, usize) {
        let mut store = self.store.reopened(eager()).unwrap();
        let (manifest, table) = restore(&mut store, self.committed.as_ref().unwrap()).unwrap();
        (content(&table), manifest.segments.len())
    }

    /// Goes on as a new process.
    fn restart(&mut self, options: StoreOptions) {
        let mut store = self.store.reopened(options).unwrap();
        self.table = restore(&mut store, self.committed.as_ref().unwrap()).unwrap().1;
        (self.store, self.generation) = (store, self.generation + 1);
    }
}

fn restore(store: &mut StateStore, committed: &(String, Vec<u8>)) -> Result<(Manifest, OneTable)> {
    let manifest = store.load(&committed.0, &committed.1)?;
    let mut table = table();
    store.restore(&manifest, NODE, 0, &mut table)?;
    Ok((manifest, table))
}

/// Keeps nothing longer than two epochs.
fn eager() -> StoreOptions {
    StoreOptions { retain: Duration::ZERO, retain_epochs: 2 }
}

#[test]
fn collection_and_cleaning_change_nothing_and_bound_the_files() {
    let mut run = Run::new();
    let mut most = 0;
    for round in 0..400 {
        run.epoch();
        if round % 7 == 0 {
            let (model, segments) = run.restored();
            assert_eq!(model, run.model, "after epoch {}", run.epoch);
            most = most.max(segments);
        }
        if round % 50 == 49 {
            run.restart(eager());
        }
    }
    // Pages with little life are collected, and what is told of gone rows is told anew; without it there would be a
    // segment for each epoch.
    assert!(most < 100, "{most} segments");
    let files = run.store.files().unwrap();
    assert!(files.len() < 120, "{} files", files.len());
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
    assert!(run.store.reopened(eager()).unwrap().was_committed().unwrap());
    run.restart(eager());
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
    for epoch in 0..3 {
        // Nothing is written twice, so that every byte counts.
        (0..4).for_each(|key| run.change(epoch * 10 + key, Some(key)));
        run.close();
    }
    let committed = run.committed.clone().unwrap();
    let mut store = run.store.reopened(StoreOptions::default()).unwrap();
    let mut restored = || restore(&mut store, &committed).map(|(_, table)| content(&table));
    assert_eq!(restored().unwrap(), run.model);
    let files = run.store.files().unwrap();
    assert_eq!(files.len(), 1, "the epochs of a process are in one file");
    let path = folder.path().join(&files[0]);
    let whole = std::fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        for damaged in [flipped.as_slice(), &whole[..place]] {
            std::fs::write(&path, damaged).unwrap();
            let error = restored().unwrap_err();
            assert_eq!(error.kind.exit_code(), 6, "damage at {place}: {error}");
        }
    }
    // What a crash left behind the committed epoch is nobody's.
    std::fs::write(&path, [whole.as_slice(), b"half an epoch"].concat()).unwrap();
    assert_eq!(restored().unwrap(), run.model);
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
    for (committed, model) in history {
        run.committed = committed;
        assert_eq!(run.restored().0, model);
    }
}

/// A later manifest names only what is new, so that an epoch costs what it changed.
#[test]
fn a_manifest_says_what_came_and_went() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::in_folder(folder.path());
    let mut lengths = Vec::new();
    for epoch in 0..60 {
        run.change(epoch, Some(epoch));
        run.close();
        let (name, _) = run.committed.clone().unwrap();
        lengths.push(name.rsplit('+').next().unwrap().parse::<usize>().unwrap());
    }
    // Every eighth epoch gathers the small pages of the last ones, and says so.
    let shortest = lengths[1..].iter().min().unwrap();
    let short = lengths[1..].iter().filter(|length| **length < shortest + 20).count();
    assert!(short > 40, "{lengths:?}");
    assert_eq!(run.restored().0, run.model);
}

/// A process that goes on from an epoch of another one's file begins a file of its own and names all in it.
#[test]
fn a_new_process_begins_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::in_folder(folder.path());
    for _ in 0..3 {
        run.epoch();
    }
    run.restart(StoreOptions::default());
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
        plan: Arc::default(),
        sources: vec![],
        deltas: vec![],
        tokens: vec![],
    };
    run.store.write_epoch(epoch(1)).unwrap();
    for _ in 0..2 {
        assert!(run.store.durable().unwrap_err().message.contains("cannot write"));
    }
    assert!(run.store.write_epoch(epoch(2)).is_err(), "nothing follows an epoch that is not there");
}

/// What a sink prepared is found again by its name, in a later file too, and damage is told.
#[test]
fn tokens_are_stored_with_their_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let open = || StateStore::open(&place, "j", StoreOptions::default()).unwrap();
    let mut store = open();
    let mut write = |number: u64, tokens: Vec<(String, Vec<u8>)>| {
        let state = EpochState {
            generation: 1,
            epoch: Epoch(number),
            now_ms: 0,
            plan: Arc::default(),
            sources: vec![],
            deltas: vec![],
            tokens,
        };
        let written = store.write_epoch(state).unwrap();
        store.durable().unwrap();
        written
    };
    let first = write(1, vec![("a".into(), vec![1, 2, 3]), ("b".into(), vec![])]);
    let second = write(2, vec![("b".into(), vec![4])]);
    let mut reopened = open();
    let manifest = reopened.load(&first.0, &first.1).unwrap();
    assert_eq!(reopened.token(&manifest, "a").unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(reopened.token(&manifest, "b").unwrap(), None);
    let manifest = reopened.load(&second.0, &second.1).unwrap();
    assert_eq!(reopened.token(&manifest, "a").unwrap(), None);
    let token = &manifest.tokens[0];
    let path = folder.path().join(&token.file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[token.offset as usize] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(reopened.token(&manifest, "b").unwrap_err().kind.exit_code(), 6);
}
