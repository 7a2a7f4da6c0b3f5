//! Batches of changes and what flows between operators.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{filter_record_batch, is_not_null, take};
use arrow::datatypes::SchemaRef;

use crate::{Epoch, Error, Result, Watermark};

/// What a row does to the table that the stream describes (Flink `RowKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RowKind {
    Insert = 0,
    UpdateBefore = 1,
    UpdateAfter = 2,
    Delete = 3,
}

impl RowKind {
    /// `+I`, `-U`, `+U` or `-D`.
    pub fn short(self) -> &'static str {
        match self {
            Self::Insert => "+I",
            Self::UpdateBefore => "-U",
            Self::UpdateAfter => "+U",
            Self::Delete => "-D",
        }
    }

    /// True for the kinds that take an earlier row back.
    pub fn is_retraction(self) -> bool {
        matches!(self, Self::UpdateBefore | Self::Delete)
    }
}

impl fmt::Display for RowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// Which row kinds a stream may carry; printed by EXPLAIN as `changelogMode=[I,UB,UA,D]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChangelogMode {
    pub insert: bool,
    pub update_before: bool,
    pub update_after: bool,
    pub delete: bool,
}

impl ChangelogMode {
    pub const INSERT_ONLY: Self =
        Self { insert: true, update_before: false, update_after: false, delete: false };
    pub const ALL: Self = Self { insert: true, update_before: true, update_after: true, delete: true };
    pub const UPSERT: Self = Self { insert: true, update_before: false, update_after: true, delete: true };
    pub const NONE: Self = Self { insert: false, update_before: false, update_after: false, delete: false };

    pub fn is_insert_only(self) -> bool {
        self == Self::INSERT_ONLY
    }

    /// The kinds of either.
    pub fn union(self, other: Self) -> Self {
        Self {
            insert: self.insert || other.insert,
            update_before: self.update_before || other.update_before,
            update_after: self.update_after || other.update_after,
            delete: self.delete || other.delete,
        }
    }
}

impl fmt::Display for ChangelogMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds =
            [(self.insert, "I"), (self.update_before, "UB"), (self.update_after, "UA"), (self.delete, "D")];
        let present: Vec<_> = kinds.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        if present.is_empty() { f.write_str("[NONE]") } else { write!(f, "[{}]", present.join(",")) }
    }
}

/// Rows with the kind of each; no kinds means every row is an insert.
#[derive(Clone, Debug)]
pub struct ChangeBatch {
    rows: RecordBatch,
    kinds: Option<Arc<[RowKind]>>,
}

impl ChangeBatch {
    /// A batch of inserts.
    pub fn inserts(rows: RecordBatch) -> Self {
        Self { rows, kinds: None }
    }

    /// A batch with one kind a row. All-insert kinds are dropped, so that append-only paths stay cheap.
    ///
    /// # Errors
    /// Internal, when the lengths differ.
    pub fn new(rows: RecordBatch, kinds: Vec<RowKind>) -> Result<Self> {
        if kinds.len() != rows.num_rows() {
            return Err(Error::internal(format!("{} row kinds for {} rows", kinds.len(), rows.num_rows())));
        }
        let kinds = if kinds.iter().all(|k| *k == RowKind::Insert) { None } else { Some(kinds.into()) };
        Ok(Self { rows, kinds })
    }

    pub fn rows(&self) -> &RecordBatch {
        &self.rows
    }

    pub fn kinds(&self) -> Option<&[RowKind]> {
        self.kinds.as_deref()
    }

    pub fn kind(&self, row: usize) -> RowKind {
        self.kinds.as_ref().map_or(RowKind::Insert, |kinds| kinds[row])
    }

    pub fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.num_rows() == 0
    }

    /// Bytes that these rows take: of a slice its part, not the buffers that it shares.
    pub fn bytes(&self) -> usize {
        crate::batch_bytes::batch_bytes(&self.rows) + self.kinds.as_ref().map_or(0, |kinds| kinds.len())
    }

    pub fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }

    /// The same kinds over other columns of the same number of rows.
    pub fn with_rows(&self, rows: RecordBatch) -> Result<Self> {
        if rows.num_rows() != self.rows.num_rows() {
            return Err(Error::internal("with_rows changed the number of rows"));
        }
        Ok(Self { rows, kinds: self.kinds.clone() })
    }

    /// The same kinds over these columns, one value a row each.
    pub fn with_columns(&self, schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<Self> {
        // Said, because there may be no column to count it by.
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows.num_rows()));
        self.with_rows(RecordBatch::try_new_with_options(schema, columns, &options)?)
    }

    /// The rows for which `keep` is true; NULL counts as false, as in a WHERE.
    pub fn filter(&self, keep: &BooleanArray) -> Result<Self> {
        let rows = filter_record_batch(&self.rows, keep)?;
        let kinds = self.kinds.as_ref().map(|kinds| {
            kinds
                .iter()
                .zip(keep.iter())
                .filter_map(|(kind, keep)| (keep == Some(true)).then_some(*kind))
                .collect::<Vec<_>>()
                .into()
        });
        Ok(Self { rows, kinds })
    }

    /// The first of these columns that holds a NULL.
    pub fn first_with_null(&self, columns: &[usize]) -> Option<usize> {
        columns.iter().copied().find(|column| self.rows.column(*column).null_count() > 0)
    }

    /// The rows without a NULL in these columns.
    pub fn without_nulls(&self, columns: &[usize]) -> Result<Self> {
        columns.iter().try_fold(self.clone(), |batch, column| {
            let values = batch.rows.column(*column);
            if values.null_count() == 0 { Ok(batch) } else { batch.filter(&is_not_null(values)?) }
        })
    }

    /// The rows at `indices`, in that order.
    pub fn take(&self, indices: &UInt32Array) -> Result<Self> {
        // Rows without columns are rows, too.
        let columns: Vec<ArrayRef> = self
            .rows
            .columns()
            .iter()
            .map(|column| take(column, indices, None))
            .collect::<std::result::Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(indices.len()));
        let rows = RecordBatch::try_new_with_options(self.rows.schema(), columns, &options)?;
        let kinds = self
            .kinds
            .as_ref()
            .map(|kinds| indices.values().iter().map(|i| kinds[*i as usize]).collect::<Vec<_>>().into());
        Ok(Self { rows, kinds })
    }

    pub fn slice(&self, offset: usize, length: usize) -> Self {
        Self {
            rows: self.rows.slice(offset, length),
            kinds: self.kinds.as_ref().map(|kinds| kinds[offset..offset + length].into()),
        }
    }
}

/// What flows on an edge. Per edge watermarks never fall, barriers come in order, and nothing overtakes.
#[derive(Clone, Debug)]
pub enum Message {
    Batch(ChangeBatch),
    Watermark(Watermark),
    /// The sender has nothing to say for a while (true), or speaks again (false): an idle input does not hold back
    /// the watermark (Flink `WatermarkStatus`).
    Idle(bool),
    Barrier(Epoch),
}
