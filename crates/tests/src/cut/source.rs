//! A source whose batches are put together and cut anew.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use arrow::compute::concat_batches;
use streamsql_core::{ChangeBatch, Result, Source, SourceBatch, SourceEvent, Split, SplitStart};

/// Hands on the rows of another source in batches of a size of ours; a split's end and errors keep their place.
pub struct CutSource {
    inner: Box<dyn Source>,
    rows: usize,
    gathered: Option<SourceBatch>,
    waiting: VecDeque<Result<SourceEvent>>,
}

impl CutSource {
    /// `rows` of every batch, as far as a split has as many.
    pub fn new(inner: Box<dyn Source>, rows: usize) -> Self {
        Self { inner, rows: rows.max(1), gathered: None, waiting: VecDeque::new() }
    }

    fn gather(&mut self, batch: SourceBatch) -> Result<()> {
        let batch = match self.gathered.take() {
            Some(before) if before.split == batch.split => joined(&before, batch)?,
            Some(before) => {
                self.waiting.push_back(Ok(SourceEvent::Batch(before)));
                batch
            }
            None => batch,
        };
        let mut pieces = pieces(batch, self.rows);
        // What may still grow is kept.
        if pieces.last().is_some_and(|last| last.batch.num_rows() < self.rows) {
            self.gathered = pieces.pop();
        }
        self.waiting.extend(pieces.into_iter().map(SourceEvent::Batch).map(Ok));
        Ok(())
    }

    fn let_go(&mut self) {
        self.waiting.extend(self.gathered.take().map(SourceEvent::Batch).map(Ok));
    }
}

impl Source for CutSource {
    fn open(&mut self, restored: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
        self.inner.open(restored)
    }

    fn poll(&mut self, timeout: Duration) -> Result<SourceEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return event;
            }
            match self.inner.poll(timeout) {
                Ok(SourceEvent::Batch(batch)) => self.gather(batch)?,
                other => {
                    self.let_go();
                    self.waiting.push_back(other);
                }
            }
        }
    }
}

/// A batch cut into pieces of at most this many rows.
///
/// Where every record gave a row each piece has its own position; else no position inside of the batch is known, and
/// every piece but the last counts as a record a row.
pub fn pieces(batch: SourceBatch, rows: usize) -> Vec<SourceBatch> {
    let all = batch.batch.num_rows();
    if all <= rows {
        return vec![batch];
    }
    let known = batch.records == all as u64;
    (0..all)
        .step_by(rows)
        .map(|start| {
            let length = rows.min(all - start);
            let left = all - start - length;
            let origins = batch.origins.as_ref().map(|origins| Arc::new(origins.slice(start, length)));
            let mut piece = SourceBatch {
                batch: batch.batch.slice(start, length),
                origins,
                cuts: Vec::new(),
                ..batch.clone()
            };
            if known || left > 0 {
                piece.records = length as u64;
            } else {
                piece.records = batch.records.saturating_sub(start as u64);
            }
            if known {
                piece.next_position -= left as i64;
            }
            if left > 0 {
                (piece.skipped, piece.bytes) = (0, 0);
                piece.dead_letters = Vec::new();
            }
            piece
        })
        .collect()
}

/// Two batches of a split that follow each other, as one.
fn joined(first: &SourceBatch, second: SourceBatch) -> Result<SourceBatch> {
    let (one, two) = (&first.batch, &second.batch);
    let rows = concat_batches(&one.schema(), [one.rows(), two.rows()])?;
    let kinds = (0..one.num_rows()).map(|row| one.kind(row));
    let kinds = kinds.chain((0..two.num_rows()).map(|row| two.kind(row))).collect();
    Ok(SourceBatch {
        batch: ChangeBatch::new(rows, kinds)?,
        records: first.records + second.records,
        skipped: first.skipped + second.skipped,
        bytes: first.bytes + second.bytes,
        dead_letters: first.dead_letters.iter().cloned().chain(second.dead_letters).collect(),
        split: second.split,
        next_position: second.next_position,
        // Which rows a failing expression had is not told of joined batches.
        origins: None,
        cuts: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int32Array, RecordBatch};

    use super::*;

    struct Polls(Vec<(i32, usize)>);

    impl Source for Polls {
        fn open(&mut self, _: &BTreeMap<Split, i64>) -> Result<Vec<SplitStart>> {
            Ok(Vec::new())
        }

        fn poll(&mut self, _: Duration) -> Result<SourceEvent> {
            if self.0.is_empty() {
                return Ok(SourceEvent::End);
            }
            let (partition, rows) = self.0.remove(0);
            let column = Arc::new(Int32Array::from_iter_values(0..rows as i32));
            Ok(SourceEvent::Batch(SourceBatch {
                split: Split { topic: Arc::from("t"), partition },
                batch: ChangeBatch::inserts(RecordBatch::try_from_iter([("v", column as _)]).unwrap()),
                next_position: rows as i64,
                records: rows as u64,
                skipped: 0,
                bytes: 0,
                dead_letters: Vec::new(),
                origins: None,
                cuts: Vec::new(),
            }))
        }
    }

    fn sizes(rows: usize, polls: &[(i32, usize)]) -> Vec<(i32, usize)> {
        let mut source = CutSource::new(Box::new(Polls(polls.to_vec())), rows);
        let mut sizes = Vec::new();
        while let SourceEvent::Batch(batch) = source.poll(Duration::ZERO).unwrap() {
            sizes.push((batch.split.partition, batch.batch.num_rows()));
        }
        sizes
    }

    #[test]
    fn batches_grow_and_shrink_within_a_split() {
        let polls = [(0, 4), (0, 1), (1, 2), (0, 2)];
        assert_eq!(
            sizes(1, &polls),
            [(0, 1), (0, 1), (0, 1), (0, 1), (0, 1), (1, 1), (1, 1), (0, 1), (0, 1)]
        );
        assert_eq!(sizes(3, &polls), [(0, 3), (0, 2), (1, 2), (0, 2)]);
        assert_eq!(sizes(100, &polls), [(0, 5), (1, 2), (0, 2)]);
    }
}
