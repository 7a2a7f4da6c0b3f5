//! `filesystem` as a sink (Flink `FileSystemTableSink`, `StreamingFileSink` with a row format): files that are hidden while
//! rows are added, and get their names once their rows are committed.
//!
//! A file is written over many epochs, synced at each, and rolled by size, age and silence as the options say, and when the
//! job ends. The token of an epoch names the files that are open with the length that counts, and those to be shown:
//!
//! | after a crash | becomes |
//! |---|---|
//! | a file to be shown | shown |
//! | an open file of the token | its committed part is shown, as a file of its own, so that an instance which does not know yet that it was shut out can add nothing to it |
//! | another hidden file of this sink | deleted: no committed epoch has rows in it |

mod files;
mod partitions;

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow::array::{Array, RecordBatch};
use serde::{Deserialize, Serialize};
use streamsql_core::units::memory_size;
use streamsql_core::{
    ChangeBatch, Encoder, Epoch, EpochRows, Error, LogicalType, Result, RowKind, Schema, TwoPhaseSink,
};

use self::files::{Folder, escaped};
use self::partitions::Partitions;
use super::{checked_format, local_path};
use crate::SinkSpec;
use crate::options::{duration_ms, required};
use crate::print;

/// When a file is full (Flink `DefaultRollingPolicy`).
struct Rolling {
    bytes: u64,
    age_ms: i64,
    silence_ms: i64,
}

/// A hidden file with committed rows, or rows that are about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OpenFile {
    /// Below the table's path; empty without partitions.
    folder: String,
    /// The name it gets; hidden it has a dot before it.
    name: String,
    length: u64,
    created_ms: i64,
    written_ms: i64,
}

/// What an epoch's token says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    open: Vec<OpenFile>,
    /// Folder and name of the files to be shown.
    show: Vec<(String, String)>,
    /// Folders with rows that nobody was told of, and since when, ms.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pending: BTreeMap<String, i64>,
    /// Folders to be marked as complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    complete: Vec<String>,
}

/// Writes the rows of one INSERT INTO.
pub struct FileSink {
    table: String,
    files: Folder,
    encoder: Box<dyn Encoder>,
    /// Records tell what becomes of rows.
    tells_changes: bool,
    /// Columns that stand in the files, and those in the names of folders.
    stored: Vec<usize>,
    partition: Vec<(String, usize)>,
    default_partition: String,
    rolling: Rolling,
    /// None where nobody is told of complete partitions.
    partitions: Option<Partitions>,
    open: BTreeMap<String, OpenFile>,
    created: u64,
}

impl FileSink {
    /// # Errors
    /// `Invalid`, naming the option or column.
    pub fn new(spec: &SinkSpec<'_>) -> Result<Self> {
        let options = spec.options;
        let format = checked_format(options)?;
        if let Some((key, _)) = spec.metadata.first() {
            return Err(Error::invalid(format!("metadata '{key}' cannot be written to files"))
                .hint("declare the column VIRTUAL, so that INSERT INTO leaves it out"));
        }
        let columns = &spec.columns.columns;
        let partition = spec.partition_keys.iter().map(|key| {
            let column = spec.columns.index_of(key);
            let column = column.ok_or_else(|| Error::invalid(format!("PARTITIONED BY names no column '{key}'")))?;
            match &columns[column].logical_type {
                LogicalType::Char(_)
                | LogicalType::Varchar(_)
                | LogicalType::Boolean
                | LogicalType::TinyInt
                | LogicalType::SmallInt
                | LogicalType::Int
                | LogicalType::BigInt
                | LogicalType::Date => Ok((key.clone(), column)),
                other => Err(Error::invalid(format!("PARTITIONED BY ({key}): a folder cannot be named by a {other}"))
                    .hint("partition by a text, a whole number, a BOOLEAN or a DATE; DATE_FORMAT makes a text of a time")),
            }
        });
        let partition = partition.collect::<Result<Vec<_>>>()?;
        let stored: Vec<usize> =
            (0..columns.len()).filter(|i| partition.iter().all(|(_, column)| column != i)).collect();
        if stored.is_empty() {
            return Err(Error::invalid("all columns are partition keys: nothing is left for the files"));
        }
        let schema = Schema::new(stored.iter().map(|i| columns[*i].clone()).collect());
        let encoder = streamsql_formats::file_encoder(format, options, &schema)?;
        let size = options.get("sink.rolling-policy.file-size").map_or("128mb", String::as_str);
        let bytes = memory_size(size)
            .map_err(|e| Error::invalid(format!("'sink.rolling-policy.file-size' = '{size}': {e}")))?;
        let partitions = if partition.is_empty() { None } else { Partitions::from_options(options)? };
        let minutes = |key: &str| duration_ms(options, key, 30 * 60_000);
        Ok(Self {
            table: spec.table.to_owned(),
            files: Folder::new(
                local_path(required(options, "path")?)?,
                &format!("{} {} {}", spec.job, spec.path, spec.number),
            ),
            encoder,
            tells_changes: streamsql_formats::tells_changes(format),
            stored,
            partition,
            default_partition: options
                .get("partition.default-name")
                .cloned()
                .unwrap_or_else(|| "__DEFAULT_PARTITION__".to_owned()),
            rolling: Rolling {
                bytes,
                age_ms: minutes("sink.rolling-policy.rollover-interval")?,
                silence_ms: minutes("sink.rolling-policy.inactivity-interval")?,
            },
            partitions,
            open: BTreeMap::new(),
            created: 0,
        })
    }

