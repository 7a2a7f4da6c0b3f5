//! Bytes to rows and back.

use arrow::array::RecordBatch;

use crate::{ChangeBatch, Result, RowKind};

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodedRecord {
    /// It gave this many rows.
    Rows(usize),
    /// It gives no row and that is no error (empty or null message, ignored parse error).
    Skipped,
    /// It cannot be read: the field, if one is to blame, and why. Nothing of it remains in the decoder.
    Bad { field: Option<String>, error: String },
}

/// Turns records into columns: values are appended to Arrow builders and taken out as a batch.
pub trait Decoder: Send {
    /// Appends the rows of one record. `None` is a null message (a tombstone).
    ///
    /// # Errors
    /// Only internal ones; a record that cannot be read is `DecodedRecord::Bad`.
    fn decode(&mut self, record: Option<&[u8]>) -> Result<DecodedRecord>;

    /// Rows appended since the last `finish`.
    fn num_rows(&self) -> usize;

    /// Takes the rows out; their schema is the one that the decoder was made for.
    fn finish(&mut self) -> Result<ChangeBatch>;
}

/// Turns rows into records.
pub trait Encoder: Send {
    /// Appends the record of `row` to `out`. Returns false when the row has no record (a NULL `raw` value).
    fn encode(&mut self, rows: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<bool>;

    /// The same for a row of any kind, where records tell what becomes of rows.
    fn encode_change(
        &mut self,
        kind: RowKind,
        rows: &RecordBatch,
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        let _ = kind;
        self.encode(rows, row, out)
    }
}
