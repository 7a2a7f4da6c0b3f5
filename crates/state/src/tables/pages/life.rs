//! What lives in sealed pages, and which segments tell of what has gone from them.

use std::collections::BTreeSet;

use arrow::buffer::Buffer;
use streamsql_core::{KeyGroups, SegmentId};

use super::super::segment::{Gone, PageId};
use super::{Body, Ghost, Life, Pages};

impl Pages {
    /// Makes a page one of the sealed ones.
    pub(super) fn admit(
        &mut self,
        page: u32,
        id: PageId,
        body: Buffer,
        rows: usize,
        bytes: usize,
        youngest_ms: i64,
    ) {
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

    pub(super) fn drop_page(&mut self, page: u32) {
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

    pub(super) fn release_unused(&mut self, segment: SegmentId) {
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
    pub(super) fn tell(&mut self, id: SegmentId) -> Vec<Gone> {
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
}
