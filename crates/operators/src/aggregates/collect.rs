//! COLLECT: a MULTISET of the values of a group.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use streamsql_core::{Error, LogicalType, Result, StateTable, map};
use streamsql_state::tables::{CountedTable, KeyBatch, Parts, RowRef, Slot};

use super::{Aggregate, Changes, ValueTable};

/// A MULTISET of the values that are not NULL (Flink `CollectAggFunction`).
pub struct Collect {
    argument: usize,
    result: DataType,
    table: CountedTable,
    /// Column of the table that has the value.
    value: usize,
    slots: Vec<Slot>,
    parts: Parts,
}

impl Collect {
    pub fn new(argument: usize, result: &LogicalType, table: &ValueTable<'_>) -> Result<Self> {
        Ok(Self {
            argument,
            result: result.to_arrow(),
            table: table.counted()?,
            value: table.table.layout.key.len(),
            slots: Vec::new(),
            parts: Parts::default(),
        })
    }
}

impl Aggregate for Collect {
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
        let (mut rows, mut counts, mut offsets): (Vec<RowRef>, Vec<i32>, Vec<i32>) =
            (Vec::new(), Vec::new(), vec![0]);
        for slot in &self.slots {
            for row in self.table.scan(slot) {
                let count = self.table.count(row);
                if count > 0 {
                    rows.push(row);
                    counts.push(i32::try_from(count).unwrap_or(i32::MAX));
                }
            }
            offsets.push(i32::try_from(rows.len()).map_err(|_| Error::failed("COLLECT of too many values"))?);
        }
        let values = self.table.gather(&rows, &[self.value])?.swap_remove(0);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let counts = Arc::new(Int32Array::from(counts));
        Ok(vec![Arc::new(map::hashed(&self.result, offsets, values, counts, None)?)])
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
