//! Constant rows as a source: one batch, then the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use streamsql_core::{ChangeBatch, Cut, Result, Source, SourceBatch, SourceEvent, Split, SplitStart};

/// Reads the rows of a `Values` node; its position is the number of rows already read.
pub struct ValuesSource {
    rows: RecordBatch,
    position: usize,
}

impl ValuesSource {
    pub fn new(rows: RecordBatch) -> Self {
        Self { rows, position: 0 }
    }

    fn split() -> Split {
        Split { topic: Arc::from("VALUES"), partition: 0 }
    }
}

impl Source for ValuesSource {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        let position = restored.get(&Self::split()).copied().unwrap_or(0);
        self.position = position as usize;
        Ok(vec![SplitStart { split: Self::split(), position }])
    }

    fn poll(&mut self, _timeout: Duration) -> Result<SourceEvent> {
        let left = self.rows.num_rows().saturating_sub(self.position);
        if left == 0 {
            return Ok(SourceEvent::End);
        }
        let from = self.position;
        let rows = self.rows.slice(from, left);
        self.position += left;
        let every = Cut::EVERY as usize;
        let cut = |rows: usize| Cut { rows, records: rows as u64, next_position: (from + rows) as i64 };
        Ok(SourceEvent::Batch(SourceBatch {
            split: Self::split(),
            batch: ChangeBatch::inserts(rows),
            next_position: self.position as i64,
            records: left as u64,
            bytes: 0,
            skipped: 0,
            dead_letters: Vec::new(),
            origins: None,
            cuts: (1..left.div_ceil(every)).map(|number| cut(number * every)).collect(),
        }))
    }
}
