//! The rows over which a part of an expression is evaluated: a batch, or those of its rows that need the part.

use std::cell::RefCell;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{FilterBuilder, FilterPredicate};
use streamsql_core::EvalError;

/// Rows, with columns that are cut down to them when they are first read.
pub(super) struct Frame<'a> {
    rows: usize,
    source: Source<'a>,
}

enum Source<'a> {
    Batch(&'a RecordBatch),
    Part { of: &'a Frame<'a>, keep: FilterPredicate, columns: RefCell<Vec<Option<ArrayRef>>> },
}

impl<'a> Frame<'a> {
    pub fn new(batch: &'a RecordBatch) -> Self {
        Self { rows: batch.num_rows(), source: Source::Batch(batch) }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The rows that are set in `keep`.
    pub fn part(&'a self, keep: &BooleanBuffer) -> Self {
        let mask = BooleanArray::new(keep.clone(), None);
        let builder = FilterBuilder::new(&mask);
        Self {
            rows: keep.count_set_bits(),
            source: Source::Part { of: self, keep: builder.build(), columns: RefCell::new(Vec::new()) },
        }
    }

    pub fn column(&self, index: usize) -> Result<ArrayRef, EvalError> {
        match &self.source {
            Source::Batch(batch) => match batch.columns().get(index) {
                Some(column) => Ok(ArrayRef::clone(column)),
                None => Err(EvalError::new(format!("there is no column {index} to read"))),
            },
            Source::Part { of, keep, columns } => {
                if let Some(Some(known)) = columns.borrow().get(index) {
                    return Ok(ArrayRef::clone(known));
                }
                let column =
                    keep.filter(of.column(index)?.as_ref()).map_err(|e| EvalError::new(e.to_string()))?;
                let mut columns = columns.borrow_mut();
                if columns.len() <= index {
                    columns.resize(index + 1, None);
                }
                columns[index] = Some(ArrayRef::clone(&column));
                Ok(column)
            }
        }
    }
}

/// Where the rows of `part`, counted among those that are set in `of`, stand among all.
pub(super) fn spread(part: &BooleanBuffer, of: &BooleanBuffer) -> BooleanBuffer {
    let mut all = arrow::array::BooleanBufferBuilder::new(of.len());
    all.append_n(of.len(), false);
    for (at, row) in of.set_indices().enumerate() {
        if part.value(at) {
            all.set_bit(row, true);
        }
    }
    all.finish()
}

/// A truth value for each row: `part`'s for the rows that are set in `of`, FALSE for the others.
pub(super) fn spread_truth(part: &BooleanArray, of: &BooleanBuffer) -> BooleanArray {
    let values = spread(part.values(), of);
    let nulls = part.nulls().filter(|nulls| nulls.null_count() > 0);
    let nulls = nulls.map(|nulls| {
        let unknown = spread(&!nulls.inner(), of);
        arrow::buffer::NullBuffer::new(!&unknown)
    });
    BooleanArray::new(values, nulls)
}
