//! Hashes of key columns: stable over runs, versions and machines, because they place state in key groups.
//!
//! Two keys are equal exactly when their encodings are: per column a NULL marker, then the value's bytes (texts with
//! their length). NULL equals NULL here; operators in which it must not match look at the null bits themselves.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};
use streamsql_core::Result;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The hash of each row's key.
///
/// # Errors
/// For column types that Arrow cannot encode as keys.
pub fn hash_rows(rows: &RecordBatch, keys: &[usize]) -> Result<Vec<u64>> {
    let mut hashes = vec![0; rows.num_rows()];
    for key in keys {
        combine(rows.column(*key), &mut hashes)?;
    }
    if keys.is_empty() {
        hashes.fill(xxh3_64(b""));
    }
    Ok(hashes)
}

const NULL_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

fn combine(column: &ArrayRef, hashes: &mut [u64]) -> Result<()> {
    let mix = |hashes: &mut [u64], row: usize, bytes: Option<&[u8]>| {
        hashes[row] = match bytes {
            Some(bytes) => xxh3_64_with_seed(bytes, hashes[row]),
            None => xxh3_64_with_seed(&[], hashes[row] ^ NULL_SEED),
        };
    };
    match column.data_type() {
        DataType::Utf8 => {
            for (row, value) in column.as_string::<i32>().iter().enumerate() {
                mix(hashes, row, value.map(str::as_bytes));
            }
        }
        DataType::Int64 => {
            for (row, value) in column.as_primitive::<arrow::datatypes::Int64Type>().iter().enumerate() {
                mix(hashes, row, value.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
            }
        }
        _ => {
            let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())])?;
            let encoded = converter.convert_columns(std::slice::from_ref(column))?;
            for row in 0..column.len() {
                let bytes = encoded.row(row);
                mix(hashes, row, (!column.is_null(row)).then_some(bytes.as_ref()));
            }
        }
    }
    Ok(())
}
