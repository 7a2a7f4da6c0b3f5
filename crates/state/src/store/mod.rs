//! The state store: an epoch's segments and its manifest in files that are created if absent, appended to and synced.
//!
//! ```text
//! identity                              the job's name, written once: two jobs cannot share a folder
//! committed                             created after the first commit: from then on no start is a fresh one
//! epochs/{stem}.log                     epochs one after the other (`journal`): the segments of each, then its manifest
//! commits/…                             see `store_committer`
//! stem = {epoch:020}-g{generation:08}-{process:08x}, of the first epoch in the file
//! ```
//! A manifest's name is `file#offset+length`; a whole file where there is no `#`. It names every segment of the state, or
//! continues that of the epoch before in the same file and says what came and went, so that a small epoch of a large
//! state stays small. Nothing is merged here: tables collect their pages and say which segments they need no more.
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
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use streamsql_core::{Epoch, Error, KeyGroups, Restores, Result, SegmentId, StateDelta};
use xxhash_rust::xxh3::xxh3_128;

use self::journal::Journal;
use self::objects::since_1970;
pub(crate) use self::objects::{CreateError, Objects};
use self::segments::{Parts, restore};
use crate::manifest::{Manifest, Released, SegmentRef, SourceState, StoredPlan, TokenRef};

/// What `write_epoch` makes durable.
pub struct EpochState {
    pub generation: u64,
    pub epoch: Epoch,
    pub now_ms: i64,
    pub plan: Arc<StoredPlan>,
    pub sources: Vec<SourceState>,
    /// Node, shard, delta.
    pub deltas: Vec<(usize, u16, StateDelta)>,
    /// What the two-phase sinks prepared, by their names.
    pub tokens: Vec<(String, Vec<u8>)>,
}

/// How long superseded files stay.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// Superseded files stay at least this long and for as many epochs, so that a restored older database still finds
    /// its state.
    pub retain: Duration,
    pub retain_epochs: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { retain: Duration::from_secs(3_600), retain_epochs: 10 }
    }
}

/// Files of one job. Used by the commit thread only; calls block until the bytes are durable, but for `write_epoch`.
pub struct StateStore {
    objects: Objects,
    journal: Journal,
    job: String,
    options: StoreOptions,
    /// Segments of the newest manifest, and that manifest's name and hash.
    segments: Segments,
    /// How many segments each file holds.
    files: BTreeMap<String, usize>,
    parent: Option<(String, String)>,
    /// Whether the next manifest must name all segments: none of this process did.
    is_first: bool,
    /// Files no longer named by the newest manifest, and since when.
    superseded: BTreeMap<String, Superseded>,
    /// Epoch of the newest manifest.
    newest: Epoch,
    /// Whether file `committed` is known to be there.
    marked: bool,
    /// Tells files of processes with the same generation apart.
    process: u32,
}

