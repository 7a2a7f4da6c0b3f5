//! Hashes of key columns: stable over runs, versions and machines, because they place state in key groups.
//!
//! The hash is the one of the tables: XXH3-64 of the key's part (`docs/state-format.md`). NULL equals NULL here; operators
//! in which it must not match look at the null bits themselves.

use arrow::array::{ArrayRef, RecordBatch};
use streamsql_core::Result;

use crate::tables::hash_key;
use crate::tables::part::{PartLayout, Parts};

/// The hash of each row's key.
///
/// # Errors
/// For column types that state cannot hold.
pub fn hash_rows(rows: &RecordBatch, keys: &[usize]) -> Result<Vec<u64>> {
    let columns: Vec<ArrayRef> = keys.iter().map(|key| rows.column(*key).clone()).collect();
    let layout = PartLayout::of_types(columns.iter().map(|column| column.data_type().clone()).collect())?;
    let mut parts = Parts::default();
    layout.encode(&columns, rows.num_rows(), &mut parts)?;
    Ok((0..rows.num_rows()).map(|row| hash_key(parts.get(row))).collect())
}