    /// The folder of a row, below the table's path.
    fn folder(&self, rows: &RecordBatch, row: usize) -> Result<String> {
        let mut folder = PathBuf::new();
        for (key, column) in &self.partition {
            let column = rows.column(*column);
            let mut value = String::new();
            if column.is_valid(row) {
                print::value(column.as_ref(), row, &mut value)?;
            }
            if value.is_empty() {
                value.clone_from(&self.default_partition);
            }
            folder.push(format!("{}={}", escaped(key), escaped(&value)));
        }
        Ok(folder.to_string_lossy().into_owned())
    }

    /// The bytes that go to each folder.
    fn encode(&mut self, changes: &[ChangeBatch]) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut bytes: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for batch in changes {
            let stored = batch.rows().project(&self.stored)?;
            for row in 0..batch.num_rows() {
                let kind = batch.kind(row);
                if kind != RowKind::Insert && !self.tells_changes {
                    return Err(Error::internal(format!(
                        "table {}: a file of this format takes only inserts",
                        self.table
                    )));
                }
                let folder = self.folder(batch.rows(), row)?;
                let out = bytes.entry(folder).or_default();
                if self.encoder.encode_change(kind, &stored, row, out)? {
                    out.push(b'\n');
                }
            }
        }
        Ok(bytes)
    }

    fn append(&mut self, folder: String, bytes: &[u8], now_ms: i64) -> Result<()> {
        let file = match self.open.get_mut(&folder) {
            Some(file) => {
                self.files.append(&file.folder, &file.name, file.length, bytes)?;
                file
            }
            None => {
                let name = self.files.new_name(self.created);
                self.created += 1;
                self.files.create(&folder, &name, bytes)?;
                let file = OpenFile {
                    folder: folder.clone(),
                    name,
                    length: 0,
                    created_ms: now_ms,
                    written_ms: now_ms,
                };
                self.open.entry(folder).or_insert(file)
            }
        };
        file.length += bytes.len() as u64;
        file.written_ms = now_ms;
        Ok(())
    }

    fn is_full(&self, file: &OpenFile, now_ms: i64) -> bool {
        file.length >= self.rolling.bytes || self.due(file) <= now_ms
    }

    /// Marks the folders that are complete, whose files are shown already.
    fn mark(&self, token: &Token) -> Result<()> {
        let Some(partitions) = &self.partitions else { return Ok(()) };
        token.complete.iter().try_for_each(|folder| self.files.mark(folder, &partitions.success_file))
    }

    fn due(&self, file: &OpenFile) -> i64 {
        let age = file.created_ms.saturating_add(self.rolling.age_ms);
        age.min(file.written_ms.saturating_add(self.rolling.silence_ms))
    }
}

