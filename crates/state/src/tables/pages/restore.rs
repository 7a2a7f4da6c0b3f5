//! Pages from what segments hold.

use arrow::buffer::Buffer;
use streamsql_core::{Error, KeyGroup, KeyGroups, PageRange, Result, SegmentId};
use xxhash_rust::xxh3::xxh3_64;

use super::super::segment::{Head, PageId};
use super::{Body, Ghost, OFFSET, Pages, Restoring, RowRef, Told};

impl Pages {
    /// Reads a segment's head.
    pub(in super::super) fn restore_head(
        &mut self,
        id: SegmentId,
        head: &[u8],
        live: KeyGroups,
    ) -> Result<()> {
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
    pub(in super::super) fn restore_wanted(&mut self) -> Vec<(SegmentId, PageRange)> {
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
    pub(in super::super) fn restore_page(
        &mut self,
        segment: SegmentId,
        number: usize,
        bytes: Buffer,
        found: &mut dyn FnMut(&Self, u64, RowRef) -> Result<()>,
    ) -> Result<()> {
        let damaged = |what: &str| {
            Error::state(format!("the state is damaged: page {number} of epoch {} {what}", segment.epoch))
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
            let hash = self.shape.hash(self.shape.key(&tail[..length]));
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

    /// Gives back the page of a row that was read: whoever has read it keeps its rows elsewhere.
    pub(in super::super) fn forget(&mut self, row: RowRef) {
        self.drop_page(row.page() as u32);
    }

    /// Ends the restore.
    pub(in super::super) fn restored(&mut self) {
        self.restoring = Restoring::default();
        let known: Vec<SegmentId> = self.segments.keys().copied().collect();
        for segment in known {
            self.release_unused(segment);
        }
    }
}