/// Segments by node, table and address.
type Segments = BTreeMap<(usize, usize, SegmentId), SegmentRef>;

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

    /// Names of all files of epochs.
    #[doc(hidden)]
    pub fn files(&self) -> Result<Vec<String>> {
        self.objects.list("epochs")
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
            segments: Segments::new(),
            files: BTreeMap::new(),
            parent: None,
            is_first: true,
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
        self.load_of(name, &hex(hash))
    }

    /// What was committed before a manifest, as long as its files are there. For tests.
    ///
    /// # Errors
    /// As `load`.
    #[doc(hidden)]
    pub fn load_before(&mut self, manifest: &Manifest) -> Result<Option<Manifest>> {
        manifest.parent.clone().map(|(name, hash)| self.load_of(&name, &hash)).transpose()
    }

    fn load_of(&mut self, name: &str, hash: &str) -> Result<Manifest> {
        let mut files = BTreeMap::new();
        let mut manifest = self.read_manifest(&mut files, name, hash)?;
        let mut newer = Vec::new();
        let mut oldest = manifest.clone();
        while oldest.continues {
            let (parent, hash) = oldest.parent.clone().ok_or_else(|| {
                Error::state(format!("{}/{name} continues no manifest", self.objects.place()))
            })?;
            newer.push((oldest.segments, oldest.released));
            oldest = self.read_manifest(&mut files, &parent, &hash)?;
        }
        newer.push((oldest.segments, oldest.released));
        let mut segments = Segments::new();
        for (added, released) in newer.into_iter().rev() {
            for released in released {
                let key = (released.node, released.table, released.id());
                let segment = segments.get_mut(&key).ok_or_else(|| {
                    Error::state(format!(
                        "{}/{name} releases a segment that is not there",
                        self.objects.place()
                    ))
                })?;
                segment.groups = KeyGroups(segment.groups).without(KeyGroups(released.groups)).0;
                if segment.groups == 0 {
                    segments.remove(&key);
                }
            }
            segments.extend(added.into_iter().map(|s| ((s.node, s.table, s.id()), s)));
        }
        manifest.segments = segments.values().cloned().collect();
        manifest.released.clear();
        (manifest.plan, manifest.plan_fingerprint) = (oldest.plan, oldest.plan_fingerprint);
        manifest.continues = false;
        self.files.clear();
        segments.values().for_each(|s| *self.files.entry(s.file.clone()).or_default() += 1);
        self.segments = segments;
        self.parent = Some((name.to_owned(), hash.to_owned()));
        self.newest = Epoch(manifest.epoch);
        self.is_first = true;
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

    /// Goes on under another plan with what `load` has read: `nodes` gives the new node of each old one whose state is
    /// kept. Segments of others are named no more; the next manifest names all that are left. Tables of the new nodes that
    /// are in `rewritten` read their segments once more and then write all rows anew.
    pub fn adopt(
        &mut self,
        manifest: &mut Manifest,
        nodes: &BTreeMap<usize, usize>,
        rewritten: &BTreeSet<(usize, usize)>,
    ) {
        let mut kept = Segments::new();
        manifest.segments.clear();
        for ((node, table, id), mut segment) in std::mem::take(&mut self.segments) {
            let new = nodes.get(&node).copied();
            if let Some(new) = new {
                segment.node = new;
                manifest.segments.push(segment.clone());
            }
            match new.filter(|new| !rewritten.contains(&(*new, table))) {
                Some(new) => {
                    kept.insert((new, table, id), segment);
                }
                None => {
                    if let Some(segments) = self.files.get_mut(&segment.file) {
                        *segments -= 1;
                    }
                }
            }
        }
        self.segments = kept;
        self.is_first = true;
    }

    /// Whether this folder has ever belonged to a committed epoch.
    pub fn was_committed(&self) -> Result<bool> {
        self.objects.exists(COMMITTED)
    }

    /// Hands a table what the manifest has of it, page by page; all of it is checked before it is used.
    pub fn restore(
        &self,
        manifest: &Manifest,
        node: usize,
        number: usize,
        table: &mut dyn Restores,
    ) -> Result<()> {
        let segments = manifest.segments.iter().filter(|s| s.node == node && s.table == number);
        restore(&self.objects, segments, table)
    }

    /// What a two-phase sink prepared in the manifest's epoch; none where that was nothing.
    ///
    /// # Errors
    /// `State` when it is missing or damaged.
    pub fn token(&self, manifest: &Manifest, sink: &str) -> Result<Option<Vec<u8>>> {
        let Some(token) = manifest.tokens.iter().find(|token| token.sink == sink) else { return Ok(None) };
        let bytes = self.objects.read_range(&token.file, token.offset, token.length)?;
        if hex(&content_hash(&bytes)) != token.hash {
            return Err(Error::state(format!(
                "state file {}/{} is damaged: the checksum of what sink {sink} prepared does not match",
                self.objects.place(),
                token.file
            )));
        }
        Ok(Some(bytes.to_vec()))
    }

    /// Begins to make an epoch's state durable; `durable` waits for it. Returns the manifest's name and hash, to be
    /// committed.
    pub fn write_epoch(&mut self, state: EpochState) -> Result<(String, Vec<u8>)> {
        let stem = format!("{:020}-g{:08}-{:08x}", state.epoch.0, state.generation, self.process);
        let mut place = self.journal.place(&stem);
        let mut parts = Parts::at(place.offset);
        let (mut added, mut released, mut emptied) = (Vec::new(), Vec::new(), Vec::new());
        for (node, _shard, delta) in state.deltas {
            let groups = KeyGroups::of_range(delta.range);
            for id in delta.released {
                let key = (node, delta.table, id);
                let Some(segment) = self.segments.get_mut(&key) else {
                    return Err(Error::internal(format!("state releases {key:?}, which is not there")));
                };
                segment.groups = KeyGroups(segment.groups).without(groups).0;
                released.push(Released {
                    node,
                    table: delta.table,
                    epoch: id.epoch,
                    writer: id.writer,
                    groups: groups.0,
                });
                if segment.groups == 0
                    && let Some(segment) = self.segments.remove(&key)
                {
                    emptied.push(segment.file);
                }
            }
            if !delta.parts.is_empty() {
                let segment = parts.add(node, delta.table, delta.id, groups, &place.file, delta.parts);
                *self.files.entry(segment.file.clone()).or_default() += 1;
                added.push(segment.clone());
                self.segments.insert((node, delta.table, delta.id), segment);
            }
        }
        let tokens = state.tokens.into_iter().filter(|(_, token)| !token.is_empty());
        let tokens = tokens
            .map(|(sink, token)| {
                let (length, hash) = (token.len() as u64, hex(&content_hash(&token)));
                let offset = parts.add_bytes(token.into());
                TokenRef { sink, file: place.file.clone(), offset, length, hash }
            })
            .collect();
        let continues = !place.is_first && !self.is_first;
        let manifest = Manifest {
            job: self.job.clone(),
            generation: state.generation,
            epoch: state.epoch.0,
            parent: self.parent.clone(),
            continues,
            plan: if continues { StoredPlan::default() } else { (*state.plan).clone() },
            plan_fingerprint: String::new(),
            now_ms: state.now_ms,
            sources: state.sources,
            segments: if continues { added } else { self.segments.values().cloned().collect() },
            released: if continues { released } else { Vec::new() },
            tokens,
        };
        let bytes = manifest.encode()?;
        let hash = content_hash(&bytes);
        let length = bytes.len();
        let offset = parts.add_bytes(bytes.into());
        let name = format!("{}#{offset}+{length}", place.file);
        let left = place.left.take();
        self.journal.append(place, parts.bytes)?;
        self.newest = state.epoch;
        self.is_first = false;
        let parent = self.parent.replace((name.clone(), hex(&hash)));
        // The file of a process before this one, or the one that was full: its manifests are not needed any more.
        let before =
            parent.map(|(name, _)| parse_name(&name).map_or(name.clone(), |(file, _)| file.to_owned()));
        for file in &emptied {
            if let Some(segments) = self.files.get_mut(file) {
                *segments -= 1;
            }
        }
        for file in left.into_iter().chain(before).chain(emptied) {
            if !self.is_live(&file) {
                self.files.remove(&file);
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
        self.journal.file() == Some(file) || self.files.get(file).is_some_and(|segments| *segments > 0)
    }

    /// Called when the newest epoch is committed: clean-up may go on from it.
    pub fn committed(&mut self) -> Result<()> {
        if !self.marked {
            self.objects.put(COMMITTED, vec![Bytes::from_static(b"committed\n")])?;
            self.marked = true;
            self.supersede_left_behind();
        }
        self.delete_superseded();
        Ok(())
    }

    /// The files that the newest manifest needs.
    fn live(&self) -> BTreeSet<&str> {
        let manifest = self.parent.iter().filter_map(|(name, _)| parse_name(name)).map(|(file, _)| file);
        self.segments.values().map(|segment| segment.file.as_str()).chain(manifest).collect()
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
