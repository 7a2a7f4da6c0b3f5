//! How far event time has come for an operator, as state: where it is restored, what it has told is not told again.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use streamsql_core::{Column, KeyGroupRange, LogicalType, Result, Schema, StateLayout, StateTable};
use streamsql_state::tables::{Key, KeyBatch, KeyCodec, OneTable};

/// A time, kept once for each key group: whoever takes over some of them knows it.
pub struct Progress {
    time: i64,
    stored: i64,
    table: OneTable,
    /// A key of each key group of the shard.
    places: Vec<Key>,
}

impl Progress {
    /// `layout` has a BIGINT key and a BIGINT for the time.
    pub fn new(name: &str, number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        let column = vec![Column::new("place", LogicalType::BigInt, false)];
        let mut codec = KeyCodec::new(&Schema::new(column).to_arrow(), &[0])?;
        // Of 4,096 numbers there are some in each of 128 groups.
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..4_096));
        let mut keys = KeyBatch::default();
        codec.encode_columns(&[numbers], 4_096, &mut keys)?;
        let place = |group: u16| (0..keys.len()).find(|id| keys.key_group(*id).0 == group);
        let places = (range.start..range.end).filter_map(place).map(|id| keys.to_key(id)).collect();
        let table = OneTable::new(name, number, layout, range)?;
        Ok(Self { time: i64::MIN, stored: i64::MIN, table, places })
    }

    /// `i64::MIN` before anything was told.
    pub fn time(&self) -> i64 {
        self.time
    }

    /// Time goes forward; written by `store`.
    pub fn set(&mut self, time: i64) {
        self.time = self.time.max(time);
    }

    /// Writes the time into the table, if it is another one than there.
    pub fn store(&mut self) -> Result<()> {
        if self.time == self.stored {
            return Ok(());
        }
        for place in &self.places {
            let mut slot = self.table.find(place);
            self.table.edit_key(place, &mut slot)?.set_i64(1, self.time)?;
        }
        self.stored = self.time;
        Ok(())
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        &mut self.table
    }

    pub fn restored(&mut self) {
        for row in self.table.all() {
            self.time = self.time.max(self.table.row(row).i64(1).unwrap_or(i64::MIN));
        }
        self.stored = self.time;
    }
}
