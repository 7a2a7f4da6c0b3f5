//! Times of keys: when something is due.

use streamsql_core::{KeyGroupRange, Result, StateLayout};
use streamsql_state::tables::{Key, OneTable, Slot, Timers};

/// At most one time a key, in a table; the queue is derived from it.
pub struct Due {
    pub table: OneTable,
    /// Column of the time; behind it are the order in which the times were set and, where there is one, the last time
    /// that was worked off.
    column: usize,
    timers: Timers,
}

impl Due {
    pub fn new(name: &str, number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        let column = layout.key.len();
        Ok(Self { table: OneTable::new(name, number, layout, range)?, column, timers: Timers::default() })
    }

    fn number(&self, slot: &Slot, column: usize) -> Option<i64> {
        self.table.get(slot).and_then(|row| self.table.row(row).i64(column))
    }

    pub fn time(&self, slot: &Slot) -> Option<i64> {
        self.number(slot, self.column)
    }

    /// The last time that was worked off.
    pub fn last(&self, slot: &Slot) -> Option<i64> {
        self.number(slot, self.column + 2)
    }

    pub fn set(&mut self, key: &Key, slot: &mut Slot, time: i64) -> Result<()> {
        let order = self.timers.set(time, key.hash());
        let mut row = self.table.edit_key(key, slot)?;
        row.set_i64(self.column, time)?;
        row.set_i64(self.column + 1, order)
    }

    /// Nothing is due any more, but what was worked off is remembered.
    pub fn clear(&mut self, key: &Key, slot: &mut Slot) -> Result<()> {
        self.table.edit_key(key, slot)?.set_null(self.column)
    }

    pub fn set_last(&mut self, key: &Key, slot: &mut Slot, last: i64) -> Result<()> {
        self.table.edit_key(key, slot)?.set_i64(self.column + 2, last)
    }

    /// The time that is due first; it may be one that a key has no more.
    pub fn first(&self) -> Option<i64> {
        self.timers.first()
    }

    /// All times in the order in which they are due.
    pub fn all(&self) -> impl Iterator<Item = (i64, Key)> + '_ {
        self.timers.iter(&self.table, self.column)
    }

    /// The key of the first time that is due.
    pub fn pop(&mut self, until: i64) -> Option<Key> {
        self.timers.pop(until, &self.table, self.column).map(|(_, key)| key)
    }

    pub fn restored(&mut self) {
        self.timers = Timers::of(&self.table, self.column);
    }
}
