//! Segments as parts of files: written one after the other, read page by page.

use std::collections::BTreeMap;

use arrow::buffer::Buffer;
use bytes::Bytes;
use streamsql_core::{Error, KeyGroups, PageRange, Restores, Result, SegmentId};
use xxhash_rust::xxh3::xxh3_128;

use super::hex;
use super::objects::Objects;
use crate::manifest::SegmentRef;

/// Pages that follow each other are read at once up to so many bytes.
const READ_BYTES: u64 = 4 << 20;

/// Hands a table its segments: first all heads, then page by page.
pub(super) fn restore<'s>(
    objects: &Objects,
    segments: impl Iterator<Item = &'s SegmentRef>,
    table: &mut dyn Restores,
) -> Result<()> {
    let mut by_id: BTreeMap<SegmentId, &SegmentRef> = BTreeMap::new();
    for segment in segments {
        let head = objects.read_range(&segment.file, segment.offset, segment.head)?;
        if hex(&xxh3_128(&head).to_le_bytes()) != segment.hash {
            return Err(Error::state(format!(
                "state file {}/{} is damaged: the checksum of bytes {}..{} does not match",
                objects.place(),
                segment.file,
                segment.offset,
                segment.offset + segment.head
            )));
        }
        table.restore_head(segment.id(), &head, KeyGroups(segment.groups))?;
        by_id.insert(segment.id(), segment);
    }
    let wanted = table.restore_wanted();
    let mut rest = wanted.as_slice();
    while let Some((id, first)) = rest.first() {
        let end = |range: &PageRange| range.offset + range.length;
        let mut until = end(first);
        let together = rest
            .iter()
            .take_while(|(other, range)| {
                let follows = other == id && (range == first || range.offset == until);
                let fits = follows && (range == first || end(range) - first.offset <= READ_BYTES);
                if fits {
                    until = end(range);
                }
                fits
            })
            .count();
        let (these, others) = rest.split_at(together.max(1));
        rest = others;
        let Some(segment) = by_id.get(id) else { return Err(Error::internal("a page of no segment")) };
        let start = segment.offset + segment.head + first.offset;
        let bytes = objects.read_range(&segment.file, start, until - first.offset)?;
        for (_, range) in these {
            let at = (range.offset - first.offset) as usize;
            // In memory of its own, so that it can go again without the others.
            let page = Buffer::from_vec(bytes[at..at + range.length as usize].to_vec());
            table
                .restore_page(*id, range.page, page)
                .map_err(|error| error.context(format!("state file {}/{}", objects.place(), segment.file)))?;
        }
    }
    table.restored()
}

/// Segments that become part of one file, one after the other, without being copied together.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) bytes: Vec<Bytes>,
    /// Where the next part begins in the file.
    length: u64,
}

/// A buffer that a table still reads.
struct Shared(Buffer);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
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

    /// Adds a segment: its head and its pages.
    pub(super) fn add(
        &mut self,
        node: usize,
        table: usize,
        id: SegmentId,
        groups: KeyGroups,
        file: &str,
        buffers: Vec<Buffer>,
    ) -> SegmentRef {
        let offset = self.length;
        let head = buffers.first().map(Buffer::as_slice).unwrap_or_default();
        let (head, hash) = (head.len() as u64, hex(&xxh3_128(head).to_le_bytes()));
        for buffer in buffers {
            self.add_bytes(Bytes::from_owner(Shared(buffer)));
        }
        SegmentRef {
            node,
            table,
            epoch: id.epoch,
            writer: id.writer,
            file: file.to_owned(),
            offset,
            head,
            length: self.length - offset,
            hash,
            groups: groups.0,
        }
    }
}
