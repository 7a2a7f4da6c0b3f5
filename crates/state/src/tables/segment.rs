//! Segments: what a table of one shard wrote at one barrier (`docs/state-format.md`).
//!
//! ```text
//! segment = head | page*
//! head    = magic "SSQP" | version u16 | fingerprint of the layout u64
//!         | count u32 | gone* | count u32 | page head*
//! gone    = epoch u64 | writer u16 | page u32 | 0 | count u32 | offset u32 *
//!         | epoch u64 | writer u16 | page u32 | 1 | key groups, a bit each, u128 | count u32 | offset u32 *
//! page head = rows u32 | youngest write i64 | length u32 | XXH3-64 of the page u64
//!         | count u16 | (key group u16 | offset of its first record u32)*
//! page    = record*, by key group
//! ```
//! Little-endian.

use streamsql_core::{Error, KeyGroups, PageRange, Result, SegmentId};

const MAGIC: &[u8; 4] = b"SSQP";
/// Version of segments and records.
pub const VERSION: u16 = 4;

/// Address of a page within its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PageId {
    pub(super) segment: SegmentId,
    pub(super) number: u32,
}

/// Rows that are gone from a page of an earlier segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) page: PageId,
    /// All rows of these key groups are gone, or stand elsewhere.
    pub(super) groups: KeyGroups,
    /// And the rows at these offsets.
    pub(super) offsets: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageHead {
    pub(super) rows: u32,
    pub(super) youngest_ms: i64,
    pub(super) length: u32,
    pub(super) checksum: u64,
    pub(super) groups: Vec<(u16, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) fingerprint: u64,
    pub(super) gone: Vec<Gone>,
    pub(super) pages: Vec<PageHead>,
}

impl Head {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.fingerprint.to_le_bytes());
        out.extend_from_slice(&(self.gone.len() as u32).to_le_bytes());
        for Gone { page, groups, offsets } in &self.gone {
            out.extend_from_slice(&page.segment.epoch.to_le_bytes());
            out.extend_from_slice(&page.segment.writer.to_le_bytes());
            out.extend_from_slice(&page.number.to_le_bytes());
            out.push(u8::from(!groups.is_empty()));
            if !groups.is_empty() {
                out.extend_from_slice(&groups.0.to_le_bytes());
            }
            out.extend_from_slice(&(offsets.len() as u32).to_le_bytes());
            for offset in offsets {
                out.extend_from_slice(&offset.to_le_bytes());
            }
        }
        out.extend_from_slice(&(self.pages.len() as u32).to_le_bytes());
        for page in &self.pages {
            out.extend_from_slice(&page.rows.to_le_bytes());
            out.extend_from_slice(&page.youngest_ms.to_le_bytes());
            out.extend_from_slice(&page.length.to_le_bytes());
            out.extend_from_slice(&page.checksum.to_le_bytes());
            out.extend_from_slice(&(page.groups.len() as u16).to_le_bytes());
            for (group, offset) in &page.groups {
                out.extend_from_slice(&group.to_le_bytes());
                out.extend_from_slice(&offset.to_le_bytes());
            }
        }
        out
    }

    /// Reads a head of a table with this fingerprint.
    ///
    /// # Errors
    /// `State` when it is cut, of another version, or of a table with another layout.
    pub(super) fn decode(bytes: &[u8], fingerprint: u64) -> Result<Self> {
        let mut reader = Reader { rest: bytes };
        let magic = reader.take(4)?;
        if magic == b"SSQD" {
            return Err(other_version("3 or below"));
        }
        if magic != MAGIC {
            return Err(cut("it does not start as a segment"));
        }
        let version = reader.u16()?;
        if version != VERSION {
            return Err(other_version(version));
        }
        let found = reader.u64()?;
        if found != fingerprint {
            return Err(Error::state("the stored state belongs to a table with other columns")
                .hint("go back to the SQL that wrote it, or give the job a new name in streamsql.yaml"));
        }
        let count = reader.u32()?;
        let mut gone = Vec::new();
        for _ in 0..count {
            let segment = SegmentId { epoch: reader.u64()?, writer: reader.u16()? };
            let page = PageId { segment, number: reader.u32()? };
            let groups = match reader.take(1)? {
                [0] => KeyGroups::default(),
                [1] => KeyGroups(u128::from_le_bytes(reader.array()?)),
                _ => return Err(cut("it tells of gone rows in an unknown way")),
            };
            let offsets = reader.u32()? as usize;
            let offsets = reader.take(offsets.checked_mul(4).ok_or_else(|| cut("a count is too large"))?)?;
            let offsets = offsets.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            gone.push(Gone { page, groups, offsets: offsets.collect() });
        }
        let count = reader.u32()?;
        let mut pages = Vec::new();
        for _ in 0..count {
            let (rows, youngest_ms) = (reader.u32()?, reader.u64()? as i64);
            let (length, checksum) = (reader.u32()?, reader.u64()?);
            let groups = (0..reader.u16()?).map(|_| Ok((reader.u16()?, reader.u32()?)));
            let groups = groups.collect::<Result<Vec<_>>>()?;
            pages.push(PageHead { rows, youngest_ms, length, checksum, groups });
        }
        if !reader.rest.is_empty() {
            return Err(cut("bytes follow the head"));
        }
        Ok(Self { fingerprint: found, gone, pages })
    }

    /// Where the pages stand, counted from the end of the head.
    pub(super) fn ranges(&self) -> Vec<PageRange> {
        let mut offset = 0;
        let ranges = self.pages.iter().enumerate().map(|(page, head)| {
            let range = PageRange { page, offset, length: u64::from(head.length) };
            offset += range.length;
            range
        });
        ranges.collect()
    }
}

/// Reads a head and throws it away; for fuzzing.
#[doc(hidden)]
pub fn read_head(bytes: &[u8]) -> Result<()> {
    let fingerprint =
        bytes.get(6..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u64::from_le_bytes);
    let head = Head::decode(bytes, fingerprint)?;
    let written = head.encode();
    assert_eq!(Head::decode(&written, fingerprint)?, head, "a head that was read can be written");
    Ok(())
}

fn cut(what: &str) -> Error {
    Error::state(format!("the state is damaged: {what}"))
}

/// The stored state is of another version.
pub fn other_version(found: impl std::fmt::Display) -> Error {
    Error::state(format!("the stored state has format version {found}, this build reads {VERSION}")).hint(
        "run the build that wrote it, or let the job start afresh: give it a new name in streamsql.yaml and empty \
         its target tables",
    )
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| cut("its head is cut"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH]> {
        let mut array = [0; LENGTH];
        array.copy_from_slice(self.take(LENGTH)?);
        Ok(array)
    }

    fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }
}
