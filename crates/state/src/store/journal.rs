//! The files that epochs are written to, one after the other: an epoch costs one write and one sync.
//!
//! A file is created by one process and only appended to by it; bytes that a committed epoch names never change. What a
//! crash leaves behind them is named by nobody. Where files cannot be appended to, every epoch is a file of its own.
//! A thread of the journal's own writes and syncs, so that the epoch's transaction goes on beside it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use bytes::Bytes;
use streamsql_core::{Error, Result};

use super::objects::Objects;

/// A file is left for a new one at this size, and after so many epochs: older files can then go.
const FILE_BYTES: u64 = 16 << 20;
const FILE_EPOCHS: u32 = 4_096;

/// Writes epochs.
pub(super) struct Journal {
    objects: Objects,
    open: Option<Open>,
    writer: Option<Writer>,
    /// What became of the newest epoch; none while it is under way.
    outcome: Option<Result<()>>,
}

/// The file that the next epoch goes to.
struct Open {
    name: String,
    length: u64,
    epochs: u32,
}

/// The thread; it ends when `appends` is dropped.
struct Writer {
    appends: Sender<Append>,
    outcomes: Receiver<Result<()>>,
}

struct Append {
    file: String,
    /// Whether the file is created by this epoch.
    is_first: bool,
    parts: Vec<Bytes>,
}

/// Where an epoch will be.
pub(super) struct Place {
    pub file: String,
    pub offset: u64,
    /// Whether it is the first of its file.
    pub is_first: bool,
    /// The file that was left for a new one.
    pub left: Option<String>,
}

impl Journal {
    pub(super) fn new(objects: Objects) -> Self {
        Self { objects, open: None, writer: None, outcome: Some(Ok(())) }
    }

    /// The file that epochs are appended to at present.
    pub(super) fn file(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.name.as_str())
    }

    /// Where the next epoch goes; `stem` names a new file if it needs one.
    pub(super) fn place(&mut self, stem: &str) -> Place {
        let appends = self.objects.folder().is_some();
        let has_room = |open: &Open| appends && open.length < FILE_BYTES && open.epochs < FILE_EPOCHS;
        if let Some(open) = self.open.as_ref().filter(|open| has_room(open)) {
            return Place { file: open.name.clone(), offset: open.length, is_first: false, left: None };
        }
        let file = format!("epochs/{stem}.log");
        let left = self.open.replace(Open { name: file.clone(), length: 0, epochs: 0 });
        Place { file, offset: 0, is_first: true, left: left.map(|open| open.name) }
    }

    /// Begins to write an epoch at its place.
    pub(super) fn append(&mut self, place: Place, parts: Vec<Bytes>) -> Result<()> {
        // One at a time: the one before must have gone well.
        self.durable()?;
        let Some(open) = &mut self.open else { return Err(Error::internal("an epoch without a file")) };
        open.length += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        open.epochs += 1;
        let writer = match &self.writer {
            Some(writer) => writer,
            None => self.writer.insert(Writer::start(self.objects.clone())?),
        };
        let append = Append { file: place.file, is_first: place.is_first, parts };
        self.outcome = None;
        writer.appends.send(append).map_err(|_| Error::internal("the state store's thread has ended"))
    }

    /// Waits until the newest epoch is durable.
    pub(super) fn durable(&mut self) -> Result<()> {
        if self.outcome.is_none() {
            let outcome = self.writer.as_ref().and_then(|writer| writer.outcomes.recv().ok());
            self.outcome = Some(
                outcome.unwrap_or_else(|| Err(Error::internal("the state store's thread has ended early"))),
            );
        }
        self.outcome.clone().unwrap_or(Ok(()))
    }
}

impl Writer {
    fn start(objects: Objects) -> Result<Self> {
        let (appends, receiver) = channel::<Append>();
        let (sender, outcomes) = channel();
        std::thread::Builder::new()
            .name("state-store".to_owned())
            .spawn(move || {
                let mut file = None;
                for append in receiver {
                    if sender.send(append.write(&objects, &mut file)).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| Error::failed(format!("cannot start the state store: {error}")))?;
        Ok(Self { appends, outcomes })
    }
}

impl Append {
    fn write(self, objects: &Objects, file: &mut Option<File>) -> Result<()> {
        let Some(folder) = objects.folder() else { return objects.put(&self.file, self.parts) };
        let path = folder.join(&self.file);
        self.append(&path, file).map_err(|error| {
            // What reached the file is unknown, so nothing is appended to it any more.
            *file = None;
            Error::failed(format!("cannot write {}: {error}", path.display()))
        })
    }

    fn append(self, path: &Path, file: &mut Option<File>) -> std::io::Result<()> {
        if self.is_first {
            let mut created = create(path)?;
            self.write_parts(&mut created)?;
            created.sync_all()?;
            sync_folder(path.parent())?;
            *file = Some(created);
            return Ok(());
        }
        let Some(file) = file else { return Err(std::io::Error::other("an earlier epoch was not written")) };
        self.write_parts(file)?;
        file.sync_data()
    }

    fn write_parts(&self, file: &mut File) -> std::io::Result<()> {
        /// Up to here one write is cheaper than several.
        const SMALL: usize = 64 << 10;
        if self.parts.iter().map(Bytes::len).sum::<usize>() <= SMALL {
            return file.write_all(&self.parts.concat());
        }
        self.parts.iter().try_for_each(|part| file.write_all(part))
    }
}

/// A new file; its folder is made where it is missing.
fn create(path: &Path) -> std::io::Result<File> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    if !folder.exists() {
        std::fs::create_dir_all(&folder)?;
        sync_folder(folder.parent())?;
    }
    File::create_new(path)
}

/// Makes the names in a folder durable.
fn sync_folder(folder: Option<&Path>) -> std::io::Result<()> {
    folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
