//! The state store: an epoch's deltas and its manifest as immutable files, created if absent and synced.
//!
//! ```text
//! identity                              the job's name, written once: two jobs cannot share a folder
//! epochs/{epoch:020}-g{gen:08}.delta    all segments of an epoch, one after the other
//! epochs/{epoch:020}-g{gen:08}.manifest what the state at that epoch consists of
//! bases/{epoch:020}-g{gen:08}.base      compacted segments, named by the next epoch's manifest
//! commits/…                             see `store_committer`
//! ```
//! Names carry the generation, so a retry or an older owner can never collide. Recovery reads by name, never by listing.
//! Nothing is deleted because something *reported* failure: only files that no manifest of the retention window names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use streamsql_core::{Epoch, Error, Result, StateDelta};
use xxhash_rust::xxh3::xxh3_128;

use crate::compaction::compact;
use crate::manifest::{Manifest, SegmentRef, SourceState};

/// What `write_epoch` makes durable.
pub struct EpochState {
    pub generation: u64,
    pub epoch: Epoch,
    pub now_ms: i64,
    pub plan_fingerprint: String,
    pub sources: Vec<SourceState>,
    /// Node, shard, delta.
    pub deltas: Vec<(usize, u16, StateDelta)>,
}

/// A segment that passed its checks.
#[derive(Clone, Debug)]
pub struct Segment {
    pub node: usize,
    pub table: usize,
    pub bytes: Vec<u8>,
}

/// When deltas are compacted and how long superseded files stay.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// Least time between two compactions.
    pub compaction_interval: Duration,
    /// Superseded files stay this long, so that a restored older database still finds its state.
    pub retain: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { compaction_interval: Duration::from_secs(10), retain: Duration::from_secs(600) }
    }
}

/// Files of one job. Used by the commit thread only; calls block until the bytes are durable.
pub struct StateStore {
    objects: Objects,
    job: String,
    options: StoreOptions,
    /// Segments of the newest manifest, and that manifest's name and hash.
    segments: Vec<SegmentRef>,
    parent: Option<(String, String)>,
    compaction: Option<Receiver<Result<Compacted>>>,
    last_compaction: Instant,
    /// Files no longer named by the newest manifest, and since when.
    superseded: BTreeMap<String, Instant>,
}

struct Compacted {
    base: Vec<SegmentRef>,
    replaced: BTreeSet<(String, u64)>,
}

/// The store with the runtime that drives it; cheap to clone.
#[derive(Clone)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    runtime: Arc<tokio::runtime::Runtime>,
    /// For messages.
    place: String,
}

