//! Pages: the records of a table, in generations.
//!
//! Rows of the open epoch stand in open pages, where they are changed in place and may go again at no cost. A barrier
//! copies what is left of them into new pages, ordered by key group; those are never changed again and are, as they
//! are, what the epoch wrote. A row that goes from such a page is only noted as gone. Pages with little life are
//! collected: what lives in them moves along with the next epoch's rows.

mod barrier;
mod life;
mod restore;

use std::collections::{BTreeMap, BTreeSet};

use arrow::buffer::Buffer;
use streamsql_core::{Error, KeyGroupRange, KeyGroups, Result, SegmentId, StoredRow};

use super::prefetch::LINE_OF_MEMORY;
use super::record::{DEAD, Shape, is_dead, record_length};
use super::row::RowMut;
use super::segment::{Head, PageId};

/// A page holds at most so many bytes, unless one record alone is longer.
pub const PAGE_BYTES: usize = 1 << OFFSET_BITS;
const OFFSET_BITS: u32 = 18;
const OFFSET: u64 = (1 << OFFSET_BITS) - 1;
/// Pages of a table.
const MOST_PAGES: usize = 1 << 21;

/// Open pages kept for the next epoch.
const SPARE_PAGES: usize = 64;

/// How pages are cut and collected. Tests set it, to meet with few rows what otherwise takes millions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A page holds at most so many bytes, unless one record alone is longer; at most [`PAGE_BYTES`].
    pub page_bytes: usize,
    /// A barrier moves at most so many bytes out of pages with little life, or twice what the epoch wrote.
    pub collected_bytes: usize,
    /// Pages below these sizes are gathered when `small_pages` of a class have come together.
    pub small: [usize; 4],
    pub small_pages: usize,
    /// What has gone from a page is spread over at most so many segments.
    pub chain: usize,
    /// Segments that only say what has gone from others; more are tidied up.
    pub gone_only: usize,
    /// Pages that one barrier lets expire, or twice as many as it writes.
    pub expired_pages: usize,
    /// Gone bytes in open pages above which these are gathered in the middle of an epoch.
    pub open_garbage: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page_bytes: PAGE_BYTES,
            collected_bytes: 1 << 20,
            small: [1 << 10, 1 << 12, 1 << 14, 1 << 16],
            small_pages: 8,
            chain: 32,
            gone_only: 64,
            expired_pages: 16,
            open_garbage: 16 << 20,
        }
    }
}

/// Where a row stands. Good until the table's next `probe` or barrier, also when the row was replaced or removed in
/// between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowRef(u64);

impl RowRef {
    /// A row of NULLs.
    pub const NULLS: Self = Self(u64::MAX);

    fn new(page: u32, offset: usize) -> Self {
        Self(u64::from(page) << OFFSET_BITS | offset as u64)
    }

    fn page(self) -> usize {
        (self.0 >> OFFSET_BITS) as usize
    }

    fn offset(self) -> usize {
        (self.0 & OFFSET) as usize
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

/// Who knows where the living rows are.
pub(super) trait Directory {
    /// Reads the memory where the rows of a hash are looked for, if that is one place; see `prefetch`.
    fn prefetch(&self, _hash: u64) -> u64 {
        0
    }
    /// A row stands elsewhere now.
    fn moved(&mut self, hash: u64, record: &[u8], from: RowRef, to: RowRef);
    /// A row has expired.
    fn expired(&mut self, hash: u64, record: &[u8], at: RowRef);
}

enum Body {
    Free,
    Open(Vec<u8>),
    Sealed(Buffer),
}

impl Body {
    #[inline]
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Free => &[],
            Self::Open(bytes) => bytes,
            Self::Sealed(bytes) => bytes,
        }
    }

    fn allocated(&self) -> usize {
        match self {
            Self::Free => 0,
            Self::Open(bytes) => bytes.capacity(),
            Self::Sealed(bytes) => bytes.capacity(),
        }
    }
}

