//! `filesystem`: bounded reading of a file or a folder of files, line by line.
//!
//! A split is one file; its position is the number of records read, so a restart skips what was committed.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use streamsql_core::{
    DecodedRecord, Decoder, Error, Result, Source, SourceBatch, SourceEvent, Split, SplitStart,
};
use streamsql_formats::DecoderSpec;

use crate::SourceSpec;
use crate::options::{check, required};

/// Rows of one batch.
const BATCH_ROWS: usize = 8_192;

/// Reads files once, in the order of their names.
pub struct FileSource {
    path: PathBuf,
    decoder: Box<dyn Decoder>,
    files: VecDeque<(Split, i64)>,
    open: Option<OpenFile>,
}

struct OpenFile {
    split: Split,
    reader: BufReader<File>,
    position: i64,
    /// CSV records may hold line breaks inside quotes.
    quoted_lines: bool,
}

impl FileSource {
    pub fn new(spec: &SourceSpec<'_>) -> Result<Self> {
        check(spec.options, &["path"], &["json.", "csv.", "raw."])?;
        if !spec.metadata.is_empty() {
            return Err(Error::invalid("metadata columns of the filesystem connector are not supported yet"));
        }
        let path = required(spec.options, "path")?;
        let path = path.strip_prefix("file://").or(path.strip_prefix("file:")).unwrap_or(path);
        let decoder = streamsql_formats::decoder(&DecoderSpec {
            format: required(spec.options, "format")?,
            options: spec.options,
            physical: spec.physical,
            read: spec.read,
        })?;
        Ok(Self { path: PathBuf::from(path), decoder, files: VecDeque::new(), open: None })
    }

    fn open_next(&mut self) -> Result<bool> {
        let Some((split, skip)) = self.files.pop_front() else { return Ok(false) };
        let path = Path::new(split.topic.as_ref());
        let file =
            File::open(path).map_err(|e| Error::failed(format!("cannot read {}: {e}", path.display())))?;
        let quoted_lines = path.extension().is_some_and(|e| e == "csv");
        let mut open =
            OpenFile { reader: BufReader::with_capacity(1 << 18, file), position: 0, split, quoted_lines };
        let mut line = Vec::new();
        while open.position < skip {
            if !open.next(&mut line)? {
                break;
            }
        }
        self.open = Some(open);
        Ok(true)
    }
}

impl OpenFile {
    /// Reads a record without its line end; false at the end of the file.
    fn next(&mut self, record: &mut Vec<u8>) -> Result<bool> {
        record.clear();
        loop {
            let read = self.reader.read_until(b'\n', record);
            let read = read.map_err(|e| Error::failed(format!("cannot read {}: {e}", self.split.topic)))?;
            if read == 0 && record.is_empty() {
                return Ok(false);
            }
            let open_quote = self.quoted_lines && record.iter().filter(|b| **b == b'"').count() % 2 == 1;
            if read == 0 || !open_quote {
                break;
            }
        }
        if record.last() == Some(&b'\n') {
            record.pop();
        }
        if record.last() == Some(&b'\r') {
            record.pop();
        }
        self.position += 1;
        Ok(true)
    }
}

impl Source for FileSource {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        let cannot = |e| Error::unreachable(format!("cannot read {}: {e}", self.path.display()));
        let mut paths = Vec::new();
        if self.path.is_dir() {
            for entry in std::fs::read_dir(&self.path).map_err(cannot)? {
                let path = entry.map_err(cannot)?.path();
                let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['.', '_']));
                if path.is_file() && !hidden {
                    paths.push(path);
                }
            }
            paths.sort();
        } else {
            std::fs::metadata(&self.path).map_err(cannot)?;
            paths.push(self.path.clone());
        }
        let starts: Vec<SplitStart> = paths
            .iter()
            .map(|path| {
                let split = Split { topic: Arc::from(path.display().to_string()), partition: 0 };
                let position = restored.get(&split).copied().unwrap_or(0);
                SplitStart { split, position }
            })
            .collect();
        self.files = starts.iter().map(|start| (start.split.clone(), start.position)).collect();
        Ok(starts)
    }

    fn poll(&mut self, _timeout: Duration) -> Result<SourceEvent> {
        if self.open.is_none() && !self.open_next()? {
            return Ok(SourceEvent::End);
        }
        let Some(open) = &mut self.open else { return Ok(SourceEvent::End) };
        let mut line = Vec::new();
        let (mut records, mut bytes) = (0, 0);
        while self.decoder.num_rows() < BATCH_ROWS && open.next(&mut line)? {
            records += 1;
            bytes += line.len() as u64;
            if let DecodedRecord::Bad { field, error } = self.decoder.decode(Some(&line))? {
                let field = field.map_or(String::new(), |field| format!(", field '{field}'"));
                return Err(Error::failed(format!("cannot read the record{field}: {error}"))
                    .at(format!("{}:{}", open.split.topic, open.position)));
            }
        }
        if records == 0 {
            let split = open.split.clone();
            self.open = None;
            return Ok(SourceEvent::SplitEnd(split));
        }
        Ok(SourceEvent::Batch(SourceBatch {
            split: open.split.clone(),
            batch: self.decoder.finish()?,
            next_position: open.position,
            records,
            bytes,
            skipped: 0,
            dead_letters: Vec::new(),
        }))
    }
}
