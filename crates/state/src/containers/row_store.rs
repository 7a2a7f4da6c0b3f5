//! Rows as they came, in columns: batches that are kept while a row of theirs is alive, gathered by reference.

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{Error, Result};

/// A row of a `RowStore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowRef {
    batch: u32,
    row: u32,
}

impl RowRef {
    /// The row of NULLs, which pads outer joins.
    pub const NULLS: Self = Self { batch: 0, row: 0 };
}

struct Stored {
    batch: RecordBatch,
    live: usize,
    bytes: usize,
}

/// Batches of one schema with counts of living rows.
pub struct RowStore {
    schema: SchemaRef,
    batches: Vec<Option<Stored>>,
    free: Vec<u32>,
    live: usize,
    total: usize,
    bytes: usize,
    codec: RowConverter,
}

/// Below this many rows a sparse store is not worth rewriting.
const COMPACT_ROWS: usize = 16_384;

impl RowStore {
    pub fn new(schema: SchemaRef) -> Result<Self> {
        let nulls = nulls(&schema)?;
        let fields = schema.fields().iter().map(|f| SortField::new(f.data_type().clone())).collect();
        let codec = RowConverter::new(fields)?;
        let first = Stored { batch: nulls, live: 1, bytes: 0 };
        Ok(Self { schema, batches: vec![Some(first)], free: Vec::new(), live: 0, total: 0, bytes: 0, codec })
    }

    /// Takes a batch in, all rows alive. `release` those that are not kept.
    pub fn add(&mut self, batch: RecordBatch) -> u32 {
        let rows = batch.num_rows();
        let bytes = batch.get_array_memory_size();
        self.live += rows;
        self.total += rows;
        self.bytes += bytes;
        let stored = Some(Stored { batch, live: rows, bytes });
        match self.free.pop() {
            Some(slot) => {
                self.batches[slot as usize] = stored;
                slot
            }
            None => {
                self.batches.push(stored);
                (self.batches.len() - 1) as u32
            }
        }
    }

    pub fn row(batch: u32, row: usize) -> RowRef {
        RowRef { batch, row: row as u32 }
    }

    /// A row is no longer needed; a batch without living rows is dropped whole.
    pub fn release(&mut self, row: RowRef) {
        if row.batch == 0 {
            return;
        }
        let slot = &mut self.batches[row.batch as usize];
        if let Some(stored) = slot {
            stored.live -= 1;
            self.live -= 1;
            if stored.live == 0 {
                self.total -= stored.batch.num_rows();
                self.bytes -= stored.bytes;
                *slot = None;
                self.free.push(row.batch);
            }
        }
    }

    /// The rows in this order, as one batch.
    pub fn gather(&self, rows: &[RowRef]) -> Result<RecordBatch> {
        let mut used: Vec<u32> = rows.iter().map(|r| r.batch).collect();
        used.sort_unstable();
        used.dedup();
        let batches = used
            .iter()
            .map(|slot| self.batches.get(*slot as usize).and_then(Option::as_ref).map(|s| &s.batch))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Error::internal("a state row was read after it was released"))?;
        let position: Vec<(usize, usize)> =
            rows.iter().map(|r| (used.partition_point(|slot| *slot < r.batch), r.row as usize)).collect();
        let columns = (0..self.schema.fields().len())
            .map(|c| {
                let parts: Vec<&dyn Array> = batches.iter().map(|b| b.column(c).as_ref()).collect();
                if parts.is_empty() {
                    return Ok(arrow::array::new_empty_array(self.schema.field(c).data_type()));
                }
                Ok(interleave(&parts, &position)?)
            })
            .collect::<Result<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }

    /// The stored form of each row.
    pub fn encode(&self, rows: &[RowRef]) -> Result<Vec<Box<[u8]>>> {
        if self.schema.fields().is_empty() {
            return Ok(rows.iter().map(|_| Box::from([])).collect());
        }
        let batch = self.gather(rows)?;
        let encoded = self.codec.convert_columns(batch.columns())?;
        Ok(encoded.iter().map(|row| row.as_ref().into()).collect())
    }

    /// Takes rows in their stored form back in; returns the batch that holds them in order.
    pub fn decode(&mut self, rows: &[Vec<u8>]) -> Result<u32> {
        let parser = self.codec.parser();
        let columns = self.codec.convert_rows(rows.iter().map(|bytes| parser.parse(bytes)))?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?;
        Ok(self.add(batch))
    }

    /// Whether so much is dead that `compact` should be called.
    pub fn is_sparse(&self) -> bool {
        self.total > COMPACT_ROWS && self.live * 2 < self.total
    }

    /// Rewrites the living rows densely; every living reference must be given.
    pub fn compact<'r>(&mut self, rows: impl Iterator<Item = &'r mut RowRef>) -> Result<()> {
        let mut references: Vec<&mut RowRef> = rows.filter(|r| r.batch != 0).collect();
        let mut dense = Vec::new();
        for chunk in references.chunks(8_192) {
            let old: Vec<RowRef> = chunk.iter().map(|r| **r).collect();
            dense.push(self.gather(&old)?);
        }
        self.batches.truncate(1);
        self.free.clear();
        (self.live, self.total, self.bytes) = (0, 0, 0);
        let mut next = references.iter_mut();
        for batch in dense {
            let rows = batch.num_rows();
            let slot = self.add(batch);
            for (row, reference) in (0..rows).zip(&mut next) {
                **reference = Self::row(slot, row);
            }
        }
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

fn nulls(schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|f| new_null_array(f.data_type(), 1)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}
