//! Timers of keys: at most one a key, derived from a table, in memory only.

use std::collections::BTreeMap;

use super::one::{Key, OneTable};

/// When which key is due. Holds hashes of keys; the key itself stands in a [`OneTable`] with the time in a column, which
/// is what counts: an entry here that the table does not agree with is passed over.
#[derive(Debug, Default)]
pub struct Timers {
    /// By (time, order of registration).
    due: BTreeMap<(i64, u64), u64>,
    next: u64,
}

impl Timers {
    /// Derives the timers from a table: each row's time is in `column`.
    pub fn of(table: &OneTable, column: usize) -> Self {
        let mut all: Vec<(i64, Key)> = table
            .all()
            .filter_map(|row| table.row(row).i64(column).map(|time| (time, table.key(row))))
            .collect();
        all.sort_unstable_by(|one, other| {
            (one.0, one.1.hash, &one.1.bytes).cmp(&(other.0, other.1.hash, &other.1.bytes))
        });
        let mut timers = Self::default();
        for (time, key) in all {
            timers.set(time, key.hash);
        }
        timers
    }

    /// Sets a timer for a key of this hash. The one that it had before is passed over once the table holds another time.
    pub fn set(&mut self, time: i64, hash: u64) {
        self.due.insert((time, self.next), hash);
        self.next += 1;
    }

    /// Time of the first timer.
    pub fn first(&self) -> Option<i64> {
        self.due.first_key_value().map(|((time, _), _)| *time)
    }

    /// Takes the first timer that is due at `until` and that the table agrees with: its time and key.
    pub fn pop(&mut self, until: i64, table: &OneTable, column: usize) -> Option<(i64, Key)> {
        while let Some(entry) = self.due.first_entry() {
            let (time, _) = *entry.key();
            if time > until {
                return None;
            }
            let hash = entry.remove();
            let row = table.with_hash(hash).into_iter().find(|row| table.row(*row).i64(column) == Some(time));
            if let Some(row) = row {
                return Some((time, table.key(row)));
            }
        }
        None
    }

    /// Bytes of the timers.
    pub fn bytes(&self) -> usize {
        self.due.len() * (size_of::<((i64, u64), u64)>() * 3 / 2)
    }
}
