//! MIN and MAX where rows are taken back: every value with its count, in order.

use arrow::array::{Array, ArrayRef};
use streamsql_core::{Result, StateTable};
use streamsql_state::tables::{CountedTable, KeyBatch, Parts, RowRef, Slot};

use super::{Aggregate, Changes, ValueTable};

/// The smallest and the largest value (Flink `MinWithRetractAggFunction`, `MaxWithRetractAggFunction`).
pub struct Extremes {
    argument: usize,
    /// For each call whether it wants the largest value.
    largest: Vec<bool>,
    table: CountedTable,
    /// Column of the table that has the value.
    value: usize,
    slots: Vec<Slot>,
    parts: Parts,
}

impl Extremes {
    pub fn new(argument: usize, largest: Vec<bool>, table: &ValueTable<'_>) -> Result<Self> {
        Ok(Self {
            argument,
            largest,
            table: table.counted()?,
            value: table.table.layout.key.len(),
            slots: Vec::new(),
            parts: Parts::default(),
        })
    }

    /// A value that was taken back before it came has a negative count and is not there.
    fn end_of(&self, slot: &Slot, largest: bool) -> RowRef {
        let is_there = |row: &RowRef| self.table.count(*row) > 0;
        let mut rows = self.table.scan(slot);
        let found = if largest { rows.rfind(is_there) } else { rows.find(is_there) };
        found.unwrap_or(RowRef::NULLS)
    }
}

impl Aggregate for Extremes {
    fn begin(&mut self, keys: &KeyBatch, _accumulators: &[ArrayRef]) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let column = changes.column(self.argument);
        self.table.encode(&[ArrayRef::clone(column)], column.len(), &mut self.parts)?;
        for (row, group, sign) in changes.iter().filter(|(row, ..)| column.is_valid(*row)) {
            self.table.add(keys, group, &mut self.slots[group], &self.parts, row, sign)?;
        }
        Ok(())
    }

    fn merge(&mut self, keys: &KeyBatch, pairs: &[(u32, u32)]) -> Result<()> {
        self.table.add_all(keys, &mut self.slots, pairs)
    }

    fn reset(&mut self, group: usize) {
        self.table.clear(&mut self.slots[group]);
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let result = |largest: &bool| {
            let rows: Vec<RowRef> = self.slots.iter().map(|slot| self.end_of(slot, *largest)).collect();
            Ok(self.table.gather(&rows, &[self.value])?.swap_remove(0))
        };
        self.largest.iter().map(result).collect()
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