impl StateStore {
    /// Opens or creates the folder of `job` at a path or `file://` URL and checks that it can be written and read.
    ///
    /// # Errors
    /// `State` when the folder belongs to another job; `Unreachable` when it cannot be written.
    pub fn open(location: &str, job: &str, options: StoreOptions) -> Result<Self> {
        if let Some((scheme, _)) = location.split_once("://")
            && scheme != "file"
        {
            return Err(Error::invalid(format!(
                "state location '{location}': scheme '{scheme}' is not built in"
            ))
            .hint("use a folder; object stores come with a later release"));
        }
        let folder = location.strip_prefix("file://").unwrap_or(location);
        std::fs::create_dir_all(FilePath::new(folder))
            .map_err(|e| Error::unreachable(format!("cannot create the state folder {folder}: {e}")))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|e| Error::unreachable(format!("cannot open the state folder {folder}: {e}")))?
            .with_fsync(true);
        let opened = Self::over(Arc::new(store), folder, job, options)?;
        opened.check_identity()?;
        Ok(opened)
    }

    /// A store that forgets everything with the process.
    pub fn in_memory(job: &str) -> Result<Self> {
        Self::over(Arc::new(InMemory::new()), "memory", job, StoreOptions::default())
    }

    fn over(store: Arc<dyn ObjectStore>, place: &str, job: &str, options: StoreOptions) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("state-store")
            .build()
            .map_err(|e| Error::failed(format!("cannot start the state store: {e}")))?;
        Ok(Self {
            objects: Objects { store, runtime: Arc::new(runtime), place: place.to_owned() },
            job: job.to_owned(),
            options,
            segments: Vec::new(),
            parent: None,
            compaction: None,
            last_compaction: Instant::now(),
            superseded: BTreeMap::new(),
        })
    }

    pub(crate) fn objects(&self) -> Objects {
        self.objects.clone()
    }

    fn check_identity(&self) -> Result<()> {
        let mine = format!("streamsql state of job {}\n", self.job);
        match self.objects.create("identity", mine.as_bytes().to_vec()) {
            Ok(()) => Ok(()),
            Err(CreateError::Differs(found)) => Err(Error::state(format!(
                "{} holds {}, not job {}",
                self.objects.place,
                String::from_utf8_lossy(&found).trim(),
                self.job
            ))
            .hint("give each job a state folder of its own (job.state in streamsql.yaml)")),
            Err(CreateError::Failed(error)) => Err(error),
        }
    }

    /// Reads a manifest that the committed job row names.
    ///
    /// # Errors
    /// `State` when it is missing, damaged or not the one that was committed.
    pub fn load(&mut self, name: &str, hash: &[u8]) -> Result<Manifest> {
        let bytes = self.objects.read(name)?;
        if content_hash(&bytes) != hash {
            return Err(Error::state(format!(
                "state file {}/{name} is not the one that was committed (its hash differs)",
                self.objects.place
            ))
            .hint(
                "restore the state folder that belongs to this database, or start the job under a new name",
            ));
        }
        let manifest = Manifest::decode(&bytes, name)?;
        if manifest.job != self.job {
            return Err(Error::state(format!("{name} belongs to job {}, not {}", manifest.job, self.job)));
        }
        self.segments = manifest.segments.clone();
        self.parent = Some((name.to_owned(), hex(hash)));
        Ok(manifest)
    }

    /// The segments of a manifest in reading order, each checked before it is handed out.
    pub fn read_segments(&self, manifest: &Manifest) -> Result<Vec<Segment>> {
        read_segments(&self.objects, &manifest.segments)
    }

    /// Makes an epoch's state durable. Returns the manifest's name and hash, to be committed.
    pub fn write_epoch(&mut self, state: EpochState) -> Result<(String, Vec<u8>)> {
        self.take_compaction()?;
        let stem = format!("{:020}-g{:08}", state.epoch.0, state.generation);
        let file = format!("epochs/{stem}.delta");
        let mut bytes = Vec::new();
        for (node, _shard, delta) in &state.deltas {
            if delta.segment.is_empty() {
                continue;
            }
            self.segments.push(SegmentRef {
                node: *node,
                table: delta.table,
                file: file.clone(),
                offset: bytes.len() as u64,
                length: delta.segment.len() as u64,
                hash: hex(&xxh3_128(&delta.segment).to_le_bytes()),
                base: false,
            });
            bytes.extend_from_slice(&delta.segment);
        }
        if !bytes.is_empty() {
            self.objects.put(&file, bytes)?;
        }
        let manifest = Manifest {
            job: self.job.clone(),
            generation: state.generation,
            epoch: state.epoch.0,
            parent: self.parent.clone(),
            plan_fingerprint: state.plan_fingerprint,
            now_ms: state.now_ms,
            sources: state.sources,
            segments: self.segments.clone(),
        };
        let name = format!("epochs/{stem}.manifest");
        let bytes = manifest.encode()?;
        let hash = content_hash(&bytes);
        self.objects.put(&name, bytes)?;
        if let Some((old, _)) = self.parent.replace((name.clone(), hex(&hash))) {
            self.superseded.insert(old, Instant::now());
        }
        Ok((name, hash))
    }

    /// Called when the epoch is committed: compaction and clean-up may go on from it.
    pub fn committed(&mut self, epoch: Epoch) -> Result<()> {
        let deltas = self.segments.iter().filter(|segment| !segment.base);
        let due = self.last_compaction.elapsed() >= self.options.compaction_interval;
        let bytes: u64 = deltas.clone().map(|segment| segment.length).sum();
        let base: u64 = self.segments.iter().filter(|s| s.base).map(|s| s.length).sum();
        // Below this a compaction costs more than reading the deltas at a restart would.
        let worth = deltas.count() > 30 && (bytes >= base / 2 || bytes > 64 << 20);
        if due && worth && self.compaction.is_none() {
            self.start_compaction(epoch)?;
        }
        self.delete_superseded();
        Ok(())
    }

    fn start_compaction(&mut self, epoch: Epoch) -> Result<()> {
        self.last_compaction = Instant::now();
        let (sender, receiver) = channel();
        let (objects, segments) = (self.objects.clone(), self.segments.clone());
        let stem = self.parent.as_ref().map_or_else(
            || epoch.to_string(),
            |(name, _)| name.trim_start_matches("epochs/").trim_end_matches(".manifest").to_owned(),
        );
        std::thread::Builder::new()
            .name("compaction".to_owned())
            .spawn(move || {
                let _ = sender.send(write_base(&objects, &segments, &format!("bases/{stem}.base")));
            })
            .map_err(|e| Error::failed(format!("cannot start a compaction: {e}")))?;
        self.compaction = Some(receiver);
        Ok(())
    }

    /// Puts a finished compaction's base in the place of what it replaces; the next manifest names it.
    fn take_compaction(&mut self) -> Result<()> {
        let Some(receiver) = &self.compaction else { return Ok(()) };
        let compacted = match receiver.try_recv() {
            Ok(result) => result?,
            Err(TryRecvError::Empty) => return Ok(()),
            Err(TryRecvError::Disconnected) => {
                return Err(Error::internal("the compaction thread ended early"));
            }
        };
        self.compaction = None;
        let (old, newer): (Vec<_>, Vec<_>) = std::mem::take(&mut self.segments)
            .into_iter()
            .partition(|segment| compacted.replaced.contains(&(segment.file.clone(), segment.offset)));
        self.segments = compacted.base;
        self.segments.extend(newer);
        let live: BTreeSet<&str> = self.segments.iter().map(|segment| segment.file.as_str()).collect();
        for segment in old {
            if !live.contains(segment.file.as_str()) {
                self.superseded.entry(segment.file).or_insert_with(Instant::now);
            }
        }
        Ok(())
    }

    fn delete_superseded(&mut self) {
        let expired: Vec<String> = self
            .superseded
            .iter()
            .filter(|(_, since)| since.elapsed() >= self.options.retain)
            .map(|(file, _)| file.clone())
            .take(100)
            .collect();
        for file in expired {
            self.superseded.remove(&file);
            // A file that cannot be deleted costs space, nothing else.
            let _ = self.objects.delete(&file);
        }
    }
}

