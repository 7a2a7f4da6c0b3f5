//! The best pairs that have been sent of each key: a row whose every pair is behind them is neither joined nor kept.

use arrow::array::{ArrayRef, RecordBatch};
use streamsql_core::{KeyGroupRange, Port, Result, Schema, StateTable};
use streamsql_plan::Join as JoinNode;
use streamsql_state::tables::{KeyBatch, OrderedTable, Parts, Slot};

pub struct Best {
    /// The input whose rows alone decide on the order.
    side: Port,
    /// How many pairs of a key count.
    rows: usize,
    /// Columns of that input that order.
    columns: Vec<usize>,
    /// Key -> the order columns of the pairs that were sent and count.
    table: OrderedTable,
    slots: Vec<Slot>,
    parts: Parts,
}

impl Best {
    /// Where the plan has it.
    pub fn new(node: &JoinNode, left: &Schema, right: &Schema, range: KeyGroupRange) -> Result<Option<Self>> {
        let Some(frontier) = &node.frontier else { return Ok(None) };
        let (Some(lasting), Some(layout)) = (&frontier.lasting, node.best(left, right)) else {
            return Ok(None);
        };
        Ok(Some(Self {
            side: lasting.side,
            rows: frontier.rows,
            columns: lasting.order.iter().map(|key| key.column).collect(),
            table: OrderedTable::new("best", 2, &layout, range)?,
            slots: Vec::new(),
            parts: Parts::default(),
        }))
    }

    pub fn side(&self) -> Port {
        self.side
    }

    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Looks the keys of a batch up.
    pub fn probe(&mut self, keys: &KeyBatch) -> Result<()> {
        self.table.probe(keys, &mut self.slots)
    }

    /// Prepares rows of the input that decides to be compared.
    pub fn take_in(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns: Vec<ArrayRef> =
            self.columns.iter().map(|column| ArrayRef::clone(batch.column(*column))).collect();
        self.take_in_columns(&columns, batch.num_rows())
    }

    /// The same for their order columns alone.
    pub fn take_in_columns(&mut self, columns: &[ArrayRef], rows: usize) -> Result<()> {
        self.table.encode(columns, rows, &mut self.parts)
    }

    /// Whether no pair of a row that was taken in can be among the first ones of its key any more. Of equal pairs the
    /// earlier one is first.
    pub fn is_beaten(&self, key: usize, row: usize) -> bool {
        let slot = &self.slots[key];
        self.table.len(slot) >= self.rows
            && self
                .table
                .scan(slot)
                .next_back()
                .is_some_and(|last| !self.table.is_before(&self.parts, row, last))
    }

    /// A pair of a row that was taken in is sent.
    pub fn enter(&mut self, keys: &KeyBatch, key: usize, row: usize) -> Result<()> {
        let slot = &mut self.slots[key];
        self.table.insert(keys, key, slot, &self.parts, row)?;
        while self.table.len(slot) > self.rows {
            let Some(last) = self.table.scan(slot).next_back() else { break };
            self.table.remove(slot, last);
        }
        Ok(())
    }

    pub fn table(&mut self) -> &mut dyn StateTable {
        &mut self.table
    }
}
