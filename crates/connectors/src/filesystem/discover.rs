//! Which files a table has, and what their partition folders say (Flink `NonSplittingRecursiveEnumerator`,
//! `PartitionPathUtils`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use fancy_regex::Regex;
use streamsql_core::{Error, Result, Split};
use streamsql_formats::builder::{ColumnBuilder, Kind};
use streamsql_formats::scalar_text;
use streamsql_formats::temporal::{TimestampStandard, iso_date, timestamp};

/// Folders inside each other at most; a link may lead in circles.
const MAX_DEPTH: usize = 64;

/// Endings that Flink would unpack on the way.
const COMPRESSED: &[&str] = &["gz", "gzip", "bz2", "xz", "deflate", "zst", "zip", "lz4", "snappy"];

/// How a table's files are laid out.
pub struct Layout {
    pub root: PathBuf,
    /// In the order of PARTITIONED BY: one level of folders each.
    pub partition_keys: Vec<String>,
    /// The folder's name for NULL.
    pub default_partition: String,
    /// What the whole path of a file must match.
    pub pattern: Option<Regex>,
}

/// A file of the table.
pub struct FoundFile {
    pub path: PathBuf,
    pub size: u64,
    pub modified_ms: i64,
    /// One value a partition key; none is NULL.
    pub partition: Vec<Option<String>>,
}

impl FoundFile {
    pub fn split(&self) -> Split {
        Split { topic: Arc::from(self.path.display().to_string()), partition: 0 }
    }
}

/// The option `source.path.regex-pattern`.
///
/// # Errors
/// `Invalid` for a pattern that is none.
pub fn pattern(options: &BTreeMap<String, String>) -> Result<Option<Regex>> {
    let Some(pattern) = options.get("source.path.regex-pattern") else { return Ok(None) };
    let parsed = Regex::new(&format!("^(?:{pattern})$"));
    parsed.map(Some).map_err(|error| {
        Error::invalid(format!("'source.path.regex-pattern' = '{pattern}' is no regular expression: {error}"))
    })
}

impl Layout {
    /// All files, in the order of their paths. Names that start with `.` or `_` are left out, folders too.
    ///
    /// # Errors
    /// `Failed` when the path does not exist or cannot be listed, and for a folder that is no partition.
    pub fn files(&self) -> Result<Vec<FoundFile>> {
        let mut found = Vec::new();
        self.partitions(&self.root, Vec::new(), &mut found)?;
        found.sort_by(|a: &FoundFile, b| a.path.cmp(&b.path));
        Ok(found)
    }

    fn partitions(&self, path: &Path, values: Vec<Option<String>>, found: &mut Vec<FoundFile>) -> Result<()> {
        let Some(key) = self.partition_keys.get(values.len()) else {
            return self.collect(path, &values, 0, found);
        };
        for entry in visible_entries(path)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let value = name.split_once('=').filter(|(k, _)| unescape(k) == *key).map(|(_, v)| unescape(v));
            let Some(value) = value.filter(|_| entry.is_dir()) else {
                return Err(Error::failed(format!(
                    "{} is no folder of partition key '{key}'",
                    entry.display()
                ))
                .hint(format!("partition folders are named {key}=VALUE")));
            };
            let mut values = values.clone();
            values.push((value != self.default_partition).then_some(value));
            self.partitions(&entry, values, found)?;
        }
        Ok(())
    }

    fn collect(
        &self,
        path: &Path,
        values: &[Option<String>],
        depth: usize,
        found: &mut Vec<FoundFile>,
    ) -> Result<()> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            // Renamed or deleted since its folder was listed; a link that leads nowhere is still there.
            Err(error)
                if depth > 0
                    && error.kind() == std::io::ErrorKind::NotFound
                    && std::fs::symlink_metadata(path).is_err() =>
            {
                return Ok(());
            }
            Err(error) => return Err(cannot(path, &error)),
        };
        if metadata.is_dir() {
            if depth == MAX_DEPTH {
                return Err(Error::failed(format!(
                    "{} lies deeper than {MAX_DEPTH} folders; does a link lead in a circle?",
                    path.display()
                )));
            }
            for entry in visible_entries(path)? {
                self.collect(&entry, values, depth + 1, found)?;
            }
            return Ok(());
        }
        if !self.is_wanted(path)? {
            return Ok(());
        }
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if COMPRESSED.contains(&ending.as_str()) {
            return Err(Error::invalid(format!("{}: compressed files are not read yet", path.display()))
                .hint("unpack the file"));
        }
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        found.push(FoundFile {
            path: path.to_path_buf(),
            size: metadata.len(),
            modified_ms: modified.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            partition: values.to_vec(),
        });
        Ok(())
    }

    /// Whether the pattern lets a file pass (Flink `RegexFileFilter`): it is asked of the absolute path.
    fn is_wanted(&self, path: &Path) -> Result<bool> {
        let Some(pattern) = &self.pattern else { return Ok(true) };
        let absolute = std::path::absolute(path).map_err(|e| cannot(path, &e))?;
        pattern.is_match(&absolute.to_string_lossy()).map_err(|error| {
            Error::failed(format!("'source.path.regex-pattern' with {}: {error}", absolute.display()))
        })
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read {}: {error}", path.display()))
}

