//! The reference job and its data, as in `sql/`, `data/` and `postgres/`: the binary carries them along.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use streamsql_core::{Error, Result};

/// `postgres/init.sql`.
pub const INIT_SQL: &str = include_str!("../../../postgres/init.sql");

macro_rules! embedded {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../", $folder, "/", $path)))),*]
    };
}

/// Path below the folder, text.
type Files = &'static [(&'static str, &'static str)];

const SQL: Files = embedded!("sql":
    "streamsql.yaml",
    "source/clicks.sql",
    "source/checkouts.sql",
    "source/users.sql",
    "source/products.sql",
    "sink/checkout_attribution.sql",
    "process/attribute_checkouts.sql",
);

const DATA: Files = embedded!("data": "users.csv", "products.csv");

/// Writes the job folder.
///
/// # Errors
/// `Unreachable` when a file cannot be written.
pub fn write_job(folder: &Path) -> Result<()> {
    write(folder, SQL)
}

/// Writes the dimension tables, for another user (the server's) to read.
///
/// # Errors
/// `Unreachable` when a file cannot be written.
pub fn write_data(folder: &Path) -> Result<()> {
    write(folder, DATA)?;
    let files = DATA.iter().map(|(name, _)| (folder.join(name), 0o644));
    for (path, mode) in files.chain([(folder.to_path_buf(), 0o755)]) {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
            .map_err(|e| Error::unreachable(format!("cannot open {} to others: {e}", path.display())))?;
    }
    Ok(())
}

fn write(folder: &Path, files: Files) -> Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|e| Error::unreachable(format!("cannot write {}: {e}", path.display())))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;

    fn files(folder: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), below.join(entry.file_name()));
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                files(&path, &name, found);
            } else {
                found.insert(name);
            }
        }
    }

    #[test]
    fn the_whole_job_is_carried_along() {
        let mut found = BTreeSet::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql"), Path::new(""), &mut found);
        let ours: BTreeSet<PathBuf> = SQL.iter().map(|(name, _)| PathBuf::from(name)).collect();
        assert_eq!(found, ours);
    }
}
