//! `filesystem`: reading of a file or a folder of files, once or for as long as new ones come (Flink
//! `FileSystemTableSource`), and writing (`sink`).
//!
//! A split is one file; its position is the number of records read, so a restart skips what was committed. Files are
//! read in the order of their paths, those that were found at once.

mod discover;
mod reader;
mod sink;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{
    ChangeBatch, Column, Cut, DeadLetter, DecodedRecord, Decoder, Error, KeptRecord, LogicalType, Origins,
    Result, Schema, Source, SourceBatch, SourceEvent, Split, SplitStart,
};
use streamsql_formats::builder::ColumnBuilder;
use streamsql_formats::{DecoderSpec, Framing, file_decoder};

use self::discover::{FoundFile, Layout};
use self::reader::RecordReader;
pub use self::sink::FileSink;
use self::watch::Watch;
use crate::SourceSpec;
use crate::on_error::OnError;
use crate::options::{check, required};
use crate::registry::{Factory, MadeSink};

pub const FACTORY: Factory = Factory {
    name: "filesystem",
    source: Some(|spec| Ok(Box::new(FileSource::new(spec)?))),
    sink: Some(|spec| Ok(MadeSink::TwoPhase(Box::new(FileSink::new(spec)?)))),
    lookup: None,
};

/// Rows of one batch.
const BATCH_ROWS: usize = 8_192;
/// Bytes of records after which a batch is closed.
const BATCH_BYTES: u64 = 16 << 20;

/// Options of a table, read or written: one may have those that matter only for the other.
const OPTIONS: &[&str] = &[
    "path",
    "on-error",
    "partition.default-name",
    "source.report-statistics",
    "source.monitor-interval",
    "source.path.regex-pattern",
    "sink.rolling-policy.file-size",
    "sink.rolling-policy.rollover-interval",
    "sink.rolling-policy.check-interval",
    "sink.rolling-policy.inactivity-interval",
    "sink.shuffle-by-partition.enable",
    "sink.partition-commit.trigger",
    "sink.partition-commit.delay",
    "sink.partition-commit.watermark-time-zone",
    "sink.partition-commit.policy.kind",
    "sink.partition-commit.policy.class",
    "sink.partition-commit.success-file.name",
    "partition.time-extractor.kind",
    "partition.time-extractor.class",
    "partition.time-extractor.timestamp-pattern",
    "partition.time-extractor.timestamp-formatter",
    "auto-compaction",
    "compaction.file-size",
    "compaction.parallelism",
];

/// The format of a table whose options are all known ones.
fn checked_format(options: &BTreeMap<String, String>) -> Result<&str> {
    let format = required(options, "format")?;
    check(options, OPTIONS, &[&format!("{format}.")])?;
    Ok(format)
}

/// Where an output column comes from.
enum Origin {
    /// Column of the decoder.
    Decoded(usize),
    /// Partition key of this number.
    Partition(usize),
    Metadata(Metadata),
}

#[derive(Clone, Copy)]
enum Metadata {
    Path,
    Name,
    Size,
    ModificationTime,
}

/// Reads each file once.
pub struct FileSource {
    table: String,
    layout: Layout,
    decoder: Box<dyn Decoder>,
    framing: Framing,
    columns: Vec<(Column, Origin)>,
    schema: SchemaRef,
    on_error: OnError,
    files: VecDeque<(FoundFile, Split, i64)>,
    open: Option<OpenFile>,
    watch: Option<Watch>,
}

struct OpenFile {
    file: FoundFile,
    split: Split,
    reader: RecordReader,
}

impl FileSource {
    pub fn new(spec: &SourceSpec<'_>) -> Result<Self> {
        let format = checked_format(spec.options)?;
        let layout = Layout {
            root: local_path(required(spec.options, "path")?)?,
            partition_keys: spec.partition_keys.to_vec(),
            default_partition: spec
                .options
                .get("partition.default-name")
                .cloned()
                .unwrap_or_else(|| "__DEFAULT_PARTITION__".to_owned()),
            pattern: discover::pattern(spec.options)?,
        };
        let is_key = |column: &Column| spec.partition_keys.iter().position(|key| *key == column.name);
        let stored: Vec<usize> =
            (0..spec.physical.len()).filter(|i| is_key(&spec.physical.columns[*i]).is_none()).collect();
        let physical = Schema::new(stored.iter().map(|i| spec.physical.columns[*i].clone()).collect());
        let mut read = Vec::new();
        let mut columns = Vec::new();
        for position in spec.read {
            let column = spec.physical.columns[*position].clone();
            let origin = match is_key(&column) {
                Some(key) => Origin::Partition(key),
                None => {
                    read.extend(stored.iter().position(|stored| stored == position));
                    Origin::Decoded(read.len() - 1)
                }
            };
            columns.push((column, origin));
        }
        for (key, column) in spec.metadata {
            columns.push((column.clone(), Origin::Metadata(metadata(key, column)?)));
        }
        let (decoder, framing) = file_decoder(&DecoderSpec {
            format,
            options: spec.options,
            physical: &physical,
            read: &read,
            metadata: &[],
        })?;
        let schema = Schema::new(columns.iter().map(|(column, _)| column.clone()).collect()).to_arrow();
        Ok(Self {
            table: spec.table.to_owned(),
            layout,
            decoder,
            framing,
            columns,
            schema,
            on_error: OnError::parse(spec.options)?,
            files: VecDeque::new(),
            open: None,
            watch: Watch::from_options(spec.options)?,
        })
    }

