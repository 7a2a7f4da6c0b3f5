//! Which keys have most state, for people who look at a running job.

use streamsql_core::{LargestKeys, Result};

use super::pages::{Pages, RowRef};

/// A key by one of its rows, and what it has.
pub(super) struct KeySize {
    pub row: RowRef,
    pub rows: u64,
    pub bytes: u64,
}

impl KeySize {
    /// A key with one row.
    pub(super) fn of_row(pages: &Pages, row: RowRef) -> Self {
        Self { row, rows: 1, bytes: pages.record(row).len() as u64 }
    }
}

/// The entries from number `from` on, `look` of them; behind the last comes the first. `entries` gives those from a
/// number on.
pub(super) fn piece<T, I: Iterator<Item = T>>(
    entries: impl Fn(usize) -> I,
    len: usize,
    from: usize,
    look: usize,
) -> impl Iterator<Item = T> {
    let from = from.checked_rem(len).unwrap_or(0);
    entries(from).chain(entries(0)).take(look.min(len))
}

/// The largest of these.
pub(super) fn largest(
    pages: &Pages,
    sizes: impl Iterator<Item = KeySize>,
    most: usize,
) -> Result<LargestKeys> {
    let mut sizes: Vec<KeySize> = sizes.collect();
    let looked_at = sizes.len();
    if sizes.len() > most && most > 0 {
        sizes.select_nth_unstable_by(most - 1, |a, b| b.bytes.cmp(&a.bytes));
    }
    sizes.truncate(most);
    sizes.sort_by_key(|size| std::cmp::Reverse(size.bytes));
    let rows: Vec<RowRef> = sizes.iter().map(|size| size.row).collect();
    let key = pages.shape.key_columns();
    Ok(LargestKeys {
        columns: key.iter().map(|column| pages.shape.field(*column).clone()).collect(),
        keys: super::one::gather(pages, &rows, &key)?,
        rows: sizes.iter().map(|size| size.rows).collect(),
        bytes: sizes.iter().map(|size| size.bytes).collect(),
        looked_at,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
    use arrow::datatypes::Int32Type;
    use streamsql_core::{
        Column, Epoch, KeyGroupRange, LogicalType, Schema, StateForm, StateLayout, StateTable,
    };

    use super::super::{KeyBatch, KeyCodec, OneTable, OrderedTable, Parts, WindowsTable};

    fn layout(form: StateForm) -> StateLayout {
        let columns =
            vec![Column::new("k", LogicalType::Int, true), Column::new("v", LogicalType::STRING, true)];
        StateLayout { form, columns, key: vec![0], order: vec![], ttl_ms: 0 }
    }

    /// Keys 0 to 99, encoded.
    fn keys() -> KeyBatch {
        let schema = Schema::new(vec![Column::new("k", LogicalType::Int, true)]).to_arrow();
        let column: ArrayRef = Arc::new(Int32Array::from_iter_values(0..100));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap();
        KeyCodec::new(&schema, &[0]).unwrap().keys(&batch).unwrap()
    }

    fn texts(length: usize) -> ArrayRef {
        Arc::new(StringArray::from(vec!["x".repeat(length)]))
    }

    fn found(table: &dyn StateTable, from: usize, look: usize) -> (Vec<i32>, Vec<u64>) {
        let largest = table.largest_keys(from, look, 3).unwrap();
        assert_eq!(largest.columns[0].name, "k");
        assert_eq!(largest.looked_at, look.min(100));
        assert!(largest.bytes.is_sorted_by(|a, b| a >= b), "{:?}", largest.bytes);
        (largest.keys[0].as_primitive::<Int32Type>().values().to_vec(), largest.rows)
    }

    #[test]
    fn one_row_a_key_counts_by_its_bytes() {
        let mut table = OneTable::new("t", 0, &layout(StateForm::One), KeyGroupRange::ALL).unwrap();
        let (keys, mut slots, mut values) = (keys(), Vec::new(), Parts::default());
        table.probe(&keys, &mut slots).unwrap();
        for (id, slot) in slots.iter_mut().enumerate() {
            table.encode(&[texts(id)], 1, &mut values).unwrap();
            table.put(&keys, id, slot, &values, 0).unwrap();
        }
        table.barrier(Epoch(1), 0).unwrap();
        assert_eq!(found(&table, 0, 1_000), (vec![99, 98, 97], vec![1, 1, 1]));
        // Piece by piece every key comes, also round the end.
        let all: BTreeSet<i32> = (0..150)
            .flat_map(|turn| {
                table.largest_keys(turn, 2, 3).unwrap().keys[0].as_primitive::<Int32Type>().values().to_vec()
            })
            .collect();
        assert_eq!(all.len(), 100);
        assert_eq!(found(&table, 7, 10).0.len(), 3);
    }

    #[test]
    fn many_rows_a_key_count_together() {
        let mut table = OrderedTable::new("t", 0, &layout(StateForm::Ordered), KeyGroupRange::ALL).unwrap();
        let (keys, mut slots, mut values) = (keys(), Vec::new(), Parts::default());
        table.encode(&[texts(10)], 1, &mut values).unwrap();
        table.probe(&keys, &mut slots).unwrap();
        for (id, slot) in slots.iter_mut().enumerate() {
            let rows = match id {
                42 => 500,
                7 => 20,
                _ => 1,
            };
            for _ in 0..rows {
                table.insert(&keys, id, slot, &values, 0).unwrap();
            }
        }
        let (largest, rows) = found(&table, 0, 100);
        assert_eq!((&largest[..2], &rows[..]), (&[42, 7][..], &[500, 20, 1][..]));
    }

    #[test]
    fn windows_and_empty_tables() {
        let mut table = WindowsTable::new("t", 0, &layout(StateForm::Windows), KeyGroupRange::ALL).unwrap();
        assert!(table.largest_keys(5, 10, 3).unwrap().rows.is_empty());
        let (keys, mut slots, mut values) = (keys(), Vec::new(), Parts::default());
        let pairs: Vec<(i64, usize)> = (0..100).map(|id| (i64::from(id as u8 % 3), id)).collect();
        table.probe(&keys, &pairs, &mut slots).unwrap();
        for (id, slot) in slots.iter_mut().enumerate() {
            table.encode(&[texts(100 - id)], 1, &mut values).unwrap();
            table.put(&keys, id, slot, &values, 0).unwrap();
        }
        assert_eq!(found(&table, 0, 100).0, [0, 1, 2]);
    }
}
