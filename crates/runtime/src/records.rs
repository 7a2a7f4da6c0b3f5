//! Which records led to a failure.

use std::sync::Arc;

use streamsql_core::{Error, ErrorKind, Origins, SourceBatch, Split};

/// Records of a split that follow each other, for messages.
#[derive(Clone, Debug)]
pub struct Records {
    split: Split,
    first: i64,
    last: i64,
    origins: Option<Arc<Origins>>,
}

impl Records {
    /// The records of a batch; none for an empty one.
    pub fn of(batch: &SourceBatch) -> Option<Self> {
        let last = batch.next_position - 1;
        let first = batch.next_position.saturating_sub_unsigned(batch.records);
        let origins = batch.origins.clone();
        (first <= last).then(|| Self { split: batch.split.clone(), first, last, origins })
    }

    /// Says of a failure which record led to it, where the failing row is known, else which records. The row is
    /// counted from the one with the number `from` of `rows` that were handed over.
    pub(crate) fn explain(records: Option<&Self>, error: Error, from: usize, rows: usize) -> Error {
        let (ErrorKind::Failed, Some(records)) = (error.kind, records) else { return error };
        let Self { split, first, last, origins } = records;
        let origins = origins.as_ref().filter(|origins| origins.positions.len() == rows);
        if let (Some(row), Some(origins)) = (error.row, origins)
            && let Some(record) = origins.place(split, from + row)
        {
            return error.of_record(&format!("record {record}"));
        }
        let range = if first == last { format!("{first}") } else { format!("{first}..{last}") };
        error.of_record(&format!("records {split}/{range}"))
    }
}
