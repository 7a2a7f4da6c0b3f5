//! At most one timer a key, in a state table of its own.

use streamsql_core::{KeyGroupRange, Result, StateLayout, StateTable};
use streamsql_state::tables::{Key, KeyBatch, OneTable, Slot, Timers};

/// Times by key. The table's last two columns are the time, ms, and the order in which times were set, by which timers
/// of equal time fire.
pub struct KeyTimers {
    table: OneTable,
    time: usize,
    slots: Vec<Slot>,
    queue: Timers,
}

impl KeyTimers {
    /// The table with this number among its operator's.
    pub fn new(name: &str, number: usize, layout: &StateLayout, range: KeyGroupRange) -> Result<Self> {
        Ok(Self {
            table: OneTable::new(name, number, layout, range)?,
            time: layout.columns.len() - 2,
            slots: Vec::new(),
            queue: Timers::default(),
        })
    }

    /// Looks up the keys of a batch.
    pub fn probe(&mut self, keys: &KeyBatch) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    /// The time of a key of the batch.
    pub fn of(&self, id: usize) -> Option<i64> {
        self.table.get(&self.slots[id]).and_then(|row| self.table.row(row).i64(self.time))
    }

    /// Sets the timer of a key of the batch.
    pub fn set(&mut self, keys: &KeyBatch, id: usize, time: i64) -> Result<()> {
        self.forget(&self.slots[id].clone(), keys.hash(id));
        let order = self.queue.set(time, keys.hash(id));
        let mut row = self.table.edit(keys, id, &mut self.slots[id])?;
        row.set_i64(self.time, time)?;
        row.set_i64(self.time + 1, order)
    }

    /// The time of a key.
    pub fn of_key(&mut self, key: &Key) -> Option<i64> {
        let slot = self.table.find(key);
        self.table.get(&slot).and_then(|row| self.table.row(row).i64(self.time))
    }

    /// Sets or clears the timer of a key.
    pub fn set_key(&mut self, key: &Key, time: Option<i64>) -> Result<()> {
        let mut slot = self.table.find(key);
        self.forget(&slot, key.hash());
        match time {
            None => {
                self.table.remove(&mut slot);
                Ok(())
            }
            Some(time) => {
                let order = self.queue.set(time, key.hash());
                let mut row = self.table.edit_key(key, &mut slot)?;
                row.set_i64(self.time, time)?;
                row.set_i64(self.time + 1, order)
            }
        }
    }

    /// Takes what the queue has for a slot out of it.
    fn forget(&mut self, slot: &Slot, hash: u64) {
        if let Some(row) = self.table.get(slot) {
            let row = self.table.row(row);
            if let (Some(time), Some(order)) = (row.i64(self.time), row.i64(self.time + 1)) {
                self.queue.unset(time, order, hash);
            }
        }
    }

    /// The first time.
    pub fn first(&self) -> Option<i64> {
        self.queue.first()
    }

    /// Takes the first timer that is due; its time stays in the table until it is set anew.
    pub fn pop(&mut self, until: i64) -> Option<Key> {
        self.queue.pop(until, &self.table, self.time).map(|(_, key)| key)
    }

    /// The keys in the order in which their timers fire.
    pub fn keys(&self) -> Vec<Key> {
        self.queue.iter(&self.table, self.time).map(|(_, key)| key).collect()
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        &mut self.table
    }

    /// Derives the queue from the table.
    pub fn restored(&mut self) {
        self.queue = Timers::of(&self.table, self.time);
    }
}
