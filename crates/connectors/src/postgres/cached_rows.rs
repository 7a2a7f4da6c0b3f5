//! Rows of an answer, key by key, in a form that holds nothing but them.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::row::{RowConverter, SortField};
use streamsql_core::{Error, LookupRows, Result, Schema};

use super::lookup_cache::Found;

/// Turns answers into cached rows and back.
pub struct CachedRows {
    schema: Schema,
    /// None where no column is read.
    converter: Option<RowConverter>,
}

impl CachedRows {
    pub fn new(schema: &Schema) -> Result<Self> {
        let fields: Vec<SortField> =
            schema.columns.iter().map(|c| SortField::new(c.logical_type.to_arrow())).collect();
        let converter = if fields.is_empty() { None } else { Some(RowConverter::new(fields)?) };
        Ok(Self { schema: schema.clone(), converter })
    }

    /// The rows of each of the `keys` keys that were asked for.
    pub fn by_key(&self, answer: &LookupRows, keys: usize) -> Result<Vec<Found>> {
        let rows = self.converter.as_ref().map(|c| c.convert_columns(answer.rows.columns())).transpose()?;
        let (mut found, mut bytes, mut next) = (Vec::with_capacity(keys), Vec::new(), 0);
        for key in 0..keys {
            let start = next;
            bytes.clear();
            while answer.key_index.get(next).is_some_and(|of| *of as usize == key) {
                if let Some(rows) = &rows {
                    let row = rows.row(next);
                    bytes.extend_from_slice(&(row.data().len() as u32).to_le_bytes());
                    bytes.extend_from_slice(row.data());
                }
                next += 1;
            }
            found.push(Found { count: (next - start) as u32, rows: Arc::from(bytes.as_slice()) });
        }
        Ok(found)
    }

    /// The answer for keys of which all are known.
    pub fn answer(&self, found: &[Found]) -> Result<LookupRows> {
        let mut key_index = Vec::new();
        for (key, found) in found.iter().enumerate() {
            key_index.extend(std::iter::repeat_n(key as u32, found.count as usize));
        }
        let schema = self.schema.to_arrow();
        let Some(converter) = &self.converter else {
            let count = RecordBatchOptions::new().with_row_count(Some(key_index.len()));
            let rows = RecordBatch::try_new_with_options(schema, Vec::new(), &count)?;
            return Ok(LookupRows { rows, key_index });
        };
        if key_index.is_empty() {
            return Ok(LookupRows { rows: RecordBatch::new_empty(schema), key_index });
        }
        let parser = converter.parser();
        let mut rows = Vec::with_capacity(key_index.len());
        for found in found {
            let mut rest: &[u8] = &found.rows;
            while let Some((length, after)) = rest.split_first_chunk() {
                let length = u32::from_le_bytes(*length) as usize;
                let (row, after) = after
                    .split_at_checked(length)
                    .ok_or_else(|| Error::internal("a cached row is cut off"))?;
                rows.push(parser.parse(row));
                rest = after;
            }
        }
        let rows = RecordBatch::try_new(schema, converter.convert_rows(rows)?)?;
        Ok(LookupRows { rows, key_index })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int32Array, StringArray};
    use streamsql_core::{Column, LogicalType};

    use super::*;

    #[test]
    fn what_is_kept_of_an_answer_is_the_rows_of_the_key() {
        let schema = Schema::new(vec![
            Column::new("a", LogicalType::Int, true),
            Column::new("b", LogicalType::STRING, true),
        ]);
        let text = "x".repeat(1_000);
        let rows = RecordBatch::try_new(
            schema.to_arrow(),
            vec![
                Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])) as ArrayRef,
                Arc::new(StringArray::from(vec![Some("ab"), None, Some(text.as_str())])),
            ],
        )
        .unwrap();
        let cached = CachedRows::new(&schema).unwrap();
        let answer = LookupRows { rows, key_index: vec![0, 0, 2] };
        let found = cached.by_key(&answer, 4).unwrap();
        assert_eq!(found.iter().map(|f| f.count).collect::<Vec<_>>(), [2, 0, 1, 0]);
        assert!(found[0].rows.len() < 50, "{} bytes", found[0].rows.len());
        let back = cached.answer(&found).unwrap();
        assert_eq!((back.rows, back.key_index), (answer.rows.clone(), answer.key_index.clone()));
        let one = cached.answer(&[found[1].clone(), found[0].clone()]).unwrap();
        assert_eq!((one.rows, one.key_index), (answer.rows.slice(0, 2), vec![1, 1]));
        // Nothing is read but whether there is a row.
        let nothing = CachedRows::new(&Schema::default()).unwrap();
        let bare = LookupRows { rows: answer.rows.project(&[]).unwrap(), key_index: vec![0, 0, 2] };
        let back = nothing.answer(&nothing.by_key(&bare, 3).unwrap()).unwrap();
        assert_eq!((back.rows.num_rows(), back.key_index), (3, vec![0, 0, 2]));
    }
}