fn parsed(table: &str, token: &[u8]) -> Result<Token> {
    serde_json::from_slice(token).map_err(|error| {
        Error::state(format!("table {table}: what the state says of its files cannot be read: {error}"))
            .hint("run the build that wrote it")
    })
}

impl TwoPhaseSink for FileSink {
    fn open(&mut self) -> Result<()> {
        self.files.make_root().map_err(|error| error.context(format!("table {}", self.table)))
    }

    fn recover(&mut self, _committed: Epoch, token: Option<&[u8]>) -> Result<bool> {
        let token = token.map_or(Ok(Token::default()), |token| parsed(&self.table, token))?;
        for (folder, name) in &token.show {
            self.files.show(folder, name)?;
        }
        for file in &token.open {
            self.files.show_part(&file.folder, &file.name, file.length)?;
        }
        self.mark(&token)?;
        if let Some(partitions) = &mut self.partitions {
            partitions.pending.clone_from(&token.pending);
        }
        self.files.delete_hidden()?;
        Ok(token != Token::default())
    }

    fn prepare(&mut self, rows: &EpochRows<'_>) -> Result<Vec<u8>> {
        for (folder, bytes) in self.encode(rows.changes)? {
            if let Some(partitions) = &mut self.partitions {
                partitions.pending.entry(folder.clone()).or_insert(rows.now_ms);
            }
            self.append(folder, &bytes, rows.now_ms)?;
        }
        let partitions = self.partitions.as_mut();
        let complete = partitions.map_or_else(Vec::new, |p| p.complete(rows.now_ms, rows.input_ended));
        let full = |file: &OpenFile| {
            rows.is_last || self.is_full(file, rows.now_ms) || complete.contains(&file.folder)
        };
        let show: Vec<String> =
            self.open.values().filter(|file| full(file)).map(|file| file.folder.clone()).collect();
        let show = show.iter().filter_map(|folder| self.open.remove(folder));
        let show = show.map(|file| (file.folder, file.name)).collect();
        let pending = self.partitions.as_ref().map_or_else(BTreeMap::new, |p| p.pending.clone());
        let token = Token { open: self.open.values().cloned().collect(), show, pending, complete };
        if token == Token::default() {
            return Ok(Vec::new());
        }
        serde_json::to_vec(&token).map_err(|error| Error::internal(format!("files of an epoch: {error}")))
    }

    fn commit(&mut self, _epoch: Epoch, token: &[u8]) -> Result<()> {
        if token.is_empty() {
            return Ok(());
        }
        let token = parsed(&self.table, token)?;
        token.show.iter().try_for_each(|(folder, name)| self.files.show(folder, name))?;
        self.mark(&token)
    }

    fn due_ms(&self) -> Option<i64> {
        let files = self.open.values().map(|file| self.due(file));
        files.chain(self.partitions.as_ref().and_then(Partitions::due_ms)).min()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use arrow::array::{Int32Array, StringArray};
    use streamsql_core::Column;

    use super::*;

    fn sink(folder: &Path, options: &[(&str, &str)]) -> FileSink {
        let path = folder.display().to_string();
        let fixed = [("connector", "filesystem"), ("format", "json"), ("path", path.as_str())];
        let options = fixed.iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let columns = Schema::new(vec![
            Column::new("k", LogicalType::STRING, true),
            Column::new("n", LogicalType::Int, true),
        ]);
        let spec = SinkSpec {
            job: "j",
            table: "t",
            path: "default.t",
            number: 0,
            options: &options,
            columns: &columns,
            primary_key: &[],
            metadata: &[],
            partition_keys: &["k".to_owned()],
        };
        FileSink::new(&spec).unwrap()
    }

    fn rows(rows: &[(Option<&str>, i32)]) -> ChangeBatch {
        let columns = Schema::new(vec![
            Column::new("k", LogicalType::STRING, true),
            Column::new("n", LogicalType::Int, true),
        ]);
        let keys: StringArray = rows.iter().map(|(k, _)| *k).collect();
        let numbers: Int32Array = rows.iter().map(|(_, n)| Some(*n)).collect();
        let batch = RecordBatch::try_new(columns.to_arrow(), vec![Arc::new(keys), Arc::new(numbers)]);
        ChangeBatch::inserts(batch.unwrap())
    }

    fn prepare(sink: &mut FileSink, epoch: u64, now_ms: i64, changes: ChangeBatch, is_last: bool) -> Vec<u8> {
        let changes = [changes];
        let rows =
            EpochRows { epoch: Epoch(epoch), now_ms, changes: &changes, is_last, input_ended: is_last };
        sink.prepare(&rows).unwrap()
    }

    /// Visible files: folder and text, sorted.
    fn shown(root: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for folder in std::fs::read_dir(root).unwrap().flatten() {
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                if !file.file_name().to_string_lossy().starts_with('.') {
                    let text = std::fs::read_to_string(file.path()).unwrap();
                    found.push((folder.file_name().to_string_lossy().into_owned(), text));
                }
            }
        }
        found.sort();
        found
    }