fn visible_entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| cannot(folder, &e))? {
        let path = entry.map_err(|e| cannot(folder, &e))?.path();
        if !path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['.', '_'])) {
            entries.push(path);
        }
    }
    entries.sort();
    Ok(entries)
}

/// Resolves `%2F` and the like in the name of a partition folder.
fn unescape(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| name.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends the value of a partition folder (Flink `RowPartitionComputer.restorePartValueFromType`).
///
/// # Errors
/// What is wrong with it.
pub fn append_partition_value(value: &str, column: &mut ColumnBuilder) -> Result<(), String> {
    match column.kind() {
        Kind::Text
        | Kind::Boolean
        | Kind::TinyInt
        | Kind::SmallInt
        | Kind::Int
        | Kind::BigInt
        | Kind::Float
        | Kind::Double => scalar_text::append(value, column),
        Kind::Date => {
            let days =
                iso_date(value).ok_or_else(|| format!("'{value}' is not a DATE, expected yyyy-MM-dd"))?;
            column.append_int(days);
            Ok(())
        }
        Kind::Timestamp(precision) => {
            let ticks = timestamp(value, precision, TimestampStandard::Iso8601, false);
            column.append_int(ticks.ok_or_else(|| {
                format!(
                    "'{value}' is not a TIMESTAMP, expected {}",
                    TimestampStandard::Iso8601.expected(false)
                )
            })?);
            Ok(())
        }
        other => Err(format!("Can not convert '{value}' to type {other:?} for partition value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order_and_hidden_names_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.json", "a/2.json", "a/1.json", ".hidden", "_meta/x", "a/.x/y"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let layout = |keys: &[&str]| Layout {
            root: folder.path().to_path_buf(),
            partition_keys: keys.iter().map(|k| (*k).to_owned()).collect(),
            default_partition: "none".into(),
            pattern: None,
        };
        let files = layout(&[]).files().unwrap();
        let names: Vec<_> =
            files.iter().map(|f| f.path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a/1.json", "a/2.json", "b.json"]);
        assert!(layout(&["k"]).files().is_err());
        let some = Layout { pattern: Regex::new(r"^(?:.*/a/\d\.json)$").ok(), ..layout(&[]) };
        assert_eq!(some.files().unwrap().len(), 2);
    }

    #[test]
    fn partition_folders_hold_values() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["k=x%2Fy/n=1/f", "k=none/n=2/sub/f"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let layout = Layout {
            root: folder.path().to_path_buf(),
            partition_keys: vec!["k".into(), "n".into()],
            default_partition: "none".into(),
            pattern: None,
        };
        let partitions: Vec<_> = layout.files().unwrap().into_iter().map(|f| f.partition).collect();
        assert_eq!(
            partitions,
            [[None, Some("2".to_owned())], [Some("x/y".to_owned()), Some("1".to_owned())]]
        );
    }
}
