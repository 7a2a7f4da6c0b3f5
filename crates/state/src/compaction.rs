//! Compaction: many segments of a state table become one, the newest record of a key wins.

use std::collections::BTreeMap;

use streamsql_core::{KeyGroup, Result};

use crate::delta::{DeltaReader, DeltaWriter, Record};
use crate::store::Segment;

/// What the merged segments stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// All of a table from its beginning: deletes vanish.
    Base,
    /// Deltas behind a base: deletes stay, since the base may hold their keys.
    Deltas,
}

/// Merged segments by (node, table); an empty one where nothing is left. Records come in (key group, key) order.
pub fn compact(segments: &[Segment], merge: Merge) -> Result<BTreeMap<(usize, usize), Vec<u8>>> {
    let mut tables: BTreeMap<(usize, usize), Vec<&Segment>> = BTreeMap::new();
    for segment in segments {
        tables.entry((segment.node, segment.table)).or_default().push(segment);
    }
    let mut merged = BTreeMap::new();
    for (table, segments) in tables {
        let mut newest: BTreeMap<(KeyGroup, &[u8]), Option<&[u8]>> = BTreeMap::new();
        let most: usize = segments.iter().map(|segment| segment.bytes.len()).sum();
        for segment in segments {
            for record in DeltaReader::new(&segment.bytes)? {
                match record? {
                    Record::Put { key_group, key, value } => newest.insert((key_group, key), Some(value)),
                    Record::Delete { key_group, key } if merge == Merge::Deltas => {
                        newest.insert((key_group, key), None)
                    }
                    Record::Delete { key_group, key } => newest.remove(&(key_group, key)),
                };
            }
        }
        let mut writer = DeltaWriter::with_capacity(most);
        for ((key_group, key), value) in newest {
            match value {
                Some(value) => writer.put(key_group, key, value),
                None => writer.delete(key_group, key),
            }
        }
        merged.insert(table, writer.take());
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments() -> Vec<Segment> {
        let mut first = DeltaWriter::default();
        first.put(KeyGroup(1), b"a", b"1");
        first.put(KeyGroup(1), b"b", b"1");
        let mut second = DeltaWriter::default();
        second.put(KeyGroup(1), b"a", b"2");
        second.delete(KeyGroup(1), b"b");
        [first, second]
            .map(|mut w| Segment { node: 3, table: 0, bytes: w.take().into() })
            .into_iter()
            .collect()
    }

    fn records(bytes: &[u8]) -> Vec<Record<'_>> {
        DeltaReader::new(bytes).unwrap().collect::<Result<_>>().unwrap()
    }

    #[test]
    fn the_newest_record_of_a_key_wins() {
        let newest = Record::Put { key_group: KeyGroup(1), key: b"a", value: b"2" };
        let gone = Record::Delete { key_group: KeyGroup(1), key: b"b" };
        let base = compact(&segments(), Merge::Base).unwrap();
        assert_eq!(records(&base[&(3, 0)]), [newest]);
        let deltas = compact(&segments(), Merge::Deltas).unwrap();
        assert_eq!(records(&deltas[&(3, 0)]), [newest, gone]);
    }
}
