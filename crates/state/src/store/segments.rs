//! Segments as parts of files: written one after the other, checked when read, merged by compaction.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use streamsql_core::{Error, Result};
use xxhash_rust::xxh3::xxh3_128;

use super::hex;
use super::objects::Objects;
use crate::compaction::{Merge, compact};
use crate::manifest::SegmentRef;

/// A segment that passed its checks.
#[derive(Clone, Debug)]
pub struct Segment {
    pub node: usize,
    pub table: usize,
    pub bytes: Bytes,
}

/// Reads and checks segments in their order; each file is read once.
pub(super) fn read_segments(objects: &Objects, segments: &[SegmentRef]) -> Result<Vec<Segment>> {
    let mut files: BTreeMap<&str, Bytes> = BTreeMap::new();
    let mut read = Vec::with_capacity(segments.len());
    for segment in segments {
        if !files.contains_key(segment.file.as_str()) {
            files.insert(&segment.file, objects.read(&segment.file)?);
        }
        let bytes = &files[segment.file.as_str()];
        let end = segment.offset.checked_add(segment.length).filter(|end| *end <= bytes.len() as u64);
        let Some(end) = end else {
            return Err(Error::state(format!(
                "state file {}/{} is damaged: expected at least {} bytes, found {}",
                objects.place(),
                segment.file,
                segment.offset.saturating_add(segment.length),
                bytes.len()
            )));
        };
        let part = bytes.slice(segment.offset as usize..end as usize);
        if hex(&xxh3_128(&part).to_le_bytes()) != segment.hash {
            return Err(Error::state(format!(
                "state file {}/{} is damaged: the checksum of bytes {}..{end} does not match",
                objects.place(),
                segment.file,
                segment.offset
            )));
        }
        read.push(Segment { node: segment.node, table: segment.table, bytes: part });
    }
    Ok(read)
}

/// Segments that become one file, one after the other, without being copied together.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) bytes: Vec<Bytes>,
    /// Where the next part begins in the file.
    length: u64,
}

impl Parts {
    /// Parts that begin at an offset of their file.
    pub(super) fn at(offset: u64) -> Self {
        Self { bytes: Vec::new(), length: offset }
    }

    /// Adds bytes that are no segment; their offset.
    pub(super) fn add_bytes(&mut self, bytes: Bytes) -> u64 {
        let offset = self.length;
        self.length += bytes.len() as u64;
        self.bytes.push(bytes);
        offset
    }

    pub(super) fn add(
        &mut self,
        node: usize,
        table: usize,
        file: &str,
        segment: Vec<u8>,
        base: bool,
    ) -> SegmentRef {
        let reference = SegmentRef {
            node,
            table,
            file: file.to_owned(),
            offset: self.length,
            length: segment.len() as u64,
            hash: hex(&xxh3_128(&segment).to_le_bytes()),
            base,
        };
        self.length += reference.length;
        self.bytes.push(segment.into());
        reference
    }
}

/// Merges segments and writes the result as one file.
pub(super) fn write_merged(
    objects: &Objects,
    segments: &[SegmentRef],
    merge: Merge,
    file: &str,
) -> Result<Compacted> {
    let mut parts = Parts::default();
    let mut written = Vec::new();
    for ((node, table), merged) in compact(&read_segments(objects, segments)?, merge)? {
        if !merged.is_empty() {
            written.push(parts.add(node, table, file, merged, merge == Merge::Base));
        }
    }
    if !parts.bytes.is_empty() {
        objects.put(file, parts.bytes)?;
    }
    let replaced = segments.iter().map(|segment| (segment.file.clone(), segment.offset)).collect();
    Ok(Compacted { merged: written, replaced })
}

pub(super) struct Compacted {
    pub(super) merged: Vec<SegmentRef>,
    pub(super) replaced: BTreeSet<(String, u64)>,
}