    /// Looks for new files where the table asks for that.
    fn look(&mut self, timeout: Duration) -> Result<SourceEvent> {
        let Some(watch) = &mut self.watch else { return Ok(SourceEvent::End) };
        let (event, found) = watch.look(&self.layout, timeout)?;
        self.files.extend(found.into_iter().map(|(file, split)| (file, split, 0)));
        Ok(event)
    }

    fn open_next(&mut self) -> Result<bool> {
        let Some((file, split, position)) = self.files.pop_front() else { return Ok(false) };
        let mut reader = RecordReader::open(&file.path, self.framing.clone())?;
        for _ in 0..position {
            if reader.next()?.is_none() {
                return Err(Error::failed(format!(
                    "{} holds fewer records than were read of it before",
                    file.path.display()
                ))
                .hint("a file must not change while a job reads it"));
            }
        }
        self.open = Some(OpenFile { file, split, reader });
        Ok(true)
    }

    /// Puts partition values and metadata beside what was decoded.
    fn complete(&self, file: &FoundFile, decoded: &ChangeBatch) -> Result<ChangeBatch> {
        let rows = decoded.num_rows();
        let columns = self
            .columns
            .iter()
            .map(|(column, origin)| match origin {
                Origin::Decoded(i) => Ok(decoded.rows().column(*i).clone()),
                Origin::Partition(key) => {
                    let value = file.partition.get(*key).and_then(Option::as_deref);
                    partition_column(column, value, rows).map_err(|error| {
                        Error::failed(format!("partition key {}: {error}", column.name))
                            .at(file.path.display().to_string())
                    })
                }
                Origin::Metadata(metadata) => metadata_column(*metadata, column, file, rows),
            })
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        decoded.with_rows(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

/// The local path of the option `path`.
fn local_path(path: &str) -> Result<PathBuf> {
    if let Some((scheme, _)) = path.split_once("://").filter(|(scheme, _)| *scheme != "file") {
        return Err(Error::invalid(format!("'path' = '{path}': only local files are read, not {scheme}://"))
            .hint("a path, or file:///…"));
    }
    Ok(PathBuf::from(path.strip_prefix("file://").or(path.strip_prefix("file:")).unwrap_or(path)))
}

/// Flink's `ReadableFileInfo`.
fn metadata(key: &str, column: &Column) -> Result<Metadata> {
    let logical_type = &column.logical_type;
    let (metadata, fits, natural) = match key {
        "file.path" => (Metadata::Path, logical_type.is_character(), "STRING"),
        "file.name" => (Metadata::Name, logical_type.is_character(), "STRING"),
        "file.size" => (Metadata::Size, *logical_type == LogicalType::BigInt, "BIGINT"),
        "file.modification-time" => (
            Metadata::ModificationTime,
            matches!(logical_type, LogicalType::TimestampLtz(p) if *p <= 3),
            "TIMESTAMP_LTZ(3)",
        ),
        _ => {
            return Err(Error::invalid(format!("Invalid metadata key '{key}' in column '{}'", column.name))
                .hint("keys are file.path, file.name, file.size and file.modification-time"));
        }
    };
    if !fits {
        return Err(Error::invalid(format!(
            "metadata column '{}' ({key}) is declared as {logical_type}",
            column.name
        ))
        .hint(format!("declare it as {natural} and cast it where it is used")));
    }
    Ok(metadata)
}

fn repeated(
    column: &Column,
    rows: usize,
    mut append: impl FnMut(&mut ColumnBuilder) -> Result<(), String>,
) -> Result<ArrayRef, String> {
    let mut builder = ColumnBuilder::new(&column.logical_type);
    for _ in 0..rows {
        append(&mut builder)?;
    }
    builder.finish().map_err(|error| error.to_string())
}

fn partition_column(column: &Column, value: Option<&str>, rows: usize) -> Result<ArrayRef, String> {
    repeated(column, rows, |builder| match value {
        None => {
            builder.append_null();
            Ok(())
        }
        Some(value) => discover::append_partition_value(value, builder),
    })
}

fn metadata_column(metadata: Metadata, column: &Column, file: &FoundFile, rows: usize) -> Result<ArrayRef> {
    let text = |builder: &mut ColumnBuilder, text: &str| {
        builder.append_bytes(text.as_bytes()).map_err(|_| "the path is too long".to_owned())
    };
    let absolute = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
    let (path, name) = (absolute.to_string_lossy(), file.path.file_name().unwrap_or_default());
    let built = repeated(column, rows, |builder| {
        match metadata {
            Metadata::Path => text(builder, &path)?,
            Metadata::Name => text(builder, &name.to_string_lossy())?,
            Metadata::Size => builder.append_int(i64::try_from(file.size).unwrap_or(i64::MAX)),
            Metadata::ModificationTime => builder.append_int(file.modified_ms),
        }
        Ok(())
    });
    built.map_err(Error::internal)
}

impl Source for FileSource {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        let mut starts = Vec::new();
        self.files.clear();
        // A file that was read before and is away for now is no new one when it is back.
        if let Some(watch) = &mut self.watch {
            restored.keys().for_each(|split| watch.know(split));
        }
        for file in self.layout.files()? {
            let split = file.split();
            if let Some(watch) = &mut self.watch {
                watch.know(&split);
            }
            let position = restored.get(&split).copied().unwrap_or(0);
            starts.push(SplitStart { split: split.clone(), position });
            self.files.push_back((file, split, position));
        }
        Ok(starts)
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        let is_told = self.watch.as_ref().is_none_or(Watch::has_told_all);
        if self.open.is_none() && (!is_told || !self.open_next()?) {
            return self.look(timeout);
        }
        let Some(mut open) = self.open.take() else { return Ok(SourceEvent::End) };
        let (mut records, mut skipped, mut bytes) = (0u64, 0, 0);
        let (mut dead_letters, mut origins, mut cuts) = (Vec::new(), Origins::default(), Vec::new());
        while self.decoder.num_rows() < BATCH_ROWS && bytes < BATCH_BYTES {
            let line = open.reader.line();
            let position = open.reader.position();
            let Some(record) = open.reader.next()? else { break };
            if records > 0 && records.is_multiple_of(Cut::EVERY) {
                cuts.push(Cut { rows: self.decoder.num_rows(), records, next_position: position });
            }
            records += 1;
            bytes += record.len() as u64;
            let (field, error) = match self.decoder.decode(Some(record))? {
                DecodedRecord::Rows(rows) => {
                    origins.positions.extend(std::iter::repeat_n(position, rows));
                    origins.lines.extend(std::iter::repeat_n(line, rows));
                    if self.on_error == OnError::DeadLetter {
                        let record =
                            KeptRecord { key: None, value: Some(record.to_vec()), timestamp_ms: None };
                        origins.records.extend(std::iter::repeat_n(record, rows));
                    }
                    continue;
                }
                DecodedRecord::Skipped => {
                    skipped += 1;
                    continue;
                }
                DecodedRecord::Bad { field, error } => (field, error),
            };
            match self.on_error {
                OnError::Skip => {
                    skipped += 1;
                    continue;
                }
                OnError::DeadLetter => {}
                OnError::Fail => {
                    let place = format!("{}:{line}", open.file.path.display());
                    return Err(OnError::stop(&self.table, field.as_deref(), &error, place));
                }
            }
            dead_letters.push(DeadLetter {
                split: open.split.clone(),
                offset: position,
                key: None,
                value: Some(record.to_vec()),
                timestamp_ms: None,
                field,
                error,
            });
        }
        if records == 0 {
            return Ok(SourceEvent::SplitEnd(open.split));
        }
        let decoded = self.decoder.finish()?;
        let event = SourceEvent::Batch(SourceBatch {
            split: open.split.clone(),
            batch: self.complete(&open.file, &decoded)?,
            next_position: open.reader.position(),
            records,
            skipped,
            bytes,
            dead_letters,
            origins: Some(Arc::new(origins)),
            cuts,
        });
        self.open = Some(open);
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int32Type;

    use super::*;

    fn source(folder: &std::path::Path, format: &str, extra: &[(&str, &str)]) -> FileSource {
        let physical = Schema::new(vec![
            Column::new("a", LogicalType::Int, true),
            Column::new("b", LogicalType::STRING, true),
        ]);
        let mut options: BTreeMap<String, String> =
            extra.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        options.insert("connector".to_owned(), "filesystem".to_owned());
        options.insert("format".to_owned(), format.to_owned());
        options.insert("path".to_owned(), folder.display().to_string());
        FileSource::new(&SourceSpec {
            table: "t",
            options: &options,
            physical: &physical,
            read: &[0, 1],
            metadata: &[],
            partition_keys: &[],
        })
        .unwrap()
    }

    /// All values of column `a`, with the dead letters' offsets.
    fn read(source: &mut FileSource) -> Result<(Vec<i32>, Vec<i64>)> {
        let (mut values, mut offsets) = (Vec::new(), Vec::new());
        loop {
            match source.poll(Duration::ZERO)? {
                SourceEvent::Batch(batch) => {
                    values.extend(batch.batch.rows().column(0).as_primitive::<Int32Type>().iter().flatten());
                    offsets.extend(batch.dead_letters.iter().map(|letter| letter.offset));
                }
                SourceEvent::End => return Ok((values, offsets)),
                _ => {}
            }
        }
    }

    #[test]
    fn a_restart_goes_on_behind_the_records_that_were_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("1"), "1,\"x\ny\"\n2,z\n3,w\n").unwrap();
        std::fs::write(folder.path().join("2"), "4,x\n").unwrap();
        let mut first = source(folder.path(), "csv", &[]);
        let starts = first.open(&BTreeMap::new()).unwrap();
        assert_eq!(read(&mut first).unwrap(), (vec![1, 2, 3, 4], vec![]));
        let restored = BTreeMap::from([(starts[0].split.clone(), 2), (starts[1].split.clone(), 1)]);
        let mut again = source(folder.path(), "csv", &[]);
        again.open(&restored).unwrap();
        assert_eq!(read(&mut again).unwrap(), (vec![3], vec![]));
        let too_far = BTreeMap::from([(starts[0].split.clone(), 9)]);
        again.open(&too_far).unwrap();
        assert!(read(&mut again).unwrap_err().message.contains("fewer records"));
    }

    #[test]
    fn a_bad_record_is_named_by_file_line_and_field_or_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        std::fs::write(&file, "1,\"x\ny\"\nbad,z\n3,w\n").unwrap();
        let mut strict = source(folder.path(), "csv", &[]);
        strict.open(&BTreeMap::new()).unwrap();
        let error = read(&mut strict).unwrap_err();
        assert_eq!(error.place, Some(format!("{}:3", file.display())));
        assert!(error.message.contains("field 'a'"), "{error}");
        let mut lenient = source(folder.path(), "csv", &[("on-error", "dead-letter")]);
        lenient.open(&BTreeMap::new()).unwrap();
        assert_eq!(read(&mut lenient).unwrap(), (vec![1, 3], vec![1]));
        let mut skipping = source(folder.path(), "csv", &[("on-error", "skip")]);
        skipping.open(&BTreeMap::new()).unwrap();
        assert_eq!(read(&mut skipping).unwrap(), (vec![1, 3], vec![]));
    }

