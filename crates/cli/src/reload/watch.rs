//! Notices that the files of a job have changed.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use streamsql_core::{Error, Result};
use streamsql_runtime::StopHandle;

use super::Reloader;
use crate::commands::JobArgs;
use crate::job_file::PlannedJob;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Files by path, each with a hash of what it holds.
type Stamp = BTreeMap<PathBuf, u64>;

/// Where the files of a job are.
pub fn watched(job: &JobArgs, planned: &PlannedJob) -> Vec<PathBuf> {
    let mut paths = job.paths.clone();
    let config = job.settings.config.clone().unwrap_or_else(|| planned.folder.join("streamsql.yaml"));
    if !paths.iter().any(|path| path.is_dir() && config.starts_with(path)) {
        paths.push(config);
    }
    paths
}

/// Reloads whenever the watched files have changed and stay so for a moment, until `stop`. The thread ends by itself.
///
/// # Errors
/// When there can be no thread.
pub fn watch(reloader: &Arc<Reloader>, stop: &StopHandle) -> Result<()> {
    let Some(paths) = reloader.reloading.watched.clone() else { return Ok(()) };
    let (reloader, stop) = (Arc::clone(reloader), stop.clone());
    let mut taken = stamp(&paths);
    let look = move || {
        let mut before = taken.clone();
        while !stop.wait(LOOK_EVERY) {
            let now = stamp(&paths);
            // An editor may write a file in several steps.
            if now == before && now != taken {
                taken = now.clone();
                reloader.noticed();
            }
            before = now;
        }
    };
    let thread = std::thread::Builder::new().name("watch".to_owned()).spawn(look);
    thread.map(|_| ()).map_err(|e| Error::failed(format!("cannot watch the job's files: {e}")))
}

fn stamp(roots: &[PathBuf]) -> Stamp {
    let mut files = Stamp::new();
    let mut open: Vec<PathBuf> = roots.to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
            // State and hidden folders change by themselves.
            open.extend(entries.filter(|path| is_watched(path)));
        } else {
            let mut hasher = DefaultHasher::new();
            std::fs::read(&path).ok().hash(&mut hasher);
            files.insert(path, hasher.finish());
        }
    }
    files
}

fn is_watched(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let ending = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    !hidden && (path.is_dir() || matches!(ending.as_deref(), Some("sql" | "yaml" | "yml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_counts_and_not_when_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let stamp = || stamp(&[folder.path().to_path_buf()]);
        write("process/a.sql", "SELECT 1");
        let first = stamp();
        write("process/a.sql", "SELECT 1");
        write("state/epochs/1.log", "bytes");
        write(".streamsql/x.sql", "hidden");
        assert_eq!(first, stamp());
        write("process/b.sql", "SELECT 2");
        let second = stamp();
        assert_ne!(first, second);
        std::fs::remove_file(folder.path().join("process/b.sql")).unwrap();
        assert_eq!(first, stamp());
        write("streamsql.yaml", "job: { name: a }");
        assert_ne!(first, stamp());
    }
}
