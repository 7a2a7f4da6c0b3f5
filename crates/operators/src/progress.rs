//! How far event time has come for an operator, as state: where it is restored, what it has told is not told again.

use streamsql_core::{KeyGroupRange, Result, StateLayout, StateTable};
use streamsql_state::tables::{Key, OneTable};

use crate::places::places;

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
        let table = OneTable::new(name, number, layout, range)?;
        Ok(Self { time: i64::MIN, stored: i64::MIN, table, places: places(range)? })
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
