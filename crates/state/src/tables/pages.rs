//! Pages: the records of a table, in generations.
//!
//! Rows of the open epoch stand in open pages, where they are changed in place and may go again at no cost. A barrier
//! copies what is left of them into new pages, ordered by key group; those are never changed again and are, as they
//! are, what the epoch wrote. A row that goes from such a page is only noted as gone. Pages with little life are
//! collected: what lives in them moves along with the next epoch's rows.

use std::collections::{BTreeMap, BTreeSet};

use arrow::buffer::Buffer;
use streamsql_core::{
    Epoch, Error, KeyGroup, KeyGroupRange, KeyGroups, PageRange, Result, SegmentId, StateDelta,
};
use xxhash_rust::xxh3::xxh3_64;

use super::keys::hash_key;
use super::record::{DEAD, RowMut, Shape, is_dead, record_length};
use super::segment::{Gone, Head, PageHead, PageId};

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

    /// A row of the open epoch, to be changed in place; that counts as a write.
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

    pub(super) fn is_expired(&self, record: &[u8]) -> bool {
        self.shape.ttl_ms > 0
            && self.now_ms.saturating_sub(self.shape.written_ms(record)) >= self.shape.ttl_ms
    }

    /// Adds a row to the open epoch.
    pub(super) fn append(&mut self, number: u64, key: &[u8], value: &[u8]) -> Result<RowRef> {
        let length = self.shape.length_of(key, value);
        let page = self.page_for(length)?;
        let Body::Open(bytes) = &mut self.bodies[page as usize] else {
            return Err(Error::internal("the open page is not open"));
        };
        let row = RowRef::new(page, bytes.len());
        self.shape.push(bytes, self.now_ms, number, key, value)?;
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
        let body = Body::Open(self.spare.pop().unwrap_or_default());
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
                        directory.moved(hash_key(self.shape.key(record)), record, RowRef::new(page, at), to);
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

    /// Closes an epoch.
    pub(super) fn barrier(
        &mut self,
        table: usize,
        epoch: Epoch,
        directory: &mut impl Directory,
    ) -> Result<Option<StateDelta>> {
        let id = SegmentId { epoch: epoch.0, writer: self.range.start };
        self.expire(directory);
        let collected = self.choose();
        let survivors = self.survivors(&collected, directory);
        let pages = self.seal(id, survivors, directory)?;
        for page in std::mem::take(&mut self.open) {
            let body = std::mem::replace(&mut self.bodies[page as usize], Body::Free);
            self.recycle(body);
            self.free.push(page);
        }
        let used = self.open_bytes.div_ceil(PAGE_BYTES) + 1;
        self.spare.truncate(used.min(SPARE_PAGES));
        (self.open_bytes, self.open_gone) = (0, 0);
        for page in collected {
            self.drop_page(page);
        }
        let gone = self.tell(id);
        let released = std::mem::take(&mut self.released);
        if pages.is_empty() && gone.is_empty() {
            let nothing = released.is_empty();
            let delta = StateDelta { table, id, parts: Vec::new(), released, range: self.range };
            return Ok((!nothing).then_some(delta));
        }
        let (heads, mut bodies): (Vec<PageHead>, Vec<Buffer>) = pages.into_iter().unzip();
        let head = Head { fingerprint: self.shape.fingerprint, gone, pages: heads };
        let mut parts = vec![Buffer::from_vec(head.encode())];
        parts.append(&mut bodies);
        Ok(Some(StateDelta { table, id, parts, released, range: self.range }))
    }

    /// Drops pages whose youngest row has expired.
    fn expire(&mut self, directory: &mut impl Directory) {
        if self.shape.ttl_ms <= 0 {
            return;
        }
        let most = self.limits.expired_pages.max(self.open.len() * 2);
        let until = self.now_ms.saturating_sub(self.shape.ttl_ms);
        for _ in 0..most {
            let Some((youngest, page)) = self.by_age.first().copied() else { return };
            if youngest > until {
                return;
            }
            for offset in self.living(page) {
                let row = RowRef::new(page, offset);
                let record = self.record(row);
                directory.expired(hash_key(self.shape.key(record)), record, row);
                self.rows -= 1;
            }
            self.drop_page(page);
        }
    }

    /// Offsets of the rows of a sealed page that are ours and not gone.
    fn living(&self, page: u32) -> Vec<usize> {
        let Some(life) = &self.lives[page as usize] else { return Vec::new() };
        let mut gone = [life.gone.as_slice(), &life.foreign].concat();
        gone.sort_unstable();
        let mut gone = gone.into_iter().peekable();
        let bytes = self.bodies[page as usize].bytes();
        let mut living = Vec::with_capacity(life.rows);
        let mut at = 0;
        while at < bytes.len() {
            if gone.peek() == Some(&(at as u32)) {
                gone.next();
            } else {
                living.push(at);
            }
            at += record_length(&bytes[at..]).max(4);
        }
        living
    }

    /// Pages to be collected now.
    fn choose(&mut self) -> Vec<u32> {
        let lives = &self.lives;
        let is =
            |(page, id): &(u32, PageId)| lives[*page as usize].as_ref().is_some_and(|life| life.id == *id);
        let mut chosen = BTreeSet::new();
        for class in &mut self.small {
            if class.len() >= self.limits.small_pages {
                chosen.extend(class.drain(..).filter(is).map(|(page, _)| page));
            }
        }
        let most = self.limits.collected_bytes.max(self.open_bytes * 2);
        let mut moved = 0;
        let mut rest = Vec::new();
        for entry in std::mem::take(&mut self.queue) {
            if !is(&entry) || chosen.contains(&entry.0) {
                continue;
            }
            let alive = lives[entry.0 as usize].as_ref().map_or(0, |life| life.bytes);
            if moved + alive > most && moved > 0 {
                rest.push(entry);
                continue;
            }
            moved += alive;
            chosen.insert(entry.0);
        }
        self.queue = rest;
        chosen.into_iter().collect()
    }

    /// The rows that the new pages hold, by key group and then in the order of their arrival.
    fn survivors(&mut self, collected: &[u32], directory: &mut impl Directory) -> Vec<Survivor> {
        let mut all = Vec::new();
        let mut counts = [0usize; 129];
        let mut add = |row: RowRef, hash: u64, record: &[u8]| {
            counts[usize::from(KeyGroup::of_hash(hash).0) + 1] += 1;
            all.push(Survivor { row, hash, length: record.len() as u32 });
        };
        let mut expired = 0;
        for page in collected {
            for offset in self.living(*page) {
                let row = RowRef::new(*page, offset);
                let record = self.record(row);
                let hash = hash_key(self.shape.key(record));
                if self.is_expired(record) {
                    directory.expired(hash, record, row);
                    expired += 1;
                } else {
                    add(row, hash, record);
                }
            }
        }
        self.rows -= expired;
        for page in &self.open {
            let bytes = self.bodies[*page as usize].bytes();
            let mut at = 0;
            while at < bytes.len() {
                let record = self.shape.record(&bytes[at..]);
                if !is_dead(record) {
                    add(RowRef::new(*page, at), hash_key(self.shape.key(record)), record);
                }
                at += record.len();
            }
        }
        for group in 1..counts.len() {
            counts[group] += counts[group - 1];
        }
        let mut sorted = vec![Survivor { row: RowRef::NULLS, hash: 0, length: 0 }; all.len()];
        for survivor in all {
            let next = &mut counts[usize::from(KeyGroup::of_hash(survivor.hash).0)];
            sorted[*next] = survivor;
            *next += 1;
        }
        sorted
    }

    /// Writes the rows into new pages.
    fn seal(
        &mut self,
        segment: SegmentId,
        survivors: Vec<Survivor>,
        directory: &mut impl Directory,
    ) -> Result<Vec<(PageHead, Buffer)>> {
        let mut pages = Vec::new();
        let mut rest = survivors.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest
                .iter()
                .take_while(|survivor| {
                    bytes += survivor.length as usize;
                    bytes <= self.limits.page_bytes
                })
                .count()
                .max(1);
            let (these, others) = rest.split_at(fits);
            rest = others;
            let size = these.iter().map(|survivor| survivor.length as usize).sum();
            let mut body = Vec::with_capacity(size);
            let mut groups: Vec<(u16, u32)> = Vec::new();
            let mut youngest_ms = i64::MIN;
            let page = self.place(Body::Free, None)?;
            for Survivor { row, hash, .. } in these {
                let group = KeyGroup::of_hash(*hash);
                if groups.last().is_none_or(|(last, _)| *last != group.0) {
                    if !self.range.contains(group) {
                        return Err(Error::internal(format!(
                            "a row of {group:?} on the shard of {:?}",
                            self.range
                        )));
                    }
                    groups.push((group.0, body.len() as u32));
                }
                let record = self.record(*row);
                let to = RowRef::new(page, body.len());
                body.extend_from_slice(record);
                youngest_ms = youngest_ms.max(self.shape.written_ms(record));
                directory.moved(*hash, record, *row, to);
            }
            let id = PageId { segment, number: pages.len() as u32 };
            let head = PageHead {
                rows: these.len() as u32,
                youngest_ms,
                length: body.len() as u32,
                checksum: xxh3_64(&body),
                groups,
            };
            let body = Buffer::from_vec(body);
            self.admit(page, id, body.clone(), these.len(), size, youngest_ms);
            pages.push((head, body));
        }
        Ok(pages)
    }

    /// Makes a page one of the sealed ones.
    fn admit(&mut self, page: u32, id: PageId, body: Buffer, rows: usize, bytes: usize, youngest_ms: i64) {
        if let Some(class) = self.limits.small.iter().position(|size| body.len() < *size) {
            self.small[class].push((page, id));
        }
        if self.shape.ttl_ms > 0 {
            self.by_age.insert((youngest_ms, page));
        }
        let known = self.segments.entry(id.segment).or_default();
        known.pages += 1;
        self.gone_only.remove(&id.segment);
        self.sealed_bytes += body.capacity();
        self.bodies[page as usize] = Body::Sealed(body);
        self.lives[page as usize] = Some(Life {
            id,
            rows,
            bytes,
            gone: Vec::new(),
            gone_groups: KeyGroups::default(),
            foreign: Vec::new(),
            fresh: 0,
            chain: Vec::new(),
            youngest_ms,
            queued: false,
        });
    }

    fn drop_page(&mut self, page: u32) {
        let body = std::mem::replace(&mut self.bodies[page as usize], Body::Free);
        self.sealed_bytes -= body.allocated();
        let Some(life) = self.lives[page as usize].take() else { return };
        self.sealed_bytes -= life.allocated();
        self.by_age.remove(&(life.youngest_ms, page));
        self.free.push(page);
        if let Some(known) = self.segments.get_mut(&life.id.segment) {
            known.pages -= 1;
        }
        self.dropped.push(life.id);
        self.release_unused(life.id.segment);
        for segment in life.chain {
            self.leave_chain(segment);
        }
    }

    fn leave_chain(&mut self, segment: SegmentId) {
        if let Some(known) = self.segments.get_mut(&segment) {
            known.chains -= 1;
        }
        self.release_unused(segment);
    }

    fn release_unused(&mut self, segment: SegmentId) {
        let Some(known) = self.segments.get(&segment) else { return };
        if known.pages > 0 {
            return;
        }
        if known.chains > 0 {
            self.gone_only.insert(segment);
        } else {
            let Some(known) = self.segments.remove(&segment) else { return };
            self.told -= known.tells_of.len() + known.tells_of_ghosts.len() + known.ghosts.len();
            self.gone_only.remove(&segment);
            self.released.push(segment);
            for number in known.ghosts {
                let ghost = self.ghosts.remove(&PageId { segment, number });
                for segment in ghost.into_iter().flat_map(|ghost| ghost.chain) {
                    self.leave_chain(segment);
                }
            }
        }
    }

    /// What has gone from sealed pages since the last barrier.
    fn tell(&mut self, id: SegmentId) -> Vec<Gone> {
        let mut pages: BTreeSet<u32> = std::mem::take(&mut self.touched).into_iter().collect();
        let mut anew = BTreeSet::new();
        let mut ghosts: BTreeSet<PageId> = BTreeSet::new();
        for page in std::mem::take(&mut self.dropped) {
            if let Some(known) = self.segments.get_mut(&page.segment) {
                known.ghosts.push(page.number);
                self.told += 1;
                self.ghosts
                    .insert(page, Ghost { groups: KeyGroups::of_range(self.range), chain: Vec::new() });
                ghosts.insert(page);
            }
        }
        if self.gone_only.len() > self.limits.gone_only
            && let Some(oldest) = self.gone_only.first()
            && let Some(known) = self.segments.get(oldest)
        {
            // Told anew of all that has gone from these pages, nobody needs the old segments for them any more.
            let told = |page: &u32| {
                self.lives[*page as usize].as_ref().is_some_and(|life| life.chain.contains(oldest))
            };
            anew.extend(known.tells_of.iter().copied().filter(told));
            pages.extend(&anew);
            let told =
                |page: &PageId| self.ghosts.get(page).is_some_and(|ghost| ghost.chain.contains(oldest));
            ghosts.extend(known.tells_of_ghosts.iter().copied().filter(told));
        }
        let mut all = Vec::new();
        let mut left = Vec::new();
        for page in pages {
            let Some(life) = &mut self.lives[page as usize] else { continue };
            let before = life.allocated();
            let anew = anew.contains(&page) || life.chain.len() >= self.limits.chain;
            // A page number that was given out again has nothing to tell.
            if life.fresh == 0 && !anew {
                continue;
            }
            let from = if anew { 0 } else { life.gone.len() - life.fresh };
            let mut offsets = life.gone[from..].to_vec();
            offsets.sort_unstable();
            life.fresh = 0;
            let mut groups = KeyGroups::default();
            if anew {
                left.append(&mut life.chain);
                groups = life.gone_groups;
            }
            life.chain.push(id);
            all.push(Gone { page: life.id, groups, offsets });
            self.sealed_bytes = self.sealed_bytes + life.allocated() - before;
            let known = self.segments.entry(id).or_default();
            known.chains += 1;
            known.tells_of.push(page);
            self.told += 1;
        }
        for page in ghosts {
            let Some(ghost) = self.ghosts.get_mut(&page) else { continue };
            left.append(&mut ghost.chain);
            ghost.chain.push(id);
            all.push(Gone { page, groups: ghost.groups, offsets: Vec::new() });
            let known = self.segments.entry(id).or_default();
            known.chains += 1;
            known.tells_of_ghosts.push(page);
            self.told += 1;
        }
        for segment in left {
            self.leave_chain(segment);
        }
        self.release_unused(id);
        all
    }

    /// Reads a segment's head.
    pub(super) fn restore_head(&mut self, id: SegmentId, head: &[u8], live: KeyGroups) -> Result<()> {
        let head = Head::decode(head, self.shape.fingerprint)?;
        let mine = KeyGroups(KeyGroups::of_range(self.range).0 & live.0);
        if mine.is_empty() {
            return Ok(());
        }
        for gone in &head.gone {
            let told = self.restoring.gone.entry(gone.page).or_default();
            told.offsets.extend_from_slice(&gone.offsets);
            told.groups.0 |= gone.groups.0;
            told.chain.push(id);
        }
        self.segments.entry(id).or_default();
        self.restoring.heads.insert(id, (head, mine));
        Ok(())
    }

    /// The pages to read.
    pub(super) fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)> {
        let mut wanted = Vec::new();
        for (id, (head, mine)) in &self.restoring.heads {
            for range in head.ranges() {
                let mut groups = KeyGroups::default();
                head.pages[range.page].groups.iter().for_each(|(group, _)| groups.insert(KeyGroup(*group)));
                let groups = KeyGroups(groups.0 & mine.0);
                let page = PageId { segment: *id, number: range.page as u32 };
                let gone = self.restoring.gone.get(&page).map_or(KeyGroups::default(), |told| told.groups);
                if !groups.without(gone).is_empty() {
                    wanted.push((*id, range));
                    continue;
                }
                // Who tells that it is dropped must go on telling it.
                let Some(told) = self.restoring.gone.remove(&page) else { continue };
                let Some(known) = self.segments.get_mut(id) else { continue };
                known.ghosts.push(page.number);
                self.told += 1;
                for segment in &told.chain {
                    let known = self.segments.entry(*segment).or_default();
                    known.chains += 1;
                    known.tells_of_ghosts.push(page);
                    self.told += 1;
                }
                self.ghosts.insert(page, Ghost { groups: told.groups, chain: told.chain });
            }
        }
        wanted
    }

    /// Takes a page in; calls `found` for every row that lives in it.
    pub(super) fn restore_page(
        &mut self,
        segment: SegmentId,
        number: usize,
        bytes: Buffer,
        found: &mut dyn FnMut(&Self, u64, RowRef) -> Result<()>,
    ) -> Result<()> {
        let damaged = |what: &str| {
            Error::state(format!("damaged state: page {number} of epoch {} {what}", segment.epoch))
        };
        let (head, mine) =
            self.restoring.heads.get(&segment).ok_or_else(|| damaged("came before its head"))?;
        let mine = *mine;
        let known = head.pages.get(number).ok_or_else(|| damaged("is not in its head"))?;
        if known.length as usize != bytes.len() || known.checksum != xxh3_64(&bytes) {
            return Err(damaged("does not match its checksum"));
        }
        let youngest_ms = known.youngest_ms;
        let id = PageId { segment, number: number as u32 };
        let page = self.place(Body::Free, None)?;
        let Told { offsets: mut gone, groups: gone_groups, chain } =
            self.restoring.gone.remove(&id).unwrap_or_default();
        let mine = mine.without(gone_groups);
        gone.sort_unstable();
        gone.dedup();
        self.admit(page, id, bytes, 0, 0, youngest_ms);
        let (mut at, mut next_gone) = (0, 0);
        let (mut rows, mut living, mut foreign) = (0, 0, Vec::new());
        loop {
            let tail = &self.bodies[page as usize].bytes()[at..];
            if tail.is_empty() {
                break;
            }
            if at > OFFSET as usize {
                return Err(damaged("is too long"));
            }
            let length = self.shape.check(tail).ok_or_else(|| damaged("holds a record that is cut"))?;
            let hash = hash_key(self.shape.key(&tail[..length]));
            if gone.get(next_gone) == Some(&(at as u32)) {
                next_gone += 1;
            } else if mine.contains(KeyGroup::of_hash(hash)) {
                rows += 1;
                living += length;
                self.rows += 1;
                found(self, hash, RowRef::new(page, at))?;
            } else {
                foreign.push(at as u32);
            }
            at += length;
        }
        for segment in &chain {
            let known = self.segments.entry(*segment).or_default();
            known.chains += 1;
            known.tells_of.push(page);
            self.told += 1;
        }
        let size = self.bodies[page as usize].bytes().len();
        if let Some(life) = &mut self.lives[page as usize] {
            (life.rows, life.bytes) = (rows, living);
            (life.gone, life.gone_groups) = (gone, gone_groups);
            (life.foreign, life.chain) = (foreign, chain);
            life.queued = living * 8 < size * 5;
            if life.queued {
                self.queue.push((page, id));
            }
            self.sealed_bytes += life.allocated();
        }
        Ok(())
    }

    /// Ends the restore.
    pub(super) fn restored(&mut self) {
        self.restoring = Restoring::default();
        let known: Vec<SegmentId> = self.segments.keys().copied().collect();
        for segment in known {
            self.release_unused(segment);
        }
    }
}

#[derive(Clone, Copy)]
struct Survivor {
    row: RowRef,
    hash: u64,
    length: u32,
}
