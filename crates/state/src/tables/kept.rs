//! What a store keeps of the tables of one operator, in memory: for tests.

use std::collections::BTreeMap;

use arrow::buffer::Buffer;
use streamsql_core::{Error, KeyGroups, Restores, Result, SegmentId, StateDelta};

/// Segments by table and address, with the key groups that they count for.
#[derive(Debug, Default)]
pub struct KeptSegments {
    segments: BTreeMap<(usize, SegmentId), (Vec<Buffer>, KeyGroups)>,
}

impl KeptSegments {
    /// Takes in what a table wrote at a barrier.
    ///
    /// # Errors
    /// When a segment is released that is not there, or written twice.
    pub fn write(&mut self, delta: StateDelta) -> Result<()> {
        let groups = KeyGroups::of_range(delta.range);
        for id in delta.released {
            let key = (delta.table, id);
            let Some((_, live)) = self.segments.get_mut(&key) else {
                return Err(Error::internal(format!("{key:?} is released and not there")));
            };
            *live = live.without(groups);
            if live.is_empty() {
                self.segments.remove(&key);
            }
        }
        if !delta.parts.is_empty()
            && self.segments.insert((delta.table, delta.id), (delta.parts, groups)).is_some()
        {
            return Err(Error::internal(format!("{:?} was written twice", delta.id)));
        }
        Ok(())
    }

    /// Hands the table with this number what is kept of it.
    pub fn restore(&self, number: usize, table: &mut dyn Restores) -> Result<()> {
        for ((_, id), (parts, live)) in self.segments.iter().filter(|((of, _), _)| *of == number) {
            table.restore_head(*id, &parts[0], *live)?;
        }
        for (id, range) in table.restore_wanted() {
            // The page as a store reads it: in memory of its own.
            let bytes = self.segments[&(number, id)].0[range.page + 1].to_vec();
            table.restore_page(id, range.page, Buffer::from_vec(bytes))?;
        }
        table.restored()
    }

    pub fn len(&self) -> usize {
        self.segments.len()
    }

    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> usize {
        self.segments.values().flat_map(|(parts, _)| parts).map(|part| part.len()).sum()
    }
}
