//! Compaction: many segments of a state table become one, the newest record of a key wins, deletes vanish.

use std::collections::BTreeMap;

use streamsql_core::{KeyGroup, Result};

use crate::delta::{DeltaReader, DeltaWriter, Record};
use crate::store::Segment;

/// Merged segments by (node, table); an empty one where nothing is left. Records come in (key group, key) order.
pub fn compact(segments: Vec<Segment>) -> Result<BTreeMap<(usize, usize), Vec<u8>>> {
    let mut tables: BTreeMap<(usize, usize), Vec<&Segment>> = BTreeMap::new();
    for segment in &segments {
        tables.entry((segment.node, segment.table)).or_default().push(segment);
    }
    let mut merged = BTreeMap::new();
    for (table, segments) in tables {
        let mut live: BTreeMap<(KeyGroup, &[u8]), &[u8]> = BTreeMap::new();
        for segment in segments {
            for record in DeltaReader::new(&segment.bytes)? {
                match record? {
                    Record::Put { key_group, key, value } => live.insert((key_group, key), value),
                    Record::Delete { key_group, key } => live.remove(&(key_group, key)),
                };
            }
        }
        let mut writer = DeltaWriter::default();
        for ((key_group, key), value) in live {
            writer.put(key_group, key, value);
        }
        merged.insert(table, writer.take());
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_record_of_a_key_wins() {
        let mut first = DeltaWriter::default();
        first.put(KeyGroup(1), b"a", b"1");
        first.put(KeyGroup(1), b"b", b"1");
        let mut second = DeltaWriter::default();
        second.put(KeyGroup(1), b"a", b"2");
        second.delete(KeyGroup(1), b"b");
        let segments =
            [first, second].map(|mut w| Segment { node: 3, table: 0, bytes: w.take() }).into_iter().collect();
        let merged = compact(segments).unwrap();
        let records: Vec<_> = DeltaReader::new(&merged[&(3, 0)]).unwrap().collect::<Result<_>>().unwrap();
        assert_eq!(records, [Record::Put { key_group: KeyGroup(1), key: b"a", value: b"2" }]);
    }
}
