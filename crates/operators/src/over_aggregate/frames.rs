//! What the frames of keys have accumulated.

use arrow::array::ArrayRef;
use streamsql_core::{KeyGroupRange, Result, Schema, StateTable};
use streamsql_plan::OverAggregate as OverAggregateNode;
use streamsql_state::tables::{KeyBatch, OneTable, Parts, RowRef, Slot};

use crate::aggregates::{self, Calls, Changes};

/// The calls' accumulators, a row a key.
pub struct Frames {
    accumulators: OneTable,
    /// Columns of the accumulators that are not the key.
    columns: Vec<usize>,
    slots: Vec<Slot>,
    parts: Parts,
    calls: Calls,
    /// Whether rows leave; then the first accumulator counts those that are in.
    is_bounded: bool,
    /// Rows in each frame of the batch's keys.
    pub counts: Vec<i64>,
}

impl Frames {
    pub fn new(node: &OverAggregateNode, input: &Schema, range: KeyGroupRange) -> Result<Self> {
        let groups = node.groups();
        let tables = groups.tables(input);
        let layout = &tables[0].layout;
        Ok(Self {
            accumulators: OneTable::new(&tables[0].name, 0, layout, range)?,
            columns: layout.value(),
            slots: Vec::new(),
            parts: Parts::default(),
            calls: Calls::of_groups(&groups, input, &tables, range)?,
            is_bounded: node.frame.is_bounded(),
            counts: Vec::new(),
        })
    }

    /// Takes over what the batch's keys have.
    pub fn begin(&mut self, keys: &KeyBatch) -> Result<()> {
        self.accumulators.probe(keys, &mut self.slots)?;
        let rows: Vec<RowRef> =
            self.slots.iter().map(|slot| self.accumulators.get(slot).unwrap_or(RowRef::NULLS)).collect();
        let loaded = self.accumulators.gather(&rows, &self.columns)?;
        if self.is_bounded {
            aggregates::load_counts(&loaded[0], &mut self.counts)?;
        }
        self.calls.begin(keys, &loaded)
    }

    /// Rows leave and enter the frames.
    pub fn update(&mut self, keys: &KeyBatch, changes: &Changes<'_>) -> Result<()> {
        self.calls.update(keys, changes)
    }

    /// The results of all keys of the batch.
    pub fn results(&mut self) -> Result<Vec<ArrayRef>> {
        self.calls.results()
    }

    /// Keeps what the keys have now.
    pub fn store(&mut self, keys: &KeyBatch) -> Result<()> {
        let mut columns = Vec::with_capacity(self.columns.len());
        if self.is_bounded {
            columns.push(aggregates::count_array(&self.counts));
        }
        columns.extend(self.calls.accumulators()?);
        self.accumulators.encode(&columns, keys.len(), &mut self.parts)?;
        for (id, slot) in self.slots.iter_mut().enumerate() {
            self.accumulators.put(keys, id, slot, &self.parts, id)?;
        }
        Ok(())
    }

    /// Forgets all that these keys have.
    pub fn forget(&mut self, keys: &KeyBatch) -> Result<()> {
        self.begin(keys)?;
        for id in 0..keys.len() {
            self.calls.reset(id);
            self.accumulators.remove(&mut self.slots[id]);
        }
        Ok(())
    }

    pub fn tables(&mut self) -> Vec<&mut dyn StateTable> {
        let mut tables: Vec<&mut dyn StateTable> = vec![&mut self.accumulators];
        tables.extend(self.calls.tables());
        tables
    }
}
