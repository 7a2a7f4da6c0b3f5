//! Which records the rows of a batch come from.

use crate::{DeadLetter, Split};

/// For each row of a source's batch its record. A record may give several rows, which then stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Kafka offset, or number of the record in its file.
    pub positions: Vec<i64>,
    /// The line at which the record starts; of files only.
    pub lines: Vec<u64>,
    /// The records themselves, where the table puts those aside for which an expression fails.
    pub records: Vec<KeptRecord>,
}

/// What a dead letter holds of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecord {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub timestamp_ms: Option<i64>,
}

impl Origins {
    /// Those of some rows.
    pub fn slice(&self, start: usize, length: usize) -> Self {
        fn part<T: Clone>(all: &[T], start: usize, length: usize) -> Vec<T> {
            all.get(start..start + length).map(<[T]>::to_vec).unwrap_or_default()
        }
        Self {
            positions: part(&self.positions, start, length),
            lines: part(&self.lines, start, length),
            records: part(&self.records, start, length),
        }
    }

    /// `topic/partition/offset` or `file:line` of a row.
    pub fn place(&self, split: &Split, row: usize) -> Option<String> {
        match (self.lines.get(row), self.positions.get(row)) {
            (Some(line), _) => Some(format!("{}:{line}", split.topic)),
            (None, Some(position)) => Some(format!("{split}/{position}")),
            (None, None) => None,
        }
    }

    /// The record of a row as a dead letter; none where records are not kept.
    pub fn dead_letter(&self, split: &Split, row: usize, error: String) -> Option<DeadLetter> {
        let (record, position) = (self.records.get(row)?, self.positions.get(row)?);
        Some(DeadLetter {
            split: split.clone(),
            offset: *position,
            key: record.key.clone(),
            value: record.value.clone(),
            timestamp_ms: record.timestamp_ms,
            field: None,
            error,
        })
    }
}