    fn hidden(root: &Path) -> usize {
        let folders = std::fs::read_dir(root).unwrap().flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
        files.filter(|file| file.file_name().to_string_lossy().starts_with('.')).count()
    }

    fn pair(folder: &str, text: &str) -> (String, String) {
        (folder.to_owned(), text.to_owned())
    }

    #[test]
    fn files_are_shown_by_size_age_silence_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = sink(
            folder.path(),
            &[
                ("sink.rolling-policy.file-size", "20b"),
                ("sink.rolling-policy.rollover-interval", "10 s"),
                ("sink.rolling-policy.inactivity-interval", "4 s"),
            ],
        );
        sink.open().unwrap();
        assert!(!sink.recover(Epoch(0), None).unwrap());
        let token = prepare(&mut sink, 1, 0, rows(&[(Some("a/b"), 1), (None, 2), (Some("a/b"), 3)]), false);
        sink.commit(Epoch(1), &token).unwrap();
        // Twice is as once.
        sink.commit(Epoch(1), &token).unwrap();
        // The size.
        let mut wanted = vec![];
        assert_eq!(shown(folder.path()), wanted);
        let token = prepare(&mut sink, 2, 3_000, rows(&[(Some("a/b"), 5)]), false);
        assert_eq!(shown(folder.path()), wanted, "prepared is not visible");
        sink.commit(Epoch(2), &token).unwrap();
        wanted.push(pair("k=a%2Fb", "{\"n\":1}\n{\"n\":3}\n{\"n\":5}\n"));
        assert_eq!(shown(folder.path()), wanted);
        // The silence of the other.
        assert_eq!(sink.due_ms(), Some(4_000));
        let token = prepare(&mut sink, 3, 4_000, rows(&[(Some("c"), 6)]), false);
        sink.commit(Epoch(3), &token).unwrap();
        wanted.insert(0, pair("k=__DEFAULT_PARTITION__", "{\"n\":2}\n"));
        assert_eq!(shown(folder.path()), wanted);
        // The end.
        let token = prepare(&mut sink, 4, 5_000, rows(&[(Some("c"), 7)]), true);
        sink.commit(Epoch(4), &token).unwrap();
        wanted.push(pair("k=c", "{\"n\":6}\n{\"n\":7}\n"));
        assert_eq!(shown(folder.path()), wanted);
        assert_eq!((hidden(folder.path()), sink.due_ms()), (0, None));
        assert!(prepare(&mut sink, 5, 6_000, rows(&[]), true).is_empty());
    }

    #[test]
    fn partitions_are_marked_with_their_files_after_the_delay_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            [("sink.partition-commit.policy.kind", "success-file"), ("sink.partition-commit.delay", "10 s")];
        let mut first = sink(folder.path(), &options);
        first.open().unwrap();
        first.recover(Epoch(0), None).unwrap();
        let token = prepare(&mut first, 1, 0, rows(&[(Some("a"), 1)]), false);
        first.commit(Epoch(1), &token).unwrap();
        let token = prepare(&mut first, 2, 5_000, rows(&[(Some("b"), 2)]), false);
        first.commit(Epoch(2), &token).unwrap();
        assert_eq!((shown(folder.path()), first.due_ms()), (vec![], Some(10_001)));
        // What waits is known to the next process, which finishes what was committed.
        let mut second = sink(folder.path(), &options);
        second.open().unwrap();
        second.recover(Epoch(2), Some(&token)).unwrap();
        assert_eq!(second.due_ms(), Some(10_001));
        let token = prepare(&mut second, 3, 10_001, rows(&[(Some("b"), 3)]), false);
        let marks = |root: &Path| ["k=a", "k=b"].map(|k| root.join(k).join("_SUCCESS").exists());
        assert_eq!(marks(folder.path()), [false, false]);
        second.commit(Epoch(3), &token).unwrap();
        assert_eq!(marks(folder.path()), [true, false]);
        let token = prepare(&mut second, 4, 10_002, rows(&[]), true);
        let mut third = sink(folder.path(), &options);
        third.open().unwrap();
        third.recover(Epoch(4), Some(&token)).unwrap();
        assert_eq!(marks(folder.path()), [true, true]);
        let texts: Vec<String> = shown(folder.path()).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["", "{\"n\":1}\n", "", "{\"n\":2}\n", "{\"n\":3}\n"]);
        // Whoever reads a complete partition may take it away: the next start does without.
        std::fs::remove_dir_all(folder.path().join("k=b")).unwrap();
        let mut fourth = sink(folder.path(), &options);
        fourth.open().unwrap();
        fourth.recover(Epoch(4), Some(&token)).unwrap();
        assert_eq!(marks(folder.path()), [true, false]);
    }

    #[test]
    fn a_stop_shows_files_and_marks_no_partition() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            [("sink.partition-commit.policy.kind", "success-file"), ("sink.partition-commit.delay", "10 s")];
        let is_marked = || folder.path().join("k=a/_SUCCESS").exists();
        let mut first = sink(folder.path(), &options);
        first.open().unwrap();
        first.recover(Epoch(0), None).unwrap();
        let changes = [rows(&[(Some("a"), 1)])];
        let stop =
            EpochRows { epoch: Epoch(1), now_ms: 0, changes: &changes, is_last: true, input_ended: false };
        let token = first.prepare(&stop).unwrap();
        first.commit(Epoch(1), &token).unwrap();
        assert_eq!((shown(folder.path()), hidden(folder.path())), (vec![pair("k=a", "{\"n\":1}\n")], 0));
        assert!(!is_marked());
        // The next process goes on waiting, from the first row on.
        let mut second = sink(folder.path(), &options);
        second.open().unwrap();
        assert!(second.recover(Epoch(1), Some(&token)).unwrap());
        assert!(!is_marked());
        assert_eq!(second.due_ms(), Some(10_001));
        let token = prepare(&mut second, 2, 5_000, rows(&[]), true);
        second.commit(Epoch(2), &token).unwrap();
        assert!(is_marked());
    }

    #[test]
    fn a_restart_shows_what_was_committed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = sink(folder.path(), &[("sink.rolling-policy.file-size", "20b")]);
        first.open().unwrap();
        first.recover(Epoch(0), None).unwrap();
        // Of epoch 1 one file is full and one is not; the process dies before anything is shown.
        let token = prepare(
            &mut first,
            1,
            0,
            rows(&[(Some("a"), 10), (Some("a"), 11), (Some("a"), 12), (Some("b"), 1)]),
            false,
        );
        // Epoch 2 is prepared and never committed.
        prepare(&mut first, 2, 0, rows(&[(Some("b"), 2), (Some("c"), 3)]), false);
        let wanted = [pair("k=a", "{\"n\":10}\n{\"n\":11}\n{\"n\":12}\n"), pair("k=b", "{\"n\":1}\n")];
        for _ in 0..2 {
            let mut second = sink(folder.path(), &[]);
            second.open().unwrap();
            assert!(second.recover(Epoch(1), Some(&token)).unwrap());
            assert_eq!(shown(folder.path()), wanted);
            assert_eq!(hidden(folder.path()), 0);
        }
        // The first instance can add nothing any more.
        let changes = [rows(&[(Some("b"), 4)])];
        let late =
            EpochRows { epoch: Epoch(3), now_ms: 0, changes: &changes, is_last: false, input_ended: false };
        assert!(first.prepare(&late).is_err());
        assert_eq!(shown(folder.path()), wanted);
    }
}
