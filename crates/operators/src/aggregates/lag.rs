//! LAG: the value of an earlier row of the frame.

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array, UInt32Array};
use arrow::compute::{concat, interleave, take};
use std::sync::Arc;
use streamsql_core::{Error, Result, StateTable};
use streamsql_state::tables::{KeyBatch, OrderedTable, Parts, RowRef, Slot};

use super::{Aggregate, Changes, ValueTable, downcast};

/// The value so many rows back, counted from the last row, or the default of the last row while there are fewer (Flink
/// `LagAggFunction`: rows of the same time are all added before the first result, offset and default may differ from row
/// to row, and values further back than the last row's offset are forgotten).
pub struct Lag {
    arguments: Vec<usize>,
    table: OrderedTable,
    /// Column of the table with the value.
    value: usize,
    slots: Vec<Slot>,
    parts: Parts,
    offsets: Vec<i64>,
    /// A default for each group; none without the third argument.
    defaults: Option<ArrayRef>,
}

impl Lag {
    pub fn new(arguments: Vec<usize>, table: &ValueTable<'_>) -> Result<Self> {
        Ok(Self {
            arguments,
            value: table.table.layout.key.len(),
            table: table.ordered()?,
            slots: Vec::new(),
            parts: Parts::default(),
            offsets: Vec::new(),
            defaults: None,
        })
    }

    fn value_of(&self, group: usize) -> Option<RowRef> {
        let slot = &self.slots[group];
        let enough = self.table.len(slot) as i64 > self.offsets[group];
        enough.then(|| self.table.scan(slot).next()).flatten()
    }
}

impl Aggregate for Lag {
    fn begin(&mut self, keys: &KeyBatch, accumulators: &[ArrayRef]) -> Result<()> {
        let offsets = downcast::<Int64Array>(&accumulators[0])?;
        self.offsets.clear();
        self.offsets.extend(offsets.iter().map(|offset| offset.unwrap_or(1)));
        self.defaults = accumulators.get(1).cloned();
        self.table.probe(keys, &mut self.slots)
    }

    fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        let values = changes.column(self.arguments[0]);
        let offsets = match self.arguments.get(1) {
            Some(column) => Some(downcast::<Int32Array>(changes.column(*column))?),
            None => None,
        };
        self.table.encode(&[ArrayRef::clone(values)], values.len(), &mut self.parts)?;
        let groups = self.slots.len();
        let mut defaults: Vec<usize> = (0..groups).collect();
        for (row, group, _) in changes.iter() {
            if let Some(offsets) = offsets {
                let offset = offsets.is_valid(row).then(|| i64::from(offsets.value(row)));
                self.offsets[group] = offset.filter(|offset| *offset >= 0).ok_or_else(|| {
                    let found = offset.map_or("NULL".to_owned(), |offset| offset.to_string());
                    Error::failed(format!("LAG: the number of rows is {found}, it must be 0 or more"))
                })?;
            }
            defaults[group] = groups + row;
            let slot = &mut self.slots[group];
            self.table.insert(keys, group, slot, &self.parts, row)?;
            while self.table.len(slot) as i64 > self.offsets[group].saturating_add(1) {
                let Some(first) = self.table.scan(slot).next() else { break };
                self.table.remove(slot, first);
            }
        }
        if let (Some(kept), Some(column)) = (&self.defaults, self.arguments.get(2)) {
            let both = concat(&[kept.as_ref(), changes.column(*column).as_ref()])?;
            let places: UInt32Array = defaults.iter().map(|place| *place as u32).collect();
            self.defaults = Some(take(&both, &places, None)?);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.table.clear(&mut self.slots[group]);
        self.offsets[group] = 1;
    }

    fn results(&mut self) -> Result<Vec<ArrayRef>> {
        let found: Vec<Option<RowRef>> = (0..self.slots.len()).map(|group| self.value_of(group)).collect();
        let rows: Vec<RowRef> = found.iter().map(|row| row.unwrap_or(RowRef::NULLS)).collect();
        let values = self.table.gather(&rows, &[self.value])?.swap_remove(0);
        let Some(defaults) = &self.defaults else { return Ok(vec![values]) };
        let places: Vec<(usize, usize)> =
            found.iter().enumerate().map(|(group, row)| (usize::from(row.is_none()), group)).collect();
        Ok(vec![interleave(&[values.as_ref(), defaults.as_ref()], &places)?])
    }

    fn accumulators(&mut self) -> Result<Vec<ArrayRef>> {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(self.offsets.clone()))];
        columns.extend(self.defaults.clone());
        Ok(columns)
    }

    fn table(&mut self) -> Option<&mut dyn StateTable> {
        Some(&mut self.table)
    }

    fn set_now(&mut self, now_ms: i64) {
        self.table.set_now(now_ms);
    }
}
