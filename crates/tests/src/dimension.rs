//! A dimension table in memory, for lookup joins without a database.

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::row::{RowConverter, SortField};
use streamsql_core::{Lookup, LookupRows, Result};
use streamsql_plan::LookupJoin;

/// Rows that are looked up by the keys of a join.
pub struct DimensionTable {
    pub join: LookupJoin,
    /// All physical columns.
    pub rows: Option<RecordBatch>,
    /// Keys asked since somebody looked.
    pub asked: usize,
}

impl DimensionTable {
    pub fn new(join: &LookupJoin) -> Self {
        Self { join: join.clone(), rows: None, asked: 0 }
    }
}

impl Lookup for DimensionTable {
    fn lookup(&mut self, keys: &RecordBatch, _now_ms: i64) -> Result<LookupRows> {
        self.asked += keys.num_rows();
        let schema = self.join.table.physical.to_arrow();
        let rows = self.rows.clone().unwrap_or_else(|| RecordBatch::new_empty(schema));
        let fields = keys.schema().fields().iter().map(|f| SortField::new(f.data_type().clone())).collect();
        let codec = RowConverter::new(fields)?;
        let wanted = codec.convert_columns(keys.columns())?;
        let columns: Vec<_> = self.join.keys.iter().map(|key| rows.column(key.column).clone()).collect();
        let present = codec.convert_columns(&columns)?;
        let (mut found, mut key_index) = (Vec::new(), Vec::new());
        for key in 0..keys.num_rows() {
            for row in (0..rows.num_rows()).filter(|row| present.row(*row) == wanted.row(key)) {
                found.push(row as u32);
                key_index.push(key as u32);
            }
        }
        let rows = take_record_batch(&rows, &UInt32Array::from(found))?.project(&self.join.columns)?;
        Ok(LookupRows { rows, key_index })
    }
}