/// What is known of a sealed page.
struct Life {
    id: PageId,
    rows: usize,
    bytes: usize,
    /// Offsets of rows that are gone.
    gone: Vec<u32>,
    /// Key groups all of whose rows are gone.
    gone_groups: KeyGroups,
    /// Offsets of rows that live on other shards or are of those key groups, ascending.
    foreign: Vec<u32>,
    /// How many of them, at the end, no segment tells of yet.
    fresh: usize,
    /// Segments that tell of the others.
    chain: Vec<SegmentId>,
    youngest_ms: i64,
    /// Whether it waits to be collected.
    queued: bool,
}

impl Life {
    fn allocated(&self) -> usize {
        (self.gone.capacity() + self.foreign.capacity()) * 4 + self.chain.capacity() * size_of::<SegmentId>()
    }
}

/// What this table still needs of a segment.
#[derive(Default)]
struct Use {
    pages: usize,
    /// Pages whose chain it is in.
    chains: usize,
    /// Pages that it told of.
    tells_of: Vec<u32>,
    /// Pages of it that are dropped.
    ghosts: Vec<u32>,
    /// Dropped pages of other segments that it told of.
    tells_of_ghosts: Vec<PageId>,
}

/// A dropped page whose segment is still needed: nobody may read it again.
struct Ghost {
    groups: KeyGroups,
    /// Segments that tell that it is dropped.
    chain: Vec<SegmentId>,
}

/// All records of a table.
pub(super) struct Pages {
    pub(super) shape: Shape,
    range: KeyGroupRange,
    bodies: Vec<Body>,
    lives: Vec<Option<Life>>,
    free: Vec<u32>,
    open: Vec<u32>,
    spare: Vec<Vec<u8>>,
    open_bytes: usize,
    open_gone: usize,
    rows: usize,
    /// Pages from which rows have gone since the last barrier.
    touched: Vec<u32>,
    /// Pages with little life.
    queue: Vec<(u32, PageId)>,
    small: [Vec<(u32, PageId)>; 4],
    /// Tables with a time-to-live: pages by their youngest write.
    by_age: BTreeSet<(i64, u32)>,
    segments: BTreeMap<SegmentId, Use>,
    ghosts: BTreeMap<PageId, Ghost>,
    /// Pages dropped since the last barrier.
    dropped: Vec<PageId>,
    released: Vec<SegmentId>,
    /// Segments without a page of ours.
    gone_only: BTreeSet<SegmentId>,
    pub(super) now_ms: i64,
    pub(super) limits: Limits,
    /// Bytes of sealed bodies, and of what is known of them.
    sealed_bytes: usize,
    /// Pages that segments told of.
    told: usize,
    restoring: Restoring,
}

/// What is known while a table is restored.
#[derive(Default)]
struct Restoring {
    heads: BTreeMap<SegmentId, (Head, KeyGroups)>,
    gone: BTreeMap<PageId, Told>,
}

/// What segments tell of a page.
#[derive(Default)]
struct Told {
    offsets: Vec<u32>,
    groups: KeyGroups,
    chain: Vec<SegmentId>,
}