    #[test]
    fn new_files_are_found_and_read_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("1.csv"), "1,x\n").unwrap();
        let options = [("source.monitor-interval", "1 ms"), ("source.path.regex-pattern", r".*/\d\.csv")];
        let mut source = source(folder.path(), "csv", &options);
        // One that was read before a restart, and is away for now.
        let away = Split { topic: folder.path().join("0.csv").display().to_string().into(), partition: 0 };
        assert_eq!(source.open(&BTreeMap::from([(away, 1)])).unwrap().len(), 1);
        let mut events = Vec::new();
        while events.len() < 5 {
            match source.poll(Duration::from_millis(1)).unwrap() {
                SourceEvent::Batch(batch) => events.push(format!("{} rows", batch.batch.num_rows())),
                SourceEvent::NewSplit(start) => {
                    events.push(format!("new {}", start.split.topic.rsplit('/').next().unwrap()));
                }
                SourceEvent::SplitEnd(_) => {
                    events.push("end".to_owned());
                    std::fs::write(folder.path().join("0.csv"), "9,x\n").unwrap();
                    std::fs::write(folder.path().join("x.csv"), "8,x\n").unwrap();
                    std::fs::write(folder.path().join("2.csv"), "2,x\n3,x\n").unwrap();
                }
                SourceEvent::Nothing => {}
                SourceEvent::End => panic!("it watches the folder"),
            }
        }
        assert_eq!(events, ["1 rows", "end", "new 2.csv", "2 rows", "end"]);
    }

    #[test]
    fn paths_of_other_stores_are_refused() {
        assert!(local_path("s3://bucket/x").is_err());
        assert_eq!(local_path("file:///tmp/x").unwrap(), PathBuf::from("/tmp/x"));
        assert_eq!(local_path("data/x").unwrap(), PathBuf::from("data/x"));
    }
}
