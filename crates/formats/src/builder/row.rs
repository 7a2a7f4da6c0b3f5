//! Rows that become visible one by one.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use streamsql_core::{Result, Schema};

use super::ColumnBuilder;

/// Builders of a whole row; rows become visible one by one.
pub struct RowBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
}

impl RowBuilder {
    pub fn new(schema: &Schema) -> Self {
        let columns = schema.columns.iter().map(|c| ColumnBuilder::new(&c.logical_type)).collect();
        Self { schema: schema.to_arrow(), columns, rows: 0 }
    }

    pub fn num_rows(&self) -> usize {
        self.rows
    }

    pub fn columns_mut(&mut self) -> &mut [ColumnBuilder] {
        &mut self.columns
    }

    /// Keeps the row whose values were appended; columns without a value get NULL.
    pub fn commit(&mut self) {
        for column in &mut self.columns {
            if column.len() == self.rows {
                column.append_null();
            }
        }
        self.rows += 1;
    }

    /// Forgets the values appended since the last `commit`.
    pub fn roll_back(&mut self) {
        for column in &mut self.columns {
            column.truncate(self.rows);
        }
    }

    /// Forgets all rows from this one on, also kept ones.
    pub fn truncate(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
        self.roll_back();
    }

    /// Takes the rows out.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let columns = self.columns.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.rows)));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use streamsql_core::types::ElementType;
    use streamsql_core::{Column, LogicalType};

    use super::*;
    use crate::builder::Values;

    #[test]
    fn nested_values_are_taken_back_whole() {
        let row = LogicalType::Row(vec![
            Column::new("t", LogicalType::STRING, true),
            Column::new("l", LogicalType::Array(ElementType::nullable(LogicalType::Int)), true),
        ]);
        let schema = Schema::new(vec![Column::new("r", row, true), Column::new("n", LogicalType::Int, true)]);
        let mut rows = RowBuilder::new(&schema);
        for (text, closed) in [("kept", true), ("lost", false), ("kept too", true)] {
            let column = &mut rows.columns_mut()[0];
            let Values::Row { fields, .. } = column.values_mut() else { panic!("a row") };
            fields[0].append_bytes(text.as_bytes()).unwrap();
            let Values::List { item, .. } = fields[1].values_mut() else { panic!("a list") };
            item.append_int(7);
            if closed {
                fields[1].end_nested();
                column.end_nested();
                rows.commit();
            } else {
                rows.roll_back();
            }
        }
        let batch = rows.finish().unwrap();
        assert_eq!(batch.num_rows(), 2);
        let texts = batch.column(0).as_struct().column(0).as_string::<i32>();
        assert_eq!(texts.iter().collect::<Vec<_>>(), [Some("kept"), Some("kept too")]);
        assert_eq!(batch.column(0).as_struct().column(1).as_list::<i32>().values().len(), 2);
        assert_eq!(batch.column(1).null_count(), 2);
        assert_eq!(rows.finish().unwrap().num_rows(), 0);
    }
}
