//! The state store: an epoch's deltas and its manifest in files that are created if absent, appended to and synced.
//!
//! ```text
//! identity                              the job's name, written once: two jobs cannot share a folder
//! committed                             created after the first commit: from then on no start is a fresh one
//! epochs/{stem}.log                     epochs one after the other (`journal`): the segments of each, then its manifest
//! bases/{epoch:020}-{process:08x}.base  compacted segments, named by the next epoch's manifest
//! commits/…                             see `store_committer`
//! stem = {epoch:020}-g{generation:08}-{process:08x}, of the first epoch in the file
//! ```
//! A manifest's name is `file#offset+length`; a whole file where there is no `#`. It names every segment of the state, or
//! continues that of the epoch before in the same file, so that a small epoch of a large state stays small.
//! Names carry the generation and a number of the process, so a retry, an older owner or a job that goes on from an
//! older backup of its database can never collide. Recovery reads by name, never by listing.
//! Nothing is deleted because something *reported* failure: only files that the newest committed manifest has not named
//! for the retention time and number of epochs; listing serves this alone.

mod journal;
mod objects;
mod segments;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use streamsql_core::panics::caught;
use streamsql_core::{Epoch, Error, Result, StateDelta};
use xxhash_rust::xxh3::xxh3_128;

use self::journal::Journal;
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

