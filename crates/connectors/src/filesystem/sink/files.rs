//! The files of a sink below its path: hidden ones that grow, and how they are shown.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use streamsql_core::{Error, Result, digest};

/// Folders inside each other at most, where hidden files are looked for.
const MAX_DEPTH: usize = 64;

/// A table's folder with the names of one sink.
pub struct Folder {
    root: PathBuf,
    /// Begins the names of all files of this sink, whichever process writes them.
    stem: String,
    /// Tells the files of this process from those of others.
    process: u32,
}

impl Folder {
    /// `owner` is the same for all instances of the sink and for no other one.
    pub fn new(root: PathBuf, owner: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos());
        let process = format!("{} {now}", std::process::id());
        Self { root, stem: format!("part-{:016x}", digest(owner)), process: (digest(&process) >> 32) as u32 }
    }

    pub fn make_root(&self) -> Result<()> {
        std::fs::create_dir_all(&self.root).map_err(|error| {
            Error::unreachable(format!("cannot create the folder {}: {error}", self.root.display()))
        })
    }

    pub fn new_name(&self, number: u64) -> String {
        format!("{}-{:08x}-{number}", self.stem, self.process)
    }

    fn paths(&self, folder: &str, name: &str) -> (PathBuf, PathBuf) {
        let folder = if folder.is_empty() { self.root.clone() } else { self.root.join(folder) };
        (folder.join(format!(".{name}")), folder.join(name))
    }

    /// Makes a hidden file, durable.
    pub fn create(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<()> {
        let (hidden, _) = self.paths(folder, name);
        let made = || -> std::io::Result<()> {
            let parent = hidden.parent().unwrap_or(&self.root);
            std::fs::create_dir_all(parent)?;
            let mut file = OpenOptions::new().write(true).create_new(true).open(&hidden)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            // The folder may be new, and those above it.
            let above = parent.ancestors().take_while(|above| above.starts_with(&self.root));
            above.into_iter().try_for_each(sync)
        };
        made().map_err(|error| cannot("write", &hidden, &error))
    }

    /// Adds to a hidden file of this length, durable.
    pub fn append(&self, folder: &str, name: &str, length: u64, bytes: &[u8]) -> Result<()> {
        let (hidden, _) = self.paths(folder, name);
        let added = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().append(true).open(&hidden)?;
            let found = file.metadata()?.len();
            if found != length {
                return Err(std::io::Error::other(format!("it has {found} bytes instead of {length}")));
            }
            file.write_all(bytes)?;
            file.sync_data()
        };
        added().map_err(|error| {
            cannot("write", &hidden, &error)
                .hint("nothing but this job may touch files whose names begin with a dot")
        })
    }

    /// Gives a hidden file its name; that it has it already is as well.
    pub fn show(&self, folder: &str, name: &str) -> Result<()> {
        let (hidden, shown) = self.paths(folder, name);
        match std::fs::rename(&hidden, &shown) {
            Ok(()) => {
                sync(shown.parent().unwrap_or(&self.root)).map_err(|error| cannot("show", &shown, &error))
            }
            // Shown before, and perhaps taken away since by whoever reads the files.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(cannot("show", &shown, &error)),
        }
    }

    /// Writes an empty file that says that a folder is complete.
    pub fn mark(&self, folder: &str, name: &str) -> Result<()> {
        let path = self.root.join(folder).join(name);
        let marked = || -> std::io::Result<()> {
            File::create(&path)?.sync_all()?;
            sync(path.parent().unwrap_or(&self.root))
        };
        match marked() {
            // Its files were shown before, and taken away since with their folder by whoever reads them.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(|error| cannot("write", &path, &error)),
        }
    }

    /// Shows the first `length` bytes of a hidden file, which another process may still write to.
    pub fn show_part(&self, folder: &str, name: &str, length: u64) -> Result<()> {
        let (hidden, shown) = self.paths(folder, name);
        let existing = std::fs::metadata(&shown).map(|found| found.len()).ok();
        if existing.is_some_and(|found| found > length) {
            return Err(Error::state(format!(
                "{} has rows that the job's state knows nothing of: it has more than {length} bytes",
                shown.display()
            ))
            .hint("restore the newest state; or empty the folder and start the job under a new name"));
        }
        if existing.is_some() || !hidden.exists() {
            return Ok(());
        }
        // A copy, under a name that only this process uses.
        let copy = self.root.join(format!(".{}-{:08x}-copy", self.stem, self.process));
        let copied = || -> std::io::Result<u64> {
            let mut to = File::create(&copy)?;
            let copied = std::io::copy(&mut File::open(&hidden)?.take(length), &mut to)?;
            to.sync_all()?;
            Ok(copied)
        };
        let copied = copied().map_err(|error| cannot("read", &hidden, &error))?;
        if copied < length {
            return Err(Error::state(format!(
                "{} has {copied} bytes, {length} were committed",
                hidden.display()
            )));
        }
        let shown_as = || -> std::io::Result<()> {
            std::fs::rename(&copy, &shown)?;
            sync(shown.parent().unwrap_or(&self.root))
        };
        shown_as().map_err(|error| cannot("show", &shown, &error))
    }

    /// Deletes what processes of this sink have left hidden.
    pub fn delete_hidden(&self) -> Result<()> {
        self.delete_in(&self.root, 0)
    }

    fn delete_in(&self, folder: &Path, depth: usize) -> Result<()> {
        let entries = std::fs::read_dir(folder).map_err(|error| cannot("list", folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| cannot("list", folder, &error))?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if is_folder && depth < MAX_DEPTH && !name.starts_with('.') {
                self.delete_in(&entry.path(), depth + 1)?;
            } else if !is_folder && name.strip_prefix('.').is_some_and(|name| name.starts_with(&self.stem)) {
                std::fs::remove_file(entry.path())
                    .map_err(|error| cannot("delete", &entry.path(), &error))?;
            }
        }
        Ok(())
    }
}

fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {error}", path.display()))
}

/// A name as part of a path (Flink `PartitionPathUtils.escapePathName`).
pub fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_control() || "\"#%'*/:=?\\{[]^".contains(c) {
            let _ = write!(out, "%{:02X}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
