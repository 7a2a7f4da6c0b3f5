//! The state store: an epoch's deltas and its manifest as immutable files, created if absent and synced.
//!
//! ```text
//! identity                              the job's name, written once: two jobs cannot share a folder
//! committed                             created after the first commit: from then on no start is a fresh one
//! epochs/{stem}.delta                   all segments of an epoch, one after the other
//! epochs/{stem}.manifest                what the state at that epoch consists of
//! bases/{stem}.base                     compacted segments, named by the next epoch's manifest
//! commits/…                             see `store_committer`
//! stem = {epoch:020}-g{generation:08}-{process:08x}
//! ```
//! Names carry the generation and a number of the process, so a retry, an older owner or a job that goes on from an
//! older backup of its database can never collide. Recovery reads by name, never by listing.
//! Nothing is deleted because something *reported* failure: only files that the newest committed manifest has not named
//! for the retention time and number of epochs; listing serves this alone.

mod objects;
mod segments;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use streamsql_core::{Epoch, Error, Result, StateDelta};
use xxhash_rust::xxh3::xxh3_128;

use self::objects::since_1970;
pub(crate) use self::objects::{CreateError, Objects};
pub use self::segments::Segment;
use self::segments::{Compacted, Parts, read_segments, write_merged};
use crate::compaction::Merge;
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

/// When deltas are compacted and how long superseded files stay.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// Least time between two compactions.
    pub compaction_interval: Duration,
    /// Superseded files stay at least this long and for as many epochs, so that a restored older database still finds
    /// its state.
    pub retain: Duration,
    pub retain_epochs: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            compaction_interval: Duration::from_secs(10),
            retain: Duration::from_secs(3_600),
            retain_epochs: 10,
        }
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
    superseded: BTreeMap<String, Superseded>,
    /// Epoch of the newest manifest.
    newest: Epoch,
    /// Whether file `committed` is known to be there.
    marked: bool,
    /// Tells files of processes with the same generation apart.
    process: u32,
}

#[derive(Clone, Copy)]
struct Superseded {
    since: Instant,
    epoch: Epoch,
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

    /// Another process's view of the same files: it knows nothing that is not in them.
    #[doc(hidden)]
    pub fn reopened(&self, options: StoreOptions) -> Result<Self> {
        Self::over(self.objects.backend(), self.objects.place(), &self.job, options)
    }

    /// Names of all files of epochs and bases.
    #[doc(hidden)]
    pub fn files(&self) -> Result<Vec<String>> {
        let mut files = self.objects.list("epochs")?;
        files.extend(self.objects.list("bases")?);
        Ok(files)
    }

    fn over(store: Arc<dyn ObjectStore>, place: &str, job: &str, options: StoreOptions) -> Result<Self> {
        Ok(Self {
            objects: Objects::new(store, place)?,
            job: job.to_owned(),
            options,
            segments: Vec::new(),
            parent: None,
            compaction: None,
            last_compaction: Instant::now(),
            superseded: BTreeMap::new(),
            newest: Epoch(0),
            marked: false,
            process: process_number(),
        })
    }

    pub(crate) fn objects(&self) -> Objects {
        self.objects.clone()
    }