/// Files of one job. Used by the commit thread only; calls block until the bytes are durable, but for `write_epoch`.
pub struct StateStore {
    objects: Objects,
    journal: Journal,
    job: String,
    options: StoreOptions,
    /// Segments of the newest manifest, and that manifest's name and hash.
    segments: Vec<SegmentRef>,
    parent: Option<(String, String)>,
    /// Whether the next manifest must name all segments: some were replaced since the last.
    replaced: bool,
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
        let opened = Self::over(Arc::new(store), Some(folder.into()), folder, job, options)?;
        opened.check_identity()?;
        Ok(opened)
    }

    /// A store that forgets everything with the process.
    pub fn in_memory(job: &str) -> Result<Self> {
        Self::over(Arc::new(InMemory::new()), None, "memory", job, StoreOptions::default())
    }

    /// Another process's view of the same files: it knows nothing that is not in them.
    #[doc(hidden)]
    pub fn reopened(&self, options: StoreOptions) -> Result<Self> {
        let folder = self.objects.folder().map(FilePath::to_path_buf);
        Self::over(self.objects.backend(), folder, self.objects.place(), &self.job, options)
    }

    /// Names of all files of epochs and bases.
    #[doc(hidden)]
    pub fn files(&self) -> Result<Vec<String>> {
        let mut files = self.objects.list("epochs")?;
        files.extend(self.objects.list("bases")?);
        Ok(files)
    }

    fn over(
        store: Arc<dyn ObjectStore>,
        folder: Option<PathBuf>,
        place: &str,
        job: &str,
        options: StoreOptions,
    ) -> Result<Self> {
        let objects = Objects::new(store, folder, place)?;
        Ok(Self {
            journal: Journal::new(objects.clone()),
            objects,
            job: job.to_owned(),
            options,
            segments: Vec::new(),
            parent: None,
            replaced: true,
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
        let mut files = BTreeMap::new();
        let mut manifest = self.read_manifest(&mut files, name, &hex(hash))?;
        let mut newer = Vec::new();
        let mut oldest = manifest.clone();
        while oldest.continues {
            let (parent, hash) = oldest.parent.clone().ok_or_else(|| {
                Error::state(format!("{}/{name} continues no manifest", self.objects.place()))
            })?;
            newer.push(oldest.segments);
            oldest = self.read_manifest(&mut files, &parent, &hash)?;
        }
        newer.push(oldest.segments);
        manifest.segments = newer.into_iter().rev().flatten().collect();
        manifest.plan_fingerprint = oldest.plan_fingerprint;
        manifest.continues = false;
        self.segments = manifest.segments.clone();
        self.parent = Some((name.to_owned(), hex(hash)));
        self.newest = Epoch(manifest.epoch);
        self.replaced = true;
        Ok(manifest)
    }

    /// Reads one manifest, of which all is checked; each file is read once.
    fn read_manifest(&self, files: &mut BTreeMap<String, Bytes>, name: &str, hash: &str) -> Result<Manifest> {
        let (file, range) = parse_name(name).ok_or_else(|| {
            Error::state(format!("{}/{name}: such a name is of another version", self.objects.place()))
        })?;
        if !files.contains_key(file) {
            files.insert(file.to_owned(), self.objects.read(file)?);
        }
        let whole = &files[file];
        let end = range.map_or(whole.len(), |(_, end)| end);
        let bytes = whole.get(range.map_or(0, |(start, _)| start)..end).unwrap_or_default();
        if hex(&content_hash(bytes)) != hash {
            return Err(Error::state(format!(
                "state file {}/{name} is not the one that was committed (its hash differs)",
                self.objects.place()
            ))
            .hint(
                "restore the state folder that belongs to this database, or start the job under a new name",
            ));
        }
        let manifest = Manifest::decode(bytes, name)?;
        if manifest.job != self.job {
            return Err(Error::state(format!("{name} belongs to job {}, not {}", manifest.job, self.job)));
        }
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

    /// Begins to make an epoch's state durable; `durable` waits for it. Returns the manifest's name and hash, to be
    /// committed.
    pub fn write_epoch(&mut self, state: EpochState) -> Result<(String, Vec<u8>)> {
        self.take_compaction()?;
        let stem = format!("{:020}-g{:08}-{:08x}", state.epoch.0, state.generation, self.process);
        let mut place = self.journal.place(&stem);
        let mut parts = Parts::at(place.offset);
        let known = self.segments.len();
        for (node, _shard, delta) in state.deltas {
            if delta.segment.is_empty() {
                continue;
            }
            self.segments.push(parts.add(node, delta.table, &place.file, delta.segment, false));
        }
        let continues = !place.is_first && !self.replaced;
        let manifest = Manifest {
            job: self.job.clone(),
            generation: state.generation,
            epoch: state.epoch.0,
            parent: self.parent.clone(),
            continues,
            plan_fingerprint: if continues { String::new() } else { state.plan_fingerprint },
            now_ms: state.now_ms,
            sources: state.sources,
            segments: self.segments[if continues { known } else { 0 }..].to_vec(),
        };
        let bytes = manifest.encode()?;
        let hash = content_hash(&bytes);
        let length = bytes.len();
        let offset = parts.add_bytes(bytes.into());
        let name = format!("{}#{offset}+{length}", place.file);
        let left = place.left.take();
        self.journal.append(place, parts.bytes)?;
        self.newest = state.epoch;
        self.replaced = false;
        let parent = self.parent.replace((name.clone(), hex(&hash)));
        // The file of a process before this one, or the one that was full: its manifests are not needed any more.
        let before =
            parent.map(|(name, _)| parse_name(&name).map_or(name.clone(), |(file, _)| file.to_owned()));
        for file in left.into_iter().chain(before) {
            if !self.is_live(&file) {
                self.supersede(file);
            }
        }
        Ok((name, hash))
    }

    /// Waits until the epoch of the last `write_epoch` is durable. Asked again it says the same again.
    pub fn durable(&mut self) -> Result<()> {
        self.journal.durable()
    }

    /// Whether the newest manifest needs a file.
    fn is_live(&self, file: &str) -> bool {
        self.journal.file() == Some(file) || self.segments.iter().any(|segment| segment.file == file)
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
        let file = format!("bases/{:020}-{:08x}.base", self.newest.0, self.process);
        std::thread::Builder::new()
            .name("compaction".to_owned())
            .spawn(move || {
                let merged =
                    caught("the compaction of the state", || write_merged(&objects, &segments, merge, &file));
                // Where nobody waits for it any more, its file is left to the next start's clean-up.
                let _ = sender.send(merged);
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
        self.replaced = true;
        let live = self.live();
        let dead: BTreeSet<String> =
            old.into_iter().map(|s| s.file).filter(|file| !live.contains(file.as_str())).collect();
        for file in dead {
            self.supersede(file);
        }
        Ok(())
    }

    /// The files that the newest manifest needs.
    fn live(&self) -> BTreeSet<&str> {
        let manifest = self.parent.iter().filter_map(|(name, _)| parse_name(name)).map(|(file, _)| file);
        self.segments.iter().map(|segment| segment.file.as_str()).chain(manifest).collect()
    }

    fn supersede(&mut self, file: String) {
        let now = Superseded { since: Instant::now(), epoch: self.newest };
        self.superseded.entry(file).or_insert(now);
    }

    /// Files of earlier processes that the newest manifest does not name: their time runs from now on.
    fn supersede_left_behind(&mut self) {
        let live = self.live();
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

/// The file of a manifest's name, and where in it the manifest is; none: it is all of the file.
fn parse_name(name: &str) -> Option<(&str, Option<(usize, usize)>)> {
    let Some((file, place)) = name.split_once('#') else { return Some((name, None)) };
    let (offset, length) = place.split_once('+')?;
    let (offset, length): (usize, usize) = (offset.parse().ok()?, length.parse().ok()?);
    Some((file, Some((offset, offset.checked_add(length)?))))
}

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
