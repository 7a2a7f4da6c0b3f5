//! The end of an epoch: what is left of its rows goes into new pages, beside what lives in pages with little life.

use arrow::buffer::Buffer;
use std::collections::BTreeSet;

use streamsql_core::{Epoch, Error, KeyGroup, Result, SegmentId, StateDelta};
use xxhash_rust::xxh3::xxh3_64;

use super::super::prefetch;
use super::super::record::{is_dead, record_length};
use super::super::segment::{Head, PageHead, PageId};
use super::{Body, Directory, PAGE_BYTES, Pages, RowRef, SPARE_PAGES};

impl Pages {
    /// Closes an epoch.
    pub(in super::super) fn barrier(
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
                directory.expired(self.shape.hash(self.shape.key(record)), record, row);
                self.rows -= 1;
            }
            self.drop_page(page);
        }
    }

    /// Offsets of the rows of a sealed page that are ours and not gone.
    pub(super) fn living(&self, page: u32) -> Vec<usize> {
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
                let hash = self.shape.hash(self.shape.key(record));
                if self.is_expired(row) {
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
                    add(RowRef::new(*page, at), self.shape.hash(self.shape.key(record)), record);
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
            prefetch::in_pieces(these.len(), |piece| {
                let these = &these[piece];
                let prefetched =
                    |survivor: &Survivor| self.prefetch(survivor.row) ^ directory.prefetch(survivor.hash);
                let prefetched = prefetch::all(these.iter().map(prefetched));
                for Survivor { row, hash, .. } in these {
                    let group = KeyGroup::of_hash(*hash);
                    if groups.last().is_none_or(|(last, _)| *last != group.0) {
                        groups.push((group.0, body.len() as u32));
                    }
                    let record = self.record(*row);
                    let to = RowRef::new(page, body.len());
                    body.extend_from_slice(record);
                    youngest_ms = youngest_ms.max(self.shape.written_ms(record));
                    directory.moved(*hash, record, *row, to);
                }
                prefetched
            });
            if let Some((foreign, _)) =
                groups.iter().find(|(group, _)| !self.range.contains(KeyGroup(*group)))
            {
                return Err(Error::internal(format!(
                    "a row of key group {foreign} on the shard of {:?}",
                    self.range
                )));
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
}

#[derive(Clone, Copy)]
struct Survivor {
    row: RowRef,
    hash: u64,
    length: u32,
}