fn read_segments(objects: &Objects, segments: &[SegmentRef]) -> Result<Vec<Segment>> {
    let mut files: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    let mut read = Vec::with_capacity(segments.len());
    for segment in segments {
        if !files.contains_key(segment.file.as_str()) {
            files.insert(&segment.file, objects.read(&segment.file)?);
        }
        let bytes = &files[segment.file.as_str()];
        let end = segment.offset.checked_add(segment.length).filter(|end| *end <= bytes.len() as u64);
        let Some(end) = end else {
            return Err(Error::state(format!(
                "state file {}/{} is damaged: expected at least {} bytes, found {}",
                objects.place,
                segment.file,
                segment.offset.saturating_add(segment.length),
                bytes.len()
            )));
        };
        let part = &bytes[segment.offset as usize..end as usize];
        if hex(&xxh3_128(part).to_le_bytes()) != segment.hash {
            return Err(Error::state(format!(
                "state file {}/{} is damaged: the checksum of bytes {}..{end} does not match",
                objects.place, segment.file, segment.offset
            )));
        }
        read.push(Segment { node: segment.node, table: segment.table, bytes: part.to_vec() });
    }
    Ok(read)
}

/// Merges segments and writes the result as one base file.
fn write_base(objects: &Objects, segments: &[SegmentRef], file: &str) -> Result<Compacted> {
    let mut bytes = Vec::new();
    let mut base = Vec::new();
    for ((node, table), merged) in compact(read_segments(objects, segments)?)? {
        if merged.is_empty() {
            continue;
        }
        base.push(SegmentRef {
            node,
            table,
            file: file.to_owned(),
            offset: bytes.len() as u64,
            length: merged.len() as u64,
            hash: hex(&xxh3_128(&merged).to_le_bytes()),
            base: true,
        });
        bytes.extend_from_slice(&merged);
    }
    if !bytes.is_empty() {
        objects.put(file, bytes)?;
    }
    let replaced = segments.iter().map(|segment| (segment.file.clone(), segment.offset)).collect();
    Ok(Compacted { base, replaced })
}

/// xxh3-128 of bytes, as stored beside committed epochs.
pub fn content_hash(bytes: &[u8]) -> Vec<u8> {
    xxh3_128(bytes).to_le_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a file was not created.
pub(crate) enum CreateError {
    /// It exists with other bytes (these).
    Differs(Vec<u8>),
    Failed(Error),
}

impl Objects {
    /// Creates a file that must not exist; the same bytes under the same name count as success (a lost answer).
    pub(crate) fn create(&self, name: &str, bytes: Vec<u8>) -> std::result::Result<(), CreateError> {
        let path = Path::from(name);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let payload = PutPayload::from(bytes.clone());
        let result = self.runtime.block_on(self.store.put_opts(&path, payload, options));
        match result {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => match self.read(name) {
                Ok(found) if found == bytes => Ok(()),
                Ok(found) => Err(CreateError::Differs(found)),
                Err(error) => Err(CreateError::Failed(error)),
            },
            Err(error) => Err(CreateError::Failed(Error::unreachable(format!(
                "cannot write {}/{name}: {error}",
                self.place
            )))),
        }
    }

    fn put(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        self.create(name, bytes).map_err(|error| match error {
            CreateError::Failed(error) => Error { kind: streamsql_core::ErrorKind::Failed, ..error },
            CreateError::Differs(_) => {
                Error::state(format!("{}/{name} exists already with other content", self.place))
                    .hint("another instance uses this state folder; stop it")
            }
        })
    }

    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = Path::from(name);
        let read = async { self.store.get(&path).await?.bytes().await };
        match self.runtime.block_on(read) {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(object_store::Error::NotFound { .. }) => {
                Err(Error::state(format!("state file {}/{name} is missing", self.place))
                    .hint("the database says that the job has committed with it; restore the folder"))
            }
            Err(error) => Err(Error::state(format!("cannot read {}/{name}: {error}", self.place))),
        }
    }

    /// The file's bytes, or none where it does not exist.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let path = Path::from(name);
        let read = async { self.store.get(&path).await?.bytes().await };
        match self.runtime.block_on(read) {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::state(format!("cannot read {}/{name}: {error}", self.place))),
        }
    }

    fn delete(&self, name: &str) -> Result<()> {
        let path = Path::from(name);
        self.runtime
            .block_on(self.store.delete(&path))
            .map_err(|e| Error::failed(format!("cannot delete {}/{name}: {e}", self.place)))
    }
}