impl Pages {
    pub(super) fn new(shape: Shape, range: KeyGroupRange) -> Self {
        Self {
            shape,
            range,
            bodies: Vec::new(),
            lives: Vec::new(),
            free: Vec::new(),
            open: Vec::new(),
            spare: Vec::new(),
            open_bytes: 0,
            open_gone: 0,
            rows: 0,
            touched: Vec::new(),
            queue: Vec::new(),
            small: Default::default(),
            by_age: BTreeSet::new(),
            segments: BTreeMap::new(),
            ghosts: BTreeMap::new(),
            dropped: Vec::new(),
            released: Vec::new(),
            gone_only: BTreeSet::new(),
            now_ms: i64::MIN,
            limits: Limits::default(),
            sealed_bytes: 0,
            told: 0,
            restoring: Restoring::default(),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes allocated.
    pub(super) fn bytes(&self) -> usize {
        let open: usize = self.open.iter().map(|page| self.bodies[*page as usize].allocated()).sum();
        let spare: usize = self.spare.iter().map(Vec::capacity).sum();
        self.sealed_bytes
            + open
            + spare
            + self.told * 4
            + self.segments.len() * (size_of::<Use>() + size_of::<SegmentId>())
            + self.bodies.capacity() * size_of::<Body>()
            + self.lives.capacity() * size_of::<Option<Life>>()
    }

    #[inline]
    pub(super) fn record(&self, row: RowRef) -> &[u8] {
        self.shape.record(&self.bodies[row.page()].bytes()[row.offset()..])
    }

    /// The same without looking at the record, to be compared with.
    #[inline]
    pub(super) fn tail(&self, row: RowRef) -> &[u8] {
        &self.bodies[row.page()].bytes()[row.offset()..]
    }

    /// Reads the memory of a row; see `prefetch`.
    #[inline]
    pub(super) fn prefetch(&self, row: RowRef) -> u64 {
        let tail = self.tail(row);
        let far = tail.get(LINE_OF_MEMORY).or(tail.last());
        u64::from(*tail.first().unwrap_or(&0)) ^ u64::from(*far.unwrap_or(&0))
    }

    /// A row of the open epoch, to be changed in place; that counts as a write.
    #[inline]
    pub(super) fn edit(&mut self, row: RowRef) -> Result<RowMut<'_>> {
        let Body::Open(bytes) = &mut self.bodies[row.page()] else {
            return Err(Error::internal("a sealed row of state was to be changed in place"));
        };
        let tail = &mut bytes[row.offset()..];
        let length = record_length(tail);
        let record = &mut tail[..length];
        self.shape.set_written_ms(record, self.now_ms);
        Ok(RowMut::new(&self.shape, record))
    }

    /// Changes the number of an open row; that counts as a write.
    pub(super) fn set_number(&mut self, row: RowRef, number: u64) -> Result<()> {
        let Body::Open(bytes) = &mut self.bodies[row.page()] else {
            return Err(Error::internal("a sealed row of state was to be changed in place"));
        };
        let tail = &mut bytes[row.offset()..];
        self.shape.set_number(tail, number);
        self.shape.set_written_ms(tail, self.now_ms);
        Ok(())
    }

    /// Whether a row has expired; without a time-to-live its record is not read.
    #[inline]
    pub(super) fn is_expired(&self, row: RowRef) -> bool {
        self.shape.ttl_ms > 0 && self.has_expired(self.record(row))
    }

    fn has_expired(&self, record: &[u8]) -> bool {
        self.now_ms.saturating_sub(self.shape.written_ms(record)) >= self.shape.ttl_ms
    }

    /// Adds a row to the open epoch.
    pub(super) fn append(&mut self, number: u64, key: &[u8], value: &[u8]) -> Result<RowRef> {
        self.adopt(StoredRow { written_ms: self.now_ms, number, key, value })
    }

    /// Adds a row to the open epoch that was written at another time.
    pub(super) fn adopt(&mut self, row: StoredRow<'_>) -> Result<RowRef> {
        let StoredRow { written_ms, number, key, value } = row;
        let length = self.shape.length_of(key, value);
        let page = self.page_for(length)?;
        let Body::Open(bytes) = &mut self.bodies[page as usize] else {
            return Err(Error::internal("the open page is not open"));
        };
        let row = RowRef::new(page, bytes.len());
        self.shape.push(bytes, written_ms, number, key, value)?;
        self.open_bytes += length;
        self.rows += 1;
        Ok(row)
    }

    /// Copies a row to the open epoch; the old one is gone.
    pub(super) fn reopen(&mut self, row: RowRef) -> Result<RowRef> {
        let length = self.record(row).len();
        let page = self.page_for(length)?;
        let [Body::Open(bytes), old] = self
            .bodies
            .get_disjoint_mut([page as usize, row.page()])
            .map_err(|_| Error::internal("an open row of state was opened again"))?
        else {
            return Err(Error::internal("the open page is not open"));
        };
        let to = RowRef::new(page, bytes.len());
        bytes.extend_from_slice(&old.bytes()[row.offset()..row.offset() + length]);
        self.open_bytes += length;
        self.rows += 1;
        self.remove(row);
        Ok(to)
    }

    #[inline]
    pub(super) fn is_open(&self, row: RowRef) -> bool {
        matches!(self.bodies[row.page()], Body::Open(_))
    }

    fn page_for(&mut self, length: usize) -> Result<u32> {
        if let Some(page) = self.open.last()
            && let Body::Open(bytes) = &self.bodies[*page as usize]
            && bytes.len() + length <= self.limits.page_bytes
        {
            return Ok(*page);
        }
        // The first page of an epoch grows as it is used, the others are used whole.
        let room = if self.open.is_empty() { 0 } else { self.limits.page_bytes };
        let body = Body::Open(self.spare.pop().unwrap_or_else(|| Vec::with_capacity(room)));
        let page = self.place(body, None)?;
        self.open.push(page);
        Ok(page)
    }

    fn place(&mut self, body: Body, life: Option<Life>) -> Result<u32> {
        if let Some(page) = self.free.pop() {
            self.bodies[page as usize] = body;
            self.lives[page as usize] = life;
            return Ok(page);
        }
        if self.bodies.len() == MOST_PAGES {
            return Err(Error::failed("a state table holds more than 512 GiB on one shard")
                .hint("raise the parallelism, so that each shard holds less"));
        }
        self.bodies.push(body);
        self.lives.push(life);
        Ok((self.bodies.len() - 1) as u32)
    }

    /// A row is gone; its record stays readable until the next `probe` or barrier.
    pub(super) fn remove(&mut self, row: RowRef) {
        self.rows -= 1;
        let length = match &mut self.bodies[row.page()] {
            Body::Open(bytes) => {
                let tail = &mut bytes[row.offset()..];
                let length = record_length(tail);
                let flagged = length as u32 | DEAD;
                tail[..4].copy_from_slice(&flagged.to_le_bytes());
                self.open_gone += length;
                return;
            }
            other => record_length(&other.bytes()[row.offset()..]),
        };
        let page = row.page() as u32;
        let Some(life) = &mut self.lives[row.page()] else { return };
        life.rows -= 1;
        life.bytes -= length;
        if life.fresh == 0 {
            self.touched.push(page);
        }
        life.fresh += 1;
        let before = life.gone.capacity();
        life.gone.push(row.offset() as u32);
        self.sealed_bytes += (life.gone.capacity() - before) * 4;
        // Three eighths of it are gone: moving the rest gives back more than half of what it costs.
        if !life.queued && life.bytes * 8 < self.bodies[row.page()].bytes().len() * 5 {
            life.queued = true;
            self.queue.push((page, life.id));
        }
    }

    /// Whether so much of the open epoch is gone that it should be gathered now.
    pub(super) fn wants_tidying(&self) -> bool {
        self.open_gone > self.limits.open_garbage && self.open_gone * 2 > self.open_bytes
    }

    /// Gathers what lives of the open epoch.
    pub(super) fn tidy(&mut self, directory: &mut impl Directory) -> Result<()> {
        let old = std::mem::take(&mut self.open);
        (self.open_bytes, self.open_gone) = (0, 0);
        for page in old {
            let body = std::mem::replace(&mut self.bodies[page as usize], Body::Free);
            let mut at = 0;
            while at < body.bytes().len() {
                let record = self.shape.record(&body.bytes()[at..]);
                if !is_dead(record) {
                    let target = self.page_for(record.len())?;
                    if let Body::Open(bytes) = &mut self.bodies[target as usize] {
                        let to = RowRef::new(target, bytes.len());
                        bytes.extend_from_slice(record);
                        self.open_bytes += record.len();
                        directory.moved(
                            self.shape.hash(self.shape.key(record)),
                            record,
                            RowRef::new(page, at),
                            to,
                        );
                    }
                }
                at += record.len();
            }
            self.recycle(body);
            self.free.push(page);
        }
        Ok(())
    }

    fn recycle(&mut self, body: Body) {
        if let Body::Open(mut bytes) = body
            && self.spare.len() < SPARE_PAGES
            && bytes.capacity() <= PAGE_BYTES * 2
        {
            bytes.clear();
            self.spare.push(bytes);
        }
    }
}
