//! Layouts of state tables, as operators put them together.

use streamsql_core::{Column, OrderColumn, Schema, StateForm, StateLayout};

/// The layout of a state table with these keys: the key's columns, then the others, ordered by those of `order` (positions
/// among the others).
pub fn below_key(
    keys: &[Column],
    form: StateForm,
    columns: Vec<Column>,
    order: &[usize],
    ttl_ms: i64,
) -> StateLayout {
    let width = keys.len();
    StateLayout {
        form,
        columns: keys.iter().cloned().chain(columns).collect(),
        key: (0..width).collect(),
        order: order.iter().map(|column| OrderColumn::ascending(width + column)).collect(),
        ttl_ms,
    }
}

/// Columns of an input, as the keys of `below_key`.
pub fn key_columns(input: &Schema, keys: &[usize]) -> Vec<Column> {
    keys.iter().map(|key| input.columns[*key].clone()).collect()
}
