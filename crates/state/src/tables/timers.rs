//! Timers of keys: at most one a key, derived from a table, in memory only.

use std::collections::BTreeSet;

use super::index::{Found, Slot};
use super::one::{Key, OneTable};
use super::pages::RowRef;
use super::row::Row;

/// A timer that was taken out, not yet held against the table.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    time: i64,
    order: i64,
    hash: u64,
}

impl Due {
    /// Whether a row of the table is of this timer.
    fn agrees(&self, row: &Row<'_>, time: usize) -> bool {
        row.i64(time) == Some(self.time) && row.i64(time + 1).unwrap_or(0) == self.order
    }
}

/// When which key is due. Holds hashes of keys; the key itself stands in a [`OneTable`] with the time in a column and, in
/// the column behind it, what [`Timers::set`] returned. These count: an entry here that the table does not agree with is
/// passed over, so that a key whose time was set more than once is due once.
#[derive(Debug, Default)]
pub struct Timers {
    /// Time, order of setting, hash of the key.
    due: BTreeSet<(i64, i64, u64)>,
    next: i64,
}

impl Timers {
    /// Derives the timers from a table with the times in column `time`.
    pub fn of(table: &OneTable, time: usize) -> Self {
        let timers = table.all().filter_map(|row| {
            let at = table.row(row);
            Some((at.i64(time)?, at.i64(time + 1).unwrap_or(0), table.key(row).hash))
        });
        let due: BTreeSet<_> = timers.collect();
        let next = due.iter().map(|(_, order, _)| order + 1).max().unwrap_or(0);
        Self { due, next }
    }

    /// Sets a timer for a key of this hash; returns its number in the order of setting. The one that the key had before
    /// is passed over once the table holds this number.
    pub fn set(&mut self, time: i64, hash: u64) -> i64 {
        let order = self.next;
        self.due.insert((time, order, hash));
        self.next += 1;
        order
    }

    /// Takes back what `set` was told, so that a time that is replaced often leaves nothing behind.
    pub fn unset(&mut self, time: i64, order: i64, hash: u64) {
        self.due.remove(&(time, order, hash));
    }

    /// Time of the first timer.
    pub fn first(&self) -> Option<i64> {
        self.due.first().map(|(time, _, _)| *time)
    }

    /// Takes the first timer that is due at `until` and that the table agrees with: its time and key.
    pub fn pop(&mut self, until: i64, table: &OneTable, time: usize) -> Option<(i64, Key)> {
        while self.first().is_some_and(|time| time <= until) {
            let entry = self.due.pop_first()?;
            if let Some(key) = key_due(table, time, entry) {
                return Some((entry.0, key));
            }
        }
        None
    }

    /// Takes the first timer that is due at `until`, for `keys`.
    pub fn take(&mut self, until: i64) -> Option<Due> {
        if self.first()? > until {
            return None;
        }
        self.due.pop_first().map(|(time, order, hash)| Due { time, order, hash })
    }

    /// The keys of timers that were taken, with what the table has for them, looked up together; nothing for a timer that
    /// the table does not agree with in time and order.
    pub fn keys(due: &[Due], table: &mut OneTable, time: usize) -> Vec<Option<(Key, Slot)>> {
        let hashes: Vec<u64> = due.iter().map(|due| due.hash).collect();
        let candidates = table.candidates(&hashes);
        let table = &*table;
        let key = |(due, candidate): (&Due, Option<RowRef>)| {
            let candidate = candidate.filter(|row| due.agrees(&table.row(*row), time));
            let row = candidate.or_else(|| table.with_hash(due.hash, |row| due.agrees(row, time)))?;
            let key = table.key(row);
            (key.hash == due.hash).then_some((key, Slot::new(due.hash, Found::Row(row))))
        };
        due.iter().zip(candidates).map(key).collect()
    }

    /// All timers that the table agrees with, in the order in which they fire.
    pub fn iter<'t>(&'t self, table: &'t OneTable, time: usize) -> impl Iterator<Item = (i64, Key)> + 't {
        self.due.iter().filter_map(move |entry| key_due(table, time, *entry).map(|key| (entry.0, key)))
    }

    /// Bytes of the timers.
    pub fn bytes(&self) -> usize {
        self.due.len() * (size_of::<(i64, i64, u64)>() * 3 / 2)
    }
}

/// The key that the table has with the hash, the time and the number in the order of setting of an entry.
fn key_due(table: &OneTable, column: usize, (time, order, hash): (i64, i64, u64)) -> Option<Key> {
    let due = Due { time, order, hash };
    table.with_hash(hash, |row| due.agrees(row, column)).map(|row| table.key(row))
}
