//! MIN and MAX where rows are taken back: every value with its count, in order.

use arrow::array::{Array, ArrayRef};
use streamsql_core::{Result, StateTable};
use streamsql_state::tables::{KeyBatch, OrderedTable, Parts, RowRef, Slot};

use super::count::count_array;
use super::{Aggregate, Changes, ValueTable};

/// The smallest or largest value (Flink `MinWithRetractAggFunction`, `MaxWithRetractAggFunction`).
pub struct Extreme {
    argument: usize,
    largest: bool,
    table: OrderedTable,
    /// Columns of the table: the value and its count.
    value: usize,
    count: usize,
    slots: Vec<Slot>,
    parts: Parts,
}

impl Extreme {
    pub fn new(argument: usize, largest: bool, table: &ValueTable<'_>) -> Result<Self> {
        let width = table.table.layout.key.len();
        Ok(Self {
            argument,
            largest,
            table: table.ordered()?,
            value: width,
            count: width + 1,
            slots: Vec::new(),
            parts: Parts::default(),
        })
    }

    /// Adds to the count of a value of a group: that of row `row` of the encoded ones, which has this count itself.
    fn count_value(&mut self, keys: &KeyBatch, group: usize, row: usize, by: i64) -> Result<()> {
        let slot = &mut self.slots[group];
        let Some(found) = self.table.equal(slot, &self.parts, row) else {
            self.table.insert(keys, group, slot, &self.parts, row)?;
            return Ok(());
        };
        match self.table.row(found).i64(self.count).unwrap_or_default() + by {
            0 => {
                self.table.remove(slot, found);
            }
            count => {
                let found = self.table.edit(slot, found)?;
                self.table.row_mut(found)?.set_i64(self.count, count)?;
            }
        }
        Ok(())
    }

    fn extreme_of(&self, slot: &Slot) -> RowRef {
        let counts = |row: &RowRef| self.table.row(*row).i64(self.count).is_some_and(|count| count > 0);
        let mut rows = self.table.scan(slot);
        let found = if self.largest { rows.rfind(counts) } else { rows.find(counts) };
        found.unwrap_or(RowRef::NULLS)
    }
}

impl Aggregate for Extreme {
    fn begin(&mut self, keys: &KeyBatch, _accumulators: &[ArrayRef]) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let column = changes.column(self.argument);
        let signs: Vec<i64> = match changes.retracts {
            Some(retracts) => retracts.iter().map(|retract| if *retract { -1 } else { 1 }).collect(),
            None => vec![1; column.len()],
        };
        let columns = [ArrayRef::clone(column), count_array(&signs)];
        self.table.encode(&columns, column.len(), &mut self.parts)?;
        for (row, group, sign) in changes.iter().filter(|(row, ..)| column.is_valid(*row)) {
            self.count_value(keys, group, row, sign)?;
        }
        Ok(())
    }

    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        for (from, into) in pairs {
            let (from, into) = (*from as usize, *into as usize);
            let rows: Vec<RowRef> = self.table.scan(&self.slots[from]).collect();
            let columns = self.table.gather(&rows, &[self.value, self.count])?;
            self.table.encode(&columns, rows.len(), &mut self.parts)?;
            for (at, row) in rows.into_iter().enumerate() {
                let count = self.table.row(row).i64(self.count).unwrap_or_default();
                self.count_value(keys, into, at, count)?;
            }
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.table.clear(&mut self.slots[group]);
    }

    fn results(&mut self) -> Result<ArrayRef> {
        let rows: Vec<RowRef> = self.slots.iter().map(|slot| self.extreme_of(slot)).collect();
        Ok(self.table.gather(&rows, &[self.value])?.swap_remove(0))
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(Vec::new())
    }

    fn table(&mut self) -> Option<&mut dyn StateTable> {
        Some(&mut self.table)
    }

    fn set_now(&mut self, now_ms: i64) {
        self.table.set_now(now_ms);
    }
}