    fn check_identity(&self) -> Result<()> {
        let mine = format!("streamsql state of job {}\n", self.job);
        match self.objects.create("identity", mine.clone()) {
            Ok(()) => Ok(()),
            Err(CreateError::Differs(found)) => Err(Error::state(format!(
                "{} holds {}, not job {}",
                self.objects.place(),
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
                self.objects.place()
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
        self.newest = Epoch(manifest.epoch);
        Ok(manifest)
    }

    /// Whether this folder has ever belonged to a committed epoch.
    pub fn was_committed(&self) -> Result<bool> {
        self.objects.exists(COMMITTED)
    }

    /// The segments of a manifest in reading order, each checked before it is handed out.
    pub fn read_segments(&self, manifest: &Manifest) -> Result<Vec<Segment>> {
        read_segments(&self.objects, &manifest.segments)
    }

    /// Makes an epoch's state durable. Returns the manifest's name and hash, to be committed.
    pub fn write_epoch(&mut self, state: EpochState) -> Result<(String, Vec<u8>)> {
        self.take_compaction()?;
        let stem = format!("{:020}-g{:08}-{:08x}", state.epoch.0, state.generation, self.process);
        let file = format!("epochs/{stem}.delta");
        let mut parts = Parts::default();
        for (node, _shard, delta) in state.deltas {
            if delta.segment.is_empty() {
                continue;
            }
            self.segments.push(parts.add(node, delta.table, &file, delta.segment, false));
        }
        if !parts.bytes.is_empty() {
            self.objects.put(&file, parts.bytes)?;
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
        self.objects.put(&name, vec![bytes.into()])?;
        self.newest = state.epoch;
        if let Some((old, _)) = self.parent.replace((name.clone(), hex(&hash))) {
            self.supersede(old);
        }
        Ok((name, hash))
    }

    /// Called when the newest epoch is committed: compaction and clean-up may go on from it.
    pub fn committed(&mut self) -> Result<()> {
        if !self.marked {
            self.objects.put(COMMITTED, vec![Bytes::from_static(b"committed\n")])?;
            self.marked = true;
            self.supersede_left_behind();
        }
        if self.compaction.is_none() && self.last_compaction.elapsed() >= self.options.compaction_interval {
            self.start_compaction()?;
        }
        self.delete_superseded();
        Ok(())
    }

    fn start_compaction(&mut self) -> Result<()> {
        /// Fewer deltas are not worth reading them.
        const FEW: usize = 8;
        let size = |base| self.segments.iter().filter(|s| s.base == base).map(|s| s.length).sum::<u64>();
        let deltas = self.segments.iter().filter(|segment| !segment.base).count();
        if deltas < FEW {
            return Ok(());
        }
        // Deltas among themselves until they weigh half as much as the base, then all: each byte is rewritten a bounded
        // number of times, and a restart reads at most one and a half times the state.
        let merge = if size(false) * 2 >= size(true) { Merge::Base } else { Merge::Deltas };
        self.last_compaction = Instant::now();
        let (sender, receiver) = channel();
        let objects = self.objects.clone();
        let segments: Vec<SegmentRef> =
            self.segments.iter().filter(|s| merge == Merge::Base || !s.base).cloned().collect();
        let stem = self.parent.as_ref().map_or_else(
            || format!("{:08x}", self.process),
            |(name, _)| name.trim_start_matches("epochs/").trim_end_matches(".manifest").to_owned(),
        );
        std::thread::Builder::new()
            .name("compaction".to_owned())
            .spawn(move || {
                let _ = sender.send(write_merged(&objects, &segments, merge, &format!("bases/{stem}.base")));
            })
            .map_err(|e| Error::failed(format!("cannot start a compaction: {e}")))?;
        self.compaction = Some(receiver);
        Ok(())
    }

    /// Puts finished merged segments in the place of what they replace; the next manifest names them.
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
        let (old, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.segments)
            .into_iter()
            .partition(|segment| compacted.replaced.contains(&(segment.file.clone(), segment.offset)));
        let (bases, newer): (Vec<_>, Vec<_>) = kept.into_iter().partition(|segment| segment.base);
        self.segments = bases;
        self.segments.extend(compacted.merged);
        self.segments.extend(newer);
        let live: BTreeSet<&str> = self.segments.iter().map(|segment| segment.file.as_str()).collect();
        let dead: BTreeSet<String> =
            old.into_iter().map(|s| s.file).filter(|file| !live.contains(file.as_str())).collect();
        for file in dead {
            self.supersede(file);
        }
        Ok(())
    }

    fn supersede(&mut self, file: String) {
        let now = Superseded { since: Instant::now(), epoch: self.newest };
        self.superseded.entry(file).or_insert(now);
    }

    /// Files of earlier processes that the newest manifest does not name: their time runs from now on.
    fn supersede_left_behind(&mut self) {
        let live: BTreeSet<&str> = self
            .segments
            .iter()
            .map(|segment| segment.file.as_str())
            .chain(self.parent.iter().map(|(name, _)| name.as_str()))
            .collect();
        let mut left = Vec::new();
        for folder in ["epochs", "bases"] {
            // What cannot be listed stays.
            let files = self.objects.list(folder).unwrap_or_default();
            left.extend(files.into_iter().filter(|file| !live.contains(file.as_str())));
        }
        for file in left {
            self.supersede(file);
        }
    }

    fn delete_superseded(&mut self) {
        /// Files deleted at one commit.
        const AT_ONCE: usize = 20;
        let expired: Vec<String> = self
            .superseded
            .iter()
            .filter(|(_, s)| {
                s.since.elapsed() >= self.options.retain
                    && self.newest.0.saturating_sub(s.epoch.0) >= self.options.retain_epochs
            })
            .map(|(file, _)| file.clone())
            .take(AT_ONCE)
            .collect();
        for file in expired {
            self.superseded.remove(&file);
            // A file that cannot be deleted costs space, nothing else.
            let _ = self.objects.delete(&file);
        }
    }
}

const COMMITTED: &str = "committed";

fn process_number() -> u32 {
    xxh3_128(format!("{} {}", std::process::id(), since_1970().as_nanos()).as_bytes()) as u32
}

/// xxh3-128 of bytes, as stored beside committed epochs.
pub fn content_hash(bytes: &[u8]) -> Vec<u8> {
    xxh3_128(bytes).to_le_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
