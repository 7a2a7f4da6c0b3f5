//! A job folder of its own in a temporary place, as a user would lay it out.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A folder with `sql/`, its configuration and its data files; gone when dropped.
pub struct JobFolder {
    folder: TempDir,
}

impl JobFolder {
    pub fn new() -> Self {
        Self {
            folder: tempfile::Builder::new().prefix("streamsql-job-").tempdir().expect("temporary folder"),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, by its path below the folder; returns where it is.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("folder");
        std::fs::write(&file, text).expect("file");
        file
    }

    /// `BINARY run sql ARGUMENTS`, in the folder.
    pub fn run(&self, binary: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command.current_dir(self.path()).args(["run", "sql"]).args(arguments);
        command
    }
}

impl Default for JobFolder {
    fn default() -> Self {
        Self::new()
    }
}
