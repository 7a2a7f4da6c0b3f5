//! The files of a store: created once, read whole, each call durable when it returns.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use streamsql_core::{Error, Result};

/// The store with the runtime that drives it; cheap to clone.
#[derive(Clone)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The folder that the store stands for, where files can be appended to.
    folder: Option<PathBuf>,
    runtime: Arc<tokio::runtime::Runtime>,
    /// For messages.
    place: String,
    /// host/pid and the moment of our start.
    owner: String,
}

/// Why a file was not created.
pub(crate) enum CreateError {
    /// It exists with other bytes (these).
    Differs(Vec<u8>),
    Failed(Error),
}

impl Objects {
    /// `place` names the store in messages.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, folder: Option<PathBuf>, place: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("state-files")
            .build()
            .map_err(|e| Error::failed(format!("cannot start the state store: {e}")))?;
        Ok(Self { store, folder, runtime: Arc::new(runtime), place: place.to_owned(), owner: owner() })
    }

    pub(crate) fn backend(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    pub(crate) fn folder(&self) -> Option<&FilePath> {
        self.folder.as_deref()
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Creates a file that must not exist; the same bytes under the same name count as success (a lost answer).
    pub(crate) fn create(&self, name: &str, bytes: impl Into<Bytes>) -> std::result::Result<(), CreateError> {
        self.create_of(name, vec![bytes.into()])
    }

    fn create_of(&self, name: &str, parts: Vec<Bytes>) -> std::result::Result<(), CreateError> {
        let path = Path::from(name);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let payload = PutPayload::from_iter(parts.iter().cloned());
        let result = self.runtime.block_on(self.store.put_opts(&path, payload, options));
        match result {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => match self.read(name) {
                Ok(found) if found == parts.concat() => Ok(()),
                Ok(found) => Err(CreateError::Differs(found.to_vec())),
                Err(error) => Err(CreateError::Failed(error)),
            },
            Err(error) => Err(CreateError::Failed(Error::unreachable(format!(
                "cannot write {}/{name}: {error}",
                self.place
            )))),
        }
    }

    pub(crate) fn put(&self, name: &str, parts: Vec<Bytes>) -> Result<()> {
        self.create_of(name, parts).map_err(|error| match error {
            CreateError::Failed(error) => Error { kind: streamsql_core::ErrorKind::Failed, ..error },
            CreateError::Differs(_) => {
                Error::state(format!("{}/{name} exists already with other content", self.place))
                    .hint("another instance uses this state folder; stop it")
            }
        })
    }

    pub(crate) fn read(&self, name: &str) -> Result<Bytes> {
        let path = Path::from(name);
        let read = async { self.store.get(&path).await?.bytes().await };
        match self.runtime.block_on(read) {
            Ok(bytes) => Ok(bytes),
            Err(object_store::Error::NotFound { .. }) => Err(self.missing(name)),
            Err(error) => Err(Error::state(format!("cannot read {}/{name}: {error}", self.place))),
        }
    }

    /// Part of a file.
    pub(crate) fn read_range(&self, name: &str, offset: u64, length: u64) -> Result<Bytes> {
        let path = Path::from(name);
        let damaged = |found: String| {
            Error::state(format!(
                "state file {}/{name} is damaged: expected {length} bytes at {offset}, found {found}",
                self.place
            ))
        };
        let end = offset.checked_add(length).ok_or_else(|| damaged("no such place".to_owned()))?;
        match self.runtime.block_on(self.store.get_range(&path, offset..end)) {
            Ok(bytes) if bytes.len() as u64 == length => Ok(bytes),
            Ok(bytes) => Err(damaged(format!("{}", bytes.len()))),
            Err(object_store::Error::NotFound { .. }) => Err(self.missing(name)),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    fn missing(&self, name: &str) -> Error {
        Error::state(format!("state file {}/{name} is missing", self.place))
            .hint("the database says that the job has committed with it; restore the folder")
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

    pub(crate) fn exists(&self, name: &str) -> Result<bool> {
        match self.runtime.block_on(self.store.head(&Path::from(name))) {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(Error::state(format!("cannot read {}/{name}: {error}", self.place))),
        }
    }

    /// host/pid and the moment of our start, to name an owner.
    pub(crate) fn owner(&self) -> String {
        self.owner.clone()
    }

    pub(crate) fn list(&self, folder: &str) -> Result<Vec<String>> {
        let path = Path::from(folder);
        let listed = self.runtime.block_on(self.store.list_with_delimiter(Some(&path)));
        let listed =
            listed.map_err(|e| Error::failed(format!("cannot list {}/{folder}: {e}", self.place)))?;
        Ok(listed.objects.into_iter().map(|object| object.location.to_string()).collect())
    }

    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        let path = Path::from(name);
        self.runtime
            .block_on(self.store.delete(&path))
            .map_err(|e| Error::failed(format!("cannot delete {}/{name}: {e}", self.place)))
    }
}

/// host/pid and the moment of our start.
fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "localhost" } else { host.trim() };
    format!("{host}/{} since {}", std::process::id(), since_1970().as_nanos())
}

#[allow(clippy::disallowed_methods, reason = "names of files, not results, depend on it")]
pub(super) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
