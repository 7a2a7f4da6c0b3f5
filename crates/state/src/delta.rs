//! The byte form of state segments: a log of puts and deletes, the same for every container.
//!
//! ```text
//! segment = magic "SSQD" | version u16 | record*
//! record  = op u8 (1 put, 2 delete) | key_group u16 | key length u32 | key [| value length u32 | value]
//! ```
//! Little-endian. Lengths and hashes of whole segments are verified by the store before a reader sees them; the reader
//! still never trusts a length.

use streamsql_core::{Error, KeyGroup, Result};

const MAGIC: &[u8; 4] = b"SSQD";
const VERSION: u16 = 3;
const PUT: u8 = 1;
const DELETE: u8 = 2;

/// One change of a state table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    Put { key_group: KeyGroup, key: &'a [u8], value: &'a [u8] },
    Delete { key_group: KeyGroup, key: &'a [u8] },
}

impl<'a> Record<'a> {
    pub fn key_group(&self) -> KeyGroup {
        match self {
            Self::Put { key_group, .. } | Self::Delete { key_group, .. } => *key_group,
        }
    }

    pub fn key(&self) -> &'a [u8] {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => key,
        }
    }
}

/// Builds a segment.
#[derive(Default)]
pub struct DeltaWriter {
    bytes: Vec<u8>,
}

impl DeltaWriter {
    /// A writer with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    pub fn put(&mut self, key_group: KeyGroup, key: &[u8], value: &[u8]) {
        self.start(PUT, key_group, key);
        self.field(value);
    }

    pub fn delete(&mut self, key_group: KeyGroup, key: &[u8]) {
        self.start(DELETE, key_group, key);
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The segment; the writer is empty afterwards.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn start(&mut self, op: u8, key_group: KeyGroup, key: &[u8]) {
        if self.bytes.is_empty() {
            self.bytes.extend_from_slice(MAGIC);
            self.bytes.extend_from_slice(&VERSION.to_le_bytes());
        }
        self.bytes.push(op);
        self.bytes.extend_from_slice(&key_group.0.to_le_bytes());
        self.field(key);
    }

    fn field(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(bytes);
    }
}

/// Reads a segment, record by record.
pub struct DeltaReader<'a> {
    rest: &'a [u8],
}

impl<'a> DeltaReader<'a> {
    /// # Errors
    /// `State`, when this is no segment or one of another version.
    pub fn new(segment: &'a [u8]) -> Result<Self> {
        if segment.is_empty() {
            return Ok(Self { rest: segment });
        }
        let body = segment.strip_prefix(MAGIC).ok_or_else(|| damaged("it does not start as a segment"))?;
        let (version, rest) = body.split_first_chunk::<2>().ok_or_else(|| damaged("its header is cut"))?;
        match u16::from_le_bytes(*version) {
            VERSION => Ok(Self { rest }),
            other => {
                Err(Error::state(format!("state segment of version {other}, this build reads {VERSION}")))
            }
        }
    }

    fn record(&mut self) -> Result<Record<'a>> {
        let (op, rest) = self.rest.split_first().ok_or_else(|| damaged("a record is cut"))?;
        let (group, rest) = rest.split_first_chunk::<2>().ok_or_else(|| damaged("a key group is cut"))?;
        self.rest = rest;
        let key_group = KeyGroup(u16::from_le_bytes(*group));
        let key = self.field()?;
        match *op {
            PUT => Ok(Record::Put { key_group, key, value: self.field()? }),
            DELETE => Ok(Record::Delete { key_group, key }),
            _ => Err(damaged("a record is neither put nor delete")),
        }
    }

    fn field(&mut self) -> Result<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk::<4>().ok_or_else(|| damaged("a length is cut"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let field = rest.get(..length).ok_or_else(|| damaged("a field is cut"))?;
        self.rest = &rest[length..];
        Ok(field)
    }
}

impl<'a> Iterator for DeltaReader<'a> {
    type Item = Result<Record<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.record();
        if record.is_err() {
            self.rest = &[];
        }
        Some(record)
    }
}

fn damaged(what: &str) -> Error {
    Error::state(format!("damaged state segment: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> Vec<u8> {
        let mut writer = DeltaWriter::default();
        writer.put(KeyGroup(7), b"key", b"value");
        writer.delete(KeyGroup(9), b"other");
        writer.take()
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = segment();
        let records: Vec<_> = DeltaReader::new(&bytes).unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(
            records,
            [
                Record::Put { key_group: KeyGroup(7), key: b"key", value: b"value" },
                Record::Delete { key_group: KeyGroup(9), key: b"other" }
            ]
        );
    }

    #[test]
    fn every_cut_and_flip_is_survived() {
        let bytes = segment();
        let mut refused = 0;
        for length in 1..bytes.len() {
            let result = DeltaReader::new(&bytes[..length]).and_then(|r| r.collect::<Result<Vec<_>>>());
            refused += usize::from(result.is_err());
        }
        // Only the cuts at record borders (after the header and after the first record) read well.
        assert_eq!(refused, bytes.len() - 1 - 2);
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 0xff;
            let _ = DeltaReader::new(&flipped).and_then(|r| r.collect::<Result<Vec<_>>>());
        }
    }
}
