//! The records of one file, one after the other, whatever their length.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use streamsql_core::{Error, Result};
use streamsql_formats::Framing;

/// Bytes read at once at least.
const CHUNK: usize = 1 << 18;
/// Longest record: what an Arrow text can hold.
const MAX_RECORD: usize = i32::MAX as usize;

/// Reads a file forward.
pub struct RecordReader {
    path: PathBuf,
    file: File,
    framing: Framing,
    buffer: Vec<u8>,
    /// Where the next record starts in the buffer.
    start: usize,
    /// Up to here the buffer is filled.
    filled: usize,
    at_end: bool,
    position: i64,
    line: u64,
}

impl RecordReader {
    pub fn open(path: &Path, framing: Framing) -> Result<Self> {
        let file =
            File::open(path).map_err(|e| Error::failed(format!("cannot read {}: {e}", path.display())))?;
        let mut reader = Self {
            path: path.to_path_buf(),
            file,
            framing,
            buffer: Vec::new(),
            start: 0,
            filled: 0,
            at_end: false,
            position: 0,
            line: 1,
        };
        while reader.filled < 3 && !reader.at_end {
            reader.fill()?;
        }
        if reader.buffer[..reader.filled].starts_with(b"\xef\xbb\xbf") {
            reader.start = 3;
        }
        Ok(reader)
    }

    /// Records read so far.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// The line, from 1, where the next record starts.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The next record; `None` at the end of the file.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        let mut searched = self.start;
        loop {
            let unread = &self.buffer[self.start..self.filled];
            let frame = match &self.framing {
                Framing::Lines => {
                    let line_end = memchr::memchr(b'\n', &self.buffer[searched..self.filled]);
                    match line_end.map(|offset| searched + offset - self.start) {
                        Some(length) => Some((0, length, length + 1)),
                        None if self.at_end && !unread.is_empty() => Some((0, unread.len(), unread.len())),
                        None => None,
                    }
                }
                Framing::Csv(dialect) => {
                    dialect.frame(unread, self.at_end).map(|frame| (frame.start, frame.end, frame.end))
                }
            };
            if let Some((from, to, next)) = frame {
                let consumed = &unread[..next];
                self.line += memchr::memchr_iter(b'\n', consumed).count() as u64;
                let (from, mut to) = (self.start + from, self.start + to);
                if self.framing == Framing::Lines && to > from && self.buffer[to - 1] == b'\r' {
                    to -= 1;
                }
                self.start += next;
                self.position += 1;
                return Ok(Some(&self.buffer[from..to]));
            }
            if self.at_end {
                return Ok(None);
            }
            let known = self.filled - self.start;
            self.fill()?;
            searched = self.start + known;
        }
    }

    /// Reads more behind what is unread; twice as much each time a record does not fit.
    fn fill(&mut self) -> Result<()> {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        if self.filled > MAX_RECORD {
            return Err(Error::failed("a record is longer than 2 GiB").at(format!(
                "{}:{}",
                self.path.display(),
                self.line
            )));
        }
        let wanted = self.filled + self.filled.max(CHUNK);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let read = self
            .file
            .read(&mut self.buffer[self.filled..])
            .map_err(|e| Error::failed(format!("cannot read {}: {e}", self.path.display())))?;
        self.filled += read;
        self.at_end = read == 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(content: &[u8]) -> Vec<(u64, String)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let mut reader = RecordReader::open(file.path(), Framing::Lines).unwrap();
        let mut found = Vec::new();
        loop {
            let line = reader.line();
            match reader.next().unwrap() {
                Some(record) => found.push((line, String::from_utf8(record.to_vec()).unwrap())),
                None => return found,
            }
        }
    }

    #[test]
    fn lines_of_any_length() {
        assert_eq!(records(b""), []);
        assert_eq!(records(b"\xef\xbb\xbfa\r\n\nb"), [(1, "a".into()), (2, String::new()), (3, "b".into())]);
        let long = "x".repeat(3 * CHUNK + 7);
        let content = format!("{long}\ny\n{long}");
        assert_eq!(records(content.as_bytes()), [(1, long.clone()), (2, "y".into()), (3, long)]);
    }
}
